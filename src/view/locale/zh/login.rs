//! 谁登录、登录几次。 Who logs in, how often.

pub fn sessions(count: u64, parts: &[String]) -> String {
    format!("共 {count} 个会话，{}", parts.join("；"))
}

pub fn logged_in(count: u64, all: bool) -> String {
    match (count, all) {
        (1, true) => "已登录".to_owned(),
        (_, true) => "每个会话都有登录".to_owned(),
        (_, false) => format!("已登录的会话：{count} 个"),
    }
}

pub fn refused(count: u64) -> String {
    format!("登录未成功的会话：{count} 个")
}

pub fn unknown(count: u64) -> String {
    format!("抓包中看不出登录结果的会话：{count} 个")
}

pub fn without(count: u64, accepted: u64) -> String {
    match accepted {
        0 => format!("未登录的会话：{count} 个"),
        _ => format!("未登录的会话：{count} 个（其中服务器未验证用户名和口令即接收了 {accepted} 封邮件）"),
    }
}

pub fn hidden(count: u64) -> String {
    format!("由 TLS 加密、看不到是否登录的会话：{count} 个")
}

pub fn late(count: u64) -> String {
    format!("抓包前已开始、此前可能已登录的会话：{count} 个")
}

pub fn silent(count: u64) -> String {
    format!("没有内容的会话：{count} 个")
}
