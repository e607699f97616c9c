//! 没有文本的步骤在报文摘要一栏中的说明。 The words in the table's command column for steps without text.

use super::terms::{bytes, side};
use crate::flow::Side;
use crate::protocol::tls::Subject;
use crate::session::model::LineEnds;

/// Content that ends with a line that holds only a dot; `lines` says how its lines end, if known.
pub fn dotted(size: u64, lines: Option<LineEnds>) -> String {
    let lines = match lines {
        Some(LineEnds::CrLf) => "，每行以 CRLF 结束",
        Some(LineEnds::Lf) => "，每行仅以 LF 结束（标准要求 CRLF）",
        Some(LineEnds::Mixed) => "，有的行以 CRLF 结束，有的仅以 LF 结束（标准要求 CRLF）",
        None => "",
    };
    format!("发送报文{lines}，整个报文以仅有一个点的行结束（{}）", bytes(size))
}

/// Content of which bytes are missing from the capture.
pub fn piece(size: u64) -> String {
    format!("发送报文，抓包中的内容不完整（{}）", bytes(size))
}

/// Content whose end never came, of which none is missing from the capture. `announced`: so many bytes were.
pub fn unfinished(size: u64, announced: Option<u64>) -> String {
    match announced {
        Some(announced) => format!("发送报文：声明为 {announced} 字节，只到了 {}，其余没有到来", bytes(size)),
        None => format!("发送报文，其结尾始终没有到来（{}）", bytes(size)),
    }
}

/// Content of an announced length, of which the rest never came.
pub fn short(octets: u64, announced: u64) -> String {
    format!("传送内容：声明 {announced} 字节，只到了 {}，其余没有到来", bytes(octets))
}

/// Content of an announced length, of which bytes are missing from the capture.
pub fn piece_of(octets: u64, announced: u64) -> String {
    format!("传送内容，抓包中不完整：声明 {announced} 字节，抓到 {}", bytes(octets))
}

pub fn counted(size: u64) -> String {
    format!("按声明的字节数传送内容（{}）", bytes(size))
}

pub fn refused(size: u64) -> String {
    format!("未被接受的内容（{}）", bytes(size))
}

pub fn tls(what: &Subject, size: u64) -> String {
    let name = match what {
        Subject::ClientHello => "ClientHello",
        Subject::ServerHello => "ServerHello",
        Subject::HelloRetryRequest => "HelloRetryRequest",
        Subject::Certificate => "Certificate（证书）",
        Subject::Handshake => "握手",
        Subject::Alert { .. } => "警报",
        Subject::SessionTicket => "NewSessionTicket（会话票据）",
        Subject::KeyUpdate => "KeyUpdate（更新密钥）",
        Subject::Encrypted => "加密数据",
        Subject::NotTls => "非 TLS 数据",
    };
    format!("TLS：{name}（{}）", bytes(size))
}

pub fn gap(missing: u64) -> String {
    format!("（{}未抓到）", bytes(missing))
}

pub fn gap_purpose(from: Side, missing: u64) -> String {
    format!("{}发送的 {}未抓到", side(from), bytes(missing))
}

pub fn cut(from: Side) -> String {
    format!("{}所发一行的一部分，其余部分没有发出，或者不在抓包文件中", side(from))
}

pub fn unknown(protocol: &str, from: Side) -> String {
    format!("{}发送的内容不能按 {protocol} 理解", side(from))
}
