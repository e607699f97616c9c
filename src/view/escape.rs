/*!
Text off the wire made safe for a terminal: characters that could control the terminal or mislead the reader's eye are
replaced by visible ones.

- Control characters of C0 and DEL are shown as their pictures (U+2400…): `␛[31m` for a colour sequence, `␉` for a tab,
  `␀` for a NUL. A carriage return, a backspace typed by hand and telnet's bells are then visible where they crossed.
- Other characters that move, hide or reverse text are shown by number, `<U+202E>`: C1 controls, bidirectional overrides
  and isolates, zero-width characters, line and paragraph separators, fillers, tags, the byte order mark.

Neither notation uses the backslash, so that IMAP's `\Seen` stays as it was sent. The escaped text has the width that
`unicode-width` computes, by which the tables are laid out.
*/

use std::borrow::Cow;
use std::fmt::Write;

/// `text` for a single line: line ends within it are shown as `␍␊`.
pub fn line(text: &str) -> Cow<'_, str> {
    escaped(text, |_| true)
}

/// `text` for a cell of several lines: its line feeds stay, and the carriage return of a CRLF goes with them.
pub fn block(text: &str) -> Cow<'_, str> {
    match text.contains("\r\n") {
        true => Cow::Owned(escaped(&text.replace("\r\n", "\n"), |found| found != '\n').into_owned()),
        false => escaped(text, |found| found != '\n'),
    }
}

/// The first `limit` characters of `text`, and true if `text` is longer.
pub fn cut(text: &str, limit: usize) -> (&str, bool) {
    // A character has a byte at least: most text need not be counted.
    if text.len() <= limit {
        return (text, false);
    }
    match text.char_indices().nth(limit) {
        Some((at, _)) => (text.get(..at).unwrap_or_default(), true),
        None => (text, false),
    }
}

fn escaped(text: &str, escape: impl Fn(char) -> bool) -> Cow<'_, str> {
    let hostile = |found: char| is_hostile(found) && escape(found);
    if !text.contains(hostile) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for found in text.chars() {
        match found {
            _ if !hostile(found) => shown.push(found),
            '\0'..='\x1f' => shown.push(char::from_u32(0x2400 + u32::from(found)).unwrap_or('\u{fffd}')),
            '\x7f' => shown.push('\u{2421}'),
            // Writing to a String cannot fail.
            _ => drop(write!(shown, "<U+{:04X}>", u32::from(found))),
        }
    }
    Cow::Owned(shown)
}

/// True for a character that must be escaped. Variation selectors 15 and 16 (text or emoji) are not escaped: they
/// affect only the character before them, and ordinary subjects contain them.
pub(super) fn is_hostile(found: char) -> bool {
    // Most characters are of these.
    if matches!(found, ' '..='~') {
        return false;
    }
    matches!(found,
        '\0'..='\x1f' | '\x7f'..='\u{9f}'      // C0, DEL, C1
        | '\u{ad}' | '\u{34f}' | '\u{61c}'     // soft hyphen, grapheme joiner, Arabic letter mark
        | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' // Hangul fillers: letters that cannot be seen
        | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' // Khmer inherent vowels, Mongolian selectors
        | '\u{200b}'..='\u{200f}'              // zero width, directional marks
        | '\u{2028}'..='\u{202e}'              // line and paragraph separators, embeddings, overrides
        | '\u{2060}'..='\u{206f}'              // word joiner, invisible operators, isolates
        | '\u{fe00}'..='\u{fe0d}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' // shorthand and musical format controls
        | '\u{e0000}'..='\u{e0fff}') // tags, variation selectors supplement
}

/// True if JSON and a terminal take all of `text` as it stands: there is nothing in it to escape.
pub(super) fn stands_as_it_is(text: &str) -> bool {
    !text.chars().any(|found| is_hostile(found) || matches!(found, '"' | '\\'))
}

#[cfg(test)]
mod tests {
    use super::{block, cut, is_hostile, line};
    use proptest::prelude::*;
    use std::borrow::Cow;
    use unicode_width::UnicodeWidthChar;

    #[test]
    fn ordinary_text_is_left_alone() {
        for text in ["MAIL FROM:<a@b>", "* FLAGS (\\Seen \\Deleted)", "请求命令完成", "Größe", "❤\u{fe0f}", ""]
        {
            assert!(matches!(line(text), Cow::Borrowed(same) if same == text));
            assert!(matches!(block(text), Cow::Borrowed(same) if same == text));
        }
    }

    #[test]
    fn control_characters_are_shown_and_not_sent() {
        assert_eq!(line("\x1b[2J\x1b]0;owned\x07"), "␛[2J␛]0;owned␇");
        assert_eq!(line("QUIX\x08T\x7f\r"), "QUIX␈T␡␍");
        assert_eq!(line("\u{9b}31m"), "<U+009B>31m");
        assert_eq!(line("a\tb\0c"), "a␉b␀c");
    }

    #[test]
    fn characters_that_mislead_the_eye_are_escaped() {
        assert_eq!(line("invoice\u{202e}fdp.exe"), "invoice<U+202E>fdp.exe");
        assert_eq!(line("pay\u{200b}pal\u{2066}\u{feff}"), "pay<U+200B>pal<U+2066><U+FEFF>");
        assert_eq!(line("a\u{2028}b\u{e0041}"), "a<U+2028>b<U+E0041>");
    }

    #[test]
    fn a_cell_keeps_its_line_feeds_and_shows_bare_carriage_returns() {
        assert_eq!(block("250-one\r\n250 two\r\r\n"), "250-one\n250 two␍\n");
        assert_eq!(line("one\r\ntwo"), "one␍␊two");
    }

    #[test]
    fn cut_counts_characters() {
        assert_eq!(cut("请求命令", 2), ("请求", true));
        assert_eq!(cut("ab", 2), ("ab", false));
        assert_eq!(cut("", 0), ("", false));
    }

    proptest! {
        #[test]
        fn nothing_hostile_gets_through(text in any::<String>()) {
            prop_assert!(!line(&text).chars().any(is_hostile));
            prop_assert!(!block(&text).chars().any(|found| found != '\n' && is_hostile(found)));
        }

        #[test]
        fn a_character_without_a_width_is_hostile(found in any::<char>()) {
            // `width()` is None exactly for the control characters.
            if found.width().is_none() {
                prop_assert!(is_hostile(found));
            }
        }
    }
}
