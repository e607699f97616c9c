//! Mailbox names: modified UTF-7 (RFC 3501, section 5.1.3) made readable.

use crate::limits::Limit;
use crate::protocol::Sink;

/// The longest name that is remembered: each message of its mailbox carries it again.
const LONGEST: usize = 4 * 1024;

/// `name`, unless it is longer than any mailbox's.
pub(super) fn bounded(name: Vec<u8>, out: &mut dyn Sink) -> Option<Vec<u8>> {
    if name.len() > LONGEST {
        out.limit(Limit::LineBytes);
        return None;
    }
    Some(name)
}

/// `name` in UTF-8. A name that is not modified UTF-7 (UTF-8 by RFC 6855, a lone `&`) is left as it is.
pub(super) fn decode(name: &[u8]) -> Vec<u8> {
    decoded(name).unwrap_or_else(|| name.to_vec())
}

fn decoded(mut name: &[u8]) -> Option<Vec<u8>> {
    let mut readable = Vec::with_capacity(name.len());
    while let Some(ampersand) = memchr::memchr(b'&', name) {
        let (plain, shifted) = (name.get(..ampersand)?, name.get(ampersand + 1..)?);
        readable.extend_from_slice(plain);
        let end = memchr::memchr(b'-', shifted)?;
        match shifted.get(..end)? {
            b"" => readable.push(b'&'),
            base64 => readable.extend_from_slice(utf16(base64)?.as_bytes()),
        }
        name = shifted.get(end + 1..)?;
    }
    readable.extend_from_slice(name);
    Some(readable)
}

/// UTF-16BE in base64 with `,` for `/` and no padding.
fn utf16(base64: &[u8]) -> Option<String> {
    let (mut units, mut bits, mut held) = (Vec::new(), 0_u32, 0_u32);
    for &digit in base64 {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' => 62,
            b',' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        held += 6;
        if held >= 16 {
            held -= 16;
            units.push((bits >> held) as u16);
            bits &= (1 << held) - 1;
        }
    }
    // Fewer than six bits may be left over, all of them zero: they pad the last digit.
    (held < 6 && bits == 0).then(|| String::from_utf16(&units).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_readable() {
        let cases: [(&[u8], &str); 9] = [
            (b"INBOX", "INBOX"),
            (b"~peter/mail/&U,BTFw-/&ZeVnLIqe-", "~peter/mail/台北/日本語"),
            (b"&2D3eAA-", "😀"),
            (b"R&-D", "R&D"),
            (b"&ZeVnLIqe-&-", "日本語&"),
            (b"Entw&APw-rfe", "Entwürfe"),
            (b"R&D", "R&D"),
            (b"&Jjo!-", "&Jjo!-"),
            (b"&2D0-", "&2D0-"),
        ];
        for (name, readable) in cases {
            assert_eq!(String::from_utf8_lossy(&decode(name)), readable);
        }
        assert_eq!(decode("台北".as_bytes()), "台北".as_bytes());
    }
}
