//! The strings that are searched for in the text of a session, and the search.

use super::encodings;
use super::masked::widened;
use crate::limits::{heap, of_list};
use crate::session::model::{Credential, Step};
use crate::session::text;
use data_encoding::{BASE64, BASE64URL};
use std::collections::BTreeSet;
use std::ops::{Bound, Range};

/// Secrets of fewer bytes are searched for as whole words.
const ANYWHERE: usize = 4;
/// Longer secrets are searched for in pieces of this many bytes, which bounds the cost of each look-up.
const PIECE: usize = 64;

/// A line of more words is a sentence rather than a mistyped command.
const WORDS: usize = 5;
/// Longer secrets are also searched for in parts: what is repeated of a token may begin anywhere.
const LONG: usize = 64;
/// Bytes of such a part.
const PART: usize = 16;
/// Bytes of a secret that are also searched for percent-encoded, in hexadecimal and so on.
const FORMED: usize = 256;
/// Bytes of a secret whose base64 is one string.
const ENCODED: usize = 24;

/// The strings that are searched for in a session's text.
#[derive(Default)]
pub struct Needles {
    /// Secrets as they are.
    plain: Words,
    /// Strings that base64 must contain if it holds a secret.
    base64: Words,
    /// Parts of long secrets.
    parts: Words,
    /// How many credentials have been learned so far.
    credentials: usize,
}

impl Needles {
    /// How many strings there are.
    pub fn len(&self) -> usize {
        [&self.plain, &self.base64, &self.parts].map(|words| words.all.len()).iter().sum()
    }

    /// The bytes that they take.
    pub fn weight(&self) -> usize {
        [&self.plain, &self.base64, &self.parts].map(Words::weight).iter().sum()
    }

    /// Takes less memory, until [`Needles::unpack`]: nothing is found before that.
    pub fn pack(&mut self) {
        for words in [&mut self.plain, &mut self.base64, &mut self.parts] {
            words.firsts = Vec::new();
        }
    }

    /// Can be searched for again.
    pub fn unpack(&mut self) {
        for words in [&mut self.plain, &mut self.base64, &mut self.parts] {
            words.unpack();
        }
    }

    /// Adds those of `other` that are long enough to be searched for in every session, up to `most` of each kind and
    /// `bytes` of all. False where some were left out.
    pub fn add(&mut self, other: &Self, most: usize, bytes: usize) -> bool {
        let mut weight = self.weight();
        let pairs =
            [(&mut self.plain, &other.plain), (&mut self.base64, &other.base64), (&mut self.parts, &other.parts)];
        let mut all = true;
        for (own, others) in pairs {
            for word in others.all.iter().filter(|word| word.len() >= ANYWHERE) {
                let before = own.weight();
                let room = bytes.saturating_sub(weight);
                all &= own.insert_up_to(word, most, room);
                weight += own.weight() - before;
            }
        }
        all
    }

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
            self.learn_decoded(form.reveal());
        }
    }

    /// Learns the ranges that a dialogue marked as secret, and their content if they are base64.
    pub fn learn_step(&mut self, step: &Step) {
        for range in &step.secrets {
            self.learn_crossed(step.text.get(widened(&step.text, range)).unwrap_or_default());
        }
    }

    /// Learns what crossed in a secret's place.
    pub fn learn_crossed(&mut self, crossed: &str) {
        self.learn_secret(crossed);
        let bare = crossed.trim_matches(|c: char| c.is_whitespace() || c == '"');
        if bare != crossed {
            self.learn_secret(bare);
        }
        self.learn_decoded(bare);
    }

    /// Learns a line of the client's that was not understood: it may be, or hold, a password.
    pub fn learn_unknown(&mut self, line: &str) {
        for line in line.lines() {
            self.learn_crossed(line);
            // A sentence is none; its words are those of other sentences too.
            let few = line.split_whitespace().count() <= WORDS;
            let words = line.split([' ', '\t', '/', ':', '@', '"', '=', '<', '>', '(', ')', ',', ';']);
            let is_telling = |word: &&str| {
                word.len() >= ANYWHERE && (few || word.bytes().any(|byte| byte.is_ascii_digit())) && !is_verb(word)
            };
            words.filter(is_telling).for_each(|word| self.learn_secret(word));
            line.split_whitespace().filter(is_telling).for_each(|word| self.learn_crossed(word));
        }
    }

    /// Learns what base64 holds in the place of a secret.
    fn learn_decoded(&mut self, crossed: &str) {
        if crossed.len() < ANYWHERE {
            return;
        }
        let Some(decoded) = encodings::base64(crossed) else { return };
        // PLAIN is `authzid NUL authcid NUL passwd` (RFC 4616); a bearer token follows `auth=Bearer ` (RFC 7628).
        let mut fields = decoded.split(|&byte| byte == 0);
        let text = text(&decoded);
        if decoded.starts_with(b"NTLMSSP") {
            self.learn_bytes(&decoded);
        } else if let (Some(_), Some(second), third) = (fields.next(), fields.next(), fields.next()) {
            // Where the first NUL was forgotten, the second field is the password.
            let passwords = third.into_iter().chain(fields.by_ref());
            let passwords: Vec<&[u8]> = if third.is_some() { passwords.collect() } else { vec![second] };
            for password in passwords {
                self.learn_field(password);
            }
        } else if let Some((_, token)) = text.split_once("auth=Bearer ") {
            self.learn_secret(token.split('\x01').next().unwrap_or_default());
        } else if text.contains("\\0") {
            text.split("\\0").skip(2).for_each(|field| self.learn_secret(field.trim()));
        } else if let Some((_, proof)) = text.rsplit_once(",p=").filter(|_| text.starts_with("c=")) {
            self.learn_secret(proof);
        } else if let Some((_, digest)) = text.rsplit_once(' ').filter(|(_, digest)| is_digest(digest)) {
            self.learn_secret(digest);
        } else {
            self.learn_field(&decoded);
        }
    }

    /// A password in bytes, perhaps in a charset that is not UTF-8.
    fn learn_field(&mut self, field: &[u8]) {
        let bare = field.trim_ascii();
        let said = text(bare);
        if said.chars().filter(|c| c.is_control() || *c == '\u{fffd}').count() * 4 <= said.chars().count() {
            self.learn_secret(&said);
        }
        self.learn_bytes(field);
        self.learn_bytes(bare);
    }

    /// Learns a secret in all the forms in which it may appear.
    pub fn learn_secret(&mut self, secret: &str) {
        self.learn_plain(secret);
        self.learn_bytes(secret.as_bytes());
        if secret.len() >= ANYWHERE {
            let beginning = secret.get(..secret.floor_char_boundary(FORMED)).unwrap_or_default();
            encodings::forms(beginning).iter().for_each(|form| self.learn_plain(form));
            self.learn_bytes(&encodings::utf_16(beginning));
        }
        let bare = secret.trim();
        if bare.len() < secret.len() {
            self.learn_secret(bare);
        }
        if secret.len() > LONG {
            secret.as_bytes().chunks_exact(PART).for_each(|part| self.parts.insert(part));
        }
    }

    /// Learns a secret as it is.
    pub fn learn_plain(&mut self, secret: &str) {
        if secret.chars().nth(1).is_none() {
            return;
        }
        let mut rest = secret;
        while rest.len() > PIECE {
            let (piece, tail) = rest.split_at(rest.floor_char_boundary(PIECE));
            self.plain.insert(piece.as_bytes());
            // The last piece reaches back over its predecessor: a stump of a few characters would be found everywhere.
            rest = match tail.len() > PIECE {
                true => tail,
                false => secret.get(secret.ceil_char_boundary(secret.len() - PIECE)..).unwrap_or_default(),
            };
        }
        self.plain.insert(rest.as_bytes());
    }

    /// If bytes that hold `secret` are encoded in base64, one of three strings is in the result: the encoding of
    /// `secret` after 0, 1 or 2 other bytes, without the characters that hold bits of its neighbours.
    fn learn_bytes(&mut self, secret: &[u8]) {
        if secret.len() < ANYWHERE {
            return;
        }
        for piece in secret.chunks(ENCODED).filter(|piece| piece.len() == ENCODED || secret.len() < ENCODED) {
            for before in 0..3 {
                let padded = [&[0; 2][..before], piece].concat();
                let first = (before * 8).div_ceil(6);
                let end = padded.len() * 8 / 6;
                for alphabet in [&BASE64, &BASE64URL] {
                    if let Some(sure) = alphabet.encode(&padded).get(first..end) {
                        self.base64.insert(sure.as_bytes());
                    }
                }
            }
        }
    }

    /// As [`Self::find`], and what crosses the end of a line: base64 and quoted-printable are folded, and a server
    /// begins each line of a reply with its code.
    pub fn find_folded(&self, text: &str, found: Vec<Range<usize>>) -> Vec<Range<usize>> {
        let mut found = self.find(text, found);
        if text.trim_end().contains('\n') && !self.is_empty() {
            let (joined, places) = unfolded(text);
            let place = |at: usize| places.get(at).copied().unwrap_or(text.len());
            let across = self.find(&joined, Vec::new());
            let back = across.into_iter().map(|range| place(range.start)..place(range.end.saturating_sub(1)) + 1);
            let back = back.map(|range| widened(text, &range));
            found = merged(found.into_iter().chain(back).collect());
        }
        found
    }

    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The ranges of `text` that are secret, `found` included: ascending and disjoint.
    pub fn find(&self, text: &str, mut found: Vec<Range<usize>>) -> Vec<Range<usize>> {
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            if let Some(length) = self.plain.longest(bytes, at) {
                found.push(at..at + length);
            }
            let run = if self.parts.longest(bytes, at).is_some() {
                run(bytes, at, |byte| !byte.is_ascii_whitespace() && !b"<>()\"".contains(byte))
            } else if self.base64.longest(bytes, at).is_some() {
                base64_run(bytes, at)
            } else {
                at += 1;
                continue;
            };
            at = run.end.max(at + 1);
            found.push(run);
        }
        merged(found)
    }
}

/// `found`, ascending and disjoint.
fn merged(mut found: Vec<Range<usize>>) -> Vec<Range<usize>> {
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

/// `text` without its line ends and what stands around them, and for each byte its place in `text`.
fn unfolded(text: &str) -> (String, Vec<usize>) {
    let (mut joined, mut places) = (String::with_capacity(text.len()), Vec::with_capacity(text.len()));
    let mut at = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let mut body = line.trim_end();
        body = body.strip_suffix('=').filter(|_| line.ends_with('\n')).unwrap_or(body);
        let skipped = if number == 0 { 0 } else { line.len() - without_code(line).len() };
        let body = body.get(skipped..).unwrap_or_default();
        joined.push_str(body);
        places.extend((0..body.len()).map(|byte| at + skipped + byte));
        at += line.len();
    }
    (joined, places)
}

/// A line of a reply without its code and enhanced code, or without the blanks of a folded line.
fn without_code(line: &str) -> &str {
    let bare = match line.get(..4) {
        Some(code) if code.bytes().take(3).all(|byte| byte.is_ascii_digit()) && code.ends_with(['-', ' ']) => {
            line.get(4..).unwrap_or_default()
        }
        _ => line,
    };
    let is_enhanced = |word: &str| {
        word.len() >= 5 && word.contains('.') && word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
    };
    let bare = match bare.split_once(' ') {
        Some((word, rest)) if is_enhanced(word) => rest,
        _ => bare,
    };
    bare.trim_start_matches([' ', '\t'])
}

/// True for a word of the protocols, which is no secret where it stands in a line that is not understood.
fn is_verb(word: &str) -> bool {
    let upper = word.to_ascii_uppercase();
    VERBS.contains(&upper.as_str())
}

/// Words that begin commands and name mechanisms.
const VERBS: &[&str] = &[
    "AUTH",
    "AUTHENTICATE",
    "CAPABILITY",
    "CRAM-MD5",
    "DATA",
    "EHLO",
    "FETCH",
    "FROM",
    "HELO",
    "HELP",
    "HTTP",
    "LHLO",
    "LIST",
    "LOGIN",
    "LOGOUT",
    "MAIL",
    "NOOP",
    "PASS",
    "PASSWORD",
    "PLAIN",
    "QUIT",
    "RCPT",
    "RETR",
    "RSET",
    "SELECT",
    "STARTTLS",
    "STAT",
    "STLS",
    "USER",
    "XAUTH",
];

fn is_digest(word: &str) -> bool {
    word.len() >= 32 && word.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Words of bits for all pairs of bytes.
const PAIRS: usize = 65_536 / 64;

/// The first two bytes.
fn pair(word: &[u8]) -> Option<usize> {
    Some(usize::from(*word.first()?) << 8 | usize::from(*word.get(1)?))
}

/// A set of strings that are all searched for at once at a position of a text.
#[derive(Default)]
struct Words {
    all: BTreeSet<Vec<u8>>,
    /// A bit for each pair of first bytes of the strings. At most positions of a text, no string begins: this says so
    /// cheaply.
    firsts: Vec<u64>,
    /// Bytes of `all`.
    bytes: usize,
}

impl Words {
    fn insert(&mut self, word: &[u8]) {
        let Some(pair) = pair(word) else { return };
        self.note(pair);
        if self.all.insert(word.to_vec()) {
            self.bytes += Self::weight_of(word);
        }
    }

    fn note(&mut self, pair: usize) {
        self.firsts.resize(PAIRS, 0);
        if let Some(bits) = self.firsts.get_mut(pair / 64) {
            *bits |= 1 << (pair % 64);
        }
    }

    /// False where there is no room for it among `most`, or in so many bytes.
    fn insert_up_to(&mut self, word: &[u8], most: usize, bytes: usize) -> bool {
        let has_room = self.all.len() < most && Self::weight_of(word) <= bytes || self.all.contains(word);
        if has_room {
            self.insert(word);
        }
        has_room
    }

    /// Its bytes, and its place in a tree that is half full.
    fn weight_of(word: &[u8]) -> usize {
        heap(word.len()) + 2 * size_of::<Vec<u8>>()
    }

    fn weight(&self) -> usize {
        self.bytes + of_list(&self.firsts)
    }

    fn unpack(&mut self) {
        let pairs: Vec<usize> = self.all.iter().filter_map(|word| pair(word)).collect();
        pairs.into_iter().for_each(|pair| self.note(pair));
    }

    /// Length of the longest of the strings that begins at `at` in `text`.
    fn longest(&self, text: &[u8], at: usize) -> Option<usize> {
        let mut window = text.get(at..text.len().min(at + PIECE))?;
        let pair = pair(window)?;
        if self.firsts.get(pair / 64)? & (1 << (pair % 64)) == 0 {
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
    run(text, at, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_'))
}

/// The run of bytes around `at` for which `inside` is true.
fn run(text: &[u8], at: usize, inside: impl Fn(&u8) -> bool) -> Range<usize> {
    let (before, after) = text.split_at(at);
    let start = before.iter().rposition(|byte| !inside(byte)).map_or(0, |last| last + 1);
    start..after.iter().position(|byte| !inside(byte)).map_or(text.len(), |length| at + length)
}
