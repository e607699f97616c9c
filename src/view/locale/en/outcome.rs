//! What became of a session.

use crate::view::locale::became::Outcome;

pub fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Delivered => "accepted",
        Outcome::Partly => "accepted in part",
        Outcome::Refused => "refused",
        Outcome::Deferred => "refused for now",
        Outcome::Fetched => "fetched",
        Outcome::LoggedIn => "logged in",
        Outcome::LoginRefused => "login refused",
        Outcome::Failed => "failed",
        Outcome::Unknown => "not known",
        Outcome::Nothing => "nothing sent",
    }
}
