//! 结论。 Verdicts.

use crate::verdict::conclusion::{Delivered, Tally, Unencrypted};

/// Everything was encrypted.
pub fn safe(tally: &Tally) -> String {
    let with = tally.version.as_ref().map(|version| format!("（{version}）")).unwrap_or_default();
    match tally.sessions {
        1 => format!("安全：会话已加密{with}。"),
        _ => format!("安全：全部 {} 个会话都已加密{with}。", tally.sessions),
    }
}

/// Something can be read, or is weak: `weakness` is the title of the finding that says so.
pub fn not_safe(tally: &Tally, weakness: &str) -> String {
    let Tally { logins, readable_logins, readable_messages, plain, .. } = tally;
    let what = match (logins, readable_logins, readable_messages) {
        (1, 1, _) => "路径上的任何人都能读到这次登录的凭据".to_owned(),
        (_, 1.., _) if logins == readable_logins => format!("路径上的任何人都能读到全部 {logins} 次登录的凭据"),
        (_, 1.., _) => format!("{logins} 次登录中有 {readable_logins} 次的凭据能被路径上的任何人读到"),
        (_, 0, 1) => "路径上的任何人都能读到这封邮件".to_owned(),
        (_, 0, 2..) => format!("路径上的任何人都能读到 {readable_messages} 封邮件"),
        (_, 0, 0) => weakness.to_owned(),
    };
    let why = match plain {
        Some(Unencrypted::NotUsed) => "；服务器提供了加密，而客户没有使用",
        Some(Unencrypted::NotOffered) => "；服务器不提供加密",
        Some(Unencrypted::Stripped) => "；服务器提供加密的声明在途中被去掉",
        None => "",
    };
    format!("不安全：{what}{why}。")
}

/// Who does not get a message, what the reply means, and its codes.
pub fn because(address: &str, meaning: &str, code: &str) -> String {
    format!("{address}：{meaning}（{code}）")
}

/// Who does not get a message, and the server's words.
pub fn refused(address: &str, reply: &str) -> String {
    format!("{address}：“{reply}”")
}

/// What became of what was sent; `lost`: who does not get it, and why.
pub fn delivery(delivered: Delivered, tally: &Tally, lost: &[String]) -> String {
    let Tally { accepted, rejected, deferred, aborted, given_up, cut_off, unknown, unnamed, .. } = tally;
    let all = accepted + rejected + deferred + aborted + given_up + cut_off + unknown;
    let refused = rejected + deferred;
    let whom = match refused.saturating_sub(lost.len() as u64) {
        _ if lost.is_empty() => format!(" {refused} 位收件人"),
        0 => format!(" {}", lost.join("；")),
        more => format!(" {}；另有 {more} 位", lost.join("；")),
    };
    let not = match (rejected, deferred) {
        (_, 0) => format!("未能送达{whom}"),
        (0, _) => format!("暂时未能送达{whom}"),
        _ => format!("{rejected} 位被永久拒绝，{deferred} 位暂缓：{}", whom.trim_start()),
    };
    let unfinished = format!("因内容没有发送完，未能送达 {aborted} 位收件人");
    let not = match (refused, aborted) {
        (_, 0) => not,
        (0, _) => unfinished,
        _ => format!("{not}；{unfinished}"),
    };
    let not = match given_up {
        0 => not,
        _ => format!("{not}；客户在被拒后放弃了邮件，已被接受的另外 {given_up} 位收件人也没有收到"),
    };
    let not = match cut_off {
        0 => not,
        _ => format!("{not}；服务器在拒绝后结束了会话，已被接受的另外 {cut_off} 位收件人也没有收到"),
    };
    let taken = match (accepted, unnamed) {
        (_, 0) => format!("服务器为 {accepted} 位收件人接收了邮件"),
        (0, _) => format!("服务器接收了 {unnamed} 封邮件，收件人不在捕获中"),
        _ => format!("服务器为 {accepted} 位收件人接收了邮件，另接收了 {unnamed} 封收件人不在捕获中的邮件"),
    };
    let open = match unknown {
        0 => "不在捕获中的邮件结果未知".to_owned(),
        _ => format!("另有 {unknown} 位结果未知"),
    };
    match delivered {
        Delivered::Yes if *unnamed > 0 => format!("{taken}。"),
        Delivered::Yes if all == 1 => "服务器为收件人接收了邮件。".to_owned(),
        Delivered::Yes => format!("服务器为全部 {all} 位收件人接收了邮件。"),
        Delivered::No | Delivered::Deferred => format!("{not}。"),
        Delivered::Partly if *unnamed > 0 => format!("{taken}；{not}。"),
        Delivered::Partly => format!("{all} 位收件人中，服务器为 {accepted} 位接收了邮件；{not}。"),
        Delivered::Unknown if refused + aborted > 0 => format!("{not}；{open}。"),
        Delivered::Unknown if accepted + unnamed > 0 => format!("{taken}；{open}。"),
        Delivered::Unknown if *unknown == 0 => "发送的内容不在捕获中，是否送达未知。".to_owned(),
        Delivered::Unknown => format!("是否送达 {unknown} 位收件人，结果未知。"),
        Delivered::Nothing => String::new(),
    }
}

/// `title`: of the finding on top.
pub fn cause(title: &str) -> String {
    format!("失败原因：{title}。")
}

/// Nothing was found in so many sessions, by so many rules.
pub fn nothing(sessions: u64, unconnected: u64, rules: usize) -> String {
    match sessions {
        0 => "没有发现邮件会话。".to_owned(),
        1 if unconnected == 1 => "连接没有建立。".to_owned(),
        _ if unconnected == sessions => format!("{sessions} 个连接均未建立。"),
        _ if unconnected > 0 => {
            format!("按 {rules} 条规则检查了 {sessions} 个会话，没有发现问题；其中 {unconnected} 个没有建立连接。")
        }
        1 => format!("按 {rules} 条规则检查，没有发现问题。"),
        _ => format!("按 {rules} 条规则检查了 {sessions} 个会话，没有发现问题。"),
    }
}
