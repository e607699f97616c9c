//! What several rules about logins ask.

use crate::protocol::event::{LoginCause, LoginOutcome, StepId, Subject};
use crate::protocol::secret::Secret;
use crate::protocol::{imap, pop3, smtp};
use crate::session::Session;
use crate::session::model::{Credential, Fact, Severity, Step, Variant};

/// Longest name of a mechanism (RFC 4422, section 3.1): what is longer is no name, and may be a secret.
const NAME: usize = 20;

/// The logins of `session` that the server did not accept, because of `cause`.
pub fn refused_for(session: &Session, cause: LoginCause) -> impl Iterator<Item = &Credential> {
    let is_refused = |login: &&Credential| !matches!(login.outcome, LoginOutcome::Accepted | LoginOutcome::Cancelled);
    session.credentials.iter().filter(is_refused).filter(move |login| login.cause == Some(cause))
}

/// The mechanism of `login`, as a finding names it.
pub fn mechanism(login: &Credential) -> Fact {
    let name = login.mechanism.strip_prefix("AUTH ").unwrap_or_default();
    Fact::Name(if name.len() > NAME { "AUTH".to_owned() } else { login.mechanism.clone() })
}

/// The step with which the last accepted login of `session` begins; 0 where none was accepted. A refusal before it matters
/// little.
pub fn last_accepted(session: &Session) -> StepId {
    let accepted = session.credentials.iter().rfind(|login| login.outcome == LoginOutcome::Accepted);
    accepted.and_then(|login| login.steps.first().copied()).unwrap_or_default()
}

/// How much it matters that `login` failed, where the last accepted one begins with the step `accepted`.
pub fn severity(login: &Credential, accepted: StepId) -> Severity {
    if login.steps.first().is_some_and(|&n| n < accepted) { Severity::Low } else { Severity::Medium }
}

/// What the server answered to `login`, as a finding quotes it: nothing, where it repeats a secret of the login.
pub fn reply(login: &Credential) -> Option<Fact> {
    let reply = login.reply.as_ref()?;
    let secrets = [&login.password, &login.token, &login.response].into_iter().flatten().chain(&login.wire_forms);
    let repeats = secrets.map(Secret::reveal).any(|secret| !secret.is_empty() && reply.contains(secret));
    (!repeats).then(|| Fact::Name(reply.clone()))
}

/// True where a login of the session was accepted, or may have been.
pub fn may_be_logged_in(session: &Session) -> bool {
    let may = |login: &Credential| match login.outcome {
        LoginOutcome::Accepted => true,
        LoginOutcome::Unknown => login.reply.is_none(),
        LoginOutcome::Rejected | LoginOutcome::Cancelled => false,
    };
    let counters = &session.transport.counters;
    session.credentials.iter().any(may)
        || session.via.is_some()
        || !session.transport.from_start
        || counters.client_missing + counters.server_missing > 0
}

/// The words of a refusal speak of what is open at once, and not of attempts in a short time.
pub fn speaks_of_connections(reply: &str) -> bool {
    let reply = reply.to_lowercase();
    ["connection", "session"].iter().any(|word| reply.contains(word))
        && !["attempt", "authentication failure", "login failure", "rate"].iter().any(|word| reply.contains(word))
}

/// `reply` refuses a login of POP3 or IMAP for what is open already: the mailbox is in use, or there are too many sessions.
pub fn is_for_lack_of_room(reply: &Step) -> bool {
    matches!(reply.subject, Subject::Pop3(_) | Subject::Imap(_))
        && match reply.variant {
            Variant::Refused(LoginCause::InUse) => true,
            Variant::Refused(LoginCause::Limit) => speaks_of_connections(&reply.text),
            _ => false,
        }
}

/// A user's name without its domain, lower case: servers take many a user with and without one.
pub fn user(name: &str) -> String {
    name.split('@').next().unwrap_or_default().to_lowercase()
}

/// The steps in which the server lists what it is capable of, ascending.
pub fn lists(session: &Session) -> Vec<StepId> {
    let is_list = |subject: &Subject| match subject {
        Subject::Smtp(smtp::Subject::Reply { to: smtp::ReplyTo::Command(verb), code: 250, .. }) => {
            matches!(verb, smtp::Verb::Ehlo | smtp::Verb::Lhlo)
        }
        Subject::Pop3(pop3::Subject {
            what: pop3::What::Reply { to: Some(pop3::Verb::Capa), ok: true, .. }, ..
        }) => true,
        Subject::Imap(imap::Subject { what, .. }) => matches!(
            what,
            imap::What::Untagged(imap::Untagged::Capability | imap::Untagged::Ok(Some(imap::Code::Capability)))
                | imap::What::Tagged { code: Some(imap::Code::Capability), .. }
                | imap::What::Greeting(imap::Status::Ok)
        ),
        _ => false,
    };
    session.steps.iter().filter(|step| is_list(&step.subject)).map(|step| step.n).collect()
}

/// The last of `lists` before the step `n`.
pub fn list_before(lists: &[StepId], n: StepId) -> Option<StepId> {
    lists.get(lists.partition_point(|&list| list < n).checked_sub(1)?).copied()
}

/// True for a mechanism that sends a proof of the password in place of the password.
pub fn is_by_proof(login: &Credential) -> bool {
    let name = login.mechanism.strip_prefix("AUTH ").unwrap_or(&login.mechanism);
    ["APOP", "CRAM-", "DIGEST-", "NTLM", "SCRAM"].iter().any(|kind| name.starts_with(kind))
}
