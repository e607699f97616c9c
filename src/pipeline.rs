/*!
The only file that knows every stage: packets from a [`Source`], through decoding, connections and dialogues, to sessions
in order, to a [`View`].

```text
            intake                shards (one thread or several)            outtake
Source ──▶ decode, count, ──▶ connections, dialogues, sessions ──▶ number, link, select ──▶ View
           cut into batches    each shard has its own connections    in the order of packets
```

A connection belongs to one of `shards::SHARDS` shards, by its addresses and ports; bounds are shared out among the
shards and time passes for them at the end of each batch. Both are the same whatever the number of threads, and so are
the sessions and their order, byte for byte.
*/

mod ear;
mod intake;
mod order;
mod outtake;
mod parallel;
mod shards;

use crate::capture::{CaptureError, Read, Source, Time};
use crate::protocol::Protocol;
use crate::protocol::ports::Ports;
use crate::session::Wanted;
use crate::session::keep::Keeper;
use crate::session::model::Session;
use crate::verdict::{Report, Selection};
use crate::view::View;
use intake::Intake;
use outtake::Outtake;
use shards::Shards;
use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

/// What to look at, and what to hand to the view.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where mail is expected.
    pub ports: Ports,
    /// Look for mail on every port.
    pub any_port: bool,
    /// What is worth computing.
    pub wanted: Wanted,
    /// Which rules look at sessions, and what is counted over all of them.
    pub selection: Selection,
    /// Who wants to have the content of messages and attachments.
    pub keeper: Option<Arc<dyn Keeper>>,
    /// Only sessions of these protocols; all where empty.
    pub protocols: Vec<Protocol>,
    /// Only sessions with these numbers; all where empty.
    pub sessions: BTreeSet<u64>,
    /// When a session is handed to the view.
    pub order: When,
    /// Hand each step to the view as it happens (on one thread).
    pub steps: bool,
    /// Threads that follow connections; with one, everything is done on the caller's.
    pub threads: usize,
    /// Stop after so many packets.
    pub packets: Option<u64>,
    /// Stop after so long (by the clock on the wall: for live captures).
    pub duration: Option<Duration>,
}

/// When a session is handed to the view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// When it and all before it have ended: in the order of their numbers.
    InOrder,
    /// When it has ended: memory is bounded by the sessions that are open.
    AsTheyEnd,
}

impl Options {
    fn selects(&self, session: &Session) -> bool {
        (self.protocols.is_empty() || self.protocols.contains(&session.protocol))
            && (self.sessions.is_empty() || self.sessions.contains(&session.id))
    }
}

/// How a run went.
#[derive(Debug)]
pub struct Outcome {
    /// What is known of the capture as a whole.
    pub report: Report,
    /// Why reading stopped early.
    pub problem: Option<CaptureError>,
}

/// Reads `source` to its end, or until `stop` is set, and shows all sessions to `view`.
///
/// # Errors
/// Where the view cannot write. Trouble with the source is no error: what was read before it is shown, and the trouble
/// is told in [`Outcome::problem`].
pub fn run(source: &mut dyn Source, options: &Options, view: &mut dyn View, stop: &AtomicBool) -> io::Result<Outcome> {
    let mut outtake = Outtake::new(options, view);
    let (intake, problem) = if options.threads > 1 && !options.steps {
        parallel::run(source, options, &mut outtake, stop)?
    } else {
        run_here(source, options, &mut outtake, stop)?
    };
    let (mut summary, logins) = outtake.finish(intake.finish());
    summary.limits_hit.add(&source.limits());
    let report = Report { sources: source.info(), summary, logins };
    view.finish(&report)?;
    Ok(Outcome { report, problem })
}

/// Everything on this thread.
fn run_here<'a>(
    source: &mut dyn Source,
    options: &'a Options,
    outtake: &mut Outtake<'_>,
    stop: &AtomicBool,
) -> io::Result<(Intake<'a>, Option<CaptureError>)> {
    let mut intake = Intake::new(options);
    let mut shards = Shards::all(options);
    let mut reading = Reading::new(options, stop);
    let live = source.is_live();
    let mut problem = None;
    while reading.goes_on(&intake) {
        match source.next_packet() {
            Ok(Read::Packet(packet)) => {
                intake.packet(&packet, |sorted| {
                    shards.segment(sorted);
                    if options.steps {
                        outtake.take(&mut shards.drain())?;
                        outtake.show_steps(&mut shards, sorted.shard, sorted.segment)?;
                    }
                    io::Result::Ok(())
                })?;
                if let Some(end) = intake.end_of_batch() {
                    shards.end_of_batch(end);
                    outtake.end_of_batch(end, &mut shards.drain())?;
                }
            }
            // Where a file is followed, its clock need not be that on the wall, and its writer may have gathered what it has
            // not written: nothing is late there.
            Ok(Read::Idle) if !live => {}
            Ok(Read::Idle) => {
                let end = intake.end_of_batch_now(wall_clock());
                shards.end_of_batch(end);
                outtake.end_of_batch(end, &mut shards.drain())?;
            }
            Ok(Read::End) => break,
            Err(error) => {
                problem = Some(error);
                break;
            }
        }
    }
    outtake.take(&mut shards.drain())?;
    loop {
        let mut events = shards.finish_some();
        if events.is_empty() {
            break;
        }
        outtake.take(&mut events)?;
    }
    outtake.add_limits(&shards.limits_hit());
    Ok((intake, problem))
}

/// Whether to read on: until somebody or some option says that it is enough.
struct Reading<'a> {
    options: &'a Options,
    stop: &'a AtomicBool,
    begun: Instant,
}

impl<'a> Reading<'a> {
    fn new(options: &'a Options, stop: &'a AtomicBool) -> Self {
        Self { options, stop, begun: Instant::now() }
    }

    fn goes_on(&mut self, intake: &Intake<'_>) -> bool {
        !self.stop.load(Ordering::Relaxed)
            && self.options.packets.is_none_or(|most| intake.packets() < most)
            && self.options.duration.is_none_or(|longest| self.begun.elapsed() < longest)
    }
}

/// The end of a batch: which packet handed out was its last, and its time.
#[derive(Debug, Clone, Copy)]
struct BatchEnd {
    nth: u64,
    time: Time,
}

fn wall_clock() -> Time {
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Time::from_microseconds(i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX))
}
