//! How the connection of a script begins and ends: its lines that begin with `!`.

use crate::decode::Problem;
use crate::flow::{CloseReason, Ends, ErrorSeen, Leaving, PacketRef, ResetSeen, Side, Usual};

/// What is known of the connection so far.
#[derive(Default)]
pub struct Edges {
    ends: Ends,
    syns: u32,
    answered: bool,
    left: Option<Leaving>,
    open: bool,
}

impl Edges {
    /// Takes what follows the `!`, in the packet `at`.
    pub fn take(&mut self, line: &str, at: PacketRef) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let side = || match words.get(1) {
            Some(&"client") => Side::Client,
            Some(&"server") => Side::Server,
            _ => panic!("whose? {line}"),
        };
        match words[0] {
            "syn" => {
                if self.syns > 0 {
                    self.ends.syns.push(at);
                }
                self.syns += 1;
            }
            "syn-ack" => self.answered = true,
            "fin" => {
                self.ends.fins[side() as usize] = Some(at);
                self.leaves(side(), at);
            }
            "rst" => {
                let hops = words.get(2).map_or(64, |hops| hops.parse().expect("a time to live"));
                let usual = Some(Usual { hops: 64, timestamp: false });
                let (timestamp, window, went_on) = (false, 0, 0);
                self.ends.resets.push(ResetSeen { at, side: side(), hops, timestamp, window, usual, went_on });
                self.leaves(side(), at);
            }
            "on" => {
                if let Some(reset) = self.ends.resets.first_mut() {
                    reset.went_on += 1;
                }
                self.ends.heard_since_error = true;
            }
            "icmp" => {
                let by = [10, 0, 0, 1].into();
                let mtu = words.get(1).map(|mtu| mtu.parse().expect("an MTU"));
                let problem = mtu.map_or(Problem::Prohibited, Problem::TooBig);
                self.ends.errors.push(ErrorSeen { at, by, problem, about: Side::Client });
            }
            "open" => self.open = true,
            _ => panic!("not known: {line}"),
        }
    }

    /// A side said something.
    pub fn said(&mut self, side: Side, at: PacketRef) {
        if self.ends.fins[side.other() as usize].is_some() {
            self.ends.said_after_fin[side as usize].get_or_insert(at);
        }
    }

    fn leaves(&mut self, side: Side, at: PacketRef) {
        if self.answered {
            self.left.get_or_insert(Leaving { side, time: at.time, heard: true });
        }
    }

    /// How it ended.
    pub fn end(&self) -> CloseReason {
        let fins = self.ends.fins.iter().flatten().count();
        match (self.answered, self.ends.resets.is_empty()) {
            (false, true) if self.syns > 0 && !self.ends.errors.is_empty() => CloseReason::Prohibited,
            (false, true) if self.syns > 0 => CloseReason::Unanswered,
            (false, false) => CloseReason::Refused,
            (true, false) if fins < 2 => CloseReason::Reset,
            _ if self.open => CloseReason::Open,
            _ => CloseReason::Closed,
        }
    }

    /// Who left first, and the packets.
    pub fn into_parts(self) -> (Option<Leaving>, Option<Box<Ends>>) {
        let ends = (self.ends != Ends::default()).then(|| Box::new(self.ends));
        (self.left, ends)
    }
}
