/*!
Closed receive windows (RFC 9293, section 3.8.6): a receiver that takes no more bytes for a while.

What is sent again into a closed window was not lost: its sender asks whether the window has opened. A probe is one byte
(BSD, Windows) or a whole segment (Linux), again and again; the receiver answers each at once.
*/

use super::numbers::Numbers;
use super::seq::Position;
use super::{PacketRef, Side};

/// A receiver's window that was closed at least once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosedWindow {
    /// The receiver.
    pub of: Side,
    /// How many times it closed.
    pub times: u64,
    /// For how long it was closed, all times together, in nanoseconds.
    pub nanoseconds: i64,
    /// The packet that closed it for the longest time.
    pub from: PacketRef,
    /// The packet that opened it then, or the last packet of the connection.
    pub to: PacketRef,
    /// Segments that asked whether it had opened.
    pub probes: u64,
    /// The packets that said in the longest time that it is closed, and those that asked: the first few and the last.
    pub packets: Numbers,
    /// It was closed when the connection ended, or the capture.
    pub stays: bool,
}

impl ClosedWindow {
    /// The longest time for which it was closed, in nanoseconds; 0 where a time is not known.
    pub fn longest(&self) -> i64 {
        self.to.time.known_since(self.from.time).unwrap_or_default().max(0)
    }
}

/// Why a segment was sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// To ask whether the window has opened.
    Probe,
    /// The receiver had no room for it when it came first.
    Refused,
    /// It was lost, or believed to be.
    Lost,
}

/// The receive window of one side.
#[derive(Debug)]
pub struct Window {
    seen: ClosedWindow,
    /// The packet that closed it.
    closed: Option<PacketRef>,
    /// What was acknowledged when it was closed, and what had been sent by then: the receiver had no room for the bytes
    /// between.
    refused: [Position; 2],
    /// A probe was sent and not answered yet.
    asked: bool,
    /// The packets that say that it is closed, and that ask, since it closed.
    packets: Numbers,
}

impl Window {
    /// The window of `of`, which packet `at` closes.
    pub fn new(of: Side, at: PacketRef) -> Self {
        let seen = ClosedWindow {
            of,
            times: 0,
            nanoseconds: 0,
            from: at,
            to: at,
            probes: 0,
            packets: Numbers::default(),
            stays: false,
        };
        Self { seen, closed: None, refused: [0; 2], asked: false, packets: Numbers::default() }
    }

    /// The receiver announces in packet `at` that it takes `size` bytes after `acknowledged`; `sent` is the end of what
    /// was sent to it.
    pub fn announced(&mut self, size: u16, acknowledged: Position, sent: Position, at: PacketRef) {
        self.asked = false;
        if size > 0 {
            self.open(at);
            return;
        }
        self.refused = [acknowledged, sent.max(acknowledged)];
        if self.closed.is_none() {
            self.closed = Some(at);
            self.seen.times += 1;
        }
        self.packets.add(at.packet);
    }

    /// The sender asks with an empty segment whether it has opened.
    pub fn asked(&mut self, at: PacketRef) {
        if self.closed.is_some() {
            self.seen.probes += 1;
            self.packets.add(at.packet);
        }
    }

    /// Bytes that it has on the heap, beside its own size.
    pub fn held(&self) -> usize {
        self.packets.held() + self.seen.packets.held()
    }

    /// Why bytes up to `end` were sent again, in packet `at`.
    pub fn again(&mut self, end: Position, at: PacketRef) -> Again {
        let [edge, sent] = self.refused;
        match self.closed {
            Some(_) if end >= edge && !self.asked => {
                self.asked = true;
                self.seen.probes += 1;
                self.packets.add(at.packet);
                Again::Probe
            }
            // The last probe was not answered.
            Some(_) => Again::Lost,
            None if end > edge && end <= sent => Again::Refused,
            None => Again::Lost,
        }
    }

    /// True while it is closed.
    pub fn is_closed(&self) -> bool {
        self.closed.is_some()
    }

    /// What is known at the end of the connection, whose last packet is `last`.
    pub fn finish(mut self, last: PacketRef) -> ClosedWindow {
        self.seen.stays = self.closed.is_some();
        self.open(last);
        self.seen
    }

    fn open(&mut self, at: PacketRef) {
        let Some(since) = self.closed.take() else { return };
        let length = |from: PacketRef, to: PacketRef| to.time.known_since(from.time).unwrap_or_default().max(0);
        let closed = length(since, at);
        let packets = std::mem::take(&mut self.packets);
        if self.seen.times == 1 || closed > length(self.seen.from, self.seen.to) {
            (self.seen.from, self.seen.to, self.seen.packets) = (since, at, packets);
        }
        self.seen.nanoseconds = self.seen.nanoseconds.saturating_add(closed);
    }
}
