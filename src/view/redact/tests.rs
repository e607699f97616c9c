//! Tests of redaction on sessions that are built by hand.

use super::{Mask, Masking, Names, Needles, Redact, mask};
use crate::flow::{Conflict, Side};
use crate::limits::{Limit, LimitsHit};
use crate::protocol::Protocol;
use crate::protocol::event::{Direction, Kind, LoginOutcome};
use crate::session::model::{Fact, Facts, Finding, Key, Preview, Session, TextsMut};
use crate::session::summary::Summary;
use crate::verdict::across::login_frequency::Logins;
use crate::verdict::across::outcome::AcrossReport;
use crate::verdict::{Report, rules};
use crate::view::View;
use crate::view::testing::Talk;
use std::cell::RefCell;
use std::io;

fn masked(talk: Talk) -> Session {
    let mut session = talk.session;
    mask(&mut session);
    session
}

fn texts(session: &Session) -> Vec<&str> {
    session.steps.iter().map(|step| &*step.text).collect()
}

#[test]
fn a_password_goes_wherever_it_is_echoed() {
    let session = masked(
        Talk::new(Protocol::Pop3)
            .s("+OK ready")
            .c("USER alice")
            .s("+OK")
            .c("PASS secret12")
            .secret("secret12")
            .s("-ERR no secret12 for alice")
            .login("USER/PASS", "alice", "secret12", &[2, 4], LoginOutcome::Rejected)
            .c("secret12")
            .message(Direction::Retrieved, &[], |message| {
                message.header.subject = Some("my password is secret12, see c2VjcmV0MTI=".to_owned());
                message.reply = Some("secret12".to_owned());
                let text = format!("{}\nit is secret12", "x".repeat(390));
                message.preview = Some(Box::new(Preview { text, cut: false }));
            })
            .edit(|session| session.banner = Some("welcome secret12".to_owned())),
    );
    assert_eq!(
        texts(&session),
        ["+OK ready", "USER alice", "+OK", "PASS ********", "-ERR no ******** for alice", "********"]
    );
    let pass = &session.steps[3];
    assert_eq!(pass.arguments, Some(5..13));
    assert!(matches!(pass.secrets(), [only] if *only == (5..13)));
    assert_eq!(session.steps[5].command.as_deref(), Some("********"));
    let credential = &session.credentials[0];
    assert_eq!(credential.username.as_deref(), Some("alice"));
    assert_eq!(credential.password.as_ref().map(|secret| secret.reveal()), Some("********"));
    assert_eq!(session.messages[0].header.subject.as_deref(), Some("my password is ********, see ********"));
    assert_eq!(session.messages[0].reply.as_deref(), Some("********"));
    let preview = session.messages[0].preview.as_deref().map(Preview::first_lines);
    assert_eq!(preview, Some((format!("{}\nit is ***", "x".repeat(390)).as_str(), true)), "masked before it is cut");
    assert_eq!(session.banner.as_deref(), Some("welcome ********"));
    assert!(!format!("{session:?}").contains("secret12"));
}

#[test]
fn base64_goes_at_any_alignment() {
    // NUL alice NUL secret12, user=alice NUL secret12 and xalice NUL secret12: three places modulo three.
    for blob in ["AGFsaWNlAHNlY3JldDEy", "AHhhbGljZQBzZWNyZXQxMg==", "AHh4YWxpY2UAc2VjcmV0MTI="] {
        let session = masked(
            Talk::new(Protocol::Smtp)
                .s("220 hello")
                .c(&format!("AUTH PLAIN {blob}"))
                .s(&format!("501 cannot decode <{blob}>"))
                .login("AUTH PLAIN", "alice", "secret12", &[2], LoginOutcome::Rejected),
        );
        assert_eq!(texts(&session)[1..], ["AUTH PLAIN ********", "501 cannot decode <********>"], "{blob}");
    }
}

#[test]
fn the_decoded_content_of_a_secret_range_is_secret_too() {
    let session = masked(
        Talk::new(Protocol::Smtp)
            .s("220 hello")
            .c("AUTH PLAIN AGFsaWNlAHNlY3JldDEy")
            .secret("AGFsaWNlAHNlY3JldDEy")
            .s("535 no, alice: secret12 (AGFsaWNlAHNlY3JldDEy) is wrong"),
    );
    assert_eq!(texts(&session)[2], "535 no, alice: ******** (********) is wrong");
}

#[test]
fn short_passwords_blank_no_text() {
    let talk = |password: &str| {
        masked(
            Talk::new(Protocol::Imap)
                .s("* OK an am ample sample a")
                .c(&format!("a LOGIN alice {password}"))
                .with(|step| step.extra_mut().secrets.push(14..14 + password.len()))
                .s("a NO am I?")
                .login("LOGIN", "alice", password, &[2], LoginOutcome::Rejected),
        )
    };
    assert_eq!(texts(&talk("a")), ["* OK an am ample sample a", "a LOGIN alice ********", "a NO am I?"]);
    assert_eq!(texts(&talk("am")), ["* OK an ******** ample sample a", "a LOGIN alice ********", "a NO ******** I?"]);
}

/// A server may repeat a password in any way in which programs write strings.
#[test]
fn a_password_goes_in_every_form_in_which_it_is_echoed() {
    let password = "Vx4'k\"u\\m&<mel>%8";
    let hex: Vec<String> = password.bytes().map(|byte| format!("{byte:02x}")).collect();
    let numbers = |form: fn(u32) -> String| password.chars().map(|c| form(u32::from(c))).collect::<String>();
    let encoded = data_encoding::BASE64.encode(password.as_bytes());
    let forms = [
        password.to_uppercase(),
        password.to_lowercase(),
        password.chars().rev().collect(),
        password.chars().map(String::from).collect::<Vec<_>>().join(" "),
        password.replace('\\', "\\\\").replace('"', "\\\""),
        password.chars().map(|c| if c.is_alphanumeric() { c.to_string() } else { format!("\\{c}") }).collect(),
        password.replace('\'', "''"),
        password
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
            .replace('"', "&quot;")
            .replace('\'', "&#x27;"),
        numbers(|c| format!("&#{c};")),
        numbers(|c| format!("&#x{c:x};")),
        numbers(|c| format!("\\u{c:04x}")),
        numbers(|c| format!("\\{c:03o}")),
        hex.concat(),
        hex.join(" "),
        hex.join(":"),
        hex.iter().map(|octet| format!("\\x{octet}")).collect(),
        hex.iter().map(|octet| format!("%{octet}")).collect(),
        hex.iter().map(|octet| format!("={}", octet.to_uppercase())).collect(),
        data_encoding::BASE32.encode(password.as_bytes()),
        data_encoding::BASE64.encode(encoded.as_bytes()),
        data_encoding::BASE64.encode(&password.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<_>>()),
        encoded,
    ];
    for form in forms {
        let reply = format!("535 wrong: [{form}]");
        let talk = Talk::new(Protocol::Smtp).s("220 hello").c("AUTH PLAIN x").s(&reply);
        let session = masked(talk.login("AUTH PLAIN", "alice", password, &[2], LoginOutcome::Rejected));
        let shown = texts(&session)[2];
        // Padding is none of the secret.
        assert_eq!(shown.replace('=', ""), "535 wrong: [********]", "{form}");
    }
}

#[test]
fn a_password_of_another_charset_goes_however_its_bytes_are_shown() {
    let session = masked(
        Talk::new(Protocol::Smtp)
            .s("220 hello")
            .c("AUTH PLAIN AGFkYQDE48O5s8zQ8g==")
            .secret("AGFkYQDE48O5s8zQ8g==")
            .s("535 wrong: [%C4%E3%C3%B9%B3%CC%D0%F2] [ÄãÃ¹³ÌÐò] [c4e3c3b9b3ccd0f2] [你霉程序]"),
    );
    assert_eq!(texts(&session)[2], "535 wrong: [********] [********] [********] [********]");
}

/// Keeps what it is shown, and the bounds that it is told of.
#[derive(Default)]
struct Kept(Vec<String>, LimitsHit);

impl View for Kept {
    fn session(&mut self, session: Session) -> io::Result<()> {
        self.0.push(format!("{:?} {:?}", texts(&session), session.banner));
        Ok(())
    }

    fn finish(&mut self, report: &Report) -> io::Result<()> {
        self.1 = report.summary.limits_hit.clone();
        Ok(())
    }
}

#[test]
fn that_secrets_are_left_out_is_told_once_a_session() {
    let session = |password: &str| {
        let talk = Talk::new(Protocol::Pop3).s("+OK ready").c("USER alice").s("+OK").c(&format!("PASS {password}"));
        talk.secret(password).s("+OK").session
    };
    let report = Report {
        sources: Vec::new(),
        summary: Summary::default(),
        logins: Logins::default(),
        across: AcrossReport::default(),
        verdict: None,
    };
    for (redact, told) in [
        (Redact::new(Kept::default()), vec![]),
        (Redact::new(Kept::default()).knowing(100), vec![(Limit::RedactStrings, 3)]),
        // Shown before all secrets are known, for another reason as well.
        (Redact::holding(Kept::default(), 1).knowing(100), vec![(Limit::RedactStrings, 3)]),
        (Redact::holding(Kept::default(), 1), vec![(Limit::RedactStrings, 3)]),
    ] {
        let mut redact = redact;
        for password in ["secret12", "another34", "third567"] {
            redact.session(session(password)).expect("nothing is written");
        }
        redact.finish(&report).expect("nothing is written");
        assert_eq!(redact.inner.1.iter().collect::<Vec<_>>(), told);
    }
}

#[test]
fn a_session_is_masked_alike_where_earlier_ones_taught_its_secrets() {
    let login = |password: &str, said: &str| {
        Talk::new(Protocol::Pop3)
            .s("+OK ready")
            .c("USER alice")
            .s("+OK")
            .c(&format!("PASS {password}"))
            .secret(password)
            .s(&format!("-ERR no {said} for alice"))
            .login("USER/PASS", "alice", password, &[2, 4], LoginOutcome::Rejected)
            .edit(|session| session.banner = Some(format!("welcome {said}")))
            .session
    };
    // Of the last ones no string may be searched for in other sessions: they are learned in each.
    let long = "a-long-token-".repeat(30);
    let blob = "AHVzZXIAcHc=";
    let (forms, cut) = ("SECRET12 or c2VjcmV0MTI=", &long[7..80]);
    for (password, said) in [("secret12", forms), (&*long, cut), ("pa\"ss", "pa\\\"ss"), ("pw", "pw"), (blob, "pw")] {
        let alone = {
            let mut session = login(password, said);
            mask(&mut session);
            format!("{:?} {:?}", texts(&session), session.banner)
        };
        assert!(!alone.contains(said), "{alone}");
        let mut redact = Redact::new(Kept::default());
        for _ in 0..3 {
            redact.session(login(password, said)).expect("nothing is written");
        }
        assert_eq!(redact.inner.0, vec![alone; 3]);
    }
}

#[test]
fn a_secret_has_the_same_name_in_all_its_forms() {
    let mut session = Talk::new(Protocol::Pop3)
        .s("+OK ready")
        .c("USER alice")
        .s("+OK")
        .c("PASS secret12")
        .secret("secret12")
        .s("-ERR no secret12, SECRET12, c2VjcmV0MTI= or other345 for alice")
        .login("USER/PASS", "alice", "secret12", &[2, 4], LoginOutcome::Rejected)
        .login("USER/PASS", "alice", "other345", &[2, 4], LoginOutcome::Rejected)
        .c("strange-line")
        .session;
    let names = RefCell::new(Names::new().expect("random numbers"));
    Masking::of(&session, &mut Needles::default()).mask(&mut session, &Needles::default(), Some(&names));
    let name = |n: usize| session.credentials[n].password.as_ref().expect("a password").reveal().to_owned();
    let (one, other) = (name(0), name(1));
    assert!(one.starts_with("pw:") && other.starts_with("pw:") && one != other, "{one} {other}");
    assert_eq!(
        texts(&session)[3..],
        [format!("PASS {one}"), format!("-ERR no {one}, {one}, {one} or {other} for alice"), "********".to_owned(),]
    );
}

#[test]
fn a_form_of_two_secrets_has_the_name_of_neither() {
    let mut session = Talk::new(Protocol::Pop3)
        .s("+OK ready")
        .c("USER alice")
        .s("+OK")
        .c("PASS Secret12")
        .secret("Secret12")
        .s("-ERR SECRET12 Secret12 sEcret12")
        .login("USER/PASS", "alice", "Secret12", &[2, 4], LoginOutcome::Rejected)
        .login("USER/PASS", "alice", "sEcret12", &[2, 4], LoginOutcome::Rejected)
        .session;
    let names = RefCell::new(Names::new().expect("random numbers"));
    Masking::of(&session, &mut Needles::default()).mask(&mut session, &Needles::default(), Some(&names));
    let name = |n: usize| session.credentials[n].password.as_ref().expect("a password").reveal().to_owned();
    assert_eq!(texts(&session)[4], format!("-ERR ******** {} {}", name(0), name(1)));
}

#[test]
fn long_and_quoted_secrets_are_found_in_pieces_and_as_sent() {
    let long: String = (0..40).map(|n| format!("{n:03}é")).collect();
    let mut needles = Needles::default();
    needles.learn_secret(&long, None);
    needles.learn_secret("pa\"ss\\word", None);
    let mut text = format!("<{long}> <pa\\\"ss\\\\word> <012é>");
    Mask { own: &needles, known: &Needles::default(), names: None, given: &[] }.text(&mut text);
    assert_eq!(text, "<********> <********> <012é>");
}

#[test]
fn the_copies_of_a_conflict_are_masked_whole() {
    let conflict = Conflict {
        from: Side::Client,
        offset: 12,
        bytes: 5,
        first_packet: Some(4),
        second_packet: 9,
        first: "PASS secret12".to_owned(),
        // No dialogue has read this copy.
        second: "PASS other".to_owned(),
    };
    let session = masked(Talk::new(Protocol::Pop3).s("+OK ready").c("NOOP").edit(|session| {
        let finding = rules::find("conflicting-bytes").expect("a rule").finding(vec![2]);
        session.findings.push(Finding {
            facts: vec![Facts { sentence: 0, list: vec![(Key::Name, Fact::Conflict(conflict))] }],
            ..finding
        });
    }));
    let said = format!("{session:?}");
    assert!(!said.contains("secret12") && !said.contains("other"), "{said}");
    let [(_, Fact::Conflict(conflict))] = &session.findings[0].facts[0].list[..] else { panic!("{said}") };
    assert_eq!((&*conflict.first, &*conflict.second, conflict.second_packet), ("********", "********", 9));
}

#[test]
fn a_password_in_the_place_of_a_mechanism_goes_and_a_mechanism_stays() {
    let mechanism = |mechanism: &str, password: &str| {
        let talk = Talk::new(Protocol::Smtp).s("220 hello").c("AUTH").login(
            mechanism,
            "alice",
            password,
            &[2],
            LoginOutcome::Rejected,
        );
        masked(talk).credentials[0].mechanism.clone()
    };
    assert_eq!(mechanism("AUTH SECRET12", "SECRET12"), "AUTH ********");
    assert_eq!(mechanism("AUTH LOGIN", "LOGIN"), "AUTH LOGIN");
}

#[test]
fn hostile_ranges_and_repetitions_are_survived() {
    let mut talk = Talk::new(Protocol::Smtp).s("220 é").with(|step| {
        let backwards = std::ops::Range { start: 9, end: 3 };
        step.extra_mut().secrets = vec![5..usize::MAX, backwards, 5..6];
        step.arguments = Some(2..u32::MAX);
    });
    let all_alike = "a".repeat(200_000);
    talk = talk.c(&all_alike).login("X", "alice", &format!("{}b", "a".repeat(50_000)), &[2], LoginOutcome::Unknown);
    let session = masked(talk);
    assert_eq!(&*session.steps[0].text, "220 ********");
    assert!(session.steps[1].text.contains('*'));
}

#[test]
fn a_reply_to_a_line_that_was_not_captured_shows_no_word_of_it() {
    let session = masked(
        Talk::new(Protocol::Pop3)
            .s("-ERR [AUTH] Vx4kummel?")
            .c("LIST 1")
            .s("-ERR mailbox of ada is locked")
            .other(Side::Client, Kind::Gap, "", 14)
            .s("-ERR unknown command: Vx4kummel")
            .c("LIST 2")
            .s("-ERR mailbox of ada is locked"),
    );
    let said: Vec<&str> = texts(&session).into_iter().filter(|text| text.starts_with('-')).collect();
    let known = "-ERR mailbox of ada is locked";
    assert_eq!(said, ["-ERR [AUTH] ********", known, "-ERR unknown command: ********", known]);
}

#[test]
fn a_reply_to_a_line_that_is_not_understood_shows_no_word_of_it() {
    let session = masked(
        Talk::new(Protocol::Smtp)
            .s("220 mx.example.test")
            .c("my secret is a white rabbit")
            .s("500 unrecognized: my secret is a white rabbit")
            .c("MAIL FROM:<ada@example.test>")
            .s("550 no rabbits here"),
    );
    assert_eq!(
        texts(&session)[1..],
        ["********", "500 unrecognized: ********", "MAIL FROM:<ada@example.test>", "550 no rabbits here"]
    );
}

#[test]
fn other_fields_that_repeat_such_a_reply_are_masked_too() {
    let session = masked(Talk::new(Protocol::Smtp).s("500 unrecognized: Vx4kummel").message(
        Direction::Sent,
        &[],
        |message| message.reply = Some("500 unrecognized: Vx4kummel".to_owned()),
    ));
    assert_eq!(session.messages[0].reply.as_deref(), Some("500 unrecognized: ********"));
}
