//! 问题与提示。 Findings.

use crate::session::model::{Conflict, FindingKind};
use crate::view::locale::FindingWords;

pub fn finding(kind: FindingKind) -> FindingWords {
    let (title, detail, remedy) = match kind {
        FindingKind::PlaintextPassword => (
            "口令以明文在网络上传送",
            "凡能看到这些分组的人，都可以读出用户名和口令并用来登录。PLAIN 和 LOGIN 所用的 Base64 只是编码，不是加密，\
             起不到保密作用。",
            "客户应使用 TLS（端口 465、993、995，或在登录之前执行 STARTTLS），服务器应拒绝未加密的登录；同时应更换该口令。",
        ),
        FindingKind::PlaintextToken => (
            "令牌以明文在网络上传送",
            "在令牌失效之前，得到它的人无需口令即可访问该邮箱。",
            "客户应先建立 TLS 再发送令牌，并应吊销该令牌。",
        ),
        FindingKind::PlaintextMessage => (
            "邮件以明文在网络上传送",
            "邮件的首部、正文和附件在传送途中可以被任何人读取和篡改。",
            "用 TLS 加密连接；如果对邮件服务器也要保密，应对邮件本身加密（S/MIME 或 OpenPGP）。",
        ),
        FindingKind::RecipientRefused => (
            "服务器拒绝了收件人",
            "邮件不能由此送达该收件人：可能是地址写错、邮箱已满或已停用，也可能是服务器不为该客户转发邮件。",
            "检查收件人地址，并查看 RCPT 命令的响应码和说明；如果提示拒绝转发（relaying denied），应先登录或改用正确的服务器。\
             若响应码为 4yz，稍后重试可能成功。",
        ),
        FindingKind::MessageRefused => (
            "服务器拒绝了邮件",
            "邮件内容已经传送，但服务器没有接收，任何收件人都不会由此收到它。",
            "查看邮件内容之后的响应码和说明：可能是邮件过大、被内容过滤或违反策略。若响应码为 4yz，稍后重发可能成功；\
             若为 5yz，应先修改邮件。",
        ),
        FindingKind::LoginRefused => (
            "登录被拒绝",
            "用户名或口令错误、账号已停用，或服务器不接受这种认证方式。连续多次被拒绝，可能是有人在猜测口令。",
            "检查用户名、口令和认证方式；响应中的说明往往给出原因。",
        ),
        FindingKind::ConflictingBytes => (
            "同一段数据的两次传送内容不同",
            "数据流中的同一段字节不止一次经过网络，而内容并不相同。步骤中显示的是先到的一份，接收方读到的可能是另一份。\
             这是向会话中插入内容或躲避监测的手法。",
            "从接收方的日志确认它读到的是哪一份，并查明另一份的来源：传送途中有人插入，或有设备改动了经过的数据。",
        ),
        FindingKind::BytesMissing => (
            "抓包数据中缺少部分会话内容",
            "通信双方交换了这些字节，但没有被捕获，因此部分步骤或邮件内容无法显示。",
            "抓包时使用更大的缓冲区和完整的分组长度（snaplen），并尽量靠近通信的一方。",
        ),
    };
    FindingWords {
        title: title.to_owned(),
        detail: detail.to_owned(),
        remedy: remedy.to_owned(),
        reference: super::super::reference(kind),
    }
}

/// What two copies say, of which `first` and `second` are escaped excerpts.
pub fn conflict(conflict: &Conflict, first: &str, second: &str) -> String {
    let Conflict { offset, bytes, second_packet, .. } = conflict;
    let packet = conflict.first_packet.map(|packet| format!("（分组 {packet}）")).unwrap_or_default();
    format!(
        "{}数据流第 {offset} 字节起（{bytes} 字节不同）：先到的{packet}是 `{first}`，后到的（分组 {second_packet}）是 `{second}`。",
        super::terms::side(conflict.from)
    )
}

/// That not all of them are shown.
pub fn more_conflicts(more: u64) -> String {
    format!("另有 {more} 处。")
}
