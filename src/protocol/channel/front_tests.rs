//! What stands before the dialogue: a proxy's header, and a ClientHello to a server that speaks plain text.

use super::TlsFact;
use crate::protocol::event::{Kind, ProxyClient, Subject, Via};
use crate::protocol::testing::{Recorder, talk, talk_in_pieces, talk_inside_tls};
use crate::protocol::{Protocol, StepId, imap, pop3, smtp, tls};

const HELLO: &str = r"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00";
const TEXT: &str = r"PROXY TCP4 192.0.2.7 192.0.2.1 59342 25\r\n";
const BINARY: &str =
    r"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0f\xc0\x00\x02\x07\xc0\x00\x02\x01\xe7\xce\x00\x19\x04\x00\x00";

const SMTP: &str = "C: EHLO a\nS: 250 SIZE\nC: AUTH PLAIN\nS: 334 \nC: AGEAYg==\nS: 235 ok\nC: QUIT\nS: 221 bye\n";
const POP3: &str = "C: USER a\nS: +OK\nC: PASS b\nS: +OK\nC: QUIT\nS: +OK\n";
const IMAP: &str = "C: a1 LOGIN a b\nS: a1 OK\nC: a2 LOGOUT\nS: * BYE\nS: a2 OK\n";

/// A whole conversation, each packet of it in pieces of `size` bytes.
fn told(protocol: Protocol, script: &str, size: usize) -> Recorder {
    match protocol {
        Protocol::Smtp => talk_in_pieces(smtp::Dialogue::new(smtp::Flavour::Smtp), script, size),
        Protocol::Lmtp => talk_in_pieces(smtp::Dialogue::new(smtp::Flavour::Lmtp), script, size),
        Protocol::Pop3 => talk_in_pieces(pop3::Dialogue::new(), script, size),
        Protocol::Imap => talk_in_pieces(imap::Dialogue::new(), script, size),
    }
}

/// Side, kind, text and the text of the step answered, of each step but the header's.
fn rows(told: &Recorder) -> Vec<String> {
    let answered = |n: StepId| told.steps[n as usize - 1].text.clone();
    let dialogue = told.steps.iter().filter(|step| !matches!(step.subject, Subject::Proxy(_)));
    dialogue
        .map(|step| format!("{:?} {:?} {} -> {:?}", step.from, step.kind, step.text, step.answers.map(answered)))
        .collect()
}

#[test]
fn behind_a_header_the_dialogue_is_what_it_would_be_without() {
    let conversations = [
        (Protocol::Smtp, "S: 220 mx\n", SMTP),
        (Protocol::Lmtp, "S: 220 mx\n", SMTP),
        (Protocol::Pop3, "S: +OK hi\n", POP3),
        (Protocol::Imap, "S: * OK hi\n", IMAP),
    ];
    for (protocol, greeting, rest) in conversations {
        let plain = rows(&told(protocol, &format!("{greeting}{rest}"), usize::MAX));
        for header in [TEXT, BINARY] {
            for size in [1, 7, usize::MAX] {
                let one_segment = rest.replacen("C: ", &format!("C| {header}"), 1).replacen('\n', "\\r\\n\n", 1);
                for script in [
                    format!("C| {header}\n{greeting}{rest}"),
                    format!("{greeting}C| {header}\n{rest}"),
                    format!("{greeting}{one_segment}"),
                ] {
                    let told = told(protocol, &script, size);
                    assert_eq!(rows(&told), plain, "{script}");
                    let at = "192.0.2.7:59342".parse().expect("an address");
                    let headers = told.steps.iter().enumerate().filter_map(|(at, step)| match step.subject {
                        Subject::Proxy(header) => Some((at as StepId + 1, header.client, step.command.as_deref())),
                        _ => None,
                    });
                    let headers: Vec<_> = headers.collect();
                    let [(n, client, command)] = headers[..] else { panic!("{headers:?}") };
                    assert_eq!((client, command), (ProxyClient::At(at), Some("PROXY")));
                    assert!(told.steps.iter().all(|step| step.answers != Some(n)));
                    assert_eq!(told.proxied, [(Via::ProxyProtocol, Some(at.ip()))]);
                    assert_eq!(told.stood_for(), told.said);
                }
            }
        }
    }
}

#[test]
fn a_header_before_tls() {
    for header in [TEXT, BINARY] {
        for size in [1, usize::MAX] {
            let told = talk_inside_tls(imap::Dialogue::new(), &format!("C| {header}{HELLO}\n"), size);
            let kinds: Vec<Kind> = told.steps.iter().map(|step| step.kind).collect();
            assert_eq!(kinds, [Kind::Command, Kind::Tls]);
            assert_eq!(told.tls[0], TlsFact::Implicit);
        }
    }
}

#[test]
fn a_server_that_expects_no_header_refuses_it() {
    let script = format!("C| {TEXT}\nS: 220 mx\nS: 500 5.5.2 what\nC: EHLO a\nS: 250 SIZE\n");
    let said = told(Protocol::Smtp, &script, usize::MAX);
    let answers: Vec<Option<StepId>> = said.steps.iter().map(|step| step.answers).collect();
    assert_eq!(answers, [None, None, Some(1), None, Some(4)]);
    // The second version has QUIT in it.
    let script = format!("C| {BINARY}\nS: 220 mx\nS: 500 what\nS: 500 what\nS: 221 bye\n");
    let said = told(Protocol::Smtp, &script, usize::MAX);
    assert!(said.steps[2..].iter().all(|step| step.answers == Some(1)));
    let script = format!("S: * OK\nC| {TEXT}\nS: PROXY BAD Unknown command\nC: a1 NOOP\nS: a1 OK\n");
    let said = told(Protocol::Imap, &script, usize::MAX);
    assert_eq!(said.steps.iter().map(|step| step.answers).collect::<Vec<_>>(), [None, None, Some(2), None, Some(4)]);
}

/// The client goes on in the same segment: the refusal is of the header, and the command has its own reply.
#[test]
fn a_refused_header_takes_no_reply_from_the_command_behind_it() {
    let smtp = "220 mx|500 5.5.2 Error: command not recognized|250 SIZE";
    let pop3 = "+OK POP3 ready|-ERR Unknown command.|+OK go on";
    let imap = "* OK hi|PROXY BAD Error in IMAP command TCP4|a1 OK";
    let conversations = [
        (Protocol::Smtp, r"EHLO a\r\n", smtp),
        (Protocol::Pop3, r"USER a\r\n", pop3),
        (Protocol::Imap, r"a1 NOOP\r\n", imap),
    ];
    for (protocol, command, replies) in conversations {
        let replies: String = replies.split('|').map(|reply| format!("S: {reply}\n")).collect();
        for size in [24, usize::MAX] {
            let said = told(protocol, &format!("C| {TEXT}{command}\n{replies}"), size);
            let answers: Vec<Option<StepId>> = said.steps.iter().map(|step| step.answers).collect();
            assert_eq!(answers, [None, None, None, Some(1), Some(2)], "{protocol:?} {:?}", said.rows());
        }
    }
    // Accepted: the first reply is the command's, whatever it is.
    for (protocol, command, replies) in [
        (Protocol::Smtp, r"AUTH PLAIN AGEAYg==\r\n", "S: 220 mx\nS: 503 5.5.1 Send hello first\n"),
        (Protocol::Pop3, r"USER a\r\n", "S: +OK POP3 ready\nS: -ERR [AUTH] Plaintext is disallowed\n"),
    ] {
        let said = told(protocol, &format!("C| {TEXT}{command}\n{replies}"), usize::MAX);
        assert_eq!(said.steps.last().and_then(|step| step.answers), Some(2), "{:?}", said.rows());
    }
    // Version 2 is several commands, and swallows the one behind it.
    let script = format!(
        "C| {BINARY}EHLO a\\r\\n\nS: 220 mx\nS: 500 5.5.2 what\nS: 500 5.5.2 what\nS: 500 what\nS: 221 2.0.0 Bye\n"
    );
    let said = told(Protocol::Smtp, &script, usize::MAX);
    assert!(said.steps[3..].iter().all(|step| step.answers == Some(1)), "{:?}", said.rows());
}

#[test]
fn a_gap_in_the_last_part_of_a_header_is_of_the_header() {
    let header = |rest: &str| {
        format!(
            "C| \\r\\n\\r\\n\\x00\\r\\nQUIT\\n\\x21\\x11\\x00\\x14\\xc0\\x00\\x02\\x07\\xc0\\x00\\x02\\x01\\xe7\\xce\\x00\\x19{rest}\n"
        )
    };
    let talk = "S: 220 mx\nC: EHLO a\nS: 250 SIZE\n";
    for script in [
        format!("{}C~ 8\n{talk}", header("")),
        format!("{}C~ 4\nC| \\x04\\x00\\x01\\x00\n{talk}", header("")),
        format!("{}C~ 4\n{talk}", header("\\x04\\x00\\x01\\x00")),
    ] {
        let said = told(Protocol::Smtp, &script, usize::MAX);
        let kinds: Vec<Kind> = said.steps.iter().map(|step| step.kind).collect();
        assert_eq!(kinds, [Kind::Command, Kind::Gap, Kind::Greeting, Kind::Command, Kind::Reply], "{:?}", said.rows());
        assert_eq!(said.steps[4].answers, Some(4));
    }
}

#[test]
fn a_client_hello_to_a_server_that_speaks_plain_text() {
    let conversations = [
        (Protocol::Smtp, "S: 220 mx\n", "S: 500 what\nS: 500 what\n"),
        (Protocol::Pop3, "S: +OK hi\n", "S: -ERR what\n"),
        (Protocol::Imap, "S: * OK hi\n", "S: * BAD what\nS: * BAD what\n"),
    ];
    for (protocol, greeting, refusal) in conversations {
        for (script, hello) in
            [(format!("C| {HELLO}\n{greeting}{refusal}"), 1), (format!("{greeting}C| {HELLO}\n{refusal}"), 2)]
        {
            let said = told(protocol, &script, usize::MAX);
            assert_eq!(said.steps[hello - 1].subject, Subject::Tls(tls::Subject::ClientHello), "{script}");
            assert_eq!(said.steps[2 - hello].kind, Kind::Greeting);
            assert!(said.steps[2..].iter().all(|step| step.answers == Some(hello as StepId)), "{script}");
            assert!(said.tls.iter().all(|fact| !matches!(fact, TlsFact::Implicit | TlsFact::StartTls)));
        }
    }
}

#[test]
fn a_server_that_answers_by_tls_has_agreed_to_it() {
    let script = format!("C| {HELLO}\nS| \\x16\\x03\\x03\\x00\\x05\\x02\\x00\\x00\\x01\\x00\n");
    for size in [1, usize::MAX] {
        let said = talk_in_pieces(smtp::Dialogue::new(smtp::Flavour::Smtp), &script, size);
        assert!(said.tls.contains(&TlsFact::Implicit));
        assert!(said.steps.iter().all(|step| step.kind == Kind::Tls));
    }
}

/// On a port of TLS, too.
#[test]
fn a_plain_greeting_declines_tls() {
    let random = r"\x03\x03".to_owned() + &r"\x07".repeat(32);
    let hello = format!(r"C| \x16\x03\x01\x00\x2d\x01\x00\x00\x29{random}\x00\x00\x02\x13\x01\x01\x00");
    let script = hello + "\nS: 220 mx\nS: 500 what\n";
    let hello = talk_inside_tls(smtp::Dialogue::new(smtp::Flavour::Smtp), &script, usize::MAX);
    assert_eq!(hello.tls.last(), Some(&TlsFact::Declined), "{:?}", hello.rows());
    assert_eq!(hello.steps.iter().map(|step| step.kind).collect::<Vec<_>>(), [Kind::Tls, Kind::Greeting, Kind::Reply]);
    assert_eq!(hello.steps[2].answers, Some(1));
}

#[test]
fn a_clean_talk_has_no_proxy() {
    assert!(talk(pop3::Dialogue::new(), "S: +OK hi\nC: P").proxied.is_empty());
}
