//! What is said where there are no two sessions to compare.

use crate::view::Lang;

/// Why there are no two sessions to compare.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Which(pub(super) String);

/// The `count` sessions of the capture `name`: the `list` of them, with more than it has where there are `more`.
pub(super) fn there(lang: Lang, name: &str, count: u64, more: bool, list: &str) -> String {
    match (lang, count) {
        (Lang::En, 0) => {
            format!("{name} has no mail session (is its port another one? --port PROTOCOL=PORT or --any-port)")
        }
        (Lang::En, 1) => format!("{name} has one session: {list}"),
        (Lang::En, _) if more => format!("{name} has {count} sessions: {list}; and more"),
        (Lang::En, _) => format!("{name} has {count} sessions: {list}"),
        (Lang::Zh, 0) => format!("{name} 中没有邮件会话（是否使用其他端口？--port PROTOCOL=PORT 或 --any-port）"),
        (Lang::Zh, _) if more => format!("{name} 中有 {count} 个会话：{list} 等"),
        (Lang::Zh, _) => format!("{name} 中有 {count} 个会话：{list}"),
    }
}

/// What there is in each of two captures.
pub(super) fn both(lang: Lang, one: &str, other: &str) -> String {
    match lang {
        Lang::En => format!("{one}. {other}"),
        Lang::Zh => format!("{one}。{other}"),
    }
}

/// What to do where it is not clear which two are meant: there are `enough` or too few, in `one` capture or in two.
pub(super) fn advice(lang: Lang, all: &str, enough: bool, one: bool) -> String {
    match lang {
        Lang::En => {
            let advice = match (enough, one) {
                (true, true) => "choose two of them: --session I,J",
                (true, false) => "choose one of each: --session I,J",
                (false, true) => "two are needed: name a second file",
                (false, false) => "one of each is needed",
            };
            format!("{all}: {advice}")
        }
        Lang::Zh => {
            let advice = match (enough, one) {
                (true, true) => "请选择其中两个：--session I,J",
                (true, false) => "请各选一个：--session I,J",
                (false, true) => "需要两个会话：请再写一个文件",
                (false, false) => "每个文件中都需要有一个会话",
            };
            format!("{all}：{advice}")
        }
    }
}

/// There is no session of this number.
pub(super) fn missing(lang: Lang, number: u64, all: &str) -> String {
    match lang {
        Lang::En => format!("there is no session {number} for --session. {all}"),
        Lang::Zh => format!("没有 --session 所要的会话 {number}。{all}"),
    }
}

/// The two have no command in common; each is its number and its protocol.
pub(super) fn incomparable(lang: Lang, (one, speaks): (u64, &str), (other, and): (u64, &str), all: &str) -> String {
    match lang {
        Lang::En => format!(
            "session {one} speaks {speaks} and session {other} {and}, which have no command in common: choose two of the \
             same protocol with --session I,J. {all}"
        ),
        Lang::Zh => format!(
            "会话 {one} 使用 {speaks}，会话 {other} 使用 {and}，二者没有共同的命令：请用 --session I,J 选择协议相同的两个。{all}"
        ),
    }
}
