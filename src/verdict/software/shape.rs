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
    let mut rest = first(text, TEXT_BYTES);
    // A reply's code, which a dash ties to what follows.
    if let Some((code, after)) =
        rest.split_at_checked(3).filter(|(code, after)| is_code(code) && after.starts_with(['-', ' ']))
    {
        shape.push_str(code);
        shape.extend(after.chars().next());
        rest = &after[1..];
    }
    while let Some(c) = rest.chars().next() {
        let (token, after) = rest.split_at(token_bytes(rest));
        if token.is_empty() {
            shape.push(if c.is_control() { ' ' } else { c });
            rest = &rest[c.len_utf8()..];
            continue;
        }
        // A full stop or dash at the end is punctuation.
        let word = token.trim_end_matches(['.', '-', '=', '+', '/', '_']);
        push_word(shape, word);
        shape.push_str(&token[word.len()..]);
        rest = after;
    }
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
    let end = (0..=most.min(text.len())).rev().find(|&end| text.is_char_boundary(end));
    &text[..end.unwrap_or(0)]
}

/// What a byte of a word is.
type Class = u8;
const DIGIT: Class = 1;
const LETTER: Class = 2;
/// `.@-_+/=`
const JOINT: Class = 4;
/// A part of a character beyond ASCII.
const BEYOND: Class = 8;

/// The class of each byte; 0 where it belongs to no word.
const CLASSES: [Class; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte as u8 {
            b'0'..=b'9' => DIGIT,
            b'A'..=b'Z' | b'a'..=b'z' => LETTER,
            b'.' | b'@' | b'-' | b'_' | b'+' | b'/' | b'=' => JOINT,
            0x80.. => BEYOND,
            _ => 0,
        };
        byte += 1;
    }
    classes
};

/// Bytes of the word with which `text` begins, its joints with it.
fn token_bytes(text: &str) -> usize {
    for (at, &byte) in text.as_bytes().iter().enumerate() {
        match CLASSES[usize::from(byte)] {
            0 => return at,
            BEYOND => return text.find(|c| !is_of_token(c)).unwrap_or(text.len()),
            _ => {}
        }
    }
    text.len()
}

fn is_of_token(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '@' | '-' | '_' | '+' | '/' | '=')
}

/// `Reply-code` (RFC 5321, section 4.2).
fn is_code(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn push_word(shape: &mut String, word: &str) {
    let classes = word.bytes().fold(0, |classes, byte| classes | CLASSES[usize::from(byte)]);
    let known = match classes {
        // Words as in a dictionary: the most frequent ones, told without looking at them again.
        LETTER if word.len() == 3 && is_day(word) => "day",
        LETTER if word.len() == 3 && is_month(word) => "month",
        0 | LETTER if word.len() < ENCODED => word,
        DIGIT => "9",
        _ => return push_joined(shape, word, classes),
    };
    shape.push_str(known);
}

/// A word of several sorts of bytes, or a long one.
fn push_joined(shape: &mut String, word: &str, classes: Class) {
    let known = if word.contains('@') {
        "@"
    } else if is_enhanced_code(word) {
        word
    } else if classes == DIGIT | JOINT && word.parse::<std::net::Ipv4Addr>().is_ok() {
        "ip"
    } else if let Some((name, value)) =
        word.split_once('=').filter(|(name, value)| is_keyword(name) && !value.is_empty())
    {
        shape.push_str(name);
        shape.push('=');
        return push_word(shape, value);
    } else if is_host(word) {
        "host"
    } else if is_identifier(word) {
        "x"
    } else {
        word
    };
    shape.push_str(known);
}

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
    let mut parts = word.split('.');
    let class = parts.next().is_some_and(|class| matches!(class, "2" | "4" | "5"));
    class
        && parts.clone().count() == 2
        && parts.all(|part| (1..=3).contains(&part.len()) && part.chars().all(|c| c.is_ascii_digit()))
}

fn is_host(word: &str) -> bool {
    let labels = || word.split('.');
    labels().count() > 1
        && labels().all(|label| !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'))
        && word.chars().any(|c| c.is_ascii_lowercase())
}

/// Made anew each time: a queue's id, a boundary, a challenge.
fn is_identifier(word: &str) -> bool {
    let (mut digits, mut upper, mut lower) = (0, 0, 0);
    for c in word.chars() {
        digits += usize::from(c.is_ascii_digit());
        upper += usize::from(c.is_ascii_uppercase());
        lower += usize::from(c.is_ascii_lowercase());
    }
    let is_mixed = digits > 0 && upper + lower > 0 && word.len() >= 5;
    // `8BITMIME`, `IMAP4rev1`, `SCRAM-SHA-256`: words of a protocol have few digits.
    let is_word = digits * 3 < upper + lower;
    if lower == 0 && word.contains(['-', '.']) && digits <= 3 {
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
