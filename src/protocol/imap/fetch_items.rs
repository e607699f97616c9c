/*!
What a FETCH response carries (RFC 3501, section 7.4.2; RFC 3516; RFC 9051): which of its strings are bodies, and of
which part; and the UID.

The response is scanned line by line as it comes, with a depth for its parentheses and no recursion: a body of many
megabytes lies between two of its lines.
*/

use super::header_and_text::HalfKind;
use super::lexer::{Parsed, number, quoted, spaces, unescaped};
use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::is_not;
use nom::character::complete::char;
use nom::combinator::{opt, recognize, rest};
use nom::multi::many0_count;
use nom::sequence::{delimited, preceded, terminated};

/// The longest name of a body, with its list of header fields, that is looked for before a literal.
const NAME_BYTES: usize = 4096;

/// The body of a message, or a part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Section {
    /// Upper case, without what follows a space: empty for the whole, `HEADER`, `HEADER.FIELDS`, `1.2.MIME`.
    name: String,
    /// Decoded from its transfer encoding (RFC 3516).
    binary: bool,
    /// Where a partial fetch begins.
    pub origin: Option<u64>,
}

impl Section {
    /// The section that `specifier` names, the text between the brackets of `BODY[…]`, or of `BINARY[…]`.
    pub fn named(specifier: &[u8], binary: bool) -> Self {
        let word = specifier.split(|&byte| byte == b' ').next().unwrap_or_default();
        Self { name: String::from_utf8_lossy(word).to_uppercase(), binary, origin: None }
    }

    /// The same section, from its first octet.
    pub fn first_octet(&self) -> Self {
        Self { origin: Some(0), ..self.clone() }
    }

    /// True where both are of the same octets, wherever they begin in them.
    pub fn is_of(&self, other: &Self) -> bool {
        (&self.name, self.binary) == (&other.name, other.binary)
    }

    /// Which half of the message it is, or is a piece of (RFC 3501, section 6.4.5); `None` for other sections.
    pub fn half(&self) -> Option<HalfKind> {
        match self.name.as_str() {
            _ if self.binary => None,
            "HEADER" => Some(HalfKind::Header),
            "TEXT" => Some(HalfKind::Text),
            "1" => Some(HalfKind::First),
            _ => None,
        }
    }

    /// The part's number (`2`, `1.2`), if it is a part and nothing less, and whether its transfer encoding was undone.
    pub fn numbered(&self) -> Option<(&str, bool)> {
        let is_number = self.name.split('.').all(|n| !n.is_empty() && n.bytes().all(|byte| byte.is_ascii_digit()));
        is_number.then_some((self.name.as_str(), self.binary))
    }

    /// The number of the part whose MIME header it is.
    pub fn mime(&self) -> Option<&str> {
        self.name.strip_suffix(".MIME").filter(|_| self.origin.is_none())
    }

    /// True for the message itself.
    pub fn is_message(&self) -> bool {
        self.name.is_empty()
    }

    /// Where it begins, if it is a piece that others may continue. Pieces of HEADER.FIELDS are not joined, because the
    /// section's name does not keep the list of fields.
    pub fn piece(&self) -> Option<u64> {
        self.origin.filter(|_| !self.name.contains("HEADER.FIELDS"))
    }

    /// The part of the message that it is, as the JSON names it; `None` for the whole. `octets` is its length.
    pub fn part(&self, octets: u64) -> Option<String> {
        let part = self.all();
        let Some(origin) = self.origin else { return part };
        let bytes = match octets {
            0 => format!("bytes {origin}"),
            _ => format!("bytes {origin}-{}", origin.saturating_add(octets - 1)),
        };
        Some(part.map_or(bytes.clone(), |part| format!("{part}, {bytes}")))
    }

    /// The same for the whole section, without the range of a piece.
    pub fn all(&self) -> Option<String> {
        match self.name.as_str() {
            "" => None,
            "HEADER" => Some("headers".to_owned()),
            "HEADER.FIELDS" | "HEADER.FIELDS.NOT" => Some("header fields".to_owned()),
            "TEXT" => Some("text".to_owned()),
            name => Some(format!("section {name}")),
        }
    }
}

/// A scan of one FETCH response.
#[derive(Debug, Default)]
pub(super) struct MsgAttScanner {
    depth: u32,
    place: Place,
    /// The UID, once it has come.
    pub uid: Option<u64>,
    /// RFC822.SIZE, once it has come.
    pub size: Option<u64>,
    /// A BODYSTRUCTURE has come.
    pub has_structure: bool,
}

/// Where in `msg-att = "(" name SP value *(SP name SP value) ")"` the scan stands, at depth 1.
#[derive(Debug, Default)]
enum Place {
    #[default]
    Name,
    /// Within an item's brackets, which a literal has interrupted.
    Brackets {
        body: Option<Body>,
        inside: Option<Section>,
    },
    Value(Item),
}

#[derive(Debug)]
enum Item {
    Uid,
    Size,
    Body(Section),
    Other,
}

/// What stands before a section's brackets.
#[derive(Debug, Clone, Copy)]
enum Body {
    /// `BODY`.
    AsSent,
    /// `BINARY`.
    Decoded,
}

impl MsgAttScanner {
    /// For a response that names its message by this UID before its items (RFC 9586).
    pub fn of(uid: Option<u64>) -> Self {
        Self { uid, ..Self::default() }
    }

    /// Reads the next line. Returns the bodies that are quoted strings, with their content; a NIL piece is empty.
    pub fn line(&mut self, mut line: &[u8]) -> Vec<(Section, Vec<u8>)> {
        let mut bodies = Vec::new();
        while let Some(&next) = line.first() {
            line = match (next, std::mem::take(&mut self.place)) {
                (b' ', place) => {
                    self.place = place;
                    skip(spaces(line), line)
                }
                (_, Place::Brackets { body, inside }) => self.brackets(body, inside, line),
                (b'(', place) => {
                    self.depth = self.depth.saturating_add(1);
                    self.place = if self.depth == 1 { Place::Name } else { place };
                    line.get(1..).unwrap_or_default()
                }
                (b')', _) => {
                    self.depth = self.depth.saturating_sub(1);
                    line.get(1..).unwrap_or_default()
                }
                (b'"', place) if self.depth == 1 => match quoted(line) {
                    Ok((rest, inside)) => {
                        if let Place::Value(Item::Body(section)) = place {
                            bodies.push((section, unescaped(inside).into_owned()));
                        }
                        rest
                    }
                    Err(_) => b"",
                },
                (_, Place::Name) if self.depth == 1 => self.name(line),
                // A literal is announced at the end of a line; `literal` needs its item afterwards.
                (b'{' | b'~', place) if self.depth == 1 => {
                    self.place = place;
                    b""
                }
                (_, Place::Value(Item::Uid)) if self.depth == 1 => {
                    self.uid = number(line).ok().map(|(_, uid)| uid).or(self.uid);
                    skip(token(line), line)
                }
                (_, Place::Value(Item::Size)) if self.depth == 1 => {
                    self.size = number(line).ok().map(|(_, size)| size).or(self.size);
                    skip(token(line), line)
                }
                (_, place) => {
                    let nil = line.get(..3).is_some_and(|word| word.eq_ignore_ascii_case(b"NIL"));
                    match place {
                        // Beyond its end a message has no octets (RFC 3501, section 6.4.5): some servers send NIL.
                        Place::Value(Item::Body(section)) if self.depth == 1 && nil && section.origin.is_some() => {
                            bodies.push((section, Vec::new()));
                        }
                        place if self.depth != 1 => self.place = place,
                        _ => {}
                    }
                    skip(token(line), line)
                }
            };
        }
        bodies
    }

    /// The body whose content is the literal that the last line has announced; `None` where that is no body.
    pub fn literal(&mut self) -> Option<Section> {
        match std::mem::take(&mut self.place) {
            Place::Value(Item::Body(section)) if self.depth == 1 => Some(section),
            Place::Value(_) if self.depth == 1 => None,
            place => {
                self.place = place;
                None
            }
        }
    }

    /// The body whose literal `line` announces at its end, right after the body's name; `None` where the announcement
    /// stands behind something else.
    ///
    /// Servers that copy header fields into quoted strings without escapes leave quotes and parentheses that do not
    /// match, and the scan is then lost in a string that has no end. But a quoted string holds no line end (RFC 3501,
    /// section 9: `quoted`), so an announcement at the end of a line stands outside of all strings.
    pub fn literal_after_name(&mut self, line: &[u8]) -> Option<Section> {
        let brace = memchr::memrchr(b'{', line)?;
        let before = line.get(..brace)?;
        let near = before.get(before.len().saturating_sub(NAME_BYTES)..)?;
        let names = [b"BODY[".as_slice(), b"BODY.PEEK[", b"BINARY[", b"BINARY.PEEK[", b"RFC822"];
        let mut starts: Vec<_> = names.iter().filter_map(|name| memchr::memmem::rfind(near, name)).collect();
        starts.sort_unstable();
        let (start, section) = starts.into_iter().rev().find_map(|start| {
            let is_word = start == 0 || near.get(start - 1).is_some_and(|byte| b" (".contains(byte));
            let mut item = Self { depth: 1, ..Self::default() };
            let item_and_brace = line.get(brace - near.len() + start..).filter(|_| is_word)?;
            item.line(item_and_brace);
            item.literal().map(|section| (start, section))
        })?;
        self.depth = 1;
        self.place = Place::Name;
        self.uid = self.uid.or_else(|| near.get(..start).and_then(last_uid));
        Some(section)
    }

    /// Goes on after a truncated line of which only `tail` is known: at the last body named there, if any.
    pub fn resume(&mut self, tail: &[u8]) {
        self.depth = 1;
        self.place = Place::Name;
        let finder = |name: &[u8]| memchr::memmem::rfind(tail, name);
        let start = [finder(b"BODY["), finder(b"BINARY["), finder(b"RFC822")].into_iter().flatten().max();
        if let Some(item) = start.and_then(|start| tail.get(start..)) {
            self.line(item);
        }
    }

    /// `msg-att-static`'s names: an atom, a section in brackets, the origin of a partial fetch.
    fn name<'a>(&mut self, line: &'a [u8]) -> &'a [u8] {
        let (rest, name) = match is_not::<_, _, nom::error::Error<_>>(" ()\"[").parse(line) {
            Ok((rest, name)) => (rest, name.to_ascii_uppercase()),
            // A stray bracket: nothing is named.
            Err(_) => return line.get(1..).unwrap_or_default(),
        };
        let body = |name: &[u8]| Item::Body(Section::named(name, false));
        let (item, rest) = match (name.as_slice(), rest) {
            (name, [b'[', inside @ ..]) => {
                let body = match name {
                    b"BODY" | b"BODY.PEEK" => Some(Body::AsSent),
                    b"BINARY" | b"BINARY.PEEK" => Some(Body::Decoded),
                    _ => None,
                };
                return self.brackets(body, None, inside);
            }
            (b"RFC822" | b"RFC822.PEEK", rest) => (body(b""), rest),
            (b"RFC822.HEADER", rest) => (body(b"HEADER"), rest),
            (b"RFC822.TEXT" | b"RFC822.TEXT.PEEK", rest) => (body(b"TEXT"), rest),
            (b"RFC822.SIZE", rest) => (Item::Size, rest),
            (b"UID", rest) => (Item::Uid, rest),
            (b"BODYSTRUCTURE", rest) => {
                self.has_structure = true;
                (Item::Other, rest)
            }
            (_, rest) => (Item::Other, rest),
        };
        self.place = Place::Value(item);
        rest
    }

    /// `section = "[" [section-spec] "]"`, from within, and `["<" number ">"]`.
    fn brackets<'a>(&mut self, body: Option<Body>, section: Option<Section>, line: &'a [u8]) -> &'a [u8] {
        let inside: Parsed<'_, &[u8]> = recognize(many0_count(alt((string, is_not("]\""))))).parse(line);
        let Ok((rest, inside)) = inside else { return b"" };
        let binary = matches!(body, Some(Body::Decoded));
        let section = section.unwrap_or_else(|| Section::named(inside, binary));
        // Some servers repeat the length that was asked for.
        let length = opt(preceded(char('.'), number));
        let origin = opt(delimited(char('<'), terminated(number, length), char('>')));
        match preceded(char(']'), origin).parse(rest) as Parsed<'_, _> {
            Ok((rest, origin)) => {
                let item = body.map_or(Item::Other, |_| Item::Body(Section { origin, ..section }));
                self.place = Place::Value(item);
                rest
            }
            Err(_) => {
                self.place = Place::Brackets { body, inside: Some(section) };
                b""
            }
        }
    }
}

/// The UID of `UID 5`, at the end of `words`.
fn last_uid(words: &[u8]) -> Option<u64> {
    let mut words = words.trim_ascii_end().rsplit(|&byte| byte == b' ');
    let uid = words.next()?;
    let name = words.next()?;
    let is_uid = name.strip_prefix(b"(").unwrap_or(name).eq_ignore_ascii_case(b"UID");
    number(uid).ok().filter(|(rest, _)| is_uid && rest.is_empty()).map(|(_, uid)| uid)
}

/// A quoted string with its quotes; where it has no end, all of the line.
fn string(input: &[u8]) -> Parsed<'_, &[u8]> {
    alt((quoted, recognize((char('"'), rest)))).parse(input)
}

/// An atom or a string of no interest.
fn token(input: &[u8]) -> Parsed<'_, &[u8]> {
    alt((string, is_not(" ()\""))).parse(input)
}

/// The rest after `parsed`; empty where the parser consumed nothing, which would loop for ever (no input does that).
fn skip<'a, T>(parsed: Parsed<'a, T>, line: &'a [u8]) -> &'a [u8] {
    parsed.map_or(b"".as_slice(), |(rest, _)| if rest.len() < line.len() { rest } else { b"" })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The parts that `lines` carry as literals (of 10 octets each), one for each line but the last.
    fn literals(lines: &[&str]) -> (Vec<Option<Option<String>>>, Option<u64>) {
        let mut scanner = MsgAttScanner::default();
        let mut found = Vec::new();
        for (n, line) in (1..).zip(lines) {
            scanner.line(line.as_bytes());
            if n < lines.len() {
                found.push(scanner.literal().map(|section| section.part(10)));
            }
        }
        (found, scanner.uid)
    }

    #[test]
    fn bodies_are_found_among_other_strings() {
        let part = |part: &str| Some(Some(part.to_owned()));
        assert_eq!(literals(&["(BODY[] {10}", ")"]), (vec![Some(None)], None));
        assert_eq!(literals(&["(FLAGS (\\Seen) UID 8 BODY[] {10}", ")"]), (vec![Some(None)], Some(8)));
        assert_eq!(literals(&["(RFC822 {10}", " UID 9)"]), (vec![Some(None)], Some(9)));
        assert_eq!(
            literals(&[
                "(BODY[HEADER.FIELDS (SUBJECT \"]\" FROM)] {10}",
                " BODY[TEXT]<0> {10}",
                " BODY[1.2.MIME] {10}",
                " BINARY[3] ~{10}",
                " RFC822.HEADER {10}",
                " BODY[]<20> {10}",
                ")"
            ])
            .0,
            [
                part("header fields"),
                part("text, bytes 0-9"),
                part("section 1.2.MIME"),
                part("section 3"),
                part("headers"),
                part("bytes 20-29")
            ]
        );
        assert_eq!(
            literals(&[
                "(ENVELOPE (\"UID 5 BODY[] (\" {10}",
                " ((NIL NIL {10}",
                " \"x\"))) X-GM-LABELS ({10}",
                " a) BODY[HEADER.FIELDS ({10}",
                ")] {10}",
                " BINARY.SIZE[1] 5 MODSEQ (12) UID 7)"
            ]),
            (vec![None, None, None, None, part("header fields")], Some(7))
        );
    }

    #[test]
    fn quoted_strings_and_nil_are_bodies_too() {
        let mut scanner = MsgAttScanner::default();
        let bodies =
            scanner.line(br#"(BODY[1] "a \"b\"" BODY[2] NIL BODY[TEXT] "" ENVELOPE ("x") BODY ("TEXT") UID 3)"#);
        let found: Vec<_> = bodies.iter().map(|(section, content)| (section.part(1), content.as_slice())).collect();
        assert_eq!(found, [(Some("section 1".into()), br#"a "b""#.as_slice()), (Some("text".into()), b"".as_slice())]);
        assert_eq!(scanner.uid, Some(3));
        let bodies = scanner.line(b"(BODY[]<4096> NIL RFC822.SIZE 4096 BODY[1]<0> \"\")");
        let found: Vec<_> = bodies.iter().map(|(section, _)| section.part(0)).collect();
        assert_eq!(found, [Some("bytes 4096".into()), Some("section 1, bytes 0".into())]);
        assert_eq!(scanner.size, Some(4096));
    }

    #[test]
    fn a_scan_goes_on_after_what_it_did_not_see() {
        let mut scanner = MsgAttScanner::default();
        scanner.line(b"(BODYSTRUCTURE ((((");
        scanner.resume(b"\" NIL)) UID 5 BODY[TEXT] {10}");
        assert_eq!(scanner.literal().and_then(|section| section.part(10)), Some("text".into()));
        scanner.resume(b"x x x {10}");
        assert_eq!(scanner.literal(), None);
    }

    #[test]
    fn nesting_costs_nothing() {
        let mut scanner = MsgAttScanner::default();
        let deep = b"(".repeat(100_000);
        scanner.line(&deep);
        scanner.line(&deep);
        scanner.line(b"\" [ ] < {");
        assert_eq!(scanner.literal(), None);
    }
}
