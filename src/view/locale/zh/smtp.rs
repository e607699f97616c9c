//! SMTP 与 LMTP 各步骤的作用。 What SMTP and LMTP steps do.

use crate::protocol::smtp::Verb;
use crate::verdict::purpose::smtp::{Command, Content, Greeting, Reply};

pub fn greeting(greeting: Greeting) -> &'static str {
    match greeting {
        Greeting::Ready => "服务器告诉客户已准备好接收邮件",
        Greeting::NotNow => "服务器暂时不能接收邮件，请客户稍后再连接",
        Greeting::NoMailHere => "该主机从不接收邮件",
        Greeting::Refused => "服务器拒绝为该客户服务",
        Greeting::Begun => "服务器的问候语尚未结束，客户必须等待其最后一行",
        Greeting::Odd => "服务器的首个响应使用了不应出现在此处的响应码",
    }
}

pub fn command(command: Command) -> &'static str {
    match command {
        Command::Verb(Verb::Helo) => "把客户的域名通知服务器",
        Command::Verb(Verb::Ehlo) => "把客户的域名通知服务器，并询问其支持的扩展",
        Command::Verb(Verb::Lhlo) => "把客户的域名通知 LMTP 服务器，并询问其支持的扩展",
        Command::Verb(Verb::Mail) => "介绍报文的发送者",
        Command::MailFromNobody => "发送者为空：这是投递状态通知，对它不得再发通知",
        Command::Verb(Verb::Rcpt) => "告知收件人的邮件地址",
        Command::Verb(Verb::Data) => "告知即将开始发送邮件内容",
        Command::Verb(Verb::Bdat) => "告知即将发送邮件内容的一块，并给出其字节数",
        Command::BdatLast => "告知即将发送邮件内容的最后一块",
        Command::Verb(Verb::Rset) => "放弃当前邮件，清除已给出的发件人、收件人和内容",
        Command::Verb(Verb::Vrfy) => "询问某个用户或邮箱是否存在",
        Command::Verb(Verb::Expn) => "询问邮件列表的成员",
        Command::Verb(Verb::Help) => "请求帮助信息",
        Command::Verb(Verb::Noop) => "空操作，只要求服务器响应，用来保持连接",
        Command::Verb(Verb::Quit) => "退出",
        Command::Verb(Verb::Auth) => "按指定的认证方式开始登录",
        Command::AuthAtOnce => "按指定的认证方式开始登录，并随命令发送第一个应答",
        Command::Verb(Verb::StartTls) => "请求此后用 TLS 加密连接",
        Command::Verb(Verb::Etrn) => "请求服务器发出为某个域保留的邮件",
        Command::Verb(Verb::Turn) => "请求客户与服务器互换角色",
        Command::Verb(Verb::Atrn) => "请求客户与服务器互换角色，以便接收所列域的邮件",
        Command::Verb(Verb::Burl) => "给出服务器应从 IMAP 服务器取得的内容，作为邮件的一部分",
        Command::BurlLast => "给出服务器应从 IMAP 服务器取得的内容，并结束邮件",
        Command::Verb(Verb::Xclient) => "代理告诉服务器它所代表的客户",
        Command::Verb(Verb::Xforward) => "代理告诉服务器邮件的来源，供日志记录",
        Command::Verb(Verb::Xexch50) => "Exchange 服务器将以其专有格式传送邮件的属性",
        Command::Verb(Verb::Other) => "SMTP 没有定义的命令",
    }
}

/// The server ends the session before the content has ended, having waited for the rest (for so long).
pub fn content_awaited(waited: Option<&str>) -> String {
    let waited = waited.map(|waited| format!(" {waited}")).unwrap_or_default();
    format!("服务器等待邮件内容的其余部分{waited}后关闭连接：对该邮件未作任何决定")
}

/// The server ends the session before the content has ended.
pub fn content_cut() -> &'static str {
    "服务器在邮件内容尚未结束时关闭连接：对该邮件未作任何决定"
}

pub fn content(content: Content) -> &'static str {
    match content {
        Content::Message => "发送邮件内容",
        Content::Chunk => "发送邮件内容的一块",
        Content::LastChunk => "发送邮件内容的最后一块",
        Content::Properties => "以 Exchange 专有格式传送邮件的属性",
        Content::Refused => "服务器已拒绝接收，客户仍发送了内容",
    }
}

pub fn reply(reply: Reply) -> &'static str {
    match reply {
        Reply::HeloAccepted => "连接成功",
        Reply::EhloAccepted => "连接成功，服务器列出其支持的扩展",
        Reply::LhloAccepted => "LMTP 连接成功，服务器列出其支持的扩展",
        Reply::NoExtensions => "连接成功，服务器未列出任何扩展",
        Reply::EhloUnknown => "服务器不支持 EHLO，客户应改用 HELO",
        Reply::HelloDeferred => "服务器暂时不能接受客户的问候",
        Reply::HelloRefused => "服务器不接受客户的域名",
        // 实验报告中，对 MAIL 和 RCPT 的 250 响应用语相同。
        Reply::MailAccepted | Reply::RcptAccepted => "请求命令完成",
        Reply::MailDeferred => "服务器暂时不能接受该发件人，请稍后重试",
        Reply::MailNoRoom => "服务器暂时没有存储空间，不能接收邮件",
        Reply::MailTooBig => "所声明的邮件大小超过服务器的限制",
        Reply::MailBadAddress => "发件人地址不被允许或书写有误",
        Reply::MailRefused => "服务器拒绝该发件人",
        Reply::RcptForwarded => "收件人不在本地，服务器将转发邮件",
        Reply::RcptUnverified => "服务器无法核实收件人，但会尝试投递",
        Reply::RcptBusy => "暂时不能接受该收件人，请稍后重试|邮箱不可用",
        Reply::RcptDeferred => "服务器暂时不能接受该收件人，请稍后重试",
        Reply::RcptTooMany => "暂时不能接受更多收件人，请稍后重试|收件人过多或存储空间不足",
        Reply::RcptUnknown => "拒绝该收件人|邮箱不存在，或无权向其发送",
        Reply::RcptMoved => "收件人不在本地，请客户改用服务器给出的地址",
        Reply::RcptFull => "因空间不足拒绝该收件人|邮箱已满",
        Reply::RcptBadAddress => "收件人地址不被允许或书写有误",
        Reply::RcptNoMailThere => "收件人所在的域不接收邮件",
        Reply::RcptRefused => "服务器拒绝该收件人",
        Reply::DataGoAhead => "准备接收邮件报文",
        Reply::DataDeferred => "服务器暂时不能接收邮件内容，请稍后重试",
        Reply::DataTooEarly => "DATA 命令过早：还没有给出发件人或收件人",
        Reply::DataNoRecipients => "不接收邮件内容|没有有效的收件人，或事务失败",
        Reply::DataRefused => "服务器拒绝接收邮件内容",
        Reply::ContentAccepted => "接收邮件内容成功",
        Reply::ContentRepliesFollow => "已收到邮件内容，随后将对每个收件人分别响应",
        Reply::ContentDeferred => "因暂时故障未接收邮件，请稍后重发",
        Reply::ContentNoRoom => "未接收邮件：服务器暂时没有存储空间",
        Reply::ContentUnwanted => "邮件内容已传送但未被接收|违反策略，或没有可投递的邮箱",
        Reply::ContentTooBig => "邮件内容已传送但未被接收|邮件过大或邮箱已满",
        Reply::ContentRefused => "邮件内容已传送但未被接收|事务失败",
        Reply::RecipientAccepted => "已为该收件人接收邮件",
        Reply::RecipientDeferred => "暂时不能为该收件人接收邮件，请稍后重试",
        Reply::RecipientFull => "未为该收件人接收邮件|邮箱已满",
        Reply::RecipientRefused => "未为该收件人接收邮件",
        Reply::ChunkAccepted => "已收到这一块，等待下一块",
        Reply::ChunkDeferred => "服务器暂时不能接收这一块",
        Reply::ChunkOutOfOrder => "拒绝接收这一块：还没有发件人或收件人，或邮件已结束",
        Reply::ChunkTooBig => "拒绝接收这一块：邮件过大",
        Reply::ChunkRefused => "服务器拒绝接收这一块",
        Reply::RsetDone => "当前邮件已放弃",
        Reply::NoopDone => "服务器工作正常",
        Reply::HelpGiven => "服务器给出帮助信息",
        Reply::Closed => "服务关闭",
        Reply::UserConfirmed => "用户存在，服务器给出其地址",
        Reply::UserForwarded => "用户不在本地，服务器可以转发",
        Reply::UserUnverified => "服务器不说明用户是否存在，但可以尝试投递",
        Reply::UserAmbiguous => "有多个用户与该名称相符",
        Reply::UserUnknown => "没有这个用户",
        Reply::ListExpanded => "服务器列出邮件列表的成员",
        Reply::ListUnverified => "服务器不说明邮件列表的成员",
        Reply::ListUnknown => "没有这个邮件列表，或服务器不予公开",
        Reply::TlsReady => "服务器已准备好，接下来进行 TLS 握手",
        Reply::TlsNotNow => "TLS 暂时不可用",
        Reply::TlsRefused => "服务器拒绝使用 TLS",
        Reply::EtrnStarted => "服务器开始发出保留的邮件",
        Reply::EtrnNothing => "没有为该域保留的邮件",
        Reply::EtrnUnable => "服务器暂时不能发出保留的邮件",
        Reply::EtrnRefused => "服务器不按请求发出该域的邮件",
        Reply::TurnAccepted => "服务器同意互换角色",
        Reply::TurnRefused => "服务器不同意互换角色",
        Reply::XclientAccepted => "服务器信任该代理，会话重新开始",
        Reply::XclientRefused => "服务器不信任该代理",
        Reply::XforwardAccepted => "服务器记下邮件的来源",
        Reply::XforwardRefused => "服务器不接受所说明的邮件来源",
        Reply::LoggedIn => "登录成功",
        Reply::LoginDeferred => "服务器暂时无法验证身份，请稍后重试",
        Reply::LoginRefused => "登录被拒绝|用户名或口令错误",
        Reply::PasswordTransition => "用户须先用另一种认证方式登录一次，才能使用这种方式",
        Reply::ResponseTooLong => "客户的应答过长",
        Reply::ExchangeBroken => "登录中止|客户取消，或应答不是正确的 Base64 编码",
        Reply::AuthNotHere => "此处不能登录：服务器未提供登录，或已经登录，或邮件正在传送",
        Reply::MechanismUnknown => "服务器不支持这种认证方式",
        Reply::MechanismTooWeak => "这种认证方式对该用户来说不够安全",
        Reply::EncryptionRequired => "必须先加密连接",
        Reply::Closing => "服务不可用，服务器关闭连接",
        Reply::CommandUnknown => "服务器不认识该命令",
        Reply::ArgumentsWrong => "命令的参数有误",
        Reply::CommandNotImplemented => "服务器认识但不支持该命令",
        Reply::OutOfOrder => "命令的次序有误",
        Reply::ArgumentNotImplemented => "服务器不支持该命令的这个参数",
        Reply::LoginRequired => "服务器要求客户先登录，或先启用 TLS",
        Reply::ParametersUnknown => "服务器不认识或不能满足 MAIL 或 RCPT 命令的参数",
        Reply::Succeeded => "命令已执行",
        Reply::GoAhead => "服务器等待后续内容",
        Reply::FailedForNow => "命令暂时失败，稍后可能成功",
        Reply::Failed => "命令失败",
        Reply::Unasked => "没有对应命令的响应",
        Reply::InDoubt => "无法确定该响应对应哪条命令",
        Reply::NoCode => "没有 SMTP 响应码的应答",
        Reply::RcptNotHere => "服务器此时不接受该客户的任何收件人",
        Reply::Odd => "SMTP 没有定义的响应码",
    }
}
