/*!
The conversation as text: one line for each line that was sent, with its time, the numbers of its packets, and `C:` or
`S:`. A step without text (content, TLS, a gap) is described in brackets.

No line is cut, and every line is safe for a terminal.
*/

use super::numbers;
use crate::capture::Time;
use crate::flow::Side;
use crate::protocol::event::{Kind, MessageId, Subject};
use crate::protocol::sasl::{self, Round};
use crate::protocol::{imap, pop3, smtp};
use crate::session::model::{Session, Step};
use crate::verdict::purpose::purpose;
use crate::view::clock::Clock;
use crate::view::locale::{self, Label};
use crate::view::{Lang, escape};
use std::collections::HashMap;
use std::io::{self, Write};

/// Width of the packet number column.
const NUMBERS: usize = 11;

/// What a transcript shows beside the lines.
#[derive(Debug, Clone, Copy)]
pub struct Form<'a> {
    /// The language of what stands in brackets.
    pub lang: Lang,
    /// Tells the times of day, where the day stands above; without it each line has its moment in full (RFC 3339, UTC).
    pub clock: Option<Clock>,
    /// What was sent in base64 to log in stands beside it decoded.
    pub decoded: bool,
    /// The names of messages' files.
    pub files: &'a HashMap<MessageId, String>,
}

/// Writes the lines of `session`.
///
/// # Errors
/// If `out` cannot be written.
pub fn write(out: &mut dyn Write, form: Form<'_>, session: &Session) -> io::Result<()> {
    let label = |name| locale::label(form.lang, name);
    if session.steps.is_empty() {
        writeln!(out, "{}", label(Label::NothingSaid))?;
    }
    let begun = session.transport.first.time;
    let time = |time: Time| form.clock.map_or_else(|| time.to_string(), |clock| clock.time_of_day(begun, time));
    for step in &session.steps {
        let who = match step.from {
            Side::Client => 'C',
            Side::Server => 'S',
        };
        let time = step.time.known().map(|moment| format!("{} ", time(moment))).unwrap_or_default();
        let margin = format!("{time}{:NUMBERS$} {who}:", numbers(step));
        match described(form, session, step) {
            Some(what) => writeln!(out, "{margin} [{what}]")?,
            None => {
                // The lines after the first came in the same packets: time and numbers are not repeated.
                let under = format!("{:width$}{who}:", "", width = margin.chars().count().saturating_sub(2));
                let decoded = form.decoded.then(|| decoded(form.lang, step)).flatten();
                let beside = decoded.map(|decoded| format!(" [{decoded}]")).unwrap_or_default();
                let (mut margin, mut beside) = (margin.as_str(), beside.as_str());
                for line in lines(&step.text) {
                    writeln!(out, "{margin} {}{beside}", escape::line(line))?;
                    (margin, beside) = (&under, "");
                }
            }
        }
        if step.truncated {
            writeln!(out, "[{}: …]", label(Label::Incomplete))?;
        }
    }
    Ok(())
}

/// The lines of a reply; a CR before a line feed belongs to the line end.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line))
}

/// Describes content, TLS, a gap or any other step without text, with the file of its content; `None` for other steps.
fn described(form: Form<'_>, session: &Session, step: &Step) -> Option<String> {
    if step.text_omitted {
        return Some(locale::label(form.lang, Label::TextOmitted).to_owned());
    }
    if !matches!(step.kind, Kind::Data | Kind::Tls | Kind::Gap) && !step.text.is_empty() {
        return None;
    }
    let mut what = locale::row(form.lang, &purpose(session, step), step.bytes, step.carries().as_ref())
        .unwrap_or_else(|| locale::kind(form.lang, step.kind).to_owned());
    if let Some(file) = step.carries().and_then(|carries| form.files.get(&carries.message)) {
        what.push_str(": ");
        what.push_str(file);
    }
    Some(what)
}

/// What the base64 of a login decodes to, safe for a terminal: control characters as signs, and of what is no text only
/// its length.
fn decoded(lang: Lang, step: &Step) -> Option<String> {
    let payload = payload(step)?;
    let bytes = sasl::base64(payload.as_bytes()).filter(|bytes| !bytes.is_empty())?;
    // NUL and SOH divide the fields of PLAIN and OAUTHBEARER.
    let is_binary = |c: char| c.is_control() && !matches!(c, '\0' | '\x01' | '\r' | '\n' | '\t');
    Some(match std::str::from_utf8(&bytes) {
        Ok(text) if !text.contains(is_binary) => escape::line(text).into_owned(),
        _ => locale::bytes(lang, bytes.len() as u64),
    })
}

/// What is sent in base64 in a step of a login (RFC 4954, RFC 5034, RFC 9051, section 6.2.2); `None` for other steps.
fn payload(step: &Step) -> Option<&str> {
    let text = &*step.text;
    // The mechanism, and the initial response.
    let initial = || text.get(step.argument_range()?)?.split_ascii_whitespace().nth(1);
    let payload = match &step.subject {
        Subject::Smtp(smtp::Subject::Command(smtp::Verb::Auth))
        | Subject::Pop3(pop3::Subject { what: pop3::What::Command(pop3::Verb::Auth), .. })
        | Subject::Imap(imap::Subject { what: imap::What::Command { verb: imap::Verb::Authenticate, .. }, .. }) => {
            initial()?
        }
        Subject::Smtp(smtp::Subject::Challenge(round) | smtp::Subject::Response(round))
        | Subject::Pop3(pop3::Subject { what: pop3::What::Challenge(round) | pop3::What::Response(round), .. })
        | Subject::Imap(imap::Subject { what: imap::What::Challenge(round) | imap::What::Response(round), .. }) => {
            match (round, step.from) {
                (Round::Unencoded(_) | Round::Cancel, _) => return None,
                (_, Side::Client) => text,
                (_, Side::Server) => text.split_once(' ')?.1,
            }
        }
        _ => return None,
    };
    Some(payload.trim()).filter(|payload| *payload != "=")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Protocol;
    use crate::protocol::sasl::Mechanism;
    use crate::view::testing::{Talk, lab_smtp};

    fn written(lang: Lang, clock: Option<Clock>, session: &Session) -> String {
        let mut out = Vec::new();
        write(&mut out, Form { lang, clock, decoded: true, files: &HashMap::new() }, session).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn lines_with_their_times_and_content_in_words() {
        let text = written(Lang::En, Some(Clock::Utc), &lab_smtp());
        assert!(text.starts_with("06:00:00.006000 4           S: 220 服务就绪\n"), "{text}");
        assert!(text.contains("C: [Message of 1266 bytes"), "{text}");
        let text = written(Lang::Zh, Some(Clock::relative()), &lab_smtp());
        assert!(text.starts_with("+0.006000 4           S: 220 "), "{text}");
        let text = written(Lang::En, None, &lab_smtp());
        assert!(text.starts_with("2009-12-08T06:00:00.006000Z 4           S: 220 "), "{text}");
    }

    #[test]
    fn what_was_sent_in_base64_stands_beside_it_decoded() {
        let round = |talk: Talk, subject| talk.with(|step| step.subject = Subject::Smtp(subject));
        let talk = Talk::new(Protocol::Smtp).s("220 x").c("AUTH PLAIN AGFubgBzZXNhbWU=").s("334 VXNlcm5hbWU6");
        let talk = round(talk, smtp::Subject::Challenge(Round::AsksUsername)).c("YW5u");
        let talk = round(talk, smtp::Subject::Response(Round::Username)).c("/////w==");
        let talk = round(talk, smtp::Subject::Response(Round::Proof(Mechanism::Other))).c("********");
        let session = round(talk, smtp::Subject::Response(Round::Password)).c("NOOP YW5u YW5u").session;
        let text = written(Lang::En, Some(Clock::Utc), &session);
        for end in [
            "AGFubgBzZXNhbWU= [␀ann␀sesame]",
            "334 VXNlcm5hbWU6 [Username:]",
            "C: YW5u [ann]",
            "/////w== [4 bytes]",
            "********",
            "NOOP YW5u YW5u",
        ] {
            assert!(text.lines().any(|line| line.ends_with(end)), "{end}: {text}");
        }
    }
}
