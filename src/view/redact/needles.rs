//! What is looked for in the text of a session, and where it stands.

use super::masked::widened;
use crate::session::model::{Credential, Step};
use data_encoding::BASE64;
use std::collections::BTreeSet;
use std::ops::{Bound, Range};

/// Secrets shorter than this are looked for as whole words.
const ANYWHERE: usize = 4;
/// Longer secrets are looked for in pieces of this length, so that a look-up costs the same everywhere.
const PIECE: usize = 64;

/// What is looked for in a session's text.
#[derive(Default)]
pub struct Needles {
    /// Secrets as they are.
    plain: Words,
    /// What base64 that holds a secret must contain.
    base64: Words,
    /// Credentials learned so far.
    credentials: usize,
}

impl Needles {
    /// Learns what has been added to a session's credentials since the last time.
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

    /// What a dialogue called secret, and what that says where it is base64.
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

    /// Wherever `secret` stands in something that is then put in base64, one of three strings is in the result: its
    /// encoding with 0, 1 or 2 bytes before it, less the characters that hold bits of the neighbours.
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

    /// Where secrets stand in `text`: ascending, apart from each other.
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

/// A set of strings that can be looked for at a place of a text, all at once.
#[derive(Default)]
struct Words {
    all: BTreeSet<Vec<u8>>,
    /// Their first bytes: most places of a text are none of them.
    firsts: BTreeSet<u8>,
}

impl Words {
    fn insert(&mut self, word: &str) {
        self.firsts.extend(word.bytes().next());
        self.all.insert(word.as_bytes().to_vec());
    }

    /// Length of the longest of them that stands in `text` at `at`.
    fn longest(&self, text: &[u8], at: usize) -> Option<usize> {
        let mut window = text.get(at..text.len().min(at + PIECE))?;
        if !self.firsts.contains(window.first()?) {
            return None;
        }
        loop {
            // The greatest word that is not greater than the window shares with it all that any word in the window could.
            let near = self.all.range::<[u8], _>((Bound::Unbounded, Bound::Included(window))).next_back()?;
            let common = near.iter().zip(window).take_while(|(one, other)| one == other).count();
            if common == near.len() && (common >= ANYWHERE || is_word(text, at, common)) {
                return Some(common);
            }
            // What is left to find is shorter than this one, and begins as it does.
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
