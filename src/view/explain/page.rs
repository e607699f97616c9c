//! A page of questions and answers in one language, before it is a table, Markdown or JSON. Its text is safe for a terminal.

use crate::verdict::explain::Packets;
use crate::view::escape;
use crate::view::packet::range;

/// Characters of a text off the wire.
pub const FIELD: usize = 300;

/// All questions.
#[derive(Debug, Clone, Default)]
pub struct Page {
    pub(in crate::view) answers: Vec<Answer>,
}

/// A question with its answer and what shows it.
#[derive(Debug, Clone)]
pub(in crate::view) struct Answer {
    /// The name in the JSON.
    pub id: &'static str,
    pub question: &'static str,
    /// Sentences.
    pub says: Vec<String>,
    pub evidence: Vec<Evidence>,
}

/// A table.
#[derive(Debug, Clone)]
pub(in crate::view) struct Evidence {
    /// The name in the JSON.
    pub id: &'static str,
    /// What it is about, where the answer has several.
    pub title: Option<String>,
    /// The names of the columns in the JSON, and their titles.
    pub columns: Vec<(&'static str, &'static str)>,
    pub rows: Vec<Vec<Cell>>,
    /// Further rows, which a bound left out.
    pub more: u64,
}

/// A cell.
#[derive(Debug, Clone)]
pub(in crate::view) enum Cell {
    /// Lines of text.
    Text(String),
    Number(u64),
    /// Packet numbers.
    Packets(Vec<String>),
}

impl Cell {
    /// What it shows, in lines.
    pub fn shown(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            Self::Packets(packets) => packets.join(", "),
        }
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<u64> for Cell {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<&Packets> for Cell {
    fn from(packets: &Packets) -> Self {
        Self::Packets(packet_list(packets))
    }
}

/// Packets as people read them: `12`, `2:12-15`, and how many more ranges there are.
pub fn packet_list(packets: &Packets) -> Vec<String> {
    let mut shown: Vec<String> = packets.ranges.iter().map(|&(first, last)| range(first, last)).collect();
    if packets.more > 0 {
        shown.push(format!("… +{}", packets.more));
    }
    shown
}

/// `text` off the wire for one line.
pub fn line(text: &str) -> String {
    let (text, cut) = escape::cut(text, FIELD);
    let shown = escape::line(text);
    if cut { format!("{shown}…") } else { shown.into_owned() }
}

/// `text` off the wire, of several lines.
pub fn block(text: &str) -> String {
    let (text, cut) = escape::cut(text, 3 * FIELD);
    let shown = escape::block(text);
    if cut { format!("{shown}…") } else { shown.into_owned() }
}
