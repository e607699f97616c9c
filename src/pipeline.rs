/*!
Puts the stages together: packets from a [`Source`], through decoding, connections and dialogues, to sessions in order,
to a [`View`].

```text
            input                 shards (one thread or several)            output
Source ──▶ decode, count, ──▶ connections, dialogues, sessions ──▶ number, link, select ──▶ View
           cut into batches    each shard has its own connections    in order, or as they end
```

A connection belongs to one of `shard::SHARDS` shards, by its addresses and ports; bounds are shared out among the
shards, and time passes for them at the end of each batch. Shards and a file's batches do not depend on the number of
threads, so neither do the sessions and their order, byte for byte. With several threads, `parallel` runs the same
stages; where the system starts fewer than are wanted, or none, the sessions are still the same.
*/

mod event;
mod file_order;
mod follow;
mod home;
mod input;
mod numbering;
mod options;
mod output;
mod parallel;
mod part;
mod probe;
mod shard;
mod shards;
mod wall_clock;
mod weighed;

pub use file_order::in_order;
pub use options::{Emit, Options};

use crate::capture::{CaptureError, Read, Source};
use crate::flow::HostShard;
use crate::session::Plan;
use crate::verdict::Report;
use crate::view::View;
use input::{InputCounts, InputStage, Routed};
use options::StopCondition;
use output::OutputStage;
use shard::Sharding;
use shards::Shards;
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// How a run went.
#[derive(Debug)]
pub struct Outcome {
    /// What is known of the capture as a whole.
    pub report: Report,
    /// Why reading stopped early.
    pub problem: Option<CaptureError>,
}

/// Reads `source` to its end, until `stop` is set, or as far as `options` say, and shows the selected sessions to
/// `view`. The `plan` says what is computed of each.
///
/// # Errors
/// If the view cannot write. A problem with the source is not an error here: what was read before it is shown, and the
/// problem is in [`Outcome::problem`].
pub fn run(
    source: &mut dyn Source,
    options: &Options,
    plan: &Arc<Plan>,
    view: &mut dyn View,
    stop: &AtomicBool,
) -> io::Result<Outcome> {
    run_on(source, options, plan, view, stop, &parallel::System)
}

/// As [`run`], on threads that `threads` starts.
fn run_on(
    source: &mut dyn Source,
    options: &Options,
    plan: &Arc<Plan>,
    view: &mut dyn View,
    stop: &AtomicBool,
    threads: &impl parallel::Start,
) -> io::Result<Outcome> {
    let mut output = OutputStage::new(options, view);
    let several = options.threads > 1 && !options.steps;
    let done = if several { parallel::run(source, options, plan, &mut output, stop, threads)? } else { None };
    let (input, problem) = match done {
        Some(done) => done,
        None => run_here(source, options, plan, &mut output, stop)?,
    };
    // What belongs to no connection is counted by the first shard of hosts alone, so that the shards' sums are the whole's.
    let is_counted = options.shard.is_none_or(HostShard::is_first);
    let counted = input.finish();
    let (mut summary, logins, verdict, across) =
        output.finish(if is_counted { counted } else { InputCounts::default() });
    summary.shard = options.shard;
    if is_counted {
        summary.limits_hit.add(&source.limits());
        summary.limits_hit.add(&options.limits_hit);
    }
    let report = Report { sources: source.info(), summary, logins, verdict, across };
    view.finish(&report)?;
    Ok(Outcome { report, problem })
}

/// Runs all stages on the caller's thread.
fn run_here<'a>(
    source: &mut dyn Source,
    options: &'a Options,
    plan: &Arc<Plan>,
    output: &mut OutputStage<'_>,
    stop: &AtomicBool,
) -> io::Result<(InputStage<'a>, Option<CaptureError>)> {
    let mut input = InputStage::new(options, Sharding::of(plan), source.is_live());
    let mut shards = Shards::all(options, plan).live(source.is_live());
    let stop_condition = StopCondition::new(options, stop);
    let mut problem = None;
    while !stop_condition.is_met(input.packets()) {
        match source.next_packet() {
            Ok(Read::Packet(packet)) => {
                if let Some(end) = input.end_of_batch_before(&packet) {
                    shards.end_of_batch(end);
                    output.end_of_batch(end, &mut shards.drain())?;
                }
                input.packet(&packet, |routed| {
                    shards.take(routed);
                    if options.steps
                        && let Routed::Segment(sorted) = routed
                    {
                        output.take(&mut shards.drain())?;
                        output.show_steps(&mut shards, sorted.shard, sorted.segment)?;
                    }
                    io::Result::Ok(())
                })?;
                input.skim(source, stop_condition.left(input.packets()));
                if let Some(end) = input.end_of_batch() {
                    shards.end_of_batch(end);
                    output.end_of_batch(end, &mut shards.drain())?;
                }
            }
            Ok(Read::Idle(quiet)) => {
                let end = input.end_of_batch_now(quiet);
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
