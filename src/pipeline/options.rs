//! What is asked of a run, and when it ends.

use crate::capture::{Tally, Time};
use crate::flow::HostShard;
use crate::limits::{Budget, LimitsHit, WAITING_SESSION_BYTES};
use crate::protocol::Protocol;
use crate::protocol::ports::Ports;
use crate::session::model::Session;
use crate::verdict::Selection;
use crate::verdict::filter::SessionFilter;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// What to look at, and what to hand to the view.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where mail is expected.
    pub ports: Ports,
    /// Look for mail on every port.
    pub any_port: bool,
    /// Which rules judge sessions, and what is counted over all sessions. A rule finds nothing where the plan
    /// leaves out what it needs.
    pub selection: Selection,
    /// The connections that are followed: those of this shard, or all. What belongs to no connection is counted by the first
    /// shard alone ([`Summary::shard`](crate::session::summary::Summary::shard)).
    pub shard: Option<HostShard>,
    /// Which sessions are handed to the view.
    pub filter: SessionFilter,
    /// When a session is handed to the view.
    pub emit: Emit,
    /// Hand each step to the view as it happens (on one thread).
    pub steps: bool,
    /// Threads that follow connections; with one, everything is done on the caller's.
    pub threads: usize,
    /// Memory for what is held at once.
    pub memory: Budget,
    /// Stop after so many packets.
    pub packets: Option<u64>,
    /// Stop after so long (by the clock on the wall: for live captures).
    pub duration: Option<Duration>,
    /// Of the memory, bytes of sessions that are over and wait to be shown after those that began before them. A view that keeps
    /// sessions back has the rest of [`Budget::ended`].
    pub waiting_sessions: usize,
    /// Bounds that were hit before the source was opened.
    pub limits_hit: LimitsHit,
    /// Where packets and sessions are counted for whoever shows how far the run has come.
    pub tally: Option<Arc<Tally>>,
}

/// When a session is handed to the view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Emit {
    /// When it and all before it have ended: in the order of their numbers.
    #[default]
    InOrder,
    /// When it has ended: memory is bounded by the sessions that are open.
    AsTheyEnd,
}

impl Default for Options {
    /// Every session on the usual ports, with all findings, in the order of their numbers; on the caller's thread, to the
    /// end of the source.
    fn default() -> Self {
        Self {
            ports: Ports::default(),
            any_port: false,
            selection: Selection::ALL,
            shard: None,
            filter: SessionFilter::default(),
            emit: Emit::default(),
            steps: false,
            threads: 1,
            memory: Budget::default(),
            packets: None,
            duration: None,
            waiting_sessions: WAITING_SESSION_BYTES,
            limits_hit: LimitsHit::default(),
            tally: None,
        }
    }
}

impl Options {
    /// Whether data between these two ports may be mail.
    #[inline]
    pub(super) fn wants(&self, one: u16, other: u16) -> bool {
        self.any_port || self.ports.knows(one) || self.ports.knows(other)
    }

    /// Whether to show the view this session.
    pub(super) fn selects(&self, session: &Session) -> bool {
        self.filter.selects(session)
    }
}

impl Options {
    /// Whether to count probes of a port that promises `protocol`. There is nothing else that they could be selected by.
    pub(super) fn selects_probes(&self, protocol: Protocol) -> bool {
        let protocols = &self.filter.protocols;
        self.filter.asks_for_protocols_alone() && (protocols.is_empty() || protocols.contains(&protocol))
    }
}

/// When reading stops: once `stop` is set, or a bound of the options is reached.
pub struct StopCondition<'a> {
    options: &'a Options,
    stop: &'a AtomicBool,
    begun: Instant,
}

impl<'a> StopCondition<'a> {
    /// Measures from now on; met when `stop` is set, if not before.
    pub fn new(options: &'a Options, stop: &'a AtomicBool) -> Self {
        Self { options, stop, begun: Instant::now() }
    }

    /// How many packets may be read after the first `packets`.
    pub fn left(&self, packets: u64) -> u64 {
        self.options.packets.map_or(u64::MAX, |most| most.saturating_sub(packets))
    }

    /// Whether no packet is to be read after the first `packets`.
    pub fn is_met(&self, packets: u64) -> bool {
        self.stop.load(Ordering::Relaxed)
            || self.options.packets.is_some_and(|most| packets >= most)
            || self.options.duration.is_some_and(|longest| self.begun.elapsed() >= longest)
    }
}

/// The end of a batch.
#[derive(Debug, Clone, Copy)]
pub struct BatchEnd {
    /// Its last packet, by the order in which packets are read.
    pub nth: u64,
    /// The time up to which all packets have come. What has not come by then is judged missing, or idle.
    pub time: Time,
    /// The time by which connections that are over have lingered, and silent ones keep others waiting: not before `time`.
    /// Later where a file is followed and is quiet, since its writer may hold packets back.
    pub now: Time,
    /// Nothing has come for so long that every connection that is over has lingered, whatever the clock of the capture
    /// says.
    pub quiet: bool,
    /// With `quiet`: what was written ends with a whole record, so that nothing says that the writer holds packets back.
    pub whole: bool,
    /// By how many nanoseconds the clock was set after it; only told of a live capture.
    pub clock_set: i64,
}

impl BatchEnd {
    /// The end after packet `nth`, at `time`.
    pub fn at(nth: u64, time: Time) -> Self {
        Self { nth, time, now: time, quiet: false, whole: false, clock_set: 0 }
    }
}
