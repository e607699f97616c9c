//! The header lines about MIME as they were sent.

use crate::session::content_store::ContentStore;
use crate::session::model::{Message, MimePart};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Bytes kept of the beginning of each content.
const HEAD: usize = 16 << 10;
/// Bytes kept of the beginnings of all contents together.
const HEADS: usize = 32 << 20;
/// Header fields that are told of a message.
const FIELDS: usize = 16;

/// Keeps the beginning of each content, in which its header is, until its session is over.
#[derive(Debug, Default)]
pub struct Heads {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    next: u64,
    heads: HashMap<u64, Head>,
    bytes: usize,
}

/// The beginning of a content.
#[derive(Debug, Clone, Default)]
struct Head {
    bytes: Vec<u8>,
    /// More has come than was kept.
    cut: bool,
}

impl Heads {
    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn of(&self, message: &Message) -> Option<Head> {
        self.kept().heads.get(&message.stored.as_ref()?.number()).cloned()
    }
}

impl ContentStore for Heads {
    fn begin(&self) -> u64 {
        let mut kept = self.kept();
        kept.next += 1;
        kept.next
    }

    fn append(&self, number: u64, bytes: &[u8]) {
        let mut kept = self.kept();
        let has = kept.heads.get(&number).map_or(0, |head| head.bytes.len());
        let room = HEAD.saturating_sub(has).min(HEADS.saturating_sub(kept.bytes));
        let taken = bytes.get(..room).unwrap_or(bytes);
        kept.bytes += taken.len();
        let head = kept.heads.entry(number).or_default();
        head.bytes.extend_from_slice(taken);
        head.cut |= taken.len() < bytes.len();
    }

    fn end(&self, _: u64) {}

    fn discard(&self, number: u64) {
        let mut kept = self.kept();
        let freed = kept.heads.remove(&number).map_or(0, |head| head.bytes.len());
        kept.bytes -= freed;
    }
}

/// Header fields about MIME.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MimeLines {
    /// Each with its line feeds where it is folded.
    pub fields: Vec<String>,
    /// As they crossed; otherwise put together from what was read of them.
    pub as_sent: bool,
}

/// The MIME header fields of `message`: as sent where `heads` has its header to the end, else as they were read.
pub fn mime_lines(message: &Message, heads: Option<&Heads>) -> MimeLines {
    let head = heads.and_then(|heads| heads.of(message));
    match head.as_ref().and_then(|head| header(&head.bytes, head.cut)) {
        Some(header) => MimeLines { fields: fields(header), as_sent: true },
        None => MimeLines { fields: message.mime.as_ref().map(rebuilt).unwrap_or_default(), as_sent: false },
    }
}

/// The header of a content: up to the empty line. `cut`: there is more of the content.
fn header(head: &[u8], cut: bool) -> Option<&[u8]> {
    let mut at = 0;
    for line in head.split_inclusive(|&byte| byte == b'\n') {
        if !line.ends_with(b"\n") {
            break;
        }
        if matches!(line, b"\n" | b"\r\n") {
            return head.get(..at);
        }
        at += line.len();
    }
    // A header that is all of the content has no empty line.
    (!cut).then_some(head)
}

fn fields(header: &[u8]) -> Vec<String> {
    let mut fields: Vec<String> = Vec::new();
    let mut is_mime = false;
    for line in header.split(|&byte| byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let said = String::from_utf8_lossy(line);
        if line.starts_with(b" ") || line.starts_with(b"\t") {
            if let Some(field) = fields.last_mut().filter(|_| is_mime) {
                field.push('\n');
                field.push_str(&said);
            }
            continue;
        }
        let name = line.split(|&byte| byte == b':').next().unwrap_or_default().trim_ascii().to_ascii_lowercase();
        is_mime = (name == b"mime-version" || name.starts_with(b"content-")) && fields.len() < FIELDS;
        if is_mime {
            fields.push(said.into_owned());
        }
    }
    fields
}

fn rebuilt(mime: &MimePart) -> Vec<String> {
    let MimePart { version, content_type, charset, boundary, encoding, parts: _ } = mime;
    let mut fields = Vec::new();
    fields.extend(version.as_ref().map(|version| format!("MIME-Version: {version}")));
    if let Some(content_type) = content_type {
        let charset = charset.as_ref().map(|charset| format!("; charset={charset}")).unwrap_or_default();
        let boundary = boundary.as_ref().map(|boundary| format!("; boundary=\"{boundary}\"")).unwrap_or_default();
        fields.push(format!("Content-Type: {content_type}{charset}{boundary}"));
    }
    fields.extend(encoding.as_ref().map(|encoding| format!("Content-Transfer-Encoding: {encoding}")));
    fields
}

#[cfg(test)]
mod tests {
    use super::{HEAD, Heads, fields, header};
    use crate::session::content_store::ContentStore;

    #[test]
    fn only_fields_about_mime_and_their_folded_lines() {
        let header = header(
            b"Subject: a\r\n b\r\nMIME-Version: 1.0\r\ncontent-type: multipart/mixed;\r\n\tboundary=\"x\"\r\n\r\nContent-Type: no\r\n",
            true,
        );
        let found = fields(header.expect("a header"));
        assert_eq!(found, ["MIME-Version: 1.0", "content-type: multipart/mixed;\n\tboundary=\"x\""]);
        assert_eq!(fields(b"From: a\n\tContent-Type: b\n"), [""; 0], "a folded line is no field");
    }

    #[test]
    fn a_header_that_goes_on_is_not_told_as_sent() {
        assert_eq!(header(b"A: b\nContent-Type: a;", true), None);
        assert_eq!(header(b"A: b\n", false), Some(&b"A: b\n"[..]));
        assert_eq!(header(b"A: b\n\nc", true), Some(&b"A: b\n"[..]));
    }

    #[test]
    fn no_more_than_the_beginning_is_kept_and_nothing_after_the_session() {
        let heads = Heads::default();
        let number = heads.begin();
        heads.append(number, &vec![b'a'; 2 * HEAD]);
        heads.append(number, b"more");
        // One lock at a time: both halves of a pair would hold it until the statement ends.
        let kept = |heads: &Heads| {
            let kept = heads.kept();
            (kept.bytes, kept.heads.len(), kept.heads.values().all(|head| head.cut))
        };
        assert_eq!(kept(&heads), (HEAD, 1, true));
        heads.discard(number);
        assert_eq!(kept(&heads), (0, 0, true));
    }
}
