//! Sequence numbers: 32 bits on the wire, 64 here, so that nothing ever wraps.

use std::num::NonZeroI64;

/// A position in one direction's stream, counted in bytes from an arbitrary origin. The same sequence number 2³² bytes
/// on is another position.
pub type Position = i64;

/// A position that is kept where it may not be known: an `Option` of it takes no more room. None is 0 (see [`first`]), save
/// in a stream that has gone back for a terabyte.
pub type Kept = NonZeroI64;

/// `position`, to be kept.
#[inline]
pub fn kept(position: Position) -> Option<Kept> {
    Kept::new(position)
}

/// The position of the first sequence number seen of a direction.
pub fn first(number: u32) -> Position {
    // Far enough from zero that bytes before the first one seen have positions too.
    Position::from(number) + (1 << 40)
}

/// The position of `number`: of all positions with this sequence number, the one nearest to `near` (RFC 9293, section
/// 3.4: comparisons are modulo 2³²).
#[inline]
pub fn unwrap(number: u32, near: Position) -> Position {
    // The distance, as the signed 32-bit number that it is modulo 2^32.
    let distance = number.wrapping_sub(near as u32) as i32;
    near + Position::from(distance)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps_in_both_directions() {
        let start = first(u32::MAX - 1);
        assert_eq!(unwrap(3, start) - start, 5);
        assert_eq!(unwrap(u32::MAX - 11, start) - start, -10);
        let mut place = start;
        for step in 1..=10_u32 {
            place = unwrap((u32::MAX - 1).wrapping_add(step.wrapping_mul(1 << 30)), place);
        }
        assert_eq!(place - start, 10 << 30);
    }
}
