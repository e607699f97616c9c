//! The summary of several runs, of which each followed a part of the connections.

use super::{BUSIEST_PORTS, Closed, PacketCounts, Probes, Summary, TlsCounts, Traffic};
use crate::limits::{Limit, PROBE_ADDRESSES};
use std::cmp::Reverse;
use std::collections::BTreeMap;

impl Summary {
    /// Adds the summary of another shard of the same capture ([`Summary::shard`]). With those of all shards, in any order, it is
    /// that of a run that followed all connections, without its shard. Three things may differ:
    ///
    /// - A bound of all connections together bites later where each run follows some of them, so `limits_hit` may be lower, and
    ///   what it counts was kept. Where there are more addresses of probes than [`PROBE_ADDRESSES`], the lowest are kept.
    /// - [`Closed::first`] is a number in the run of that session; which session it is, is the same.
    /// - No shard sees all sessions together, so the bounds of what only several show may bite elsewhere: [`Limit::SameAs`],
    ///   [`Limit::Journeys`], [`Limit::FindingsAcross`].
    ///
    /// Of summaries of different captures it is the sum; only of ports, [`BUSIEST_PORTS`] of either were kept.
    pub fn merge(&mut self, other: Self) {
        let Self {
            sessions,
            credentials,
            messages,
            findings,
            tls,
            probes,
            packets,
            limits_hit,
            traffic,
            left_out,
            filters,
            shard: _,
        } = other;
        add_each(&mut self.sessions, sessions);
        add_each(&mut self.credentials, credentials);
        self.messages += messages;
        add_each(&mut self.findings, findings);
        self.tls.merge(tls);
        self.limits_hit.add(&limits_hit);
        let without_room = self.probes.merge(probes);
        self.limits_hit.hit_times(Limit::ProbeAddresses, without_room);
        self.packets.merge(packets);
        self.traffic.merge(traffic);
        self.left_out += left_out;
        for filter in filters {
            if !self.filters.contains(&filter) {
                self.filters.push(filter);
            }
        }
        self.shard = None;
    }
}

impl TlsCounts {
    fn merge(&mut self, other: Self) {
        let Self { decrypted, closed } = other;
        self.decrypted += decrypted;
        for (fault, closed) in closed {
            self.closed.entry(fault).and_modify(|own| own.merge(closed)).or_insert(closed);
        }
    }
}

impl Closed {
    fn merge(&mut self, other: Self) {
        let sessions = self.sessions + other.sessions;
        // Numbers are of different runs. Of two that began at once, any rule that does not depend on the order will do.
        let place = |closed: &Self| (closed.time, closed.client_random, closed.first);
        let first = if place(&other) < place(self) { other } else { *self };
        *self = Self { sessions, ..first };
    }
}

impl Probes {
    /// Returns how many addresses there is no room for.
    fn merge(&mut self, other: Self) -> u64 {
        let Self { kinds, addresses } = other;
        add_each(&mut self.kinds, kinds);
        self.addresses.extend(addresses);
        let mut without_room = 0;
        while self.addresses.len() > PROBE_ADDRESSES && self.addresses.pop_last().is_some() {
            without_room += 1;
        }
        without_room
    }
}

impl PacketCounts {
    fn merge(&mut self, other: Self) {
        let Self { read, mail, other: _, undecodable } = other;
        self.read += read;
        self.mail += mail;
        self.undecodable += undecodable;
        // The first shard's own count has the packets of mail of all others in it.
        self.other = self.read.saturating_sub(self.mail + self.undecodable);
    }
}

impl Traffic {
    fn merge(&mut self, other: Self) {
        let Self { stops, tcp_segments, tcp_connections, tcp_ports } = other;
        add_each(&mut self.stops, stops);
        self.tcp_segments += tcp_segments;
        self.tcp_connections += tcp_connections;
        let mut ports: BTreeMap<u16, u64> = self.tcp_ports.drain(..).collect();
        add_each(&mut ports, tcp_ports);
        self.tcp_ports.extend(ports);
        self.tcp_ports.sort_by_key(|&(port, segments)| (Reverse(segments), port));
        self.tcp_ports.truncate(BUSIEST_PORTS);
    }
}

fn add_each<K: Ord>(counts: &mut BTreeMap<K, u64>, others: impl IntoIterator<Item = (K, u64)>) {
    for (key, count) in others {
        *counts.entry(key).or_default() += count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::Time;
    use crate::decode::DecodeStop;
    use crate::flow::HostShard;
    use crate::protocol::Protocol;
    use crate::protocol::detect::Probe;
    use crate::protocol::event::KeyFault;
    use proptest::prelude::*;
    use std::net::Ipv4Addr;

    fn probes(addresses: impl Iterator<Item = u32>) -> Probes {
        let mut summary = Summary::default();
        addresses.for_each(|address| summary.add_probe(Probe::Silent, Ipv4Addr::from_bits(address).into()));
        summary.probes
    }

    /// What a shard may come to; no field is that of an empty summary.
    fn shard(index: u32, of: u32, sessions: u64) -> Summary {
        let is_first = u64::from(index == 1);
        let number = u64::from(index);
        let mail = 10 * number;
        let read = 1_000 * is_first;
        let mut summary = Summary {
            sessions: [(Protocol::Imap, sessions), (Protocol::Smtp, 1)].into(),
            credentials: BTreeMap::new(),
            messages: number * 3,
            packets: PacketCounts { read, mail, other: read.saturating_sub(mail), undecodable: 5 * is_first },
            probes: probes(index..index + 3),
            left_out: number,
            filters: vec!["--failed".to_owned()],
            shard: HostShard::new(index, of),
            ..Summary::default()
        };
        summary.limits_hit.hit_times(Limit::Fragments, is_first);
        if index == 1 {
            summary.traffic.stops.insert(DecodeStop::Ip, 5);
            summary.traffic.tcp_ports = vec![(25, 500), (143, 400)];
            (summary.traffic.tcp_segments, summary.traffic.tcp_connections) = (900, 9);
        }
        let time = Time::from_nanoseconds(1_000 - i64::from(index));
        let closed = Closed { sessions: number, first: number, time, client_random: Some([index as u8; 32]) };
        summary.tls = TlsCounts { decrypted: number, closed: [(KeyFault::NoSecret, closed)].into() };
        summary
    }

    #[test]
    fn each_field_is_a_sum_or_that_of_the_first_shard() {
        let mut merged = shard(3, 3, 7);
        merged.merge(shard(1, 3, 5));
        merged.merge(shard(2, 3, 6));
        assert_eq!((merged.sessions[&Protocol::Imap], merged.sessions[&Protocol::Smtp], merged.messages), (18, 3, 18));
        let packets = PacketCounts { read: 1_000, mail: 60, other: 935, undecodable: 5 };
        assert_eq!(
            (merged.packets, merged.left_out, merged.filters.as_slice()),
            (packets, 6, &["--failed".to_owned()][..])
        );
        assert_eq!((merged.probes.count(), merged.probes.addresses.len(), merged.shard), (9, 5, None));
        assert_eq!(merged.traffic.tcp_ports, [(25, 500), (143, 400)]);
        let first = &merged.tls.closed[&KeyFault::NoSecret];
        assert_eq!((merged.tls.decrypted, first.sessions, first.client_random), (6, 6, Some([3; 32])), "the earliest");
        assert_eq!(merged.limits_hit.iter().collect::<Vec<_>>(), [(Limit::Fragments, 1)]);
    }

    #[test]
    fn addresses_of_probes_stay_bounded() {
        let most = PROBE_ADDRESSES as u32;
        let mut merged = Summary { probes: probes(0..most), ..Summary::default() };
        merged.merge(Summary { probes: probes(most - 1..most + 9), ..Summary::default() });
        assert_eq!((merged.probes.addresses.len(), merged.probes.count()), (PROBE_ADDRESSES, u64::from(most) + 10));
        assert_eq!(merged.limits_hit.iter().collect::<Vec<_>>(), [(Limit::ProbeAddresses, 9)]);
    }

    proptest! {
        #[test]
        fn the_order_of_shards_does_not_matter(order in Just((1..=5_u32).collect::<Vec<_>>()).prop_shuffle()) {
            let merged = |order: &[u32]| {
                let mut all = order.iter().map(|&index| shard(index, 5, u64::from(index)));
                let mut merged = all.next().expect("a shard");
                all.for_each(|one| merged.merge(one));
                format!("{merged:?}")
            };
            prop_assert_eq!(merged(&order), merged(&[1, 2, 3, 4, 5]));
        }
    }
}
