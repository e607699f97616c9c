//! The longest time in which a connection made no progress: neither end sent anything that was new.

use super::{PacketRef, Side};

/// A time in which neither end sent anything new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Silence {
    /// The end that was waited for: the one that did not acknowledge, took no bytes, or broke the silence to answer.
    /// None where neither was.
    pub of: Option<Side>,
    /// The last packet with something new before it.
    pub from: PacketRef,
    /// The packet that ended it, or the last packet of the connection.
    pub to: PacketRef,
}

impl Silence {
    /// Its length in nanoseconds; 0 where a time is not known.
    #[inline]
    pub fn nanoseconds(&self) -> i64 {
        self.to.time.known_since(self.from.time).unwrap_or_default().max(0)
    }
}

/// Follows a connection's progress.
#[derive(Debug, Default)]
pub struct Progress {
    /// The last packet with something new, and its sender.
    last: Option<(Side, PacketRef)>,
    longest: Option<Silence>,
}

impl Progress {
    /// Packet `at` from `side` brings something new. `owed`: whether client and server owed the other an answer, since
    /// they had not acknowledged everything, or took no bytes.
    #[inline]
    pub fn made(&mut self, side: Side, at: PacketRef, owed: [bool; 2]) {
        if let Some((speaker, from)) = self.last {
            let listener = speaker.other();
            let of = if owed[listener as usize] { Some(listener) } else { Some(side).filter(|&side| side != speaker) };
            self.note(Silence { of, from, to: at });
        }
        self.last = Some((side, at));
    }

    /// The last packet with something new, where `side` sent it.
    pub fn last_of(&self, side: Side) -> Option<PacketRef> {
        self.last.filter(|(sender, _)| *sender == side).map(|(_, at)| at)
    }

    /// The longest silence of the connection, whose last packet is `last`.
    pub fn finish(mut self, last: PacketRef) -> Option<Silence> {
        if let Some((speaker, from)) = self.last {
            self.note(Silence { of: Some(speaker.other()), from, to: last });
        }
        self.longest
    }

    #[inline]
    fn note(&mut self, silence: Silence) {
        if silence.nanoseconds() > self.longest.map_or(0, |longest| longest.nanoseconds()) {
            self.longest = Some(silence);
        }
    }
}
