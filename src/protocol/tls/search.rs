/*!
Where the next record begins, after bytes that are missing: bytes that read like a record's header are a candidate, and
the record itself proves it or not.
*/

use super::record::{APPLICATION_DATA, CHANGE_CIPHER_SPEC, HEADER_BYTES, Head, RECORD_BYTES};
use crate::flow::PacketRef;
use crate::limits::of_list;

/// TLS 1.0 takes an initialization vector from the end of the record before: the longest block there is, and the longest
/// MAC behind it (RFC 7366).
const END_BYTES: usize = 16 + 48;

/// The bytes among which a record is searched for. No more are held than the longest record has, and one packet.
#[derive(Debug, Default)]
pub struct Search {
    bytes: Vec<u8>,
    pieces: Vec<(usize, PacketRef)>,
    /// Where the next candidate may begin.
    next: usize,
    /// Bytes that were passed over and let go.
    let_go: u64,
}

impl Search {
    /// Bytes that it holds.
    pub fn held(&self) -> usize {
        of_list(&self.bytes) + of_list(&self.pieces)
    }

    /// Adds bytes that came.
    pub fn push(&mut self, bytes: &[u8], at: PacketRef) {
        self.let_go_of_passed();
        self.bytes.extend_from_slice(bytes);
        if !bytes.is_empty() {
            self.pieces.push((bytes.len(), at));
        }
    }

    /// What was passed over is needed no more, but for the end of the record before.
    fn let_go_of_passed(&mut self) {
        let useless = self.next.saturating_sub(END_BYTES);
        let (mut gone, mut pieces) = (0, 0);
        for (length, _) in &self.pieces {
            if gone + length > useless {
                break;
            }
            (gone, pieces) = (gone + length, pieces + 1);
        }
        self.pieces.drain(..pieces);
        self.bytes.drain(..gone);
        self.next -= gone;
        self.let_go += gone as u64;
    }

    /// The next candidate that is whole. `is_end`: no more bytes will come, so that one that is not whole is none.
    pub fn candidate(&mut self, is_end: bool) -> Option<Head> {
        loop {
            let &[kind, major, minor, high, low, ref rest @ ..] = self.bytes.get(self.next..)? else { return None };
            let length = u16::from_be_bytes([high, low]);
            let is_header = (CHANGE_CIPHER_SPEC..=APPLICATION_DATA).contains(&kind)
                && major == 3
                && minor <= 4
                && (1..=RECORD_BYTES).contains(&length);
            if is_header && rest.len() >= usize::from(length) {
                return Some(Head { kind, version: u16::from_be_bytes([major, minor]), length });
            }
            if is_header && !is_end {
                return None;
            }
            self.next += 1;
        }
    }

    /// The candidate's body.
    pub fn body(&self, candidate: Head) -> &[u8] {
        let begin = self.next + HEADER_BYTES as usize;
        self.bytes.get(begin..begin + usize::from(candidate.length)).unwrap_or_default()
    }

    /// The bytes right before the candidate, as far as they are known and of use.
    pub fn before(&self) -> &[u8] {
        self.bytes.get(self.next.saturating_sub(END_BYTES)..self.next).unwrap_or_default()
    }

    /// The candidate is none.
    pub fn pass_over(&mut self) {
        self.next += 1;
    }

    /// Bytes before the candidate.
    pub fn passed_over(&self) -> u64 {
        self.let_go + self.next as u64
    }

    /// All bytes that were searched.
    pub fn all(&self) -> u64 {
        self.let_go + self.bytes.len() as u64
    }

    /// The bytes from the candidate on, by packet.
    pub fn rest(self) -> Vec<(Vec<u8>, PacketRef)> {
        let (mut place, mut rest) = (0, Vec::new());
        for (length, at) in self.pieces {
            let (begin, end) = (place.max(self.next), place + length);
            if begin < end {
                rest.push((self.bytes[begin..end].to_vec(), at));
            }
            place = end;
        }
        rest
    }
}
