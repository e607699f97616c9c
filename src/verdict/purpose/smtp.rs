//! What SMTP and LMTP steps do (RFC 5321, and the extensions' RFCs).

use super::{Sasl, enhanced, enumerated};
use crate::protocol::Protocol;
use crate::protocol::event::{self, LoginCause};
use crate::protocol::sasl::Round;
use crate::protocol::smtp::{Enhanced, ReplyTo, Said, Subject, Verb};
use crate::session::model::{Step, Variant};
use replies::reply;

mod refused;
mod replies;

pub use refused::Refused;
pub use replies::Reply;

/// What an SMTP or LMTP step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Smtp {
    /// The server's first reply.
    Greeting(Greeting),
    /// A command.
    Command(Command),
    /// A reply.
    Reply {
        /// What its code means here.
        what: Reply,
        /// Its enhanced status code, where that adds something to the reply code.
        enhanced: Option<(Enhanced, enhanced::Meaning)>,
    },
    /// A refusal that gives its reason in well-known words.
    Refused {
        /// What is refused.
        what: Refused,
        /// Only for now.
        for_now: bool,
        /// The reason.
        said: Said,
        /// The enhanced status code, where that adds something.
        enhanced: Option<(Enhanced, enhanced::Meaning)>,
    },
    /// The server ends the session before the content has ended: it has waited for the rest of it for so long (in
    /// nanoseconds, where that is known).
    ContentAwaited(Option<i64>),
    /// The server ends the session before the content has ended.
    ContentCut,
    /// Content.
    Content(Content),
    /// A step of a SASL exchange.
    Sasl(Sasl),
}

enumerated! {
    /// The server's first reply.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub enum Greeting {
        /// 220.
        Ready,
        /// 421 and other 4yz codes: not now.
        NotNow,
        /// 521 (RFC 7504) or 5yz, by its words: never accepts mail.
        NoMailHere,
        /// 554 and other 5yz codes: not for this client.
        Refused,
        /// Its last line has not come.
        Begun,
        /// A code that is not one of a greeting.
        Odd,
    }
}

/// A command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Command {
    /// One whose verb alone says what it does.
    Verb(Verb),
    /// MAIL FROM:<>: a delivery report, which must not be answered by another.
    MailFromNobody,
    /// BDAT n LAST.
    BdatLast,
    /// AUTH with an initial response.
    AuthAtOnce,
    /// AUTH that names no mechanism.
    AuthAlone,
    /// BURL url LAST.
    BurlLast,
    /// A verb that is not known here, of an extension that the server has announced.
    Announced,
    /// A verb beginning with X, which is left to the two sides (RFC 5321, section 4.1.5).
    Private,
}

impl Command {
    /// All commands.
    #[cfg(test)]
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let of_verbs = [Self::MailFromNobody, Self::BdatLast, Self::AuthAtOnce, Self::AuthAlone, Self::BurlLast];
        Verb::all().map(Self::Verb).chain(of_verbs).chain([Self::Announced, Self::Private])
    }
}

enumerated! {
    /// Content.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub enum Content {
        /// A message, ended by the dot.
        Message,
        /// A chunk of a message.
        Chunk,
        /// The last chunk of a message.
        LastChunk,
        /// Properties of the message that Exchange servers send each other (XEXCH50).
        Properties,
        /// Content that was sent although the server had refused it.
        Refused,
    }
}

/// What an SMTP step does that has this `subject` and `variant`, in a session of `protocol`. `answered` is the step that
/// a reply answers, and `elapsed` the time since that step in nanoseconds.
pub fn of(
    protocol: Protocol,
    subject: &Subject,
    variant: Variant,
    answered: Option<&Step>,
    elapsed: Option<i64>,
) -> Smtp {
    if let Subject::Reply { to: ReplyTo::Sasl, code: 500..=599, .. } = *subject
        && answered.is_some_and(gives_up)
    {
        return Smtp::Sasl(Sasl::Refused(LoginCause::Cancelled));
    }
    // The server's own words outrank the code.
    if let Variant::Said(said) = variant
        && let Some(refused) = refusal(subject, said)
    {
        return refused;
    }
    match *subject {
        Subject::Greeting { ended: false, .. } => Smtp::Greeting(Greeting::Begun),
        Subject::Greeting { code, ended: true } => Smtp::Greeting(greeting(code)),
        Subject::Command(verb) => Smtp::Command(command(verb, variant)),
        Subject::Reply { to: ReplyTo::UnfinishedContent { timeout: true }, .. } => Smtp::ContentAwaited(elapsed),
        Subject::Reply { to: ReplyTo::UnfinishedContent { timeout: false }, .. } => Smtp::ContentCut,
        Subject::Reply { to, code, .. }
            if variant == Variant::NotAccepted && reply(to, code, false) == Reply::LoginRefused =>
        {
            // Nothing was sent that could be accepted or not.
            let sent_nothing = to == ReplyTo::Command(Verb::Auth) && answered.is_some_and(sends_nothing);
            Smtp::Sasl(if sent_nothing { Sasl::Refused(LoginCause::Unknown) } else { Sasl::NotAccepted })
        }
        // No password can be wrong of which nothing was sent.
        Subject::Reply { to: to @ ReplyTo::Command(Verb::Auth), code, .. }
            if variant == Variant::Refused(LoginCause::WrongSecret)
                && reply(to, code, false) == Reply::LoginRefused
                && answered.is_some_and(sends_nothing) =>
        {
            Smtp::Sasl(Sasl::Refused(LoginCause::Unknown))
        }
        Subject::Reply { to, code, enhanced }
            if let Variant::Refused(cause) = variant
                && names_reason(cause, reply(to, code, false), enhanced) =>
        {
            Smtp::Sasl(Sasl::Refused(cause))
        }
        Subject::Reply { to, code, enhanced } => Smtp::Reply {
            what: match reply(to, code, answered.is_some_and(|step| step.variant == Variant::Last)) {
                Reply::EhloUnknown if protocol == Protocol::Lmtp => Reply::LhloExpected,
                Reply::NotHereOrNow | Reply::CommandUnknown
                    if protocol == Protocol::Lmtp && to == ReplyTo::Command(Verb::Helo) =>
                {
                    Reply::LhloExpected
                }
                // X.5.1 (RFC 3463, section 3.6): the command is out of place, whoever the recipient is.
                Reply::RcptUnknown | Reply::RcptDeferred | Reply::RcptBusy | Reply::RcptRefused
                    if is_out_of_place(enhanced) =>
                {
                    Reply::RcptNotHere
                }
                Reply::ContentAccepted | Reply::RecipientAccepted if variant == Variant::Discarded => {
                    Reply::ContentDiscarded
                }
                // 452 is of the number of recipients (RFC 5321, section 4.5.3.1.10) where nothing else is said.
                Reply::RcptTooMany if enhanced.is_some_and(|status| !matches!(status.topic(), (0, 0) | (5, 3))) => {
                    Reply::RcptDeferred
                }
                // 452 is of the server's room where nothing else is said.
                Reply::ContentNoRoom
                    if enhanced.is_some_and(|status| !matches!(status.topic(), (0, 0) | (3, 0 | 1))) =>
                {
                    Reply::ContentDeferred
                }
                Reply::UserConfirmed if variant == Variant::NoAddress => Reply::UserNotNamed,
                Reply::ListExpanded if variant == Variant::NoAddress => Reply::ListNotNamed,
                // Each extension has a line of its own after the first (RFC 5321, section 4.1.1.1).
                Reply::EhloAccepted | Reply::LhloAccepted if variant != Variant::Multiline => Reply::NoExtensions,
                what => what,
            },
            enhanced: detail(code, enhanced),
        },
        Subject::Challenge(round) => Smtp::Sasl(Sasl::Challenge(round)),
        Subject::Response(round) => Smtp::Sasl(Sasl::Response(round)),
        Subject::Content => Smtp::Content(Content::Message),
        Subject::Chunk { last: false } => Smtp::Content(Content::Chunk),
        Subject::Chunk { last: true } => Smtp::Content(Content::LastChunk),
        Subject::Properties => Smtp::Content(Content::Properties),
        Subject::RefusedContent => Smtp::Content(Content::Refused),
    }
}

/// AUTH that carries no initial response.
fn sends_nothing(step: &Step) -> bool {
    matches!(step.variant, Variant::Plain | Variant::Nothing)
}

/// The client's response that gives a login up (RFC 4954, section 4).
fn gives_up(step: &Step) -> bool {
    step.subject == event::Subject::Smtp(Subject::Response(Round::Cancel))
}

/// What the greeting or reply `subject` says by its words, where that is more than its codes say.
fn refusal(subject: &Subject, said: Said) -> Option<Smtp> {
    let (to, code, enhanced) = match *subject {
        Subject::Greeting { code, .. } => (None, code, None),
        Subject::Reply { to, code, enhanced } => (Some(to), code, detail(code, enhanced)),
        _ => return None,
    };
    if said == Said::NoMailHere && to.is_none() {
        return (code >= 500).then_some(Smtp::Greeting(Greeting::NoMailHere));
    }
    if let Some(what) = to.and_then(|to| refused::in_other_words(to, code, said)) {
        return Some(Smtp::Reply { what, enhanced });
    }
    let what = refused::of(to, code, said, enhanced.map(|(_, meaning)| meaning))?;
    let for_now = (400..500).contains(&code) && what != Refused::Connection;
    let enhanced = enhanced.filter(|(_, meaning)| !refused::contradicts(said, *meaning));
    Some(Smtp::Refused { what, for_now, said, enhanced })
}

/// The enhanced status code, where it adds something to `code`.
fn detail(code: u16, enhanced: Option<Enhanced>) -> Option<(Enhanced, enhanced::Meaning)> {
    enhanced
        .filter(|status| says_more(*status) && !is_this_connection(code, *status) && !is_unverified(code, *status))
        .map(|code| (code, enhanced::Meaning::of(code)))
}

fn is_out_of_place(enhanced: Option<Enhanced>) -> bool {
    enhanced.is_some_and(|enhanced| enhanced.class != 2 && (enhanced.subject, enhanced.detail) == (5, 1))
}

/// A success without detail (2.0.0, 2.1.0) only repeats the reply code.
fn says_more(code: Enhanced) -> bool {
    code.class != 2 || code.detail != 0
}

/// 421 ends this connection, so that a broken connection (X.4.2) is none to another host.
fn is_this_connection(code: u16, status: Enhanced) -> bool {
    code == 421 && (status.subject, status.detail) == (4, 2)
}

/// 252 says that nobody has looked, so that an address is not known to be valid (X.1.5).
fn is_unverified(code: u16, status: Enhanced) -> bool {
    code == 252 && (status.subject, status.detail) == (1, 5)
}

/// What a greeting's code says. 521 (RFC 7504) has other words, too: postscreen says it to those whom it blocks.
fn greeting(code: u16) -> Greeting {
    match code {
        220 => Greeting::Ready,
        400..=499 => Greeting::NotNow,
        500..=599 => Greeting::Refused,
        _ => Greeting::Odd,
    }
}

fn command(verb: Verb, variant: Variant) -> Command {
    match (verb, variant) {
        (Verb::Mail, Variant::NullSender) => Command::MailFromNobody,
        (Verb::Bdat, Variant::Last) => Command::BdatLast,
        (Verb::Burl, Variant::Last) => Command::BurlLast,
        (Verb::Auth, Variant::InitialResponse) => Command::AuthAtOnce,
        (Verb::Auth, Variant::Nothing) => Command::AuthAlone,
        (verb, _) => Command::Verb(verb),
    }
}

/// True where the words of a refused login say more than the sentence for its code, or something else.
fn names_reason(cause: LoginCause, by_code: Reply, enhanced: Option<Enhanced>) -> bool {
    use LoginCause::{MechanismNotOffered, Temporary, Unknown, WrongSecret};
    match by_code {
        // The default sentence speaks of a wrong password: only where the server does, and no code says something else.
        Reply::LoginRefused => {
            cause != WrongSecret || enhanced.is_some_and(|enhanced| Enhanced::topic(enhanced) != (7, 8))
        }
        // "454 Invalid username or password": its words say no to the login, not to the moment.
        Reply::LoginDeferred => !matches!(cause, Temporary | Unknown),
        Reply::MechanismTooWeak | Reply::MechanismUnknown => !matches!(cause, MechanismNotOffered | Unknown),
        Reply::AuthNotHere | Reply::LoginRequired => !matches!(cause, Unknown | WrongSecret),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
