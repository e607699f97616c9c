//! What is noted of how a connection ends.

use crate::flow::ends::Ends;
use crate::flow::seq::Position;
use crate::flow::{Leaving, Side};

/// A RST that is believed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reset {
    pub(super) from: Side,
    /// Its position: bytes before it were sent before the RST, and only came late.
    pub(super) position: Position,
    /// Position after the last byte that the other side had sent by then.
    pub(super) other: Position,
    /// Later segments of the same side that acknowledge bytes sent after the RST.
    pub(super) alive: u32,
}

/// What is noted of a connection's ends.
#[derive(Debug, Default)]
pub(super) struct Noted {
    pub(super) ends: Ends,
    /// The first FIN or RST.
    pub(super) left: Option<Leaving>,
    /// Position up to which the side of the first RST had acknowledged the other side's bytes before it.
    pub(super) acknowledged: Position,
}
