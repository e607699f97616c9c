//! What is said of two sessions, without words.

use crate::flow::Side;
use crate::verdict::compare::{Hand, Outcome};

/// A heading or a fixed word of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Word {
    Comparison,
    Left,
    Right,
    Who,
    Steps,
    File,
    /// The legend: what the sign of a row means.
    Same,
    Quiet,
    Differs,
    OnlyLeft,
    OnlyRight,
    Unseen,
    /// The column of what is said and carried.
    Content,
    /// What a server answers that accepts or refuses a message, or the client as such.
    TheMessage,
    TheConnection,
    /// A sentence: there is TLS.
    Hidden,
}

/// The two steps at which sessions part, as text: the left one's and the right one's.
#[derive(Debug, Clone, Copy)]
pub struct Quotes<'a> {
    pub left: &'a str,
    pub right: &'a str,
}

/// What two sessions come to that part.
#[derive(Debug, Clone, Copy)]
pub enum Parting<'a> {
    /// Both servers answer the same, called `to`, differently.
    Outcome { to: &'a str, outcomes: [Option<Outcome>; 2], said: Quotes<'a> },
    /// Each side says something else.
    Instead { from: Side, said: Quotes<'a>, overwritten: bool },
    /// Only one has this step.
    Only { hand: Hand, from: Side, said: &'a str },
}
