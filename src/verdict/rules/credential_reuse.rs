use crate::protocol::event::StepId;
use crate::protocol::secret::Secret;
use crate::session::Session;
use crate::verdict::logins;
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};
use std::collections::{BTreeMap, HashSet};

/// The same password was sent for several users within one session, or by several mechanisms.
///
/// It matters because one password for several accounts opens all of them once it is known, and one that is sent by
/// several mechanisms is exposed by each of them.
///
/// Not: one user, written with and without a domain. The passwords are compared and not shown.
///
/// RFC 4086: guessed and shared passwords.
pub const RULE: Rule = Rule {
    id: "credential-reuse",
    severity: Severity::Low,
    class: Class::Weakness,
    because_of: &[],
    since: "0.2.0",
    rank: 32,
    reference: Some("RFC 4086, section 8"),
    needs: Needs::NONE,
    in_silence: false,
    words: Words {
        en: Text {
            title: "The same password was sent more than once",
            detail: "One password was sent for several users, or by several mechanisms, in the same session. Whoever learns it once has all of them.",
            remedy: "Give each account a password of its own, and let the client log in once, by one mechanism, inside TLS.",
        },
        zh: Text {
            title: "同一密码被多次发送",
            detail: "同一会话中，同一密码用于多个用户，或以多种认证方式发送。只要泄露一次，全部账号即告失守。",
            remedy: "每个账号应使用各自的密码；客户应在 TLS 之内只用一种方式登录一次。",
        },
    },
    sentences: &[
        Sentence { en: "For {0} users.", zh: "用于 {0} 个用户。" },
        Sentence { en: "By {0} mechanisms.", zh: "以 {0} 种认证方式发送。" },
    ],
    check,
};

/// The logins with one password.
#[derive(Default)]
struct Uses<'a> {
    users: HashSet<String>,
    mechanisms: HashSet<&'a str>,
    steps: Vec<StepId>,
}

fn check(session: &Session, found: &mut Found) {
    if session.credentials.len() < 2 {
        return;
    }
    let mut all: BTreeMap<&str, Uses<'_>> = BTreeMap::new();
    for login in &session.credentials {
        let Some(password) = login.password.as_ref().map(Secret::reveal).filter(|password| !password.is_empty()) else {
            continue;
        };
        let uses = all.entry(password).or_default();
        uses.users.extend(login.username.as_deref().map(logins::user));
        uses.mechanisms.insert(&login.mechanism);
        uses.steps.extend(&login.steps);
    }
    for uses in all.into_values() {
        if uses.users.len() > 1 {
            let occurrence = found.at(uses.steps).named(Key::User, Fact::Count(uses.users.len() as u64));
            occurrence.severity(Severity::Low);
        } else if uses.mechanisms.len() > 1 {
            let count = Fact::Count(uses.mechanisms.len() as u64);
            found.at(uses.steps).named(Key::Mechanism, count).says(1).severity(Severity::Info);
        }
    }
}

#[cfg(test)]
mod tests {
    has!(
        two_users,
        "S: * OK ready\nC: a LOGIN bob one\nS: a NO wrong\nC: b LOGIN amy one\nS: b OK in" => [2, 3, 4, 5]
    );
    has!(
        two_mechanisms,
        "S: * OK ready\nC: a AUTHENTICATE PLAIN AGJvYgBzZWNyZXQ=\nS: a NO no\nC: b LOGIN bob secret\nS: b OK in" => [2, 3, 4, 5]
    );
    has_not!(two_passwords, "S: * OK ready\nC: a LOGIN bob one\nS: a NO wrong\nC: b LOGIN amy two\nS: b OK in");
    has_not!(
        one_user_with_and_without_a_domain,
        "S: * OK ready\nC: a LOGIN bob one\nS: a NO wrong\nC: b LOGIN bob@example.test one\nS: b OK in"
    );
}
