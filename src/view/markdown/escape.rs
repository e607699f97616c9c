//! Text such that Markdown shows it as it is.

use crate::view::escape;

/// Signs that mean something in Markdown.
const SIGNS: &str = "\\`*_{}[]<>#|~&!$^=";

/// `text`, which is safe for a terminal, such that Markdown shows it as it is: in a cell, in a heading, in a paragraph.
pub fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len() + 16);
    let mut first = true;
    for (at, found) in text.char_indices() {
        let begins = std::mem::replace(&mut first, found == '\n');
        let is_followed_by_space =
            text.get(at + found.len_utf8()..).is_none_or(|rest| rest.is_empty() || rest.starts_with([' ', '\n']));
        match found {
            '\n' => shown.push_str("<br>"),
            // An entity, not a backslash: not every reader of tables knows the backslash before it.
            '|' => shown.push_str("&#124;"),
            // What looks like an address or a link is made one, unless its sign is an entity.
            '@' => shown.push_str("&#64;"),
            ':' => shown.push_str("&#58;"),
            '.' if text.get(..at).is_some_and(ends_with_www) => shown.push_str("&#46;"),
            // The beginning of a list.
            '-' | '+' if begins && is_followed_by_space => shown.push_str(if found == '-' { "&#45;" } else { "&#43;" }),
            '.' | ')' if is_followed_by_space && is_number(text.get(..at).unwrap_or_default()) => {
                shown.push_str(if found == '.' { "&#46;" } else { "&#41;" });
            }
            found if SIGNS.contains(found) => {
                shown.push('\\');
                shown.push(found);
            }
            found => shown.push(found),
        }
    }
    shown
}

fn ends_with_www(before: &str) -> bool {
    before.len().checked_sub(3).and_then(|at| before.get(at..)).is_some_and(|last| last.eq_ignore_ascii_case("www"))
}

/// What stands before the sign is the number of a list's item, and nothing else.
fn is_number(before: &str) -> bool {
    let line = before.rsplit('\n').next().unwrap_or_default();
    (1..=9).contains(&line.len()) && line.bytes().all(|byte| byte.is_ascii_digit())
}

/// `text` off the wire, such that Markdown shows it as it is.
pub fn raw(text: &str) -> String {
    escaped(&escape::block(text))
}

#[cfg(test)]
mod tests {
    use super::{escaped, raw};
    use proptest::prelude::*;

    #[test]
    fn text_means_nothing_in_markdown() {
        assert_eq!(escaped("a|b\n<c>"), "a&#124;b<br>\\<c\\>");
        assert_eq!(escaped("[-x-]{+`y`+}"), "\\[-x-\\]\\{+\\`y\\`+\\}");
        assert_eq!(escaped("http://a user@b"), "http&#58;//a user&#64;b");
        assert_eq!(escaped("see www.evil.example, WWW.x"), "see www&#46;evil.example, WWW&#46;x");
        assert_eq!(escaped("- a\n+ b\n1. c\n12) d"), "&#45; a<br>&#43; b<br>1&#46; c<br>12&#41; d");
        assert_eq!(escaped("![x](y)$z$"), "\\!\\[x\\](y)\\$z\\$");
        for plain in ["172.16.0.73", "+OK 1.2", "-ERR", "250-10.0.0.1 1. 2"] {
            assert_eq!(escaped(plain), plain, "no item of a list");
        }
        assert_eq!(raw("\x1b[31m\r\nx"), "␛\\[31m<br>x");
    }

    proptest! {
        #[test]
        fn a_cell_is_one_line_without_a_bar_or_a_tag(text in any::<String>()) {
            let shown = raw(&text).replace("<br>", "");
            prop_assert!(!shown.contains(['|', '\n', '\r']));
            let unguarded = |sign| shown.match_indices(sign).any(|(at, _)| !shown[..at].ends_with('\\'));
            prop_assert!(!unguarded('<') && !unguarded('[') && !unguarded('`') && !unguarded('$'));
        }
    }
}
