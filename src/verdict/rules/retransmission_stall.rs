use crate::session::Session;
use crate::session::model::Sentence;
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Severity, Text, Words};
use crate::verdict::stall::{Stall, ended_well, evidence, stalls};

/// One side sent the same data again for seconds before it was acknowledged, or until the capture ended.
///
/// It matters because nothing else went on meanwhile: the time is the network's, and neither server nor client was slow.
///
/// Where it was acknowledged and the session came to its end as sessions do, it is for information: it explains a delay,
/// and no failure.
///
/// Not: a loss that is repaired at once; and not where it is known why (`mtu-black-hole`, `peer-unreachable`,
/// `zero-window-stall`).
///
/// RFC 6298.
pub const RULE: Rule = Rule {
    id: "retransmission-stall",
    severity: Severity::Low,
    class: Class::Failure,
    because_of: &[],
    since: "0.2.0",
    rank: 72,
    reference: Some("RFC 6298"),
    needs: Needs::TEXTS,
    in_silence: true,
    words: Words {
        en: Text {
            title: "The session stood still while data was sent again",
            detail: "The same data was sent several times before it was acknowledged, if it was. The network did not \
                     deliver it, or not the acknowledgement; neither end was slow. \
                     Told from 3 seconds on.",
            remedy: "Look for an outage on the way at that time: a link that was down, a Wi-Fi or mobile network that \
                     was changed, a firewall or a route that was reloaded.",
        },
        zh: Text {
            title: "数据重传期间会话停顿",
            detail: "同样的数据发送了多次才得到确认（或始终未得到确认）。是网络没有送达这些数据或其确认，双方都不慢。\
                     持续 3 秒以上才会列出。",
            remedy: "检查当时途中是否有中断：链路断开、Wi-Fi 或移动网络切换、防火墙或路由重新加载。",
        },
    },
    sentences: &[
        Sentence {
            en: "The {0} sent the same again {1} times; after {2} it was acknowledged.",
            zh: "{0}重传了 {1} 次；{2} 后得到确认。",
        },
        Sentence {
            en: "The {0} sent the same again {1} times within {2}, and the capture has no acknowledgement of it.",
            zh: "{0}在 {2} 内重传了 {1} 次，抓包中没有对它的确认。",
        },
    ],
    check,
};

fn check(session: &Session, found: &mut Found) {
    for stall in stalls(session) {
        let Stall::Waited(repeats) = stall else { continue };
        let bout = &repeats.longest;
        found
            .at([])
            .fact(Fact::Side(repeats.of))
            .fact(Fact::Count(bout.times))
            .named(Key::Seconds, Fact::Duration(bout.nanoseconds()))
            .says(usize::from(!bout.answered))
            .severity(if ended_well(session, repeats) { Severity::Info } else { Severity::Low })
            .packets(evidence(repeats));
    }
}

#[cfg(test)]
mod tests {
    use crate::verdict::rule::Severity;

    has!(an_outage_that_ends, "S: 220 mx\nagain server: 25 bytes, 6 times, 7 seconds, 423 acknowledged, answered");
    has!(the_capture_ends_first, "S: 220 mx\nagain client: 25 bytes, 5 times, 7 seconds, 423 acknowledged, silent 7");
    has_not!(
        a_loss_that_is_repaired,
        "S: 220 mx\nagain client: 1448 bytes, 1 times, 1.2 seconds, 43 acknowledged, answered"
    );
    has_not!(
        the_other_end_is_gone,
        "S: 220 mx\nagain server: 25 bytes, 9 times, 54 seconds, 423 acknowledged, silent 54"
    );
    has_not!(the_path_is_too_narrow, "S: 220 mx\nagain client: 1448 bytes, 7 times, 13 seconds, 43 acknowledged");
    has_not!(
        a_closed_window,
        "S: 220 mx\nwindow server: 13 seconds, 6 probes\nagain client: 10 bytes, 4 times, 9 seconds"
    );
    has_not!(of_one_side_nothing_was_captured, "S: 220 mx\nagain client: 25 bytes, 6 times, 7 seconds, unheard");

    #[test]
    fn what_ended_well_is_for_information() {
        let severity = |rest: &str| {
            let talk = "! syn\n! syn-ack\nS: 220 mx\nC: HELO a\n";
            let stall = "again server: 25 bytes, 6 times, 7 seconds, 423 acknowledged, answered\n";
            let session = crate::verdict::testing::session(&format!("{talk}{stall}{rest}"), super::RULE.needs);
            super::RULE.look(&session)[0].severity
        };
        assert_eq!(severity("S: 250 mx\nC: QUIT\nS: 221 bye\n! fin server\n! fin client"), Severity::Info);
        assert_eq!(severity("S: 250 mx\n! fin client\n! fin server"), Severity::Info, "nothing was owed");
        assert_eq!(severity("S: 250 mx\n! open"), Severity::Info, "the capture ends first");
        assert_eq!(severity("@ 5\n! fin client"), Severity::Low, "the client gave up");
        assert_eq!(severity("S: 250 mx\nC: NOOP\n! rst server"), Severity::Low);
        assert_eq!(severity("S: 250 mx\nS: 421 4.3.2 shutting down\n! fin server"), Severity::Low);
    }
}
