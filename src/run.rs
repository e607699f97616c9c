/*!
Carries out a plan: opens the source and the view, lets the pipeline run between them, and reports problems on standard
error.
*/

use crate::capture::{self, CaptureError, Damage, Filter, Live, Reading, Source};
use crate::cli::{Analysis, CatalogueFormat, Format, Input, Output, Plan};
use crate::limits::REDACT_HELD;
use crate::pipeline;
use crate::session::{self, content_store::ContentStore};
use crate::view::extract::{self, Extract};
use crate::view::json::{Json, NdJson};
use crate::view::redact::Redact;
use crate::view::table::{self, Table};
use crate::view::{self, View, catalogue, record, schema};
use anyhow::Context;
use std::fs::{File, Metadata};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Exit status of an error that has no status of its own.
const FAILED: u8 = 1;

/// Carries out `plan`.
///
/// # Errors
/// Where the input could not be read to its end, there is no permission to listen, or the output cannot be written.
/// What could be shown has been shown by then.
pub fn run(plan: Plan) -> anyhow::Result<()> {
    match plan {
        Plan::Interfaces => interfaces(),
        Plan::Print(text) => Ok(Named::stdout().write_all(&text)?),
        Plan::Findings { format, lang, width, colour } => {
            let page = match format {
                CatalogueFormat::Table => catalogue::table(lang, width, colour)?,
                CatalogueFormat::Json => catalogue::json(lang)?,
                CatalogueFormat::Markdown => catalogue::markdown(lang),
            };
            Ok(Named::stdout().write_all(page.as_bytes())?)
        }
        Plan::Schema => Ok(Named::stdout().write_all(schema::schema().as_bytes())?),
        Plan::Analyze(analysis) => analyze(*analysis),
    }
}

/// The exit status that an error stands for: 3 unreadable input, 4 no permission or no such interface.
pub fn exit_status(error: &anyhow::Error) -> u8 {
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
/// Where it cannot be printed.
pub fn usage(instead: &clap::Error) -> anyhow::Result<u8> {
    let said = instead.render().to_string();
    let shown = view::escape::block(&said);
    if shown != said {
        eprint!("{shown}");
    } else if let Err(error) = instead.print().and_then(|()| io::stdout().flush()) {
        return Err(Named::stdout().named(error).into());
    }
    Ok(u8::try_from(instead.exit_code()).unwrap_or(FAILED))
}

/// The error and its causes on one line.
pub fn in_words(error: &anyhow::Error) -> String {
    view::escape::line(&format!("{error:#}")).into_owned()
}

fn analyze(mut analysis: Analysis) -> anyhow::Result<()> {
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
    let mut source: Box<dyn Source> = match &analysis.input {
        Input::Files(files) => {
            let reading = if analysis.options.threads > 1 { Reading::Ahead } else { Reading::Here };
            let (files, limits_hit) = pipeline::in_order(files);
            analysis.options.limits_hit = limits_hit;
            capture::open_until(&files, filter, Damage::default(), reading, endless.then_some(&stop))?
        }
        Input::Followed(files) => capture::follow(files, filter, Damage::default(), Arc::clone(&stop), Box::new(tell))?,
        Input::Live(options) => {
            let source = Live::open(options, filter.as_ref(), Arc::clone(&stop))?;
            listening(options.interface.as_deref());
            let asked = Arc::new(AtomicBool::new(false));
            signal_hook::flag::register(signal_hook::consts::SIGUSR1, Arc::clone(&asked))?;
            Box::new(source.reporting(asked, Box::new(tell)))
        }
    };
    // `stop` ends the source, after the packets that it has already received. `give_up` ends the reading at once, where
    // what is read cannot be written.
    let give_up = Arc::new(AtomicBool::new(false));
    let spool = match &analysis.output.extract {
        Some(directory) => Some(extract::prepare(directory, &give_up)?),
        None => None,
    };
    let out: Box<dyn Write> = match &analysis.output.file {
        Some(file) => Box::new(Named { name: file.display().to_string(), out: created(file, &analysis.input)? }),
        None => Box::new(Named::stdout()),
    };
    let content_store = spool.clone().map(|spool| -> Arc<dyn ContentStore> { spool });
    let mut view = made(&analysis.output, live, endless, Box::new(BufWriter::with_capacity(1 << 16, out)));
    if let (Some(directory), Some(spool)) = (analysis.output.extract, spool) {
        let end = live.then(|| Arc::clone(&give_up));
        view = Box::new(Extract::new(view, directory, analysis.output.lang, spool, end)?);
    }
    analysis.options.selection = view.selection();
    let needs = view.needs().and(analysis.options.selection.needs());
    let plan = Arc::new(session::Plan { needs, content_store });
    let outcome = pipeline::run(&mut *source, &analysis.options, &plan, &mut *view, &give_up)?;
    match outcome.problem {
        Some(problem) => Err(problem.into()),
        None => {
            // Damage that was stepped over: everything after it was read.
            for source in &outcome.report.sources {
                if let Some(problem) = &source.problem {
                    eprintln!("mailtap: {}: {}", view::escape::line(&source.name), view::escape::line(problem));
                }
            }
            Ok(())
        }
    }
}

/// Writes to `out`; errors there are reported with `name`.
struct Named<W> {
    name: String,
    out: W,
}

impl Named<io::Stdout> {
    fn stdout() -> Self {
        Self { name: "standard output".to_owned(), out: io::stdout() }
    }
}

impl<W> Named<W> {
    fn named(&self, error: io::Error) -> io::Error {
        match error.kind() {
            // Not an error: the caller tries again.
            io::ErrorKind::Interrupted => error,
            kind => io::Error::new(kind, format!("{}: {error}", self.name)),
        }
    }
}

impl<W: Write> Write for Named<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes).map_err(|error| self.named(error))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush().map_err(|error| self.named(error))
    }
}

/// Creates the file that the result is written to. The capture is not overwritten, by whatever name it is called.
fn created(file: &Path, input: &Input) -> anyhow::Result<File> {
    let (read, written): (&[PathBuf], _) = match input {
        Input::Files(files) | Input::Followed(files) => (files, None),
        Input::Live(options) => (&[], options.write.as_deref()),
    };
    let identity = |path: &Path| {
        let about = path.metadata().ok().filter(Metadata::is_file)?;
        Some((about.dev(), about.ino()))
    };
    if let Some(same) = identity(file)
        && (read.iter().map(PathBuf::as_path).chain(written)).any(|path| identity(path) == Some(same))
    {
        anyhow::bail!("{}: cannot be written: it is the capture itself", file.display());
    }
    File::create(file).with_context(|| format!("{}: cannot be written", file.display()))
}

fn made(output: &Output, live: bool, endless: bool, out: Box<dyn Write>) -> Box<dyn View> {
    let options = record::Options { lang: output.lang, ..Default::default() };
    let style = table::Style { width: output.width, colour: output.colour };
    let tables = table::Options { style, show: output.show, lang: output.lang, text_limit: options.text_limit };
    let view: Box<dyn View> = match output.format {
        Format::Json => Box::new(Json::new(out, options)),
        Format::Ndjson => Box::new(NdJson::new(out, options)),
        Format::Table if live => Box::new(table::Live::new(out, tables)),
        Format::Table => Box::new(Table::new(out, tables)),
    };
    match (output.redact, output.format) {
        (false, _) => view,
        // The document keeps all sessions until the end in any case.
        (true, Format::Json) => Box::new(Redact::holding(view, usize::MAX)),
        (true, _) if endless => Box::new(Redact::new(view)),
        (true, _) => Box::new(Redact::holding(view, REDACT_HELD)),
    }
}

/// What happens meanwhile, on standard error.
fn tell(line: &str) {
    eprintln!("mailtap: {}", view::escape::line(line));
}

fn listening(interface: Option<&str>) {
    if io::stderr().is_terminal() {
        let interface = interface.unwrap_or("the first interface");
        eprintln!("mailtap: listening on {}; Ctrl-C ends", view::escape::line(interface));
    }
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
