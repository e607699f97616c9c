//! What a command line means, with everything resolved.

use super::arguments::{CatalogueFormat, CompareFormat, Format, Redaction};
use super::around::Around;
use super::keys::KeyFiles;
use super::tables::Tables;
use crate::session::model::Severity;
use crate::view::clock::Clock;
use crate::view::{Lang, Show};
use std::path::PathBuf;

/// What is to be done, with everything resolved.
#[derive(Debug)]
pub enum Plan {
    /// Analyze.
    Analyze(Box<Analysis>),
    /// Compare two sessions.
    Compare {
        /// What to read, one file or two, and how to show it.
        study: Box<Study>,
        /// The numbers of the sessions.
        sessions: Option<[u64; 2]>,
    },
    /// Answer the questions of a lab report.
    Explain(Box<Study>),
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
    /// Files with secrets of TLS.
    pub keys: KeyFiles,
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

/// What is read and shown at once, with everything resolved: a comparison of two sessions, answers to the questions of a lab
/// report.
#[derive(Debug)]
pub struct Study {
    /// The captures.
    pub files: Vec<PathBuf>,
    /// A BPF expression.
    pub filter: Option<String>,
    /// Files with secrets of TLS.
    pub keys: KeyFiles,
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
    /// Tables that are written for long take the width that the terminal has by then.
    pub follows_terminal: bool,
    /// Colour the tables.
    pub colour: bool,
    /// How tables tell times.
    pub time: Clock,
    /// The bytes of a session instead.
    pub raw: bool,
    /// These would go to a terminal, and nobody has said that they should.
    pub unasked_terminal: bool,
}

impl Plan {
    /// The language of what is shown and said.
    pub fn lang(&self) -> Option<Lang> {
        match self {
            Self::Analyze(analysis) => Some(analysis.output.lang),
            Self::Compare { study, .. } | Self::Explain(study) => Some(study.lang),
            Self::Findings { lang, .. } | Self::Interfaces(lang) => Some(*lang),
            Self::Schema | Self::Print(_) => None,
        }
    }

    /// Whether the exit status is to say what was found.
    pub fn answers(&self) -> bool {
        matches!(self, Self::Analyze(analysis) if analysis.answers.is_some())
    }
}
