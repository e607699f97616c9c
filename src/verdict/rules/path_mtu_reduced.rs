use crate::decode::Problem;
use crate::flow::{ErrorSeen, Repeats};
use crate::session::Session;
use crate::session::model::Sentence;
use crate::verdict::ending;
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Severity, Text, Words};
use crate::verdict::stall::{found_by_probing, is_narrow};

/// A link on the way takes only smaller packets, and the sender learned it: a router said so by ICMP, or the sender found
/// out by itself; it goes on with smaller segments.
///
/// It matters where other connections over the same way hang: the path is narrower than the two ends believe, and works only
/// as long as the routers' messages get through.
///
/// Not: a router's message upon which nothing became smaller; a sender that needed several attempts and seconds, or never
/// learned it (`mtu-black-hole`); a small segment that is sent again.
///
/// RFC 1191 and RFC 8201: what routers say; RFC 4821: how a sender finds out by itself.
pub const RULE: Rule = Rule {
    id: "path-mtu-reduced",
    severity: Severity::Info,
    class: Class::Remark,
    because_of: &[],
    since: "0.2.0",
    rank: 78,
    reference: Some("RFC 1191"),
    needs: Needs::NONE,
    in_silence: true,
    words: Words {
        en: Text {
            title: "The path takes only smaller packets, and the sender adapted",
            detail: "A link on the way takes only packets that are smaller than those that were sent first. The \
                     sender learned it and went on with smaller segments: nothing is wrong with this session.",
            remedy: "Nothing has to be done. Where other sessions over the same way hang, look whether the ICMP \
                     messages reach their senders.",
        },
        zh: Text {
            title: "路径只接受较小的分组，发送方已适应",
            detail: "途中有一段链路只接受比最初发送的更小的分组。发送方得知了这一点，并改用较小的报文段继续：此会话没有问题。",
            remedy: "无需处理。若经过同一路径的其他会话停滞，请检查 ICMP 消息是否能到达其发送方。",
        },
    },
    sentences: &[
        Sentence {
            en: "{0} told the {1} that packets larger than {2} do not pass.",
            zh: "{0} 告知{1}：大于 {2} 的分组无法通过。",
        },
        Sentence {
            en: "{0} told the {1} that its packets are too large, and not which ones would pass.",
            zh: "{0} 告知{1}其分组过大，但没有说明多大的可以通过。",
        },
        Sentence {
            en: "Nobody told the {0}: a segment of {1} was not acknowledged, and then one of {2} was.",
            zh: "没有人告知{0}：{1} 的报文段未得到确认，随后 {2} 的得到了确认。",
        },
    ],
    check,
};

fn check(session: &Session, found: &mut Found) {
    for repeats in session.transport.stalls.repeats.iter().filter(|repeats| !is_narrow(&repeats.longest)) {
        let bout = &repeats.longest;
        let packets = [bout.from.packet].into_iter().chain(bout.packets.iter());
        match told(session, repeats) {
            Some((error, mtu)) => {
                let occurrence = found.at([]).named(Key::By, Fact::Name(error.by.to_string()));
                let occurrence = occurrence.named(Key::Name, Fact::Side(repeats.of));
                match mtu {
                    0 => occurrence.says(1),
                    mtu => occurrence.named(Key::Limit, Fact::Bytes(mtu.into())),
                }
                .packets([error.at.packet])
                .packets(packets);
            }
            None if found_by_probing(bout) => {
                let occurrence = found.at([]).fact(Fact::Side(repeats.of)).fact(Fact::Bytes(bout.largest.into()));
                occurrence.named(Key::Limit, Fact::Bytes(bout.last.into())).says(2).packets(packets);
            }
            None => {}
        }
    }
}

/// Who told the sender that its packets are too big, and what passes, where it went on with smaller ones. The last who did.
fn told<'a>(session: &'a Session, repeats: &Repeats) -> Option<(&'a ErrorSeen, u32)> {
    let errors = ending::ends(session).filter(|_| repeats.shrunk)?.errors.iter().rev();
    errors.filter(|error| error.about == repeats.of).find_map(|error| match error.problem {
        Problem::TooBig(mtu) => Some((error, mtu)),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    const TALK: &str = "! syn\n! syn-ack\nS: 220 mx\nC: HELO a\nS: 250 mx\n";
    const SMALLER: &str = "again client: 1348 bytes, 3 times, 0.1 seconds, 43 acknowledged, answered\ncount shrunk 1\n";

    fn after(lines: &str) -> String {
        format!("{TALK}{lines}")
    }

    has!(a_router_says_so, &after(&format!("! icmp 1400\n! on\n{SMALLER}")));
    has!(an_old_router_says_so, &after(&format!("! icmp 0\n! on\n{SMALLER}")));
    has!(
        the_sender_finds_out,
        &after("again client: 1448 bytes, 2 times, 0.9 seconds, 43 acknowledged, answered 1024")
    );
    has_not!(nothing_became_smaller, &after("! icmp 1400\n! on\n"));
    has_not!(a_filter, &after(&format!("! icmp\n! on\n{SMALLER}")));
    has_not!(nobody_said_so_and_it_crossed, &after(SMALLER));
    has_not!(
        it_took_long,
        &after(
            "again client: 1448 bytes, 5 times, 7 seconds, 43 acknowledged, answered 512\ncount shrunk 1\n! icmp 576"
        )
    );
    has_not!(
        a_part_of_what_has_crossed,
        &after("again client: 1448 bytes, 2 times, 0.9 seconds, 1448 acknowledged, answered 700")
    );
}
