//! `--format html`: the page, and the template that it is made from.

use crate::cli::{Format, Output};
use crate::verdict::explain::Heads;
use crate::view::html::{Html, Options, Template};
use anyhow::Context;
use std::io::{Read, Write};
use std::sync::Arc;

/// Bytes of a template.
const TEMPLATE: u64 = 16 << 20;

/// Where the headers of messages are stored, so that the page can quote them as they were sent: with `--redact` it does not.
pub fn heads(output: &Output) -> Option<Arc<Heads>> {
    (output.format == Format::Html && output.redact.is_none()).then(|| Arc::new(Heads::default()))
}

/// The page.
///
/// # Errors
/// Where the template cannot be read, or is none.
pub fn view(output: &Output, out: Box<dyn Write>, heads: Option<Arc<Heads>>) -> anyhow::Result<Html<Box<dyn Write>>> {
    let template = output.template.as_deref().map(|path| -> anyhow::Result<Template> {
        let name = path.display().to_string();
        let read = || {
            let mut text = String::new();
            std::fs::File::open(path)?.take(TEMPLATE).read_to_string(&mut text).map(|_| text)
        };
        let text = read().with_context(|| format!("{name}: the template cannot be read"))?;
        Ok(Template { name, text })
    });
    let options = Options {
        lang: output.lang,
        masked: output.redact.is_some(),
        heads,
        template: template.transpose()?,
        clock: output.time,
    };
    Html::new(out, options).context("the page's template")
}
