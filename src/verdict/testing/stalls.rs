/*!
What held a connection up, as lines of a rule's script. A script has no segments: these lines say what the flow layer
found.

- `again client: 1448 bytes, 7 times, 13.2 seconds, 43 acknowledged`: sent again so often, and the largest segment that
  had been acknowledged before; more of it may follow: `silent 13.2` (seconds without a sign of life of the other side;
  without it, it was heard in the end), `answered`, `answered 700` (as the last was as small as that), `last 30` (it
  became as small, and was not answered), `unheard` (nothing of the other side was captured);
- `window server: 13 seconds, 6 probes`, and perhaps `stays`;
- `hole client: 4344 bytes, 300 largest, 7 asked, 301 seconds`: bytes that never came, behind the largest segment that
  did; for so many seconds the other side went on without them, and the sender for so many (none: no sign of life);
- `count sent_again 7`, `count lost_in_capture 7`.
*/

use crate::capture::Time;
use crate::flow::{Bout, ClosedWindow, Counters, Hole, PacketRef, Repeats, Side, Stalls};

/// The packet with which a stall begins; those sent again follow it.
pub const FIRST_PACKET: u64 = 100;

/// What `line` adds; false where it is a line of another kind.
pub fn read(line: &str, stalls: &mut Stalls, counters: &mut Counters) -> bool {
    let Some((kind, rest)) = line.trim().split_once(' ') else { return false };
    match kind {
        "again" => stalls.repeats.push(repeats(rest)),
        "hole" => stalls.holes.push(hole(rest)),
        "window" => stalls.closed_windows.push(window(rest)),
        "count" => match rest.split_once(' ').expect("a name and a count") {
            ("sent_again", count) => counters.sent_again = count.parse().expect("a count"),
            ("lost_in_capture", count) => counters.lost_in_capture = count.parse().expect("a count"),
            ("shrunk", _) => stalls.repeats.iter_mut().for_each(|repeats| repeats.shrunk = true),
            (name, _) => panic!("no counter {name}"),
        },
        _ => return false,
    }
    true
}

fn side(name: &str) -> Side {
    match name {
        "client" => Side::Client,
        "server" => Side::Server,
        _ => panic!("no side: {name}"),
    }
}

fn at(packet: u64, seconds: f64) -> PacketRef {
    PacketRef { packet, time: Time::from_microseconds(((super::START as f64 + seconds) * 1e6) as i64) }
}

/// The parts of a line: a side, and pairs of words.
fn parts(rest: &str) -> (Side, Vec<Vec<&str>>) {
    let (name, rest) = rest.split_once(':').expect("a side");
    (side(name), rest.split(',').map(|part| part.split_whitespace().collect()).collect())
}

fn number(text: &str) -> f64 {
    text.parse().expect("a number")
}

fn repeats(rest: &str) -> Repeats {
    let (of, parts) = parts(rest);
    let from = at(FIRST_PACKET, 0.0);
    let mut bout = Bout {
        from,
        to: from,
        answered: false,
        times: 0,
        packets: Default::default(),
        first: 0,
        largest: 0,
        last: 0,
        acknowledged: 0,
    };
    let (mut silent, mut heard, mut last) = (0.0, true, None);
    for part in parts {
        match part[..] {
            [count, "bytes"] => bout.largest = number(count) as u32,
            [count, "times"] => bout.times = number(count) as u64,
            [count, "seconds"] => bout.to = at(FIRST_PACKET + bout.times, number(count)),
            [count, "acknowledged"] => bout.acknowledged = number(count) as u32,
            ["silent", seconds] => silent = number(seconds),
            ["unheard"] => heard = false,
            ["answered"] => bout.answered = true,
            ["answered", count] => (bout.answered, last) = (true, Some(number(count) as u32)),
            ["last", count] => last = Some(number(count) as u32),
            _ => panic!("not known: {part:?}"),
        }
    }
    bout.first = bout.largest;
    bout.last = last.unwrap_or(bout.largest);
    bout.packets = (FIRST_PACKET + 1..=FIRST_PACKET + bout.times).collect();
    let nanoseconds = bout.nanoseconds();
    let heard = heard.then(|| at(FIRST_PACKET - 1, nanoseconds as f64 / 1e9 - silent));
    Repeats { of, nanoseconds, segments: bout.times, shrunk: false, longest: bout, heard }
}

fn window(rest: &str) -> ClosedWindow {
    let (of, parts) = parts(rest);
    let from = at(FIRST_PACKET, 0.0);
    let mut window = ClosedWindow {
        of,
        times: 1,
        nanoseconds: 0,
        from,
        to: from,
        probes: 0,
        packets: Default::default(),
        stays: false,
    };
    for part in parts {
        match part[..] {
            [count, "seconds"] => window.to = at(FIRST_PACKET + 9, number(count)),
            [count, "probes"] => window.probes = number(count) as u64,
            ["stays"] => window.stays = true,
            _ => panic!("not known: {part:?}"),
        }
    }
    window.nanoseconds = window.longest();
    window.packets = (FIRST_PACKET..=FIRST_PACKET + window.probes).collect();
    window
}

fn hole(rest: &str) -> Hole {
    let (of, parts) = parts(rest);
    let shown = at(FIRST_PACKET, 0.0);
    let mut hole = Hole { of, bytes: 0, largest: 0, shown, heard: shown, last: shown };
    for part in parts {
        match part[..] {
            [count, "bytes"] => hole.bytes = number(count) as u64,
            [count, "largest"] => hole.largest = number(count) as u32,
            ["0", "asked"] => {}
            [seconds, "asked"] => hole.heard = at(FIRST_PACKET + 1, number(seconds)),
            [seconds, "seconds"] => hole.last = at(FIRST_PACKET + 2, number(seconds)),
            _ => panic!("not known: {part:?}"),
        }
    }
    hole
}
