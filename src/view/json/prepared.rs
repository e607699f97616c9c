/*!
A session's line made before the session has its number, and before its messages are compared with those of others.

Two things are not known then: the number, which stands at the beginning, and each message's `same_as`. Everything else is
copied as it is. Outside a text a quotation mark is never behind a backslash, and inside one it always is: so what looks
like the field `same_as` is one.
*/

use super::super::record::{Line, Options, Session, same_as};
use super::writer::write;
use crate::session;
use memchr::memmem;
use std::io;

/// How every line of a session without a number begins.
const UNNUMBERED: &[u8] = br#"{"type":"session","id":0,"#;
/// The same up to the number.
const BEGINNING: &[u8] = br#"{"type":"session","id":"#;
/// The list of a message that has not been compared yet.
const NOWHERE: &[u8] = br#""same_as":[]"#;

/// The line of `session`, which has no number; empty where it cannot be made.
pub fn line(session: &session::Session, options: Options) -> Box<[u8]> {
    let mut line = Vec::with_capacity(LINE_BYTES);
    let made = write(&Line::Session(Session::new(session, options)), &mut line);
    if made.is_err() || !line.starts_with(UNNUMBERED) { Box::default() } else { line.into_boxed_slice() }
}

/// Bytes that a line has room for at first.
const LINE_BYTES: usize = 16 << 10;

/// Appends `prepared`, the line of `session` before it had its number, to `out`, with what has become known since.
///
/// # Errors
/// If what has become known cannot be written.
pub fn complete(prepared: &[u8], session: &session::Session, out: &mut Vec<u8>) -> io::Result<()> {
    let mut rest = prepared.strip_prefix(UNNUMBERED).unwrap_or(prepared);
    out.extend_from_slice(BEGINNING);
    write(&session.id, out)?;
    out.push(b',');
    if session.messages.iter().any(|message| !message.same_as.is_empty()) {
        let finder = memmem::Finder::new(NOWHERE);
        for message in &session.messages {
            let Some((before, behind)) = finder.find(rest).and_then(|at| rest.split_at_checked(at)) else { break };
            out.extend_from_slice(before);
            out.extend_from_slice(br#""same_as":"#);
            write(&same_as(message), out)?;
            rest = behind.get(NOWHERE.len()..).unwrap_or_default();
        }
    }
    out.extend_from_slice(rest);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::super::record::{Line, Options, Session};
    use super::super::writer::write;
    use super::{complete, line};
    use crate::protocol::Protocol;
    use crate::session;
    use crate::session::model::{Match, SameAs};
    use crate::view::testing::{Talk, everything, lab_pop3, lab_smtp};

    /// Whether `session`, prepared and then completed, is written as it is at once.
    fn assert_same(mut session: session::Session) {
        let options = Options::default();
        session.id = 0;
        session.messages.iter_mut().for_each(|message| message.same_as.clear());
        let prepared = line(&session, options);
        assert!(!prepared.is_empty());
        for (id, same) in [(7, 0), (u64::MAX, 1), (12_345, 3)] {
            session.id = id;
            for message in &mut session.messages {
                let number = |n| SameAs { session: u64::from(n), message: message.n + n, by: Match::Body };
                message.same_as = (0..same * message.n).map(number).collect();
            }
            let (mut at_once, mut completed) = (Vec::new(), Vec::new());
            write(&Line::Session(Session::new(&session, options)), &mut at_once).unwrap();
            complete(&prepared, &session, &mut completed).unwrap();
            assert_eq!(String::from_utf8(completed).unwrap(), String::from_utf8(at_once).unwrap());
        }
    }

    #[test]
    fn what_is_prepared_and_completed_is_what_is_written_at_once() {
        [lab_smtp(), lab_pop3(), everything()].into_iter().for_each(assert_same);
    }

    #[test]
    fn a_text_that_looks_like_a_field_is_none() {
        let field = r#"","same_as":[],"id":0,"#;
        let mut session = lab_smtp();
        let (message, step) = (&mut session.messages[0], &mut session.steps[0]);
        message.header.subject = Some(field.to_owned());
        message.header.message_id = Some(field.to_owned());
        step.text = field.into();
        let second = message.clone();
        session.messages.push(second);
        session.messages[1].n = 2;
        session.banner = Some(field.to_owned());
        assert_same(session);
        assert_same(Talk::new(Protocol::Smtp).s(r#"220 "same_as":[]"#).session);
    }
}
