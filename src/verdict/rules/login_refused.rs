use crate::protocol::event::LoginOutcome;
use crate::session::Session;
use crate::verdict::rule::{Found, Needs, Rule, Severity, Text, Words};

/// The server refused a login. Many refusals are one finding, with the steps of all of them.
///
/// It matters because a user who cannot log in gets no mail; and because many refusals in a row may be somebody
/// guessing passwords.
///
/// Not: an attempt that the client cancelled, and not one whose outcome is not in the capture.
///
/// RFC 4954, section 6: what the codes mean.
pub const RULE: Rule = Rule {
    id: "login-refused",
    severity: Severity::Low,
    since: "0.1.0",
    rank: 60,
    reference: Some("RFC 4954, section 6"),
    needs: Needs::NONE,
    words: Words {
        en: Text {
            title: "A log-in was refused",
            detail: "User name or password were wrong, the account is closed, or the server does not accept this \
                     mechanism. Many refusals in a row may be somebody guessing passwords.",
            remedy: "Check user name, password and mechanism; the text of the reply often names the reason.",
        },
        zh: Text {
            title: "登录被拒绝",
            detail: "用户名或口令错误、账号已停用，或服务器不接受这种认证方式。连续多次被拒绝，可能是有人在猜测口令。",
            remedy: "检查用户名、口令和认证方式；响应中的说明往往给出原因。",
        },
    },
    occurrence: None,
    check,
};

fn check(session: &Session, found: &mut Found) {
    for credential in session.credentials.iter().filter(|login| login.outcome == LoginOutcome::Rejected) {
        found.at(credential.steps.iter().copied());
    }
}

#[cfg(test)]
mod tests {
    has!(
        twice,
        "S: * OK ready\nC: a LOGIN bob one\nS: a NO wrong\nC: b LOGIN bob two\nS: b NO wrong" => [2, 3, 4, 5]
    );
    has_not!(accepted, "S: * OK ready\nC: a LOGIN bob one\nS: a OK welcome");
    has_not!(
        cancelled_by_the_client,
        "S: 220 mx\nC: EHLO a\nS: 250 AUTH LOGIN\nC: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: *\nS: 501 cancelled"
    );
}
