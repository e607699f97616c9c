/*!
JA4, the fingerprint of a ClientHello, after FoxIO's published description:

`t13d1516h2_8daaf6152771_e5627efa2ab1`: over TCP, the highest version offered, with SNI (`d`) or without (`i`), how many
ciphers, how many extensions, the ends of the first ALPN; a digest of the sorted ciphers; a digest of the sorted
extensions with the signature algorithms in their order. GREASE (RFC 8701) counts nowhere.
*/

use super::handshake::{self, ClientHello};
use sha2::{Digest, Sha256};

/// The fingerprint of `hello`.
pub fn ja4(hello: &ClientHello<'_>) -> String {
    let data = |kind| handshake::extension(&hello.extensions, kind);
    let versions = data(handshake::SUPPORTED_VERSIONS).map(handshake::versions).unwrap_or_default();
    let version = versions.into_iter().filter(|&version| !is_grease(version)).max().unwrap_or(hello.version);
    let mut ciphers: Vec<u16> = hello.ciphers.iter().copied().filter(|&cipher| !is_grease(cipher)).collect();
    let mut kinds: Vec<u16> = hello.extensions.iter().map(|(kind, _)| *kind).filter(|&kind| !is_grease(kind)).collect();
    let sni = if kinds.contains(&handshake::SERVER_NAME) { 'd' } else { 'i' };
    let alpn = data(handshake::ALPN).map(handshake::protocol_name_list).unwrap_or_default();
    let head = format!(
        "t{}{sni}{:02}{:02}{}",
        version_digits(version),
        ciphers.len().min(99),
        kinds.len().min(99),
        alpn_ends(alpn.first().copied().unwrap_or_default())
    );
    ciphers.sort_unstable();
    kinds.retain(|kind| ![handshake::SERVER_NAME, handshake::ALPN].contains(kind));
    kinds.sort_unstable();
    let mut schemes = data(handshake::SIGNATURE_ALGORITHMS).map(handshake::signature_algorithms).unwrap_or_default();
    schemes.retain(|&scheme| !is_grease(scheme));
    let mut tail = hex_list(&kinds);
    if !schemes.is_empty() {
        tail = format!("{tail}_{}", hex_list(&schemes));
    }
    let tail = if kinds.is_empty() { String::new() } else { tail };
    format!("{head}_{}_{}", digest(&hex_list(&ciphers)), digest(&tail))
}

/// The reserved values that mean nothing (RFC 8701): 0x0A0A, 0x1A1A, … 0xFAFA.
fn is_grease(value: u16) -> bool {
    let [high, low] = value.to_be_bytes();
    high == low && low & 0x0f == 0x0a
}

fn version_digits(version: u16) -> &'static str {
    match version {
        0x0304 => "13",
        0x0303 => "12",
        0x0302 => "11",
        0x0301 => "10",
        0x0300 => "s3",
        0x0002 => "s2",
        _ => "00",
    }
}

/// First and last character of the protocol's name, or of its hex form where one of them is not alphanumeric.
fn alpn_ends(name: &[u8]) -> String {
    match (name.first(), name.last()) {
        (Some(first), Some(last)) if first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric() => {
            format!("{}{}", char::from(*first), char::from(*last))
        }
        (Some(first), Some(last)) => format!("{:x}{:x}", first >> 4, last & 0x0f),
        _ => "00".into(),
    }
}

fn hex_list(values: &[u16]) -> String {
    let values: Vec<_> = values.iter().map(|value| format!("{value:04x}")).collect();
    values.join(",")
}

/// The first twelve hex digits of SHA-256; zeros for nothing.
fn digest(text: &str) -> String {
    if text.is_empty() {
        return "0".repeat(12);
    }
    let mut hex = data_encoding::HEXLOWER.encode(&Sha256::digest(text));
    hex.truncate(12);
    hex
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the description.
    #[test]
    fn the_published_example() {
        let alpn = b"\x00\x0c\x02h2\x08http/1.1";
        let versions = b"\x06\xba\xba\x03\x04\x03\x03";
        let schemes = b"\x00\x10\x04\x03\x08\x04\x04\x01\x05\x03\x08\x05\x05\x01\x08\x06\x06\x01";
        let empty: &[u8] = b"";
        let kinds = [
            0x1a1a, 0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002d, 0x000d, 0x0005, 0x0023, 0x0012, 0x002b,
            0xff01, 0x000b, 0x000a, 0x0015, 0x9a9a,
        ];
        let data = |kind| match kind {
            handshake::ALPN => &alpn[..],
            handshake::SUPPORTED_VERSIONS => versions,
            handshake::SIGNATURE_ALGORITHMS => schemes,
            _ => empty,
        };
        let hello = ClientHello {
            version: 0x0303,
            random: [0; 32],
            session_id: &[],
            ciphers: vec![
                0x2a2a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c,
                0x009d, 0x002f, 0x0035,
            ],
            extensions: kinds.map(|kind| (kind, data(kind))).to_vec(),
        };
        assert_eq!(ja4(&hello), "t13d1516h2_8daaf6152771_e5627efa2ab1");
    }

    #[test]
    fn an_empty_hello_has_a_fingerprint_too() {
        let hello = ClientHello {
            version: 0x0301,
            random: [0; 32],
            session_id: &[],
            ciphers: Vec::new(),
            extensions: Vec::new(),
        };
        assert_eq!(ja4(&hello), "t10i000000_000000000000_000000000000");
    }

    #[test]
    fn odd_protocol_names_are_shown_in_hex() {
        assert_eq!(
            [alpn_ends(b"h2"), alpn_ends(b"x"), alpn_ends(b"\xab\xcd"), alpn_ends(b"")],
            ["h2", "xx", "ad", "00"]
        );
    }
}
