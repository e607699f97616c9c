//! How many columns a text takes.

use unicode_width::UnicodeWidthStr;

/// Columns of a terminal that `text` takes: what `unicode-width` says. Most cells are of ASCII and of the signs that
/// stand between two ends, in place of nothing, and of what was cut off: these take a column each.
pub fn width(text: &str) -> usize {
    let is_plain = |found: char| matches!(found, ' '..='~' | '→' | '–' | '…');
    match text.chars().try_fold(0, |columns, found| is_plain(found).then_some(columns + 1)) {
        Some(columns) => columns,
        None => text.width(),
    }
}

#[cfg(test)]
mod tests {
    use super::width;
    use proptest::prelude::*;
    use unicode_width::UnicodeWidthStr;

    proptest! {
        #[test]
        fn as_unicode_width_counts(text in "[ -~→–…]{0,20}(|\\PC{0,4}|.{0,4}|\u{fe0f}|\u{20e3}|\u{338})[ -~→–…]{0,5}") {
            prop_assert_eq!(width(&text), text.width(), "{:?}", text);
        }
    }
}
