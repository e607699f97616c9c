/*!
From a packet to a TCP segment: link layer, tunnels, IP, fragments, TCP. Knows no connection and no mail.

What cannot be decoded is never dropped in silence: a [`DecodeStop`] says which layer gave up and why, and the pipeline
counts them.
*/

use crate::capture::{Packet, Time};
use std::net::SocketAddr;

/// One TCP segment, borrowed from its packet.
#[derive(Debug, Clone, Copy)]
pub struct Segment<'a> {
    /// Number of the packet that carried it (of the last fragment, where IP was fragmented).
    pub packet: u64,
    /// Time of that packet.
    pub time: Time,
    /// Sender.
    pub source: SocketAddr,
    /// Receiver.
    pub destination: SocketAddr,
    /// Sequence number of the first payload byte (of the SYN where that is set).
    pub sequence: u32,
    /// Acknowledgement number, where the ACK flag is set.
    pub acknowledgement: Option<u32>,
    /// SYN flag.
    pub syn: bool,
    /// FIN flag.
    pub fin: bool,
    /// RST flag.
    pub rst: bool,
    /// Receive window as sent, not scaled.
    pub window: u16,
    /// The captured payload.
    pub payload: &'a [u8],
    /// Payload bytes that the segment had on the wire: more than `payload` has where the snap length cut it.
    pub wire_len: u32,
}

/// What a packet turned out to be.
#[derive(Debug, Clone, Copy)]
pub enum Decoded<'a> {
    /// A TCP segment.
    Segment(Segment<'a>),
    /// A whole packet of another kind: UDP, ICMP, ARP, a fragment that waits for the others.
    Other,
    /// A packet that could not be decoded.
    Stop(DecodeStop),
}

/// Which layer gave up, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DecodeStop {
    /// The link type is none that is known here.
    UnknownLink(crate::capture::LinkType),
    /// The link-layer header is cut short or makes no sense.
    Link,
    /// The IP header or its extensions are cut short or make no sense.
    Ip,
    /// The TCP header is cut short or makes no sense.
    Tcp,
}

/// Turns packets into segments. Holds what fragments need to find each other.
#[derive(Debug, Default)]
pub struct Decoder {}

impl Decoder {
    /// Decodes one packet.
    pub fn decode<'a>(&'a mut self, packet: &Packet<'a>) -> Decoded<'a> {
        let _ = packet;
        Decoded::Other
    }
}
