use crate::session::Session;
use crate::session::model::Sentence;
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Severity, Text, Words};
use crate::verdict::stall::{Stall, evidence, lasted, sender_is_there, silent, stalls};

/// Large segments never arrive where small ones do: somewhere on the way is a link that takes only smaller packets, and
/// the ICMP error that would tell the sender so does not reach it.
///
/// It matters because such a session opens, logs in and then hangs for ever at the first large message; another, with a
/// small one, works.
///
/// Where only the receiver's side was captured, the large segments are nowhere: bytes are absent that were never
/// acknowledged, and smaller segments behind them came. Then the finding says perhaps.
///
/// Not: bytes that the capture alone lost (they were acknowledged); segments of a size that has crossed before, or that every path takes; a path that tells what it takes (the sender
/// goes on with smaller segments at once); a receiver that is gone, or whose window is closed.
///
/// RFC 2923, section 2.1: the problem; RFC 1191: what should happen; RFC 4821: how a sender helps itself.
pub const RULE: Rule = Rule {
    id: "mtu-black-hole",
    severity: Severity::High,
    class: Class::Failure,
    because_of: &[],
    since: "0.2.0",
    rank: 32,
    reference: Some("RFC 2923, section 2.1"),
    needs: Needs::NONE,
    in_silence: true,
    words: Words {
        en: Text {
            title: "Large segments do not get through, small ones do",
            detail: "Segments larger than any that had been acknowledged were sent again and again in vain, while \
                     smaller ones crossed. A link on the way takes only smaller packets, and the message that would \
                     say so (ICMP: fragmentation needed, or packet too big) does not reach the sender.",
            remedy: "Let ICMP type 3 code 4 (IPv6: type 2) through the firewalls on the way, or clamp the MSS at the \
                     narrow link (tunnel, VPN, PPPoE). On the sender, a smaller MTU or packetization layer path MTU \
                     discovery helps.",
        },
        zh: Text {
            title: "大的报文段无法通过，小的可以",
            detail: "比以往任何已确认报文段更大的报文段反复重传，始终没有得到确认，而较小的报文段可以通过。途中有一段链路只接受\
                     较小的分组，而说明此事的消息（ICMP“需要分片”或“分组太大”）没有到达发送方。",
            remedy: "让途中的防火墙放行 ICMP 类型 3 代码 4（IPv6 为类型 2），或在窄链路（隧道、VPN、PPPoE）处限制 MSS。\
                     在发送方减小 MTU 或启用分组层路径 MTU 发现也有帮助。",
        },
    },
    sentences: &[
        Sentence {
            en: "The {0} sent {1} {2} times within {3} in one segment, never acknowledged; the largest segment of it \
                 that was acknowledged had {4}.",
            zh: "{0}在 {3} 内以单个报文段将 {1} 发送了 {2} 次，始终未被确认；其已被确认的最大报文段为 {4}。",
        },
        Sentence {
            en: "The {0} sent {1} {2} times within {3} in one segment; only smaller segments were acknowledged then. \
                 Before, the largest that was acknowledged had {4}.",
            zh: "{0}在 {3} 内以单个报文段将 {1} 发送了 {2} 次；之后只有较小的报文段得到确认。此前已被确认的最大报文段为 {4}。",
        },
        Sentence {
            en: "The {0} sent {1} {2} times within {3} in one segment, never acknowledged; the largest segment of it \
                 that was acknowledged had {4}. Since the first of them nothing came back at all: perhaps the other \
                 end is gone.",
            zh: "{0}在 {3} 内以单个报文段将 {1} 发送了 {2} 次，始终未被确认；其已被确认的最大报文段为 {4}。\
                 自第一次发送以来没有任何回应：也可能是对端已经消失。",
        },
        Sentence {
            en: "{1} of what the {0} sent never arrived here within {2} and were never acknowledged, while segments of \
                 {3} and less did arrive: perhaps they were in segments that are too large for the path.",
            zh: "{0}发送的 {1} 在 {2} 内始终没有到达这里，也未被确认，而不超过 {3} 的报文段可以到达：\
                 它们可能位于对该路径而言过大的报文段中。",
        },
        Sentence {
            en: "{1} of what the {0} sent never arrived here within {2} and were never acknowledged, while segments of \
                 {3} and less had arrived: perhaps they were in segments that are too large for the path, or perhaps \
                 the other end is gone.",
            zh: "{0}发送的 {1} 在 {2} 内始终没有到达这里，也未被确认，而不超过 {3} 的报文段曾经到达：\
                 它们可能位于对该路径而言过大的报文段中，也可能是对端已经消失。",
        },
        Sentence {
            en: "The {0} sent {1} {2} times within {3} in one segment, never acknowledged. The capture shows no segment of \
                 it that was: perhaps this one is too large for the path, or perhaps the other end is gone.",
            zh: "{0}在 {3} 内以单个报文段将 {1} 发送了 {2} 次，始终未被确认。抓包中没有它的任何报文段得到确认：\
                 可能是该报文段对路径而言过大，也可能是对端已经消失。",
        },
    ],
    check,
};

fn check(session: &Session, found: &mut Found) {
    for stall in stalls(session) {
        if let Stall::Hole(hole) = stall {
            let (says, severity) = if sender_is_there(hole) { (3, Severity::Medium) } else { (4, Severity::Low) };
            found
                .at([])
                .fact(Fact::Side(hole.of))
                .fact(Fact::Bytes(hole.bytes))
                .named(Key::Seconds, Fact::Duration(lasted(hole)))
                .named(Key::Limit, Fact::Bytes(hole.largest.into()))
                .says(says)
                .severity(severity)
                .packets([hole.shown, hole.heard, hole.last].map(|at| at.packet));
        }
        let Stall::Narrow(repeats) = stall else { continue };
        let bout = &repeats.longest;
        let (says, severity) = match bout.answered {
            true => (1, Severity::Low),
            // A capture that begins in the middle may not show that anything smaller crossed.
            false if bout.acknowledged == 0 => (5, Severity::Medium),
            false if silent(repeats) >= bout.nanoseconds() => (2, Severity::Medium),
            false => (0, Severity::High),
        };
        found
            .at([])
            .fact(Fact::Side(repeats.of))
            .fact(Fact::Bytes(bout.largest.into()))
            .fact(Fact::Count(bout.times + 1))
            .named(Key::Seconds, Fact::Duration(bout.nanoseconds()))
            .named(Key::Limit, Fact::Bytes(bout.acknowledged.into()))
            .says(says)
            .severity(severity)
            .packets(evidence(repeats));
    }
}

#[cfg(test)]
mod tests {
    const TALK: &str = "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\n\
                        C: DATA\nS: 354 go\n";

    fn after(lines: &str) -> String {
        format!("{TALK}{lines}")
    }

    has!(
        a_message_that_never_arrives,
        &after("again client: 1448 bytes, 7 times, 13.2 seconds, 43 acknowledged, silent 12")
    );
    #[test]
    fn matters_less_where_nothing_smaller_is_known_to_have_crossed() {
        use super::{RULE, Severity};
        for (acknowledged, sentence, severity) in [(43, 0, Severity::High), (0, 5, Severity::Medium)] {
            let line =
                format!("again client: 1448 bytes, 7 times, 13.2 seconds, {acknowledged} acknowledged, silent 12");
            let session = crate::verdict::testing::session(&after(&line), RULE.needs);
            let found = RULE.look(&session);
            assert_eq!((found[0].facts[0].sentence, found[0].severity), (sentence, severity));
        }
    }

    has!(a_mailbox_that_is_read, &after("again server: 1448 bytes, 4 times, 3 seconds, 300 acknowledged, silent 1"));
    has!(
        the_other_end_was_not_heard_since,
        &after("again client: 1448 bytes, 7 times, 13.2 seconds, 43 acknowledged, silent 99")
    );
    has!(
        a_sender_that_helps_itself,
        &after("again client: 1448 bytes, 5 times, 7 seconds, 43 acknowledged, answered 512")
    );
    has!(a_flight_of_which_only_the_end_came, &after("hole client: 4344 bytes, 300 largest, 7 asked, 301 seconds"));
    has!(a_mailbox_of_which_nothing_came, &after("hole server: 1448 bytes, 60 largest, 20 asked"));
    has_not!(a_loss_at_the_end_of_the_capture, &after("hole client: 1448 bytes, 300 largest, 2 asked, 2 seconds"));
    has_not!(the_sender_may_be_gone, &after("hole client: 1448 bytes, 300 largest, 9 asked"));
    has_not!(small_ones_are_absent, &after("hole client: 300 bytes, 100 largest, 30 asked, 30 seconds"));
    has_not!(as_large_ones_came, &after("hole client: 1448 bytes, 1448 largest, 30 asked, 30 seconds"));
    has_not!(nobody_asked_for_it, &after("hole client: 1448 bytes, 300 largest, 0 asked, 30 seconds"));
    has_not!(
        the_receiver_had_no_room,
        &after("hole client: 1448 bytes, 300 largest, 9 asked, 30 seconds\nwindow server: 13 seconds, 6 probes")
    );
    has_not!(
        of_a_size_that_has_crossed,
        &after("again client: 1448 bytes, 7 times, 13 seconds, 1448 acknowledged, silent 12")
    );
    has_not!(
        small_ones_do_not_cross_either,
        &after("again client: 25 bytes, 9 times, 54 seconds, 20 acknowledged, silent 54")
    );
    has_not!(
        it_became_small_in_vain,
        &after("again client: 1448 bytes, 9 times, 54 seconds, 43 acknowledged, last 40, silent 54")
    );
    has_not!(an_outage_that_ends, &after("again client: 1448 bytes, 5 times, 7 seconds, 43 acknowledged, answered"));
    has_not!(a_single_loss, &after("again client: 1448 bytes, 1 times, 1.1 seconds, 43 acknowledged, answered"));
    has_not!(
        the_path_says_what_it_takes,
        &after("again client: 1348 bytes, 1 times, 0.1 seconds, 43 acknowledged, answered")
    );
    has_not!(
        a_closed_window,
        &after("again client: 1448 bytes, 4 times, 9 seconds, 43 acknowledged\nwindow server: 13 seconds, 6 probes")
    );
    has_not!(
        of_one_side_nothing_was_captured,
        &after("again client: 1448 bytes, 7 times, 13 seconds, 0 acknowledged, unheard")
    );
}
