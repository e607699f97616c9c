//! Conversations: the RFCs' own examples, and what real clients and servers add to them.

mod gaps;
mod logins;
mod maildrop;
mod middle;
mod pairing;
mod refusals;

use super::*;
use crate::protocol::event::{self, Credential, Delivery, Direction, Exposure, Kind, LoginOutcome, TlsFact};
use crate::protocol::secret::Secret;
use crate::protocol::testing::{Recorder, talk, talk_in_pieces, talk_inside_tls};

/// Plays `script` whole and cut into pieces of 1, 2, 3 and 7 bytes, with the same result.
fn hear(script: &str) -> Recorder {
    heard(script, |script, size| talk_in_pieces(Dialogue::new(), script, size))
}

fn heard(script: &str, talk: impl Fn(&str, usize) -> Recorder) -> Recorder {
    let told = talk(script, usize::MAX);
    assert_eq!(told.stood_for(), told.said, "every byte belongs to a step");
    for size in [1, 2, 3, 7] {
        let pieces = talk(script, size);
        assert_eq!(pieces.rows(), told.rows(), "in pieces of {size}");
        let what = |told: &Recorder| told.steps.iter().map(|step| step.subject.clone()).collect::<Vec<_>>();
        assert_eq!(what(&pieces), what(&told), "in pieces of {size}");
        let content = |told: &Recorder| {
            told.messages.iter().map(|m| (m.content.clone(), m.missing, m.complete)).collect::<Vec<_>>()
        };
        assert_eq!(content(&pieces), content(&told), "in pieces of {size}");
        assert_eq!(logins(&pieces), logins(&told), "in pieces of {size}");
    }
    told
}

/// One line a login: mechanism, user, password, what it exposes, how it ended, from which steps.
fn logins(told: &Recorder) -> Vec<String> {
    let text = |bytes: &Option<Vec<u8>>| bytes.as_deref().map_or("-".into(), String::from_utf8_lossy).into_owned();
    let line = |c: &Credential| {
        let (user, password) = (text(&c.username), text(&c.password.clone().map(Secret::into_revealed)));
        format!("{} {user} {password} {:?} {:?} {:?}", c.mechanism, c.exposure, c.outcome, c.steps)
    };
    told.credentials.iter().map(line).collect()
}

#[test]
fn rfc1939_section_10() {
    let told = hear(
        r"
        S: +OK POP3 server ready <1896.697170952@dbc.mtview.ca.us>
        C: APOP mrose c4c9334bac560ecc979e58001b3e22fb
        S: +OK mrose's maildrop has 2 messages (320 octets)
        C: STAT
        S: +OK 2 320
        C: LIST
        S: +OK 2 messages (320 octets)
        S: 1 120
        S: 2 200
        S: .
        C: RETR 1
        S: +OK 17 octets
        S: From: a
        S: 
        S: ..dot
        S: .
        C: DELE 1
        S: +OK message 1 deleted
        C: RETR 2
        S: +OK 12 octets
        S: Subject: b
        S: .
        C: DELE 2
        S: +OK message 2 deleted
        C: QUIT
        S: +OK dewey POP3 server signing off (maildrop empty)
        ",
    );
    assert_eq!(
        told.rows(),
        [
            "1 S Greeting +OK POP3 server ready <1896.697170952@dbc.mtview.ca.us>",
            "2 C Command [APOP] APOP mrose c4c9334bac560ecc979e58001b3e22fb",
            "3 S Reply +OK mrose\\'s maildrop has 2 messages (320 octets) -> 2",
            "4 C Command [STAT] STAT",
            "5 S Reply +OK 2 320 -> 4",
            "6 C Command [LIST] LIST",
            "7 S Reply +OK 2 messages (320 octets)\\n1 120\\n2 200 -> 6",
            "8 C Command [RETR] RETR 1",
            "9 S Reply +OK 17 octets -> 8",
            "10 S Data ",
            "11 C Command [DELE] DELE 1",
            "12 S Reply +OK message 1 deleted -> 11",
            "13 C Command [RETR] RETR 2",
            "14 S Reply +OK 12 octets -> 13",
            "15 S Data ",
            "16 C Command [DELE] DELE 2",
            "17 S Reply +OK message 2 deleted -> 16",
            "18 C Command [QUIT] QUIT",
            "19 S Reply +OK dewey POP3 server signing off (maildrop empty) -> 18",
        ]
    );
    assert_eq!(logins(&told), ["APOP mrose - Hash Accepted [2, 3]"]);
    let apop = &told.credentials[0];
    assert_eq!(apop.challenge.as_deref(), Some(&b"<1896.697170952@dbc.mtview.ca.us>"[..]));
    assert_eq!(apop.response.as_ref().map(Secret::reveal), Some(&b"c4c9334bac560ecc979e58001b3e22fb"[..]));
    let [first, second] = &told.messages[..] else { panic!("two messages") };
    assert_eq!((&first.content[..], first.complete), (&b"From: a\r\n\r\n.dot\r\n"[..], Some(true)));
    assert_eq!((first.start.number, first.start.direction), (Some(1), Direction::Retrieved));
    assert_eq!((&first.start.steps[..], &first.outcome.as_ref().expect("an end").steps[..]), (&[8, 9][..], &[10][..]));
    assert_eq!((&second.content[..], second.start.number), (&b"Subject: b\r\n"[..], Some(2)));
    assert_eq!(told.banner.as_deref(), Some("POP3 server ready <1896.697170952@dbc.mtview.ca.us>"));
    let states: Vec<_> = told.steps.iter().map(state).collect();
    assert_eq!(states[..3], [State::Authorization; 3]);
    assert_eq!(states[3..17], [State::Transaction; 14]);
    assert_eq!(states[17..], [State::Update; 2]);
    // The block on the wire: its lines, the stuffed dot, the final dot; and its packets.
    assert_eq!((told.steps[9].bytes, &told.steps[9].packets[..]), (21, &[13, 14, 15, 16][..]));
    assert_eq!(told.steps[6].bytes, 46);
}

fn state(step: &crate::protocol::testing::Told) -> State {
    match &step.subject {
        crate::protocol::event::Subject::Pop3(subject) => subject.state,
        other => panic!("{other:?}"),
    }
}

#[test]
fn user_and_pass_several_times() {
    let told = hear(
        r"
        S: +OK
        C: USER group7_3@JServer.Netlab
        S: +OK
        C: PASS wrong
        S: -ERR [AUTH] Authentication failed.
        C: pass  group7_3
        S: -ERR [sys/temp] later
        C: USER joe
        S: +OK
        C: PASS tail 
        S: +OK Logged in.
        ",
    );
    assert_eq!(
        logins(&told),
        [
            "USER/PASS group7_3@JServer.Netlab wrong Plaintext Rejected [2, 4, 5]",
            "USER/PASS group7_3@JServer.Netlab  group7_3 Plaintext Unknown [2, 6, 7]",
            "USER/PASS joe tail  Plaintext Accepted [8, 10, 11]",
        ]
    );
    assert_eq!(told.steps[5].secrets, [" group7_3"]);
    assert_eq!(
        (told.steps[5].command.as_deref(), told.steps[5].arguments.as_deref()),
        (Some("PASS"), Some(" group7_3"))
    );
    let code = |n: usize| match &told.steps[n - 1].subject {
        crate::protocol::event::Subject::Pop3(Subject { what: What::Reply { code, .. }, .. }) => code.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!((code(5).as_deref(), code(7).as_deref(), code(9)), (Some("AUTH"), Some("SYS/TEMP"), None));
}

#[test]
fn rfc5034_plain_with_and_without_initial_response() {
    for script in [
        "S: +OK ready\n C: AUTH PLAIN dGVzdAB0ZXN0AHRlc3Q=\n S: +OK Maildrop locked and ready",
        "S: +OK ready\n C: AUTH PLAIN\n S: + \n C: dGVzdAB0ZXN0AHRlc3Q=\n S: +OK Maildrop locked and ready",
    ] {
        let told = hear(script);
        assert_eq!(told.credentials.len(), 1);
        let Credential { mechanism, username, password, authorization_id, outcome, exposure, .. } =
            &told.credentials[0];
        assert_eq!((&mechanism[..], *outcome, *exposure), ("AUTH PLAIN", LoginOutcome::Accepted, Exposure::Plaintext));
        for identity in [username, authorization_id] {
            assert_eq!(identity.as_deref(), Some(&b"test"[..]));
        }
        assert_eq!(password.as_ref().map(Secret::reveal), Some(&b"test"[..]));
        let secrets: Vec<_> = told.steps.iter().flat_map(|step| &step.secrets).collect();
        assert_eq!(secrets, ["dGVzdAB0ZXN0AHRlc3Q="]);
    }
}

#[test]
fn sasl_in_rounds() {
    let told = hear(
        r"
        S: +OK
        C: AUTH LOGIN
        S: + VXNlcm5hbWU6
        C: YWxpY2U=
        S: + UGFzc3dvcmQ6
        C: *
        S: -ERR Authentication aborted by client.
        C: AUTH CRAM-MD5
        S: + PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+
        C: dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw
        S: +OK CRAM authentication successful
        C: QUIT
        S: +OK
        ",
    );
    assert_eq!(
        logins(&told),
        ["AUTH LOGIN alice - None Cancelled [2, 3, 4, 5, 6, 7]", "AUTH CRAM-MD5 tim - Hash Accepted [8, 9, 10, 11]"]
    );
    assert_eq!(
        told.rows()[1..7],
        [
            "2 C Command [AUTH] AUTH LOGIN",
            "3 S Continuation + VXNlcm5hbWU6 -> 2",
            "4 C Response YWxpY2U=",
            "5 S Continuation + UGFzc3dvcmQ6 -> 4",
            "6 C Response *",
            "7 S Reply -ERR Authentication aborted by client. -> 6",
        ]
    );
}

#[test]
fn digest_md5_ends_with_an_empty_line() {
    let told = hear(
        r"
        S: +OK
        C: AUTH DIGEST-MD5
        S: + cmVhbG09IiIsbm9uY2U9IngiLHFvcD0iYXV0aCI=
        C: dXNlcm5hbWU9ImFsaWNlIixub25jZT0ieCIscmVzcG9uc2U9MDA=
        S: + cnNwYXV0aD0wMA==
        C: 
        S: +OK Logged in.
        C: STAT
        S: +OK 0 0
        ",
    );
    assert_eq!(logins(&told), ["AUTH DIGEST-MD5 alice - Hash Accepted [2, 3, 4, 5, 6, 7]"]);
    assert_eq!(told.rows()[8], "9 S Reply +OK 0 0 -> 8");
}

/// [MS-POP3], section 4: the server replies `+OK` to the mechanism's name, and its challenge comes later.
#[test]
fn an_ok_to_the_mechanism_alone_asks_for_the_clients_part() {
    let told = hear(
        "
        S: +OK Microsoft Exchange Server 2003 POP3
        C: AUTH NTLM
        S: +OK
        C: TlRMTVNTUAABAAAAB4IIogAAAAAAAAAAAAAAAAAAAAAFASgKAAAADw==
        S: + TlRMTVNTUAACAAAABgAGADgAAAAFgomiESIzRFVmd4gAAAAAAAAAAAAAAAA+AAAABQLODgAAAA9EAE8ATQA=
        C: TlRMTVNTUAADAAAAAAAAAAAAAAAAAAAAAAAAAAYABgBAAAAACgAKAEYAAAAIAAgAUAAAAAAAAAAAAAAABQKIIkQATwBNAGEAbABpAGMAZQBXAE8AUgBLAA==
        S: +OK User successfully logged on
        C: STAT
        S: +OK 0 0
    ",
    );
    assert_eq!(told.commands(), ["AUTH", "STAT"]);
    assert_eq!(logins(&told), ["AUTH NTLM alice - Hash Accepted [2, 3, 4, 5, 6, 7]"]);
    assert_eq!(told.steps.last().and_then(|step| step.answers), Some(8));
    let told = hear("S: +OK hi\n C: AUTH PLAIN\n S: +OK\n C: AGFsaWNlAHNlY3JldA==\n S: -ERR no\n C: QUIT\n S: +OK");
    assert_eq!(logins(&told), ["AUTH PLAIN alice secret Plaintext Rejected [2, 3, 4, 5]"]);
    // The `+OK` was the final reply.
    let told = hear("S: +OK hi\n C: AUTH PLAIN\n S: +OK\n C: STAT\n S: +OK 1 2");
    assert_eq!(logins(&told), ["AUTH PLAIN - - None Accepted [2, 3]"]);
    assert_eq!(told.rows()[4], "5 S Reply +OK 1 2 -> 4");
    let told = hear("S: +OK hi\n C: AUTH PLAIN\n S: +OK\n C: QUIT\n S: +OK");
    assert_eq!(logins(&told), ["AUTH PLAIN - - None Unknown [2, 3]"]);
    assert_eq!(told.rows()[4], "5 S Reply +OK -> 4");
}

#[test]
fn a_refused_mechanism_is_an_attempt_and_a_bare_auth_is_a_question() {
    let told = hear("S: +OK\n C: AUTH\n S: +OK\n S: PLAIN\n S: XYMPKI\n S: .\n C: AUTH XYMPKI\n S: -ERR no");
    assert_eq!(logins(&told), ["AUTH XYMPKI - - None Rejected [4, 5]"]);
    assert_eq!(told.rows()[2], "3 S Reply +OK\\nPLAIN\\nXYMPKI -> 2");
}

#[test]
fn all_lines_asked_for_by_top_are_the_whole_message() {
    let parts = |ask: &str, message: &str| -> Vec<Option<String>> {
        let told = hear(&format!(
            "S: +OK\n C: USER a\n S: +OK\n C: PASS b\n S: +OK\n C: TOP {ask}\n S| +OK\\r\\n{message}.\\r\\n"
        ));
        told.messages.iter().map(|message| message.start.part.clone()).collect()
    };
    let message = r"a: b\r\n\r\nc\r\n\r\nd\r\n";
    assert_eq!(parts("1 99999999", message), [None], "as fetchmail asks");
    assert_eq!(parts("1 1000000", message), [None]);
    assert_eq!(parts("1 999999", message), [Some("top 999999".to_owned())], "a preview");
    assert_eq!(
        parts("1 99999999", r"a: b\r\n"),
        [Some("top 99999999".to_owned())],
        "without a body nothing is known of it"
    );
}

#[test]
fn rfc2449_capa_and_codes_and_pipelining() {
    let told = hear(
        r"
        S: +OK POP3 ready
        C: CAPA
        S: +OK Capability list follows
        S: TOP
        S: SASL CRAM-MD5 KERBEROS_V4
        S: PIPELINING
        S: .
        C| USER mrose\r\nPASS x\r\nSTAT\r\nLIST\r\nUIDL 1\r\nLIST 1\r\nTOP 1 10\r\nTOP 1 0\r\nQUIT\r\n
        S| +OK\r\n+OK\r\n+OK 1 5\r\n+OK\r\n1 5\r\n.\r\n+OK 1 abc\r\n-ERR gone\r\n+OK\r\na: b\r\n\r\nc\r\n.\r\n
        S| +OK\r\na: b\r\n.\r\n+OK bye\r\n
        ",
    );
    assert_eq!(told.capabilities, ["TOP", "SASL CRAM-MD5 KERBEROS_V4", "PIPELINING"]);
    assert_eq!(told.commands(), ["CAPA", "USER", "PASS", "STAT", "LIST", "UIDL", "LIST", "TOP", "TOP", "QUIT"]);
    let answers: Vec<_> = told.steps.iter().filter(|s| s.kind == Kind::Reply).map(|s| s.answers).collect();
    assert_eq!(answers, [2, 4, 5, 6, 7, 8, 9, 10, 11, 12].map(Some));
    let parts: Vec<_> = told.messages.iter().map(|m| (m.start.part.as_deref(), &m.content[..])).collect();
    assert_eq!(parts, [(Some("top 10"), &b"a: b\r\n\r\nc\r\n"[..]), (Some("headers"), b"a: b\r\n")]);
    assert_eq!(logins(&told), ["USER/PASS mrose x Plaintext Accepted [4, 5, 14]"]);
}

#[test]
fn rfc6856_lang_and_utf8() {
    let told = hear(
        r"
        S: +OK
        C: UTF8
        S: +OK
        C: LANG
        S: +OK Language listing follows:
        S: en English
        S: .
        C: LANG es
        S: +OK es Idioma cambiado
        C: LANG uga
        S: -ERR es Idioma no
        ",
    );
    assert_eq!(told.rows()[4], "5 S Reply +OK Language listing follows:\\nen English -> 4");
    assert_eq!(told.rows()[6], "7 S Reply +OK es Idioma cambiado -> 6");
}

#[test]
fn stls_accepted_refused_and_decrypted() {
    let told = hear(
        r"
        S: +OK
        C: STLS
        S: -ERR not now
        C: STLS
        S: +OK Begin TLS negotiation
        C| \x16\x03\x01\x00\x01\x01
        S| \x16\x03\x03\x00\x01\x02
        ",
    );
    assert_eq!(told.commands(), ["STLS", "STLS"]);
    assert_eq!(told.tls[0], TlsFact::StartTls);
    assert!(told.steps[5..].iter().all(|step| step.kind == Kind::Tls), "{:?}", told.rows());

    let told = hear("S: +OK\n C: STLS\n S: +OK\n C: USER a\n S: +OK\n C: PASS b\n S: +OK");
    assert!(told.tls.contains(&TlsFact::Decrypted));
    assert_eq!(told.rows()[6], "7 S Reply +OK -> 6");
    assert_eq!(logins(&told), ["USER/PASS a b Plaintext Accepted [4, 6, 7]"]);

    // The server's `+OK` was not captured, the ClientHello was.
    let told = talk(Dialogue::new(), "C: STLS\n C| \\x16\\x03\\x01\\x00\\x01\\x01");
    assert_eq!((told.commands(), &told.tls[0]), (vec!["STLS"], &TlsFact::StartTls));
}

#[test]
fn inside_tls_and_decrypted() {
    let told = heard("S: +OK\n C: USER a\n S: +OK", |script, size| talk_inside_tls(Dialogue::new(), script, size));
    assert_eq!(told.tls, [TlsFact::Implicit, TlsFact::Decrypted]);
    assert_eq!(told.rows()[2], "3 S Reply +OK -> 2");
}

#[test]
fn telnet_a_character_at_a_time_with_negotiation() {
    let told = hear("S: +OK\n C| \\xff\\xfd\\x03\\xff\\xfd\\x01\n C: user bob\n S: -ERR Unknown command.\n C: pass b");
    assert_eq!(told.commands(), ["USER", "PASS"]);
    assert_eq!(told.steps[1].arguments.as_deref(), Some("bob"));
    assert_eq!(logins(&told), ["USER/PASS bob b Plaintext Unknown [2, 4]"]);
}

#[test]
fn bare_line_feeds() {
    let told = hear(
        r"S| +OK hi\n
        C| USER a\n
        S| +OK\n
        C| RETR 1\n
        S| +OK\nx\n..\n.\n
        C| QUIT\n
        S| +OK\n",
    );
    assert_eq!(told.messages[0].content, b"x\n.\n");
    assert_eq!(told.rows().last().map(String::as_str), Some("8 S Reply +OK -> 7"));
}

#[test]
fn a_dot_between_bare_line_feeds_does_not_end_a_message_of_crlf() {
    let told = hear("S: +OK\n C: RETR 1\n S: +OK\n S| a\\n.\\nb\\r\\n.\\r\\n");
    assert_eq!((&told.messages[0].content[..], told.messages[0].complete), (&b"a\n.\nb\r\n"[..], Some(true)));
}

#[test]
fn rubbish_instead_of_a_reply() {
    let told = hear("S: +OK\n C: STAT\n S: +\\r\\r..x\n S: .\n S: +OK 1 236\n C: QUIT\n S: +OK Bye");
    assert_eq!(
        told.rows()[2..],
        ["3 S Unknown +\\r\\r..x\\n.", "4 S Reply +OK 1 236 -> 2", "5 C Command [QUIT] QUIT", "6 S Reply +OK Bye -> 5"]
    );
    // There was nothing but rubbish: the client took it for an answer.
    let told = hear("S: +OK\n C: STAT\n S: hello\n C: QUIT\n S: +OK Bye");
    assert_eq!(told.rows()[4], "5 S Reply +OK Bye -> 4");
}

#[test]
fn a_listing_without_its_dot() {
    let told = hear("S: +OK\n C: LIST\n S: +OK 2\n S: 1 120\n C: RETR 1\n S: +OK\n S: a\n S: .");
    assert_eq!(told.rows()[3], "4 S Reply +OK 2\\n1 120 -> 2");
    assert_eq!(told.messages[0].content, b"a\r\n");
    let told = hear("S: +OK\n C: LIST\n S: +OK 4 14971");
    assert_eq!(told.rows()[2], "3 S Reply +OK 4 14971 -> 2");
}

#[test]
fn lines_or_nothing_may_follow_an_unknown_command() {
    let told = hear(
        "S: +OK\n C: HELP\n S: +OK\n S: one\n S: .\n C: LAST\n S: +OK 3\n C: NOOP\n S: +OK\n C: \n C: QUIT\n S: +OK",
    );
    assert_eq!(
        told.rows()[1..],
        [
            "2 C Command [HELP] HELP",
            "3 S Reply +OK\\none -> 2",
            "4 C Command [LAST] LAST",
            "5 S Reply +OK 3 -> 4",
            "6 C Command [NOOP] NOOP",
            "7 S Reply +OK -> 6",
            "8 C Unknown ",
            "9 C Command [QUIT] QUIT",
            "10 S Reply +OK -> 9",
        ]
    );
}

#[test]
fn xtnd_xmit_sends_a_message() {
    let told = hear("S: +OK\n C: XTND XMIT\n S: +OK go\n C: From: a\n C: ..\n C: .\n S: +OK sent\n C: QUIT\n S: +OK");
    let sent = &told.messages[0];
    assert_eq!((sent.start.direction, &sent.content[..]), (Direction::Sent, &b"From: a\r\n.\r\n"[..]));
    let outcome = sent.outcome.as_ref().expect("an outcome");
    assert_eq!((outcome.outcome, outcome.reply.as_deref()), (Some(Delivery::Accepted), Some(&b"+OK sent"[..])));
    assert_eq!(told.rows()[4], "5 S Reply +OK sent -> 4");
}
