/*!
The columns of every table, defined once: what CSV writes, what Markdown and the page show, and what `docs/tables.md`
describes.

A table is a type that is a [`Table`]; a column reads one typed [`Value`] off a row. Ids and machine words (`kind`,
`outcome`) are those of the JSON in every language; texts for people (`purpose`, `title`) are in the language asked for.
*/

mod column;
mod sessions;
mod shared;
mod steps;

pub use column::{AnyTable, Column, Described, Kind, Reading, Sink, Table, Value};
pub use sessions::{SessionRow, Sessions};
pub use shared::{Of, SEPARATOR};
pub use steps::{StepRow, Steps};

/// All tables.
pub const ALL: [&dyn AnyTable; 2] = [&Steps, &Sessions];
