//! The strings that are searched for in the text of a session, and the search.

use super::masked::widened;
use crate::session::model::{Credential, Step};
use data_encoding::BASE64;
use std::collections::BTreeSet;
use std::ops::{Bound, Range};

/// Secrets of fewer bytes are searched for as whole words.
const ANYWHERE: usize = 4;
/// Longer secrets are searched for in pieces of this many bytes, which bounds the cost of each look-up.
const PIECE: usize = 64;

/// The strings that are searched for in a session's text.
#[derive(Default)]
pub struct Needles {
    /// Secrets as they are.
    plain: Words,
    /// Strings that base64 must contain if it holds a secret.
    base64: Words,
    /// How many credentials have been learned so far.
    credentials: usize,
}

impl Needles {
    /// Learns the credentials that were added to a session since the last call.
    pub fn learn_all(&mut self, credentials: &[Credential]) {
        credentials.iter().skip(self.credentials).for_each(|credential| self.learn(credential));
        self.credentials = credentials.len();
    }

    fn learn(&mut self, credential: &Credential) {
        let secrets = [&credential.password, &credential.token, &credential.response];
        for secret in secrets.into_iter().flatten() {
            self.learn_secret(secret.reveal());
        }
        for form in &credential.wire_forms {
            self.learn_plain(form.reveal());
        }
    }

    /// Learns the ranges that a dialogue marked as secret, and their content if they are base64.
    pub fn learn_step(&mut self, step: &Step) {
        for range in &step.secrets {
            let crossed = step.text.get(widened(&step.text, range)).unwrap_or_default();
            self.learn_plain(crossed);
            let decoded = BASE64.decode(crossed.as_bytes()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            let Some(decoded) = decoded else {
                self.learn_base64(crossed);
                continue;
            };
            // PLAIN is `authzid NUL authcid NUL passwd` (RFC 4616); a bearer token follows `auth=Bearer ` (RFC 7628).
            if let Some((_, password)) = decoded.rsplit_once('\0') {
                self.learn_secret(password);
            } else if let Some((_, token)) = decoded.split_once("auth=Bearer ") {
                self.learn_secret(token.split('\x01').next().unwrap_or_default());
            } else {
                self.learn_secret(&decoded);
                self.learn_base64(crossed);
            }
        }
    }

    /// Learns a secret in all the forms in which it may appear.
    pub fn learn_secret(&mut self, secret: &str) {
        self.learn_plain(secret);
        self.learn_base64(secret);
        if secret.contains(['"', '\\']) {
            self.learn_plain(&secret.replace('\\', "\\\\").replace('"', "\\\""));
        }
    }

    fn learn_plain(&mut self, secret: &str) {
        if secret.chars().nth(1).is_none() {
            return;
        }
        let mut rest = secret;
        while rest.len() > PIECE {
            let (piece, tail) = rest.split_at(rest.floor_char_boundary(PIECE));
            self.plain.insert(piece);
            // The last piece reaches back over its predecessor: a stump of a few characters would be found everywhere.
            rest = match tail.len() > PIECE {
                true => tail,
                false => secret.get(secret.ceil_char_boundary(secret.len() - PIECE)..).unwrap_or_default(),
            };
        }
        self.plain.insert(rest);
    }

    /// If bytes that hold `secret` are encoded in base64, one of three strings is in the result: the encoding of
    /// `secret` after 0, 1 or 2 other bytes, without the characters that hold bits of its neighbours.
    fn learn_base64(&mut self, secret: &str) {
        if secret.len() < ANYWHERE {
            return;
        }
        let kept = secret.get(..secret.floor_char_boundary(PIECE / 2)).unwrap_or_default();
        for before in 0..3 {
            let padded = [vec![0; before], kept.as_bytes().to_vec()].concat();
            let first = (before * 8).div_ceil(6);
            let end = padded.len() * 8 / 6;
            if let Some(sure) = BASE64.encode(&padded).get(first..end) {
                self.base64.insert(sure);
            }
        }
    }

    /// The ranges of `text` that are secret, `found` included: ascending and disjoint.
    pub fn find(&self, text: &str, mut found: Vec<Range<usize>>) -> Vec<Range<usize>> {
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            if let Some(length) = self.plain.longest(bytes, at) {
                found.push(at..at + length);
            }
            if self.base64.longest(bytes, at).is_some() {
                let run = base64_run(bytes, at);
                at = run.end;
                found.push(run);
            } else {
                at += 1;
            }
        }
        found.sort_by_key(|range| (range.start, range.end));
        let mut merged: Vec<Range<usize>> = Vec::new();
        for range in found {
            match merged.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                _ => merged.push(range),
            }
        }
        merged
    }
}

/// A set of strings that are all searched for at once at a position of a text.
#[derive(Default)]
struct Words {
    all: BTreeSet<Vec<u8>>,
    /// First bytes of the strings. At most positions of a text, no string begins: this set says so cheaply.
    firsts: BTreeSet<u8>,
}

impl Words {
    fn insert(&mut self, word: &str) {
        self.firsts.extend(word.bytes().next());
        self.all.insert(word.as_bytes().to_vec());
    }

    /// Length of the longest of the strings that begins at `at` in `text`.
    fn longest(&self, text: &[u8], at: usize) -> Option<usize> {
        let mut window = text.get(at..text.len().min(at + PIECE))?;
        if !self.firsts.contains(window.first()?) {
            return None;
        }
        loop {
            // The greatest word that is not above the window shares with it every prefix that a match can have.
            let near = self.all.range::<[u8], _>((Bound::Unbounded, Bound::Included(window))).next_back()?;
            let common = near.iter().zip(window).take_while(|(one, other)| one == other).count();
            if common == near.len() && (common >= ANYWHERE || is_word(text, at, common)) {
                return Some(common);
            }
            // Any other match is shorter than `near` and is a prefix of what it shares with the window.
            window = window.get(..common.min(near.len().saturating_sub(1))).filter(|rest| !rest.is_empty())?;
        }
    }
}

fn is_word(text: &[u8], at: usize, length: usize) -> bool {
    let part_of_word = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || !byte.is_ascii());
    !part_of_word(at.checked_sub(1).and_then(|before| text.get(before))) && !part_of_word(text.get(at + length))
}

/// The run of base64 around `at`.
fn base64_run(text: &[u8], at: usize) -> Range<usize> {
    let inside = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    let (before, after) = text.split_at(at);
    let start = before.iter().rposition(|byte| !inside(byte)).map_or(0, |last| last + 1);
    start..after.iter().position(|byte| !inside(byte)).map_or(text.len(), |length| at + length)
}
