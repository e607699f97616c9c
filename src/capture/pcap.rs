/*!
Classic libpcap files: a header of 24 bytes, then records of 16 bytes and the captured bytes.

Microseconds or nanoseconds, either byte order, the variant of Alexey Kuznetzov's libpcap with its longer records, and
the old versions whose records have the two lengths the other way round.
*/

use super::file::{Defect, Record};
use super::window::Window;
use super::{LinkType, Time};
use crate::limits::RECORD_BYTES;
use pcap_parser::{PcapHeader, parse_pcap_header};
use std::io;

/// Bytes of the file's header.
const HEADER_BYTES: usize = 24;
/// libpcap's MAXIMUM_SNAPLEN: records may be this long whatever snap length the file's header has, since writers set
/// that to 0, or to less than a TSO packet.
const CUSTOMARY_BYTES: usize = 262_144;
/// Seconds by which a record may differ from the one before it to be believed after corrupt bytes.
const PLAUSIBLE_SECONDS: u32 = 86_400;
/// Records in a row that must be plausible for reading to go on after corrupt bytes.
const PLAUSIBLE_RECORDS: usize = 3;

/// The records of a classic file.
pub(super) struct Pcap {
    big_endian: bool,
    header_bytes: usize,
    fine: bool,
    lengths: Lengths,
    link: LinkType,
    longest: usize,
    last_seconds: Option<u32>,
}

/// In which order a record has the captured length and the length on the wire.
#[derive(Clone, Copy)]
enum Lengths {
    /// The captured one first: since version 2.4.
    CapturedFirst,
    /// Either: some writers of version 2.3. The captured length is never the longer one.
    ShorterIsCaptured,
    /// The captured one last: before version 2.3.
    CapturedLast,
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
        matches!(
            beginning,
            [0xa1, 0xb2, 0xc3, 0xd4, ..]
                | [0xd4, 0xc3, 0xb2, 0xa1, ..]
                | [0xa1, 0xb2, 0x3c, 0x4d, ..]
                | [0x4d, 0x3c, 0xb2, 0xa1, ..]
                | [0xa1, 0xb2, 0xcd, 0x34, ..]
                | [0x34, 0xcd, 0xb2, 0xa1, ..]
        )
    }

    /// Reads the file's header.
    pub(super) fn open(window: &mut Window) -> Result<Self, Defect> {
        if !window.ensure(HEADER_BYTES)? {
            return Err(Defect::CutShort);
        }
        let header = match parse_pcap_header(window.data()) {
            Ok((_, header)) => header,
            // The one magic number of Pcap::begins that pcap-parser does not know.
            Err(_) => return Err(Defect::Unsupported("the big-endian modified pcap format".to_owned())),
        };
        if header.version_major != 2 {
            let version = format!("pcap version {}.{}", header.version_major, header.version_minor);
            return Err(Defect::Unsupported(version));
        }
        window.consume(HEADER_BYTES);
        Ok(Self::new(&header))
    }

    fn new(header: &PcapHeader) -> Self {
        let modified = header.is_modified_format();
        let big_endian = header.is_bigendian();
        let snaplen = usize::try_from(header.snaplen).unwrap_or(usize::MAX);
        Self {
            big_endian,
            header_bytes: if modified { 24 } else { 16 },
            fine: header.is_nanosecond_precision(),
            lengths: match header.version_minor {
                0..=2 => Lengths::CapturedLast,
                3 => Lengths::ShorterIsCaptured,
                _ => Lengths::CapturedFirst,
            },
            // The upper bits describe a frame check sequence, which IP's own lengths exclude.
            link: LinkType((header.network.0 & 0xffff) as u16),
            longest: snaplen.clamp(CUSTOMARY_BYTES, RECORD_BYTES),
            last_seconds: None,
        }
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
            total,
        })
    }

    /// The record at the beginning of the window; None at the end of the file.
    pub(super) fn record(&mut self, window: &mut Window) -> Result<Option<Record>, Defect> {
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

    /// Moves the window to the next bytes that read as several records in a row; false if there are none.
    pub(super) fn resynchronise(&mut self, window: &mut Window) -> io::Result<bool> {
        // The length of three customary records, by which every position is judged.
        let view = PLAUSIBLE_RECORDS * (CUSTOMARY_BYTES + self.header_bytes);
        window.consume(1);
        window.find(view, |data| self.is_plausible(data))
    }

    /// True where `data` begins with records in a row that agree with those before and with one another.
    fn is_plausible(&self, mut data: &[u8]) -> bool {
        let mut last = self.last_seconds;
        for count in 0..PLAUSIBLE_RECORDS {
            if data.is_empty() {
                return count > 0;
            }
            let Some(header) = self.header(data) else { return false };
            let fraction_end = if self.fine { 1_000_000_000 } else { 1_000_000 };
            let near = last.is_none_or(|last| header.seconds.abs_diff(last) <= PLAUSIBLE_SECONDS);
            let captured = usize::try_from(header.captured).unwrap_or(usize::MAX);
            let lengths = (1..=CUSTOMARY_BYTES).contains(&captured) && header.captured <= header.original;
            if !near || header.seconds == 0 || header.fraction >= fraction_end || !lengths {
                return false;
            }
            if usize::try_from(header.original).unwrap_or(usize::MAX) > RECORD_BYTES {
                return false;
            }
            let Some(rest) = data.get(self.header_bytes + captured..) else { return false };
            data = rest;
            last = Some(header.seconds);
        }
        true
    }
}
