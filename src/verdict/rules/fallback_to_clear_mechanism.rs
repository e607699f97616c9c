use crate::protocol::event::{Exposure, LoginOutcome};
use crate::session::Session;
use crate::session::model::Credential;
use crate::verdict::logins;
use crate::verdict::rule::{Class, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};

/// A login by a proof of the password was refused or given up, and then the client sent the password itself, in the
/// clear.
///
/// It matters because whoever is between the two ends can bring it about: it needs only to make the first login fail.
///
/// Not: a fallback inside TLS; not one of another user's; and not a password that crosses first.
///
/// RFC 4422, section 6.1.2: down-negotiation.
pub const RULE: Rule = Rule {
    id: "fallback-to-clear-mechanism",
    severity: Severity::Medium,
    class: Class::Weakness,
    because_of: &[],
    since: "0.2.0",
    rank: 21,
    reference: Some("RFC 4422, section 6.1.2"),
    needs: Needs::NONE,
    in_silence: false,
    words: Words {
        en: Text {
            title: "The client fell back to a password in the clear",
            detail: "A login that keeps the password secret failed, and the client then sent the password itself, readable by anyone on the way. Whoever stands between the two ends can bring this about.",
            remedy: "Let the client use TLS before it logs in, and forbid it to fall back. Change this password.",
        },
        zh: Text {
            title: "客户退回到以明文传送密码",
            detail: "不泄露密码的登录方式未成功，随后客户把密码本身发送出去，途中任何人都能读到。中间人可以故意造成这种情况。",
            remedy: "客户应在登录之前使用 TLS，并禁止这种退回；同时应更换该密码。",
        },
    },
    sentences: &[Sentence { en: "First {0}, then {1}.", zh: "先用 {0}，后用 {1}。" }],
    check,
};

fn check(session: &Session, found: &mut Found) {
    let mut failed: Option<&Credential> = None;
    for login in session.credentials.iter().filter(|login| !login.encrypted) {
        let is_failure = matches!(login.outcome, LoginOutcome::Rejected | LoginOutcome::Cancelled);
        if is_failure && logins::is_by_proof(login) {
            failed = Some(login);
        } else if login.exposure == Exposure::Plaintext
            && let Some(before) = failed.take_if(|before| is_same(before, login))
        {
            let occurrence = found.at(before.steps.iter().chain(&login.steps).copied());
            let occurrence = occurrence.named(Key::Mechanism, logins::mechanism(before));
            occurrence.named(Key::By, logins::mechanism(login));
        }
    }
}

/// False for two users. Where a login was given up early, its user is not known.
fn is_same(one: &Credential, other: &Credential) -> bool {
    match (&one.username, &other.username) {
        (Some(one), Some(other)) => logins::user(one) == logins::user(other),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    has!(
        after_a_refusal,
        "S: 220 mx\nC: EHLO a\nS: 250 AUTH CRAM-MD5 PLAIN\nC: AUTH CRAM-MD5\nS: 334 PDEuMkBteD4=\nC: Ym9iIDI3NWE0OWE1ZTQ3OTNhYWYwMjg0MjhkMzQ4ZTNjOTQ3\nS: 535 5.7.8 no\n\
         C: AUTH PLAIN AGJvYgBzZWNyZXQ=\nS: 235 ok" => [4, 5, 6, 7, 8, 9]
    );
    has!(
        after_the_client_gave_up,
        "S: 220 mx\nC: EHLO a\nS: 250 AUTH CRAM-MD5 PLAIN\nC: AUTH CRAM-MD5\nS: 334 PDEuMkBteD4=\nC: *\nS: 501 no\n\
         C: AUTH PLAIN AGJvYgBzZWNyZXQ=\nS: 235 ok" => [4, 5, 6, 7, 8, 9]
    );
    has!(
        apop,
        "S: +OK ready <1.2@mx>\nC: APOP bob c4c9334bac560ecc979e58001b3e22fb\nS: -ERR no\nC: USER bob\nS: +OK\nC: PASS secret\nS: +OK" => [2, 3, 4, 6, 7]
    );
    has_not!(
        from_one_clear_mechanism_to_another,
        "S: 220 mx\nC: EHLO a\nS: 250 AUTH PLAIN\nC: AUTH PLAIN AGJvYgBzZWNyZXQ=\nS: 535 no\nC: AUTH PLAIN AGJvYgBzZWNyZXQ=\nS: 235 ok"
    );
    has_not!(
        another_user,
        "S: +OK ready <1.2@mx>\nC: APOP amy c4c9334bac560ecc979e58001b3e22fb\nS: -ERR no\nC: USER bob\nS: +OK\nC: PASS secret\nS: +OK"
    );
    has_not!(accepted, "S: +OK ready <1.2@mx>\nC: APOP bob c4c9334bac560ecc979e58001b3e22fb\nS: +OK in");
}
