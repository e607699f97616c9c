//! What stands in the table's column of commands where a step has no text of its own.

use super::terms::{bytes, side};
use crate::flow::Side;
use crate::protocol::framing::LineEnd;
use crate::protocol::tls::Subject;

/// Content that ends with a line of a dot alone; `lines` tells how its lines end, where that is known.
pub fn dotted(size: u64, lines: Option<LineEnd>) -> String {
    let lines = match lines {
        Some(LineEnd::CrLf) => ", each line ended by CRLF, the whole by",
        Some(LineEnd::Lf) => ", lines ended by LF alone (the standard wants CRLF), the whole by",
        Some(LineEnd::None) | None => ", ended by",
    };
    format!("Message of {}{lines} a line with a dot alone", bytes(size))
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

pub fn unknown(protocol: &str, from: Side) -> String {
    format!("What the {} sends here is not {protocol} as it is understood here", side(from))
}
