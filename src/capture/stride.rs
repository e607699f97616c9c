/*!
From record to record in place: what tells, in a few instructions, that a record is as nearly all are, and where the next
one begins. Stricter than reading is: what is not certain here is read.
*/

use super::Time;
use super::block_clock::BlockClock;
use super::pcap_chain::{CUSTOMARY_BYTES, Layout, PLAUSIBLE_SECONDS};
use super::record::Record;
use crate::limits::RECORD_BYTES;

/// How the records of one kind of file follow one another.
pub(super) trait Stride: Copy {
    /// The record at `at` of `data`, and how to go on behind it; None where not all that tells it is in view, or anything
    /// about it is unusual.
    fn step(self, data: &[u8], at: usize) -> Option<Step<Self>>;

    /// The record there, over which a step went. `read` is another of the same interface.
    fn record(self, data: &[u8], at: usize, read: &Record) -> Option<Record>;
}

/// A record as it usually is.
pub(super) struct Step<S> {
    /// Where its captured bytes begin, and end.
    pub(super) begin: usize,
    pub(super) end: usize,
    /// Where the next record begins.
    pub(super) next: usize,
    /// How to go on there.
    pub(super) then: S,
}

/// The records of a classic file, big-endian or not, that have the captured length first. Each is known to be usual by the
/// one before it, as a record is believed once the next one's header reads as one.
#[derive(Clone, Copy)]
pub(super) struct ClassicStride<const BIG: bool> {
    layout: Layout,
    /// No record from this moment on.
    before: u64,
    /// The moment of the next record: its seconds in the upper half, its fraction in the lower. Numbers of usual
    /// fractions are in the order of time.
    moment: u64,
    /// Captured bytes of the next record.
    captured: usize,
}

/// Bytes that may have been cut off a record: no usual one is longer than the longest then.
const CUT_OFF: u32 = (RECORD_BYTES - CUSTOMARY_BYTES) as u32;

impl<const BIG: bool> ClassicStride<BIG> {
    /// From the record on that `data` begins with, whose header is known to fit, not before `latest`. None where it is not
    /// in view, or earlier.
    pub(super) fn from(layout: Layout, data: &[u8], latest: Time, before: Option<Time>) -> Option<Self> {
        let first = layout.header(data)?;
        let captured = usize::try_from(first.captured).ok()?;
        let before = before.map_or(u64::MAX, |before| moment_of(before, layout.fine));
        (latest <= layout.time(first)).then(|| Self {
            layout,
            before,
            moment: moment(first.seconds, first.fraction),
            captured,
        })
    }
}

impl<const BIG: bool> Stride for ClassicStride<BIG> {
    #[inline]
    fn step(self, data: &[u8], at: usize) -> Option<Step<Self>> {
        let begin = at + self.layout.header_bytes;
        let end = begin + self.captured;
        let (header, _) = data.get(end..)?.first_chunk::<16>()?.as_chunks::<4>();
        let &[seconds, fraction, captured, original] = header else { return None };
        let (seconds, fraction) = (number::<BIG>(seconds), number::<BIG>(fraction));
        let (captured, original) = (number::<BIG>(captured), number::<BIG>(original));
        let next = moment(seconds, fraction);
        let usual = self.moment < self.before
            // Neither earlier nor much later: the difference would be a great number either way.
            && next.wrapping_sub(self.moment) < u64::from(PLAUSIBLE_SECONDS) << 32
            && fraction < self.layout.fraction_end()
            && captured.wrapping_sub(1) < CUSTOMARY_BYTES as u32
            && original.wrapping_sub(captured) <= CUT_OFF;
        let then = Self { moment: next, captured: captured as usize, ..self };
        usual.then_some(Step { begin, end, next: end, then })
    }

    fn record(self, data: &[u8], at: usize, read: &Record) -> Option<Record> {
        let header = self.layout.header(data.get(at..)?)?;
        Some(self.layout.record(header, read.link))
    }
}

#[inline]
fn moment(seconds: u32, fraction: u32) -> u64 {
    u64::from(seconds) << 32 | u64::from(fraction)
}

/// The first moment of a file that is not before `time`; nanoseconds are its unit if it is `fine`, else microseconds.
fn moment_of(time: Time, fine: bool) -> u64 {
    let (unit, second) = if fine { (1, 1_000_000_000) } else { (1_000, 1_000_000) };
    let units = time.nanoseconds().max(0).cast_unsigned().div_ceil(unit);
    u32::try_from(units / second).map_or(u64::MAX, |seconds| (u64::from(seconds) << 32) | (units % second))
}

/// The enhanced packet blocks of a pcapng file, big-endian or not, of one interface.
#[derive(Clone, Copy)]
pub(super) struct BlockStride<const BIG: bool> {
    /// Its number in the section.
    interface: u32,
    clock: BlockClock,
    before: Option<Time>,
    /// The latest stamp so far: stamps of one interface are in the order of time.
    stamp: u64,
}

/// The type of the blocks that nearly all packets are in.
pub(super) const ENHANCED_PACKET: u32 = 6;
/// Bytes of a block's fields up to the captured bytes, and with the length behind them.
const FIELDS_BYTES: usize = 28;
const BLOCK_BYTES: usize = FIELDS_BYTES + 4;

impl<const BIG: bool> BlockStride<BIG> {
    /// From the block on that `data` begins with, not before `latest`. None where it is not in view, or earlier.
    pub(super) fn from(
        interface: u32,
        clock: BlockClock,
        data: &[u8],
        latest: Time,
        before: Option<Time>,
    ) -> Option<Self> {
        let [_, _, _, high, low, ..] = fields::<BIG>(data, 0)?;
        let stamp = moment(high, low);
        (latest <= clock.time(stamp)).then_some(Self { interface, clock, before, stamp })
    }
}

impl<const BIG: bool> Stride for BlockStride<BIG> {
    #[inline]
    fn step(self, data: &[u8], at: usize) -> Option<Step<Self>> {
        let [kind, total, interface, high, low, captured, _] = fields::<BIG>(data, at)?;
        let (total_bytes, captured, stamp) = (total as usize, captured as usize, moment(high, low));
        let framed = kind == ENHANCED_PACKET
            && interface == self.interface
            && total_bytes.is_multiple_of(4)
            && (BLOCK_BYTES..=RECORD_BYTES).contains(&total_bytes);
        if !framed || captured > total_bytes - BLOCK_BYTES || stamp < self.stamp {
            return None;
        }
        let (begin, next) = (at + FIELDS_BYTES, at + total_bytes);
        let again = number::<BIG>(*data.get(next - 4..)?.first_chunk()?);
        if again != total || self.before.is_some_and(|before| self.clock.time(stamp) >= before) {
            return None;
        }
        Some(Step { begin, end: begin + captured, next, then: Self { stamp, ..self } })
    }

    fn record(self, data: &[u8], at: usize, read: &Record) -> Option<Record> {
        let [_, total, _, high, low, captured, original] = fields::<BIG>(data, at)?;
        Some(Record {
            time: self.clock.time(moment(high, low)),
            link: read.link,
            data: FIELDS_BYTES..FIELDS_BYTES + captured as usize,
            wire_len: original.max(captured),
            interface: read.interface,
            total: total as usize,
        })
    }
}

/// The seven numbers that a packet's block at `at` begins with.
#[inline]
fn fields<const BIG: bool>(data: &[u8], at: usize) -> Option<[u32; 7]> {
    let (fields, _) = data.get(at..)?.first_chunk::<FIELDS_BYTES>()?.as_chunks::<4>();
    let &[kind, total, interface, high, low, captured, original] = fields else { return None };
    Some([
        number::<BIG>(kind),
        number::<BIG>(total),
        number::<BIG>(interface),
        number::<BIG>(high),
        number::<BIG>(low),
        number::<BIG>(captured),
        number::<BIG>(original),
    ])
}

#[inline]
fn number<const BIG: bool>(bytes: [u8; 4]) -> u32 {
    if BIG { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
}
