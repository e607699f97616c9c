/*!
`mailtap findings`: every rule, with what its finding means and what to do about it. `docs/findings.md` is the Markdown
output.
*/

use super::locale::{self, Label};
use super::record::enums;
use super::table::{self, Style};
use super::{Lang, escape};
use crate::verdict::Rule;
use crate::verdict::rule::Text;
use crate::verdict::rules;
use serde::Serialize;
use std::io;

/// The introduction of the Markdown page, in English and Chinese.
const ABOUT: [&str; 2] = [
    "This page is the output of `mailtap findings --format markdown --lang en`, and a test holds it against that. The \
     heading is the finding's `id` in the [JSON](json.md), which does not change; its words may. How to add one is \
     described in [adding-a-finding.md](adding-a-finding.md).",
    "本页是 `mailtap findings --format markdown --lang zh` 的输出。各节标题是 JSON 中的 `id`，不会改变；文字说明可能会改进。",
];

/// A rule as JSON.
#[derive(Serialize)]
struct Entry {
    id: &'static str,
    severity: enums::Severity,
    class: enums::Class,
    title: &'static str,
    detail: &'static str,
    remedy: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<&'static str>,
    since: &'static str,
}

/// A JSON list of all rules, pretty-printed, with a line end.
///
/// # Errors
/// Never in practice: the words are in memory.
pub fn json(lang: Lang) -> io::Result<String> {
    let entry = |rule: &&'static Rule| {
        let Text { title, detail, remedy } = locale::text(lang, &rule.words);
        let (severity, class) = (enums::Severity(rule.severity), enums::Class(rule.class));
        Entry { id: rule.id, severity, class, title, detail, remedy, reference: rule.reference, since: rule.since }
    };
    let entries: Vec<Entry> = rules::catalogue().iter().map(entry).collect();
    Ok(serde_json::to_string_pretty(&entries)? + "\n")
}

/// A table of all rules, `width` columns wide.
///
/// # Errors
/// Never in practice: the table is written to memory.
pub fn table(lang: Lang, width: usize, colour: bool) -> io::Result<String> {
    let mut out = Vec::new();
    table::catalogue(&mut out, Style { width, colour }, lang)?;
    Ok(String::from_utf8_lossy(&out).into_owned())
}

/// A Markdown page of all rules: a section each, by id.
pub fn markdown(lang: Lang) -> String {
    let label = |label| locale::label(lang, label);
    let (about, colon, comma, [open, close]) = match lang {
        Lang::En => (ABOUT[0], ": ", ", ", [" (", ")"]),
        Lang::Zh => (ABOUT[1], "：", "，", ["（", "）"]),
    };
    let mut page = format!("# {}\n\n{about}\n", label(Label::Findings));
    for rule in rules::catalogue() {
        let Text { title, detail, remedy } = locale::text(lang, &rule.words);
        let severity = locale::severity(lang, rule.severity);
        let mut facts = vec![format!("{}{colon}{severity}", label(Label::Severity))];
        facts.push(format!("{}{colon}{}", label(Label::Class), locale::class(lang, rule.class)));
        facts.extend(rule.reference.map(|reference| format!("{}{colon}{reference}", label(Label::Reference))));
        facts.push(format!("{}{colon}{}", label(Label::Since), rule.since));
        page.push_str(&format!("\n## `{}`\n\n**{title}**{open}{}{close}\n\n{detail}\n\n", rule.id, facts.join(comma)));
        page.push_str(&format!("*{}*{colon}{remedy}\n", label(Label::Remedy)));
    }
    escape::block(&page).into_owned()
}

#[cfg(test)]
mod tests {
    use super::{Lang, json, markdown, rules, table};

    #[test]
    fn every_rule_is_listed_in_every_form() {
        for (lang, remark) in [(Lang::En, "Class: remark"), (Lang::Zh, "类别：说明")] {
            let entries: serde_json::Value = serde_json::from_str(&json(lang).unwrap()).unwrap();
            let ids: Vec<&str> =
                entries.as_array().unwrap().iter().map(|entry| entry["id"].as_str().unwrap()).collect();
            assert!(ids.iter().eq(&rules::catalogue().iter().map(|rule| rule.id).collect::<Vec<_>>()));
            let classes = entries.as_array().unwrap().iter().map(|entry| entry["class"].as_str().unwrap());
            let is_remark = |rule: &&&crate::verdict::Rule| rule.class == crate::verdict::Class::Remark;
            let remarks = rules::catalogue().iter().filter(is_remark).count();
            assert_eq!(classes.filter(|&class| class == "remark").count(), remarks);
            let (table, page) = (table(lang, 100, false).unwrap(), markdown(lang));
            assert_eq!((table.matches(remark).count(), page.matches(remark).count()), (remarks, remarks));
            for rule in rules::catalogue() {
                assert!(table.contains(rule.id) && page.contains(&format!("## `{}`\n", rule.id)), "{}", rule.id);
            }
        }
    }
}
