/*!
What held a connection up: closed windows, silence, and segments that were sent again.

Sent again is not lost: it may be a probe of a closed window, or what the receiver had no room for, or the receiver may
report that it has the bytes twice (RFC 2883).
*/

use super::seq::{self, Position};
use super::silence::{Progress, Silence};
use super::window::{Again, ClosedWindow, Window};
use super::{PacketRef, Side};
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
}

/// Follows what holds a connection up.
#[derive(Debug, Default)]
pub struct StallWatch {
    /// Few receivers ever close theirs.
    windows: [Option<Box<Window>>; 2],
    progress: Progress,
    /// Segments sent again: the sender, and the position of the first byte.
    #[expect(clippy::box_collection, reason = "rare: a word rather than four")]
    again: Option<Box<VecDeque<(Side, Position)>>>,
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

    /// Why `side` has sent the bytes `from..until` again.
    pub fn again(&mut self, side: Side, [from, until]: [Position; 2]) -> Again {
        let window = self.windows[side.other() as usize].as_mut();
        let why = window.map_or(Again::Lost, |window| window.again(until));
        if why == Again::Lost {
            let again = self.again.get_or_insert_default();
            if again.len() >= REMEMBERED {
                again.pop_front();
            }
            again.push_back((side, from));
        }
        why
    }

    /// The other side reports that it has received bytes of `side` twice: how many segments were sent again for nothing.
    /// Of several with the same bytes, one: the others have reports of their own, or were lost.
    pub fn received_twice(&mut self, side: Side, [from, until]: [u32; 2], near: Position) -> u64 {
        let Some(again) = &mut self.again else { return 0 };
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

    /// What is known at the end of the connection, whose last packet is `last`.
    pub fn finish(self, last: PacketRef) -> Stalls {
        let closed_windows = self.windows.into_iter().flatten().map(|window| window.finish(last)).collect();
        Stalls { closed_windows, silence: self.progress.finish(last) }
    }
}
