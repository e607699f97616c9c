//! AUTH (RFC 4954): which lines belong to a login, and how it ended. The lines themselves are tested in
//! `protocol::sasl`.

use super::*;
use crate::protocol::event::{LoginCause, LoginOutcome, StepId};

fn session(script: &str) -> Recorder {
    smtp(&["S: 220 x\nC: EHLO a\nS: 250 x\n", script].concat())
}

fn outcomes(told: &Recorder) -> Vec<LoginOutcome> {
    told.credentials.iter().map(|credential| credential.outcome).collect()
}

/// True where `steps` are among those that the login was read from.
fn has_steps(told: &Recorder, steps: &[StepId]) -> bool {
    steps.iter().all(|step| told.credentials[0].steps.contains(step))
}

#[test]
fn an_initial_response() {
    let told = session(
        "
        C: AUTH PLAIN AGFsaWNlAHNlY3JldA==
        S: 235 2.7.0 in
        C: QUIT
        S: 221 bye
    ",
    );
    assert_eq!(outcomes(&told), [LoginOutcome::Accepted]);
    assert_eq!(told.steps[3].secrets, ["AGFsaWNlAHNlY3JldA=="]);
    assert_eq!(answered(&told)[1..], ["AUTH 235", "QUIT 221"]);
    assert!(has_steps(&told, &[5]));
}

#[test]
fn challenges_and_responses() {
    let told = session(
        "
        C: auth login
        S: 334 VXNlcm5hbWU6
        C: YWxpY2U=
        S: 334 UGFzc3dvcmQ6
        C: c2VjcmV0
        S: 535 5.7.8 no
        C: QUIT
        S: 221 bye
    ",
    );
    assert_eq!(
        told.rows()[3..9],
        [
            "4 C Command [AUTH] auth login",
            "5 S Continuation 334 VXNlcm5hbWU6 -> 4",
            "6 C Response YWxpY2U=",
            "7 S Continuation 334 UGFzc3dvcmQ6 -> 6",
            "8 C Response c2VjcmV0",
            "9 S Reply 535 5.7.8 no -> 8",
        ]
    );
    assert_eq!(outcomes(&told), [LoginOutcome::Rejected]);
    assert_eq!(told.steps[7].secrets, ["c2VjcmV0"]);
    assert!(has_steps(&told, &[5, 6, 7, 8, 9]));
}

/// Base64 that happens to spell a verb is a response all the same.
#[test]
fn a_response_may_look_like_a_command() {
    let told = session(
        "
        C: AUTH LOGIN
        S: 334 VXNlcm5hbWU6
        C: QUIT
        S: 334 UGFzc3dvcmQ6
        C: DATA
        S: 235 in
    ",
    );
    assert_eq!(told.commands(), ["EHLO", "AUTH"]);
}

#[test]
fn several_attempts() {
    let told = session(
        "
        C: AUTH DIGEST-MD5
        S: 504 not here
        C: AUTH CRAM-MD5
        S: 334 PDE+
        C: *
        S: 501 cancelled
        C: AUTH PLAIN
        S: 334
        C: AGFsaWNlAHNlY3JldA==
        S: 454 4.7.0 try later
        C: AUTH PLAIN AGFsaWNlAHNlY3JldA==
        S: 235 in
        C: MAIL FROM:<a@x>
        S: 250 ok
    ",
    );
    assert_eq!(told.credentials.len(), 4);
    assert_eq!(told.credentials[3].outcome, LoginOutcome::Accepted);
    assert_eq!(answered(&told).last().map(String::as_str), Some("MAIL 250"));
}

/// RFC 4954, section 4: after a login the server must refuse any other. The password has crossed all the same.
#[test]
fn a_second_login_is_refused_and_an_attempt() {
    let told = session(
        "
        C: AUTH PLAIN AGFsaWNlAHNlY3JldA==
        S: 235 in
        C: AUTH PLAIN AGJvYgBodW50ZXIy
        S: 503 already authenticated
    ",
    );
    assert_eq!(outcomes(&told), [LoginOutcome::Accepted, LoginOutcome::Rejected]);
    assert_eq!(told.steps[5].secrets, ["AGJvYgBodW50ZXIy"], "and still a secret");
    assert_eq!(told.credentials[1].cause, Some(LoginCause::Unknown));
    assert!(!told.credentials[0].unheeded && told.credentials[1].unheeded, "it says nothing of the credentials");
}

#[test]
fn what_is_refused_behind_a_login_for_its_place_is_no_refused_login() {
    let unheeded = |before: &str, reply: &str| {
        let told = session(&format!("{before}C: AUTH PLAIN AGJvYgBodW50ZXIy\nS: {reply}\n"));
        told.credentials.last().map(|login| login.unheeded)
    };
    let login = "C: AUTH PLAIN AGFsaWNlAHNlY3JldA==\nS: 235 in\n";
    for reply in ["503 5.5.1 Error: already authenticated", "503 bad sequence", "502 no", "500 what", "530 Already in"]
    {
        assert_eq!(unheeded(login, reply), Some(true), "{reply}");
        assert_eq!(unheeded("", reply), Some(false), "{reply}: it is the first");
        let refused = "C: AUTH PLAIN AGFsaWNlAHNlY3JldA==\nS: 535 no\n";
        assert_eq!(unheeded(refused, reply), Some(false), "{reply}: none was accepted");
    }
    for reply in ["535 5.7.8 Error: authentication failed", "454 4.7.0 later", "235 in again"] {
        assert_eq!(unheeded(login, reply), Some(false), "{reply}: the server has looked at it");
    }
}

#[test]
fn a_503_to_the_first_is_an_attempt() {
    assert_eq!(
        outcomes(&session("C: AUTH PLAIN AGFsaWNlAHNlY3JldA==\nS: 503 unsupported\n")),
        [LoginOutcome::Rejected]
    );
}

#[test]
fn the_answer_never_comes() {
    assert_eq!(outcomes(&session("C: AUTH PLAIN AGFsaWNlAHNlY3JldA==\n")), [LoginOutcome::Unknown]);
    assert_eq!(outcomes(&session("C: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\n")), [LoginOutcome::Unknown]);
    assert_eq!(outcomes(&session("C: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: YWxpY2U=\n")), [LoginOutcome::Unknown]);
}

#[test]
fn auth_without_a_mechanism_is_no_attempt() {
    let told = session("C: AUTH\nS: 501 syntax\nC: QUIT\nS: 221 bye\n");
    assert!(told.credentials.is_empty());
    assert_eq!(answered(&told)[1..], ["AUTH 501", "QUIT 221"]);
}

/// A capture that begins within a login: the response must be hidden, though its mechanism is not known.
#[test]
fn a_challenge_to_an_auth_that_was_not_captured() {
    let told = smtp(
        "
        S: 334 UGFzc3dvcmQ6
        C: c2VjcmV0
        S: 235 in
        C: MAIL FROM:<a@x>
        S: 250 ok
    ",
    );
    assert_eq!(told.steps[1].kind, Kind::Response);
    assert_eq!(told.steps[1].secrets, ["c2VjcmV0"]);
    assert_eq!(told.commands(), ["MAIL"]);
}

/// Half a response is half a password: it is hidden, and not read.
#[test]
fn a_response_with_a_gap() {
    let told = session(
        r"
        C| AUTH PLAIN AGFsaWNlAHNl
        C~ 10
        S: 235 in
        C: QUIT
        S: 221 bye
    ",
    );
    assert_eq!(outcomes(&told), [LoginOutcome::Accepted]);
    assert_eq!(told.credentials[0].password, None);
    assert_eq!(told.steps[3].secrets, ["AGFsaWNlAHNl"]);
    assert_eq!(answered(&told)[1..], ["AUTH 235", "QUIT 221"]);
}

#[test]
fn responses_and_challenges_in_gaps() {
    let told = session(
        "
        C: AUTH LOGIN
        S: 334 VXNlcm5hbWU6
        C~ 10
        S: 334 UGFzc3dvcmQ6
        C: c2VjcmV0
        S: 235 in
    ",
    );
    assert_eq!(outcomes(&told), [LoginOutcome::Accepted]);
    let told = session(
        "
        C: AUTH LOGIN
        S~ 18
        C: YWxpY2U=
        S: 334 UGFzc3dvcmQ6
        C: c2VjcmV0
        S: 235 in
    ",
    );
    assert_eq!(outcomes(&told), [LoginOutcome::Accepted]);
    assert_eq!(told.commands(), ["EHLO", "AUTH"]);
}

/// With bytes of both sides missing, one login may have ended and another begun: a challenge begins one of its own.
#[test]
fn two_logins_that_gaps_have_run_together() {
    let begun = "C: AUTH PLAIN\nS: 334\n";
    let challenge = "S: 334 PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2U+\n";
    let response = "C: YWxpY2UgYjkxM2E2MDJjN2VkYTdhNDk1YjRlNmU3MzM0ZDM4OTA=\n";
    for gaps in ["C~ 40\nS~ 30\n", "S~ 30\nC~ 40\n", "C| AGFsa\nC~ 40\nC| Q=\\r\\n\nS~ 30\n"] {
        for rest in [[challenge, response, "S: 235 in\n"].concat(), "S: 235 in\n".to_owned(), "S: 535 no\n".to_owned()]
        {
            let told = session(&[begun, gaps, &rest].concat());
            let found: Vec<_> =
                told.credentials.iter().map(|c| (c.mechanism.as_str(), c.challenge.is_some(), c.outcome)).collect();
            let mut expected = vec![("AUTH PLAIN", false, LoginOutcome::Unknown)];
            if rest.starts_with(challenge) {
                expected.push(("AUTH CRAM-MD5", true, LoginOutcome::Accepted));
            }
            assert_eq!(found, expected, "{gaps}{rest}");
        }
    }
    // The server's bytes are whole: its next reply answers the command that is missing.
    let told =
        session(&[begun, "C~ 40\nS: 535 no\nC: AUTH LOGIN\nS: 334\nC~ 10\nS: 334\nC: c2VjcmV0\nS: 535 no\n"].concat());
    assert_eq!(outcomes(&told), [LoginOutcome::Rejected; 2]);
}

#[test]
fn ways_to_name_the_mechanism() {
    for auth in ["AUTH LOGIN", "AUTH=LOGIN", "XAUTH LOGIN", "X-EXPS LOGIN", "auth login"] {
        let told = session(&format!(
            "C: {auth}\nS: 334 VXNlcm5hbWU6\nC: Ym9i\nS: 334 UGFzc3dvcmQ6\nC: V2V0IExhbXAgNDI=\nS: 235 in\nC: MAIL FROM:<a@x>\nS: 250 ok"
        ));
        assert_eq!(told.attempts(), ["AUTH LOGIN bob Wet Lamp 42 Plaintext Accepted -"], "{auth}");
        assert_eq!(told.steps[7].secrets, ["V2V0IExhbXAgNDI="], "{auth}");
    }
}

#[test]
fn mail_in_place_of_a_response_gives_the_login_up() {
    let told = session(
        "C: AUTH CRAM-MD5\nS: 334 PDEuMkB4Pg==\nC: MAIL FROM:<a@example.test>\nS: 250 sender ok\nC: RCPT TO:<b@example.test>\nS: 250 ok",
    );
    assert_eq!(told.attempts(), ["AUTH CRAM-MD5 - - None Cancelled Cancelled"]);
    assert_eq!(told.commands(), ["EHLO", "AUTH", "MAIL", "RCPT"]);
}

#[test]
fn a_capture_that_begins_with_the_response() {
    for (reply, expected) in [("235 2.7.0 in", "Accepted -"), ("535 5.7.8 no", "Rejected WrongSecret")] {
        let told =
            smtp(&format!("C: AGJvYkBleGFtcGxlLnRlc3QAV2V0IExhbXAgNDI=\nS: {reply}\nC: MAIL FROM:<a@x>\nS: 250 ok"));
        assert_eq!(told.attempts(), [format!("AUTH PLAIN bob@example.test Wet Lamp 42 Plaintext {expected}")]);
    }
}

#[test]
fn a_421_during_a_login_is_no_verdict() {
    for (reply, expected) in [
        ("421 4.7.0 Too many errors", "Unknown Limit"),
        ("421 4.4.2 Error: timeout exceeded", "Unknown Temporary"),
        ("451 4.3.0 local error in processing", "Unknown Temporary"),
        ("421 4.3.2 shutting down", "Unknown Temporary"),
    ] {
        let told = session(&format!("C: AUTH PLAIN AGJvYgB4MQ==\nS: {reply}\n"));
        assert_eq!(told.attempts(), [format!("AUTH PLAIN bob x1 Plaintext {expected}")], "{reply}");
        let told = session(&format!("C: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nS: {reply}\n"));
        assert_eq!(told.attempts(), [format!("AUTH LOGIN - - None {expected}")], "{reply}");
    }
}

#[test]
fn nothing_secret_in_an_empty_password() {
    for (login, expected) in [
        ("C: AUTH PLAIN AAA=\n", "AUTH PLAIN - - None"),
        ("C: AUTH PLAIN AGJvYgA=\n", "AUTH PLAIN bob - None"),
        ("C: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: Ym9i\nS: 334 UGFzc3dvcmQ6\nC:\n", "AUTH LOGIN bob - None"),
    ] {
        let told = session(&format!("{login}S: 535 5.7.8 no\n"));
        assert_eq!(told.attempts(), [format!("{expected} Rejected WrongSecret")]);
        assert!(told.steps.iter().all(|step| step.secrets.is_empty()), "{login}");
    }
}

/// RFC 7628, section 3.2.2. Exchange says no more than `535 5.7.3` after it.
#[test]
fn the_report_on_a_token_says_why() {
    let token = "C: AUTH XOAUTH2 dXNlcj1ib2IBYXV0aD1CZWFyZXIgeWEyOS54AQE=\nS: 334 eyJzdGF0dXMiOiI0MDEifQ==\n";
    for end in ["", "C:\nS: 535 5.7.3 Authentication unsuccessful\n"] {
        let told = session(&[token, end].concat());
        assert_eq!(told.attempts(), ["AUTH XOAUTH2 bob - Token Rejected WrongSecret"]);
    }
}

#[test]
fn auth_within_a_transaction_is_no_refused_login() {
    let auth = "C: AUTH PLAIN AGJvYgBzZWNyZXQ=\n";
    let mail = "C: MAIL FROM:<a@b>\nS: 250 ok\n";
    for (before, reply, is_out_of_place) in [
        (mail, "503 not permitted in mail transaction", true),
        (mail, "503 5.5.1 Error: MAIL transaction in progress", true),
        (mail, "503 5.5.1 Error: authentication not enabled", false),
        (mail, "503 AUTH command used when not advertised", false),
        (mail, "535 5.7.8 no", false),
        ("", "503 bad sequence", false),
        ("C: MAIL FROM:<a@b>\nS: 550 no\n", "503 bad sequence", false),
    ] {
        let told = session(&format!("{before}{auth}S: {reply}\n"));
        let unheeded: Vec<_> = told.credentials.iter().map(|login| login.unheeded).collect();
        assert_eq!(unheeded, [is_out_of_place], "{before}{reply}");
    }
}
