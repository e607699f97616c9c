/*!
`mailtap compare`: two sessions step by step beside each other, as a table, as Markdown, as JSON.
*/

mod markdown;
mod record;
mod said;
mod table;

pub use markdown::markdown;
pub(crate) use record::Comparison as Record;
pub use record::json;
pub use table::table;

use super::Lang;
use crate::session::Session;
use crate::verdict::compare::Comparison;

/// What is shown.
#[derive(Debug, Clone, Copy)]
pub struct Compared<'a> {
    /// The comparison of the two.
    pub comparison: &'a Comparison,
    /// The left session and the right one.
    pub sessions: [&'a Session; 2],
    /// The files that they come from.
    pub files: [&'a str; 2],
    /// The language.
    pub lang: Lang,
    /// Secrets are masked: nothing of a message's content is quoted.
    pub masked: bool,
}
