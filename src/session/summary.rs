//! Counts over all sessions (`summary` of the JSON), and of a capture's traffic.

mod merge;

use super::model::{DecryptedBy, Session, Severity};
use crate::capture::Time;
use crate::decode::DecodeStop;
use crate::flow::HostShard;
use crate::limits::{Limit, LimitsHit, PROBE_ADDRESSES};
use crate::protocol::Protocol;
use crate::protocol::detect::Probe;
use crate::protocol::event::{Exposure, KeyFault, Random};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// Counts over all sessions.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    /// Sessions per protocol.
    pub sessions: BTreeMap<Protocol, u64>,
    /// Login attempts per exposure.
    pub credentials: BTreeMap<Exposure, u64>,
    /// Messages.
    pub messages: u64,
    /// Findings per severity.
    pub findings: BTreeMap<Severity, u64>,
    /// TLS, where there were secrets.
    pub tls: TlsCounts,
    /// Connections to mail ports without a mail dialogue, which are no sessions.
    pub probes: Probes,
    /// Packets.
    pub packets: PacketCounts,
    /// Bounds that cost something.
    pub limits_hit: LimitsHit,
    /// The capture's traffic, mail or not.
    pub traffic: Traffic,
    /// Sessions that were not asked for: they are in none of the counts of sessions and of what is in them.
    pub left_out: u64,
    /// What was asked for, as it was typed; empty where that is everything.
    pub filters: Vec<String>,
    /// The only connections that were followed, where not all were. Sessions and what is in them are then those of this
    /// shard. What belongs to no connection is counted by the first shard alone: packets (but for those of mail), traffic, and the
    /// bounds of reading and decoding.
    pub shard: Option<HostShard>,
}

/// The busiest ports that are kept.
pub const BUSIEST_PORTS: usize = 5;

/// Connections to mail ports that their clients closed at once and without a mail dialogue: health checks, scans.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Probes {
    /// How many, by what the client sent.
    pub kinds: BTreeMap<Probe, u64>,
    /// The addresses that they came from, up to a bound.
    pub addresses: BTreeSet<IpAddr>,
}

/// Sessions inside TLS that secrets were there for: what was decrypted before it was captured is not among them, nor is
/// a handshake that ended before there was anything to decrypt.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TlsCounts {
    /// Sessions that were decrypted by them.
    pub decrypted: u64,
    /// Sessions that stayed closed, by the reason.
    pub closed: BTreeMap<KeyFault, Closed>,
}

/// Sessions that stayed closed for the same reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Closed {
    /// How many: never 0.
    pub sessions: u64,
    /// The lowest of their numbers.
    pub first: u64,
    /// When that session began.
    pub time: Time,
    /// That session's ClientHello's random, where it was seen.
    pub client_random: Option<Random>,
}

impl TlsCounts {
    /// How many sessions there were, decrypted or not.
    pub fn sessions(&self) -> u64 {
        self.decrypted + self.closed.values().map(|closed| closed.sessions).sum::<u64>()
    }

    /// How many stayed closed because of `fault`.
    pub fn closed_by(&self, fault: KeyFault) -> u64 {
        self.closed.get(&fault).map_or(0, |closed| closed.sessions)
    }

    /// Counts `session`.
    fn add(&mut self, session: &Session) {
        let Session { id, tls, transport, .. } = session;
        if matches!(tls.decryption.by, Some(DecryptedBy::Keys(_))) {
            self.decrypted += 1;
        } else if let Some(fault) = tls.decryption.fault {
            let closed = self.closed.entry(fault).or_default();
            if closed.sessions == 0 || *id < closed.first {
                (closed.first, closed.time) = (*id, transport.first.time);
                closed.client_random = tls.decryption.client_random.as_deref().copied();
            }
            closed.sessions += 1;
        }
    }
}

impl Probes {
    /// How many there were.
    pub fn count(&self) -> u64 {
        self.kinds.values().sum()
    }
}

/// Packets, by what they were found to be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PacketCounts {
    /// All packets of the capture.
    pub read: u64,
    /// Packets of connections that are mail sessions.
    pub mail: u64,
    /// Packets that were decoded and are not of a mail session.
    pub other: u64,
    /// Packets that were not decoded.
    pub undecodable: u64,
}

/// The traffic of a capture, mail or not: reported to the user where there is no mail in it.
#[derive(Debug, Clone, Default)]
pub struct Traffic {
    /// Packets not decoded, by the reason.
    pub stops: BTreeMap<DecodeStop, u64>,
    /// TCP segments.
    pub tcp_segments: u64,
    /// TCP connections that were begun in the capture (SYN without ACK).
    pub tcp_connections: u64,
    /// TCP ports by segments, the busiest first; the lower port of each segment.
    pub tcp_ports: Vec<(u16, u64)>,
}

impl Summary {
    /// Counts a session that is over.
    pub fn add(&mut self, session: &Session) {
        *self.sessions.entry(session.protocol).or_default() += 1;
        for credential in &session.credentials {
            *self.credentials.entry(credential.exposure).or_default() += 1;
        }
        self.messages += session.messages.len() as u64;
        for finding in &session.findings {
            *self.findings.entry(finding.severity).or_default() += 1;
        }
        self.tls.add(session);
        self.add_packets(session);
    }

    /// How many sessions were shown.
    pub fn shown(&self) -> u64 {
        self.sessions.values().sum()
    }

    /// How many sessions there were, shown or not.
    pub fn looked_at(&self) -> u64 {
        self.shown() + self.left_out
    }

    /// Counts a probe by `client`.
    pub fn add_probe(&mut self, probe: Probe, client: IpAddr) {
        *self.probes.kinds.entry(probe).or_default() += 1;
        if self.probes.addresses.len() < PROBE_ADDRESSES {
            self.probes.addresses.insert(client);
        } else if !self.probes.addresses.contains(&client) {
            self.limits_hit.hit(Limit::ProbeAddresses);
        }
    }

    /// Counts a session that is over and was not asked for: only its packets, and the bounds that cost something.
    pub fn add_left_out(&mut self, session: &Session) {
        self.left_out += 1;
        self.add_packets(session);
    }

    fn add_packets(&mut self, session: &Session) {
        self.packets.mail += session.transport.counters.own_packets();
        self.limits_hit.add(&session.limits_hit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::event::KeySource;

    #[test]
    fn sessions_inside_tls_are_counted_by_why_they_stayed_closed() {
        let mut summary = Summary::default();
        let mut add = |id, by, fault: Option<KeyFault>| {
            let mut session = Session { id, ..Session::empty(Protocol::Imap) };
            session.tls.decryption.by = by;
            session.tls.decryption.fault = fault;
            session.tls.decryption.client_random = fault.map(|_| Box::new([id as u8; 32]));
            summary.add(&session);
        };
        add(1, None, None);
        add(2, Some(DecryptedBy::Capture), None);
        add(3, Some(DecryptedBy::Keys(KeySource::KeyLog)), None);
        // Sessions come as they end.
        add(6, None, Some(KeyFault::NoSecret));
        add(5, None, Some(KeyFault::NoSecret));
        add(7, None, Some(KeyFault::CipherSuite));
        assert_eq!((summary.tls.sessions(), summary.tls.decrypted), (4, 1));
        let first = Closed { sessions: 2, first: 5, time: Time::default(), client_random: Some([5; 32]) };
        assert_eq!(summary.tls.closed.get(&KeyFault::NoSecret), Some(&first));
        assert_eq!([KeyFault::CipherSuite, KeyFault::DoesNotFit].map(|fault| summary.tls.closed_by(fault)), [1, 0]);
    }
}
