use crate::protocol::event::LoginCause;
use crate::session::Session;
use crate::verdict::logins;
use crate::verdict::rule::{Class, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};

/// The account, or this way to log in, is switched off: by the provider (user name and password instead of a token),
/// by the administrator, or because the account has to be unlocked first.
///
/// It matters because the password is not the cause, and no other password helps.
///
/// Not: a wrong password; and not a mechanism that the server does not offer.
///
/// RFC 3463, section 3.3 (X.2.1) and RFC 5248 (X.7.13): the codes. Large providers have codes of their own (5.7.139)
/// and say it in words.
pub const RULE: Rule = Rule {
    id: "login-switched-off",
    severity: Severity::Medium,
    class: Class::Failure,
    because_of: &[],
    since: "0.2.0",
    rank: 52,
    reference: Some("RFC 4954, section 6"),
    needs: Needs::NONE,
    in_silence: false,
    words: Words {
        en: Text {
            title: "This login is switched off at the server",
            detail: "The server says that the account, or this way to log in, is switched off. It is not about the password: another one does not help.",
            remedy: "Read the text of the reply. Switch the access on in the account's settings, use a password for applications or a token (OAuth 2.0) where the provider demands it, or ask its administrator.",
        },
        zh: Text {
            title: "服务器已停用这种登录",
            detail: "服务器表示该账号或这种登录方式已停用。这与密码是否正确无关，换密码无济于事。",
            remedy: "查看响应中的说明。应在账号设置中开启该访问方式；服务商要求时使用应用专用密码（授权码）或令牌（OAuth 2.0）；或联系管理员。",
        },
    },
    sentences: &[Sentence { en: "{0}.", zh: "{0}。" }, Sentence { en: "{0}: {1}", zh: "{0}：{1}" }],
    check,
};

fn check(session: &Session, found: &mut Found) {
    let accepted = logins::last_accepted(session);
    for login in logins::refused_for(session, LoginCause::SwitchedOff) {
        let occurrence = found
            .at(login.steps.iter().copied())
            .named(Key::Mechanism, logins::mechanism(login))
            .severity(logins::severity(login, accepted));
        if let Some(reply) = logins::reply(login) {
            occurrence.says(1).named(Key::Reply, reply);
        }
    }
}

#[cfg(test)]
mod tests {
    has!(
        by_the_provider,
        "S: 220 mx\nC: EHLO a\nS: 250 AUTH LOGIN XOAUTH2\nC: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: Ym9i\nS: 334 UGFzc3dvcmQ6\nC: c2VjcmV0\n\
         S: 535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant." => [4, 5, 6, 7, 8, 9]
    );
    has!(
        for_imap_alone,
        "S: * OK ready\nC: a LOGIN bob secret\nS: a NO [ALERT] Your account is not enabled for IMAP use. (Failure)" => [2, 3]
    );
    has!(
        a_password_for_applications,
        "S: +OK ready\nC: USER bob\nS: +OK\nC: PASS secret\nS: -ERR [AUTH] Application-specific password required" => [2, 4, 5]
    );
    has_not!(
        a_wrong_password,
        "S: 220 mx\nC: EHLO a\nS: 250 AUTH PLAIN\nC: AUTH PLAIN AGJvYgBzZWNyZXQ=\n\
         S: 535 5.7.139 Authentication unsuccessful, the user credentials were incorrect."
    );
    has_not!(accepted, "S: * OK ready\nC: a LOGIN bob secret\nS: a OK in");
}
