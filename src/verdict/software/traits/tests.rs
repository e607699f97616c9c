use super::*;
use crate::verdict::testing::session;

fn has(traits: &Traits<'_>, name: &str) -> Option<String> {
    traits.value(Name::of(name)?).map(str::to_owned)
}

#[test]
fn a_response_code_stands_without_its_arguments() {
    let script = "
        S: * OK [CAPABILITY IMAP4rev1 IDLE] ready.
        C: a1 LOGIN anna blue-kettle-42
        S: a1 OK [CAPABILITY IMAP4rev1 IDLE MOVE] Logged in
        C: a2 SELECT INBOX
        S: * 3 EXISTS
        S: * FLAGS (\\Seen)
        S: * OK [UIDVALIDITY 17] UIDs valid
        S: a2 OK [READ-WRITE] Select completed.
        C: a3 LOGOUT
        S: * BYE Logging out
        S: a3 OK Logout completed.";
    let session = session(script, crate::verdict::Needs::ALL);
    let traits = of_server(&session, None);
    for (name, expected) in [
        ("greeting", "* OK [CAPABILITY] ready."),
        ("reply LOGIN", "OK [CAPABILITY] Logged in"),
        ("responses SELECT", "EXISTS | FLAGS | OK [UIDVALIDITY] UIDs valid"),
        ("reply SELECT", "OK [READ-WRITE] Select completed."),
        ("bye", "BYE Logging out"),
    ] {
        assert_eq!(has(&traits, name).as_deref(), Some(expected), "{name}");
    }
}

#[test]
fn the_reply_to_auth_is_the_one_that_ends_it() {
    for (script, expected) in [
        ("S: +OK ready\nC: AUTH PLAIN\nS: + \nC: AGFubmEAYmx1ZQ==\nS: +OK Logged in.", "+OK Logged in."),
        (
            "S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 AUTH LOGIN\nC: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: YW5uYQ==\n\
             S: 334 UGFzc3dvcmQ6\nC: Ymx1ZQ==\nS: 235 2.7.0 Welcome",
            "235 2.7.0 Welcome",
        ),
    ] {
        let session = session(script, crate::verdict::Needs::ALL);
        let traits = of_server(&session, None);
        assert_eq!(has(&traits, "reply AUTH").as_deref(), Some(expected), "{script}");
        assert_eq!(has(&traits, "reply AUTH (no)"), None, "{script}");
    }
}

#[test]
fn a_bracket_that_is_not_closed_is_text() {
    for text in ["* OK [CAPABILITY IMAP4rev1", "* OK ] [ ready", "* OK []", "* BYE ["] {
        let session = session(&format!("S: {text}"), crate::verdict::Needs::ALL);
        let traits = of_server(&session, None);
        assert!(has(&traits, "greeting").is_none_or(|value| value.starts_with("* ")), "{text}");
    }
}

#[test]
fn a_first_line_is_the_one_that_lines_begin_with() {
    for text in ["", "a", "a\r", "a\r\nb", "a\nb\n", "\n", "\r\n", "\r\r\n", "\u{e9}\n"] {
        assert_eq!(first_line(text), text.lines().next().unwrap_or_default(), "{text:?}");
    }
}

#[test]
fn letters_of_an_identifier_are_of_one_kind_or_of_both() {
    assert_eq!(letters("re45bcujg353bszavrk4z7aaz"), Some("small"));
    assert_eq!(letters("awwEHtPpaa8IKnDD"), Some("both"));
    assert_eq!(letters("20261129.1A"), Some("capital"));
    assert_eq!(letters("1.2.3"), None);
}

/// A session in which a letter with these header fields is sent.
fn sending(header: &str) -> crate::session::model::Session {
    let script = format!(
        "S: 220 mx ESMTP\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<anna@example.org>\nS: 250 OK\nC: RCPT TO:<bob@example.org>\n\
         S: 250 OK\nC: DATA\nS: 354 Go ahead\n{header}\nC: \nC: A letter.\nC: .\nS: 250 OK\nC: QUIT\nS: 221 Bye"
    );
    session(&script, crate::verdict::Needs::ALL)
}

#[test]
fn the_length_of_a_message_id_is_what_is_before_its_at_sign() {
    for (id, expected) in [
        ("<20261129115237.1a7b1d21@cslabc39>", "23"),
        ("<20261129115343.15d55801f854997238a0d4e2@example.org>", "39"),
        ("<no-at-sign>", "10"),
        ("<@example.org>", "0"),
    ] {
        let session = sending(&format!("C: Subject: hello\nC: Message-ID: {id}"));
        let traits = of_client(&session, None);
        assert_eq!(has(&traits, "message-id-length").as_deref(), Some(expected), "{id}");
    }
}

#[test]
fn a_letter_that_is_passed_on_does_not_tell_who_passes_it_on() {
    let written =
        "C: Message-ID: <20261129.1a@example.org>\nC: Content-Type: multipart/mixed; boundary=\"_=_swift_1_a_=_\"";
    for (before, is_own) in
        [("C: X-Mailer: it\n", true), ("C: received: from a by mx; Thu, 16 Nov 2023 14:05:00 +0800\n", false)]
    {
        let session = sending(&format!("{before}{written}"));
        let traits = of_client(&session, None);
        for name in ["message-id", "message-id-letters", "message-id-length", "boundary"] {
            assert_eq!(has(&traits, name).is_some(), is_own, "{name}: {before}");
        }
        assert!(has(&traits, "fields").is_some(), "{before}");
        assert_eq!(crate::verdict::software::client(&session).is_some(), is_own, "{before}");
    }
}
