//! Messages that cross more than once.

use super::*;
use crate::flow::{CloseReason, Counters, Endpoints, PacketRef, Transport};
use crate::protocol::event::{ContentEnd, Direction, MessageStart};
use crate::protocol::{Protocol, Sink};
use crate::session::{Builder, Needs};

/// Session `id`, which carries `contents`, each whole unless a `part` is named.
fn session(id: u64, contents: &[(&str, Option<&str>)]) -> Session {
    let mut builder = Builder::new(Protocol::Imap, Needs::ALL);
    for (content, part) in contents {
        let message = builder.message(MessageStart {
            direction: Direction::Retrieved,
            mailbox: None,
            number: None,
            uid: None,
            part: part.map(str::to_owned),
            described: None,
            headless: false,
            steps: Vec::new(),
        });
        builder.content(message, content.as_bytes());
        builder.content_end(message, ContentEnd::Complete);
    }
    let endpoints = Endpoints { client: ([127, 0, 0, 1], 1).into(), server: ([127, 0, 0, 1], 2).into() };
    let at = PacketRef { packet: 1, time: Default::default() };
    let (counters, conflicts, stalls) = (Counters::default(), Default::default(), Default::default());
    let transport = Transport {
        endpoints,
        first: at,
        first_sequence: 0,
        last: at,
        end: CloseReason::Open,
        ends: None,
        left: None,
        from_start: true,
        counters,
        conflicts,
        stalls,
    };
    Session { id, ..builder.finish(transport) }
}

/// Links `sessions` in order, and both ways if asked to.
fn linked(mut sessions: Vec<Session>, both: bool) -> Vec<Session> {
    let mut same = MessageIndex::default();
    sessions.iter_mut().for_each(|session| same.link(session));
    if both {
        both_ways(&mut sessions);
    }
    sessions
}

/// `session/message:match` for every entry of `same_as` of message `n` (from 0) of `session`.
fn named(session: &Session, n: usize) -> Vec<String> {
    let shown = |same: &SameAs| {
        let by = match same.by {
            Match::Content => "content",
            Match::Body => "body",
            Match::MessageId => "message-id",
        };
        format!("{}/{}:{by}", same.session, same.message)
    };
    session.messages[n].same_as.iter().map(shown).collect()
}

const SENT: &str = "Message-ID: <1@x>\r\nSubject: s\r\n\r\nbody\r\n";
const RETRIEVED: &str = "Return-Path: <a@b>\r\nReceived: by y\r\nMessage-ID: <1@x>\r\nSubject: s\r\n\r\nbody\r\n";

#[test]
fn the_message_sent_is_the_one_retrieved() {
    let lf = SENT.replace("\r\n", "\n");
    let sessions = vec![
        session(1, &[(SENT, None)]),
        session(2, &[(RETRIEVED, None)]),
        session(3, &[(RETRIEVED, None), (&lf, None)]),
        session(4, &[("Message-ID: <1@x>\r\n\r\nanother body\r\n", None), ("Message-ID: <2@x>\r\n\r\nelse\r\n", None)]),
    ];
    let one_way = linked(sessions.clone(), false);
    assert_eq!(named(&one_way[0], 0), [""; 0]);
    assert_eq!(named(&one_way[1], 0), ["1/1:body"]);
    assert_eq!(named(&one_way[2], 0), ["1/1:body", "2/1:content"]);
    assert_eq!(named(&one_way[2], 1), ["1/1:body", "2/1:body", "3/1:body"], "other line ends");
    assert_eq!(named(&one_way[3], 0), ["1/1:message-id", "2/1:message-id", "3/1:message-id", "3/2:message-id"]);
    assert_eq!(named(&one_way[3], 1), [""; 0]);
    let both = linked(sessions, true);
    assert_eq!(named(&both[0], 0), ["2/1:body", "3/1:body", "3/2:body", "4/1:message-id"]);
    assert_eq!(named(&both[1], 0), ["1/1:body", "3/1:content", "3/2:body", "4/1:message-id"]);
    assert_eq!(named(&both[2], 0), ["1/1:body", "2/1:content", "3/2:body", "4/1:message-id"]);
}

#[test]
fn parts_are_known_by_their_message_id_alone() {
    let sessions = vec![
        session(1, &[(SENT, None)]),
        session(2, &[("Message-ID: <1@x>\r\n\r\n", Some("header fields")), ("body\r\n", Some("text"))]),
        session(3, &[("body\r\n", Some("text"))]),
    ];
    let sessions = linked(sessions, false);
    assert_eq!(named(&sessions[1], 0), ["1/1:message-id"]);
    assert_eq!(named(&sessions[1], 1), [""; 0]);
    assert_eq!(named(&sessions[2], 0), [""; 0]);
}

#[test]
fn empty_contents_and_bodies_do_not_match() {
    let contents =
        [("", None), ("A: b\r\n\r\n", None), ("B: c\r\n\r\n", None), ("C: d\r\n\r\n\r\n", None), ("D: e\n\n\n", None)];
    let sessions = linked(vec![session(1, &contents), session(2, &contents[..1])], true);
    for (n, _) in contents.iter().enumerate() {
        assert_eq!(named(&sessions[0], n), [""; 0], "{n}");
    }
}

#[test]
fn an_incomplete_message_does_not_match_by_content() {
    let mut cut = session(1, &[("Subject: no id\r\n\r\nbody\r\n", None)]);
    cut.messages[0].complete = false;
    let sessions = linked(vec![cut, session(2, &[("Subject: no id\r\n\r\nbody\r\n", None)])], true);
    assert_eq!(named(&sessions[1], 0), [""; 0]);
}

#[test]
fn references_are_bounded_and_counted() {
    let count = SAME_AS_PER_MESSAGE + 5;
    let sessions = linked((1..=count as u64).map(|id| session(id, &[(SENT, None)])).collect(), true);
    for session in &sessions {
        assert!(session.messages[0].same_as.len() <= SAME_AS_PER_MESSAGE);
    }
    assert!(sessions[0].limits_hit.iter().any(|(limit, _)| limit == Limit::SameAs));
    let last = sessions.last().unwrap();
    assert_eq!(named(last, 0).len(), SAME_AS_PER_MESSAGE);
    assert_eq!(last.limits_hit.iter().collect::<Vec<_>>(), [(Limit::SameAs, 1)]);
}

#[test]
fn the_index_is_bounded() {
    let mut same = MessageIndex { messages: SAME_AS_MESSAGES, ..MessageIndex::default() };
    let mut sessions = [session(1, &[(SENT, None)]), session(2, &[(SENT, None)])];
    sessions.iter_mut().for_each(|session| same.link(session));
    assert_eq!(named(&sessions[1], 0), [""; 0]);
    assert_eq!(sessions[0].limits_hit.iter().collect::<Vec<_>>(), [(Limit::SameAs, 1)]);
}
