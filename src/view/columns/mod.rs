/*!
The columns of every table, defined once: what CSV writes, what Markdown and the page show, and what `docs/tables.md`
describes.

A table is a type that is a [`Table`]; a column reads one typed [`Value`] off a row. Ids and machine words (`kind`,
`outcome`) are those of the JSON in every language; texts for people (`purpose`, `title`) are in the language asked for.
A view that writes any table takes it as [`AnyTable`].
*/

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

/// All tables, in the order of `--show all`.
pub const ALL: [&dyn AnyTable; 8] =
    [&Steps, &Sessions, &Credentials, &Messages, &Findings, &Details, &Journeys, &Summary];
