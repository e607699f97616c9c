/*!
The beginning of a message's text, for people who want to see which message it is.

It is decoded from its transfer encoding as it comes, and from its charset once it has ended. More is kept than is shown:
what is secret in it is masked before it is cut to a few lines.
*/

use super::boundary::Told;
use super::transfer::Transfer;
use crate::limits::{PREVIEW_BYTES, of_list};
use crate::session::model::Preview;
use crate::session::text::text_in;

/// Reads the beginning of a text.
#[derive(Debug)]
pub struct Reading {
    transfer: Transfer,
    charset: Option<String>,
    /// Decoded, at most [`PREVIEW_BYTES`].
    bytes: Vec<u8>,
    /// The text goes on, or bytes of it are missing: nothing is added any more.
    cut: bool,
}

impl Reading {
    /// For a text in `transfer` and, if one is declared, `charset`.
    pub fn new(transfer: Transfer, charset: Option<&str>) -> Self {
        Self { transfer, charset: charset.map(str::to_owned), bytes: Vec::new(), cut: false }
    }

    /// Bytes on the heap.
    pub fn weight(&self) -> usize {
        of_list(&self.bytes) + self.charset.as_ref().map_or(0, crate::session::weight::of_text)
    }

    /// Line ends do nothing but separate lines of the encoding.
    pub fn ignores_line_ends(&self) -> bool {
        self.cut || self.transfer.ignores_line_ends()
    }

    /// The next bytes of a line, or its end. `out` is room to decode into.
    pub fn told(&mut self, told: Told<'_>, out: &mut Vec<u8>) {
        if self.cut {
            return;
        }
        out.clear();
        match told {
            Told::Text(bytes) => self.transfer.decode(bytes, out),
            Told::End(end) => self.transfer.line_end(end, out),
        }
        self.add(out);
    }

    fn add(&mut self, decoded: &[u8]) {
        let room = PREVIEW_BYTES.saturating_sub(self.bytes.len());
        self.bytes.extend_from_slice(decoded.get(..room).unwrap_or(decoded));
        self.cut |= decoded.len() > room;
    }

    /// Bytes are missing here.
    pub fn gap(&mut self) {
        self.cut = true;
    }

    /// The text has ended; `seen` where its end was seen. Absent where there is nothing to read in it.
    pub fn finish(mut self, seen: bool, out: &mut Vec<u8>) -> Option<Preview> {
        if !self.cut {
            out.clear();
            self.transfer.end(out);
            self.add(out);
        }
        let cut = self.cut || !seen;
        if cut {
            // The last word may be the beginning of a secret, which would not be known by it.
            let whole = self.bytes.iter().rposition(u8::is_ascii_whitespace).unwrap_or_default();
            self.bytes.truncate(whole);
        }
        let text = text_in(&self.bytes, self.charset.as_deref().map(str::as_bytes)).replace("\r\n", "\n");
        let text = text.trim_end();
        let begins = text.len() - text.trim_start().len();
        // Empty lines at its beginning say nothing; the blanks that indent its first line stay.
        let from = text.get(..begins).and_then(|blank| blank.rfind('\n')).map_or(0, |at| at + 1);
        let text = text.get(from..).unwrap_or_default();
        (!text.is_empty()).then(|| Preview { text: text.to_owned(), cut })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::message::tests::read;

    fn preview(encoding: Option<&str>, charset: Option<&str>, lines: &[&[u8]]) -> Option<Preview> {
        let (mut reading, mut out) = (Reading::new(Transfer::named(encoding), charset), Vec::new());
        for line in lines {
            reading.told(Told::Text(line), &mut out);
            reading.told(Told::End(b"\r\n"), &mut out);
        }
        assert!(reading.bytes.len() <= PREVIEW_BYTES);
        reading.finish(true, &mut out)
    }

    #[test]
    fn a_text_is_decoded_from_its_encoding_and_its_charset() {
        for (encoding, charset, lines) in [
            (Some("base64"), Some("gb2312"), [&b"xOO6ww0K"[..], b""]),
            (Some("quoted-printable"), Some("utf-8"), [b"=E4=BD=A0=\r\n".trim_ascii_end(), b"=E5=A5=BD"]),
            (None, Some("gb2312"), [b"\xc4\xe3\xba\xc3", b""]),
        ] {
            let read = preview(encoding, charset, &lines).expect("a text");
            assert_eq!((read.text.as_str(), read.cut), ("你好", false), "{encoding:?}");
        }
        assert!(preview(None, None, &[b"", b"  "]).is_none());
        assert_eq!(
            preview(None, None, &[b"", b"  indented", b""]).map(|read| read.text),
            Some("  indented".to_owned())
        );
    }

    #[test]
    fn a_long_text_is_cut_between_words() {
        let line = b"word ".repeat(1 + PREVIEW_BYTES / 10);
        let read = preview(None, None, &[&line, &line, &line]).expect("a text");
        assert!(read.cut && read.text.len() <= PREVIEW_BYTES && read.text.ends_with("word"), "{}", read.text);
        assert_eq!(preview(None, None, &[&b"x".repeat(PREVIEW_BYTES + 1)]), None, "one word that may be anything");
    }

    /// The preview of a message, read in pieces of many sizes.
    fn of_message(message: &str) -> Option<(String, bool)> {
        let message = message.replace('\n', "\r\n");
        let read = |size| read(message.as_bytes(), size).structure.preview.map(|it| (it.text, it.cut));
        let previews = [usize::MAX, 1, 7, 61].map(read);
        assert!(previews.iter().all(|preview| *preview == previews[0]), "{previews:?}");
        previews.into_iter().next().flatten()
    }

    #[test]
    fn it_is_the_first_part_that_is_plain_text() {
        let shown = |message: &str| of_message(message).map(|(text, _)| text);
        assert_eq!(shown("Subject: x\n\nhello\nyou\n").as_deref(), Some("hello\nyou"));
        assert_eq!(shown("Content-Type: text/html\n\n<b>hello</b>\n"), None, "a page is not rendered");
        assert_eq!(shown("Content-Disposition: attachment; filename=a.txt\n\nhello\n"), None);
        let parts = "Content-Type: multipart/mixed; boundary=b\n\nno mail\n--b\nContent-Type: message/rfc822\n\n\
                     Subject: y\n\nwithin\n--b\nContent-Type: text/html\n\n<p>\n--b\n\
                     Content-Transfer-Encoding: base64\n\naGVsbG8=\n--b\n\nsecond\n--b--\n";
        assert_eq!(shown(parts).as_deref(), Some("hello"));
        let empty = parts.replace("aGVsbG8=", "");
        assert_eq!(shown(&empty).as_deref(), Some("second"), "of an empty part nothing is to be seen");
    }

    #[test]
    fn a_few_lines_are_shown() {
        let text: Vec<String> = (1..=9).map(|n| format!("line {n}")).collect();
        let read = Preview { text: text.join("\n"), cut: false };
        assert_eq!(read.first_lines(), ("line 1\nline 2\nline 3\nline 4\nline 5", true));
        let short = Preview { text: "one\ntwo".to_owned(), cut: false };
        assert_eq!(short.first_lines(), ("one\ntwo", false));
        let long = Preview { text: "字".repeat(500), cut: true };
        assert_eq!((long.first_lines().0.chars().count(), long.first_lines().1), (400, true));
    }

    #[test]
    fn what_follows_a_gap_is_not_joined() {
        let (mut reading, mut out) = (Reading::new(Transfer::Identity, None), Vec::new());
        reading.told(Told::Text(b"before the ga"), &mut out);
        reading.gap();
        reading.told(Told::Text(b"after"), &mut out);
        let read = reading.finish(true, &mut out).expect("a text");
        assert_eq!((read.text.as_str(), read.cut), ("before the", true));
    }
}
