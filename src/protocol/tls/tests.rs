//! Handshakes, byte by byte, and what goes wrong with them.

use super::*;
use crate::limits::{Limit, TLS_HANDSHAKE_BYTES};
use crate::protocol::event;
use crate::protocol::testing::Recorder;
use data_encoding::BASE64;
use proptest::prelude::*;
use sha2::{Digest, Sha256};

/// `CN=JServer.Netlab, O=Netlab`, made with `openssl req -x509 -newkey ec`.
const CERTIFICATE: &str = "\
    MIIB+TCCAZ+gAwIBAgIUc0+KziN8Bb9LjoMKG+QwJn0HUT8wCgYIKoZIzj0EAwIwKjEPMA0GA1UECgwGTmV0bGFiMRcwFQYDVQQD\
    DA5KU2VydmVyLk5ldGxhYjAeFw0yNjExMjMxNjI4MzNaFw0zNjExMjAxNjI4MzNaMCoxDzANBgNVBAoMBk5ldGxhYjEXMBUGA1UE\
    AwwOSlNlcnZlci5OZXRsYWIwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQ3SXdsRQSjkPfOhTf0glyLE8HElLmHC/EI8VaNY2n0\
    iTSNbmoVsUyHR2EbxanC0krj9vpfHhbZ0M4oYhKiAORxo4GiMIGfMB0GA1UdDgQWBBRIlREpq8ng33GdXIX0nVrzhBhgcTAfBgNV\
    HSMEGDAWgBRIlREpq8ng33GdXIX0nVrzhBhgcTAPBgNVHRMBAf8EBTADAQH/MEwGA1UdEQRFMEOCDkpTZXJ2ZXIuTmV0bGFihwSs\
    EAD9hxD9FgAAAAAAAAAAAAAAAAJTgRlwb3N0bWFzdGVyQEpTZXJ2ZXIuTmV0bGFiMAoGCCqGSM49BAMCA0gAMEUCIQCR2TPriKxr\
    rCGAwCxxObi4n9ZRmeyRA6BOdWeaz+N33gIgc2fjHoEOXJ0BL26D6oRvoxLXc/2IWiEfr6QV5m4iMJo=";

/// What crosses: `Some(bytes)`, or `None` for a gap of that many bytes.
enum Said {
    Bytes(Side, Vec<u8>),
    Gap(Side, u64),
}

fn client(bytes: impl Into<Vec<u8>>) -> Said {
    Said::Bytes(Side::Client, bytes.into())
}

fn server(bytes: impl Into<Vec<u8>>) -> Said {
    Said::Bytes(Side::Server, bytes.into())
}

/// Plays `said` whole and in pieces of 1, 2, 3 and 7 bytes, with the same result. False where it was not TLS.
fn observe(said: &[Said]) -> (Recorder, bool) {
    let (told, is_tls) = watch_in_pieces(said, usize::MAX);
    for size in [1, 2, 3, 7] {
        let (pieces, _) = watch_in_pieces(said, size);
        assert_eq!(rows(&pieces), rows(&told), "in pieces of {size}");
        assert_eq!(pieces.tls, told.tls, "in pieces of {size}");
    }
    (told, is_tls)
}

fn watch_in_pieces(said: &[Said], size: usize) -> (Recorder, bool) {
    let mut told = Recorder::default();
    let mut observer = Observer::implicit(&mut told);
    let mut at = PacketRef { packet: 0, time: Default::default() };
    for said in said {
        match said {
            Said::Bytes(from, bytes) => {
                for piece in bytes.chunks(size.min(bytes.len()).max(1)) {
                    at.packet += 1;
                    if observer.data(*from, &mut Input::new(piece, at), &mut told) == Outcome::Plain {
                        return (told, false);
                    }
                }
            }
            Said::Gap(from, missing) => {
                at.packet += 1;
                observer.gap(*from, *missing, at, &mut told);
            }
        }
    }
    observer.end(&mut told);
    (told, true)
}

/// One line a step: side, subject, bytes.
fn rows(told: &Recorder) -> Vec<String> {
    let row = |step: &crate::protocol::testing::Told| match &step.subject {
        event::Subject::Tls(subject) => format!("{:?} {subject:?} {}", step.from, step.bytes),
        other => format!("{:?} {other:?}", step.from),
    };
    told.steps.iter().map(row).collect()
}

fn record(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind, 3, 3][..], &(body.len() as u16).to_be_bytes(), body].concat()
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind], &(body.len() as u32).to_be_bytes()[1..], body].concat()
}

fn extension(kind: u16, data: &[u8]) -> Vec<u8> {
    [&kind.to_be_bytes()[..], &(data.len() as u16).to_be_bytes(), data].concat()
}

/// Offers TLS 1.3 and 1.2, two ciphers, `h2`-like ALPN, and names the server.
fn client_hello() -> Vec<u8> {
    let name = b"\x00\x11\x00\x00\x0eJServer.Netlab";
    let extensions = [
        extension(handshake::SERVER_NAME, name),
        extension(handshake::ALPN, b"\x00\x05\x04imap"),
        extension(handshake::SUPPORTED_VERSIONS, b"\x04\x03\x04\x03\x03"),
    ]
    .concat();
    let extensions = [&(extensions.len() as u16).to_be_bytes()[..], &extensions].concat();
    let body = [&[3, 3][..], &[7; 32], &[0], &[0, 4, 0x13, 1, 0xc0, 0x30], &[1, 0], &extensions].concat();
    message(handshake::CLIENT_HELLO, &body)
}

fn server_hello(random: &[u8], cipher: u16, extensions: &[u8]) -> Vec<u8> {
    let extensions = [&(extensions.len() as u16).to_be_bytes()[..], extensions].concat();
    let body = [&[3, 3][..], random, &[0], &cipher.to_be_bytes(), &[0], &extensions].concat();
    message(handshake::SERVER_HELLO, &body)
}

fn certificate() -> Vec<u8> {
    let der = BASE64.decode(CERTIFICATE.as_bytes()).expect("base64");
    let length = |n: usize| (n as u32).to_be_bytes()[1..].to_vec();
    message(handshake::CERTIFICATE, &[length(der.len() + 3), length(der.len()), der].concat())
}

/// The server's flight of TLS 1.2, as one stream of handshake bytes.
fn flight() -> Vec<u8> {
    [server_hello(&[9; 32], 0xc030, &extension(handshake::ALPN, b"\x00\x05\x04imap")), certificate(), message(14, b"")]
        .concat()
}

#[test]
fn tls12() {
    let (told, is_tls) = observe(&[
        client(record(HANDSHAKE, &client_hello())),
        server(record(HANDSHAKE, &flight())),
        client(
            [
                record(HANDSHAKE, &message(16, &[1; 66])),
                record(CHANGE_CIPHER_SPEC, &[1]),
                record(HANDSHAKE, &[0xee; 40]),
            ]
            .concat(),
        ),
        server([record(CHANGE_CIPHER_SPEC, &[1]), record(HANDSHAKE, &[0xee; 40])].concat()),
        client(record(23, &[0xee; 100])),
        server(record(23, &[0xee; 200])),
        client(record(ALERT, &[0xee; 26])),
    ]);
    assert!(is_tls);
    assert_eq!(
        rows(&told),
        [
            "Client ClientHello 97",
            "Server ServerHello 60",
            "Server Certificate 519",
            "Server Handshake 4",
            "Client Handshake 81",
            "Server Handshake 6",
            "Client Encrypted 181",
            "Server Encrypted 250",
        ]
    );
    let [.., TlsFact::Certificate(certificate), TlsFact::Established] = &told.tls[..] else { panic!("{:?}", told.tls) };
    assert_eq!(
        told.tls[..7],
        [
            TlsFact::Implicit,
            TlsFact::ServerName(b"JServer.Netlab".to_vec()),
            TlsFact::Offered(vec!["TLS 1.3".into(), "TLS 1.2".into()]),
            TlsFact::Ja4("t13d0203ip_e1e1fe6d0c85_b9a491fefe05".into()),
            TlsFact::Version("TLS 1.2".into()),
            TlsFact::Cipher("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384".into()),
            TlsFact::Alpn(b"imap".to_vec()),
        ]
    );
    assert_eq!(
        (&*certificate.subject, &*certificate.issuer),
        ("O=Netlab, CN=JServer.Netlab", "O=Netlab, CN=JServer.Netlab")
    );
    assert_eq!((&*certificate.not_before, &*certificate.not_after), ("2026-11-23T16:28:33Z", "2036-11-20T16:28:33Z"));
    assert_eq!(certificate.names, ["JServer.Netlab", "172.16.0.253", "fd16::253", "postmaster@JServer.Netlab"]);
    assert_eq!(certificate.sha256, "96adaeec38ef8e740e41431e29244ada059eb7ea418ac75e141962cd2bb49f06");
}

#[test]
fn a_flight_may_be_cut_into_records_anywhere() {
    let flight = flight();
    for size in [1, 5, 77, 300] {
        let records: Vec<u8> = flight.chunks(size).flat_map(|piece| record(HANDSHAKE, piece)).collect();
        let (told, _) = observe(&[client(record(HANDSHAKE, &client_hello())), server(records)]);
        let subjects: Vec<_> = told.steps.iter().map(|step| step.subject.clone()).collect();
        let expected = [Subject::ClientHello, Subject::ServerHello, Subject::Certificate, Subject::Handshake];
        assert_eq!(subjects, expected.map(event::Subject::Tls), "records of {size}");
        assert!(matches!(told.tls.last(), Some(TlsFact::Certificate(_))));
    }
}

#[test]
fn tls13_with_a_hello_retry_request() {
    let retry = Sha256::digest(b"HelloRetryRequest");
    let tls13 = extension(handshake::SUPPORTED_VERSIONS, &[3, 4]);
    let (told, _) = observe(&[
        client(
            [record(HANDSHAKE, &client_hello()), record(CHANGE_CIPHER_SPEC, &[1]), record(23, &[0xee; 10])].concat(),
        ),
        server([record(HANDSHAKE, &server_hello(&retry, 0x1301, &tls13)), record(CHANGE_CIPHER_SPEC, &[1])].concat()),
        client(record(HANDSHAKE, &client_hello())),
        server([record(HANDSHAKE, &server_hello(&[9; 32], 0x1301, &tls13)), record(23, &[0xee; 50])].concat()),
        client([record(CHANGE_CIPHER_SPEC, &[1]), record(ALERT, &[2, 48])].concat()),
    ]);
    assert_eq!(
        rows(&told),
        [
            "Client ClientHello 97",
            "Client Handshake 6",
            "Server HelloRetryRequest 55",
            "Server Handshake 6",
            "Client ClientHello 97",
            "Server ServerHello 55",
            "Client Handshake 6",
            "Client Alert { fatal: true, description: 48 } 7",
            "Client Encrypted 15",
            "Server Encrypted 55",
        ]
    );
    assert!(told.tls.contains(&TlsFact::Version("TLS 1.3".into())));
    assert!(told.tls.contains(&TlsFact::Cipher("TLS_AES_128_GCM_SHA256".into())));
    assert_eq!(told.tls.iter().filter(|fact| matches!(fact, TlsFact::Ja4(_))).count(), 1);
}

#[test]
fn plain_text_where_tls_should_begin() {
    for said in [client("EHLO cslabc39\r\n"), server("+OK ready\r\n"), server(*b"* OK \xe9\r\n"), client("\r\n")] {
        let (told, is_tls) = observe(&[said]);
        assert!(!is_tls);
        assert_eq!(told.tls, [TlsFact::Implicit, TlsFact::Decrypted]);
        assert!(told.steps.is_empty());
    }
}

#[test]
fn a_server_that_answers_a_client_hello_in_plain_text() {
    let (told, is_tls) = observe(&[
        client(record(HANDSHAKE, &client_hello())),
        server("220 mx ESMTP\r\n"),
        client(record(ALERT, &[2, 10])),
        server("500 what?\r\n"),
    ]);
    assert!(is_tls);
    assert_eq!(
        rows(&told),
        [
            "Client ClientHello 97",
            "Server NotTls 14",
            "Client Alert { fatal: true, description: 10 } 7",
            "Server NotTls 11",
        ]
    );
    assert_eq!((told.steps[1].text.as_str(), told.steps[3].text.as_str()), ("220 mx ESMTP", "500 what?"));
}

#[test]
fn a_capture_that_begins_in_the_middle_of_a_record_is_ciphertext() {
    let middle: Vec<u8> = (0..=255).rev().collect();
    let (told, is_tls) = watch_in_pieces(&[client(middle.clone()), server(middle)], usize::MAX);
    assert!(is_tls);
    assert_eq!(rows(&told), ["Client Encrypted 256", "Server Encrypted 256"]);
    assert_eq!(told.tls, [TlsFact::Implicit]);
    let (told, _) = observe(&[client(record(23, &[0; 30])), server(record(23, b""))]);
    assert_eq!(rows(&told), ["Client Encrypted 35", "Server Encrypted 5"]);
}

#[test]
fn after_a_gap_within_a_record_the_next_one_is_found() {
    let mut flight = record(HANDSHAKE, &flight());
    let rest = flight.split_off(70);
    let (told, _) = observe(&[
        client(record(HANDSHAKE, &client_hello())),
        server(flight),
        Said::Gap(Side::Server, 400),
        server([&rest[400..], &record(CHANGE_CIPHER_SPEC, &[1]), &record(23, &[0xee; 20])].concat()),
    ]);
    assert_eq!(
        rows(&told),
        [
            "Client ClientHello 97",
            "Server ServerHello 60",
            "Server Handshake 10",
            "Server Gap(400)",
            "Server Handshake 119",
            "Server Encrypted 25",
        ]
    );
    assert!(!told.tls.iter().any(|fact| matches!(fact, TlsFact::Certificate(_))));
}

#[test]
fn after_a_gap_that_hides_where_records_begin_all_is_ciphertext() {
    let (told, _) = observe(&[
        client([record(HANDSHAKE, &client_hello()), record(23, &[0xee; 20])].concat()),
        Said::Gap(Side::Client, 1_000),
        client([&[0xee; 33][..], &record(HANDSHAKE, &client_hello())].concat()),
    ]);
    assert_eq!(rows(&told), ["Client ClientHello 97", "Client Gap(1000)", "Client Encrypted 155"]);
}

#[test]
fn a_hello_in_the_clothes_of_ssl2() {
    let body = [&[1, 3, 1][..], &[0, 3, 0, 0, 0, 16], &[0, 0, 4], &[5; 16]].concat();
    let hello = [&[0x80, body.len() as u8][..], &body].concat();
    let (told, _) = observe(&[client(hello), server(record(HANDSHAKE, &server_hello(&[9; 32], 0x0004, b"")))]);
    assert_eq!(rows(&told), ["Client ClientHello 30", "Server ServerHello 49"]);
    assert!(told.tls.contains(&TlsFact::Cipher("TLS_RSA_WITH_RC4_128_MD5".into())));
}

#[test]
fn a_message_without_end_is_passed_over() {
    let huge = message(handshake::CERTIFICATE, &vec![0; TLS_HANDSHAKE_BYTES + 1]);
    let records: Vec<u8> = huge.chunks(16_384).flat_map(|piece| record(HANDSHAKE, piece)).collect();
    let (told, _) = watch_in_pieces(
        &[client(record(HANDSHAKE, &client_hello())), server(records), server(record(ALERT, &[1, 0]))],
        1_448,
    );
    assert_eq!(told.limits, [Limit::TlsHandshakeBytes]);
    let subjects: Vec<_> = told.steps.iter().map(|step| step.subject.clone()).collect();
    let alert = Subject::Alert { fatal: false, description: 0 };
    assert_eq!(subjects, [Subject::ClientHello, Subject::Certificate, alert].map(event::Subject::Tls));
}

#[test]
fn a_half_read_record_is_emitted_at_the_end() {
    let hello = record(HANDSHAKE, &client_hello());
    for cut in 1..hello.len() {
        let (told, _) = watch_in_pieces(&[client(&hello[..cut])], usize::MAX);
        assert_eq!(rows(&told), [format!("Client Handshake {cut}")]);
    }
}

proptest! {
    #[test]
    fn nothing_makes_an_observer_panic(
        pieces in prop::collection::vec(
            (
                any::<bool>(),
                prop_oneof![
                    prop::collection::vec(any::<u8>(), 0..60),
                    (20u8..25, prop::collection::vec(any::<u8>(), 0..60)).prop_map(|(kind, body)| record(kind, &body)),
                    (0u8..20, prop::collection::vec(any::<u8>(), 0..60)).prop_map(|(kind, body)| record(HANDSHAKE, &message(kind, &body))),
                    Just(record(HANDSHAKE, &client_hello())),
                    Just(record(HANDSHAKE, &flight())),
                ],
                prop::option::weighted(0.1, 1u64..u64::MAX / 64),
            ),
            0..30,
        ),
    ) {
        let mut told = Recorder::default();
        let mut observer = Observer::after_starttls(&mut told);
        let mut bytes_in = 0;
        for (packet, (is_client, bytes, gap)) in (1..).zip(&pieces) {
            let from = if *is_client { Side::Client } else { Side::Server };
            let at = PacketRef { packet, time: Default::default() };
            if observer.data(from, &mut Input::new(bytes, at), &mut told) == Outcome::Plain {
                return Ok(());
            }
            bytes_in += bytes.len() as u64;
            if let Some(missing) = gap {
                observer.gap(from, *missing, at, &mut told);
            }
        }
        observer.end(&mut told);
        // No byte is lost, and none is counted twice.
        let of_tls = told.steps.iter().filter(|step| step.kind == Kind::Tls);
        prop_assert_eq!(of_tls.map(|step| step.bytes).sum::<u64>(), bytes_in);
    }

    #[test]
    fn any_cut_of_a_flight_is_survived(at in 0usize..600, flip in any::<u8>()) {
        let mut bytes = record(HANDSHAKE, &flight());
        if let Some(byte) = bytes.get_mut(at) {
            *byte = flip;
        }
        watch_in_pieces(&[client(record(HANDSHAKE, &client_hello())), server(bytes)], usize::MAX);
    }
}
