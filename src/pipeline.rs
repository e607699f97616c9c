/*!
The only file that knows every stage: packets from a [`Source`], through decoding, connections and dialogues, to sessions
in order, to a [`View`].

```text
            input                 shards (one thread or several)            output
Source ──▶ decode, count, ──▶ connections, dialogues, sessions ──▶ number, link, select ──▶ View
           cut into batches    each shard has its own connections    in the order of packets
```

A connection belongs to one of `shards::SHARDS` shards, by its addresses and ports; bounds are shared out among the
shards and time passes for them at the end of each batch. Both are the same whatever the number of threads, and so are
the sessions and their order, byte for byte.
*/

mod follow;
mod input;
mod numbering;
mod output;
mod parallel;
mod shards;

use crate::capture::{CaptureError, Read, Source, Time};
use crate::protocol::Protocol;
use crate::protocol::ports::Ports;
use crate::session::Needs;
use crate::session::content_store::ContentStore;
use crate::session::model::Session;
use crate::view::{Report, View};
use input::InputStage;
use output::OutputStage;
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
    pub needs: Needs,
    /// Who wants to have the content of messages and attachments.
    pub content_store: Option<Arc<dyn ContentStore>>,
    /// Only sessions of these protocols; all where empty.
    pub protocols: Vec<Protocol>,
    /// Only sessions with these numbers; all where empty.
    pub sessions: BTreeSet<u64>,
    /// When a session is handed to the view.
    pub emit: Emit,
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
pub enum Emit {
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
    let mut output = OutputStage::new(options, view);
    let (input, problem) = if options.threads > 1 && !options.steps {
        parallel::run(source, options, &mut output, stop)?
    } else {
        run_here(source, options, &mut output, stop)?
    };
    let mut summary = output.finish(input.finish());
    summary.limits_hit.add(&source.limits());
    let report = Report { sources: source.info(), summary };
    view.finish(&report)?;
    Ok(Outcome { report, problem })
}

/// Everything on this thread.
fn run_here<'a>(
    source: &mut dyn Source,
    options: &'a Options,
    output: &mut OutputStage<'_>,
    stop: &AtomicBool,
) -> io::Result<(InputStage<'a>, Option<CaptureError>)> {
    let mut input = InputStage::new(options);
    let mut shards = Shards::all(options);
    let mut stop_condition = StopCondition::new(options, stop);
    let live = source.is_live();
    let mut problem = None;
    while stop_condition.goes_on(&input) {
        match source.next_packet() {
            Ok(Read::Packet(packet)) => {
                input.packet(&packet, |sorted| {
                    shards.segment(sorted);
                    if options.steps {
                        output.take(&mut shards.drain())?;
                        output.show_steps(&mut shards, sorted.shard, sorted.segment)?;
                    }
                    io::Result::Ok(())
                })?;
                if let Some(end) = input.end_of_batch() {
                    shards.end_of_batch(end);
                    output.end_of_batch(end, &mut shards.drain())?;
                }
            }
            // Where a file is followed, its clock need not be that on the wall, and its writer may have gathered what it has
            // not written: nothing is late there.
            Ok(Read::Idle) if !live => {}
            Ok(Read::Idle) => {
                let end = input.end_of_batch_now(wall_clock());
                shards.end_of_batch(end);
                output.end_of_batch(end, &mut shards.drain())?;
            }
            Ok(Read::End) => break,
            Err(error) => {
                problem = Some(error);
                break;
            }
        }
    }
    output.take(&mut shards.drain())?;
    loop {
        let mut events = shards.finish_some();
        if events.is_empty() {
            break;
        }
        output.take(&mut events)?;
    }
    output.add_limits(&shards.limits_hit());
    Ok((input, problem))
}

/// Whether to read on: until somebody or some option says that it is enough.
struct StopCondition<'a> {
    options: &'a Options,
    stop: &'a AtomicBool,
    begun: Instant,
}

impl<'a> StopCondition<'a> {
    fn new(options: &'a Options, stop: &'a AtomicBool) -> Self {
        Self { options, stop, begun: Instant::now() }
    }

    fn goes_on(&mut self, input: &InputStage<'_>) -> bool {
        !self.stop.load(Ordering::Relaxed)
            && self.options.packets.is_none_or(|most| input.packets() < most)
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
