//! POP3 各步骤的作用。 What POP3 steps do.

use crate::protocol::pop3::Effect;
use crate::verdict::purpose::pop3::{Command, Content, Greeting, Reply, ResponseCode};

pub fn greeting(greeting: Greeting) -> &'static str {
    match greeting {
        Greeting::Ready => "服务器告诉客户邮箱服务已准备好",
        Greeting::ReadyForApop => "服务器告诉客户已准备好，并给出 APOP 登录所用的时间戳",
        Greeting::Refused => "服务器拒绝为该客户服务",
    }
}

pub fn command(command: Command) -> &'static str {
    match command {
        Command::User => "告知用户名",
        Command::Pass => "告知密码（以明文传送）",
        Command::Apop => "用用户名以及由时间戳和密码算出的摘要登录",
        Command::Auth => "按指定的认证方式开始登录",
        Command::AuthList => "询问服务器支持的认证方式",
        Command::Capa => "询问服务器的能力",
        Command::Stls => "请求此后用 TLS 加密连接",
        Command::Stat => "询问邮箱中的邮件数和总字节数",
        Command::List => "询问每封邮件的大小",
        Command::ListOne => "询问某封邮件的大小",
        Command::Retr => "请求读取整封邮件",
        Command::Top => "请求读取邮件的首部和正文的前若干行",
        Command::Uidl => "询问每封邮件的唯一标识",
        Command::UidlOne => "询问某封邮件的唯一标识",
        Command::Dele => "给邮件加上删除标记",
        Command::Noop => "空操作，只要求服务器响应，用来保持连接",
        Command::Rset => "撤销所有删除标记",
        Command::Quit => "退出（尚未登录）",
        Command::QuitAndUpdate => "退出，服务器进入更新状态，删除已标记的邮件",
        Command::Lang => "请求更换响应所用的语言，或询问可用的语言",
        Command::Utf8 => "请求在用户名、密码和邮件中使用 UTF-8",
        Command::Last => "询问看过的邮件中最大的序号",
        Command::Xtnd => "使用服务器的扩展功能，例如通过 POP3 发送邮件",
        Command::Other => "POP3 没有定义的命令",
    }
}

pub fn reply(command: Command, reply: Reply) -> &'static str {
    match reply {
        Reply::Ok => ok(command),
        Reply::Err => err(command),
    }
}

fn ok(command: Command) -> &'static str {
    match command {
        Command::User => "服务器接受用户名，等待密码",
        Command::Pass => "登录成功，邮箱已打开并被该客户锁定",
        Command::Apop => "APOP 登录成功，邮箱已打开",
        Command::Auth => "登录成功",
        Command::AuthList => "服务器列出其支持的认证方式",
        Command::Capa => "服务器列出其能力",
        Command::Stls => "服务器已准备好，接下来进行 TLS 握手",
        Command::Stat => "服务器告知邮件数和总字节数",
        Command::List => "服务器列出每封邮件的大小",
        Command::ListOne => "服务器告知该邮件的大小",
        Command::Retr => "服务器发送邮件，以仅有一个点的行结束",
        Command::Top => "服务器发送邮件首部和所请求的行",
        Command::Uidl => "服务器列出每封邮件的唯一标识",
        Command::UidlOne => "服务器告知该邮件的唯一标识",
        Command::Dele => "邮件已加上删除标记，QUIT 之后才真正删除",
        Command::Noop => "服务器工作正常",
        Command::Rset => "所有删除标记已撤销",
        Command::Quit => "服务器同意退出",
        Command::QuitAndUpdate => "带删除标记的邮件（如果有）已删除，服务器同意退出",
        Command::Lang => "服务器更换语言，或列出可用的语言",
        Command::Utf8 => "此后使用 UTF-8",
        Command::Last => "服务器告知看过的邮件中最大的序号",
        Command::Xtnd => "服务器接受该扩展功能",
        Command::Other => "命令已执行",
    }
}

fn err(command: Command) -> &'static str {
    match command {
        Command::User => "服务器不接受该用户名",
        Command::Pass => "登录被拒绝|密码错误，或邮箱已被锁定",
        Command::Apop => "APOP 登录被拒绝|用户名或摘要错误，或邮箱已被锁定",
        Command::Auth => "登录被拒绝|用户名或密码错误，或服务器不支持该认证方式",
        Command::AuthList => "服务器不列出其认证方式",
        Command::Capa => "服务器不支持 CAPA，没有可告知的扩展",
        Command::Stls => "服务器拒绝使用 TLS",
        Command::Stat => "服务器不能告知邮箱状态",
        Command::List => "服务器不能列出邮件",
        Command::ListOne => "没有该邮件，无法告知其大小",
        Command::Retr => "不能读取该邮件|没有这个序号，或已加上删除标记",
        Command::Top => "不能读取该邮件的开头部分",
        Command::Uidl => "服务器不提供唯一标识",
        Command::UidlOne => "没有该邮件，无法告知其唯一标识",
        Command::Dele => "不能标记该邮件|没有这个序号，或已加上删除标记",
        Command::Noop => "服务器此时不接受 NOOP 命令",
        Command::Rset => "不能撤销删除标记",
        Command::Quit => "服务器不接受 QUIT 命令",
        Command::QuitAndUpdate => "有些带标记的邮件未能删除",
        Command::Lang => "服务器没有这种语言",
        Command::Utf8 => "服务器不使用 UTF-8",
        Command::Last => "服务器不告知看过哪些邮件",
        Command::Xtnd => "服务器不支持该扩展功能",
        Command::Other => "服务器不认识该命令",
    }
}

/// DELE of a message.
pub fn deletes(number: u64) -> String {
    format!("给第 {number} 封邮件加上删除标记，以 QUIT 正常退出时删除")
}

pub fn effect(effect: Effect) -> String {
    match effect {
        Effect::Marked(number) => format!("第 {number} 封邮件已加上删除标记，QUIT 之后才真正删除"),
        Effect::Restored(count) => format!("{count} 封邮件的删除标记已撤销"),
        Effect::Removed(count) => format!("带删除标记的 {count} 封邮件已删除，服务器同意退出"),
        Effect::Gone(number) => format!("第 {number} 封邮件已加上删除标记，不能再使用"),
        Effect::NoMessage(number) => format!("没有第 {number} 封邮件"),
        Effect::BadArgument => "命令因参数被拒绝：缺少参数，或参数不是该命令所用的".to_owned(),
        Effect::LoggedIn => "会话中的再次登录被拒绝：客户已经登录".to_owned(),
        Effect::NameSet => "用户名此前已经设定，该响应与登录成败无关".to_owned(),
        Effect::StlsTooLate => "STLS 被拒绝：只能在登录之前开始 TLS".to_owned(),
        Effect::NameMissing => "PASS 被拒绝：须先用 USER 给出用户名，服务器并未核对密码".to_owned(),
        Effect::GivenUp => "登录到此结束：客户已放弃登录".to_owned(),
    }
}

pub fn unasked(reply: Reply) -> &'static str {
    match reply {
        Reply::Ok => "没有对应命令的成功响应",
        Reply::Err => "没有对应命令的出错响应，例如等待超时",
    }
}

pub fn taken(reply: Reply) -> &'static str {
    match reply {
        Reply::Ok => "服务器接受该邮件，将予投递",
        Reply::Err => "服务器不接受该邮件",
    }
}

pub fn in_doubt() -> &'static str {
    "无法确定该响应对应哪条命令"
}

pub fn farewell() -> &'static str {
    "服务器主动结束会话，并关闭连接"
}

pub fn response_code(code: ResponseCode) -> &'static str {
    match code {
        ResponseCode::LoginDelay => "距上次登录时间过短",
        ResponseCode::InUse => "邮箱正被另一个会话使用",
        ResponseCode::SystemTemporary => "系统暂时故障",
        ResponseCode::SystemPermanent => "系统故障，需要人工排除",
        ResponseCode::Auth => "用户名或密码错误",
        ResponseCode::Utf8 => "需要使用 UTF-8",
        ResponseCode::Other => "原因不在标准之列",
    }
}

pub fn content(content: Content) -> &'static str {
    match content {
        Content::Message => "把邮件内容传送给客户",
        Content::Top => "把邮件首部和正文的前若干行传送给客户",
        Content::Sent => "把邮件内容传送给服务器，由服务器投递",
        Content::Other => "向客户传送内容",
    }
}
