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

/// The parts of `left` and `right` in order; of what differs in one place, the left one comes first. Texts of several lines
/// are compared line by line first.
pub fn pieces<'a>(left: &'a str, right: &'a str) -> Vec<Piece<'a>> {
    let mut found = Vec::new();
    if !left.contains('\n') && !right.contains('\n') {
        words(&mut found, left, right);
        return found;
    }
    let (ours, theirs) = (lines(left), lines(right));
    let mut done = 0;
    for [before, after] in hunks(left, right, &ours, &theirs) {
        add(&mut found, Piece::Same(part(left, &ours, done..before.start)));
        done = before.end;
        // As many lines on either side: each may have become the other.
        let pairs = if before.len() == after.len() { before.len() } else { 0 };
        for (l, r) in before.clone().zip(after.clone()).take(pairs) {
            words(&mut found, part(left, &ours, l..l + 1), part(right, &theirs, r..r + 1));
        }
        add(&mut found, Piece::Left(part(left, &ours, before.start + pairs..before.end)));
        add(&mut found, Piece::Right(part(right, &theirs, after.start + pairs..after.end)));
    }
    add(&mut found, Piece::Same(part(left, &ours, done..ours.len())));
    found
}

/// Adds the parts of `left` and `right`, word by word.
fn words<'a>(found: &mut Vec<Piece<'a>>, left: &'a str, right: &'a str) {
    let (ours, theirs) = (tokens(left), tokens(right));
    // A blank or a sign alone between two differences would only cut them up.
    let is_sign = |text: &str| text.chars().all(|sign| !sign.is_alphanumeric() && sign != '\n');
    let mut joined: Vec<[Range<usize>; 2]> = Vec::new();
    for [before, after] in hunks(left, right, &ours, &theirs) {
        match joined.last_mut() {
            Some([last, other])
                if before.start - last.end == 1 && is_sign(part(left, &ours, last.end..before.start)) =>
            {
                (last.end, other.end) = (before.end, after.end);
            }
            _ => joined.push([before, after]),
        }
    }
    let mut done = 0;
    for [before, after] in joined {
        add(found, Piece::Same(part(left, &ours, done..before.start)));
        done = before.end;
        add(found, Piece::Left(part(left, &ours, before)));
        add(found, Piece::Right(part(right, &theirs, after)));
    }
    add(found, Piece::Same(part(left, &ours, done..ours.len())));
}

fn add<'a>(found: &mut Vec<Piece<'a>>, piece: Piece<'a>) {
    let (Piece::Same(text) | Piece::Left(text) | Piece::Right(text)) = piece;
    if !text.is_empty() {
        found.push(piece);
    }
}

/// The text of tokens `range`.
fn part<'a>(text: &'a str, tokens: &[Range<usize>], range: Range<usize>) -> &'a str {
    let ends = tokens.get(range).and_then(|tokens| Some(tokens.first()?.start..tokens.last()?.end));
    ends.and_then(|ends| text.get(ends)).unwrap_or_default()
}

/// The tokens that differ, as ranges of the left ones and of the right ones.
fn hunks(left: &str, right: &str, ours: &[Range<usize>], theirs: &[Range<usize>]) -> Vec<[Range<usize>; 2]> {
    let mut input = InternedInput::default();
    input.update_before(ours.iter().map(|token| left.get(token.clone()).unwrap_or_default()));
    input.update_after(theirs.iter().map(|token| right.get(token.clone()).unwrap_or_default()));
    let range = |range: Range<u32>| range.start as usize..range.end as usize;
    Diff::compute(Algorithm::Myers, &input).hunks().map(|hunk| [range(hunk.before), range(hunk.after)]).collect()
}

/// Lines, each with its end.
fn lines(text: &str) -> Vec<Range<usize>> {
    let mut start = 0;
    let line = |line: &str| {
        start += line.len();
        start - line.len()..start
    };
    text.split_inclusive('\n').map(line).collect()
}

/// Words, and signs one by one; a number with dots in it is a word. Of what is written without blanks between its words,
/// each character is one.
fn tokens(text: &str) -> Vec<Range<usize>> {
    let mut tokens: Vec<Range<usize>> = Vec::new();
    let mut before = None;
    let mut signs = text.char_indices().peekable();
    while let Some((at, found)) = signs.next() {
        let end = at + found.len_utf8();
        let is_word = |sign: char| sign.is_alphanumeric() && (sign as u32) < 0x2e80;
        let digit = |sign: Option<char>| sign.is_some_and(|sign| sign.is_ascii_digit());
        let joins = found == '.' && digit(before) && digit(signs.peek().map(|(_, next)| *next));
        let goes_on = is_word(found) || joins;
        let after_word = before.is_some_and(|before| is_word(before) || before == '.' && digit(Some(found)));
        match tokens.last_mut() {
            Some(last) if after_word && goes_on && (before != Some('.') || last.len() > 1) => last.end = end,
            _ => tokens.push(at..end),
        }
        before = Some(found);
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
        assert_eq!(pieces("521 5.5.2 no", "250 2.0.0 no"), [Left("521 5.5.2"), Right("250 2.0.0"), Same(" no")]);
        assert_eq!(pieces("a\nSTARTTLS\nb", "a\nb"), [Same("a\n"), Left("STARTTLS\n"), Same("b")]);
        assert_eq!(
            pieces("a\nSTARTTLS\nb", "a\nXXXXXXXA\nb"),
            [Same("a\n"), Left("STARTTLS"), Right("XXXXXXXA"), Same("\n"), Same("b"),]
        );
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
