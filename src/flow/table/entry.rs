//! What is kept of one connection.

use crate::capture::Time;
use crate::flow::challenge::Challenge;
use crate::flow::connection::Connection;
use crate::flow::opening::Opening;
use crate::flow::slots::Rank;
use crate::flow::{At, Ends, Follower, Listener, Side};

/// A connection, and how far it is followed.
pub struct Entry<F: Follower> {
    /// Distinguishes the connections that have used one place.
    pub generation: u64,
    /// By this its follower knows it.
    pub ticket: F::Ticket,
    /// How far it is followed.
    pub stage: Stage<F::Listener>,
}

/// How far a connection is followed.
pub enum Stage<L> {
    /// It does nothing but open.
    Opening(Opening),
    /// Somebody listens.
    Followed(Box<Followed<L>>),
}

/// A connection with whoever listens to it.
pub struct Followed<L> {
    pub connection: Connection,
    pub listener: L,
    pub lingers: bool,
    pub waiting_cost: usize,
    pub remembered: usize,
    /// It stands in `remembering` of the table.
    pub remembers: bool,
    /// A SYN that may begin the next connection.
    pub challenge: Option<Box<Challenge>>,
}

/// Hears whether there is anything to be heard.
#[derive(Default)]
pub struct Probe {
    /// Something was told.
    pub heard: bool,
}

impl Listener for Probe {
    fn data(&mut self, _: Side, _: &[u8], _: At) {
        self.heard = true;
    }

    fn gap(&mut self, _: Side, _: u64, _: At) {
        self.heard = true;
    }

    fn turned(&mut self, _: &Ends) {
        self.heard = true;
    }
}

/// Something to be closed at the capture's end.
pub enum Ending {
    Connection(usize),
    Challenge(Box<Challenge>),
}

impl<F: Follower> Entry<F> {
    pub fn followed(&self) -> Option<&Followed<F::Listener>> {
        match &self.stage {
            Stage::Opening(_) => None,
            Stage::Followed(followed) => Some(followed),
        }
    }

    pub fn followed_mut(&mut self) -> Option<&mut Followed<F::Listener>> {
        match &mut self.stage {
            Stage::Opening(_) => None,
            Stage::Followed(followed) => Some(followed),
        }
    }

    pub fn last_time(&self) -> Time {
        match &self.stage {
            Stage::Opening(opening) => opening.last_time(),
            Stage::Followed(followed) => followed.connection.last_time(),
        }
    }

    pub fn first_packet(&self) -> u64 {
        match &self.stage {
            Stage::Opening(opening) => opening.first().packet,
            Stage::Followed(followed) => followed.connection.first_packet(),
        }
    }

    pub fn rank(&self) -> Rank {
        match &self.stage {
            Stage::Opening(opening) if opening.is_half_open() => Rank::HalfOpen,
            Stage::Opening(_) => Rank::Answered,
            Stage::Followed(followed) if followed.connection.is_half_open() => Rank::Calling,
            Stage::Followed(_) => Rank::Followed,
        }
    }
}

impl<L> Followed<L> {
    pub fn new(connection: Connection, listener: L) -> Self {
        Self { connection, listener, lingers: false, waiting_cost: 0, remembered: 0, remembers: false, challenge: None }
    }
}
