//! A finding in words: the words of its rule, with the facts of its occurrences.

use super::term::{bytes, duration, packets, side};
use super::{en, zh};
use crate::capture::number;
use crate::session::model::{Fact, Facts, Finding, Key, Sentence};
use crate::verdict::purpose::enhanced::Meaning;
use crate::verdict::rule::{Text, Words};
use crate::verdict::{FindingAcross, Told, rules};
use crate::view::{Lang, escape};
use std::borrow::Cow;

/// A finding in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingWords {
    /// What it is, in a few words.
    pub title: &'static str,
    /// What it means, and a sentence for each recorded occurrence.
    pub detail: Cow<'static, str>,
    /// What to do about it.
    pub remedy: &'static str,
    /// The source: an RFC section or a CVE. The same in all languages.
    pub reference: Option<&'static str>,
}

/// A finding in words. A finding with an unknown id (of another version) has only its id as title.
pub fn finding(lang: Lang, finding: &Finding) -> FindingWords {
    let Some(rule) = rules::find(finding.id) else {
        return FindingWords { title: finding.id, detail: Cow::Borrowed(""), remedy: "", reference: None };
    };
    let Text { title, detail, remedy } = text(lang, &rule.words);
    let between = if lang == Lang::En { " " } else { "" };
    let mut detail = Cow::Borrowed(*detail);
    for Facts { sentence, list } in &finding.facts {
        if let Some(sentence) = rule.sentences.get(*sentence) {
            detail += between;
            fill(detail.to_mut(), lang, sentence, list);
        }
    }
    if finding.more > 0 {
        detail += between;
        detail.to_mut().push_str(&say!(lang, facts::more(finding.more)));
    }
    FindingWords { title, detail, remedy, reference: rule.reference }
}

/// What the rule called `id` finds, without an occurrence.
pub fn rule(lang: Lang, id: &'static str) -> FindingWords {
    finding(lang, &Finding { id, ..Finding::default() })
}

/// What an occurrence of the rule called `id` says, safe for a terminal.
pub fn occurrence(lang: Lang, id: &'static str, Facts { sentence, list }: &Facts) -> Option<String> {
    let sentence = rules::find(id)?.sentences.get(*sentence)?;
    Some(filled(lang, sentence, list))
}

/// A finding of several sessions in words.
pub fn finding_across(lang: Lang, finding: &FindingAcross) -> FindingWords {
    let Text { title, detail, remedy } = text(lang, &finding.rule.words);
    let mut detail = Cow::Borrowed(*detail);
    let between = if lang == Lang::En { " " } else { "" };
    for Told { sentence, facts } in &finding.told {
        let facts: Vec<(Key, Fact)> = facts.iter().map(|(_, fact)| (fact.usual_key(), fact.clone())).collect();
        detail += between;
        fill(detail.to_mut(), lang, sentence, &facts);
    }
    if finding.more > 0 {
        detail += between;
        detail.to_mut().push_str(&say!(lang, facts::more(finding.more)));
    }
    FindingWords { title, detail, remedy, reference: finding.rule.reference }
}

/// A rule's words in one language.
pub fn text(lang: Lang, words: &Words) -> &Text {
    match lang {
        Lang::En => &words.en,
        Lang::Zh => &words.zh,
    }
}

/// `sentence` with `facts` in place of `{0}`, `{1}`, …; a placeholder without a fact is left out.
fn filled(lang: Lang, sentence: &'static Sentence, facts: &[(Key, Fact)]) -> String {
    let mut words = String::new();
    fill(&mut words, lang, sentence, facts);
    words
}

/// Appends [`filled`].
fn fill(words: &mut String, lang: Lang, sentence: &'static Sentence, facts: &[(Key, Fact)]) {
    let mut rest = phrase(lang, sentence);
    words.reserve(rest.len() + 16);
    let split = |text: &'static str, at: u8| {
        let at = memchr::memchr(at, text.as_bytes())?;
        Some((text.get(..at)?, text.get(at + 1..)?))
    };
    while let Some((before, (number, after))) =
        split(rest, b'{').and_then(|(before, after)| Some((before, split(after, b'}')?)))
    {
        words.push_str(before);
        if let Some((_, known)) = number.parse().ok().and_then(|number: usize| facts.get(number)) {
            words.push_str(&fact(lang, known));
        }
        rest = after;
    }
    words.push_str(rest);
}

/// A sentence or phrase in one language.
fn phrase(lang: Lang, words: &'static Sentence) -> &'static str {
    match lang {
        Lang::En => words.en,
        Lang::Zh => words.zh,
    }
}

/// A fact in words, safe for a terminal.
pub(super) fn fact(lang: Lang, fact: &Fact) -> String {
    match fact {
        Fact::Count(count) | Fact::Line(count) => count.to_string(),
        Fact::Bytes(length) => bytes(lang, *length),
        Fact::Packets(count) => packets(lang, *count),
        Fact::Packet(packet) => number::frame(*packet).to_string(),
        Fact::Code(code) => code.to_string(),
        Fact::Enhanced(status) => status.to_string(),
        Fact::Time(time) => time.to_string(),
        Fact::Phrase(words) => phrase(lang, words).to_owned(),
        Fact::Said(reason) => say!(lang, smtp::said(*reason)).to_owned(),
        Fact::Meaning(status) => say!(lang, enhanced::meaning(Meaning::of(*status))).to_owned(),
        Fact::TokenRefused => say!(lang, login::token_refused()).to_owned(),
        Fact::Alert(description) => say!(lang, tls::alert(*description)),
        Fact::LoginCause(cause) => say!(lang, login::refused(*cause)).to_owned(),
        Fact::Duration(nanoseconds) => duration(lang, *nanoseconds),
        Fact::Side(which) => match lang {
            Lang::En => side(lang, *which).to_lowercase(),
            Lang::Zh => side(lang, *which).to_owned(),
        },
        Fact::Name(name) => escape::line(name).into_owned(),
        Fact::Conflict(conflict) => {
            let [first, second] = [&conflict.first, &conflict.second].map(|copy| escape::line(copy));
            say!(lang, facts::conflict(conflict, &first, &second))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{fact, filled, finding, text};
    use crate::flow::{Conflict, Side};
    use crate::session::model::{Fact, Facts, Finding, Key, Sentence};
    use crate::verdict::rules;
    use crate::view::Lang;

    const LANGS: [Lang; 2] = [Lang::En, Lang::Zh];

    fn one(fact: Fact) -> Facts {
        Facts { sentence: 0, list: vec![(fact.usual_key(), fact)] }
    }

    fn conflict() -> Fact {
        Fact::Conflict(Conflict {
            from: Side::Client,
            offset: 41,
            bytes: 1,
            first_packet: Some(14),
            second_packet: 17,
            first: "RCPT TO:<a>".to_owned(),
            second: "RCPT TO:<b>\u{1b}[31m".to_owned(),
        })
    }

    #[test]
    fn excerpts_of_conflicting_copies_are_shown_and_escaped() {
        let rule = rules::find("conflicting-bytes").expect("a rule");
        let found = Finding { facts: vec![one(conflict()), one(conflict())], more: 3, ..rule.finding(vec![2]) };
        let [en, zh] = LANGS.map(|lang| finding(lang, &found).detail);
        let one = "The client at byte 41 (1 byte differs): first in packet 14 `RCPT TO:<a>`, then in packet 17 \
                   `RCPT TO:<b>␛[31m`.";
        assert!(en.ends_with(&format!(" {one} {one} There were 3 more.")), "{en}");
        assert!(
            zh.ends_with("先到的（分组 14）是 `RCPT TO:<a>`，后到的（分组 17）是 `RCPT TO:<b>␛[31m`。另有 3 处。"),
            "{zh}"
        );
    }

    #[test]
    fn of_a_copy_that_is_not_kept_nothing_is_quoted() {
        let Fact::Conflict(conflict) = conflict() else { return };
        let fact = Fact::Conflict(Conflict { first: String::new(), first_packet: None, ..conflict });
        let rule = rules::find("conflicting-bytes").expect("a rule");
        let found = Finding { facts: vec![one(fact)], ..rule.finding(vec![2]) };
        let [en, zh] = LANGS.map(|lang| finding(lang, &found).detail);
        let told = "The client at byte 41 or behind it: packet 17 repeats other bytes than came first, beginning with \
                    `RCPT TO:<b>␛[31m`; those that came first are not kept so long.";
        assert!(en.ends_with(told), "{en}");
        assert!(zh.ends_with("以 `RCPT TO:<b>␛[31m` 开头；先到的内容不会保留这么久。"), "{zh}");
    }

    #[test]
    fn facts_stand_where_the_sentence_has_them() {
        static SENTENCE: Sentence = Sentence { en: "{1} by {0}, {0}; {9}{x} {", zh: "{0}：{1}。" };
        let facts = [(Key::By, Fact::Side(Side::Server)), (Key::Name, Fact::Name("X\u{1b}[31m".to_owned()))];
        assert_eq!(filled(Lang::En, &SENTENCE, &facts), "X␛[31m by server, server;  {");
        assert_eq!(filled(Lang::Zh, &SENTENCE, &facts), "服务器：X␛[31m。");
        let facts = [Fact::Count(3), Fact::Bytes(1), Fact::Packets(2), Fact::Code(550), Fact::Duration(1_500_000_000)];
        let words = facts.map(|each| LANGS.map(|lang| fact(lang, &each)).join(" "));
        assert_eq!(words[0], "3 3");
        assert_eq!(words[3], "550 550");
        assert!(words[4].starts_with("1.500"), "{words:?}");
    }

    #[test]
    fn every_rule_has_title_detail_and_remedy_in_every_language() {
        for lang in LANGS {
            let mut titles = std::collections::HashSet::new();
            for rule in rules::catalogue() {
                let words = text(lang, &rule.words);
                super::super::tests::check(lang, words.title, rule.id);
                // Whole sentences: punctuation as in running text.
                for text in [words.detail, words.remedy] {
                    let stop = if lang == Lang::En { '.' } else { '。' };
                    assert!(text.ends_with(stop) && !text.contains("  "), "{}: {text}", rule.id);
                    assert!(!text.chars().any(char::is_control), "{}: {text}", rule.id);
                    let chinese = text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
                    assert_eq!(chinese, lang == Lang::Zh, "{}: {text}", rule.id);
                }
                assert!(titles.insert(words.title), "{} has the title of another rule", rule.id);
            }
        }
    }

    #[test]
    fn sentences_about_an_occurrence_have_the_same_facts_in_every_language() {
        let places = |sentence: &str| {
            let mut places: Vec<String> =
                sentence.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0.to_owned())).collect();
            places.sort();
            places.dedup();
            places
        };
        for rule in rules::ALL {
            for Sentence { en, zh } in rule.sentences {
                assert_eq!(places(en), places(zh), "{}", rule.id);
            }
        }
    }

    #[test]
    fn a_finding_of_an_unknown_rule_has_only_its_id() {
        let unknown = Finding { id: "of-another-program", ..Finding::default() };
        assert_eq!(finding(Lang::En, &unknown).title, "of-another-program");
    }
}
