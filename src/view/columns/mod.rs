/*!
The columns of every table, defined once: what CSV writes, what Markdown and the page show, and what `docs/tables.md`
describes.

A table is a type that is a [`Table`]; a column reads one typed [`Value`] off a row. Ids and machine words (`kind`,
`outcome`) are those of the JSON in every language; texts for people (`purpose`, `title`) are in the language asked for.
A view that writes any table takes it as [`AnyTable`].
*/

use crate::verdict::{Needs, Selection};

mod attachments;
mod column;
mod credentials;
mod details;
mod findings;
mod journeys;
mod messages;
mod page;
mod sessions;
mod shared;
mod steps;
mod summary;
mod transactions;

pub use attachments::{AttachmentRow, Attachments};
pub use column::{AnyTable, Column, Described, Kind, Reading, Sink, Table, Value};
pub use credentials::{CredentialRow, Credentials};
pub use details::{DetailRow, Details};
pub use findings::{FindingRow, Findings};
pub use journeys::{HopRow, Journeys};
pub use messages::{MessageRow, Messages};
pub use page::page;
pub use sessions::{SessionRow, Sessions};
pub use shared::{Of, SEPARATOR};
pub use steps::{StepRow, Steps};
pub use summary::{Summary, SummaryRow};
pub use transactions::{TransactionRow, Transactions};

/// All tables, in the order of `--show all`.
pub const ALL: [&dyn AnyTable; 10] =
    [&Steps, &Sessions, &Credentials, &Transactions, &Messages, &Attachments, &Findings, &Details, &Journeys, &Summary];

/// The table called `name`, as `--show` has it.
pub fn table(name: &str) -> Option<&'static dyn AnyTable> {
    ALL.into_iter().find(|table| table.name() == name)
}

fn any(tables: &[&dyn AnyTable], names: &[&str]) -> bool {
    tables.iter().any(|table| names.contains(&table.name()))
}

/// The parts of a session that the columns of `tables` read.
pub fn needs(tables: &[&dyn AnyTable]) -> Needs {
    let has = |names: &[&str]| any(tables, names);
    let messages = has(&["steps", "messages", "journeys", "sessions", "summary", "transactions", "attachments"]);
    let (digests, prints) = (has(&["messages", "journeys", "attachments"]), has(&["journeys"]));
    let texts = has(&["steps", "transactions"]);
    Needs { messages, digests, attachments: digests, prints, texts, faults: false }
}

/// The rules whose findings the columns of `tables` read.
pub fn selection(tables: &[&dyn AnyTable]) -> Selection {
    let has = |names: &[&str]| any(tables, names);
    let rules = match has(&["sessions", "findings", "details", "summary"]) {
        true => Selection::ALL.rules,
        false => Selection::NONE.rules,
    };
    Selection { rules, logins: false, across: has(&["findings", "journeys"]), software: false }
}
