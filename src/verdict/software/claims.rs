//! What a program says of itself: a claim, which need not be true.

use crate::flow::Side;
use crate::protocol::event::{Direction, Kind, StepId};
use crate::session::model::Session;

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
    let of_id = |text: &str| text.get(..400).unwrap_or(text).to_ascii_uppercase().contains("ID (");
    if let Some(step) = said().find(|step| matches!(step.kind, Kind::Command | Kind::Untagged) && of_id(&step.text)) {
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
