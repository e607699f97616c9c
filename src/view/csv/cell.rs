/*!
A value as the text of a cell.

- A number has no unit and no thousands separator, and a point; a time is RFC 3339 in UTC; a boolean is `true` or `false`;
  what is absent is empty.
- A text has no character that could control a terminal or mislead ([`escape`]); line feeds stay.
- A text that a spreadsheet could take for a formula gets an apostrophe in front, and so does one that begins with an
  apostrophe: whoever takes one apostrophe off the front of every text that has one gets the text again. It is a formula
  if its first character, after white space, is `=`, `+`, `-`, `@` or the full-width form of one.
- A list is a text: its items with `; ` between them.
- A text is in quotes, and nothing else is: a program that heeds them takes no password of digits for a number, and no
  `1-2` for a date.
*/

use crate::view::columns::Value;
use crate::view::escape;
use std::borrow::Cow;

/// In front of a text that is no formula.
const GUARD: char = '\'';

/// `value` as the bytes of its cell, with the quotes around a text; an empty text is written as what is absent is.
pub fn written<'v>(value: &'v Value<'_>) -> Cow<'v, str> {
    match value {
        Value::None => Cow::Borrowed(""),
        Value::Text(text) if text.is_empty() => Cow::Borrowed(""),
        Value::Text(text) => written_text(text),
        Value::Integer(number) => Cow::Owned(number.to_string()),
        Value::Number(number) => Cow::Owned(number.to_string()),
        Value::Boolean(true) => Cow::Borrowed("true"),
        Value::Boolean(false) => Cow::Borrowed("false"),
        Value::Time(time) => Cow::Owned(time.to_string()),
        Value::Texts(_) | Value::Integers(_) => match value.in_one_cell() {
            Some(list) if !list.is_empty() => written_text(&list),
            _ => Cow::Borrowed(""),
        },
    }
}

fn written_text(text: &str) -> Cow<'static, str> {
    Cow::Owned(quoted(&guarded(escape::block(text))))
}

/// In quotes, with those within doubled, as RFC 4180 has it.
fn quoted(text: &str) -> String {
    let mut cell = String::with_capacity(text.len() + 2);
    cell.push('"');
    for (nth, part) in text.split('"').enumerate() {
        cell.push_str(if nth > 0 { "\"\"" } else { "" });
        cell.push_str(part);
    }
    cell.push('"');
    cell
}

fn guarded(text: Cow<'_, str>) -> Cow<'_, str> {
    match text.starts_with(GUARD) || looks_like_formula(&text) {
        true => Cow::Owned(format!("{GUARD}{text}")),
        false => text,
    }
}

/// Spreadsheets differ in what white space they skip.
fn looks_like_formula(text: &str) -> bool {
    text.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
}

#[cfg(test)]
mod tests {
    use super::written;
    use crate::view::columns::Value;
    use proptest::prelude::*;

    /// The cell of `text`, as one who reads CSV has it.
    fn text(text: &str) -> String {
        let cell = written(&Value::Text(text.into())).into_owned();
        cell.strip_prefix('"').and_then(|cell| cell.strip_suffix('"')).unwrap_or(&cell).replace("\"\"", "\"")
    }

    #[test]
    fn a_text_is_in_quotes() {
        for (text, cell) in [
            ("0123", "\"0123\""),
            ("smtp", "\"smtp\""),
            ("a,b", "\"a,b\""),
            ("\"", "\"\"\"\""),
            ("say \"x\"", "\"say \"\"x\"\"\""),
            ("+OK", "\"'+OK\""),
            ("", ""),
        ] {
            assert_eq!(written(&Value::Text(text.into())), cell);
        }
    }

    #[test]
    fn a_text_is_no_formula() {
        for formula in
            ["=1+1", "+OK", "-ERR", "@SUM(A1)", "＝1", "＋1", "－1", "＠x", " =1", "\n=1", "\u{a0}\u{3000}=1"]
        {
            assert_eq!(text(formula), format!("'{formula}"));
        }
        assert_eq!(text("'=1"), "''=1", "its own apostrophe is told from ours");
        assert_eq!((text("a=1"), text("250-x"), text("")), ("a=1".to_owned(), "250-x".to_owned(), String::new()));
        assert_eq!(
            (text("\t=1"), text("\r=1")),
            ("␉=1".to_owned(), "␍=1".to_owned()),
            "what is shown is no white space"
        );
    }

    #[test]
    fn numbers_and_times_are_never_guarded() {
        assert_eq!(written(&Value::Number(-1.5)), "-1.5");
        assert_eq!(written(&Value::Number(1e-7)), "0.0000001");
        assert_eq!(written(&Value::Integer(u64::MAX)), "18446744073709551615");
        let time = crate::capture::Time::from_nanoseconds(1_260_252_000_000_000_001);
        assert_eq!(written(&Value::Time(time)), "2009-12-08T06:00:00.000000001Z");
        assert_eq!((written(&Value::Boolean(true)), written(&Value::None)), ("true".into(), "".into()));
    }

    proptest! {
        #[test]
        fn an_apostrophe_can_be_taken_off_again(hostile in "[ \t\r\n'=+@＝－-]{0,4}.*") {
            let written = text(&hostile);
            let shown = crate::view::escape::block(&hostile);
            prop_assert_eq!(written.strip_prefix('\'').unwrap_or(&written), &*shown);
            prop_assert!(!super::looks_like_formula(&written));
        }
    }
}
