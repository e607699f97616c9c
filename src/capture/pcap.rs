/*!
Classic libpcap files: a header of 24 bytes, then records of 16 bytes and the captured bytes.

Microseconds or nanoseconds, either byte order, the old versions whose records have the two lengths the other way round,
and flavours whose records, or whose header, are longer. Some of these have the usual magic number: the first records
tell them.

A record is believed once the header behind it reads as one. Where it does not, one of the two is damaged, or unusual
([`Layout::is_vouched_for`]), and the next record that is neither is looked for from behind the *beginning* of the first: a
false length may have led past others. The times of records are held against the last one that others have agreed with.
*/

use super::growing::{is_blank, is_half_written};
use super::pcap_chain::{CUSTOMARY_BYTES, Found, Known, Layout, View, is_file_header};
use super::pcap_header::{self, FileHeader, HEADER_BYTES, Lengths};
use super::record::{Care, Defect, Record, ensure};
use super::section;
use super::stride::ClassicStride;
use super::walk::Way;
use super::window::Window;
use super::{LinkType, Time};
use std::cell::Cell;
use std::io;

/// Records in a row that must be plausible for records to be taken for those of another flavour.
const FLAVOUR_RECORDS: usize = 3;
/// Bytes in view in which the next record is looked for before what is doubtful is read as it stands.
const SEARCH_BYTES: usize = 512 * 1024;
/// Bytes in view behind a place that is judged, where the file goes on.
const CHAIN_BYTES: usize = 128 * 1024;
/// The same where nothing else is left than to find one: the length of four customary records.
const WIDE_CHAIN_BYTES: usize = 3 * (CUSTOMARY_BYTES + 28);
/// Bytes of the longest header of a file, with what tells that it is one.
const FILE_HEADER_BYTES: usize = 28;

/// The records of a classic file.
pub(super) struct Pcap {
    layout: Layout,
    /// Bytes that records' headers may have instead, until the first records have been looked at.
    other_headers: &'static [usize],
    link: LinkType,
    /// The seconds that records are held against.
    trusted: Option<u32>,
    /// Those of a record far from `trusted`: the next one there proves them.
    rival: Option<u32>,
    next: Next,
    /// The header of a file may be content of a packet.
    doubts: bool,
    /// Where in the file no record was found up to here.
    barren: u64,
}

/// What is known of the record behind the one that was read last.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    /// Nothing.
    Unknown,
    /// Its header reads as one.
    Fits,
    /// It is unusual, and to be read as it stands.
    Accepted,
    /// It was not in view: the last record is not proved yet.
    Unproved,
    /// The next true one is at this offset.
    At(u64, Kind),
}

/// What is at an offset.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Record,
    File,
}

/// What the bytes behind a record say of it.
enum Proof {
    /// It is one, as far as can be told.
    Sound(Next),
    /// It is none, or too long: the next begins at this byte of the window.
    Refuted(Found),
    /// More must be written to tell (files that are followed).
    Unsure,
}

impl Pcap {
    /// True where `beginning` is that of a classic file.
    pub(super) fn begins(beginning: &[u8]) -> bool {
        pcap_header::begins(beginning)
    }

    /// Reads the file's header. With `doubts`, headers of other files amid damage may be content of packets.
    pub(super) fn open(window: &mut Window, doubts: bool) -> Result<Self, Defect> {
        window.ensure(HEADER_BYTES)?;
        let header = FileHeader::parse(window.data()).ok_or(Defect::CutShort)?.map_err(Defect::Unsupported)?;
        if !window.ensure(header.bytes)? {
            return Err(Defect::CutShort);
        }
        window.consume(header.bytes);
        let (_, other_headers) = header.record_headers.split_first().ok_or(Defect::CutShort)?;
        Ok(Self {
            layout: Layout::of(&header),
            other_headers,
            link: header.link,
            trusted: None,
            rival: None,
            next: Next::Unknown,
            doubts,
            barren: 0,
        })
    }

    /// Looks at the first records for their flavour: where those of the usual length make no sense, but longer or
    /// shorter headers do, these are meant.
    fn recognise(&mut self, window: &mut Window) {
        if self.trusted.is_some() || self.other_headers.is_empty() {
            return;
        }
        // The second record suffices for the usual flavour: a live stream is not kept waiting for a third.
        let Some(usual) = self.agreeing(window, self.layout.header_bytes, 2) else { return };
        let others = std::mem::take(&mut self.other_headers);
        let agrees = |&&other: &&usize| self.agreeing(window, other, FLAVOUR_RECORDS) == Some(true);
        if !usual && let Some(&other) = others.iter().find(agrees) {
            self.layout.header_bytes = other;
        }
    }

    /// Whether the first `count` records agree, if their headers have `header_bytes`. Two suffice where the stream ends
    /// with the second one; None where it ends before.
    fn agreeing(&self, window: &mut Window, header_bytes: usize, count: usize) -> Option<bool> {
        let (mut at, mut last) = (0, None);
        for nth in 0..count {
            if !window.look(at + header_bytes) {
                return if nth < 2 { None } else { Some(window.data().len() == at) };
            }
            let header = self.layout.header(window.data().get(at..)?)?;
            if !self.layout.follows(header, last.or(Some(header.seconds))) {
                return Some(false);
            }
            at += header_bytes + usize::try_from(header.captured).ok()?;
            last = Some(header.seconds);
        }
        Some(true)
    }

    /// The link type of all records.
    pub(super) fn link(&self) -> LinkType {
        self.link
    }

    /// The record that `data` begins with, if it is complete, and nothing is odd about it and the one behind it: nearly
    /// all records.
    #[inline]
    pub(super) fn in_view(&mut self, data: &[u8]) -> Option<Record> {
        if self.next != Next::Fits {
            return None;
        }
        let header = self.layout.header(data)?;
        let total = self.layout.header_bytes + usize::try_from(header.captured).ok()?;
        let behind = self.layout.header(data.get(total..)?)?;
        if !self.layout.follows(behind, Some(header.seconds)) {
            return None;
        }
        self.trusted = Some(header.seconds);
        Some(self.layout.record(header, self.link))
    }

    /// How to walk over the records that `data` begins with, those behind the last that was handed out, whose times are not
    /// before `latest`: up to `before`, and none that [`Self::in_view`] would not take. None where none is in view, or the
    /// lengths stand otherwise than usual.
    pub(super) fn way(&self, data: &[u8], latest: Time, before: Option<Time>) -> Option<Way> {
        if self.next != Next::Fits || !matches!(self.layout.lengths, Lengths::CapturedFirst) {
            return None;
        }
        Some(if self.layout.big_endian {
            Way::Big(ClassicStride::from(self.layout, data, latest, before)?)
        } else {
            Way::Little(ClassicStride::from(self.layout, data, latest, before)?)
        })
    }

    /// Records were passed over, the last one at that time.
    pub(super) fn walked(&mut self, last: Time) {
        self.trusted = u32::try_from(last.nanoseconds() / 1_000_000_000).ok().or(self.trusted);
    }

    /// The record at the beginning of the window; None at the end of the file.
    pub(super) fn record(&mut self, window: &mut Window, care: Care) -> Result<Option<Record>, Defect> {
        self.recognise(window);
        let next = std::mem::replace(&mut self.next, Next::Unknown);
        let read = self.read(window, next, care);
        if matches!(read, Ok(None) | Err(Defect::CutShort | Defect::Unwritten { .. })) {
            // What is known of it holds when it has been written.
            self.next = next;
        }
        read
    }

    fn read(&mut self, window: &mut Window, next: Next, care: Care) -> Result<Option<Record>, Defect> {
        if let Next::At(offset, kind) = next {
            let bytes = usize::try_from(offset.saturating_sub(window.offset())).unwrap_or(usize::MAX);
            if bytes > 0 {
                window.ensure(bytes)?;
                let what = self.oddity(window.data());
                window.consume(bytes);
                self.next = Next::At(offset, kind);
                return Err(Defect::Skipped { what, bytes });
            }
            if kind == Kind::File {
                return Err(Defect::AnotherFile);
            }
        }
        let header_bytes = self.layout.header_bytes;
        let is_there = ensure(window, header_bytes)?;
        if window.data().is_empty() {
            return Ok(None);
        }
        if care.followed && is_blank(window.data()) {
            return Err(Defect::Unwritten { begun: false });
        }
        if !is_there {
            return Err(Defect::CutShort);
        }
        let header = self.layout.header(window.data()).ok_or(Defect::CutShort)?;
        let captured = usize::try_from(header.captured).unwrap_or(usize::MAX);
        let doubtful = next == Next::Unknown && !self.layout.follows(header, self.trusted);
        if care.steps_over && doubtful && another_file(window, 0) {
            return Err(Defect::AnotherFile);
        }
        if captured > self.layout.longest {
            return Err(Defect::Corrupt("a record longer than any packet"));
        }
        if header.is_empty() {
            // A file that was allocated and never written ends in zeros, which are not packets.
            return Err(Defect::Corrupt("an empty record of no time"));
        }
        let total = header_bytes + captured;
        if !ensure(window, total)? {
            if care.steps_over && !care.grows {
                let view = View { data: window.data(), ended: true };
                let skip = self.barren_bytes(window);
                if let Some(found) = self.layout.search(view, self.known(), view.data.len(), skip, view.data.len()) {
                    return Err(self.skip(window, found, "a record that reaches beyond the end of the file"));
                }
            }
            return Err(Defect::CutShort);
        }
        if care.followed {
            window.look(total + header_bytes);
            if is_half_written(window.data(), total, window.offset()) {
                return Err(Defect::Unwritten { begun: true });
            }
        }
        if care.steps_over {
            if doubtful && self.trusted.is_some() {
                match self.vouched_for(window, 0, care) {
                    Some(false) => match self.look_for(window, 0, care) {
                        Some(found) => return Err(self.skip(window, found, "a record that makes no sense")),
                        None if care.grows && window.has_ended() => return Err(Defect::Unwritten { begun: true }),
                        None => {}
                    },
                    None if care.grows => return Err(Defect::Unwritten { begun: true }),
                    None | Some(true) => {}
                }
            }
            if care.waits {
                window.look(total + header_bytes);
            }
            self.trusted.get_or_insert(header.seconds);
            match self.judge(window, total, header.seconds, care) {
                Proof::Sound(next) => self.next = next,
                Proof::Refuted(found) => return Err(self.skip(window, found, "a record that reaches into another")),
                Proof::Unsure => return Err(Defect::Unwritten { begun: true }),
            }
        }
        self.trust(header.seconds);
        Ok(Some(self.layout.record(header, self.link)))
    }

    /// The record of `total` bytes that the window begins with was handed out before the next was in view: the bytes to
    /// move on by, and whether they are fewer, because it was none. None where the next does not come for a while.
    pub(super) fn settled(&mut self, window: &mut Window, total: usize, care: Care) -> Option<(usize, bool)> {
        if self.next != Next::Unproved {
            return Some((total, false));
        }
        let is_there = window.look_soon(total + self.layout.header_bytes)?;
        self.next = Next::Unknown;
        if !is_there && care.grows {
            return Some((total, false));
        }
        Some(match self.judge(window, total, self.trusted.unwrap_or_default(), care) {
            Proof::Sound(Next::Unproved) | Proof::Unsure => (total, false),
            Proof::Sound(next) => {
                self.next = next;
                (total, false)
            }
            Proof::Refuted(found) => {
                let (at, kind) = place(found);
                self.next = Next::At(window.offset() + at as u64, kind);
                (at, true)
            }
        })
    }

    /// Whether that is so of the record that was handed out last.
    #[inline]
    pub(super) fn is_settled(&self) -> bool {
        self.next != Next::Unproved
    }

    /// What the bytes behind the record of `total` bytes that the window begins with say of it.
    fn judge(&mut self, window: &mut Window, total: usize, seconds: u32, care: Care) -> Proof {
        let behind = window.data().get(total..).unwrap_or_default();
        let Some(next) = self.layout.header(behind) else {
            if !window.has_ended() || care.grows {
                return Proof::Sound(Next::Unproved);
            }
            if behind.is_empty() {
                return Proof::Sound(Next::Unknown);
            }
            // The file ends in a header, or this record is too long or too short.
            return match self.look_for(window, total, care) {
                Some(found) if place(found).0 < total => Proof::Refuted(found),
                _ => Proof::Sound(Next::Unknown),
            };
        };
        if self.layout.follows(next, self.trusted) || self.layout.follows(next, Some(seconds)) {
            return Proof::Sound(Next::Fits);
        }
        if care.followed && is_blank(behind) {
            return Proof::Sound(if care.grows { Next::Unproved } else { Next::Unknown });
        }
        if another_file(window, total) {
            return Proof::Sound(Next::At(window.offset() + total as u64, Kind::File));
        }
        match self.vouched_for(window, total, care) {
            Some(false) => {}
            None if care.grows => return Proof::Unsure,
            None | Some(true) => return Proof::Sound(Next::Accepted),
        }
        match self.look_for(window, total, care) {
            Some(found) if place(found).0 < total => Proof::Refuted(found),
            Some(found) => {
                let (at, kind) = place(found);
                Proof::Sound(Next::At(window.offset() + at as u64, kind))
            }
            None if care.grows && window.has_ended() => Proof::Sound(Next::Unknown),
            None => Proof::Sound(Next::Accepted),
        }
    }

    /// As [`Layout::is_vouched_for`], of the record `at` that many bytes of the window; None also where that is not known
    /// yet, because the file still grows.
    fn vouched_for(&self, window: &mut Window, at: usize, care: Care) -> Option<bool> {
        loop {
            let view = View { data: window.data().get(at..).unwrap_or_default(), ended: window.has_ended() };
            let said = self.layout.is_vouched_for(view, self.trusted);
            if view.ended && care.grows && said != Some(true) {
                // What speaks against it may be that the rest has not been written.
                return self.layout.is_vouched_for(View { ended: false, ..view }, self.trusted);
            }
            if said.is_some() || view.data.len() > WIDE_CHAIN_BYTES + self.layout.longest {
                return said.or(Some(false));
            }
            let wanted = at + view.data.len() + 1;
            if !window.look(wanted) && !window.has_ended() {
                return None;
            }
        }
    }

    /// Looks for the next place, from behind the beginning of the window on, where reading can go on; `inside` are the
    /// bytes of the record there.
    fn look_for(&mut self, window: &mut Window, inside: usize, care: Care) -> Option<Found> {
        // Twice as much at once: each read moves what is in view, and a file may well be odd every few bytes.
        if window.data().len() < inside + SEARCH_BYTES {
            window.look(inside + 2 * SEARCH_BYTES);
        }
        let view = View { data: window.data(), ended: window.has_ended() && !care.grows };
        let judged = view.data.len().saturating_sub(if view.ended { 0 } else { CHAIN_BYTES });
        let until = if window.has_ended() { view.data.len() } else { judged };
        let found = self.layout.search(view, self.known(), inside, self.barren_bytes(window), until);
        if found.is_none() {
            self.barren = self.barren.max(window.offset() + judged as u64);
        }
        found
    }

    /// The first byte of the window, after the one that it begins with, where reading can go on.
    pub(super) fn find_in_view(&mut self, window: &Window) -> Option<usize> {
        let view = View { data: window.data(), ended: window.has_ended() };
        let (at, kind) = place(self.layout.search(view, self.known(), 0, 0, view.data.len())?);
        self.next = Next::At(window.offset() + at as u64, kind);
        Some(at)
    }

    fn known(&self) -> Known {
        Known { trusted: self.trusted, doubts: self.doubts }
    }

    /// Bytes of the window that are known to have no record.
    fn barren_bytes(&self, window: &Window) -> usize {
        usize::try_from(self.barren.saturating_sub(window.offset())).unwrap_or(usize::MAX)
    }

    /// Moves the window on to what was found in it.
    fn skip(&mut self, window: &mut Window, found: Found, what: &'static str) -> Defect {
        let (bytes, kind) = place(found);
        window.consume(bytes);
        self.next = Next::At(window.offset(), kind);
        Defect::Skipped { what, bytes }
    }

    /// What is wrong with the record that `data` begins with.
    fn oddity(&self, data: &[u8]) -> &'static str {
        match self.layout.header(data) {
            Some(header) if header.is_empty() => "an empty record of no time",
            Some(header) if usize::try_from(header.captured).is_ok_and(|captured| captured > self.layout.longest) => {
                "a record longer than any packet"
            }
            _ => "a record that makes no sense",
        }
    }

    /// A record has this time: others are held against it, unless it is far from those before and alone there.
    fn trust(&mut self, seconds: u32) {
        let near = |other: u32| other.abs_diff(seconds) <= 86_400;
        if self.trusted.is_none_or(near) || self.rival.is_some_and(near) {
            (self.trusted, self.rival) = (Some(seconds), None);
        } else {
            self.rival = Some(seconds);
        }
    }

    /// Moves the window to the next bytes that read as several records in a row; false if there are none, or, where more
    /// is to come (`to_come`), none yet.
    pub(super) fn resynchronise(&mut self, window: &mut Window, to_come: bool) -> io::Result<bool> {
        window.consume(self.barren_bytes(window));
        let (layout, known, place_there) = (self.layout, self.known(), Cell::new(None));
        let found = window.find(WIDE_CHAIN_BYTES, to_come, |data, ended| {
            place_there.set(layout.at(View { data, ended }, known, 0));
            place_there.get().is_some()
        })?;
        if let Some((bytes, kind)) = place_there.get().map(place) {
            window.consume(bytes);
            self.next = Next::At(window.offset(), kind);
        }
        Ok(found)
    }
}

fn place(found: Found) -> (usize, Kind) {
    match found {
        Found::Record(at) => (at, Kind::Record),
        Found::File(at) => (at, Kind::File),
    }
}

fn begins_with_magic(data: &[u8]) -> bool {
    Pcap::begins(data) || section::begins(data)
}

/// Whether another file begins at this byte of the window.
fn another_file(window: &mut Window, at: usize) -> bool {
    if !window.data().get(at..).is_some_and(begins_with_magic) {
        return false;
    }
    window.look(at + FILE_HEADER_BYTES);
    window.data().get(at..).is_some_and(is_file_header)
}
