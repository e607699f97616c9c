//! SMTP's grammar as pure functions: one line in, its parts out. They keep no state.
//!
//! Real clients and servers are laxer than the grammar. Where a parser is laxer too, its comment says so.

use crate::protocol::sasl::Mechanism;
use crate::protocol::secret::Raw;
use nom::branch::alt;
use nom::bytes::complete::{tag_no_case, take, take_till, take_while1};
use nom::character::complete::{char, digit1, space0, space1};
use nom::combinator::{all_consuming, map, map_opt, opt, verify};
use nom::sequence::{delimited, preceded, terminated};
use nom::{IResult, Parser};
use std::fmt;
use std::net::IpAddr;
use std::ops::Range;

type Parsed<'a, T> = IResult<&'a [u8], T>;

/// One line of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplyLine<'a> {
    /// The reply code.
    pub code: u16,
    /// False where `-` says that more lines follow.
    pub last: bool,
    /// What follows code and separator.
    pub text: &'a [u8],
}

/// `Reply-line = *( Reply-code "-" [ textstring ] CRLF ) Reply-code [ SP [ textstring ] ] CRLF`
/// (RFC 5321, section 4.2): one line of it, without its end. A tab may stand for the space.
pub fn reply_line(line: &[u8]) -> Option<ReplyLine<'_>> {
    let (code, text) = reply_code(line)?;
    match text {
        [] => Some(ReplyLine { code, last: true, text }),
        [b'-', text @ ..] => Some(ReplyLine { code, last: false, text }),
        [b' ' | b'\t', text @ ..] => Some(ReplyLine { code, last: true, text }),
        _ => None,
    }
}

/// `Reply-code = %x32-35 %x30-35 %x30-39`, and what follows it. The second digit may be any here: servers do invent
/// codes.
fn reply_code(input: &[u8]) -> Option<(u16, &[u8])> {
    match input {
        [a @ b'2'..=b'5', b @ b'0'..=b'9', c @ b'0'..=b'9', rest @ ..] => Some((small_number(&[*a, *b, *c]), rest)),
        _ => None,
    }
}

/// The number that up to four digits are.
fn small_number(digits: &[u8]) -> u16 {
    digits.iter().fold(0, |number, digit| number * 10 + u16::from(digit - b'0'))
}

/// What a line tells that stands where a reply is due and is in no form of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OddReply {
    /// The reply code, where three digits stand alone: `454TLS not available`, `454: no`, ` 454 no`.
    pub code: Option<u16>,
    /// The code's first digit, where no code can be read but this: `5500 no`, `4.7.0 no`.
    pub class: Option<u16>,
    /// The enhanced status code that stands where the reply code is missing.
    pub enhanced: Option<Enhanced>,
}

/// Reads what it can of such a line. Clients go by the first digits, if by anything.
pub fn odd_reply(line: &[u8]) -> OddReply {
    let line = line.trim_ascii_start();
    let digits = line.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let code = (digits == 3).then(|| reply_code(line).map(|(code, _)| code)).flatten();
    let enhanced = match code {
        Some(_) => line.get(4..).and_then(|text| enhanced(text.trim_ascii_start())),
        None => enhanced(line),
    };
    let first = line.first().filter(|first| digits != 3 && (b'2'..=b'5').contains(first));
    let class = code.map(|code| code / 100).or(first.map(|first| u16::from(first - b'0')));
    OddReply { code, class, enhanced }
}

/// An enhanced status code (RFC 3463): `class.subject.detail`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Enhanced {
    /// 2, 4 or 5.
    pub class: u8,
    /// 0 to 999.
    pub subject: u16,
    /// 0 to 999.
    pub detail: u16,
}

impl Enhanced {
    /// Subject and detail: what it is about, whatever its class.
    pub fn topic(self) -> (u16, u16) {
        (self.subject, self.detail)
    }
}

impl std::fmt::Display for Enhanced {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

/// `status-code = class "." subject "." detail` (RFC 3463, section 2), at the beginning of a reply's text.
pub fn enhanced(text: &[u8]) -> Option<Enhanced> {
    let [class @ (b'2' | b'4' | b'5'), b'.', rest @ ..] = text else { return None };
    let (subject, rest) = status_number(rest)?;
    let (detail, rest) = status_number(rest.strip_prefix(b".")?)?;
    matches!(rest, [] | [b' ' | b'\t', ..]).then(|| Enhanced { class: class - b'0', subject, detail })
}

/// `subject = 1*3digit`, and `detail` likewise; and what follows it.
fn status_number(input: &[u8]) -> Option<(u16, &[u8])> {
    let digits = input.iter().take(3).take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = input.split_at_checked(digits)?;
    (!digits.is_empty()).then(|| (small_number(digits), rest))
}

/// A command line: its verb, and where its arguments are.
#[derive(Clone, PartialEq, Eq)]
pub struct CommandLine<'a> {
    /// The first word, as sent.
    pub verb: &'a [u8],
    /// What follows the verb and the white space after it; an empty range at the end of the line where nothing does.
    pub arguments: Range<usize>,
}

/// Without what it says.
impl fmt::Debug for CommandLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { verb, arguments } = self;
        f.debug_struct("CommandLine").field("verb", &Raw(verb)).field("arguments", arguments).finish()
    }
}

/// A verb and whatever follows it (RFC 5321, section 4.1.1). White space before the verb is passed over, as servers do.
pub fn command_line(line: &[u8]) -> CommandLine<'_> {
    let blank = |line: &[u8]| line.iter().take_while(|b| b.is_ascii_whitespace()).count();
    let (before, words) = line.split_at(blank(line));
    let verb = words.split(|b| b.is_ascii_whitespace()).next().unwrap_or_default();
    let end = before.len() + verb.len();
    let start = end + line.get(end..).map_or(0, blank);
    CommandLine { verb, arguments: start..line.len() }
}

/// `Mail-parameters` of MAIL: `"FROM:" Reverse-path` (RFC 5321, section 4.1.1.2). Returns the path without its
/// brackets.
pub fn reverse_path(arguments: &[u8]) -> Option<&[u8]> {
    path_after("FROM", arguments)
}

/// The parameter SIZE of MAIL, among its arguments (RFC 1870, section 5).
pub fn size_said(arguments: &[u8]) -> Option<u64> {
    let path = outside_quotes(arguments, |b| b == b'>').map_or(0, |end| end + 1);
    let mut words = arguments.get(path..)?.split(u8::is_ascii_whitespace);
    words.find_map(|word| {
        let (name, digits) = word.split_at_checked(5)?;
        if name.eq_ignore_ascii_case(b"SIZE=") { complete(map_opt(digit1, decimal::<u64>), digits) } else { None }
    })
}

/// `"TO:" Forward-path` (RFC 5321, section 4.1.1.3). Returns the path without its brackets.
pub fn forward_path(arguments: &[u8]) -> Option<&[u8]> {
    path_after("TO", arguments)
}

/// White space may stand on either side of the colon.
fn path_after<'a>(word: &str, arguments: &'a [u8]) -> Option<&'a [u8]> {
    let colon = delimited(space0, char(':'), space0);
    let (_, path) = preceded((tag_no_case(word), colon), alt((path, bare_path))).parse(arguments).ok()?;
    Some(path.trim_ascii())
}

/// `Path = "<" [ A-d-l ":" ] Mailbox ">"`, the brackets taken off and the source route kept. Where the closing bracket
/// is missing the path ends at white space.
fn path(input: &[u8]) -> Parsed<'_, &[u8]> {
    let (input, _) = take_while1(|b| b == b'<').parse(input)?;
    match outside_quotes(input, |b| b == b'>') {
        Some(end) => terminated(take(end), char('>')).parse(input),
        None => take_till(|b: u8| b.is_ascii_whitespace() || b == b'>').parse(input),
    }
}

/// True where a path in brackets ends among these arguments of MAIL or RCPT.
pub fn has_closed_path(arguments: &[u8]) -> bool {
    outside_quotes(arguments, |b| b == b'>').is_some()
}

/// A path without brackets: up to white space that is not within a `Quoted-string`. Servers that accept it also accept
/// a name before a path in brackets.
fn bare_path(input: &[u8]) -> Parsed<'_, &[u8]> {
    let end = outside_quotes(input, |b| b.is_ascii_whitespace()).unwrap_or(input.len());
    let (first, mut words) = input.split_at(end);
    while !first.contains(&b'@')
        && let Some(space) = outside_quotes(words, |b| b.is_ascii_whitespace())
    {
        words = words.get(space..).unwrap_or_default().trim_ascii_start();
        if words.first() == Some(&b'<') {
            return path(words);
        }
    }
    verify(take(end), |path: &[u8]| !path.is_empty()).parse(input)
}

/// The position of the first byte for which `stop` is true outside a `Quoted-string = DQUOTE *QcontentSMTP DQUOTE`. One
/// pass: a line full of quotation marks costs no more than any other.
fn outside_quotes(input: &[u8], stop: impl Fn(u8) -> bool) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    input.iter().position(|&b| {
        match b {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ => return !quoted && stop(b),
        }
        false
    })
}

/// `bdat-cmd = "BDAT" SP chunk-size [ SP end-marker ]` (RFC 3030, section 2): the arguments as (octets, LAST).
///
/// `None` for a command that a server refuses for its syntax, so that no octets follow it. Sizes of 2^63 and more are
/// among them: servers count in signed 64 bits.
pub fn chunk(arguments: &[u8]) -> Option<(u64, bool)> {
    let size = verify(map_opt(digit1, decimal::<u64>), |&size| i64::try_from(size).is_ok());
    let last = map(opt(preceded(space1, tag_no_case("LAST"))), |last| last.is_some());
    complete((size, last), arguments.trim_ascii_end())
}

/// `"XEXCH50" SP octets SP recipients`, as Exchange writes it: the arguments as octets. `None` as in [`chunk`].
pub fn octets(arguments: &[u8]) -> Option<u64> {
    let size = verify(map_opt(digit1, decimal::<u64>), |&size| i64::try_from(size).is_ok());
    complete(terminated(size, opt((space1, digit1))), arguments.trim_ascii())
}

/// `"AUTH" SP mechanism [SP initial-response]` (RFC 4954, section 4): the arguments as mechanism and the place of the
/// initial response within them.
pub fn auth(arguments: &[u8]) -> (&[u8], Option<Range<usize>>) {
    let CommandLine { verb: mechanism, arguments: initial } = command_line(arguments);
    let initial = initial.start..initial.start + arguments.get(initial).unwrap_or_default().trim_ascii_end().len();
    (mechanism, Some(initial).filter(|initial| !initial.is_empty()))
}

/// What follows `AUTH=` in a verb: some clients send the keyword as old servers listed it (`250-AUTH=LOGIN`).
pub fn after_auth_equals(verb: &[u8]) -> Option<&[u8]> {
    let (keyword, mechanism) = verb.split_at_checked(5)?;
    (keyword.eq_ignore_ascii_case(b"AUTH=") && !mechanism.is_empty()).then_some(mechanism)
}

/// True for a line that begins a login though its verb is not AUTH: a known mechanism follows, and an initial response
/// perhaps.
pub fn is_auth_by_another_name(verb: &[u8], arguments: &[u8]) -> bool {
    let mut words = arguments.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let is_mechanism = |name: &[u8]| Mechanism::is_known(&String::from_utf8_lossy(name).to_ascii_uppercase());
    let (first, second, more) = (words.next(), words.next(), words.next());
    if !verb.iter().all(|b| b.is_ascii_alphanumeric() || b"-_=".contains(b)) {
        return false;
    }
    if after_auth_equals(verb).is_some() {
        return second.is_none();
    }
    let is_base64 = |word: &[u8]| word.iter().all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(b));
    first.is_some_and(|name| name.len() <= 64 && is_mechanism(name)) && second.is_none_or(is_base64) && more.is_none()
}

fn decimal<T: std::str::FromStr>(digits: &[u8]) -> Option<T> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn complete<'a, T>(
    parser: impl Parser<&'a [u8], Output = T, Error = nom::error::Error<&'a [u8]>>,
    input: &'a [u8],
) -> Option<T> {
    all_consuming(parser).parse(input).ok().map(|(_, output)| output)
}

/// The client's address in the arguments of XCLIENT: `ADDR=192.0.2.7`, `ADDR=IPV6:2001:db8::7` (Postfix's
/// XCLIENT_README); absent for `ADDR=[UNAVAILABLE]`.
pub fn proxied_client(arguments: &[u8]) -> Option<IpAddr> {
    let words = arguments.split(u8::is_ascii_whitespace);
    let address =
        words.filter_map(|word| word.split_at_checked(5)).find(|(name, _)| name.eq_ignore_ascii_case(b"ADDR="))?.1;
    let has_prefix = address.get(..5).is_some_and(|prefix| prefix.eq_ignore_ascii_case(b"IPV6:"));
    std::str::from_utf8(if has_prefix { &address[5..] } else { address }).ok()?.parse().ok()
}

/// A TLS record's first byte (RFC 8446, section 5.1): a control character, with which no command and no reply begins.
pub fn is_tls_record(byte: u8) -> bool {
    matches!(byte, 20..=23)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> &str {
        std::str::from_utf8(bytes).expect("text")
    }

    #[test]
    fn the_client_that_a_proxy_names() {
        let read = |arguments: &str| proxied_client(arguments.as_bytes()).map(|address| address.to_string());
        assert_eq!(read("NAME=a ADDR=192.0.2.7 PORT=1").as_deref(), Some("192.0.2.7"));
        assert_eq!(read("addr=IPv6:2001:db8::7 NAME=[UNAVAILABLE]").as_deref(), Some("2001:db8::7"));
        assert_eq!(read("ADDR=2001:db8::7").as_deref(), Some("2001:db8::7"));
        for none in
            ["ADDR=[UNAVAILABLE]", "ADDR=[TEMPUNAVAIL]", "NAME=ADDR=192.0.2.7", "DESTADDR=192.0.2.7", "ADDR=", ""]
        {
            assert_eq!(read(none), None, "{none}");
        }
    }

    #[test]
    fn reply_lines() {
        let read = |line: &'static str| parse_to_text(reply_line(line.as_bytes()));
        assert_eq!(read("250 OK"), "250 last OK");
        assert_eq!(read("250-PIPELINING"), "250 more PIPELINING");
        assert_eq!(read("250"), "250 last ");
        assert_eq!(read("250 "), "250 last ");
        assert_eq!(read("250-"), "250 more ");
        assert_eq!(read("524 no"), "524 last no");
        assert_eq!(read("220\tready"), "220 last ready");
        for line in ["HTTP/1.1 101", "25", "2500 bytes", "699 no such class", "199 nor this", "", "-50 x", " 250 x"] {
            assert_eq!(reply_line(line.as_bytes()), None, "{line:?}");
        }
    }

    fn parse_to_text(line: Option<ReplyLine<'_>>) -> String {
        let Some(ReplyLine { code, last, text: words }) = line else { return String::new() };
        format!("{code} {} {}", if last { "last" } else { "more" }, text(words))
    }

    #[test]
    fn replies_in_no_form() {
        let cases = [
            ("454TLS not available", Some(454), Some(4), None),
            ("454: 4.7.0 no", Some(454), Some(4), Some("4.7.0")),
            ("  454 no", Some(454), Some(4), None),
            ("4.7.0 no", None, Some(4), Some("4.7.0")),
            ("5500 no", None, Some(5), None),
            ("601 no", None, None, None),
            ("Error: no", None, None, None),
            ("", None, None, None),
        ];
        for (line, code, class, enhanced) in cases {
            let odd = odd_reply(line.as_bytes());
            let found = odd.enhanced.map(|enhanced| enhanced.to_string());
            assert_eq!((odd.code, odd.class, found.as_deref()), (code, class, enhanced), "{line:?}");
        }
    }

    #[test]
    fn enhanced_codes() {
        let cases = [
            ("2.1.0 Ok", Some("2.1.0")),
            ("5.7.123", Some("5.7.123")),
            ("3.1.0 no such class", None),
            ("5.6.7.8 is an address", None),
            ("2.1.0Ok", None),
            ("2.1234.0 x", None),
            ("Ok", None),
        ];
        for (line, expected) in cases {
            assert_eq!(enhanced(line.as_bytes()).map(|e| e.to_string()).as_deref(), expected, "{line:?}");
        }
    }

    #[test]
    fn verbs_and_arguments() {
        let cases: [(&[u8], &[u8], &[u8]); 8] = [
            (b"MAIL FROM:<a@b> SIZE=3", b"MAIL", b"FROM:<a@b> SIZE=3"),
            (b"quit", b"quit", b""),
            (b"quit \r", b"quit", b""),
            (b"  NOOP\t x ", b"NOOP", b"x "),
            (b"", b"", b""),
            (b"   ", b"", b""),
            (b"\xff\xfd\x03HELO a", b"\xff\xfd\x03HELO", b"a"),
            (b"BDAT 5 LAST\r", b"BDAT", b"5 LAST\r"),
        ];
        for (line, verb, arguments) in cases {
            let found = command_line(line);
            assert_eq!((found.verb, &line[found.arguments]), (verb, arguments), "{}", line.escape_ascii());
        }
    }

    #[test]
    fn paths_as_clients_write_them() {
        let cases = [
            ("FROM:<a@b>", Some("a@b")),
            ("from:<>", Some("")),
            ("FROM: <a@b> SIZE=1", Some("a@b")),
            ("FROM :   <a@b>", Some("a@b")),
            ("FROM:a@b", Some("a@b")),
            ("FROM: a@b BODY=8BITMIME", Some("a@b")),
            ("FROM:<@x,@y:a@b>", Some("@x,@y:a@b")),
            (r#"FROM:<"a>b \" c"@d> X"#, Some(r#""a>b \" c"@d"#)),
            (r#"FROM:"a b"@d X"#, Some(r#""a b"@d"#)),
            ("FROM:<a@[IPv6:::1]>", Some("a@[IPv6:::1]")),
            ("FROM:<unclosed SIZE=1", Some("unclosed")),
            (r#"FROM:<"unclosed> SIZE=1"#, Some(r#""unclosed"#)),
            ("FROM:< a@b >", Some("a@b")),
            ("FROM:<<a@b>>", Some("a@b")),
            (r#"FROM: "A B" <a@b> SIZE=1"#, Some("a@b")),
            ("FROM:A B C <a@b>", Some("a@b")),
            ("FROM:a@b AUTH=<>", Some("a@b")),
            ("FROM:postmaster SIZE=1", Some("postmaster")),
            ("FROM:", None),
            ("FORM:<a@b>", None),
            ("<a@b>", None),
        ];
        for (arguments, expected) in cases {
            assert_eq!(reverse_path(arguments.as_bytes()).map(text), expected, "{arguments:?}");
        }
        assert_eq!(forward_path(b"to:<Postmaster>").map(text), Some("Postmaster"));
    }

    #[test]
    fn a_line_of_quotation_marks_costs_one_pass() {
        let line = [b"FROM:<".as_slice(), &b"\"\\".repeat(32 * 1024)].concat();
        assert!(reverse_path(&line).is_some());
    }

    #[test]
    fn chunks() {
        let cases = [
            ("5", Some((5, false))),
            ("5 LAST", Some((5, true))),
            ("0 last\r", Some((0, true))),
            ("9223372036854775807", Some((i64::MAX as u64, false))),
            ("9223372036854775808", None),
            ("15555555557777777777 LAST", None),
            ("155555555577777777771111 LAST", None),
            ("-5", None),
            ("5 X", None),
            ("5 LAST X", None),
            ("SCRAMBLE", None),
            ("", None),
        ];
        for (arguments, expected) in cases {
            assert_eq!(chunk(arguments.as_bytes()), expected, "{arguments:?}");
        }
    }

    #[test]
    fn octets_of_xexch50() {
        for (arguments, expected) in
            [("968 2", Some(968)), ("2", Some(2)), ("2 ", Some(2)), ("-1 2", None), ("x", None)]
        {
            assert_eq!(octets(arguments.as_bytes()), expected, "{arguments:?}");
        }
    }

    #[test]
    fn initial_responses() {
        assert_eq!(auth(b"PLAIN"), (b"PLAIN".as_slice(), None));
        assert_eq!(auth(b"PLAIN  AGE= "), (b"PLAIN".as_slice(), Some(7..11)));
        assert_eq!(auth(b""), (b"".as_slice(), None));
    }
}
