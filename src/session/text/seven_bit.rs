//! Charsets that put other scripts into seven bits: HZ (RFC 1843) and ISO-2022-JP (RFC 1468). Their bytes are valid UTF-8,
//! so they are recognised by their escapes.

use encoding_rs::{GBK, ISO_2022_JP};

/// HZ as text. Between `~{` and `~}` each pair of bytes is a character of GB 2312 without the high bits; outside, `~~` is
/// a tilde and `~` before a line end is nothing. What is not in that form stays as it is.
pub fn hz(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(tilde) = memchr::memchr(b'~', rest) {
        let (before, from) = rest.split_at(tilde);
        out.push_str(&String::from_utf8_lossy(before));
        rest = match from {
            [_, b'{', after @ ..] => match pairs(after) {
                Some((text, after)) => {
                    out.push_str(&text);
                    after
                }
                None => {
                    out.push_str("~{");
                    after
                }
            },
            [_, b'~', after @ ..] => {
                out.push('~');
                after
            }
            [_, b'\n', after @ ..] | [_, b'\r', b'\n', after @ ..] => after,
            [_, after @ ..] => {
                out.push('~');
                after
            }
            [] => from,
        };
    }
    out.push_str(&String::from_utf8_lossy(rest));
    out
}

/// The characters at the beginning of `bytes`, up to `~}` or the end, and what follows. `None` if these are no pairs.
fn pairs(bytes: &[u8]) -> Option<(String, &[u8])> {
    let len = memchr::memmem::find(bytes, b"~}").unwrap_or(bytes.len());
    let (inside, after) = bytes.split_at_checked(len)?;
    let is_pair = |pair: &[u8]| matches!(pair, [0x21..=0x77, 0x21..=0x7e]);
    if inside.is_empty() || !inside.chunks(2).all(is_pair) {
        return None;
    }
    let high: Vec<u8> = inside.iter().map(|byte| byte | 0x80).collect();
    let text = GBK.decode_without_bom_handling_and_without_replacement(&high)?.into_owned();
    Some((text, after.strip_prefix(b"~}").unwrap_or(after)))
}

/// The text of `bytes` in HZ or ISO-2022-JP, if nothing but such a charset explains their escapes.
pub fn undeclared(bytes: &[u8]) -> Option<String> {
    memchr::memchr2(0x1b, b'~', bytes)?;
    if !bytes.is_ascii() {
        return None;
    }
    let japanese = [b"\x1b$B", b"\x1b$@", b"\x1b(J"].into_iter().any(|escape| has(bytes, escape));
    if japanese {
        return ISO_2022_JP
            .decode_without_bom_handling_and_without_replacement(bytes)
            .map(std::borrow::Cow::into_owned);
    }
    // Prose may hold `~{` by chance, but hardly pairs and `~}` after it.
    let is_hz = |from: usize| {
        let inside = bytes.get(from + 2..).unwrap_or_default();
        has(inside, b"~}") && pairs(inside).is_some()
    };
    memchr::memmem::find(bytes, b"~{").is_some_and(is_hz).then(|| hz(bytes))
}

fn has(bytes: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(bytes, part).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::text::text_in;

    #[test]
    fn hz_is_read_as_rfc_1843_writes_it() {
        assert_eq!(hz(b"This is ~{<:Ky2;S{#,NpJ)l6HK!#~}Bye."), "This is 己所不欲，勿施於人。Bye.");
        assert_eq!(hz(b"a ~~ b ~\nc ~"), "a ~ b c ~");
        assert_eq!(hz(b"~{<:Ky"), "己所", "cut before its end");
        assert_eq!(hz(b"~{x~} ~{}"), "~{x~} ~{}", "no pairs");
        assert_eq!(text_in(b"~{<:Ky~}", Some(b"HZ-GB-2312")), "己所");
    }

    #[test]
    fn escapes_show_what_was_not_declared() {
        assert_eq!(undeclared(b"\x1b$B$3$s$K$A$O\x1b(B!").as_deref(), Some("こんにちは!"));
        assert_eq!(undeclared(b"~{<:Ky~} ok").as_deref(), Some("己所 ok"));
        for plain in [&b"plain"[..], b"~{}", b"a ~{ b ~} c", b"\x1b[31mred", b"\xcf\xd4 \x1b$B", b"\x1b$B$3\x01"] {
            assert_eq!(undeclared(plain), None, "{plain:?}");
        }
    }
}
