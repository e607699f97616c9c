//! The transcript of a session as a file: who talked with whom and when, and the lines.

use crate::capture::Time;
use crate::protocol::event::MessageId;
use crate::session::model::Session;
use crate::view::Lang;
use crate::view::address::canonical;
use crate::view::locale::{self, Label};
use crate::view::table::transcript::{self, Form};
use std::collections::HashMap;
use std::io::{self, Write};

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
    transcript::write(out, Form { lang, clock: None, decoded: false, files }, session)?;
    for (limit, count) in session.limits_hit.iter() {
        writeln!(out, "[{}: {count}]", locale::limit(lang, limit))?;
    }
    Ok(())
}
