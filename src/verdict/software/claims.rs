//! What a program says of itself: a claim, which need not be true.

use crate::flow::Side;
use crate::protocol::Protocol;
use crate::protocol::event::{Direction, Kind, StepId};
use crate::session::model::{Session, Step};

/// Where a claim stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The server's greeting.
    Banner,
    /// IMAP's ID (RFC 2971).
    Id,
    /// The header field User-Agent of a message that the client sent.
    UserAgent,
    /// The header field X-Mailer of such a message.
    XMailer,
}

impl Place {
    /// Whether the program itself speaks there: a header field of a message may have come a long way.
    pub fn is_of_program(self) -> bool {
        matches!(self, Self::Banner | Self::Id)
    }
}

/// A claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim<'a> {
    /// Where it stands.
    pub place: Place,
    /// Its words.
    pub text: &'a str,
    /// The step that has it.
    pub step: StepId,
}

/// What `side` of `session` says of itself.
pub fn of(session: &Session, side: Side) -> Vec<Claim<'_>> {
    let said = || session.steps.iter().filter(move |step| step.from == side);
    let mut claims = Vec::new();
    if side == Side::Server
        && let Some(step) = said().find(|step| step.kind == Kind::Greeting)
    {
        let text = session.banner.as_deref().unwrap_or(&step.text);
        claims.push(Claim { place: Place::Banner, text, step: step.n });
    }
    if session.protocol == Protocol::Imap
        && let Some(step) = said().find(|step| is_id(step))
    {
        claims.push(Claim { place: Place::Id, text: &step.text, step: step.n });
    }
    if side == Side::Client
        && let Some(message) = session.messages.iter().find(|message| message.direction == Direction::Sent)
    {
        for (name, place) in [("User-Agent", Place::UserAgent), ("X-Mailer", Place::XMailer)] {
            let field = message.header.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name));
            if let (Some(field), Some(&step)) = (field, message.steps.last()) {
                claims.push(Claim { place, text: &field.value, step });
            }
        }
    }
    claims
}

/// Whether `step` is the command ID, or the response to it, with a list (RFC 2971, sections 3.1 and 3.2).
fn is_id(step: &Step) -> bool {
    let behind = match step.kind {
        Kind::Command => step.tag.as_ref().and_then(|tag| step.text.strip_prefix(&**tag)),
        Kind::Untagged => step.text.strip_prefix('*'),
        _ => None,
    };
    let head = behind.and_then(|behind| behind.trim_start_matches(' ').split_at_checked(4));
    head.is_some_and(|(word, _)| word.eq_ignore_ascii_case("ID ("))
}
