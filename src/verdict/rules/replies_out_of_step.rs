use crate::flow::Side;
use crate::protocol::event::{Kind, Subject};
use crate::protocol::pop3;
use crate::protocol::smtp::{self, ReplyTo};
use crate::session::Session;
use crate::session::model::TlsMode;
use crate::verdict::rule::{Class, Fact, Found, Needs, Rule, Sentence, Severity, Text, Words};

/// The server sent a reply that answers nothing: from there on, a client takes each reply for that to its next command.
///
/// It matters because the client draws wrong conclusions: it takes a recipient for accepted who was refused, or a message
/// for delivered that was not.
///
/// Not: a refusal that nobody asked for, which a server may send when it closes (421) or gives the client up; not pipelined
/// commands, whose replies come together; not what answers a proxy's header; and not a capture with gaps.
///
/// RFC 5321, section 4.2: one reply for each command.
pub const RULE: Rule = Rule {
    id: "replies-out-of-step",
    severity: Severity::Medium,
    class: Class::Failure,
    because_of: &[],
    since: "0.2.0",
    rank: 36,
    reference: Some("RFC 5321, section 4.2"),
    needs: Needs::TEXTS,
    words: Words {
        en: Text {
            title: "Replies and commands are out of step",
            detail: "The server sent a reply too many. The client takes it for the reply to its next command, and every \
                     later reply for that to the command after.",
            remedy: "Find out what answered twice: the server, a filter, or a proxy between client and server.",
        },
        zh: Text {
            title: "答复与命令错位",
            detail: "服务器多发了一个答复。客户会把它当作对下一条命令的答复，此后的答复也都依次错位。",
            remedy: "查明是谁答复了两次：服务器、过滤程序，还是客户与服务器之间的代理。",
        },
    },
    sentences: &[Sentence { en: "The first reply too many: {0}", zh: "第一个多余的答复：{0}" }],
    check,
};

fn check(session: &Session, found: &mut Found) {
    let counters = &session.transport.counters;
    let is_extra = |subject: &Subject| {
        match subject {
            // 220 may be a greeting that a proxy has passed on; 221 is a farewell.
            Subject::Smtp(smtp::Subject::Reply { to: ReplyTo::Nothing, code, .. }) => {
                matches!(code, 200..=399) && !matches!(code, 220 | 221)
            }
            Subject::Pop3(subject) => matches!(subject.what, pop3::What::Reply { to: None, ok: true, .. }),
            _ => false,
        }
    };
    let Some(at) = session.steps.iter().position(|step| is_extra(&step.subject)) else { return };
    let (before, rest) = session.steps.split_at(at);
    let is_plain = |subject: &Subject| !matches!(subject, Subject::Proxy(_) | Subject::Unknown | Subject::Cut);
    let is_whole = session.transport.from_start
        && counters.client_missing + counters.server_missing == 0
        && (session.tls.mode == TlsMode::None || session.tls.decrypted)
        && session.via.is_none()
        && before.first().is_some_and(|step| step.kind == Kind::Greeting && step.from == Side::Server)
        && before.iter().all(|step| is_plain(&step.subject));
    let last = before.iter().rev().find(|step| step.from == Side::Server && step.answers.is_some());
    if let (true, Some(extra), Some(last)) = (is_whole, rest.first(), last) {
        found.at([last.n, extra.n]).fact(Fact::Name(extra.quoted()));
    }
}

#[cfg(test)]
mod tests {
    has!(
        content_answered_twice,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\n\
         S: 354 go\nC: text\nC: .\nS: 250 ok\nS: 250 queued" => [11, 12]
    );
    has!(
        pop3_answers_twice,
        "S: +OK hi\nC: USER bob\nS: +OK\nS: +OK bob\nC: PASS x\nS: +OK in\nC: STAT\nS: +OK 0 0" => [3, 4]
    );
    has_not!(
        pop3_pipelined,
        "S: +OK hi\nC: USER bob\nS: +OK\nC: PASS x\nS: +OK in\nC: STAT\nC: NOOP\nS: +OK 0 0\nS: +OK"
    );
    has_not!(
        pipelined,
        "S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 PIPELINING\nC: MAIL FROM:<a@b>\nC: RCPT TO:<c@d>\nC: DATA\nS: 250 ok\n\
         S: 250 ok\nS: 354 go"
    );
    has_not!(a_server_that_closes, "S: 220 mx\nC: HELO a\nS: 250 mx\nS: 421 4.3.2 shutting down");
    has_not!(replies_are_missing, "S: 220 mx\nC: HELO a\nS~ 20\nS: 250 ok\nS: 250 ok");
    has_not!(a_capture_that_begins_later, "S: 250 ok\nS: 250 ok");
}
