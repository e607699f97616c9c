//! Commands that never had a reply although the server answered what came after them.

use crate::flow::Side;
use crate::protocol::event::{Channel, Kind, Subject};
use crate::protocol::{imap, pop3, smtp};
use crate::session::Session;
use crate::session::model::Step;
use crate::verdict::ending::SECOND;
use crate::verdict::idle;

/// How long a client waits for the reply to one command, in nanoseconds, before it is seen to go on without it.
pub const PATIENCE: i64 = 5 * SECOND;

/// A command without a reply.
#[derive(Debug)]
pub struct Unanswered<'a> {
    /// The command.
    pub command: &'a Step,
    /// The first reply to something that the client sent later.
    pub next: &'a Step,
    /// How long the client waited before it sent something else, in nanoseconds.
    pub waited: i64,
}

/// The commands of `session` without a reply, in order, where it [is whole](is_whole).
pub fn unanswered(session: &Session) -> Vec<Unanswered<'_>> {
    if !is_whole(session) {
        return Vec::new();
    }
    let mut replies: Vec<Option<&Step>> = vec![None; session.steps.len() + 1];
    for step in session.steps.iter().filter(|step| is_reply(step)) {
        let place = step.answers.and_then(|n| replies.get_mut(n as usize));
        if let Some(first @ None) = place {
            *first = Some(step);
        }
    }
    let mut found = Vec::new();
    let mut following: Option<&Step> = None;
    let mut next: Option<&Step> = None;
    // IMAP: commands may be answered in another order, so that only the end of the session shows what is missing.
    let mut logged_out = false;
    for step in session.steps.iter().rev() {
        if let Subject::Imap(imap::Subject { what: imap::What::Untagged(untagged), .. }) = &step.subject {
            // It may be what the server has to say to a command whose tag it could not read.
            logged_out &= !matches!(untagged, imap::Untagged::Bad(_) | imap::Untagged::No(_));
        }
        if step.from == Side::Server {
            continue;
        }
        let reply = replies.get(step.n as usize).copied().flatten();
        if let (None, Some(next), Some(following)) = (reply, next, following)
            && calls_for_a_reply(step, logged_out)
            && !idle::is_within(session, step)
        {
            let waited = following.time.known_since(step.time).unwrap_or(0);
            found.push(Unanswered { command: step, next, waited });
        }
        logged_out |= reply.is_some_and(is_logged_out);
        next = reply.or(next);
        following = Some(step);
    }
    found.reverse();
    found
}

/// All of the session is there and readable, each reply has its command, and no proxy speaks for the client.
pub fn is_whole(session: &Session) -> bool {
    let counters = &session.transport.counters;
    session.transport.from_start
        && session.via.is_none()
        && counters.client_missing + counters.server_missing == 0
        && session.limits_hit.is_empty()
        && session.steps.iter().all(is_plain)
}

fn is_plain(step: &Step) -> bool {
    step.channel != Channel::Tls
        && match &step.subject {
            Subject::Unknown | Subject::Cut | Subject::Gap(_) | Subject::Proxy(_) => false,
            Subject::Smtp(smtp::Subject::Reply { to, code, .. }) => match to {
                smtp::ReplyTo::InDoubt => false,
                smtp::ReplyTo::Nothing => *code >= 400,
                _ => true,
            },
            Subject::Smtp(smtp::Subject::RefusedContent) => false,
            Subject::Pop3(subject) => {
                !matches!(subject.what, pop3::What::InDoubt { .. } | pop3::What::Reply { to: None, .. })
            }
            Subject::Imap(subject) => !matches!(subject.what, imap::What::Tagged { to: None, .. }),
            Subject::Smtp(_) | Subject::Tls(_) => true,
        }
}

fn is_reply(step: &Step) -> bool {
    match &step.subject {
        Subject::Imap(subject) => matches!(subject.what, imap::What::Tagged { .. }),
        _ => step.from == Side::Server && matches!(step.kind, Kind::Reply | Kind::Continuation),
    }
}

fn is_logged_out(reply: &Step) -> bool {
    matches!(
        &reply.subject,
        Subject::Imap(imap::Subject {
            what: imap::What::Tagged { to: Some(imap::Verb::Logout), status: imap::Status::Ok, .. },
            ..
        })
    )
}

/// A command that has a reply of its own: not QUIT, after which either side may leave, and not what is answered with
/// what follows it.
fn calls_for_a_reply(step: &Step, logged_out: bool) -> bool {
    use smtp::Verb::{Data, Ehlo, Expn, Helo, Help, Lhlo, Mail, Noop, Rcpt, Rset, Vrfy};
    step.kind == Kind::Command
        && match &step.subject {
            Subject::Smtp(smtp::Subject::Command(verb)) => {
                matches!(verb, Helo | Ehlo | Lhlo | Mail | Rcpt | Data | Rset | Vrfy | Expn | Help | Noop)
            }
            Subject::Pop3(pop3::Subject { what: pop3::What::Command(verb), .. }) => {
                !matches!(verb, pop3::Verb::Quit | pop3::Verb::Auth | pop3::Verb::Other)
            }
            Subject::Imap(imap::Subject { what: imap::What::Command { verb, .. }, .. }) => {
                logged_out
                    && !matches!(
                        verb,
                        imap::Verb::Logout | imap::Verb::Idle | imap::Verb::Authenticate | imap::Verb::Other
                    )
            }
            _ => false,
        }
}
