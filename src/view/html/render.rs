//! The templates, and the policy of the page.

use super::context::again::Repetitions;
use super::context::{Page, session};
use super::drawing;
use crate::session::Session;
use crate::view::clock::Clock;
use data_encoding::BASE64;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::io::{self, Write};

/// The page's style: its own and that of the drawings.
pub(super) const STYLE: &str = concat!(
    "\n",
    include_str!("templates/page.css"),
    include_str!("templates/drawing.css"),
    include_str!("templates/print.css")
);
/// The page's script.
pub(super) const SCRIPT: &str = concat!("\n", include_str!("templates/page.js"));

/// Sessions whose rows are in the document as they are. The script lists as many at a time.
pub(super) const FIRST_ROWS: usize = 100;

/// The built-in templates by name.
const TEMPLATES: [(&str, &str); 7] = [
    ("page.html", include_str!("templates/page.html")),
    ("session.html", include_str!("templates/session.html")),
    ("list.html", include_str!("templates/list.html")),
    ("row.html", include_str!("templates/row.html")),
    ("findings.html", include_str!("templates/findings.html")),
    ("words.html", include_str!("templates/words.html")),
    ("more.html", include_str!("templates/more.html")),
];

/// A template of one's own.
#[derive(Debug, Clone)]
pub struct Template {
    /// The name of its file, for messages.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// A session of the page.
#[derive(Debug, Default)]
pub(super) struct Entry {
    /// Its number.
    pub id: u64,
    /// How many steps it has.
    pub steps: usize,
    /// Its row in the list.
    pub row: Value,
    /// What it opens to: HTML, or for a template of one's own the values. Absent where there was no room.
    pub detail: Option<Value>,
    /// The element that keeps the detail as text until it is opened: none, `noscript`, `script`.
    pub keeps: &'static str,
    /// Messages of it that later sessions carry again.
    pub again: Repetitions,
    /// Its line of data.
    pub data: String,
}

/// The drawings of the page, as SVG; empty where there is nothing to draw.
#[derive(Debug)]
pub(super) struct Drawings {
    /// The sessions over time.
    pub timeline: String,
    /// The ways of messages.
    pub lanes: String,
}

/// Renders sessions and the page.
pub(super) struct Renderer {
    environment: Environment<'static>,
    /// The name of the template of one's own.
    own: Option<String>,
}

impl Renderer {
    /// With the built-in templates, or with one's own.
    pub fn new(template: Option<Template>, redacted: bool) -> io::Result<Self> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        // Whatever it is called, it becomes HTML.
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
        environment.set_syntax(syntax.map_err(|error| told(&error))?);
        environment.add_global("labels", value(super::context::labels()));
        environment.add_global("redacted", redacted);
        for (name, text) in TEMPLATES {
            environment.add_template(name, text).map_err(|error| told(&error))?;
        }
        let own = template.as_ref().map(|template| template.name.clone());
        if let Some(Template { name, text }) = template {
            environment.add_template_owned(name, text).map_err(|error| told(&error))?;
        }
        Ok(Self { environment, own })
    }

    /// What `session` opens to, and about how many bytes it is.
    pub fn detail(
        &self,
        row: &session::Row,
        session: &Session,
        masked: bool,
        clock: Clock,
    ) -> io::Result<(Value, usize)> {
        let detail = session::detail(session, masked, clock);
        if self.own.is_some() {
            // Values take more memory than what they say.
            let texts = session.steps.iter().map(|step| 500 + 4 * step.text.len()).sum::<usize>();
            let size = texts + 4_000 * (1 + session.messages.len() + session.findings.len());
            return Ok((value(detail), size));
        }
        let template = self.environment.get_template("session.html").map_err(|error| told(&error))?;
        let drawing = Value::from_safe_string(drawing::sequence(session));
        let values = context! { row => value(row), session => value(detail), drawing };
        let html = template.render(values).map_err(|error| told(&error))?;
        let size = html.len();
        Ok((Value::from_safe_string(html), size))
    }

    /// Writes the page. `last`: the last line of its data.
    pub fn page(
        &self,
        out: &mut dyn Write,
        page: &Page,
        drawings: Drawings,
        entries: Vec<Entry>,
        last: String,
    ) -> io::Result<()> {
        let name = self.own.as_deref().unwrap_or("page.html");
        let template = self.environment.get_template(name).map_err(|error| told(&error))?;
        let mut data = Vec::with_capacity(entries.len() + 1);
        let mut sessions = Vec::with_capacity(entries.len());
        for Entry { row, detail, keeps, again, data: line, .. } in entries {
            if !line.is_empty() {
                data.push(Value::from_safe_string(line));
            }
            sessions.push(context! { keeps, again => value(again), has_detail => detail.is_some(), detail, ..row });
        }
        data.push(Value::from_safe_string(last));
        let values = context! {
            sessions,
            first_rows => FIRST_ROWS,
            data,
            style => Value::from_safe_string(STYLE.to_owned()),
            script => Value::from_safe_string(SCRIPT.to_owned()),
            policy => policy(),
            timeline => Value::from_safe_string(drawings.timeline),
            lanes => Value::from_safe_string(drawings.lanes),
            ..value(page)
        };
        template.render_captured_to(values, &mut *out).map(drop).map_err(|error| written(&error))
    }
}

/// A value for templates.
pub(super) fn value<T: Serialize>(it: T) -> Value {
    Value::from(Serde(it))
}

/// The policy of the page: nothing is loaded, nothing is sent, and of what is in it only the style and the script count.
pub(super) fn policy() -> String {
    let hash = |text: &str| format!("'sha256-{}'", BASE64.encode(&Sha256::digest(text)));
    format!(
        "default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
}

/// What is wrong with a template: its file, the line, and why.
fn told(error: &minijinja::Error) -> io::Error {
    let place = match (error.name(), error.line()) {
        (Some(name), Some(line)) => format!("{name}, line {line}: "),
        (Some(name), None) => format!("{name}: "),
        _ => String::new(),
    };
    let what = error.detail().map_or_else(|| error.kind().to_string(), |detail| format!("{}: {detail}", error.kind()));
    io::Error::new(io::ErrorKind::InvalidData, crate::view::escape::line(&format!("{place}{what}")).into_owned())
}

/// As [`told`]; where it is the output that failed, that error.
fn written(error: &minijinja::Error) -> io::Error {
    let source = std::error::Error::source(error).and_then(|source| source.downcast_ref::<io::Error>());
    match source {
        Some(source) if error.kind() == minijinja::ErrorKind::WriteFailure => {
            io::Error::new(source.kind(), source.to_string())
        }
        _ => told(error),
    }
}
