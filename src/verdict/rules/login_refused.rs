use crate::protocol::event::{LoginCause, LoginOutcome};
use crate::session::Session;
use crate::verdict::rule::{Class, Fact, Found, Needs, Rule, Sentence, Severity, Text, Words};
use std::collections::HashSet;

/// The server refused a login. Many refusals are one finding, with the steps of all of them.
///
/// It matters because a user who cannot log in gets no mail; and because many refusals in a row may be somebody
/// guessing passwords.
///
/// Why is read from the server's words and codes; where they say nothing that is known, the finding names no reason.
///
/// Not: an attempt that the client cancelled, one that the server could not check (a temporary failure), and not one whose outcome is not in the capture.
///
/// RFC 4954, section 6: what the codes mean.
pub const RULE: Rule = Rule {
    id: "login-refused",
    severity: Severity::Low,
    class: Class::Failure,
    because_of: &[],
    since: "0.1.0",
    rank: 60,
    reference: Some("RFC 4954, section 6"),
    needs: Needs::NONE,
    words: Words {
        en: Text {
            title: "A login was refused",
            detail: "The server did not let the client in. Many refusals in a row may be somebody guessing passwords.",
            remedy: "Check user name, password and mechanism; the text of the reply often names the reason.",
        },
        zh: Text {
            title: "登录被拒绝",
            detail: "服务器没有允许客户登录。连续多次被拒绝，可能是有人在猜测口令。",
            remedy: "检查用户名、口令和认证方式；响应中的说明往往给出原因。",
        },
    },
    sentences: &[Sentence { en: "{0}.", zh: "{0}。" }],
    check,
};

fn check(session: &Session, found: &mut Found) {
    let mut told = HashSet::new();
    for credential in session.credentials.iter().filter(|login| login.outcome == LoginOutcome::Rejected) {
        let occurrence = found.at(credential.steps.iter().copied());
        // Each cause once, however often it is met.
        if let Some(cause) = credential.cause
            && let fact = fact(cause, credential.token.is_some())
            && told.insert((cause, fact == Fact::TokenRefused))
        {
            occurrence.fact(fact);
        }
    }
}

fn fact(cause: LoginCause, by_token: bool) -> Fact {
    match cause {
        LoginCause::WrongSecret if by_token => Fact::TokenRefused,
        _ => Fact::LoginCause(cause),
    }
}

#[cfg(test)]
mod tests {
    has!(
        twice,
        "S: * OK ready\nC: a LOGIN bob one\nS: a NO wrong\nC: b LOGIN bob two\nS: b NO wrong" => [2, 3, 4, 5]
    );
    has!(
        why_is_read_from_the_servers_words,
        "S: 220 mx\nC: EHLO a\nS: 250 AUTH PLAIN\nC: AUTH X\nS: 535 5.7.8 Invalid authentication mechanism" => [4, 5]
    );
    has!(
        a_token_that_has_expired,
        "S: 220 mx\nC: EHLO a\nS: 250 AUTH XOAUTH2\nC: AUTH XOAUTH2 dXNlcj1ib2IBYXV0aD1CZWFyZXIgeWEyOS54AQE=\nS: 334 eyJzdGF0dXMiOiI0MDEifQ==\nC:\nS: 535 5.7.3 no" => [4, 5, 6, 7]
    );
    has_not!(
        a_temporary_failure_is_no_verdict,
        "S: 220 mx\nC: EHLO a\nS: 250 AUTH PLAIN\nC: AUTH PLAIN AGJvYgBzZWNyZXQ=\nS: 451 local error"
    );
    has_not!(accepted, "S: * OK ready\nC: a LOGIN bob one\nS: a OK welcome");
    has_not!(
        cancelled_by_the_client,
        "S: 220 mx\nC: EHLO a\nS: 250 AUTH LOGIN\nC: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: *\nS: 501 cancelled"
    );
}
