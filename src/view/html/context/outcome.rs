//! What became of a session, in a word.

use super::text::Text;
use crate::protocol::event::{Direction, LoginOutcome};
use crate::session::model::Session;
use crate::verdict::{Class, Delivered, Verdict, rules};
use crate::view::locale::{self, Outcome as Kind};
use serde::Serialize;

/// What became of a session.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    /// `delivered`, `partly`, `refused`, `deferred`, `fetched`, `logged_in`, `login_refused`, `failed`, `unknown`, `nothing`.
    pub id: &'static str,
    /// `good`, `warn`, `bad`, or empty.
    pub tone: &'static str,
    /// That in words.
    pub text: Text,
}

/// What became of `session`, of which `verdict` is known.
pub fn outcome(session: &Session, verdict: &Verdict) -> Outcome {
    let failed = verdict.cause.and_then(rules::find).filter(|rule| rule.class == Class::Failure);
    let kind = match verdict.delivered {
        Delivered::Yes => Kind::Delivered,
        Delivered::Partly => Kind::Partly,
        Delivered::No => Kind::Refused,
        Delivered::Deferred => Kind::Deferred,
        Delivered::Unknown if failed.is_none() => Kind::Unknown,
        Delivered::Unknown => Kind::Failed,
        Delivered::Nothing => {
            let has = |outcome| session.credentials.iter().any(|login| login.outcome == outcome);
            let fetched = session.messages.iter().any(|message| message.direction == Direction::Retrieved);
            match () {
                () if fetched => Kind::Fetched,
                () if has(LoginOutcome::Rejected) && !has(LoginOutcome::Accepted) => Kind::LoginRefused,
                () if failed.is_some() => Kind::Failed,
                () if has(LoginOutcome::Accepted) => Kind::LoggedIn,
                () => Kind::Nothing,
            }
        }
    };
    let (id, tone) = name(kind);
    let because = failed.filter(|_| kind == Kind::Failed);
    let text = Text::of(|lang| match because {
        Some(rule) => locale::rule(lang, rule.id).title,
        None => locale::outcome(lang, kind),
    });
    Outcome { id, tone, text }
}

fn name(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Delivered => ("delivered", "good"),
        Kind::Partly => ("partly", "warn"),
        Kind::Refused => ("refused", "bad"),
        Kind::Deferred => ("deferred", "warn"),
        Kind::Fetched => ("fetched", "good"),
        Kind::LoggedIn => ("logged_in", "good"),
        Kind::LoginRefused => ("login_refused", "bad"),
        Kind::Failed => ("failed", "bad"),
        Kind::Unknown => ("unknown", ""),
        Kind::Nothing => ("nothing", ""),
    }
}
