use crate::flow::{CloseReason, Side};
use crate::protocol::event::{Channel, Kind, StepId};
use crate::protocol::ports::Ports;
use crate::session::Session;
use crate::session::model::{Step, TlsMode};
use crate::verdict::encryption;
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};

/// One side begins with TLS, the other with plain text.
///
/// It matters because the session cannot begin, and because programs report it badly: a wrong version number, a
/// timeout, a connection that was closed.
///
/// Where only the port and a silence speak (465, 993, 995, at least 3 seconds, then somebody leaves), the finding says
/// "perhaps", and matters less.
///
/// Not: a server that speaks plain text on such a port, and a client that understands it; a connection that is closed
/// at once, as probes do; TLS that was agreed upon and failed (tls-alert).
///
/// RFC 8314, section 3: implicit TLS; RFC 3207, section 4: STARTTLS.
pub const RULE: Rule = Rule {
    id: "tls-mismatch",
    severity: Severity::Medium,
    class: Class::Failure,
    because_of: &[],
    since: "0.1.0",
    rank: 21,
    reference: Some("RFC 8314, section 3"),
    needs: Needs::TEXTS,
    in_silence: true,
    words: Words {
        en: Text {
            title: "One side speaks TLS, the other plain text",
            detail: "Client and server do not agree on whether this port begins with TLS, so neither understands the \
                     other.",
            remedy: "Set the client to the kind of encryption that the port has: TLS at once on 465, 993 and 995; \
                     plain text, and then STARTTLS, on 25, 587, 143 and 110. Or correct the port.",
        },
        zh: Text {
            title: "一方使用 TLS，另一方使用明文",
            detail: "客户与服务器对该端口是否一开始就使用 TLS 理解不同，双方无法沟通。",
            remedy: "让客户的加密方式与端口一致：465、993、995 一开始就是 TLS；25、587、143、110 先是明文，再用 ST\
                     ARTTLS。或者改正端口。",
        },
    },
    sentences: &[
        Sentence {
            en: "The client begins TLS at once, and the server speaks plain text.",
            zh: "客户一开始就使用 TLS，而服务器使用明文。",
        },
        Sentence {
            en: "The client speaks plain text, and the server answers by an alert of TLS.",
            zh: "客户使用明文，而服务器以 TLS 警报回答。",
        },
        Sentence {
            en: "The client speaks plain text on port {0}, which begins with TLS, and the server says nothing to it.",
            zh: "端口 {0} 应当一开始就是 TLS，客户却使用明文，服务器没有回答。",
        },
        Sentence {
            en: "Neither said anything for {1} on port {0}, which begins with TLS: perhaps the client waited for a \
                 greeting in plain text, and the server for TLS.",
            zh: "在一开始就是 TLS 的端口 {0} 上，双方有 {1} 没有说话：可能客户在等明文的问候语，而服务器在等 TLS。",
        },
    ],
    check,
};

/// How long nobody must have said anything: nanoseconds. Probes of a port are over sooner.
const SILENCE: i64 = 3_000_000_000;
/// Replies of a plain server to a ClientHello that are evidence.
const REPLIES: usize = 8;

fn check(session: &Session, found: &mut Found) {
    if session.steps.is_empty() {
        return silent(session, found);
    }
    if session.tls.mode != TlsMode::None || session.tls.decrypted {
        return;
    }
    let of_the_server = |step: &&Step| step.from == Side::Server && step.channel == Channel::Clear;
    if let Some(hello) = encryption::hello(session) {
        let evidence: Vec<StepId> =
            session.steps.iter().filter(of_the_server).take(REPLIES).map(|step| step.n).collect();
        if !evidence.is_empty() {
            found.at([hello.n]).fact(Fact::Side(Side::Client));
            found.at(evidence);
        }
        return;
    }
    let is_plain = |step: &&Step| step.from == Side::Client && matches!(step.kind, Kind::Command | Kind::Unknown);
    let Some(spoke) = session.steps.iter().find(is_plain) else { return };
    match session.steps.iter().find(of_the_server) {
        Some(answer) if !answer.text_omitted && answer.text.starts_with("\u{15}\u{3}") => {
            found.at([spoke.n, answer.n]).fact(Fact::Side(Side::Server)).says(1);
        }
        Some(_) => {}
        None => {
            let left = matches!(session.transport.end, CloseReason::Closed | CloseReason::Reset);
            if let Some(port) = port_of_tls(session).filter(|_| left && said_nothing(session)) {
                let packets = [session.transport.last.packet];
                found.at([spoke.n]).packets(packets).named(Key::Name, Fact::Count(port)).says(2);
            }
        }
    }
}

/// The server's bytes are none, and none of them are missing.
fn said_nothing(session: &Session) -> bool {
    let counters = &session.transport.counters;
    session.transport.from_start && counters.server_bytes == 0 && counters.server_missing == 0
}

/// The server's port, where TLS is expected from the first byte.
fn port_of_tls(session: &Session) -> Option<u64> {
    let port = session.transport.endpoints.server.port();
    Ports::default().get(port).filter(|hint| hint.implicit_tls).map(|_| u64::from(port))
}

/// A connection in which nothing crossed but its beginning and its end.
fn silent(session: &Session, found: &mut Found) {
    let transport = &session.transport;
    let counters = &transport.counters;
    let nothing = counters.client_bytes + counters.client_missing == 0 && said_nothing(session);
    // It was set up, and somebody has left.
    let stood = counters.rtt_ms.is_some() && matches!(transport.end, CloseReason::Closed | CloseReason::Reset);
    if !nothing || !stood {
        return;
    }
    let silence = transport.duration().filter(|&duration| duration >= SILENCE);
    if let Some((silence, port)) = silence.and_then(|silence| Some((silence, port_of_tls(session)?))) {
        found
            .at([])
            .packets([transport.first.packet, transport.last.packet])
            .named(Key::Name, Fact::Count(port))
            .fact(Fact::Duration(silence))
            .says(3)
            .severity(Severity::Low);
    }
}

#[cfg(test)]
mod tests {
    use crate::flow::CloseReason;
    use crate::protocol::Protocol;
    use crate::session::Session;
    use crate::verdict::testing::tls::{hello, server_hello};

    has!(tls_to_a_plain_port, &format!("{}\nS: 220 mx\nS: 500 what", hello("")) => [1, 2, 3]);
    has!(
        tls_to_a_plain_port_of_imap,
        &format!("--- server 192.0.2.1:143\n{}\nS: * OK ready\nS: * BAD what", hello("")) => [1, 2, 3]
    );
    has!(plain_text_to_a_port_of_tls, "--- server 192.0.2.1:465\nC: EHLO a" => [1]);
    has!(
        plain_text_answered_by_an_alert,
        "--- server 192.0.2.1:995\nC: CAPA\nS| \\x15\\x03\\x01\\x00\\x02\\x02\\x0a" => [1, 2]
    );
    has!(
        plain_text_to_imap_answered_by_an_alert,
        "--- server 192.0.2.1:993\nC: a CAPABILITY\nS| \\x15\\x03\\x01\\x00\\x02\\x02\\x46" => [1, 2]
    );
    has!(
        plain_text_to_smtp_answered_by_an_alert,
        "--- server 192.0.2.1:465\nC: EHLO a\nS| \\x15\\x03\\x03\\x00\\x02\\x02\\x16" => [1, 2]
    );
    has_not!(tls_on_a_port_of_tls, &format!("--- server 192.0.2.1:993\n{}\n{}", hello(""), server_hello(0x0303, 0x2f)));
    has_not!(plain_text_that_is_understood, "--- server 192.0.2.1:465\nC: EHLO a\nS: 220 mx\nS: 250 mx");
    has_not!(
        tls_that_was_agreed_upon,
        &format!("S: 220 mx\nC: STARTTLS\nS: 220 go\n{}\n{}", hello(""), server_hello(0x0303, 0x2f))
    );

    /// A connection to `port` in which nothing crosses, and that ends after so many seconds.
    fn silence(port: u16, seconds: i64, end: CloseReason) -> bool {
        let mut session = Session::empty(Protocol::Imap);
        let transport = &mut *session.transport;
        transport.endpoints.server.set_port(port);
        transport.last.time = transport.first.time.plus(seconds * 1_000_000_000);
        (transport.end, transport.from_start, transport.counters.rtt_ms) = (end, true, Some(0.1));
        !super::RULE.look(&session).is_empty()
    }

    #[test]
    fn both_wait_for_the_other() {
        assert!(silence(993, 6, CloseReason::Closed) && silence(465, 30, CloseReason::Reset));
        assert!(!silence(993, 1, CloseReason::Closed), "a probe");
        assert!(!silence(143, 6, CloseReason::Closed), "a port of plain text");
        assert!(!silence(993, 6, CloseReason::Unanswered) && !silence(993, 6, CloseReason::Open));
    }
}
