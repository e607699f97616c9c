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
  there on data that another subflow carried is a gap. A subflow whose SYN was not seen is found by the numbers of its data,
  where they have 64 bits: they begin at random. Payload without a mapping stands where its own numbers say, so that
  a forged option cannot hide the data of a connection of plain TCP.

Numbers are compared modulo 2^32: of those with 64 bits the lower half is enough, since connections follow the upper half
themselves.
*/

mod place;
mod subflow;

use super::{Endpoints, Key, Side};
use crate::decode::{MultipathOptions, Segment};
use crate::limits::{Limit, LimitsHit, SUBFLOWS};
use place::View;
use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::num::NonZeroU8;
use subflow::{Connection, Direction, Subflow, learn};

/// All Multipath TCP connections.
#[derive(Default)]
pub struct Multipath {
    subflows: HashMap<Key, Subflow>,
    connections: HashMap<u64, Connection>,
    /// The connection whose side chose this token.
    tokens: HashMap<u32, u64>,
    /// The connection and side whose data begins with this number of 64 bits, as far as it was seen.
    numbers: BTreeMap<u64, (u64, Side)>,
    /// Subflows by what they are worth and by their last packet: the first is forgotten first.
    order: BTreeMap<(bool, u64), Key>,
    /// Packets of subflows.
    clock: u64,
    limits: LimitsHit,
}

/// How far after the beginning of a connection's data, as far as it was seen, further data may be: 64 GiB.
const DATA_AFTER: u64 = 1 << 36;
/// How far before it: what comes late from another subflow.
const DATA_BEFORE: u64 = 1 << 24;

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
            learn(connection, subflow, side, &capable, &mut self.tokens, &mut self.numbers);
        }
        let mut view = View { segment, options, side, subflow, connection };
        if let Some(number) = view.note_mapping() {
            self.numbers.insert(number, (view.subflow.connection, side));
        }
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
                self.finds(key, segment, options);
                return true;
            }
            // The same ports, used again.
            self.forget(*key);
        }
        if self.finds(key, segment, options) {
            return true;
        }
        let own = Endpoints { client: segment.source, server: segment.destination };
        let answers = Endpoints { client: own.server, server: own.client };
        match (opens, header.syn, header.acknowledgement) {
            (true, ..) => match options.join {
                Some(token) => self.join(*key, token, own),
                None => return false,
            },
            // The SYN that joined was not captured.
            (_, true, Some(_)) if options.joins => self.begin(*key, answers, [None; 2], true),
            (_, false, _) if options.joins => self.begin(*key, own, [None; 2], true),
            // The answer to MP_CAPABLE, or the packet that ends the handshake: of the first subflow.
            (_, true, Some(acknowledged)) if options.capable.is_some_and(|capable| capable.sender.is_some()) => {
                self.begin(*key, answers, [Some(acknowledged.wrapping_sub(1)), Some(header.sequence)], false);
            }
            (_, false, Some(acknowledged)) if options.capable.is_some_and(|capable| capable.receiver.is_some()) => {
                let syns = [header.sequence, acknowledged].map(|number| Some(number.wrapping_sub(1)));
                self.begin(*key, own, syns, false);
            }
            (_, false, _) if header.wire_len > 0 && options.signal.is_some_and(|signal| signal.mapping.is_some()) => {
                self.begin(*key, own, [None; 2], false);
            }
            _ => return false,
        }
        true
    }

    /// Finds the connection of a subflow whose token or whose connection's keys were not seen: the data that it carries
    /// goes on near the data of that connection. By numbers of 64 bits, which begin at random, that is no accident. An acknowledgement of data tells
    /// as much as data.
    fn finds(&mut self, key: &Key, segment: &Segment<'_>, options: &MultipathOptions) -> bool {
        let Some(signal) = options.signal else { return false };
        let alone = match self.subflows.get(key) {
            None => None,
            Some(subflow) => match self.connections.get(&subflow.connection) {
                Some(connection) if connection.is_unplaced() => Some(subflow.connection),
                _ => return false,
            },
        };
        let sent = signal.mapping.and_then(|mapping| mapping.long).and_then(|number| self.near(number));
        let received = || {
            let (id, side) = self.near(signal.long_acknowledgement?)?;
            Some((id, side.other()))
        };
        let Some((id, side)) = sent.or_else(received).filter(|(id, _)| Some(*id) != alone) else { return false };
        let Some(connection) = self.connections.get_mut(&id) else { return false };
        connection.met = connection.met.saturating_add(1);
        let number = connection.met;
        let client = if side == Side::Client { segment.source } else { segment.destination };
        let mut directions: [Direction; 2] = Default::default();
        if let Some(subflow) = self.subflows.get_mut(key) {
            directions = std::mem::take(&mut subflow.directions);
            if subflow.client != client {
                directions.swap(0, 1);
            }
        }
        self.forget(*key);
        self.add(*key, id, number, client, directions, true);
        true
    }

    /// The connection and side that this number of its data belongs to.
    fn near(&self, number: u64) -> Option<(u64, Side)> {
        let before = self.numbers.range(number.saturating_sub(DATA_AFTER)..=number).next_back();
        let found = before.or_else(|| self.numbers.range(number..=number.saturating_add(DATA_BEFORE)).next());
        found.map(|(_, found)| *found)
    }

    /// A subflow of a connection that is not known yet.
    fn begin(&mut self, key: Key, endpoints: Endpoints, syns: [Option<u32>; 2], met_by_join: bool) {
        let id = self.clock;
        let connection = Connection {
            endpoints,
            keys_seen: false,
            met_by_join,
            tokens: [None; 2],
            numbers: [None; 2],
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
            self.begin(key, endpoints, [None; 2], true);
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
        for number in connection.numbers.into_iter().flatten() {
            if self.numbers.get(&number).is_some_and(|(id, _)| *id == subflow.connection) {
                self.numbers.remove(&number);
            }
        }
        self.connections.remove(&subflow.connection);
    }
}
