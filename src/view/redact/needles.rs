//! The strings that are searched for in the text of a session, and the search.

use super::encodings;
use super::known::{self, Known};
use super::masked::{Found, merged, widened};
use super::taught::{Learned, Taught, What};
use super::whose;
use super::words::{ANYWHERE, PIECE, Taken, Words};
use crate::session::model::{Credential, Step};
use crate::session::text;
use data_encoding::{BASE64, BASE64URL};
use std::ops::Range;

/// A line of more words is a sentence rather than a mistyped command.
const WORDS: usize = 5;
/// Longer secrets are also searched for in parts: what is repeated of a token may begin anywhere.
const LONG: usize = 64;
/// Bytes of such a part.
const PART: usize = 16;
/// Bytes of a secret that are also searched for percent-encoded, in hexadecimal and so on.
const FORMED: usize = 256;
/// Characters in a row that are text in a response of an unknown mechanism.
const OPAQUE: usize = 6;
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
    /// What is learned was read in the place of a secret.
    is_read: bool,
    learned: Learned,
    taught: Taught,
}

impl Needles {
    /// How many strings there are.
    pub fn len(&self) -> usize {
        [&self.plain, &self.base64, &self.parts].map(Words::len).iter().sum()
    }

    /// The bytes that they take.
    pub fn weight(&self) -> usize {
        [&self.plain, &self.base64, &self.parts].map(Words::weight).iter().sum()
    }

    /// Takes less memory, until [`Needles::unpack`]: nothing is found before that.
    pub fn pack(&mut self) {
        self.learned = Learned::default();
        [&mut self.plain, &mut self.base64, &mut self.parts].into_iter().for_each(Words::pack);
    }

    /// Can be searched for again.
    pub fn unpack(&mut self) {
        [&mut self.plain, &mut self.base64, &mut self.parts].into_iter().for_each(Words::unpack);
    }

    /// Takes from `other` what was read in the place of a secret and is long enough to be searched for in every session, up
    /// to `most` strings of each kind and `bytes` of all. False where some were left there.
    pub fn take(&mut self, other: &mut Self, most: usize, bytes: usize) -> bool {
        let mut taken = Taken::All;
        for kind in 0..3 {
            let room = bytes.saturating_sub(self.weight());
            let (own, others) = match kind {
                0 => (&mut self.plain, &mut other.plain),
                1 => (&mut self.base64, &mut other.base64),
                _ => (&mut self.parts, &mut other.parts),
            };
            taken = taken.max(own.take(others, most, room));
        }
        if taken == Taken::All {
            self.taught.add(&mut other.learned);
        }
        taken != Taken::Part
    }

    /// Lends what it was taught to `other`, which leaves that out when it learns; and takes it back.
    pub fn exchange_taught(&mut self, other: &mut Self) {
        std::mem::swap(&mut self.taught, &mut other.taught);
    }

    /// Learns the credentials that were added to a session since the last call.
    pub fn learn_all(&mut self, credentials: &[Credential]) {
        self.is_read = true;
        credentials.iter().skip(self.credentials).for_each(|credential| self.learn(credential));
        self.is_read = false;
        self.credentials = credentials.len();
    }

    fn learn(&mut self, credential: &Credential) {
        let known = whose::of_credential(credential);
        let secrets = [&credential.password, &credential.token, &credential.response];
        for (secret, known) in secrets.into_iter().zip(&known) {
            secret.iter().for_each(|secret| self.learn_secret(secret.reveal(), known.as_ref()));
        }
        let of = known.iter().flatten().next();
        for form in &credential.wire_forms {
            self.learn_plain(form.reveal(), of);
            self.learn_decoded(form.reveal(), of);
        }
    }

    /// True where learning `said` once more would say nothing new. Otherwise, it counts as learned.
    fn has_learned(&mut self, what: What, said: &str, of: Option<&Known>) -> bool {
        self.learned.has(what, said, of, self.is_read, &self.taught)
    }

    /// Learns the ranges that a dialogue marked as secret, and their content if they are base64.
    pub fn learn_step(&mut self, step: &Step) {
        self.is_read = true;
        for range in step.secrets() {
            self.learn_crossed(
                step.text.get(widened(&step.text, range)).unwrap_or_default(),
                whose::in_step(step, range).as_ref(),
            );
        }
        self.is_read = false;
    }

    /// Learns what crossed in a secret's place.
    pub fn learn_crossed(&mut self, crossed: &str, of: Option<&Known>) {
        if self.has_learned(What::Crossed, crossed, of) {
            return;
        }
        self.learn_secret(crossed, of);
        let bare = crossed.trim_matches(|c: char| c.is_whitespace() || c == '"');
        if bare != crossed {
            self.learn_secret(bare, of);
        }
        self.learn_decoded(bare, of);
    }

    /// Learns a line of the client's that was not understood: it may be, or hold, a password.
    pub fn learn_unknown(&mut self, line: &str) {
        for line in line.lines() {
            self.learn_crossed(line, None);
            // A sentence is none; its words are those of other sentences too.
            let few = line.split_whitespace().count() <= WORDS;
            let words = line.split([' ', '\t', '/', ':', '@', '"', '=', '<', '>', '(', ')', ',', ';']);
            let is_telling = |word: &&str| {
                word.len() >= ANYWHERE && (few || word.bytes().any(|byte| byte.is_ascii_digit())) && !is_verb(word)
            };
            words.filter(is_telling).for_each(|word| self.learn_secret(word, None));
            line.split_whitespace().filter(is_telling).for_each(|word| self.learn_crossed(word, None));
        }
    }

    /// Learns what base64 holds in the place of a secret.
    fn learn_decoded(&mut self, crossed: &str, of: Option<&Known>) {
        if crossed.len() < ANYWHERE {
            return;
        }
        let Some(decoded) = encodings::base64(crossed) else { return };
        // PLAIN is `authzid NUL authcid NUL passwd` (RFC 4616); a bearer token follows `auth=Bearer ` (RFC 7628).
        let mut fields = decoded.split(|&byte| byte == 0);
        let text = text(&decoded);
        if decoded.starts_with(b"NTLMSSP") {
            self.learn_bytes(&decoded, of);
        } else if let (Some(_), Some(second), third) = (fields.next(), fields.next(), fields.next()) {
            // Where the first NUL was forgotten, the second field is the password.
            let passwords = third.into_iter().chain(fields.by_ref());
            let passwords: Vec<&[u8]> = if third.is_some() { passwords.collect() } else { vec![second] };
            for password in passwords {
                self.learn_field(password, of);
            }
        } else if let Some((_, token)) = text.split_once("auth=Bearer ") {
            self.learn_secret(token.split('\x01').next().unwrap_or_default(), of);
        } else if text.contains("\\0") {
            text.split("\\0").skip(2).for_each(|field| self.learn_secret(field.trim(), of));
        } else if let Some((_, proof)) = text.rsplit_once(",p=").filter(|_| text.starts_with("c=")) {
            self.learn_secret(proof, of);
        } else if let Some((_, digest)) = text.rsplit_once(' ').filter(|(_, digest)| is_digest(digest)) {
            self.learn_secret(digest, of);
        } else {
            self.learn_field(&decoded, of);
        }
    }

    /// A password in bytes, perhaps in a charset that is not UTF-8.
    fn learn_field(&mut self, field: &[u8], of: Option<&Known>) {
        let bare = field.trim_ascii();
        let said = text(bare);
        // A field beside the password is not named like it.
        let of = of.filter(|known| *known.secret == *known::bare(&said));
        if said.chars().filter(|c| c.is_control() || *c == '\u{fffd}').count() * 4 <= said.chars().count() {
            self.learn_secret(&said, of);
        }
        self.learn_bytes(field, of);
        self.learn_bytes(bare, of);
        if !bare.is_ascii() && bare.len() >= ANYWHERE {
            let beginning = bare.get(..FORMED).unwrap_or(bare);
            encodings::of_bytes(beginning).iter().for_each(|form| self.learn_plain(form, of));
            // Its charset may be one that a server knows, though not said anywhere.
            for charset in [encoding_rs::GBK, encoding_rs::WINDOWS_1251, encoding_rs::SHIFT_JIS] {
                if let (said, _, false) = charset.decode(beginning)
                    && std::str::from_utf8(beginning).is_err()
                {
                    encodings::forms(&said).iter().for_each(|form| self.learn_plain(form, of));
                    self.learn_plain(&said, of);
                    self.learn_bytes(said.as_bytes(), of);
                }
            }
        }
    }

    /// Learns what the response of a mechanism that is not known holds: a password may be any of its words.
    pub fn learn_opaque(&mut self, crossed: &str) {
        let decoded = encodings::base64(crossed).unwrap_or_default();
        let parts = decoded.split(|byte| !(0x20..0x7f).contains(byte)).filter(|part| part.len() >= OPAQUE);
        for part in parts {
            self.learn_unknown(&String::from_utf8_lossy(part));
        }
    }

    /// Learns a secret in all the forms in which it may appear.
    pub fn learn_secret(&mut self, secret: &str, of: Option<&Known>) {
        if self.has_learned(What::Secret, secret, of) {
            return;
        }
        self.learn_plain(secret, of);
        self.learn_bytes(secret.as_bytes(), of);
        if secret.len() >= ANYWHERE {
            let beginning = secret.get(..secret.floor_char_boundary(FORMED)).unwrap_or_default();
            encodings::forms(beginning).iter().for_each(|form| self.learn_plain(form, of));
            for bytes in [encodings::utf_16(beginning), encodings::utf_16_be(beginning)] {
                self.learn_bytes(&bytes, of);
            }
            if !beginning.is_ascii() {
                for bytes in encodings::in_charsets(beginning) {
                    encodings::of_bytes(&bytes).iter().for_each(|form| self.learn_plain(form, of));
                    self.learn_bytes(&bytes, of);
                }
                encodings::of_bytes(beginning.as_bytes()).iter().for_each(|form| self.learn_plain(form, of));
            }
        }
        let bare = secret.trim();
        if bare.len() < secret.len() {
            self.learn_secret(bare, of);
        }
        if secret.len() > LONG {
            secret.as_bytes().chunks_exact(PART).for_each(|part| self.parts.insert(part, of, self.is_read));
        }
    }

    /// Learns a secret as it is.
    pub fn learn_plain(&mut self, secret: &str, of: Option<&Known>) {
        if secret.chars().nth(1).is_none() {
            return;
        }
        let mut rest = secret;
        while rest.len() > PIECE {
            let (piece, tail) = rest.split_at(rest.floor_char_boundary(PIECE));
            self.plain.insert(piece.as_bytes(), of, self.is_read);
            // The last piece reaches back over its predecessor: a stump of a few characters would be found everywhere.
            rest = match tail.len() > PIECE {
                true => tail,
                false => secret.get(secret.ceil_char_boundary(secret.len() - PIECE)..).unwrap_or_default(),
            };
        }
        self.plain.insert(rest.as_bytes(), of, self.is_read);
    }

    /// If bytes that hold `secret` are encoded in base64, one of three strings is in the result: the encoding of
    /// `secret` after 0, 1 or 2 other bytes, without the characters that hold bits of its neighbours.
    fn learn_bytes(&mut self, secret: &[u8], of: Option<&Known>) {
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
                        self.base64.insert(sure.as_bytes(), of, self.is_read);
                    }
                }
            }
        }
    }

    /// As [`Self::find`], and what crosses the end of a line: base64 and quoted-printable are folded, and a server
    /// begins each line of a reply with its code.
    pub fn find_folded(&self, text: &str, found: Vec<Found>) -> Vec<Found> {
        let mut found = self.find(text, found);
        if text.trim_end().contains('\n') && !self.is_empty() {
            let (joined, places) = unfolded(text);
            let place = |at: usize| places.get(at).copied().unwrap_or(text.len());
            let across = self.find(&joined, Vec::new());
            let back = across.into_iter().map(|Found { range, known }| {
                let range = place(range.start)..place(range.end.saturating_sub(1)) + 1;
                Found { range: widened(text, &range), known }
            });
            found = merged(text, found.into_iter().chain(back).collect());
        }
        found
    }

    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The ranges of `text` that are secret, `found` included: ascending and disjoint.
    pub fn find(&self, text: &str, mut found: Vec<Found>) -> Vec<Found> {
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            if let Some((length, known)) = self.plain.longest(bytes, at) {
                found.push(Found { range: at..at + length, known: known.cloned() });
            }
            let (run, known) = if let Some((_, known)) = self.parts.longest(bytes, at) {
                (run(bytes, at, |byte| !byte.is_ascii_whitespace() && !b"<>()\"".contains(byte)), known)
            } else if let Some((_, known)) = self.base64.longest(bytes, at) {
                (base64_run(bytes, at), known)
            } else {
                at += 1;
                continue;
            };
            at = run.end.max(at + 1);
            found.push(Found { range: run, known: known.cloned() });
        }
        merged(text, found)
    }
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
