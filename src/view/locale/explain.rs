//! The words of the questions of a lab report, and of their answers.

use super::question::{Question, Word};
use super::{Lang, en, zh};
use crate::protocol::Protocol;
use crate::protocol::event::Direction;
use crate::verdict::explain::{Abilities, Ability, Hand, Retrievals, Same, Sign};

pub fn question(lang: Lang, question: Question) -> &'static str {
    say!(lang, explain::question(question))
}

pub fn word(lang: Lang, word: Word) -> &'static str {
    say!(lang, explain::word(word))
}

/// How many sessions of each protocol there are, and steps in all.
pub fn sessions(lang: Lang, counts: &[(&str, u64)], steps: u64) -> String {
    say!(lang, explain::sessions(counts, steps))
}

/// How many steps a phase has.
pub fn phase(lang: Lang, title: &str, steps: u64) -> String {
    say!(lang, explain::phase(title, steps))
}

/// How many attempts to log in can be read.
pub fn readable(lang: Lang, readable: u64, all: u64) -> String {
    say!(lang, explain::readable(readable, all))
}

/// How often POP3 logs in.
pub fn pop3_logs_in(lang: Lang, retrievals: Retrievals) -> String {
    say!(lang, explain::pop3_logs_in(retrievals))
}

/// Messages that were accepted without a login.
pub fn smtp_asked_for_none(lang: Lang, messages: u64) -> String {
    say!(lang, explain::smtp_asked_for_none(messages))
}

/// How many messages there are, and how many of them have MIME fields.
pub fn messages(lang: Lang, all: u64, mime: u64) -> String {
    say!(lang, explain::messages(all, mime))
}

/// What becomes of what was sent: how many pairs are identical, how many have only trace fields added, how many there are.
pub fn same(lang: Lang, same: &Same, counts: [u64; 3]) -> String {
    say!(lang, explain::same(same, counts))
}

/// How many sessions look typed, and of how many that is not clear.
pub fn typed(lang: Lang, typed: &[u64], perhaps: u64, readable: u64) -> String {
    say!(lang, explain::typed(typed, perhaps, readable))
}

pub fn hand(lang: Lang, hand: Hand) -> &'static str {
    say!(lang, explain::hand(hand))
}

/// A sign with the number of lines that have it, of all that were looked at.
pub fn sign(lang: Lang, sign: Sign, count: u64, lines: u64) -> String {
    say!(lang, explain::sign(sign, count, lines))
}

/// How two sessions are alike: their numbers, and the commands that only one has.
pub fn likeness(lang: Lang, numbers: [u64; 2], only: [&[String]; 2], common: u64) -> String {
    say!(lang, explain::likeness(numbers, only, common))
}

/// How many sessions something failed in, and recipients that were refused.
pub fn failed(lang: Lang, sessions: u64, recipients: u64) -> String {
    say!(lang, explain::failed(sessions, recipients))
}

/// What to do about a protocol that was not safe.
pub fn advice(lang: Lang, protocol: Protocol) -> &'static str {
    say!(lang, explain::advice(protocol))
}

/// The sessions that a weakness is in: how many, and the number of the first.
pub fn in_sessions(lang: Lang, sessions: u64, first: u64) -> String {
    say!(lang, explain::in_sessions(sessions, first))
}

pub fn ability(lang: Lang, ability: Ability) -> &'static str {
    say!(lang, explain::ability(ability))
}

/// What IMAP's sessions did in all.
pub fn imap(lang: Lang, abilities: &Abilities) -> String {
    say!(lang, explain::imap(abilities))
}

/// Where a message crossed.
pub fn crossing(lang: Lang, session: u64, protocol: &str, message: u32, direction: Direction) -> String {
    say!(lang, explain::crossing(session, protocol, message, direction))
}
