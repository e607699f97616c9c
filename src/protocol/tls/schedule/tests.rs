use super::*;
use crate::protocol::tls::vectors::MASTERS;
use data_encoding::HEXLOWER;
use std::collections::HashSet;

fn bytes(hexadecimal: &str) -> Vec<u8> {
    HEXLOWER.decode(hexadecimal.as_bytes()).unwrap()
}

fn random(hexadecimal: &str) -> Random {
    bytes(hexadecimal).try_into().unwrap()
}

/// The client's application traffic secret of RFC 8448, section 3.
const CLIENT_TRAFFIC: &str = "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5";

#[test]
fn premaster_secrets_make_the_master_secrets_of_real_programs() {
    let mut ways = HashSet::new();
    for vector in MASTERS {
        let (code, version) = (vector.code, vector.version);
        let suite = Suite::of(code, version).unwrap();
        let premaster = bytes(vector.premaster);
        let master = if vector.messages.is_empty() {
            let (client_random, server_random) = (random(vector.client_random), random(vector.server_random));
            master_secret(version, suite, &premaster, &client_random, &server_random)
        } else {
            extended_master_secret(version, suite, &premaster, &bytes(vector.messages))
        };
        assert_eq!(HEXLOWER.encode(master.reveal()), vector.master, "{} {version:#06x}", vector.name);
        ways.insert((version, code, vector.messages.is_empty()));
    }
    assert_eq!(ways.len(), 8, "three versions, one of them with two hashes, and each with both kinds of secret");
}

#[test]
fn a_traffic_secret_makes_key_and_iv() {
    let suite = Suite::of(0x1301, 0x0304).unwrap();
    let (mut key, mut iv) = ([0; 16], [0; 12]);
    expand_label(suite, &bytes(CLIENT_TRAFFIC), b"key", &mut key).unwrap();
    expand_label(suite, &bytes(CLIENT_TRAFFIC), b"iv", &mut iv).unwrap();
    assert_eq!(HEXLOWER.encode(&key), "17422dda596ed5d9acd890e3c63f5051");
    assert_eq!(HEXLOWER.encode(&iv), "5b78923dee08579033e523d9");
}

/// RFC 8448, section 3: the client's application data and its alert.
#[test]
fn the_records_of_rfc_8448_open() {
    let opener = opener(Suite::of(0x1301, 0x0304).unwrap(), &bytes(CLIENT_TRAFFIC)).unwrap();
    let mut plain = Vec::new();
    let data = "a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f2b9819a8a5b46b395bd54a9a20441e2b62974e1f5a\
                6292a2977014bd1e3deae63aeebb21694915e4";
    assert_eq!(opener.open(0, 23, 0x0303, &bytes(data), &mut plain), Some(23));
    assert_eq!(plain, (0..50).collect::<Vec<u8>>());
    let close = "c9872760655666b74d7ff1153efd6db6d0b0e3";
    assert_eq!(opener.open(1, 23, 0x0303, &bytes(close), &mut plain), Some(21));
    assert_eq!(plain, [1, 0]);
}

/// HKDF-Expand of up to one digest is an HMAC of the label with a one behind it (RFC 5869, section 2.3).
#[test]
fn drafts_of_tls_13_had_longer_labels() {
    let secret = bytes(CLIENT_TRAFFIC);
    for (version, info) in [
        (0x7f12, &b"\x00\x20\x23TLS 1.3, application traffic secret\x00"[..]),
        (0x7f13, b"\x00\x20\x23TLS 1.3, application traffic secret\x00"),
        (0x7f14, b"\x00\x20\x11tls13 traffic upd\x00"),
        (0x0304, b"\x00\x20\x11tls13 traffic upd\x00"),
    ] {
        let mut hmac = <Hmac<Sha256> as KeyInit>::new_from_slice(&secret).unwrap();
        hmac.update(info);
        hmac.update(&[1]);
        let next = next_traffic_secret(Suite::of(0x1301, version).unwrap(), &secret);
        assert_eq!(next.reveal(), &hmac.finalize().into_bytes()[..], "{version:#06x}");
    }
}

#[test]
fn secrets_of_another_length_are_of_no_use() {
    let (client_random, server_random) = ([1; 32], [2; 32]);
    for length in [0, 1, 31, 32, 33, 47, 48, 49, 64, 4_096] {
        let secret = vec![7; length];
        for (code, digest) in [(0x1301, 32), (0x1302, 48)] {
            let suite = Suite::of(code, 0x0304).unwrap();
            assert_eq!(opener(suite, &secret).is_some(), length == digest);
            let next = next_traffic_secret(suite, &secret);
            assert_eq!(next.reveal().len(), if length == digest { digest } else { 0 });
            assert!(openers(0x0304, suite, false, &secret, &client_random, &server_random).is_none());
        }
        for version in [0x0301, 0x0302, 0x0303] {
            let suite = Suite::of(0x002f, version).unwrap();
            assert!(opener(suite, &secret).is_none(), "a suite of an older version has no traffic secrets");
            let of = |version| openers(version, suite, false, &secret, &client_random, &server_random);
            assert_eq!(of(version).is_some(), length == 48);
            assert!(of(version ^ 3).is_none(), "the suite was made for another version");
            // A premaster secret has any length (RFC 4279, section 2; RFC 5246, section 8.1.2).
            assert_eq!(master_secret(version, suite, &secret, &client_random, &server_random).reveal().len(), 48);
            assert_eq!(extended_master_secret(version, suite, &secret, &secret).reveal().len(), 48);
        }
    }
}
