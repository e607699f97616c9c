//! The questions of a lab report with their answers, as `mailtap explain` gives them.

use super::text::Text;
use crate::verdict::explain::Explanation;
use crate::view::Lang;
use crate::view::explain::page;
use serde::Serialize;

/// A question with its answer.
#[derive(Debug, Clone, Serialize)]
pub struct Answer {
    /// Its name.
    pub id: &'static str,
    /// The question.
    pub question: Text,
    /// The answer's sentences.
    pub says: Vec<Text>,
    /// What shows it.
    pub tables: Vec<Table>,
}

/// A table that shows an answer.
#[derive(Debug, Clone, Serialize)]
pub struct Table {
    /// What it is about, where an answer has several.
    pub title: Option<Text>,
    /// The titles of its columns.
    pub columns: Vec<Text>,
    /// Its rows.
    pub rows: Vec<Vec<Text>>,
    /// Further rows.
    pub more: u64,
}

/// The answers in both languages.
pub fn answers(explanation: &Explanation) -> Vec<Answer> {
    let [en, zh] = [Lang::En, Lang::Zh].map(|lang| page(lang, explanation).answers);
    let text = |en: &str, zh: &str| Text { en: en.to_owned(), zh: zh.to_owned() };
    let pairs = en.into_iter().zip(zh).map(|(en, zh)| Answer {
        id: en.id,
        question: text(en.question, zh.question),
        says: en.says.iter().zip(&zh.says).map(|(en, zh)| text(en, zh)).collect(),
        tables: (en.evidence.iter().zip(&zh.evidence))
            .map(|(en, zh)| Table {
                title: en.title.as_ref().zip(zh.title.as_ref()).map(|(en, zh)| text(en, zh)),
                columns: en.columns.iter().zip(&zh.columns).map(|((_, en), (_, zh))| text(en, zh)).collect(),
                rows: (en.rows.iter().zip(&zh.rows))
                    .map(|(en, zh)| en.iter().zip(zh).map(|(en, zh)| text(&en.shown(), &zh.shown())).collect())
                    .collect(),
                more: en.more,
            })
            .collect(),
    });
    pairs.collect()
}
