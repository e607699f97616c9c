/*!
The words of IMAP's grammar (RFC 3501, section 9), the same in both directions.

Tolerant: servers and clients send what the grammar forbids, and the report must show what crossed. Parsers here read a
fragment's text, in which a literal stands as `{n}`, `\n` and its octets.
*/

use nom::branch::alt;
use nom::bytes::complete::{is_not, take, take_while1};
use nom::character::complete::{char, digit1, one_of};
use nom::combinator::{all_consuming, map, map_opt, opt, recognize};
use nom::multi::many0_count;
use nom::sequence::{delimited, pair, preceded, terminated};
use nom::{IResult, Parser};
use std::borrow::Cow;

/// What a parser of this module returns.
pub(super) type Parsed<'a, T> = IResult<&'a [u8], T>;

/// A string argument.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Word<'a> {
    /// As sent, without quotes or the literal's announcement.
    pub sent: &'a [u8],
    /// The string itself, without escapes.
    pub value: Cow<'a, [u8]>,
}

/// A literal that a line announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Announced {
    /// Its length.
    pub octets: u64,
    /// The client must wait for `+` before it sends them. Means nothing in a literal that a server announces.
    pub synchronising: bool,
}

/// The longest announcement that is recognised, without its `~`: 20 digits, braces, plus.
const ANNOUNCEMENT: usize = 23;

/// The announcement of a literal at the end of `line`: the first half of `literal = "{" number ["+"] "}" CRLF *CHAR8`
/// (RFC 7888), also with RFC 3516's `~{`.
///
/// A brace in the middle of a word announces nothing: `LOGIN bob secret{5}` ends there.
pub(super) fn announced(line: &[u8]) -> Option<Announced> {
    let near_end = line.get(line.len().saturating_sub(ANNOUNCEMENT)..)?;
    let brace = line.len() - near_end.len() + memchr::memrchr(b'{', near_end)?;
    let (before, announcement) = line.split_at_checked(brace)?;
    let before = before.strip_suffix(b"~").unwrap_or(before);
    if !matches!(before.last(), None | Some(b' ' | b'(' | b']' | b'>')) {
        return None;
    }
    all_consuming(announcement_of_literal).parse(announcement).ok().map(|(_, announced)| announced)
}

fn announcement_of_literal(input: &[u8]) -> Parsed<'_, Announced> {
    let length = pair(number, opt(one_of("+-")));
    map(delimited(char('{'), length, char('}')), |(octets, sign)| Announced { octets, synchronising: sign.is_none() })
        .parse(input)
}

/// `number`, of up to 64 bits (RFC 9051).
pub(super) fn number(input: &[u8]) -> Parsed<'_, u64> {
    map_opt(digit1, |digits| std::str::from_utf8(digits).ok()?.parse().ok()).parse(input)
}

/// `SP`, one or more: some programs send several.
pub(super) fn spaces(input: &[u8]) -> Parsed<'_, &[u8]> {
    take_while1(|byte| byte == b' ').parse(input)
}

/// What follows the spaces that `input` begins with, if any.
pub(super) fn after_spaces(input: &[u8]) -> &[u8] {
    let spaces = input.iter().take_while(|byte| **byte == b' ').count();
    input.get(spaces..).unwrap_or_default()
}

/// Anything up to a space or the end of the line: wider than `astring`'s atom, as passwords are.
pub(super) fn atom(input: &[u8]) -> Parsed<'_, &[u8]> {
    take_while1(|byte| !matches!(byte, b' ' | b'\r' | b'\n')).parse(input)
}

/// `quoted = DQUOTE *QUOTED-CHAR DQUOTE`: what is between the quotes, as sent.
pub(super) fn quoted(input: &[u8]) -> Parsed<'_, &[u8]> {
    let escaped = preceded(char('\\'), take(1_usize));
    let inside = recognize(many0_count(alt((take_while1(|byte| !matches!(byte, b'"' | b'\\')), escaped))));
    delimited(char('"'), inside, char('"')).parse(input)
}

/// `QUOTED-CHAR`s without their escapes.
pub(super) fn unescaped(inside: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(b'\\', inside).is_none() {
        return Cow::Borrowed(inside);
    }
    let mut value = Vec::with_capacity(inside.len());
    let mut bytes = inside.iter();
    while let Some(&byte) = bytes.next() {
        value.push(if byte == b'\\' { bytes.next().copied().unwrap_or(byte) } else { byte });
    }
    Cow::Owned(value)
}

/// `literal`, within a fragment's text.
pub(super) fn literal(input: &[u8]) -> Parsed<'_, &[u8]> {
    let announcement = preceded(opt(char('~')), announcement_of_literal);
    let (rest, announced) = terminated(announcement, char('\n')).parse(input)?;
    take(usize::try_from(announced.octets).unwrap_or(usize::MAX)).parse(rest)
}

/// `astring = 1*ASTRING-CHAR / string`.
pub(super) fn astring(input: &[u8]) -> Parsed<'_, Word<'_>> {
    alt((
        map(quoted, |sent| Word { sent, value: unescaped(sent) }),
        map(literal, |sent| Word { sent, value: Cow::Borrowed(sent) }),
        map(atom, |sent| Word { sent, value: Cow::Borrowed(sent) }),
    ))
    .parse(input)
}

/// `string` or `nil`, as ID's parameters are (RFC 2971); `None` for NIL. A parenthesis ends an atom.
pub(super) fn nstring(input: &[u8]) -> Parsed<'_, Option<Word<'_>>> {
    alt((
        map(quoted, |sent| Some(Word { sent, value: unescaped(sent) })),
        map(literal, |sent| Some(Word { sent, value: Cow::Borrowed(sent) })),
        map(is_not(" ()\"\r\n"), |sent: &[u8]| {
            (!sent.eq_ignore_ascii_case(b"NIL")).then_some(Word { sent, value: Cow::Borrowed(sent) })
        }),
    ))
    .parse(input)
}

/// What follows the negotiation (RFC 854) that a telnet client sends before its first words.
pub(super) fn without_telnet(mut line: &[u8]) -> &[u8] {
    const IAC: u8 = 0xff;
    loop {
        line = match line {
            [IAC, 0xfb..=0xfe, _, rest @ ..] | [IAC, 0xf0..=0xf9, rest @ ..] => rest,
            _ => return line,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_announced_at_the_end_of_a_line() {
        let octets = |line: &[u8]| announced(line).map(|a| (a.octets, a.synchronising));
        assert_eq!(octets(b"a LOGIN {5}"), Some((5, true)));
        assert_eq!(octets(b"a LOGIN {5+}"), Some((5, false)));
        assert_eq!(octets(b"a APPEND x ~{18446744073709551615-}"), Some((u64::MAX, false)));
        assert_eq!(octets(b"{0}"), Some((0, true)));
        assert_eq!(octets(b"* 1 FETCH (BODY[]{7}"), Some((7, true)));
        for line in
            [b"a LOGIN b c{5}".as_slice(), b"{18446744073709551616}", b"{}", b"{5", b"5}", b"x {5} ", b"\"x {5}\"", b""]
        {
            assert_eq!(octets(line), None, "{}", line.escape_ascii());
        }
    }

    #[test]
    fn strings_are_read_in_all_their_forms() {
        let read = |input: &'static [u8]| {
            astring(input).map(|(rest, word)| (word.sent, word.value.into_owned(), rest)).expect("a string")
        };
        assert_eq!(read(b"bob x"), (b"bob".as_slice(), b"bob".to_vec(), b" x".as_slice()));
        assert_eq!(read(br#""a\"b\\" x"#), (br#"a\"b\\"#.as_slice(), br#"a"b\"#.to_vec(), b" x".as_slice()));
        assert_eq!(read(b"{3+}\na b x"), (b"a b".as_slice(), b"a b".to_vec(), b" x".as_slice()));
        assert_eq!(read(b"\"open x"), (b"\"open".as_slice(), b"\"open".to_vec(), b" x".as_slice()));
        assert_eq!(read(b"p@(ss\xe4)"), (b"p@(ss\xe4)".as_slice(), b"p@(ss\xe4)".to_vec(), b"".as_slice()));
    }

    #[test]
    fn telnet_negotiation_is_no_part_of_a_tag() {
        assert_eq!(without_telnet(b"\xff\xfd\x03\xff\xfd\x01a1 NOOP"), b"a1 NOOP");
        assert_eq!(without_telnet(b"\xff"), b"\xff");
    }
}
