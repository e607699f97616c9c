//! Attempts to log in: those of which a part is not in the capture, those given up, and why one was not accepted.

use super::middle::hear_from_the_middle;
use super::*;

#[test]
fn a_capture_that_begins_inside_a_login() {
    let plain = "C: AGJvYkBleGFtcGxlLnRlc3QAV2V0IExhbXAgNDI=\n ";
    for (script, expected) in [
        (&*format!("{plain}S: +OK Logged in."), "AUTH PLAIN bob@example.test Wet Lamp 42 Plaintext Accepted -"),
        (
            &*format!("{plain}S: +OK maildrop has 2 messages (320 octets)"),
            "AUTH PLAIN bob@example.test Wet Lamp 42 Plaintext Accepted -",
        ),
        (
            &*format!("{plain}S: +OK User successfully logged on."),
            "AUTH PLAIN bob@example.test Wet Lamp 42 Plaintext Accepted -",
        ),
        (
            &*format!("{plain}S: -ERR [AUTH] Authentication failed."),
            "AUTH PLAIN bob@example.test Wet Lamp 42 Plaintext Rejected WrongSecret",
        ),
        (
            &*format!("{plain}S: -ERR [SYS/TEMP] Authentication failed."),
            "AUTH PLAIN bob@example.test Wet Lamp 42 Plaintext Unknown Temporary",
        ),
        // The last response of an AUTH LOGIN: it may be the password, and is not taken for the user name.
        ("C: V2V0IExhbXAgNDI=\n S: +OK Logged in.", "AUTH - - None Accepted -"),
        ("C: SS Wet Lamp 42\n S: +OK Logged in.", "AUTH - - None Accepted -"),
        ("S: +OK Logged in.\n S: +OK 2 320", "AUTH - - None Accepted -"),
        ("S: -ERR [AUTH] Authentication failed.\n C: QUIT\n S: +OK", "AUTH - - None Rejected WrongSecret"),
    ] {
        let told = hear_from_the_middle(script);
        assert_eq!(told.attempts(), [expected], "{script}");
        assert_eq!(told.banner, None, "{script}");
    }
    let told =
        hear(&format!("S: +OK ready\n C~ 12\n S: + \n S~ 3\n {plain}S: +OK Logged in.\n C: STAT\n S: +OK 2 320"));
    assert_eq!(told.attempts().len(), 1, "{:?}", told.attempts());
}

#[test]
fn replies_that_are_no_logins() {
    for script in [
        "C: STAT\n S: +OK 2 320\n C: RSET\n S: +OK maildrop has 2 messages (320 octets)",
        "C: XFOO\n S: -ERR Authentication failed: log in first",
        "S: +OK\n C: XFOO\n S: -ERR login failed",
        "S: +OK 2 messages (320 octets)",
        "C: not base64 at all\n S: +OK",
    ] {
        assert_eq!(hear_from_the_middle(script).attempts(), [""; 0], "{script}");
    }
    let told = hear_from_the_middle("C: PASS secret\n S: +OK Logged in.");
    assert_eq!(told.attempts(), ["USER/PASS - secret Plaintext Accepted -"]);
}

#[test]
fn a_refused_user_is_an_attempt_if_no_pass_follows() {
    for end in ["", "C: QUIT\n S: +OK", "C: STLS\n S: +OK"] {
        let script = format!(
            "S: +OK\n C: USER bob\n S: -ERR [AUTH] Plaintext authentication disallowed on non-secure connections.\n {end}"
        );
        assert_eq!(hear(&script).attempts(), ["USER/PASS bob - None Rejected EncryptionDemanded"], "{end}");
    }
    let told = hear(
        "S: +OK\n C: USER bob\n S: -ERR no such user\n C: PASS x1\n S: -ERR user first\n C: USER eve\n S: -ERR hm",
    );
    assert_eq!(
        told.attempts(),
        ["USER/PASS bob x1 Plaintext Rejected Unknown", "USER/PASS eve - None Rejected Unknown"]
    );
    let told = hear("S: +OK\n C| USER bob\\r\\nPASS x1\\r\\n\n S: -ERR no such user\n S: -ERR user first");
    assert_eq!(told.attempts(), ["USER/PASS bob x1 Plaintext Rejected Unknown"], "sent at once");
    assert_eq!(hear("S: +OK\n C: USER bob\n S: +OK\n C: QUIT\n S: +OK").attempts(), [""; 0]);
    // Typed in a telnet: the server has not understood it.
    assert_eq!(hear("S: +OK\n C: USER bob\n S: -ERR Unknown command.\n C: QUIT\n S: +OK").attempts(), [""; 0]);
}

#[test]
fn a_name_that_is_set_already_stands() {
    let two = "C: USER alice\n S: +OK\n C: USER bob\n";
    for (script, expected) in [
        (format!("{two} S: -ERR username already set\n C: PASS x1\n S: +OK"), "alice x1 Plaintext Accepted -"),
        (
            format!("{two} S: -ERR BUSY: user name already given\n C: PASS x1\n S: -ERR [AUTH] no"),
            "alice x1 Plaintext Rejected WrongSecret",
        ),
        (format!("{two} S: -ERR bad command\n C: PASS x1\n S: +OK"), "alice x1 Plaintext Accepted -"),
        (
            "C: USER alice\n S: +OK\n C: USER\n S: -ERR syntax error\n C: PASS x1\n S: +OK".to_owned(),
            "alice x1 Plaintext Accepted -",
        ),
        // Sent at once.
        (
            "C| USER alice\\r\\nUSER bob\\r\\nPASS x1\\r\\n\n S: +OK\n S: -ERR username already set\n S: +OK"
                .to_owned(),
            "alice x1 Plaintext Accepted -",
        ),
        (
            "C| USER alice\\r\\nUSER bob\\r\\nUSER eve\\r\\nPASS x1\\r\\n\n S: +OK\n S: -ERR username already set\n \
             S: -ERR username already set\n S: +OK"
                .to_owned(),
            "alice x1 Plaintext Accepted -",
        ),
        // The second one counts where it is accepted, or refused for itself.
        (format!("{two} S: +OK\n C: PASS x1\n S: +OK"), "bob x1 Plaintext Accepted -"),
        (
            format!("{two} S: -ERR no such user\n C: PASS x1\n S: -ERR [AUTH] no"),
            "bob x1 Plaintext Rejected WrongSecret",
        ),
        (
            format!("{two} S: +OK\n C: USER eve\n S: -ERR username already set\n C: PASS x1\n S: +OK"),
            "bob x1 Plaintext Accepted -",
        ),
    ] {
        let told = hear(&format!("S: +OK\n {script}"));
        assert_eq!(told.attempts(), [format!("USER/PASS {expected}")], "{script}");
    }
    // Sent at once, with a password for each; and where no name was accepted, none stands.
    let at_once = "C| USER alice\\r\\nUSER bob\\r\\nPASS x1\\r\\nUSER eve\\r\\nPASS x2\\r\\n\n S: +OK\n \
                   S: -ERR username already set\n S: -ERR no\n S: -ERR username already set\n S: +OK";
    let told = hear(&format!("S: +OK\n {at_once}"));
    assert_eq!(told.credentials.iter().map(|it| it.username.as_deref()).collect::<Vec<_>>(), [Some(&b"alice"[..]); 2]);
    let unnamed = "C: USER alice\n S: -ERR no such user\n C: USER bob\n S: -ERR unknown command\n C: PASS x1\n S: +OK";
    let told = hear(&format!("S: +OK\n {unnamed}"));
    let names: Vec<_> = told.credentials.iter().map(|it| it.username.as_deref()).collect();
    assert_eq!(names, [Some(&b"alice"[..]), None]);
    let told = hear(&format!("S: +OK\n {two} S: -ERR username already set\n C: PASS x1\n S: +OK"));
    assert_eq!(told.credentials[0].steps, [2, 6, 7]);
}

#[test]
fn a_command_where_a_response_is_due_gives_the_login_up() {
    let told =
        hear("S: +OK\n C: AUTH CRAM-MD5\n S: + PDEuMkB4Pg==\n C: USER bob\n S: +OK\n C: PASS x1\n S: +OK Logged in.");
    assert_eq!(
        told.attempts(),
        ["AUTH CRAM-MD5 - - None Cancelled Cancelled", "USER/PASS bob x1 Plaintext Accepted -"]
    );
    assert_eq!(told.commands(), ["AUTH", "USER", "PASS"]);
    let told = hear("S: +OK\n C: AUTH PLAIN\n S: + \n C: QUIT\n S: +OK bye");
    assert_eq!(told.attempts(), ["AUTH PLAIN - - None Cancelled Cancelled"], "QUIT is no response");
    assert_eq!(told.rows()[3..], ["4 C Command [QUIT] QUIT", "5 S Reply +OK bye -> 4"]);
}

#[test]
fn what_is_typed_as_it_is() {
    let told = hear(
        "S: +OK\n C: AUTH LOGIN\n S: + VXNlcm5hbWU6\n C: bob@example.test\n S: + UGFzc3dvcmQ6\n C: Wet-Lamp!42\n S: -ERR [AUTH] Authentication failed.",
    );
    assert_eq!(told.attempts(), ["AUTH LOGIN bob@example.test Wet-Lamp!42 Plaintext Rejected Malformed"]);
    assert_eq!(told.steps[5].secrets, ["Wet-Lamp!42"]);
    let told = hear("S: +OK\n C: AUTH PLAIN\n S: + \n C: bob Wet-Lamp!42\n S: -ERR invalid");
    assert_eq!(told.attempts(), ["AUTH PLAIN bob Wet-Lamp!42 Plaintext Rejected Malformed"]);
    assert_eq!(told.steps[3].secrets, ["bob Wet-Lamp!42"]);
}

#[test]
fn nothing_secret_in_an_empty_password() {
    for (login, expected) in [
        ("C: USER bob\n S: +OK\n C: PASS \n", "USER/PASS bob  None Rejected WrongSecret"),
        ("C: AUTH PLAIN AAA=\n", "AUTH PLAIN - - None Rejected WrongSecret"),
        ("C: AUTH PLAIN AGJvYgA=\n", "AUTH PLAIN bob - None Rejected WrongSecret"),
        (
            "C: AUTH LOGIN\n S: + VXNlcm5hbWU6\n C: Ym9i\n S: + UGFzc3dvcmQ6\n C: \n",
            "AUTH LOGIN bob - None Rejected WrongSecret",
        ),
    ] {
        let told = hear(&format!("S: +OK\n {login} S: -ERR [AUTH] no"));
        assert_eq!(told.attempts(), [expected]);
        assert!(told.credentials[0].wire_forms.iter().all(|form| form.reveal().is_empty()), "{login}");
    }
}

#[test]
fn a_failure_that_will_pass_is_no_verdict() {
    for (reply, expected) in [
        ("-ERR [SYS/TEMP] Temporary authentication failure.", "Unknown Temporary"),
        ("-ERR Temporary internal error", "Unknown Temporary"),
        ("-ERR [SYS/PERM] no", "Rejected Unknown"),
        ("-ERR [LOGIN-DELAY] minimum time between logins not elapsed", "Rejected Limit"),
        ("-ERR [IN-USE] Mailbox is locked by another POP3 session.", "Rejected InUse"),
    ] {
        let told = hear(&format!("S: +OK\n C: USER bob\n S: +OK\n C: PASS x1\n S: {reply}"));
        assert_eq!(told.attempts(), [format!("USER/PASS bob x1 Plaintext {expected}")], "{reply}");
    }
}
