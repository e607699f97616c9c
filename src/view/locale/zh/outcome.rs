//! What became of a session.

use crate::view::locale::became::Outcome;

pub fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Delivered => "已接受",
        Outcome::Partly => "部分接受",
        Outcome::Refused => "被拒绝",
        Outcome::Deferred => "暂时被拒绝",
        Outcome::Fetched => "已取回",
        Outcome::LoggedIn => "已登录",
        Outcome::LoginRefused => "登录被拒绝",
        Outcome::Failed => "失败",
        Outcome::Unknown => "未知",
        Outcome::Nothing => "未发送邮件",
    }
}
