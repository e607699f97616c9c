//! Which first bytes are mail, on which ports.

use super::*;
use crate::capture::Time;
use crate::protocol::event::Via;
use crate::protocol::framing::Input;
use crate::protocol::{Dialogue, Upgrade};
use std::sync::mpsc::{Sender, channel};

fn judge(hint: Option<(Protocol, bool)>, said: &[(Side, &[u8])]) -> Detection {
    let mut detector = Detector::new(hint.map(|(protocol, implicit_tls)| Hint { protocol, implicit_tls }));
    for (side, bytes) in said {
        for byte in *bytes {
            match detector.data(*side, &[*byte], PacketRef { packet: 1, time: Time::default() }) {
                Detection::Unsure => {}
                detection => return detection,
            }
        }
    }
    detector.last_resort(When::OverFromStart)
}

fn plain(protocol: Protocol) -> Detection {
    Detection::Certain(Hint { protocol, implicit_tls: false })
}

use Side::{Client as C, Server as S};

#[test]
fn an_expected_protocol_is_believed_by_its_form() {
    let smtp = Some((Protocol::Smtp, false));
    assert_eq!(judge(smtp, &[(S, b"220 mx ESMTP\r\n")]), plain(Protocol::Smtp));
    assert_eq!(judge(smtp, &[(C, b"EHLO early\r\n")]), plain(Protocol::Smtp));
    assert_eq!(
        judge(smtp, &[(C, b"some text of a message\r\n"), (C, b"begun before the capture\r\n")]),
        plain(Protocol::Smtp)
    );
    assert_eq!(judge(smtp, &[]), plain(Protocol::Smtp));
    assert_eq!(judge(Some((Protocol::Pop3, false)), &[(S, b"* OK IMAP on 110\r\n")]), plain(Protocol::Imap));
    assert_eq!(judge(Some((Protocol::Imap, false)), &[(S, b"* OK POP3 Server ready\r\n")]), plain(Protocol::Imap));
    assert_eq!(judge(Some((Protocol::Lmtp, false)), &[(S, b"220 mx LMTP\r\n")]), plain(Protocol::Lmtp));
    assert_eq!(
        judge(Some((Protocol::Pop3, false)), &[(C, b"\xff\xfd\x03\xff\xfd\x01USER a\r\n")]),
        plain(Protocol::Pop3)
    );
}

#[test]
fn a_greeting_counts_whatever_bytes_stand_in_it() {
    for (said, protocol) in [
        (&b"220 mx\0 ESMTP\r\n"[..], Protocol::Smtp),
        (b"+OK \x01\x02\x03\0\r\n", Protocol::Pop3),
        (b"* OK \0\0\0\r\n", Protocol::Imap),
    ] {
        assert_eq!(judge(Some((protocol, false)), &[(S, said)]), plain(protocol));
        assert_eq!(judge(Some((protocol, false)), &[(C, b"\0\0"), (S, said)]), plain(protocol));
    }
}

#[test]
fn a_port_proves_nothing() {
    let pop3 = Some((Protocol::Pop3, false));
    assert_eq!(judge(pop3, &[(S, b"RFB 003.008\n")]), Detection::NotForUs);
    assert_eq!(judge(pop3, &[(C, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")]), Detection::NotForUs);
    assert_eq!(judge(Some((Protocol::Smtp, true)), &[(C, b"\x00\x0e\x38\xb5\x1c\x22\x00\x00")]), Detection::NotForUs);
    let hello: &[u8] = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";
    let smtps = Hint { protocol: Protocol::Smtp, implicit_tls: true };
    assert_eq!(judge(Some((Protocol::Smtp, true)), &[(C, hello)]), Detection::Certain(smtps));
}

#[test]
fn on_other_ports_both_must_speak_mail() {
    assert_eq!(judge(None, &[(S, b"220 mx\r\n"), (C, b"EHLO me\r\n")]), plain(Protocol::Smtp));
    assert_eq!(judge(None, &[(S, b"220 mx\r\n"), (C, b"LHLO me\r\n")]), plain(Protocol::Lmtp));
    assert_eq!(judge(None, &[(S, b"554 5.7.1 No SMTP service here\r\n"), (C, b"QUIT\r\n")]), plain(Protocol::Smtp));
    assert_eq!(judge(None, &[(S, b"421 4.3.2 shutting down\r\n")]), plain(Protocol::Smtp));
    assert_eq!(judge(None, &[(S, b"421 too many users\r\n")]), Detection::NotForUs);
    assert_eq!(judge(None, &[(S, b"+OK hi\r\n"), (C, b"USER me\r\n")]), plain(Protocol::Pop3));
    assert_eq!(judge(None, &[(S, b"* OK hi\r\n"), (C, b"a1 CAPABILITY\r\n")]), plain(Protocol::Imap));
    let ftp: [(Side, &[u8]); 4] =
        [(S, b"220 ftp\r\n"), (C, b"USER anonymous\r\n"), (S, b"331 pass\r\n"), (C, b"PASS x\r\n")];
    assert_eq!(judge(None, &ftp), Detection::NotForUs);
    assert_eq!(judge(None, &[(C, b"AUTH noone password\r\n"), (S, b"+OK\r\n")]), Detection::NotForUs);
    assert_eq!(judge(None, &[(C, b"GET / HTTP/1.1\r\n"), (S, b"HTTP/1.1 200 OK\r\n")]), Detection::NotForUs);
}

#[test]
fn an_imap_greeting_that_refuses_is_one_where_a_command_follows_it() {
    for greeting in ["* NO not for you\r\n", "* BAD try another host\r\n", "* NO\r\n"] {
        let said = [(S, greeting.as_bytes()), (C, b"a1 CAPABILITY\r\n".as_slice())];
        assert_eq!(judge(None, &said), plain(Protocol::Imap), "{greeting}");
        let alone = [(S, greeting.as_bytes())];
        assert_eq!(judge(None, &alone), Detection::NotForUs, "{greeting}");
        let other = [(S, greeting.as_bytes()), (C, b"GET / HTTP/1.1\r\n\r\n".as_slice())];
        assert_eq!(judge(None, &other), Detection::NotForUs, "{greeting}");
        let answers = [(C, b"a1 CAPABILITY\r\n".as_slice()), (S, greeting.as_bytes())];
        assert_eq!(judge(None, &answers), Detection::NotForUs, "no greeting comes second: {greeting}");
    }
    for list in ["* No smoking\r\n", "* NOTE this\r\n", "* Bad weather\r\n"] {
        let said = [(S, list.as_bytes()), (C, b"a1 LIST all\r\n".as_slice())];
        assert_eq!(judge(None, &said), Detection::NotForUs, "{list}");
    }
}

#[test]
fn mail_behind_a_proxy_is_found_and_other_things_are_not() {
    let connect: &[u8] = b"CONNECT mx.netlab:25 HTTP/1.1\r\nHost: mx\r\n\r\n";
    let opened: &[u8] = b"HTTP/1.0 200 Connection established\r\n\r\n";
    let socks: (&[u8], &[u8]) =
        (b"\x05\x01\x00\x05\x01\x00\x01\x0a\x00\x00\x02\x00\x19", b"\x05\x00\x05\x00\x00\x01\x0a\x00\x00\x02\x00\x19");
    for (asked, told) in [(connect, opened), socks] {
        let said = |rest: &[(Side, &'static [u8])]| judge(None, &[&[(C, asked), (S, told)], rest].concat());
        assert_eq!(said(&[(S, b"220 mx ESMTP\r\n"), (C, b"EHLO me\r\n")]), plain(Protocol::Smtp));
        assert_eq!(said(&[(S, b"+OK ready\r\n"), (C, b"USER me\r\n")]), plain(Protocol::Pop3));
        assert_eq!(said(&[(S, b"* OK ready\r\n"), (C, b"a1 CAPABILITY\r\n")]), plain(Protocol::Imap));
        assert_eq!(said(&[(C, b"GET / HTTP/1.1\r\n"), (S, b"HTTP/1.1 200 OK\r\n")]), Detection::NotForUs);
        assert_eq!(said(&[(C, b"AUTH noone pass\r\n"), (S, b"+OK\r\n")]), Detection::NotForUs);
        assert_eq!(said(&[(C, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc")]), Detection::NotForUs);
        assert_eq!(said(&[]), Detection::NotForUs);
    }
    assert_eq!(judge(None, &[(C, connect), (S, b"HTTP/1.1 403 Forbidden\r\n\r\n")]), Detection::NotForUs);
}

#[test]
fn both_sides_outweigh_the_port() {
    let foreign: [&[(Side, &[u8])]; 9] = [
        &[(S, b"220 (vsFTPd 3.0.3)\r\n"), (C, b"USER a\r\n"), (S, b"331 Please specify the password.\r\n")],
        &[(S, b"220-FileZilla\r\n220 hi\r\n"), (C, b"AUTH TLS\r\n"), (S, b"234 go\r\n")],
        &[(S, b"220 ftp\r\n"), (C, b"SYST\r\n"), (S, b"530 Please login with USER and PASS.\r\n")],
        &[(S, b"200 news ready\r\n"), (C, b"MODE READER\r\n"), (S, b"200 ok\r\n")],
        &[(C, b"NICK a\r\nUSER a 0 * :a\r\n"), (S, b":irc.example.test 001 a :Welcome\r\n")],
        &[(S, b"INFO {\"server_id\":\"N\"}\r\n"), (C, b"CONNECT {}\r\nPING\r\n"), (S, b"PONG\r\n")],
        &[(C, b"GET / HTTP/1.1\r\n\r\n"), (S, b"HTTP/1.1 200 OK\r\n\r\n")],
        &[(S, b"SSH-2.0-OpenSSH_9.2\r\n"), (C, b"SSH-2.0-x\r\n")],
        &[(C, b"hello there\r\n"), (S, b"what is it\r\n")],
    ];
    for hint in [(Protocol::Smtp, false), (Protocol::Pop3, false), (Protocol::Imap, false), (Protocol::Imap, true)] {
        for said in foreign {
            assert_eq!(judge(Some(hint), said), Detection::NotForUs, "{hint:?} {said:?}");
        }
    }
    let smtp = Some((Protocol::Smtp, false));
    let mail: [&[(Side, &[u8])]; 6] = [
        &[(S, b"220 mx\r\n"), (C, b"USER a\r\n"), (S, b"500 5.5.1 what\r\n")],
        &[(S, b"220 mx ESMTP\r\n"), (C, b"GET / HTTP/1.1\r\n\r\n"), (S, b"500 5.5.2 what\r\n")],
        &[(C, b"GET / HTTP/1.1\r\n\r\n"), (S, b"220 mx\r\n500 what\r\n")],
        &[(S, b"220 mx\r\n"), (C, b"AUTH TLS\r\n"), (S, b"530 5.7.0 Must issue a STARTTLS command first\r\n")],
        &[(S, b"220 mx\r\n")],
        &[(S, b"220 mx\r\n"), (C, b"QUIT\r\n"), (S, b"221 bye\r\n")],
    ];
    for said in mail {
        assert_eq!(judge(smtp, said), plain(Protocol::Smtp), "{said:?}");
    }
}

/// What listens on a mail port by mistake or on purpose. The server's banner suffices where it is certain.
#[test]
fn other_services_on_mail_ports_are_no_mail() {
    let mysql = b"J\0\0\0\n8.0.36\0\x08\0\0\0abcdefgh\0\xff\xff";
    let rdp: [(Side, &[u8]); 2] = [
        (C, b"\x03\0\0\x13\x0e\xe0\0\0\0\0\0\x01\0\x08\0\x0b\0\0\0"),
        (S, b"\x03\0\0\x13\x0e\xd0\0\0\x12\x34\0\x02\x0f\x08\0\x02\0\0\0"),
    ];
    let foreign: [&[(Side, &[u8])]; 9] = [
        &[(S, b"SSH-2.0-OpenSSH_9.2\r\n")],
        &[(S, b"SSH-2.0-OpenSSH_9.2\r\n"), (C, b"SSH-2.0-x\r\n")],
        &[(S, mysql)],
        &[(S, mysql), (C, b"\x20\0\0\x01\x85\xa6\xff\x01")],
        &rdp,
        &[(C, b"PING\r\n"), (S, b"+PONG\r\n")],
        &[(C, b"*1\r\n$4\r\nPING\r\n"), (S, b"+PONG\r\n")],
        &[(C, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"), (S, b"HTTP/1.1 200 OK\r\n\r\n")],
        &[(S, b"HTTP/1.1 408 Request Timeout\r\n\r\n")],
    ];
    for (protocol, implicit_tls) in [Protocol::Smtp, Protocol::Pop3, Protocol::Imap]
        .into_iter()
        .flat_map(|protocol| [(protocol, false), (protocol, true)])
    {
        for said in foreign {
            assert_eq!(judge(Some((protocol, implicit_tls)), said), Detection::NotForUs, "{protocol:?} {said:?}");
        }
    }
}

/// A login prompt of telnet, on a mail port.
#[test]
fn a_telnet_server_is_no_mail() {
    let said: [(Side, &[u8]); 4] = [
        (S, b"\xff\xfd\x18\xff\xfd\x20\xff\xfd\x23\xff\xfd\x27"),
        (C, b"\xff\xfb\x18\xff\xfc\x20\xff\xfc\x23\xff\xfb\x27"),
        (S, b"Debian GNU/Linux 12\r\nhost login: "),
        (C, b"root\r\n"),
    ];
    for protocol in [Protocol::Smtp, Protocol::Pop3, Protocol::Imap] {
        assert_eq!(judge(Some((protocol, false)), &said), Detection::NotForUs, "{protocol:?}");
    }
}

#[test]
fn managesieve_is_not_imap_and_a_bare_greeting_is_pop3() {
    let sieve: [(Side, &[u8]); 2] = [
        (S, b"\"IMPLEMENTATION\" \"Dovecot Pigeonhole\"\r\n\"SIEVE\" \"fileinto\"\r\nOK \"ready\"\r\n"),
        (C, b"AUTHENTICATE \"PLAIN\" \"AGEAYg==\"\r\n"),
    ];
    let cyrus: [(Side, &[u8]); 2] = [(S, b"\"SASL\" \"PLAIN\"\r\nOK\r\n"), (C, b"LOGOUT\r\n")];
    for hint in [None, Some((Protocol::Imap, false)), Some((Protocol::Imap, true))] {
        assert_eq!(judge(hint, &sieve), Detection::NotForUs, "{hint:?}");
        assert_eq!(judge(hint, &cyrus), Detection::NotForUs, "{hint:?}");
    }
    for first in [b"USER a\r\n".as_slice(), b"CAPA\r\n", b"APOP a 0123456789abcdef0123456789abcdef\r\n", b"STLS\r\n"] {
        assert_eq!(judge(None, &[(S, b"+OK\r\n"), (C, first)]), plain(Protocol::Pop3));
    }
    assert_eq!(judge(None, &[(S, b"220 mx LMTP\r\n"), (C, b"LHLO a\r\n")]), plain(Protocol::Lmtp));
}

#[test]
fn behind_socks_with_a_name_mail_is_found_and_via_says_so() {
    let socks4: (&[u8], &[u8]) = (b"\x04\x01\0\x19\0\0\0\x01me\0mx.example.test\0", b"\0\x5a\0\0\0\0\0\0");
    let socks5: (&[u8], &[u8]) = (
        b"\x05\x01\x02\x01\x02me\x03pwd\x05\x01\0\x03\x0fmx.example.test\0\x19",
        b"\x05\x02\x01\0\x05\0\0\x01\x0a\0\0\x02\0\x19",
    );
    let connect: (&[u8], &[u8]) = (b"CONNECT mx:25 HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n");
    for ((asked, told), via) in [(socks4, Via::Socks), (socks5, Via::Socks), (connect, Via::HttpConnect)] {
        for hint in [None, Some(Hint { protocol: Protocol::Smtp, implicit_tls: false })] {
            let mut detector = Detector::new(hint);
            let at = PacketRef { packet: 1, time: Time::default() };
            let turns: [(Side, &[u8]); 4] = [(C, asked), (S, told), (S, b"220 mx ESMTP\r\n"), (C, b"EHLO a\r\n")];
            let found = turns.map(|(side, bytes)| detector.data(side, bytes, at));
            assert_eq!(found[3], plain(Protocol::Smtp), "{via:?} {hint:?}");
            let mut told = crate::protocol::testing::Recorder::default();
            let mut stack = dialogue(SMTP, None, &mut told);
            detector.replay(&mut stack, &mut told);
            assert_eq!(told.proxied, [(via, None)]);
            assert!(told.rows().iter().any(|row| row.contains("EHLO a")), "{:?}", told.rows());
        }
    }
}

#[test]
fn a_proxys_header_is_passed_over() {
    let text: &[u8] = b"PROXY TCP4 192.0.2.7 192.0.2.1 59342 25\r\n";
    let binary: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0";
    let hello: &[u8] = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";
    for header in [text, binary] {
        for protocol in [Protocol::Smtp, Protocol::Pop3, Protocol::Imap] {
            let inside_tls = Detection::Certain(Hint { protocol, implicit_tls: true });
            assert_eq!(judge(Some((protocol, true)), &[(C, header), (C, hello)]), inside_tls);
        }
        assert_eq!(judge(None, &[(C, header), (S, b"220 mx\r\n"), (C, b"EHLO a\r\n")]), plain(Protocol::Smtp));
        assert_eq!(judge(None, &[(C, header), (S, b"+OK hi\r\n"), (C, b"USER a\r\n")]), plain(Protocol::Pop3));
        assert_eq!(judge(None, &[(C, header), (S, b"* OK hi\r\n"), (C, b"a1 NOOP\r\n")]), plain(Protocol::Imap));
        assert_eq!(
            judge(None, &[(C, header), (C, b"GET / HTTP/1.1\r\n"), (S, b"HTTP/1.1 200 OK\r\n")]),
            Detection::NotForUs
        );
        assert_eq!(judge(Some((Protocol::Imap, false)), &[(C, header), (S, b"* OK hi\r\n")]), plain(Protocol::Imap));
    }
}

#[test]
fn connect_is_passed_over_where_the_port_is_known_too() {
    let connect: [(Side, &[u8]); 3] =
        [(C, b"CONNECT mx:25 HTTP/1.1\r\n\r\n"), (S, b"HTTP/1.1 200 ok\r\n\r\n"), (S, b"220 mx ESMTP\r\n")];
    assert_eq!(judge(Some((Protocol::Smtp, false)), &connect), plain(Protocol::Smtp));
}

#[test]
fn every_form_of_a_client_hello_is_tls() {
    let smtps = Hint { protocol: Protocol::Smtp, implicit_tls: true };
    for hello in [
        &b"\x80\x2e\x01\x03\x01\x00\x15\x00\x00\x00\x10"[..],
        b"\x81\x2e\x01\x03\x03\x01\x15\x00\x00\x00\x10",
        b"\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10",
        b"\x16\x03\x05\x02\x00\x01\x00\x01\xfc",
        b"\x16\x03\xff\x02\x00\x01\x00\x01\xfc",
    ] {
        assert_eq!(judge(Some((Protocol::Smtp, true)), &[(C, hello)]), Detection::Certain(smtps), "{hello:?}");
    }
}

/// 60 KB of telnet negotiation must not be scanned again for every byte.
#[test]
fn long_telnet_negotiation_is_scanned_once() {
    let negotiation = [0xff, 0xfd, 3].repeat(20_000);
    let mut detector = Detector::new(Some(SMTP));
    let at = PacketRef { packet: 1, time: Time::default() };
    assert_eq!(detector.data(Side::Client, &negotiation, at), plain(Protocol::Smtp));
    assert_eq!(
        judge(Some((Protocol::Smtp, false)), &[(C, b"\xff\xfd\x03\xff\xfb\x01EHLO a\r\n")]),
        plain(Protocol::Smtp)
    );
}

#[test]
fn what_was_said_to_the_proxy_is_not_replayed() {
    #[derive(Debug)]
    struct Heard(Sender<(Side, Vec<u8>)>);
    impl Dialogue for Heard {
        fn held(&self) -> usize {
            0
        }

        fn read(&mut self, from: Side, input: &mut Input<'_>, _: &mut dyn Sink) -> Option<Upgrade> {
            self.0.send((from, input.take(usize::MAX).to_vec())).expect("a receiver");
            None
        }
        fn gap(&mut self, _: Side, _: u64, _: PacketRef, _: &mut dyn Sink) -> Option<Upgrade> {
            None
        }
        fn last_gap(&mut self, _: Side, _: u64, _: PacketRef, _: &mut dyn Sink) {}
        fn gap_in_tls(&mut self, _: Side, _: &mut dyn Sink) {}
        fn end(&mut self, _: &mut dyn Sink) -> Option<Upgrade> {
            None
        }
    }
    let mut detector = Detector::new(None);
    let at = PacketRef { packet: 1, time: Time::default() };
    detector.data(C, b"CONNECT mx:25 HTTP/1.1\r\n", at);
    detector.data(C, b"\r\n", at);
    detector.data(S, b"HTTP/1.1 200 ok\r\n\r\n220 mx\r\n", at);
    assert_eq!(detector.data(C, b"EHLO me\r\n", at), plain(Protocol::Smtp));
    let (sender, heard) = channel();
    detector.replay(&mut Stack::new(Heard(sender)), &mut crate::protocol::testing::Recorder::default());
    assert_eq!(heard.try_iter().collect::<Vec<_>>(), [(S, b"220 mx\r\n".to_vec()), (C, b"EHLO me\r\n".to_vec())]);
}
