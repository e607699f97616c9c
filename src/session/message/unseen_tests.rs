//! What the content alone does not show: parts described elsewhere, and bytes that were not captured.

use super::tests::outline;
use super::*;
use crate::session::plan::Needs;

#[test]
fn a_part_read_by_itself_is_described_by_a_header_that_stands_elsewhere() {
    let header = b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\
        Content-Disposition: attachment; filename=r.pdf\r\n\r\n";
    for (part, seen, incomplete) in [
        ("section 2", ContentEnd::Complete, ""),
        ("section 2", ContentEnd::Missing, " incomplete"),
        ("section 2, bytes 0-7", ContentEnd::Complete, " incomplete"),
    ] {
        let mut reader = Reader::new(Some(part), Some(header), Needs::ALL);
        reader.content(b"aGVs");
        reader.content(b"bG8=");
        let content = reader.finish(seen);
        assert_eq!(outline(&content), format!("- application/pdf\n* r.pdf application/pdf hello{incomplete}"));
        assert_eq!((content.size, content.sha256), (8, Some(sha256(b"aGVsbG8="))), "of what crossed");
    }
}

#[test]
fn what_was_not_captured_is_not_described() {
    let reader = || Reader::new(None, None, Needs::ALL);
    let content = reader().finish(ContentEnd::Missing);
    assert!(content.sha256.is_none() && content.lines.is_none() && !content.header_seen, "nothing was captured");
    let content = reader().finish(ContentEnd::Complete);
    assert!(content.sha256.is_some() && content.header_seen, "an empty message");
    let mut cut = reader();
    cut.content(b"Subject: hi\r\n");
    let content = cut.finish(ContentEnd::Unfinished);
    assert!(content.unfinished && !content.header_seen, "the header has no end");
    let mut lost = reader();
    lost.missing(700);
    lost.content(b"Subject: hi\r\n\r\ntext\r\n");
    let content = lost.finish(ContentEnd::Complete);
    assert!(!content.unfinished && !content.complete && !content.header_seen, "its beginning is missing");
    let mut headless = reader();
    headless.headless();
    headless.content(b"text\r\n\r\nmore\r\n");
    assert!(!headless.finish(ContentEnd::Missing).header_seen);
    let mut body_lost = reader();
    body_lost.content(b"Subject: hi\r\n\r\ntext\r\n");
    body_lost.missing(10);
    assert!(body_lost.finish(ContentEnd::Missing).header_seen);
}

#[test]
fn a_header_line_that_a_piece_cuts_off_does_not_count() {
    let read = |part: Option<&str>, pieces: &[&str]| {
        let mut reader = Reader::new(part, None, Needs::ALL);
        pieces.iter().for_each(|piece| reader.content(piece.as_bytes()));
        let header = reader.finish(ContentEnd::Complete).structure.header;
        (header.subject, header.from.into_iter().filter_map(|mailbox| mailbox.address).collect::<Vec<_>>())
    };
    let a = |address: &str| vec![address.to_owned()];
    let piece = Some("bytes 0-9");
    assert_eq!(read(piece, &["From: a@ex"]), (None, vec![]));
    assert_eq!(read(piece, &["From: a@", "ex"]), (None, vec![]));
    assert_eq!(read(piece, &["Subject: hi\r\nFrom: a@ex"]), (Some("hi".into()), vec![]), "the whole lines count");
    assert_eq!(read(piece, &["From: a@ex\r\nSubject: one\r\n tw"]), (None, a("a@ex")), "a field goes on over lines");
    assert_eq!(read(piece, &["From: a@ex\r\n"]), (None, a("a@ex")));
    assert_eq!(read(piece, &["From: a@ex\r\n\r\nhel"]), (None, a("a@ex")));
    for whole in [None, Some("headers")] {
        assert_eq!(read(whole, &["From: a@ex"]), (None, a("a@ex")), "all there is: {whole:?}");
    }
    let mut reader = Reader::new(piece, None, Needs::ALL);
    reader.content(b"From: a@ex");
    reader.is_part(None);
    let header = reader.finish(ContentEnd::Complete).structure.header;
    assert_eq!(header.from.len(), 1, "the piece has turned out to be all there is");
}
