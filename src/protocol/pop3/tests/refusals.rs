//! Why commands are refused: the client is logged in already, an argument is at fault, or there is no such message.

use super::super::{Effect, State, Subject, What};
use super::hear;
use crate::protocol::event;
use crate::protocol::testing::Recorder;

const LOGIN: &str = "S: +OK hi\n C: USER bob\n S: +OK\n C: PASS x\n S: +OK in\n ";

/// What the reply that came last says beyond its status.
fn last(told: &Recorder) -> Option<Effect> {
    let effect = |subject: &event::Subject| match subject {
        event::Subject::Pop3(Subject { what: What::Reply { effect, .. }, .. }) => Some(*effect),
        _ => None,
    };
    told.steps.iter().rev().find_map(|step| effect(&step.subject)).flatten()
}

fn effect(before: &str, command: &str, reply: &str) -> Option<Effect> {
    last(&hear(&format!("{before}C: {command}\n S: {reply}")))
}

#[test]
fn a_login_within_the_session_is_not_a_refused_one() {
    for (command, reply) in [
        ("PASS y", "-ERR Unknown command: PASS"),
        ("PASS y", "-ERR"),
        ("USER joe", "-ERR Incorrect state"),
        ("APOP joe 0123456789abcdef0123456789abcdef", "-ERR nope"),
        ("AUTH PLAIN AGJvYgBzZWNyZXQ=", "-ERR [AUTH] no"),
    ] {
        let told = hear(&format!("{LOGIN}C: {command}\n S: {reply}\n C: STAT\n S: +OK 0 0\n C: QUIT\n S: +OK"));
        let counted: Vec<_> = told.credentials.iter().filter(|login| !login.unheeded).collect();
        assert_eq!(counted.len(), 1, "{command}: {:?}", told.attempts());
        assert_eq!(effect(LOGIN, command, reply), Some(Effect::LoggedIn), "{command}");
        let quits = told.steps.iter().any(|step| {
            matches!(&step.subject, event::Subject::Pop3(Subject { state: State::Update, what: What::Command(_) }))
        });
        assert!(quits, "{command}: the first login holds");
        // Before a login it is one.
        let told = hear(&format!("S: +OK hi\n C: {command}\n S: {reply}\n C: QUIT\n S: +OK"));
        assert!(told.credentials.iter().all(|login| !login.unheeded), "{command}");
        assert_eq!(effect("S: +OK hi\n ", command, reply), None, "{command}");
    }
    assert_eq!(effect(LOGIN, "AUTH", "-ERR Unknown command: AUTH"), None, "it asks for a list");
    assert_eq!(effect(LOGIN, "PASS y", "+OK"), None);
}

#[test]
fn arguments_that_are_at_fault() {
    for (command, reply) in [
        ("RETR", "-ERR Invalid arguments"),
        ("RETR", "-ERR"),
        ("RETR x", "-ERR Invalid message number: x"),
        ("RETR 1 2", "-ERR what"),
        ("DELE x", "-ERR Invalid message number: x"),
        ("DELE", "-ERR"),
        ("TOP 1", "-ERR Missing argument"),
        ("TOP x 1", "-ERR no such message"),
        ("LIST x", "-ERR Invalid message number: x"),
        ("UIDL 1 x", "-ERR Noise after message number:  x"),
        ("RETR 1", "-ERR Syntax error"),
    ] {
        assert_eq!(effect(LOGIN, command, reply), Some(Effect::BadArgument), "{command}: {reply}");
    }
    for (command, reply) in [
        ("RETR 1", "-ERR I/O error"),
        ("TOP x", "-ERR Unknown command: TOP"),
        ("TOP 1", "-ERR TOP not supported"),
        ("UIDL", "-ERR no"),
        ("RETR x", "-ERR [SYS/TEMP] later"),
        ("RETR x", "-ERR temporary failure"),
        ("STAT x", "-ERR no"),
        ("LIST x", "+OK 1 100"),
    ] {
        assert_eq!(effect(LOGIN, command, reply), None, "{command}: {reply}");
    }
    assert_eq!(effect("S: +OK hi\n ", "XFOO x", "-ERR Invalid arguments"), None);
}

#[test]
fn an_argument_that_is_not_in_the_capture_is_not_at_fault() {
    let told = hear(&format!("{LOGIN}C: STAT\n S: +OK 0 0\n C| RETR\n C~ 4\n S: -ERR what"));
    assert!(!matches!(last(&told), Some(Effect::BadArgument)), "{:?}", last(&told));
}

#[test]
fn messages_that_there_are_not() {
    for command in ["RETR 9", "TOP 9 1", "LIST 9", "UIDL 9", "DELE 9"] {
        for reply in
            ["-ERR There's no message 9.", "-ERR no such message, only 2 messages", "-ERR Invalid message number: 9"]
        {
            assert_eq!(effect(LOGIN, command, reply), Some(Effect::NoMessage(9)), "{command}: {reply}");
        }
        assert_eq!(effect(LOGIN, command, "-ERR cannot read it"), None, "{command}");
    }
    let marked = format!("{LOGIN}C: DELE 9\n S: +OK\n ");
    assert_eq!(effect(&marked, "RETR 9", "-ERR no such message"), Some(Effect::Gone(9)));
}

#[test]
fn a_name_that_is_set_already_is_no_login() {
    let apop = "S: +OK hi <1.2@vm>\n C: APOP joe 0123\n S: -ERR wrong digest length\n ";
    let attempts = |reply: &str| hear(&format!("{apop}C: USER joe\n S: {reply}\n C: QUIT\n S: +OK")).credentials.len();
    assert_eq!(effect(apop, "USER joe", "-ERR username already set"), Some(Effect::NameSet));
    assert_eq!(attempts("-ERR username already set"), 1, "the APOP alone");
    for reply in ["-ERR user already logged in", "-ERR account set to no POP3", "-ERR no"] {
        assert_eq!(effect(apop, "USER joe", reply), None, "{reply}");
        assert_eq!(attempts(reply), 2, "{reply}");
    }
}

#[test]
fn an_argument_at_fault_is_not_told_as_a_mark() {
    let marked = format!("{LOGIN}C: DELE 1\n S: +OK\n ");
    for (command, reply, expected) in [
        ("TOP 1", "-ERR Noise after message number: ", Effect::BadArgument),
        ("RETR 1 2", "-ERR", Effect::BadArgument),
        ("TOP 1", "-ERR message 1 already deleted", Effect::Gone(1)),
        ("TOP 1 0", "-ERR", Effect::Gone(1)),
        ("RETR 1", "-ERR no such message", Effect::Gone(1)),
    ] {
        assert_eq!(effect(&marked, command, reply), Some(expected), "{command}: {reply}");
    }
}

#[test]
fn stls_belongs_before_the_login() {
    for reply in ["-ERR Unknown command: STLS", "-ERR", "-ERR [SYS/PERM] no"] {
        assert_eq!(effect(LOGIN, "STLS", reply), Some(Effect::StlsTooLate), "{reply}");
        assert_eq!(effect("S: +OK hi\n ", "STLS", reply), None, "{reply}");
    }
}

#[test]
fn a_login_that_the_client_gives_up_is_not_refused() {
    let asked = "S: +OK hi\n C: AUTH PLAIN\n S: + \n ";
    assert_eq!(effect(asked, "*", "-ERR Authentication aborted by client."), Some(Effect::GivenUp));
    assert_eq!(effect(asked, "AGJvYgBzZWNyZXQ=", "-ERR nope"), None);
}

#[test]
fn a_password_without_a_name_is_out_of_order() {
    for (reply, is_order) in [
        ("-ERR No username given.", true),
        ("-ERR USER first", true),
        ("-ERR You must give USER command first", true),
        ("-ERR Please send username before PASS", true),
        // The name, or the password, was looked at.
        ("-ERR no such user", false),
        ("-ERR user must change the password first", false),
        ("-ERR [AUTH] No username given.", false),
        ("-ERR", false),
    ] {
        assert_eq!(effect("S: +OK hi\n ", "PASS y", reply) == Some(Effect::NameMissing), is_order, "{reply}");
        let told = hear(&format!("S: +OK hi\n C: PASS y\n S: {reply}\n C: QUIT\n S: +OK"));
        // It is a login that was tried and failed, all the same: who typed the password wants to find it.
        let told: Vec<_> = told.credentials.iter().map(|login| (login.unheeded, login.outcome)).collect();
        assert_eq!(told, [(false, event::LoginOutcome::Rejected)], "{reply}");
    }
    assert_eq!(effect("S: +OK hi\n ", "APOP joe 0123456789abcdef0123456789abcdef", "-ERR USER first"), None);
}
