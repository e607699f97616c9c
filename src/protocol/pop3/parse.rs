//! Pure parsers over whole lines, named after the rules of RFC 1939, 2449 and 5034.

use super::command::{Command, Verb};
use super::reply::Reply;
use crate::protocol::in_capitals;
use crate::protocol::secret::Raw;
use nom::branch::alt;
use nom::bytes::complete::{is_not, tag, tag_no_case, take, take_while_m_n, take_while1};
use nom::character::complete::{char, digit1, one_of, space0, space1};
use nom::combinator::{eof, map, map_opt, opt, peek, recognize, rest, verify};
use nom::multi::many0_count;
use nom::sequence::{delimited, preceded, terminated};
use nom::{IResult, Parser};
use std::borrow::Cow;
use std::fmt;

/// The longest word that is taken for a verb; RFC 1939's have three or four letters.
const VERB_BYTES: usize = 32;

/// `keyword [SP arguments]`, after telnet option negotiation that a telnet client may have put before it. `None` where
/// the line begins with no printable word.
pub fn command(line: &[u8]) -> Option<Command<'_>> {
    let (_, (_, name, argument)) =
        (telnet_negotiation, keyword, opt(preceded(one_of(" \t"), rest))).parse(line).ok()?;
    let argument_at = line.len() - argument.map_or(0, <[u8]>::len);
    Some(Command { verb: Verb::named(&name), name, argument, argument_at })
}

/// The verb: a printable word.
fn keyword(input: &[u8]) -> IResult<&[u8], Cow<'_, str>> {
    let word = take_while_m_n(1, VERB_BYTES, |byte: u8| byte.is_ascii_graphic());
    let end = peek(alt((recognize(one_of(" \t")), eof)));
    let name = |word| match in_capitals(word) {
        Some(word) => Cow::Borrowed(word),
        None => String::from_utf8_lossy(word).to_ascii_uppercase().into(),
    };
    map(terminated(word, end), name).parse(input)
}

/// IAC and what belongs to it (RFC 854): `ff fd 03 ff fd 01` before the first command of a telnet in character mode.
fn telnet_negotiation(input: &[u8]) -> IResult<&[u8], usize> {
    let option = (take_while_m_n(1, 1, |byte| (0xfb..=0xfe).contains(&byte)), take(1usize));
    let command = take_while_m_n(1, 1, |byte| (0xf0..=0xfa).contains(&byte));
    many0_count(preceded(tag(&b"\xff"[..]), alt((recognize(option), command)))).parse(input)
}

/// `+OK [text]` or `-ERR [text]`.
pub fn reply(line: &[u8]) -> Option<Reply<'_>> {
    let (ok, text) = status_indicator(line)?;
    let text = text.strip_prefix(b" ").unwrap_or(text);
    Some(Reply { ok, code: resp_code(text).ok().map(|(_, code)| code), text })
}

/// `+OK` or `-ERR`, and not the beginning of a longer word; and what follows it.
fn status_indicator(line: &[u8]) -> Option<(bool, &[u8])> {
    let (ok, text) = match line {
        [b'+', b'O' | b'o', b'K' | b'k', text @ ..] => (true, text),
        [b'-', b'E' | b'e', b'R' | b'r', b'R' | b'r', text @ ..] => (false, text),
        _ => return None,
    };
    (!text.first().is_some_and(u8::is_ascii_alphanumeric)).then_some((ok, text))
}

/// `resp-code = "[" resp-level *("/" resp-level) "]"` (RFC 2449, section 8).
fn resp_code(text: &[u8]) -> IResult<&[u8], Box<str>> {
    let level = take_while1(|byte: u8| byte.is_ascii_graphic() && !b"[]".contains(&byte));
    map(preceded(space0, delimited(char('['), level, char(']'))), |code: &[u8]| {
        String::from_utf8_lossy(code).to_ascii_uppercase().into_boxed_str()
    })
    .parse(text)
}

/// `"+" SP [base64]` (RFC 5034, section 4): the challenge.
pub fn challenge(line: &[u8]) -> Option<&[u8]> {
    let challenge: IResult<_, _> = preceded(char('+'), alt((preceded(space1, rest), eof))).parse(line);
    challenge.ok().map(|(_, challenge)| challenge)
}

/// The timestamp of an APOP greeting, angle brackets included (RFC 1939, section 7).
pub fn timestamp(text: &[u8]) -> Option<&[u8]> {
    memchr::memchr_iter(b'<', text).find_map(|start| msg_id(text.get(start..)?).ok()).map(|(_, id)| id)
}

/// `msg-id = "<" addr-spec ">"`, addr-spec being anything with an `@`.
fn msg_id(input: &[u8]) -> IResult<&[u8], &[u8]> {
    let addr_spec = verify(is_not("<> \t"), |id: &[u8]| id.contains(&b'@'));
    recognize(delimited(char('<'), addr_spec, char('>'))).parse(input)
}

/// APOP's `name SP digest` (RFC 1939, section 7). The name may hold spaces.
pub fn apop(argument: &[u8]) -> Option<(&[u8], &[u8])> {
    let argument = argument.trim_ascii();
    let space = memchr::memrchr(b' ', argument)?;
    Some((argument.get(..space)?.trim_ascii_end(), argument.get(space + 1..)?))
}

/// The parts of AUTH's argument.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Auth<'a> {
    /// The mechanism's name, as sent.
    pub mechanism: &'a [u8],
    /// In base64, or `=`.
    pub initial_response: Option<&'a [u8]>,
    /// Where in the argument it begins.
    pub initial_response_at: usize,
}

/// Without the response.
impl fmt::Debug for Auth<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { mechanism, initial_response, initial_response_at } = self;
        f.debug_struct("Auth")
            .field("mechanism", &Raw(mechanism))
            .field("initial_response", &initial_response.map(Raw))
            .field("initial_response_at", initial_response_at)
            .finish()
    }
}

/// `mechanism [SP initial-response]` (RFC 5034, section 4).
pub fn auth(argument: &[u8]) -> Option<Auth<'_>> {
    let word = || take_while1(|byte: u8| byte.is_ascii_graphic());
    let parsed: IResult<_, _> = (space0, word(), opt(preceded(space1, word()))).parse(argument);
    let (after, (_, mechanism, initial_response)) = parsed.ok()?;
    let initial_response_at = argument.len() - after.len() - initial_response.map_or(0, <[u8]>::len);
    Some(Auth { mechanism, initial_response, initial_response_at })
}

/// `msg [SP n]`: the numbers after RETR, TOP, LIST and their like, as far as they are numbers.
pub fn numbers(argument: &[u8]) -> (Option<u64>, Option<u64>) {
    let number = |input| -> IResult<&[u8], u64> {
        let digits = map_opt(digit1, |digits: &[u8]| std::str::from_utf8(digits).ok()?.parse().ok());
        preceded(space0, digits).parse(input)
    };
    match number(argument) {
        Ok((rest, first)) => (Some(first), number(rest).ok().map(|(_, second)| second)),
        Err(_) => (None, None),
    }
}

/// `120 octets`: the size in a reply to RETR. `+OK 1` may be the message's number.
pub fn size(text: &[u8]) -> Option<u64> {
    let words = text.to_ascii_lowercase();
    let mut words = words.split(|byte| b" ()".contains(byte)).filter(|word| !word.is_empty());
    let mut before = words.next()?;
    words.find_map(|word| {
        let number = std::str::from_utf8(std::mem::replace(&mut before, word)).ok()?.parse().ok();
        number.filter(|_| word.starts_with(b"octet") || word.starts_with(b"byte"))
    })
}

/// `unique-id-listing = msg SP unique-id` (RFC 1939, section 7): a line of UIDL.
pub fn unique_id(line: &[u8]) -> Option<(u64, &[u8])> {
    let id = take_while1(|byte: u8| byte.is_ascii_graphic());
    let number = map_opt(digit1, |digits: &[u8]| std::str::from_utf8(digits).ok()?.parse().ok());
    let parsed: IResult<_, _> = (preceded(space0, number), preceded(space1, id), space0, eof).parse(line);
    parsed.ok().map(|(_, (number, id, ..))| (number, id))
}

/// True for the lines of a CAPA (RFC 2449, section 5), known by capabilities that most servers have.
pub fn is_capa(lines: &[u8]) -> bool {
    let known = |line: &[u8]| [b"TOP".as_slice(), b"UIDL", b"PIPELINING", b"RESP-CODES"].contains(&line);
    lines.split(|&byte| byte == b'\n').skip(1).any(|line| known(&line.trim_ascii().to_ascii_uppercase()))
}

/// `field = field-name ":" …` (RFC 5322, section 2.2): how a message begins, but not a line of a listing.
pub fn is_header_field(line: &[u8]) -> bool {
    let name = take_while1(|byte: u8| byte.is_ascii_graphic() && byte != b':');
    let parsed: IResult<_, _> = (verify(name, |name: &[u8]| name.len() <= VERB_BYTES * 2), char(':')).parse(line);
    parsed.is_ok()
}

/// True for an argument whose first word is `word`, in any case.
pub fn begins_with_word(argument: &[u8], word: &str) -> bool {
    let parsed: IResult<_, _> = (space0, tag_no_case(word), alt((space1, eof))).parse(argument);
    parsed.is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_keeps_its_spaces() {
        let pass = command(b"pass  group7_3 ").expect("a command");
        assert_eq!(
            (pass.verb, &*pass.name, pass.argument, pass.argument_at),
            (Verb::Pass, "PASS", Some(&b" group7_3 "[..]), 5)
        );
        assert_eq!(command(b"QUIT").expect("a command").argument, None);
        assert_eq!(command(b"QUIT ").expect("a command").argument, Some(&b""[..]));
    }

    #[test]
    fn telnet_talks_before_the_first_command() {
        let user = command(b"\xff\xfd\x03\xff\xfd\x01user bob").expect("a command");
        assert_eq!((user.verb, user.argument, user.argument_at), (Verb::User, Some(&b"bob"[..]), 11));
        assert_eq!(command(b"\xff\xfd"), None);
        assert_eq!(command(b""), None);
        assert_eq!(command(b" USER bob"), None);
        assert_eq!(command(&[b'x'; 40]), None);
    }

    #[test]
    fn replies_have_codes() {
        let of = |line| reply(line).map(|reply| (reply.ok, reply.code, reply.text));
        assert_eq!(of(b"+OK"), Some((true, None, &b""[..])));
        assert_eq!(
            of(b"-ERR [sys/temp] try later"),
            Some((false, Some("SYS/TEMP".into()), &b"[sys/temp] try later"[..]))
        );
        assert_eq!(of(b"+OKAY"), None);
        assert_eq!(of(b"+ dGVzdA=="), None);
        assert_eq!(of(b"-ER"), None);
    }

    #[test]
    fn challenges_may_be_empty() {
        assert_eq!(challenge(b"+ dGVzdA=="), Some(&b"dGVzdA=="[..]));
        assert_eq!(challenge(b"+ "), Some(&b""[..]));
        assert_eq!(challenge(b"+"), Some(&b""[..]));
        assert_eq!(challenge(b"+OK"), None);
    }

    #[test]
    fn a_timestamp_is_in_angle_brackets() {
        let greeting = b" <POP3> server ready <1896.697170952@dbc.mtview.ca.us>";
        assert_eq!(timestamp(greeting), Some(&b"<1896.697170952@dbc.mtview.ca.us>"[..]));
        assert_eq!(timestamp(b"<< ready <@"), None);
    }

    #[test]
    fn arguments_are_cut_up() {
        assert_eq!(apop(b"mr ose c4c9334b"), Some((&b"mr ose"[..], &b"c4c9334b"[..])));
        let plain = auth(b"PLAIN AHQA").expect("a mechanism");
        assert_eq!((plain.mechanism, plain.initial_response), (&b"PLAIN"[..], Some(&b"AHQA"[..])));
        assert_eq!(plain.initial_response_at, 6);
        assert_eq!(auth(b"CRAM-MD5 ").expect("a mechanism").initial_response, None);
        assert_eq!(numbers(b"1 10"), (Some(1), Some(10)));
        for text in [&b"120 octets"[..], b"Message 1 (120 octets)", b" 120 bytes follow", b"retr 1 120 Octets."] {
            assert_eq!(size(text), Some(120), "{}", text.escape_ascii());
        }
        assert!([&b"1 follows"[..], b"120", b"", b"octets 120"].iter().all(|text| size(text).is_none()));
        assert_eq!(numbers(b"99999999999999999999 1"), (None, None));
        assert!(begins_with_word(b"xmit now", "XMIT") && !begins_with_word(b"XMITS", "XMIT"));
    }
}
