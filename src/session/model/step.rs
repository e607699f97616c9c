//! Steps: the rows of a session's table.

use super::Lines;
use crate::capture::Time;
use crate::flow::Side;
use crate::protocol::event::{Channel, Kind, LoginCause, MessageId, Packets, StepId, Subject};
use crate::protocol::secret::Raw;
use crate::protocol::{imap, pop3, smtp};
use std::fmt;
use std::ops::Range;

/// One row of the table. `verdict::purpose` says what it does: that is not stored here.
#[derive(Clone, serde::Serialize, serde::Deserialize)]
pub struct Step {
    /// 1, 2, … within the session.
    pub n: StepId,
    /// Time of the packet that completed it.
    pub time: Time,
    /// The packets that carry it.
    pub packets: Packets,
    /// The side that sent it.
    pub from: Side,
    /// The phase it belongs to.
    pub phase: Phase,
    /// What sort of thing it is.
    pub kind: Kind,
    /// What it is in its protocol.
    pub subject: Subject,
    /// Which variant of it, where there are several.
    pub variant: Variant,
    /// IMAP: the tag.
    pub tag: Option<String>,
    /// Upper-case verb.
    pub command: Option<String>,
    /// What follows the verb, as a range of `text`. May reach beyond the end of a text that was cut.
    pub arguments: Option<Range<usize>>,
    /// IMAP: the mailboxes that it names, decoded, where `text` has them encoded.
    pub mailboxes: Vec<String>,
    /// The line or lines as sent, without the last line end. Whole, as far as the line bound allows: views cut it.
    pub text: String,
    /// True where the line bound has cut `text`.
    pub truncated: bool,
    /// True where there was a text, and it was let go of to keep memory bounded: `text` and what is read from it are
    /// empty.
    pub text_omitted: bool,
    /// Ranges of `text` that are secret.
    pub secrets: Vec<Range<usize>>,
    /// Length on the wire.
    pub bytes: u64,
    /// What it crossed in: the clear, TLS, or TLS that was decrypted.
    pub channel: Channel,
    /// Content: its message, and that message's lines.
    pub carries: Option<ContentRef>,
    /// The step it answers.
    pub answers: Option<StepId>,
    /// Nanoseconds since that step.
    pub elapsed: Option<i64>,
}

impl Step {
    /// The state the session was in, where the protocol has states by name.
    pub fn state(&self) -> Option<State> {
        match &self.subject {
            Subject::Pop3(subject) => Some(State::Pop3(subject.state)),
            Subject::Imap(subject) => Some(State::Imap(subject.state)),
            Subject::Smtp(_)
            | Subject::Tls(_)
            | Subject::Proxy(_)
            | Subject::Gap(_)
            | Subject::Cut
            | Subject::Unknown => None,
        }
    }

    /// SMTP: the reply code.
    pub fn code(&self) -> Option<u16> {
        match &self.subject {
            Subject::Smtp(smtp::Subject::Greeting { code, .. } | smtp::Subject::Reply { code, .. }) => {
                Some(*code).filter(|code| *code > 0)
            }
            // RFC 4954, section 4: a challenge is always a 334.
            Subject::Smtp(smtp::Subject::Challenge(_)) => Some(334),
            _ => None,
        }
    }

    /// The text, as a finding quotes it.
    pub fn quoted(&self) -> String {
        if self.text_omitted { "?".to_owned() } else { self.text.clone() }
    }

    /// The verb, as a finding quotes it.
    pub fn quoted_command(&self) -> String {
        if self.text_omitted { "?".to_owned() } else { self.command.clone().unwrap_or_default() }
    }

    /// SMTP: the enhanced status code (RFC 3463).
    pub fn enhanced(&self) -> Option<smtp::Enhanced> {
        match &self.subject {
            Subject::Smtp(smtp::Subject::Reply { enhanced, .. }) => *enhanced,
            _ => None,
        }
    }

    /// POP3: `+OK`, `-ERR`; IMAP: `OK`, `NO`, `BAD`, `PREAUTH`, `BYE`.
    pub fn status(&self) -> Option<&'static str> {
        match &self.subject {
            Subject::Pop3(subject) => match subject.what {
                pop3::What::Greeting { ok, .. } | pop3::What::Reply { ok, .. } | pop3::What::InDoubt { ok, .. } => {
                    Some(if ok { "+OK" } else { "-ERR" })
                }
                pop3::What::Farewell { .. } => Some("-ERR"),
                _ => None,
            },
            Subject::Imap(subject) => match subject.what {
                imap::What::Greeting(status) | imap::What::Tagged { status, .. } => Some(imap_status(status)),
                imap::What::Untagged(untagged) => untagged_status(untagged).map(imap_status),
                _ => None,
            },
            Subject::Smtp(_)
            | Subject::Tls(_)
            | Subject::Proxy(_)
            | Subject::Gap(_)
            | Subject::Cut
            | Subject::Unknown => None,
        }
    }
}

fn imap_status(status: imap::Status) -> &'static str {
    match status {
        imap::Status::Ok => "OK",
        imap::Status::No => "NO",
        imap::Status::Bad => "BAD",
        imap::Status::Preauth => "PREAUTH",
        imap::Status::Bye => "BYE",
    }
}

fn untagged_status(untagged: imap::Untagged) -> Option<imap::Status> {
    match untagged {
        imap::Untagged::Ok(_) => Some(imap::Status::Ok),
        imap::Untagged::No(_) => Some(imap::Status::No),
        imap::Untagged::Bad(_) => Some(imap::Status::Bad),
        imap::Untagged::Preauth => Some(imap::Status::Preauth),
        imap::Untagged::Bye => Some(imap::Status::Bye),
        _ => None,
    }
}

/// Without what it says: what in it is secret may not be known before the login is over.
impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            n,
            time,
            packets,
            from,
            phase,
            kind,
            subject,
            variant,
            tag,
            command,
            arguments,
            mailboxes,
            text,
            truncated,
            text_omitted,
            secrets,
            bytes,
            channel,
            carries,
            answers,
            elapsed,
        } = self;
        f.debug_struct("Step")
            .field("n", n)
            .field("time", time)
            .field("packets", packets)
            .field("from", from)
            .field("phase", phase)
            .field("kind", kind)
            .field("subject", subject)
            .field("variant", variant)
            .field("tag", &tag.as_ref().map(Raw))
            .field("command", &command.as_ref().map(Raw))
            .field("arguments", arguments)
            .field("mailboxes", &mailboxes.len())
            .field("text", &Raw(text))
            .field("truncated", truncated)
            .field("text_omitted", text_omitted)
            .field("secrets", secrets)
            .field("bytes", bytes)
            .field("channel", channel)
            .field("carries", carries)
            .field("answers", answers)
            .field("elapsed", elapsed)
            .finish()
    }
}

/// Which variant of a command or reply a step is, where its arguments or lines make it another question or answer.
/// Known also where no text is kept, and the same where the text is redacted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Variant {
    /// The only one there is, or the one without anything special.
    #[default]
    Plain,
    /// SMTP, MAIL: the null reverse-path, `FROM:<>` (RFC 5321, section 4.5.5).
    NullSender,
    /// SMTP, BDAT and BURL: with LAST (RFC 3030, section 2; RFC 4468, section 3).
    Last,
    /// SMTP, AUTH: with an initial response (RFC 4954, section 4).
    InitialResponse,
    /// SMTP, a reply: more than one line (RFC 5321, section 4.2.1).
    Multiline,
    /// SMTP, a refusal or a 221: the reason that its words give.
    Said(smtp::Said),
    /// A refusal of a login: why.
    Refused(LoginCause),
    /// POP3, a command: with arguments.
    Arguments,
    /// POP3, DELE: of this message.
    Message(u64),
}

/// What a step of content carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ContentRef {
    /// The message.
    pub message: MessageId,
    /// False where bytes of the message are missing, its end was not seen, or more of it follows.
    pub complete: bool,
    /// Its end never came, though none of the bytes that crossed is missing.
    pub unfinished: bool,
    /// What else is known of how much there is.
    pub measure: Measure,
}

/// What is known of how much content there is, beside its bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Measure {
    /// Nothing.
    #[default]
    None,
    /// The message's lines, on the step that completed it.
    Lines(Lines),
    /// How many octets of this step's content were announced, where fewer were captured.
    Announced(u64),
}

/// The part of a session that a step belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[allow(missing_docs)]
pub enum Phase {
    Connection,
    Encryption,
    Authentication,
    Transaction,
    Release,
}

/// The session's state, in the protocol's own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// RFC 1939, section 3.
    Pop3(pop3::State),
    /// RFC 3501, section 3.
    Imap(imap::State),
}

#[cfg(test)]
mod tests {
    use super::{Step, Subject};

    /// A capture has millions of steps: each field must be worth its memory.
    #[test]
    fn a_step_is_small() {
        assert!(size_of::<Step>() <= 336, "{} bytes", size_of::<Step>());
        assert!(size_of::<Subject>() <= 48, "{} bytes", size_of::<Subject>());
    }
}
