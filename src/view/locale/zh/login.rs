//! 各服务器的登录情况。 How often a client logs in to a server.

use crate::protocol::event::LoginCause;
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
    format!("（服务器未要求用户名和密码即接收了 {messages} 封邮件）")
}

/// A login by a token was not accepted.
pub fn token_refused() -> &'static str {
    "登录被拒绝：令牌无效或已过期"
}

/// The server refuses a login and says of what no more than that it does not accept it.
pub fn not_accepted() -> &'static str {
    "登录被拒绝：服务器不接受所给的凭据，且未说明原因"
}

/// Why a login was not accepted.
pub fn refused(cause: LoginCause) -> &'static str {
    match cause {
        LoginCause::WrongSecret => "登录被拒绝：用户名、密码或令牌无效",
        LoginCause::Expired => "登录被拒绝：密码已过期，需要更换",
        LoginCause::PasswordTransition => "登录被拒绝：用户须先用另一种认证方式登录一次，才能使用这种方式",
        LoginCause::Malformed => "登录被拒绝：服务器无法识别客户发送的内容",
        LoginCause::MechanismNotOffered => "登录被拒绝：服务器在此不提供这种认证方式",
        LoginCause::EncryptionDemanded => "登录被拒绝：服务器要求先加密连接，并未核对用户名和密码",
        LoginCause::Limit => "登录被拒绝：连接或尝试次数过多",
        LoginCause::InUse => "登录被拒绝：邮箱正被另一会话占用",
        LoginCause::SwitchedOff => "登录被拒绝：账号或这种登录方式已停用",
        LoginCause::Temporary => "服务器暂时无法验证身份，请稍后重试",
        LoginCause::Cancelled => "客户放弃了登录",
        LoginCause::Unknown => "登录被拒绝；服务器未说明原因，或说明不在已知之列",
    }
}
