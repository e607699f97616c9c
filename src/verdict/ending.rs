//! How a session ended, as several rules see it: who left, in the middle of what, and who owed the other a word.

use crate::capture::Time;
use crate::flow::{Ends, Side};
use crate::protocol::event::{Channel, Kind, Subject};
use crate::protocol::{Protocol, imap, pop3, smtp, tls};
use crate::session::Session;
use crate::session::model::{Step, Variant};

/// Nanoseconds of a second.
pub const SECOND: i64 = 1_000_000_000;
/// How long a client must have waited for an answer to have given up, and not only left.
pub const PATIENCE: i64 = 2 * SECOND;
/// How long after a refusal the connection may end and the refusal still be the reason.
const REASON: i64 = 5 * SECOND;

/// A client that left while the server owed it an answer.
#[derive(Debug)]
pub struct GaveUp<'a> {
    /// What was not answered; `None` for the greeting.
    pub owed: Option<&'a Step>,
    /// Nanoseconds that it had waited.
    pub waited: i64,
}

/// The packets of the beginning and end, where they are noted.
pub fn ends(session: &Session) -> Option<&Ends> {
    session.transport.ends.as_deref()
}

/// When the first side left, and which.
pub fn left(session: &Session) -> Option<(Side, Time)> {
    session.transport.left.map(|left| (left.side, left.time))
}

/// The packets of the FINs and RSTs.
pub fn leaving_packets(ends: &Ends) -> impl Iterator<Item = u64> {
    let fins = ends.fins.iter().flatten().map(|at| at.packet);
    fins.chain(ends.resets.iter().map(|reset| reset.at.packet))
}

/// Bytes are missing, so that what was said last is not known.
pub fn is_incomplete(session: &Session) -> bool {
    let transport = &session.transport;
    transport.counters.client_missing + transport.counters.server_missing > 0 || !transport.from_start
}

/// Something crossed inside TLS that was not decrypted. A ClientHello that nothing follows hides nothing, nor does the
/// handshake of what was decrypted.
pub fn is_hidden(session: &Session) -> bool {
    let hides = |step: &Step| match &step.subject {
        Subject::Tls(tls::Subject::ClientHello) => false,
        Subject::Tls(subject) if session.tls.decrypted => *subject == tls::Subject::Encrypted,
        _ => true,
    };
    session.steps.iter().any(|step| step.channel == Channel::Tls && hides(step))
}

/// The client asked to end the session: QUIT, LOGOUT.
pub fn is_goodbye(step: &Step) -> bool {
    match &step.subject {
        Subject::Smtp(smtp::Subject::Command(verb)) => *verb == smtp::Verb::Quit,
        Subject::Pop3(subject) => matches!(subject.what, pop3::What::Command(pop3::Verb::Quit)),
        Subject::Imap(subject) => matches!(subject.what, imap::What::Command { verb: imap::Verb::Logout, .. }),
        _ => false,
    }
}

/// The client asked to end the session, at whatever time; or the server thinks so, and says 221.
pub fn has_goodbye(session: &Session) -> bool {
    session.steps.iter().any(|step| is_goodbye(step) || step.code() == Some(221))
}

/// The server said no: a refusal of any kind, or a farewell that was not asked for.
pub fn is_refusal(step: &Step) -> bool {
    match &step.subject {
        Subject::Smtp(smtp::Subject::Greeting { code, .. } | smtp::Subject::Reply { code, .. }) => *code >= 400,
        Subject::Pop3(_) => step.status() == Some("-ERR"),
        Subject::Imap(_) => matches!(step.status(), Some("NO" | "BAD" | "BYE")),
        Subject::Tls(tls) => matches!(tls, crate::protocol::tls::Subject::Alert { .. }),
        _ => false,
    }
}

/// The server refused a command: not the farewell of IMAP, which follows LOGOUT too.
pub fn is_refusal_of_a_command(step: &Step) -> bool {
    is_refusal(step) && step.status() != Some("BYE")
}

/// The server ends the session of its own accord: 421, BYE, an `-ERR` that nobody asked for. Not as its greeting, and not
/// 421 as the answer to a command for reasons of policy: that is a refusal of the command.
pub fn is_farewell(step: &Step) -> bool {
    match &step.subject {
        Subject::Smtp(smtp::Subject::Reply { to, code: 421, enhanced }) => {
            matches!(to, smtp::ReplyTo::Nothing | smtp::ReplyTo::UnfinishedContent { .. })
                || enhanced.is_none_or(|enhanced| enhanced.subject != 7)
        }
        Subject::Pop3(subject) => matches!(subject.what, pop3::What::Farewell { .. }),
        Subject::Imap(subject) => matches!(subject.what, imap::What::Untagged(imap::Untagged::Bye)),
        _ => false,
    }
}

/// A farewell because nothing was heard of the client for too long, by its words.
pub fn is_timeout(step: &Step) -> bool {
    const WORDS: [&str; 6] = ["timeout", "timed out", "time-out", "time out", "inactiv", "idle"];
    let words = || {
        let text = step.text.to_ascii_lowercase();
        WORDS.iter().any(|words| text.contains(words)) || text.contains("autologout") || text.contains("auto-logout")
    };
    step.variant == Variant::Said(smtp::Said::Timeout)
        || step.enhanced().is_some_and(|enhanced| (enhanced.subject, enhanced.detail) == (4, 2))
        || (matches!(step.subject, Subject::Imap(_) | Subject::Pop3(_)) && words())
}

/// The server's last word to a client that was silent for too long, where no command waited for an answer: nothing is
/// refused by it.
pub fn is_end_of_silence(step: &Step) -> bool {
    let is_unasked = match &step.subject {
        Subject::Smtp(smtp::Subject::Reply { to, .. }) => {
            matches!(to, smtp::ReplyTo::Nothing | smtp::ReplyTo::UnfinishedContent { .. })
        }
        Subject::Pop3(subject) => {
            matches!(subject.what, pop3::What::Farewell { .. } | pop3::What::Reply { to: None, ok: false, .. })
        }
        Subject::Imap(subject) => matches!(subject.what, imap::What::Untagged(imap::Untagged::Bye)),
        _ => false,
    };
    is_unasked && is_timeout(step)
}

/// The last step that the server sent up to `time`.
pub fn last_word(session: &Session, time: Time) -> Option<&Step> {
    session.steps.iter().rev().find(|step| step.from == Side::Server && step.kind != Kind::Gap && step.time <= time)
}

/// A refusal of SMTP for the number of errors or commands before it: the server's last word where it closes the connection
/// then. Exim says it by 500 or 554, others by 421.
fn says_too_many(step: &Step) -> bool {
    use smtp::Said::{TooManyBeforeLogin, TooManyCommands, TooManyErrors};
    matches!(step.subject, Subject::Smtp(smtp::Subject::Reply { .. }))
        && matches!(step.variant, Variant::Said(TooManyErrors | TooManyCommands | TooManyBeforeLogin))
}

/// A farewell behind which nothing but replies to earlier commands came up to `time`, none of them a refusal: IMAP's servers
/// may say BYE and then reply to what was asked before.
fn farewell_before_replies(session: &Session, time: Time) -> Option<&Step> {
    let by_then = session.steps.iter().rev().filter(|step| step.time <= time);
    let mut said = by_then.take_while(|step| step.from == Side::Server && step.kind != Kind::Gap);
    said.find(|step| is_farewell(step) || is_refusal(step)).filter(|step| is_farewell(step))
}

/// A refusal by the server came so shortly before `time` that it is the reason for what happened then.
pub fn follows_refusal(session: &Session, time: Time) -> bool {
    last_word(session, time).is_some_and(|step| is_refusal(step) && time.since(step.time) <= REASON)
}

/// The step of the client that the server had not answered by `time`: the last one, where it calls for an answer.
pub fn owed(session: &Session, time: Time) -> Option<&Step> {
    let by_then = || session.steps.iter().rev().filter(|step| step.time <= time);
    let last = by_then().find(|step| step.from == Side::Client && step.kind != Kind::Gap)?;
    let calls = match last.kind {
        // The answer to IDLE comes when the client ends it.
        Kind::Command | Kind::Response => !is_goodbye(last) && !is_idle(last),
        Kind::Data => last.carries().is_some_and(|carried| carried.complete),
        _ => false,
    };
    let answered = by_then().take_while(|step| step.n > last.n).any(|step| is_answer(step, last));
    let replies_missing = || {
        let recipients = session.messages.iter().filter_map(|message| message.envelope.as_ref());
        let is_taken = |code: Option<u16>| code.is_some_and(|code| code < 300);
        session.protocol == Protocol::Lmtp
            && recipients.flat_map(|envelope| &envelope.to).any(|one| is_taken(one.code) && one.final_code.is_none())
    };
    (calls && (!answered || (last.kind == Kind::Data && replies_missing()))).then_some(last)
}

/// The client waits for news.
pub fn is_idle(step: &Step) -> bool {
    matches!(&step.subject, Subject::Imap(subject)
        if matches!(subject.what, imap::What::Command { verb: imap::Verb::Idle, .. }))
}

/// `reply` begins IDLE, which lasts until the client ends it.
pub fn is_idling(session: &Session, reply: &Step) -> bool {
    session.steps.iter().rev().find(|step| step.n < reply.n && step.from == Side::Client).is_some_and(is_idle)
}

/// Whether `step`, which came later, answers `asked`, a step of the client. Commands may be sent ahead of their answers;
/// what follows a command (content, DONE, a SASL response) is answered by the next reply.
pub fn is_answer(step: &Step, asked: &Step) -> bool {
    let answers = matches!(step.kind, Kind::Reply | Kind::Continuation) && step.from == Side::Server;
    let follows_command = matches!(asked.kind, Kind::Data | Kind::Response) || asked.command.is_none();
    answers && step.answers.is_some_and(|answered| answered == asked.n || (follows_command && answered < asked.n))
}

/// The client left while an answer was owed to it, after it had waited for a while.
pub fn gave_up(session: &Session) -> Option<GaveUp<'_>> {
    let (Side::Client, time) = left(session)? else { return None };
    if is_incomplete(session) || is_hidden(session) || has_goodbye(session) {
        return None;
    }
    let transport = &session.transport;
    let (owed, since) = match owed(session, time) {
        Some(owed) => {
            // A long answer may be under way.
            let heard = last_word(session, time).map(|step| step.time);
            (Some(owed), heard.map_or(owed.time, |heard| heard.max(owed.time)))
        }
        None if transport.counters.server_bytes == 0 => (None, transport.first.time),
        None => return None,
    };
    let waited = time.known_since(since)?;
    (waited >= PATIENCE).then_some(GaveUp { owed, waited })
}

/// The server ended the session, and nobody had asked it to.
#[derive(Debug)]
pub struct ServerLeft<'a> {
    /// What it said, if anything.
    pub word: Option<&'a Step>,
    /// Nanoseconds for which nothing had been said.
    pub silence: i64,
    /// What it had not answered.
    pub owed: Option<&'a Step>,
    /// It ended the session because nothing came of the client.
    pub is_timeout: bool,
}

/// How long nothing must have been said for the server's silent FIN to be a timeout.
const IDLE: i64 = 5 * SECOND;
/// The same where it said something that does not tell why.
const IDLE_WITH_WORDS: i64 = 60 * SECOND;

/// The server ended the session of its own accord, where it is known that nobody had asked it to.
pub fn server_left(session: &Session) -> Option<ServerLeft<'_>> {
    let (Side::Server, time) = left(session)? else { return None };
    if is_incomplete(session) || is_hidden(session) || has_goodbye(session) {
        return None;
    }
    let is_reset = ends(session)?.resets.first().is_some_and(|reset| reset.at.time <= time);
    let is_last = |step: &&Step| is_farewell(step) || says_too_many(step);
    let word = last_word(session, time).filter(is_last).or_else(|| farewell_before_replies(session, time));
    if word.is_none() && (is_reset || follows_refusal(session, time)) {
        return None;
    }
    let end = word.map_or(time, |word| word.time);
    let before = session.steps.iter().rev().find(|step| step.time <= end && Some(step.n) != word.map(|word| word.n));
    let silence = end.known_since(before.map_or(session.transport.first.time, |step| step.time))?;
    // What did not arrive is no fault of the client's.
    let lost = ends(session)?.unacknowledged[Side::Client as usize] > 0;
    let owed = owed(session, before.map_or(end, |step| step.time.min(end)));
    let greeted = session.transport.counters.server_bytes > 0;
    // A FIN at once, and none of the client's: it may be the answer to the client's, which the capture has lost.
    let client_left = ends(session)?.fins.first().is_some_and(Option::is_some) || !ends(session)?.resets.is_empty();
    if word.is_none() && owed.is_none() && silence < PATIENCE && !client_left {
        return None;
    }
    let is_timeout = match word {
        Some(word) if is_timeout(word) => true,
        Some(word) => word.variant == Variant::Plain && silence >= IDLE_WITH_WORDS && owed.is_none(),
        None => greeted && owed.is_none() && silence >= IDLE,
    };
    (!lost).then_some(ServerLeft { word, silence, owed, is_timeout })
}
