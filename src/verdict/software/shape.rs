/*!
The shape of a text: what stays the same whenever a program says it. Addresses, numbers, names of hosts and identifiers are
replaced by one letter or word each; words, punctuation, spaces and the case of letters stay.
*/

/// Bytes of a text whose shape is taken.
const TEXT_BYTES: usize = 240;
/// Letters of which a word is taken for encoded bytes, and not for a word of a language.
const ENCODED: usize = 16;

/// The shape of `text`:
///
/// | in the text | in the shape |
/// |---|---|
/// | an address, `anna@example.org` | `@` |
/// | a name of a host, `mx.example.org` | `host` |
/// | an address of a host, `192.0.2.25` | `ip` |
/// | a number | `9` |
/// | reply codes, and enhanced codes (RFC 3463), `250 2.1.0` | as they are |
/// | letters and digits mixed, or six letters and more of a Base64 or hexadecimal text | `x` |
/// | days and months | `day`, `month` |
pub fn shape(text: &str) -> String {
    let mut shape = String::with_capacity(text.len().min(TEXT_BYTES));
    push_shape(&mut shape, text);
    shape
}

/// Puts the shape of `text` behind `shape`.
pub fn push_shape(shape: &mut String, text: &str) {
    let text = first(text, TEXT_BYTES);
    let bytes = text.as_bytes();
    // A reply's code, which a dash ties to what follows.
    let mut at = if matches!(bytes, [a, b, c, b'-' | b' ', ..] if is_code(&[*a, *b, *c])) { 4 } else { 0 };
    // Most of a text stays: it is copied where something else has to stand in its place.
    let mut copied = 0;
    while let Some(&byte) = bytes.get(at) {
        let token = Token::of(text, at);
        if token.end == at && byte.is_ascii() && !byte.is_ascii_control() {
            at += 1;
            continue;
        }
        if token.end == at {
            let length = text[at..].chars().next().map_or(1, |c| {
                if c.is_control() {
                    shape.push_str(&text[copied..at]);
                    shape.push(' ');
                    copied = at + c.len_utf8();
                }
                c.len_utf8()
            });
            at += length;
            continue;
        }
        // A full stop or dash at the end is punctuation.
        let (word, classes) = match CLASSES[usize::from(*bytes.get(token.end - 1).unwrap_or(&byte))] {
            DOT | EQUALS | JOINT => {
                let word = text[at..token.end].trim_end_matches(['.', '-', '=', '+', '/', '_']);
                (word, classes(word))
            }
            _ => (&text[at..token.end], token.classes),
        };
        if let Some((kept, sign)) = sign_of(word, classes) {
            shape.push_str(&text[copied..at + kept]);
            shape.push_str(sign);
            copied = at + word.len();
        }
        at = token.end;
    }
    shape.push_str(&text[copied..]);
}

/// The pattern of an identifier, such as a boundary: numbers are `9`, letters and digits mixed `x`, and what stands
/// between them, and short words, stay.
pub fn pattern(text: &str) -> String {
    let mut pattern = String::new();
    let mut rest = first(text, TEXT_BYTES);
    while let Some(c) = rest.chars().next() {
        let length = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        if length == 0 {
            pattern.push(c);
            rest = &rest[c.len_utf8()..];
            continue;
        }
        let (run, after) = rest.split_at(length);
        let has = |is: fn(&u8) -> bool| run.bytes().any(|byte| is(&byte));
        let (upper, lower) = (has(u8::is_ascii_uppercase), has(u8::is_ascii_lowercase));
        pattern.push_str(match has(u8::is_ascii_digit) {
            true if upper || lower => "x",
            true => "9",
            // Capitals in the middle are no word.
            false if run.len() > 16 || upper && run.bytes().skip(1).any(|byte| byte.is_ascii_uppercase()) && lower => {
                "x"
            }
            false => run,
        });
        rest = after;
    }
    pattern
}

fn first(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

/// What a byte of a word is.
type Class = u8;
const DIGIT: Class = 1;
const UPPER: Class = 2;
const LOWER: Class = 4;
const LETTER: Class = UPPER | LOWER;
const DOT: Class = 8;
const AT: Class = 16;
const EQUALS: Class = 32;
/// `-_+/`
const JOINT: Class = 64;
/// A part of a character beyond ASCII.
const BEYOND: Class = 128;

/// The class of each byte; 0 where it belongs to no word.
const CLASSES: [Class; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte as u8 {
            b'0'..=b'9' => DIGIT,
            b'A'..=b'Z' => UPPER,
            b'a'..=b'z' => LOWER,
            b'.' => DOT,
            b'@' => AT,
            b'=' => EQUALS,
            b'-' | b'_' | b'+' | b'/' => JOINT,
            0x80.. => BEYOND,
            _ => 0,
        };
        byte += 1;
    }
    classes
};

/// The classes of all bytes of `word`.
fn classes(word: &str) -> Class {
    word.bytes().fold(0, |classes, byte| classes | CLASSES[usize::from(byte)])
}

/// A word with its joints.
struct Token {
    /// Where it ends.
    end: usize,
    /// The classes of its bytes.
    classes: Class,
}

impl Token {
    /// The one that begins `at` a place of `text`; it ends there where none does.
    fn of(text: &str, at: usize) -> Self {
        let mut token = Self { end: at, classes: 0 };
        for &byte in &text.as_bytes()[at..] {
            match CLASSES[usize::from(byte)] {
                0 => break,
                BEYOND => {
                    let rest = &text[at..];
                    let length = rest.find(|c| !is_of_token(c)).unwrap_or(rest.len());
                    return Self { end: at + length, classes: classes(&rest[..length]) };
                }
                class => token.classes |= class,
            }
            token.end += 1;
        }
        token
    }
}

fn is_of_token(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '@' | '-' | '_' | '+' | '/' | '=')
}

/// `Reply-code` (RFC 5321, section 4.2).
fn is_code(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_digit)
}

/// What stands for `word`, which has bytes of these `classes`, and behind how many of its bytes; `None` where the word
/// stands as it is.
fn sign_of(word: &str, classes: Class) -> Option<(usize, &'static str)> {
    let has = |class: Class| classes & class != 0;
    let sign = match classes {
        // Words as in a dictionary: the most frequent ones, told without looking at them again.
        LETTER if word.len() == 3 && is_day(word) => "day",
        LETTER if word.len() == 3 && is_month(word) => "month",
        0 | UPPER | LOWER | LETTER if word.len() < ENCODED => return None,
        DIGIT => "9",
        _ if has(AT) => "@",
        NUMBERS if is_enhanced_code(word) => return None,
        NUMBERS if word.parse::<std::net::Ipv4Addr>().is_ok() => "ip",
        _ => {
            let pair = if has(EQUALS) { word.split_once('=') } else { None };
            if let Some((name, value)) = pair.filter(|(name, value)| is_keyword(name) && !value.is_empty()) {
                let (kept, sign) = sign_of(value, self::classes(value))?;
                return Some((name.len() + 1 + kept, sign));
            }
            if has(DOT) && has(LOWER) && !has(EQUALS | BEYOND) && is_host(word) {
                "host"
            } else if is_identifier(word, classes) {
                "x"
            } else {
                return None;
            }
        }
    };
    Some((0, sign))
}

/// Digits and full stops.
const NUMBERS: Class = DIGIT | DOT;

fn is_day(word: &str) -> bool {
    ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].contains(&word)
}

fn is_month(word: &str) -> bool {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    MONTHS.contains(&word)
}

fn is_keyword(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-')
}

/// `status-code` (RFC 3463, section 2).
fn is_enhanced_code(word: &str) -> bool {
    let [b'2' | b'4' | b'5', b'.', rest @ ..] = word.as_bytes() else { return false };
    let is_number = |part: &[u8]| (1..=3).contains(&part.len()) && part.iter().all(u8::is_ascii_digit);
    let parts = rest.iter().position(|&byte| byte == b'.').and_then(|dot| rest.split_at_checked(dot));
    parts.is_some_and(|(subject, detail)| is_number(subject) && detail.get(1..).is_some_and(is_number))
}

/// Labels of letters, digits and dashes, of which `word` has several; a small letter is among them.
fn is_host(word: &str) -> bool {
    let mut before = b'.';
    let are_labels = word.bytes().all(|byte| {
        let is_right = byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.' && before != b'.';
        before = byte;
        is_right
    });
    are_labels && before != b'.'
}

/// Made anew each time: a queue's id, a boundary, a challenge.
fn is_identifier(word: &str, classes: Class) -> bool {
    if word.len() < 5 || word.len() < ENCODED && classes & DIGIT == 0 {
        return false;
    }
    let (mut digits, mut upper, mut lower) = (0, 0, 0);
    for byte in word.bytes() {
        let class = CLASSES[usize::from(byte)];
        digits += usize::from(class == DIGIT);
        upper += usize::from(class == UPPER);
        lower += usize::from(class == LOWER);
    }
    let is_mixed = digits > 0 && upper + lower > 0;
    // `8BITMIME`, `IMAP4rev1`, `SCRAM-SHA-256`: words of a protocol have few digits.
    let is_word = digits * 3 < upper + lower;
    if lower == 0 && digits <= 3 && word.contains(['-', '.']) {
        return false;
    }
    let is_base64 = word.len() >= ENCODED && upper > 2 && lower > 2;
    is_mixed && !is_word || is_base64 || word.len() >= 12 && digits > 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_each_time_is_left_out() {
        for (text, expected) in [
            ("MAIL FROM:<anna@example.org> SIZE=1141", "MAIL FROM:<@> SIZE=9"),
            ("250-mx.example.org", "250-host"),
            ("A1 AUTH=SCRAM-SHA-256 I18NLEVEL=1 RFC822.SIZE", "A1 AUTH=SCRAM-SHA-256 I18NLEVEL=9 RFC822.SIZE"),
            ("250 2.0.0 Ok: queued as 4B3D21F00C", "250 2.0.0 Ok: queued as x"),
            ("220 mx.example.org ESMTP Postfix (Debian/GNU)", "220 host ESMTP Postfix (Debian/GNU)"),
            ("EHLO [192.0.2.7]", "EHLO [ip]"),
            ("EHLO cslabc39", "EHLO x"),
            ("* OK [CAPABILITY IMAP4rev1 LITERAL+] ready.", "* OK [CAPABILITY IMAP4rev1 LITERAL+] ready."),
            ("Sun, 29 Nov 2026 01:04:48 +0000", "day, 9 month 9 9:9:9 +0000"),
            ("+OK POP3 Ready <4613.1795826333@vm>", "+OK POP3 Ready <@>"),
            ("EHLO mx..example.org a.b. .a.b mx_1.example.org", "EHLO mx..example.org host. .a.b mx_1.example.org"),
            ("SIZE=12 A=B=C4D5E6 =x a=b1c2d3", "SIZE=9 A=B=x =x x"),
            ("a\u{7}b \u{85} \u{fc}ber\u{2013}1 x@\u{e4}.", "a b   \u{fc}ber\u{2013}9 @."),
            ("5.7 2.0.0 2.0.0.1 3.0.0 12345", "5.7 2.0.0 ip 3.0.0 9"),
            ("250-", "250-"),
            ("250", "9"),
            ("", ""),
        ] {
            assert_eq!(shape(text), expected, "{text}");
        }
        for (text, expected) in [
            ("===============6874923984==", "===============9=="),
            ("----=_Part_12_3fa9.17", "----=_Part_9_x.9"),
            ("20261129.010448.AbCdEf", "9.9.x"),
        ] {
            assert_eq!(pattern(text), expected, "{text}");
        }
    }
}
