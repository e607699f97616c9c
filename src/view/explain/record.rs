//! Questions and answers as JSON. The doc comments are the descriptions in the schema.

use super::page::{Answer, Cell, Evidence, Page};
use crate::view::json::TerminalSafe;
use crate::view::record::VERSION;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::ser::PrettyFormatter;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// `mailtap explain --format json`: the questions of a lab report, answered from the capture.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Explanation<'a> {
    /// Always `mailtap`.
    #[schemars(extend("const" = "mailtap"))]
    format: &'static str,
    /// Version of the shape.
    #[schemars(extend("const" = VERSION))]
    version: u32,
    /// Always `explanation`.
    #[schemars(extend("const" = "explanation"))]
    r#type: &'static str,
    /// The questions, always the same eight in the same order.
    questions: Vec<ExplainedQuestion<'a>>,
}

/// A question with its answer and what shows it.
#[derive(Serialize, JsonSchema)]
struct ExplainedQuestion<'a> {
    /// `tables`, `passwords`, `mime`, `same-message`, `by-hand`, `failures`, `safety`, `imap-only`.
    id: &'a str,
    /// The question, in the language asked for.
    question: &'a str,
    /// The answer: sentences in that language.
    answer: &'a [String],
    /// What shows it: tables.
    evidence: Vec<ExplainedTable<'a>>,
}

/// A table that shows an answer.
#[derive(Serialize, JsonSchema)]
struct ExplainedTable<'a> {
    /// What the rows are.
    id: &'a str,
    /// What the table is about, where an answer has several of a kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    /// The rows: each an object with a field for each column that is not empty.
    rows: Vec<BTreeMap<&'a str, Value<'a>>>,
    /// How many further rows were left out.
    left_out: u64,
}

#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
enum Value<'a> {
    Text(&'a str),
    Number(u64),
    Packets(&'a [String]),
}

/// Writes `page` as one JSON document.
///
/// # Errors
/// If `out` cannot be written.
pub fn json(out: &mut dyn Write, page: &Page) -> io::Result<()> {
    let questions = page.answers.iter().map(question).collect();
    let document = Explanation { format: "mailtap", version: VERSION, r#type: "explanation", questions };
    let pretty = TerminalSafe(PrettyFormatter::new());
    document.serialize(&mut serde_json::Serializer::with_formatter(&mut *out, pretty))?;
    out.write_all(b"\n")?;
    out.flush()
}

fn question(answer: &Answer) -> ExplainedQuestion<'_> {
    ExplainedQuestion {
        id: answer.id,
        question: answer.question,
        answer: &answer.says,
        evidence: answer.evidence.iter().map(table).collect(),
    }
}

fn table(evidence: &Evidence) -> ExplainedTable<'_> {
    ExplainedTable {
        id: evidence.id,
        title: evidence.title.as_deref(),
        rows: evidence
            .rows
            .iter()
            .map(|cells| {
                let named = evidence.columns.iter().map(|(key, _)| *key).zip(cells);
                named.filter_map(|(key, cell)| Some((key, value(cell)?))).collect()
            })
            .collect(),
        left_out: evidence.more,
    }
}

fn value(cell: &Cell) -> Option<Value<'_>> {
    match cell {
        Cell::Text(text) => (!text.is_empty()).then_some(Value::Text(text)),
        Cell::Number(number) => Some(Value::Number(*number)),
        Cell::Packets(packets) => (!packets.is_empty()).then_some(Value::Packets(packets)),
    }
}
