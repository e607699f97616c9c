//! Attempts to log in of which a part is not in the capture, those given up, and why one was not accepted.

use super::super::Dialogue;
use super::played;
use crate::protocol::Dialogue as _;
use crate::protocol::event::Kind;
use crate::protocol::testing::{Recorder, talk};

/// A conversation whose beginning is not in the capture.
fn from_the_middle(script: &str) -> Recorder {
    let mut dialogue = Dialogue::new();
    dialogue.beginning(false);
    talk(dialogue, script)
}

#[test]
fn a_capture_that_begins_inside_a_login() {
    let plain = "C: AGJvYkBleGFtcGxlLnRlc3QAV2V0IExhbXAgNDI=\n";
    let bob = "AUTH PLAIN bob@example.test Wet Lamp 42 Plaintext";
    let unknown = "AUTH - - None Accepted -".to_owned();
    for (script, expected) in [
        (format!("{plain}S: a OK [CAPABILITY IMAP4rev1 NOTIFY] Logged in"), format!("{bob} Accepted -")),
        (format!("{plain}S: 1 OK User logged in SESSIONID=<x>"), format!("{bob} Accepted -")),
        (format!("{plain}S: A2 OK LOGIN Ok."), format!("{bob} Accepted -")),
        (format!("{plain}S: A2 OK AUTHENTICATE completed."), format!("{bob} Accepted -")),
        (format!("{plain}S: a NO [AUTHENTICATIONFAILED] no"), format!("{bob} Rejected WrongSecret")),
        (format!("{plain}S: a NO [UNAVAILABLE] Login failed."), format!("{bob} Unknown Temporary")),
        ("C: Wet Lamp 42\nS: a OK Logged in".to_owned(), unknown.clone()),
        ("C: bob@example.test {11}\nS: + OK\nC: Wet Lamp 42\nS: a OK Logged in".to_owned(), unknown.clone()),
        ("S: + OK\nC: Wet Lamp 42\nS: a OK Logged in".to_owned(), unknown.clone()),
        ("C: V2V0IExhbXAgNDI=\nS: a OK Logged in\nC: b NOOP\nS: b OK".to_owned(), unknown.clone()),
        ("C: b NOOP\nS: a OK LOGIN completed\nS: b OK NOOP completed".to_owned(), unknown),
        ("C: b NOOP\nS: a NO LOGIN failed.".to_owned(), "AUTH - - None Rejected Unknown".to_owned()),
    ] {
        let told = from_the_middle(&script);
        assert_eq!(told.attempts(), [expected], "{script}");
    }
    let told = played(&format!("S: * OK ready\nC~ 20\n{plain}S: a OK Logged in\nC: b LIST \"\" *\nS: b OK done"));
    assert_eq!(told.attempts(), [format!("{bob} Accepted -")], "the command is in a gap");
    assert_eq!(told.credentials[0].steps, [3, 4]);
}

#[test]
fn replies_that_are_no_logins() {
    for script in [
        "S: a OK SELECT completed",
        "S: a OK UNAUTHENTICATE completed",
        "S: a NO [NONEXISTENT] no such mailbox",
        "C: some text\nS: a5 OK APPEND completed",
        "C: a NOOP\nS: a OK Logged in",
        "C: a1 SELECT x\nS: a1 OK done\nS: zz OK Logged in",
    ] {
        assert_eq!(from_the_middle(script).attempts(), [""; 0], "{script}");
    }
}

#[test]
fn without_a_line_of_the_client_the_words_show_the_state_alone() {
    use crate::protocol::event::Subject;
    use crate::protocol::imap::State;
    let told = from_the_middle("S: a OK LOGIN completed\nS: b OK NOOP completed");
    assert_eq!(told.attempts(), [""; 0]);
    let Subject::Imap(subject) = &told.steps[1].subject else { panic!("{:?}", told.steps[1]) };
    assert_eq!(subject.state, State::Authenticated);
}

#[test]
fn a_login_that_only_bye_answers() {
    for (bye, expected) in [
        ("* BYE Temporary authentication failure.", "Unknown Temporary"),
        ("* BYE [UNAVAILABLE] Maximum number of connections exceeded", "Unknown Limit"),
        ("* BYE Too many login failures", "Unknown Limit"),
        ("* BYE Disconnected for inactivity.", "Unknown Temporary"),
        ("* BYE Plaintext authentication disallowed", "Rejected EncryptionDemanded"),
        ("* BYE so long", "Unknown Unknown"),
    ] {
        let told = played(&format!("S: * OK hi\nC: a LOGIN bob x1\nS: {bye}"));
        assert_eq!(told.attempts(), [format!("LOGIN bob x1 Plaintext {expected}")], "{bye}");
        assert_eq!(told.credentials[0].steps, [2, 3]);
        assert_eq!(told.credentials[0].reply.as_deref(), Some(&bye.as_bytes()[2..]));
        let told = played(&format!("S: * OK hi\nC: a AUTHENTICATE LOGIN\nS: + VXNlcm5hbWU6\nS: {bye}"));
        assert_eq!(told.attempts(), [format!("AUTH LOGIN - - None {expected}")], "{bye}");
    }
    let told = played("S: * OK hi\nC: a LOGIN bob x1\nS: * BYE too many\nS: a NO [AUTHENTICATIONFAILED] wrong");
    assert_eq!(told.attempts(), ["LOGIN bob x1 Plaintext Rejected WrongSecret"], "the reply decides");
}

#[test]
fn a_command_where_a_response_is_due_gives_the_login_up() {
    let begun = "S: * OK hi\nC: a1 AUTHENTICATE CRAM-MD5\nS: + PDEuMkB4Pg==\n";
    let told = played(&format!("{begun}C: a2 LOGIN bob x1\nS: a1 BAD Invalid base64\nS: a2 OK Logged in"));
    assert_eq!(told.attempts(), ["AUTH CRAM-MD5 - - None Cancelled Cancelled", "LOGIN bob x1 Plaintext Accepted -"]);
    assert_eq!(told.commands(), ["AUTHENTICATE", "LOGIN"]);
    let told = played(&format!("{begun}C: a2 LOGOUT\nS: * BYE out\nS: a2 OK done"));
    assert_eq!(told.attempts(), ["AUTH CRAM-MD5 - - None Cancelled Cancelled"]);
    assert_eq!(told.commands(), ["AUTHENTICATE", "LOGOUT"]);
}

#[test]
fn what_is_typed_as_it_is() {
    let told = played(
        "S: * OK hi\nC: a AUTHENTICATE LOGIN\nS: + VXNlcm5hbWU6\nC: bob@example.test\nS: + UGFzc3dvcmQ6\nC: Wet-Lamp!42\nS: a NO [AUTHENTICATIONFAILED] no",
    );
    assert_eq!(told.attempts(), ["AUTH LOGIN bob@example.test Wet-Lamp!42 Plaintext Rejected Malformed"]);
    assert_eq!(told.steps[5].secrets, ["Wet-Lamp!42"]);
}

#[test]
fn the_proof_of_any_cram_is_kept() {
    let digest = |length: usize| "0123456789abcdef".repeat(length / 16);
    for (name, length) in [("CRAM-SHA1", 40), ("CRAM-SHA256", 64)] {
        let response = data_encoding::BASE64.encode(format!("bob {}", &digest(64)[..length]).as_bytes());
        let told =
            played(&format!("S: * OK hi\nC: a AUTHENTICATE {name}\nS: + PDEuMkB4Pg==\nC: {response}\nS: a OK in"));
        assert_eq!(told.attempts(), [format!("AUTH {name} bob - Hash Accepted -")]);
        let unseen = from_the_middle(&format!("S: + PDEuMkB4Pg==\nC: {response}\nS: a OK Logged in"));
        assert_eq!(unseen.attempts(), told.attempts(), "its form shows it");
    }
}

#[test]
fn nothing_secret_in_an_empty_password() {
    for (login, expected) in [
        ("C: a LOGIN \"\" \"\"\n", "LOGIN   None"),
        ("C: a LOGIN bob \"\"\n", "LOGIN bob  None"),
        ("C: a AUTHENTICATE PLAIN AAA=\n", "AUTH PLAIN - - None"),
        ("C: a AUTHENTICATE LOGIN\nS: + VXNlcm5hbWU6\nC: Ym9i\nS: + UGFzc3dvcmQ6\nC:\n", "AUTH LOGIN bob - None"),
    ] {
        let told = played(&format!("S: * OK hi\n{login}S: a NO [AUTHENTICATIONFAILED] no"));
        assert_eq!(told.attempts(), [format!("{expected} Rejected WrongSecret")]);
        assert!(told.steps.iter().all(|step| step.secrets.iter().all(|secret| secret == "\"\"")), "{login}");
    }
}

#[test]
fn a_failure_that_will_pass_is_no_verdict() {
    for (reply, expected) in [
        ("NO [UNAVAILABLE] Temporary authentication failure.", "Unknown Temporary"),
        ("NO [INPROGRESS] wait", "Unknown Unknown"),
        ("NO Temporary failure", "Unknown Temporary"),
        ("NO [LIMIT] Too many connections", "Rejected Limit"),
    ] {
        let told = played(&format!("S: * OK hi\nC: a LOGIN bob x1\nS: a {reply}"));
        assert_eq!(told.attempts(), [format!("LOGIN bob x1 Plaintext {expected}")], "{reply}");
    }
}

#[test]
fn the_report_on_a_token_says_why() {
    let told = played(
        "S: * OK hi\nC: a AUTHENTICATE XOAUTH2 dXNlcj1ib2IBYXV0aD1CZWFyZXIgeWEyOS54AQE=\nS: + eyJzdGF0dXMiOiI0MDEifQ==\nC:\nS: a NO sorry",
    );
    assert_eq!(told.attempts(), ["AUTH XOAUTH2 bob - Token Rejected WrongSecret"]);
    assert_eq!(told.steps[3].kind, Kind::Response);
}
