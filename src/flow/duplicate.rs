/*!
The same packet captured twice: both ports of a mirror, `-i any` on a machine that forwards or talks to itself, two
interfaces of one capture file, the captures of a host and of a router in one. Such a copy is no retransmission, and is
one packet.

Two packets with the same TCP header (numbers, flags, window, length) are copies of one if their IPv4 identification is
the same too and the sender numbers its packets with it. Where there is no identification (IPv6), or it is 0 or the same
in all packets, only time can tell: copies come within [`AT_ONCE_NANOSECONDS`] and before the other end has sent
anything, retransmissions do not. A bare acknowledgement is legitimately sent several times in a row (RFC 5681, section
3.2); without identification it is taken for a copy only in a connection that has had other copies.

A copy may also come seconds later, where two machines' clocks differ and their captures were merged. A packet that
brings nothing new is such a copy if its sender sent it before packets that are known already: a retransmission has a
new identification and a new timestamp (RFC 7323), a copy has those of its packet. Where there is neither, the hop limit
shows that the packet was captured elsewhere on its way; or a copy of the SYN has shown how far apart copies are, by less
than any retransmission timer.

Payloads are not compared here: the [`Assembler`](super::assembler::Assembler) has the first one and does that.
*/

use super::Side;
use crate::capture::Time;
use crate::decode::{Header, Segment};
use crate::limits::of_queue;
use std::collections::VecDeque;
use std::num::NonZeroU8;

/// Packets of a connection that later ones are compared with.
const RECENT: usize = 16;
/// Packets for which room is made at first: most connections that are open at one time have had few. It doubles then.
const RESERVED: usize = 4;
/// How far apart two copies may be where only time tells them from a retransmission: a millisecond, below any
/// retransmission timer.
const AT_ONCE_NANOSECONDS: i64 = 1_000_000;
/// The most that a sender's identification grows from one packet of a connection to the next, where it counts at all:
/// some systems count the packets of all connections together.
const STEP: u16 = 1_024;
/// Steps after which a sender is trusted to count.
const STEPS: u8 = 2;
/// How far behind an identification may be and still only be a packet that was overtaken.
const OVERTAKEN: u16 = 64;
/// Time after which a sender's timestamp has grown for certain: 50 milliseconds. Systems count milliseconds, or at most
/// ten of them.
const TICK_NANOSECONDS: i64 = 50_000_000;
/// Ticks of a sender's timestamp after which it is known how long one takes.
const TICKS: u32 = 16;
/// A SYN is sent again after a second, or three (RFC 6298, section 2.1): one that comes again within a fifth of that is a
/// copy, and shows how far apart copies are.
const LAG_NANOSECONDS: i64 = 200_000_000;

/// The last packets of a connection.
#[derive(Debug, Default)]
pub struct DuplicateFilter {
    recent: VecDeque<Seen>,
    /// Marks of the numbers of `recent`, in any order: a packet rarely shares them with another, and this array shows it
    /// in one cache line.
    marks: [u16; RECENT],
    /// Where the next mark goes.
    next: u8,
    senders: [Sender; 2],
    /// A copy was found before.
    found: bool,
    /// How far apart copies of a SYN were, in nanoseconds.
    lag: Option<i64>,
}

/// What is compared of a packet.
#[derive(Debug, Clone, Copy)]
struct Seen {
    /// Sequence and acknowledgement number: each packet is compared with a dozen others, and nearly all differ in
    /// these.
    numbers: u64,
    rest: Rest,
    /// Nanoseconds.
    time: i64,
}

/// The other fields that are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Rest {
    wire_len: u32,
    window: u16,
    identification: Option<u16>,
    from: Side,
    /// The subflow of a Multipath TCP connection: what is sent again on another is no copy.
    subflow: Option<NonZeroU8>,
    /// SYN, FIN, RST, ACK.
    flags: [bool; 4],
}

/// How a sender marks its packets.
#[derive(Debug, Clone, Copy, Default)]
struct Sender {
    identifications: Identifications,
    /// The newest timestamp, and when it was first seen.
    timestamp: Stamp,
    /// The same of the first.
    first: Stamp,
    /// The hop limit of the last packet that brought something new; 0 where it is not known.
    hops: u8,
}

/// A timestamp (RFC 7323, section 3), and when it was first seen: what an `Option` of both would be, in less room.
#[derive(Debug, Clone, Copy, Default)]
struct Stamp {
    known: bool,
    value: u32,
    /// Nanoseconds.
    since: i64,
}

impl Stamp {
    fn get(self) -> Option<(u32, Time)> {
        self.known.then(|| (self.value, Time::from_nanoseconds(self.since)))
    }
}

/// Whether a sender numbers its packets.
#[derive(Debug, Clone, Copy, Default)]
struct Identifications {
    last: Option<u16>,
    varies: bool,
    repeats: bool,
    /// Small steps forward, as far as they are of interest.
    steps: u8,
    /// It jumps about.
    jumps: bool,
}

impl DuplicateFilter {
    /// Bytes that it has on the heap.
    pub fn held(&self) -> usize {
        of_queue(&self.recent)
    }

    /// Forgets the last packets: copies of them are taken for segments sent again.
    pub fn forget(&mut self) {
        self.recent = VecDeque::new();
    }

    /// Whether `segment` from `from` is a copy of an earlier packet, as far as headers show. `old`: it brings nothing
    /// that earlier packets did not bring.
    pub fn is_copy(&mut self, from: Side, segment: &Segment<'_>, old: bool) -> bool {
        let acknowledgement = segment.header.acknowledgement.unwrap_or_default();
        let seen = Seen {
            numbers: u64::from(segment.header.sequence) << 32 | u64::from(acknowledgement),
            rest: Rest {
                wire_len: segment.header.wire_len,
                window: segment.header.window,
                identification: segment.header.identification,
                from,
                subflow: segment.header.subflow.map(|subflow| subflow.number),
                flags: [
                    segment.header.syn,
                    segment.header.fin,
                    segment.header.rst,
                    segment.header.acknowledgement.is_some(),
                ],
            },
            time: segment.header.time.nanoseconds(),
        };
        // Without an early end: all are compared at once.
        let mark = seen.mark();
        let twin = match self.marks.iter().fold(false, |found, other| found | (*other == mark)) {
            true => self.recent.iter().rposition(|earlier| earlier.says_the_same(&seen)),
            false => None,
        };
        let sender = &self.senders[from as usize];
        // Each subflow of a Multipath TCP connection has its own identifications, timestamps and way.
        let one_way = segment.header.subflow.is_none();
        let twin = twin.filter(|_| !(one_way && sender.is_new(&segment.header)));
        let sent_before = old && one_way && sender.has_sent(&segment.header);
        if sent_before || twin.is_some_and(|twin| self.is_one(twin, &seen)) {
            self.found = true;
            if let Some(first) = twin.and_then(|twin| self.recent.get(twin)).filter(|_| segment.header.syn) {
                let apart = seen.time.saturating_sub(first.time).saturating_abs();
                self.lag = self.lag.or(Some(apart).filter(|&apart| apart <= LAG_NANOSECONDS));
            }
            return true;
        }
        self.senders[from as usize].note(&segment.header, old, twin.is_some());
        match self.recent.len() {
            RECENT => drop(self.recent.pop_front()),
            full if full == self.recent.capacity() => self.recent.reserve_exact(full.max(RESERVED)),
            _ => {}
        }
        if let Some(oldest) = self.marks.get_mut(usize::from(self.next)) {
            *oldest = seen.mark();
        }
        self.next = (self.next + 1) % RECENT as u8;
        self.recent.push_back(seen);
        false
    }

    /// Whether `seen` and the packet at `twin`, whose headers are the same, are one packet.
    fn is_one(&self, twin: usize, seen: &Seen) -> bool {
        let Some(first) = self.recent.get(twin) else { return false };
        if seen.rest.identification.is_some() && self.senders[seen.rest.from as usize].identifications.count() {
            return true;
        }
        let apart = seen.time.saturating_sub(first.time).saturating_abs();
        let syn = matches!(seen.rest, Rest { flags: [true, ..], .. });
        if apart <= LAG_NANOSECONDS && (syn || self.lag.is_some_and(|lag| (apart - lag).abs() <= AT_ONCE_NANOSECONDS)) {
            return true;
        }
        let answered = self.recent.iter().skip(twin).any(|later| later.rest.from != seen.rest.from);
        let bare = matches!(seen.rest, Rest { wire_len: 0, flags: [false, false, false, _], .. });
        apart <= AT_ONCE_NANOSECONDS && !answered && (!bare || self.found)
    }
}

impl Seen {
    /// A mark of its numbers, which few others have.
    fn mark(&self) -> u16 {
        // Multiplied by 2^64 through the golden ratio, each bit of a number changes the highest bits.
        (self.numbers.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 48) as u16
    }

    fn says_the_same(&self, other: &Self) -> bool {
        self.numbers == other.numbers && self.rest == other.rest
    }
}

impl Sender {
    /// Whether a packet with `header`, which brings nothing new, was sent before packets that are known.
    fn has_sent(&self, header: &Header) -> bool {
        if let Some(behind) = self.identifications.is_behind(header.identification) {
            return behind;
        }
        if let (Some(timestamp), Some((newest, since))) = (header.timestamp, self.timestamp.get()) {
            match (timestamp.wrapping_sub(newest) as i32).signum() {
                -1 => return true,
                0 if header.time.since(since) >= self.tick() => return true,
                0 => {}
                _ => return false,
            }
        }
        header.hops != 0 && self.hops != 0 && header.hops != self.hops
    }

    /// Whether the timestamp shows that no earlier packet of this sender is the same.
    fn is_new(&self, header: &Header) -> bool {
        let (Some(timestamp), Some((newest, _))) = (header.timestamp, self.timestamp.get()) else { return false };
        is_later(timestamp, newest)
    }

    /// Time after which its timestamp has grown for certain: three of its ticks, where it is known how long they take.
    fn tick(&self) -> i64 {
        let (Some((first, begun)), Some((newest, since))) = (self.first.get(), self.timestamp.get()) else {
            return TICK_NANOSECONDS;
        };
        let ticks = newest.wrapping_sub(first);
        if ticks < TICKS {
            return TICK_NANOSECONDS;
        }
        let one = since.since(begun).max(0) / i64::from(ticks);
        one.saturating_mul(3).clamp(AT_ONCE_NANOSECONDS, TICK_NANOSECONDS)
    }

    /// Notes a packet that is no copy. `old`: it brings nothing new; `twin`: an earlier packet had the same header.
    fn note(&mut self, header: &Header, old: bool, twin: bool) {
        self.identifications.note(header.identification, twin);
        if let Some(timestamp) = header.timestamp
            && self.timestamp.get().is_none_or(|(newest, _)| is_later(timestamp, newest))
        {
            self.timestamp = Stamp { known: true, value: timestamp, since: header.time.nanoseconds() };
            if !self.first.known {
                self.first = self.timestamp;
            }
        }
        if !old {
            self.hops = header.hops;
        }
    }
}

fn is_later(one: u32, other: u32) -> bool {
    one.wrapping_sub(other).cast_signed() > 0
}

impl Identifications {
    /// Notes a packet's identification. `twin`: an earlier packet had the same header and identification.
    fn note(&mut self, identification: Option<u16>, twin: bool) {
        let Some(identification) = identification.filter(|_| !twin) else { return };
        if let Some(last) = self.last {
            match identification.wrapping_sub(last) {
                0 => self.repeats = true,
                1..=STEP => self.steps = self.steps.saturating_add(1),
                // It was overtaken on the way: the last one stays.
                step if step.wrapping_neg() <= OVERTAKEN => {
                    self.varies = true;
                    return;
                }
                _ => self.jumps = true,
            }
            self.varies |= identification != last;
        }
        self.last = Some(identification);
    }

    /// Whether the sender numbers its packets.
    fn count(&self) -> bool {
        self.varies && !self.repeats
    }

    /// Whether the sender had given out `identification` before its last one; None where that cannot be told.
    fn is_behind(&self, identification: Option<u16>) -> Option<bool> {
        let ascends = self.steps >= STEPS && !self.jumps && self.count();
        let (identification, last) = (identification?, self.last.filter(|_| ascends)?);
        Some((1..=i16::MAX as u16).contains(&last.wrapping_sub(identification)))
    }
}
