use crate::protocol::event::{LoginCause, LoginOutcome};
use crate::session::Session;
use crate::verdict::logins;
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};
use std::collections::HashSet;

/// The server refused a login. Many refusals are one finding, with the steps of all of them.
///
/// It matters because a user who cannot log in gets no mail.
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
    // Those of this file's own causes are said of the occurrence.
    because_of: &["login-despite-logindisabled", "encryption-demanded", "too-many-connections", "mailbox-refused"],
    since: "0.1.0",
    rank: 60,
    reference: Some("RFC 4954, section 6"),
    needs: Needs::NONE,
    in_silence: false,
    words: Words {
        en: Text {
            title: "A login was refused",
            detail: "The server did not let the client in.",
            remedy: "Check what the reason names: user name and password, the mechanism, the account. Where the server names \
                     none, the text of the reply may; a token that has expired has to be fetched anew.",
        },
        zh: Text {
            title: "登录被拒绝",
            detail: "服务器没有允许客户登录。",
            remedy: "按所述原因检查用户名和密码、认证方式或账号。服务器未说明原因时，可查看响应中的说明；令牌过期时应重新获取。",
        },
    },
    sentences: &[
        Sentence { en: "{0}.", zh: "{0}。" },
        Sentence { en: "{0}. The server said: {1}", zh: "{0}。服务器的答复：{1}" },
    ],
    check,
};

fn check(session: &Session, found: &mut Found) {
    let mut told = HashSet::new();
    let refused = || session.credentials.iter().filter(|login| login.outcome == LoginOutcome::Rejected);
    // Where one of several is not explained, the finding is not.
    let explanations: HashSet<_> = refused().map(|login| explanation(login.cause)).collect();
    let explained = explanations.iter().copied().next().flatten().filter(|_| explanations.len() == 1);
    let accepted = logins::last_accepted(session);
    for credential in refused() {
        // A password typed anew that is right: nothing went wrong in the end.
        let is_mended = credential.steps.first().is_some_and(|&n| n < accepted);
        let severity = if is_mended { Severity::Info } else { RULE.severity };
        let mut occurrence = found.at(credential.steps.iter().copied()).severity(severity);
        if let Some(id) = explained {
            occurrence = occurrence.because_of(id);
        }
        // Each cause once, however often it is met.
        if let Some(cause) = credential.cause
            && let fact = fact(cause, credential.token.is_some())
            && told.insert((cause, fact == Fact::TokenRefused))
        {
            occurrence = occurrence.fact(fact);
            // The cause says less than the server's words, or what they are about in a general way.
            if matches!(cause, LoginCause::Unknown | LoginCause::Limit)
                && let Some(reply) = logins::reply(credential)
            {
                _ = occurrence.says(1).named(Key::Reply, reply);
            }
        }
    }
}

/// The finding about the same login that says why, by its cause.
fn explanation(cause: Option<LoginCause>) -> Option<&'static str> {
    Some(match cause? {
        LoginCause::MechanismNotOffered => "mechanism-not-offered",
        LoginCause::Malformed => "malformed-credentials",
        LoginCause::SwitchedOff => "login-switched-off",
        _ => return None,
    })
}

fn fact(cause: LoginCause, by_token: bool) -> Fact {
    match cause {
        LoginCause::WrongSecret if by_token => Fact::TokenRefused,
        _ => Fact::LoginCause(cause),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_finding_about_its_cause_explains_it_unless_another_login_was_refused() {
        let because_of = |logins: &str| {
            let script = format!("S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 AUTH PLAIN\n{logins}");
            let mut session = crate::verdict::testing::session(&script, crate::session::Needs::ALL);
            crate::verdict::judge(&mut session, crate::verdict::Selection::ALL);
            let refused = session.findings.into_iter().find(|finding| finding.id == super::RULE.id);
            refused.expect("a refused login").because_of
        };
        let unknown = "C: AUTH FOO\nS: 504 5.5.4 Unrecognized authentication type\n";
        let wrong = "C: AUTH PLAIN AGJvYgBzZWNyZXQ=\nS: 535 5.7.8 wrong password\n";
        assert_eq!(because_of(unknown), Some("mechanism-not-offered"));
        assert_eq!(because_of(&format!("{unknown}{wrong}")), None);
        assert_eq!(because_of(wrong), None);
    }

    #[test]
    fn a_refused_pop3_login_has_the_reason_that_the_words_give() {
        let found = |reply: &str| {
            let script = format!("S: +OK ready\nC: USER bob\nS: +OK\nC: PASS x\nS: -ERR {reply}\nC: QUIT\nS: +OK");
            let mut session = crate::verdict::testing::session(&script, crate::session::Needs::ALL);
            crate::verdict::judge(&mut session, crate::verdict::Selection::ALL);
            let cause = session.credentials.first().and_then(|login| login.cause);
            let ids = ["mailbox-refused", super::RULE.id];
            let found =
                ids.map(|id| session.findings.iter().find(|finding| finding.id == id).map(|one| one.because_of));
            (cause, found[0].is_some(), found[1])
        };
        use super::LoginCause::{InUse, Temporary, WrongSecret};
        let in_use = [
            "[IN-USE] Do you have another POP session running?",
            "maildrop already locked",
            "Unable to lock maildrop: Mailbox is locked by POP server",
            "mailbox in use",
        ];
        for reply in in_use {
            let (cause, mailbox, login) = found(reply);
            assert_eq!((cause, mailbox), (Some(InUse), true), "{reply}");
            assert!(login.is_none_or(|because| because == Some("mailbox-refused")), "{reply}: {login:?}");
        }
        for reply in ["[SYS/TEMP] try again later", "temporary failure", "Temporary authentication failure"] {
            assert_eq!(found(reply), (Some(Temporary), false, None), "{reply}");
        }
        assert_eq!(found("[AUTH] wrong password"), (Some(WrongSecret), false, Some(None)));
    }

    #[test]
    fn the_finding_says_what_the_reply_says() {
        let said = |reply: &str| {
            let script = format!("S: +OK ready\nC: USER bob\nS: +OK\nC: PASS x\nS: -ERR {reply}\nC: QUIT\nS: +OK");
            let session = crate::verdict::testing::session(&script, crate::session::Needs::ALL);
            let found = super::RULE.look(&session).into_iter().next().expect("a refused login");
            let facts = found.facts.into_iter().next().expect("a cause");
            (facts.sentence, facts.list.into_iter().map(|(_, fact)| fact).collect::<Vec<_>>())
        };
        use super::{Fact, LoginCause};
        let cause = Fact::LoginCause;
        assert_eq!(said("Your password has expired"), (0, vec![cause(LoginCause::Expired)]));
        assert_eq!(said("wrong password"), (0, vec![cause(LoginCause::WrongSecret)]));
        let quoted = |words: &str| Fact::Name(format!("-ERR {words}"));
        let delay = "[LOGIN-DELAY] minimum time between mail checks";
        assert_eq!(said(delay), (1, vec![cause(LoginCause::Limit), quoted(delay)]));
        assert_eq!(said("Ask Carol"), (1, vec![cause(LoginCause::Unknown), quoted("Ask Carol")]));
        assert_eq!(said("no x for you"), (0, vec![cause(LoginCause::Unknown)]), "it repeats the password");
    }

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
        imap_by_a_client_that_is_in_already,
        "S: * OK hi\nC: a LOGIN bob x\nS: a OK Logged in\nC: b LOGIN bob x\n\
         S: b BAD Error in IMAP command LOGIN: Unknown command"
    );
    has_not!(imap_after_preauth, "S: * PREAUTH hi\nC: a LOGIN bob x\nS: a NO Already logged in");
    has!(
        imap_by_a_server_that_looks_at_a_second_login,
        "S: * OK hi\nC: a LOGIN bob x\nS: a OK Logged in\nC: b LOGIN eve y\nS: b NO [AUTHENTICATIONFAILED] wrong" => [4, 5]
    );
    has!(
        imap_after_unauthenticate,
        "S: * OK hi\nC: a LOGIN bob x\nS: a OK in\nC: b UNAUTHENTICATE\nS: b OK out\nC: c LOGIN bob y\nS: c BAD no" => [6, 7]
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
