/*!
The command line. [`Cli`] is what was typed (clap's), [`Plan`] what it means: everything is resolved there, so that no
code further on reads the environment.
*/

use crate::limits::Budget;
use crate::pipeline::Emit;
use crate::protocol::ports::Ports;
use crate::session::model::Severity;
use crate::verdict::Selection;
use crate::view::clock::{Clock, system_zone};
use crate::view::{Lang, Show};
use clap::{CommandFactory, FromArgMatches};
use clap_complete::Shell;
use jiff::tz::TimeZone;
use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Duration;

pub use arguments::{CatalogueFormat, Cli, CompareFormat, Format, Redaction};
use arguments::{Colour, Command, CommonArgs, CompareArgs, ExplainArgs, Language, ToldBy, What};
pub use around::{Around, Pager};
pub use tables::Tables;

mod answer;
mod arguments;
mod around;
mod filters;
mod hands;
mod listing;
mod manual;
mod tables;
mod words;
pub(crate) mod zh;

/// Columns where the terminal's width is unknown.
const COLUMNS: usize = 80;

/// What is to be done, with everything resolved.
#[derive(Debug)]
pub enum Plan {
    /// Analyze.
    Analyze(Box<Analysis>),
    /// Compare two sessions.
    Compare(Box<Pairing>),
    /// Answer the questions of a lab report.
    Explain(Box<Questions>),
    /// List the interfaces, in this language.
    Interfaces(Lang),
    /// List what can be found in a session.
    Findings {
        /// How to list it.
        format: CatalogueFormat,
        /// The language.
        lang: Lang,
        /// Columns of the table.
        width: usize,
        /// Colour the table.
        colour: bool,
    },
    /// Print the schema.
    Schema,
    /// Print what was made of the command line itself: completions, the manual page.
    Print(Vec<u8>),
}

/// An analysis, with everything resolved.
#[derive(Debug)]
pub struct Analysis {
    /// Where the packets come from.
    pub input: Input,
    /// A BPF expression.
    pub filter: Option<String>,
    /// What to look at.
    pub options: crate::pipeline::Options,
    /// How to show it.
    pub output: Output,
    /// Who listens on, once the interface is open.
    pub user: User,
    /// The exit status says whether something of this severity or worse is found.
    pub answers: Option<Severity>,
    /// What happens around it.
    pub around: Around,
}

/// A comparison of two sessions, with everything resolved.
#[derive(Debug)]
pub struct Pairing {
    /// One file, or two.
    pub files: Vec<PathBuf>,
    /// The numbers of the sessions.
    pub sessions: Option<[u64; 2]>,
    /// A BPF expression.
    pub filter: Option<String>,
    /// What to look at.
    pub options: crate::pipeline::Options,
    /// The format.
    pub format: CompareFormat,
    /// A file instead of standard output.
    pub file: Option<PathBuf>,
    /// The language.
    pub lang: Lang,
    /// How to mask secrets, if at all.
    pub redact: Option<Redaction>,
    /// Columns of the table.
    pub width: usize,
    /// Colour the table.
    pub colour: bool,
    /// What happens around it.
    pub around: Around,
}

/// The questions of a lab report, with everything resolved.
#[derive(Debug)]
pub struct Questions {
    /// The captures.
    pub files: Vec<PathBuf>,
    /// A BPF expression.
    pub filter: Option<String>,
    /// What to look at.
    pub options: crate::pipeline::Options,
    /// The format.
    pub format: CompareFormat,
    /// A file instead of standard output.
    pub file: Option<PathBuf>,
    /// The language.
    pub lang: Lang,
    /// How to mask secrets, if at all.
    pub redact: Option<Redaction>,
    /// Columns of the tables.
    pub width: usize,
    /// Colour the tables.
    pub colour: bool,
    /// What happens around it.
    pub around: Around,
}

/// Who a process that began as root goes on as.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct User {
    /// The name that was given.
    pub asked: Option<String>,
    /// Who called sudo: user and group.
    pub caller: Option<(u32, u32)>,
}

/// Where packets come from.
#[derive(Debug)]
pub enum Input {
    /// Files, `-` being standard input.
    Files(Vec<PathBuf>),
    /// A file that is still being written; more than one is an error.
    Followed(Vec<PathBuf>),
    /// A live interface.
    Live(crate::capture::LiveOptions),
}

/// How to show it.
#[derive(Debug)]
pub struct Output {
    /// The format.
    pub format: Format,
    /// A file instead of standard output.
    pub file: Option<PathBuf>,
    /// The tables to write as CSV, by name, and the folder with a file for each, if that is asked for.
    pub tables: Tables,
    /// A template of one's own for the page.
    pub template: Option<PathBuf>,
    /// Where to write messages and attachments to.
    pub extract: Option<PathBuf>,
    /// Most bytes of the files written there.
    pub extract_limit: u64,
    /// What to show in tables.
    pub show: Show,
    /// The order and the length of the list of sessions.
    pub list: crate::view::table::Listing,
    /// The language.
    pub lang: Lang,
    /// How to mask secrets, if at all.
    pub redact: Option<Redaction>,
    /// Columns of the tables.
    pub width: usize,
    /// Colour the tables.
    pub colour: bool,
    /// How tables tell times.
    pub time: Clock,
    /// The bytes of a session instead.
    pub raw: bool,
    /// These would go to a terminal, and nobody has said that they should.
    pub unasked_terminal: bool,
}

/// The environment, as far as it matters: read once, by the caller of [`Cli::resolve`].
#[derive(Debug, Default)]
pub struct Environment {
    /// `LC_ALL`, or else `LC_MESSAGES`, or else `LANG`.
    pub locale: String,
    /// `NO_COLOR` is set and not empty (no-color.org).
    pub no_color: bool,
    /// Standard output is a terminal that knows colours.
    pub colour_terminal: bool,
    /// Standard output is a terminal.
    pub terminal: bool,
    /// The time zone of `TZ`, or else of the machine: of times that are shown, and of those typed without one. UTC where
    /// there is none.
    pub zone: Option<&'static TimeZone>,
    /// The terminal's columns, or `COLUMNS`.
    pub columns: Option<usize>,
    /// Processors that this process may use.
    pub cores: usize,
    /// `SUDO_UID` and `SUDO_GID`.
    pub caller: Option<(u32, u32)>,
    /// Standard error is a terminal.
    pub messages_terminal: bool,
    /// `TERM` says that the terminal can only write on.
    pub dumb: bool,
    /// `MAILTAP_PAGER`, or else `PAGER`; set to nothing, no pager is wanted.
    pub pager: Option<String>,
    /// Variables of pagers that are not set, and what they are set to for one.
    pub pager_variables: Vec<(&'static str, &'static str)>,
}

impl Environment {
    /// The language that `words` ask for by `--lang`, or else that of the locale: for what is said before they are
    /// understood.
    pub fn lang(&self, words: &[OsString]) -> Lang {
        let words = || words.iter().map(|word| word.to_string_lossy());
        let after =
            words().zip(words().skip(1)).filter(|(word, _)| word == "--lang").map(|(_, lang)| lang.into_owned());
        let within = words().filter_map(|word| word.strip_prefix("--lang=").map(str::to_owned));
        match after.chain(within).last() {
            Some(asked) if asked.eq_ignore_ascii_case("zh") => Lang::Zh,
            Some(asked) if asked.eq_ignore_ascii_case("en") => Lang::En,
            _ => Lang::from_locale(&self.locale),
        }
    }

    fn zone(&self) -> TimeZone {
        self.zone.cloned().unwrap_or(TimeZone::UTC)
    }

    /// The environment of this process.
    pub fn of_process() -> Self {
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let terminal = std::io::stdout().is_terminal();
        let columns = set("COLUMNS").and_then(|columns| columns.parse().ok());
        Self {
            locale: ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(set).unwrap_or_default(),
            no_color: set("NO_COLOR").is_some(),
            terminal,
            zone: system_zone(),
            colour_terminal: terminal && set("TERM").is_none_or(|term| term != "dumb"),
            cores: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            caller: ["SUDO_UID", "SUDO_GID"]
                .map(|name| set(name).and_then(|number| number.parse().ok()))
                .into_iter()
                .collect::<Option<Vec<u32>>>()
                .and_then(|numbers| <[u32; 2]>::try_from(numbers).ok())
                .map(Into::into),
            messages_terminal: std::io::stderr().is_terminal(),
            dumb: set("TERM").is_some_and(|term| term == "dumb"),
            pager: ["MAILTAP_PAGER", "PAGER"].into_iter().find_map(|name| std::env::var(name).ok()),
            pager_variables: around::pager_variables(),
            columns: terminal.then(terminal_columns).flatten().or(columns),
        }
    }
}

impl Plan {
    /// The language of what is shown and said.
    pub fn lang(&self) -> Option<Lang> {
        match self {
            Self::Analyze(analysis) => Some(analysis.output.lang),
            Self::Compare(pairing) => Some(pairing.lang),
            Self::Explain(questions) => Some(questions.lang),
            Self::Findings { lang, .. } | Self::Interfaces(lang) => Some(*lang),
            Self::Schema | Self::Print(_) => None,
        }
    }

    /// Whether the exit status is to say what was found.
    pub fn answers(&self) -> bool {
        matches!(self, Self::Analyze(analysis) if analysis.answers.is_some())
    }
}

impl Cli {
    /// Reads `words`, the program's name first: what mailtap's own help says, and what hands type that know tcpdump.
    ///
    /// # Errors
    /// clap's message, in `lang`: what is wrong, or the help that is asked for.
    pub fn understand(words: Vec<OsString>, lang: Lang) -> Result<Self, clap::Error> {
        let mut command = match lang {
            Lang::En => Self::command(),
            Lang::Zh => zh::translated(Self::command()),
        };
        let words = hands::understood(words, &command, words::of(lang))?;
        let mut matches = command.try_get_matches_from_mut(words)?;
        Self::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut command))
    }

    /// The plan that the command line means.
    pub fn resolve(self, environment: &Environment) -> Plan {
        match self.command {
            Command::Interfaces => Plan::Interfaces(language(None, environment)),
            Command::Findings { format, json, lang, width } => Plan::Findings {
                format: if json { CatalogueFormat::Json } else { format },
                lang: language(lang, environment),
                width: columns(width, environment),
                colour: environment.colour_terminal && !environment.no_color,
            },
            Command::Schema { tables: true } => Plan::Print(crate::view::schema::tables().into_bytes()),
            Command::Schema { tables: false } => Plan::Schema,
            Command::Completions { shell } => Plan::Print(completions(shell)),
            Command::Man { lang } => Plan::Print(manual::page(language(lang, environment))),
            Command::Compare(args) => Plan::Compare(Box::new(pairing(args, environment))),
            Command::Explain(args) => Plan::Explain(Box::new(questions(args, environment))),
            Command::Read(mut args) => {
                args.common.filters.logins.extend(args.users);
                let input = if args.follow { Input::Followed(args.files) } else { Input::Files(args.files) };
                let unasked = args.raw && environment.terminal && args.common.output.is_none();
                let mut plan = analysis(input, args.common, environment, args.packets, None, User::default());
                if let Plan::Analyze(analysis) = &mut plan {
                    (analysis.output.raw, analysis.output.unasked_terminal) = (args.raw, unasked);
                }
                plan
            }
            Command::Live(args) => {
                let live = crate::capture::LiveOptions {
                    interface: args.interface.or(args.on),
                    snaplen: args.snaplen,
                    buffer: args.buffer * 1024 * 1024,
                    promiscuous: !args.no_promiscuous,
                    // Linux gathers packets in blocks and delivers a block after 100 ms at the latest: many times as
                    // many packets fit. Elsewhere a poll may not report packets that are still gathered.
                    immediate: cfg!(not(target_os = "linux")),
                    write: args.write,
                };
                let user = User { asked: args.user, caller: environment.caller };
                analysis(Input::Live(live), args.common, environment, args.packets, args.duration, user)
            }
        }
    }
}

fn completions(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "mailtap", &mut script);
    script
}

fn analysis(
    input: Input,
    args: CommonArgs,
    environment: &Environment,
    packets: Option<u64>,
    duration: Option<u64>,
    user: User,
) -> Plan {
    let mut ports = Ports::default();
    for (hint, port) in args.ports {
        ports.add(port, hint);
    }
    let format = if args.hands.json { Format::Json } else { args.format };
    let verbose = args.hands.verbose > 0;
    let tables = Tables::asked(format, &args.show, args.output.as_deref());
    let shown = match (args.show.as_slice(), args.hands.quiet > 0, verbose) {
        _ if !matches!(format, Format::Table | Format::Markdown) => &[What::All],
        ([], true, _) => &[What::Sessions],
        ([], false, true) => &[What::All],
        (asked, ..) => asked,
    };
    let mut show = args.listing.show(shown);
    show.details |= verbose && show.findings;
    let live = matches!(input, Input::Live(_) | Input::Followed(_));
    // As for other programs, and as for the input.
    let file = args.output.filter(|file| file.as_os_str() != "-" && tables.folder.is_none());
    let colour = coloured(args.color, environment, file.is_some());
    let options = crate::pipeline::Options {
        ports,
        any_port: args.any_port,
        // `run` takes it from the view.
        selection: Selection::NONE,
        filter: args.filters.resolve(&environment.zone()),
        emit: match format {
            Format::Ndjson => Emit::AsTheyEnd,
            Format::Table | Format::Csv | Format::Markdown if live => Emit::AsTheyEnd,
            Format::Table | Format::Json | Format::Csv | Format::Markdown | Format::Html => Emit::InOrder,
        },
        steps: live && format == Format::Table && show.steps,
        threads: args.threads.map_or(environment.cores, usize::from),
        memory: Budget::of_mib(args.memory),
        packets,
        duration: duration.map(Duration::from_secs),
        ..crate::pipeline::Options::default()
    };
    let output = Output {
        format,
        time: clock(args.time, environment, file.is_some()),
        raw: false,
        unasked_terminal: false,
        file,
        tables,
        template: args.template,
        extract: args.extract,
        extract_limit: args.extract_limit << 20,
        show,
        list: args.listing.listing(),
        lang: language(args.lang, environment),
        redact: args.redact,
        width: columns(args.width, environment),
        colour,
    };
    let answers = args.answer.resolve();
    let for_people = output.format == Format::Table && !live;
    let mut around = args.around.resolve(environment, for_people, output.file.is_some());
    if live {
        around.pager = None;
    }
    if args.hands.quiet > 0 {
        around = Around { quiet: true, progress: false, ..around };
    }
    Plan::Analyze(Box::new(Analysis { input, filter: args.filter, options, output, user, answers, around }))
}

fn questions(mut args: ExplainArgs, environment: &Environment) -> Questions {
    args.filters.logins.extend(args.users);
    let mut ports = Ports::default();
    args.ports.into_iter().for_each(|(hint, port)| ports.add(port, hint));
    let file = args.output.filter(|file| file.as_os_str() != "-");
    let colour = coloured(args.color, environment, file.is_some());
    let for_people = args.format != CompareFormat::Json;
    let around = args.around.resolve(environment, for_people, file.is_some());
    let options = crate::pipeline::Options {
        ports,
        any_port: args.any_port,
        selection: Selection::ALL,
        filter: args.filters.resolve(&environment.zone()),
        memory: Budget::of_mib(args.memory),
        ..crate::pipeline::Options::default()
    };
    Questions {
        files: args.files,
        filter: args.filter,
        options,
        format: if args.json { CompareFormat::Json } else { args.format },
        file,
        lang: language(args.lang, environment),
        redact: args.redact,
        width: columns(args.width, environment),
        colour,
        around,
    }
}

fn pairing(args: CompareArgs, environment: &Environment) -> Pairing {
    let mut ports = Ports::default();
    args.ports.into_iter().for_each(|(hint, port)| ports.add(port, hint));
    let file = args.output.filter(|file| file.as_os_str() != "-");
    let colour = coloured(args.color, environment, file.is_some());
    let for_people = args.format != CompareFormat::Json;
    let around = args.around.resolve(environment, for_people, file.is_some());
    let options = crate::pipeline::Options {
        ports,
        any_port: args.any_port,
        selection: Selection::NONE,
        memory: Budget::of_mib(args.memory),
        ..crate::pipeline::Options::default()
    };
    Pairing {
        files: args.files,
        sessions: args.sessions,
        filter: args.filter,
        options,
        format: if args.json { CompareFormat::Json } else { args.format },
        file,
        lang: language(args.lang, environment),
        redact: args.redact,
        width: columns(args.width, environment),
        colour,
        around,
    }
}

fn coloured(asked: Colour, environment: &Environment, to_file: bool) -> bool {
    match asked {
        Colour::Always => true,
        Colour::Never => false,
        Colour::Auto => environment.colour_terminal && !environment.no_color && !to_file,
    }
}

fn clock(asked: Option<ToldBy>, environment: &Environment, to_file: bool) -> Clock {
    let local = environment.zone.map_or(Clock::Utc, Clock::Local);
    match asked {
        Some(ToldBy::Utc) => Clock::Utc,
        Some(ToldBy::Local) => local,
        Some(ToldBy::Relative) => Clock::relative(),
        None if environment.terminal && !to_file => local,
        None => Clock::Utc,
    }
}

fn language(asked: Option<Language>, environment: &Environment) -> Lang {
    match asked {
        Some(Language::En) => Lang::En,
        Some(Language::Zh) => Lang::Zh,
        None => Lang::from_locale(&environment.locale),
    }
}

fn show(asked: &[What]) -> Show {
    let default = [What::Steps, What::Credentials, What::Findings];
    let asked = if asked.is_empty() { &default[..] } else { asked };
    let has = |what| asked.contains(&what) || asked.contains(&What::All);
    Show {
        steps: has(What::Steps),
        sessions: has(What::Sessions),
        credentials: has(What::Credentials),
        messages: has(What::Messages),
        findings: has(What::Findings) || has(What::Details),
        details: has(What::Details),
        journeys: has(What::Journeys),
        summary: has(What::Summary),
        transcript: asked.contains(&What::Transcript),
        filters: asked.contains(&What::All),
    }
}

/// How wide tables are drawn: as wide as asked for, or as the terminal is.
fn columns(asked: Option<u16>, environment: &Environment) -> usize {
    asked.map(usize::from).or(environment.columns).unwrap_or(COLUMNS)
}

fn terminal_columns() -> Option<usize> {
    terminal_size::terminal_size().map(|(width, _)| usize::from(width.0))
}
