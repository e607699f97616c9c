//! The words of a comparison of two sessions.

use super::{Lang, en, zh};
use crate::flow::Side;
use crate::verdict::compare::{Hand, Outcome, Quiet, Tally, What, Why};

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
    /// The contents of both messages.
    Content,
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

pub fn word(lang: Lang, word: Word) -> &'static str {
    say!(lang, compare::word(word))
}

/// What a quiet difference is in.
pub fn quiet(lang: Lang, quiet: Quiet) -> &'static str {
    say!(lang, compare::quiet(quiet))
}

/// What differs.
pub fn what(lang: Lang, what: &What) -> String {
    say!(lang, compare::what(what))
}

/// Why a step may have a counterpart that is not there.
pub fn why(lang: Lang, why: Why) -> &'static str {
    say!(lang, compare::why(why))
}

/// Where the sessions part: the numbers of the left and of the right step, with packets.
pub fn place(lang: Lang, left: Option<(u32, &str)>, right: Option<(u32, &str)>) -> String {
    say!(lang, compare::place(left, right))
}

/// Where and how two sessions part.
pub fn parting(lang: Lang, place: &str, parting: Parting<'_>) -> String {
    say!(lang, compare::parting(place, parting))
}

/// No step parts them.
pub fn same_process(lang: Lang, tally: &Tally) -> String {
    say!(lang, compare::same_process(tally))
}

/// How many rows there are of each sort.
pub fn counts(lang: Lang, tally: &Tally) -> String {
    say!(lang, compare::counts(tally))
}
