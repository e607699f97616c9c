//! What is known of a Multipath TCP connection and of its subflows.

use crate::decode::Capable;
use crate::flow::{Endpoints, Side};
use crate::limits::MAPPINGS_PER_SUBFLOW;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::SocketAddr;
use std::num::NonZeroU8;

/// A connection, which all its subflows share.
pub struct Connection {
    /// The ends of the first subflow.
    pub endpoints: Endpoints,
    pub keys_seen: bool,
    /// It was met by a subflow that joins it: of its data nothing is known before the first mapping.
    pub met_by_join: bool,
    pub tokens: [Option<u32>; 2],
    /// Those in `Multipath::numbers`, by side.
    pub numbers: [Option<u64>; 2],
    /// By side.
    pub data: [Data; 2],
    /// Number of the subflow that was met last.
    pub met: NonZeroU8,
    /// Subflows that are known, and those of them that are open.
    pub known: usize,
    pub open: usize,
}

/// The data of one side.
#[derive(Default)]
pub struct Data {
    /// A data sequence number, and the number of the first subflow that stands for it.
    pub base: Option<(u32, u32)>,
    /// A mapping was seen.
    pub mapped: bool,
    /// Some of it did not come on the first subflow, where that subflow's own numbers say.
    pub strayed: bool,
    /// After the last stretch that came.
    pub end: Option<u32>,
    /// How far the other side's data was acknowledged last.
    pub acknowledges: Option<u32>,
}

/// A TCP connection that carries a part of the data.
pub struct Subflow {
    pub connection: u64,
    pub number: NonZeroU8,
    /// The end that is the connection's client.
    pub client: SocketAddr,
    pub directions: [Direction; 2],
    /// It has been more than a SYN.
    pub answered: bool,
    pub over: bool,
    /// Its key in `Multipath::order`.
    pub rank: (bool, u64),
}

/// One direction of a subflow.
#[derive(Default)]
pub struct Direction {
    /// The number of its SYN.
    pub syn: Option<u32>,
    pub mappings: VecDeque<Placed>,
    /// Everything from this number on stands at this place in the data.
    pub endless: Option<Placed>,
    pub fin: bool,
    /// Payload came without any option of Multipath TCP, though every segment of it has one: this is plain TCP, and what
    /// has such an option is forged. Known only where the keys were not seen.
    pub plain: bool,
}

/// A mapping, in the subflow's own numbers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    pub from: u32,
    pub data: u32,
    pub length: u32,
}

impl Direction {
    /// Keeps a mapping: the last of them, since the data before was placed long ago.
    pub fn remember(&mut self, mapping: Placed) {
        if self.mappings.contains(&mapping) {
            return;
        }
        if self.mappings.len() >= MAPPINGS_PER_SUBFLOW {
            self.mappings.pop_front();
        }
        self.mappings.push_back(mapping);
    }
}

impl Placed {
    /// How far after its beginning `number` is.
    pub fn offset(self, number: u32) -> Option<u32> {
        Some(number.wrapping_sub(self.from)).filter(|offset| *offset < self.length)
    }
}

impl Data {
    /// The number of the first subflow that stands for this data sequence number.
    pub fn place(&self, data: u32) -> Option<u32> {
        let (known, stands_at) = self.base?;
        Some(stands_at.wrapping_add(data.wrapping_sub(known)))
    }
}

impl Connection {
    /// It was met by a subflow that joins it, and nothing shows what of its data that subflow carries.
    pub fn knows_nothing(&self) -> bool {
        self.met_by_join && self.is_unplaced()
    }

    /// Nothing shows where its data stands.
    pub fn is_unplaced(&self) -> bool {
        !self.keys_seen && self.data.iter().all(|data| data.base.is_none())
    }
}

/// Learns the keys of a connection: its tokens, and where its data begins.
pub fn learn(
    connection: &mut Connection,
    subflow: &Subflow,
    side: Side,
    capable: &Capable,
    tokens: &mut HashMap<u32, u64>,
    numbers: &mut BTreeMap<u64, (u64, Side)>,
) {
    for (side, key) in [(side, capable.sender), (side.other(), capable.receiver)] {
        let (Some(key), Some(syn)) = (key, subflow.directions[side as usize].syn) else { continue };
        if connection.tokens[side as usize].is_some() {
            continue;
        }
        let (token, first) = hashed(capable.version, key);
        connection.tokens[side as usize] = Some(token);
        connection.keys_seen = true;
        tokens.insert(token, subflow.connection);
        connection.numbers[side as usize] = Some(first);
        numbers.insert(first, (subflow.connection, side));
        let data = &mut connection.data[side as usize];
        data.base.get_or_insert(((first as u32).wrapping_add(1), syn.wrapping_add(1)));
    }
}

/// The token of a key, and the number before that of the first byte of data (RFC 8684, section 3.1;
/// RFC 6824 used SHA-1).
pub fn hashed(version: u8, key: u64) -> (u32, u64) {
    let key = key.to_be_bytes();
    let hash = if version == 0 { Sha1::digest(key).to_vec() } else { Sha256::digest(key).to_vec() };
    let token = hash.first_chunk().copied().map(u32::from_be_bytes).unwrap_or_default();
    let first = hash.last_chunk().copied().map(u64::from_be_bytes).unwrap_or_default();
    (token, first)
}
