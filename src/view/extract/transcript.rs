/*!
The conversation as text: one line for each line that was sent, with its time, the numbers of its packets, and `C:` or
`S:`. A step without text (content, TLS, a gap) is described in brackets.

No line is cut, and every line is safe for a terminal.
*/

use crate::capture::Time;
use crate::flow::Side;
use crate::protocol::event::{Kind, MessageId};
use crate::session::model::{Session, Step};
use crate::verdict::purpose::purpose;
use crate::view::address::canonical;
use crate::view::locale::{self, Label};
use crate::view::table::numbers;
use crate::view::{Lang, escape};
use std::collections::HashMap;
use std::io::{self, Write};

/// Width of the packet number column.
const NUMBERS: usize = 11;

/// Writes the transcript of `session`. `files` are the names of its messages' files.
///
/// # Errors
/// If `out` cannot be written.
pub fn write(out: &mut dyn Write, lang: Lang, session: &Session, files: &HashMap<MessageId, String>) -> io::Result<()> {
    let transport = &session.transport;
    let label = |name| locale::label(lang, name);
    writeln!(
        out,
        "{} {} · {} · {} → {}",
        label(Label::Session),
        session.id,
        locale::protocol(lang, session.protocol),
        canonical(transport.endpoints.client),
        canonical(transport.endpoints.server),
    )?;
    let moment = |time: Time| time.known().map_or(label(Label::NoTime).to_owned(), |time| time.to_string());
    writeln!(out, "{}: {}", label(Label::Started), moment(transport.first.time))?;
    writeln!(out, "{}: {}", label(Label::Ended), moment(transport.last.time))?;
    writeln!(out, "{}: {}", label(Label::HowItEnded), locale::end(lang, transport.end))?;
    if !transport.from_start {
        writeln!(out, "{}", label(Label::FromTheMiddle))?;
    }
    writeln!(out)?;
    if session.steps.is_empty() {
        writeln!(out, "{}", label(Label::NothingSaid))?;
    }
    for step in &session.steps {
        let who = match step.from {
            Side::Client => 'C',
            Side::Server => 'S',
        };
        let time = step.time.known().map(|time| format!("{time} ")).unwrap_or_default();
        let margin = format!("{time}{:NUMBERS$} {who}:", numbers(step));
        match described(lang, session, step, files) {
            Some(what) => writeln!(out, "{margin} [{what}]")?,
            None => {
                // The lines after the first came in the same packets: time and numbers are not repeated.
                let under = format!("{:width$}{who}:", "", width = margin.chars().count().saturating_sub(2));
                let mut margin = margin.as_str();
                for line in lines(&step.text) {
                    writeln!(out, "{margin} {}", escape::line(line))?;
                    margin = &under;
                }
            }
        }
        if step.truncated {
            writeln!(out, "[{}: …]", label(Label::Incomplete))?;
        }
    }
    for (limit, count) in session.limits_hit.iter() {
        writeln!(out, "[{}: {count}]", locale::limit(lang, limit))?;
    }
    Ok(())
}

/// The lines of a reply; a CR before a line feed belongs to the line end.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line))
}

/// Describes content, TLS, a gap or any other step without text, with the file of its content; `None` for other steps.
fn described(lang: Lang, session: &Session, step: &Step, files: &HashMap<MessageId, String>) -> Option<String> {
    if step.text_omitted {
        return Some(locale::label(lang, Label::TextOmitted).to_owned());
    }
    if !matches!(step.kind, Kind::Data | Kind::Tls | Kind::Gap) && !step.text.is_empty() {
        return None;
    }
    let mut what = locale::row(lang, &purpose(session, step), step.bytes, step.carries.as_ref())
        .unwrap_or_else(|| locale::kind(lang, step.kind).to_owned());
    if let Some(file) = step.carries.and_then(|carries| files.get(&carries.message)) {
        what.push_str(": ");
        what.push_str(file);
    }
    Some(what)
}
