/*!
A share of a capture's connections, so that several processes, on as many machines, read one capture together.

Which shard a connection belongs to depends on the addresses of its two ends alone. What is kept together so: fragments, further
tries between the same hosts, TLS sessions that are taken up again. The rule is the same on every machine and in every version:
`docs/options.md` has it in words.
*/

use std::net::IpAddr;
use std::ops::RangeInclusive;

/// The `index`-th of so many shards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostShard {
    index: u32,
    of: u32,
}

impl HostShard {
    /// How many shards there may be.
    pub const COUNTS: RangeInclusive<u32> = 1..=65_536;

    /// The `index`-th shard of so many, counted from 1; None where there is no such shard.
    pub fn new(index: u32, of: u32) -> Option<Self> {
        (Self::COUNTS.contains(&of) && (1..=of).contains(&index)).then_some(Self { index, of })
    }

    /// Which it is, from 1.
    pub fn index(self) -> u32 {
        self.index
    }

    /// Of how many.
    pub fn of(self) -> u32 {
        self.of
    }

    /// Whether it is the one that counts what belongs to no connection.
    pub fn is_first(self) -> bool {
        self.index == 1
    }

    /// Whether connections between these two addresses belong to it, whichever sent the packet.
    #[inline]
    pub fn has(self, one: IpAddr, other: IpAddr) -> bool {
        self.of == 1 || hash(one, other) % u64::from(self.of) == u64::from(self.index - 1)
    }
}

/// FNV-1a over the octets of both addresses, the lower one first, mixed as MurmurHash3 ends. Nothing of the shards that
/// threads divide among them (`pipeline`), so that a share has connections in all of these.
#[inline]
fn hash(one: IpAddr, other: IpAddr) -> u64 {
    let (lower, higher) = if one <= other { (one, other) } else { (other, one) };
    let mut hash = add_octets(add_octets(0xcbf2_9ce4_8422_2325, lower), higher);
    hash = (hash ^ hash >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash = (hash ^ hash >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ hash >> 33
}

#[inline]
fn add_octets(hash: u64, address: IpAddr) -> u64 {
    let add = |hash: u64, octet: u8| (hash ^ u64::from(octet)).wrapping_mul(0x0100_0000_01b3);
    match address {
        IpAddr::V4(address) => address.octets().into_iter().fold(hash, add),
        IpAddr::V6(address) => address.octets().into_iter().fold(hash, add),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, Ipv6Addr};

    fn v4(number: u32) -> IpAddr {
        Ipv4Addr::from_bits(number).into()
    }

    #[test]
    fn there_is_no_shard_but_those_that_are_counted() {
        for (index, of) in [(0, 3), (4, 3), (1, 0), (0, 0), (1, 65_537)] {
            assert_eq!(HostShard::new(index, of), None, "{index}/{of}");
        }
        let last = HostShard::new(65_536, 65_536).unwrap();
        assert_eq!((last.index(), last.of(), last.is_first()), (65_536, 65_536, false));
    }

    #[test]
    fn two_addresses_are_in_one_shard_in_both_directions() {
        let addresses: Vec<IpAddr> =
            (0..40).map(v4).chain((0..40).map(|number| Ipv6Addr::from_bits(1 << 125 | number).into())).collect();
        for of in [1, 2, 3, 7, 16, 65_536] {
            for (one, other) in addresses.iter().flat_map(|one| addresses.iter().map(move |other| (*one, *other))) {
                let having = |one, other| {
                    (1..=of).filter(|&index| HostShard::new(index, of).unwrap().has(one, other)).collect::<Vec<_>>()
                };
                // Of many shards, looking at each takes long.
                if of < 100 || (one, other) == (addresses[1], addresses[50]) {
                    let found = having(one, other);
                    assert_eq!((found.len(), &found), (1, &having(other, one)), "{one} {other} {of}");
                }
            }
        }
    }

    /// Other machines, and later versions, must come to the same. The numbers were computed by another program, from the words
    /// in `docs/options.md`.
    #[test]
    fn the_hash_is_the_one_that_is_written_down() {
        let hashes = [
            ("10.0.0.1", "10.0.0.2", 0x1df9_6930_060e_fb4e),
            ("192.0.2.1", "198.51.100.7", 0xff22_d5ca_acac_5653),
            ("2001:db8::1", "2001:db8::25", 0xc3cb_86b7_6f1f_d60b),
            ("::1", "127.0.0.1", 0x2257_d7dd_7ec8_4741_u64),
        ];
        for (one, other, known) in hashes {
            assert_eq!(hash(one.parse().unwrap(), other.parse().unwrap()), known, "{one} {other}");
        }
    }

    #[test]
    fn clients_of_one_server_are_spread_evenly() {
        for of in [2, 3, 7, 16, 64] {
            let mut counts = vec![0_u32; of as usize];
            for client in 0..6_400 {
                let nth = hash(v4(0x0a00_0000 + client), v4(0xc000_0219)) % u64::from(of);
                counts[nth as usize] += 1;
            }
            let usual = 6_400 / of;
            assert!(counts.iter().all(|count| (usual * 6 / 10..=usual * 14 / 10).contains(count)), "{of}: {counts:?}");
        }
    }
}
