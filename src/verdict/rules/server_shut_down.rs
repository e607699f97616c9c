use crate::flow::Side;
use crate::session::Session;
use crate::verdict::ending;
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};

/// The server ended the session in the middle: with a word (421, BYE) or without one, and the client had not asked for it.
///
/// It matters because what the client had still to do is not done, and it must connect again: a restart of the server, a
/// worker that died, a limit.
///
/// Not: a greeting that refuses the session (`session-refused`); not the end of a session after a refusal that explains it;
/// not a server that gave up waiting for the client (`idle-timeout`); and not an end after QUIT or LOGOUT, or in TLS, where
/// the dialogue is not known.
///
/// RFC 5321, section 3.8: a server that must shut down says 421. RFC 3501, section 7.1.5.
pub const RULE: Rule = Rule {
    id: "server-shut-down",
    severity: Severity::Medium,
    class: Class::Failure,
    because_of: &[
        "proxy-header-expected",
        "proxy-header-not-expected",
        "spoke-before-greeting",
        "tls-mismatch",
        "reply-missing",
        "replies-out-of-step",
        "mtu-black-hole",
        "zero-window-stall",
        "peer-unreachable",
        "retransmission-stall",
    ],
    since: "0.2.0",
    rank: 16,
    reference: Some("RFC 5321, section 3.8"),
    needs: Needs::TEXTS,
    in_silence: true,
    words: Words {
        en: Text {
            title: "The server ended the session in the middle",
            detail: "The client had not asked for the end of the session, and the server ended it.",
            remedy: "Look into the server's log for that time: a restart, a crash of the process, or a limit. The client should connect again and repeat what was not answered.",
        },
        zh: Text {
            title: "服务器在中途结束了会话",
            detail: "客户并未请求结束会话，服务器却将其结束。",
            remedy: "请查看服务器当时的日志：可能是重启、进程崩溃或达到某项限制。客户应重新连接，并重做未得到答复的操作。",
        },
    },
    sentences: &[
        Sentence { en: "It said: {0}", zh: "它说：{0}" },
        Sentence {
            en: "It closed the connection without a word, after {0} of silence.",
            zh: "它在沉默 {0} 之后，一言不发地关闭了连接。",
        },
        Sentence {
            en: "It closed the connection without a word, and owed an answer to {1} for {0}.",
            zh: "它一言不发地关闭了连接，而对 {1} 的答复已欠了 {0}。",
        },
        Sentence {
            en: "It closed the connection without a word, and owed the answer to the content for {0}.",
            zh: "它一言不发地关闭了连接，而对内容的答复已欠了 {0}。",
        },
    ],
    check,
};

fn check(session: &Session, found: &mut Found) {
    let Some(left) = ending::server_left(session).filter(|left| !left.is_timeout) else { return };
    let packets: Vec<u64> = ending::ends(session).into_iter().flat_map(ending::leaving_packets).collect();
    let steps = left.owed.into_iter().chain(left.word).map(|step| step.n);
    let occurrence = found.at(steps).packets(packets);
    match (left.word, left.owed) {
        (Some(word), _) => occurrence.says(0).named(Key::Reply, Fact::Name(word.quoted())),
        (None, None) => occurrence.says(1).fact(Fact::Duration(left.silence)),
        (None, Some(owed)) if owed.command.is_none() => occurrence.says(3).fact(Fact::Duration(left.silence)),
        (None, Some(owed)) => {
            occurrence.says(2).fact(Fact::Duration(left.silence)).named(Key::Command, Fact::Name(owed.quoted_command()))
        }
    }
    .named(Key::By, Fact::Side(Side::Server));
}

#[cfg(test)]
mod tests {
    has!(with_421, "! syn\n! syn-ack\nS: 220 mx\nC: HELO a\nS: 250 mx\nS: 421 4.3.2 shutting down\n! fin server" => [4]);
    has!(with_bye, "! syn\n! syn-ack\nS: * OK hi\nC: a NOOP\nS: a OK\nS: * BYE server restarts\n! fin server" => [4]);
    has!(
        too_many_errors,
        "! syn\n! syn-ack\nS: 220 mx\nC: HELO a\nS: 250 mx\nC: BAZ\nS: 500 Too many unrecognized commands\n! fin server" => [4, 5]
    );
    has_not!(
        too_many_errors_and_the_client_leaves,
        "! syn\n! syn-ack\nS: 220 mx\nC: HELO a\nS: 250 mx\nC: BAZ\nS: 500 Too many unrecognized commands\n! fin client"
    );
    has!(
        a_word_before_the_last_reply,
        "! syn\n! syn-ack\nS: * OK hi\nC: a LOGIN b c\nS: a OK in\nC: b NOOP\nS: * BYE shutting down\nS: b OK done\n! fin server" => [4, 5]
    );
    has_not!(
        a_word_before_a_refusal,
        "! syn\n! syn-ack\nS: * OK hi\nC: a LOGIN b c\nS: * BYE too many\nS: a NO [AUTHENTICATIONFAILED] no\n! fin server"
    );
    has!(without_a_word, "! syn\n! syn-ack\nS: 220 mx\nC: HELO a\n! fin server" => [2]);
    has!(no_greeting, "--- server 10.0.0.25:143\n! syn\n! syn-ack\n@ 3\n! fin server" => []);
    has_not!(
        the_answer_to_a_fin_that_was_not_captured,
        "! syn\n! syn-ack\nS: 220 mx\nC: HELO a\nS: 250 mx\n! fin server"
    );
    has!(
        at_once_and_the_client_closes_after_it,
        "! syn\n! syn-ack\nS: 220 mx\nC: HELO a\nS: 250 mx\n! fin server\n! fin client" => []
    );
    has_not!(the_greeting, "! syn\n! syn-ack\nS: 421 4.3.2 too busy\n! fin server");
    has_not!(after_quit, "! syn\n! syn-ack\nS: 220 mx\nC: QUIT\nS: 221 bye\n! fin server");
    has_not!(after_logout, "! syn\n! syn-ack\nS: * OK hi\nC: a LOGOUT\nS: * BYE\nS: a OK\n! fin server");
    has_not!(after_a_refusal, "! syn\n! syn-ack\nS: 220 mx\nC: HELO a\nS: 554 5.7.1 no\n! fin server");
    has_not!(
        after_the_clients_fin,
        "! syn\n! syn-ack\nS: 220 mx\nC: HELO a\nS: 250 mx\n! fin client\nS: 421 4.4.2 lost\n! fin server"
    );
    has_not!(a_timeout, "! syn\n! syn-ack\nS: 220 mx\nC: HELO a\nS: 250 mx\n@ 300\nS: 421 4.4.2 timeout\n! fin server");
}
