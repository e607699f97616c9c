/*!
The client's bytes that wait for the reply that decides what they are.

A client may send everything at once, before the server has sent a byte; whether what follows DATA is content is then
known only when DATA's reply comes. The bounds are [`limits::WAITING_BYTES_PER_DIRECTION`] and
[`limits::WAITING_SEGMENTS_PER_DIRECTION`]; the dialogue must decide without the reply when [`DeferredInput::is_full`].
*/

use super::command::Command;
use crate::flow::PacketRef;
use crate::limits::{self, heap, of_queue};
use crate::protocol::Early;
use crate::protocol::secret::Raw;
use std::collections::VecDeque;

/// The end of a message that every server takes for one (RFC 5321, section 4.1.1.4).
const END_OF_DATA: &[u8] = b"\r\n.\r\n";

/// Deferred bytes of one packet, or a gap.
#[derive(Debug)]
pub(super) enum Deferred {
    /// Bytes, from `start` on.
    Bytes {
        /// All bytes of the packet; those before `start` have been read.
        bytes: Raw<Vec<u8>>,
        /// Where the unread bytes begin.
        start: usize,
        /// The packet that they came in.
        at: PacketRef,
    },
    /// This many bytes are missing here.
    Gap(u64, PacketRef),
}

impl From<Deferred> for Early {
    fn from(piece: Deferred) -> Self {
        match piece {
            Deferred::Bytes { mut bytes, start, at } => {
                let start = start.min(bytes.len());
                Self::Data(Raw(bytes.split_off(start)), at)
            }
            Deferred::Gap(missing, at) => Self::Gap(missing, at),
        }
    }
}

/// The deferred input, in order.
#[derive(Debug, Default)]
pub struct DeferredInput {
    pieces: VecDeque<Deferred>,
    /// Bytes that are deferred now.
    len: usize,
    /// Bytes that were ever deferred.
    pushed: u64,
    /// How many bytes of [`END_OF_DATA`] the last deferred bytes match.
    matched: usize,
    /// What `pushed` was at the end of the last [`END_OF_DATA`].
    end_of_data: u64,
}

impl DeferredInput {
    /// Bytes that it holds.
    pub fn held(&self) -> usize {
        of_queue(&self.pieces) + self.len + self.pieces.len() * heap(1)
    }

    /// True where nothing is deferred.
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// True where no more should be deferred.
    pub fn is_full(&self) -> bool {
        self.len >= limits::WAITING_BYTES_PER_DIRECTION || self.pieces.len() >= limits::WAITING_SEGMENTS_PER_DIRECTION
    }

    /// Adds bytes.
    pub fn push(&mut self, bytes: &[u8], at: PacketRef) {
        for (n, &byte) in (1..).zip(bytes) {
            // Where a match breaks off, only a CR can begin the next.
            self.matched = match END_OF_DATA.get(self.matched) {
                Some(&next) if next == byte => self.matched + 1,
                _ => usize::from(byte == b'\r'),
            };
            if self.matched == END_OF_DATA.len() {
                self.end_of_data = self.pushed + n;
                self.matched = 2; // its CR LF may begin the next
            }
        }
        self.pushed += bytes.len() as u64;
        self.len += bytes.len();
        self.pieces.push_back(Deferred::Bytes { bytes: Raw(bytes.to_vec()), start: 0, at });
    }

    /// Adds a gap.
    pub fn push_gap(&mut self, missing: u64, at: PacketRef) {
        self.matched = 0;
        self.pieces.push_back(Deferred::Gap(missing, at));
    }

    /// Takes the next piece out.
    pub fn pop(&mut self) -> Option<Deferred> {
        let piece = self.pieces.pop_front()?;
        if let Deferred::Bytes { bytes, start, .. } = &piece {
            self.len -= bytes.len() - start;
        }
        Some(piece)
    }

    /// Puts a piece back that was read in part.
    pub fn put_back(&mut self, piece: Deferred) {
        if let Deferred::Bytes { bytes, start, .. } = &piece {
            self.len += bytes.len() - start;
        }
        self.pieces.push_front(piece);
    }

    /// The first byte, where it is not missing.
    pub fn first_byte(&self) -> Option<u8> {
        match self.pieces.front()? {
            Deferred::Bytes { bytes, start, .. } => bytes.get(*start).copied(),
            Deferred::Gap(..) => None,
        }
    }

    /// True where a gap comes first.
    pub fn begins_with_gap(&self) -> bool {
        matches!(self.pieces.front(), Some(Deferred::Gap(..)))
    }

    /// The first line without its LF, or as much of it as is deferred. Empty where a gap comes first.
    pub fn first_line(&self) -> Vec<u8> {
        let mut line = Vec::new();
        for piece in &self.pieces {
            let Deferred::Bytes { bytes, start, .. } = piece else { break };
            let rest = bytes.get(*start..).unwrap_or_default();
            let lf = memchr::memchr(b'\n', rest);
            line.extend_from_slice(&rest[..lf.unwrap_or(rest.len())]);
            if lf.is_some() || line.len() >= limits::LINE_BYTES {
                break;
            }
        }
        line
    }

    /// True where the first two lines are deferred, or enough of them to see that one is a command.
    pub fn is_decisive(&self) -> bool {
        self.is_decisive_command() || self.lines_after_gaps().1.is_some()
    }

    /// True where the first deferred line is a command, or the second: a gap may end in the middle of a line.
    pub fn is_decisive_command(&self) -> bool {
        let (first, second) = self.lines_after_gaps();
        [Some(first), second].into_iter().flatten().any(|line| Command::read(&line).is_in_form())
    }

    /// The first line after any gaps that come first, and the next if it is whole.
    fn lines_after_gaps(&self) -> (Vec<u8>, Option<Vec<u8>>) {
        let mut bytes = Vec::new();
        for piece in self.pieces.iter().skip_while(|piece| matches!(piece, Deferred::Gap(..))) {
            let Deferred::Bytes { bytes: more, start, .. } = piece else { break };
            bytes.extend_from_slice(more.get(*start..).unwrap_or_default());
            if bytes.len() >= limits::LINE_BYTES || memchr::memchr_iter(b'\n', &bytes).nth(1).is_some() {
                break;
            }
        }
        let mut lines = bytes
            .split_inclusive(|&byte| byte == b'\n')
            .map(|line| (line.trim_ascii_end().to_vec(), line.ends_with(b"\n")));
        let first = lines.next().map(|(line, _)| line).unwrap_or_default();
        (first, lines.next().filter(|(_, whole)| *whole).map(|(line, _)| line))
    }

    /// True where the end of a line is deferred.
    pub fn has_line(&self) -> bool {
        let has_lf = |piece: &Deferred| match piece {
            Deferred::Bytes { bytes, start, .. } => {
                memchr::memchr(b'\n', bytes.get(*start..).unwrap_or_default()).is_some()
            }
            Deferred::Gap(..) => false,
        };
        self.pieces.iter().any(has_lf)
    }

    /// True where a CR LF `.` CR LF is deferred, or its last byte at least.
    pub fn has_end_of_data(&self) -> bool {
        self.end_of_data > self.pushed - self.len as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::Time;

    fn deferred(pieces: &[&[u8]]) -> DeferredInput {
        let mut deferred = DeferredInput::default();
        for piece in pieces {
            deferred.push(piece, PacketRef { packet: 1, time: Time::default() });
        }
        deferred
    }

    #[test]
    fn the_end_of_data_is_seen_however_it_is_cut() {
        for text in [b"a\r\n.\r\n".as_slice(), b"\r\n.\r\r\n.\r\n", b"\r\r\n.\r\n", b"\r\n.\r\n.\r\n"] {
            for size in 1..=text.len() {
                assert!(deferred(&text.chunks(size).collect::<Vec<_>>()).has_end_of_data(), "{}", text.escape_ascii());
            }
        }
        for text in [b"a\n.\r\n".as_slice(), b"\r\n.\n", b"\r\n..\r\n", b"\r.\r\n"] {
            assert!(!deferred(&[text]).has_end_of_data(), "{}", text.escape_ascii());
        }
    }

    #[test]
    fn what_was_taken_out_is_forgotten() {
        let mut deferred = deferred(&[b"a\r\n.\r\n", b"b"]);
        deferred.pop();
        assert!(!deferred.has_end_of_data());
        assert_eq!(deferred.first_line(), b"b");
    }

    #[test]
    fn the_first_line_may_span_packets() {
        let deferred = deferred(&[b"MAIL", b" FROM", b":<>\r\nRCPT"]);
        assert_eq!(deferred.first_line(), b"MAIL FROM:<>\r");
    }
}
