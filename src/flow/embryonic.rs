/*!
A connection of which only the opening was seen: SYNs, their answers, bare acknowledgements.

A capture of an open port consists mostly of such floods, so the headers are kept as they came, in a few dozen bytes
each. They are replayed into a [`Connection`] when a segment comes that is more than a header, or when the connection is
over. The result is the same as if the [`Connection`] had been there from the start.
*/

use super::connection::Connection;
use super::key::Which;
use super::stalls::Stalls;
use super::transport::{Conflicts, Counters};
use super::{CloseReason, Endpoints, Key, PacketRef, Side, StreamHandler, Transport};
use crate::capture::Time;
use crate::decode::{Header, IcmpError, Segment, Subflow};
use crate::limits::{LimitsHit, heap, of_list};

/// Segments kept of one connection: more than the retransmissions of a SYN and of its answer. One more makes it a
/// [`Connection`].
const SEGMENTS: usize = 16;

/// The segments that open a connection, the first of them a SYN. None has payload.
#[derive(Debug)]
pub struct Embryonic {
    client: Which,
    first: HeaderOnly,
    rest: Box<[HeaderOnly]>,
    errors: Option<Box<Errors>>,
}

/// ICMP errors about these segments.
#[derive(Debug, Default)]
struct Errors {
    /// The first few, each with the number of segments that had come before it.
    kept: Vec<(usize, IcmpError)>,
}

/// A segment without payload, and without its addresses. The fields are those of [`Header`] that such a segment has.
#[derive(Debug, Clone, Copy)]
struct HeaderOnly {
    packet: u64,
    time: Time,
    sequence: u32,
    acknowledgement: Option<u32>,
    timestamp: Option<u32>,
    window: u16,
    identification: Option<u16>,
    subflow: Option<Subflow>,
    hops: u8,
    syn: bool,
    shares_packet: bool,
    decrypted: bool,
    from: Side,
}

impl Embryonic {
    /// The connection between the ends of `key` that `segment` opens, if `segment` does nothing else. `endpoints` says
    /// which end is taken for the client.
    pub fn new(key: &Key, endpoints: &Endpoints, segment: &Segment<'_>) -> Option<Self> {
        let client = key.which(&endpoints.client);
        // Where both ends are the same, the sender of a kept header could not be found again.
        let opens = segment.header.syn && HeaderOnly::can_hold(segment) && endpoints.client != endpoints.server;
        opens.then(|| Self { client, first: HeaderOnly::new(endpoints, segment), rest: Box::default(), errors: None })
    }

    /// Takes `segment` in, if it belongs to this connection for certain and is a bare header like those before.
    pub fn takes(&mut self, key: &Key, segment: &Segment<'_>) -> bool {
        if !HeaderOnly::can_hold(segment) || self.rest.len() + 1 >= SEGMENTS {
            return false;
        }
        let bare = HeaderOnly::new(&key.endpoints(self.client), segment);
        if bare.syn {
            let known = self.bare().find(|earlier| earlier.syn && earlier.from == bare.from);
            let belongs = match known {
                Some(known) => known.sequence == bare.sequence,
                // The first SYN of this side, before the other side acknowledged any position of its stream.
                None => self.bare().all(|earlier| earlier.from == bare.from || earlier.acknowledgement.is_none()),
            };
            if !belongs {
                return false;
            }
        }
        let mut rest = Vec::with_capacity(self.rest.len() + 1);
        rest.extend_from_slice(&self.rest);
        rest.push(bare);
        self.rest = rest.into_boxed_slice();
        true
    }

    /// Takes in an ICMP error about one of these segments; false where there is no more room.
    pub fn icmp_error(&mut self, error: &IcmpError) -> bool {
        let errors = self.errors.get_or_insert_default();
        let room = errors.kept.len() < SEGMENTS;
        if room {
            errors.kept.push((self.rest.len() + 1, *error));
        }
        room
    }

    /// Bytes that it has on the heap for ICMP errors.
    pub fn held(&self) -> usize {
        self.errors.as_ref().map_or(0, |errors| heap(size_of::<Errors>()) + of_list(&errors.kept))
    }

    /// The first packet.
    pub fn first(&self) -> PacketRef {
        PacketRef { packet: self.first.packet, time: self.first.time }
    }

    /// The latest time of a packet.
    pub fn last_time(&self) -> Time {
        self.bare().map(|bare| bare.time).max().unwrap_or(self.first.time)
    }

    /// The two ends.
    pub fn endpoints(&self, key: &Key) -> Endpoints {
        key.endpoints(self.client)
    }

    /// As [`Connection::is_half_open`].
    pub fn is_half_open(&self) -> bool {
        self.bare().all(|bare| bare.from == Side::Client && bare.acknowledgement.is_none())
    }

    /// What the connection comes to where it is a SYN that nothing followed: the same as [`Connection::finish`] of that SYN
    /// alone, without the connection. Nearly all of a flood of SYNs ends here.
    pub fn unanswered(&self, key: &Key) -> Option<Transport> {
        let Self { first, rest, errors, .. } = self;
        let plain = first.from == Side::Client && first.acknowledgement.is_none() && first.subflow.is_none();
        let alone = rest.is_empty() && errors.is_none() && plain && !first.shares_packet && !first.decrypted;
        alone.then(|| Transport {
            endpoints: self.endpoints(key),
            first: self.first(),
            first_sequence: first.sequence,
            last: self.first(),
            end: CloseReason::Unanswered,
            left: None,
            from_start: true,
            counters: Counters { packets: 1, ..Counters::default() },
            conflicts: Conflicts::default(),
            stalls: Stalls::default(),
            ends: None,
        })
    }

    /// The connection that these segments make.
    pub fn connection(&self, key: &Key, out: &mut impl StreamHandler, limits: &mut LimitsHit) -> Connection {
        let endpoints = self.endpoints(key);
        let mut connection = Connection::new(endpoints, &self.first.segment(&endpoints));
        let mut errors = self.errors.iter().flat_map(|errors| &errors.kept).peekable();
        for (bare, come) in self.bare().zip(1..) {
            connection.segment(&bare.segment(&endpoints), out, limits);
            while let Some((_, error)) = errors.next_if(|(before, _)| *before <= come) {
                connection.icmp_error(error);
            }
        }
        connection
    }

    fn bare(&self) -> impl Iterator<Item = &HeaderOnly> {
        std::iter::once(&self.first).chain(&self.rest)
    }
}

impl HeaderOnly {
    fn can_hold(segment: &Segment<'_>) -> bool {
        let header = &segment.header;
        header.wire_len == 0
            && !header.fin
            && !header.rst
            && (header.syn || header.acknowledgement.is_some())
            && header.received_twice.is_none()
            && header.urgent.is_none()
    }

    fn new(endpoints: &Endpoints, segment: &Segment<'_>) -> Self {
        let from = if segment.source == endpoints.client { Side::Client } else { Side::Server };
        let header = &segment.header;
        Self {
            packet: header.packet,
            time: header.time,
            sequence: header.sequence,
            acknowledgement: header.acknowledgement,
            timestamp: header.timestamp,
            window: header.window,
            identification: header.identification,
            subflow: header.subflow,
            hops: header.hops,
            syn: header.syn,
            shares_packet: header.shares_packet,
            decrypted: header.decrypted,
            from,
        }
    }

    fn segment(&self, endpoints: &Endpoints) -> Segment<'static> {
        let (source, destination) = match self.from {
            Side::Client => (endpoints.client, endpoints.server),
            Side::Server => (endpoints.server, endpoints.client),
        };
        let header = Header {
            packet: self.packet,
            time: self.time,
            sequence: self.sequence,
            acknowledgement: self.acknowledgement,
            syn: self.syn,
            fin: false,
            rst: false,
            window: self.window,
            identification: self.identification,
            hops: self.hops,
            timestamp: self.timestamp,
            received_twice: None,
            urgent: None,
            shares_packet: self.shares_packet,
            decrypted: self.decrypted,
            subflow: self.subflow,
            wire_len: 0,
        };
        Segment { source, destination, header, payload: &[], multipath: &[] }
    }
}
