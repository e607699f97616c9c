//! Causes of refused logins, read from replies of servers.

use super::*;

fn smtp(code: u16, enhanced: Option<(u16, u16)>, text: &str) -> LoginCause {
    of(&Refusal { text: text.as_bytes(), smtp: Some((code, enhanced)), code: None })
}

#[test]
fn words_outrank_codes() {
    let invalid = Some((7, 8));
    assert_eq!(smtp(535, invalid, "535 5.7.8 Error: authentication failed"), LoginCause::WrongSecret);
    assert_eq!(
        smtp(535, invalid, "535 5.7.8 Error: authentication failed: Invalid authentication mechanism"),
        LoginCause::MechanismNotOffered
    );
    assert_eq!(
        smtp(535, invalid, "535 5.7.8 Error: authentication failed: Invalid base64 data in continued response"),
        LoginCause::Malformed
    );
    let switched_off = "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant";
    assert_eq!(smtp(535, Some((7, 139)), switched_off), LoginCause::SwitchedOff);
    assert_eq!(smtp(535, Some((7, 3)), "535 5.7.3 Authentication unsuccessful"), LoginCause::Unknown);
    let no_reason = "535 5.7.8 Error: authentication failed: (reason unavailable)";
    assert_eq!(smtp(535, invalid, no_reason), LoginCause::WrongSecret);
    assert_eq!(smtp(535, None, "535 nope"), LoginCause::WrongSecret);
    assert_eq!(smtp(503, None, "503 AUTH command used when not advertised"), LoginCause::MechanismNotOffered);
    assert_eq!(smtp(503, None, "503 already logged in"), LoginCause::Unknown);
    assert_eq!(
        smtp(530, Some((7, 0)), "530 5.7.0 Must issue a STARTTLS command first"),
        LoginCause::EncryptionDemanded
    );
    for (code, enhanced, text) in [
        (432, None, "432 Transition first"),
        (432, Some((7, 12)), "432 4.7.12 A password transition is needed"),
        (534, Some((7, 12)), "534 5.7.12 Log in by PLAIN once"),
        (535, Some((7, 12)), "535 5.7.12 no"),
        (535, Some((7, 8)), "535 5.7.8 A password transition is needed"),
    ] {
        assert_eq!(smtp(code, enhanced, text), LoginCause::PasswordTransition, "{text}");
    }
    assert_eq!(smtp(454, Some((7, 0)), "454 4.7.0 Temporary authentication failure"), LoginCause::Temporary);
    assert_eq!(smtp(421, Some((7, 0)), "421 4.7.0 Too many errors"), LoginCause::Limit);
}

#[test]
fn response_codes_are_read_and_nothing_is_guessed() {
    let of = |code, text: &str| {
        let refusal = Refusal { text: text.as_bytes(), smtp: None, code };
        let cause = of(&refusal);
        (cause, outcome(&refusal, cause))
    };
    use LoginOutcome::{Rejected, Unknown};
    assert_eq!(of(Some("AUTH"), "[AUTH] Authentication failed."), (LoginCause::WrongSecret, Rejected));
    assert_eq!(
        of(Some("AUTH"), "[AUTH] Plaintext authentication disallowed on non-secure (SSL/TLS) connections."),
        (LoginCause::EncryptionDemanded, Rejected)
    );
    assert_eq!(of(Some("IN-USE"), "[IN-USE] too many locks"), (LoginCause::InUse, Rejected));
    assert_eq!(of(Some("SYS/TEMP"), "[SYS/TEMP] wait"), (LoginCause::Temporary, Unknown));
    assert_eq!(
        of(Some("UNAVAILABLE"), "[UNAVAILABLE] Maximum number of connections from user+IP exceeded"),
        (LoginCause::Limit, Unknown)
    );
    assert_eq!(of(None, "Login failed."), (LoginCause::Unknown, Rejected));
    for words in [
        "maildrop already locked",
        "mailbox is locked by another POP3 session",
        "Unable to lock maildrop",
        "can't lock mailbox",
        "Mailbox already in use",
        "Do you have another POP session running?",
    ] {
        assert_eq!(of(None, words), (LoginCause::InUse, Rejected), "{words}");
    }
    let wrong = Refusal { text: b"454 Wrong password", smtp: Some((454, Some((7, 0)))), code: None };
    let cause = super::of(&wrong);
    assert_eq!((cause, outcome(&wrong, cause)), (LoginCause::WrongSecret, Rejected));
    for (words, is) in [
        ("Login failed: authentication failure", true),
        ("535 5.7.3 Authentication unsuccessful", true),
        ("Login failed.", false),
        ("authentication failed: generic failure", false),
        ("Authentication failed: account disabled", false),
    ] {
        assert_eq!(is_of_credentials(words.as_bytes()), is, "{words}");
    }
    assert_eq!(of(None, "mailbox is blocked").0, LoginCause::Unknown);
    assert_eq!(of(None, "LOGIN failed. BasicAuthBlocked").0, LoginCause::SwitchedOff);
    assert_eq!(of(None, "Temporary authentication failure."), (LoginCause::Temporary, Unknown));
}

#[test]
fn a_server_that_waited_in_vain_says_nothing_about_the_password() {
    let timeout = smtp(421, Some((4, 2)), "421 4.4.2 mx.example.test Error: timeout exceeded");
    assert_eq!(timeout, LoginCause::Temporary, "no limit is exceeded but that of the time");
    for words in ["BYE Disconnected for inactivity.", "BYE Server shutting down.", "BYE Autologout; idle timed out"] {
        let cause = of(&Refusal { text: words.as_bytes(), smtp: None, code: None });
        assert_eq!((cause, outcome_of_the_end(cause)), (LoginCause::Temporary, LoginOutcome::Unknown), "{words}");
    }
    let inactive = Refusal { text: b"NO account is inactive", smtp: None, code: None };
    assert_eq!(of(&inactive), LoginCause::SwitchedOff);
}

#[test]
fn replies_that_only_a_login_gets() {
    let is = |ok, text: &str, pop3| is_of_login(ok, &Refusal { text: text.as_bytes(), smtp: None, code: None }, pop3);
    for words in [
        "Logged in",
        "User logged in SESSIONID=<cyrus-1>",
        "LOGIN Ok.",
        "AUTHENTICATE completed.",
        "bob@example.test authenticated (Success)",
    ] {
        assert!(is(true, words, false) && is(true, words, true), "{words}");
    }
    for words in ["maildrop has 2 messages (320 octets)", "Mailbox locked and ready", "bob has 2 visible messages"] {
        assert!(is(true, words, true) && !is(true, words, false), "{words}");
    }
    for words in [
        "UNAUTHENTICATE completed",
        "Logging out",
        "Logged out",
        "not logged in",
        "Already authenticated",
        "2 messages (320 octets)",
        "SELECT completed",
        "",
    ] {
        assert!(!is(true, words, true), "{words}");
    }
    for words in [
        "Login failed.",
        "Logon failure: unknown user name or bad password.",
        "LOGIN failed.",
        "Invalid credentials (Failure)",
    ] {
        assert!(is(false, words, false), "{words}");
    }
    assert!(!is(false, "no such message", true) && !is(false, "Mailbox doesn't exist: login", false));
    let code = |code, pop3| is_of_login(false, &Refusal { text: b"no", smtp: None, code: Some(code) }, pop3);
    assert!(code("AUTHENTICATIONFAILED", false) && code("IN-USE", true) && !code("NONEXISTENT", false));
}

#[test]
fn a_password_that_has_expired_is_not_a_wrong_one() {
    let of = |code, text: &str| of(&Refusal { text: text.as_bytes(), smtp: None, code });
    for text in ["Your password has expired", "password expired, please change it", "PASSWD EXPIRED"] {
        assert_eq!(of(None, text), LoginCause::Expired, "{text}");
    }
    assert_eq!(of(Some("EXPIRED"), "[EXPIRED] That password isn't any good any more"), LoginCause::Expired);
    assert_eq!(smtp(535, Some((7, 8)), "535 5.7.8 password expired"), LoginCause::Expired);
    assert_eq!(of(None, "account has expired"), LoginCause::SwitchedOff);
    for text in ["password is wrong or expired", "Invalid or expired password", "token expired", "password invalid"] {
        assert_eq!(of(None, text), LoginCause::WrongSecret, "{text}");
    }
    assert_eq!(of(None, "session expired"), LoginCause::Unknown);
}
