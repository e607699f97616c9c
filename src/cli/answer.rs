//! The exit status as an answer, as `grep` gives it.

use crate::session::model::Severity;
use clap::{Args, ValueEnum};

/// The exit status as an answer.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct AnswerArgs {
    /// Answer by the exit status, as grep does: 0 where something is found that is `low` or worse, 1 where nothing is. An
    /// output that cannot be written is 2 then.
    #[arg(long)]
    exit_code: bool,
    /// As --exit-code, but from this severity on.
    #[arg(long, value_name = "SEVERITY", value_enum, ignore_case = true)]
    fail_on: Option<Least>,
}

/// What `--fail-on` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Least {
    Info,
    Low,
    Medium,
    High,
}

impl AnswerArgs {
    /// From which severity on something counts as found, where that is asked for.
    pub(super) fn resolve(&self) -> Option<Severity> {
        let from = self.fail_on.map(|from| match from {
            Least::Info => Severity::Info,
            Least::Low => Severity::Low,
            Least::Medium => Severity::Medium,
            Least::High => Severity::High,
        });
        from.or(self.exit_code.then_some(Severity::Low))
    }
}
