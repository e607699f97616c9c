//! 模型中各枚举的名称。 Names of the variants of the model's small enums.

use crate::decode::DecodeStop;
use crate::flow::{CloseReason, Side};
use crate::protocol::event::StepId;
use crate::protocol::event::{Delivery, Direction, Exposure, Kind, LoginOutcome};
use crate::protocol::{Protocol, imap, pop3};
use crate::session::model::{Class, Match, Phase, Severity, State, TlsMode};
use crate::verdict::budget::Part;
use crate::verdict::{BodyChange, ChangeKind, Role, Upshot};

pub fn protocol(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Smtp => "SMTP",
        Protocol::Lmtp => "LMTP",
        Protocol::Pop3 => "POP3",
        Protocol::Imap => "IMAP",
    }
}

pub fn phase(protocol: Protocol, phase: Phase) -> String {
    let name = self::protocol(protocol);
    match (phase, protocol) {
        (Phase::Connection, _) => format!("{name} 连接建立过程"),
        (Phase::Encryption, _) => format!("{name} 加密协商过程"),
        (Phase::Authentication, _) => format!("{name} 身份认证过程"),
        (Phase::Transaction, Protocol::Smtp | Protocol::Lmtp) => "邮件传输过程".to_owned(),
        (Phase::Transaction, Protocol::Pop3) => "邮件读取过程".to_owned(),
        (Phase::Transaction, Protocol::Imap) => "邮箱访问过程".to_owned(),
        (Phase::Release, _) => format!("{name} 连接释放过程"),
    }
}

pub fn state(state: State) -> &'static str {
    match state {
        State::Pop3(pop3::State::Authorization) => "授权状态",
        State::Pop3(pop3::State::Transaction) => "事务处理状态",
        State::Pop3(pop3::State::Update) => "更新状态",
        State::Imap(imap::State::NotAuthenticated) => "未认证状态",
        State::Imap(imap::State::Authenticated) => "已认证状态",
        State::Imap(imap::State::Selected) => "已选择邮箱状态",
        State::Imap(imap::State::Logout) => "注销状态",
    }
}

pub fn side(side: Side) -> &'static str {
    match side {
        Side::Client => "客户",
        Side::Server => "服务器",
    }
}

pub fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Greeting => "问候",
        Kind::Command => "命令",
        Kind::Reply => "响应",
        Kind::Untagged => "无标签响应",
        Kind::Continuation => "继续请求",
        Kind::Response => "对质询的应答",
        Kind::Data => "内容",
        Kind::Tls => "TLS",
        Kind::Gap => "未抓到",
        Kind::Unknown => "无法识别",
    }
}

pub fn end(end: CloseReason) -> &'static str {
    match end {
        CloseReason::Closed => "正常关闭（FIN）",
        CloseReason::Reset => "被复位（RST）",
        CloseReason::Idle => "此后再无分组，抓包仍在继续",
        CloseReason::Open => "抓包结束时连接仍未关闭",
        CloseReason::Refused => "连接被拒绝（SYN 得到 RST）",
        CloseReason::Unanswered => "SYN 没有得到应答",
        CloseReason::Prohibited => "SYN 得到 ICMP 错误",
    }
}

pub fn tls_mode(mode: TlsMode, decrypted: bool) -> &'static str {
    match mode {
        TlsMode::None if decrypted => "不知如何开始",
        TlsMode::None => "未使用：全部内容以明文传送",
        TlsMode::StartTls => "STARTTLS：先以明文建立会话，再转为 TLS 加密",
        TlsMode::Implicit => "隐式 TLS：从第一个字节起即加密",
    }
}

pub fn login_outcome(outcome: LoginOutcome, put_off: bool) -> &'static str {
    match outcome {
        LoginOutcome::Accepted => "成功",
        LoginOutcome::Rejected => "被拒绝",
        LoginOutcome::Cancelled => "客户取消",
        LoginOutcome::Unknown if put_off => "服务器暂缓",
        LoginOutcome::Unknown => "未知（未见服务器应答）",
    }
}

pub fn exposure(exposure: Exposure) -> &'static str {
    match exposure {
        Exposure::Plaintext => "密码原文",
        Exposure::Token => "令牌（等同于密码）",
        Exposure::Hash => "质询与应答（可离线猜测密码）",
        Exposure::None => "无可利用内容",
    }
}

pub fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Sent => "发送（客户到服务器）",
        Direction::Retrieved => "读取（服务器到客户）",
        Direction::Appended => "存入邮箱（APPEND）",
    }
}

pub fn delivery(delivery: Delivery) -> &'static str {
    match delivery {
        Delivery::Accepted => "已接收",
        Delivery::Partly => "仅对部分收件人接收",
        Delivery::Rejected => "被拒绝",
        Delivery::Deferred => "暂缓（此次未接收）",
        Delivery::Unknown => "未知（未见服务器应答）",
    }
}

pub fn matched(by: Match) -> &'static str {
    match by {
        Match::Content => "内容逐字节相同（SHA-256 摘要相等）",
        Match::Body => "正文相同，首部不同（正文的 SHA-256 摘要相等）",
        Match::MessageId => "邮件标识（Message-ID）相同",
    }
}

pub fn role(role: Role) -> &'static str {
    match role {
        Role::Submitted => "提交",
        Role::Relayed => "转发",
        Role::Delivered => "投递",
        Role::Retrieved => "取回",
        Role::Appended => "存入邮箱",
    }
}

pub fn change(kind: ChangeKind, body: Option<BodyChange>) -> &'static str {
    match (kind, body) {
        (_, Some(BodyChange::ReEncoded)) => "正文重新编码，文字相同",
        (_, Some(BodyChange::Appended)) => "正文末尾增加了内容",
        (_, Some(BodyChange::Other)) => "正文有改动",
        (ChangeKind::TraceFieldsAdded, None) => "只增加了跟踪字段，正文相同（SHA-256 摘要相等）",
        (_, None) => "首部字段有改动，正文相同（SHA-256 摘要相等）",
    }
}

/// A host on the way took the message so many seconds after the one before it.
pub fn received(by: &str, seconds: i64) -> String {
    format!("{by} 在 {seconds} 秒后接收")
}

pub fn grown(bytes: &str) -> String {
    format!("增加了 {bytes}")
}

pub fn upshot(upshot: Upshot) -> String {
    let word = match upshot {
        Upshot::NotConnected => "未连接",
        Upshot::Refused(None) => "拒绝服务",
        Upshot::Refused(Some(code)) => return format!("拒绝服务 {code}"),
        Upshot::Accepted => "已接受",
        Upshot::Partly => "部分接受",
        Upshot::Deferred => "暂缓",
        Upshot::RejectedOrDeferred => "拒绝/暂缓",
        Upshot::Rejected => "被拒绝",
        Upshot::Aborted => "已放弃",
        Upshot::Unknown => "未知",
        Upshot::Retrieved => "已取回邮件",
        Upshot::Appended => "已存入邮件",
        Upshot::LoginRejected => "登录被拒绝",
        Upshot::LoginDeferred => "登录被暂缓",
        Upshot::LoginUnknown => "登录结果未知",
        Upshot::LoggedIn => "已登录",
        Upshot::TlsFailed => "TLS 失败",
        Upshot::Encrypted => "TLS 内不可见",
        Upshot::FellSilent => "静默后结束",
        Upshot::HungUp(None) => "服务器挂断",
        Upshot::HungUp(Some(code)) => return format!("被挂断 {code}"),
        Upshot::Failed => "失败",
        Upshot::Nothing => "无邮件",
    };
    word.to_owned()
}

pub fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "提示",
        Severity::Low => "低",
        Severity::Medium => "中",
        Severity::High => "高",
    }
}

pub fn class(class: Class) -> &'static str {
    match class {
        Class::Failure => "故障",
        Class::Weakness => "弱点",
        Class::Remark => "说明",
    }
}

pub fn decode_stop(stop: DecodeStop) -> String {
    match stop {
        DecodeStop::UnknownLink(link) => format!("不认识的链路类型 {link}"),
        DecodeStop::Link => "链路层首部不完整或不合理".to_owned(),
        DecodeStop::Ip => "IP 首部不完整或不合理".to_owned(),
        DecodeStop::Encrypted => "802.11 帧已加密，其中的邮件无法看到".to_owned(),
        DecodeStop::NoContent => "分组记录时未包含内容（防火墙日志规则的 snaplen 为 0）".to_owned(),
        DecodeStop::Tcp => "TCP 首部不完整或不合理".to_owned(),
    }
}

pub fn bytes(bytes: u64) -> String {
    format!("{bytes} 字节")
}

pub fn packets(packets: u64) -> String {
    format!("{packets} 个分组")
}

/// How many extensions a long list names.
pub fn extensions(count: usize) -> String {
    format!("… 共 {count} 项扩展")
}

/// A length of time. `seconds` is a formatted decimal number.
pub fn seconds(seconds: &str) -> String {
    format!("{seconds} 秒")
}

/// The subflows of a Multipath TCP connection.
pub fn subflows(subflows: u64, another_way: bool) -> String {
    match another_way {
        false => format!("{subflows} 条子流，已合并"),
        true => format!("抓到 {subflows} 条子流，部分数据可能经其他路径传输"),
    }
}

/// Connections to mail ports that were closed at once.
pub fn probes(connections: u64, addresses: &str, _many: bool) -> String {
    format!("{connections} 个没有邮件对话的连接（健康检查、扫描），来自 {addresses} 个地址")
}

/// A step of the clock; `back` is a length of time.
pub fn clock_step(packet: u64, back: &str) -> String {
    format!("在分组 {packet} 之前，时钟回退了 {back}")
}

/// Segments that were sent again, and those of them that the receiver had already.
pub fn sent_again(segments: u64, needless: u64) -> String {
    match needless {
        0 => format!("{segments} 个报文段"),
        _ => format!("{segments} 个报文段，其中 {needless} 个接收方已经收到"),
    }
}

/// What time went into. `length` is a formatted length of time.
pub fn time_spent(part: Part, length: &str) -> String {
    let what = match part {
        Part::Connect => "建立连接",
        Part::Greeting => "等待问候",
        Part::Tls => "TLS 握手",
        Part::LogIn => "等待登录的答复",
        Part::Commands => "等待其他答复",
        Part::Transfer => "传输内容",
        Part::FinalReply => "等待内容之后的答复",
        Part::Idle => "等待新消息（IDLE）",
        Part::Client => "客户在继续之前",
        Part::Encrypted => "TLS 之内",
        Part::After => "最后一步之后",
    };
    format!("{what} {length}")
}

/// The reply for which the client waited longest.
pub fn longest_reply(step: StepId, length: &str) -> String {
    format!("等待最久的答复：{length}，步骤 {step}")
}

/// A receiver took no more bytes. `length` is a formatted length of time.
pub fn window_closed(of: Side, length: &str, from: &str, to: &str, times: u64) -> String {
    let longest = if times > 1 { format!("（共 {times} 次，最长的一次为") } else { "（".to_owned() };
    format!("{}端有 {length} 不再接收数据{longest}分组 {from} 至 {to}）", side(of))
}

/// Neither end sent anything new. `length` is a formatted length of time.
pub fn silence(of: Option<Side>, length: &str, from: &str, to: &str) -> String {
    let who = match of {
        Some(of) => format!("{}端没有动静", side(of)),
        None => "双方都没有发送新数据".to_owned(),
    };
    format!("{length}，分组 {from} 至 {to}：{who}")
}

/// Bytes that crossed outside of the stream.
pub fn urgent(bytes: u64) -> String {
    let several = if bytes > 1 {
        "；在 Linux 上，若读取之前又有紧急数据到达，先到的仍留在数据中"
    } else {
        ""
    };
    format!(
        "{bytes} 字节，不计入正文：接收方系统将紧急数据取出，程序读到的数据中没有它们，除非程序要求保留（RFC 6093）{several}"
    )
}

/// A capture without mail. `ports` is the formatted list of the busiest ports; empty if there were none.
pub fn no_mail(packets: u64, segments: u64, connections: u64, undecodable: u64, ports: &str) -> Vec<String> {
    let mut lines = vec!["抓包数据中没有发现邮件会话。".to_owned()];
    if packets == 0 {
        lines.push("其中没有任何分组。".to_owned());
        return lines;
    }
    lines.push(format!(
        "共有 {}，其中 TCP 报文段 {segments} 个，抓包期间新建的 TCP 连接 {connections} 个。",
        self::packets(packets)
    ));
    if !ports.is_empty() {
        lines.push(format!("最繁忙的 TCP 端口（报文段数）：{ports}。"));
    }
    if undecodable > 0 {
        lines.push(format!("有 {}无法解析：", self::packets(undecodable)));
    }
    lines
}

/// A capture whose mail sessions are all excluded by --session or --protocol.
pub fn none_asked_for(looked_at: u64, filters: &str) -> String {
    format!("抓包数据中共有 {looked_at} 个邮件会话，没有一个符合所选条件：{filters}")
}

/// How many sessions were shown of those that there were.
pub fn shown_of(shown: u64, looked_at: u64, filters: &str) -> String {
    format!("{looked_at} 个会话中的 {shown} 个（{filters}）")
}

/// A capture of `held` packets, none of which matches the filter.
pub fn none_matches(held: u64) -> Vec<String> {
    vec![
        format!("抓包数据共有 {}，其中没有一个符合过滤条件。", self::packets(held)),
        "在文件中，带 VLAN 标签的分组只有在条件写明 vlan 时才会匹配，例如 'tcp port 25 or (vlan and tcp port 25)'，\
         即使抓包时所用的条件没有写 vlan。"
            .to_owned(),
    ]
}

/// The share of the connections that was followed.
pub fn shard(index: u32, of: u32) -> String {
    let counted = if index == 1 { "" } else { "；邮件以外的分组只由第 1 份统计" };
    format!("共 {of} 份中的第 {index} 份：只跟踪这一份主机之间的连接{counted}")
}

/// No session is in this share.
pub fn none_in_shard(index: u32, of: u32) -> String {
    format!("共 {of} 份中的第 {index} 份没有邮件会话：其他主机之间的会话在其他各份之中。")
}

pub fn no_mail_hint() -> &'static str {
    "如果邮件使用其他端口，可用 --port 指定（例如 --port smtp=8025），或使用 --any-port。"
}

/// A program that was told by its behaviour.
pub fn software(name: &str, versions: &str, percent: u32) -> String {
    format!("{name}（由行为判断，可信度 {percent}%；所见版本：{versions}）")
}
