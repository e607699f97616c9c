use crate::protocol::event::{LoginCause, LoginOutcome};
use crate::session::Session;
use crate::session::model::Credential;
use crate::verdict::rule::{Class, Found, Needs, Rule, Severity, Text, Words};

/// An account whose password is its user name, or the part of that before the `@`.
///
/// It matters because it is the first password that anybody tries.
///
/// Not: a login that the server refused as wrong, since it was somebody's guess; and the finding shows neither of the
/// two.
///
/// RFC 4086: passwords that are guessed.
pub const RULE: Rule = Rule {
    id: "password-equals-user-name",
    severity: Severity::Medium,
    class: Class::Weakness,
    because_of: &[],
    since: "0.2.0",
    rank: 22,
    reference: Some("RFC 4086, section 8"),
    needs: Needs::NONE,
    in_silence: false,
    words: Words {
        en: Text {
            title: "The password is the user name",
            detail: "This account's password is its user name: it is the first that anybody tries, and whoever knows the address can log in.",
            remedy: "Change the password, and let the server refuse such passwords.",
        },
        zh: Text {
            title: "密码与用户名相同",
            detail: "该账号的密码就是用户名：这是任何人首先会尝试的密码，知道邮件地址的人即可登录。",
            remedy: "更换密码，并让服务器禁止这样的密码。",
        },
    },
    sentences: &[],
    check,
};

fn check(session: &Session, found: &mut Found) {
    for login in &session.credentials {
        if let (Some(password), Some(user)) = (&login.password, &login.username)
            && is_the_name(password.reveal(), user)
            && is_the_accounts(login)
        {
            found.at(login.steps.iter().copied());
        }
    }
}

fn is_the_name(password: &str, user: &str) -> bool {
    let local = user.split_once('@').map(|(local, _)| local);
    !password.is_empty() && [Some(user), local].into_iter().flatten().any(|name| is_same(password, name))
}

/// Equal but for case.
fn is_same(one: &str, other: &str) -> bool {
    match one.is_ascii() && other.is_ascii() {
        true => one.eq_ignore_ascii_case(other),
        false => one.to_lowercase() == other.to_lowercase(),
    }
}

/// True where the server has accepted the password, or has refused the login without looking at it.
fn is_the_accounts(login: &Credential) -> bool {
    match login.outcome {
        LoginOutcome::Accepted => true,
        LoginOutcome::Cancelled => false,
        LoginOutcome::Rejected | LoginOutcome::Unknown => matches!(
            login.cause,
            Some(
                LoginCause::EncryptionDemanded
                    | LoginCause::Expired
                    | LoginCause::InUse
                    | LoginCause::PasswordTransition
                    | LoginCause::SwitchedOff
                    | LoginCause::Temporary
            )
        ),
    }
}

#[cfg(test)]
mod tests {
    has!(the_whole_name, "S: +OK ready\nC: USER bob\nS: +OK\nC: PASS Bob\nS: +OK" => [2, 4, 5]);
    has!(the_local_part, "S: * OK ready\nC: a LOGIN bob@example.test bob\nS: a OK in" => [2, 3]);
    has!(
        in_use,
        "S: +OK ready\nC: USER bob\nS: +OK\nC: PASS bob\nS: -ERR [IN-USE] locked" => [2, 4, 5]
    );
    has_not!(a_guess, "S: +OK ready\nC: USER bob\nS: +OK\nC: PASS bob\nS: -ERR wrong password");
    has_not!(another, "S: +OK ready\nC: USER bob\nS: +OK\nC: PASS bobby\nS: +OK");
    has_not!(no_answer, "S: +OK ready\nC: USER bob\nS: +OK\nC: PASS bob");
}
