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

#[cfg(test)]
mod tests {
    use super::{SHARDS, Sharding, shard_of};
    use crate::flow::HostShard;
    use std::net::{IpAddr, SocketAddr};

    /// Were the two hashes related, a process that follows one share of the hosts would have work for a thread or two.
    #[test]
    fn a_share_of_the_hosts_has_connections_in_all_shards() {
        let address = |net: u8, host: u32| IpAddr::from([net, 0, (host >> 8) as u8, host as u8]);
        let v6 = |net: u16, host: u32| IpAddr::from([0x2001, 0xdb8, net, 0, 0, 0, (host >> 16) as u16, host as u16]);
        for (of, sharding) in [2, 3, 4, 7, 8, 16, 32, 64]
            .into_iter()
            .flat_map(|of| [Sharding::Hosts, Sharding::Connections].map(|by| (of, by)))
        {
            for index in [1, 2, of] {
                let share = HostShard::new(index, of).unwrap();
                let mut counts = [0_u32; SHARDS];
                let mut count = |client: IpAddr, server: IpAddr| {
                    if share.has(client, server) {
                        counts[shard_of(sharding, &SocketAddr::new(client, 50_000), &SocketAddr::new(server, 25))] += 1;
                    }
                };
                for host in 0..of * 800 {
                    count(address(10, host), address(192, 25));
                    count(v6(1, host), v6(2, host % 7));
                }
                let usual = counts.iter().sum::<u32>() / SHARDS as u32;
                assert!(usual > 60, "{index}/{of}: {counts:?}");
                let is_usual = |count: &u32| (usual / 2..=usual * 2).contains(count);
                assert!(counts.iter().all(is_usual), "{index}/{of} {sharding:?}: {counts:?}");
            }
        }
    }
}
