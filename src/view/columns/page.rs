//! `docs/tables.md`, its part about columns: generated from them.

use super::ALL;
use crate::view::Lang;
use std::fmt::Write;

/// The tables and their columns as Markdown: a section a table, a row a column.
pub fn page(lang: Lang) -> String {
    let (titles, people) = match lang {
        Lang::En => ("| Column | Type | Meaning |", "Shown to people as"),
        Lang::Zh => ("| 列 | 类型 | 含义 |", "给人看时的标题："),
    };
    let mut page = String::new();
    // Writing to a String cannot fail.
    for table in ALL {
        _ = write!(page, "\n## `{}`\n\n{}\n\n{titles}\n|---|---|---|\n", table.name(), table.row(lang));
        for column in table.columns(lang) {
            let shown = match (column.title, lang) {
                (Some(title), Lang::En) => format!(" {people} “{title}”."),
                (Some(title), Lang::Zh) => format!("{people}“{title}”。"),
                (None, _) => String::new(),
            };
            _ = writeln!(page, "| `{}` | {} | {}{shown} |", column.id, column.kind.name(), column.about);
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use super::page;
    use crate::view::Lang;
    use crate::view::columns::ALL;
    use std::collections::BTreeSet;

    #[test]
    fn every_column_is_described_in_every_language() {
        for (lang, english) in [(Lang::En, true), (Lang::Zh, false)] {
            let page = page(lang);
            for table in ALL {
                let mut ids = BTreeSet::new();
                for column in table.columns(lang) {
                    assert!(ids.insert(column.id), "{}: {} twice", table.name(), column.id);
                    assert!(column.id.chars().all(|sign| matches!(sign, 'a'..='z' | '0'..='9' | '_')), "{}", column.id);
                    let end = if english { '.' } else { '。' };
                    assert!(column.about.ends_with(end), "{}: {}", column.id, column.about);
                    assert!(page.contains(column.about) && !column.about.contains('|'), "{}", column.about);
                }
            }
        }
    }
}
