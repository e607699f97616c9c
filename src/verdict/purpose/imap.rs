//! What IMAP steps do (RFC 3501, 9051, and the extensions that clients use).

use super::{Sasl, enumerated};
use crate::protocol::event::{self, LoginCause};
use crate::protocol::imap::{Code, State, Status, Subject, Untagged, Verb, What};
use crate::protocol::smtp::Said;
use crate::session::model::{Step, Variant};

/// What an IMAP step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Imap {
    /// The server's first line.
    Greeting(Greeting),
    /// A command.
    Command(Command),
    /// A command within IDLE, which waits for DONE alone (RFC 2177).
    WithinIdle,
    /// DONE, when no IDLE runs any more.
    DoneTooLate,
    /// NOTIFY NONE.
    NotifyNone,
    /// A tagged reply.
    Tagged {
        /// The command it answers; absent where its tag is that of no command.
        to: Option<Command>,
        /// Its status.
        what: Tagged,
        /// Its response code.
        code: Option<Code>,
    },
    /// An untagged response.
    Data(Data),
    /// BYE of the server's own accord, which says why (`purpose` tells it from the answer to LOGOUT).
    Closes {
        /// In place of a greeting: the connection is refused.
        at_once: bool,
        /// The reason.
        said: Said,
    },
    /// The server waits for the literal of a command.
    GoAhead(GoAhead),
    /// A line of a literal that the server has refused.
    Uninvited,
    /// DONE.
    Done,
    /// A message, or a part of one, in the response to FETCH.
    Fetched {
        /// Its length, as far as it was captured.
        octets: u64,
    },
    /// The message that the client stores by APPEND.
    Appended {
        /// Its length, as far as it was captured.
        octets: u64,
    },
    /// The same, in a command that the server does not know.
    AppendedInVain {
        /// Its length, as far as it was captured.
        octets: u64,
    },
    /// A literal of another command.
    OtherContent {
        /// Its length, as far as it was captured.
        octets: u64,
    },
    /// A step of a SASL exchange.
    Sasl(Sasl),
}

enumerated! {
    /// The server's first line.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub enum Greeting {
        /// OK.
        Ready,
        /// PREAUTH.
        LoggedInAlready,
        /// BYE.
        Refused,
        /// NO, which the grammar of a greeting does not have, and servers say.
        No,
        /// BAD, which the grammar of a greeting does not have.
        Odd,
    }
}

/// A command. The same verb with and without UID is two commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Command {
    /// Its verb.
    pub verb: Verb,
    /// Sent with UID: its numbers are unique identifiers and not message numbers (RFC 9051, section 6.4.9).
    pub uid: bool,
}

impl Command {
    /// The command of `verb`, with or without UID, which is dropped before verbs that it does not apply to.
    pub fn new(verb: Verb, uid: bool) -> Self {
        Self { verb, uid: uid && verb.is_by_uid() }
    }

    /// All commands.
    #[cfg(test)]
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        Verb::all().flat_map(|verb| {
            let (plain, uid) = (Self::new(verb, false), Self::new(verb, true));
            std::iter::once(plain).chain((uid != plain).then_some(uid))
        })
    }
}

enumerated! {
    /// A tagged reply's status.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub enum Tagged {
        /// OK.
        Ok,
        /// OK to a conditional STORE, which passed over messages that had been changed meanwhile (RFC 7162, section 3.1.3).
        OkInPart,
        /// NO.
        No,
        /// BAD.
        Bad,
        /// NO or BAD, and the words that the client must log in first.
        LoginFirst,
        /// The same, that a mailbox must be selected first.
        SelectFirst,
        /// The same, that the command is not allowed in this state.
        WrongState,
        /// NO or BAD to a login of a client that is logged in already.
        LoggedInAlready,
        /// BAD to IDLE, which has ended by another line than DONE.
        IdleBroken,
        /// NO to a message that is to be stored, and the words that the message itself is at fault.
        MessageAtFault,
        /// OK to ENABLE, and nothing was turned on.
        NothingEnabled,
        /// OK to NOTIFY NONE.
        NotifyNone,
        /// It answers a line of a literal, which the server has read as a command.
        ToLiteral,
        /// It answers a DONE that came when no IDLE ran any more.
        ToDone,
        /// OK to STORE, and the words that nothing was changed: the mailbox is open for reading only.
        StoreIgnored,
        /// The same, that the server does not know the command.
        UnknownCommand,
        /// The same, that the server does not support the command.
        NotOffered,
        /// PREAUTH or BYE, which the grammar of a tagged reply does not have.
        Odd,
    }
}

/// An untagged response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Data {
    /// One whose kind alone says what it does.
    Untagged(Untagged),
    /// BYE after LOGOUT.
    Goodbye,
    /// EXISTS in a mailbox that was open already: the number of messages has changed.
    ExistsNow,
    /// RECENT in a mailbox that was open already.
    RecentNow,
    /// FETCH in answer to STORE: the new flags.
    FlagsStored,
    /// FETCH without a FETCH command: another client changed the flags.
    FlagsChanged,
    /// ENABLED that names no extension.
    NoneEnabled,
}

impl Data {
    /// All responses, without a response code.
    #[cfg(test)]
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        // UIDFETCH is explained as FETCH.
        let untagged = Untagged::all().filter(|untagged| *untagged != Untagged::UidFetch);
        let told_apart = [Self::Goodbye, Self::ExistsNow, Self::RecentNow, Self::FlagsStored, Self::FlagsChanged];
        untagged.map(Self::Untagged).chain(told_apart).chain([Self::NoneEnabled])
    }
}

enumerated! {
    /// What the server asks for by `+`.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub enum GoAhead {
        /// The message of APPEND.
        Message,
        /// Nothing: IDLE has begun.
        Idling,
        /// The next argument of LOGIN.
        Login,
        /// The next argument of another command.
        Argument,
    }
}

/// What an IMAP step does. `answered` is the step that it answers, or the command that it belongs to.
pub fn of(subject: &Subject, variant: Variant, answered: Option<&Step>) -> Imap {
    let asked = answered.and_then(asked);
    match &subject.what {
        What::Greeting(Status::Bye | Status::No | Status::Bad) if let Variant::Said(said) = variant => {
            Imap::Closes { at_once: true, said }
        }
        What::Greeting(status) => Imap::Greeting(match status {
            Status::Ok => Greeting::Ready,
            Status::Preauth => Greeting::LoggedInAlready,
            Status::Bye => Greeting::Refused,
            Status::No => Greeting::No,
            Status::Bad => Greeting::Odd,
        }),
        What::Command { verb: Verb::Authenticate, .. } if variant == Variant::InitialResponse => {
            Imap::Sasl(Sasl::BeginsAtOnce)
        }
        What::Command { verb: Verb::Authenticate, .. } if variant == Variant::Nothing => Imap::Sasl(Sasl::NamesNothing),
        What::Command { verb: Verb::Notify, .. } if variant == Variant::Nothing => Imap::NotifyNone,
        What::Command { verb, uid } => Imap::Command(Command::new(*verb, *uid)),
        What::Tagged { status, .. }
            if let Variant::Refused(cause) = variant
                && is_told(*status, cause) =>
        {
            Imap::Sasl(Sasl::Refused(cause))
        }
        What::Tagged { status: Status::No | Status::Bad, .. } if variant == Variant::NotAccepted => {
            Imap::Sasl(Sasl::NotAccepted)
        }
        What::Tagged { to, status, code } => Imap::Tagged {
            to: to.map(|verb| asked.unwrap_or(Command::new(verb, false))),
            what: match status {
                // Its tag is that of no command, and it answers one all the same.
                Status::Bad if to.is_none() && answered.is_some() => Tagged::ToLiteral,
                Status::No | Status::Bad if let Variant::Said(said) = variant => by_words(*to, subject.state, said),
                Status::No if variant == Variant::MessageRefused => Tagged::MessageAtFault,
                Status::Bad if *code == Some(Code::CompressionActive) => Tagged::WrongState,
                Status::Ok if *to == Some(Verb::Notify) && answered.is_some_and(is_of_nothing) => Tagged::NotifyNone,
                Status::Ok if *to == Some(Verb::Store) && variant == Variant::Nothing => Tagged::StoreIgnored,
                Status::Ok if (*to, *code) == (Some(Verb::Store), Some(Code::Modified)) => Tagged::OkInPart,
                Status::Ok => Tagged::Ok,
                Status::No => Tagged::No,
                Status::Bad => Tagged::Bad,
                Status::Preauth | Status::Bye => Tagged::Odd,
            },
            code: *code,
        },
        What::Untagged(Untagged::Enabled) if variant == Variant::Nothing => Imap::Data(Data::NoneEnabled),
        What::Untagged(untagged) => Imap::Data(data(*untagged, subject.state, asked)),
        What::Continuation { to } => Imap::GoAhead(match to {
            Some(Verb::Append) => GoAhead::Message,
            Some(Verb::Idle) => GoAhead::Idling,
            Some(Verb::Login) => GoAhead::Login,
            _ => GoAhead::Argument,
        }),
        What::Challenge(round) => Imap::Sasl(Sasl::Challenge(*round)),
        What::Response(round) => Imap::Sasl(Sasl::Response(*round)),
        What::Uninvited => Imap::Uninvited,
        What::Done => Imap::Done,
        What::Content { verb: Verb::Fetch, octets } => Imap::Fetched { octets: *octets },
        What::Content { verb: Verb::Append, octets } => Imap::Appended { octets: *octets },
        What::Content { octets, .. } => Imap::OtherContent { octets: *octets },
    }
}

/// What NO or BAD to `to` says by its words. The two do not tell who is at fault: Courier says NO to what it cannot read.
fn by_words(to: Option<Verb>, state: State, said: Said) -> Tagged {
    match said {
        // Dovecot has the command before the login alone.
        Said::UnknownCommand | Said::InvalidCommand
            if to == Some(Verb::StartTls) && matches!(state, State::Authenticated | State::Selected) =>
        {
            Tagged::WrongState
        }
        Said::LoginFirst => Tagged::LoginFirst,
        Said::SelectFirst => Tagged::SelectFirst,
        Said::OutOfOrder if matches!(to, Some(Verb::Login | Verb::Authenticate)) => Tagged::LoggedInAlready,
        Said::OutOfOrder => Tagged::WrongState,
        Said::UnknownCommand => Tagged::UnknownCommand,
        Said::NotImplemented => Tagged::NotOffered,
        // A known verb may be invalid for what follows it, or for its place.
        Said::InvalidCommand if to == Some(Verb::Other) => Tagged::UnknownCommand,
        _ => Tagged::Bad,
    }
}

/// True where the cause says more than the default sentence, which speaks of a wrong password after NO.
fn is_told(status: Status, cause: LoginCause) -> bool {
    cause != LoginCause::WrongSecret && (status == Status::No || cause != LoginCause::Unknown)
}

/// `step` is NOTIFY NONE, or an ENABLED that names nothing.
fn is_of_nothing(step: &Step) -> bool {
    step.variant == Variant::Nothing
}

/// The command that `step` is.
fn asked(step: &Step) -> Option<Command> {
    match &step.subject {
        event::Subject::Imap(Subject { what: What::Command { verb, uid }, .. }) => Some(Command::new(*verb, *uid)),
        _ => None,
    }
}

fn data(untagged: Untagged, state: State, asked: Option<Command>) -> Data {
    // Before the tagged OK of SELECT the session is not in the selected state yet, unless another mailbox was open.
    let asked = asked.map(|command| command.verb);
    let opening = state != State::Selected || matches!(asked, Some(Verb::Select | Verb::Examine));
    match untagged {
        Untagged::Bye if state == State::Logout || asked == Some(Verb::Logout) => Data::Goodbye,
        Untagged::Exists if !opening => Data::ExistsNow,
        Untagged::Recent if !opening => Data::RecentNow,
        Untagged::Fetch | Untagged::UidFetch => match asked {
            Some(Verb::Store) => Data::FlagsStored,
            Some(Verb::Idle | Verb::Noop | Verb::Check) => Data::FlagsChanged,
            _ => Data::Untagged(Untagged::Fetch),
        },
        untagged => Data::Untagged(untagged),
    }
}
