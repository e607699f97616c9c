/*!
Wraps the lines of a cell: at a blank, between Chinese characters (but no line begins with `，` or ends with `（`), and,
in a word longer than a line, behind the signs that join its parts. comfy-table breaks at blanks only.
*/

use std::borrow::Cow;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Punctuation that no line begins with.
const CLOSING: &str = "，。、；：！？）》」』】〉”’…)]}>,.;:!?";
/// Punctuation that no line ends with.
const OPENING: &str = "（《「『【〈“‘([{<";

/// `text` with line ends such that no line is wider than `width`, as far as its characters allow.
pub fn wrap(text: &str, width: usize) -> Cow<'_, str> {
    // The common case: all lines fit. (Each byte of printable ASCII takes one column.)
    let fits = |line: &str| {
        (line.len() <= width && line.bytes().all(|byte| matches!(byte, b' '..=b'~')))
            || (line.width() <= width && line.chars().filter_map(UnicodeWidthChar::width).sum::<usize>() <= width)
    };
    if text.split('\n').all(fits) {
        return Cow::Borrowed(text);
    }
    let mut lines = Vec::new();
    for mut rest in text.split('\n') {
        // Each turn reads the characters of one output line, so the whole is linear, however long the text is.
        loop {
            let (line, after) = rest.split_at(first_line(rest, width));
            if after.is_empty() {
                break;
            }
            lines.push(line.trim_end_matches(' '));
            rest = after.trim_start_matches(' ');
        }
        // Trailing blanks that reach beyond the edge are dropped.
        lines.push(if rest.width() > width { rest.trim_end_matches(' ') } else { rest });
    }
    Cow::Owned(lines.join("\n"))
}

/// The length in bytes of the first line of `text`: all of `text` if it fits, at least one character otherwise.
fn first_line(text: &str, width: usize) -> usize {
    let (mut used, mut before) = (0, None);
    let (mut gap, mut joint) = (None, None);
    for (at, found) in text.char_indices() {
        if let Some(before) = before {
            if is_gap(before, found) {
                gap = Some(at);
            } else if joins(before) && !joins(found) {
                joint = Some(at);
            }
        }
        used += found.width().unwrap_or_default();
        if used > width && found != ' ' {
            let whole = gap.filter(|&gap| text.get(gap..).is_some_and(|rest| starts_with_short_word(rest, width)));
            // A word without joints is broken where the line is full.
            let full = if at == 0 { found.len_utf8() } else { at };
            return whole.or(joint.max(gap)).unwrap_or(full);
        }
        before = Some(found);
    }
    text.len()
}

/// True if the first word of `text` fits in a line.
fn starts_with_short_word(text: &str, width: usize) -> bool {
    let (mut used, mut before) = (0, None);
    for found in text.chars() {
        if before.is_some_and(|before| is_gap(before, found)) || found == ' ' {
            break;
        }
        used += found.width().unwrap_or_default();
        if used > width {
            return false;
        }
        before = Some(found);
    }
    true
}

/// True for a sign that joins the parts of a long word, such as an address, a host name or a path.
fn joins(found: char) -> bool {
    matches!(found, '@' | '.' | '/' | ':' | ';' | ',')
}

/// True if a line may end between `before` and `after`.
fn is_gap(before: char, after: char) -> bool {
    if before.is_ascii() && after.is_ascii() {
        return before == ' ' && after != ' ';
    }
    let wide = |found: char| found.width() == Some(2);
    match (before, after) {
        (' ', after) => after != ' ',
        (before, after) if OPENING.contains(before) || CLOSING.contains(after) => false,
        (_, '\u{300}'..='\u{36f}' | '\u{fe0e}' | '\u{fe0f}') => false,
        (before, after) => after != ' ' && (wide(before) || wide(after)),
    }
}

#[cfg(test)]
mod tests {
    use super::wrap;
    use proptest::prelude::*;
    use unicode_width::UnicodeWidthStr;

    #[test]
    fn words_stay_whole_where_they_can() {
        assert_eq!(wrap("MAIL FROM: <group7_3@JServer.Netlab>", 28), "MAIL FROM:\n<group7_3@JServer.Netlab>");
        assert_eq!(wrap("one two three", 7), "one two\nthree");
        assert_eq!(wrap("fits", 4), "fits");
        assert_eq!(wrap("a\nb", 4), "a\nb");
    }

    #[test]
    fn long_words_break_at_their_joints() {
        assert_eq!(wrap("RCPT TO:<group7_3@JServer.Netlab>", 20), "RCPT TO:<group7_3@\nJServer.Netlab>");
        assert_eq!(wrap("abababababab", 5), "ababa\nbabab\nab");
    }

    #[test]
    fn chinese_punctuation_stays_with_its_words() {
        assert_eq!(wrap("凡能看到这些分组的人，都可以", 20), "凡能看到这些分组的\n人，都可以");
        assert_eq!(wrap("采用标准（RFC 2045），目前", 10), "采用标准\n（RFC\n2045），目\n前");
        assert_eq!(wrap("加密，起不到作用。", 16), "加密，起不到作\n用。");
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_too_wide(text in "[a-z @.，。（）命令\\n]{0,80}", width in 4..20_usize) {
            let wrapped = wrap(&text, width);
            let kept = |text: &str| text.replace([' ', '\n'], "");
            prop_assert_eq!(kept(&wrapped), kept(&text));
            prop_assert!(wrapped.lines().all(|line| line.width() <= width), "{:?}", wrapped);
        }

        #[test]
        fn ends_for_any_text(text in any::<String>(), width in 0..12_usize) {
            prop_assert!(wrap(&text, width).len() >= text.replace(' ', "").len());
        }
    }
}
