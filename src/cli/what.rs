//! What `--show` takes, and the tables that it means.

use crate::view::Show;
use clap::ValueEnum;

/// What `--show` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum What {
    /// The tables of the report: every command and reply, by phase.
    Steps,
    /// One line a session: who, with whom, what became of it.
    Sessions,
    /// Who logged in, how, and with what.
    Credentials,
    /// The messages carried.
    Messages,
    /// The mail transactions, each with its recipients and what was answered. For --format csv and parquet.
    Transactions,
    /// The attachments of messages. For --format csv and parquet.
    Attachments,
    /// What is insecure or went wrong in all sessions, by kind, and the verdict.
    Findings,
    /// The findings of each session.
    Details,
    /// The ways that messages took: submitted, relayed, delivered, fetched, and what changed on the way.
    Journeys,
    /// Counts.
    Summary,
    /// All of these, with display filters for Wireshark.
    All,
    /// The dialogue line by line, `C:` the client and `S:` the server, with what was sent in base64 to log in decoded
    /// beside it. Not in `all`, whose steps say the same.
    Transcript,
}

/// The tables that `asked` means; without any, the default.
pub(super) fn show(asked: &[What]) -> Show {
    let default = [What::Steps, What::Credentials, What::Findings];
    let asked = if asked.is_empty() { &default[..] } else { asked };
    let has = |what| asked.contains(&what) || asked.contains(&What::All);
    // Transactions and attachments are tables for programs alone.
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
