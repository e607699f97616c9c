//! Many wrong passwords from one client, over several sessions.

use super::found::{Analysis, Evidence, FindingAcross, Findings, rule};
use super::remembered::Remembered;
use crate::limits::LimitsHit;
use crate::protocol::event::{LoginCause, LoginOutcome};
use crate::session::Session;
use crate::session::model::{Fact, Severity};
use crate::verdict::rule::{Class, Needs, Rule, Sentence, Text, Words};
use std::collections::{BTreeSet, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;

/// One client tried at least [`TRIES`] different pairs of user and secret at one server, over more than one session, and
/// the server said of each that it was wrong.
///
/// It matters because this is how passwords are guessed: many for one user, or one for many users.
///
/// Not: the same wrong password again and again, as of a mail program that nobody has told the new one; not refusals for
/// another reason (no encryption, too many connections, a mailbox in use); and not what a single session shows alone.
///
/// RFC 4954, section 4; RFC 6749, section 10.10, says what to do against it.
pub const RULE: Rule = rule(
    "repeated-login-failures",
    Severity::Medium,
    Class::Weakness,
    Needs::NONE,
    None,
    Words {
        en: Text {
            title: "One client tried many passwords, over several sessions",
            detail: "The client tried at least five different pairs of user and password at this server, and each was wrong. \
                     That is how passwords are guessed.",
            remedy: "Find out whose client it is. Let the server slow down or block addresses after a few failures, and see \
                     whether one of the tries was accepted in the end.",
        },
        zh: Text {
            title: "同一客户在多个会话中试了许多密码",
            detail: "该客户在这台服务器上试过至少五组不同的用户名和密码，都不正确：猜测密码就是这样进行的。",
            remedy: "查明该客户的身份。让服务器在几次失败后延迟响应或封锁该地址，并查看最后是否有一次登录成功。",
        },
    },
);

const TRIED: Sentence = Sentence {
    en: "{0} at {1}: {2} different tries, {3} users, {4} sessions.",
    zh: "{0} 对 {1}：{2} 次不同的尝试，{3} 个用户，{4} 个会话。",
};
const AND_IN: Sentence =
    Sentence { en: "A login of {0} was accepted after that.", zh: "之后有一次登录成功，客户为 {0}。" };

/// Different tries from which on it is reported.
const TRIES: usize = 5;

/// Counts wrong logins.
#[derive(Default)]
pub struct RepeatedLoginFailures {
    key: RandomState,
    /// By client and server.
    tries: Remembered<(IpAddr, IpAddr), Try>,
}

struct Try {
    evidence: Evidence,
    user: String,
    /// A keyed digest of user and secret.
    pair: u64,
    accepted: bool,
}

impl Analysis for RepeatedLoginFailures {
    fn session(&mut self, session: &Session, limits: &mut LimitsHit) {
        for login in &session.credentials {
            let accepted = login.outcome == LoginOutcome::Accepted;
            if !accepted && login.cause != Some(LoginCause::WrongSecret) {
                continue;
            }
            let user = login.username.as_deref().unwrap_or_default().to_lowercase();
            let secret = [&login.password, &login.token].into_iter().flatten().next();
            // The answer to a challenge is another one each time, whatever the password.
            let pair = self.key.hash_one((&user, secret.map(|secret| secret.reveal())));
            let evidence = Evidence::of(session, login.steps.iter().copied());
            let key = (evidence.session.client(), evidence.session.server());
            self.tries.add(key, Try { evidence, user, pair, accepted }, limits);
        }
    }

    fn finish(self: Box<Self>, findings: &mut Findings) {
        for ((client, server), tries) in self.tries.groups() {
            let wrong = || tries.iter().filter(|one| !one.accepted);
            let pairs: HashSet<u64> = wrong().map(|one| one.pair).collect();
            let users: BTreeSet<&str> = wrong().map(|one| one.user.as_str()).collect();
            let sessions: BTreeSet<u64> = wrong().map(|one| one.evidence.session.id).collect();
            if pairs.len() < TRIES || sessions.len() < 2 {
                continue;
            }
            let facts = vec![
                (Some("by"), Fact::Name(client.to_string())),
                (None, Fact::Name(server.to_string())),
                (Some("count"), Fact::Count(pairs.len() as u64)),
                (None, Fact::Count(users.len() as u64)),
                (None, Fact::Count(sessions.len() as u64)),
            ];
            let mut finding = FindingAcross::new(&RULE).says(&TRIED, facts);
            finding = wrong().fold(finding, |finding, one| finding.shown_by(one.evidence.clone()));
            let last_wrong = sessions.last().copied().unwrap_or_default();
            if let Some(one) = tries
                .iter()
                .find(|one| one.accepted && one.evidence.session.id >= last_wrong && users.contains(one.user.as_str()))
            {
                finding = finding.says(&AND_IN, vec![(None, Fact::Name(client.to_string()))]);
                finding = finding.shown_by(one.evidence.clone());
                finding.severity = Severity::High;
            }
            findings.add(finding);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{RepeatedLoginFailures, Severity};
    use crate::verdict::across::testing::found;

    fn tries(secrets: &[&str], reply: &str) -> String {
        secrets.iter().map(|secret| format!("---\nS: * OK ready\nC: a LOGIN bob {secret}\nS: {reply}\n")).collect()
    }

    fn severities(script: &str) -> Vec<Severity> {
        found(script, RepeatedLoginFailures::default(), |_| {}).all.iter().map(|one| one.severity).collect()
    }

    const WRONG: &str = "a NO [AUTHENTICATIONFAILED] wrong";
    const FIVE: &[&str] = &["one11", "two22", "three3", "four44", "five55"];

    #[test]
    fn has_five_different_tries() {
        assert_eq!(severities(&tries(FIVE, WRONG)), [Severity::Medium]);
        let and_in = tries(FIVE, WRONG) + &tries(&["six666"], "a OK done");
        assert_eq!(severities(&and_in), [Severity::High]);
    }

    #[test]
    fn has_not_one_password_again_and_again_or_another_reason() {
        assert!(severities(&tries(&["same11"; 9], WRONG)).is_empty());
        assert!(severities(&tries(&FIVE[..4], WRONG)).is_empty());
        assert!(severities(&tries(FIVE, "a NO [UNAVAILABLE] Maximum number of connections exceeded")).is_empty());
        assert!(severities(&tries(FIVE, "a OK done")).is_empty());
    }
}
