//! What health checks and scanners send in place of a mail dialogue.

use super::Detector;
use super::words::lines;
use crate::flow::Side;
use crate::protocol::proxy::header::{Beginning, ProxyClient, beginning};

/// A connection that its client closed without a mail dialogue, by what the client sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Probe {
    /// Nothing.
    Silent,
    /// Line ends alone.
    LineEnds,
    /// A request of HTTP, RTSP or SIP.
    OtherProtocol,
    /// A proxy's header alone.
    ProxyHeader {
        /// The proxy says that it speaks for nobody: it sees whether the server is up.
        local: bool,
    },
}

impl Probe {
    /// The name in the JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Silent => "silent",
            Self::LineEnds => "line_ends",
            Self::OtherProtocol => "other_protocol",
            Self::ProxyHeader { .. } => "proxy_header",
        }
    }
}

impl Detector {
    /// What the client of this connection did, as far as it came, if that may be all of a probe. `None` where the client
    /// has begun something else, and where bytes are missing.
    pub fn probe(&self) -> Option<Probe> {
        if self.has_gap != [false; 2] || self.held.iter().any(|(_, held, _)| matches!(held, super::Held::Gap(_))) {
            return None;
        }
        let [client, _] = &self.beginnings;
        if let Beginning::Header { header, length } = beginning(client) {
            let local = header.client == ProxyClient::Nobody;
            return (client.len() == length).then_some(Probe::ProxyHeader { local });
        }
        let has_spoken = self.held.iter().any(|(from, ..)| *from == Side::Server);
        match client.as_slice() {
            [] => Some(Probe::Silent),
            _ if has_spoken => None,
            said if said.iter().all(|byte| matches!(byte, b'\r' | b'\n')) => Some(Probe::LineEnds),
            said => lines(said).next().is_some_and(is_request).then_some(Probe::OtherProtocol),
        }
    }
}

/// Whether `line` begins a request as HTTP has them (RFC 9112, section 3), RTSP and SIP too: method, target, version.
fn is_request(line: &[u8]) -> bool {
    let mut words = line.split(|&byte| byte == b' ');
    let method = words.next().unwrap_or_default();
    let is_version = |word: &[u8]| [b"HTTP/".as_slice(), b"RTSP/", b"SIP/"].iter().any(|name| word.starts_with(name));
    !method.is_empty() && method.iter().all(u8::is_ascii_uppercase) && words.next_back().is_some_and(is_version)
}
