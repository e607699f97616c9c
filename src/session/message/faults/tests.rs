//! Contents with faults, in pieces of all sizes.

use super::super::line_feeds::LineFeeds;
use super::*;
use crate::protocol::event::LineEnd;

/// What is wrong with `content`, read in pieces of `size`.
fn faults(content: &[u8], size: usize, end: ContentEnd) -> Faults {
    let (mut finder, mut line_feeds) = (FaultFinder::new(true), LineFeeds::default());
    for (packet, piece) in (1..).zip(content.chunks(size)) {
        finder.mark(ContentMark::Packet(packet));
        finder.update(&line_feeds.of(piece));
    }
    finder.finish(end).map(|faults| *faults).unwrap_or_default()
}

/// Reads `content` in pieces of all sizes, and returns what `what` finds in each of them, which is the same.
fn in_all_pieces<T: PartialEq + std::fmt::Debug>(content: &[u8], what: impl Fn(&Faults) -> T) -> T {
    let whole = what(&faults(content, content.len(), ContentEnd::Complete));
    for size in 1..content.len() {
        let found = what(&faults(content, size, ContentEnd::Complete));
        assert_eq!(found, whole, "{} in pieces of {size}", content.escape_ascii());
    }
    whole
}

fn place(spot: &Option<Spot>) -> Option<(u64, Option<u64>, bool)> {
    spot.as_ref().map(|spot| (spot.count, spot.line, spot.in_header))
}

#[test]
fn a_good_message_has_none() {
    let good = b"Subject: a\r\n b\r\nFrom: c@d\r\n\r\nSubject: e\r\nSubject: f\r\n.\r\n\r\n..\r\nend.\r\n";
    assert_eq!(in_all_pieces(good, Faults::clone), Faults::default());
}

#[test]
fn bare_line_feeds_and_carriage_returns_are_counted_and_placed() {
    let text = b"A: b\r\nSubject: c\nD: e\r\n\r\none\ntwo\rthree\r\nfour\r\r\n";
    assert_eq!(in_all_pieces(text, |found| place(&found.bare_lf)), Some((2, Some(2), true)));
    assert_eq!(in_all_pieces(text, |found| place(&found.bare_cr)), Some((2, Some(6), false)));
    let found = faults(text, 30, ContentEnd::Complete);
    let lf = found.bare_lf.expect("a bare LF");
    assert_eq!((lf.excerpt.as_str(), lf.packet), ("Subject: c", 1));
    assert_eq!(found.bare_cr.expect("a bare CR").packet, 2);
    assert_eq!(
        faults(b"A: b\r\n\r\none\r", 30, ContentEnd::Complete).bare_cr,
        None,
        "its LF may be behind the octets counted"
    );
}

#[test]
fn nul_long_lines_and_repeated_fields() {
    let nul = b"Subject: a\r\n\r\nb\r\nc\0\0d\r\n";
    assert_eq!(in_all_pieces(nul, |found| found.nul.as_ref().and_then(|nul| nul.line)), Some(4));
    assert_eq!(faults(nul, 100, ContentEnd::Complete).nul.map(|nul| nul.count), Some(2));
    let long = [b"A: b\r\n\r\n".as_slice(), &[b'x'; 1_000], b"\r\n", &[b'x'; 998], b"\r\n"].concat();
    for size in [1, 7, 999, 3_000] {
        let found = faults(&long, size, ContentEnd::Complete);
        assert_eq!((place(&found.long_line), found.longest), (Some((1, Some(3), false)), 1_000), "{size}");
    }
    let twice = b"From: a@b\r\nSubject: c\r\nsubject : d\r\nReceived: e\r\nReceived: f\r\n\r\n";
    assert_eq!(in_all_pieces(twice, |found| place(&found.repeated)), Some((1, Some(3), true)));
}

#[test]
fn commands_behind_an_odd_dot_line_are_smuggled() {
    let mail = "MAIL FROM:<a@b.example>";
    for dot in ["\r.\r", "\r.\r\n", "\r.\n"] {
        let text = format!("A: b\r\n\r\ntext{dot}{mail}\r\nRCPT TO:<c@d.example>\r\nDATA\r\nA: b\r\n");
        let commands = in_all_pieces(text.as_bytes(), |found| found.smuggled.as_ref().map(|it| it.commands.clone()));
        assert_eq!(commands.as_deref(), Some("MAIL FROM:<a@b.example>\nRCPT TO:<c@d.example>\nDATA"), "{dot:?}");
        let text = format!("A: b\r\n\r\ntext{dot}Mail me, please.\r\n{mail}\r\n");
        let found = in_all_pieces(text.as_bytes(), |found| (found.smuggled.is_some(), place(&found.odd_dot_line)));
        assert!(!found.0 && found.1.is_some(), "{dot:?}");
    }
}

#[test]
fn a_dot_line_that_was_marked() {
    let mark = |before, own, ends| ContentMark::DotLine { before, own, ends };
    for (before, own, content) in [(LineEnd::Lf, LineEnd::Lf, ".\n"), (LineEnd::CrLf, LineEnd::Lf, "\n")] {
        for (crlf, is_smuggled) in [("\r\n", true), ("\n", before == LineEnd::CrLf)] {
            let (mut finder, mut line_feeds) = (FaultFinder::new(true), LineFeeds::default());
            finder.update(&line_feeds.of(format!("A: b{crlf}{crlf}text\n").as_bytes()));
            finder.mark(mark(before, own, false));
            finder.update(&line_feeds.of(format!("{content}EHLO a{crlf}MAIL FROM:<a@b>{crlf}text").as_bytes()));
            let smuggled = finder.finish(ContentEnd::Complete).and_then(|found| found.smuggled);
            let commands = smuggled.map(|smuggled| (smuggled.dot.to_string(), smuggled.commands));
            let dot = if before == LineEnd::Lf { "<LF>.<LF>" } else { "<CR><LF>.<LF>" };
            let expected = is_smuggled.then(|| (dot.to_owned(), "EHLO a\nMAIL FROM:<a@b>".to_owned()));
            assert_eq!(commands, expected, "{before:?} {own:?} {crlf:?}");
        }
    }
    for (header, is_odd) in [("A: b\r\n", true), ("A: b\n", false)] {
        let (mut finder, mut line_feeds) = (FaultFinder::new(true), LineFeeds::default());
        finder.update(&line_feeds.of(header.as_bytes()));
        finder.mark(mark(LineEnd::Lf, LineEnd::Lf, true));
        let found = finder.finish(ContentEnd::Complete).and_then(|found| found.ended_by);
        assert_eq!(found, is_odd.then_some(DotLine { before: Break::Lf, after: Break::Lf }), "{header:?}");
    }
}

#[test]
fn a_last_dot_that_is_not_the_end() {
    let last = |content: &[u8]| faults(content, 5, ContentEnd::Unfinished).last_dot.map(|dot| (dot.kind, dot.line));
    let text = |line: &str| Some((LastDotKind::AfterText, line.to_owned()));
    assert_eq!(last(b"A: b\r\n\r\nno line end.\r\n"), text("no line end."));
    assert_eq!(last(b"A: b\r\n\r\nno line end.\n"), text("no line end."));
    for none in ["A: b\r\n\r\ncut in the mid", "A: b\r\n\r\nline\r\n", "A: b\r\n\r\nhm...\r\n", "A: b\r\n\r\nmid."] {
        assert_eq!(last(none.as_bytes()), None, "{none:?}");
    }
    assert_eq!(faults(b"A: b\r\n\r\nend.\r\n", 9, ContentEnd::Complete), Faults::default());
}

#[test]
fn nothing_is_known_behind_a_gap() {
    let (mut finder, mut line_feeds) = (FaultFinder::new(true), LineFeeds::default());
    finder.update(&line_feeds.of(b"A: b\r\n\r\none\r"));
    finder.gap();
    finder.update(&line_feeds.of(b"\nDate: x\r\nDate: y\r\ntwo\n"));
    let found = finder.finish(ContentEnd::Missing).expect("a bare LF");
    assert_eq!(place(&found.bare_lf), Some((1, None, false)));
    assert_eq!((&found.bare_cr, &found.repeated), (&None, &None));
}
