//! What the server's own words make of its codes, in whole sessions.

use super::{Command, Greeting, Refused, Reply, Sasl, Smtp};
use crate::protocol::Protocol;
use crate::protocol::smtp::{Said, Verb};
use crate::session::Needs;
use crate::session::model::Phase;
use crate::verdict::purpose::{Purpose, purpose};
use crate::verdict::testing;

/// The purpose and the phase of the last step of `script`.
fn last(script: &str) -> (Smtp, Phase) {
    let session = testing::session(script, Needs::ALL);
    let step = session.steps.last().expect("a step");
    match purpose(&session, step) {
        Purpose::Smtp(smtp) => (smtp, step.phase),
        other => panic!("{other:?}"),
    }
}

fn refusal(script: &str) -> (Refused, bool, Said) {
    match last(script).0 {
        Smtp::Refused { what, for_now, said, .. } => (what, for_now, said),
        other => panic!("{script}: {other:?}"),
    }
}

fn meaning(script: &str) -> Reply {
    match last(script).0 {
        Smtp::Reply { what, .. } => what,
        other => panic!("{script}: {other:?}"),
    }
}

const OPENING: &str = "S: 220 mx\nC: EHLO a\nS: 250 mx\n";

#[test]
fn words_give_the_reason_whatever_was_asked() {
    let cases = [
        ("C: HELO a\nS: 554 SMTP synchronization error", (Refused::Hello, false, Said::OutOfTurn)),
        ("C: MAIL FROM:<a@b>\nS: 430 Authentication required", (Refused::Sender, true, Said::LoginFirst)),
        ("C: MAIL FROM:<a@b>\nS: 502 Polite people say HELO first", (Refused::Sender, false, Said::HelloFirst)),
        (
            "C: RCPT TO:<spam@b>\nS: 554 5.7.1 <spam@b>: Relay access denied",
            (Refused::Recipient, false, Said::RelayDenied),
        ),
        ("C: RCPT TO:<a@b>\nS: 450 4.7.1 Greylisted", (Refused::Recipient, true, Said::Greylisted)),
        ("C: DATA\nS: 554 5.5.1 Error: no valid recipients", (Refused::Data, false, Said::NoRecipients)),
        ("C: STARTTLS\nS: 454 too many connections", (Refused::Tls, true, Said::TooManyConnections)),
        (
            "C: FROB\nS: 502 5.5.1 Too many unrecognized commands, goodbye.",
            (Refused::Command, false, Said::TooManyErrors),
        ),
        ("C: NOOP\nS: 421 4.4.2 mx Error: timeout exceeded", (Refused::Connection, false, Said::Timeout)),
        ("S: 421 4.3.2 shutting down", (Refused::Connection, false, Said::ShuttingDown)),
        (
            "C: GET / HTTP/1.1\nS: 221 2.7.0 Error: I can break rules, too.",
            (Refused::Service, false, Said::NoMailCommand),
        ),
    ];
    for (script, refused) in cases {
        assert_eq!(refusal(&format!("{OPENING}{script}")), refused, "{script}");
    }
    let greeting = "S: 554 5.7.1 You talk before my greeting";
    assert_eq!(refusal(greeting), (Refused::Client, false, Said::OutOfTurn));
}

#[test]
fn without_known_words_the_code_speaks() {
    let cases = [
        ("C: HELO a\nS: 554 no", Reply::HelloRefused),
        ("C: RCPT TO:<greylist@b>\nS: 550 <greylist@b>: no", Reply::RcptUnknown),
        // The check took too long, not the client.
        ("C: RCPT TO:<a@b>\nS: 451 lookup timed out", Reply::RcptDeferred),
        // The code says the same as the words.
        ("C: RCPT TO:<a@b>\nS: 550 5.1.1 User unknown", Reply::RcptUnknown),
        ("C: VRFY a\nS: 550 User unknown", Reply::UserUnknown),
        ("C: FROB\nS: 502 5.5.2 Error: command not recognized", Reply::CommandUnknown),
        ("C: FROB\nS: 502 no", Reply::VerbNotImplemented),
        ("C: QUIT\nS: 221 too many errors made me happy", Reply::Closed),
        ("C: MAIL FROM:a\nS: 554 Syntax error", Reply::SyntaxWrong),
        ("C: MAIL FROM:a\nS: 553 5.1.0 Sender address syntax error", Reply::MailBadAddress),
        ("C: MAIL FROM:<a@b> X\nS: 500 5.5.4 Unknown MAIL FROM argument", Reply::ParametersUnknown),
        ("C: FROB\nS: 501 5.5.2 Bad command", Reply::CommandUnknown),
        ("C: RCPT TO:<a@b>\nS: 501 Invalid command", Reply::ArgumentsWrong),
        ("C: DATA\nS: 503 Bad command sequence", Reply::DataTooEarly),
        ("C: RCPT TO:<a@b>\nS: 554 Bad sequence of commands", Reply::OutOfOrder),
        ("C: RCPT TO:<a@b>\nS: 452 no", Reply::RcptTooMany),
        ("C: RCPT TO:<a@b>\nS: 452 4.5.3 no", Reply::RcptTooMany),
        ("C: RCPT TO:<a@b>\nS: 452 4.2.2 no", Reply::RcptDeferred),
        ("C: VRFY a\nS: 250 2.0.0 Ok", Reply::UserNotNamed),
        ("C: VRFY a\nS: 250 2.1.5 <a@b>", Reply::UserConfirmed),
        ("C: EXPN a\nS: 250 Ok", Reply::ListNotNamed),
        ("C: EXPN a\nS: 250-a\nS: 250 b", Reply::ListExpanded),
    ];
    for (script, reply) in cases {
        assert_eq!(meaning(&format!("{OPENING}{script}")), reply, "{script}");
    }
}

#[test]
fn a_status_code_that_contradicts_the_words_is_not_told() {
    for (reply, is_told) in [
        ("550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup", false),
        ("550 5.4.1 Recipient address rejected: Access denied", false),
        ("450 4.2.1 The user you are trying to contact is receiving mail too quickly", false),
        ("550 5.7.1 Recipient not found", true),
    ] {
        let script = format!("{OPENING}C: RCPT TO:<a@b>\nS: {reply}");
        let Smtp::Refused { enhanced, .. } = last(&script).0 else { panic!("{reply}") };
        assert_eq!(enhanced.is_some(), is_told, "{reply}");
    }
}

#[test]
fn never_is_said_only_of_those_who_say_so() {
    for (said, greeting) in [
        ("521", Greeting::NoMailHere),
        ("521 mx.example.test", Greeting::NoMailHere),
        ("521 5.3.2 This server does not accept mail", Greeting::NoMailHere),
        ("554 No SMTP service here", Greeting::NoMailHere),
        ("521 5.5.1 Protocol error", Greeting::Refused),
        ("421 Not accepting mail now", Greeting::NotNow),
    ] {
        assert_eq!(last(&format!("S: {said}")).0, Smtp::Greeting(greeting), "{said}");
    }
    let blocked = "S: 521 mx.example.test blocked using bl.example.test";
    assert_eq!(refusal(blocked), (Refused::Client, false, Said::Blocklisted));
    assert_eq!(refusal("S: 521 5.3.2 Service currently unavailable"), (Refused::Client, false, Said::Unavailable));
}

#[test]
fn credentials_that_are_not_accepted_have_been_sent() {
    let opening = "S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 AUTH PLAIN\n";
    let refused = "S: 535 5.7.3 Authentication unsuccessful";
    let said = |client: &str| last(&format!("{opening}{client}{refused}")).0;
    assert_eq!(said("C: AUTH PLAIN AGJvYgBzZWNyZXQ=\n"), Smtp::Sasl(Sasl::NotAccepted));
    assert_eq!(said("C: AUTH PLAIN\nS: 334 \nC: AGJvYgBzZWNyZXQ=\n"), Smtp::Sasl(Sasl::NotAccepted));
    let unknown = crate::protocol::event::LoginCause::Unknown;
    assert_eq!(said("C: AUTH PLAIN\n"), Smtp::Sasl(Sasl::Refused(unknown)));
}

#[test]
fn the_service_is_closed_whatever_was_asked() {
    for asked in ["C: NOOP\n", "C: FROB\n", "C: MAIL FROM:<a@b>\n", "C: AUTH LOGIN\n", ""] {
        let (smtp, phase) = last(&format!("{OPENING}{asked}S: 221 bye"));
        assert_eq!((smtp, phase), (Smtp::Reply { what: Reply::Closed, enhanced: None }, Phase::Release), "{asked}");
    }
    assert_eq!(last("S: 221 bye").0, Smtp::Reply { what: Reply::Closed, enhanced: None });
}

#[test]
fn the_greeting_of_the_other_protocol_is_named() {
    for words in ["500 Error: EHLO not allowed in LMTP server", "502 5.5.2 what", "500 5.5.1 Command unrecognized"] {
        for hello in ["EHLO", "HELO"] {
            let script = format!("S: 220 mx LMTP\nC: {hello} a\nS: {words}\nC: LHLO a\nS: 250 mx");
            let session = testing::session(&script, Needs::ALL);
            assert_eq!(session.protocol, Protocol::Lmtp);
            let purpose = purpose(&session, &session.steps[2]);
            let named = matches!(purpose, Purpose::Smtp(Smtp::Reply { what: Reply::LhloExpected, .. }));
            assert!(named, "{hello} {words}: {purpose:?}");
        }
    }
    assert_eq!(meaning("S: 220 mx\nC: LHLO a\nS: 502 5.5.2 Error: command not recognized"), Reply::LhloUnknown);
    assert_eq!(meaning("S: 220 mx\nC: EHLO a\nS: 500 what"), Reply::EhloUnknown);
}

#[test]
fn a_verb_that_the_server_announces_is_defined() {
    let command = |script: &str| match last(script) {
        (Smtp::Command(command), _) => command,
        other => panic!("{script}: {other:?}"),
    };
    let opening = "S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250-FROB 5\nS: 250 XLOOP\n";
    assert_eq!(command(&format!("{opening}C: FROB x")), Command::Announced);
    assert_eq!(command(&format!("{opening}C: xloop")), Command::Announced);
    assert_eq!(command(&format!("{opening}C: XEHLO a")), Command::Private);
    assert_eq!(command(&format!("{opening}C: BLAH")), Command::Verb(Verb::Other));
    for verb in ["VERB", "verb on", "XVRB"] {
        assert_eq!(command(&format!("{opening}C: {verb}")), Command::Verb(Verb::Verb), "{verb}");
    }
    // An unknown verb keeps the phase of what came before it.
    assert_eq!(last(&format!("{opening}C: AUTH FOO\nS: 504 no\nC: FROB")).1, Phase::Authentication);
}

#[test]
fn a_password_inside_tls_is_not_readable_on_the_way() {
    for (protocol, script, n) in [
        (Protocol::Pop3, "S: +OK ready\nC: STLS\nS: +OK begin\nC: USER bob\nS: +OK\nC: PASS secret\nS: +OK", 5),
        (Protocol::Imap, "S: * OK ready\nC: a STARTTLS\nS: a OK begin\nC: b LOGIN bob secret\nS: b OK", 3),
    ] {
        let session = testing::session(script, Needs::ALL);
        assert_eq!(purpose(&session, &session.steps[n]), Purpose::PasswordInTls(protocol));
    }
}
