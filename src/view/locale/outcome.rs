//! What became of a session, in a word or two.

use super::became::Outcome;
use super::{en, zh};
use crate::view::Lang;

/// `outcome` in words.
pub fn outcome(lang: Lang, outcome: Outcome) -> &'static str {
    say!(lang, outcome::outcome(outcome))
}
