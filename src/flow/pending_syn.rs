/*!
A SYN in the middle of a connection.

It may begin the next connection, where the end of this one was not captured; or it is stale or forged, and the other
end answers it with an acknowledgement that changes nothing (RFC 5961, section 4). The packets after it show which: so
the SYN is kept until one of them answers it.
*/

use crate::decode::{Header, Segment};
use std::net::SocketAddr;

/// Payload kept of such a SYN (RFC 7413 data fits into one packet).
const PAYLOAD: usize = 1_460;

/// A SYN that waits for its answer.
#[derive(Debug)]
pub struct PendingSyn {
    source: SocketAddr,
    destination: SocketAddr,
    header: Header,
    payload: Vec<u8>,
}

impl PendingSyn {
    /// Keeps `segment` as a SYN alone, whatever other flags it has.
    pub fn new(segment: &Segment<'_>) -> Self {
        Self {
            source: segment.source,
            destination: segment.destination,
            header: Header { syn: true, fin: false, rst: false, ..segment.header },
            payload: segment.payload[..segment.payload.len().min(PAYLOAD)].to_vec(),
        }
    }

    /// The SYN as a segment.
    pub fn segment(&self) -> Segment<'_> {
        let Self { source, destination, header, payload } = self;
        Segment { source: *source, destination: *destination, header: *header, payload, multipath: &[] }
    }

    /// Whether `segment` is the same SYN sent again.
    pub fn is_repeated_by(&self, segment: &Segment<'_>) -> bool {
        segment.header.syn && segment.source == self.source && segment.header.sequence == self.header.sequence
    }

    /// Whether `segment` can only belong to the connection that this SYN begins: it acknowledges the SYN, or follows
    /// it.
    pub fn is_answered_by(&self, segment: &Segment<'_>) -> bool {
        let after = |number: u32| (1..=1 + self.header.wire_len).contains(&number.wrapping_sub(self.header.sequence));
        if segment.source == self.source {
            !segment.header.syn && !segment.header.rst && after(segment.header.sequence)
        } else {
            segment.header.acknowledgement.is_some_and(after)
        }
    }
}
