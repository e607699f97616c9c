/*!
One direction of a TLS connection that is decrypted: its keys, one after the other, and the number of its next record.

A record that is lost costs what it holds and nothing else. How many were lost follows from their headers; where a
header is lost too, the next record is searched for among the bytes that come ([`Search`]), and its
number among those that the bytes lost leave room for. A record proves by its own authentication that it is the one.
*/

use super::loss::{Epoch, Loss, Lost};
use super::opener::Opener;
use super::record::{HEADER_BYTES, Head};
use super::schedule;
use super::search::Search;
use super::suite::Suite;
use crate::flow::PacketRef;
use crate::limits::{TLS_SEARCH_BYTES, TLS_SEARCH_RECORDS, heap, of_list};
use crate::protocol::secret::Secret;
use std::collections::VecDeque;

/// What a record of early data has beside its content: a tag and the content's type (RFC 8446, section 5.2).
const EARLY_OVERHEAD: u64 = 16 + 1;

/// A KeyUpdate message (RFC 8446, section 4.6.3).
const KEY_UPDATE_BYTES: u64 = 5;

/// A trial costs as much as these many bytes at least: setting up a cipher is not free.
const TRIAL_BYTES: u64 = 256;

/// KeyUpdate messages without a record of the same keys that are looked for in what was lost.
const UPDATES_LOST: usize = 4;

/// Records after a loss that may fail to open before the direction is given up: TLS 1.0 cannot open the first one.
const FAILURES_AFTER_LOSS: u32 = 2;

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// It was opened: its content's type, and what is not in the capture before it.
    Opened { kind: u8, lost: Lost },
    /// It is not for the keys that are known.
    Unreadable,
    /// It could not be opened after a loss, and counts as lost.
    Lost,
    /// It was changed on the way, or the key is not of it: nothing from here on can be read.
    Broken,
}

#[derive(Debug)]
struct Keys {
    epoch: Epoch,
    opener: Box<Opener>,
    /// What the next keys are made of (KeyUpdate).
    secret: Option<(Suite, Secret<Vec<u8>>)>,
}

/// How a record was opened.
#[derive(Debug, Clone, Copy)]
struct Found {
    /// With which keys, of those known.
    nth: usize,
    /// Its number.
    sequence: u64,
    /// Its content's type.
    kind: u8,
}

/// One direction.
#[derive(Debug, Default)]
pub struct Direction {
    /// The keys in use, and those known to follow.
    keys: VecDeque<Keys>,
    /// Keys of TLS 1.2 that begin with the next ChangeCipherSpec.
    pending: Option<Keys>,
    /// The number of the next record.
    sequence: u64,
    /// A record was opened with the keys in use.
    proven: bool,
    /// A record was opened.
    opened: bool,
    /// Nothing more can be opened.
    broken: bool,
    loss: Loss,
    /// The record that is half-read, and where its bytes were.
    half_read: Vec<u8>,
    pieces: Vec<(usize, PacketRef)>,
    /// Bytes of the half-read record that are missing.
    missing: u64,
    /// The record's content.
    pub plain: Vec<u8>,
    /// Where the next record begins is not known.
    pub search: Option<Search>,
    /// Bytes that were tried in vain.
    tried: u64,
    /// The server takes early data: those that cannot be opened are content.
    pub takes_early: bool,
    /// Bytes of them, without what records have beside.
    early_lost: u64,
    /// It was told that nothing more can be read.
    end_told: bool,
    /// Trying has cost so much that it was given up.
    pub exhausted: bool,
}

impl Direction {
    /// Bytes that it holds.
    pub fn held(&self) -> usize {
        let keys = self.keys.iter().chain(&self.pending);
        keys.map(|keys| size_of::<Keys>() + heap(keys.opener.held())).sum::<usize>()
            + of_list(&self.half_read)
            + of_list(&self.pieces)
            + of_list(&self.plain)
            + self.search.as_ref().map_or(0, Search::held)
    }

    /// Adds the keys of a later epoch of TLS 1.3.
    pub fn add(&mut self, epoch: Epoch, suite: Suite, secret: &Secret<Vec<u8>>) {
        if let Some(opener) = schedule::opener(suite, secret.reveal()) {
            self.keys.push_back(Keys { epoch, opener: Box::new(opener), secret: Some((suite, secret.clone())) });
        }
    }

    /// Forgets all keys.
    pub fn forget_keys(&mut self) {
        self.keys.clear();
    }

    /// Sets the keys that begin with the next ChangeCipherSpec.
    pub fn await_change(&mut self, opener: Opener) {
        self.pending = Some(Keys { epoch: Epoch::Cipher, opener: Box::new(opener), secret: None });
    }

    /// ChangeCipherSpec: the keys that were agreed upon begin.
    pub fn change_cipher_spec(&mut self) {
        if let Some(keys) = self.pending.take() {
            self.keys.clear();
            self.keys.push_back(keys);
            (self.sequence, self.proven, self.end_told) = (0, false, false);
        } else {
            // What follows is protected by keys that are not known.
            self.keys.clear();
        }
    }

    /// True where records may be opened.
    pub fn has_keys(&self) -> bool {
        !self.keys.is_empty() && !self.broken
    }

    /// True where a record was opened, with whichever keys.
    pub fn has_opened(&self) -> bool {
        self.opened
    }

    /// Bytes of a record's body before those of its content.
    pub fn prefix(&self) -> usize {
        self.keys.front().map_or(0, |keys| keys.opener.prefix())
    }

    /// True, once, where nothing more of what was read can be.
    pub fn ends(&mut self) -> bool {
        self.opened && !std::mem::replace(&mut self.end_told, true)
    }

    /// True after a record that was changed on the way.
    pub fn is_broken(&self) -> bool {
        self.broken
    }

    /// The epoch of the keys in use.
    pub fn epoch(&self) -> Option<Epoch> {
        self.keys.front().map(|keys| keys.epoch)
    }

    /// The keys of `epoch` have been used for the last time.
    pub fn leave(&mut self, epoch: Epoch) {
        if self.epoch() == Some(epoch) {
            self.keys.pop_front();
            (self.sequence, self.proven) = (0, false);
        }
    }

    /// KeyUpdate (RFC 8446, section 4.6.3).
    pub fn key_update(&mut self) {
        if let Some(keys) = self.keys.front_mut()
            && let Some(next) = next(keys)
        {
            *keys = next;
            self.sequence = 0;
        }
    }

    /// Takes bytes of a record's body, and where they were. True once it is whole, as far as it was captured.
    pub fn collect(&mut self, head: Head, bytes: &[u8], at: PacketRef) -> bool {
        self.half_read.extend_from_slice(bytes);
        if !bytes.is_empty() {
            self.pieces.push((bytes.len(), at));
        }
        self.half_read.len() as u64 + self.missing >= u64::from(head.length)
    }

    /// True where nothing of a record's body has come.
    pub fn is_between_records(&self) -> bool {
        self.half_read.is_empty() && self.missing == 0
    }

    /// Opens the record that was collected.
    pub fn open_collected(&mut self, head: Head) -> (Opening, Vec<(usize, PacketRef)>) {
        let body = std::mem::take(&mut self.half_read);
        let pieces = std::mem::take(&mut self.pieces);
        let missing = std::mem::take(&mut self.missing);
        let opening = if missing > 0 {
            self.loss.missing += missing;
            self.lose(head);
            Opening::Lost
        } else {
            self.open(head, &body)
        };
        self.half_read = body;
        self.half_read.clear();
        (opening, pieces)
    }

    /// Opens a whole record.
    pub fn open(&mut self, head: Head, body: &[u8]) -> Opening {
        if !self.has_keys() {
            return Opening::Unreadable;
        }
        if let Some(found) = self.find(head, body) {
            return self.take(found, head, body);
        }
        self.passed_unopened(body);
        let is_cipher = self.epoch() == Some(Epoch::Cipher);
        if self.loss.bytes > 0 {
            self.loss.failures += 1;
            if self.loss.failures > FAILURES_AFTER_LOSS {
                self.broken = true;
                return Opening::Broken;
            }
            self.lose_unopened(head);
            return Opening::Lost;
        }
        if self.takes_early && !self.proven && !self.exhausted {
            self.early_lost += u64::from(head.length).saturating_sub(EARLY_OVERHEAD).max(1);
            return Opening::Lost;
        }
        // The keys of TLS 1.3's handshake may be unknown, and those of its data known.
        if self.proven || is_cipher || self.exhausted {
            self.broken = true;
            return Opening::Broken;
        }
        Opening::Unreadable
    }

    /// Which keys open a record, and by which number. `plain` has its content then.
    fn find(&mut self, head: Head, body: &[u8]) -> Option<Found> {
        let is_lost = self.loss.bytes > 0;
        let (least, most) = (self.loss.records, self.most_lost());
        for nth in 0..self.keys.len() {
            let is_current = nth == 0;
            if !is_current && self.proven && !is_lost {
                break;
            }
            let (from, to) = if is_current { (self.sequence + least, self.sequence + most) } else { (0, most) };
            let found = self.try_keys(nth, from..=to, head, body);
            if found.is_some() {
                return found;
            }
        }
        if !is_lost {
            return None;
        }
        // A KeyUpdate or a ChangeCipherSpec may be among what was lost, or several.
        let known = self.keys.len();
        for _ in 0..UPDATES_LOST {
            let next = match self.pending.take() {
                Some(pending) => Some(pending),
                None => self.keys.back().and_then(next),
            };
            let Some(next) = next else { break };
            self.keys.push_back(next);
            let found = self.try_keys(self.keys.len() - 1, 0..=most, head, body);
            if found.is_some() {
                return found;
            }
            if self.exhausted {
                break;
            }
        }
        let tried = self.keys.drain(known..).next();
        self.pending = tried.filter(|keys| keys.epoch == Epoch::Cipher);
        None
    }

    /// Opens a record with the `nth` keys and one of `sequences`.
    fn try_keys(
        &mut self,
        nth: usize,
        sequences: std::ops::RangeInclusive<u64>,
        head: Head,
        body: &[u8],
    ) -> Option<Found> {
        let keys = self.keys.get(nth)?;
        for sequence in sequences {
            if let Some(kind) = keys.opener.open(sequence, head.kind, head.version, body, &mut self.plain) {
                return Some(Found { nth, sequence, kind });
            }
            self.tried = self.tried.saturating_add((body.len() as u64).max(TRIAL_BYTES));
            if self.tried > TLS_SEARCH_BYTES as u64 {
                self.exhausted = true;
                return None;
            }
        }
        None
    }

    /// How many records there is room for in what was lost, and no more than are tried.
    fn most_lost(&self) -> u64 {
        if !self.loss.unbounded {
            return self.loss.records;
        }
        let least = HEADER_BYTES + self.keys.front().map_or(0, |keys| keys.opener.overhead() as u64);
        (self.loss.bytes / least).clamp(self.loss.records, self.loss.records + TLS_SEARCH_RECORDS as u64)
    }

    /// A record was opened: its keys and its number are those in use.
    fn take(&mut self, Found { nth, sequence, kind }: Found, head: Head, body: &[u8]) -> Opening {
        self.take_up(nth);
        let records = sequence.saturating_sub(self.sequence);
        let Some(keys) = self.keys.front_mut() else { return Opening::Unreadable };
        let is_blind = keys.opener.is_blind(sequence);
        keys.opener.passed(sequence, body);
        if is_blind {
            self.proven = true;
            self.loss.place_is_known(records);
            self.lose_unopened(head);
            return Opening::Lost;
        }
        let epoch = keys.epoch;
        let overhead = HEADER_BYTES + keys.opener.overhead() as u64;
        let loss = std::mem::take(&mut self.loss);
        // Content comes after Finished: the last record of the handshake in TLS 1.3, the first one after ChangeCipherSpec
        // before it.
        let is_of_handshake = match epoch {
            Epoch::Cipher => !self.opened && sequence <= 1,
            epoch => {
                let is_next = sequence == 0 && loss.updates == 0;
                loss.epoch == Some(Epoch::Handshake) && (is_next || epoch == Epoch::Handshake)
            }
        };
        let around = records.saturating_mul(overhead) + loss.updates.saturating_mul(overhead + KEY_UPDATE_BYTES);
        let early = std::mem::take(&mut self.early_lost);
        let lost = match loss.bytes.saturating_sub(around) {
            content if early > 0 => Lost::Content(content + early),
            _ if loss.bytes == 0 => Lost::Nothing,
            0 => Lost::Messages(loss.bytes),
            _ if is_of_handshake => Lost::Messages(loss.bytes),
            content => Lost::Content(content),
        };
        (self.sequence, self.proven, self.opened) = (sequence + 1, true, true);
        Opening::Opened { kind, lost }
    }

    /// The `nth` keys are those in use from now on.
    fn take_up(&mut self, nth: usize) {
        if nth == 0 {
            return;
        }
        let gone = self.keys.drain(..nth.min(self.keys.len()));
        self.loss.updates += gone.filter(|keys| keys.epoch == Epoch::Application).count() as u64;
        (self.sequence, self.proven) = (0, false);
    }

    /// A record is lost whose header was seen.
    fn lose(&mut self, head: Head) {
        self.loss.failures = 0;
        self.passed_unopened(b"");
        self.lose_unopened(head);
    }

    /// Bytes have gone by that did not open, before what may be the next record: `bytes` is their end.
    fn passed_unopened(&mut self, bytes: &[u8]) {
        for keys in self.keys.iter_mut().chain(&mut self.pending) {
            keys.opener.passed_unopened(bytes);
        }
    }

    fn lose_unopened(&mut self, head: Head) {
        self.loss.epoch = self.loss.epoch.or(self.epoch());
        self.loss.bytes += HEADER_BYTES + u64::from(head.length);
        self.loss.records += 1;
    }

    /// `missing` bytes of a record's body are not in the capture.
    pub fn gap_in_record(&mut self, missing: u64) {
        self.missing += missing;
    }

    /// `missing` bytes are not in the capture, the end of a record of which `seen` bytes came among them: the next one is
    /// searched for.
    pub fn gap(&mut self, seen: u64, missing: u64) {
        let lost = std::mem::take(&mut self.missing);
        let seen = seen + self.half_read.len() as u64 + lost;
        if let Some(search) = self.search.take() {
            self.loss.bytes += search.all();
        }
        self.half_read.clear();
        self.pieces.clear();
        self.loss.epoch = self.loss.epoch.or(self.epoch());
        self.loss.bytes += seen + missing;
        self.loss.missing += lost + missing;
        self.loss.unbounded = true;
        self.loss.failures = 0;
        self.search = Some(Search::default());
    }

    /// Looks for the next record among `bytes`. Returns the bytes from there on, once it is found. `is_end`: no more will
    /// come.
    pub fn search(&mut self, bytes: &[u8], at: PacketRef, is_end: bool) -> Option<Vec<(Vec<u8>, PacketRef)>> {
        let mut search = self.search.take()?;
        search.push(bytes, at);
        while let Some(candidate) = search.candidate(is_end) {
            self.passed_unopened(search.before());
            let passed = search.passed_over();
            self.loss.bytes += passed;
            if let Some(Found { nth, sequence, .. }) = self.find(candidate, search.body(candidate)) {
                // The record is opened when its bytes come back.
                self.take_up(nth);
                let records = sequence.saturating_sub(self.sequence);
                self.loss.place_is_known(records);
                return Some(search.rest());
            }
            self.loss.bytes -= passed;
            if self.exhausted {
                self.broken = true;
                self.loss.bytes += search.all();
                return None;
            }
            search.pass_over();
        }
        self.search = Some(search);
        None
    }

    /// How many bytes were lost and not found again, and how many of them are not in the capture.
    pub fn all_lost(&self) -> (u64, u64) {
        let searched = self.search.as_ref().map_or(0, |search| search.all());
        let half_read = self.half_read.len() as u64 + self.missing;
        (self.loss.bytes + self.early_lost + searched + half_read, self.loss.missing + self.missing)
    }

    /// Bytes of content that were lost and that no record has come after, or a few less.
    pub fn take_loss(&mut self) -> u64 {
        let searched = self.search.take().map_or(0, |search| search.all());
        let half_read = self.half_read.len() as u64 + self.missing;
        let half_read = if self.missing > 0 || self.loss.bytes > 0 { half_read } else { 0 };
        let loss = std::mem::take(&mut self.loss);
        let early = std::mem::take(&mut self.early_lost);
        let overhead = HEADER_BYTES + self.keys.front().map_or(0, |keys| keys.opener.overhead() as u64);
        match loss.bytes + searched + half_read {
            0 => early,
            bytes => early + bytes.saturating_sub(overhead.saturating_mul(loss.records.max(1))).max(1),
        }
    }
}

/// The keys after a KeyUpdate.
fn next(keys: &Keys) -> Option<Keys> {
    let (suite, secret) = keys.secret.as_ref().filter(|_| keys.epoch == Epoch::Application)?;
    let secret = schedule::next_traffic_secret(*suite, secret.reveal());
    let opener = schedule::opener(*suite, secret.reveal())?;
    Some(Keys { epoch: Epoch::Application, opener: Box::new(opener), secret: Some((*suite, secret)) })
}
