//! The environment of the process: read once.

use crate::view::Lang;
use crate::view::clock::system_zone;
use jiff::tz::TimeZone;
use std::ffi::OsString;
use std::io::IsTerminal;

/// The environment, as far as it matters: read once, by the caller of `Cli::resolve`.
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

    pub(super) fn zone(&self) -> TimeZone {
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
            pager_variables: pager_variables(),
            columns: terminal.then(terminal_columns).flatten().or(columns),
        }
    }
}

/// The columns of the terminal as it is now.
pub fn terminal_columns() -> Option<usize> {
    terminal_size::terminal_size().map(|(width, _)| usize::from(width.0))
}

/// Variables that pagers read and that are not set: `less` leaves where all fits on one screen, keeps colours and does not
/// clear the screen; `lv` keeps colours.
fn pager_variables() -> Vec<(&'static str, &'static str)> {
    let all = [("LESS", "FRX"), ("LV", "-c")];
    all.into_iter().filter(|(name, _)| std::env::var_os(name).is_none()).collect()
}
