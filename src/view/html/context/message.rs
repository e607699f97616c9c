//! Messages: their fields, with values and meanings.

use super::text::{Text, options};
use crate::session::model::{Message as Model, Preview, Session};
use crate::view::Lang;
use crate::view::escape;
use crate::view::locale;
use crate::view::table::{Row, fields};
use serde::Serialize;

/// A message.
#[derive(Debug, Clone, Serialize)]
pub struct Message {
    /// 1, 2, … within the session.
    pub n: u32,
    /// Sent or fetched.
    pub direction: Text,
    /// Its subject.
    pub subject: Option<String>,
    /// Its fields, the decoded header, MIME's structure, size and digests.
    pub fields: Vec<Field>,
    /// As much of its text as is kept, where the fields show less of it.
    pub text: Option<String>,
}

/// A field.
#[derive(Debug, Clone, Serialize)]
pub struct Field {
    /// What it is called.
    pub name: Text,
    /// Lines.
    pub value: Text,
    /// What it means.
    pub meaning: Text,
    /// It begins a group.
    pub begins: bool,
}

/// The messages of `session`, at most `limit`.
pub fn messages(session: &Session, limit: usize) -> Vec<Message> {
    session.messages.iter().take(limit).map(message).collect()
}

fn message(message: &Model) -> Message {
    let [en, zh] = [Lang::En, Lang::Zh].map(|lang| fields(&options(lang), message));
    Message {
        n: message.n,
        direction: Text::of(|lang| locale::direction(lang, message.direction)),
        subject: message.header.subject.as_deref().map(super::text::line),
        fields: en.into_iter().zip(zh).map(field).collect(),
        text: message.preview.as_deref().and_then(text),
    }
}

fn text(preview: &Preview) -> Option<String> {
    let goes_on = preview.first_lines().0.len() < preview.text.trim_end().len();
    goes_on.then(|| format!("{}{}", escape::block(&preview.text), if preview.cut { "…" } else { "" }))
}

fn field((en, zh): (Row, Row)) -> Field {
    let begins = !en.joined;
    let mut cells = en.cells.into_iter().zip(zh.cells).map(|(en, zh)| Text { en, zh });
    let mut next = || cells.next().unwrap_or_default();
    Field { name: next(), value: next(), meaning: next(), begins }
}
