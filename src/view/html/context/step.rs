//! The report's tables: steps by phase.

use super::text::{TEXT_LIMIT, Text};
use crate::flow::Side;
use crate::protocol::event::Kind;
use crate::session::model::{Session, Step as Model};
use crate::verdict::is_end_of_silence;
use crate::verdict::purpose::purpose;
use crate::view::address::canonical;
use crate::view::escape;
use crate::view::table::{Sections, meaning, numbers, said};
use serde::Serialize;
use std::net::SocketAddr;

/// One table of the report.
#[derive(Debug, Clone, Serialize)]
pub struct Phase {
    /// What it is called.
    pub title: Text,
    /// Its rows.
    pub steps: Vec<Step>,
    /// A row shows a password or token.
    pub has_secrets: bool,
}

/// A row: a command, a reply, content, TLS, a gap.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    /// Its number in the session.
    pub n: u32,
    /// The numbers of its packets.
    pub packets: String,
    /// Seconds since the session began, `1.234567`; absent where the capture has no times.
    pub seconds: Option<String>,
    /// `client` or `server`.
    pub from: &'static str,
    /// The address that it came from, with the port where both ends have one address.
    pub source: String,
    /// The address that it went to.
    pub destination: String,
    /// What was said, in pieces: those that are secret are told apart.
    pub said: Vec<Piece>,
    /// What it is for.
    pub purpose: Text,
    /// `gap`, `secret`, `silent` (the end of a session that fell silent), `refused`, `deferred`, or empty.
    pub mark: &'static str,
}

/// A piece of what was said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Piece {
    /// Its text.
    pub text: Text,
    /// It is a password or token.
    pub secret: bool,
}

/// The tables of `session`, of its first `limit` steps; `masked`: its secrets have been replaced.
pub fn phases(session: &Session, limit: usize, masked: bool) -> Vec<Phase> {
    let mut room = limit;
    let mut phases = Vec::new();
    for (section, steps) in &Sections::of(session).tables {
        let steps = steps.get(..room).unwrap_or(steps);
        room -= steps.len();
        if !steps.is_empty() {
            phases.push(Phase {
                title: Text::with(|options| section.title(options, session)),
                has_secrets: steps.iter().any(|step| !step.secrets().is_empty()),
                steps: steps.iter().map(|step| row(session, step, masked)).collect(),
            });
        }
    }
    phases
}

fn row(session: &Session, step: &Model, masked: bool) -> Step {
    let endpoints = &session.transport.endpoints;
    let (client, server) = (canonical(endpoints.client), canonical(endpoints.server));
    let shown = |end: SocketAddr| if client.ip() == server.ip() { end.to_string() } else { end.ip().to_string() };
    let (from, source, destination) = match step.from {
        Side::Client => ("client", client, server),
        Side::Server => ("server", server, client),
    };
    let purpose = purpose(session, step);
    Step {
        n: step.n,
        packets: numbers(step),
        seconds: step.time.known_since(session.transport.first.time).map(seconds),
        from,
        source: shown(source),
        destination: shown(destination),
        said: pieces(step, masked).unwrap_or_else(|| {
            vec![Piece { text: Text::with(|options| said(options, step, &purpose)), secret: false }]
        }),
        purpose: Text::with(|options| meaning(options, step, &purpose)),
        mark: mark(step),
    }
}

/// What a row is to be noticed for.
fn mark(step: &Model) -> &'static str {
    match (step.kind, step.code(), step.status()) {
        (Kind::Gap, ..) => "gap",
        _ if !step.secrets().is_empty() => "secret",
        _ if is_end_of_silence(step) => "silent",
        (_, Some(400..=499), _) => "deferred",
        (_, Some(500..), _) | (_, _, Some("-ERR" | "NO" | "BAD")) => "refused",
        _ => "",
    }
}

/// Nanoseconds as seconds with six digits.
fn seconds(nanoseconds: i64) -> String {
    let sign = if nanoseconds < 0 { "-" } else { "" };
    let micros = nanoseconds.unsigned_abs() / 1_000;
    format!("{sign}{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

/// The text of a step with secrets, in pieces. None where it has none, or where its text is not what was sent.
fn pieces(step: &Model, masked: bool) -> Option<Vec<Piece>> {
    let is_text = !matches!(step.kind, Kind::Data | Kind::Tls | Kind::Gap) && !step.text_omitted;
    if masked || step.secrets().is_empty() || step.text.is_empty() || !is_text {
        return None;
    }
    let (text, cut) = escape::cut(&step.text, TEXT_LIMIT);
    let mut pieces = Vec::new();
    let mut add = |from: usize, to: usize, secret: bool| {
        // A place within a character belongs to no piece of its own: nothing is lost by showing it as a secret.
        if let Some(piece) = text.get(from..to).filter(|piece| !piece.is_empty()) {
            pieces.push(Piece { text: Text::same(escape::block(piece)), secret });
        }
    };
    let mut ranges: Vec<(usize, usize)> = step.secrets().iter().map(|range| (range.start, range.end)).collect();
    ranges.sort_unstable();
    let mut at = 0;
    for (start, end) in ranges {
        let (start, end) = (start.max(at).min(text.len()), end.max(at).min(text.len()));
        if !text.is_char_boundary(start) || !text.is_char_boundary(end) {
            return Some(vec![Piece { text: Text::same(escape::block(text)), secret: true }]);
        }
        add(at, start, false);
        add(start, end, true);
        at = end;
    }
    add(at, text.len(), false);
    if cut || step.truncated {
        pieces.push(Piece { text: Text::same("…"), secret: false });
    }
    Some(pieces)
}
