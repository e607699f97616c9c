use crate::protocol::event::LoginCause;
use crate::session::Session;
use crate::session::model::Credential;
use crate::verdict::logins;
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};
use std::collections::HashSet;

/// Several different passwords, or users, were tried within one session, and the server refused them as wrong.
///
/// It matters because it may be somebody guessing passwords.
///
/// Only tries that differ count: the same user and password by several mechanisms, or again, are one; so are proofs of
/// one user's password, of which nobody can say whether they are of different passwords. Not: logins that were refused
/// for another reason, and not one or two wrong passwords.
///
/// RFC 4954, section 9: servers may end the session after a number of failures.
pub const RULE: Rule = Rule {
    id: "repeated-login-failures",
    severity: Severity::Medium,
    class: Class::Weakness,
    because_of: &[],
    since: "0.2.0",
    rank: 30,
    reference: Some("RFC 4954, section 9"),
    needs: Needs::NONE,
    in_silence: false,
    words: Words {
        en: Text {
            title: "Several passwords were tried in one session",
            detail: "The client tried several different user names or passwords in one session, and the server refused them. It may be somebody guessing passwords, or a program with an old list of them. \
                     Told from three different tries on.",
            remedy: "Look up whose address the client's is. Let the server end the session after a few failures and slow down further ones from the same address.",
        },
        zh: Text {
            title: "同一会话中多次尝试不同密码",
            detail: "客户在同一会话中尝试了多个不同的用户名或密码，均被服务器拒绝。可能是有人在猜测密码，也可能是程序使用了过时的密码列表。\
                     三次以上不同的尝试才会列出。",
            remedy: "查明客户地址属于谁。应让服务器在几次失败后结束会话，并对同一地址的后续尝试减速。",
        },
    },
    sentences: &[Sentence {
        en: "{0} different tries, for {1} user names.",
        zh: "共 {0} 次不同的尝试，涉及 {1} 个用户名。",
    }],
    check,
};

/// Fewer different tries than these are a user's mistakes.
const TRIES: usize = 3;

fn check(session: &Session, found: &mut Found) {
    if session.credentials.len() < TRIES {
        return;
    }
    let user = |login: &Credential| login.username.clone().unwrap_or_default().to_lowercase();
    let wrong: Vec<&Credential> = logins::refused_for(session, LoginCause::WrongSecret).collect();
    let readable = |login: &Credential| login.password.as_ref().or(login.token.as_ref()).is_some();
    let shown: HashSet<String> = wrong.iter().filter(|login| readable(login)).map(|login| user(login)).collect();
    let mut tries = HashSet::new();
    for login in &wrong {
        match login.password.as_ref().or(login.token.as_ref()) {
            Some(secret) => _ = tries.insert((user(login), Some(secret.reveal()))),
            // The proof may be that of the password that the user has tried in the clear.
            None if shown.contains(&user(login)) => {}
            None => _ = tries.insert((user(login), None)),
        }
    }
    if tries.len() < TRIES {
        return;
    }
    let users = tries.iter().map(|(user, _)| user).collect::<HashSet<_>>().len();
    let occurrence = found.at(wrong.iter().flat_map(|login| login.steps.iter().copied()));
    occurrence.fact(Fact::Count(tries.len() as u64)).named(Key::User, Fact::Count(users as u64));
}

#[cfg(test)]
mod tests {
    has!(
        three_passwords,
        "S: * OK ready\nC: a LOGIN bob one\nS: a NO [AUTHENTICATIONFAILED] no\nC: b LOGIN bob two\nS: b NO [AUTHENTICATIONFAILED] no\n\
         C: c LOGIN bob three\nS: c NO [AUTHENTICATIONFAILED] no" => [2, 3, 4, 5, 6, 7]
    );
    has!(
        three_users,
        "S: * OK ready\nC: a LOGIN bob x\nS: a NO wrong password\nC: b LOGIN amy x\nS: b NO wrong password\n\
         C: c LOGIN joe x\nS: c NO wrong password" => [2, 3, 4, 5, 6, 7]
    );
    has_not!(
        the_same_password_three_times,
        "S: * OK ready\nC: a LOGIN bob one\nS: a NO [AUTHENTICATIONFAILED] no\nC: b LOGIN bob one\nS: b NO [AUTHENTICATIONFAILED] no\n\
         C: c LOGIN BOB one\nS: c NO [AUTHENTICATIONFAILED] no"
    );
    has_not!(
        one_password_by_three_mechanisms,
        "S: 220 mx\nC: EHLO a\nS: 250 AUTH CRAM-MD5 PLAIN LOGIN\nC: AUTH CRAM-MD5\nS: 334 PDEuMkBteD4=\nC: Ym9iIDI3NWE0OWE1ZTQ3OTNhYWYwMjg0MjhkMzQ4ZTNjOTQ3\nS: 535 5.7.8 no\n\
         C: AUTH PLAIN AGJvYgBzZWNyZXQ=\nS: 535 5.7.8 no\nC: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: Ym9i\nS: 334 UGFzc3dvcmQ6\nC: c2VjcmV0\nS: 535 5.7.8 no"
    );
    has_not!(
        refused_for_another_reason,
        "S: * OK ready\nC: a LOGIN bob one\nS: a NO [UNAVAILABLE] no\nC: b LOGIN bob two\nS: b NO [UNAVAILABLE] no\n\
         C: c LOGIN bob three\nS: c NO [UNAVAILABLE] no"
    );
}
