use crate::session::Session;
use crate::session::model::Fact;
use crate::verdict::logins;
use crate::verdict::rule::{Class, Found, Needs, Rule, Sentence, Severity, Text, Words};
use std::collections::HashSet;

/// The server put a login off: it did not say whether user name and password are right, because it could not find out, or
/// wants the client to come back later. Several are one finding, with the steps of all of them.
///
/// It matters because the user gets no mail although nothing is wrong with the password, and because a new password would
/// not help: what the server asks (a directory, a database, a socket of Dovecot) does not answer it.
///
/// Not: a refusal, which is `login-refused`; a mailbox that another session holds, which is `mailbox-refused`; a demand for
/// TLS, whatever its code, which is `encryption-demanded`; and not a login that the same server accepts later in the session.
///
/// RFC 4954, section 6: 454. RFC 3206, section 4: SYS/TEMP. RFC 5530, section 3: UNAVAILABLE.
pub const RULE: Rule = Rule {
    id: "login-deferred",
    severity: Severity::Low,
    class: Class::Failure,
    because_of: &["login-despite-logindisabled", "encryption-demanded", "too-many-connections", "mailbox-refused"],
    since: "0.2.0",
    rank: 59,
    reference: Some("RFC 4954, section 6"),
    needs: Needs::NONE,
    in_silence: false,
    words: Words {
        en: Text {
            title: "The server put a login off",
            detail: "The server did not say whether the user name and the password are right: it could not check them now.",
            remedy: "Leave the password as it is. On the server, look into its log at this time: what it asks about users may \
                     be down, slow or refuse it. See whether a later login succeeded.",
        },
        zh: Text {
            title: "服务器暂缓登录",
            detail: "服务器没有说明用户名和密码是否正确：它目前无法核对。",
            remedy: "不必更改密码。在服务器上查看此时的日志：它查询用户所用的服务可能停止、过慢或拒绝了它。再看之后的登录是否成功。",
        },
    },
    sentences: &[Sentence { en: "{0}.", zh: "{0}。" }],
    check,
};

fn check(session: &Session, found: &mut Found) {
    let mut told = HashSet::new();
    let accepted = logins::last_accepted(session);
    for login in session.credentials.iter().filter(|login| login.is_put_off()) {
        // It was a matter of moments.
        let is_mended = login.steps.first().is_some_and(|&n| n < accepted);
        let severity = if is_mended { Severity::Info } else { RULE.severity };
        let occurrence = found.at(login.steps.iter().copied()).severity(severity);
        if let Some(cause) = login.cause
            && told.insert(cause)
        {
            occurrence.fact(Fact::LoginCause(cause));
        }
    }
}

#[cfg(test)]
mod tests {
    has!(
        smtp,
        "S: 220 mx\nC: EHLO a\nS: 250 AUTH PLAIN\nC: AUTH PLAIN AGJvYgBzZWNyZXQ=\nS: 454 4.7.0 Temporary authentication failure" => [4, 5]
    );
    has!(pop3, "S: +OK ready\nC: USER bob\nS: +OK\nC: PASS x\nS: -ERR [SYS/TEMP] Temporary authentication failure." => [2, 4, 5]);
    has!(imap, "S: * OK ready\nC: a LOGIN bob one\nS: a NO [UNAVAILABLE] Temporary authentication failure." => [2, 3]);
    has!(
        twice,
        "S: * OK ready\nC: a LOGIN bob one\nS: a NO [UNAVAILABLE] later\nC: b LOGIN bob one\nS: b NO [UNAVAILABLE] later" => [2, 3, 4, 5]
    );
    has_not!(refused, "S: * OK ready\nC: a LOGIN bob one\nS: a NO [AUTHENTICATIONFAILED] wrong");
    has_not!(not_answered, "S: * OK ready\nC: a LOGIN bob one");
    has_not!(accepted, "S: * OK ready\nC: a LOGIN bob one\nS: a OK welcome");

    #[test]
    fn one_that_succeeds_after_it_makes_it_a_remark() {
        let severity = |rest: &str| {
            let script = format!("S: * OK ready\nC: a LOGIN bob one\nS: a NO [UNAVAILABLE] later\n{rest}");
            let mut session = crate::verdict::testing::session(&script, crate::session::Needs::ALL);
            crate::verdict::judge(&mut session, crate::verdict::Selection::ALL);
            session.findings.iter().find(|finding| finding.id == super::RULE.id).map(|finding| finding.severity)
        };
        assert_eq!(severity(""), Some(super::Severity::Low));
        assert_eq!(severity("C: b LOGIN bob one\nS: b OK welcome"), Some(super::Severity::Info));
    }
}
