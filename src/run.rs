/*!
Carries out a plan: opens the source and the view, lets the pipeline run between them, and reports problems on standard
error.
*/

use crate::capture::{self, CaptureError};
use crate::cli::{CatalogueFormat, Input, Plan, zh};
use crate::verdict::filter::Bad;
use crate::view::{self, Lang, catalogue, schema};
use clap::error::ErrorKind;
use identity::Harm;
use named::Named;
use signal_hook::consts::SIGXFSZ;
use status::{DONE, FAILED, NOT_PERMITTED, WRONG_USAGE};
use std::io::{self, Write};
use std::sync::Arc;

mod analyze;
mod begun;
mod board;
mod captures;
mod compare;
mod conversations;
mod explain;
mod html;
mod identity;
mod key_files;
mod library;
mod named;
mod outputs;
mod paging;
mod patient;
mod private;
mod privileges;
mod problem;
mod progress;
mod raw;
mod running;
mod say;
mod source;
mod status;
mod tables;
mod told;
mod views;
mod which;
mod whole_lines;
mod words;

pub use library::{Request, Told, read_into};

/// Carries out `plan`, and returns the exit status.
///
/// # Errors
/// Where the input could not be read to its end, there is no permission to listen, or the output cannot be written.
/// What could be shown has been shown by then.
pub fn run(mut plan: Plan) -> anyhow::Result<u8> {
    // Its default action ends the process at the limit of a file's size; with a handler, the write fails and is told.
    signal_hook::flag::register(SIGXFSZ, Arc::default())?;
    if let Plan::Analyze(analysis) = &plan {
        analysis.options.filter.in_order()?;
    }
    if let Plan::Explain(study) = &plan {
        study.options.filter.in_order()?;
    }
    match &mut plan {
        Plan::Analyze(analysis) => {
            if let Input::Files(files) = &mut analysis.input {
                captures::find(files, analysis.output.lang, analysis.around.quiet)?;
            }
        }
        Plan::Explain(study) => captures::find(&mut study.files, study.lang, study.around.quiet)?,
        _ => {}
    }
    match plan {
        Plan::Analyze(analysis) if analysis.output.raw => raw::raw(*analysis)?,
        Plan::Analyze(analysis) => return analyze::analyze(*analysis),
        Plan::Interfaces(lang) => interfaces(lang)?,
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
        Plan::Compare { study, sessions } => compare::compare(*study, sessions)?,
        Plan::Explain(study) => explain::explain(*study)?,
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
    let is_usage = error.is::<which::Which>() || error.is::<raw::Refused>() || error.is::<tables::Refused>();
    if is_usage || error.is::<Bad>() || error.is::<key_files::NoKey>() {
        return WRONG_USAGE;
    }
    error.downcast_ref::<CaptureError>().map_or(FAILED, |error| error.fault().exit_status())
}

/// What went wrong, in words of `lang`.
pub fn said(error: &anyhow::Error, lang: Lang) -> String {
    told::error(lang, error)
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

fn interfaces(lang: Lang) -> anyhow::Result<()> {
    let mut out = Named::stdout();
    let interfaces = capture::interfaces()?;
    let widest = interfaces.iter().map(|interface| interface.name.chars().count()).max().unwrap_or_default();
    for interface in interfaces {
        let mut facts: Vec<String> = Vec::new();
        if !interface.up {
            facts.push(words::down(lang).to_owned());
        }
        facts.extend(interface.addresses.iter().map(ToString::to_string));
        facts.extend(interface.description);
        let line = format!("{:widest$}  {}", interface.name, facts.join(", "));
        writeln!(out, "{}", view::escape::line(line.trim_end()))?;
    }
    Ok(())
}
