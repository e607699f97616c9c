use crate::flow::Conflict;
use crate::protocol::event::{Kind, Packets, StepId};
use crate::session::model::Step;
use crate::session::{Session, text};
use crate::verdict::rule::{Class, Fact, Found, Needs, Rule, Sentence, Severity, Text, Words};

/// The same range of the stream crossed more than once, with different content.
///
/// It matters because the receiver may have read another copy than the one that the steps show: this is how commands
/// are slipped into a conversation (a forged RCPT) or past an observer.
///
/// Not: a retransmission with equal bytes, even where new bytes follow them. A device that rewrites what passes through
/// it (a proxy, an address translator) makes such copies too, where the capture has both of its sides.
///
/// RFC 9293, section 3.10.7.4: it depends on the receiver which copy it keeps.
pub const RULE: Rule = Rule {
    id: "conflicting-bytes",
    severity: Severity::Medium,
    class: Class::Weakness,
    because_of: &[],
    since: "0.1.0",
    rank: 70,
    reference: Some("RFC 9293, section 3.10.7.4"),
    needs: Needs::NONE,
    in_silence: true,
    words: Words {
        en: Text {
            title: "Two copies of the same bytes disagree",
            detail: "A part of the stream crossed the network more than once, and not with the same content. The \
                     steps show the copy that came first; the receiver may have read another. This is how words are \
                     slipped into a conversation or past an observer.",
            remedy: "Find out from the receiver's log which copy it read, and what sent the other: somebody on the \
                     path, or a device that changes what passes through it.",
        },
        zh: Text {
            title: "同一段数据的两次传送内容不同",
            detail: "数据流中的同一段字节不止一次经过网络，而内容并不相同。步骤中显示的是先到的一份，接收方读到的可能是\
                     另一份。这是向会话中插入内容或躲避监测的手法。",
            remedy: "从接收方的日志确认它读到的是哪一份，并查明另一份的来源：传送途中有人插入，或有设备改动了经过的数据。",
        },
    },
    sentences: &[Sentence { en: "{0}", zh: "{0}" }],
    check,
};

/// Steps that are the evidence of one conflict, at most.
const STEPS: usize = 8;

fn check(session: &Session, found: &mut Found) {
    let conflicts = &session.transport.conflicts;
    for conflict in &conflicts.kept {
        found.at(touched(conflict, &session.steps)).fact(Fact::Conflict(read(conflict)));
    }
    found.more(conflicts.more);
}

/// The first steps that cross in the packet with the first copy, up to [`STEPS`].
fn touched(conflict: &Conflict, steps: &[Step]) -> impl Iterator<Item = StepId> {
    let carries = |packets: &Packets, is_content: bool, packet: u64| match is_content {
        true => (packets.first()..=packets.last()).contains(&packet),
        false => packets.iter().any(|number| number == packet),
    };
    let from = conflict.from;
    let of = conflict.first_packet.into_iter().flat_map(move |packet| {
        let touches = move |step: &&Step| step.from == from && carries(&step.packets, step.kind == Kind::Data, packet);
        steps.iter().filter(touches).map(|step| step.n)
    });
    of.take(STEPS)
}

/// A conflict as text, without the line end where both copies have one.
fn read(conflict: &Conflict) -> Conflict<String> {
    let Conflict { first, second, .. } = conflict;
    let excerpts = match (first.strip_suffix(b"\r"), second.strip_suffix(b"\r")) {
        (Some(first), Some(second)) => [first, second],
        _ => [&first[..], &second[..]],
    };
    conflict.with(excerpts.map(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::{Conflicts, Side};
    use crate::verdict::testing;

    const SCRIPT: &str = "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok";

    has_not!(one_copy_of_all, SCRIPT);
    // A script has one copy of everything: the conflict is put into the session that is made of it.
    #[test]
    fn has_the_text_of_both_copies() {
        let mut session = testing::session(SCRIPT, RULE.needs);
        let conflict = Conflict {
            from: Side::Client,
            offset: 8,
            bytes: 1,
            first_packet: Some(4),
            second_packet: 9,
            first: b"MAIL FROM:<a@b>\r".to_vec(),
            second: b"MAIL FROM:<x@b>\r".to_vec(),
        };
        session.transport.conflicts = Conflicts { kept: vec![conflict], more: 2 };
        let finding = RULE.look(&session).remove(0);
        assert_eq!((&finding.steps[..], finding.more), (&[4][..], 2));
        let [(_, Fact::Conflict(conflict))] = &finding.facts[0].list[..] else { panic!("{finding:?}") };
        assert_eq!((&conflict.first[..], &conflict.second[..]), ("MAIL FROM:<a@b>", "MAIL FROM:<x@b>"));
    }
}
