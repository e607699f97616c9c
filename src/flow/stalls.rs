/*!
What held a connection up: closed windows, silence, and segments that were sent again.

Sent again is not lost: it may be a probe of a closed window, or what the receiver had no room for, or the receiver may
report that it has the bytes twice (RFC 2883).
*/

use super::hole::{Gap, Hole};
use super::repeats::{Repeat, Repeats, Watch};
use super::seq::{self, Position};
use super::silence::{Progress, Silence};
use super::sizes::Sizes;
use super::window::{Again, ClosedWindow, Window};
use super::{PacketRef, Side};
use crate::limits::{heap, of_list, of_queue};
use std::collections::{BTreeSet, VecDeque};

/// Segments sent again that are remembered, in case the receiver reports that they were not needed.
const REMEMBERED: usize = 64;

/// What held a connection up, made when it is over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stalls {
    /// The windows that were closed: the client's, the server's.
    pub closed_windows: Vec<ClosedWindow>,
    /// The longest time in which neither end sent anything new.
    pub silence: Option<Silence>,
    /// What the client sent again, and the server, where the other did not acknowledge it.
    pub repeats: Vec<Repeats>,
    /// What never came of either side, and was never acknowledged.
    pub holes: Vec<Hole>,
}

impl Stalls {
    /// Bytes that they have on the heap.
    pub fn held(&self) -> usize {
        let windows = self.closed_windows.iter().map(|window| window.packets.held());
        let repeats = self.repeats.iter().map(|repeats| repeats.longest.packets.held());
        of_list(&self.closed_windows)
            + of_list(&self.repeats)
            + of_list(&self.holes)
            + windows.chain(repeats).sum::<usize>()
    }
}

/// Follows what holds a connection up.
#[derive(Debug, Default)]
pub struct StallWatch {
    /// Few receivers ever close theirs.
    windows: [Option<Box<Window>>; 2],
    progress: Progress,
    /// Most connections send nothing again.
    again: Option<Box<SentAgain>>,
    sizes: [Sizes; 2],
    /// The last packet of each side; before there is one, one with the number 0.
    heard: [PacketRef; 2],
}

/// What was sent again.
#[derive(Debug, Default)]
struct SentAgain {
    /// The last segments: the sender, and the position of the first byte.
    last: VecDeque<(Side, Position)>,
    watches: [Option<Watch>; 2],
}

impl StallWatch {
    /// `side` takes `size` bytes after `acknowledged`, of what the other side has sent up to `sent`.
    pub fn window(&mut self, side: Side, size: u16, acknowledged: Position, sent: Position, at: PacketRef) {
        let window = &mut self.windows[side as usize];
        if size == 0 {
            window.get_or_insert_with(|| Box::new(Window::new(side, at))).announced(size, acknowledged, sent, at);
        } else if let Some(window) = window {
            window.announced(size, acknowledged, sent, at);
        }
    }

    /// A packet of `side` came.
    pub fn hear(&mut self, side: Side, at: PacketRef) {
        self.heard[side as usize] = at;
    }

    /// The two ends turn out to be the other way round.
    pub fn swap(&mut self) {
        self.heard.swap(0, 1);
    }

    /// A segment of `side` with `len` bytes that ends at `end` brings something new.
    #[inline]
    pub fn sent(&mut self, side: Side, end: Position, len: u32) {
        self.sizes[side as usize].sent(end, len);
        if let Some(again) = &mut self.again
            && let Some(watch) = &mut again.watches[side as usize]
        {
            watch.sent(len);
        }
    }

    /// Packet `at` acknowledges what `side` has sent before `position`.
    #[inline]
    pub fn received(&mut self, side: Side, position: Position, at: PacketRef) {
        if let Some(again) = &mut self.again
            && let Some(watch) = &mut again.watches[side as usize]
        {
            watch.received(position, at);
        }
        self.sizes[side as usize].received(position);
    }

    /// A segment of `side` without payload stands before what the other side has acknowledged: where the window of the
    /// other is closed, it asks whether it has opened.
    pub fn asks(&mut self, side: Side, at: PacketRef) {
        if let Some(window) = &mut self.windows[side.other() as usize] {
            window.asked(at);
        }
    }

    /// Why `side` has sent the bytes `from..until` again in packet `at`, where the other side has `acknowledged`.
    pub fn again(&mut self, side: Side, [from, until]: [Position; 2], acknowledged: Position, at: PacketRef) -> Again {
        let window = self.windows[side.other() as usize].as_mut();
        let why = window.map_or(Again::Lost, |window| window.again(until, at));
        if why == Again::Lost {
            let sizes = &self.sizes[side as usize];
            let SentAgain { last, watches } = &mut **self.again.get_or_insert_default();
            let watch = watches[side as usize].get_or_insert_with(|| Watch::new(sizes));
            watch.sent((until - from) as u32);
            let before = self.progress.last_of(side);
            watch.again(Repeat { range: [from, until], acknowledged, at, before }, sizes);
            if last.len() >= REMEMBERED {
                last.pop_front();
            }
            last.push_back((side, from));
        }
        why
    }

    /// The other side reports that it has received bytes of `side` twice: how many segments were sent again for nothing.
    /// Of several with the same bytes, one: the others have reports of their own, or were lost.
    pub fn received_twice(&mut self, side: Side, [from, until]: [u32; 2], near: Position) -> u64 {
        let Some(again) = self.again.as_mut().map(|again| &mut again.last) else { return 0 };
        let [from, until] = [from, until].map(|number| seq::unwrap(number, near));
        let (before, mut reported) = (again.len(), BTreeSet::new());
        again.retain(|&(sender, position)| {
            sender != side || !(from..until).contains(&position) || !reported.insert(position)
        });
        (before - again.len()) as u64
    }

    /// True while the window of `side` is closed.
    pub fn is_closed(&self, side: Side) -> bool {
        self.windows[side as usize].as_ref().is_some_and(|window| window.is_closed())
    }

    /// Packet `at` from `side` brings something new. `owed`: whether client and server owed the other an answer.
    pub fn progress(&mut self, side: Side, at: PacketRef, owed: [bool; 2]) {
        self.progress.made(side, at, owed);
    }

    /// Bytes that it has on the heap.
    pub fn held(&self) -> usize {
        let windows = self.windows.iter().flatten().map(|window| heap(size_of::<Window>()) + window.held());
        let again = self.again.iter().map(|again| {
            let watches: usize = again.watches.iter().flatten().map(Watch::held).sum();
            heap(size_of::<SentAgain>()) + of_queue(&again.last) + watches
        });
        windows.chain(again).sum()
    }

    /// What is known at the end of the connection, whose last packet is `last`. `gaps`: what never came of each side.
    pub fn finish(self, last: PacketRef, gaps: [Option<Gap>; 2]) -> Stalls {
        let closed_windows = self.windows.into_iter().flatten().map(|window| window.finish(last)).collect();
        let watches = self.again.map(|again| again.watches).unwrap_or_default();
        let finished = |(side, watch): (Side, Option<Watch>)| {
            let heard = Some(self.heard[side.other() as usize]).filter(|heard| heard.packet > 0);
            watch?.finish(side, heard)
        };
        let repeats = [Side::Client, Side::Server].into_iter().zip(watches).filter_map(finished).collect();
        let hole = |(of, gap): (Side, Option<Gap>)| {
            let Gap { bytes, shown } = gap?;
            let [last, heard] = [of, of.other()].map(|side| self.heard[side as usize]);
            Some(Hole { of, bytes, largest: self.sizes[of as usize].largest().into(), shown, heard, last })
        };
        let holes = [Side::Client, Side::Server].into_iter().zip(gaps).filter_map(hole).collect();
        Stalls { closed_windows, silence: self.progress.finish(last), repeats, holes }
    }
}
