/*!
The only file that knows every stage: packets from a [`Source`], through decoding, connections and dialogues, to sessions
in order, to a [`View`].

```text
            intake                shards (one thread or several)            outtake
Source ──▶ decode, count, ──▶ connections, dialogues, sessions ──▶ number, link, select ──▶ View
           cut into batches    each shard has its own connections    in the order of packets
```

A connection belongs to one of `shard::SHARDS` shards, by its addresses and ports; bounds are shared out among the
shards and time passes for them at the end of each batch. Both are the same whatever the number of threads, and so are
the sessions and their order, byte for byte.
*/

mod ear;
mod event;
mod intake;
mod options;
mod order;
mod outtake;
mod parallel;
mod shard;
mod shards;

pub use options::{Options, When};

use crate::capture::{CaptureError, Read, Source};
use crate::session::Plan;
use crate::verdict::Report;
use crate::view::View;
use intake::Intake;
use options::Reading;
use outtake::Outtake;
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

/// Reads `source` to its end, or until `stop` is set, and shows all sessions to `view`. The `plan` says what is computed of
/// each.
///
/// # Errors
/// Where the view cannot write. Trouble with the source is no error: what was read before it is shown, and the trouble
/// is told in [`Outcome::problem`].
pub fn run(
    source: &mut dyn Source,
    options: &Options,
    plan: &Arc<Plan>,
    view: &mut dyn View,
    stop: &AtomicBool,
) -> io::Result<Outcome> {
    let mut outtake = Outtake::new(options, plan, view);
    let (intake, problem) = if options.threads > 1 && !options.steps {
        parallel::run(source, options, plan, &mut outtake, stop)?
    } else {
        run_here(source, options, plan, &mut outtake, stop)?
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
    plan: &Arc<Plan>,
    outtake: &mut Outtake<'_>,
    stop: &AtomicBool,
) -> io::Result<(Intake<'a>, Option<CaptureError>)> {
    let mut intake = Intake::new(options);
    let mut shards = Shards::all(options, plan);
    let reading = Reading::new(options, stop);
    let live = source.is_live();
    let mut problem = None;
    while reading.goes_on(intake.packets()) {
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
                let end = intake.end_of_batch_now();
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
