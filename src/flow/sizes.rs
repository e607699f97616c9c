/*!
How large a segment has ever crossed from one side to the other: what tells a path that is too narrow for large segments
(RFC 2923, section 2.1) from one that loses segments of any size.

A segment has crossed where it was acknowledged. Of a segment larger than the path takes (a network card cuts it: the
capture of a sender shows it whole) as much counts as one acknowledgement covers.
*/

use super::seq::Position;

/// Segments that wait for their acknowledgement, at most: each larger than all before it, of which there are few.
const WAITING: usize = 2;
/// Payload that every path takes (RFC 791, section 3.2, without the headers).
pub const ANY_PATH: u16 = 512;

/// The sizes of the segments that one side sent. Each connection has two, of 16 bytes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sizes {
    /// The largest segment that was acknowledged.
    acknowledged: u16,
    /// The largest segment that was sent while there was room.
    largest: u16,
    /// Segments larger than all before them: their lengths; 0 where there is none.
    lengths: [u16; WAITING],
    /// Where they end: the lower half of the position.
    ends: [u32; WAITING],
}

impl Sizes {
    /// A segment of `len` bytes that ends at `end` was sent, and it brought something new.
    #[inline]
    pub fn sent(&mut self, end: Position, len: u32) {
        let len = u16::try_from(len).unwrap_or(u16::MAX);
        if len > self.largest {
            self.larger(end as u32, len);
        }
    }

    /// The other side has received everything before `position`.
    #[inline]
    pub fn received(&mut self, position: Position) {
        if self.lengths[0] != 0 {
            self.crossed(position as u32);
        }
    }

    /// The largest segment that was acknowledged.
    pub fn acknowledged(&self) -> u16 {
        self.acknowledged
    }

    /// The largest segment that was sent.
    pub fn largest(&self) -> u16 {
        self.largest
    }

    fn larger(&mut self, end: u32, len: u16) {
        if self.lengths[WAITING - 1] != 0 {
            if self.lengths[0] > ANY_PATH {
                // The next one that is as large comes when there is room.
                return;
            }
            // That such a small one has crossed says nothing.
            self.pass();
        }
        self.largest = len;
        if let Some(free) = self.lengths.iter().position(|&length| length == 0) {
            (self.lengths[free], self.ends[free]) = (len, end);
        }
    }

    fn crossed(&mut self, position: u32) {
        while self.lengths[0] != 0 {
            let ahead = self.ends[0].wrapping_sub(position).cast_signed();
            if ahead <= 0 {
                self.acknowledged = self.acknowledged.max(self.lengths[0]);
                self.pass();
                continue;
            }
            // A part of it has crossed, in one segment or in several.
            let part = u32::from(self.lengths[0]).saturating_sub(ahead.cast_unsigned());
            self.acknowledged = self.acknowledged.max(part as u16);
            return;
        }
    }

    fn pass(&mut self) {
        self.lengths.rotate_left(1);
        self.ends.rotate_left(1);
        self.lengths[WAITING - 1] = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::Sizes;

    #[test]
    fn a_segment_has_crossed_when_it_is_acknowledged() {
        let mut sizes = Sizes::default();
        for (end, len) in [(100, 100), (1_548, 1_448), (2_996, 1_448), (3_000, 4)] {
            sizes.sent(end, len);
        }
        assert_eq!((sizes.acknowledged(), sizes.largest()), (0, 1_448));
        sizes.received(100);
        assert_eq!(sizes.acknowledged(), 100);
        sizes.received(1_000);
        assert_eq!(sizes.acknowledged(), 900, "a part of a segment that a card cuts");
        sizes.received(3_000);
        assert_eq!(sizes.acknowledged(), 1_448);
    }

    #[test]
    fn of_many_that_grow_none_is_taken_for_larger_than_what_has_crossed() {
        let mut sizes = Sizes::default();
        let mut end = i64::from(u32::MAX) - 5_000;
        let begin = end;
        for len in [40, 300, 1_448, 2_896, 5_792, 11_584, 100_000] {
            end += i64::from(len);
            sizes.sent(end, len);
        }
        sizes.received(begin + 340);
        assert_eq!(sizes.acknowledged(), 0, "the small ones are let go of");
        sizes.received(begin + 340 + 1_448);
        assert_eq!(sizes.acknowledged(), 1_448);
        sizes.received(end);
        sizes.sent(end + 11_584, 11_584);
        assert_eq!(sizes.acknowledged(), 2_896);
        sizes.received(end + 11_584);
        assert_eq!(sizes.acknowledged(), 11_584);
    }
}
