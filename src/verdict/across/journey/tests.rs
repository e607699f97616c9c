use super::*;
use crate::verdict::Needs;
use crate::verdict::across::change::{BodyChange, ChangeKind};
use crate::verdict::testing::sessions;

/// Header fields before the empty line, and the body.
type Content<'a> = (&'a [&'a str], &'a [&'a str]);

const FIELDS: &[&str] = &["From: a@b", "Date: Mon, 23 Nov 2026 10:00:00 +0000", "Message-ID: <1@b>", "Subject: x"];
const BODY: &[&str] = &["hello,", "this is a text.", "bye"];
const TRACE: &str = "Received: from a by mx.example.test; Mon, 23 Nov 2026 10:00:04 +0000";

fn lines((fields, body): Content<'_>, side: char) -> String {
    let empty = [""];
    fields.iter().chain(&empty).chain(body).map(|line| format!("{side}: {line}\n")).collect()
}

fn sent(ends: &str, content: Content<'_>) -> String {
    format!(
        "--- {ends}\nS: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\n\
         S: 354 go\n{}C: .\nS: 250 ok\n",
        lines(content, 'C')
    )
}

fn fetched(content: Content<'_>) -> String {
    format!(
        "--- client 10.0.0.7, server 10.0.0.2:110\nS: +OK ready\nC: USER c\nS: +OK\nC: PASS secret12\nS: +OK\nC: RETR 1\nS: +OK\n{}S: .\n",
        lines(content, 'S')
    )
}

fn journeys(script: &str) -> Vec<Journey> {
    let (mut forth, mut back) = (Journeys::default(), Journeys::default());
    let all = sessions(script, Needs::ALL);
    let mut limits = LimitsHit::default();
    all.iter().for_each(|session| forth.session(session, &mut limits));
    all.iter().rev().for_each(|session| back.session(session, &mut limits));
    let (forth, back) = (forth.finish(&mut limits), back.finish(&mut limits));
    assert!(limits.is_empty());
    assert_eq!(format!("{forth:?}"), format!("{back:?}"), "in any order");
    forth
}

/// What changed from the message as it was submitted to how it was fetched.
fn changed(before: Content<'_>, after: Content<'_>) -> Option<Change> {
    let script = sent("client 10.0.0.1, server 10.0.0.2:587", before) + &fetched(after);
    let mut all = journeys(&script);
    assert_eq!(all.len(), 1, "{script}");
    let journey = all.remove(0);
    let roles: Vec<Role> = journey.hops.iter().map(|hop| hop.role).collect();
    assert_eq!((roles, journey.complete), (vec![Role::Submitted, Role::Retrieved], true));
    journey.hops[1].change.clone()
}

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    more.iter().chain(FIELDS).copied().collect()
}

#[test]
fn a_message_is_followed_from_hop_to_hop() {
    let relayed = with(&[TRACE]);
    let delivered = with(&["Received: from mx by box.example.test; Mon, 23 Nov 2026 10:00:09 +0000", TRACE]);
    let script = sent("client 10.0.0.1, server 10.0.0.2:25", (FIELDS, BODY))
        + &sent("client 10.0.0.2, server 10.0.0.3:25", (&relayed, BODY))
        + &fetched((&delivered, BODY));
    let all = journeys(&script);
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].message_id.as_deref(), Some("1@b"));
    let shown: Vec<_> = all[0].hops.iter().map(|hop| (hop.session.id, hop.role, hop.to.to_string())).collect();
    let expected = [(1, Role::Submitted, "10.0.0.2"), (2, Role::Relayed, "10.0.0.3"), (3, Role::Retrieved, "10.0.0.7")];
    assert_eq!(shown, expected.map(|(id, role, to)| (id, role, to.to_owned())));
    let change = all[0].hops[2].change.as_ref().expect("a change");
    assert_eq!((change.kind, change.bytes_added), (ChangeKind::TraceFieldsAdded, 72));
    let received = &change.received[0];
    assert_eq!(
        (change.received.len(), received.by.as_deref(), received.seconds),
        (1, Some("box.example.test"), Some(5))
    );
}

#[test]
fn what_is_identical_has_no_change() {
    assert_eq!(changed((FIELDS, BODY), (FIELDS, BODY)), None);
}

#[test]
fn fields_are_compared_by_name() {
    let trace = changed((FIELDS, BODY), (&with(&["Return-Path: <a@b>", TRACE]), BODY)).expect("a change");
    assert_eq!(trace.kind, ChangeKind::TraceFieldsAdded);
    let mut other = with(&[TRACE]);
    other[4] = "Subject: [list] x";
    let change = changed((FIELDS, BODY), (&other, BODY)).expect("a change");
    let fields: Vec<&str> = change.fields.iter().map(|name| &**name).collect();
    assert_eq!((change.kind, fields, change.body), (ChangeKind::FieldsChanged, vec!["Received", "Subject"], None));
}

#[test]
fn a_body_is_encoded_anew_goes_on_or_is_another() {
    let plain = with(&["Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit"]);
    let quoted = with(&["Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: quoted-printable"]);
    let based = with(&["Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: base64"]);
    let text = &["Grüße", "", "bye"];
    let how = |before: Content<'_>, after: Content<'_>| changed(before, after).and_then(|change| change.body);
    assert_eq!(how((&plain, text), (&quoted, &["Gr=C3=BC=C3=9Fe", "", "bye"])), Some(BodyChange::ReEncoded));
    assert_eq!(how((&plain, text), (&based, &["R3LDvMOfZQ0KDQpieWUNCg=="])), Some(BodyChange::ReEncoded));
    assert_eq!(how((&plain, text), (&based, &["R3LDvMOfZQ0KDQpieSENCg=="])), Some(BodyChange::Other));
    let footer = [BODY, &["-- ", "a list"]].concat();
    assert_eq!(how((FIELDS, BODY), (FIELDS, &footer)), Some(BodyChange::Appended));
    assert_eq!(how((FIELDS, &footer), (FIELDS, BODY)), Some(BodyChange::Other), "the end is gone");
    assert_eq!(how((FIELDS, BODY), (FIELDS, &["hello,", "this is a test.", "bye"])), Some(BodyChange::Other));
    let mixed = with(&["Content-Type: multipart/mixed; boundary=x"]);
    let wrapped: Vec<&str> =
        [&["--x", "Content-Type: text/plain", ""], BODY, &["--x", "Content-Type: text/plain", "", "a list", "--x--"]]
            .concat();
    assert_eq!(how((FIELDS, BODY), (&mixed, &wrapped)), Some(BodyChange::Appended), "a part of its own");
}

#[test]
fn equal_short_bodies_alone_are_nothing() {
    let one = sent("client 10.0.0.1, server 10.0.0.2:25", (&["Subject: a"], &["ok"]));
    let other = sent("client 10.0.0.1, server 10.0.0.2:25", (&["Subject: b"], &["ok"]));
    assert!(journeys(&(one.clone() + &other)).is_empty());
    assert_eq!(journeys(&(one.clone() + &one)).len(), 1, "equal byte for byte");
}

#[test]
fn a_message_id_may_be_added_on_the_way() {
    let without: Vec<&str> = FIELDS.iter().copied().filter(|field| !field.starts_with("Message-ID")).collect();
    let change = changed((&without, BODY), (FIELDS, BODY)).expect("a change");
    assert_eq!((change.kind, &*change.fields[0]), (ChangeKind::FieldsChanged, "Message-ID"));
}

#[test]
fn hops_are_bounded_and_counted() {
    let script = fetched((FIELDS, BODY)).repeat(JOURNEY_HOPS + 2);
    let (mut ways, mut limits) = (Journeys::default(), LimitsHit::default());
    sessions(&script, Needs::ALL).iter().for_each(|session| ways.session(session, &mut limits));
    assert_eq!(ways.finish(&mut limits)[0].hops.len(), JOURNEY_HOPS);
    assert_eq!(limits.iter().collect::<Vec<_>>(), [(Limit::Journeys, 2)]);
}
