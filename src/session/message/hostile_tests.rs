//! Messages that were made to be expensive: bounds, time, and bytes at random.

use super::tests::{outline, read};
use super::*;
use crate::limits::{HEADER_FIELDS, MESSAGE_BYTES, MIME_PARAMETERS, MIME_PARTS, RECIPIENTS};
use crate::session::plan::Needs;
use proptest::prelude::*;

#[test]
fn bounds_are_counted() {
    let deep: String = (0..100).map(|n| format!("Content-Type: multipart/mixed; boundary={n}\n\n--{n}\n")).collect();
    assert_eq!(read(deep.as_bytes(), 100).limits, [Limit::MimeStructure]);
    let nested = "Content-Type: message/rfc822; name=x\n\n".repeat(100);
    assert_eq!(read(nested.as_bytes(), 100).limits, [Limit::MimeStructure]);
    let wide = format!("Content-Type: multipart/mixed; boundary=b\n\n{}", "--b\n\n".repeat(MIME_PARTS + 10));
    let content = read(wide.as_bytes(), 1_000);
    assert_eq!(content.limits, [Limit::MimeStructure]);
    assert_eq!(content.structure.mime.unwrap().parts.len(), MIME_PARTS - 1);
    let files = "begin 644 x\n`\nend\n".repeat(MIME_PARTS + 10);
    assert_eq!(read(format!("\n{files}").as_bytes(), 1_000).limits, [Limit::MimeStructure]);

    let content = read(format!("To: {}", "a,".repeat(RECIPIENTS + 10)).as_bytes(), 1_000);
    assert_eq!((content.limits.as_slice(), content.structure.header.to.len()), (&[Limit::Recipients][..], RECIPIENTS));
    let content = read("X: y\n".repeat(HEADER_FIELDS + 3).as_bytes(), 1_000);
    assert_eq!((content.limits, content.structure.header.fields.len()), (vec![Limit::HeaderFields; 3], HEADER_FIELDS));
    let content = read(format!("Content-Type: a/b;{}", "c=d;".repeat(MIME_PARAMETERS + 1)).as_bytes(), 1_000);
    assert_eq!(content.limits, [Limit::MimeStructure]);

    let mut reader = Reader::new(None, None, Needs::ALL);
    for _ in 0..MISSING_RANGES + 5 {
        reader.content(b"x");
        reader.missing(1);
    }
    let content = reader.finish(ContentEnd::Complete);
    assert_eq!(content.limits, [Limit::MissingRanges; 5]);
    assert_eq!(content.missing.last(), Some(&(MISSING_RANGES as u64 * 2 - 1, 11)));
}

#[test]
fn a_header_without_end_is_cut() {
    let mut reader = Reader::new(None, None, Needs::ALL);
    let line = [b"X: ".as_slice(), &[b'y'; 65_533], b"\r\n"].concat();
    reader.content(b"Subject: first\r\n");
    for _ in 0..MESSAGE_BYTES / line.len() + 3 {
        reader.content(&line);
    }
    reader.content(b"To: late@example.org\r\n\r\nbody");
    let content = reader.finish(ContentEnd::Complete);
    assert_eq!(content.limits, [Limit::MessageBytes]);
    assert_eq!(content.structure.header.subject.as_deref(), Some("first"));
    assert!(content.structure.header.to.is_empty());
    assert_eq!(content.body_sha256, Some(sha256(b"body")));
}

#[test]
fn hostile_messages_take_linear_time() {
    let nested: String = (0..31)
        .map(|n| format!("Content-Type: multipart/x; boundary={}{n}\n\n--{0}{n}\n", "b".repeat(200), n = n))
        .collect();
    for (head, piece) in [
        (nested.as_str(), format!("--{}\n", "b".repeat(200))),
        ("Content-Type: multipart/x; boundary=b\n\n--b\n\n", "-".to_owned()),
        ("Content-Type: text/plain; ", "a=b;".to_owned()),
        ("Content-Type: x/y; ", "name*1=b;".to_owned()),
        ("To: ", "\"".to_owned()),
        ("To: ", "(".to_owned()),
        ("To: ", "<a,".to_owned()),
        ("To: ", "=?a?q?".to_owned()),
        ("", "\n ".to_owned()),
        ("\n", "begin 644 x\n!\n".to_owned()),
    ] {
        let message = format!("{head}{}", piece.repeat(2_000_000 / piece.len()));
        let begun = std::time::Instant::now();
        read(message.as_bytes(), 1_460);
        assert!(begun.elapsed().as_secs() < 20, "{head:?} {piece:?}: {:?}", begun.elapsed());
    }
}

/// Bytes that look like a message often enough to reach every state.
fn messages() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just("Content-Type: multipart/mixed; boundary=b\r\n".to_owned()),
        Just("Content-Type: multipart/digest; boundary=\"c\"\n".to_owned()),
        Just("Content-Type: message/rfc822; name=m\r\n".to_owned()),
        Just("Content-Transfer-Encoding: base64\r\n".to_owned()),
        Just("Content-Transfer-Encoding: quoted-printable\n".to_owned()),
        Just("Content-Disposition: attachment; filename*0*=utf-8''%C3; filename*1*=%A9\r\n".to_owned()),
        Just("Subject: =?gbk?b?1tA?=\r\n =?gbk?q?=CE=C4?=\r\n".to_owned()),
        Just("\r\n".to_owned()),
        Just("\n".to_owned()),
        Just("\r".to_owned()),
        Just("--b\r\n".to_owned()),
        Just("--c\n".to_owned()),
        Just("\r\n--b--".to_owned()),
        Just("aGVsbG8=\r\n".to_owned()),
        Just("begin 644 u\r\n#0V%T\r\n`\r\nend\r\n".to_owned()),
        "[-=b \t\r\nA:]{0,12}",
    ];
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat().into_bytes())
}

proptest! {
    #[test]
    fn however_it_is_cut_it_is_the_same_message(message in messages(), size in 1_usize..9) {
        let (whole, cut) = (read(&message, usize::MAX), read(&message, size));
        prop_assert_eq!(outline(&whole), outline(&cut));
        prop_assert_eq!((whole.sha256, whole.body_sha256), (cut.sha256, cut.body_sha256));
        prop_assert_eq!(whole.structure.attachments, cut.structure.attachments);
        prop_assert_eq!(whole.structure.mime, cut.structure.mime);
    }

    #[test]
    fn no_content_and_no_hole_makes_it_panic(
        message in messages(),
        noise: Vec<u8>,
        cuts in proptest::collection::vec((0_usize..40, 0_u64..3), 0..20),
    ) {
        let content = [message, noise].concat();
        let mut reader = Reader::new(None, None, Needs::ALL);
        let mut rest = content.as_slice();
        for (len, missing) in cuts {
            let (piece, after) = rest.split_at(len.min(rest.len()));
            reader.content(piece);
            reader.missing(missing);
            rest = after;
        }
        reader.content(rest);
        let read = reader.finish(ContentEnd::Complete);
        prop_assert_eq!(read.size, content.len() as u64);
    }
}
