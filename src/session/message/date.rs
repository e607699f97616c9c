//! The Date field as a time (RFC 5322, sections 3.3 and 4.3).

use crate::capture::Time;
use jiff::fmt::rfc2822::DateTimeParser;

/// The longest value looked at.
const DATE_BYTES: usize = 200;

/// The weekday is not checked: it says nothing that the date does not say, and senders get it wrong.
static PARSER: DateTimeParser = DateTimeParser::new().relaxed_weekday(true);

/// The time that the Date field `value` (unfolded) names; `None` if it is no date.
pub fn read(value: &[u8]) -> Option<Time> {
    let text = std::str::from_utf8(value.get(..DATE_BYTES).unwrap_or(value)).ok()?;
    let at = PARSER.parse_timestamp(text.trim()).ok()?;
    Some(Time::from_microseconds(at.as_microsecond()))
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn dates_as_mailers_write_them() {
        for (date, utc) in [
            ("Mon, 23 Nov 2026 10:00:00 +0800", "2026-11-23T02:00:00.000000Z"),
            ("23 Nov 2026 10:00 -0000", "2026-11-23T10:00:00.000000Z"),
            ("Mon, 23 Nov 2026 10:00:00 +0100 (CET)", "2026-11-23T09:00:00.000000Z"),
            ("Sun, 23 Nov 2026 10:00:00 GMT", "2026-11-23T10:00:00.000000Z"),
            ("Mon,  3 Jun 96 10:00:00 EST", "1996-06-03T15:00:00.000000Z"),
            (" Mon, 23 Nov 2026  10:00:00  +0000 ", "2026-11-23T10:00:00.000000Z"),
        ] {
            assert_eq!(read(date.as_bytes()).map(|time| time.to_string()).as_deref(), Some(utc), "{date}");
        }
        for none in ["", "yesterday", "2026-11-23", "Mon, 33 Nov 2026 10:00:00 +0000", "Mon, 23 Nov 2026 10:00:00"] {
            assert_eq!(read(none.as_bytes()), None, "{none}");
        }
        assert_eq!(read(&[b' '; 10_000]), None);
    }
}
