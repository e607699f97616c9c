/*!
Which explanation a step gets: typed, so that every language must have words for it.

What a step does depends on its context: a 250 after RCPT is not a 250 after the content, and `NO` after LOGIN is not
`NO` after SELECT. The context is in the step's [`Subject`] and in the step that it answers; here both become one
[`Purpose`], and there is one for each sentence that a view shows.
*/

pub mod enhanced;
mod enumerated;
pub mod imap;
pub mod pop3;
mod sasl;
pub mod smtp;

pub(crate) use enumerated::enumerated;
pub use imap::Imap;
pub use pop3::Pop3;
pub use sasl::Sasl;
pub use smtp::Smtp;

use crate::flow::Side;
use crate::protocol::event::{Channel, LoginCause, LoginOutcome, ProxyHeader, StepId, Subject};
use crate::protocol::sasl::Round;
use crate::protocol::{Protocol, imap as imap_protocol, pop3 as pop3_protocol, smtp as smtp_protocol, tls};
use crate::session::model::{Session, Step, TlsMode, Variant};
use crate::verdict::idle;

/// Most steps before a BYE among which LOGOUT is looked for.
const BEFORE_BYE: usize = 64;
/// Most steps between ENABLE and its reply among which what it turned on is looked for.
const BEFORE_REPLY: usize = 64;

/// What a step does where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// SMTP and LMTP.
    Smtp(Smtp),
    /// POP3.
    Pop3(Pop3),
    /// IMAP.
    Imap(Imap),
    /// A password in a command of POP3 (PASS) or IMAP (LOGIN), inside TLS.
    PasswordInTls(Protocol),
    /// Part of a TLS connection.
    Tls {
        /// The side that sent it.
        from: Side,
        /// Which part.
        what: tls::Subject,
    },
    /// A proxy's header.
    Proxy(ProxyHeader),
    /// A ClientHello where no TLS was agreed upon.
    TlsAtOnce,
    /// The server refuses what came before the dialogue.
    Refuses(Unexpected),
    /// Bytes that are missing from the capture.
    Gap {
        /// The side that sent them.
        from: Side,
        /// How many.
        bytes: u64,
    },
    /// A part of a line, of which too little came to tell what it is.
    Cut {
        /// The side that sent it.
        from: Side,
    },
    /// Bytes that the protocol does not know.
    Unknown {
        /// The protocol that was expected.
        protocol: Protocol,
        /// The side that sent it.
        from: Side,
    },
}

/// What came before the dialogue and was not expected by the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unexpected {
    /// A proxy's header.
    ProxyHeader,
    /// A ClientHello to a port that speaks plain text.
    ClientHello,
}

/// What `step` of `session` does.
pub fn purpose(session: &Session, step: &Step) -> Purpose {
    match step.subject {
        Subject::Tls(tls::Subject::ClientHello) if session.tls.mode == TlsMode::None => Purpose::TlsAtOnce,
        _ => match of(session.protocol, step, session.answered(step)) {
            Purpose::Smtp(Smtp::Command(smtp::Command::Verb(smtp_protocol::Verb::Other))) => {
                Purpose::Smtp(Smtp::Command(unknown_command(session, step)))
            }
            Purpose::Pop3(Pop3::Command(pop3::Command::Quit)) if is_heard_after_login(session, step.n) => {
                Purpose::Pop3(Pop3::Command(pop3::Command::QuitAndUpdate))
            }
            Purpose::Pop3(Pop3::Reply { to: pop3::Command::Quit, what, code })
                if step.answers.is_some_and(|quit| is_heard_after_login(session, quit)) =>
            {
                Purpose::Pop3(Pop3::Reply { to: pop3::Command::QuitAndUpdate, what, code })
            }
            Purpose::Imap(Imap::Data(imap::Data::Goodbye)) if is_unasked(session, step) => {
                Purpose::Imap(match step.variant {
                    Variant::Said(said) => Imap::Closes { at_once: false, said },
                    _ => Imap::Data(imap::Data::Untagged(imap_protocol::Untagged::Bye)),
                })
            }
            Purpose::Smtp(Smtp::Reply { what: smtp::Reply::DataTooEarly, enhanced })
                if is_after_chunks(session, step) =>
            {
                Purpose::Smtp(Smtp::Reply { what: smtp::Reply::DataAfterChunks, enhanced })
            }
            Purpose::Smtp(Smtp::Reply { what: smtp::Reply::ChunkOutOfOrder, enhanced })
                if is_after_refusal(session, step) =>
            {
                Purpose::Smtp(Smtp::Reply { what: smtp::Reply::ChunkAfterRefusal, enhanced })
            }
            Purpose::Imap(what) => Purpose::Imap(imap_in_context(session, step, what)),
            purpose => purpose,
        },
    }
}

/// The DATA that `reply` refuses came behind a chunk of the same message that the server had taken (RFC 3030, section 3: DATA
/// and BDAT cannot be mixed).
fn is_after_chunks(session: &Session, reply: &Step) -> bool {
    use smtp_protocol::{ReplyTo, Subject::Reply, Verb};
    let at = session.steps.partition_point(|step| step.n < reply.n);
    let before = session.steps.get(at.saturating_sub(BEFORE_REPLY)..at).unwrap_or_default();
    let of_message = before.iter().rev().find_map(|step| match &step.subject {
        Subject::Smtp(Reply { to: ReplyTo::Command(verb), code: 200..=299, .. }) => {
            matches!(verb, Verb::Bdat | Verb::Mail | Verb::Rset).then_some(*verb)
        }
        _ => None,
    });
    of_message == Some(Verb::Bdat)
}

/// The chunk that `reply` refuses came behind a chunk or DATA of the same message that was refused, though a recipient was
/// accepted: all that follows is refused until RSET (RFC 3030, section 2).
fn is_after_refusal(session: &Session, reply: &Step) -> bool {
    use smtp_protocol::{ReplyTo, Subject::Reply, Verb};
    let at = session.steps.partition_point(|step| step.n < reply.n);
    let before = session.steps.get(at.saturating_sub(BEFORE_REPLY)..at).unwrap_or_default();
    let (mut has_recipient, mut is_refused) = (false, false);
    for step in before.iter().rev() {
        let Subject::Smtp(Reply { to: ReplyTo::Command(verb), code, .. }) = step.subject else { continue };
        match verb {
            Verb::Bdat | Verb::Data => is_refused |= code >= 400,
            Verb::Rcpt => has_recipient |= (200..300).contains(&code),
            Verb::Mail | Verb::Rset | Verb::Ehlo | Verb::Helo | Verb::Lhlo => break,
            _ => {}
        }
    }
    has_recipient && is_refused
}

/// What an IMAP step does, where the steps around it say more than the one that it answers.
fn imap_in_context(session: &Session, step: &Step, what: Imap) -> Imap {
    match what {
        Imap::Command(_) if idle::is_within(session, step) => Imap::WithinIdle,
        Imap::Done if idle::is_over_at(session, step) => Imap::DoneTooLate,
        Imap::Tagged { to, what: imap::Tagged::Bad, code } if idle::is_to_done(session, step) => {
            Imap::Tagged { to, what: imap::Tagged::ToDone, code }
        }
        Imap::Tagged { to, what: imap::Tagged::Bad, code } if idle::is_broken_by(session, step) => {
            Imap::Tagged { to, what: imap::Tagged::IdleBroken, code }
        }
        Imap::Tagged { to, what: imap::Tagged::Ok, code } if enables_nothing(session, step) => {
            Imap::Tagged { to, what: imap::Tagged::NothingEnabled, code }
        }
        Imap::Tagged { .. } | Imap::Sasl(Sasl::Refused(_) | Sasl::NotAccepted) if client_gave_up(session, step) => {
            Imap::Sasl(Sasl::Refused(LoginCause::Cancelled))
        }
        Imap::Appended { octets } if is_in_vain(session, step) => Imap::AppendedInVain { octets },
        what => what,
    }
}

/// OK to ENABLE, without an ENABLED before it that names an extension, where nothing of the server's is missing.
fn enables_nothing(session: &Session, reply: &Step) -> bool {
    let is_of_enable = |subject: &Subject| match subject {
        Subject::Imap(imap) => matches!(
            imap.what,
            imap_protocol::What::Tagged {
                to: Some(imap_protocol::Verb::Enable),
                status: imap_protocol::Status::Ok,
                ..
            }
        ),
        _ => false,
    };
    let is_told = |step: &Step| match &step.subject {
        Subject::Imap(imap) => {
            imap.what == imap_protocol::What::Untagged(imap_protocol::Untagged::Enabled)
                && step.variant != Variant::Nothing
        }
        _ => false,
    };
    let Some(asked) = reply.answers.filter(|_| is_of_enable(&reply.subject)) else { return false };
    let from = session.steps.partition_point(|step| step.n <= asked);
    let to = session.steps.partition_point(|step| step.n < reply.n);
    let between = session.steps.get(from..to).unwrap_or_default();
    session.transport.counters.server_missing == 0 && between.len() <= BEFORE_REPLY && !between.iter().any(is_told)
}

/// `reply` refuses an AUTHENTICATE that the client gave up by `*` (RFC 9051, section 6.2.2).
fn client_gave_up(session: &Session, reply: &Step) -> bool {
    use imap_protocol::{Status, Verb, What};
    let is_refusal = match &reply.subject {
        Subject::Imap(imap) => {
            matches!(imap.what, What::Tagged { to: Some(Verb::Authenticate), status: Status::No | Status::Bad, .. })
        }
        _ => false,
    };
    let Some(asked) = reply.answers.filter(|_| is_refusal) else { return false };
    let from = session.steps.partition_point(|step| step.n <= asked);
    let to = session.steps.partition_point(|step| step.n < reply.n);
    let between = session.steps.get(from..to).unwrap_or_default();
    let responses = between.iter().rev().take(BEFORE_REPLY).filter_map(|step| match &step.subject {
        Subject::Imap(imap_protocol::Subject { what: What::Response(round), .. }) => Some(*round),
        _ => None,
    });
    // The last one before what the client sent behind it.
    responses.into_iter().next() == Some(Round::Cancel)
}

/// The content of an APPEND or REPLACE that the server does not know.
fn is_in_vain(session: &Session, content: &Step) -> bool {
    let at = content.carries().and_then(|carries| (carries.message as usize).checked_sub(1));
    let message = at.and_then(|at| session.messages.get(at));
    let reply = message.and_then(|message| session.step(*message.steps.last()?));
    reply.is_some_and(|reply| {
        reply.from == Side::Server && reply.variant == Variant::Said(smtp_protocol::Said::UnknownCommand)
    })
}

/// POP3: the client sent command `n` behind a log-in whose reply it did not wait for (RFC 2449, section 6.6), and which was
/// accepted. So the server reads the command in the TRANSACTION state.
fn is_heard_after_login(session: &Session, n: StepId) -> bool {
    let mut accepted = session.credentials.iter().filter(|login| login.outcome == LoginOutcome::Accepted);
    accepted.any(|login| match login.steps.as_slice() {
        [.., asked, reply] => (*asked..*reply).contains(&n),
        _ => false,
    })
}

/// BYE without a LOGOUT shortly before it, where nothing of the client's is missing.
fn is_unasked(session: &Session, bye: &Step) -> bool {
    let is_logout = |step: &Step| match &step.subject {
        Subject::Imap(imap) => {
            matches!(imap.what, imap_protocol::What::Command { verb: imap_protocol::Verb::Logout, .. })
        }
        Subject::Gap(_) | Subject::Cut | Subject::Unknown => true,
        _ => false,
    };
    let at = session.steps.partition_point(|step| step.n < bye.n);
    let before = session.steps.get(at.saturating_sub(BEFORE_BYE)..at).unwrap_or_default();
    session.transport.counters.client_missing == 0 && !before.iter().any(is_logout)
}

/// What is known of an SMTP command whose verb is not.
fn unknown_command(session: &Session, step: &Step) -> smtp::Command {
    let name = step.command.as_deref().unwrap_or_default();
    let keyword = |capability: &String| {
        capability.split([' ', '=']).next().is_some_and(|keyword| keyword.eq_ignore_ascii_case(name))
    };
    match name {
        "" => smtp::Command::Verb(smtp_protocol::Verb::Other),
        _ if session.capabilities.iter().any(keyword) => smtp::Command::Announced,
        _ if name.starts_with('X') => smtp::Command::Private,
        _ => smtp::Command::Verb(smtp_protocol::Verb::Other),
    }
}

/// What `step` does in a session of `protocol`. `answered` is the step that it answers, where it is a reply.
pub fn of(protocol: Protocol, step: &Step, answered: Option<&Step>) -> Purpose {
    if let Some(unexpected) = refused(answered) {
        return Purpose::Refuses(unexpected);
    }
    if step.channel != Channel::Clear && gives_password(&step.subject) {
        return Purpose::PasswordInTls(protocol);
    }
    match &step.subject {
        Subject::Smtp(subject) => {
            Purpose::Smtp(smtp::of(protocol, subject, step.variant, answered, step.elapsed.nanoseconds()))
        }
        Subject::Pop3(subject) => Purpose::Pop3(pop3::of(subject, step.variant, answered)),
        Subject::Imap(subject) => Purpose::Imap(imap::of(subject, step.variant, answered)),
        Subject::Tls(what) => Purpose::Tls { from: step.from, what: what.clone() },
        Subject::Proxy(header) => Purpose::Proxy(*header),
        Subject::Gap(bytes) => Purpose::Gap { from: step.from, bytes: *bytes },
        Subject::Cut => Purpose::Cut { from: step.from },
        Subject::Unknown => Purpose::Unknown { protocol, from: step.from },
    }
}

/// A command that has a password as its argument: what its sentence says of those who can read it is true in the clear.
fn gives_password(subject: &Subject) -> bool {
    match subject {
        Subject::Pop3(pop3) => pop3.what == pop3_protocol::What::Command(pop3_protocol::Verb::Pass),
        Subject::Imap(imap) => {
            matches!(imap.what, imap_protocol::What::Command { verb: imap_protocol::Verb::Login, .. })
        }
        _ => false,
    }
}

/// What was refused, where the step that is answered is no command.
fn refused(answered: Option<&Step>) -> Option<Unexpected> {
    let unexpected = match answered?.subject {
        Subject::Proxy(_) => Unexpected::ProxyHeader,
        Subject::Tls(tls::Subject::ClientHello) => Unexpected::ClientHello,
        _ => return None,
    };
    Some(unexpected)
}

#[cfg(test)]
mod tests;
