//! The two ends of a connection, and the packets that they send.

use crate::capture::Time;
use crate::decode::{Header, Segment};
use std::net::SocketAddr;

/// One of the two ends of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub enum Side {
    /// The end that opened the connection.
    Client,
    /// The end that the client connected to.
    Server,
}

impl Side {
    /// The other end.
    pub fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
}

/// The packet that something was read from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PacketRef {
    /// Its number, from 1.
    pub packet: u64,
    /// Its time.
    pub time: Time,
}

/// The two endpoints of a connection, by role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Endpoints {
    /// The end that opened the connection.
    pub client: SocketAddr,
    /// The end that the client connected to.
    pub server: SocketAddr,
}

impl Header {
    /// The packet that the header was read from.
    pub fn at(&self) -> PacketRef {
        PacketRef { packet: self.packet, time: self.time }
    }
}

impl Segment<'_> {
    /// The packet that the segment was read from.
    pub fn at(&self) -> PacketRef {
        self.header.at()
    }
}
