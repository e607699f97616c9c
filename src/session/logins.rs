/*!
What the conversation around a login says of it: whether the server had offered its mechanism, and whether what the client
sent was broken over lines. Both are known only where several steps are looked at together, and are the same in SMTP, POP3
and IMAP.
*/

use super::model::{Credential, Session, Step, Variant};
use crate::flow::Side;
use crate::protocol::event::{Kind, LoginCause, LoginOutcome, StepId, Subject};
use crate::protocol::{Protocol, imap, login_cause, pop3, smtp};

/// Most steps after a login among which its second line, and the refusal of that, are looked for.
const LINES: usize = 8;

/// Lengths of the lines that encoders break base64 into (RFC 2045, section 6.8; RFC 7468).
const WRAPPED: [usize; 4] = [60, 64, 72, 76];

/// Whether `capabilities`, the server's list, has the mechanism of a login; `None` where it cannot be told: without a list,
/// and for logins that are no matter of it.
pub fn is_offered(protocol: Protocol, capabilities: &[String], mechanism: &str) -> Option<bool> {
    let name = mechanism.strip_prefix("AUTH ").filter(|name| !name.is_empty())?;
    (!capabilities.is_empty()).then(|| offered(protocol, capabilities).any(|one| one.eq_ignore_ascii_case(name)))
}

/// The SASL mechanisms in the server's list (RFC 4954, section 3; RFC 5034, section 3; RFC 3501, section 7.2.1).
pub fn offered(protocol: Protocol, capabilities: &[String]) -> impl Iterator<Item = &str> {
    capabilities.iter().flat_map(move |capability| {
        let mut words = capability.split([' ', '=']).filter(|word| !word.is_empty());
        let keyword = words.next().unwrap_or_default();
        let is_of_logins = match protocol {
            // `AUTH=` for old clients; `X-EXPS` of Exchange.
            Protocol::Smtp | Protocol::Lmtp => ["AUTH", "X-EXPS", "XEXPS"].iter(),
            Protocol::Pop3 => ["SASL"].iter(),
            Protocol::Imap => ["AUTH"].iter(),
        }
        .any(|one| keyword.eq_ignore_ascii_case(one));
        words.filter(move |_| is_of_logins)
    })
}

/// Why a login that was not accepted failed, where the server's list did not have its mechanism. `challenged`: the server
/// has gone along with it, so that its list does not matter.
pub fn cause_by_offer(told: Option<LoginCause>, reply: Option<&[u8]>, challenged: bool) -> Option<LoginCause> {
    let reply = reply.filter(|_| !challenged)?;
    let general = match told? {
        LoginCause::Unknown | LoginCause::WrongSecret => true,
        // The code says that it is no command, or not this one.
        LoginCause::Malformed => reply.starts_with(b"50"),
        _ => false,
    };
    (general && login_cause::by_words(reply).is_none()).then_some(LoginCause::MechanismNotOffered)
}

/// A line of base64 right after a login that was refused: the rest of its response, which the client has broken over
/// lines, and which the server took for a command. The line's step, and that of its refusal.
pub fn stray_line(session: &Session, login: &Credential) -> Option<[StepId; 2]> {
    if login.outcome == LoginOutcome::Accepted || !login.mechanism.starts_with("AUTH ") {
        return None;
    }
    let said_by_client = |n: &&StepId| session.step(**n).is_some_and(|step| step.from == Side::Client);
    let last = *login.steps.iter().rev().find(said_by_client)?;
    let last_step = session.step(last)?;
    let sent = match last_step.kind {
        Kind::Response => usize::try_from(last_step.bytes).ok()?,
        _ => login.wire_forms.last()?.reveal().len(),
    };
    let is_wrapped = |line_end: usize| sent.checked_sub(line_end).is_some_and(|sent| WRAPPED.contains(&sent));
    if !(is_wrapped(0) || last_step.kind == Kind::Response && (is_wrapped(1) || is_wrapped(2))) {
        return None;
    }
    let after = session.steps.get(usize::try_from(last).ok()?..)?;
    let line = after.iter().take(LINES).find(|step| step.from == Side::Client)?;
    if !is_bare_line(line) {
        return None;
    }
    let from = session.steps.get(usize::try_from(line.n).ok()?..)?;
    let refused = from.iter().take(LINES).find(|step| step.answers == Some(line.n) || is_answer_to_no_command(step))?;
    refuses_as_unknown(refused).then_some([line.n, refused.n])
}

/// A line that is no command, and has the length of base64.
fn is_bare_line(step: &Step) -> bool {
    let unknown = matches!(
        &step.subject,
        Subject::Smtp(smtp::Subject::Command(smtp::Verb::Other))
            | Subject::Pop3(pop3::Subject { what: pop3::What::Command(pop3::Verb::Other), .. })
            | Subject::Imap(imap::Subject { what: imap::What::Command { verb: imap::Verb::Other, .. }, .. })
            | Subject::Unknown
    );
    // A word of four letters may be a command; with a `=` it is none.
    let least = if step.text.trim_ascii_end().ends_with('=') { 4 } else { 8 };
    let long = |end: u64| step.bytes.checked_sub(end).is_some_and(|line| line >= least && line.is_multiple_of(4));
    unknown && step.arguments.is_none() && (long(2) || long(1))
}

/// IMAP answers a line without a tag by an untagged BAD.
fn is_answer_to_no_command(step: &Step) -> bool {
    matches!(&step.subject, Subject::Imap(imap::Subject { what: imap::What::Untagged(imap::Untagged::Bad(_)), .. }))
}

fn refuses_as_unknown(step: &Step) -> bool {
    match &step.subject {
        Subject::Smtp(smtp::Subject::Reply { code, .. }) => (500..=503).contains(code),
        Subject::Pop3(pop3::Subject { what: pop3::What::Reply { ok, .. }, .. }) => !ok,
        Subject::Imap(imap::Subject { what: imap::What::Tagged { status, .. }, .. }) => *status == imap::Status::Bad,
        _ => is_answer_to_no_command(step),
    }
}

/// Two lines of the client's for one challenge: a response that was broken over lines, all of which the server has read as
/// responses.
pub fn is_answered_twice(session: &Session, login: &Credential) -> bool {
    let kinds: Vec<Kind> = login.steps.iter().filter_map(|n| session.step(*n)).map(|step| step.kind).collect();
    kinds.windows(2).any(|pair| pair == [Kind::Response; 2])
}

/// Settles why the logins of a session that is over were refused: what came after them may show it.
pub fn settle(session: &mut Session) {
    for index in 0..session.credentials.len() {
        let Some(login) = session.credentials.get(index) else { return };
        // Only of a login that failed are the words looked through.
        let untold = || login.reply.as_ref().is_none_or(|reply| is_of_the_code_alone(reply));
        let open = matches!(login.cause, Some(LoginCause::WrongSecret | LoginCause::Unknown)) && untold();
        let guessed = matches!(login.cause, Some(LoginCause::Malformed | LoginCause::MechanismNotOffered)) && untold();
        // No password can be wrong of which nothing was sent.
        let is_of_nothing = login.cause == Some(LoginCause::WrongSecret) && gave_nothing(session, login);
        if is_of_nothing || guessed && !is_whole(session, login) {
            if let Some(login) = session.credentials.get_mut(index) {
                login.cause = Some(LoginCause::Unknown);
            }
        } else if open
            && is_whole(session, login)
            && (stray_line(session, login).is_some() || is_answered_twice(session, login))
            && let Some(login) = session.credentials.get_mut(index)
        {
            login.cause = Some(LoginCause::Malformed);
        }
    }
}

/// True where all of `login` is in the capture, and has but the name of its mechanism: no initial response, and no round.
fn gave_nothing(session: &Session, login: &Credential) -> bool {
    let by_client = || login.steps.iter().filter_map(|n| session.step(*n)).filter(|step| step.from == Side::Client);
    login.mechanism.starts_with("AUTH ")
        && is_whole(session, login)
        && by_client().all(|step| step.kind == Kind::Command && step.variant != Variant::InitialResponse)
}

/// True where all of `login` is in the capture, from its command to its reply: what is missing may have been a challenge, a
/// cancellation, or another reply.
fn is_whole(session: &Session, login: &Credential) -> bool {
    let (Some(&first), Some(&last)) = (login.steps.first(), login.steps.last()) else { return false };
    let start = usize::try_from(first).ok().and_then(|first| first.checked_sub(1));
    let steps = start.and_then(|start| session.steps.get(start..)).unwrap_or_default();
    steps.first().is_some_and(|step| step.kind == Kind::Command)
        && !steps.iter().take_while(|step| step.n <= last).any(|step| step.kind == Kind::Gap)
}

/// True where the server has not said in words why it refuses the login.
fn is_of_the_code_alone(reply: &str) -> bool {
    login_cause::by_words(reply.as_bytes()).is_none()
}
