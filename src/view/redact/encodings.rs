//! The forms that a secret may have where it is repeated: by a server, in a link, in a header.

use data_encoding::{BASE32_NOPAD, BASE64, BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};
use std::fmt::Write;

/// `text` as base64, as tolerantly as a server might read it: with blanks inside, without padding, in the alphabet of
/// URLs. `None` where it is none.
pub fn base64(text: &str) -> Option<Vec<u8>> {
    let bare: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace() && *byte != b'=').collect();
    let mut whole = bare.clone();
    if whole.len() % 4 == 1 {
        whole.pop(); // The end is missing: what can be read of it is read.
    }
    let decoded = BASE64_NOPAD.decode(&whole).ok().or_else(|| BASE64URL_NOPAD.decode(&bare).ok());
    decoded.or_else(|| {
        // Bits beyond the last byte are not looked at.
        let mut tolerant = BASE64_NOPAD.specification();
        tolerant.check_trailing_bits = false;
        tolerant.encoding().ok()?.decode(&whole).ok()
    })
}

/// `secret` in the forms that are searched for beside itself and base64.
pub fn forms(secret: &str) -> Vec<String> {
    let bytes = secret.as_bytes();
    let mut forms = vec![secret.to_uppercase(), secret.to_lowercase(), HEXLOWER.encode(bytes), HEXUPPER.encode(bytes)];
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    // RFC 3986, section 2.1, and the form of HTML's forms, where a space is `+`.
    let percent = |plain: &dyn Fn(u8) -> bool, upper: bool| escaped(bytes, '%', plain, upper);
    for upper in [true, false] {
        let link = percent(&plain, upper);
        forms.push(link.replace("%20", "+"));
        forms.push(link);
        forms.push(percent(&|byte| plain(byte) || b"!$&'()*+,;=:@/?".contains(&byte), upper));
        forms.push(percent(&|_| false, upper));
        // RFC 2045, section 6.7; RFC 2047, section 4.2.
        forms.push(escaped(bytes, '=', &|byte| byte != b'=' && (0x20..0x7f).contains(&byte), upper));
        forms.push(escaped(bytes, '=', &|byte| byte.is_ascii_alphanumeric(), upper));
        forms.push(escaped(bytes, '=', &|_| false, upper));
    }
    forms.push(modified_utf_7(secret));
    if secret.contains(|c: char| c.is_ascii_punctuation()) {
        backslashes(secret, &mut forms);
    }
    if secret.contains(['&', '<', '>', '"', '\'']) {
        let named = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        for apostrophe in ["&#39;", "&#x27;", "&#039;", "&apos;", "'"] {
            forms.push(named.replace('"', "&quot;").replace('\'', apostrophe));
        }
        forms.push(named);
    }
    // As numbers, in HTML and in the strings of programming languages.
    let numbers = |number: &dyn Fn(&mut String, u32)| {
        secret.chars().fold(String::new(), |mut all, c| {
            number(&mut all, u32::from(c));
            all
        })
    };
    // A string can always be written to.
    forms.push(numbers(&|all, c| _ = write!(all, "&#{c};")));
    forms.push(numbers(&|all, c| _ = write!(all, "&#x{c:x};")));
    forms.push(numbers(&|all, c| _ = write!(all, "&#x{c:X};")));
    forms.push(numbers(&|all, c| _ = write!(all, "\\u{c:04x}")));
    forms.push(numbers(&|all, c| _ = write!(all, "\\u{c:04X}")));
    let not_ascii = |all: &mut String, c: u32, number: String| match char::from_u32(c) {
        Some(c) if c.is_ascii() => all.push(c),
        _ => all.push_str(&number),
    };
    if !secret.is_ascii() {
        forms.push(numbers(&|all, c| not_ascii(all, c, format!("\\u{c:04x}"))));
        forms.push(numbers(&|all, c| not_ascii(all, c, format!("&#{c};"))));
    }
    for upper in [false, true] {
        forms.extend([" ", ":", "-", ", "].map(|between| octets(bytes, upper, "", between)));
        forms.push(octets(bytes, upper, "\\x", ""));
        forms.push(octets(bytes, upper, "0x", " "));
    }
    let octal = |all: &mut String, byte: u8| _ = write!(all, "\\{byte:03o}");
    forms.push(escaped_by(bytes, &|_| false, octal));
    // Escapes for bytes that are not of ASCII alone: `\xe4`, `\344`.
    if !secret.is_ascii() {
        let is_shown = |byte: u8| (0x20..0x7f).contains(&byte);
        forms.push(escaped_by(bytes, &is_shown, |all, byte| {
            all.push_str("\\x");
            push_octet(all, byte, false);
        }));
        forms.push(escaped_by(bytes, &is_shown, octal));
    }
    // Base64 once more over base64, and what people do with words.
    forms.push(BASE32_NOPAD.encode(bytes));
    for encoded in [BASE64.encode(bytes), BASE64_NOPAD.encode(bytes)] {
        forms.push(BASE64_NOPAD.encode(encoded.as_bytes()));
    }
    forms.push(secret.chars().rev().collect());
    let single = secret.chars().flat_map(|c| [c, ' ']).collect::<String>();
    forms.push(single.trim_end().to_owned());
    forms.push(swapped(secret));
    forms.push(title(secret));
    // UTF-16 whose zero bytes were taken for characters.
    forms.push(secret.chars().flat_map(|c| [c, '\0']).take(2 * secret.chars().count() - 1).collect());
    forms
}

/// `secret` in UTF-16, as NTLM has it.
pub fn utf_16(secret: &str) -> Vec<u8> {
    secret.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// `secret` in the bytes of the charsets that servers and clients take for UTF-8 or Latin-1.
pub fn in_charsets(secret: &str) -> Vec<Vec<u8>> {
    let all = [encoding_rs::WINDOWS_1252, encoding_rs::GBK, encoding_rs::BIG5, encoding_rs::SHIFT_JIS];
    let all = all.into_iter().chain([encoding_rs::WINDOWS_1251, encoding_rs::KOI8_R]);
    let encoded = all.filter_map(|charset| {
        let (bytes, _, is_lossy) = charset.encode(secret);
        (!is_lossy).then(|| bytes.into_owned())
    });
    encoded.collect()
}

/// Bytes as they are shown where each is taken for a character of Latin-1, and percent-encoded.
pub fn of_bytes(bytes: &[u8]) -> Vec<String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    vec![
        bytes.iter().map(|&byte| char::from(byte)).collect(),
        escaped(bytes, '%', &plain, true),
        escaped(bytes, '%', &plain, false),
        escaped(bytes, '=', &|byte| byte != b'=' && (0x20..0x7f).contains(&byte), true),
        HEXLOWER.encode(bytes),
        HEXUPPER.encode(bytes),
    ]
}

/// With backslashes before some or all signs, as shells, JSON and programming languages quote.
fn backslashes(secret: &str, forms: &mut Vec<String>) {
    let escape = |signs: &dyn Fn(char) -> bool| {
        let escaped = secret.chars().flat_map(|c| signs(c).then_some('\\').into_iter().chain([c]));
        escaped.collect::<String>()
    };
    forms.push(escape(&|c| matches!(c, '"' | '\\')));
    forms.push(escape(&|c| matches!(c, '"' | '\\' | '/')));
    forms.push(escape(&|c| c == '\''));
    forms.push(escape(&|c| matches!(c, '\'' | '\\')));
    forms.push(escape(&|c| matches!(c, '"' | '\'' | '\\')));
    forms.push(escape(&|c| c.is_ascii_punctuation()));
    forms.push(escape(&|c| {
        c.is_ascii_punctuation() && !matches!(c, '_' | '-' | '.' | '/' | '@' | '%' | '+' | ',' | ':')
    }));
    // In SQL, a quotation mark is doubled.
    forms.push(secret.replace('\'', "''"));
    forms.push(secret.replace('"', "\"\""));
}

fn swapped(secret: &str) -> String {
    let swap = |c: char| if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
    secret.chars().map(swap).collect()
}

/// Each word begins with a capital.
fn title(secret: &str) -> String {
    let mut begins = true;
    let word = secret.chars().map(|c| {
        let is_first = std::mem::replace(&mut begins, !c.is_ascii_alphabetic());
        if is_first { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }
    });
    word.collect()
}

/// `secret` in UTF-16 with the high byte first.
pub fn utf_16_be(secret: &str) -> Vec<u8> {
    secret.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

/// `bytes` with `sign` and two digits in place of those that are not `plain`.
fn escaped(bytes: &[u8], sign: char, plain: &dyn Fn(u8) -> bool, upper: bool) -> String {
    escaped_by(bytes, plain, |text, byte| {
        text.push(sign);
        push_octet(text, byte, upper);
    })
}

/// `bytes`, those that are not `plain` as `escape` writes them.
fn escaped_by(bytes: &[u8], plain: &dyn Fn(u8) -> bool, escape: impl Fn(&mut String, u8)) -> String {
    let mut text = String::with_capacity(4 * bytes.len());
    for &byte in bytes {
        match plain(byte) {
            true => text.push(char::from(byte)),
            false => escape(&mut text, byte),
        }
    }
    text
}

/// `bytes` in hexadecimal digits, with `before` before each and `between` two.
fn octets(bytes: &[u8], upper: bool, before: &str, between: &str) -> String {
    let mut text = String::with_capacity((2 + before.len() + between.len()) * bytes.len());
    for (nth, &byte) in bytes.iter().enumerate() {
        text.push_str(if nth > 0 { between } else { "" });
        text.push_str(before);
        push_octet(&mut text, byte, upper);
    }
    text
}

/// Appends two hexadecimal digits.
fn push_octet(text: &mut String, byte: u8, upper: bool) {
    for nibble in [byte >> 4, byte & 0x0f] {
        let digit = char::from_digit(nibble.into(), 16).unwrap_or_default();
        text.push(if upper { digit.to_ascii_uppercase() } else { digit });
    }
}

/// As a mailbox name of IMAP (RFC 3501, section 5.1.3).
fn modified_utf_7(secret: &str) -> String {
    let (mut text, mut shifted) = (String::new(), Vec::new());
    let unshift = |shifted: &mut Vec<u8>, text: &mut String| {
        if !shifted.is_empty() {
            text.push('&');
            text.push_str(BASE64.encode(shifted).trim_end_matches('=').replace('/', ",").as_str());
            text.push('-');
            shifted.clear();
        }
    };
    for c in secret.chars() {
        if c.is_ascii_graphic() || c == ' ' {
            unshift(&mut shifted, &mut text);
            text.push(c);
            if c == '&' {
                text.push('-');
            }
        } else {
            let mut units = [0; 2];
            shifted.extend(c.encode_utf16(&mut units).iter().flat_map(|unit| unit.to_be_bytes()));
        }
    }
    unshift(&mut shifted, &mut text);
    text
}

#[cfg(test)]
mod tests {
    use super::{base64, forms, utf_16};

    #[test]
    fn base64_is_read_as_servers_read_it() {
        for said in ["c2VjcmV0MTI=", "c2VjcmV0MTI", " c2Vj cmV0MTI= ", "c2VjcmV0MTI===", "c2VjcmV0MTJ"] {
            assert_eq!(base64(said).as_deref(), Some(&b"secret12"[..]), "{said:?}");
        }
        assert_eq!(
            base64("c2VjcmV0MTIhX").as_deref(),
            Some(&b"secret12!"[..]),
            "a character of the next byte is there"
        );
        assert_eq!(base64("-_-_"), Some(vec![0xfb, 0xff, 0xbf]));
        assert_eq!(base64("no, not base64"), None);
        assert_eq!(base64(""), Some(Vec::new()));
    }

    #[test]
    fn a_secret_is_known_in_its_usual_forms() {
        let forms = forms("Pä ss&<1=\"2\\");
        let all = [
            "PÄ SS&<1=\"2\\",
            "P%C3%A4+ss%26%3C1%3D%222%5C",
            "P%c3%a4%20ss%26%3c1%3d%222%5c",
            "P=C3=A4 ss&<1=3D\"2\\",
            "P&AOQ- ss&-<1=\"2\\",
            "Pä ss&<1=\\\"2\\\\",
            "Pä ss&amp;&lt;1=&quot;2\\",
            "50c3a42073732626"[..14].trim(),
        ];
        for form in all {
            assert!(forms.iter().any(|known| known.starts_with(form)), "{form} of {forms:?}");
        }
        assert!(forms.contains(&"P\0ä\0 \0s\0s\0&\0<\x001\0=\0\"\x002\0\\".to_owned()));
        assert_eq!(utf_16("aé"), [97, 0, 0xe9, 0]);
    }
}
