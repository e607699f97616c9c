//! Options of the tables of findings and of sessions.

use super::what::{self, What};
use crate::view::Show;
use crate::view::table::{Listing, Sort};
use clap::Args;

#[derive(Debug, Args)]
pub(super) struct ListingArgs {
    /// Show each session's own findings too, below the session, besides the findings of all sessions by kind.
    #[arg(long)]
    pub(super) details: bool,
    /// Order the list of sessions (as with --show sessions): bytes, duration, messages and findings from the most to the
    /// least, the others from the first to the last. Without it, sessions are listed by their numbers.
    #[arg(long, value_name = "BY", value_enum)]
    sort: Option<Sort>,
    /// List only so many sessions, and say how many are left out (as with --show sessions).
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
    limit: Option<u32>,
}

impl ListingArgs {
    pub(super) fn listing(&self) -> Listing {
        Listing { sort: self.sort, limit: self.limit.map(|limit| limit as usize) }
    }

    /// The option that orders or shortens the list of sessions, if there is one.
    pub(super) fn lists(&self) -> Option<&'static str> {
        match (self.sort, self.limit) {
            (Some(_), _) => Some("--sort"),
            (None, Some(_)) => Some("--limit"),
            (None, None) => None,
        }
    }

    /// What is shown where `asked` was asked for. An order or a length of the list asks for the list.
    pub(super) fn show(&self, asked: &[What]) -> Show {
        let lists = self.sort.is_some() || self.limit.is_some();
        let show = what::show(if asked.is_empty() && lists { &[What::Sessions] } else { asked });
        Show {
            sessions: show.sessions || lists,
            findings: show.findings || self.details,
            details: self.details,
            ..show
        }
    }
}
