/*!
The command line. [`Cli`] is what was typed (clap's), [`Plan`] what it means: everything is resolved there, so that no
code further on reads the environment.
*/

use crate::limits::LimitsHit;
use crate::pipeline::Emit;
use crate::protocol::Protocol;
use crate::protocol::ports::{Hint, Ports};
use crate::verdict::Selection;
use crate::view::{Lang, Show};
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Duration;

/// Columns where the terminal's width is unknown.
const COLUMNS: usize = 80;

/// A passive analyzer of mail sessions: says what each side of an SMTP, LMTP, POP3 or IMAP conversation said, and why.
///
/// It never sends a packet. Look only at traffic that you may look at.
#[derive(Debug, Parser)]
#[command(name = "mailtap", version, max_term_width = 120, arg_required_else_help = true)]
#[command(after_help = EXIT_STATUS)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXIT_STATUS: &str = "\
Exit status: 0 done; 1 the result could not be written; 2 wrong usage; 3 the input could not be read to its end (what was read is still shown); \
4 no permission to listen, or no such interface.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Read capture files and show the sessions in them.
    Read(ReadArgs),
    /// Listen on an interface and show sessions as they happen; Ctrl-C ends with the closing tables.
    Live(LiveArgs),
    /// List what can be listened on.
    Interfaces,
    /// List what can be found in a session, what it means and what to do about it.
    Findings {
        /// How to list it.
        #[arg(long, value_enum, default_value_t = CatalogueFormat::Table)]
        format: CatalogueFormat,
        /// The language [default: from the locale].
        #[arg(long, value_enum)]
        lang: Option<Language>,
        /// Width of the table in columns, 80 or more [default: that of the terminal, or $COLUMNS, or 80].
        #[arg(long, value_name = "COLUMNS", value_parser = clap::value_parser!(u16).range(80..=1_000))]
        width: Option<u16>,
    },
    /// Print the JSON Schema of the output.
    Schema,
    /// Print a script that completes mailtap's options in a shell.
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Print the manual page, for man(1).
    Man,
}

#[derive(Debug, Args)]
struct ReadArgs {
    /// Capture files: pcap or pcapng, also compressed with gzip, zstd or lz4; `-` is standard input. Several are merged
    /// by time.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Keep reading a file that is still being written, until Ctrl-C.
    #[arg(long)]
    follow: bool,
    #[command(flatten)]
    common: CommonArgs,
}

#[derive(Debug, Args)]
struct LiveArgs {
    /// The interface to listen on (see `mailtap interfaces`) [default: the first that is up].
    interface: Option<String>,
    #[command(flatten)]
    common: CommonArgs,
    /// See only this machine's own packets.
    #[arg(long, overrides_with = "promiscuous")]
    no_promiscuous: bool,
    /// See what passes for other machines too, where the network brings it (the default).
    #[arg(long, overrides_with = "no_promiscuous")]
    promiscuous: bool,
    /// Keep only so many bytes of each packet.
    #[arg(long, value_name = "BYTES", default_value_t = 262_144, value_parser = clap::value_parser!(u32).range(64..=262_144))]
    snaplen: u32,
    /// The kernel's buffer, in MiB.
    #[arg(long, value_name = "MIB", default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=2_047))]
    buffer: u32,
    /// Stop after so many seconds.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    duration: Option<u64>,
    /// Stop after so many packets.
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    packets: Option<u64>,
    /// Write what is captured to a pcap file too.
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct CommonArgs {
    /// What to show, several separated by commas [default: steps,credentials].
    #[arg(long, value_name = "WHAT", value_enum, value_delimiter = ',')]
    show: Vec<What>,
    /// How to show it. `json` is one document, `ndjson` one line a session; both hold everything.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Write to a file instead of standard output.
    #[arg(short = 'o', long = "output", value_name = "FILE")]
    output: Option<PathBuf>,
    /// The language of headings and explanations [default: from the locale].
    #[arg(long, value_enum)]
    lang: Option<Language>,
    /// Write each message to a file in DIR, its attachments, a transcript of each session, and index.json, which says
    /// which is which. DIR must be empty or not there yet. Not together with --redact: mail cannot be masked.
    #[arg(long, value_name = "DIR", conflicts_with = "redact")]
    extract: Option<PathBuf>,
    /// Mask passwords and tokens, in every form in which they appear.
    #[arg(long)]
    redact: bool,
    /// Look only at packets that match a BPF expression (see pcap-filter(7)).
    #[arg(long, value_name = "BPF")]
    filter: Option<String>,
    /// Expect a protocol on a port, as `smtp=2526`: smtp, lmtp, pop3, imap, or with TLS from the first byte smtps, pop3s,
    /// imaps. May be repeated.
    #[arg(long = "port", value_name = "PROTOCOL=PORT", value_parser = parse_port, value_delimiter = ',')]
    ports: Vec<(Hint, u16)>,
    /// Look for mail on every port, by what is said.
    #[arg(long)]
    any_port: bool,
    /// Show only sessions with these numbers, separated by commas.
    #[arg(long = "session", value_name = "N", value_delimiter = ',', value_parser = clap::value_parser!(u64).range(1..))]
    sessions: Vec<u64>,
    /// Show only sessions of these protocols, separated by commas.
    #[arg(long = "protocol", value_name = "PROTOCOL", value_delimiter = ',', value_parser = clap::builder::PossibleValuesParser::new(["smtp", "lmtp", "pop3", "imap"]))]
    protocols: Vec<String>,
    /// Threads that follow connections [default: as many as there are cores]. The output does not depend on it.
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u8).range(1..=16))]
    threads: Option<u8>,
    /// Colour the tables: by default on a terminal only, and not where NO_COLOR is set.
    #[arg(long, value_enum, default_value_t = Colour::Auto)]
    color: Colour,
    /// Width of the tables in columns, 80 or more [default: that of the terminal, or $COLUMNS, or 80].
    #[arg(long, value_name = "COLUMNS", value_parser = clap::value_parser!(u16).range(80..=1_000))]
    width: Option<u16>,
}

/// What `--show` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// The tables of the report: every command and reply, by phase.
    Steps,
    /// One row a session.
    Sessions,
    /// Who logged in, how, and with what.
    Credentials,
    /// The messages carried.
    Messages,
    /// What is insecure or went wrong.
    Findings,
    /// Counts.
    Summary,
    /// All of these.
    All,
}

/// What `--format` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Tables for people.
    Table,
    /// One JSON document.
    Json,
    /// One JSON object a line.
    Ndjson,
}

/// What `findings --format` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CatalogueFormat {
    /// A table for people.
    Table,
    /// A JSON list.
    Json,
    /// A Markdown page.
    Markdown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Language {
    /// English.
    En,
    /// Chinese.
    Zh,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Colour {
    Auto,
    Always,
    Never,
}

/// What is to be done, with everything resolved.
#[derive(Debug)]
pub enum Plan {
    /// Analyze.
    Analyze(Box<Analysis>),
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
    /// What to show in tables.
    pub show: Show,
    /// The language.
    pub lang: Lang,
    /// Mask secrets.
    pub redact: bool,
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
            Command::Read(args) => {
                let input = if args.follow { Input::Followed(args.files) } else { Input::Files(args.files) };
                analysis(input, args.common, environment, None, None)
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
                analysis(Input::Live(live), args.common, environment, args.packets, args.duration)
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
) -> Plan {
    let mut ports = Ports::default();
    for (hint, port) in args.ports {
        ports.add(port, hint);
    }
    let show = if args.format == Format::Table { show(&args.show) } else { show(&[What::All]) };
    let live = matches!(input, Input::Live(_) | Input::Followed(_));
    let colour = match args.color {
        Colour::Always => true,
        Colour::Never => false,
        Colour::Auto => environment.colour_terminal && !environment.no_color && args.output.is_none(),
    };
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
        packets,
        duration: duration.map(Duration::from_secs),
        limits_hit: LimitsHit::default(),
    };
    let output = Output {
        format: args.format,
        file: args.output,
        extract: args.extract,
        show,
        lang: language(args.lang, environment),
        redact: args.redact,
        width: columns(args.width, environment),
        colour,
    };
    Plan::Analyze(Box::new(Analysis { input, filter: args.filter, options, output }))
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
        summary: has(What::Summary),
    }
}

fn parse_port(text: &str) -> Result<(Hint, u16), String> {
    let (name, port) = text.split_once('=').ok_or("write it as PROTOCOL=PORT, for example smtp=2526")?;
    let port: u16 =
        port.parse().ok().filter(|&port| port > 0).ok_or_else(|| format!("`{port}` is no port: 1 to 65535 are"))?;
    let (protocol, implicit_tls) = match name {
        "smtps" => (Protocol::Smtp, true),
        "pop3s" => (Protocol::Pop3, true),
        "imaps" => (Protocol::Imap, true),
        plain => (plain.parse()?, false),
    };
    Ok((Hint { protocol, implicit_tls }, port))
}

/// How wide tables are drawn: as wide as asked for, or as the terminal is.
fn columns(asked: Option<u16>, environment: &Environment) -> usize {
    asked.map(usize::from).or(environment.columns).unwrap_or(COLUMNS).max(COLUMNS)
}

fn terminal_columns() -> Option<usize> {
    terminal_size::terminal_size().map(|(width, _)| usize::from(width.0))
}
