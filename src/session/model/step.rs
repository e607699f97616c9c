//! Steps: the rows of a session's table.

use super::{Lines, Word};
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
    pub tag: Option<Word>,
    /// Upper-case verb.
    pub command: Option<Word>,
    /// What follows the verb, as a range of `text`. May reach beyond the end of a text that was cut.
    pub arguments: Option<Range<u32>>,
    /// The line or lines as sent, without the last line end. Whole, as far as the line bound allows: views cut it.
    pub text: Box<str>,
    /// True where the line bound has cut `text`.
    pub truncated: bool,
    /// True where there was a text, and it was let go of to keep memory bounded: `text` and what is read from it are
    /// empty.
    pub text_omitted: bool,
    /// Length on the wire.
    pub bytes: u64,
    /// What it crossed in: the clear, TLS, or TLS that was decrypted.
    pub channel: Channel,
    /// What few steps have.
    pub extra: Option<Box<Extra>>,
    /// The step it answers.
    pub answers: Option<StepId>,
    /// Nanoseconds since that step.
    pub elapsed: Elapsed,
}

/// What few steps have: it takes no room in the others.
#[derive(Clone, Default, serde::Serialize, serde::Deserialize)]
pub struct Extra {
    /// IMAP: the mailboxes that the step names, decoded, where its text has them encoded.
    pub mailboxes: Vec<String>,
    /// Ranges of its text that are secret.
    pub secrets: Vec<Range<usize>>,
    /// Content: its message, and that message's lines.
    pub carries: Option<ContentRef>,
}

/// Nanoseconds, where they are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(from = "Option<i64>", into = "Option<i64>")]
pub struct Elapsed(i64);

impl Elapsed {
    /// Three centuries before anything: no time that is known.
    const UNKNOWN: i64 = i64::MIN;

    /// The nanoseconds.
    pub fn nanoseconds(self) -> Option<i64> {
        Some(self.0).filter(|&elapsed| elapsed != Self::UNKNOWN)
    }
}

impl From<Option<i64>> for Elapsed {
    fn from(elapsed: Option<i64>) -> Self {
        Self(elapsed.map_or(Self::UNKNOWN, |elapsed| elapsed.max(Self::UNKNOWN + 1)))
    }
}

impl From<Elapsed> for Option<i64> {
    fn from(elapsed: Elapsed) -> Self {
        elapsed.nanoseconds()
    }
}

impl Step {
    /// IMAP: the mailboxes that it names, decoded, where `text` has them encoded.
    pub fn mailboxes(&self) -> &[String] {
        self.extra.as_deref().map_or(&[], |extra| &extra.mailboxes)
    }

    /// Ranges of `text` that are secret.
    pub fn secrets(&self) -> &[Range<usize>] {
        self.extra.as_deref().map_or(&[], |extra| &extra.secrets)
    }

    /// Content: its message, and that message's lines.
    pub fn carries(&self) -> Option<ContentRef> {
        self.extra.as_deref()?.carries
    }

    /// What few steps have, to be changed.
    pub fn extra_mut(&mut self) -> &mut Extra {
        self.extra.get_or_insert_default()
    }

    /// What follows the verb, as a range of `text`. May reach beyond the end of a text that was cut.
    pub fn argument_range(&self) -> Option<Range<usize>> {
        self.arguments.as_ref().map(|range| range.start as usize..range.end as usize)
    }

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
        if self.text_omitted { "?".to_owned() } else { self.text.to_string() }
    }

    /// The verb, as a finding quotes it.
    pub fn quoted_command(&self) -> String {
        if self.text_omitted { "?".to_owned() } else { self.command.as_deref().unwrap_or_default().to_owned() }
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
            text,
            truncated,
            text_omitted,
            bytes,
            channel,
            extra: _,
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
            .field("mailboxes", &self.mailboxes().len())
            .field("text", &Raw(text.as_bytes()))
            .field("truncated", truncated)
            .field("text_omitted", text_omitted)
            .field("secrets", &self.secrets())
            .field("bytes", bytes)
            .field("channel", channel)
            .field("carries", &self.carries())
            .field("answers", answers)
            .field("elapsed", &elapsed.nanoseconds())
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
    /// A refusal of a login: the credentials are not accepted, without another word.
    NotAccepted,
    /// IMAP: NOTIFY NONE (RFC 5465, section 3.2), and an ENABLED that names no extension (RFC 5161, section 3.2). SMTP's AUTH
    /// and IMAP's AUTHENTICATE: no mechanism is named (RFC 4954, section 4; RFC 9051, section 6.2.2).
    Nothing,
    /// IMAP, NO to a message that is to be stored: the words speak of the message itself.
    MessageRefused,
    /// SMTP, 250 to VRFY or EXPN: no address is in it.
    NoAddress,
    /// A reply that accepts a message and says that it is thrown away.
    Discarded,
    /// POP3, a command: with arguments.
    Arguments,
    /// POP3, DELE: of this message.
    Message(MessageNumber),
}

/// The number of a message in a maildrop. As bytes, so that a step is no larger for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(from = "u64", into = "u64")]
pub struct MessageNumber([u8; 8]);

impl From<u64> for MessageNumber {
    fn from(number: u64) -> Self {
        Self(number.to_ne_bytes())
    }
}

impl From<MessageNumber> for u64 {
    fn from(number: MessageNumber) -> Self {
        Self::from_ne_bytes(number.0)
    }
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
        assert!(size_of::<Step>() <= 192, "{} bytes", size_of::<Step>());
        assert!(size_of::<Subject>() <= 48, "{} bytes", size_of::<Subject>());
    }
}
