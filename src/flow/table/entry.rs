//! What is kept of one connection.

use crate::capture::Time;
use crate::flow::connection::Connection;
use crate::flow::embryonic::Embryonic;
use crate::flow::pending_syn::PendingSyn;
use crate::flow::store::Rank;
use crate::flow::{ConnectionHandler, Endpoints, PacketRef, Side, StreamHandler};

/// Nanoseconds of a second.
pub const NANOSECONDS_PER_SECOND: i64 = 1_000_000_000;

/// Bytes after which what a connection holds is noted anew.
const UNNOTED_BYTES: u32 = 8_192;
/// Rows, logins and messages after which it is.
const UNNOTED_ITEMS: u32 = 16;

/// A connection, and how far it is followed.
pub struct Entry<F: ConnectionHandler> {
    /// Distinguishes the connections that have used one slot.
    pub generation: u32,
    /// The connection handler's name for it.
    pub token: F::Token,
    /// By how much the clock had been set, all steps together, when its last packet came: [`whole_seconds`], since each
    /// SYN of a flood has one.
    pub clock: i32,
    /// How far it is followed.
    pub stage: Stage<F::StreamHandler>,
}

/// `nanoseconds` in seconds, as far as they fit: 68 years.
pub fn whole_seconds(nanoseconds: i64) -> i32 {
    i32::try_from(nanoseconds / NANOSECONDS_PER_SECOND).unwrap_or(if nanoseconds < 0 { i32::MIN } else { i32::MAX })
}

/// How far a connection is followed.
pub enum Stage<L> {
    /// Only its opening was seen.
    Embryonic(Embryonic),
    /// It has a stream handler.
    Followed(Box<Followed<L>>),
}

/// A connection with its stream handler.
pub struct Followed<L> {
    pub connection: Connection,
    pub stream_handler: L,
    pub lingers: bool,
    pub waiting_cost: usize,
    /// When it has to be looked at again, though no segment comes.
    pub deadline: Option<Time>,
    pub remembered: usize,
    /// What the connection and the stream handler hold, as the ledger has it.
    pub held: usize,
    /// Bytes of payload that came since that was noted.
    pub unnoted: u32,
    /// How many things the stream handler had then.
    pub items: u32,
    /// Its class in the ledger, by what it can let go of.
    pub class: u8,
    /// Its slot is in the table's `remembering`.
    pub remembers: bool,
    /// A SYN that may begin the next connection.
    pub pending_syn: Option<Box<PendingSyn>>,
}

/// A stream handler that notes only whether it is called.
#[derive(Default)]
pub struct Probe {
    /// A method was called.
    pub heard: bool,
}

impl StreamHandler for Probe {
    fn data(&mut self, _: Side, _: &[u8], _: PacketRef) {
        self.heard = true;
    }

    fn gap(&mut self, _: Side, _: u64, _: PacketRef) {
        self.heard = true;
    }

    fn roles_swapped(&mut self, _: &Endpoints) {
        self.heard = true;
    }
}

/// Something to be closed at the capture's end.
pub enum Ending {
    Connection(usize),
    PendingSyn(Box<PendingSyn>),
}

impl<F: ConnectionHandler> Entry<F> {
    #[inline]
    pub fn followed(&self) -> Option<&Followed<F::StreamHandler>> {
        match &self.stage {
            Stage::Embryonic(_) => None,
            Stage::Followed(followed) => Some(followed),
        }
    }

    #[inline]
    pub fn followed_mut(&mut self) -> Option<&mut Followed<F::StreamHandler>> {
        match &mut self.stage {
            Stage::Embryonic(_) => None,
            Stage::Followed(followed) => Some(followed),
        }
    }

    pub fn last_time(&self) -> Time {
        match &self.stage {
            Stage::Embryonic(embryonic) => embryonic.last_time(),
            Stage::Followed(followed) => followed.connection.last_time(),
        }
    }

    pub fn first_packet(&self) -> u64 {
        match &self.stage {
            Stage::Embryonic(embryonic) => embryonic.first().packet,
            Stage::Followed(followed) => followed.connection.first_packet(),
        }
    }

    pub fn rank(&self) -> Rank {
        match &self.stage {
            Stage::Embryonic(embryonic) if embryonic.is_half_open() => Rank::HalfOpen,
            Stage::Embryonic(_) => Rank::Answered,
            Stage::Followed(followed) if followed.connection.is_half_open() => Rank::Calling,
            Stage::Followed(_) => Rank::Followed,
        }
    }
}

impl<L> Followed<L> {
    pub fn new(connection: Connection, stream_handler: L) -> Self {
        Self {
            connection,
            stream_handler,
            lingers: false,
            waiting_cost: 0,
            deadline: None,
            remembered: 0,
            held: 0,
            unnoted: 0,
            items: 0,
            class: 0,
            remembers: false,
            pending_syn: None,
        }
    }
}

impl<L: StreamHandler> Followed<L> {
    /// A segment with so many bytes was handed in: whether it may hold much more than was noted. Then it counts as noted.
    #[inline]
    pub fn has_grown(&mut self, bytes: usize) -> bool {
        self.unnoted = self.unnoted.saturating_add(u32::try_from(bytes).unwrap_or(u32::MAX));
        let items = self.stream_handler.items() as u32;
        let has_grown = self.unnoted >= UNNOTED_BYTES || items.wrapping_sub(self.items) >= UNNOTED_ITEMS;
        if has_grown {
            (self.unnoted, self.items) = (0, items);
        }
        has_grown
    }
}
