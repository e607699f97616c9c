//! A server's certificate (RFC 5280), as far as a report needs it.
//!
//! x509-parser reads it, and not the smaller x509-cert: of 46 variants of a certificate, most of them broken,
//! x509-parser 0.18 reads 41, and x509-cert 0.3, with its checks turned off, 32. x509-cert refuses versions, serial
//! numbers, times, lengths and a TRUE that are not written as DER requires.

use crate::protocol::event::Certificate;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use std::net::{Ipv4Addr, Ipv6Addr};
use x509_parser::objects::{oid_registry, oid2abbrev};
use x509_parser::prelude::{AttributeTypeAndValue, FromDer, GeneralName, X509Certificate, X509Name};
use x509_parser::time::ASN1Time;

/// Reads a certificate in DER, or close to DER: x509-parser reads more of those than stricter parsers do. `None` where
/// `der` is no certificate, or its times are not valid. All its names are kept: their number is bounded by the message
/// that carries them, of at most [`crate::limits::TLS_HANDSHAKE_BYTES`].
pub fn parse(der: &[u8]) -> Option<Certificate> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let names = match certificate.subject_alternative_name() {
        Ok(Some(extension)) => extension.value.general_names.iter().filter_map(name).collect(),
        _ => Vec::new(),
    };
    Some(Certificate {
        subject: distinguished(certificate.subject()),
        issuer: distinguished(certificate.issuer()),
        not_before: rfc3339(certificate.validity().not_before)?,
        not_after: rfc3339(certificate.validity().not_after)?,
        names,
        sha256: HEXLOWER.encode(&Sha256::digest(der)),
    })
}

/// A distinguished name as text. Where a value is not in its declared character set, all values are shown as UTF-8,
/// with replacement characters: a single byte must not hide a name.
fn distinguished(name: &X509Name<'_>) -> String {
    let lossy = |attribute: &AttributeTypeAndValue<'_>| {
        let kind = attribute.attr_type();
        let kind = oid2abbrev(kind, oid_registry()).map_or_else(|_| kind.to_id_string(), str::to_owned);
        format!("{kind}={}", String::from_utf8_lossy(attribute.as_slice()))
    };
    name.to_string_with_registry(oid_registry())
        .unwrap_or_else(|_| name.iter_attributes().map(lossy).collect::<Vec<_>>().join(", "))
}

fn rfc3339(time: ASN1Time) -> Option<String> {
    jiff::Timestamp::from_second(time.timestamp()).ok().map(|time| time.to_string())
}

/// A GeneralName as text: what is compared with the name of a host or of a mailbox.
fn name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) | GeneralName::RFC822Name(name) | GeneralName::URI(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => match <[u8; 4]>::try_from(*bytes) {
            Ok(bytes) => Some(Ipv4Addr::from(bytes).to_string()),
            Err(_) => <[u8; 16]>::try_from(*bytes).ok().map(|bytes| Ipv6Addr::from(bytes).to_string()),
        },
        GeneralName::DirectoryName(name) => Some(distinguished(name)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_that_is_no_character_hides_no_name() {
        // CN, as UTF8String, of four bytes.
        let der = b"\x30\x0f\x31\x0d\x30\x0b\x06\x03\x55\x04\x03\x0c\x04ab\xffc";
        let (_, name) = X509Name::from_der(der).expect("a name");
        assert_eq!(distinguished(&name), "CN=ab\u{fffd}c");
    }

    /// A value in DER, of any length.
    fn der(tag: u8, pieces: &[&[u8]]) -> Vec<u8> {
        let content = pieces.concat();
        [&[tag, 0x83], &(content.len() as u32).to_be_bytes()[1..], &content].concat()
    }

    const SEQUENCE: u8 = 0x30;

    /// The fields of a TBSCertificate (RFC 5280, section 4.1), each in DER, in their order.
    struct Fields {
        version: Vec<u8>,
        serial: Vec<u8>,
        algorithm: Vec<u8>,
        issuer: Vec<u8>,
        validity: Vec<u8>,
        subject: Vec<u8>,
        key: Vec<u8>,
        extensions: Vec<u8>,
    }

    impl Fields {
        /// Of version 3, with empty subject and issuer, valid through 2026, for these hosts.
        fn of<'a>(hosts: impl IntoIterator<Item = &'a str>) -> Self {
            let algorithm = der(SEQUENCE, &[b"\x06\x03\x2b\x65\x70"]);
            let names: Vec<u8> = hosts.into_iter().flat_map(|host| der(0x82, &[host.as_bytes()])).collect();
            let names = extension(b"\x06\x03\x55\x1d\x11", b"", &der(SEQUENCE, &[&names]));
            Self {
                version: b"\xa0\x03\x02\x01\x02".to_vec(),
                serial: b"\x02\x01\x01".to_vec(),
                key: der(SEQUENCE, &[&algorithm, &der(3, &[&[0; 33]])]),
                algorithm,
                issuer: der(SEQUENCE, &[]),
                validity: validity(0x17, "260101000000Z", "270101000000Z"),
                subject: der(SEQUENCE, &[]),
                extensions: names,
            }
        }

        fn certificate(&self) -> Vec<u8> {
            let extensions = match self.extensions.is_empty() {
                true => Vec::new(),
                false => der(0xa3, &[&der(SEQUENCE, &[&self.extensions])]),
            };
            let Self { version, serial, algorithm, issuer, validity, subject, key, .. } = self;
            let fields = der(SEQUENCE, &[version, serial, algorithm, issuer, validity, subject, key, &extensions]);
            der(SEQUENCE, &[&fields, algorithm, &der(3, &[&[0; 65]])])
        }
    }

    fn extension(kind: &[u8], critical: &[u8], value: &[u8]) -> Vec<u8> {
        der(SEQUENCE, &[kind, critical, &der(4, &[value])])
    }

    fn validity(tag: u8, from: &str, to: &str) -> Vec<u8> {
        der(SEQUENCE, &[&der(tag, &[from.as_bytes()]), &der(tag, &[to.as_bytes()])])
    }

    #[test]
    fn all_names_are_kept_however_many() {
        let hosts: Vec<String> = (0..7_000).map(|n| format!("mx{n}.example")).collect();
        let certificate = Fields::of(hosts.iter().map(String::as_str)).certificate();
        assert!(certificate.len() > crate::limits::TLS_HANDSHAKE_BYTES * 4 / 5, "nearly as large as one can be");
        assert_eq!(parse(&certificate).expect("a certificate").names, hosts);
    }

    /// Servers do send such certificates, and clients that do not verify accept them.
    #[test]
    fn what_breaks_the_rules_of_der_is_read_all_the_same() {
        type Change = fn(&mut Fields);
        let broken: [(&str, Change); 14] = [
            ("a version that there is not", |of| of.version = b"\xa0\x03\x02\x01\x03".to_vec()),
            ("version 1 with extensions", |of| of.version.clear()),
            ("no serial number", |of| of.serial = b"\x02\x00".to_vec()),
            ("a negative one", |of| of.serial = b"\x02\x01\x80".to_vec()),
            ("one that is padded", |of| of.serial = b"\x02\x03\0\0\x01".to_vec()),
            ("one of 40 bytes", |of| of.serial = der(2, &[&[0x11; 40]])),
            ("years before 1970", |of| of.validity = validity(0x17, "500101000000Z", "600101000000Z")),
            ("no seconds", |of| of.validity = validity(0x17, "2601010000Z", "2701010000Z")),
            ("another time zone", |of| of.validity = validity(0x17, "260101000000+0800", "270101000000+0800")),
            ("parts of a second", |of| of.validity = validity(0x18, "20260101000000.5Z", "20270101000000Z")),
            ("an end before the beginning", |of| of.validity = validity(0x17, "270101000000Z", "260101000000Z")),
            ("an unknown algorithm", |of| of.algorithm = der(SEQUENCE, &[b"\x06\x02\x2a\x03", b"\x05\x00"])),
            ("a key of nothing", |of| of.key = der(SEQUENCE, &[&of.algorithm, &der(3, &[&[0]])])),
            ("TRUE as 1", |of| {
                of.extensions.extend(extension(b"\x06\x03\x55\x1d\x0f", b"\x01\x01\x01", b"\x03\x02\x05\xa0"))
            }),
        ];
        for (how, change) in broken {
            let mut fields = Fields::of(["mx.example"]);
            change(&mut fields);
            let certificate = parse(&fields.certificate());
            assert_eq!(certificate.map(|it| it.names), Some(vec!["mx.example".to_owned()]), "{how}");
        }
        let whole = Fields::of(["mx.example"]).certificate();
        assert!(parse(&[&*whole, b"more"].concat()).is_some());
        assert!((0..whole.len()).all(|cut| parse(&whole[..cut]).is_none()), "cut short");
        let mut fields = Fields::of(["mx.example"]);
        fields.validity = validity(0x17, "260230000000Z", "270101000000Z");
        assert!(parse(&fields.certificate()).is_none(), "30 February");
    }
}
