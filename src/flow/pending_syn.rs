/*!
A SYN in the middle of a connection.

It may begin the next one, where the end of this one was not captured; or it is stale or forged, and the other end answers
it with an acknowledgement that changes nothing (RFC 5961, section 4). Which of the two, the packets after it tell: so it is
kept until one of them answers it.
*/

use crate::capture::Time;
use crate::decode::Segment;
use std::net::SocketAddr;

/// Payload kept of such a SYN (RFC 7413 data fits into one packet).
const PAYLOAD: usize = 1_460;

/// A SYN that waits for its answer.
#[derive(Debug)]
pub struct PendingSyn {
    packet: u64,
    time: Time,
    source: SocketAddr,
    destination: SocketAddr,
    sequence: u32,
    acknowledgement: Option<u32>,
    window: u16,
    identification: Option<u16>,
    shares_packet: bool,
    payload: Vec<u8>,
    wire_len: u32,
}

impl PendingSyn {
    /// Keeps `segment`.
    pub fn new(segment: &Segment<'_>) -> Self {
        Self {
            packet: segment.packet,
            time: segment.time,
            source: segment.source,
            destination: segment.destination,
            sequence: segment.sequence,
            acknowledgement: segment.acknowledgement,
            window: segment.window,
            identification: segment.identification,
            shares_packet: segment.shares_packet,
            payload: segment.payload[..segment.payload.len().min(PAYLOAD)].to_vec(),
            wire_len: segment.wire_len,
        }
    }

    /// The segment.
    pub fn segment(&self) -> Segment<'_> {
        Segment {
            packet: self.packet,
            time: self.time,
            source: self.source,
            destination: self.destination,
            sequence: self.sequence,
            acknowledgement: self.acknowledgement,
            syn: true,
            fin: false,
            rst: false,
            window: self.window,
            identification: self.identification,
            shares_packet: self.shares_packet,
            payload: &self.payload,
            wire_len: self.wire_len,
        }
    }

    /// Whether `segment` is the same SYN sent again.
    pub fn is_repeated_by(&self, segment: &Segment<'_>) -> bool {
        segment.syn && segment.source == self.source && segment.sequence == self.sequence
    }

    /// Whether `segment` can only belong to the connection that this SYN begins: it acknowledges it, or follows it.
    pub fn is_answered_by(&self, segment: &Segment<'_>) -> bool {
        let after = |number: u32| (1..=1 + self.wire_len).contains(&number.wrapping_sub(self.sequence));
        if segment.source == self.source {
            !segment.syn && !segment.rst && after(segment.sequence)
        } else {
            segment.acknowledgement.is_some_and(after)
        }
    }
}
