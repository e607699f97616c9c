/*!
Classic libpcap files: a header of 24 bytes, then records of 16 bytes and the captured bytes.

Microseconds or nanoseconds, either byte order, the old versions whose records have the two lengths the other way round,
and flavours whose records, or whose header, are longer. Some of these have the usual magic number: the first records
tell them.
*/

use super::file::{Defect, Record};
use super::pcap_header::{self, FileHeader, HEADER_BYTES, Lengths};
use super::window::Window;
use super::{LinkType, Time};
use crate::limits::RECORD_BYTES;
use std::io;

/// libpcap's MAXIMUM_SNAPLEN: records may be this long whatever snap length the file's header has, since writers set
/// that to 0, or to less than a TSO packet.
const CUSTOMARY_BYTES: usize = 262_144;
/// Seconds by which a record may differ from the one before it to be believed after corrupt bytes.
const PLAUSIBLE_SECONDS: u32 = 86_400;
/// Records in a row that must be plausible for reading to go on after corrupt bytes, or for records to be taken for
/// those of another flavour.
const PLAUSIBLE_RECORDS: usize = 3;

/// The records of a classic file.
pub(super) struct Pcap {
    big_endian: bool,
    header_bytes: usize,
    /// Bytes that records' headers may have instead, until the first records have been looked at.
    other_headers: &'static [usize],
    fine: bool,
    lengths: Lengths,
    link: LinkType,
    longest: usize,
    last_seconds: Option<u32>,
}

/// A record's header.
#[derive(Clone, Copy)]
struct Header {
    seconds: u32,
    fraction: u32,
    captured: u32,
    original: u32,
}

impl Header {
    /// No bytes, at time 0.
    fn is_empty(self) -> bool {
        self.seconds == 0 && self.captured == 0 && self.original == 0
    }
}

impl Pcap {
    /// True where `beginning` is that of a classic file.
    pub(super) fn begins(beginning: &[u8]) -> bool {
        pcap_header::begins(beginning)
    }

    /// Reads the file's header.
    pub(super) fn open(window: &mut Window) -> Result<Self, Defect> {
        window.ensure(HEADER_BYTES)?;
        let header = FileHeader::parse(window.data()).ok_or(Defect::CutShort)?.map_err(Defect::Unsupported)?;
        if !window.ensure(header.bytes)? {
            return Err(Defect::CutShort);
        }
        window.consume(header.bytes);
        let (header_bytes, other_headers) = header.record_headers.split_first().ok_or(Defect::CutShort)?;
        let snaplen = usize::try_from(header.snaplen).unwrap_or(usize::MAX);
        Ok(Self {
            big_endian: header.big_endian,
            header_bytes: *header_bytes,
            other_headers,
            fine: header.nanoseconds,
            lengths: header.lengths,
            link: header.link,
            longest: snaplen.clamp(CUSTOMARY_BYTES, RECORD_BYTES),
            last_seconds: None,
        })
    }

    /// Looks at the first records for their flavour: where those of the usual length make no sense, but longer or
    /// shorter headers do, these are meant.
    fn recognise(&mut self, window: &mut Window) {
        if self.last_seconds.is_some() || self.other_headers.is_empty() {
            return;
        }
        // The second record suffices for the usual flavour: a live stream is not kept waiting for a third.
        let Some(usual) = self.agreeing(window, self.header_bytes, 2) else { return };
        let others = std::mem::take(&mut self.other_headers);
        let agrees = |&&other: &&usize| self.agreeing(window, other, PLAUSIBLE_RECORDS) == Some(true);
        if !usual && let Some(&other) = others.iter().find(agrees) {
            self.header_bytes = other;
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
            let header = self.header(window.data().get(at..)?)?;
            if !self.follows(header, last.or(Some(header.seconds))) {
                return Some(false);
            }
            at += header_bytes + usize::try_from(header.captured).ok()?;
            last = Some(header.seconds);
        }
        Some(true)
    }

    /// Bytes of a record's header.
    pub(super) fn header_bytes(&self) -> usize {
        self.header_bytes
    }

    /// The link type of all records.
    pub(super) fn link(&self) -> LinkType {
        self.link
    }

    /// The record that `data` begins with, if it is complete and nothing is odd about it: nearly all records.
    #[inline]
    pub(super) fn in_view(&mut self, data: &[u8]) -> Option<Record> {
        let header = self.header(data)?;
        let captured = usize::try_from(header.captured).ok().filter(|&captured| captured <= self.longest)?;
        let total = self.header_bytes + captured;
        if data.len() < total || header.is_empty() {
            return None;
        }
        self.last_seconds = Some(header.seconds);
        // The record's bounds were checked by its header just now: a parser would read the same sixteen bytes again,
        // for every packet.
        Some(Record {
            time: self.time(header.seconds, header.fraction),
            link: self.link,
            data: self.header_bytes..total,
            wire_len: header.original.max(header.captured),
            interface: 0,
            total,
        })
    }

    /// The record at the beginning of the window; None at the end of the file.
    pub(super) fn record(&mut self, window: &mut Window) -> Result<Option<Record>, Defect> {
        self.recognise(window);
        if !window.ensure(self.header_bytes)? {
            return if window.data().is_empty() { Ok(None) } else { Err(Defect::CutShort) };
        }
        let header = self.header(window.data()).ok_or(Defect::CutShort)?;
        let captured = usize::try_from(header.captured).unwrap_or(usize::MAX);
        if captured > self.longest {
            return Err(Defect::Corrupt("a record longer than any packet"));
        }
        if header.is_empty() {
            // A file that was allocated and never written ends in zeros, which are not packets.
            return Err(Defect::Corrupt("an empty record of no time"));
        }
        if !window.ensure(self.header_bytes + captured)? {
            return Err(Defect::CutShort);
        }
        self.in_view(window.data()).map(Some).ok_or(Defect::CutShort)
    }

    fn time(&self, seconds: u32, fraction: u32) -> Time {
        if self.fine {
            Time::from_nanoseconds(i64::from(seconds) * 1_000_000_000 + i64::from(fraction))
        } else {
            Time::from_microseconds(i64::from(seconds) * 1_000_000 + i64::from(fraction))
        }
    }

    fn header(&self, data: &[u8]) -> Option<Header> {
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

    /// Moves the window to the next bytes that read as several records in a row; false if there are none, or, where more
    /// is to come (`to_come`), none yet.
    pub(super) fn resynchronise(&mut self, window: &mut Window, to_come: bool) -> io::Result<bool> {
        // The length of three customary records, by which every position is judged.
        let view = PLAUSIBLE_RECORDS * (CUSTOMARY_BYTES + self.header_bytes);
        window.find(view, to_come, |data| self.is_plausible(data))
    }

    /// True where `data` begins with records in a row that agree with those before and with one another.
    fn is_plausible(&self, mut data: &[u8]) -> bool {
        let mut last = self.last_seconds;
        for count in 0..PLAUSIBLE_RECORDS {
            if data.is_empty() {
                return count > 0;
            }
            let Some(header) = self.header(data) else { return false };
            if !self.follows(header, last) {
                return false;
            }
            let captured = usize::try_from(header.captured).unwrap_or(usize::MAX);
            let Some(rest) = data.get(self.header_bytes + captured..) else { return false };
            data = rest;
            last = Some(header.seconds);
        }
        true
    }

    /// True where a record with that header, which begins at any bytes, is plausible after one at `last`.
    fn follows(&self, header: Header, last: Option<u32>) -> bool {
        let fraction_end = if self.fine { 1_000_000_000 } else { 1_000_000 };
        let near = last.is_none_or(|last| header.seconds.abs_diff(last) <= PLAUSIBLE_SECONDS);
        // Zeros are rarely a time: only where the times begin with them.
        let timed = header.seconds != 0 || last.is_some_and(|last| last == 0);
        let captured = usize::try_from(header.captured).unwrap_or(usize::MAX);
        let original = usize::try_from(header.original).unwrap_or(usize::MAX);
        near && timed
            && header.fraction < fraction_end
            && (1..=CUSTOMARY_BYTES).contains(&captured)
            && (captured..=RECORD_BYTES).contains(&original)
    }
}
