//! What a step does, without what it says: steps of two sessions that do the same are put beside each other.

use crate::flow::Side;
use crate::protocol::event::{Kind, Subject};
use crate::protocol::sasl::Round;
use crate::protocol::{imap, pop3, smtp, tls};
use crate::session::model::Step;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::mem::Discriminant;

/// What a step does, and who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Act {
    pub from: Side,
    pub deed: Deed,
}

/// What is done. How it went (a reply's code or status) is not part of it: a reply that accepts and one that refuses the
/// same command stand beside each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Deed {
    Greeting,
    /// HELO, EHLO, LHLO: the client gives its name (RFC 5321, section 4.1.1.1; RFC 2033, section 4.1).
    Hello,
    Smtp(smtp::Verb),
    Pop3(pop3::Verb),
    Imap(imap::Verb, bool),
    /// A command that is not known: a digest of its verb.
    Strange(u64),
    HelloReply,
    SmtpReply(smtp::ReplyTo),
    Pop3Reply(Option<pop3::Verb>),
    Farewell,
    ImapReply(Option<imap::Verb>),
    Untagged(Discriminant<imap::Untagged>),
    Continuation(Option<imap::Verb>),
    /// A round of a login, whatever it carries.
    Challenge,
    Response(Discriminant<Round>),
    Done,
    /// Content of a message.
    Content,
    /// Other octets and lines that are no commands.
    Octets,
    Tls(Discriminant<tls::Subject>),
    Proxy,
    Gap,
    NotUnderstood,
}

impl Act {
    /// What `step` does.
    pub fn of(step: &Step) -> Self {
        Self { from: step.from, deed: deed(step) }
    }

    /// Records of TLS that cannot be looked into: how many there are says nothing about what was done.
    pub fn is_hidden(self) -> bool {
        self.deed == Deed::Tls(std::mem::discriminant(&tls::Subject::Encrypted))
    }

    /// A client's line that is no command of the protocol.
    pub fn is_strange(self) -> bool {
        self.from == Side::Client && matches!(self.deed, Deed::Strange(_) | Deed::NotUnderstood)
    }
}

fn deed(step: &Step) -> Deed {
    match &step.subject {
        Subject::Smtp(subject) => of_smtp(subject, step),
        Subject::Pop3(subject) => of_pop3(&subject.what, step),
        Subject::Imap(subject) => of_imap(&subject.what, step),
        Subject::Tls(subject) => Deed::Tls(std::mem::discriminant(subject)),
        Subject::Proxy(_) => Deed::Proxy,
        Subject::Gap(_) => Deed::Gap,
        Subject::Cut | Subject::Unknown => Deed::NotUnderstood,
    }
}

fn of_smtp(subject: &smtp::Subject, step: &Step) -> Deed {
    use smtp::{ReplyTo, Subject, Verb};
    match subject {
        Subject::Greeting { .. } => Deed::Greeting,
        Subject::Command(Verb::Helo | Verb::Ehlo | Verb::Lhlo) => Deed::Hello,
        Subject::Command(Verb::Other) => strange(step),
        Subject::Command(verb) => Deed::Smtp(*verb),
        Subject::Reply { to: ReplyTo::Command(Verb::Helo | Verb::Ehlo | Verb::Lhlo), .. } => Deed::HelloReply,
        // A timeout is an outcome.
        Subject::Reply { to: ReplyTo::UnfinishedContent { .. }, .. } => Deed::SmtpReply(ReplyTo::Content),
        Subject::Reply { to, .. } => Deed::SmtpReply(*to),
        Subject::Challenge(_) => Deed::Challenge,
        Subject::Response(round) => Deed::Response(std::mem::discriminant(round)),
        Subject::Content | Subject::Chunk { .. } => Deed::Content,
        Subject::Properties | Subject::RefusedContent => Deed::Octets,
    }
}

fn of_pop3(what: &pop3::What, step: &Step) -> Deed {
    use pop3::{Verb, What};
    match what {
        What::Greeting { .. } => Deed::Greeting,
        What::Command(Verb::Other) => strange(step),
        What::Command(verb) => Deed::Pop3(*verb),
        What::Reply { to, .. } => Deed::Pop3Reply(*to),
        What::InDoubt { .. } => Deed::Pop3Reply(None),
        What::Farewell { .. } => Deed::Farewell,
        What::Challenge(_) => Deed::Challenge,
        What::Response(round) => Deed::Response(std::mem::discriminant(round)),
        What::Content(_) => Deed::Content,
    }
}

fn of_imap(what: &imap::What, step: &Step) -> Deed {
    use imap::{Verb, What};
    match what {
        What::Greeting(_) => Deed::Greeting,
        What::Command { verb: Verb::Other, .. } => strange(step),
        What::Command { verb, uid } => Deed::Imap(*verb, *uid),
        What::Tagged { to, .. } => Deed::ImapReply(*to),
        What::Untagged(untagged) => Deed::Untagged(std::mem::discriminant(untagged)),
        What::Continuation { to } => Deed::Continuation(*to),
        What::Challenge(_) => Deed::Challenge,
        What::Response(round) => Deed::Response(std::mem::discriminant(round)),
        What::Uninvited => Deed::Octets,
        What::Done => Deed::Done,
        What::Content { .. } => Deed::Content,
    }
}

/// An unknown command is the same as another if its verb is.
fn strange(step: &Step) -> Deed {
    let mut hasher = DefaultHasher::new();
    step.command.as_deref().unwrap_or_default().hash(&mut hasher);
    Deed::Strange(hasher.finish())
}

/// How a server's step went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// 2xx, `+OK`, `OK`, `PREAUTH`.
    Accepted,
    /// 3xx: more is waited for.
    GoOn,
    /// 4xx: not now.
    Deferred,
    /// 5xx, `-ERR`, `NO`.
    Refused,
    /// `BAD`: not understood.
    Bad,
    /// `BYE`: the server ends the session.
    Bye,
}

impl Outcome {
    /// How `step` went, if it says so.
    pub fn of(step: &Step) -> Option<Self> {
        match step.code() {
            Some(code) => match code / 100 {
                2 => Some(Self::Accepted),
                3 => Some(Self::GoOn),
                4 => Some(Self::Deferred),
                5 => Some(Self::Refused),
                _ => None,
            },
            None => match step.status()? {
                "+OK" | "OK" | "PREAUTH" => Some(Self::Accepted),
                "-ERR" | "NO" => Some(Self::Refused),
                "BAD" => Some(Self::Bad),
                "BYE" => Some(Self::Bye),
                _ => None,
            },
        }
    }

    /// The server does not do what it was asked for.
    pub fn is_failure(self) -> bool {
        matches!(self, Self::Deferred | Self::Refused | Self::Bad)
    }
}

/// Whether the words of a successful reply are what was asked for, and no mere courtesy.
pub fn answers_a_question(act: Act) -> bool {
    use pop3::Verb::{Capa, Lang, Last, List, Stat, Uidl, Xtnd};
    match act.deed {
        Deed::Pop3Reply(Some(verb)) => matches!(verb, Stat | List | Uidl | Capa | Last | Xtnd | Lang),
        Deed::SmtpReply(smtp::ReplyTo::Command(verb)) => matches!(verb, smtp::Verb::Vrfy | smtp::Verb::Expn),
        Deed::Untagged(kind) => {
            let said = [imap::Untagged::Ok(None), imap::Untagged::No(None), imap::Untagged::Bad(None)];
            let ends = [imap::Untagged::Bye, imap::Untagged::Preauth, imap::Untagged::Id];
            !said.iter().chain(&ends).any(|one| std::mem::discriminant(one) == kind)
        }
        _ => false,
    }
}

/// Whether the kinds of two steps' speakers make them each other's counterparts: both are lines, and neither is content.
pub fn is_line(step: &Step) -> bool {
    !matches!(step.kind, Kind::Data | Kind::Tls | Kind::Gap)
}

/// POP3's APOP proves a password by a digest over a time stamp (RFC 1939, section 7).
pub fn is_apop(act: Act) -> bool {
    act.deed == Deed::Pop3(pop3::Verb::Apop)
}
