//! Which ports are looked at, and what is expected there. A port is a hint: what is said on it decides.

use super::Protocol;
use std::collections::HashMap;

/// What is expected on a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hint {
    /// The protocol.
    pub protocol: Protocol,
    /// Inside TLS from the first byte.
    pub implicit_tls: bool,
}

/// Ports of mail servers.
#[derive(Debug, Clone)]
pub struct Ports(HashMap<u16, Hint>);

impl Default for Ports {
    /// IANA's, and 2525, which is widely used for submission.
    fn default() -> Self {
        let plain = [25, 587, 2525].map(|port| (port, Protocol::Smtp));
        let plain = plain.into_iter().chain([(24, Protocol::Lmtp), (110, Protocol::Pop3), (143, Protocol::Imap)]);
        let tls = [(465, Protocol::Smtp), (995, Protocol::Pop3), (993, Protocol::Imap)];
        let mut ports = Self(HashMap::new());
        plain.for_each(|(port, protocol)| ports.add(port, Hint { protocol, implicit_tls: false }));
        tls.into_iter().for_each(|(port, protocol)| ports.add(port, Hint { protocol, implicit_tls: true }));
        ports
    }
}

impl Ports {
    /// Expects `hint` on `port`, whatever was expected there before.
    pub fn add(&mut self, port: u16, hint: Hint) {
        self.0.insert(port, hint);
    }

    /// What is expected on `port`.
    pub fn get(&self, port: u16) -> Option<Hint> {
        self.0.get(&port).copied()
    }
}
