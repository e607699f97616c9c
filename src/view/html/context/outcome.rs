//! What became of a session, in a word.

use super::text::Text;
use crate::session::model::Session;
use crate::verdict::{Upshot, upshot};
use crate::view::locale;
use crate::view::record::enums;
use serde::Serialize;

/// What became of a session.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    /// The word of the column `outcome` (`docs/tables.md`).
    pub id: &'static str,
    /// `good`, `warn`, `bad`, or empty.
    pub tone: &'static str,
    /// That in words.
    pub text: Text,
    /// The words of all with this `id`: without a code, which belongs to one session.
    pub kind: Text,
}

/// What became of `session`, whose findings are known.
pub fn outcome(session: &Session) -> Outcome {
    let upshot = upshot(session);
    let kind = match upshot {
        Upshot::Refused(_) => Upshot::Refused(None),
        Upshot::HungUp(_) | Upshot::FellSilent => Upshot::HungUp(None),
        other => other,
    };
    Outcome {
        id: enums::Upshot(upshot).name(),
        tone: match upshot {
            // What was begun is not done.
            Upshot::FellSilent if !session.transactions.is_empty() => "warn",
            _ => tone(upshot),
        },
        text: Text::of(|lang| locale::upshot(lang, upshot)),
        kind: Text::of(|lang| locale::upshot(lang, kind)),
    }
}

fn tone(upshot: Upshot) -> &'static str {
    match upshot {
        Upshot::Accepted | Upshot::Retrieved | Upshot::Appended | Upshot::LoggedIn => "good",
        Upshot::Partly | Upshot::Deferred | Upshot::RejectedOrDeferred | Upshot::LoginDeferred | Upshot::Aborted => {
            "warn"
        }
        Upshot::NotConnected
        | Upshot::Refused(_)
        | Upshot::HungUp(_)
        | Upshot::Rejected
        | Upshot::LoginRejected
        | Upshot::TlsFailed
        | Upshot::Failed => "bad",
        // Nothing was refused.
        Upshot::FellSilent | Upshot::Unknown | Upshot::LoginUnknown | Upshot::Encrypted | Upshot::Nothing => "",
    }
}
