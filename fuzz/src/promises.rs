//! What every view promises of whatever it is shown.

use mailtap::capture::{Format, SourceInfo, Time};
use mailtap::flow::{CloseReason, Counters, Endpoints, PacketRef, Transport};
use mailtap::protocol::Protocol;
use mailtap::session::model::{MimePart, Session};
use mailtap::session::summary::Summary;
use mailtap::session::{Builder, Needs};
use mailtap::verdict::Report;
use mailtap::view::json::{Json, NdJson};
use mailtap::view::redact::{self, Redact};
use mailtap::view::table::{self, Live, Table};
use mailtap::view::{Lang, Show, View, escape, record};
use serde_json::Value;
use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;

/// A connection of which nothing is known.
pub fn transport() -> Transport {
    let never = PacketRef { packet: 1, time: Time::from_microseconds(1) };
    Transport {
        endpoints: Endpoints { client: ([172, 16, 0, 73], 40_000).into(), server: ([172, 16, 0, 253], 25).into() },
        first: never,
        last: never,
        end: CloseReason::Closed,
        from_start: true,
        counters: Counters::default(),
        conflicts: Default::default(),
        stalls: Default::default(),
        ends: None,
        first_sequence: 0,
        left: None,
    }
}

/// A builder that computes everything.
pub fn builder(protocol: Protocol) -> Builder {
    Builder::new(protocol, Needs::ALL)
}

/// What is known of a capture with these sessions.
pub fn report(sessions: &[Session]) -> Report {
    let mut summary = Summary::default();
    sessions.iter().for_each(|session| summary.add(session));
    let source = SourceInfo {
        name: "x\x1b[31m\u{202e}".into(),
        format: Format::Pcap,
        compression: None,
        link_types: Vec::new(),
        packets: 1,
        bytes: 1,
        first: None,
        last: None,
        dropped: None,
        problem: Some("y\x1b[31m\u{202e}".into()),
        clock_steps: Vec::new(),
    };
    Report { sources: vec![source], summary, logins: Default::default(), across: Default::default(), verdict: None }
}

fn shown<V: View>(mut view: V, session: &Session, live: bool) -> V {
    let report = report(std::slice::from_ref(session));
    if live {
        for step in &session.steps {
            view.step(session, step).expect("memory can be written");
        }
    }
    view.session(session.clone()).expect("memory can be written");
    view.finish(&report).expect("memory can be written");
    view
}

/// What a terminal may be sent: nothing that [`escape`] would have changed.
pub fn is_harmless(text: &[u8]) {
    let text = std::str::from_utf8(text).expect("tables are UTF-8");
    for line in text.lines() {
        assert!(matches!(escape::line(line), std::borrow::Cow::Borrowed(_)), "hostile: {line:?}");
    }
}

/// All formats of `session`, as it is and redacted.
pub fn all_views(mut session: Session) {
    session.id = 1;
    for lang in [Lang::En, Lang::Zh] {
        let options = record::Options { lang, ..Default::default() };
        json(&shown(Json::new(Vec::new(), options), &session, false).into_inner());
        let style = table::Style { width: 100, colour: false };
        let options = table::Options {
            style,
            show: Show::ALL,
            list: Default::default(),
            lang,
            text_limit: 200,
            time: mailtap::view::clock::Clock::Utc,
        };
        is_harmless(&shown(Table::new(Vec::new(), options), &session, false).into_inner());
        is_harmless(&shown(Live::new(Vec::new(), options), &session, true).into_inner());
    }
    let lines = shown(NdJson::new(Vec::new(), record::Options::default()), &session, false).into_inner();
    for line in lines.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
        serde_json::from_slice::<Value>(line).expect("a JSON line");
    }
    redaction(&session);
}

/// The contract's promises of a document: no `null`, numbers that name something.
pub fn json(document: &[u8]) {
    let text = std::str::from_utf8(document).expect("JSON is UTF-8");
    let document: Value = serde_json::from_str(text).expect("JSON");
    assert!(!has_null(&document), "null in a document");
    for session in document["sessions"].as_array().expect("a list") {
        let steps = session["steps"].as_array().expect("a list");
        for (n, step) in (1_u64..).zip(steps) {
            assert_eq!(step["n"], n);
            if let Some(answered) = step.get("answers") {
                let answered = answered.as_u64().and_then(|n| steps.get(n as usize - 1)).expect("the step answered");
                assert_eq!((&answered["from"], &step["from"]), (&"client".into(), &"server".into()));
            }
        }
        for list in ["credentials", "messages", "findings"] {
            for entry in session[list].as_array().expect("a list") {
                for n in entry["steps"].as_array().into_iter().flatten() {
                    assert!(n.as_u64().is_some_and(|n| n >= 1 && n as usize <= steps.len()), "{list} names step {n}");
                }
            }
        }
        for (n, message) in (1_u64..).zip(session["messages"].as_array().expect("a list")) {
            assert_eq!(message["n"], n);
        }
    }
}

fn has_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(list) => list.iter().any(has_null),
        Value::Object(map) => map.values().any(has_null),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// No secret of four characters or more is left in what came off the wire.
fn redaction(session: &Session) {
    let mut masked = session.clone();
    redact::mask(&mut masked);
    let texts = wire_texts(&masked);
    for credential in &session.credentials {
        for secret in [&credential.password, &credential.token].into_iter().flatten() {
            let secret = secret.reveal();
            // Asterisks are what a mask is made of.
            if secret.chars().count() < 4 || secret.contains('*') {
                continue;
            }
            for text in &texts {
                assert!(!text.contains(secret), "{secret:?} is left in {text:?}");
            }
        }
    }
    let options = table::Options {
        style: table::Style { width: 80, colour: false },
        show: Show::ALL,
        list: Default::default(),
        lang: Lang::En,
        text_limit: 1_000,
        time: mailtap::view::clock::Clock::Utc,
    };
    for live in [false, true] {
        let out = Shared::default();
        let view: Box<dyn View> = match live {
            false => Box::new(Table::new(out.clone(), options)),
            true => Box::new(Live::new(out.clone(), options)),
        };
        shown(Redact::new(view), session, live);
        is_harmless(&out.0.take());
    }
    let out = Shared::default();
    shown(Redact::new(Json::new(out.clone(), record::Options::default())), session, false);
    json(&out.0.take());
}

/// [`Redact`] keeps the view behind it to itself: what that writes is had from here.
#[derive(Clone, Default)]
struct Shared(Rc<RefCell<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn wire_texts(session: &Session) -> Vec<&str> {
    let mut texts: Vec<&str> = Vec::new();
    texts.extend(session.steps.iter().map(|step| &*step.text));
    texts.extend(session.steps.iter().filter_map(|step| step.tag.as_deref()));
    texts.extend([&session.client_name, &session.banner].into_iter().flatten().map(String::as_str));
    texts.extend(session.capabilities.iter().map(String::as_str));
    for credential in &session.credentials {
        let parts = [&credential.username, &credential.authorization_id, &credential.challenge];
        texts.extend(parts.into_iter().flatten().map(String::as_str));
    }
    for message in &session.messages {
        let header = &message.header;
        let parts =
            [&message.mailbox, &message.part, &message.reply, &header.subject, &header.date, &header.message_id];
        texts.extend(parts.into_iter().flatten().map(String::as_str));
        for list in [&header.from, &header.to, &header.cc, &header.reply_to] {
            texts.extend(
                list.iter().flat_map(|mailbox| [&mailbox.name, &mailbox.address]).flatten().map(String::as_str),
            );
        }
        if let Some(envelope) = &message.envelope {
            texts.extend(envelope.from.as_deref());
            texts.extend(envelope.to.iter().map(|to| to.address.as_str()));
        }
        for attachment in &message.attachments {
            texts.extend([&attachment.filename, &attachment.content_type].into_iter().flatten().map(String::as_str));
        }
        if let Some(part) = &message.mime {
            mime_texts(part, &mut texts);
        }
    }
    texts
}

fn mime_texts<'a>(part: &'a MimePart, texts: &mut Vec<&'a str>) {
    let fields = [&part.content_type, &part.charset, &part.boundary, &part.encoding];
    texts.extend(fields.into_iter().flatten().map(String::as_str));
    part.parts.iter().for_each(|part| mime_texts(part, texts));
}
