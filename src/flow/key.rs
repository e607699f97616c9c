//! Which connection a segment belongs to.

use super::Endpoints;
use crate::decode::Segment;
use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// A 5-tuple (the protocol being TCP throughout), the same for both directions. Smaller than two socket addresses,
/// since each connection of a flood of SYNs is kept by its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    low: Host,
    high: Host,
}

/// One of the two ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Host {
    address: IpAddr,
    port: u16,
}

/// Which of a key's two ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The lower one.
    Low,
    /// The higher one.
    High,
}

impl Key {
    /// The key of the connection between two ends, whichever comes first.
    #[inline]
    pub fn new(one: &SocketAddr, other: &SocketAddr) -> Self {
        let (one, other) = (Host::of(one), Host::of(other));
        if one <= other { Self { low: one, high: other } } else { Self { low: other, high: one } }
    }

    /// The key of a segment's connection.
    #[inline]
    pub fn of(segment: &Segment<'_>) -> Self {
        Self::new(&segment.source, &segment.destination)
    }

    /// Which of the two ends `end` is.
    pub fn which(&self, end: &SocketAddr) -> Which {
        if Host::of(end) == self.low { Which::Low } else { Which::High }
    }

    /// The two ends, of which `client` is the client.
    pub fn endpoints(&self, client: Which) -> Endpoints {
        let [low, high] = [self.low, self.high].map(|end| SocketAddr::new(end.address, end.port));
        match client {
            Which::Low => Endpoints { client: low, server: high },
            Which::High => Endpoints { client: high, server: low },
        }
    }
}

impl Host {
    #[inline]
    fn of(end: &SocketAddr) -> Self {
        Self { address: end.ip(), port: end.port() }
    }
}

impl Ord for Host {
    /// By address, IPv4 first, and then by port: a comparison of one number or two, where the derived implementation
    /// would compare octets. Every segment's ends are put in order.
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.address, other.address) {
            (IpAddr::V4(own), IpAddr::V4(others)) => {
                let number = |address: Ipv4Addr, port: u16| u64::from(address.to_bits()) << 16 | u64::from(port);
                number(own, self.port).cmp(&number(others, other.port))
            }
            (IpAddr::V6(own), IpAddr::V6(others)) => {
                own.to_bits().cmp(&others.to_bits()).then(self.port.cmp(&other.port))
            }
            (IpAddr::V4(_), IpAddr::V6(_)) => Ordering::Less,
            (IpAddr::V6(_), IpAddr::V4(_)) => Ordering::Greater,
        }
    }
}

impl PartialOrd for Host {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        hash_ends((self.low.address, self.low.port), (self.high.address, self.high.port), hasher);
    }
}

/// Hashes two addresses, each with a number such as its port: one number for IPv4 and four for IPv6, where the derived
/// implementation would hash a dozen parts. Every segment looks its connection up. Equal ends have equal numbers; and since
/// the numbers hold all of both addresses and ports, no choice of addresses makes two pairs collide before the hash does its
/// work.
pub(crate) fn hash_ends<H: Hasher>(one: (IpAddr, u16), other: (IpAddr, u16), hasher: &mut H) {
    if let ((IpAddr::V4(low), low_port), (IpAddr::V4(high), high_port)) = (one, other) {
        let number = |address: Ipv4Addr, port: u16| u128::from(address.to_bits()) << 16 | u128::from(port);
        return hasher.write_u128(number(low, low_port) << 64 | number(high, high_port));
    }
    for (address, port) in [one, other] {
        match address {
            IpAddr::V4(address) => hasher.write_u64(u64::from(address.to_bits()) << 16 | u64::from(port)),
            IpAddr::V6(address) => {
                hasher.write_u128(address.to_bits());
                hasher.write_u64(u64::from(port));
            }
        }
    }
}
