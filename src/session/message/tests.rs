//! Whole messages through the reader: each text is read with CR LF and with LF, in one piece and in many.

use super::*;
use crate::session::model::MimePart;
use crate::session::plan::Needs;

/// Reads `content` in pieces of `size` bytes.
pub(super) fn read(content: &[u8], size: usize) -> Content {
    let mut reader = Reader::new(None, None, Needs::ALL);
    content.chunks(size.max(1)).for_each(|piece| reader.content(piece));
    reader.finish(ContentEnd::Complete)
}

/// What matters of `content`, a line each: header fields that are there, the structure indented, the attachments.
pub(super) fn outline(content: &Content) -> String {
    let Structure { header, mime, attachments, .. } = &content.structure;
    let mut lines = Vec::new();
    lines.extend(header.subject.as_ref().map(|subject| format!("Subject: {subject}")));
    lines.extend(mime.iter().flat_map(|mime| parts(mime, 0)));
    for attachment in attachments {
        let is_hello = attachment.sha256 == sha256(b"hello");
        assert!(!is_hello || attachment.size == 5);
        lines.push(format!(
            "* {} {} {}{}",
            attachment.filename.as_deref().unwrap_or("-"),
            attachment.content_type.as_deref().unwrap_or("-"),
            if is_hello { "hello" } else { "other" },
            if attachment.complete { "" } else { " incomplete" },
        ));
    }
    lines.join("\n")
}

fn parts(mime: &MimePart, depth: usize) -> Vec<String> {
    let shown = format!("{}- {}", "  ".repeat(depth), mime.content_type.as_deref().unwrap_or("?"));
    let nested = mime.parts.iter().flat_map(|part| parts(part, depth + 1));
    std::iter::once(shown).chain(nested).collect()
}

/// A text of the tests as it would be written to a file: without the indentation of the code.
fn dedent(text: &str) -> String {
    text.trim_start_matches('\n')
        .lines()
        .map(|line| line.trim_start_matches("            "))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Reads `message` with either line end and in pieces of many sizes; all must have this `outline`.
pub(super) fn expect(message: &str, expected: &str) {
    let (message, expected) = (dedent(message), dedent(expected));
    for content in [message.replace('\n', "\r\n"), message.clone()] {
        for size in [usize::MAX, 1, 2, 3, 5, 16, 61] {
            assert_eq!(outline(&read(content.as_bytes(), size)), expected.trim_end(), "pieces of {size}: {content:?}");
        }
    }
}

#[test]
fn what_is_no_text_is_an_attachment_without_a_name_too() {
    expect(
        "
            Content-Type: multipart/related; boundary=b

            --b
            Content-Type: text/html

            <img src=cid:logo>
            --b
            Content-Type: IMAGE/PNG
            Content-ID: <logo>
            Content-Disposition: inline
            Content-Transfer-Encoding: base64

            aGVsbG8=
            --b
            Content-Type: message/delivery-status

            Status: 5.1.1
            --b
            Content-Type: pdf

            hello
            --b
            Content-Type: application/pdf

            hello
            --b--
        ",
        "
            - multipart/related
              - text/html
              - image/png
              - message/delivery-status
              - pdf
              - application/pdf
            * - image/png hello
            * - application/pdf hello
        ",
    );
    expect(
        "
            Content-Type: application/octet-stream
            Content-Transfer-Encoding: base64

            aGVsbG8=
        ",
        "
            - application/octet-stream
            * - application/octet-stream hello
        ",
    );
}

#[test]
fn parts_within_parts() {
    expect(
        "
            Subject: =?utf-8?q?caf=C3=A9?=
            Content-Type: multipart/mixed; boundary=\"b\"

            preamble
            --b
            Content-Type: multipart/alternative; boundary=\"b_1\"

            --b_1
            Content-Type: text/plain

            --b is no delimiter, and neither is
            --b_
            --b_1
            Content-Type: text/html

            <p>
            --b_1--
            epilogue
            --b
            Content-Type: image/png; name=p.png
            Content-Transfer-Encoding: base64

            aGVs
            bG8=
            --b
            Content-Disposition: attachment

            hello
            --b--\t
            --b
            Content-Disposition: attachment; filename=after-the-end

            x",
        "
            Subject: café
            - multipart/mixed
              - multipart/alternative
                - text/plain
                - text/html
              - image/png
              - ?
            * p.png image/png hello
            * - - hello",
    );
}

#[test]
fn a_message_within_a_message() {
    expect(
        "
            Content-Type: multipart/mixed; boundary=b

            --b
            Content-Type: message/rfc822; name=fwd.eml

            Subject: inner
            Content-Type: multipart/mixed; boundary=c

            --c
            Content-Type: a/b; name=deep.bin

            hello
            --c--
            --b
            Content-Type: text/plain; name=last.txt

            hello
            --b--
",
        "
            - multipart/mixed
              - message/rfc822
                - multipart/mixed
                  - a/b
              - text/plain
            * fwd.eml message/rfc822 other
            * deep.bin a/b hello
            * last.txt text/plain hello",
    );
}

#[test]
fn an_attached_message_is_its_raw_content() {
    let inner = "Subject: inner\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\nx\r\n--c--\r\n";
    let head = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822; name=m\r\n\r\n";
    let message = format!("{head}{inner}\r\n--b--\r\n");
    for size in [1, 2, 7, 1_000] {
        let read = read(message.as_bytes(), size);
        let attachment = &read.structure.attachments[0];
        assert_eq!((attachment.size, attachment.sha256), (inner.len() as u64, sha256(inner.as_bytes())));
    }
    // Without a delimiter, its last line end is its own.
    let read = read(format!("{head}{inner}").as_bytes(), 9);
    assert_eq!(read.structure.attachments[0].sha256, sha256(inner.as_bytes()));
}

#[test]
fn an_attached_message_said_to_be_encoded() {
    let said = |content: &str| {
        format!(
            "
            Content-Type: multipart/mixed; boundary=b

            --b
            Content-Type: message/rfc822; name=m
            Content-Transfer-Encoding: base64

{content}
            --b--"
        )
    };
    expect(&said("            aGVsbG8="), "- multipart/mixed\n  - message/rfc822\n* m message/rfc822 hello");
    expect(
        &said("            Content-Type: a/b; name=n\n\n            hello"),
        "- multipart/mixed\n  - message/rfc822\n    - a/b\n* m message/rfc822 other\n* n a/b hello",
    );
    expect(
        &said("").replace("\n            --b--", ""),
        "- multipart/mixed\n  - message/rfc822\n    - ?\n* m message/rfc822 other",
    );
}

#[test]
fn the_message_itself_is_the_attachment() {
    expect(
        "
            Content-Type: application/octet-stream
            Content-Disposition: attachment; filename=x.exe
            Content-Transfer-Encoding: Quoted-Printable

            h=65=
            llo",
        "
            - application/octet-stream
            * x.exe application/octet-stream hello",
    );
}

#[test]
fn what_a_digest_holds_are_messages() {
    expect(
        "
            Content-Type: multipart/digest; boundary=b

            --b

            Subject: one
            Content-Type: a/b; name=x

            hello
            --b
            Content-Type: text/plain

            Content-Type: a/b; name=y
            --b--",
        "
            - multipart/digest
              - ?
                - a/b
              - text/plain
            * x a/b hello",
    );
}

#[test]
fn uuencoded_files_in_the_text() {
    expect(
        "
            Subject: uu

            begin 644 hello.txt
            %:&5L;&\\
            `
            end
            begin 644 cut.txt
            %:&5L;&\\",
        "
            Subject: uu
            * hello.txt - hello
            * cut.txt - hello incomplete",
    );
    expect(
        "
            Content-Type: a/b; name=given.bin
            Content-Transfer-Encoding: x-uuencode

            begin 600 other.bin
            %:&5L;&\\
            `
            end",
        "
            - a/b
            * given.bin a/b hello",
    );
}

#[test]
fn parts_that_end_too_soon() {
    expect("Content-Type: multipart/mixed; boundary=b", "- multipart/mixed");
    expect("Content-Type: multipart/mixed; boundary=b\n\n--b", "- multipart/mixed\n  - ?");
    expect(
        "
            Content-Type: multipart/mixed; boundary=b

            --b
            Content-Type: a/b; name=no-empty-line
            --b
            Content-Type: message/rfc822
            --b
            Content-Type: multipart/mixed; boundary=c
            --b
            Content-Disposition: attachment

            hello
            --b",
        "
            - multipart/mixed
              - a/b
              - message/rfc822
                - ?
              - multipart/mixed
              - ?
              - ?
            * no-empty-line a/b other
            * - - hello",
    );
}

#[test]
fn without_mime_there_is_no_structure() {
    expect("Subject: plain\n\nContent-Type: text/plain", "Subject: plain");
    expect("just a line that somebody typed", "");
    expect("", "");
}

const HOLED: &str = "Subject: one\r\nMessage-ID: <a@b>\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
    --b\r\nContent-Type: a/b; name=first\r\n\r\nhello\r\n--b\r\nContent-Type: a/b; name=second\r\n\r\nhello\r\n--b--\r\n";

/// [`HOLED`] with the `len` bytes that begin with `at` missing.
fn with_hole(at: &str, len: usize) -> Content {
    let from = HOLED.find(at).unwrap();
    let mut reader = Reader::new(None, None, Needs::ALL);
    reader.content(&HOLED.as_bytes()[..from]);
    reader.missing(len as u64);
    reader.content(&HOLED.as_bytes()[from + len..]);
    let content = reader.finish(ContentEnd::Complete);
    assert!(!content.complete);
    assert_eq!(content.missing, [(from as u64, len as u64)]);
    assert_eq!(content.size, (HOLED.len() - len) as u64);
    content
}

#[test]
fn nothing_is_joined_over_a_hole() {
    // In the first attachment: it is not whole, the second is.
    let content = with_hole("ello\r\n--b\r\nContent-Type: a/b; name=second", 2);
    let whole: Vec<bool> = content.structure.attachments.iter().map(|a| a.complete).collect();
    assert_eq!(whole, [false, true]);
    assert!(content.body_sha256.is_some());
    // A delimiter is missing: what lies on both sides of it is not one attachment.
    let content = with_hole("--b\r\nContent-Type: a/b; name=second", 5);
    assert_eq!(content.structure.attachments.len(), 1);
    assert!(!content.structure.attachments[0].complete);
    // In a field: half of it is not the field; and where the body begins is not known.
    let content = with_hole("@b>", 1);
    assert_eq!(content.structure.header.message_id, None);
    assert_eq!(content.structure.header.subject.as_deref(), Some("one"));
    assert_eq!(content.structure.attachments.len(), 2);
    assert_eq!(content.body_sha256, None);
    // The end of a field and the beginning of the next.
    let content = with_hole("@b>", "@b>\r\nContent-".len());
    assert_eq!((content.structure.header.message_id, content.structure.mime), (None, None));
    // The header's end with all that describes the body.
    let content =
        with_hole("ssage-ID", "ssage-ID: <a@b>\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b".len());
    assert_eq!(content.structure.header.subject.as_deref(), Some("one"));
}

#[test]
fn a_message_cut_short_has_no_whole_attachment_at_its_end() {
    let cut = &HOLED.as_bytes()[..HOLED.rfind("llo").unwrap()];
    let mut reader = Reader::new(None, None, Needs::ALL);
    reader.content(cut);
    let content = reader.finish(ContentEnd::Unfinished);
    assert!(!content.complete);
    let whole: Vec<bool> = content.structure.attachments.iter().map(|a| a.complete).collect();
    assert_eq!(whole, [true, false]);
    // TOP 1 1: its end was seen, but that is not the message's end.
    let mut reader = Reader::new(Some("top 1"), None, Needs::ALL);
    reader.content(cut);
    let content = reader.finish(ContentEnd::Complete);
    assert!(content.complete);
    assert!(!content.structure.attachments[1].complete);
}

#[test]
fn only_what_begins_with_a_header_is_read_for_one() {
    for (part, has_header) in [
        ("headers", true),
        ("header fields", true),
        ("top 0", true),
        ("text", false),
        ("section 1", false),
        ("bytes 0-9", true),
        ("bytes 10-19", false),
        ("text, bytes 0-9", false),
    ] {
        let mut reader = Reader::new(Some(part), None, Needs::ALL);
        reader.content(b"Subject: x\r\n\r\n");
        let content = reader.finish(ContentEnd::Complete);
        assert_eq!(content.structure.header.subject.is_some(), has_header, "{part}");
        assert_eq!(content.sha256, Some(sha256(b"Subject: x\r\n\r\n")));
    }
}

#[test]
fn what_is_not_wanted_is_not_computed() {
    let mut reader = Reader::new(None, None, Needs::STEPS);
    reader.content(HOLED.as_bytes());
    let content = reader.finish(ContentEnd::Complete);
    assert_eq!((content.size, content.sha256, content.body_sha256), (HOLED.len() as u64, None, None));
    assert_eq!(content.structure.header.subject, None);
    let mut reader = Reader::new(None, None, Needs::MESSAGES);
    reader.content(HOLED.as_bytes());
    let content = reader.finish(ContentEnd::Complete);
    assert_eq!((content.sha256, content.body_sha256), (None, None));
    assert!(content.structure.header.subject.is_some() && content.lines.is_some());
    let mut reader = Reader::new(None, None, Needs { attachments: false, ..Needs::ALL });
    reader.content(HOLED.as_bytes());
    let content = reader.finish(ContentEnd::Complete);
    assert_eq!(content.structure.attachments, []);
    assert_eq!(content.structure.mime.unwrap().parts.len(), 2);
}

#[test]
fn well_formed_messages_are_read_as_mail_parser_reads_them() {
    use mail_parser::{MessageParser, MimeHeaders};
    let message = dedent(
        "
            From: =?utf-8?q?Andr=C3=A9?= <andre@example.org>
            To: \"B, C\" <bc@example.org>, d@example.org
            Subject: =?iso-8859-1?Q?caf=E9?= society
            Message-ID: <1@example.org>
            MIME-Version: 1.0
            Content-Type: multipart/mixed; boundary=\"=_b\"

            --=_b
            Content-Type: text/plain; charset=utf-8

            text
            --=_b
            Content-Type: application/pdf; name=a.pdf
            Content-Disposition: attachment; filename*=utf-8''%C3%A9.pdf
            Content-Transfer-Encoding: base64

            aGVsbG8=
            --=_b--
            ",
    )
    .replace('\n', "\r\n");
    let theirs = MessageParser::default().parse(&message).unwrap();
    let ours = read(message.as_bytes(), 100);
    let header = &ours.structure.header;
    assert_eq!(header.subject.as_deref(), theirs.subject());
    assert_eq!(header.message_id.as_deref(), theirs.message_id());
    assert_eq!(header.from[0].name.as_deref(), theirs.from().unwrap().first().unwrap().name());
    assert_eq!(header.to.len(), theirs.to().unwrap().iter().count());
    assert_eq!(ours.structure.attachments.len(), theirs.attachment_count());
    let (ours, theirs) = (&ours.structure.attachments[0], theirs.attachment(0).unwrap());
    assert_eq!(ours.filename.as_deref(), theirs.attachment_name());
    assert_eq!(ours.sha256, sha256(theirs.contents()));
}
