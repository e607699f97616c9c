use crate::session::Session;
use crate::session::model::Sentence;
use crate::verdict::rule::{Class, Fact, Found, Needs, Rule, Severity, Text, Words};

/// Bytes that crossed, since the other end acknowledged them, are not in the capture: the capture lost them, and not the
/// network.
///
/// It matters because `bytes-missing` says that something is not known; this says that the two ends knew it, and that no
/// network has to be searched.
///
/// Not: what was never acknowledged; what was sent again and captured then.
pub const RULE: Rule = Rule {
    id: "loss-in-the-capture",
    severity: Severity::Info,
    class: Class::Remark,
    because_of: &[],
    since: "0.2.0",
    rank: 79,
    reference: None,
    needs: Needs::NONE,
    in_silence: true,
    words: Words {
        en: Text {
            title: "The capture lost bytes that did arrive",
            detail: "The other end acknowledged them, but the capture does not hold them: packets were dropped while \
                     it was made, or cut off. The network did not lose them.",
            remedy: "Capture with a larger buffer and the whole packet length (snaplen), and look at the number of \
                     dropped packets that the capturing program tells.",
        },
        zh: Text {
            title: "抓包丢失了实际已送达的字节",
            detail: "对端确认了这些字节，但抓包中没有：抓包时分组被丢弃或截断。并非网络丢失。",
            remedy: "抓包时使用更大的缓冲区和完整的分组长度（snaplen），并查看抓包程序报告的丢包数。",
        },
    },
    sentences: &[Sentence { en: "{0} are absent.", zh: "缺少 {0}。" }],
    check,
};

fn check(session: &Session, found: &mut Found) {
    let lost = session.transport.counters.lost_in_capture;
    if lost > 0 {
        found.at([]).fact(Fact::Bytes(lost));
    }
}

#[cfg(test)]
mod tests {
    has!(bytes_that_were_acknowledged, "S: 220 mx\nC: HELO a\nS~ 40\nC: QUIT\ncount lost_in_capture 40");
    has_not!(bytes_that_were_not, "S: 220 mx\nC: HELO a\nS~ 40\nC: QUIT");
}
