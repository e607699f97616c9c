//! What a FETCH asks for, as far as its responses do not repeat it: the length of partial fetches (RFC 3501, section
//! 6.4.5).

use super::fetch_items::Section;
use super::lexer::{Parsed, atom, number, spaces};
use crate::limits::PARTIAL_ITEMS;
use nom::Parser;
use nom::character::complete::char;
use nom::sequence::{delimited, preceded, separated_pair, terminated};

/// The partial fetches of one command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RequestedSections {
    /// The sequence set; absent where it is longer than [`LONGEST`].
    set: Option<Vec<u8>>,
    /// `set` is a set of UIDs.
    uid: bool,
    items: Vec<RequestedSection>,
    /// How many of them are not in `items`.
    pub left_out: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct RequestedSection {
    section: Section,
    origin: u64,
    length: u64,
}

/// The longest section specifier, and the longest sequence set, that are remembered.
const LONGEST: usize = 64;

/// `fetch = "FETCH" SP sequence-set SP (…)`, from the arguments on; `None` where it asks for no piece of a message.
pub(super) fn sections(arguments: &[u8], uid: bool) -> Option<RequestedSections> {
    let (mut rest, set) = terminated(atom, spaces).parse(arguments).ok()?;
    let (mut items, mut left_out) = (Vec::new(), 0);
    while let Some(open) = memchr::memchr(b'[', rest) {
        let (name, inside) = (rest.get(..open)?, rest.get(open + 1..)?);
        let close = memchr::memchr(b']', inside)?;
        rest = inside.get(close + 1..)?;
        let Ok((after, (origin, length))) = partial(rest) else { continue };
        rest = after;
        let specifier = inside.get(..close).unwrap_or_default();
        let word = name.rsplit(|byte| b" (".contains(byte)).next().unwrap_or_default();
        if items.len() >= PARTIAL_ITEMS || specifier.len() > LONGEST {
            left_out += 1;
        } else {
            let binary = word.to_ascii_uppercase().starts_with(b"BINARY");
            items.push(RequestedSection { section: Section::named(specifier, binary), origin, length });
        }
    }
    let set = Some(set.to_vec()).filter(|set| set.len() <= LONGEST);
    (!items.is_empty() || left_out > 0).then_some(RequestedSections { set, uid, items, left_out })
}

/// `partial = "<" number "." nz-number ">"`.
fn partial(input: &[u8]) -> Parsed<'_, (u64, u64)> {
    delimited(char('<'), separated_pair(number, char('.'), number), char('>')).parse(input)
}

impl RequestedSections {
    /// The length that the command asks for of this piece, if it asks for it.
    pub fn length(&self, section: &Section, number: Option<u64>, uid: Option<u64>) -> Option<u64> {
        let name = if self.uid { uid } else { number };
        let is_meant = match (&self.set, name) {
            (Some(set), Some(name)) => contains(set, name),
            _ => true,
        };
        let asked = |item: &&RequestedSection| item.section.is_of(section) && Some(item.origin) == section.origin;
        self.items.iter().find(asked).filter(|_| is_meant).map(|item| item.length)
    }
}

/// `sequence-set`: true where it may contain `name`.
fn contains(set: &[u8], name: u64) -> bool {
    let end = |input| -> Parsed<'_, Option<u64>> {
        nom::branch::alt((nom::combinator::map(number, Some), nom::combinator::value(None, char('*')))).parse(input)
    };
    set.split(|&byte| byte == b',').any(|range| {
        let range: Parsed<'_, _> = (end, nom::combinator::opt(preceded(char(':'), end))).parse(range);
        match range {
            Ok((_, (from, None))) => from.is_none_or(|from| from == name),
            Ok((_, (Some(from), Some(Some(to))))) => (from.min(to)..=from.max(to)).contains(&name),
            // `*` is the last message, whose number is unknown; a malformed range may mean any message.
            Ok((_, (_, Some(_)))) | Err(_) => true,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::fetch_items::MsgAttScanner;
    use super::*;

    /// The length asked for of the piece that a response carries as `item`.
    fn length(arguments: &str, uid: bool, item: &str) -> Option<u64> {
        let mut scanner = MsgAttScanner::default();
        scanner.line(format!("(UID 7 {item} {{10}}").as_bytes());
        let section = scanner.literal().expect("a body");
        sections(arguments.as_bytes(), uid)?.length(&section, Some(2), scanner.uid)
    }

    #[test]
    fn lengths_are_those_that_were_asked_for() {
        assert_eq!(length("7 (UID RFC822.SIZE BODY.PEEK[]<0.16384>)", true, "BODY[]<0>"), Some(16384));
        assert_eq!(length("7 BODY[]<16384.5>", true, "BODY[]<16384>"), Some(5));
        assert_eq!(length("7 (BODY[1]<0.5> BODY[TEXT]<3.9>)", true, "BODY[TEXT]<3>"), Some(9));
        assert_eq!(length("7 BINARY.PEEK[1]<0.5>", true, "BODY[1]<0>"), None, "decoded octets are others");
        assert_eq!(length("7 BINARY.PEEK[1]<0.5>", true, "BINARY[1]<0>"), Some(5));
        assert_eq!(length("8 BODY[]<0.5>", true, "BODY[]<0>"), None, "another message");
        assert_eq!(length("1:3 BODY[]<0.5>", false, "BODY[]<0>"), Some(5));
        assert_eq!(length("3:1,9 BODY[]<0.5>", false, "BODY[]<0>"), Some(5));
        assert_eq!(length("9:* BODY[]<0.5>", false, "BODY[]<0>"), Some(5), "there may be no ninth");
        assert_eq!(length("1,3:9 BODY[]<0.5>", false, "BODY[]<0>"), None);
        assert_eq!(length("7 BODY[]", true, "BODY[]<0>"), None);
        assert_eq!(sections(b"1 (BODY[HEADER.FIELDS (\"[\")] BODY[", false), None);
    }
}
