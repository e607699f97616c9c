/*!
BODYSTRUCTURE (RFC 3501, section 7.4.2; RFC 9051): the parts of a message that are files, each with the MIME header that
describes it.

Clients fetch an attachment by itself, as `BODY[2]`: its octets say neither what it is called nor how it is encoded. The
server has said so before, in BODYSTRUCTURE. A part's description is made into the header that it had in the message, so
that a part fetched by itself is read like one within its message.
*/

use super::lexer::{literal, quoted, unescaped};
use crate::limits::{MIME_DEPTH, MIME_PARTS};
use nom::Parser;
use nom::bytes::complete::is_not;

/// A part of a message that is a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FilePart {
    /// The section that fetches it: `2`, `1.2`.
    pub section: String,
    /// Its MIME header (RFC 2045, section 3), with the empty line that ends it.
    pub header: Vec<u8>,
}

/// The parts that are files, of the message whose FETCH response has these words: `* 12 FETCH (…`. Empty if the response
/// has no BODYSTRUCTURE, or one that cannot be read.
pub(super) fn file_parts(response: &[u8]) -> Vec<FilePart> {
    let mut parts = Vec::new();
    let Some(mut rest) = memchr::memchr(b'(', response).and_then(|open| response.get(open + 1..)) else { return parts };
    // The items of the response, a name and a value each.
    while let Some((name, after)) = value(rest, 0) {
        let Some((item, after)) = value(after, 0) else { break };
        if let (Value::Text(name), Value::List(body)) = (&name, &item)
            && name.eq_ignore_ascii_case(b"BODYSTRUCTURE")
        {
            body_parts(body, "", &mut parts);
        }
        rest = after;
    }
    parts
}

/// A value of the grammar: a parenthesised list, or a string; NIL is an empty string.
#[derive(Debug, PartialEq, Eq)]
enum Value {
    List(Vec<Value>),
    Text(Vec<u8>),
}

impl Value {
    fn text(&self) -> &[u8] {
        match self {
            Self::Text(text) => text,
            Self::List(_) => b"",
        }
    }

    fn list(&self) -> &[Value] {
        match self {
            Self::List(list) => list,
            Self::Text(_) => &[],
        }
    }
}

/// The value at the beginning of `at`, and what follows it. `None` at the end, at a closing parenthesis, and where lists
/// are nested too deep.
fn value(at: &[u8], depth: usize) -> Option<(Value, &[u8])> {
    let at = at.trim_ascii_start();
    match at.first()? {
        b')' => None,
        b'(' => {
            let (mut list, mut rest) = (Vec::new(), at.get(1..)?);
            while let Some((inner, after)) = (depth <= 2 * MIME_DEPTH).then(|| value(rest, depth + 1)).flatten() {
                list.push(inner);
                rest = after;
            }
            let rest = rest.trim_ascii_start().strip_prefix(b")")?;
            Some((Value::List(list), rest))
        }
        b'"' => {
            let (rest, inside) = quoted(at).ok()?;
            Some((Value::Text(unescaped(inside).into_owned()), rest))
        }
        b'{' | b'~' => {
            let (rest, octets) = literal(at).ok()?;
            Some((Value::Text(octets.to_vec()), rest))
        }
        _ => {
            let (rest, atom) = is_not::<_, _, nom::error::Error<_>>(" ()\"\r\n").parse(at).ok()?;
            let text = if atom.eq_ignore_ascii_case(b"NIL") { Vec::new() } else { atom.to_vec() };
            Some((Value::Text(text), rest))
        }
    }
}

/// `body = "(" (body-type-1part / body-type-mpart) ")"`: the files in it. `prefix` is the section of the message that the
/// body is that of, with a dot; empty for the outermost.
fn body_parts(body: &[Value], prefix: &str, parts: &mut Vec<FilePart>) {
    match body.first() {
        Some(Value::List(_)) => {
            let bodies = body.iter().take_while(|part| matches!(part, Value::List(_)));
            for (n, part) in (1..).zip(bodies) {
                body_part(part.list(), format!("{prefix}{n}"), parts);
            }
        }
        // The only part of a message is part 1.
        _ => body_part(body, format!("{prefix}1"), parts),
    }
}

fn body_part(body: &[Value], section: String, parts: &mut Vec<FilePart>) {
    if parts.len() >= MIME_PARTS {
        return;
    }
    if let Some(Value::List(_)) = body.first() {
        return body_parts(body, &format!("{section}."), parts);
    }
    let [media, subtype, parameters, id, _description, encoding, _size, rest @ ..] = body else { return };
    let is = |value: &Value, name: &[u8]| value.text().eq_ignore_ascii_case(name);
    // A text has its lines before the extension data; a message has its envelope, its body and its lines.
    let extension = match () {
        () if is(media, b"TEXT") => rest.get(1..),
        () if is(media, b"MESSAGE") && rest.get(1).is_some_and(|body| matches!(body, Value::List(_))) => {
            body_parts(rest.get(1).map(Value::list).unwrap_or_default(), &format!("{section}."), parts);
            rest.get(3..)
        }
        () => Some(rest),
    };
    // `body-fld-md5 [SP body-fld-dsp …]`.
    let disposition = extension.and_then(|extension| extension.get(1)).map(Value::list).unwrap_or_default();
    let (kind, disposed) = match disposition {
        [kind, parameters, ..] => (kind.text(), parameters.list()),
        [kind] => (kind.text(), &[][..]),
        [] => (&b""[..], &[][..]),
    };
    let is_file = !["TEXT", "MESSAGE", "MULTIPART"].iter().any(|text| is(media, text.as_bytes()));
    let is_named = [parameters.list(), disposed].into_iter().flatten().any(|name| {
        let name = name.text().to_ascii_lowercase();
        name.starts_with(b"name") || name.starts_with(b"filename")
    });
    if !is_file && !is_named && !kind.eq_ignore_ascii_case(b"attachment") {
        return;
    }
    let mut header = b"Content-Type: ".to_vec();
    add(&mut header, media.text());
    header.push(b'/');
    add(&mut header, subtype.text());
    add_parameters(&mut header, parameters.list());
    for (name, value) in [(&b"Content-Transfer-Encoding"[..], encoding.text()), (b"Content-ID", id.text())] {
        if !value.is_empty() {
            header.extend([name, b": "].concat());
            add(&mut header, value);
            header.extend(b"\r\n");
        }
    }
    if !kind.is_empty() {
        header.extend(b"Content-Disposition: ");
        add(&mut header, kind);
        add_parameters(&mut header, disposed);
    }
    header.extend(b"\r\n");
    parts.push(FilePart { section, header });
}

/// `; name="value"` for each, and the line end.
fn add_parameters(header: &mut Vec<u8>, parameters: &[Value]) {
    for pair in parameters.chunks_exact(2) {
        let [name, value] = pair else { continue };
        header.extend(b"; ");
        add(header, name.text());
        // `name*=utf-8''…` must not be quoted (RFC 2231, section 4).
        if name.text().ends_with(b"*") {
            header.push(b'=');
            add(header, value.text());
            continue;
        }
        header.extend(b"=\"");
        for &byte in value.text() {
            if matches!(byte, b'"' | b'\\') {
                header.push(b'\\');
            }
            add(header, &[byte]);
        }
        header.push(b'"');
    }
    header.extend(b"\r\n");
}

/// Adds `text` without its line ends, which would begin another field.
fn add(header: &mut Vec<u8>, text: &[u8]) {
    header.extend(text.iter().filter(|byte| !matches!(byte, b'\r' | b'\n')));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Section and header of each file, the header on one line.
    fn files(response: &str) -> Vec<String> {
        file_parts(response.as_bytes())
            .iter()
            .map(|part| {
                let header = String::from_utf8_lossy(&part.header).replace("\r\n", " | ");
                format!("{} {}", part.section, header.trim_end_matches([' ', '|']))
            })
            .collect()
    }

    #[test]
    fn files_are_named_by_the_section_that_fetches_them() {
        let text = r#"("TEXT" "PLAIN" ("CHARSET" "UTF-8") NIL NIL "7BIT" 12 1 NIL NIL NIL NIL)"#;
        let pdf = r#"("APPLICATION" "PDF" ("NAME" "r.pdf") NIL NIL "BASE64" 124 NIL ("ATTACHMENT" ("FILENAME" "r.pdf")) NIL NIL)"#;
        let png = r#"("image" "png" NIL "<logo>" NIL "base64" 300)"#;
        assert_eq!(
            files(&format!(r#"* 1 FETCH (UID 7 BODYSTRUCTURE ({text}{pdf} "MIXED" ("BOUNDARY" "b")) FLAGS ())"#)),
            [
                r#"2 Content-Type: APPLICATION/PDF; NAME="r.pdf" | Content-Transfer-Encoding: BASE64 | Content-Disposition: ATTACHMENT; FILENAME="r.pdf""#
            ]
        );
        let related = format!(r#"({text}{png} "RELATED" NIL NIL NIL)"#);
        let message = format!(
            r#"("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 999 ("d" "s" NIL NIL NIL NIL NIL NIL NIL NIL) ({text}{pdf} "MIXED") 40 NIL ("ATTACHMENT" ("FILENAME" "f.eml")))"#
        );
        let sections: Vec<String> =
            file_parts(format!(r#"* 2 FETCH (BODYSTRUCTURE ({related}{message}{pdf} "MIXED"))"#).as_bytes())
                .into_iter()
                .map(|part| part.section)
                .collect();
        assert_eq!(sections, ["1.2", "2.2", "2", "3"]);
        assert_eq!(
            files(&format!("* 3 FETCH (BODYSTRUCTURE {png})")),
            ["1 Content-Type: image/png | Content-Transfer-Encoding: base64 | Content-ID: <logo>"]
        );
    }

    #[test]
    fn names_in_literals_and_in_the_form_of_rfc_2231() {
        assert_eq!(
            files(
                "* 1 FETCH (BODYSTRUCTURE (\"A\" \"B\" (\"NAME\" {5}\na\"\r\nb \"X*\" \"utf-8''%c3%a9\") NIL NIL \"8BIT\" 1))"
            ),
            [r#"1 Content-Type: A/B; NAME="a\"b"; X*=utf-8''%c3%a9 | Content-Transfer-Encoding: 8BIT"#]
        );
    }

    #[test]
    fn what_is_no_structure_has_no_files() {
        let deep = "(".repeat(100_000);
        for response in [
            "* 1 FETCH (FLAGS ())",
            "* 1 FETCH",
            "* 1 FETCH (BODYSTRUCTURE NIL)",
            "* 1 FETCH (BODYSTRUCTURE (\"A\" \"B\"))",
            "* 1 FETCH (BODYSTRUCTURE (\"A\" \"B\" NIL NIL NIL",
            // The words of another item are no structure.
            "* 1 FETCH (ENVELOPE (NIL \"BODYSTRUCTURE ((\" NIL))",
            &format!("* 1 FETCH (BODYSTRUCTURE {deep}"),
        ] {
            assert_eq!(files(response), [""; 0], "{}", response.get(..60).unwrap_or(response));
        }
    }
}
