//! The builder, with steps, logins and messages as dialogues report them.

use super::envelope::read_envelope;
use super::*;
use crate::capture::Time;
use crate::flow::{PacketRef, Side};
use crate::limits::{CAPABILITIES, LINE_BYTES, MESSAGES_PER_SESSION};
use crate::protocol::event::{
    Channel, Delivery, Direction, Exposure, Kind, LoginOutcome, Packets, Span, Step as Told, Subject,
};
use crate::protocol::sasl::{Mechanism, Round};
use crate::protocol::smtp::{self, Enhanced, ReplyTo, Verb};
use crate::protocol::{imap, pop3};
use crate::session::model::{Decryption, State, Tls};
use crate::session::plan::Needs;

fn builder(protocol: Protocol) -> Builder {
    Builder::new(protocol, Needs::ALL)
}

/// A step that crossed in packet `second`, that many seconds after 1970.
fn told(from: Side, kind: Kind, subject: Subject, second: u64, text: &[u8]) -> Told<'_> {
    let at = PacketRef { packet: second, time: Time::from_microseconds(second as i64 * 1_000_000) };
    Told { text, ..Told::of(from, kind, subject, Span::one(text.len() as u64 + 2, at)) }
}

fn command<'a>(verb: Verb, second: u64, text: &'a str) -> Told<'a> {
    let (name, arguments) =
        text.split_once(' ').map_or((text, None), |(name, _)| (name, Some(name.len() + 1..text.len())));
    let subject = Subject::Smtp(smtp::Subject::Command(verb));
    Told { command: Some(name), arguments, ..told(Side::Client, Kind::Command, subject, second, text.as_bytes()) }
}

fn reply(to: ReplyTo, code: u16, answers: StepId, second: u64, text: &str) -> Told<'_> {
    let enhanced =
        (code != 220 && code != 354).then_some(Enhanced { class: (code / 100) as u8, subject: 1, detail: 5 });
    let subject = Subject::Smtp(smtp::Subject::Reply { to, code, enhanced });
    Told { answers: Some(answers), ..told(Side::Server, Kind::Reply, subject, second, text.as_bytes()) }
}

fn start(direction: Direction, steps: Vec<StepId>) -> MessageStart {
    let (mailbox, number, uid, part, described) = (None, None, None, None, None);
    MessageStart { direction, mailbox, number, uid, part, described, headless: false, steps }
}

fn transport() -> Transport {
    (*Session::empty(Protocol::Smtp).transport).clone()
}

#[test]
fn a_builder_goes_to_another_thread() {
    fn is_send<T: Send>() {}
    is_send::<Builder>();
}

#[test]
fn a_transaction() {
    let mut builder = builder(Protocol::Smtp);
    builder.banner(b"mail.example ESMTP");
    builder.client_name(b"cslabc39");
    let greeting = Subject::Smtp(smtp::Subject::Greeting { code: 220, ended: true });
    builder.step(told(Side::Server, Kind::Greeting, greeting, 1, b"220 mail.example ESMTP"));
    let mail = builder.step(command(Verb::Mail, 2, "MAIL FROM:<a@b>"));
    builder.step(reply(ReplyTo::Command(Verb::Mail), 250, mail, 3, "250 2.1.5 ok"));
    let first = builder.step(command(Verb::Rcpt, 4, "RCPT TO:<c@d>"));
    builder.step(reply(ReplyTo::Command(Verb::Rcpt), 250, first, 5, "250 2.1.5 ok"));
    let second = builder.step(command(Verb::Rcpt, 6, "RCPT TO:<e@f>"));
    let refusal = builder.step(reply(ReplyTo::Command(Verb::Rcpt), 550, second, 7, "550 5.1.5 no"));
    let data = builder.step(command(Verb::Data, 8, "DATA"));
    builder.step(reply(ReplyTo::Command(Verb::Data), 354, data, 9, "354 go"));
    let message = builder.message(start(Direction::Sent, vec![mail, first, second, data]));
    builder.content(message, b"Subject: hi\r\n");
    builder.content(message, b"\r\nbody\r\n");
    builder.content_end(message, ContentEnd::Complete);
    let mut content = told(Side::Client, Kind::Data, Subject::Smtp(smtp::Subject::Content), 14, b"");
    content.span.packets = Packets::one(10);
    (11..15).for_each(|packet| content.span.packets.add(packet));
    let content = builder.step(content);
    let last = builder.step(reply(ReplyTo::Content, 250, content, 16, "250 2.1.5 queued"));
    let envelope = event::Envelope {
        from: Some(b"a@b".to_vec()),
        to: vec![
            event::Recipient { address: b"c@d".to_vec(), code: Some(250), ..event::Recipient::default() },
            event::Recipient { address: b"e@f".to_vec(), code: Some(550), ..event::Recipient::default() },
        ],
    };
    builder.message_outcome(
        message,
        MessageOutcome {
            outcome: Some(Delivery::Accepted),
            reply: Some(b"250 2.1.5 queued".to_vec()),
            envelope: Some(envelope),
            uid: None,
            steps: vec![content, last, last, 99],
        },
    );
    let session = builder.finish(transport());

    assert_eq!(session.client_name.as_deref(), Some("cslabc39"));
    assert_eq!(session.step(1).unwrap().code(), Some(220));
    let refused = session.step(refusal).unwrap();
    let enhanced = refused.enhanced().map(|enhanced| enhanced.to_string());
    assert_eq!((refused.code(), enhanced.as_deref()), (Some(550), Some("5.1.5")));
    assert_eq!((refused.answers, refused.elapsed.nanoseconds()), (Some(second), Some(1_000_000_000)));
    let asked = session.step(second).unwrap();
    assert_eq!(asked.argument_range().map(|range| &asked.text[range]), Some("TO:<e@f>"));
    assert_eq!(asked.command.as_deref(), Some("RCPT"));
    assert_eq!(session.step(content).unwrap().packets.iter().collect::<Vec<_>>(), [10, 11, 12, 13, 14]);

    let message = &session.messages[0];
    assert_eq!(message.header.subject.as_deref(), Some("hi"));
    assert_eq!((message.size, message.complete, message.outcome), (21, true, Some(Delivery::Accepted)));
    assert_eq!(message.steps, [mail, first, second, data, content, last]);
    let accepted: Vec<bool> = message.envelope.as_ref().unwrap().to.iter().filter_map(|to| to.accepted).collect();
    assert_eq!(accepted, [true, false]);
    assert!(session.findings.is_empty(), "what it means is for others to say");
}

#[test]
fn a_recipients_own_reply_decides() {
    let recipient = |code, final_code| event::Recipient {
        address: b"a@b".to_vec(),
        code,
        final_code,
        ..event::Recipient::default()
    };
    for (code, last, accepted) in [
        (Some(250), None, true),
        (Some(251), Some(250), true),
        (Some(250), Some(550), false),
        (Some(450), None, false),
        (None, Some(250), false),
    ] {
        let told = event::Envelope { from: None, to: vec![recipient(code, last)] };
        assert_eq!(read_envelope(told).to[0].accepted, Some(accepted), "{code:?} {last:?}");
    }
    for (code, accepted) in [(Some(250), None), (Some(550), Some(false))] {
        let told = event::Recipient { final_missing: true, ..recipient(code, None) };
        let told = event::Envelope { from: None, to: vec![told] };
        assert_eq!(read_envelope(told).to[0].accepted, accepted, "its own reply never came");
    }
}

#[test]
fn states_and_statuses() {
    let mut builder = builder(Protocol::Pop3);
    let pop3 = |what| Subject::Pop3(pop3::Subject { state: pop3::State::Transaction, what });
    let imap = |what| Subject::Imap(imap::Subject { state: imap::State::Selected, what });
    let smtp = Subject::Smtp;
    let greeting = imap::What::Greeting(imap::Status::Preauth);
    let tagged = imap::What::Tagged { to: None, status: imap::Status::No, code: None };
    let cases = [
        (pop3(pop3::What::Greeting { ok: true, apop: false, code: None }), Some("+OK"), None),
        (pop3(pop3::What::Reply { to: None, ok: false, code: None, effect: None }), Some("-ERR"), None),
        (pop3(pop3::What::Command(pop3::Verb::Stat)), None, None),
        (imap(greeting), Some("PREAUTH"), None),
        (imap(tagged), Some("NO"), None),
        (imap(imap::What::Untagged(imap::Untagged::Bye)), Some("BYE"), None),
        (imap(imap::What::Untagged(imap::Untagged::Exists)), None, None),
        (smtp(smtp::Subject::Challenge(Round::GoAhead(Mechanism::Plain))), None, Some(334)),
        (smtp(smtp::Subject::RefusedContent), None, None),
    ];
    for (subject, status, code) in cases {
        let state = match subject {
            Subject::Pop3(_) => Some(State::Pop3(pop3::State::Transaction)),
            Subject::Imap(_) => Some(State::Imap(imap::State::Selected)),
            _ => None,
        };
        let n = builder.step(told(Side::Server, Kind::Reply, subject.clone(), 1, b"x"));
        let step = builder.session.step(n).unwrap();
        assert_eq!((step.status(), step.code(), step.state()), (status, code, state), "{subject:?}");
    }
}

#[test]
fn ranges_become_ranges_of_the_text() {
    let mut builder = builder(Protocol::Imap);
    // `a LOGIN 中文 密码` in GBK.
    let line = b"a LOGIN \xd6\xd0\xce\xc4 \xc3\xdc\xc2\xeb";
    builder.step(Told {
        tag: Some(b"a"),
        command: Some("LOGIN"),
        arguments: Some(8..line.len()),
        secrets: vec![13..line.len(), 3..3],
        ..told(Side::Client, Kind::Command, Subject::Unknown, 1, line)
    });
    let step = &builder.session.steps[0];
    assert_eq!(&step.text[step.argument_range().unwrap()], "中文 密码");
    assert_eq!(step.secrets().iter().map(|range| &step.text[range.clone()]).collect::<Vec<_>>(), ["密码"]);
    assert_eq!(step.tag.as_deref(), Some("a"));
}

#[test]
fn a_line_that_was_cut_says_so() {
    let mut builder = builder(Protocol::Smtp);
    let line = vec![b'x'; LINE_BYTES];
    builder.step(told(Side::Client, Kind::Unknown, Subject::Unknown, 1, &line));
    let mut longer = told(Side::Client, Kind::Unknown, Subject::Unknown, 2, &line);
    longer.span.bytes = LINE_BYTES as u64 * 3;
    builder.step(Told { arguments: Some(5..LINE_BYTES * 2), ..longer });
    let cut: Vec<bool> = builder.session.steps.iter().map(|step| step.truncated).collect();
    assert_eq!(cut, [false, true]);
    assert_eq!(builder.session.steps[1].argument_range(), Some(5..LINE_BYTES));
}

#[test]
fn log_ins() {
    let mut builder = builder(Protocol::Pop3);
    let user = builder.step(told(Side::Client, Kind::Command, Subject::Unknown, 1, b"USER bob"));
    let pass = builder.step(told(Side::Client, Kind::Command, Subject::Unknown, 2, b"PASS secret"));
    let attempt = event::Credential {
        mechanism: "USER/PASS".to_owned(),
        username: Some(b"bob".to_vec()),
        password: Some(Secret::new("pässword")),
        exposure: Exposure::Plaintext,
        outcome: LoginOutcome::Rejected,
        steps: vec![user, pass, 77],
        wire_forms: vec![Secret::new("secret")],
        ..event::Credential::default()
    };
    builder.credential(attempt.clone());
    builder.tls(TlsFact::Decrypted);
    let again = builder.step(Told {
        channel: Channel::Decrypted,
        ..told(Side::Client, Kind::Command, Subject::Unknown, 3, b"PASS secret")
    });
    builder.credential(event::Credential { outcome: LoginOutcome::Accepted, steps: vec![again], ..attempt.clone() });
    // An attempt that crossed before that one is reported last.
    builder.credential(event::Credential { outcome: LoginOutcome::Unknown, steps: vec![pass], ..attempt });
    let session = builder.finish(transport());
    let first = &session.credentials[0];
    assert_eq!(first.password.as_ref().map(Secret::reveal), Some("pässword"));
    assert_eq!((first.steps.as_slice(), first.encrypted), ([user, pass].as_slice(), false));
    let [_, second, third] = &session.credentials[..] else { panic!("three attempts") };
    assert_eq!((&second.steps[..], second.encrypted), (&[pass][..], false));
    assert_eq!((&third.steps[..], third.encrypted), (&[again][..], true));
}

#[test]
fn messages_side_by_side_and_one_without_end() {
    let mut builder = builder(Protocol::Imap);
    let clear = builder.step(told(Side::Server, Kind::Data, Subject::Unknown, 1, b""));
    let one = builder.message(MessageStart {
        mailbox: Some("Entwürfe".as_bytes().to_vec()),
        uid: None,
        number: Some(3),
        ..start(Direction::Retrieved, vec![clear])
    });
    builder.tls(TlsFact::Decrypted);
    let inside = told(Side::Client, Kind::Data, Subject::Unknown, 2, b"");
    let inside = builder.step(Told { channel: Channel::Decrypted, ..inside });
    let two = builder.message(start(Direction::Appended, vec![inside]));
    builder.content(one, b"Subject: one\r\n\r\n");
    builder.content(two, b"Subject: two\r\n");
    builder.content(one, b"1");
    builder.content_end(one, ContentEnd::Complete);
    builder.message_outcome(one, MessageOutcome { uid: Some(9), ..MessageOutcome::default() });
    builder.content_missing(two, 10);
    // Content of a message that does not exist is ignored.
    builder.content(7, b"x");
    builder.content(0, b"x");
    builder.content_end(7, ContentEnd::Complete);
    builder.message_outcome(0, MessageOutcome::default());
    let session = builder.finish(transport());
    let [one, two] = session.messages.as_slice() else { panic!("two messages") };
    assert_eq!((one.encrypted, two.encrypted), (false, true));
    assert_eq!((one.header.subject.as_deref(), one.size, one.complete), (Some("one"), 17, true));
    assert_eq!((one.mailbox.as_deref(), one.number, one.uid, one.outcome), (Some("Entwürfe"), Some(3), Some(9), None));
    assert_eq!((two.header.subject.as_deref(), two.size, two.complete), (Some("two"), 14, false));
    assert_eq!((two.missing.as_slice(), two.outcome), ([(14, 10)].as_slice(), Some(Delivery::Unknown)));
}

#[test]
fn what_a_bound_leaves_out_is_counted_and_never_named() {
    let mut builder = Builder::new(Protocol::Smtp, Needs::STEPS);
    let mut last = 0;
    for n in 0..STEPS_PER_SESSION as u64 + 3 {
        last = builder.step(told(Side::Client, Kind::Command, Subject::Unknown, n, b"NOOP"));
    }
    let after = builder.step(reply(ReplyTo::Command(Verb::Noop), 250, last, 1, "250 ok"));
    let steps = vec![1, last, after];
    builder.credential(event::Credential { steps, rounds_left_out: 3, ..event::Credential::default() });
    for _ in 0..CREDENTIALS_PER_SESSION + 1 {
        builder.credential(event::Credential::default());
    }
    let mut message = 0;
    for _ in 0..MESSAGES_PER_SESSION + 2 {
        message = builder.message(start(Direction::Sent, vec![last]));
    }
    builder.content(message, b"of a message that is not kept");
    builder.content_end(message, ContentEnd::Complete);
    let to = vec![event::Recipient::default(); RECIPIENTS + 4];
    let envelope = Some(event::Envelope { from: None, to });
    builder.message_outcome(1, MessageOutcome { envelope, ..MessageOutcome::default() });
    let session = builder.finish(transport());
    assert_eq!(session.steps.len(), STEPS_PER_SESSION);
    assert_eq!(session.credentials[0].steps, [1]);
    assert_eq!(session.messages.len(), MESSAGES_PER_SESSION);
    assert!(session.messages.iter().all(|message| message.steps.is_empty() && message.size == 0));
    assert_eq!(session.messages[0].envelope.as_ref().unwrap().to.len(), RECIPIENTS);
    assert_eq!(
        session.limits_hit.iter().collect::<Vec<_>>(),
        [
            (Limit::StepsPerSession, 4),
            (Limit::MessagesPerSession, 2),
            (Limit::CredentialsPerSession, 2),
            (Limit::SaslRounds, 3),
            (Limit::Recipients, 4)
        ]
    );
}

#[test]
fn a_view_reads_the_session_so_far() {
    let mut builder = builder(Protocol::Smtp);
    builder.step(command(Verb::Noop, 1, "NOOP"));
    builder.so_far().id = 5;
    assert_eq!((builder.so_far().steps.len(), builder.so_far().id), (1, 5));
}

#[test]
fn facts_about_tls() {
    let mut builder = builder(Protocol::Smtp);
    builder.capabilities(&[b"STARTTLS"]);
    builder.capabilities(&[b"SIZE 10", b"8BITMIME"]);
    for fact in [
        TlsFact::StartTls,
        TlsFact::Offered(vec!["TLS 1.3".to_owned(), "TLS 1.2".to_owned()]),
        TlsFact::Established,
        TlsFact::Version("TLS 1.3".to_owned()),
        TlsFact::Cipher("TLS_AES_128_GCM_SHA256".to_owned()),
        TlsFact::ServerName(b"mail.example".to_vec()),
        TlsFact::Alpn(b"smtp".to_vec()),
        TlsFact::Ja4("t13d".to_owned()),
    ] {
        builder.tls(fact);
    }
    let session = builder.finish(transport());
    assert_eq!(session.capabilities, ["SIZE 10", "8BITMIME"]);
    let expected = Tls {
        mode: TlsMode::StartTls,
        offered: vec!["TLS 1.3".to_owned(), "TLS 1.2".to_owned()],
        established: true,
        failed: false,
        version: Some("TLS 1.3".to_owned()),
        cipher: Some("TLS_AES_128_GCM_SHA256".to_owned()),
        server_name: Some("mail.example".to_owned()),
        alpn: Some("smtp".to_owned()),
        ja4: Some("t13d".to_owned()),
        certificate: None,
        decrypted: false,
        decryption: Decryption::default(),
    };
    assert_eq!(*session.tls, expected);
}

#[test]
fn extensions_beyond_the_bound_are_left_out_and_counted() {
    let mut builder = builder(Protocol::Smtp);
    let names: Vec<String> = (0..CAPABILITIES + 3).map(|n| format!("X{n}")).collect();
    let list: Vec<&[u8]> = names.iter().map(String::as_bytes).collect();
    builder.capabilities(&list[..CAPABILITIES]);
    assert!(builder.session.limits_hit.is_empty());
    builder.capabilities(&list);
    assert_eq!(builder.session.capabilities.len(), CAPABILITIES);
    assert_eq!(builder.session.limits_hit.iter().collect::<Vec<_>>(), [(Limit::Capabilities, 3)]);
}

#[test]
fn a_reply_is_in_the_phase_of_its_command_though_the_client_has_gone_on() {
    let mut builder = builder(Protocol::Smtp);
    builder.step(command(Verb::Mail, 1, "MAIL FROM:<a@b.example>"));
    let noop = builder.step(command(Verb::Noop, 2, "NOOP"));
    builder.step(command(Verb::Quit, 3, "QUIT"));
    builder.step(reply(ReplyTo::Command(Verb::Noop), 250, noop, 4, "250 2.0.0 ok"));
    let phases: Vec<Phase> = builder.finish(transport()).steps.iter().map(|step| step.phase).collect();
    assert_eq!(phases, [Phase::Transaction, Phase::Transaction, Phase::Release, Phase::Transaction]);
}
