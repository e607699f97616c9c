/*!
`mailtap explain`: the questions of a lab report with their answers, as tables for a terminal, as Markdown, as JSON.

[`page()`] puts an [`Explanation`] into one language; the three formats show the same page. All its text is safe for a
terminal.
*/

mod mail;
mod markdown;
pub(in crate::view) mod page;
mod people;
mod record;
mod table;
mod trouble;

pub use markdown::markdown;
pub use page::Page;
pub(crate) use record::Explanation as Record;
pub use record::json;
pub use table::table;

use super::Lang;
use crate::verdict::explain::Explanation;

/// The eight questions in `lang`.
pub fn page(lang: Lang, explanation: &Explanation) -> Page {
    Page {
        answers: vec![
            people::tables(lang, explanation),
            people::passwords(lang, explanation),
            mail::mime(lang, explanation),
            mail::same(lang, explanation),
            people::by_hand(lang, explanation),
            trouble::failures(lang, explanation),
            trouble::safety(lang, explanation),
            people::imap_only(lang, explanation),
        ],
    }
}
