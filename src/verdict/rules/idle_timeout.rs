use crate::flow::Side;
use crate::protocol::Protocol;
use crate::session::Session;
use crate::verdict::ending;
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};

/// The server ended the session because nothing came of the client for too long.
///
/// It matters where the client believes that the connection is still open, and where the server waits for less than the
/// standards have it wait: five minutes in SMTP, ten in POP3, thirty in IMAP.
///
/// Not: a server that owes an answer; not an end with other words (`server-shut-down`); not a client whose data did not arrive;
/// and not a session in TLS, where the dialogue is not known.
///
/// RFC 5321, section 4.5.3.2.7; RFC 1939, section 3; RFC 3501, section 5.4.
pub const RULE: Rule = Rule {
    id: "idle-timeout",
    severity: Severity::Low,
    class: Class::Remark,
    because_of: &["content-unfinished"],
    since: "0.2.0",
    rank: 60,
    reference: Some("RFC 5321, section 4.5.3.2.7"),
    needs: Needs::TEXTS,
    in_silence: true,
    words: Words {
        en: Text {
            title: "The server did not wait any longer for the client",
            detail: "Nothing came of the client for a while, and the server ended the session.",
            remedy: "A client that keeps a connection open should end it in good time, or send NOOP now and then. If the server waits for less than the standard says, raise its limit.",
        },
        zh: Text {
            title: "服务器不再等待客户",
            detail: "客户在一段时间内没有发送任何内容，服务器因此结束了会话。",
            remedy: "保持连接的客户应及时结束连接，或不时发送 NOOP。若服务器的等待时间短于标准，应提高其限值。",
        },
    },
    sentences: &[Sentence {
        en: "It waited {0}; the standard says {1} at least.",
        zh: "它等待了 {0}；标准规定至少为 {1}。",
    }],
    check,
};

fn check(session: &Session, found: &mut Found) {
    let Some(left) = ending::server_left(session).filter(|left| left.is_timeout) else { return };
    let limit = 60
        * ending::SECOND
        * match session.protocol {
            Protocol::Smtp | Protocol::Lmtp => 5,
            Protocol::Pop3 => 10,
            Protocol::Imap => 30,
        };
    let packets: Vec<u64> = ending::ends(session).into_iter().flat_map(ending::leaving_packets).collect();
    // Clocks and timers are not exact.
    let severity = if left.silence >= limit - limit / 20 { Severity::Info } else { Severity::Low };
    let steps = left.word.map(|step| step.n);
    let waited = Fact::Duration(left.silence);
    let occurrence = found.at(steps).packets(packets).severity(severity).fact(waited);
    occurrence.named(Key::Limit, Fact::Duration(limit)).named(Key::By, Fact::Side(Side::Server));
}

#[cfg(test)]
mod tests {
    has!(with_words, "! syn\n! syn-ack\nS: 220 mx\nC: HELO a\nS: 250 mx\n@ 5\nS: 421 4.4.2 timeout exceeded\n! fin server" => [4]);
    has!(imap, "! syn\n! syn-ack\nS: * OK hi\nC: a NOOP\nS: a OK\n@ 1800\nS: * BYE Autologout; idle for too long\n! fin server" => [4]);
    has!(a_silent_fin, "! syn\n! syn-ack\nS: +OK hi\nC: USER a\nS: +OK\n@ 600\n! fin server" => []);
    has_not!(an_answer_is_owed, "! syn\n! syn-ack\nS: 220 mx\nC: HELO a\n@ 300\n! fin server");
    has_not!(
        a_shut_down,
        "! syn\n! syn-ack\nS: 220 mx\nC: HELO a\nS: 250 mx\n@ 10\nS: 421 4.3.2 shutting down\n! fin server"
    );
    has_not!(after_quit, "! syn\n! syn-ack\nS: 220 mx\nC: QUIT\nS: 221 bye\n@ 9\n! fin server");
    has_not!(the_client_leaves, "! syn\n! syn-ack\nS: 220 mx\nC: HELO a\nS: 250 mx\n@ 300\n! fin client");
}
