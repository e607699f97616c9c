/*!
IP datagrams that were sent in fragments.

etherparse's `IpDefragBuf` reassembles one datagram; this module bounds how many wait, how large and for how long. Only
fragments that may carry TCP are kept. The oldest datagram makes room.
*/

use super::protocol;
use super::{DecodeStop, IpPayload, PacketSlice};
use crate::capture::Time;
use crate::limits::{FRAGMENT_BYTES, FRAGMENT_SECONDS, FRAGMENTED_DATAGRAMS, Limit, LimitsHit};
use etherparse::IpFragOffset;
use etherparse::defrag::IpDefragBuf;
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

/// A fragment of a datagram.
pub(super) struct Fragment<'a> {
    pub(super) payload: IpPayload<'a>,
    pub(super) identification: u32,
    pub(super) offset: IpFragOffset,
    pub(super) more: bool,
}

/// What the fragments of a datagram have in common (RFC 791 section 3.2, RFC 8200 section 4.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    source: IpAddr,
    destination: IpAddr,
    identification: u32,
    protocol: u8,
}

/// A datagram that waits for its missing fragments.
#[derive(Debug)]
struct Waiting {
    buffer: IpDefragBuf,
    since: Time,
    /// Its key in [`Fragments::order`].
    order: u64,
}

/// The datagrams that wait.
#[derive(Debug)]
pub(super) struct Fragments {
    waiting: HashMap<Key, Waiting>,
    /// By age, the oldest first.
    order: BTreeMap<u64, Key>,
    next_order: u64,
    bytes: usize,
    /// The bytes that may wait.
    most: usize,
    /// The datagram completed last, until the next is complete.
    whole: Vec<u8>,
    limits: LimitsHit,
}

impl Default for Fragments {
    fn default() -> Self {
        Self::within(FRAGMENT_BYTES)
    }
}

impl Fragments {
    /// With room for so many bytes, and no more than [`FRAGMENT_BYTES`].
    pub(super) fn within(bytes: usize) -> Self {
        Self {
            waiting: HashMap::new(),
            order: BTreeMap::new(),
            next_order: 0,
            bytes: 0,
            most: bytes.min(FRAGMENT_BYTES),
            whole: Vec::new(),
            limits: LimitsHit::default(),
        }
    }

    /// Adds a fragment that came at `now`; returns the payload of the datagram that it completes.
    pub(super) fn add(&mut self, fragment: &Fragment<'_>, now: Time) -> Result<Option<IpPayload<'_>>, DecodeStop> {
        let IpPayload { source, destination, identification, hops, protocol, slice } = fragment.payload;
        if !may_carry_tcp(protocol) {
            return Ok(None);
        }
        // A fragment truncated by the snap length leaves a gap that nothing will fill.
        if slice.missing > 0 {
            return Err(DecodeStop::Ip);
        }
        self.forget_old(now);
        let key = Key { source, destination, identification: fragment.identification, protocol };
        self.insert(key, fragment, now)?;
        if !self.waiting.get(&key).is_some_and(|waiting| waiting.buffer.is_complete()) {
            self.make_room();
            return Ok(None);
        }
        self.whole = match self.remove(key) {
            Some(waiting) => waiting.buffer.take_bufs().0,
            None => return Ok(None),
        };
        let slice = PacketSlice::whole(&self.whole);
        Ok(Some(IpPayload { source, destination, identification, hops, protocol, slice }))
    }

    /// The bounds that were hit.
    pub(super) fn limits(&self) -> &LimitsHit {
        &self.limits
    }

    fn insert(&mut self, key: Key, fragment: &Fragment<'_>, now: Time) -> Result<(), DecodeStop> {
        let (order, next_order) = (&mut self.order, &mut self.next_order);
        let waiting = self.waiting.entry(key).or_insert_with(|| {
            order.insert(*next_order, key);
            *next_order += 1;
            let buffer = IpDefragBuf::new(key.protocol.into(), Vec::new(), Vec::new());
            Waiting { buffer, since: now, order: *next_order - 1 }
        });
        let before = waiting.buffer.data().len();
        let added = waiting.buffer.add(fragment.offset, fragment.more, fragment.payload.slice.bytes);
        self.bytes = self.bytes.saturating_sub(before) + waiting.buffer.data().len();
        // A fragment that contradicts the others is rejected; the others wait on.
        added.map_err(|_| DecodeStop::Ip)
    }

    fn remove(&mut self, key: Key) -> Option<Waiting> {
        let waiting = self.waiting.remove(&key)?;
        self.order.remove(&waiting.order);
        self.bytes = self.bytes.saturating_sub(waiting.buffer.data().len());
        Some(waiting)
    }

    fn oldest(&self) -> Option<(Key, Time)> {
        let key = *self.order.first_key_value()?.1;
        Some((key, self.waiting.get(&key)?.since))
    }

    fn forget_old(&mut self, now: Time) {
        while let Some((key, since)) = self.oldest() {
            if now.since(since) <= FRAGMENT_SECONDS * 1_000_000_000 {
                break;
            }
            self.remove(key);
        }
    }

    fn make_room(&mut self) {
        while self.waiting.len() > FRAGMENTED_DATAGRAMS || self.bytes > self.most {
            let Some((key, _)) = self.oldest() else { break };
            self.remove(key);
            self.limits.hit(Limit::Fragments);
        }
    }
}

/// True for TCP and for protocols that may lead to it. UDP is left out, and tunnels with it: fragments of DNS and NFS
/// may be many.
fn may_carry_tcp(protocol: u8) -> bool {
    matches!(
        protocol,
        protocol::TCP
            | protocol::IPV4
            | protocol::IPV6
            | protocol::GRE
            | protocol::ROUTING
            | protocol::AUTHENTICATION
            | protocol::DESTINATION_OPTIONS
            | protocol::ETHERNET
            | protocol::MPLS
    )
}
