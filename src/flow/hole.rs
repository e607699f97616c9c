/*!
Bytes that never came and were never acknowledged, though their sender had sent them: the receiver's view of what the
network does not deliver. What the receiver has acknowledged is no hole: that the capture alone has lost.

That the bytes had been sent shows in what comes behind them: later bytes, a FIN, or the sequence number of a bare
acknowledgement, which is the next that its sender will use (RFC 9293, section 3.4).
*/

use super::assembler::Assembler;
use super::seq::Position;
use super::{PacketRef, Side};

/// How far past the last byte seen a bare acknowledgement may stand: further ahead it is forged.
const AHEAD: Position = 1 << 20;

/// Bytes of one side that did not come, when the connection was over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hole {
    /// The sender.
    pub of: Side,
    /// How many bytes.
    pub bytes: u64,
    /// The largest segment of the sender that did come.
    pub largest: u32,
    /// The packet that shows that they had been sent: the first behind them.
    pub shown: PacketRef,
    /// The last packet of the receiver.
    pub heard: PacketRef,
    /// The last packet of the sender.
    pub last: PacketRef,
}

/// Where a hole is, and what shows it.
#[derive(Debug, Clone, Copy)]
pub struct Gap {
    /// How many bytes.
    pub bytes: u64,
    /// The first packet behind it.
    pub shown: PacketRef,
}

/// A bare acknowledgement that stands behind all bytes seen of its side.
#[derive(Debug, Clone, Copy)]
pub struct Ahead {
    position: Position,
    at: PacketRef,
}

/// Notes that `side`'s packet `at`, which carries nothing, stands at `position`, behind all that was seen.
pub fn note(ahead: &mut Option<Ahead>, position: Position, at: PacketRef, stream: &Assembler) {
    if position > stream.highest() + AHEAD {
        return;
    }
    // Of several, the first that shows as much as the last.
    match ahead {
        Some(known) if known.position >= position => {}
        _ => *ahead = Some(Ahead { position, at }),
    }
}

/// The hole at the end of what `stream` has delivered, when its connection is over. `fin`: the packet of its FIN.
pub fn at_the_end(stream: &Assembler, fin: Option<PacketRef>, ahead: Option<Ahead>) -> Option<Gap> {
    let next = stream.next();
    if !stream.is_placed() || stream.acknowledged() > next {
        return None;
    }
    let (until, shown) = match (stream.first_waiting(), fin, ahead) {
        (Some((position, at)), ..) => (position, at),
        (None, Some(at), _) if stream.highest() > next => (stream.highest(), at),
        // A FIN has a sequence number of its own: one that was not captured is no hole.
        (None, None, Some(ahead)) if ahead.position > next + 1 => (ahead.position, ahead.at),
        (None, ..) => return None,
    };
    let bytes = u64::try_from(until - next).ok().filter(|&bytes| bytes > 0)?;
    Some(Gap { bytes, shown })
}
