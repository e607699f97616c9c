/*!
Two copies of the same bytes that disagree, and what is kept of them as evidence.

The receiver keeps one of the two, and which one depends on its system: this is how words are slipped past an observer,
or into a session.
*/

use super::Side;
use super::seq::Position;
use std::fmt;

/// Conflicts of a connection that are kept; further ones are counted.
pub const CONFLICTS: usize = 4;
/// Bytes kept of either copy.
const EXCERPT: usize = 64;
/// Of these, bytes before the first in which they disagree.
const BEFORE: Position = 32;

/// Two copies of the same bytes that disagree, with excerpts of both: bytes as they crossed, or what they were read as.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Conflict<T = Vec<u8>> {
    /// The side whose stream it is.
    pub from: Side,
    /// Where in the stream `first` and `second` begin, in bytes from its first one.
    pub offset: u64,
    /// Bytes in which the copies disagree; at least so many where `first` is empty.
    pub bytes: u64,
    /// The packet of the copy that came first, where that is still known.
    pub first_packet: Option<u64>,
    /// The packet of the other copy.
    pub second_packet: u64,
    /// Excerpt of the copy that came first and was delivered: not beyond a line end, nor 64 bytes. Empty where no more than a
    /// digest was kept of it, so that the copies begin to disagree at `offset` or behind it.
    pub first: T,
    /// Excerpt of the other copy.
    pub second: T,
}

impl<T> Conflict<T> {
    /// The same conflict, with other excerpts.
    pub fn with<U>(&self, [first, second]: [U; 2]) -> Conflict<U> {
        let Self { from, offset, bytes, first_packet, second_packet, .. } = *self;
        Conflict { from, offset, bytes, first_packet, second_packet, first, second }
    }
}

/// Without what the copies say: a password may be in it.
impl<T: AsRef<[u8]>> fmt::Debug for Conflict<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, offset, bytes, first_packet, second_packet, first, second } = self;
        f.debug_struct("Conflict")
            .field("from", from)
            .field("offset", offset)
            .field("bytes", bytes)
            .field("first_packet", first_packet)
            .field("second_packet", second_packet)
            .field("lengths", &(first.as_ref().len(), second.as_ref().len()))
            .finish()
    }
}

/// Where two copies begin to disagree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Where the excerpts begin.
    pub position: Position,
    /// The packet of the copy that came first.
    pub first_packet: Option<u64>,
    /// An excerpt of the copy that came first; empty where it is not kept any more.
    pub first: Vec<u8>,
    /// An excerpt of the other copy.
    pub second: Vec<u8>,
}

impl Difference {
    /// Two copies of the bytes `from..until` begin to disagree at `place`: keeps excerpts of their lines.
    pub fn new(
        place: Position,
        [from, until]: [Position; 2],
        first: impl Fn(Position) -> Option<u8>,
        second: impl Fn(Position) -> Option<u8>,
    ) -> Self {
        let mut position = place;
        while position > from.max(place - BEFORE) && first(position - 1).is_some_and(|byte| byte != b'\n') {
            position -= 1;
        }
        let excerpt = |copy: &dyn Fn(Position) -> Option<u8>| -> Vec<u8> {
            let mut whole = (position..until).map_while(copy).take(EXCERPT);
            let mut kept = Vec::new();
            // The byte in which they disagree may itself be a line end.
            while let Some(byte) = whole.next().filter(|&byte| byte != b'\n' || kept.is_empty()) {
                kept.push(byte);
            }
            kept
        };
        Self { position, first_packet: None, first: excerpt(&first), second: excerpt(&second) }
    }
}

/// Number of bytes in which two copies differ, as far as both go, and the index of the first.
pub fn disagreements(one: &[u8], other: &[u8]) -> Option<(usize, u64)> {
    let len = one.len().min(other.len());
    if one[..len] == other[..len] {
        return None;
    }
    let first = one.iter().zip(other).position(|(a, b)| a != b)?;
    Some((first, one.iter().zip(other).filter(|(a, b)| a != b).count() as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn difference(one: &str, other: &str) -> (Position, String, String) {
        let (first, _) = disagreements(one.as_bytes(), other.as_bytes()).expect("one");
        let byte = |text: &str, at: Position| text.as_bytes().get(at as usize).copied();
        let end = one.len().min(other.len()) as Position;
        let found = Difference::new(first as Position, [0, end], |at| byte(one, at), |at| byte(other, at));
        (found.position, String::from_utf8_lossy(&found.first).into(), String::from_utf8_lossy(&found.second).into())
    }

    #[test]
    fn an_excerpt_is_the_line_in_which_copies_disagree() {
        let found = difference("NOOP\r\nRCPT TO:<a@x>\r\nDATA\r\n", "NOOP\r\nRCPT TO:<b@x>\r\nDATA\r\n");
        assert_eq!(found, (6, "RCPT TO:<a@x>\r".into(), "RCPT TO:<b@x>\r".into()));
    }

    #[test]
    fn an_excerpt_is_bounded_on_either_side() {
        let one = format!("{}a{}", "x".repeat(500), "y".repeat(500));
        let found = difference(&one, &one.replace('a', "b"));
        assert_eq!((found.0, found.1.len(), found.2.len()), (468, 64, 64));
        assert!(found.1[..33].ends_with('a') && found.2[..33].ends_with('b'));
    }

    #[test]
    fn a_line_end_that_is_another_byte_is_shown() {
        assert_eq!(difference("a\nb", "axb"), (0, "a".into(), "axb".into()));
        assert_eq!(difference("\nb", "xb"), (0, "\nb".into(), "xb".into()));
    }
}
