//! A server's certificate (RFC 5280), as far as a report needs it.

use crate::protocol::event::Certificate;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use std::net::{Ipv4Addr, Ipv6Addr};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};
use x509_parser::time::ASN1Time;

/// Names of one certificate that are kept; the largest ones seen have a few hundred.
const NAMES: usize = 1_000;

/// Reads a certificate in DER; `None` where it is none, or its times are none.
pub fn parse(der: &[u8]) -> Option<Certificate> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let names = match certificate.subject_alternative_name() {
        Ok(Some(extension)) => extension.value.general_names.iter().filter_map(name).take(NAMES).collect(),
        _ => Vec::new(),
    };
    Some(Certificate {
        subject: certificate.subject().to_string(),
        issuer: certificate.issuer().to_string(),
        not_before: rfc3339(certificate.validity().not_before)?,
        not_after: rfc3339(certificate.validity().not_after)?,
        names,
        sha256: HEXLOWER.encode(&Sha256::digest(der)),
    })
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
        GeneralName::DirectoryName(name) => Some(name.to_string()),
        _ => None,
    }
}
