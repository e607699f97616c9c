/*!
The command line. [`Cli`] is what was typed (clap's), [`Plan`] what it means: everything is resolved there, so that no
code further on reads the environment.
*/

use crate::limits::Budget;
use crate::pipeline::Emit;
use crate::protocol::ports::Ports;
use crate::verdict::Selection;
use crate::verdict::filter::SessionFilter;
use crate::view::Lang;
use crate::view::clock::Clock;
use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches};
use clap_complete::Shell;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

pub use arguments::{CatalogueFormat, Cli, CompareFormat, Format, Redaction};
use arguments::{Colour, Command, CommonArgs, Language, StudyArgs, ToldBy};
pub use around::{Around, Pager};
pub use environment::{Environment, terminal_columns};
pub use keys::KeyFiles;
pub use plan::{Analysis, Input, Output, Plan, Study, User};
pub use tables::Tables;
use what::What;

mod answer;
mod arguments;
mod around;
mod environment;
mod filters;
mod hands;
mod keys;
mod listing;
mod manual;
mod manual_words;
mod plan;
mod sense;
mod tables;
mod what;
mod words;
pub(crate) mod zh;

/// Columns where the terminal's width is unknown.
const COLUMNS: usize = 80;

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
        let cli = Self::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut command))?;
        match cli.senseless(words::of(lang)) {
            Some(why) => Err(command.error(ErrorKind::ArgumentConflict, why)),
            None => Ok(cli),
        }
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
            Command::Compare(args) => {
                let all = SessionFilter::default();
                let study = study(args.files, args.study, all, Selection::NONE, environment);
                Plan::Compare { study, sessions: args.sessions }
            }
            Command::Explain(mut args) => {
                args.filters.logins.extend(args.users);
                let filter = args.filters.resolve(&|| environment.zone());
                Plan::Explain(study(args.files, args.study, filter, Selection::ALL, environment))
            }
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
        shard: args.shard,
        filter: args.filters.resolve(&|| environment.zone()),
        emit: match format {
            Format::Ndjson => Emit::AsTheyEnd,
            Format::Table | Format::Csv | Format::Markdown if live => Emit::AsTheyEnd,
            #[cfg(feature = "parquet")]
            Format::Parquet if live => Emit::AsTheyEnd,
            #[cfg(feature = "parquet")]
            Format::Parquet => Emit::InOrder,
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
        time: clock(args.time, environment, file.is_some() || format == Format::Html),
        raw: false,
        follows_terminal: environment.terminal && file.is_none() && args.width.is_none(),
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
    let (answers, keys) = (args.answer.resolve(), args.keys.resolve());
    let for_people = matches!(output.format, Format::Table | Format::Markdown) && !output.raw && !live;
    let mut around = args.around.resolve(environment, for_people, output.file.is_some());
    if live {
        around.pager = None;
    }
    if args.hands.quiet > 0 {
        around = Around { quiet: true, progress: false, ..around };
    }
    Plan::Analyze(Box::new(Analysis { input, filter: args.filter, keys, options, output, user, answers, around }))
}

/// What `args` ask of `files`: of the sessions that `filter` selects, and by what `selection` computes.
fn study(
    files: Vec<PathBuf>,
    args: StudyArgs,
    filter: SessionFilter,
    selection: Selection,
    environment: &Environment,
) -> Box<Study> {
    let mut ports = Ports::default();
    args.ports.into_iter().for_each(|(hint, port)| ports.add(port, hint));
    let file = args.output.filter(|file| file.as_os_str() != "-");
    let format = if args.json { CompareFormat::Json } else { args.format };
    let options = crate::pipeline::Options {
        ports,
        any_port: args.any_port,
        selection,
        filter,
        memory: Budget::of_mib(args.memory),
        ..crate::pipeline::Options::default()
    };
    Box::new(Study {
        files,
        filter: args.filter,
        keys: args.keys.resolve(),
        options,
        format,
        lang: language(args.lang, environment),
        redact: args.redact,
        width: columns(args.width, environment),
        colour: coloured(args.color, environment, file.is_some()),
        around: args.around.resolve(environment, format != CompareFormat::Json, file.is_some()),
        file,
    })
}

fn coloured(asked: Colour, environment: &Environment, to_file: bool) -> bool {
    match asked {
        Colour::Always => true,
        Colour::Never => false,
        Colour::Auto => environment.colour_terminal && !environment.no_color && !to_file,
    }
}

fn clock(asked: Option<ToldBy>, environment: &Environment, to_file: bool) -> Clock {
    let local = || environment.known_zone().map_or(Clock::Utc, Clock::Local);
    match asked {
        Some(ToldBy::Utc) => Clock::Utc,
        Some(ToldBy::Local) => local(),
        Some(ToldBy::Relative) => Clock::relative(),
        None if environment.terminal && !to_file => local(),
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

/// How wide tables are drawn: as wide as asked for, or as the terminal is.
fn columns(asked: Option<u16>, environment: &Environment) -> usize {
    asked.map(usize::from).or(environment.columns).unwrap_or(COLUMNS)
}
