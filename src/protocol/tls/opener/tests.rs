use super::*;
use crate::protocol::tls::schedule::{next_traffic_secret, opener, openers};
use crate::protocol::tls::vectors::{CONNECTIONS, Connection, FINISHED, KEY_UPDATE, LINE, TRAFFICS, Traffic};
use cbc::cipher::{BlockModeEncrypt, KeyIvInit};
use data_encoding::HEXLOWER;
use proptest::prelude::*;

/// The content type of handshake messages, of alerts and of application data.
const HANDSHAKE: u8 = 22;
const ALERT: u8 = 21;
const APPLICATION_DATA: u8 = 23;

fn bytes(hexadecimal: &str) -> Vec<u8> {
    HEXLOWER.decode(hexadecimal.as_bytes()).unwrap()
}

/// The openers of both directions, with bits of the master secret turned over.
fn both(connection: &Connection, turned: u8) -> [Opener; 2] {
    let suite = Suite::of(connection.code, connection.version).unwrap();
    let mut master = bytes(connection.master);
    master[20] ^= turned;
    let [client_random, server_random] =
        [connection.client_random, connection.server_random].map(|random| bytes(random).try_into().unwrap());
    openers(connection.version, suite, connection.encrypt_then_mac, &master, &client_random, &server_random).unwrap()
}

fn of_traffic(traffic: &Traffic, turned: u8) -> Opener {
    let suite = Suite::of(traffic.code, 0x0304).unwrap();
    let mut secret = bytes(traffic.secret);
    secret[20] ^= turned;
    for _ in 0..traffic.updates {
        secret = next_traffic_secret(suite, &secret).into_revealed();
    }
    opener(suite, &secret).unwrap()
}

fn everyone() -> Vec<Opener> {
    let older = CONNECTIONS.iter().flat_map(|connection| both(connection, 0));
    older.chain(TRAFFICS.iter().map(|traffic| of_traffic(traffic, 0))).collect()
}

/// Holds that a record opens as it is, and in no other way. Returns its content type and its content.
fn opens_only_so(right: &Opener, wrong: &Opener, sequence: u64, kind: u8, version: u16, body: &[u8]) -> (u8, Vec<u8>) {
    let mut plain = b"what was there before".to_vec();
    let found = right.open(sequence, kind, version, body, &mut plain).expect("the record opens");
    let content = plain.clone();
    let mut stays_shut = |opener: &Opener, sequence, kind, version, body: &[u8], why: &str| {
        plain.extend_from_slice(b"left over");
        assert_eq!(opener.open(sequence, kind, version, body, &mut plain), None, "{why}");
        assert!(plain.is_empty(), "{why}");
    };
    stays_shut(wrong, sequence, kind, version, body, "another secret");
    stays_shut(right, sequence + 1, kind, version, body, "another sequence number");
    stays_shut(right, sequence ^ 1 << 40, kind, version, body, "another sequence number");
    for place in 0..body.len() {
        let mut changed = body.to_vec();
        changed[place] ^= 1 << (place % 8);
        stays_shut(right, sequence, kind, version, &changed, "another body");
    }
    for length in 0..body.len() {
        stays_shut(right, sequence, kind, version, &body[..length], "a part of the body");
    }
    assert!(content.len() + right.overhead() <= body.len());
    assert!(right.prefix() <= right.overhead());
    (found, content)
}

#[test]
fn records_of_tls_10_to_12_open() {
    for connection in CONNECTIONS {
        let name = format!("{} {:#06x} {}", connection.name, connection.version, connection.encrypt_then_mac);
        let sides = [(connection.client, LINE), (connection.server, connection.reply)];
        for ((mut right, wrong), (records, last)) in both(connection, 0).into_iter().zip(both(connection, 4)).zip(sides)
        {
            let mut said = Vec::new();
            for (sequence, &(kind, body)) in (0..).zip(records) {
                let body = bytes(body);
                let (found, content) = opens_only_so(&right, &wrong, sequence, kind, connection.version, &body);
                assert_eq!(found, kind, "{name}");
                let mut plain = Vec::new();
                let other = if kind == HANDSHAKE { ALERT } else { HANDSHAKE };
                assert_eq!(right.open(sequence, other, connection.version, &body, &mut plain), None, "{name}");
                assert_eq!(right.open(sequence, kind, 0x0305, &body, &mut plain), None, "{name}");
                right.passed(sequence, &body);
                said.push((kind, content));
            }
            let (kind, finished) = said.remove(0);
            assert!(kind == HANDSHAKE && finished.starts_with(FINISHED), "{name}");
            assert!(said.iter().all(|(kind, _)| *kind == APPLICATION_DATA), "{name}");
            assert_eq!(said.iter().flat_map(|(_, content)| content).copied().collect::<Vec<_>>(), last, "{name}");
        }
    }
}

#[test]
fn records_of_tls_13_open() {
    for traffic in TRAFFICS {
        let (right, wrong) = (of_traffic(traffic, 0), of_traffic(traffic, 4));
        let body = bytes(traffic.body);
        let (found, content) = opens_only_so(&right, &wrong, 0, APPLICATION_DATA, 0x0303, &body);
        assert!(content.starts_with(traffic.content), "{}", traffic.name);
        let is_message = [FINISHED, KEY_UPDATE].contains(&traffic.content);
        assert_eq!(found, if is_message { HANDSHAKE } else { APPLICATION_DATA }, "{}", traffic.name);
        assert!(is_message || content == traffic.content, "{}: no padding is left", traffic.name);
        let padding = body.len() - right.overhead() - content.len();
        assert_eq!(padding > 0, traffic.name.contains("padded"), "{}", traffic.name);
    }
}

#[test]
fn every_form_of_protection_has_a_vector() {
    let mut forms: Vec<_> = CONNECTIONS
        .iter()
        .filter_map(|connection| {
            let suite = Suite::of(connection.code, connection.version)?;
            let encrypt_then_mac = suite.is_cbc() && connection.encrypt_then_mac;
            Some(format!("{:?} {:#06x} {encrypt_then_mac}", suite.cipher(), connection.version))
        })
        .chain(TRAFFICS.iter().map(|traffic| format!("{:?}", Suite::of(traffic.code, 0x0304).unwrap().cipher())))
        .collect();
    forms.sort();
    forms.dedup();
    // CBC: four suites in each version and four more in TLS 1.2, with the MAC in both places; NULL: one in each version and
    // three more in TLS 1.2; nine AEADs in TLS 1.2, five in TLS 1.3.
    assert_eq!(forms.len(), (3 * 4 + 4) * 2 + 3 + 3 + 9 + 5, "{forms:#?}");
}

/// RFC 2246, section 6.2.3.2: only TLS 1.0 needs the record before. What does not prove its IV shows nothing.
#[test]
fn a_lost_record_costs_tls_10_the_next_one() {
    for connection in CONNECTIONS {
        let is_chained = connection.version == 0x0301 && !connection.name.contains("NULL");
        let is_blind = is_chained && connection.encrypt_then_mac;
        let [mut client, _] = both(connection, 0);
        let [mut whole, _] = both(connection, 0);
        let records: Vec<_> = connection.client.iter().map(|(kind, body)| (*kind, bytes(body))).collect();
        let second = |opener: &Opener| {
            let (kind, body) = &records[1];
            let mut plain = Vec::new();
            opener.open(1, *kind, connection.version, body, &mut plain).map(|_| plain)
        };
        let (name, finished) = (connection.name, &records[0].1[..]);
        whole.passed(0, finished);
        let content = second(&whole).expect("the record opens");
        assert_eq!((client.is_blind(0), client.is_blind(1), whole.is_blind(1)), (false, is_blind, false), "{name}");
        let without_content = Some(Vec::new()).filter(|_| is_blind);
        for (before, is_end) in [(&b""[..], false), (&finished[..7], false), (finished, true), (&finished[1..], true)] {
            for opener in [&mut client, &mut whole] {
                opener.passed_unopened(before);
            }
            let is_known = !is_chained || is_end && !is_blind;
            assert_eq!(
                second(&client),
                if is_known { Some(content.clone()) } else { without_content.clone() },
                "{name}"
            );
            assert_eq!(second(&whole).as_ref(), Some(&content), "{name}: its IV is known, whatever came since");
        }
    }
}

/// Before draft 25 of TLS 1.3 nothing was authenticated beside the content.
#[test]
fn drafts_of_tls_13_had_no_additional_data() {
    let material = Material { mac_key: b"", key: &[1; 16], iv: &[2; 12] };
    for (version, additional) in
        [(0x7f18, &b""[..]), (0x7f19, b"\x17\x03\x03\x00\x14"), (0x0304, b"\x17\x03\x03\x00\x14")]
    {
        let mut body = b"hi\x17\0".to_vec();
        let gcm = AesGcm::<Aes128Enc, U12>::new(&[1; 16].into());
        let tag = gcm.encrypt_inout_detached(&[2; 12].into(), additional, (&mut body[..]).into()).unwrap();
        body.extend_from_slice(&tag);
        let opener = Opener::new(Suite::of(0x1301, version).unwrap(), false, &material).unwrap();
        let mut plain = Vec::new();
        assert_eq!(opener.open(0, APPLICATION_DATA, 0x0303, &body, &mut plain), Some(APPLICATION_DATA));
        assert_eq!(plain, b"hi");
    }
}

/// RFC 8446, section 5.4: a record of nothing but padding is an error.
#[test]
fn a_record_of_padding_alone_does_not_open() {
    let material = Material { mac_key: b"", key: &[1; 16], iv: &[2; 12] };
    let opener = Opener::new(Suite::of(0x1301, 0x0304).unwrap(), false, &material).unwrap();
    for length in [0, 1, 40] {
        let mut body = vec![0; length];
        let header = [23, 3, 3, 0, length as u8 + 16];
        let gcm = AesGcm::<Aes128Enc, U12>::new(&[1; 16].into());
        let tag = gcm.encrypt_inout_detached(&[2; 12].into(), &header, (&mut body[..]).into()).unwrap();
        body.extend_from_slice(&tag);
        let mut plain = Vec::new();
        assert_eq!(opener.open(0, APPLICATION_DATA, 0x0303, &body, &mut plain), None);
        assert!(plain.is_empty());
    }
}

/// RFC 5246, section 6.2.3.2: as many bytes as the last one says, all of its value; up to 255, and the last one.
#[test]
fn padding_must_be_whole() {
    let material = Material { mac_key: &[3; 20], key: &[1; 16], iv: b"" };
    let content = [b'x'; 300];
    let valid = |length: u8| vec![length; usize::from(length) + 1];
    let mut changed = valid(31);
    changed[5] = 30;
    // Content and MAC are 320 bytes, 20 blocks. The last case lacks the first bytes of its padding.
    for (padding, opens) in
        [(valid(15), true), (valid(255), true), (changed, false), (valid(254)[1..241].to_vec(), false)]
    {
        for encrypt_then_mac in [false, true] {
            let opener = Opener::new(Suite::of(0x002f, 0x0303).unwrap(), encrypt_then_mac, &material).unwrap();
            let mac = |text: &[u8]| {
                let header =
                    Header { sequence: 7, kind: APPLICATION_DATA, version: 0x0303 }.numbered(text.len()).unwrap();
                let hmac = <Hmac<sha1::Sha1> as KeyInit>::new_from_slice(&[3; 20]).unwrap();
                hmac.chain_update(header).chain_update(text).finalize().into_bytes()
            };
            let inner = if encrypt_then_mac { [0; 20].into() } else { mac(&content) };
            let mut body = [&[9; 16][..], &content, &inner, &padding].concat();
            let (blocks, rest) = Array::slice_as_chunks_mut(&mut body[16..]);
            assert!(rest.is_empty());
            cbc::Encryptor::<Aes128Enc>::new(&[1; 16].into(), &[9; 16].into()).encrypt_blocks(blocks);
            if encrypt_then_mac {
                let outer = mac(&body);
                body.extend_from_slice(&outer);
            }
            let mut plain = Vec::new();
            let found = opener.open(7, APPLICATION_DATA, 0x0303, &body, &mut plain);
            let expected = if encrypt_then_mac { [&content[..], &[0; 20]].concat() } else { content.to_vec() };
            assert_eq!((found.is_some(), plain), (opens, if opens { expected } else { Vec::new() }));
        }
    }
}

#[test]
fn short_bodies_do_not_open() {
    let mut plain = Vec::new();
    for mut opener in everyone() {
        for length in 0..=120 {
            let body = vec![0; length];
            assert_eq!(opener.open(u64::MAX, APPLICATION_DATA, 0x0303, &body, &mut plain), None);
            opener.passed(u64::MAX, &body);
        }
    }
}

#[test]
fn keys_are_not_shown() {
    for opener in everyone() {
        let shown = format!("{opener:?}");
        let names = ["Opener(null)", "Opener(CBC)", "Opener(CBC, encrypt-then-MAC)", "Opener(AEAD)"];
        assert!(names.contains(&shown.as_str()), "{shown}");
        assert!(opener.held() >= 32, "the ciphers are on the heap, none smaller than its key");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn random_bodies_do_not_open(
        place in 0..everyone().len(),
        sequence: u64,
        kind: u8,
        version: u16,
        length in prop_oneof![0..200_usize, 0..=18_432_usize],
        seed in prop::array::uniform32(any::<u8>()),
    ) {
        let body: Vec<u8> = (0..length).map(|place| seed[place % 32].wrapping_mul(place as u8 | 1)).collect();
        let mut opener = everyone().swap_remove(place);
        let mut plain = Vec::new();
        prop_assert_eq!(opener.open(sequence, kind, version, &body, &mut plain), None);
        prop_assert!(plain.is_empty());
        opener.passed(sequence, &body);
        opener.passed_unopened(b"");
        opener.passed_unopened(&body);
    }
}
