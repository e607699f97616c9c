//! What is said on standard error beside errors, in every language.

use crate::capture::Heard;
use crate::view::Lang;
use indicatif::{HumanBytes, HumanCount};
use std::time::Duration;

/// It is listened on the interface, as the user that the process has become.
pub(super) fn listening(lang: Lang, interface: Option<&str>, user: Option<&str>) -> String {
    match lang {
        Lang::En => {
            let interface = interface.unwrap_or("the first interface");
            let user = user.map(|user| format!(" as {user}")).unwrap_or_default();
            format!("listening on {interface}{user}; Ctrl-C ends")
        }
        Lang::Zh => {
            let interface = interface.unwrap_or("第一个接口");
            // The user who called sudo is known by number.
            let named = |user: &str| user.strip_prefix("user ").map_or(user.to_owned(), |uid| format!("用户 {uid}"));
            let user = user.map(|user| format!("（以 {} 身份运行）", named(user))).unwrap_or_default();
            format!("正在监听 {interface}{user}；按 Ctrl-C 结束")
        }
    }
}

/// Files of folders are no captures.
pub(super) fn other_files(lang: Lang, others: u64, captures: usize) -> String {
    match (lang, others) {
        (Lang::En, 1) => format!("1 file beside {captures} to read is no capture, and is left out"),
        (Lang::En, _) => format!("{others} files beside {captures} to read are no captures, and are left out"),
        (Lang::Zh, _) => format!("要读取的 {captures} 个文件之外，有 {others} 个不是抓包文件，已略过"),
    }
}

/// A key log is not there yet.
pub(super) fn awaited(lang: Lang, name: &str) -> String {
    match lang {
        Lang::En => format!("{name}: no such file yet; waiting for this key log"),
        Lang::Zh => format!("{name}：文件尚不存在；等待这个密钥日志"),
    }
}

/// A key log has secrets of none of the `sessions` inside TLS.
pub(super) fn fits_none(lang: Lang, name: &str, sessions: u64) -> String {
    match (lang, sessions) {
        (Lang::En, 0) => {
            format!("{name}: not needed: no mail session was seen that is inside TLS and could be decrypted")
        }
        (Lang::En, 1) => format!("{name}: does not fit the one TLS session"),
        (Lang::En, _) => format!("{name}: fits none of the {sessions} TLS sessions"),
        (Lang::Zh, 0) => format!("{name}：未用到：没有可解密的 TLS 邮件会话"),
        (Lang::Zh, 1) => format!("{name}：与唯一的 TLS 会话不符"),
        (Lang::Zh, _) => format!("{name}：与 {sessions} 个 TLS 会话都不符"),
    }
}

/// What tcpdump says at its end.
pub(super) fn heard(lang: Lang, packets: u64, heard: Heard) -> String {
    let Heard { received, kernel, interface } = heard;
    let en = |count: u64, what: &str| format!("{count} packet{} {what}\n", if count == 1 { "" } else { "s" });
    let mut lines = match lang {
        Lang::En => {
            let all = [(packets, "captured"), (received, "received by filter"), (kernel, "dropped by kernel")];
            all.map(|(count, what)| en(count, what)).concat()
        }
        Lang::Zh => {
            format!("已捕获 {packets} 个分组\n过滤器收到 {received} 个分组\n内核丢弃 {kernel} 个分组\n")
        }
    };
    if interface > 0 {
        lines += &match lang {
            Lang::En => en(interface, "dropped by interface"),
            Lang::Zh => format!("接口丢弃 {interface} 个分组\n"),
        };
    }
    lines
}

/// What has been received so far, said when asked.
pub(super) fn so_far(lang: Lang, name: &str, packets: u64, dropped: u64) -> String {
    match lang {
        Lang::En => format!("{name}: {packets} packets received, {dropped} dropped"),
        Lang::Zh => format!("{name}：已收到 {packets} 个分组，丢弃 {dropped} 个"),
    }
}

/// Bytes of the session are not in the capture.
pub(super) fn not_captured(lang: Lang, session: u64, missing: u64) -> String {
    match lang {
        Lang::En => format!("session {session}: {missing} bytes are not in the capture, and so not in the output"),
        Lang::Zh => format!("会话 {session}：有 {missing} 字节不在抓包中，因此也不在输出中"),
    }
}

/// The pager could not be run, and the result was written straight, or is lost with it.
pub(super) fn no_pager(lang: Lang, command: &str, lost: bool) -> String {
    match (lang, lost) {
        (Lang::En, false) => {
            format!(
                "the pager could not be run, and nothing was paged: set PAGER to another than `{command}`, or use --paging never"
            )
        }
        (Lang::En, true) => {
            format!(
                "the pager could not be run: set PAGER to another than `{command}`, or use --paging never, and try again"
            )
        }
        (Lang::Zh, false) => {
            format!("无法运行分页程序，未分页：请把 PAGER 设为 `{command}` 以外的程序，或使用 --paging never")
        }
        (Lang::Zh, true) => {
            format!("无法运行分页程序：请把 PAGER 设为 `{command}` 以外的程序，或使用 --paging never，再试一次")
        }
    }
}

/// An interface that is not up.
pub(super) fn down(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "down",
        Lang::Zh => "未启用",
    }
}

/// How far reading has come.
pub(super) struct Come {
    pub(super) bytes: u64,
    /// Of how many, where that is known.
    pub(super) total: Option<u64>,
    pub(super) packets: u64,
    pub(super) sessions: u64,
    /// Bytes in a second.
    pub(super) rate: u64,
    /// How long it will take yet.
    pub(super) left: Option<Duration>,
}

/// The line of progress.
pub(super) fn progress(lang: Lang, come: &Come) -> String {
    let (bytes, rate) = (HumanBytes(come.bytes), HumanBytes(come.rate));
    let (packets, sessions) = (HumanCount(come.packets), HumanCount(come.sessions));
    let left = come.left.map(|left| left.as_secs().max(1)).map(|left| (left / 3_600, left / 60 % 60, left % 60));
    match lang {
        Lang::En => {
            let of = come.total.map(|total| format!(" of {}", HumanBytes(total))).unwrap_or_default();
            let left = match left {
                None => String::new(),
                Some((0, 0, seconds)) => format!(", {seconds} s left"),
                Some((0, minutes, seconds)) => format!(", {minutes} min {seconds} s left"),
                Some((hours, minutes, _)) => format!(", {hours} h {minutes} min left"),
            };
            format!("{bytes}{of}, {packets} packets, {sessions} sessions, {rate}/s{left}")
        }
        Lang::Zh => {
            let of = come.total.map(|total| format!(" / {}", HumanBytes(total))).unwrap_or_default();
            let left = match left {
                None => String::new(),
                Some((0, 0, seconds)) => format!("，还需 {seconds} 秒"),
                Some((0, minutes, seconds)) => format!("，还需 {minutes} 分 {seconds} 秒"),
                Some((hours, minutes, _)) => format!("，还需 {hours} 小时 {minutes} 分"),
            };
            format!("已读 {bytes}{of}，{packets} 个分组，{sessions} 个会话，{rate}/s{left}")
        }
    }
}

/// The titles of the table of sessions that is drawn again and again: number, protocol, ends, people, state, bytes, age.
pub(super) fn board_titles(lang: Lang) -> [&'static str; 7] {
    match lang {
        Lang::En => ["No.", "Protocol", "Client → Server", "User, or sender → recipients", "State", "Bytes", "Age"],
        Lang::Zh => ["序号", "协议", "客户 → 服务器", "用户，或发件人 → 收件人", "状态", "字节", "时长"],
    }
}

/// The line above that table.
pub(super) fn board_counts(lang: Lang, open: usize, over: u64) -> String {
    let (open, over) = (HumanCount(open as u64), HumanCount(over));
    match lang {
        Lang::En => format!("{open} open, {over} over; Ctrl-C ends"),
        Lang::Zh => format!("进行中 {open} 个，已结束 {over} 个；按 Ctrl-C 结束"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_those_of_tcpdump() {
        let few = Heard { received: 12, kernel: 0, interface: 0 };
        assert_eq!(
            heard(Lang::En, 1, few),
            "1 packet captured\n12 packets received by filter\n0 packets dropped by kernel\n"
        );
        let lost = Heard { interface: 3, ..few };
        assert!(heard(Lang::En, 1, lost).ends_with("\n3 packets dropped by interface\n"));
        assert_eq!(heard(Lang::Zh, 1, lost).lines().count(), 4);
        assert_eq!(listening(Lang::En, Some("lo"), Some("nobody")), "listening on lo as nobody; Ctrl-C ends");
        assert_eq!(
            listening(Lang::Zh, Some("lo"), Some("user 1000")),
            "正在监听 lo（以 用户 1000 身份运行）；按 Ctrl-C 结束"
        );
    }

    #[test]
    fn progress_says_what_is_known() {
        let come =
            Come { bytes: 1 << 20, total: Some(1 << 30), packets: 12_345, sessions: 6, rate: 1 << 20, left: None };
        assert_eq!(progress(Lang::En, &come), "1.00 MiB of 1.00 GiB, 12,345 packets, 6 sessions, 1.00 MiB/s");
        let come = Come { total: None, left: Some(Duration::from_secs(75)), ..come };
        assert_eq!(progress(Lang::Zh, &come), "已读 1.00 MiB，12,345 个分组，6 个会话，1.00 MiB/s，还需 1 分 15 秒");
    }
}
