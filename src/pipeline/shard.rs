//! Which shard a connection belongs to.

use crate::session::Plan;
use std::net::{IpAddr, SocketAddr};

/// Shards in all, however many threads there are.
pub const SHARDS: usize = 16;

/// What of a connection's ends its shard depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sharding {
    /// Addresses and ports.
    Connections,
    /// Addresses alone: a TLS session that is taken up again is in the shard of the connection that began it.
    Hosts,
}

impl Sharding {
    /// What `plan` calls for, before anything is read. Where secrets may come and none is known, hosts are not kept together:
    /// a capture between two of them would have one thread.
    pub fn of(plan: &Plan) -> Self {
        if plan.keys.as_ref().is_some_and(|keys| keys.are_given(0)) { Self::Hosts } else { Self::Connections }
    }
}

/// The shard of the connection between two ends: the same for both directions, and in every run. Addresses can be
/// chosen so that all connections fall into one shard; they then meet that shard's bounds the sooner.
#[inline]
pub fn shard_of(sharding: Sharding, one: &SocketAddr, other: &SocketAddr) -> usize {
    let sum = number_of(sharding, one).wrapping_add(number_of(sharding, other));
    // Fibonacci hashing: the highest bits depend on all others.
    (sum.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 60) as usize % SHARDS
}

fn number_of(sharding: Sharding, end: &SocketAddr) -> u64 {
    let port = match sharding {
        Sharding::Connections => u64::from(end.port()) << 32,
        Sharding::Hosts => 0,
    };
    let address = match end.ip() {
        IpAddr::V4(address) => u64::from(address.to_bits()),
        IpAddr::V6(address) => {
            let bits = address.to_bits();
            (bits >> 64) as u64 ^ bits as u64
        }
    };
    (address ^ port).wrapping_mul(0xff51_afd7_ed55_8ccd)
}
