//! 谁登录、登录几次。 How often a client logs in to a server.

use crate::view::locale::which::Which;

pub fn sessions(count: u64) -> String {
    format!("共 {count} 个会话")
}

pub fn all(which: Which, count: u64) -> String {
    match which {
        Which::LoggedIn if count > 1 => "，每个会话都有登录".to_owned(),
        Which::Without if count > 1 => "，都没有登录".to_owned(),
        _ => format!("，{}", words(which)),
    }
}

pub fn some(which: Which, count: u64) -> String {
    format!("；{}的会话：{count} 个", words(which))
}

fn words(which: Which) -> &'static str {
    match which {
        Which::LoggedIn => "有登录",
        Which::Refused => "登录未成功",
        Which::Unknown => "抓包中看不到登录结果",
        Which::Without => "没有登录",
        Which::Hidden => "已加密而看不到是否登录",
        Which::Late => "抓包前已经开始而可能已登录",
        Which::Incomplete => "抓包不完整而可能已登录",
        Which::Silent => "没有任何内容",
    }
}

/// 没有登录的会话中。
pub fn accepted(messages: u64) -> String {
    format!("（服务器未要求用户名和口令即接收了 {messages} 封邮件）")
}
