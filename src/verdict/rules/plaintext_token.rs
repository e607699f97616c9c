use crate::protocol::event::Exposure;
use crate::session::Session;
use crate::verdict::rule::{Class, Found, Needs, Rule, Severity, Text, Words};

/// A bearer token (XOAUTH2, OAUTHBEARER) crossed the wire readable.
///
/// It matters because the token alone opens the mailbox until it expires, without any password.
///
/// Not: a password, which has a rule of its own; and not a token inside TLS, even where the capture was decrypted.
///
/// RFC 6750, section 5.3: bearer tokens are only sent inside TLS.
pub const RULE: Rule = Rule {
    id: "plaintext-token",
    severity: Severity::High,
    class: Class::Weakness,
    because_of: &["starttls-stripped"],
    since: "0.1.0",
    rank: 20,
    reference: Some("RFC 6750, section 5.3"),
    needs: Needs::NONE,
    in_silence: false,
    words: Words {
        en: Text {
            title: "A bearer token crossed the network in the clear",
            detail: "Until it expires, the token opens the mailbox to whoever holds it, without any password.",
            remedy: "Let the client use TLS before it sends the token, and revoke this one.",
        },
        zh: Text {
            title: "令牌以明文在网络上传送",
            detail: "在令牌失效之前，得到它的人无需密码即可访问该邮箱。",
            remedy: "客户应先建立 TLS 再发送令牌，并应吊销该令牌。",
        },
    },
    sentences: &[],
    check,
};

fn check(session: &Session, found: &mut Found) {
    for credential in session.credentials.iter().filter(|credential| !credential.encrypted) {
        if credential.exposure == Exposure::Token {
            found.at(credential.steps.iter().copied());
        }
    }
}

#[cfg(test)]
mod tests {
    has!(
        xoauth2,
        "S: 220 mx\nC: EHLO a\nS: 250 AUTH XOAUTH2\nC: AUTH XOAUTH2 dXNlcj1ib2IBYXV0aD1CZWFyZXIgeAEB\nS: 235 ok" => [4, 5]
    );
    has_not!(a_password_is_no_token, "S: +OK ready\nC: USER bob\nS: +OK\nC: PASS secret\nS: +OK");
}
