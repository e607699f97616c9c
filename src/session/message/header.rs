/*!
Header fields (RFC 5322, section 2.2): what a message says of itself, and what a MIME entity says of its content.
*/

use super::address;
use super::date;
use super::encoded_word::{self, is_space};
use super::parameter::Field;
use crate::limits::HEADER_FIELDS;
use crate::session::model::{Header, HeaderField, MimePart};
use crate::session::text::text;
use std::borrow::Cow;

/// The description of an entity's content in its header.
#[derive(Debug, Default)]
pub struct Entity {
    /// The fields as the model shows them; `parts` is empty.
    pub mime: MimePart,
    /// True where it has a MIME field at all.
    pub described: bool,
    /// The boundary as sent.
    pub boundary: Option<Vec<u8>>,
    /// Content-Disposition's filename, or else Content-Type's name.
    pub filename: Option<String>,
    /// Content-Disposition is `attachment`.
    pub attachment: bool,
    /// A field had more parameters than are read.
    pub too_many: bool,
}

/// The fields of `block`, unfolded: name, and value without the line ends in it and at its end.
///
/// A line that is not a field (mbox's `From ` line, say) is passed over with the lines that continue it.
pub fn fields(block: &[u8]) -> impl Iterator<Item = (&[u8], Cow<'_, [u8]>)> {
    folded_fields(block).map(|(name, value)| (name, unfolded(value)))
}

/// The same, values as sent.
fn folded_fields(block: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut rest = block;
    std::iter::from_fn(move || {
        loop {
            if rest.is_empty() {
                return None;
            }
            let field;
            (field, rest) = rest.split_at_checked(field_len(rest))?;
            let named = name_and_value(field);
            if named.is_some() {
                return named;
            }
        }
    })
}

/// `value` without any CR and LF; most values have them only at the end.
fn unfolded(value: &[u8]) -> Cow<'_, [u8]> {
    let mut rest = value;
    while let [before @ .., b'\r' | b'\n'] = rest {
        rest = before;
    }
    let Some(mut end) = memchr::memchr2(b'\r', b'\n', rest) else { return Cow::Borrowed(rest) };
    let mut unfolded = Vec::with_capacity(rest.len());
    loop {
        let (line, after) = rest.split_at_checked(end).unwrap_or((rest, b""));
        unfolded.extend_from_slice(line);
        rest = after.get(1..).unwrap_or_default();
        if rest.is_empty() {
            return Cow::Owned(unfolded);
        }
        end = memchr::memchr2(b'\r', b'\n', rest).unwrap_or(rest.len());
    }
}

/// Octets of the longest name that [`message`] and [`entity`] know: Content-Transfer-Encoding.
const LONGEST_NAME: usize = 25;

/// `name` in lower case, in `room`; empty where it is longer than any that is known.
fn lower<'a>(name: &[u8], room: &'a mut [u8; LONGEST_NAME]) -> &'a [u8] {
    let Some(lower) = room.get_mut(..name.len()) else { return b"" };
    lower.copy_from_slice(name);
    lower.make_ascii_lowercase();
    lower
}

/// Length of the first line and the lines that continue it.
fn field_len(block: &[u8]) -> usize {
    memchr::memchr_iter(b'\n', block)
        .find(|lf| !matches!(block.get(lf + 1), Some(b' ' | b'\t')))
        .map_or(block.len(), |lf| lf + 1)
}

/// `field-name ":" unstructured`; white space before the colon is obsolete, and occurs.
pub fn name_and_value(field: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = memchr::memchr(b':', field)?;
    let name = field.get(..colon)?.trim_ascii_end();
    let is_name = !name.is_empty() && name.iter().all(|b| (b'!'..=b'~').contains(b));
    is_name.then_some((name, field.get(colon + 1..)?))
}

/// What a bound left out of a header.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// A list of addresses was too long.
    pub recipients: bool,
    /// Fields beyond the bound.
    pub fields: usize,
}

/// Reads the header fields of a message. Of a field that must not be repeated the first counts; of lists of addresses,
/// all; every other field is kept by its name. `charset` is the one that Content-Type declares for the body.
pub fn message(block: &[u8], charset: Option<&[u8]>) -> (Header, LeftOut) {
    let mut header = Header::default();
    let mut left_out = LeftOut::default();
    let mut all = true;
    let mut described = Described::default();
    let mut room = [0; LONGEST_NAME];
    for (name, value) in fields(block) {
        let value = trim_start(&value);
        let some = |text: String| Some(text).filter(|text| !text.trim().is_empty());
        match lower(name, &mut room) {
            b"message-id" if header.message_id.is_none() => header.message_id = message_id(value),
            b"date" if header.date.is_none() => {
                header.date = some(text(value.trim_ascii_end()));
                header.date_utc = date::read(value);
            }
            b"subject" if header.subject.is_none() => {
                header.subject = some(encoded_word::decode_beside(value, charset))
            }
            b"from" => all &= address::list(value, charset, &mut header.from),
            b"to" => all &= address::list(value, charset, &mut header.to),
            b"cc" => all &= address::list(value, charset, &mut header.cc),
            b"reply-to" => all &= address::list(value, charset, &mut header.reply_to),
            mime if described.is_new(mime) => {}
            _ if header.fields.len() >= HEADER_FIELDS => left_out.fields += 1,
            _ => header.fields.push(HeaderField {
                name: text(name),
                // A field is often folded before a tab, which means a space (RFC 5322, section 2.2.3).
                value: without_tabs(encoded_word::decode_beside(value.trim_ascii_end(), charset)),
            }),
        }
    }
    left_out.recipients = !all;
    (header, left_out)
}

fn without_tabs(value: String) -> String {
    if memchr::memchr(b'\t', value.as_bytes()).is_some() { value.replace('\t', " ") } else { value }
}

/// The fields that the MIME structure shows, each once: [`entity`] reads the first of a name.
#[derive(Default)]
struct Described([bool; 3]);

impl Described {
    /// True for the first field of such a `name`, in lower case.
    fn is_new(&mut self, name: &[u8]) -> bool {
        let names = [&b"mime-version"[..], b"content-type", b"content-transfer-encoding"];
        names.iter().zip(&mut self.0).any(|(known, seen)| *known == name && !std::mem::replace(seen, true))
    }
}

/// Reads the fields that describe an entity's content (RFC 2045, section 3).
pub fn entity(block: &[u8]) -> Entity {
    let mut entity = Entity::default();
    let (mut content_type, mut disposition) = (None, None);
    let mut room = [0; LONGEST_NAME];
    for (name, value) in folded_fields(block) {
        let mime = &mut entity.mime;
        match lower(name, &mut room) {
            b"mime-version" if mime.version.is_none() => mime.version = Some(Field::read(&unfolded(value)).value),
            b"content-transfer-encoding" if mime.encoding.is_none() => {
                mime.encoding = Some(Field::read(&unfolded(value)).value).filter(|encoding| !encoding.is_empty());
            }
            b"content-type" if content_type.is_none() => content_type = Some(Field::read(&unfolded(value))),
            b"content-disposition" if disposition.is_none() => disposition = Some(Field::read(&unfolded(value))),
            _ => {}
        }
    }
    entity.described = entity.mime.version.is_some() || entity.mime.encoding.is_some() || content_type.is_some();
    entity.mime.version = entity.mime.version.filter(|version| !version.is_empty());
    if let Some(declared) = &content_type {
        entity.mime.content_type = Some(declared.value.clone()).filter(|declared| !declared.is_empty());
        entity.mime.charset = declared.text("charset").filter(|charset| !charset.is_empty());
        entity.mime.boundary = declared.text("boundary").filter(|boundary| !boundary.is_empty());
        // White space at its end is no part of a boundary (RFC 2046, section 5.1.1).
        let boundary = declared.bytes("boundary").map(|boundary| boundary.trim_ascii_end().to_vec());
        let boundary = boundary.or_else(|| entity.mime.boundary.as_ref().map(|text| text.as_bytes().to_vec()));
        entity.boundary = boundary.filter(|boundary| !boundary.is_empty());
    }
    entity.too_many = content_type.iter().chain(&disposition).any(|field| field.too_many);
    let beside = entity.mime.charset.as_deref().map(str::as_bytes);
    let filename = disposition.as_ref().and_then(|field| field.text_beside("filename", beside));
    let filename = filename.filter(|name| !name.is_empty());
    let name =
        || content_type.as_ref().and_then(|field| field.text_beside("name", beside)).filter(|name| !name.is_empty());
    entity.filename = filename.or_else(name);
    entity.attachment = disposition.is_some_and(|field| field.value == "attachment");
    entity
}

/// `msg-id` without its angle brackets; the whole value where they are missing.
pub fn message_id(value: &[u8]) -> Option<String> {
    let bare = match memchr::memchr(b'<', value) {
        Some(from) => {
            let rest = value.get(from + 1..)?;
            rest.get(..memchr::memchr(b'>', rest).unwrap_or(rest.len()))?
        }
        None => value,
    };
    Some(text(bare.trim_ascii())).filter(|id| !id.is_empty())
}

fn trim_start(value: &[u8]) -> &[u8] {
    value.get(value.iter().take_while(|b| is_space(**b)).count()..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_folded_repeated_and_broken() {
        let (header, _) = message(
            b"From mbox Mon Jan 1\n\
            Subject : one\r\n two\r\n\t  three \r\n\
            subject: not this\r\n\
            MESSAGE-ID:\r\n <a$b@c> (x)\r\n\
            Date: Mon,  23 Nov\r\n  2026 \n\
            To: a@b\r\nTo: c@d\r\n\
            no field at all\r\n and what follows it\r\n\
            From: =?utf-8?q?=C3=89va?= <e@v>\r\n\
            Reply-To:\r\n",
            None,
        );
        assert_eq!(header.subject.as_deref(), Some("one two\t  three "));
        assert_eq!(header.message_id.as_deref(), Some("a$b@c"));
        assert_eq!(header.date.as_deref(), Some("Mon,  23 Nov  2026"));
        assert_eq!(header.to.iter().filter_map(|m| m.address.as_deref()).collect::<Vec<_>>(), ["a@b", "c@d"]);
        assert_eq!(header.from[0].name.as_deref(), Some("Éva"));
        assert!(header.reply_to.is_empty());
    }

    #[test]
    fn every_other_field_is_kept_by_its_name() {
        let (header, _) = message(
            b"Received: from a\r\n\tby b; Mon\r\nreceived: from c\r\nSubject: first\r\nMIME-Version: 1.0\r\n\
            Content-Type: text/plain\r\nX-Mailer: =?utf-8?q?=C3=89?= 1\r\nSubject: second\r\nMIME-Version: 2.0\r\n\
            In-Reply-To: <x@y>\r\nEmpty:\r\n",
            None,
        );
        let fields: Vec<_> = header.fields.iter().map(|field| (field.name.as_str(), field.value.as_str())).collect();
        assert_eq!(
            fields,
            [
                ("Received", "from a by b; Mon"),
                ("received", "from c"),
                ("X-Mailer", "É 1"),
                ("Subject", "second"),
                ("MIME-Version", "2.0"),
                ("In-Reply-To", "<x@y>"),
                ("Empty", ""),
            ]
        );
        assert_eq!(header.subject.as_deref(), Some("first"));
    }

    #[test]
    fn raw_text_is_in_the_charset_of_the_body() {
        let block = b"Subject: \xcf\xd4\xde\xa3\xd4 =?utf-8?q?=C3=A9?=\r\nFrom: \xcf\xd4 <e@v>\r\n\
            Content-Type: text/plain; charset=koi8-r; name=\"\xcf\xd4\"\r\n";
        let entity = entity(block);
        let (header, _) = message(block, entity.mime.charset.as_deref().map(str::as_bytes));
        assert_eq!(header.subject.as_deref(), Some("отчёт é"));
        assert_eq!(header.from[0].name.as_deref(), Some("от"));
        assert_eq!(entity.filename.as_deref(), Some("от"));
    }

    #[test]
    fn nothing_is_absent_and_not_empty() {
        assert_eq!(
            message(b"Subject:\r\nDate: \r\nMessage-ID: <>\r\nTo: ,\r\n", None),
            (Header::default(), LeftOut::default())
        );
        let entity = entity(b"MIME-Version:\r\nContent-Type: ; charset=\"\"\r\nContent-Disposition: x; filename=\r\n");
        assert_eq!((entity.mime, entity.filename), (MimePart::default(), None));
        assert!(entity.described);
    }

    #[test]
    fn entities() {
        let entity = entity(
            b"Mime-Version: 1.0 (me)\r\nContent-Type: Multipart/Mixed;\r\n\tboundary=\"=_x \"; charset=UTF-8\r\n\
            CONTENT-TRANSFER-ENCODING: 8Bit\r\nContent-disposition: ATTACHMENT; FileName=EMPTY.TXT\r\n",
        );
        assert_eq!(entity.mime.version.as_deref(), Some("1.0"));
        assert_eq!(entity.mime.content_type.as_deref(), Some("multipart/mixed"));
        assert_eq!(entity.mime.charset.as_deref(), Some("UTF-8"));
        assert_eq!(entity.boundary.as_deref(), Some(&b"=_x"[..]));
        assert_eq!(entity.mime.encoding.as_deref(), Some("8bit"));
        assert_eq!(entity.filename.as_deref(), Some("EMPTY.TXT"));
        assert!(entity.attachment);
    }
}
