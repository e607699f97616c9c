/*!
Structured fields with parameters: Content-Type (RFC 2045, section 5.1) and Content-Disposition (RFC 2183), with the
continuations, charsets and percent signs of RFC 2231, and with the encoded words that mailers put there instead.
*/

use super::encoded_word;
use super::transfer::hex_digit;
use crate::limits::MIME_PARAMETERS;
use crate::session::text::text_in;

/// A field's value, taken apart.
#[derive(Debug, Default)]
pub struct Field {
    /// What stands before the first `;`, in lower case: `multipart/mixed`, `attachment`. Empty where there is nothing.
    pub value: String,
    parameters: Vec<Parameter>,
    /// There were more than [`MIME_PARAMETERS`].
    pub too_many: bool,
}

/// `name*section*=value`.
#[derive(Debug)]
struct Parameter {
    /// In lower case.
    name: Vec<u8>,
    /// RFC 2231, section 3.
    section: Option<u32>,
    /// With a final `*`: percent-encoded (RFC 2231, section 4).
    extended: bool,
    value: Vec<u8>,
}

impl Field {
    /// Reads `field`, a field's value, unfolded.
    pub fn read(field: &[u8]) -> Self {
        let (value, mut rest) = until(field, |b| b == b';');
        let mut parameters = Vec::new();
        while !rest.is_empty() && parameters.len() < MIME_PARAMETERS {
            let (name, after) = until(rest, |b| matches!(b, b'=' | b';'));
            let Some(after) = after.strip_prefix(b"=") else {
                rest = after.get(1..).unwrap_or_default();
                continue;
            };
            let (value, after) = parameter_value(after.trim_ascii_start());
            if let Some(parameter) = Parameter::named(name.trim_ascii(), value) {
                parameters.push(parameter);
            }
            rest = after;
        }
        let value = without_comment(value).to_ascii_lowercase();
        let too_many = !rest.trim_ascii().is_empty();
        let value = String::from_utf8(value).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned());
        Self { value, parameters, too_many }
    }

    /// The parameter called `name` as text: that of RFC 2231 if there is one, else the simple one with its encoded
    /// words decoded.
    pub fn text(&self, name: &str) -> Option<String> {
        self.text_beside(name, None)
    }

    /// The same, where the entity declares a charset for its body, in which raw 8-bit text is likely to be.
    pub fn text_beside(&self, name: &str, beside: Option<&[u8]>) -> Option<String> {
        let all = || self.parameters.iter().filter(|p| p.name == name.as_bytes());
        let mut sections: Vec<&Parameter> = all().filter(|p| p.section.is_some()).collect();
        sections.sort_by_key(|p| p.section);
        sections.dedup_by_key(|p| p.section);
        // Sections count from 0, in some mailers from 1. A missing one ends the value: the rest may belong elsewhere.
        let from = sections.first().and_then(|p| p.section).map_or(0, u64::from);
        let whole = (from..).zip(&sections).take_while(|(n, p)| p.section.map(u64::from) == Some(*n)).count();
        sections.truncate(whole);
        if sections.is_empty() {
            sections.extend(all().find(|p| p.extended));
        }
        let Some(first) = sections.first() else {
            return all().next().map(|p| encoded_word::decode_beside(&p.value, beside));
        };
        let (charset, first_value) = first.charset();
        if !sections.iter().any(|p| p.extended) {
            let joined: Vec<u8> = sections.iter().flat_map(|p| p.value.iter().copied()).collect();
            return Some(encoded_word::decode_beside(&joined, beside));
        }
        // The sections' bytes are joined before they are decoded: mailers cut within characters.
        let mut bytes = Vec::new();
        percent_decode(first_value, first.extended, &mut bytes);
        for section in sections.iter().skip(1) {
            percent_decode(&section.value, section.extended, &mut bytes);
        }
        Some(text_in(&bytes, charset))
    }

    /// The parameter called `name` as sent, for comparing with other bytes.
    pub fn bytes(&self, name: &str) -> Option<&[u8]> {
        self.parameters.iter().find(|p| p.name == name.as_bytes()).map(|p| p.value.as_slice())
    }
}

impl Parameter {
    fn named(name: &[u8], value: Vec<u8>) -> Option<Self> {
        let (name, extended) = match name.strip_suffix(b"*") {
            Some(name) => (name, true),
            None => (name, false),
        };
        let mut parts = name.splitn(2, |&b| b == b'*');
        let name = parts.next()?.to_ascii_lowercase();
        let section = match parts.next() {
            Some(digits) => Some(std::str::from_utf8(digits).ok()?.parse().ok()?),
            None => None,
        };
        (!name.is_empty()).then_some(Self { name, section, extended, value })
    }

    /// `charset'language'value` of a first section.
    fn charset(&self) -> (Option<&[u8]>, &[u8]) {
        if !self.extended {
            return (None, &self.value);
        }
        let mut parts = self.value.splitn(3, |&b| b == b'\'');
        match (parts.next(), parts.next(), parts.next()) {
            (Some(charset), Some(_language), Some(value)) => (Some(charset), value),
            _ => (None, &self.value),
        }
    }
}

fn percent_decode(value: &[u8], extended: bool, out: &mut Vec<u8>) {
    let mut rest = value;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if extended
            && byte == b'%'
            && let [high, low, after @ ..] = after
            && let (Some(high), Some(low)) = (hex_digit(*high), hex_digit(*low))
        {
            out.push(high << 4 | low);
            rest = after;
            continue;
        }
        out.push(byte);
    }
}

/// Splits `field` before the first byte that is an end.
fn until(field: &[u8], is_end: impl Fn(u8) -> bool) -> (&[u8], &[u8]) {
    field.split_at(field.iter().position(|&b| is_end(b)).unwrap_or(field.len()))
}

/// A parameter's value, and what follows the `;` after it.
fn parameter_value(field: &[u8]) -> (Vec<u8>, &[u8]) {
    let Some(quoted) = field.strip_prefix(b"\"") else {
        // Names with spaces are sent without quotes too: only `;` ends them, or a comment.
        let (token, rest) = until(field, |b| b == b';');
        return (without_comment(token).to_vec(), rest.get(1..).unwrap_or_default());
    };
    let plain = memchr::memchr2(b'"', b'\\', quoted).unwrap_or(quoted.len());
    let (plain, mut rest) = quoted.split_at_checked(plain).unwrap_or((quoted, b""));
    let mut value = plain.to_vec();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match (byte, after.first()) {
            (b'"', _) => break,
            // A backslash before anything else is a Windows path that was not escaped.
            (b'\\', Some(&escaped @ (b'"' | b'\\'))) => {
                value.push(escaped);
                rest = after.get(1..).unwrap_or_default();
            }
            _ => value.push(byte),
        }
    }
    let (_, rest) = until(rest, |b| b == b';');
    (value, rest.get(1..).unwrap_or_default())
}

/// A token without white space around it and without the comment after it.
fn without_comment(token: &[u8]) -> &[u8] {
    let token = token.trim_ascii();
    if !token.ends_with(b")") {
        return token;
    }
    match memchr::memmem::find(token, b" (") {
        Some(comment) => token.get(..comment).unwrap_or_default().trim_ascii_end(),
        None => token,
    }
}

#[cfg(test)]
mod tests {
    use super::Field;

    #[test]
    fn parameters_as_they_are_really_sent() {
        for (field, name, text) in [
            ("text/plain; charset=us-ascii (Plain text)", "charset", "us-ascii"),
            ("TEXT/Plain; CharSet=\"UTF-8\"", "charset", "UTF-8"),
            ("x/y;name = a b.txt ; z=1", "name", "a b.txt"),
            (r#"attachment; filename="a b;c=\"d\".zip"; x=y"#, "filename", r#"a b;c="d".zip"#),
            (r#"attachment; filename="C:\dir\x.txt""#, "filename", r"C:\dir\x.txt"),
            (r#"attachment; filename="no end"#, "filename", "no end"),
            ("attachment;;; ; =x; filename=y", "filename", "y"),
            ("attachment; filename*=UTF-8''%E4%B8%AD%20x", "filename", "中 x"),
            ("attachment; filename=plain; filename*=utf-8''b%C3%A9tter", "filename", "bétter"),
            ("a; filename*0*=gb2312'zh-cn'%BC%FE%C3; filename*1*=%FB%20", "filename", "件名 "),
            ("a; filename*1=b; filename*0=a; filename*3=d", "filename", "ab"),
            ("a; filename*0*=utf-8''%41; filename*1=%42", "filename", "A%42"),
            ("a; filename*1=b; filename*2=c", "filename", "bc"),
            ("a; filename*4294967295=b; filename*0=a", "filename", "a"),
            ("a; filename*4294967295=b", "filename", "b"),
            ("a; filename*99999999999=b; filename=c", "filename", "c"),
            ("a; name=\"=?gb2312?B?1tDOxM7EvP4=?=\"", "name", "中文文件"),
            ("a; name*0=\"=?utf-8?Q?=E4=B8\"; name*1=\"=AD?=\"", "name", "中"),
            ("a; filename*=100%", "filename", "100%"),
            ("a; filename*=utf-8''100%2", "filename", "100%2"),
        ] {
            assert_eq!(Field::read(field.as_bytes()).text(name).as_deref(), Some(text), "{field}");
        }
        assert_eq!(Field::read(b"a; filename=\xd6\xd0\xce\xc4.pdf").text("filename").as_deref(), Some("中文.pdf"));
    }

    #[test]
    fn values() {
        assert_eq!(Field::read(b" Multipart/Mixed (x) ;boundary=x").value, "multipart/mixed");
        assert_eq!(Field::read(b"").value, "");
        assert_eq!(Field::read(b";;=;\"").value, "");
        assert_eq!(Field::read(b"m/x; boundary=\"=_A b\"").bytes("boundary"), Some(&b"=_A b"[..]));
    }
}
