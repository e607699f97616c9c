//! What happens around a run: progress on standard error, and the pager.

use super::Environment;
use clap::{Args, ValueEnum};

/// The pager where none is named.
const PAGER: &str = "less";

#[derive(Debug, Clone, Copy, Args)]
pub(super) struct AroundArgs {
    /// Show no progress on standard error. It is shown on a terminal alone, for what takes longer than a second.
    #[arg(long)]
    no_progress: bool,
    /// Show what people read, tables and Markdown, page by page, with $MAILTAP_PAGER, or else $PAGER, or else less: by default on a terminal
    /// only. Not while sessions are shown as they happen, and not with --output.
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = Paging::Auto)]
    paging: Paging,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Paging {
    Auto,
    Always,
    Never,
}

/// What happens around a run, with everything resolved.
#[derive(Debug, Clone, Default)]
pub struct Around {
    /// Show progress: standard error is a terminal on which a line can be drawn again.
    pub progress: bool,
    /// Say nothing on standard error but errors.
    pub quiet: bool,
    /// Standard output is a terminal on which lines can be drawn again.
    pub terminal: bool,
    /// What pages the result, where that goes to standard output and has an end.
    pub pager: Option<Pager>,
}

/// A program that shows the result page by page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pager {
    /// As a shell reads it.
    pub command: String,
    /// The user has named it, and wants to hear of it where it is not there.
    pub is_named: bool,
    /// What is set for it in its environment, as git does, where the user has not set it.
    pub variables: Vec<(&'static str, &'static str)>,
}

impl AroundArgs {
    /// What is meant, where the result is `for_people` and `to_file`.
    pub(super) fn resolve(self, environment: &Environment, for_people: bool, to_file: bool) -> Around {
        let drawable = !environment.dumb;
        let wanted = match self.paging {
            Paging::Auto => environment.terminal && drawable && for_people,
            Paging::Always => true,
            Paging::Never => false,
        };
        Around {
            progress: environment.messages_terminal && drawable && !self.no_progress,
            quiet: false,
            terminal: environment.terminal && drawable && !to_file,
            pager: if wanted && !to_file { pager(environment) } else { None },
        }
    }
}

/// None where the user wants none: an empty name, or `cat`.
fn pager(environment: &Environment) -> Option<Pager> {
    let command = environment.pager.as_deref().unwrap_or(PAGER).trim();
    let variables = environment.pager_variables.iter().copied();
    (!command.is_empty() && command != "cat").then(|| Pager {
        command: command.to_owned(),
        is_named: environment.pager.is_some(),
        variables: variables.collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_read_is_paged_on_a_terminal() {
        let terminal = Environment { terminal: true, messages_terminal: true, ..Environment::default() };
        let resolved = |environment: &Environment, paging, for_people, to_file| {
            AroundArgs { no_progress: false, paging }.resolve(environment, for_people, to_file)
        };
        let paged = |environment: &Environment, paging, for_people, to_file| {
            resolved(environment, paging, for_people, to_file).pager.map(|pager| pager.command)
        };
        let less = Some(PAGER.to_owned());
        assert_eq!(paged(&terminal, Paging::Auto, true, false), less);
        assert_eq!(paged(&terminal, Paging::Auto, false, false), None, "a program reads it");
        assert_eq!(paged(&terminal, Paging::Auto, true, true), None, "it goes to a file");
        assert_eq!(paged(&terminal, Paging::Never, true, false), None);
        assert_eq!(paged(&Environment::default(), Paging::Auto, true, false), None, "no terminal");
        assert_eq!(paged(&Environment::default(), Paging::Always, false, false), less);
        for (set, used) in [("more -s", Some("more -s")), ("", None), (" ", None), ("cat", None)] {
            let environment = Environment { terminal: true, pager: Some(set.to_owned()), ..Environment::default() };
            assert_eq!(paged(&environment, Paging::Auto, true, false).as_deref(), used, "{set}");
        }
        let dumb = Environment { dumb: true, ..terminal };
        assert_eq!(paged(&dumb, Paging::Auto, true, false), None);
        assert!(!resolved(&dumb, Paging::Auto, true, false).progress);
    }
}
