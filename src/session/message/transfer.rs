/*!
Content-transfer-encodings (RFC 2045, section 6), decoded as the bytes come: no line is ever held.

Bytes that do not belong to the encoding are passed over in base64 and kept as they are in quoted-printable, as mail
readers do.
*/

/// Decodes one part's content.
#[derive(Debug)]
pub enum Transfer {
    /// 7bit, 8bit, binary, and unknown encodings.
    Identity,
    /// base64.
    Base64(Base64),
    /// quoted-printable.
    QuotedPrintable(QuotedPrintable),
}

impl Transfer {
    /// The decoder for a Content-Transfer-Encoding in lower case.
    pub fn named(encoding: Option<&str>) -> Self {
        match encoding {
            Some("base64") => Self::Base64(Base64::default()),
            Some("quoted-printable") => Self::QuotedPrintable(QuotedPrintable::default()),
            _ => Self::Identity,
        }
    }

    /// True where content goes through as it is.
    pub fn is_identity(&self) -> bool {
        matches!(self, Self::Identity)
    }

    /// True where the ends of lines within content make no difference, as long as nothing is missing.
    pub fn ignores_line_ends(&self) -> bool {
        matches!(self, Self::Base64(_))
    }

    /// Decodes the next bytes of a line, without its end.
    pub fn decode(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        match self {
            Self::Identity => out.extend_from_slice(bytes),
            Self::Base64(base64) => base64.decode(bytes, out),
            Self::QuotedPrintable(quoted) => quoted.decode(bytes, out),
        }
    }

    /// A line has ended, as it was sent: by CR LF, LF, or (at the end of all content) CR.
    pub fn line_end(&mut self, end: &[u8], out: &mut Vec<u8>) {
        match self {
            Self::Identity => out.extend_from_slice(end),
            Self::Base64(base64) => base64.skip_line = false,
            Self::QuotedPrintable(quoted) => quoted.line_end(end, out),
        }
    }

    /// Bytes are missing here.
    pub fn gap(&mut self, out: &mut Vec<u8>) {
        match self {
            Self::Identity => {}
            Self::Base64(base64) => {
                // How many bytes are missing is known, but not how many of them are digits: decoding goes on at the
                // next line, which begins with a whole group.
                base64.end(out);
                base64.skip_line = true;
            }
            Self::QuotedPrintable(quoted) => quoted.flush(out),
        }
    }

    /// The content has ended.
    pub fn end(&mut self, out: &mut Vec<u8>) {
        match self {
            Self::Identity => {}
            Self::Base64(base64) => base64.end(out),
            Self::QuotedPrintable(quoted) => quoted.flush(out),
        }
    }
}

/// base64 (RFC 4648), in pieces of any size. Padding ends a group and not the content: encoders that pad in the middle
/// have begun anew there.
#[derive(Debug, Default)]
pub struct Base64 {
    group: u32,
    digits: u8,
    skip_line: bool,
}

const NO_DIGIT: u8 = 0xFF;
const BASE64_VALUES: [u8; 256] = {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut values = [NO_DIGIT; 256];
    let mut value = 0;
    while value < alphabet.len() {
        values[alphabet[value] as usize] = value as u8;
        value += 1;
    }
    values
};

/// True for the digits of base64 and its padding.
pub fn is_base64(byte: u8) -> bool {
    byte == b'=' || base64_value(byte) != NO_DIGIT
}

fn base64_value(byte: u8) -> u8 {
    BASE64_VALUES[usize::from(byte)]
}

impl Base64 {
    /// Decodes `bytes`; what is no digit is passed over.
    pub fn decode(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        if self.skip_line {
            return;
        }
        let mut rest = bytes;
        // Up to the end of the group that is under way.
        while self.digits != 0
            && let Some((&byte, after)) = rest.split_first()
        {
            rest = after;
            self.digit(byte, out);
        }
        if self.digits == 0 {
            // Nearly always there are digits and nothing else. Otherwise this call has decoded nothing.
            let (groups, after) = rest.split_at(rest.len() / 4 * 4);
            if base64_simd::STANDARD_NO_PAD.decode_append(groups, out).is_ok() {
                rest = after;
            }
        }
        while let Some((&byte, after)) = rest.split_first() {
            // Whole groups at once, which is nearly all there is.
            if self.digits == 0 {
                while let Some((&group, after)) = rest.split_first_chunk::<4>() {
                    let [a, b, c, d] = group.map(base64_value);
                    if a | b | c | d >= 64 {
                        break;
                    }
                    out.extend_from_slice(&[a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d]);
                    rest = after;
                }
                if rest.len() != after.len() + 1 {
                    let Some((&byte, after)) = rest.split_first() else { return };
                    rest = after;
                    self.digit(byte, out);
                    continue;
                }
            }
            rest = after;
            self.digit(byte, out);
        }
    }

    fn digit(&mut self, byte: u8, out: &mut Vec<u8>) {
        match base64_value(byte) {
            NO_DIGIT if byte == b'=' => self.end(out),
            NO_DIGIT => {}
            value => {
                self.group = self.group << 6 | u32::from(value);
                self.digits += 1;
                if self.digits == 4 {
                    let [_, a, b, c] = self.group.to_be_bytes();
                    out.extend_from_slice(&[a, b, c]);
                    *self = Self::default();
                }
            }
        }
    }

    /// Ends the group: by padding, or because nothing follows.
    pub fn end(&mut self, out: &mut Vec<u8>) {
        match self.digits {
            2 => out.push((self.group >> 4) as u8),
            3 => out.extend_from_slice(&[(self.group >> 10) as u8, (self.group >> 2) as u8]),
            _ => {}
        }
        (self.group, self.digits) = (0, 0);
    }
}

/// Bytes of white space that are held until it is known whether they end a line; longer white space is content.
const TRAILING_SPACE: usize = 1_000;

/// quoted-printable, in pieces of any size.
#[derive(Debug, Default)]
pub struct QuotedPrintable {
    escape: Escape,
    /// White space that may turn out to end the line, and is no content then (RFC 2045, section 6.7, rule 3).
    space: Vec<u8>,
}

#[derive(Debug, Default)]
enum Escape {
    #[default]
    No,
    /// After `=`.
    Begun,
    /// After `=` and one hexadecimal digit.
    Digit(u8),
}

impl QuotedPrintable {
    fn decode(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        let mut rest = bytes;
        while let Some((&byte, after)) = rest.split_first() {
            if matches!(self.escape, Escape::No) && !matches!(byte, b'=' | b' ' | b'\t') {
                let plain = rest.iter().position(|b| matches!(b, b'=' | b' ' | b'\t')).unwrap_or(rest.len());
                let (plain, after) = rest.split_at(plain);
                out.append(&mut self.space);
                out.extend_from_slice(plain);
                rest = after;
                continue;
            }
            rest = after;
            self.byte(byte, out);
        }
    }

    fn byte(&mut self, byte: u8, out: &mut Vec<u8>) {
        self.escape = match (std::mem::take(&mut self.escape), byte) {
            (Escape::No, b'=') => {
                out.append(&mut self.space);
                Escape::Begun
            }
            (Escape::No, b' ' | b'\t') => {
                self.space.push(byte);
                if self.space.len() >= TRAILING_SPACE {
                    out.append(&mut self.space);
                }
                Escape::No
            }
            // `=` and white space before the line end is a soft line break too.
            (Escape::Begun, b' ' | b'\t') => Escape::Begun,
            (Escape::Begun, _) if hex_digit(byte).is_some() => Escape::Digit(byte),
            (Escape::Begun, _) => {
                out.push(b'=');
                return self.byte(byte, out);
            }
            (Escape::Digit(first), _) => match (hex_digit(first), hex_digit(byte)) {
                (Some(high), Some(low)) => {
                    out.push(high << 4 | low);
                    Escape::No
                }
                _ => {
                    out.extend_from_slice(&[b'=', first]);
                    return self.byte(byte, out);
                }
            },
            (Escape::No, _) => {
                out.append(&mut self.space);
                out.push(byte);
                Escape::No
            }
        };
    }

    fn line_end(&mut self, end: &[u8], out: &mut Vec<u8>) {
        self.space.clear();
        match std::mem::take(&mut self.escape) {
            Escape::Begun => {}
            Escape::Digit(first) => {
                out.extend_from_slice(&[b'=', first]);
                out.extend_from_slice(end);
            }
            Escape::No => out.extend_from_slice(end),
        }
    }

    fn flush(&mut self, out: &mut Vec<u8>) {
        self.space.clear();
        if let Escape::Digit(first) = std::mem::take(&mut self.escape) {
            out.extend_from_slice(&[b'=', first]);
        }
    }
}

/// The value of a hexadecimal digit.
pub fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Decodes `content` in pieces of `size` bytes.
    fn decoded(encoding: &str, content: &[u8], size: usize) -> Vec<u8> {
        let (mut transfer, mut out) = (Transfer::named(Some(encoding)), Vec::new());
        for line in content.split_inclusive(|&b| b == b'\n') {
            let text = line.strip_suffix(b"\r\n").or(line.strip_suffix(b"\n")).unwrap_or(line);
            text.chunks(size).for_each(|piece| transfer.decode(piece, &mut out));
            if text.len() < line.len() {
                transfer.line_end(&line[text.len()..], &mut out);
            }
        }
        transfer.end(&mut out);
        out
    }

    #[test]
    fn base64_as_it_is_really_sent() {
        for (wire, content) in [
            ("aGVsbG8=", &b"hello"[..]),
            ("aGVs\r\nbG8=\r\n", b"hello"),
            ("aGVsbG8", b"hello"),
            ("a G!V*s\r\n\r\nbG8=", b"hello"),
            ("NA==\r\nMg==", b"42"),
            ("NA=\r\n=Mg\r\n==\r\n", b"42"),
            ("a", b""),
            ("", b""),
            ("====", b""),
        ] {
            for size in [1, 2, 3, 100] {
                assert_eq!(decoded("base64", wire.as_bytes(), size), content, "{wire:?} {size}");
            }
        }
    }

    #[test]
    fn quoted_printable_as_it_is_really_sent() {
        for (wire, content) in [
            ("a=C3=A9b\r\n", &b"a\xc3\xa9b\r\n"[..]),
            ("soft=\r\nbreak=  \r\n!", b"softbreak!"),
            ("trailing \t\r\nspace \n", b"trailing\r\nspace\n"),
            ("in the middle  of it", b"in the middle  of it"),
            ("1=2 =zz =4 =", b"1=2 =zz =4 "),
            ("=e9=E9", b"\xe9\xe9"),
        ] {
            for size in [1, 2, 3, 100] {
                let decoded = decoded("quoted-printable", wire.as_bytes(), size);
                assert_eq!(decoded.escape_ascii().to_string(), content.escape_ascii().to_string(), "{wire:?} {size}");
            }
        }
    }

    #[test]
    fn after_a_gap_base64_begins_at_the_next_line() {
        let (mut base64, mut out) = (Transfer::named(Some("base64")), Vec::new());
        base64.decode(b"aGVsb", &mut out);
        base64.gap(&mut out);
        base64.decode(b"xxxxx", &mut out);
        base64.line_end(b"\r\n", &mut out);
        base64.decode(b"aGVs", &mut out);
        assert_eq!(out, b"helhel");
    }

    proptest! {
        #[test]
        fn what_others_encode_is_decoded(content: Vec<u8>, size in 1_usize..40) {
            let wire = data_encoding::BASE64_MIME.encode(&content);
            prop_assert_eq!(decoded("base64", wire.as_bytes(), size), content);
        }

        #[test]
        fn pieces_make_no_difference(content: Vec<u8>, size in 1_usize..9) {
            for encoding in ["base64", "quoted-printable", "8bit"] {
                prop_assert_eq!(decoded(encoding, &content, size), decoded(encoding, &content, 1_000));
            }
        }
    }
}
