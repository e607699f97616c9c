//! How many sessions were open when a server said that there were too many.

use super::found::{Analysis, Evidence, FindingAcross, Findings, rule};
use super::remembered::Remembered;
use crate::capture::Time;
use crate::limits::LimitsHit;
use crate::protocol::event::{LoginCause, LoginOutcome, Subject};
use crate::protocol::smtp::Said;
use crate::protocol::{Protocol, imap, login_cause, pop3};
use crate::session::Session;
use crate::session::model::{Credential, Fact, Severity, Step, Variant};
use crate::verdict::logins;
use crate::verdict::rule::{Class, Needs, Rule, Sentence, Text, Words};
use std::net::IpAddr;

/// A server refused a connection or a login because there were too many, and the capture shows those that were open.
///
/// It matters because the refusal names no number, or one that must be compared with something; the sessions that were
/// open say which program holds them.
///
/// Not: too many login attempts or messages in a short time, which is no matter of what is open; not sessions that were
/// refused themselves; and, where a login was refused, not the sessions of other users.
///
/// RFC 5321, section 3.8 (421); RFC 5530, section 3 (LIMIT, UNAVAILABLE).
pub const RULE: Rule = rule(
    "too-many-connections",
    Severity::Medium,
    Class::Failure,
    Needs::TEXTS,
    Some("RFC 5321, section 3.8"),
    Words {
        en: Text {
            title: "Too many connections at once, by the server's count",
            detail: "The server refused a connection or a login because the client or the user had too many at once. The \
                     evidence has the sessions that were open at that moment.",
            remedy: "End sessions that are not needed, and let the client open fewer at once; or raise the server's limit \
                     for each address or user. The password is not the reason.",
        },
        zh: Text {
            title: "同时的连接过多，被服务器拒绝",
            detail: "客户或用户同时的连接过多，服务器拒绝了新的连接或登录。证据中列出了当时未结束的会话。",
            remedy: "结束不再需要的会话，减少客户同时打开的连接；或提高服务器对每个地址或用户的上限。与密码无关。",
        },
    },
);

const OPEN: Sentence = Sentence {
    en: "Session {0} was refused while {1} other sessions of {2} with this server were open.",
    zh: "会话 {0} 被拒绝时，{2} 与该服务器之间还有 {1} 个会话未结束。",
};

/// Refusals of one client at one server that are looked at one by one.
const LOOKED_AT: usize = 8;

/// Looks for refusals because of too many connections, and counts what was open.
#[derive(Default)]
pub struct TooManyConnections {
    /// By protocol, server and client.
    sessions: Remembered<(Protocol, IpAddr, IpAddr), Seen>,
}

struct Seen {
    evidence: Evidence,
    first: Time,
    last: Time,
    /// The user whose login was accepted, or refused.
    user: Option<String>,
    /// When the session was refused because of too many connections.
    refused: Option<Time>,
}

impl Analysis for TooManyConnections {
    fn session(&mut self, session: &Session, limits: &mut LimitsHit) {
        let refusal = session
            .steps
            .iter()
            .find(|step| step.variant == Variant::Said(Said::TooManyConnections) || greets_with_a_refusal(step));
        let by_login = session.credentials.iter().find(|login| speaks_of_connections(login));
        let login =
            by_login.or_else(|| session.credentials.iter().find(|login| login.outcome == LoginOutcome::Accepted));
        let (steps, refused) = match (by_login, refusal) {
            (Some(login), _) => {
                let decided = login.steps.last().and_then(|&n| session.step(n));
                (login.steps.clone(), decided.map(|step| step.time))
            }
            (None, Some(step)) => (step.answers.into_iter().chain([step.n]).collect(), Some(step.time)),
            (None, None) => (
                session
                    .steps
                    .first()
                    .map(|step| step.n)
                    .into_iter()
                    .chain(login.into_iter().flat_map(|login| login.steps.iter().copied()))
                    .collect(),
                None,
            ),
        };
        let evidence = Evidence::of(session, steps);
        let key = (session.protocol, evidence.session.server(), evidence.session.client());
        let seen = Seen {
            first: session.transport.first.time,
            last: session.transport.last.time,
            user: login.and_then(|login| Some(login.username.as_ref()?.to_lowercase())),
            evidence,
            refused,
        };
        self.sessions.add(key, seen, limits);
    }

    fn finish(self: Box<Self>, findings: &mut Findings) {
        for ((protocol, _, client), sessions) in self.sessions.groups_with(|seen| seen.refused.is_some()) {
            let mut finding = FindingAcross::new(&RULE);
            let by_user = matches!(protocol, Protocol::Imap | Protocol::Pop3);
            let refusals = sessions.iter().filter_map(|seen| Some((seen, seen.refused?)));
            let mut unseen = Vec::new();
            for (nth, (refused, at)) in refusals.enumerate() {
                if nth >= LOOKED_AT {
                    unseen.push(refused);
                    continue;
                }
                let open = |other: &&Seen| {
                    other.refused.is_none()
                        && other.first.since(at) <= 0
                        && other.last.since(at) >= 0
                        && (!by_user || refused.user.is_none() || other.user == refused.user)
                };
                let open: Vec<&Seen> = sessions.iter().filter(open).collect();
                // Then the capture does not show why: those that were open came from elsewhere, or are not in it.
                if open.is_empty() {
                    continue;
                }
                finding = finding.shown_by(refused.evidence.clone());
                let whose = refused.user.clone().filter(|_| by_user).unwrap_or_else(|| client.to_string());
                let facts = vec![
                    (None, Fact::Count(refused.evidence.session.id)),
                    (Some("count"), Fact::Count(open.len() as u64)),
                    (Some("by"), Fact::Name(whose)),
                ];
                finding = finding.says(&OPEN, facts);
                finding = open.into_iter().fold(finding, |finding, seen| finding.shown_by(seen.evidence.clone()));
            }
            // What a single session shows is said there.
            if finding.evidence.len() > 1 {
                for refused in unseen {
                    finding = finding.shown_by(refused.evidence.clone());
                    finding.more += 1;
                }
                findings.add(finding);
            }
        }
    }
}

/// Whether a login was refused because of sessions that are open, and not of attempts in a short time.
fn speaks_of_connections(login: &Credential) -> bool {
    login.cause == Some(LoginCause::Limit) && logins::speaks_of_connections(login.reply.as_deref().unwrap_or_default())
}

/// POP3 and IMAP: the greeting says that there are too many.
fn greets_with_a_refusal(step: &Step) -> bool {
    let refuses = match &step.subject {
        Subject::Pop3(subject) => matches!(subject.what, pop3::What::Greeting { ok: false, .. }),
        Subject::Imap(subject) => matches!(subject.what, imap::What::Greeting(imap::Status::Bye)),
        _ => false,
    };
    refuses
        && login_cause::by_words(step.text.as_bytes()) == Some(LoginCause::Limit)
        && logins::speaks_of_connections(&step.text)
}

#[cfg(test)]
mod tests {
    use super::TooManyConnections;
    use crate::verdict::across::testing::{found, overlapping};

    fn shown(sessions: &[&str], overlap: bool) -> Vec<(u64, Vec<u64>)> {
        let found = found(&sessions.join("\n---\n"), TooManyConnections::default(), |session| {
            if overlap {
                overlapping(session);
            }
        });
        let count = |one: &crate::verdict::across::found::FindingAcross| match one.told[0].facts[1].1 {
            super::Fact::Count(count) => count,
            _ => panic!("a count"),
        };
        let ids = |one: &crate::verdict::across::found::FindingAcross| {
            one.evidence.iter().map(|evidence| evidence.session.id).collect()
        };
        found.all.iter().map(|one| (count(one), ids(one))).collect()
    }

    const OPEN: &str = "S: 220 mx\nC: EHLO a\nS: 250 mx";
    const REFUSED: &str = "S: 421 4.7.0 mx Error: too many connections from 192.0.2.1";

    #[test]
    fn has_the_sessions_that_were_open() {
        assert_eq!(shown(&[OPEN, OPEN, REFUSED, REFUSED], true), [(2, vec![1, 2, 3, 4])]);
        let imap = "S: * OK ready\nC: a NOOP\nS: a OK";
        assert_eq!(shown(&[imap, "S: * BYE Too many connections from your address"], true), [(1, vec![1, 2])]);
        let login = |reply: &str| format!("S: * OK ready\nC: a LOGIN bob secret12\nS: {reply}");
        let no = login("a NO [UNAVAILABLE] Maximum number of connections from user+IP exceeded");
        let other = "S: * OK ready\nC: a LOGIN eve secret34\nS: a OK done";
        assert_eq!(shown(&[&login("a OK done"), other, &no], true), [(1, vec![1, 3])]);
    }

    #[test]
    fn has_not_what_was_over_or_another_limit() {
        assert!(shown(&[OPEN, REFUSED], false).is_empty(), "over");
        assert!(shown(&[OPEN, REFUSED, REFUSED, REFUSED], false).is_empty(), "over, and refused again and again");
        assert!(shown(&[OPEN, "S: 421 4.3.2 shutting down"], true).is_empty());
        let no = "S: * OK ready\nC: a LOGIN bob secret12\nS: a NO too many login attempts";
        assert!(shown(&["S: * OK ready\nC: a LOGIN bob secret12\nS: a OK", no], true).is_empty());
    }
}
