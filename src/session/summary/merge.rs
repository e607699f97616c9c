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
