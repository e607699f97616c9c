//! What is typed: the commands and options, as clap reads them.

use super::answer::AnswerArgs;
use super::around::AroundArgs;
use super::filters::{FilterArgs, is_too_large};
use super::hands::HandArgs;
use super::keys::KeyArgs;
use super::listing::ListingArgs;
use super::what::What;
use crate::flow::HostShard;
use crate::limits::{Budget, EXTRACT_MIB, MEMORY_MIB};
use crate::protocol::Protocol;
use crate::protocol::ports::Hint;
use crate::verdict::filter::Bad;
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use std::path::PathBuf;

/// A passive analyzer of mail sessions: says what each side of an SMTP, LMTP, POP3 or IMAP conversation said, and why.
///
/// It never sends a packet. Look only at traffic that you may look at.
#[derive(Debug, Parser)]
#[command(name = "mailtap", version, max_term_width = 120, arg_required_else_help = true)]
#[command(after_help = AFTER)]
pub struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
}

/// How it is called without a command.
pub(super) const HANDS: &str = "\
Without a command, `mailtap FILE…` is `mailtap read FILE…`, and as for tcpdump `mailtap -r FILE [FILTER]` reads, and `mailtap -i \
INTERFACE [-w FILE] [FILTER]` listens. A file that has the name of a command is written ./read.";

const AFTER: &str = "\
Without a command, `mailtap FILE…` is `mailtap read FILE…`, and as for tcpdump `mailtap -r FILE [FILTER]` reads, and `mailtap -i \
INTERFACE [-w FILE] [FILTER]` listens. A file that has the name of a command is written ./read.

Exit status: 0 done; 1 the result could not be written; 2 wrong usage; 3 the input could not be read to its end (what was read is still shown); \
4 no permission to listen, no such interface, or privileges that cannot be dropped. With --exit-code or --fail-on: 0 found, 1 not found, \
2 also a result that could not be written.";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Read capture files and show the sessions in them.
    Read(ReadArgs),
    /// Listen on an interface and show sessions as they happen; Ctrl-C ends with the closing tables.
    Live(LiveArgs),
    /// Put two sessions step by step beside each other, and say where they part.
    Compare(CompareArgs),
    /// Answer a lab report's questions from the capture: logins, MIME, what failed, whether it is safe, and more.
    Explain(ExplainArgs),
    /// List what can be listened on.
    Interfaces,
    /// List what can be found in a session, what it means and what to do about it.
    Findings {
        /// How to list it.
        #[arg(long, value_enum, ignore_case = true, default_value_t = CatalogueFormat::Table)]
        format: CatalogueFormat,
        /// As --format json.
        #[arg(long, conflicts_with = "format")]
        json: bool,
        /// The language [default: from the locale].
        #[arg(long, value_enum, ignore_case = true)]
        lang: Option<Language>,
        /// Width of the table in columns, 20 or more [default: that of the terminal, or $COLUMNS, or 80].
        #[arg(long, value_name = "COLUMNS", value_parser = clap::value_parser!(u16).range(20..=1_000))]
        width: Option<u16>,
    },
    /// Print the JSON Schema of the output, or the columns of its tables.
    Schema {
        /// Print the tables of --format csv and their columns, as Markdown.
        #[arg(long)]
        tables: bool,
    },
    /// Print a script that completes mailtap's options in a shell.
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Print the manual page, for man(1).
    Man {
        /// The language [default: from the locale].
        #[arg(long, value_enum, ignore_case = true)]
        lang: Option<Language>,
    },
}

#[derive(Debug, Args)]
pub(super) struct ReadArgs {
    /// Capture files: pcap or pcapng, also compressed with gzip, zstd or lz4; `-` is standard input. Several are merged
    /// by time. A folder is all captures beneath it, and a pattern in quotes (`'cap/2026-11-*/*.pcap.zst'`) what it matches.
    #[arg(value_name = "FILE", required = true)]
    pub(super) files: Vec<PathBuf>,
    /// Keep reading a file that is still being written, and the files that take its name after it, until Ctrl-C.
    #[arg(long)]
    pub(super) follow: bool,
    /// Write the bytes of one session, chosen by --session, exactly as both sides sent them, in the order in which they were
    /// delivered, and nothing else. Not to a terminal, unless by `-o -`. Not together with --redact: bytes cannot be masked.
    #[arg(long, conflicts_with_all = ["redact", "extract", "format", "follow", "json", "show", "details", "sort", "limit", "template", "exit_code", "fail_on"])]
    pub(super) raw: bool,
    /// Stop after so many packets.
    #[arg(short = 'c', long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) packets: Option<u64>,
    /// As --login.
    #[arg(long = "user", value_name = "NAME", help_heading = super::filters::HEADING)]
    pub(super) users: Vec<String>,
    #[command(flatten)]
    pub(super) common: CommonArgs,
}

#[derive(Debug, Args)]
pub(super) struct LiveArgs {
    /// The interface to listen on (see `mailtap interfaces`) [default: the first that is up].
    pub(super) interface: Option<String>,
    /// As the interface itself, for hands that know tcpdump.
    #[arg(short = 'i', value_name = "INTERFACE", hide = true, conflicts_with = "interface")]
    pub(super) on: Option<String>,
    #[command(flatten)]
    pub(super) common: CommonArgs,
    /// See only this machine's own packets.
    #[arg(short = 'p', long, overrides_with = "promiscuous")]
    pub(super) no_promiscuous: bool,
    /// See what passes for other machines too, where the network brings it (the default).
    #[arg(long, overrides_with = "no_promiscuous")]
    pub(super) promiscuous: bool,
    /// Keep only so many bytes of each packet.
    #[arg(short = 's', long, value_name = "BYTES", default_value_t = 262_144, value_parser = clap::value_parser!(u32).range(64..=262_144))]
    pub(super) snaplen: u32,
    /// The kernel's buffer, in MiB.
    #[arg(long, value_name = "MIB", default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=2_047))]
    pub(super) buffer: u32,
    /// Stop after so many seconds.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) duration: Option<u64>,
    /// Stop after so many packets.
    #[arg(short = 'c', long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) packets: Option<u64>,
    /// Write what is captured to a pcap file too. Not together with --redact: packets cannot be masked.
    #[arg(short = 'w', long, value_name = "FILE", conflicts_with = "redact")]
    pub(super) write: Option<PathBuf>,
    /// Go on as this user once the interface and the files are open; `root` stays root, without its capabilities
    /// [default: for root, the user who called sudo, or else nobody].
    #[arg(long, value_name = "NAME")]
    pub(super) user: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct CompareArgs {
    /// The capture file, or the two: pcap or pcapng, also compressed; one of them may be `-`, standard input.
    #[arg(value_name = "FILE", required = true, num_args = 1..=2)]
    pub(super) files: Vec<PathBuf>,
    /// The numbers of the two sessions, as `read` shows them: both of the file, or with two files one of each [default:
    /// those that are there, if there are two of one file, or one of each].
    #[arg(long = "session", value_name = "I,J", value_parser = parse_two)]
    pub(super) sessions: Option<[u64; 2]>,
    #[command(flatten)]
    pub(super) study: StudyArgs,
}

#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// Capture files, pcap or pcapng, also compressed; `-` is standard input. Several are read as one capture; folders and patterns as `read` takes them.
    #[arg(value_name = "FILE", required = true)]
    pub(super) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) study: StudyArgs,
    #[command(flatten)]
    pub(super) filters: FilterArgs,
    /// As --login.
    #[arg(long = "user", value_name = "NAME", help_heading = super::filters::HEADING)]
    pub(super) users: Vec<String>,
}

/// What `compare` and `explain` have in common.
#[derive(Debug, Args)]
pub(super) struct StudyArgs {
    /// How to show it.
    #[arg(long, value_enum, ignore_case = true, default_value_t = CompareFormat::Table)]
    pub(super) format: CompareFormat,
    /// As --format json.
    #[arg(long, conflicts_with = "format")]
    pub(super) json: bool,
    /// Write to a file instead of standard output, which is `-`.
    #[arg(short = 'o', long = "output", value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// The language [default: from the locale].
    #[arg(long, value_enum, ignore_case = true)]
    pub(super) lang: Option<Language>,
    /// Mask passwords and tokens, as `read` does. What is masked is not compared.
    #[arg(long, value_name = "HOW", value_enum, ignore_case = true, num_args = 0..=1, require_equals = true, default_missing_value = "mask")]
    pub(super) redact: Option<Redaction>,
    /// Look only at packets that match a BPF expression (see pcap-filter(7)).
    #[arg(long, value_name = "BPF")]
    pub(super) filter: Option<String>,
    #[command(flatten)]
    pub(super) keys: KeyArgs,
    /// Expect a protocol on a port, as `smtp=2526`. May be repeated.
    #[arg(long = "port", value_name = "PROTOCOL=PORT", value_parser = parse_port, value_delimiter = ',')]
    pub(super) ports: Vec<(Hint, u16)>,
    /// Look for mail on every port, by what is said.
    #[arg(long)]
    pub(super) any_port: bool,
    /// Memory for what is held at once.
    #[arg(long, value_name = "MIB", default_value_t = Budget::default().mib(), value_parser = clap::value_parser!(u32).range(i64::from(*MEMORY_MIB.start())..=i64::from(*MEMORY_MIB.end())))]
    pub(super) memory: u32,
    /// Colour the table: by default on a terminal only, and not where NO_COLOR is set.
    #[arg(long, value_enum, ignore_case = true, default_value_t = Colour::Auto)]
    pub(super) color: Colour,
    /// Width of the table in columns, 20 or more [default: that of the terminal, or $COLUMNS, or 80].
    #[arg(long, value_name = "COLUMNS", value_parser = clap::value_parser!(u16).range(20..=1_000))]
    pub(super) width: Option<u16>,
    #[command(flatten)]
    pub(super) around: AroundArgs,
}

#[derive(Debug, Args)]
pub(super) struct CommonArgs {
    /// What to show, several separated by commas [default: steps,credentials,findings].
    #[arg(long, value_name = "WHAT", value_enum, ignore_case = true, value_delimiter = ',')]
    pub(super) show: Vec<What>,
    #[command(flatten)]
    pub(super) listing: ListingArgs,
    /// How to show it. `json` is one document, `ndjson` one line a session; they and `html` hold everything, whatever
    /// --show says.
    #[arg(long, value_enum, ignore_case = true, default_value_t = Format::Table)]
    pub(super) format: Format,
    /// Write to a file instead of standard output, which is `-`. With --format csv or parquet, `DIR/` is a folder with a file for each
    /// table, which must be empty or not there yet.
    #[arg(short = 'o', long = "output", value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// Make the page of --format html from this template instead of the built-in one: see docs/page.md.
    #[arg(long, value_name = "FILE")]
    pub(super) template: Option<PathBuf>,
    /// The language of headings and explanations [default: from the locale].
    #[arg(long, value_enum, ignore_case = true)]
    pub(super) lang: Option<Language>,
    /// How tables tell times: in UTC, by the clock of this place (its offset is said), or in seconds since the first packet
    /// of the capture. Only tables and Markdown: other formats are in UTC [default: local on a terminal, utc elsewhere].
    #[arg(long, value_name = "CLOCK", value_enum)]
    pub(super) time: Option<ToldBy>,
    /// Write each message to a file in DIR, its attachments, a transcript of each session, and index.json, which says
    /// which is which. DIR must be empty or not there yet. Not together with --redact: mail cannot be masked.
    #[arg(long, value_name = "DIR", conflicts_with = "redact")]
    pub(super) extract: Option<PathBuf>,
    /// Mask passwords and tokens, in every form in which they appear: by asterisks (`mask`, as without a value), or by
    /// names that are the same for the same secret, in this run alone (`pseudonym`).
    #[arg(long, value_name = "HOW", value_enum, ignore_case = true, num_args = 0..=1, require_equals = true, default_missing_value = "mask")]
    pub(super) redact: Option<Redaction>,
    /// Most MiB of files that --extract writes: a file that has no room is left out, and index.json says so.
    #[arg(long, value_name = "MIB", requires = "extract", default_value_t = EXTRACT_MIB as u64, value_parser = clap::value_parser!(u64).range(1..=1 << 40))]
    pub(super) extract_limit: u64,
    /// Look only at packets that match a BPF expression (see pcap-filter(7)).
    #[arg(long, value_name = "BPF")]
    pub(super) filter: Option<String>,
    #[command(flatten)]
    pub(super) keys: KeyArgs,
    /// Expect a protocol on a port, as `smtp=2526`: smtp, lmtp, pop3, imap, or with TLS from the first byte smtps, pop3s,
    /// imaps. May be repeated.
    #[arg(long = "port", value_name = "PROTOCOL=PORT", value_parser = parse_port, value_delimiter = ',')]
    pub(super) ports: Vec<(Hint, u16)>,
    /// Look for mail on every port, by what is said.
    #[arg(long)]
    pub(super) any_port: bool,
    #[command(flatten)]
    pub(super) filters: FilterArgs,
    #[command(flatten)]
    pub(super) answer: AnswerArgs,
    #[command(flatten)]
    pub(super) hands: HandArgs,
    /// Threads that follow connections [default: as many as there are cores]. The output does not depend on it.
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u8).range(1..=16))]
    pub(super) threads: Option<u8>,
    /// Follow only the connections of the I-th of N shards, by the addresses of their hosts: N processes, on as many machines,
    /// together show what one shows. Session numbers are of the process, `uid` is the same (see docs/options.md).
    #[arg(long, value_name = "I/N", value_parser = parse_shard)]
    pub(super) shard: Option<HostShard>,
    /// Memory for what is held at once: open sessions, those that wait to be shown, fragments. Where it does not suffice,
    /// texts of steps go first, then steps.
    #[arg(long, value_name = "MIB", default_value_t = Budget::default().mib(), value_parser = clap::value_parser!(u32).range(i64::from(*MEMORY_MIB.start())..=i64::from(*MEMORY_MIB.end())))]
    pub(super) memory: u32,
    /// Colour the tables: by default on a terminal only, and not where NO_COLOR is set.
    #[arg(long, value_enum, ignore_case = true, default_value_t = Colour::Auto)]
    pub(super) color: Colour,
    /// Width of the tables in columns, 20 or more; below 80, tables become cards [default: that of the terminal, or $COLUMNS, or 80].
    #[arg(long, value_name = "COLUMNS", value_parser = clap::value_parser!(u16).range(20..=1_000))]
    pub(super) width: Option<u16>,
    #[command(flatten)]
    pub(super) around: AroundArgs,
}

/// What `--time` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ToldBy {
    /// UTC.
    Utc,
    /// The time zone of TZ, or else this machine's; UTC where neither is known.
    Local,
    /// Seconds since the first packet.
    Relative,
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
    /// The table that --show names, for a spreadsheet or a data frame; several with `-o DIR/`, a file each.
    Csv,
    /// The tables of --show, all without it, for DuckDB, pandas, polars and Spark: each a file in the folder of `-o DIR/`.
    #[cfg(feature = "parquet")]
    Parquet,
    /// A Markdown page, for a report.
    Markdown,
    /// A page for a browser, in one file.
    Html,
}

impl Format {
    /// Whether it is Parquet, where that is built in.
    pub fn is_parquet(self) -> bool {
        #[cfg(feature = "parquet")]
        let is_parquet = self == Self::Parquet;
        #[cfg(not(feature = "parquet"))]
        let is_parquet = false;
        is_parquet
    }

    /// Whether it writes tables as they are for programs, the one or the ones that `--show` names.
    pub fn has_columns(self) -> bool {
        self == Self::Csv || self.is_parquet()
    }
}

/// What `--redact` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Redaction {
    /// Asterisks.
    Mask,
    /// A name for each secret, such as pw:3f9a07c2: equal secrets have equal names, so that reuse can be counted.
    Pseudonym,
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

/// What `compare --format` and `explain --format` take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CompareFormat {
    /// A table for people.
    Table,
    /// One JSON document.
    Json,
    /// A Markdown page.
    Markdown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Language {
    /// English.
    En,
    /// Chinese.
    Zh,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Colour {
    Auto,
    Always,
    Never,
}

fn parse_two(text: &str) -> Result<[u64; 2], Bad> {
    let number = |text: &str| text.trim().parse::<u64>().ok().filter(|&number| number > 0);
    if text.split(',').any(is_too_large) {
        return Err(Bad::TooLarge(text.to_owned()));
    }
    let numbers = text.split_once(',').and_then(|(one, other)| Some([number(one)?, number(other)?]));
    numbers.ok_or(Bad::Two)
}

fn parse_shard(text: &str) -> Result<HostShard, Bad> {
    let number = |text: &str| text.parse::<u32>().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit()));
    let numbers = text.split_once('/').and_then(|(index, of)| Some((number(index)?, number(of)?)));
    numbers.and_then(|(index, of)| HostShard::new(index, of)).ok_or_else(|| Bad::Shard(text.to_owned()))
}

fn parse_port(text: &str) -> Result<(Hint, u16), Bad> {
    let (name, port) = text.split_once('=').ok_or(Bad::Hint)?;
    let port: u16 = port.parse().ok().filter(|&port| port > 0).ok_or_else(|| Bad::Port(port.to_owned()))?;
    let (protocol, implicit_tls) = match name.to_lowercase().as_str() {
        "smtps" => (Protocol::Smtp, true),
        "pop3s" => (Protocol::Pop3, true),
        "imaps" => (Protocol::Imap, true),
        plain => (plain.parse().map_err(|_| Bad::Protocol(name.to_owned()))?, false),
    };
    Ok((Hint { protocol, implicit_tls }, port))
}
