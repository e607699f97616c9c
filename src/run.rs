/*!
Carries out a plan: opens the source and the view, lets the pipeline run between them, and reports problems on standard
error.
*/

use crate::capture::{self, CaptureError, Created, Cursor, Damage, Filter, Live, Outlet, Reading, Source};
use crate::cli::{Analysis, CatalogueFormat, Format, Input, Output, Plan, Redaction, zh};
use crate::limits::Budget;
use crate::pipeline;
use crate::session::model::Severity;
use crate::session::{self, content_store::ContentStore};
use crate::verdict::explain::Heads;
use crate::verdict::{Report, Selection};
use crate::view::clock::Clock;
use crate::view::csv::{self, Csv};
use crate::view::extract::{self, Extract};
use crate::view::json::{Json, NdJson};
use crate::view::markdown::Markdown;
use crate::view::redact::{Names, Redact};
use crate::view::table::{self, Table};
use crate::view::{self, Lang, View, catalogue, record, schema};
use anyhow::Context;
use begun::Begun;
use board::{Below, Board};
use clap::error::ErrorKind;
use identity::Harm;
use named::Named;
use paging::{Clearing, Paged};
use privileges::Privileges;
use problem::Problem;
use progress::Progress;
use signal_hook::consts::SIGXFSZ;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use whole_lines::WholeLines;

mod begun;
mod board;
mod compare;
mod conversations;
mod explain;
mod html;
mod identity;
mod named;
mod paging;
mod patient;
mod private;
mod privileges;
mod problem;
mod progress;
mod raw;
mod say;
mod tables;
mod told;
mod which;
mod whole_lines;
mod words;

/// Exit status where all went well, or something was found.
const DONE: u8 = 0;
/// Exit status where nothing was found, if that is asked for.
const NOTHING_FOUND: u8 = 1;
/// Exit status of an error that has no status of its own.
const FAILED: u8 = 1;
/// Exit status of a command line that asks for what is not there.
const WRONG_USAGE: u8 = 2;
/// Exit status where privileges could not be dropped.
const NOT_PERMITTED: u8 = 4;

/// Carries out `plan`, and returns the exit status.
///
/// # Errors
/// Where the input could not be read to its end, there is no permission to listen, or the output cannot be written.
/// What could be shown has been shown by then.
pub fn run(plan: Plan) -> anyhow::Result<u8> {
    // Its default action ends the process at the limit of a file's size; with a handler, the write fails and is told.
    signal_hook::flag::register(SIGXFSZ, Arc::default())?;
    match plan {
        Plan::Analyze(analysis) if analysis.output.raw => raw::raw(*analysis)?,
        Plan::Analyze(analysis) => return analyze(*analysis),
        Plan::Interfaces => interfaces()?,
        Plan::Print(text) => Named::stdout().write_all(&text)?,
        Plan::Findings { format, lang, width, colour } => {
            let page = match format {
                CatalogueFormat::Table => catalogue::table(lang, width, colour)?,
                CatalogueFormat::Json => catalogue::json(lang)?,
                CatalogueFormat::Markdown => catalogue::markdown(lang),
            };
            Named::stdout().write_all(page.as_bytes())?;
        }
        Plan::Schema => Named::stdout().write_all(schema::schema().as_bytes())?,
        Plan::Compare(pairing) => compare::compare(*pairing)?,
        Plan::Explain(questions) => explain::explain(*questions)?,
    }
    Ok(DONE)
}

/// The exit status that an error stands for: 2 no such session or sessions, 3 unreadable input, 4 no permission or no such interface.
/// Where the status `answers` what was found, 1 is an answer, and what stands for 1 otherwise is 2.
pub fn exit_status(error: &anyhow::Error, answers: bool) -> u8 {
    match status(error) {
        FAILED if answers => WRONG_USAGE,
        status => status,
    }
}

fn status(error: &anyhow::Error) -> u8 {
    if error.is::<privileges::Kept>() {
        return NOT_PERMITTED;
    }
    if error.is::<which::Which>() || error.is::<raw::Refused>() || error.is::<tables::Refused>() {
        return WRONG_USAGE;
    }
    error.downcast_ref::<CaptureError>().map_or(FAILED, |error| error.fault().exit_status())
}

/// Whether the error is that the reader of the output has closed it.
pub fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// Prints clap's message about a command line: its error, or the help that it asks for. Returns the exit status. The
/// message may hold file names (`mailtap read *`), and these may hold any characters, so it is escaped.
///
/// # Errors
/// Where the help cannot be printed. An error is told by the exit status as well.
pub fn usage(instead: &clap::Error, lang: Lang) -> anyhow::Result<u8> {
    let said = match lang {
        Lang::Zh if instead.use_stderr() => zh::error(instead),
        _ => instead.render().to_string(),
    };
    let tip = match instead.kind() {
        ErrorKind::ArgumentConflict if said.contains("--redact") => told::cannot_be_masked(lang),
        _ => "",
    };
    let shown = view::escape::block(&said);
    let is_safe = shown == said;
    if instead.use_stderr() {
        match is_safe {
            // Coloured, where standard error is a terminal.
            true if lang == Lang::En => drop(instead.print()),
            true => say::block(&said),
            false => say::block(&shown),
        }
    } else if is_safe {
        instead.print().and_then(|()| io::stdout().flush()).map_err(|error| Named::stdout().named(error))?;
    } else {
        Named::stdout().write_all(shown.as_bytes())?;
    }
    say::block(tip);
    Ok(u8::try_from(instead.exit_code()).unwrap_or(FAILED))
}

/// Says on standard error what went wrong, unless that would harm the capture. Where it cannot be said, the exit status
/// is the same.
pub fn tell(error: &anyhow::Error, lang: Lang) {
    if !matches!(error.downcast_ref(), Some(Harm::Messages)) {
        say::line(&told::error(lang, error));
    }
}

fn analyze(mut analysis: Analysis) -> anyhow::Result<u8> {
    tables::check(&analysis.output.tables)?;
    identity::check(&analysis)?;
    let stop = Arc::new(AtomicBool::new(false));
    let filter = analysis.filter.as_deref().map(Filter::new).transpose()?;
    let live = matches!(analysis.input, Input::Live(_) | Input::Followed(_));
    // A pipe has no end either: Ctrl-C ends its writer, and what was read until then is shown.
    let endless = match &analysis.input {
        Input::Files(files) => files.iter().any(|file| capture::is_pipe(file)),
        Input::Followed(_) | Input::Live(_) => true,
    };
    if endless {
        for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
            // A second Ctrl-C, should the first not be heeded, ends the process at once.
            signal_hook::flag::register_conditional_shutdown(signal, 130, Arc::clone(&stop))?;
            signal_hook::flag::register(signal, Arc::clone(&stop))?;
        }
    }
    let lang = analysis.output.lang;
    let progress = match &analysis.input {
        Input::Files(files) => Progress::begin(&analysis.around, lang, files, endless),
        Input::Followed(_) | Input::Live(_) => Progress::none(),
    };
    analysis.options.tally = progress.tally();
    let privileges = match &analysis.input {
        Input::Live(_) => Some(Privileges::of(&analysis.user)?),
        Input::Files(_) | Input::Followed(_) => None,
    };
    let mut interface = None;
    let order = analysis.options.memory.order();
    let mut source: Box<dyn Source> = match &analysis.input {
        Input::Files(files) => {
            let reading = match analysis.output.format {
                // Sessions that are over are shown while nothing comes.
                Format::Ndjson if endless => Reading::AsItComes,
                _ if analysis.options.threads > 1 => Reading::Ahead,
                _ => Reading::Here,
            };
            let (files, limits_hit) = pipeline::in_order(files);
            analysis.options.limits_hit = limits_hit;
            {
                let (stop, tally) = (endless.then_some(&stop), analysis.options.tally.as_ref());
                capture::open_counted(&files, filter, Damage::default(), reading, order, stop, tally)?
            }
        }
        Input::Followed(files) => {
            capture::follow(files, filter, Damage::default(), order, Arc::clone(&stop), Box::new(say::line))?
        }
        Input::Live(options) => {
            let source = Live::open(options, filter.as_ref(), Arc::clone(&stop))?;
            if let (Some(privileges), Some(file), Some(path)) = (&privileges, source.new_file(), &options.write) {
                privileges.give(file, path)?;
            }
            interface = Cursor::info(&source).into_iter().next().map(|info| info.name);
            let asked = Arc::new(AtomicBool::new(false));
            signal_hook::flag::register(signal_hook::consts::SIGUSR1, Arc::clone(&asked))?;
            let report = move |name: &str, packets, dropped| say::line(&words::so_far(lang, name, packets, dropped));
            Box::new(source.reporting(asked, Box::new(report)))
        }
    };
    if let Clock::Relative(origin) = analysis.output.time {
        source = Box::new(Begun::new(source, origin));
    }
    // `stop` ends the source, after the packets that it has already received. `give_up` ends the reading at once, where
    // what is read cannot be written.
    let give_up = Arc::new(AtomicBool::new(false));
    if let Some(directory) = &analysis.output.extract
        && extract::make(directory)?
        && let Some(privileges) = &privileges
    {
        privileges.give_folder(directory)?;
    }
    let files = tables::created(&analysis, privileges.as_ref(), &stop)?;
    let mut shown_on = None;
    let out: Box<dyn Write> = match &analysis.output.file {
        None if !files.is_empty() => Box::new(io::sink()),
        Some(file) => {
            let created = created(file, &analysis, &stop)?;
            if let Some(privileges) = privileges.as_ref().filter(|_| created.is_new) {
                privileges.give(&created.file, file)?;
            }
            Box::new(Named {
                name: file.display().to_string(),
                out: WholeLines::new(Outlet::new(created.file, Arc::clone(&stop))),
            })
        }
        None if endless => {
            let out = Named { out: Outlet::stdout(Arc::clone(&stop))?, name: Named::stdout().name };
            match board::is_wanted(&analysis) {
                true => {
                    // Sessions that are open are known by their steps.
                    analysis.options.steps = true;
                    let screen = board::screen(Box::new(out), lang, analysis.output.colour);
                    Box::new(Below(Arc::clone(shown_on.insert(screen))))
                }
                false => Box::new(Clearing { out, progress: progress.ender() }),
            }
        }
        None => {
            let out = Paged::new(analysis.around.pager.as_ref(), progress.ender());
            Box::new(Named { out, name: Named::stdout().name })
        }
    };
    let extract = analysis.output.extract.take();
    if let Some(privileges) = &privileges {
        privileges.drop(interface.as_deref(), extract.as_deref())?;
        if !analysis.around.quiet {
            say::line(&words::listening(lang, interface.as_deref(), privileges.user()));
        }
    }
    let spool = match &extract {
        Some(directory) => Some(
            extract::begin(directory, analysis.output.extract_limit, &give_up)
                .map_err(|error| may_not(error, &privileges))?,
        ),
        None => None,
    };
    // What the page quotes as it was sent; where files are written, they have it.
    let heads = html::heads(&analysis.output).filter(|_| spool.is_none());
    let content_store = spool.clone().map(|spool| -> Arc<dyn ContentStore> { spool });
    let content_store = content_store.or_else(|| Some(heads.clone()?));
    let ended = analysis.options.memory.ended();
    // Where secrets are hidden, the rest of the share is for the sessions that redaction keeps back, and for what it knows.
    analysis.options.waiting_sessions = if analysis.output.redact.is_some() { ended / 4 } else { ended };
    let out = Box::new(BufWriter::with_capacity(1 << 16, out));
    let outputs = Outputs { out, files, heads, shown_on };
    let mut view = made(&analysis.output, analysis.options.memory, live, endless, outputs)?;
    if let (Some(directory), Some(spool)) = (extract, spool) {
        let end = live.then(|| Arc::clone(&give_up));
        let extract = Extract::new(view, directory, analysis.output.lang, spool, end);
        view = Box::new(extract.map_err(|error| may_not(error, &privileges))?);
    }
    analysis.options.selection = analysis.options.filter.selection(view.selection());
    if analysis.answers.is_some() {
        let Selection { rules, across, .. } = Selection::ALL;
        analysis.options.selection = Selection { rules, across, ..analysis.options.selection };
    }
    let needs = view.needs().and(analysis.options.selection.needs()).and(analysis.options.filter.needs());
    let plan = Arc::new(session::Plan { needs, content_store, raw_store: None });
    let outcome = pipeline::run(&mut *source, &analysis.options, &plan, &mut *view, &give_up);
    // What is said from here on stands below the result: the pager has given the terminal back.
    drop(view);
    drop(progress);
    if let Some(heard) = source.heard().filter(|_| !analysis.around.quiet) {
        let packets = source.info().iter().map(|source| source.packets).sum();
        say::block(&words::heard(lang, packets, heard));
    }
    let outcome = outcome?;
    match outcome.problem {
        Some(problem) => Err(problem.into()),
        None => {
            // Damage that was stepped over: everything after it was read.
            for source in &outcome.report.sources {
                if let Some(problem) = &source.problem {
                    say::line(&format!("{}: {problem}", source.name));
                }
            }
            if analysis.output.format != Format::Table && !analysis.around.quiet {
                told::say_none(analysis.output.lang, &outcome.report);
            }
            Ok(match analysis.answers {
                Some(severity) if !has_found(&outcome.report, severity) => NOTHING_FOUND,
                _ => DONE,
            })
        }
    }
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

/// Creates the file that the result is written to. The capture is not overwritten, by whatever name it is called.
fn created(file: &Path, analysis: &Analysis, stop: &AtomicBool) -> anyhow::Result<Created> {
    identity::check(analysis)?;
    private::created(file, analysis.output.redact.is_none(), stop)
}

/// The error of a folder that cannot be written, with the user who would have to be allowed to.
fn may_not(error: io::Error, privileges: &Option<Privileges>) -> io::Error {
    match privileges.as_ref().and_then(Privileges::user) {
        Some(user) if error.kind() == io::ErrorKind::PermissionDenied => {
            io::Error::new(error.kind(), problem::MayNot { user: user.to_string(), error })
        }
        _ => error,
    }
}

/// Where a view writes, and what it is made from besides the sessions.
struct Outputs {
    out: Box<dyn Write>,
    /// A file for each table.
    files: Vec<tables::Written>,
    /// The headers of messages as they were sent.
    heads: Option<Arc<Heads>>,
    /// The terminal that the list of sessions is drawn on as they happen.
    shown_on: Option<board::Shared>,
}

fn made(output: &Output, memory: Budget, live: bool, endless: bool, outputs: Outputs) -> anyhow::Result<Box<dyn View>> {
    let Outputs { out, files, heads, shown_on } = outputs;
    let options = record::Options { lang: output.lang, ..Default::default() };
    let style = table::Style { width: output.width, colour: output.colour };
    let tables = table::Options {
        style,
        show: output.show,
        list: output.list,
        lang: output.lang,
        text_limit: options.text_limit,
        time: output.time,
    };
    let view: Box<dyn View> = match output.format {
        Format::Json => Box::new(Json::new(out, options)),
        Format::Ndjson => Box::new(NdJson::new(out, options)),
        Format::Csv if !files.is_empty() => Box::new(Csv::new(files, options)?),
        Format::Csv => {
            let table = output.tables.names.iter().find_map(|name| csv::table(name));
            Box::new(Csv::new(table.into_iter().zip([out]).collect(), options)?)
        }
        Format::Markdown => Box::new(Markdown::new(out, tables)),
        Format::Html => Box::new(html::view(output, out, heads)?),
        Format::Table if live => match shown_on {
            Some(screen) => Box::new(Board::new(table::Live::new(out, tables), screen)?),
            None => Box::new(table::Live::new(out, tables)),
        },
        Format::Table => Box::new(Table::new(out, tables)),
    };
    let Some(how) = output.redact else { return Ok(view) };
    let mut redact = match output.format {
        // The document keeps all sessions until the end in any case.
        Format::Json => Redact::holding(view, usize::MAX),
        _ if endless => Redact::new(view),
        _ => Redact::holding(view, memory.ended() / 2),
    }
    .knowing(memory.ended() / 4);
    if how == Redaction::Pseudonym {
        redact = redact.naming(Names::new().context(Problem::NoKey)?);
    }
    Ok(Box::new(redact))
}

fn interfaces() -> anyhow::Result<()> {
    let mut out = Named::stdout();
    let interfaces = capture::interfaces()?;
    let widest = interfaces.iter().map(|interface| interface.name.chars().count()).max().unwrap_or_default();
    for interface in interfaces {
        let mut facts: Vec<String> = Vec::new();
        if !interface.up {
            facts.push("down".to_owned());
        }
        facts.extend(interface.addresses.iter().map(ToString::to_string));
        facts.extend(interface.description);
        let line = format!("{:widest$}  {}", interface.name, facts.join(", "));
        writeln!(out, "{}", view::escape::line(line.trim_end()))?;
    }
    Ok(())
}
