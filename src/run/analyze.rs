//! `mailtap read` and `mailtap live`: opens what is read and what is written, and lets the pipeline run between them.

use super::captures::Unread;
use super::key_files::{self, Gathered, Packets};
use super::outputs::{self, Outputs};
use super::privileges::Privileges;
use super::problem::MayNot;
use super::running::Running;
use super::source::{self, Opened};
use super::status::{DONE, NOTHING_FOUND};
use super::{html, identity, say, tables, told, views, words};
use crate::capture::{Filter, Source};
use crate::cli::{Analysis, Format, Input};
use crate::pipeline::{self, Options, Outcome};
use crate::session::content_store::ContentStore;
use crate::session::model::Severity;
use crate::session::{Needs, Plan};
use crate::verdict::{Report, Selection};
use crate::view::View;
use crate::view::extract::{self, Extract};
use std::io;
use std::sync::Arc;

/// Carries out `analysis`, and returns the exit status.
///
/// # Errors
/// As [`run`](super::run).
pub(super) fn analyze(mut analysis: Analysis) -> anyhow::Result<u8> {
    tables::check(&analysis.output)?;
    identity::check(&analysis)?;
    let filter = analysis.filter.as_deref().map(Filter::new).transpose()?;
    let running = Running::begin(&analysis)?;
    analysis.options.tally = running.progress.tally();
    let gathered = key_files::gather(&analysis.keys, packets(&analysis.input))?;
    let unread = Unread::new(analysis.output.lang);
    let Opened { mut source, interface } = source::open(&mut analysis, filter, &running, &gathered, &unread)?;
    let outputs = outputs::open(&mut analysis, &running, &*source)?;
    running.drop_privileges(&analysis, interface.as_deref(), &gathered.logs)?;
    if !analysis.around.quiet {
        gathered.say_awaited(analysis.output.lang);
    }
    let Shown { mut view, content_store } = shown(&analysis, &running, outputs)?;
    let needs = needs(&mut analysis, &*view);
    let plan = Arc::new(Plan { needs, content_store, keys: gathered.keys(), ..Plan::default() });
    let outcome = pipeline::run(&mut *source, &analysis.options, &plan, &mut *view, &running.give_up);
    // What is said from here on stands below the result: the pager has given the terminal back.
    drop(view);
    drop(running);
    say_heard(&analysis, &*source);
    ended(&analysis, &gathered, outcome?, &unread)
}

/// Where secrets may be, beside the key files.
fn packets(input: &Input) -> Packets<'_> {
    match input {
        Input::Files(files) => Packets::Files(files),
        Input::Followed(_) => Packets::Followed,
        Input::Live(_) => Packets::Live,
    }
}

/// A view, and where the contents of messages are stored for it.
struct Shown {
    view: Box<dyn View>,
    content_store: Option<Arc<dyn ContentStore>>,
}

/// The view that is asked for, and beside it the one that writes messages to files, if that is asked for.
fn shown(analysis: &Analysis, running: &Running, outputs: Outputs) -> anyhow::Result<Shown> {
    let output = &analysis.output;
    let may_not = |error| may_not(error, running.privileges.as_ref());
    let made = |outputs, heads| {
        views::made(output, &analysis.options, running, outputs, heads).map_err(|error| {
            // The files of Parquet are made here, as another user than before; other errors have more to say than the system does.
            match output.format.is_parquet() && error.is::<io::Error>() {
                true => error.downcast().map_or_else(|error| error, |error| may_not(error).into()),
                false => error,
            }
        })
    };
    let Some(directory) = &output.extract else {
        // What the page quotes as it was sent; where files are written, they have it.
        let heads = html::heads(output);
        let view = made(outputs, heads.clone())?;
        return Ok(Shown { view, content_store: heads.map(|heads| -> Arc<dyn ContentStore> { heads }) });
    };
    let spool = extract::begin(directory, output.extract_limit, &running.give_up).map_err(may_not)?;
    let view = made(outputs, None)?;
    let end = running.live.then(|| Arc::clone(&running.give_up));
    let view = Extract::new(view, directory.clone(), output.lang, spool.clone(), end).map_err(may_not)?;
    Ok(Shown { view: Box::new(view), content_store: Some(spool) })
}

/// Sets the options that depend on what is shown and on what is asked, and says what sessions have to hold for it.
fn needs(analysis: &mut Analysis, view: &dyn View) -> Needs {
    let needs = ask(&mut analysis.options, view, analysis.output.redact.is_some());
    if analysis.answers.is_none() {
        return needs;
    }
    let Selection { rules, across, .. } = Selection::ALL;
    let options = &mut analysis.options;
    options.selection = Selection { rules, across, ..options.selection };
    needs.and(options.selection.needs())
}

/// Sets the options that depend on what is shown, and says what sessions have to hold for it. Where secrets are hidden (`redacts`), a part
/// of the memory is for that.
pub(super) fn ask(options: &mut Options, view: &dyn View, redacts: bool) -> Needs {
    let ended = options.memory.ended();
    // The rest of the share is for the sessions that redaction keeps back, and for what it knows.
    options.waiting_sessions = if redacts { ended / 4 } else { ended };
    options.selection = options.filter.selection(view.selection());
    view.needs().and(options.selection.needs()).and(options.filter.needs())
}

/// Says how many packets a listener received and lost.
fn say_heard(analysis: &Analysis, source: &dyn Source) {
    if let Some(heard) = source.heard().filter(|_| !analysis.around.quiet) {
        let packets = source.info().iter().map(|source| source.packets).sum();
        say::block(&words::heard(analysis.output.lang, packets, heard));
    }
}

/// Says what is to be said of the whole, and returns the exit status.
fn ended(analysis: &Analysis, gathered: &Gathered, outcome: Outcome, unread: &Unread) -> anyhow::Result<u8> {
    let report = told::problems(analysis.output.lang, outcome)?;
    if !analysis.around.quiet {
        told::decryption(analysis.output.lang, gathered, &report);
    }
    if analysis.output.format != Format::Table && !analysis.around.quiet {
        told::say_none(analysis.output.lang, &report);
    }
    unread.ended(report.sources.len())?;
    Ok(match analysis.answers {
        Some(severity) if !has_found(&report, severity) => NOTHING_FOUND,
        _ => DONE,
    })
}

/// Whether something of `severity` or worse was found.
fn has_found(report: &Report, severity: Severity) -> bool {
    let counts = &report.summary.findings;
    let across = report.across.findings.iter().map(|finding| finding.severity);
    counts
        .iter()
        .filter(|(_, count)| **count > 0)
        .map(|(severity, _)| *severity)
        .chain(across)
        .any(|one| one >= severity)
}

/// The error of a folder that cannot be written, with the user who would have to be allowed to.
fn may_not(error: io::Error, privileges: Option<&Privileges>) -> io::Error {
    match privileges.and_then(Privileges::user) {
        Some(user) if error.kind() == io::ErrorKind::PermissionDenied => {
            io::Error::new(error.kind(), MayNot { user: user.to_string(), error })
        }
        _ => error,
    }
}
