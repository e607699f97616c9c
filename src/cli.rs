/*!
The command line. [`Cli`] is what was typed (clap's), [`Plan`] what it means: everything is resolved there, so that no
code further on reads the environment.
*/

use crate::limits::Budget;
use crate::pipeline::Emit;
use crate::protocol::Protocol;
use crate::protocol::ports::Ports;
use crate::verdict::Selection;
use crate::view::{Lang, Show};
use clap::CommandFactory;
use clap_complete::Shell;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Duration;

pub use arguments::{CatalogueFormat, Cli, CompareFormat, Format, Redaction};
use arguments::{Colour, Command, CommonArgs, CompareArgs, ExplainArgs, Language, What};
pub use around::{Around, Pager};

mod arguments;
mod around;

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
    /// List the interfaces.
    Interfaces,
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
    /// Where to write messages and attachments to.
    pub extract: Option<PathBuf>,
    /// Most bytes of the files written there.
    pub extract_limit: u64,
    /// What to show in tables.
    pub show: Show,
    /// The language.
    pub lang: Lang,
    /// How to mask secrets, if at all.
    pub redact: Option<Redaction>,
    /// Columns of the tables.
    pub width: usize,
    /// Colour the tables.
    pub colour: bool,
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
    /// The terminal's columns, or `COLUMNS`.
    pub columns: Option<usize>,
    /// Processors that this process may use.
    pub cores: usize,
    /// `SUDO_UID` and `SUDO_GID`.
    pub caller: Option<(u32, u32)>,
    /// Standard output is a terminal.
    pub terminal: bool,
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
    /// The environment of this process.
    pub fn of_process() -> Self {
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let terminal = std::io::stdout().is_terminal();
        let columns = set("COLUMNS").and_then(|columns| columns.parse().ok());
        Self {
            locale: ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(set).unwrap_or_default(),
            no_color: set("NO_COLOR").is_some(),
            colour_terminal: terminal && set("TERM").is_none_or(|term| term != "dumb"),
            cores: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            caller: ["SUDO_UID", "SUDO_GID"]
                .map(|name| set(name).and_then(|number| number.parse().ok()))
                .into_iter()
                .collect::<Option<Vec<u32>>>()
                .and_then(|numbers| <[u32; 2]>::try_from(numbers).ok())
                .map(Into::into),
            terminal,
            messages_terminal: std::io::stderr().is_terminal(),
            dumb: set("TERM").is_some_and(|term| term == "dumb"),
            pager: ["MAILTAP_PAGER", "PAGER"].into_iter().find_map(|name| std::env::var(name).ok()),
            pager_variables: around::pager_variables(),
            columns: terminal.then(terminal_columns).flatten().or(columns),
        }
    }
}

impl Cli {
    /// The plan that the command line means.
    pub fn resolve(self, environment: &Environment) -> Plan {
        match self.command {
            Command::Interfaces => Plan::Interfaces,
            Command::Findings { format, lang, width } => Plan::Findings {
                format,
                lang: language(lang, environment),
                width: columns(width, environment),
                colour: environment.colour_terminal && !environment.no_color,
            },
            Command::Schema => Plan::Schema,
            Command::Completions { shell } => Plan::Print(completions(shell)),
            Command::Man => Plan::Print(manual()),
            Command::Compare(args) => Plan::Compare(Box::new(pairing(args, environment))),
            Command::Explain(args) => Plan::Explain(Box::new(questions(args, environment))),
            Command::Read(args) => {
                let input = if args.follow { Input::Followed(args.files) } else { Input::Files(args.files) };
                analysis(input, args.common, environment, None, None, User::default())
            }
            Command::Live(args) => {
                let live = crate::capture::LiveOptions {
                    interface: args.interface,
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

/// One page: mailtap, and below it each of its commands.
fn manual() -> Vec<u8> {
    let mut page = Vec::new();
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    // A write to memory does not fail.
    _ = clap_mangen::Man::new(command.clone()).render(&mut page);
    for one in command.get_subcommands() {
        let man = clap_mangen::Man::new(one.clone());
        page.extend(format!(".SH MAILTAP {}\n", one.get_name().to_uppercase()).bytes());
        _ = man.render_description_section(&mut page);
        _ = man.render_options_section(&mut page);
    }
    page
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
    let show = if args.format == Format::Table { show(&args.show) } else { show(&[What::All]) };
    let live = matches!(input, Input::Live(_) | Input::Followed(_));
    // As for other programs, and as for the input.
    let file = args.output.filter(|file| file.as_os_str() != "-");
    let colour = coloured(args.color, environment, file.is_some());
    let options = crate::pipeline::Options {
        ports,
        any_port: args.any_port,
        // `run` takes it from the view.
        selection: Selection::NONE,
        protocols: args.protocols.iter().filter_map(|name| name.parse::<Protocol>().ok()).collect(),
        sessions: args.sessions.into_iter().collect(),
        emit: match args.format {
            Format::Ndjson => Emit::AsTheyEnd,
            Format::Table if live => Emit::AsTheyEnd,
            Format::Table | Format::Json => Emit::InOrder,
        },
        steps: live && args.format == Format::Table && show.steps,
        threads: args.threads.map_or(environment.cores, usize::from),
        memory: Budget::of_mib(args.memory),
        packets,
        duration: duration.map(Duration::from_secs),
        ..crate::pipeline::Options::default()
    };
    let output = Output {
        format: args.format,
        file,
        extract: args.extract,
        extract_limit: args.extract_limit << 20,
        show,
        lang: language(args.lang, environment),
        redact: args.redact,
        width: columns(args.width, environment),
        colour,
    };
    let for_people = output.format == Format::Table && !live;
    let mut around = args.around.resolve(environment, for_people, output.file.is_some());
    if live {
        around.pager = None;
    }
    Plan::Analyze(Box::new(Analysis { input, filter: args.filter, options, output, user, around }))
}

/// The narrowest table of `compare` and `explain`.
const NARROWEST: usize = 60;

fn questions(args: ExplainArgs, environment: &Environment) -> Questions {
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
        memory: Budget::of_mib(args.memory),
        ..crate::pipeline::Options::default()
    };
    Questions {
        files: args.files,
        filter: args.filter,
        options,
        format: args.format,
        file,
        lang: language(args.lang, environment),
        redact: args.redact,
        width: args.width.map(usize::from).or(environment.columns).unwrap_or(COLUMNS).clamp(NARROWEST, 1_000),
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
        format: args.format,
        file,
        lang: language(args.lang, environment),
        redact: args.redact,
        width: args.width.map(usize::from).or(environment.columns).unwrap_or(COLUMNS).clamp(NARROWEST, 1_000),
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

fn language(asked: Option<Language>, environment: &Environment) -> Lang {
    match asked {
        Some(Language::En) => Lang::En,
        Some(Language::Zh) => Lang::Zh,
        None => Lang::from_locale(&environment.locale),
    }
}

fn show(asked: &[What]) -> Show {
    let default = [What::Steps, What::Credentials];
    let asked = if asked.is_empty() { &default[..] } else { asked };
    let has = |what| asked.contains(&what) || asked.contains(&What::All);
    Show {
        steps: has(What::Steps),
        sessions: has(What::Sessions),
        credentials: has(What::Credentials),
        messages: has(What::Messages),
        findings: has(What::Findings),
        journeys: has(What::Journeys),
        summary: has(What::Summary),
    }
}

/// How wide tables are drawn: as wide as asked for, or as the terminal is.
fn columns(asked: Option<u16>, environment: &Environment) -> usize {
    asked.map(usize::from).or(environment.columns).unwrap_or(COLUMNS).max(COLUMNS)
}

fn terminal_columns() -> Option<usize> {
    terminal_size::terminal_size().map(|(width, _)| usize::from(width.0))
}
