//! Text as a JSON string, looked at once.

use super::super::escape::{is_hostile, stands_as_it_is};

/// Appends `text` as a JSON string: what JSON escapes is escaped as `serde_json` does it, and what could mislead a
/// terminal, an eye or a program that splits lines (DEL, C1 controls, U+2028, bidirectional overrides) is written by
/// number.
pub fn write(out: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    out.reserve(bytes.len() + 2);
    out.push(b'"');
    let mut at = plain(bytes);
    if at < bytes.len() {
        let mut copied = 0;
        while let Some(found) = text.get(at..).and_then(|rest| rest.chars().next()) {
            let end = at + found.len_utf8();
            if is_hostile(found) || matches!(found, '"' | '\\') {
                out.extend_from_slice(bytes.get(copied..at).unwrap_or_default());
                escape(out, found);
                copied = end;
            }
            at = end;
            // In a script of other letters, the next is mostly one as well.
            if found.is_ascii() {
                at += plain(bytes.get(at..).unwrap_or_default());
            }
        }
        out.extend_from_slice(bytes.get(copied..).unwrap_or_default());
    } else {
        out.extend_from_slice(bytes);
    }
    out.push(b'"');
}

/// Appends `text`, a word or sentence of the program's own in which nothing is to be escaped, as a JSON string.
pub fn write_ours(out: &mut Vec<u8>, text: &'static str) {
    debug_assert!(stands_as_it_is(text), "{text:?} must be escaped");
    out.reserve(text.len() + 2);
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
}

/// True if `text` is printable ASCII without a quotation mark and a backslash, so that [`write()`] only copies it.
pub fn is_plain(text: &str) -> bool {
    plain(text.as_bytes()) == text.len()
}

#[cold]
fn escape(out: &mut Vec<u8>, found: char) {
    let short = match found {
        '"' | '\\' => found as u8,
        '\n' => b'n',
        '\r' => b'r',
        '\t' => b't',
        '\u{8}' => b'b',
        '\u{c}' => b'f',
        _ => {
            for unit in found.encode_utf16(&mut [0; 2]) {
                out.extend_from_slice(b"\\u");
                for digit in [12, 8, 4, 0].map(|shift| (*unit >> shift & 0xf) as u8) {
                    out.push(if digit < 10 { b'0' + digit } else { b'a' - 10 + digit });
                }
            }
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

/// How many bytes at the beginning are printable ASCII other than a quotation mark and a backslash.
#[inline]
fn plain(bytes: &[u8]) -> usize {
    const LONG: usize = 32;
    let mut at = 0;
    let (long, rest) = bytes.as_chunks::<LONG>();
    for chunk in long {
        // Without a way out in between, the compiler looks at many bytes at a time.
        if chunk.iter().fold(false, |any, &byte| any | is_special(byte)) {
            return at + in_words(chunk);
        }
        at += LONG;
    }
    at + in_words(rest)
}

#[inline]
fn is_special(byte: u8) -> bool {
    !(0x20..0x7f).contains(&byte) | (byte == b'"') | (byte == b'\\')
}

/// [`plain`] eight bytes at a time.
#[inline]
fn in_words(bytes: &[u8]) -> usize {
    let mut at = 0;
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        let marks = marks(u64::from_le_bytes(*word));
        if marks != 0 {
            return at + marks.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    match bytes.last_chunk::<8>() {
        // What is left, and before it bytes that are known to be plain.
        Some(last) if !rest.is_empty() => match marks(u64::from_le_bytes(*last)) {
            0 => bytes.len(),
            marks => bytes.len() - 8 + marks.trailing_zeros() as usize / 8,
        },
        _ => at + few(rest),
    }
}

/// [`plain`] of less than eight bytes.
#[inline]
fn few(bytes: &[u8]) -> usize {
    if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        let both = u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << 32;
        if marks(both) == 0 {
            return bytes.len();
        }
    }
    bytes.iter().position(|&byte| is_special(byte)).unwrap_or(bytes.len())
}

/// Of eight bytes, the first is the lowest: the lowest bit that is set is the highest of the first special byte. Those
/// above it may be set where bytes are plain, by a carry.
#[inline]
fn marks(word: u64) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x80 * EACH;
    // A byte below `limit`, by the borrow; one with its high bit set is special anyway.
    let below = |word: u64, limit: u64| word.wrapping_sub(limit * EACH);
    let control = below(word, 0x20);
    let quote = below(word ^ (b'"' as u64 * EACH), 1);
    let backslash = below(word ^ (b'\\' as u64 * EACH), 1);
    let delete = word.wrapping_add(EACH);
    (word | control | quote | backslash | delete) & HIGH
}
