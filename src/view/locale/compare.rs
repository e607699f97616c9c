//! The words of a comparison of two sessions.

use super::compared::{Parting, Word};
use super::{Lang, en, zh};
use crate::verdict::compare::{Hand, Quiet, Tally, What, Why};

/// A heading or a fixed word.
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

/// All that one session does, the other does too.
pub fn within(lang: Lang, hand: Hand) -> String {
    say!(lang, compare::within(hand))
}

/// How many rows there are of each sort.
pub fn counts(lang: Lang, tally: &Tally) -> String {
    say!(lang, compare::counts(tally))
}
