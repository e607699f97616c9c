use crate::session::Session;
use crate::session::model::Sentence;
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Severity, Text, Words};
use crate::verdict::stall::{Stall, evidence, silent, stalls};

/// What one side sent was never acknowledged, though it sent it again for a long time, and nothing came from the other
/// side any more: it is gone, or the way to it is.
///
/// It matters because neither end learns of it: a client in IDLE waits for news that are lost on the way (an address
/// translator or a firewall has forgotten the connection), until it is started anew.
///
/// Not: an outage that ends; a connection that one side ended or reset; large segments alone; a connection of which only
/// one direction was captured.
///
/// RFC 9293, section 3.8.3: a sender closes the connection only after minutes.
pub const RULE: Rule = Rule {
    id: "peer-unreachable",
    severity: Severity::Medium,
    class: Class::Failure,
    because_of: &[],
    since: "0.2.0",
    rank: 32,
    reference: Some("RFC 9293, section 3.8.3"),
    needs: Needs::NONE,
    in_silence: true,
    words: Words {
        en: Text {
            title: "The other end gave no more sign of life",
            detail: "Data was sent again and again and never acknowledged, and nothing at all came back: the other \
                     end, or the way to it, is gone, without a FIN or RST. Often an address translator or a firewall \
                     has forgotten a connection that was silent for long.",
            remedy: "Find out whether the other end was still there (sleep, another network). Where an idle connection \
                     was cut on the way, shorten IDLE (RFC 2177 allows 29 minutes, many networks less) or switch on \
                     TCP keep-alives more often than the translator forgets.",
        },
        zh: Text {
            title: "对端再无任何响应",
            detail: "数据被反复重传，始终未得到确认，也没有收到任何分组：对端或通往对端的路径已经中断，而没有 FIN 或 RST。\
                     常见原因是地址转换设备或防火墙丢弃了长时间静默的连接。",
            remedy: "查明对端当时是否仍在线（休眠、切换网络）。如果空闲连接在途中被切断，请缩短 IDLE 的时间（RFC 2177 允许\
                     29 分钟，许多网络更短），或以更短的间隔启用 TCP 保活。",
        },
    },
    sentences: &[Sentence {
        en: "The {0} sent the same {1} again {2} times within {3}, without an answer; the last sign of life of the \
                 other end is packet {4}.",
        zh: "{0}在 {3} 内将同样的 {1} 重传了 {2} 次，没有得到应答；对端最后的响应是第 {4} 个分组。",
    }],
    check,
};

fn check(session: &Session, found: &mut Found) {
    for stall in stalls(session) {
        let Stall::Gone(repeats) = stall else { continue };
        let (bout, heard) = (&repeats.longest, repeats.heard.unwrap_or_default());
        found
            .at([])
            .fact(Fact::Side(repeats.of))
            .fact(Fact::Bytes(bout.last.into()))
            .fact(Fact::Count(bout.times))
            .named(Key::Seconds, Fact::Duration(silent(repeats)))
            .fact(Fact::Packet(heard.packet))
            .packets(evidence(repeats));
    }
}

#[cfg(test)]
mod tests {
    const IDLE: &str = "S: * PREAUTH ready\nC: a SELECT INBOX\nS: a OK\nC: b IDLE\nS: + idling\nS: * 42 EXISTS\n";

    fn after(lines: &str) -> String {
        format!("{IDLE}{lines}")
    }

    has!(news_that_are_lost, &after("again server: 25 bytes, 9 times, 54 seconds, 423 acknowledged, silent 54"));
    has!(
        a_client_whose_server_is_gone,
        &after("again client: 40 bytes, 6 times, 26 seconds, 43 acknowledged, silent 30")
    );
    has!(
        large_ones_that_had_crossed,
        &after("again server: 1448 bytes, 8 times, 51 seconds, 1448 acknowledged, silent 51")
    );
    has_not!(an_outage_that_ends, &after("again server: 25 bytes, 6 times, 7 seconds, 423 acknowledged, answered"));
    has_not!(
        a_long_outage_that_ends,
        &after("again server: 25 bytes, 9 times, 54 seconds, 423 acknowledged, answered")
    );
    has_not!(the_capture_ended_soon, &after("again server: 25 bytes, 5 times, 7 seconds, 423 acknowledged, silent 7"));
    has_not!(it_was_heard_since, &after("again server: 25 bytes, 9 times, 54 seconds, 423 acknowledged"));
    has_not!(
        nothing_was_captured_of_it,
        &after("again server: 25 bytes, 9 times, 54 seconds, 423 acknowledged, unheard")
    );
    has_not!(
        large_segments_alone,
        &after("again server: 1448 bytes, 9 times, 54 seconds, 423 acknowledged, silent 54")
    );
}
