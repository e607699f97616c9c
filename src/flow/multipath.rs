/*!
Multipath TCP (RFC 8684): several TCP connections, its subflows, carry the data of one.

A subflow's segments are turned into segments of the first subflow, with its addresses and ports, and with numbers that
count the data of the whole connection. What follows connections then sees one of plain TCP, and puts its data in order,
finds gaps and retransmissions, as with any other. No byte of data is kept here.

- The first subflow's SYN-ACK and ACK hold keys (MP_CAPABLE). A key's hash gives the connection's token, with which further
  subflows join it (MP_JOIN), and the number at which that side's data begins.
- A mapping (DSS) says which data a stretch of a subflow carries. Payload without a mapping has no place in the data. What
  the other side acknowledges of it is found missing where the data is put in order, as with packets that were lost.
- On the first subflow, payload without a mapping stands where its own numbers say, as long as the data of that direction
  came on this subflow alone: such a connection has fallen back to plain TCP (section 3.7).
- Where the keys were not seen, the first mapping of a direction is taken to stand where the subflow's own numbers say. From
  there on data that another subflow carried is a gap. Payload without a mapping stands where its own numbers say, so that
  a forged option cannot hide the data of a connection of plain TCP.

Numbers are compared modulo 2^32: of those with 64 bits the lower half is enough, since connections follow the upper half
themselves.
*/

use super::{Endpoints, Key, Side};
use crate::decode::{self, Capable, MultipathOptions, Segment};
use crate::limits::{Limit, LimitsHit, MAPPINGS_PER_SUBFLOW, SUBFLOWS};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::SocketAddr;
use std::num::NonZeroU8;

/// All Multipath TCP connections.
#[derive(Default)]
pub struct Multipath {
    subflows: HashMap<Key, Subflow>,
    connections: HashMap<u64, Connection>,
    /// The connection whose side chose this token.
    tokens: HashMap<u32, u64>,
    /// Subflows by what they are worth and by their last packet: the first is forgotten first.
    order: BTreeMap<(bool, u64), Key>,
    /// Packets of subflows.
    clock: u64,
    limits: LimitsHit,
}

/// A connection, which all its subflows share.
struct Connection {
    /// The ends of the first subflow.
    endpoints: Endpoints,
    keys_seen: bool,
    tokens: [Option<u32>; 2],
    /// By side.
    data: [Data; 2],
    /// Number of the subflow that was met last.
    met: NonZeroU8,
    /// Subflows that are known, and those of them that are open.
    known: usize,
    open: usize,
}

/// The data of one side.
#[derive(Default)]
struct Data {
    /// A data sequence number, and the number of the first subflow that stands for it.
    base: Option<(u32, u32)>,
    /// A mapping was seen.
    mapped: bool,
    /// Some of it did not come on the first subflow, where that subflow's own numbers say.
    strayed: bool,
    /// After the last stretch that came.
    end: Option<u32>,
    /// How far the other side's data was acknowledged last.
    acknowledges: Option<u32>,
}

/// A TCP connection that carries a part of the data.
struct Subflow {
    connection: u64,
    number: NonZeroU8,
    /// The end that is the connection's client.
    client: SocketAddr,
    directions: [Direction; 2],
    /// It has been more than a SYN.
    answered: bool,
    over: bool,
    /// Its key in [`Multipath::order`].
    rank: (bool, u64),
}

/// One direction of a subflow.
#[derive(Default)]
struct Direction {
    /// The number of its SYN.
    syn: Option<u32>,
    mappings: VecDeque<Placed>,
    /// Everything from this number on stands at this place in the data.
    endless: Option<Placed>,
    fin: bool,
}

/// A mapping, in the subflow's own numbers.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Placed {
    from: u32,
    data: u32,
    length: u32,
}

impl Placed {
    /// How far after its beginning `number` is.
    fn offset(self, number: u32) -> Option<u32> {
        Some(number.wrapping_sub(self.from)).filter(|offset| *offset < self.length)
    }
}

impl Data {
    /// The number of the first subflow that stands for this data sequence number.
    fn place(&self, data: u32) -> Option<u32> {
        let (known, stands_at) = self.base?;
        Some(stands_at.wrapping_add(data.wrapping_sub(known)))
    }
}

impl Multipath {
    /// Whether no subflow is known: then only a segment with options of Multipath TCP is of interest here.
    pub fn is_idle(&self) -> bool {
        self.subflows.is_empty()
    }

    /// Whether `segment` belongs to a subflow that has joined a known connection, or asks to: by its ports alone it may
    /// look like anything.
    pub fn claims(&self, segment: &Segment<'_>) -> bool {
        if self.is_idle() {
            return false;
        }
        let joins =
            || MultipathOptions::read(segment.multipath).join.is_some_and(|token| self.tokens.contains_key(&token));
        self.subflows.contains_key(&Key::of(segment)) || (!segment.multipath.is_empty() && joins())
    }

    /// Bounds that were hit.
    pub fn limits(&self) -> &LimitsHit {
        &self.limits
    }

    /// Takes a segment, and hands on what it is to its connection: one segment or several. A segment of plain TCP is
    /// handed on as it is.
    ///
    /// # Errors
    /// The first error of `take`.
    pub fn segment<E>(
        &mut self,
        segment: &Segment<'_>,
        take: &mut impl FnMut(&mut Segment<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let options = MultipathOptions::read(segment.multipath);
        let key = Key::of(segment);
        if !self.knows(&key, segment, &options) {
            return take(&mut segment.clone());
        }
        self.touch(&key);
        let Some(subflow) = self.subflows.get_mut(&key) else { return take(&mut segment.clone()) };
        let Some(connection) = self.connections.get_mut(&subflow.connection) else { return take(&mut segment.clone()) };
        let side = if segment.source == subflow.client { Side::Client } else { Side::Server };
        if segment.header.syn {
            subflow.directions[side as usize].syn.get_or_insert(segment.header.sequence);
        }
        if let Some(capable) = options.capable
            && subflow.number == NonZeroU8::MIN
        {
            learn(subflow.connection, connection, subflow, side, &capable, &mut self.tokens);
        }
        let mut view = View { segment, options, side, subflow, connection };
        view.note_mapping();
        view.note_acknowledgement();
        view.hand_on(take)
    }

    /// Whether the segment's subflow is known, or becomes known with it.
    fn knows(&mut self, key: &Key, segment: &Segment<'_>, options: &MultipathOptions) -> bool {
        let header = &segment.header;
        let opens = header.syn && header.acknowledgement.is_none();
        if let Some(subflow) = self.subflows.get(key) {
            let side = if segment.source == subflow.client { Side::Client } else { Side::Server };
            let again = opens && subflow.directions[side as usize].syn != Some(header.sequence);
            if !again {
                return true;
            }
            // The same ports, used again.
            self.forget(*key);
        }
        let own = Endpoints { client: segment.source, server: segment.destination };
        let answers = Endpoints { client: own.server, server: own.client };
        match (opens, header.syn, header.acknowledgement) {
            (true, ..) => match options.join {
                Some(token) => self.join(*key, token, own),
                None => return false,
            },
            // The answer to MP_CAPABLE, or the packet that ends the handshake: of the first subflow.
            (_, true, Some(acknowledged)) if options.capable.is_some_and(|capable| capable.sender.is_some()) => {
                self.begin(*key, answers, [Some(acknowledged.wrapping_sub(1)), Some(header.sequence)]);
            }
            (_, false, Some(acknowledged)) if options.capable.is_some_and(|capable| capable.receiver.is_some()) => {
                let syns = [header.sequence, acknowledged].map(|number| Some(number.wrapping_sub(1)));
                self.begin(*key, own, syns);
            }
            (_, false, _) if header.wire_len > 0 && options.signal.is_some_and(|signal| signal.mapping.is_some()) => {
                self.begin(*key, own, [None; 2]);
            }
            _ => return false,
        }
        true
    }

    /// A subflow of a connection that is not known yet.
    fn begin(&mut self, key: Key, endpoints: Endpoints, syns: [Option<u32>; 2]) {
        let id = self.clock;
        let connection = Connection {
            endpoints,
            keys_seen: false,
            tokens: [None; 2],
            data: Default::default(),
            met: NonZeroU8::MIN,
            known: 0,
            open: 0,
        };
        self.connections.insert(id, connection);
        let answered = syns.iter().all(Option::is_some);
        let directions = syns.map(|syn| Direction { syn, ..Direction::default() });
        self.add(key, id, NonZeroU8::MIN, endpoints.client, directions, answered);
    }

    /// A subflow that asks to join the connection with `token`.
    fn join(&mut self, key: Key, token: u32, endpoints: Endpoints) {
        let known = self.tokens.get(&token).copied().filter(|id| self.connections.contains_key(id));
        let Some(id) = known else {
            self.begin(key, endpoints, [None; 2]);
            // A second one with this token joins the same connection.
            if let Some(subflow) = self.subflows.get(&key) {
                self.tokens.insert(token, subflow.connection);
                if let Some(connection) = self.connections.get_mut(&subflow.connection) {
                    connection.tokens[Side::Server as usize] = Some(token);
                }
            }
            return;
        };
        let Some(connection) = self.connections.get_mut(&id) else { return };
        connection.met = connection.met.saturating_add(1);
        // The token is the receiver's. A server joins too, though hardly any does.
        let chosen_by_client = connection.tokens[Side::Client as usize] == Some(token);
        let client = if chosen_by_client { endpoints.server } else { endpoints.client };
        let number = connection.met;
        self.add(key, id, number, client, Default::default(), false);
    }

    fn add(
        &mut self,
        key: Key,
        connection: u64,
        number: NonZeroU8,
        client: SocketAddr,
        directions: [Direction; 2],
        answered: bool,
    ) {
        while self.subflows.len() >= SUBFLOWS
            && let Some((_, &oldest)) = self.order.first_key_value()
        {
            let over = self.subflows.get(&oldest).is_none_or(|subflow| subflow.over || !subflow.answered);
            if !over {
                self.limits.hit(Limit::Multipath);
            }
            self.forget(oldest);
        }
        if let Some(connection) = self.connections.get_mut(&connection) {
            connection.known += 1;
            connection.open += 1;
        }
        let rank = (answered, self.clock);
        self.clock += 1;
        self.order.insert(rank, key);
        self.subflows.insert(key, Subflow { connection, number, client, directions, answered, over: false, rank });
    }

    fn touch(&mut self, key: &Key) {
        let Some(subflow) = self.subflows.get_mut(key) else { return };
        self.order.remove(&subflow.rank);
        subflow.answered |= subflow.directions.iter().all(|direction| direction.syn.is_some());
        subflow.rank = (subflow.answered && !subflow.over, self.clock);
        self.clock += 1;
        self.order.insert(subflow.rank, *key);
    }

    fn forget(&mut self, key: Key) {
        let Some(subflow) = self.subflows.remove(&key) else { return };
        self.order.remove(&subflow.rank);
        let Some(connection) = self.connections.get_mut(&subflow.connection) else { return };
        connection.known -= 1;
        connection.open -= usize::from(!subflow.over);
        if connection.known > 0 {
            return;
        }
        for token in connection.tokens.into_iter().flatten() {
            if self.tokens.get(&token) == Some(&subflow.connection) {
                self.tokens.remove(&token);
            }
        }
        self.connections.remove(&subflow.connection);
    }
}

/// Learns the keys of a connection: its tokens, and where its data begins.
fn learn(
    id: u64,
    connection: &mut Connection,
    subflow: &Subflow,
    side: Side,
    capable: &Capable,
    tokens: &mut HashMap<u32, u64>,
) {
    for (side, key) in [(side, capable.sender), (side.other(), capable.receiver)] {
        let (Some(key), Some(syn)) = (key, subflow.directions[side as usize].syn) else { continue };
        if connection.tokens[side as usize].is_some() {
            continue;
        }
        let (token, first) = hashed(capable.version, key);
        connection.tokens[side as usize] = Some(token);
        connection.keys_seen = true;
        tokens.insert(token, id);
        let data = &mut connection.data[side as usize];
        data.base.get_or_insert((first.wrapping_add(1), syn.wrapping_add(1)));
    }
}

/// The token of a key, and the lower half of the number before that of the first byte of data (RFC 8684, section 3.1;
/// RFC 6824 used SHA-1).
fn hashed(version: u8, key: u64) -> (u32, u32) {
    let key = key.to_be_bytes();
    let hash = if version == 0 { Sha1::digest(key).to_vec() } else { Sha256::digest(key).to_vec() };
    let number = |octets: Option<&[u8; 4]>| octets.copied().map(u32::from_be_bytes).unwrap_or_default();
    (number(hash.first_chunk()), number(hash.last_chunk()))
}

/// A segment with its place.
struct View<'a, 's> {
    segment: &'a Segment<'s>,
    options: MultipathOptions,
    side: Side,
    subflow: &'a mut Subflow,
    connection: &'a mut Connection,
}

impl<'s> View<'_, 's> {
    fn is_first(&self) -> bool {
        self.subflow.number == NonZeroU8::MIN
    }

    fn data(&self) -> &Data {
        &self.connection.data[self.side as usize]
    }

    /// Where the subflow's own numbers stand for themselves in the data of `side`.
    fn keeps_numbers(&self, side: Side) -> bool {
        self.is_first() && (!self.connection.data[side as usize].strayed || !self.connection.keys_seen)
    }

    fn note_mapping(&mut self) {
        let header = &self.segment.header;
        let direction = &mut self.subflow.directions[self.side as usize];
        let payload_from = header.sequence;
        let carried = self.options.capable.and_then(|capable| capable.data).filter(|length| *length > 0);
        if let Some(length) = carried
            && let (Some((first, _)), Some(syn)) = (self.connection.data[self.side as usize].base, direction.syn)
        {
            // The first data, with the keys: it needs no mapping of its own.
            direction.mappings.push_back(Placed { from: syn.wrapping_add(1), data: first, length: u32::from(length) });
        }
        let Some(signal) = self.options.signal else { return };
        let Some(mapping) = signal.mapping else { return };
        self.connection.data[self.side as usize].mapped = true;
        let bytes = u32::from(mapping.length).saturating_sub(u32::from(signal.fin));
        if bytes == 0 && mapping.length > 0 {
            return;
        }
        if direction.syn.is_none() && mapping.length > 0 && bytes == header.wire_len {
            direction.syn = Some(payload_from.wrapping_sub(mapping.subflow));
        }
        let Some(syn) = direction.syn else { return };
        let from = syn.wrapping_add(mapping.subflow);
        let data = &mut self.connection.data[self.side as usize];
        let stands_at = match data.place(mapping.data) {
            Some(place) => place,
            None => {
                data.base = Some((mapping.data, from));
                from
            }
        };
        data.strayed |= self.subflow.number != NonZeroU8::MIN || stands_at != from;
        let length = if mapping.length == 0 { u32::MAX >> 1 } else { bytes };
        let placed = Placed { from, data: mapping.data, length };
        if mapping.length == 0 {
            direction.endless = Some(placed);
        } else if !direction.mappings.contains(&placed) {
            if direction.mappings.len() >= MAPPINGS_PER_SUBFLOW {
                direction.mappings.pop_front();
            }
            direction.mappings.push_back(placed);
        }
    }

    fn note_acknowledgement(&mut self) {
        let other = self.side.other();
        let said = self.options.signal.and_then(|signal| signal.acknowledgement);
        let place = said.and_then(|number| self.connection.data[other as usize].place(number));
        let own = self.segment.header.acknowledgement.filter(|_| self.keeps_numbers(other));
        if let Some(place) = place.or(own) {
            self.connection.data[self.side as usize].acknowledges = Some(place);
        }
    }

    /// Hands on the segment as those of the first subflow that stand for it.
    fn hand_on<E>(&mut self, take: &mut impl FnMut(&mut Segment<'s>) -> Result<(), E>) -> Result<(), E> {
        let header = self.segment.header;
        let whole = self.options.signal.is_none() && !self.connection.data.iter().any(|data| data.mapped);
        if self.is_first() && (header.syn || whole) {
            // The handshake, and all of a connection that makes no use of what it has agreed on.
            self.close();
            let mut same = Segment { multipath: &[], ..*self.segment };
            same.header.subflow = Some(self.mark());
            return take(&mut same);
        }
        let mut handed = false;
        let (from, until) = (header.sequence, header.sequence.wrapping_add(header.wire_len));
        let mut at = from;
        while at != until && !header.syn {
            let left = until.wrapping_sub(at);
            let (place, length) = self.stretch(at, left);
            if let Some(place) = place {
                let skipped = at.wrapping_sub(from) as usize;
                let payload = self.segment.payload.get(skipped..).unwrap_or_default();
                let payload = payload.get(..length as usize).unwrap_or(payload);
                let mut piece = self.bare(place);
                (piece.payload, piece.header.wire_len) = (payload, length);
                take(&mut piece)?;
                handed = true;
                self.connection.data[self.side as usize].end = Some(place.wrapping_add(length));
            }
            at = at.wrapping_add(length);
        }
        if let Some(place) = self.end_of_data(until) {
            let mut end = self.bare(place);
            end.header.fin = true;
            take(&mut end)?;
            handed = true;
        }
        let last = self.close();
        if self.options.fast_close || (header.rst && last) {
            let mut reset = self.bare(self.current());
            reset.header.rst = true;
            return take(&mut reset);
        }
        if !handed {
            take(&mut self.bare(self.current()))?;
        }
        Ok(())
    }

    /// Where the bytes from `at` on stand, as far as one answer holds for them, and no further than `left`. None where
    /// nothing says it.
    fn stretch(&self, at: u32, left: u32) -> (Option<u32>, u32) {
        let direction = &self.subflow.directions[self.side as usize];
        let mapped = direction.mappings.iter().find_map(|mapping| Some((mapping, mapping.offset(at)?)));
        if let Some((mapping, offset)) = mapped {
            let place = self.data().place(mapping.data.wrapping_add(offset));
            return (place, left.min(mapping.length - offset));
        }
        let next =
            direction.mappings.iter().map(|mapping| mapping.from.wrapping_sub(at)).filter(|ahead| *ahead > 0).min();
        let length = next.map_or(left, |next| left.min(next));
        let endless = direction.endless.and_then(|mapping| Some(mapping.data.wrapping_add(mapping.offset(at)?)));
        let place = match endless {
            Some(data) => self.data().place(data),
            None => Some(at).filter(|_| self.keeps_numbers(self.side)),
        };
        (place, length)
    }

    /// Where the data of this side ends, if this segment says so; its own bytes end at `until`.
    fn end_of_data(&self, until: u32) -> Option<u32> {
        if let Some(signal) = self.options.signal.filter(|signal| signal.fin) {
            let mapping = signal.mapping?;
            return self.data().place(mapping.data.wrapping_add(u32::from(mapping.length).saturating_sub(1)));
        }
        if !self.segment.header.fin {
            return None;
        }
        // The end of a subflow is not the end of the data, unless the connection has fallen back to plain TCP.
        let endless = self.subflow.directions[self.side as usize].endless?;
        self.data().place(endless.data.wrapping_add(endless.offset(until)?))
    }

    /// Notes whether the subflow ends. True where it was the last that was open.
    fn close(&mut self) -> bool {
        let header = &self.segment.header;
        self.subflow.directions[self.side as usize].fin |= header.fin;
        let over = header.rst || self.subflow.directions.iter().all(|direction| direction.fin);
        if over && !self.subflow.over {
            self.connection.open = self.connection.open.saturating_sub(1);
            self.subflow.over = true;
        }
        over && self.connection.open == 0
    }

    fn mark(&self) -> decode::Subflow {
        decode::Subflow { number: self.subflow.number, keys_seen: self.connection.keys_seen }
    }

    /// The place at which this side stands.
    fn current(&self) -> u32 {
        let data = self.data();
        let own = Some(self.segment.header.sequence).filter(|_| self.keeps_numbers(self.side));
        let base = data.base.map(|(_, place)| place);
        own.or(data.end).or(base).unwrap_or(self.segment.header.sequence)
    }

    /// A segment of the first subflow at `place` that does nothing but acknowledge.
    fn bare(&self, place: u32) -> Segment<'s> {
        let ends = self.connection.endpoints;
        let (source, destination) = match self.side {
            Side::Client => (ends.client, ends.server),
            Side::Server => (ends.server, ends.client),
        };
        let begun = || self.connection.data[self.side.other() as usize].base.map(|(_, place)| place);
        let header = decode::Header {
            sequence: place,
            acknowledgement: self.data().acknowledges.or_else(begun),
            syn: false,
            fin: false,
            rst: false,
            subflow: Some(self.mark()),
            wire_len: 0,
            ..self.segment.header
        };
        Segment { source, destination, header, payload: &[], multipath: &[] }
    }
}
