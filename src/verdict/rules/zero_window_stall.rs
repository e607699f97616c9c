use crate::session::Session;
use crate::session::model::Sentence;
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Severity, Text, Words};
use crate::verdict::stall::{Stall, stalls};

/// How long a window is closed until the finding is more than a remark: ten seconds.
const LONG_NANOSECONDS: i64 = 10_000_000_000;

/// A receiver closed its window for seconds: its application did not read what had arrived, and the sender had to wait.
///
/// It matters because the sender gives up in the end ("timed out while sending message body"), and neither it nor the
/// network is at fault.
///
/// Not: a window that closes for a moment, as in any fast transfer; one that is closed while nobody has anything to send;
/// segments that are lost.
///
/// RFC 9293, section 3.8.6.1.
pub const RULE: Rule = Rule {
    id: "zero-window-stall",
    severity: Severity::Medium,
    class: Class::Failure,
    because_of: &[],
    since: "0.2.0",
    rank: 32,
    reference: Some("RFC 9293, section 3.8.6.1"),
    needs: Needs::NONE,
    in_silence: true,
    words: Words {
        en: Text {
            title: "A receiver stopped reading",
            detail: "Its receive window was closed: its system answered, but its application did not read what had \
                     arrived, so the other end could not send on. What was sent again meanwhile only asked whether \
                     the window had opened: nothing was lost. \
                     Told from 3 seconds on.",
            remedy: "Look at the receiver's application at that time: a content filter or scanner that hangs, a full \
                     disk, a process that is stopped or overloaded.",
        },
        zh: Text {
            title: "接收方停止读取数据",
            detail: "其接收窗口已关闭：系统仍在应答，但应用程序没有读取已到达的数据，对端因此无法继续发送。其间的重传只是询问窗口\
                     是否已打开，并没有数据丢失。\
                     持续 3 秒以上才会列出。",
            remedy: "检查接收方应用程序当时的状态：内容过滤器或扫描程序卡住、磁盘已满、进程停止或过载。",
        },
    },
    sentences: &[
        Sentence {
            en: "The {0}'s window was closed for {1}; the other end asked {2} times whether it had opened.",
            zh: "{0}的窗口关闭了 {1}；对端询问了 {2} 次窗口是否已打开。",
        },
        Sentence {
            en: "The {0}'s window was closed for {1}, and did not open any more; the other end asked {2} times \
                 whether it had.",
            zh: "{0}的窗口关闭了 {1}，之后再未打开；对端询问了 {2} 次窗口是否已打开。",
        },
    ],
    check,
};

fn check(session: &Session, found: &mut Found) {
    for stall in stalls(session) {
        let Stall::Window(window) = stall else { continue };
        let severity = match window.stays {
            true => Severity::High,
            false if window.longest() >= LONG_NANOSECONDS => Severity::Low,
            false => Severity::Info,
        };
        found
            .at([])
            .fact(Fact::Side(window.of))
            .named(Key::Seconds, Fact::Duration(window.longest()))
            .fact(Fact::Count(window.probes))
            .says(usize::from(window.stays))
            .severity(severity)
            .packets(window.packets.iter());
    }
}

#[cfg(test)]
mod tests {
    has!(a_filter_that_hangs, "S: 220 mx\nwindow server: 13.1 seconds, 6 probes, stays");
    has!(a_client_that_stops_reading, "S: +OK ready\nC: RETR 1\nwindow client: 40 seconds, 8 probes");
    has_not!(a_moment, "S: 220 mx\nwindow server: 0.4 seconds, 1 probes");
    has_not!(nobody_has_anything_to_send, "S: 220 mx\nwindow server: 40 seconds, 0 probes");
    has_not!(what_is_lost, "S: 220 mx\nagain client: 1448 bytes, 6 times, 13 seconds, 1448 acknowledged");
}
