/*!
Which bytes read as records of a classic file: the lengths, the fraction of a second and the time of one, and of several in
a row. Nothing else tells a record from other bytes: it has no mark of its own.
*/

use super::pcap_header::{FileHeader, Lengths};
use super::record::Record;
use super::section;
use super::window::WINDOW_BYTES;
use super::{LinkType, Time};
use crate::limits::RECORD_BYTES;

/// libpcap's MAXIMUM_SNAPLEN: records may be this long whatever snap length the file's header has, since writers set
/// that to 0, or to less than a TSO packet.
pub(super) const CUSTOMARY_BYTES: usize = 262_144;
/// Seconds by which a record may differ from the one before it to be believed without more.
pub(super) const PLAUSIBLE_SECONDS: u32 = 86_400;
/// Records in a row that must be plausible for reading to go on with the first of them after corrupt bytes.
const PLAUSIBLE_RECORDS: usize = 3;
/// Records behind an unusual one that must be usual for it to be believed.
const VOUCHING_RECORDS: usize = 2;
/// The same where nothing else speaks for them: inside a record that was read, which may hold a capture itself (a file that
/// was sent), or at times far from those before.
const CERTAIN_RECORDS: usize = 8;
/// Records over which a file is followed to behind the content of a packet.
const FOLLOWED_RECORDS: usize = 64;
/// Bytes of the longest packet on a network: content ends within them.
const PACKET_BYTES: usize = 65_536;
/// Bytes of a block's type and length.
const BLOCK_BYTES: usize = 8;

/// How the records of a file are laid out.
#[derive(Clone, Copy)]
pub(super) struct Layout {
    pub(super) big_endian: bool,
    pub(super) header_bytes: usize,
    pub(super) fine: bool,
    pub(super) lengths: Lengths,
    pub(super) longest: usize,
}

/// A record's header.
#[derive(Clone, Copy)]
pub(super) struct Header {
    pub(super) seconds: u32,
    pub(super) fraction: u32,
    pub(super) captured: u32,
    pub(super) original: u32,
}

impl Header {
    /// No bytes, at time 0.
    pub(super) fn is_empty(self) -> bool {
        self.seconds == 0 && self.captured == 0 && self.original == 0
    }

    fn is_near(self, seconds: u32) -> bool {
        self.seconds.abs_diff(seconds) <= PLAUSIBLE_SECONDS
    }
}

/// Bytes of a file, from where a record is looked for.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) data: &'a [u8],
    /// Nothing follows them.
    pub(super) ended: bool,
}

impl View<'_> {
    pub(super) fn from(self, at: usize) -> Self {
        Self { data: self.data.get(at..).unwrap_or_default(), ..self }
    }
}

/// What is known where reading is to go on.
#[derive(Clone, Copy)]
pub(super) struct Known {
    /// The seconds that records are held against.
    pub(super) trusted: Option<u32>,
    /// The header of a file may be content of a packet.
    pub(super) doubts: bool,
}

/// Where reading can go on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// At a record.
    Record(usize),
    /// At the header of another file, which was appended to this one.
    File(usize),
}

impl Layout {
    pub(super) fn of(header: &FileHeader) -> Self {
        let snaplen = usize::try_from(header.snaplen).unwrap_or(usize::MAX);
        Self {
            big_endian: header.big_endian,
            header_bytes: header.record_headers.first().copied().unwrap_or(16),
            fine: header.nanoseconds,
            lengths: header.lengths,
            longest: snaplen.clamp(CUSTOMARY_BYTES, RECORD_BYTES),
        }
    }

    #[inline]
    pub(super) fn header(&self, data: &[u8]) -> Option<Header> {
        let (fields, _) = data.first_chunk::<16>()?.as_chunks::<4>();
        let [seconds, fraction, first, second] = *fields else { return None };
        let number = |bytes| if self.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) };
        let (seconds, fraction, first, second) = (number(seconds), number(fraction), number(first), number(second));
        let (captured, original) = match self.lengths {
            Lengths::CapturedFirst => (first, second),
            Lengths::ShorterIsCaptured => (first.min(second), first.max(second)),
            Lengths::CapturedLast => (second, first),
        };
        Some(Header { seconds, fraction, captured, original })
    }

    /// When a record with that header was captured.
    pub(super) fn time(&self, header: Header) -> Time {
        let (seconds, fraction) = (i64::from(header.seconds), i64::from(header.fraction));
        if self.fine {
            Time::from_nanoseconds(seconds * 1_000_000_000 + fraction)
        } else {
            Time::from_microseconds(seconds * 1_000_000 + fraction)
        }
    }

    /// The record with that header: its bounds are checked by it. A parser would read the same sixteen bytes again.
    pub(super) fn record(&self, header: Header, link: LinkType) -> Record {
        let total = self.total(header);
        Record {
            time: self.time(header),
            link,
            data: self.header_bytes..total,
            wire_len: header.original.max(header.captured),
            interface: 0,
            total,
        }
    }

    /// Units in a second: all fractions of usual records are less.
    #[inline]
    pub(super) fn fraction_end(&self) -> u32 {
        if self.fine { 1_000_000_000 } else { 1_000_000 }
    }

    /// Bytes of a record with that header.
    pub(super) fn total(&self, header: Header) -> usize {
        self.header_bytes.saturating_add(usize::try_from(header.captured).unwrap_or(usize::MAX))
    }

    /// A record can have that header.
    fn is_possible(&self, header: Header) -> bool {
        usize::try_from(header.captured).is_ok_and(|captured| captured <= self.longest)
    }

    /// Lengths and fraction are those of a usual record.
    #[inline]
    fn fits(&self, header: Header) -> bool {
        let captured = usize::try_from(header.captured).unwrap_or(usize::MAX);
        let original = usize::try_from(header.original).unwrap_or(usize::MAX);
        header.fraction < self.fraction_end()
            && (1..=CUSTOMARY_BYTES).contains(&captured)
            && (captured..=RECORD_BYTES).contains(&original)
    }

    /// A record of an unusual writer can have that header.
    fn is_odd(&self, header: Header) -> bool {
        let captured = usize::try_from(header.captured).unwrap_or(usize::MAX);
        header.fraction < 1_000_000_000 && !header.is_empty() && captured <= CUSTOMARY_BYTES
    }

    /// True where a record with that header is plausible after one at `last`.
    #[inline]
    pub(super) fn follows(&self, header: Header, last: Option<u32>) -> bool {
        let near = last.is_none_or(|last| header.is_near(last));
        // Zeros are rarely a time: only where the times begin with them.
        let timed = header.seconds != 0 || last.is_some_and(|last| last == 0);
        near && timed && self.fits(header)
    }

    /// Whether the record that `view` begins with is one, though it is not quite as others are, or at quite another time:
    /// those after it are as they should be. None where more must be seen to tell.
    pub(super) fn is_vouched_for(&self, view: View<'_>, trusted: Option<u32>) -> Option<bool> {
        let unseen = |counted: bool| if view.ended { Some(counted) } else { None };
        let Some(first) = self.header(view.data) else { return unseen(false) };
        if first.is_empty() || !self.is_possible(first) {
            return Some(false);
        }
        let (mut at, mut last) = (self.total(first), first.seconds);
        for nth in 1..=VOUCHING_RECORDS {
            if view.ended && at == view.data.len() {
                return Some(nth > 1 || self.fits(first) || trusted.is_some_and(|trusted| first.is_near(trusted)));
            }
            let rest = view.from(at.min(view.data.len()));
            let Some(header) = self.header(rest.data) else { return unseen(nth > 1) };
            // Some writers' fractions or lengths are never as they should be: the time must bear these out.
            let odd = trusted.is_some_and(|trusted| header.is_near(trusted)) && self.is_odd(header);
            let usual = [first.seconds, last].iter().any(|at| header.is_near(*at))
                || trusted.is_some_and(|at| header.is_near(at));
            let fits = usual && self.fits(header);
            if !(odd || fits) {
                return Some(false);
            }
            at = at.saturating_add(self.total(header));
            last = header.seconds;
        }
        Some(true)
    }

    /// True where `view` begins with records in a row that agree with those before and with one another. `inside` are the
    /// bytes that are still those of a record that was read.
    fn begins_chain(&self, view: View<'_>, trusted: Option<u32>, inside: usize) -> bool {
        let Some(first) = self.header(view.data).filter(|header| self.follows(*header, Some(header.seconds))) else {
            return false;
        };
        let near = trusted.is_none_or(|trusted| first.is_near(trusted));
        let wanted = if near { PLAUSIBLE_RECORDS } else { CERTAIN_RECORDS };
        let (mut at, mut last) = (0, first.seconds);
        for count in 0..CERTAIN_RECORDS {
            if count >= wanted && at > inside {
                return true;
            }
            if at >= view.data.len() {
                return view.ended && near && count > 0 && at == view.data.len();
            }
            let rest = view.from(at);
            let Some(header) = self.header(rest.data) else { return view.ended && near && count > 1 };
            if !self.follows(header, Some(last)) {
                return false;
            }
            let total = self.total(header);
            if total > rest.data.len() {
                // The last record of a file may be cut.
                return view.ended && near && count > 1;
            }
            at += total;
            last = header.seconds;
        }
        true
    }

    /// True where `view` begins with records that agree with those before, and go on behind `inside` bytes.
    fn goes_on(&self, view: View<'_>, trusted: Option<u32>, inside: usize) -> bool {
        let near = |header: &Header| trusted.is_none_or(|trusted| header.is_near(trusted));
        let Some(first) = self.header(view.data).filter(near) else { return false };
        if !self.begins_chain(view, trusted, 0) {
            return false;
        }
        let (mut at, mut last) = (0, first.seconds);
        for _ in 0..FOLLOWED_RECORDS {
            let rest = view.from(at).data;
            let Some(header) = self.header(rest) else { return view.ended && rest.is_empty() };
            if !self.follows(header, Some(last)) {
                return false;
            }
            if at > inside {
                return true;
            }
            at = at.saturating_add(self.total(header));
            last = header.seconds;
        }
        false
    }

    /// Where reading can go on, if what tells that is at the beginning of `view`.
    pub(super) fn at(&self, view: View<'_>, known: Known, inside: usize) -> Option<Found> {
        if self.begins_chain(view, known.trusted, inside) {
            return Some(Found::Record(0));
        }
        if !begins_file(view, inside) {
            return None;
        }
        let goes_on = |view: View<'_>, inside| self.goes_on(view, known.trusted, inside);
        let behind = if known.doubts { end_of_content(view, goes_on) } else { None };
        Some(behind.map_or(Found::File(0), Found::Record))
    }

    /// The first place after the first byte of `view` where reading can go on; `inside` are the bytes of a record that was
    /// read, `skip` those known to have none.
    pub(super) fn search(
        &self,
        view: View<'_>,
        known: Known,
        inside: usize,
        skip: usize,
        until: usize,
    ) -> Option<Found> {
        (skip.max(1)..until).find_map(|at| {
            let found = match self.at(view.from(at), known, inside.saturating_sub(at))? {
                Found::Record(behind) => Found::Record(at + behind),
                Found::File(behind) => Found::File(at + behind),
            };
            // What is before that is content of the record.
            let next = self.behind_original(view, known).filter(|next| *next > at);
            Some(next.map_or(found, Found::Record))
        })
    }

    /// The next record behind the one that `view` begins with, by its other length: that on the wire.
    fn behind_original(&self, view: View<'_>, known: Known) -> Option<usize> {
        let original = usize::try_from(self.header(view.data)?.original).ok()?;
        let next = self.header_bytes.checked_add(original).filter(|next| *next < view.data.len())?;
        self.goes_on(view.from(next), known.trusted, 0).then_some(next)
    }
}

/// True where the header of a capture file stands.
pub(super) fn is_file_header(data: &[u8]) -> bool {
    section::is_known(data) || matches!(FileHeader::parse(data), Some(Ok(_)))
}

/// The same where it could be any bytes: the first records of the file follow.
pub(super) fn begins_file(view: View<'_>, inside: usize) -> bool {
    if section::begins(view.data) {
        return section::is_known(view.data);
    }
    let Some(Ok(header)) = FileHeader::parse(view.data) else { return false };
    let Some(records) = view.data.get(header.bytes..) else { return false };
    let layout = Layout::of(&header);
    let records = View { data: records, ..view };
    let alone = view.ended && records.data.is_empty() && inside == 0;
    alone
        || header.record_headers.iter().any(|&header_bytes| {
            Layout { header_bytes, ..layout }.begins_chain(records, None, inside.saturating_sub(header.bytes))
        })
}

/// Where records are looked for amid damage, the header of a file that somebody sent by mail reads as that of one which
/// was appended. Both go on as records, but one inside a packet only to that packet's end.
///
/// Where the file around it goes on, if the file whose header `view` begins with is content of a packet. `goes_on` tells
/// whether it does in these bytes, and still does behind the number of them that is given.
pub(super) fn end_of_content(view: View<'_>, goes_on: impl Fn(View<'_>, usize) -> bool) -> Option<usize> {
    let end = run(view)?;
    if is_file_header(view.from(end).data) {
        return None;
    }
    (1..=end.saturating_add(PACKET_BYTES).min(view.data.len()))
        .find(|&at| goes_on(view.from(at), end.saturating_sub(at)))
}

/// Bytes over which what follows the header reads as a file; None where that is more than a packet has, or all there is.
fn run(view: View<'_>) -> Option<usize> {
    if section::begins(view.data) {
        return blocks(view);
    }
    let header = FileHeader::parse(view.data)?.ok()?;
    let runs = header
        .record_headers
        .iter()
        .map(|&header_bytes| records(Layout { header_bytes, ..Layout::of(&header) }, view, header.bytes));
    // One of these layouts is its own: the one that reads farthest.
    runs.collect::<Option<Vec<usize>>>()?.into_iter().max()
}

fn records(layout: Layout, view: View<'_>, begin: usize) -> Option<usize> {
    let (mut at, mut last) = (begin, None);
    while at <= PACKET_BYTES {
        let rest = view.from(at).data;
        let Some(header) = layout.header(rest) else { return (view.ended && !rest.is_empty()).then_some(at) };
        if !layout.follows(header, last.or(Some(header.seconds))) {
            return Some(at);
        }
        let total = layout.total(header);
        if total > rest.len() {
            return view.ended.then_some(at);
        }
        (at, last) = (at + total, Some(header.seconds));
    }
    None
}

fn blocks(view: View<'_>) -> Option<usize> {
    let number = match view.data.get(8..12)? {
        [0x1a, ..] => u32::from_be_bytes,
        _ => u32::from_le_bytes,
    };
    let length = |data: &[u8]| Some(usize::try_from(number(*data.first_chunk::<4>()?)).unwrap_or(usize::MAX));
    let mut at = 0;
    while at <= PACKET_BYTES {
        let rest = view.from(at).data;
        let Some(total) = rest.get(4..BLOCK_BYTES).and_then(length) else {
            return (view.ended && !rest.is_empty()).then_some(at);
        };
        if total <= BLOCK_BYTES || total > WINDOW_BYTES {
            return Some(at);
        }
        let Some(block) = rest.get(..total) else { return view.ended.then_some(at) };
        if block.get(total - 4..).and_then(length) != Some(total) {
            return Some(at);
        }
        at += total;
    }
    None
}
