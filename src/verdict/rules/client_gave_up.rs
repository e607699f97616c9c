use crate::flow::Side;
use crate::session::Session;
use crate::verdict::ending;
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};

/// The client left while the server owed it an answer, after it had waited for a while.
///
/// It matters because the client does not know whether what it asked for was done: it will do it again, and if the server was
/// only slow, mail is delivered twice.
///
/// Not: a client that leaves when all is answered, with QUIT or without; not one that the server left first; not one that
/// leaves at once, as probes do, or that closes its side and still waits for the answer.
///
/// RFC 5321, section 4.5.3.2: how long a client should wait; ten minutes for the answer to the content.
pub const RULE: Rule = Rule {
    id: "client-gave-up",
    severity: Severity::Medium,
    class: Class::Failure,
    because_of: &[
        "slow-reply",
        "slow-greeting",
        "tls-mismatch",
        "mtu-black-hole",
        "zero-window-stall",
        "peer-unreachable",
        "retransmission-stall",
        "connection-prohibited",
        "handshake-stalled",
        "reply-missing",
        "content-unfinished",
        "dot-not-on-its-line",
    ],
    since: "0.2.0",
    rank: 15,
    reference: Some("RFC 5321, section 4.5.3.2"),
    needs: Needs::TEXTS,
    in_silence: true,
    words: Words {
        en: Text {
            title: "The client did not wait for the answer",
            detail: "The client left while the server still owed it an answer. \
                     Told where it had waited for 2 seconds at least.",
            remedy: "Find out why the server was slow. Raise the client's timeout to what the standard says: five minutes for most commands, ten for the answer to the content.",
        },
        zh: Text {
            title: "客户没有等到答复",
            detail: "服务器尚欠一个答复时，客户就离开了。\
                     至少等待 2 秒后离开才会列出。",
            remedy: "请查明服务器为何缓慢。将客户的超时提高到标准规定的值：多数命令为五分钟，内容之后的答复为十分钟。",
        },
    },
    sentences: &[
        Sentence { en: "It had waited {0} for the answer to {1}.", zh: "它为 {1} 的答复等待了 {0}。" },
        Sentence { en: "It had waited {0} for the greeting.", zh: "它为问候等待了 {0}。" },
        Sentence {
            en: "It had waited {0} for the answer to the content.", zh: "它为内容之后的答复等待了 {0}。"
        },
    ],
    check,
};

fn check(session: &Session, found: &mut Found) {
    let Some(gave_up) = ending::gave_up(session) else { return };
    let packets: Vec<u64> = ending::ends(session).into_iter().flat_map(ending::leaving_packets).collect();
    let occurrence = found.at(gave_up.owed.map(|step| step.n)).packets(packets);
    let occurrence = occurrence.fact(Fact::Duration(gave_up.waited));
    match gave_up.owed {
        None => occurrence.says(1),
        Some(owed) if owed.command.is_none() => occurrence.says(2),
        Some(owed) => occurrence.says(0).named(Key::Command, Fact::Name(owed.quoted_command())),
    }
    .named(Key::By, Fact::Side(Side::Client));
}

#[cfg(test)]
mod tests {
    has!(a_command, "! syn\n! syn-ack\nS: 220 mx\nC: HELO a\n@ 5\n! fin client" => [2]);
    has!(no_greeting, "--- server 10.0.0.25:25\n! syn\n! syn-ack\n@ 6\n! fin client" => []);
    has!(the_content, "! syn\n! syn-ack\nS: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\nS: 354 go\nC: hi\nC: .\n@ 5\n! rst client" => [10]);
    has_not!(all_is_answered, "! syn\n! syn-ack\nS: 220 mx\nC: HELO a\nS: 250 mx\n@ 60\n! fin client");
    has_not!(after_quit, "! syn\n! syn-ack\nS: 220 mx\nC: QUIT\n@ 5\n! fin client");
    has_not!(the_server_left_first, "! syn\n! syn-ack\nS: 220 mx\nC: HELO a\n@ 5\n! fin server\n! fin client");
    has_not!(at_once, "! syn\n! syn-ack\nS: 220 mx\nC: HELO a\n! fin client\nS: 250 mx");
    has_not!(in_idle, "! syn\n! syn-ack\nS: * OK hi\nC: a IDLE\nS: + idling\n@ 60\n! fin client");
}
