/*!
What held a connection up: one explanation for each side that waited, so that the rules about it exclude each other.

Sent again is a symptom. What it is a symptom of shows in who was heard, and in the size of what did not arrive:

- the receiver's window was closed: it does not read ([`Stall::Window`]);
- only segments larger than any that has crossed do not arrive: the path is too narrow for them ([`Stall::Narrow`]);
- at the receiver, more bytes than any segment that came had never come, and smaller ones behind them did
  ([`Stall::Hole`]);
- nothing arrives any more, and nothing comes back: the other end or the way to it is gone ([`Stall::Gone`]);
- else there is only the time that it took ([`Stall::Waited`]).

A receiver of which nothing was captured explains nothing: its acknowledgements may have taken another way.
*/

use crate::flow::{Bout, CloseReason, ClosedWindow, Hole, PacketRef, Repeats, Side};
use crate::session::Session;
use crate::verdict::ending;

/// Nanoseconds of a second.
const SECOND: i64 = 1_000_000_000;
/// The shortest stall that is worth a word: three seconds. Losses are repaired in less.
pub const STALL_NANOSECONDS: i64 = 3 * SECOND;
/// How long nothing must have come back until an end, or the way to it, is called gone: fifteen seconds, about six
/// retransmissions (RFC 6298).
pub const GONE_NANOSECONDS: i64 = 15 * SECOND;
/// How often the same must have been sent again for that.
const GONE_TIMES: u64 = 4;
/// How often a large segment must have been sent again in vain, and for how long, until the path is called too narrow.
/// An ICMP error that says so comes within a round trip, and a single loss is repaired at the first or second time.
const NARROW: (u64, i64) = (3, SECOND);
/// For how long bytes must not have come that were sent, until that is more than a loss, and what the sender sends again
/// does not come either: five seconds, two or three retransmissions (RFC 6298).
const HOLE_NANOSECONDS: i64 = 5 * SECOND;
/// Payload that every path takes (RFC 791, section 3.2: 576 bytes with the headers).
const ANY_PATH: u32 = 512;

/// What held one side up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stall<'a> {
    /// The receiver's window was closed.
    Window(&'a ClosedWindow),
    /// Large segments do not cross.
    Narrow(&'a Repeats),
    /// What is larger than the segments that came never came.
    Hole(&'a Hole),
    /// Nothing crosses.
    Gone(&'a Repeats),
    /// The same was sent again for long.
    Waited(&'a Repeats),
}

/// What held each side up, for as long as it is worth a word.
pub fn stalls(session: &Session) -> impl Iterator<Item = Stall<'_>> {
    let stalls = &session.transport.stalls;
    let windows = stalls.closed_windows.iter().filter(|window| is_stall(window));
    // What a sender sends again into a closed window, and is not answered, the window explains.
    let shut = windows.clone().fold([false; 2], |mut shut, window| {
        shut[window.of as usize] = true;
        shut
    });
    let holes = stalls.holes.iter().filter(move |hole| !shut[hole.of.other() as usize] && is_stall_of(hole));
    let holed = holes.clone().fold([false; 2], |mut holed, hole| {
        holed[hole.of as usize] = true;
        holed
    });
    let known = move |of: Side| shut[of.other() as usize] || holed[of as usize];
    let repeats = stalls.repeats.iter().filter(move |repeats| !known(repeats.of));
    windows.map(Stall::Window).chain(holes.map(Stall::Hole)).chain(repeats.filter_map(explained))
}

/// For how long bytes had not come that had been sent, as the last packet of either side shows.
pub fn lasted(hole: &Hole) -> i64 {
    later(hole.heard, hole.last).time.known_since(hole.shown.time).unwrap_or_default().max(0)
}

/// Whether the sender of bytes that did not come gave a sign of life long after them: then the way is there, and it takes
/// small segments.
pub fn sender_is_there(hole: &Hole) -> bool {
    hole.last.time.known_since(hole.shown.time).unwrap_or_default() >= HOLE_NANOSECONDS
}

/// What the receiver of `side` was heard of last before it was waited for in vain, and for how long.
pub fn silent(repeats: &Repeats) -> i64 {
    let Some(heard) = repeats.heard else { return 0 };
    // What came before that was sent answered something else.
    let since = later(heard, repeats.longest.from);
    repeats.longest.to.time.known_since(since.time).unwrap_or_default().max(0)
}

/// The packets that show that a side waited in vain: the last with something new, those that were sent again, and the last
/// sign of life of the other side.
pub fn evidence(repeats: &Repeats) -> impl Iterator<Item = u64> + '_ {
    let bout = &repeats.longest;
    let known = [Some(bout.from), Some(bout.to).filter(|_| bout.answered), repeats.heard.filter(|_| !bout.answered)];
    known.into_iter().flatten().map(|at| at.packet).chain(bout.packets.iter())
}

/// Segments that were lost on the network: not those of a side that was told to send smaller ones.
pub fn lost_on_the_network(session: &Session) -> u64 {
    let transport = &session.transport;
    let smaller = transport.stalls.repeats.iter().filter(|repeats| repeats.shrunk);
    transport.counters.sent_again.saturating_sub(smaller.map(|repeats| repeats.segments).sum())
}

/// Whether a sender found out by itself that the path takes only smaller segments, before it took long: one larger than any
/// that had crossed was not acknowledged, and a smaller one was (RFC 4821).
pub fn found_by_probing(bout: &Bout) -> bool {
    let crosses = bout.acknowledged.max(ANY_PATH);
    bout.answered && bout.times > 1 && bout.first > crosses && bout.last < bout.largest && !is_narrow(bout)
}

/// Whether all went well after what was sent again had been acknowledged: the session came to its end as sessions do, or
/// the capture ended while it went on.
pub fn ended_well(session: &Session, repeats: &Repeats) -> bool {
    let transport = &session.transport;
    let acknowledged = ending::ends(session).is_none_or(|ends| ends.unacknowledged == [0; 2]);
    let over = ending::has_goodbye(session) || acknowledged && ending::gave_up(session).is_none();
    let broken = match transport.end {
        CloseReason::Reset => !ending::has_goodbye(session),
        CloseReason::Closed => ending::server_left(session).is_some(),
        CloseReason::Idle => true,
        _ => false,
    };
    repeats.longest.answered && over && !broken
}

fn later(one: PacketRef, other: PacketRef) -> PacketRef {
    if one.time > other.time { one } else { other }
}

fn is_stall(window: &ClosedWindow) -> bool {
    window.probes > 0 && window.longest() >= STALL_NANOSECONDS
}

/// The receiver asks for the bytes after packets behind them have come; it does not get them, and they are more than
/// fitted into any segment that came.
fn is_stall_of(hole: &Hole) -> bool {
    let long = if sender_is_there(hole) { HOLE_NANOSECONDS } else { GONE_NANOSECONDS };
    let asked = hole.heard.packet > hole.shown.packet;
    asked && lasted(hole) >= long && hole.bytes > u64::from(hole.largest.max(ANY_PATH))
}

fn explained(repeats: &Repeats) -> Option<Stall<'_>> {
    repeats.heard?;
    let bout = &repeats.longest;
    let long = bout.nanoseconds() >= STALL_NANOSECONDS && bout.times > 1;
    if is_narrow(bout) {
        return Some(Stall::Narrow(repeats));
    }
    if !bout.answered && bout.times >= GONE_TIMES && silent(repeats) >= GONE_NANOSECONDS {
        return Some(Stall::Gone(repeats));
    }
    long.then_some(Stall::Waited(repeats))
}

/// Whether only large segments did not arrive: larger than any that had, sent again and again, and either never
/// acknowledged, or only once they had become smaller.
pub fn is_narrow(bout: &Bout) -> bool {
    let crosses = bout.acknowledged.max(ANY_PATH);
    let (times, nanoseconds) = NARROW;
    let in_vain = bout.times >= times && bout.nanoseconds() >= nanoseconds && bout.first > crosses;
    // Where it was answered, the last one was the one that arrived; where not, small ones did not arrive either.
    in_vain && if bout.answered { bout.last < bout.largest } else { bout.last > crosses }
}
