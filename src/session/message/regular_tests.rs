//! Content that is read many lines at once, against the same content read the long way.

use super::*;
use crate::session::plan::Needs;
use proptest::prelude::*;

/// Lines as they must be, most of one length, and now and then something odd.
fn contents() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        6 => Just(format!("{}\r\n", "x".repeat(76))),
        2 => Just(format!("{}\r\n", "y".repeat(30))),
        2 => Just("\r\n".to_owned()),
        1 => Just("Subject: a\r\n".to_owned()),
        1 => Just("\r\n\r\n.\r\n".to_owned()),
        1 => Just(format!("{}\r\n", "z".repeat(990))),
        1 => "[a.\0\t\r\n]{0,9}",
    ];
    proptest::collection::vec(line, 0..30).prop_map(|lines| lines.concat().into_bytes())
}

/// Where a content is cut, and whether bytes are missing there.
fn cuts() -> impl Strategy<Value = Vec<(usize, bool)>> {
    proptest::collection::vec((0_usize..300, proptest::bool::weighted(0.1)), 0..20)
}

/// `content` in pieces, each with whether bytes are missing after it.
fn pieces<'a>(mut content: &'a [u8], cuts: &[(usize, bool)]) -> Vec<(&'a [u8], bool)> {
    let mut pieces = Vec::new();
    for &(len, is_gap) in cuts {
        let (piece, after) = content.split_at(len.min(content.len()));
        pieces.push((piece, is_gap));
        content = after;
    }
    pieces.push((content, false));
    pieces
}

/// What is found in `pieces`: faults, lines and digests. With `known`, by readers that know which pieces are regular.
fn found(pieces: &[(&[u8], bool)], has_header: bool, dot_at: usize, known: bool) -> String {
    let (mut faults, mut lines) = (FaultFinder::new(has_header), LineCount::default());
    let (mut digests, mut line_feeds) = (Digests::new(None), LineFeeds::default());
    for (at, (bytes, is_gap)) in pieces.iter().enumerate() {
        faults.mark(ContentMark::Packet(at as u64));
        if at == dot_at {
            faults.mark(ContentMark::SingleDot);
        }
        let piece = line_feeds.of(bytes);
        let piece = if known { piece } else { line_feeds::Piece::irregular(piece.bytes, piece.line_feeds) };
        faults.update(&piece);
        lines.update(&piece);
        digests.update(&piece, None);
        if *is_gap {
            faults.gap();
            lines.gap();
            digests.gap();
        }
    }
    format!("{:?} {:?} {:?}", faults.finish(ContentEnd::Unfinished), lines.finish(), digests.finish())
}

/// Lines of a message of several parts, in an order that seldom makes sense.
fn messages() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        3 => Just("\r\n".to_owned()),
        1 => Just("\n".to_owned()),
        2 => Just("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n".to_owned()),
        1 => Just("Content-Type: message/rfc822; name=m\r\n".to_owned()),
        1 => Just("Content-Type: message/rfc822\r\n\r\n".to_owned()),
        2 => Just("Content-Type: image/png; name=\"p \\\"q\"\r\nContent-Transfer-Encoding: base64\r\n".to_owned()),
        1 => Just("Content-Transfer-Encoding: base64\r\n\r\n".to_owned()),
        1 => Just("Subject: one\r\n two\n\tthree\r\nTo: \"a, \\\"b\" <c@d>, e@f\r\nX-Y:\tz\r\n".to_owned()),
        1 => Just("- \r\n-\n--c\r\n".to_owned()),
        3 => Just("--b\r\n".to_owned()),
        1 => Just("--b--\r\n".to_owned()),
        3 => Just(format!("{}\r\n", "QUJD".repeat(19)).repeat(3)),
        1 => "[-b \r\n:]{0,5}",
    ];
    proptest::collection::vec(line, 0..24).prop_map(|lines| lines.concat().into_bytes())
}

/// What the structure of `pieces` is, cut further into pieces of `size`.
fn structure(pieces: &[(&[u8], bool)], size: usize, needs: Needs) -> String {
    let mut reader = Reader::new(None, None, needs);
    for (bytes, is_gap) in pieces {
        bytes.chunks(size).for_each(|piece| reader.content(piece));
        reader.missing(u64::from(*is_gap));
    }
    let content = reader.finish(ContentEnd::Complete);
    format!("{:?} {} {:?} {:?}", content.structure, content.header_seen, content.limits, content.missing)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn what_is_known_of_pieces_makes_no_difference(
        content in contents(), cuts in cuts(), has_header: bool, dot_at in 0_usize..40,
    ) {
        let pieces = pieces(&content, &cuts);
        prop_assert_eq!(found(&pieces, has_header, dot_at, true), found(&pieces, has_header, dot_at, false));
    }

    #[test]
    fn lines_at_once_are_lines_one_by_one(message in messages(), cuts in cuts()) {
        let pieces = pieces(&message, &cuts);
        for needs in [Needs::ALL, Needs::MESSAGES] {
            // A byte at a time, hardly a line is whole.
            prop_assert_eq!(structure(&pieces, usize::MAX, needs), structure(&pieces, 1, needs));
        }
    }
}

#[test]
fn a_long_line_is_found_in_pieces_that_are_regular() {
    let text = format!("\r\n{}\r\nshort\r\n", "x".repeat(1_100));
    for size in [1, 2, 500, 999, 1_000, 1_001, 1_099, 1_100, 1_104, 2_000] {
        let mut reader = Reader::new(None, None, Needs::FAULTS);
        text.as_bytes().chunks(size).for_each(|piece| reader.content(piece));
        let faults = reader.finish(ContentEnd::Complete).faults.expect("a fault");
        assert_eq!((faults.longest, faults.long_line.map(|spot| spot.line)), (1_100, Some(Some(2))), "{size}");
    }
}
