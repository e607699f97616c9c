//! Opens what packets come from.

use super::begun::Begun;
use super::captures::Unread;
use super::key_files::Gathered;
use super::running::Running;
use super::{say, told, words};
use crate::capture::{self, Beside, Cursor, Damage, Filter, Live, LiveOptions, Reading, SecretsSink, Source};
use crate::cli::{Analysis, Format, Input};
use crate::pipeline;
use crate::view::clock::Clock;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// A source, and the interface that it listens on, if it does.
pub(super) struct Opened {
    pub(super) source: Box<dyn Source>,
    pub(super) interface: Option<String>,
}

/// Opens the input of `analysis`; of several files, those that cannot be opened are told to `unread`.
///
/// # Errors
/// Where a file cannot be read, or the interface not be listened on.
pub(super) fn open(
    analysis: &mut Analysis,
    filter: Option<Filter>,
    running: &Running,
    gathered: &Gathered,
    unread: &Unread,
) -> anyhow::Result<Opened> {
    let mut opened = match &analysis.input {
        Input::Files(files) => {
            let (files, limits_hit) = pipeline::in_order(files);
            analysis.options.limits_hit = limits_hit;
            analysis.options.limits_hit.add(&gathered.limits);
            Opened {
                source: read(&files, analysis, filter, running, gathered.sink().as_ref(), unread)?,
                interface: None,
            }
        }
        Input::Followed(files) => {
            let (order, stop) = (analysis.options.memory.order(), Arc::clone(&running.stop));
            let source = capture::follow(
                files,
                filter,
                Damage::default(),
                order,
                stop,
                told::following(analysis.output.lang),
                gathered.sink(),
            )?;
            Opened { source, interface: None }
        }
        Input::Live(options) => listen(options, analysis, filter.as_ref(), running)?,
    };
    if let Clock::Relative(origin) = analysis.output.time {
        opened.source = Box::new(Begun::new(opened.source, origin));
    }
    Ok(opened)
}

fn read(
    files: &[Vec<PathBuf>],
    analysis: &Analysis,
    filter: Option<Filter>,
    running: &Running,
    secrets: Option<&SecretsSink>,
    unread: &Unread,
) -> anyhow::Result<Box<dyn Source>> {
    let reading = match analysis.output.format {
        // Sessions that are over are shown while nothing comes.
        Format::Ndjson if running.endless => Reading::AsItComes,
        _ if analysis.options.threads > 1 => Reading::Ahead,
        _ => Reading::Here,
    };
    let (stop, tally) = (running.endless.then_some(&running.stop), analysis.options.tally.as_ref());
    let tell = |error: &_| unread.tell(error);
    let beside = Beside { stop, tally, secrets, unread: Some(&tell) };
    let order = analysis.options.memory.order();
    Ok(capture::open_beside(files, filter, Damage::default(), reading, order, beside)?)
}

/// Listens. On SIGUSR1 it says how many packets there have been.
fn listen(
    options: &LiveOptions,
    analysis: &Analysis,
    filter: Option<&Filter>,
    running: &Running,
) -> anyhow::Result<Opened> {
    let source = Live::open(options, filter, Arc::clone(&running.stop))?;
    if let (Some(privileges), Some(file), Some(path)) = (&running.privileges, source.new_file(), &options.write) {
        privileges.give(file, path)?;
    }
    let interface = Cursor::info(&source).into_iter().next().map(|info| info.name);
    let asked = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(signal_hook::consts::SIGUSR1, Arc::clone(&asked))?;
    let lang = analysis.output.lang;
    let report = move |name: &str, packets, dropped| say::line(&words::so_far(lang, name, packets, dropped));
    Ok(Opened { source: Box::new(source.reporting(asked, Box::new(report))), interface })
}
