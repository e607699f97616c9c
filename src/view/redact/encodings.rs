//! The forms that a secret may have where it is repeated: by a server, in a link, in a header.

use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};

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
    if secret.contains(['"', '\\']) {
        forms.push(secret.replace('\\', "\\\\").replace('"', "\\\""));
    }
    if secret.contains(['&', '<', '>', '"', '\'']) {
        let named = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        forms.push(named.replace('"', "&quot;").replace('\'', "&#39;"));
        forms.push(named);
    }
    // UTF-16 whose zero bytes were taken for characters.
    forms.push(secret.chars().flat_map(|c| [c, '\0']).take(2 * secret.chars().count() - 1).collect());
    forms
}

/// `secret` in UTF-16, as NTLM has it.
pub fn utf_16(secret: &str) -> Vec<u8> {
    secret.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn escaped(bytes: &[u8], sign: char, plain: &dyn Fn(u8) -> bool, upper: bool) -> String {
    let mut text = String::new();
    for &byte in bytes {
        match plain(byte) {
            true => text.push(char::from(byte)),
            false => {
                text.push(sign);
                let digits = if upper { HEXUPPER.encode(&[byte]) } else { HEXLOWER.encode(&[byte]) };
                text.push_str(&digits);
            }
        }
    }
    text
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
