//! TLS 各部分的作用与警报的含义。 What the parts of a TLS connection do, and what alerts say.

use super::terms::side;
use crate::flow::Side;
use crate::protocol::Protocol;
use crate::protocol::event::{KeyFault, KeySource};
use crate::protocol::tls::Subject;

pub fn part(from: Side, what: &Subject) -> String {
    match what {
        Subject::ClientHello => "提出可用的 TLS 版本和密码套件，并说明要访问的服务器名（ClientHello）".to_owned(),
        Subject::ServerHello => "选定 TLS 版本和密码套件（ServerHello）".to_owned(),
        Subject::HelloRetryRequest => "要求客户换用其他密钥交换参数，重新发送 ClientHello".to_owned(),
        Subject::Certificate => format!("{}出示证书，证明自己的身份", side(from)),
        Subject::Handshake => format!("{}继续 TLS 握手，协商密钥", side(from)),
        Subject::Alert { fatal: true, description } => format!("{}中止 TLS：{}", side(from), alert(*description)),
        Subject::Alert { fatal: false, description } => format!("{}发出 TLS 警告：{}", side(from), alert(*description)),
        Subject::SessionTicket => format!("{}发放会话票据，凭它可以恢复这次 TLS 会话", side(from)),
        Subject::KeyUpdate => format!("{}此后改用新的密钥加密（KeyUpdate）", side(from)),
        Subject::Encrypted => "经 TLS 加密，此后的内容不可见".to_owned(),
        Subject::NotTls => format!("双方已约定使用 TLS，但{}发送的不是 TLS 数据", side(from)),
    }
}

/// A password in a command.
pub fn password(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Imap => "用用户名和密码登录（在 TLS 之内传送）",
        Protocol::Pop3 | Protocol::Smtp | Protocol::Lmtp => "告知密码（在 TLS 之内传送）",
    }
}

pub fn at_once() -> &'static str {
    "客户一开始就发起 TLS（ClientHello），而服务器使用明文"
}

/// AlertDescription (RFC 8446, section 6; RFC 5246, section 7.2; IANA's registry).
pub fn alert(description: u8) -> String {
    let words = match description {
        0 => "不再发送数据（close_notify）",
        10 => "收到不应出现的报文（unexpected_message）",
        20 => "记录损坏或被伪造（bad_record_mac）",
        21 => "记录无法解密（decryption_failed）",
        22 => "记录过长（record_overflow）",
        30 => "解压缩失败（decompression_failure）",
        40 => "找不到双方都支持的版本、密码套件或参数（handshake_failure）",
        41 => "没有证书（no_certificate）",
        42 => "证书损坏（bad_certificate）",
        43 => "证书类型不受支持（unsupported_certificate）",
        44 => "证书已被吊销（certificate_revoked）",
        45 => "证书已过期（certificate_expired）",
        46 => "证书不可接受（certificate_unknown）",
        47 => "握手中的字段不合理（illegal_parameter）",
        48 => "颁发证书的机构未知或不受信任（unknown_ca）",
        49 => "拒绝访问（access_denied）",
        50 => "报文无法解析（decode_error）",
        51 => "签名或密钥交换验证失败（decrypt_error）",
        52 => "请求过多（too_many_cids_requested）",
        60 => "密码受出口限制（export_restriction）",
        70 => "不支持该 TLS 版本（protocol_version）",
        71 => "所提出的密码套件不够安全（insufficient_security）",
        80 => "自身内部错误（internal_error）",
        86 => "对方无故退回到较低版本（inappropriate_fallback）",
        90 => "用户取消（user_canceled）",
        100 => "不同意重新协商（no_renegotiation）",
        109 => "缺少扩展（missing_extension）",
        110 => "收到未曾请求的扩展（unsupported_extension）",
        111 => "无法取得证书（certificate_unobtainable）",
        112 => "没有该名称的服务器（unrecognized_name）",
        113 => "证书状态不可接受（bad_certificate_status_response）",
        114 => "证书摘要不符（bad_certificate_hash_value）",
        115 => "预共享密钥的标识未知（unknown_psk_identity）",
        116 => "需要客户证书（certificate_required）",
        117 => "其他错误（general_error）",
        120 => "找不到双方都支持的应用层协议（no_application_protocol）",
        121 => "必须使用加密的 ClientHello（ech_required）",
        _ => return format!("未登记的警报 {description}"),
    };
    words.to_owned()
}

/// 由何得知 TLS 之内的内容；`None`：抓包文件中已有。
pub fn decrypted_by(keys: Option<KeySource>) -> &'static str {
    match keys {
        None => "抓包文件中已解密",
        Some(KeySource::KeyLog) => "已用密钥日志解密",
        Some(KeySource::SecretsBlock) => "已用抓包文件中的密钥解密",
        Some(KeySource::ServerKey) => "已用服务器的私钥解密",
    }
}

pub fn not_decrypted() -> &'static str {
    "未能解密"
}

pub fn key_fault(fault: KeyFault) -> &'static str {
    match fault {
        KeyFault::NoSecret => "未能解密：所给密钥中没有此连接的",
        KeyFault::Handshake => "未能解密：抓包中没有 TLS 的开头",
        KeyFault::CipherSuite => "未能解密：不支持解密此密码套件",
        KeyFault::DoesNotFit => "未能解密：标明属于此连接的密钥并不相符",
    }
}

/// `first`：第一个会话的序号及其 ClientHello 的随机数。
pub fn closed(fault: KeyFault, sessions: u64, first: (u64, &str)) -> String {
    let (number, random) = first;
    let random = if random.is_empty() { String::new() } else { format!("，client random 为 {random}") };
    let which = match sessions {
        1 => format!("有 1 个 TLS 会话未能解密（会话 {number}{random}）"),
        _ => format!("有 {sessions} 个 TLS 会话未能解密（第一个：会话 {number}{random}）"),
    };
    let why = match fault {
        KeyFault::NoSecret => "所给密钥中没有属于它的",
        KeyFault::Handshake => "抓包中没有 TLS 的开头",
        KeyFault::CipherSuite => "不支持解密其密码套件",
        KeyFault::DoesNotFit => "标明属于它的密钥并不相符",
    };
    let why = if sessions > 1 { why.replace('它', "它们") } else { why.to_owned() };
    format!("{which}：{why}")
}

pub fn opened(decrypted: u64, sessions: u64) -> String {
    format!("{sessions} 个会话中有 {decrypted} 个已用所给密钥解密")
}
