//! The ports on which mail is expected. A port is only a hint: the bytes decide.

use super::Protocol;
use std::collections::BTreeMap;

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
pub struct Ports {
    /// A bit for each port: set where there is a hint. Every packet looks up two ports, and nearly always finds none.
    known: Box<[u64; 1024]>,
    hints: BTreeMap<u16, Hint>,
}

impl Default for Ports {
    /// IANA's, and those of submission at many providers: 26 (hosting providers), 588 (Mailjet), 2525 (nearly all), 2587
    /// and, inside TLS, 2465 (Amazon SES). Not 1025, where development tools listen: it is a client's port as well.
    fn default() -> Self {
        let plain = [25, 26, 587, 588, 2525, 2587].map(|port| (port, Protocol::Smtp));
        let plain = plain.into_iter().chain([(24, Protocol::Lmtp), (110, Protocol::Pop3), (143, Protocol::Imap)]);
        let tls = [(465, Protocol::Smtp), (2465, Protocol::Smtp), (995, Protocol::Pop3), (993, Protocol::Imap)];
        let mut ports = Self { known: Box::new([0; 1024]), hints: BTreeMap::new() };
        plain.for_each(|(port, protocol)| ports.add(port, Hint { protocol, implicit_tls: false }));
        tls.into_iter().for_each(|(port, protocol)| ports.add(port, Hint { protocol, implicit_tls: true }));
        ports
    }
}

impl Ports {
    /// Expects `hint` on `port`, in place of what was expected there before.
    pub fn add(&mut self, port: u16, hint: Hint) {
        self.known[usize::from(port >> 6)] |= 1 << (port & 63);
        self.hints.insert(port, hint);
    }

    /// Whether anything is expected on `port`.
    #[inline]
    pub fn knows(&self, port: u16) -> bool {
        self.known[usize::from(port >> 6)] >> (port & 63) & 1 == 1
    }

    /// What is expected on `port`.
    pub fn get(&self, port: u16) -> Option<Hint> {
        if self.knows(port) { self.hints.get(&port).copied() } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::{Hint, Ports};
    use crate::protocol::Protocol;

    #[test]
    fn what_is_expected_where() {
        let mut ports = Ports::default();
        let known: Vec<u16> = (0..=u16::MAX).filter(|&port| ports.get(port).is_some()).collect();
        assert_eq!(known, [24, 25, 26, 110, 143, 465, 587, 588, 993, 995, 2465, 2525, 2587]);
        for port in [0, 63, 64, 25, 65_535] {
            let hint = Hint { protocol: Protocol::Imap, implicit_tls: port == 64 };
            ports.add(port, hint);
            assert!(ports.knows(port) && ports.get(port) == Some(hint), "{port}");
        }
        let count = (0..=u16::MAX).filter(|&port| ports.get(port).is_some()).count();
        assert_eq!(count, 13 + 4);
    }
}
