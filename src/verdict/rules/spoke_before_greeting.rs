use crate::flow::Side;
use crate::protocol::event::{Kind, Subject};
use crate::protocol::smtp::{self, ReplyTo, Said, Verb};
use crate::session::Session;
use crate::session::model::{Step, Variant};
use crate::verdict::ending;
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};

/// An SMTP client spoke before the server's greeting, or before the greeting's last line.
///
/// It matters because servers refuse such clients: programs that send unsolicited mail do not wait, and servers
/// wait on purpose to find them.
///
/// Not: a client that waited, however long; not a proxy's header, which comes first; not a greeting that is not in
/// the capture.
///
/// RFC 5321, section 3.1: the client waits for the greeting.
pub const RULE: Rule = Rule {
    id: "spoke-before-greeting",
    severity: Severity::Info,
    class: Class::Failure,
    because_of: &[],
    since: "0.2.0",
    rank: 30,
    reference: Some("RFC 5321, section 3.1"),
    needs: Needs::TEXTS,
    in_silence: false,
    words: Words {
        en: Text {
            title: "The client spoke before the greeting",
            detail: "An SMTP client has to wait for the last line of the server's greeting. Some servers wait \
                     before they send it, and refuse clients that do not.",
            remedy: "Let the client wait for the greeting, all of its lines. What the server refuses afterwards \
                     is not about the sender or the recipient.",
        },
        zh: Text {
            title: "客户在问候之前就发言",
            detail: "SMTP 客户必须等待服务器问候的最后一行。有的服务器会故意拖延问候，并拒绝不等待的客户。",
            remedy: "应让客户等待问候的所有行。服务器随后的拒绝与发件人或收件人无关。",
        },
    },
    sentences: &[
        Sentence {
            en: "The client sent \"{0}\" first; the server then said: {1}",
            zh: "客户先发送了“{0}”；服务器随后答复：{1}",
        },
        Sentence {
            en: "The client sent \"{0}\" first; the server did not mind",
            zh: "客户先发送了“{0}”；服务器没有介意",
        },
        Sentence {
            en: "The client sent \"{0}\" first; the server closed the connection without a word",
            zh: "客户先发送了“{0}”；服务器一言不发地关闭了连接",
        },
    ],
    check,
};

fn check(session: &Session, found: &mut Found) {
    let counters = &session.transport.counters;
    if !session.transport.from_start || counters.client_missing + counters.server_missing > 0 {
        return;
    }
    let mut early: Option<&Step> = None;
    let mut greeted = None;
    for step in &session.steps {
        match &step.subject {
            Subject::Smtp(smtp::Subject::Greeting { code, ended }) => {
                greeted = greeted.or(Some(step));
                let Some(first) = early else {
                    if *ended {
                        return;
                    }
                    continue;
                };
                if *code >= 400 {
                    return minded(first, greeted, step, found);
                }
            }
            Subject::Smtp(smtp::Subject::Command(_)) if step.kind == Kind::Command => early = early.or(Some(step)),
            Subject::Smtp(smtp::Subject::Reply { to, code: 400.., enhanced }) if early.is_some() => {
                // 5.5.1: not now. A server that waits for the client to give itself away says so to the recipients.
                let is_of_protocol = enhanced.is_some_and(|status| status.to_string().ends_with(".5.1"))
                    && matches!(to, ReplyTo::Command(Verb::Helo | Verb::Ehlo | Verb::Mail | Verb::Rcpt));
                let says_so = step.variant == Variant::Said(Said::OutOfTurn);
                if let Some(first) = early.filter(|_| says_so || is_of_protocol && ends_late(session)) {
                    return minded(first, greeted, step, found);
                }
            }
            // What comes before it is not known to be SMTP.
            _ if greeted.is_none() && step.from == Side::Server => return,
            _ => {}
        }
    }
    if let Some(first) = early.filter(|_| closes_at_once(session)) {
        let packets: Vec<u64> = ending::ends(session).into_iter().flat_map(ending::leaving_packets).collect();
        let occurrence = found.at([first.n].into_iter().chain(greeted.map(|step| step.n))).packets(packets);
        let occurrence = occurrence.says(2).severity(Severity::Medium);
        _ = occurrence.named(Key::Command, Fact::Name(first.quoted_command()));
    } else if let (Some(first), Some(greeted)) = (early, greeted) {
        let occurrence = found.at([first.n, greeted.n]).says(1);
        _ = occurrence.named(Key::Command, Fact::Name(first.quoted_command()));
    }
}

/// The server closed the connection before it had ended its greeting, soon after the client spoke. Where TLS is expected,
/// that is another matter.
fn closes_at_once(session: &Session) -> bool {
    let transport = &session.transport;
    let is_plain = !matches!(transport.endpoints.server.port(), 465 | 993 | 995);
    let is_server = transport.left.is_some_and(|left| left.side == Side::Server);
    let greeted = session.steps.iter().any(|step| match step.subject {
        Subject::Smtp(smtp::Subject::Greeting { ended, .. }) => ended,
        Subject::Smtp(smtp::Subject::Reply { .. }) => true,
        _ => false,
    });
    is_plain && is_server && !greeted
}

/// The last line of the greeting did not come before the client spoke, or never.
fn ends_late(session: &Session) -> bool {
    let first = session.steps.iter().find_map(|step| match step.subject {
        Subject::Smtp(smtp::Subject::Greeting { ended, .. }) => Some(ended),
        Subject::Smtp(smtp::Subject::Command(_)) => Some(false),
        _ => None,
    });
    first == Some(false)
}

fn minded(first: &Step, greeted: Option<&Step>, refusal: &Step, found: &mut Found) {
    let steps = [first.n, refusal.n].into_iter().chain(greeted.map(|step| step.n));
    let occurrence = found.at(steps).severity(Severity::Medium).named(Key::Command, Fact::Name(first.quoted_command()));
    _ = occurrence.named(Key::Reply, Fact::Name(refusal.quoted()));
}

#[cfg(test)]
mod tests {
    has!(it_is_refused, "C| EHLO a\\r\\nMAIL FROM:<b@c>\\r\\n\nS: 554 SMTP synchronization error" => [1, 3]);
    has!(
        within_the_greeting,
        "S: 220-wait\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 550 5.5.1 Protocol error" => [1, 2, 7]
    );
    has!(the_server_closes, "! syn\n! syn-ack\nC: EHLO a\n! fin server" => [1]);
    has!(the_server_breaks_off, "! syn\n! syn-ack\nC: EHLO a\n! rst server" => [1]);
    has!(the_server_closes_within_its_greeting, "! syn\n! syn-ack\nS: 220-wait\nC: EHLO a\n! fin server" => [1, 2]);
    has_not!(the_client_leaves, "! syn\n! syn-ack\nC: EHLO a\n! fin client\n! fin server");
    has_not!(where_tls_is_expected, "--- server 10.0.0.25:465\n! syn\n! syn-ack\nC: EHLO a\n! fin server");
    has!(nobody_minds, "C: EHLO a\nS: 220 mx\nS: 250 mx" => [1, 2]);
    has_not!(it_waits, "S: 220-wait\n@ 6\nS: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 503 5.5.1 no");
    has_not!(the_server_closes_later, "S: 220 mx\nC: EHLO a\nS: 250 mx\nS: 421 lost input connection");
    has_not!(a_header_of_a_proxy, "C: PROXY TCP4 192.0.2.7 192.0.2.1 59342 25\nS: 220 mx\nC: EHLO a\nS: 250 mx");
}
