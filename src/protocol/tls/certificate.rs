//! A server's certificate (RFC 5280), as far as a report needs it.

use crate::protocol::event::Certificate;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use std::net::{Ipv4Addr, Ipv6Addr};
use x509_parser::objects::{oid_registry, oid2abbrev};
use x509_parser::prelude::{AttributeTypeAndValue, FromDer, GeneralName, X509Certificate, X509Name};
use x509_parser::time::ASN1Time;

/// Reads a certificate in DER; `None` where it is none, or its times are none. All its names are kept: what holds them is
/// bounded by [`crate::limits::TLS_HANDSHAKE_BYTES`].
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

/// A distinguished name as text. Where a value is not of the characters that it is declared to be of, all are shown as
/// far as they are UTF-8: a single byte hides no name.
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

    #[test]
    fn all_names_are_told_however_many() {
        const SEQUENCE: u8 = 0x30;
        let algorithm = der(SEQUENCE, &[b"\x06\x03\x2b\x65\x70"]);
        let validity = der(SEQUENCE, &[b"\x17\x0d260101000000Z", b"\x17\x0d270101000000Z"]);
        let key = der(SEQUENCE, &[&algorithm, &der(3, &[&[0; 33]])]);
        let hosts: Vec<String> = (0..7_000).map(|n| format!("mx{n}.example")).collect();
        let names: Vec<u8> = hosts.iter().flat_map(|host| der(0x82, &[host.as_bytes()])).collect();
        let extension = der(SEQUENCE, &[b"\x06\x03\x55\x1d\x11", &der(4, &[&der(SEQUENCE, &[&names])])]);
        let extensions = der(0xa3, &[&der(SEQUENCE, &[&extension])]);
        let nobody = der(SEQUENCE, &[]);
        let pieces: [&[u8]; 8] =
            [b"\xa0\x03\x02\x01\x02", b"\x02\x01\x01", &algorithm, &nobody, &validity, &nobody, &key, &extensions];
        let certificate = der(SEQUENCE, &[&der(SEQUENCE, &pieces), &algorithm, &der(3, &[&[0; 65]])]);
        assert!(certificate.len() > crate::limits::TLS_HANDSHAKE_BYTES * 4 / 5, "nearly as large as one can be");
        assert_eq!(parse(&certificate).expect("a certificate").names, hosts);
    }
}
