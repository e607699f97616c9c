//! Who holds the mailbox that a POP3 login found in use.

use super::found::{Analysis, Evidence, FindingAcross, Findings, rule};
use super::remembered::Remembered;
use crate::capture::Time;
use crate::limits::LimitsHit;
use crate::protocol::Protocol;
use crate::protocol::event::{LoginCause, LoginOutcome};
use crate::session::Session;
use crate::session::model::{Fact, Severity};
use crate::verdict::rule::{Class, Needs, Rule, Sentence, Text, Words};
use std::net::IpAddr;

/// A login was refused because another session held the mailbox (`[IN-USE]`, RFC 2449), and the capture has that session.
///
/// It matters because the refusal does not say who it was: another program of the same user, or a session that never ended.
/// The time until the refusal is that for which the server waited for the lock.
///
/// Not: a wrong password; not a session that had ended before the login, or of another user or server.
///
/// RFC 1939, section 4; RFC 2449, section 8.1.2.
pub const RULE: Rule = rule(
    "mailbox-refused",
    Severity::Medium,
    Class::Failure,
    Needs::NONE,
    Some("RFC 1939, section 4"),
    Words {
        en: Text {
            title: "A mailbox was in use by another session",
            detail: "The server refused a mailbox because another session of the same user had it locked.",
            remedy: "Let the programs of this user fetch mail one after the other, with more time between two looks. Where \
                     the holder never ended its session, end it there. IMAP lets several sessions share a mailbox.",
        },
        zh: Text {
            title: "邮箱正被另一会话占用",
            detail: "同一用户的另一会话锁住了邮箱，服务器因此拒绝打开它。",
            remedy: "让该用户的各个程序错开收信时间并延长间隔。如果占用者一直没有结束会话，应在那一端结束它。IMAP 允许多个会话\
                     同时使用一个邮箱。",
        },
    },
);

const HELD: Sentence = Sentence {
    en: "{0} was in use: session {1} of {2} held it from {3} before the refusal in session {4}.",
    zh: "{0} 正被占用：来自 {2} 的会话 {1} 持有它，从会话 {4} 被拒绝前 {3} 起。",
};

/// Looks for the holders of mailboxes in use.
#[derive(Default)]
pub struct MailboxHolder {
    /// By protocol, server and user: logins that were accepted, and those that found the mailbox in use.
    logins: Remembered<(Protocol, IpAddr, String), Login>,
}

struct Login {
    evidence: Evidence,
    /// When the login was decided.
    decided: Time,
    /// When it was begun.
    begun: Time,
    /// The end of the session.
    ended: Time,
    in_use: bool,
}

impl Analysis for MailboxHolder {
    fn session(&mut self, session: &Session, limits: &mut LimitsHit) {
        if session.protocol != Protocol::Pop3 {
            return;
        }
        for login in &session.credentials {
            let in_use = login.cause == Some(LoginCause::InUse);
            let Some(user) = login.username.as_ref().filter(|_| in_use || login.outcome == LoginOutcome::Accepted)
            else {
                continue;
            };
            let steps = || login.steps.iter().filter_map(|&n| session.step(n));
            let (Some(last), Some(first)) = (steps().next_back(), steps().next()) else { continue };
            let (decided, begun) = (last.time, first.time);
            let evidence = Evidence::of(session, login.steps.iter().copied());
            let key = (session.protocol, evidence.session.server(), user.to_lowercase());
            let ended = session.transport.last.time;
            self.logins.add(key, Login { evidence, decided, begun, ended, in_use }, limits);
        }
    }

    fn finish(self: Box<Self>, findings: &mut Findings) {
        for ((_, _, user), logins) in self.logins.groups() {
            for refused in logins.iter().filter(|login| login.in_use) {
                let mut holders: Vec<&Login> = logins
                    .iter()
                    .filter(|holder| !holder.in_use && holder.evidence.session.id != refused.evidence.session.id)
                    .filter(|holder| {
                        holder.decided.since(refused.decided) <= 0 && holder.ended.since(refused.begun) >= 0
                    })
                    .collect();
                holders.sort_by_key(|holder| holder.decided);
                let Some(holder) = holders.last() else { continue };
                let facts = vec![
                    (Some("user"), Fact::Name(user.clone())),
                    (Some("holder"), Fact::Count(holder.evidence.session.id)),
                    (None, Fact::Name(holder.evidence.session.client().to_string())),
                    (Some("seconds"), Fact::Duration(refused.decided.since(holder.decided))),
                    (None, Fact::Count(refused.evidence.session.id)),
                ];
                let finding = FindingAcross::new(&RULE).says(&HELD, facts).shown_by(refused.evidence.clone());
                findings.add(finding.shown_by(holder.evidence.clone()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::MailboxHolder;
    use crate::verdict::across::testing::{found, overlapping};

    fn login(user: &str, reply: &str) -> String {
        format!("S: +OK ready\nC: USER {user}\nS: +OK\nC: PASS secret12\nS: {reply}\n")
    }

    fn ids(one: &str, other: &str, overlap: bool) -> Vec<u64> {
        let found = found(&format!("{one}\n---\n{other}"), MailboxHolder::default(), |session| {
            if overlap {
                overlapping(session);
            }
        });
        found.all.iter().flat_map(|one| one.evidence.iter().map(|evidence| evidence.session.id)).collect()
    }

    #[test]
    fn has_the_open_session_of_the_same_user() {
        let refused = login("Bob", "-ERR [IN-USE] Mailbox is locked by another POP3 session.");
        assert_eq!(ids(&login("bob", "+OK Logged in."), &refused, true), [1, 2]);
    }

    #[test]
    fn has_not_another_user_an_ended_session_or_a_wrong_password() {
        let (held, refused) = (login("bob", "+OK"), login("bob", "-ERR [IN-USE] locked"));
        assert!(ids(&login("eve", "+OK"), &refused, true).is_empty());
        assert!(ids(&held, &refused, false).is_empty());
        assert!(ids(&held, &login("bob", "-ERR [AUTH] wrong"), true).is_empty());
        assert!(ids(&login("bob", "-ERR [IN-USE] locked"), &refused, true).is_empty());
    }
}
