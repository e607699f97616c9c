//! The phases of whole conversations.

use super::*;
use crate::protocol::imap::{self as imap_protocol, Status, Untagged};
use crate::protocol::pop3 as pop3_protocol;
use crate::protocol::sasl::Round;
use crate::protocol::smtp::{self as smtp_protocol, ReplyTo, Verb};
use crate::protocol::tls;

fn pop3_step(state: pop3_protocol::State, what: pop3_protocol::What) -> Subject {
    Subject::Pop3(pop3_protocol::Subject { state, what })
}

fn imap_step(state: imap_protocol::State, what: imap_protocol::What) -> Subject {
    Subject::Imap(imap_protocol::Subject { state, what })
}

/// The phases of a conversation, a letter a step.
fn phases(subjects: impl IntoIterator<Item = Subject>) -> String {
    let mut previous = Phase::Connection;
    let letter = |phase| match phase {
        Phase::Connection => 'c',
        Phase::Encryption => 'e',
        Phase::Authentication => 'a',
        Phase::Transaction => 't',
        Phase::Release => 'r',
    };
    let mut letters = String::new();
    for subject in subjects {
        previous = of(&subject, previous);
        letters.push(letter(previous));
    }
    letters
}

#[test]
fn the_phases_of_an_smtp_session() {
    use smtp_protocol::Subject as S;
    let ask = S::Command;
    let answer = |verb, code| S::Reply { to: ReplyTo::Command(verb), code, enhanced: None };
    let session = [
        S::Greeting { code: 220, ended: true },
        ask(Verb::Ehlo),
        answer(Verb::Ehlo, 250),
        ask(Verb::StartTls),
        answer(Verb::StartTls, 220),
        ask(Verb::Ehlo),
        ask(Verb::Auth),
        S::Challenge(Round::AsksUsername),
        S::Response(Round::Username),
        S::Reply { to: ReplyTo::Sasl, code: 235, enhanced: None },
        ask(Verb::Mail),
        ask(Verb::Rcpt),
        ask(Verb::Other),
        answer(Verb::Other, 500),
        ask(Verb::Data),
        // Pipelined: each reply is in the phase of its command.
        ask(Verb::Quit),
        answer(Verb::Mail, 250),
        S::Content,
        S::Reply { to: ReplyTo::Content, code: 250, enhanced: None },
        answer(Verb::Quit, 221),
        S::Reply { to: ReplyTo::Nothing, code: 421, enhanced: None },
    ];
    assert_eq!(phases(session.map(Subject::Smtp)), "ccceecaaaatttttrtttrr");
    let tls = [Subject::Tls(tls::Subject::ClientHello), Subject::Gap(3), Subject::Unknown];
    assert_eq!(phases(tls), "eee");
}

#[test]
fn the_phases_of_a_pop3_session() {
    use pop3_protocol::{State::*, Verb, What};
    let reply = |verb| What::Reply { to: Some(verb), ok: true, code: None, effect: None };
    let session = [
        (Authorization, What::Greeting { ok: true, apop: false, code: None }),
        (Authorization, What::Command(Verb::Capa)),
        (Authorization, reply(Verb::Capa)),
        (Authorization, What::Command(Verb::User)),
        (Authorization, reply(Verb::User)),
        (Transaction, reply(Verb::Pass)),
        (Transaction, What::Command(Verb::Capa)),
        (Transaction, What::Command(Verb::Retr)),
        (Transaction, What::Content(Verb::Retr)),
        (Transaction, What::Reply { to: None, ok: false, code: None, effect: None }),
        (Update, What::Command(Verb::Quit)),
        (Update, reply(Verb::Quit)),
    ];
    assert_eq!(phases(session.map(|(state, what)| pop3_step(state, what))), "cccaaattttrr");
}

#[test]
fn the_phases_of_an_imap_session() {
    use imap_protocol::{State::*, Verb, What};
    let ask = |verb| What::Command { verb, uid: false };
    let ok = |verb| What::Tagged { to: Some(verb), status: Status::Ok, code: None };
    let session = [
        (NotAuthenticated, What::Greeting(Status::Ok)),
        (NotAuthenticated, ask(Verb::Capability)),
        (NotAuthenticated, What::Untagged(Untagged::Capability)),
        (NotAuthenticated, ask(Verb::Login)),
        (NotAuthenticated, What::Untagged(Untagged::Capability)),
        (NotAuthenticated, ok(Verb::Login)),
        (Authenticated, ask(Verb::Capability)),
        (Authenticated, ask(Verb::Select)),
        (Authenticated, What::Untagged(Untagged::Exists)),
        (Authenticated, ok(Verb::Select)),
        (Selected, ask(Verb::Idle)),
        (Selected, What::Continuation { to: Some(Verb::Idle) }),
        (Selected, What::Done),
        (Selected, ask(Verb::Logout)),
        (Logout, What::Untagged(Untagged::Bye)),
        (Logout, ok(Verb::Logout)),
    ];
    assert_eq!(phases(session.map(|(state, what)| imap_step(state, what))), "cccaaatttttttrrr");
}

#[test]
fn data_before_bye_is_not_of_the_logout_that_was_sent_ahead() {
    use imap_protocol::{State::*, Verb, What};
    let session = [
        (Selected, What::Command { verb: Verb::Fetch, uid: false }),
        (Selected, What::Command { verb: Verb::Logout, uid: false }),
        (Selected, What::Untagged(Untagged::Fetch)),
        (Selected, What::Tagged { to: Some(Verb::Fetch), status: Status::Ok, code: None }),
        (Logout, What::Untagged(Untagged::Bye)),
        (Logout, What::Untagged(Untagged::Ok(None))),
    ];
    assert_eq!(phases(session.map(|(state, what)| imap_step(state, what))), "trttrr");
}

#[test]
fn tls_goes_on_in_the_middle_of_a_dialogue() {
    let mail = || Subject::Smtp(smtp_protocol::Subject::Command(Verb::Mail));
    for amid in [tls::Subject::KeyUpdate, tls::Subject::SessionTicket] {
        assert_eq!(phases([mail(), Subject::Tls(amid.clone()), Subject::Unknown]), "ttt");
        assert_eq!(phases([Subject::Tls(tls::Subject::Handshake), Subject::Tls(amid)]), "ee");
    }
    assert_eq!(phases([mail(), Subject::Tls(tls::Subject::Handshake)]), "te");
}
