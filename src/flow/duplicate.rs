/*!
The same packet captured twice: both ports of a mirror, `-i any` on a machine that forwards or talks to itself, two
interfaces of one capture file. Such a copy is no retransmission, and is one packet.

Two packets with the same TCP header (numbers, flags, window, length) are copies of one if their IPv4 identification is
the same too and the sender numbers its packets with it. Where there is no identification (IPv6), or it is 0 or the same
in all packets, only time can tell: copies come within [`AT_ONCE_NANOSECONDS`] and before the other end has sent
anything, retransmissions do not. A bare acknowledgement is legitimately sent several times in a row (RFC 5681, section
3.2); without identification it is taken for a copy only in a connection that has had other copies.

Payloads are not compared here: the [`Assembler`](super::assembler::Assembler) has the first one and does that.
*/

use super::Side;
use crate::capture::Time;
use crate::decode::Segment;
use std::collections::VecDeque;
use std::num::NonZeroU8;

/// Packets of a connection that later ones are compared with.
const RECENT: usize = 16;
/// How far apart two copies may be where identification tells them from a retransmission: less than it takes to use
/// 65,536 numbers up.
const NEAR_NANOSECONDS: i64 = 2_000_000_000;
/// How far apart two copies may be where only time tells them from a retransmission: a millisecond, below any
/// retransmission timer.
const AT_ONCE_NANOSECONDS: i64 = 1_000_000;

/// The last packets of a connection.
#[derive(Debug, Default)]
pub struct DuplicateFilter {
    recent: VecDeque<Seen>,
    /// The numbers of `recent`, in any order: a packet rarely shares them with another, and this array shows it in two
    /// cache lines.
    numbers: [u64; RECENT],
    /// Where the next number goes.
    next: usize,
    identifications: [Identifications; 2],
    /// A copy was found before.
    found: bool,
}

/// What is compared of a packet.
#[derive(Debug, Clone, Copy)]
struct Seen {
    /// Sequence and acknowledgement number: each packet is compared with a dozen others, and nearly all differ in
    /// these.
    numbers: u64,
    rest: Rest,
    time: Time,
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

/// Whether a sender numbers its packets.
#[derive(Debug, Clone, Copy, Default)]
struct Identifications {
    last: Option<u16>,
    varies: bool,
    repeats: bool,
}

impl DuplicateFilter {
    /// Whether `segment` from `from` is a copy of an earlier packet, as far as headers show.
    pub fn is_copy(&mut self, from: Side, segment: &Segment<'_>) -> bool {
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
            time: segment.header.time,
        };
        let twin = match self.numbers.contains(&seen.numbers) {
            true => self.recent.iter().rposition(|earlier| earlier.says_the_same(&seen)),
            false => None,
        };
        if twin.is_some_and(|twin| self.is_one(twin, &seen)) {
            self.found = true;
            return true;
        }
        self.identifications[from as usize].note(segment.header.identification, twin.is_some());
        match self.recent.len() {
            0 => self.recent.reserve_exact(RECENT),
            RECENT => drop(self.recent.pop_front()),
            _ => {}
        }
        if let Some(oldest) = self.numbers.get_mut(self.next) {
            *oldest = seen.numbers;
        }
        self.next = (self.next + 1) % RECENT;
        self.recent.push_back(seen);
        false
    }

    /// Whether `seen` and the packet at `twin`, whose headers are the same, are one packet.
    fn is_one(&self, twin: usize, seen: &Seen) -> bool {
        let Some(first) = self.recent.get(twin) else { return false };
        let apart = seen.time.since(first.time).unsigned_abs();
        if seen.rest.identification.is_some() && self.identifications[seen.rest.from as usize].count() {
            return apart <= NEAR_NANOSECONDS.unsigned_abs();
        }
        let answered = self.recent.iter().skip(twin).any(|later| later.rest.from != seen.rest.from);
        let bare = matches!(seen.rest, Rest { wire_len: 0, flags: [false, false, false, _], .. });
        apart <= AT_ONCE_NANOSECONDS.unsigned_abs() && !answered && (!bare || self.found)
    }
}

impl Seen {
    fn says_the_same(&self, other: &Self) -> bool {
        self.numbers == other.numbers && self.rest == other.rest
    }
}

impl Identifications {
    /// Notes a packet's identification. `twin`: an earlier packet had the same header and identification.
    fn note(&mut self, identification: Option<u16>, twin: bool) {
        if identification.is_none() || twin {
            return;
        }
        self.repeats |= self.last == identification;
        self.varies |= self.last.is_some_and(|last| Some(last) != identification);
        self.last = identification;
    }

    /// Whether the sender numbers its packets.
    fn count(&self) -> bool {
        self.varies && !self.repeats
    }
}
