//! imap-codec, which is strict, as an oracle: what it takes for a command or a response must be read here with the same
//! tag, verb, mailbox, login, status, UID and content.
//!
//! Lines that it refuses are not compared: servers and clients send them all the same.

use super::super::{Dialogue, mailbox_name};
use super::super::{Status, Untagged, What};
use crate::capture::Time;
use crate::flow::{PacketRef, Side};
use crate::protocol::channel::Stack;
use crate::protocol::event::{self, Kind};
use crate::protocol::secret::Secret;
use crate::protocol::testing::Recorder;
use grammar::{a_command, a_response};
use imap_codec::decode::Decoder;
use imap_codec::imap_types::auth::AuthMechanism;
use imap_codec::imap_types::command::{Command, CommandBody};
use imap_codec::imap_types::core::{NString, NString8};
use imap_codec::imap_types::extensions::binary::LiteralOrLiteral8;
use imap_codec::imap_types::fetch::{MessageDataItem, Part, Section};
use imap_codec::imap_types::mailbox::Mailbox;
use imap_codec::imap_types::response;
use imap_codec::imap_types::response::{Data, Response, StatusBody, StatusKind};
use imap_codec::{CommandCodec, ResponseCodec};
use proptest::prelude::*;

mod grammar;

/// A conversation after the login, in packets of `size` bytes.
fn conversation(said: &[(Side, &[u8])], size: usize) -> Recorder {
    let (mut dialogue, mut told) = (Stack::new(Dialogue::new()), Recorder::default());
    let at = PacketRef { packet: 1, time: Time::default() };
    dialogue.data(Side::Server, b"* PREAUTH hi\r\n", at, &mut told);
    for (side, bytes) in said {
        for piece in bytes.chunks(size) {
            dialogue.data(*side, piece, at, &mut told);
        }
    }
    dialogue.end(&mut told);
    told
}

/// The verb as the table shows it.
fn name(body: &CommandBody<'_>) -> String {
    let uid = matches!(
        body,
        CommandBody::Copy { uid: true, .. }
            | CommandBody::Fetch { uid: true, .. }
            | CommandBody::Search { uid: true, .. }
            | CommandBody::Sort { uid: true, .. }
            | CommandBody::Thread { uid: true, .. }
            | CommandBody::Store { uid: true, .. }
            | CommandBody::Move { uid: true, .. }
            | CommandBody::ExpungeUid { .. }
    );
    format!("{}{}", if uid { "UID " } else { "" }, body.name())
}

/// A mailbox's readable name. INBOX is the same in any case.
fn readable(mailbox: &Mailbox<'_>) -> String {
    match mailbox {
        Mailbox::Inbox => "INBOX".to_owned(),
        Mailbox::Other(other) => String::from_utf8_lossy(&mailbox_name::decode(other.as_ref())).into_owned(),
    }
}

fn same_mailbox(ours: Option<&[u8]>, theirs: &Mailbox<'_>) {
    let ours = String::from_utf8_lossy(ours.expect("a mailbox"));
    let ours = if ours.eq_ignore_ascii_case("INBOX") { "INBOX".into() } else { ours };
    assert_eq!(ours, readable(theirs));
}

/// Compares the steps of `wire`, one command, with what imap-codec reads. `false` where imap-codec refuses it.
fn check_command(wire: &[u8], size: usize) -> bool {
    let Ok((rest, Command { tag, body })) = CommandCodec::new().decode(wire) else { return false };
    if !rest.is_empty() {
        return false;
    }
    let reply = format!("{} OK done\r\n", tag.as_ref());
    let told = conversation(
        &[(Side::Client, wire), (Side::Server, reply.as_bytes()), (Side::Server, b"* 1 FETCH (BODY[] \"x\")\r\n")],
        size,
    );
    let shown = wire.escape_ascii();
    let command = &told.steps[1];
    assert_eq!((command.kind, command.from), (Kind::Command, Side::Client), "{shown}");
    assert_eq!(command.tag.as_deref(), Some(tag.as_ref()), "{shown}");
    assert_eq!(command.command, Some(name(&body)), "{shown}");
    assert_eq!(told.commands().len(), 1, "{shown}");
    let answered = told.steps.iter().find(|step| step.kind == Kind::Reply).and_then(|step| step.answers);
    assert_eq!(answered, (!matches!(body, CommandBody::StartTLS)).then_some(2).or(answered), "{shown}");
    match &body {
        CommandBody::Login { username, password } => {
            let login = told.credentials.first().expect("a log-in");
            assert_eq!(login.username.as_deref(), Some(username.as_ref()), "{shown}");
            assert_eq!(login.password.as_ref().map(Secret::reveal), Some(password.declassify().as_ref()), "{shown}");
        }
        CommandBody::Authenticate { mechanism, initial_response } => {
            let login = told.credentials.first().expect("a log-in");
            assert_eq!(login.mechanism, format!("AUTH {}", mechanism.as_ref().to_uppercase()), "{shown}");
            if let (AuthMechanism::Plain, Some(response)) = (mechanism, initial_response) {
                let parts: Vec<_> = response.declassify().split(|&byte| byte == 0).collect();
                if let [_, user, password] = parts.as_slice() {
                    assert_eq!(login.username.as_deref(), Some(*user), "{shown}");
                    assert_eq!(login.password.as_ref().map(Secret::reveal), Some(*password), "{shown}");
                }
            }
        }
        CommandBody::Select { mailbox, .. } | CommandBody::Examine { mailbox, .. } => {
            same_mailbox(told.messages[0].start.mailbox.as_deref(), mailbox);
        }
        CommandBody::Append { mailbox, message, .. } => {
            let content: &[u8] = match message {
                LiteralOrLiteral8::Literal(literal) => literal.as_ref(),
                LiteralOrLiteral8::Literal8(literal) => &literal.data,
            };
            let appended = &told.messages[0];
            assert_eq!((appended.content.as_slice(), appended.complete), (content, Some(true)), "{shown}");
            same_mailbox(appended.start.mailbox.as_deref(), mailbox);
        }
        _ => {}
    }
    true
}

fn part(part: &Part) -> String {
    part.0.as_ref().iter().map(ToString::to_string).collect::<Vec<_>>().join(".")
}

/// A section as the JSON names it.
fn section(section: Option<&Section<'_>>) -> String {
    let within = |inner: Option<&Part>, alone: &str, name: &str| match inner {
        None => alone.to_owned(),
        Some(inner) => format!("section {}.{name}", part(inner)),
    };
    match section {
        None => "whole".to_owned(),
        Some(Section::Part(inner)) => format!("section {}", part(inner)),
        Some(Section::Header(inner)) => within(inner.as_ref(), "headers", "HEADER"),
        Some(Section::HeaderFields(inner, _)) => within(inner.as_ref(), "header fields", "HEADER.FIELDS"),
        Some(Section::HeaderFieldsNot(inner, _)) => within(inner.as_ref(), "header fields", "HEADER.FIELDS.NOT"),
        Some(Section::Text(inner)) => within(inner.as_ref(), "text", "TEXT"),
        Some(Section::Mime(inner)) => format!("section {}.MIME", part(inner)),
    }
}

/// The bodies of a FETCH, named and with their content, and its UID.
fn bodies(items: &[MessageDataItem<'_>]) -> (Vec<(String, Vec<u8>)>, Option<u64>) {
    let (mut bodies, mut uid) = (Vec::new(), None);
    let mut add = |name: String, content: Option<&[u8]>| bodies.extend(content.map(|content| (name, content.to_vec())));
    fn content<'a>(string: &'a NString<'_>) -> Option<&'a [u8]> {
        string.0.as_ref().map(AsRef::as_ref)
    }
    for item in items {
        match item {
            MessageDataItem::BodyExt { section: of, origin: None, data } => add(section(of.as_ref()), content(data)),
            MessageDataItem::BodyExt { section: of, origin: Some(origin), data } => {
                // A NIL piece is an empty one.
                let data = content(data).unwrap_or_default();
                let bytes = match data.len() {
                    0 => format!("bytes {origin}"),
                    length => format!("bytes {origin}-{}", *origin as usize + length - 1),
                };
                let name = section(of.as_ref());
                add(if name == "whole" { bytes } else { format!("{name}, {bytes}") }, Some(data));
            }
            MessageDataItem::Rfc822(data) => add("whole".to_owned(), content(data)),
            MessageDataItem::Rfc822Header(data) => add("headers".to_owned(), content(data)),
            MessageDataItem::Rfc822Text(data) => add("text".to_owned(), content(data)),
            MessageDataItem::Binary { section, value } => {
                let name = section.iter().map(ToString::to_string).collect::<Vec<_>>().join(".");
                let name = if name.is_empty() { "whole".to_owned() } else { format!("section {name}") };
                match value {
                    NString8::NString(data) => add(name, content(data)),
                    NString8::Literal8(data) => add(name, Some(&data.data)),
                }
            }
            MessageDataItem::Uid(value) => uid = Some(u64::from(value.get())),
            _ => {}
        }
    }
    (bodies, uid)
}

/// The kind of an untagged response.
fn untagged(data: &Data<'_>) -> Untagged {
    match data {
        Data::Capability(_) => Untagged::Capability,
        Data::List { .. } => Untagged::List,
        Data::Lsub { .. } => Untagged::Lsub,
        Data::Status { .. } => Untagged::Status,
        Data::Search(..) => Untagged::Search,
        Data::Sort(..) => Untagged::Sort,
        Data::Thread(_) => Untagged::Thread,
        Data::Flags(_) => Untagged::Flags,
        Data::Exists(_) => Untagged::Exists,
        Data::Recent(_) => Untagged::Recent,
        Data::Expunge(_) => Untagged::Expunge,
        Data::Fetch { .. } => Untagged::Fetch,
        Data::Enabled { .. } => Untagged::Enabled,
        Data::Quota { .. } | Data::QuotaRoot { .. } => Untagged::Quota,
        Data::Id { .. } => Untagged::Id,
        Data::Metadata { .. } => Untagged::Metadata,
        Data::Namespace { .. } => Untagged::Namespace,
    }
}

/// Compares the steps of `wire`, one response, with what imap-codec reads. `false` where imap-codec refuses it.
fn check_response(wire: &[u8], size: usize) -> bool {
    let Ok((rest, theirs)) = ResponseCodec::new().decode(wire) else { return false };
    if !rest.is_empty() {
        return false;
    }
    let told = conversation(&[(Side::Server, b"* 9 EXISTS\r\n"), (Side::Server, wire)], size);
    let shown = wire.escape_ascii();
    let what: Vec<&What> = told.steps[2..]
        .iter()
        .filter_map(|step| match &step.subject {
            event::Subject::Imap(subject) => Some(&subject.what),
            _ => None,
        })
        .collect();
    assert_eq!(what.len(), told.steps.len() - 2, "nothing is unknown: {shown}");
    let status = |body: &StatusBody<'_>| {
        let status = match body.kind {
            StatusKind::Ok => Status::Ok,
            StatusKind::No => Status::No,
            StatusKind::Bad => Status::Bad,
        };
        (status, body.code.is_some())
    };
    match &theirs {
        Response::CommandContinuationRequest(_) => {
            assert!(matches!(what[..], [What::Continuation { .. } | What::Challenge(_)]), "{shown}: {what:?}");
        }
        Response::Status(response::Status::Tagged(tagged)) => {
            let [What::Tagged { status: ours, code, .. }] = what[..] else { panic!("{shown}: {what:?}") };
            assert_eq!((*ours, code.is_some()), status(&tagged.body), "{shown}");
            assert_eq!(told.steps[2].tag.as_deref(), Some(tagged.tag.as_ref()), "{shown}");
        }
        Response::Status(response::Status::Untagged(body)) => {
            let ours = match what[..] {
                [What::Untagged(Untagged::Ok(code))] => (Status::Ok, code.is_some()),
                [What::Untagged(Untagged::No(code))] => (Status::No, code.is_some()),
                [What::Untagged(Untagged::Bad(code))] => (Status::Bad, code.is_some()),
                _ => panic!("{shown}: {what:?}"),
            };
            assert_eq!(ours, status(body), "{shown}");
        }
        Response::Status(response::Status::Bye(_)) => {
            assert_eq!(what, [&What::Untagged(Untagged::Bye)], "{shown}");
        }
        Response::Data(Data::Fetch { seq, items }) => {
            let (theirs, uid) = bodies(items.as_ref());
            assert!(matches!(what[0], What::Untagged(Untagged::Fetch)), "{shown}: {what:?}");
            let ours: Vec<(String, Vec<u8>)> = told
                .messages
                .iter()
                .map(|message| (message.start.part.clone().unwrap_or("whole".into()), message.content.clone()))
                .collect();
            let mut rest = ours.iter();
            for body in &theirs {
                assert!(rest.any(|ours| ours == body), "{shown}: {body:?} is not in {ours:?}");
            }
            // A header and a text are put together.
            let joined = theirs.iter().filter(|(name, _)| name == "text").count();
            assert!(ours.len() - theirs.len() <= joined, "{shown}: {ours:?}");
            for message in &told.messages {
                assert_eq!(message.start.number, Some(u64::from(seq.get())), "{shown}");
                let ours = message.start.uid.or(message.outcome.as_ref().and_then(|outcome| outcome.uid));
                assert_eq!(ours, uid, "{shown}");
                assert_eq!(message.complete, Some(true), "{shown}");
            }
        }
        Response::Data(data) => {
            assert_eq!(what, [&What::Untagged(untagged(data))], "{shown}");
            if let Data::Capability(list) = data {
                let theirs: Vec<String> = list.as_ref().iter().map(|one| one.to_string().to_uppercase()).collect();
                let ours: Vec<String> = told.capabilities.iter().map(|one| one.to_uppercase()).collect();
                assert_eq!(ours, theirs, "{shown}");
            }
        }
    }
    true
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn commands_are_read_as_imap_codec_reads_them(wire in a_command(), size in 1_usize..40) {
        check_command(&wire, size);
    }

    #[test]
    fn responses_are_read_as_imap_codec_reads_them(wire in a_response(), size in 1_usize..40) {
        check_response(&wire, size);
    }
}

/// imap-codec must read most of the generated lines: else it is no oracle.
#[test]
fn the_oracle_understands_what_it_is_asked() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let (commands, responses) = (a_command(), a_response());
    let (mut read, all) = ([0, 0], 300);
    for _ in 0..all {
        let command = commands.new_tree(&mut runner).expect("a command").current();
        read[0] += usize::from(check_command(&command, 1000));
        let response = responses.new_tree(&mut runner).expect("a response").current();
        read[1] += usize::from(check_response(&response, 1000));
    }
    assert!(read.iter().all(|read| read * 10 > all * 6), "{read:?} of {all}");
}

/// Every line of the fixtures' conversations.
#[test]
fn the_fixtures_are_read_as_imap_codec_reads_them() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/lab");
    let (mut read, mut all) = (0, 0);
    for story in std::fs::read_dir(folder).expect("fixtures") {
        let path = story.expect("a story").path().join("expected.json");
        let Ok(text) = std::fs::read(path) else { continue };
        let document: serde_json::Value = serde_json::from_slice(&text).expect("JSON");
        let sessions = document["sessions"].as_array().expect("sessions");
        for step in sessions.iter().filter(|s| s["protocol"] == "imap").flat_map(|s| s["steps"].as_array().unwrap()) {
            let text = step["text"].as_str().unwrap_or_default();
            // A literal's content is a step of its own, or stands after a bare line end.
            if text.contains(['\n', '{']) {
                continue;
            }
            let wire = format!("{text}\r\n");
            let understood = match step["kind"].as_str() {
                Some("command") if text != "DONE" => check_command(wire.as_bytes(), 1000),
                Some("reply" | "untagged") => check_response(wire.as_bytes(), 1000),
                _ => continue,
            };
            (read, all) = (read + usize::from(understood), all + 1);
        }
    }
    assert!(all > 100 && read * 10 > all * 8, "{read} of {all}");
}
