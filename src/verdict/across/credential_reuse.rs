//! The same secret of several users, or with several servers.

use super::found::{Analysis, Evidence, FindingAcross, Findings, rule};
use super::remembered::Indexed;
use crate::limits::LimitsHit;
use crate::protocol::event::LoginOutcome;
use crate::session::Session;
use crate::session::model::{Fact, Severity};
use crate::verdict::rule::{Class, Needs, Rule, Sentence, Text, Words};
use std::collections::BTreeSet;
use std::hash::{BuildHasher, RandomState};

/// Different users logged in with the same password or token.
///
/// It matters because who learns it from one of them has all accounts; a first password that nobody has changed is the
/// usual reason.
///
/// Not: one user with several servers or in several sessions, which is how mail programs work; not the same user with and
/// without a domain; and not what was refused: guesses are tried on many users.
///
/// Secrets are compared by digests with a key that is random in each run. Neither is shown or written anywhere.
pub const RULE: Rule = rule(
    "credential-reuse",
    Severity::Medium,
    Class::Weakness,
    Needs::NONE,
    None,
    Words {
        en: Text {
            title: "Several users have the same password",
            detail: "Logins of different users were accepted with the same password or token. Who learns it of one of them \
                     has the others' mail too.",
            remedy: "Let each of these users choose a new password of their own, in particular where it is a first password \
                     that was given to all.",
        },
        zh: Text {
            title: "多个用户使用同一密码",
            detail: "不同用户用相同的密码或令牌登录成功。只要其中一个泄露，其余用户的邮件也会被读取。",
            remedy: "要求这些用户各自更换密码；如果是统一发放的初始密码，尤其应当更换。",
        },
    },
);

const SHARED: Sentence =
    Sentence { en: "{0} users share one: {1}.", zh: "共有 {0} 个用户使用同一密码：{1}。" };

/// Users named.
const NAMED: usize = 5;

/// Compares the secrets of accepted logins.
#[derive(Default)]
pub struct CredentialReuse {
    keys: [RandomState; 2],
    /// By keyed digest of the secret.
    logins: Indexed<[u64; 2], (String, Evidence)>,
}

impl Analysis for CredentialReuse {
    fn session(&mut self, session: &Session, limits: &mut LimitsHit) {
        for login in session.credentials.iter().filter(|login| login.outcome == LoginOutcome::Accepted) {
            let Some(secret) = login.password.as_ref().or(login.token.as_ref()) else { continue };
            let Some(user) = login.username.as_deref().map(account).filter(|user| !user.is_empty()) else { continue };
            let digest = self.keys.each_ref().map(|key| key.hash_one(secret.reveal()));
            let known = self.logins.get(&digest).any(|(known, _)| *known == user);
            if !known && !secret.reveal().is_empty() {
                let evidence = Evidence::of(session, login.steps.iter().copied());
                self.logins.add(digest, (user, evidence), limits);
            }
        }
    }

    fn finish(self: Box<Self>, findings: &mut Findings) {
        for (_, logins) in self.logins.groups() {
            let users: BTreeSet<&str> = logins.iter().map(|(user, _)| user.as_str()).collect();
            if users.len() < 2 {
                continue;
            }
            let mut named = users.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
            if users.len() > NAMED {
                named.push_str(", …");
            }
            let facts = vec![(Some("count"), Fact::Count(users.len() as u64)), (Some("user"), Fact::Name(named))];
            let finding = FindingAcross::new(&RULE).says(&SHARED, facts);
            findings.add(logins.into_iter().fold(finding, |finding, (_, evidence)| finding.shown_by(evidence)));
        }
    }
}

/// The account that a user name stands for, as far as it can be told: without a domain, in lower case.
fn account(user: &str) -> String {
    let bare = user.rsplit_once('\\').map_or(user, |(_, bare)| bare);
    bare.split_once('@').map_or(bare, |(local, _)| local).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::CredentialReuse;
    use crate::verdict::across::testing::found;

    fn login(user: &str, secret: &str, reply: &str) -> String {
        format!("---\nS: +OK ready\nC: USER {user}\nS: +OK\nC: PASS {secret}\nS: {reply}\n")
    }

    fn ids(script: &str) -> Vec<u64> {
        let found = found(script, CredentialReuse::default(), |_| {});
        assert!(!format!("{:?}", found.all).contains("secret12"));
        found.all.iter().flat_map(|one| one.evidence.iter().map(|evidence| evidence.session.id)).collect()
    }

    #[test]
    fn has_two_users_with_one_password() {
        assert_eq!(ids(&(login("bob", "secret12", "+OK") + &login("eve", "secret12", "+OK"))), [1, 2]);
    }

    #[test]
    fn has_not_one_user_another_password_or_a_guess() {
        let bob = login("bob", "secret12", "+OK");
        for other in [
            login("Bob@example.org", "secret12", "+OK"),
            login("eve", "secret13", "+OK"),
            login("eve", "secret12", "-ERR no"),
        ] {
            assert!(ids(&format!("{bob}{other}")).is_empty(), "{other}");
        }
    }
}
