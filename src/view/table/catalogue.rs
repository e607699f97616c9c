//! The table of all rules (`mailtap findings`).

use super::grid::Row;
use super::{Options, Style, heading};
use crate::verdict::rule::Text;
use crate::verdict::rules;
use crate::view::clock::Clock;
use crate::view::locale::{self, Label};
use crate::view::{Lang, Show};
use std::io::{self, Write};

/// Writes a row for each rule: the most severe first, and then by id.
pub fn write(out: &mut dyn Write, style: Style, lang: Lang) -> io::Result<()> {
    let list = Default::default();
    let options = Options { style, show: Show::ALL, list, lang, text_limit: usize::MAX, time: Clock::Utc }.usable();
    let titles = [Label::Severity, Label::Finding].map(|label| options.label(label));
    let mut rules = rules::catalogue();
    rules.sort_by_key(|rule| std::cmp::Reverse(rule.severity));
    let row = |rule: &crate::verdict::Rule| {
        let Text { title, detail, remedy } = locale::text(lang, &rule.words);
        let mut about = vec![format!("{title} [{}]", rule.id), (*detail).to_owned()];
        about.push(options.named(Label::Remedy, remedy));
        about.push(options.named(Label::Class, locale::class(lang, rule.class)));
        about.extend(rule.reference.map(|reference| options.named(Label::Reference, reference)));
        about.push(options.named(Label::Since, rule.since));
        Row::new([locale::severity(lang, rule.severity).to_owned(), about.join("\n")])
    };
    let rows: Vec<Row> = rules.into_iter().map(row).collect();
    heading::table(out, options.style, &titles, &rows, &[8, 0])
}
