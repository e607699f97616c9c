//! Which parts of two texts differ: word by word.

use imara_diff::{Algorithm, Diff, InternedInput};
use std::ops::Range;

/// A part of two texts that are beside each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    /// In both.
    Same(&'a str),
    /// On the left alone.
    Left(&'a str),
    /// On the right alone.
    Right(&'a str),
}

/// The parts of `left` and `right` in order; of what differs in one place, the left one comes first.
pub fn pieces<'a>(left: &'a str, right: &'a str) -> Vec<Piece<'a>> {
    let (ours, theirs) = (tokens(left), tokens(right));
    let text = |text: &'a str, tokens: &[Range<usize>], range: Range<usize>| -> &'a str {
        let ends = tokens.get(range).and_then(|tokens| Some(tokens.first()?.start..tokens.last()?.end));
        ends.and_then(|ends| text.get(ends)).unwrap_or_default()
    };
    let mut input = InternedInput::default();
    input.update_before(ours.iter().map(|token| left.get(token.clone()).unwrap_or_default()));
    input.update_after(theirs.iter().map(|token| right.get(token.clone()).unwrap_or_default()));
    let diff = Diff::compute(Algorithm::Myers, &input);
    let mut pieces = Vec::new();
    let mut add = |piece: Piece<'a>| {
        let (Piece::Same(text) | Piece::Left(text) | Piece::Right(text)) = piece;
        if !text.is_empty() {
            pieces.push(piece);
        }
    };
    // A blank or a sign alone between two differences would only cut them up.
    let mut hunks: Vec<[Range<usize>; 2]> = Vec::new();
    for hunk in diff.hunks() {
        let one =
            [hunk.before.start as usize..hunk.before.end as usize, hunk.after.start as usize..hunk.after.end as usize];
        match hunks.last_mut() {
            Some([before, after])
                if text(left, &ours, before.end..one[0].start)
                    .chars()
                    .all(|sign| !sign.is_alphanumeric() && sign != '\n')
                    && one[0].start - before.end == 1 =>
            {
                (before.end, after.end) = (one[0].end, one[1].end);
            }
            _ => hunks.push(one),
        }
    }
    let mut done = 0;
    for [before, after] in hunks {
        add(Piece::Same(text(left, &ours, done..before.start)));
        done = before.end;
        add(Piece::Left(text(left, &ours, before)));
        add(Piece::Right(text(right, &theirs, after)));
    }
    add(Piece::Same(text(left, &ours, done..ours.len())));
    pieces
}

/// Words, and signs one by one. Words of characters that are written without blanks are single characters.
fn tokens(text: &str) -> Vec<Range<usize>> {
    let mut tokens: Vec<Range<usize>> = Vec::new();
    let mut word = false;
    for (at, found) in text.char_indices() {
        let end = at + found.len_utf8();
        let goes_on = found.is_alphanumeric() && (found as u32) < 0x2e80;
        match tokens.last_mut() {
            Some(last) if word && goes_on => last.end = end,
            _ => tokens.push(at..end),
        }
        word = goes_on;
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::{Piece, pieces};
    use proptest::prelude::*;

    #[test]
    fn words_that_differ_are_told_apart() {
        use Piece::{Left, Right, Same};
        assert_eq!(pieces("EHLO a", "EHLO b"), [Same("EHLO "), Left("a"), Right("b")]);
        assert_eq!(pieces("same", "same"), [Same("same")]);
        assert_eq!(pieces("", "new"), [Right("new")]);
        assert_eq!(pieces("a b c d", "a x y d"), [Same("a "), Left("b c"), Right("x y"), Same(" d")]);
        assert_eq!(pieces("250 命令完成", "250 命令失败"), [Same("250 命令"), Left("完成"), Right("失败")]);
    }

    proptest! {
        #[test]
        fn nothing_is_lost(left in "[ab .\\n命令]{0,30}", right in "[ab .\\n命令]{0,30}") {
            let (mut ours, mut theirs) = (String::new(), String::new());
            for piece in pieces(&left, &right) {
                match piece {
                    Piece::Same(text) => {
                        ours.push_str(text);
                        theirs.push_str(text);
                    }
                    Piece::Left(text) => ours.push_str(text),
                    Piece::Right(text) => theirs.push_str(text),
                }
            }
            prop_assert_eq!((ours, theirs), (left, right));
        }
    }
}
