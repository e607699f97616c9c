//! JSON that is safe to print on a terminal, with line ends only where the formatter puts them.

use super::super::escape::is_hostile;
use serde_json::ser::Formatter;
use std::io::{self, Write};

/// A formatter that works like `F`, but writes some characters by number (`\u009b`): those that JSON allows unescaped
/// and that could mislead a terminal, a reader's eye or a program that splits lines (DEL, C1 controls, U+2028,
/// bidirectional overrides). The value of the string is the same.
#[derive(Debug, Default)]
pub struct TerminalSafe<F>(pub F);

/// Methods that delegate to the inner formatter.
macro_rules! as_it_does {
    ($($name:ident($($argument:ident: $kind:ty)?);)*) => {
        $(fn $name<W: ?Sized + Write>(&mut self, writer: &mut W $(, $argument: $kind)?) -> io::Result<()> {
            self.0.$name(writer $(, $argument)?)
        })*
    };
}

impl<F: Formatter> Formatter for TerminalSafe<F> {
    as_it_does! {
        begin_array();
        end_array();
        begin_array_value(first: bool);
        end_array_value();
        begin_object();
        end_object();
        begin_object_key(first: bool);
        end_object_key();
        begin_object_value();
        end_object_value();
    }

    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        // The maximum of all bytes rather than a search for the first high one: the compiler can vectorise a maximum.
        if fragment.bytes().fold(0, u8::max) < 0x7f {
            return self.0.write_string_fragment(writer, fragment);
        }
        let mut rest = fragment;
        while let Some((at, found)) = rest.char_indices().find(|&(_, found)| is_hostile(found)) {
            let (harmless, tail) = rest.split_at(at);
            self.0.write_string_fragment(writer, harmless)?;
            for unit in found.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = tail.get(found.len_utf8()..).unwrap_or_default();
        }
        self.0.write_string_fragment(writer, rest)
    }
}

#[cfg(test)]
mod tests {
    use super::TerminalSafe;
    use crate::view::escape;
    use proptest::prelude::*;
    use serde::Serialize;
    use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter};

    fn written(value: &impl Serialize, formatter: impl Formatter) -> String {
        let mut out = Vec::new();
        value.serialize(&mut serde_json::Serializer::with_formatter(&mut out, formatter)).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_a_terminal_obeys_is_written_by_number() {
        let shown = written(&"é \u{7f}\u{9b}31m\u{202e}\u{2028}\u{e0041}\x1b", TerminalSafe(CompactFormatter));
        assert_eq!(shown, r#""é \u007f\u009b31m\u202e\u2028\udb40\udc41\u001b""#);
    }

    #[test]
    fn all_other_output_is_the_inner_formatters() {
        let value = serde_json::json!({"a": [1, {"b": "é"}, []], "c": {}, "d\n": [[true]]});
        assert_eq!(
            written(&value, TerminalSafe(PrettyFormatter::new())),
            serde_json::to_string_pretty(&value).unwrap()
        );
        assert_eq!(written(&value, TerminalSafe(CompactFormatter)), serde_json::to_string(&value).unwrap());
    }

    proptest! {
        #[test]
        fn the_value_is_the_same_and_harmless(text in any::<String>()) {
            let shown = written(&text, TerminalSafe(CompactFormatter));
            prop_assert_eq!(escape::line(&shown), shown.as_str());
            prop_assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), text);
        }
    }
}
