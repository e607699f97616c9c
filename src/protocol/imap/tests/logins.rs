//! Logins: LOGIN in its forms, AUTHENTICATE, and what becomes of them.

use super::super::Dialogue;
use super::{answers, played};
use crate::flow::Side;
use crate::protocol::event::{Exposure, Kind, LoginOutcome, TlsFact};
use crate::protocol::secret::Secret;
use crate::protocol::testing::talk;

/// User, password and outcome of each attempt.
fn attempts(script: &str) -> Vec<(String, String, LoginOutcome)> {
    let text = |bytes: &Option<Vec<u8>>| String::from_utf8_lossy(bytes.as_deref().unwrap_or(b"?")).into_owned();
    played(script)
        .credentials
        .iter()
        .map(|c| (text(&c.username), text(&c.password.clone().map(Secret::into_revealed)), c.outcome))
        .collect()
}

#[test]
fn passwords_are_read_to_the_letter() {
    let found = attempts(
        r#"
        S: * OK hi
        C: a1 LOGIN bob secret12
        S: a1 NO [AUTHENTICATIONFAILED] no
        C: a2 login "carol@x" "pa\\"ss\\\\word"
        S: a2 BAD no
        C: a3 LOGIN {3}
        S: + OK
        C: b b {19}
        S: + OK
        C: пароль-密码
        S: a3 OK in
        C: a4 LOGIN dave x{5}
        "#,
    );
    use LoginOutcome::{Accepted, Rejected, Unknown};
    assert_eq!(
        found,
        [
            ("bob".into(), "secret12".into(), Rejected),
            ("carol@x".into(), r#"pa"ss\word"#.into(), Rejected),
            ("b b".into(), "пароль-密码".into(), Accepted),
            ("dave".into(), "x{5}".into(), Unknown),
        ]
    );
}

#[test]
fn continuations_within_a_command_are_emitted_after_it() {
    let script = "S: * OK hi\nC: a1 LOGIN {3}\nS: + OK\nC: bob {2}\nS: + OK\nC: pw\nS: a1 OK in";
    let told = played(script);
    assert_eq!(
        told.rows()[1..],
        [
            "2 C Command [LOGIN] a1 LOGIN {3}\\nbob {2}\\npw",
            "3 S Continuation + OK",
            "4 S Continuation + OK",
            "5 S Reply a1 OK in -> 2",
        ]
    );
    assert_eq!(talk(Dialogue::new(), script).steps[1].packets, [2, 4, 6]);
    let login = &told.credentials[0];
    assert_eq!((login.mechanism.as_str(), login.exposure), ("LOGIN", Exposure::Plaintext));
    assert_eq!((login.steps.as_slice(), &login.wire_forms), ([2, 5].as_slice(), &vec![Secret::new(*b"pw")]));
}

#[test]
fn a_forgotten_tag_and_telnet_are_understood() {
    let told = played(
        r#"
        S: * OK hi
        C: LOGIN bob secret
        S: LOGIN BAD Unknown command bob
        C| \xff\xfd\x03\xff\xfd\x01a1 LOGIN bob secret\n
        S: a1 OK in
        C:
        C: hello
        S: hello BAD what
        C: logout
        S: logout BAD what
        "#,
    );
    assert_eq!(told.commands(), ["LOGIN", "LOGIN", "LOGOUT"]);
    assert_eq!(answers(&told), ["LOGIN BAD", "LOGIN OK", " BAD", "LOGOUT BAD"]);
    assert_eq!(told.steps[1].tag, None);
    assert_eq!(told.steps[3].tag.as_deref(), Some("a1"));
    assert_eq!(told.steps[3].secrets, ["secret"]);
    assert_eq!(told.steps[6].answers.or(told.steps[7].answers), Some(7), "a line without a verb is answered too");
    assert_eq!(told.credentials.len(), 2);
}

#[test]
fn authenticate_ends_with_its_reply() {
    let told = played(
        r#"
        S: * OK hi
        C: a1 AUTHENTICATE LOGIN
        S: + VXNlcm5hbWU6
        C: Ym9i
        S: + UGFzc3dvcmQ6
        C: c2VjcmV0
        S: a1 NO no
        C: a2 AUTHENTICATE PLAIN
        S: +
        C: *
        S: a2 BAD cancelled
        C: a3 authenticate plain AGJvYgBzZWNyZXQ=
        S: a3 OK [CAPABILITY IMAP4rev1 IDLE] in
        C: a4 NOOP
        S: a4 OK done
        "#,
    );
    assert_eq!(told.commands(), ["AUTHENTICATE", "AUTHENTICATE", "AUTHENTICATE", "NOOP"]);
    assert_eq!(answers(&told), ["AUTHENTICATE NO", "AUTHENTICATE BAD", "AUTHENTICATE OK", "NOOP OK"]);
    let kinds: Vec<_> = told.steps.iter().map(|step| (step.from, step.kind)).collect();
    let asked = (Side::Server, Kind::Continuation);
    let answer = (Side::Client, Kind::Response);
    assert_eq!(kinds[2..6], [asked, answer, asked, answer]);
    assert_eq!(kinds[8..10], [asked, answer]);
    let outcomes: Vec<_> = told.credentials.iter().map(|credential| credential.outcome).collect();
    assert_eq!(outcomes, [LoginOutcome::Rejected, LoginOutcome::Cancelled, LoginOutcome::Accepted]);
    assert_eq!(told.capabilities, ["IMAP4rev1", "IDLE"]);
    // The reply that decides is the last step of each.
    let last: Vec<_> = told.credentials.iter().filter_map(|credential| credential.steps.last().copied()).collect();
    let replies: Vec<_> = (1..).zip(&told.steps).filter(|(_, step)| step.kind == Kind::Reply).map(|(n, _)| n).collect();
    assert_eq!(last, replies[..3]);
}

#[test]
fn a_line_with_spaces_is_a_command_while_nothing_is_asked() {
    let told = played("C: a1 AUTHENTICATE PLAIN AGJvYgBzZWNyZXQ=\nC: a2 LIST \"\" *\nC: Zm9v\nC: a3 LOGOUT");
    assert_eq!(told.commands(), ["AUTHENTICATE", "LIST", "LOGOUT"]);
    assert_eq!(told.steps[2].kind, Kind::Response);
}

#[test]
fn id_names_the_client() {
    let told = played(
        r#"
        S: * OK hi
        C: 3 ID ("name" "Thunderbird" "version" "17.0.8")
        S: * ID NIL
        S: 3 OK done
        C: 4 ID ("name" "other")
        "#,
    );
    assert_eq!(told.client_name.as_deref(), Some("Thunderbird"));
}

#[test]
fn starttls_hands_over_and_may_be_refused() {
    let told = played(
        r#"
        S: * OK hi
        C: a1 STARTTLS
        S: a1 NO not here
        C: a2 STARTTLS
        S: a2 OK go
        C| \x16\x03\x01\0\x05hello
        S| \x16\x03\x03\0\x02hi
        "#,
    );
    assert_eq!(told.commands(), ["STARTTLS", "STARTTLS"]);
    assert_eq!(told.tls, [TlsFact::StartTls]);
}

#[test]
fn plain_text_where_tls_should_begin_is_read_on() {
    let told = played(
        r#"
        S: * OK hi
        C: a2 STARTTLS
        S: a2 OK go
        C: a3 LOGIN bob secret
        S: a3 OK in
        "#,
    );
    assert_eq!(told.commands(), ["STARTTLS", "LOGIN"]);
    assert_eq!(told.tls, [TlsFact::StartTls, TlsFact::Decrypted]);
    assert_eq!(told.credentials[0].outcome, LoginOutcome::Accepted);
}

#[test]
fn what_answers_a_challenge_to_an_unseen_authenticate_is_hidden() {
    for before in ["S: * OK hi\nC~ 24\n", ""] {
        let script = format!("{before}S: +\nC: AGFsaWNlAHNlY3JldA==\nS: a1 OK in\nC: a2 NOOP\nS: a2 OK done");
        let told = crate::protocol::testing::talk(super::super::Dialogue::new(), &script);
        let response = told.steps.iter().find(|step| step.kind == Kind::Response).expect("a response");
        assert_eq!(response.secrets, ["AGFsaWNlAHNlY3JldA=="]);
        assert_eq!(told.commands(), ["NOOP"]);
    }
}

#[test]
fn two_logins_that_gaps_have_run_together() {
    let begun = "S: * OK hi\nC: a1 AUTHENTICATE PLAIN\nS: +\n";
    for gaps in ["C~ 40\nS~ 30\n", "S~ 30\nC~ 40\n"] {
        let told = played(&[begun, gaps, "S: + PDE4OTYuNjk3MTc+\nC: YWxpY2UgYjkx\nS: a2 OK in"].concat());
        let [login] = &told.credentials[..] else { panic!("{:?}", told.credentials) };
        assert_eq!((login.challenge.as_deref(), login.outcome), (None, LoginOutcome::Unknown), "{gaps}");
        assert_eq!(told.steps.iter().find(|s| s.kind == Kind::Response).expect("one").secrets, ["YWxpY2UgYjkx"]);
        // Its own tag identifies it.
        let told = played(&[begun, gaps, "S: a1 NO no"].concat());
        assert_eq!(told.credentials[0].outcome, LoginOutcome::Rejected);
    }
}

#[test]
fn a_login_whose_end_is_missing_is_over_with_the_next_command() {
    let told = played(
        r#"
        S: * OK hi
        C: a1 AUTHENTICATE PLAIN
        S: +
        C: AGFsaWNlAHNlY3JldA==
        S~ 11
        C: a2 SELECT m
        S: a2 OK done
        C: a3 IDLE
        S: + idling
        C: DONE
        S: a3 OK done
        C: a4 APPEND m {6+}
        C: a b c
        C:
        S: a4 OK done
        "#,
    );
    assert_eq!(told.commands(), ["AUTHENTICATE", "SELECT", "IDLE", "DONE", "APPEND"]);
    assert_eq!(told.messages.len(), 1);
    let [login] = &told.credentials[..] else { panic!("{:?}", told.credentials) };
    assert_eq!(
        (login.outcome, login.password.as_ref().map(Secret::reveal)),
        (LoginOutcome::Unknown, Some(b"secret".as_slice()))
    );
}
