//! The words in the table's command column for steps without text.

use super::terms::{bytes, side};
use crate::flow::Side;
use crate::protocol::tls::Subject;
use crate::session::model::LineEnds;

/// Content that ends with a line that holds only a dot; `lines` says how its lines end, if known.
pub fn dotted(size: u64, lines: Option<LineEnds>) -> String {
    let lines = match lines {
        Some(LineEnds::CrLf) => ", each line ended by CRLF, the whole by",
        Some(LineEnds::Lf) => ", each line ended by LF alone (the standard wants CRLF), the whole by",
        Some(LineEnds::Mixed) => ", some lines ended by CRLF, some by LF alone (the standard wants CRLF), the whole by",
        None => ", ended by",
    };
    format!("Message of {}{lines} a line with a dot alone", bytes(size))
}

/// Content of which bytes are missing from the capture.
pub fn piece(size: u64) -> String {
    format!("Message, not complete in the capture, {}", bytes(size))
}

/// Content whose end never came, of which none is missing from the capture. `announced`: so many bytes were.
pub fn unfinished(size: u64, announced: Option<u64>) -> String {
    match announced {
        Some(announced) => format!("Message: {} of {announced} announced, the rest did not come", bytes(size)),
        None => format!("Message whose end did not come, {}", bytes(size)),
    }
}

/// Content of an announced length, of which the rest never came.
pub fn short(octets: u64, announced: u64) -> String {
    format!("Content: {} of {announced} announced, the rest did not come", bytes(octets))
}

/// Content of an announced length, of which bytes are missing from the capture.
pub fn piece_of(octets: u64, announced: u64) -> String {
    format!("Content, not complete in the capture: {} of {announced} announced", bytes(octets))
}

pub fn counted(size: u64) -> String {
    format!("Content of {}, as announced", bytes(size))
}

pub fn refused(size: u64) -> String {
    format!("Content of {}, unwanted", bytes(size))
}

pub fn tls(what: &Subject, size: u64) -> String {
    let name = match what {
        Subject::ClientHello => "ClientHello",
        Subject::ServerHello => "ServerHello",
        Subject::HelloRetryRequest => "HelloRetryRequest",
        Subject::Certificate => "Certificate",
        Subject::Handshake => "Handshake",
        Subject::Alert { .. } => "Alert",
        Subject::SessionTicket => "Session ticket",
        Subject::KeyUpdate => "Key update",
        Subject::Encrypted => "Encrypted data",
        Subject::NotTls => "Not TLS",
    };
    format!("TLS: {name}, {}", bytes(size))
}

pub fn gap(missing: u64) -> String {
    format!("({} not captured)", bytes(missing))
}

pub fn gap_purpose(from: Side, missing: u64) -> String {
    format!("{} that the {} sent are missing from the capture", bytes(missing), side(from))
}

pub fn cut(from: Side) -> String {
    format!("A part of a line of the {}: the rest did not come, or is not in the capture", side(from))
}

pub fn unknown(protocol: &str, from: Side) -> String {
    format!("What the {} sends here is not {protocol} as it is understood here", side(from))
}
