//! Makes the view that a plan asks for.

use super::board::Board;
use super::html;
use super::outputs::Outputs;
use super::problem::Problem;
use super::running::Running;
use crate::cli::{Format, Output, Redaction, terminal_columns};
use crate::limits::Budget;
use crate::pipeline;
use crate::verdict::explain::Heads;
use crate::view::columns::{self, Reading};
use crate::view::csv::Csv;
use crate::view::json::{Json, NdJson};
use crate::view::markdown::Markdown;
use crate::view::redact::{Names, Redact};
use crate::view::table::{self, Table};
use crate::view::{View, record};
#[cfg(feature = "parquet")]
use crate::view::{own_thread::OwnThread, parquet::Parquet};
use anyhow::Context;
use std::sync::Arc;

/// The view that `output` asks for, with secrets masked if it asks for that. `heads` are the headers of messages as they
/// were sent.
///
/// # Errors
/// Where a template cannot be used, the first line not be written, or there is no key for pseudonyms.
pub(super) fn made(
    output: &Output,
    options: &pipeline::Options,
    running: &Running,
    outputs: Outputs,
    heads: Option<Arc<Heads>>,
) -> anyhow::Result<Box<dyn View>> {
    let memory = options.memory;
    let view = plain(output, options.threads, running, outputs, heads)?;
    let Some(how) = output.redact else { return Ok(view) };
    let redact = match output.format {
        // The document keeps all sessions until the end in any case.
        Format::Json => Redact::holding(view, usize::MAX),
        _ if running.endless => Redact::new(view),
        _ => Redact::holding(view, memory.ended() / 2),
    };
    redacted(redact, how, memory)
}

/// The view with nothing masked.
fn plain(
    output: &Output,
    #[cfg_attr(not(feature = "parquet"), expect(unused_variables))] threads: usize,
    running: &Running,
    outputs: Outputs,
    heads: Option<Arc<Heads>>,
) -> anyhow::Result<Box<dyn View>> {
    let Running { live, endless, .. } = *running;
    let Outputs { out, files, sources, shown_on } = outputs;
    let options = record::Options { lang: output.lang, ..Default::default() };
    let reading = Reading { sources, ..options.into() };
    let style = table::Style { width: output.width, colour: output.colour };
    let tables = table::Options {
        style,
        show: output.show,
        list: output.list,
        lang: output.lang,
        text_limit: options.text_limit,
        time: output.time,
    };
    Ok(match output.format {
        Format::Json => Box::new(Json::new(out, options)),
        Format::Ndjson if endless => Box::new(NdJson::new(out, options)),
        Format::Ndjson => Box::new(NdJson::new(out, options).gathering()),
        Format::Csv if !files.is_empty() => Box::new(Csv::new(files, reading)?),
        Format::Csv => {
            let table = output.tables.names.iter().find_map(|name| columns::table(name));
            Box::new(Csv::new(table.into_iter().zip([out]).collect(), reading)?)
        }
        #[cfg(feature = "parquet")]
        Format::Parquet => {
            let view = Parquet::new(super::tables::parts(output)?, reading)?;
            if threads > 1 { Box::new(OwnThread::new(view.with_threads()?)?) } else { Box::new(view) }
        }
        Format::Markdown => Box::new(Markdown::new(out, tables)),
        Format::Html => Box::new(html::view(output, out, heads)?),
        Format::Table if live => {
            let mut view = table::Live::new(out, tables);
            if output.follows_terminal {
                view = view.following(terminal_columns);
            }
            match shown_on {
                Some(screen) => Box::new(Board::new(view, screen)?),
                None => Box::new(view),
            }
        }
        Format::Table => Box::new(Table::new(out, tables)),
    })
}

/// `redact`, with its share of `memory` for what it knows, and with names for secrets if `how` asks for them.
///
/// # Errors
/// Where there is no key for them.
pub(super) fn redacted<V: View + 'static>(
    redact: Redact<V>,
    how: Redaction,
    memory: Budget,
) -> anyhow::Result<Box<dyn View>> {
    let redact = redact.knowing(memory.ended() / 4);
    Ok(Box::new(match how {
        Redaction::Mask => redact,
        Redaction::Pseudonym => redact.naming(Names::new().context(Problem::NoKey)?),
    }))
}
