//! What IMAP steps do (RFC 3501, 9051, and the extensions that clients use).

use super::{Sasl, enumerated};
use crate::protocol::event;
use crate::protocol::imap::{Code, State, Status, Subject, Untagged, Verb, What};
use crate::session::model::Step;

/// What an IMAP step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Imap {
    /// The server's first line.
    Greeting(Greeting),
    /// A command.
    Command(Command),
    /// A tagged reply.
    Tagged {
        /// The command it answers; absent where its tag names none.
        to: Option<Command>,
        /// What it says.
        what: Tagged,
        /// Its response code.
        code: Option<Code>,
    },
    /// An untagged response.
    Data(Data),
    /// The server waits for the literal of a command.
    GoAhead(GoAhead),
    /// DONE.
    Done,
    /// A message, or a part of one, that FETCH gave.
    Fetched {
        /// Its length, as far as it was captured.
        octets: u64,
    },
    /// The message that the client stores by APPEND.
    Appended {
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
        /// NO or BAD, which no greeting has.
        Odd,
    }
}

/// A command, told apart where UID makes it another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Command {
    /// Its verb.
    pub verb: Verb,
    /// Said with UID, by which it means unique identifiers and not message numbers (RFC 9051, section 6.4.9).
    pub uid: bool,
}

impl Command {
    /// The command of `verb`, with or without UID, which before some verbs says nothing.
    pub fn new(verb: Verb, uid: bool) -> Self {
        Self { verb, uid: uid && verb.is_by_uid() }
    }

    /// All there are.
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
        /// NO.
        No,
        /// BAD.
        Bad,
        /// PREAUTH or BYE, which no tagged reply has.
        Odd,
    }
}

/// An untagged response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Data {
    /// Told by its kind alone.
    Untagged(Untagged),
    /// BYE after LOGOUT.
    Goodbye,
    /// EXISTS of a mailbox that is open: it has changed.
    ExistsNow,
    /// RECENT of a mailbox that is open.
    RecentNow,
    /// FETCH that tells the flags after STORE.
    FlagsStored,
    /// FETCH unasked: somebody changed the flags.
    FlagsChanged,
}

impl Data {
    /// All there are, those with a code without it.
    #[cfg(test)]
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        // To people UIDFETCH is FETCH.
        let untagged = Untagged::all().filter(|untagged| *untagged != Untagged::UidFetch);
        let told_apart = [Self::Goodbye, Self::ExistsNow, Self::RecentNow, Self::FlagsStored, Self::FlagsChanged];
        untagged.map(Self::Untagged).chain(told_apart)
    }
}

enumerated! {
    /// What `+` invites to.
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

/// What an IMAP step does. `answered` is the step that it answers, or belongs to.
pub fn of(subject: &Subject, answered: Option<&Step>) -> Imap {
    let asked = answered.and_then(asked);
    match &subject.what {
        What::Greeting(status) => Imap::Greeting(match status {
            Status::Ok => Greeting::Ready,
            Status::Preauth => Greeting::LoggedInAlready,
            Status::Bye => Greeting::Refused,
            Status::No | Status::Bad => Greeting::Odd,
        }),
        What::Command { verb, uid } => Imap::Command(Command::new(*verb, *uid)),
        What::Tagged { to, status, code } => Imap::Tagged {
            to: to.map(|verb| asked.unwrap_or(Command::new(verb, false))),
            what: match status {
                Status::Ok => Tagged::Ok,
                Status::No => Tagged::No,
                Status::Bad => Tagged::Bad,
                Status::Preauth | Status::Bye => Tagged::Odd,
            },
            code: *code,
        },
        What::Untagged(untagged) => Imap::Data(data(*untagged, subject.state, asked)),
        What::Continuation { to } => Imap::GoAhead(match to {
            Some(Verb::Append) => GoAhead::Message,
            Some(Verb::Idle) => GoAhead::Idling,
            Some(Verb::Login) => GoAhead::Login,
            _ => GoAhead::Argument,
        }),
        What::Challenge(round) => Imap::Sasl(Sasl::Challenge(*round)),
        What::Response(round) => Imap::Sasl(Sasl::Response(*round)),
        What::Done => Imap::Done,
        What::Content { verb: Verb::Fetch, octets } => Imap::Fetched { octets: *octets },
        What::Content { verb: Verb::Append, octets } => Imap::Appended { octets: *octets },
        What::Content { octets, .. } => Imap::OtherContent { octets: *octets },
    }
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
