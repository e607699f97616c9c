//! Which protocol a line belongs to, by its form; and which bytes can't be mail at all.

use crate::protocol::{Protocol, tls};

/// The protocol whose server sends such a line.
pub(super) fn family_of(line: &[u8]) -> Option<Protocol> {
    match line {
        [b'+', b'O', b'K', rest @ ..] | [b'-', b'E', b'R', b'R', rest @ ..]
            if matches!(rest.first(), None | Some(b' ')) =>
        {
            Some(Protocol::Pop3)
        }
        [b'*', b' ', rest @ ..] if starts_with_word(rest, &["OK", "PREAUTH", "BYE"]) => Some(Protocol::Imap),
        [b'2'..=b'5', b'0'..=b'9', b'0'..=b'9', rest @ ..] if matches!(rest.first(), None | Some(b' ' | b'-')) => {
            Some(Protocol::Smtp)
        }
        _ => None,
    }
}

/// IMAP's NO or BAD in place of a greeting, which the standard does not have and servers say. Lists in plain text begin alike
/// (`* No smoking`), so that it counts in capitals alone, as a server's first line.
pub(super) fn is_odd_greeting(line: &[u8]) -> bool {
    [&b"* NO"[..], b"* BAD"]
        .iter()
        .any(|word| line.strip_prefix(*word).is_some_and(|rest| matches!(rest, [] | [b' ', ..])))
}

/// Whether a reply has an enhanced status code of its own class (RFC 2034): no other protocol has those.
pub(super) fn has_enhanced_code(line: &[u8]) -> bool {
    match line {
        [class, _, _, b' ' | b'-', again, b'.', subject, b'.', detail, ..] => {
            class == again && subject.is_ascii_digit() && detail.is_ascii_digit()
        }
        _ => false,
    }
}

/// SMTP or LMTP, where only a client of that protocol sends such a line.
pub(super) fn smtp_opening(line: &[u8]) -> Option<Protocol> {
    if starts_with_word(line, &["LHLO"]) {
        Some(Protocol::Lmtp)
    } else {
        let mail = line.len() > 10 && line[..10].eq_ignore_ascii_case(b"MAIL FROM:");
        (mail || starts_with_word(line, &["HELO", "EHLO"])).then_some(Protocol::Smtp)
    }
}

pub(super) fn smtp_command(line: &[u8]) -> bool {
    const VERBS: [&str; 14] = [
        "HELO", "EHLO", "LHLO", "MAIL", "RCPT", "DATA", "BDAT", "RSET", "NOOP", "QUIT", "AUTH", "STARTTLS", "VRFY",
        "EXPN",
    ];
    starts_with_word(line, &VERBS)
}

/// True for a line that only a POP3 client sends, before it has logged in.
pub(super) fn pop3_opening(line: &[u8]) -> bool {
    starts_with_word(line, &["USER", "APOP", "CAPA", "STLS", "PASS"])
        || (starts_with_word(line, &["AUTH"]) && line.iter().filter(|&&byte| byte == b' ').count() <= 2)
}

pub(super) fn imap_command(line: &[u8]) -> bool {
    const VERBS: [&str; 16] = [
        "CAPABILITY",
        "LOGIN",
        "AUTHENTICATE",
        "STARTTLS",
        "SELECT",
        "EXAMINE",
        "LIST",
        "LSUB",
        "FETCH",
        "UID",
        "NOOP",
        "ID",
        "LOGOUT",
        "IDLE",
        "STATUS",
        "NAMESPACE",
    ];
    let mut words = line.splitn(2, |&byte| byte == b' ');
    let (Some(tag), Some(rest)) = (words.next(), words.next()) else { return false };
    !tag.is_empty() && tag.len() <= 32 && tag.iter().all(u8::is_ascii_graphic) && starts_with_word(rest, &VERBS)
}

pub(super) fn starts_with_word(line: &[u8], words: &[&str]) -> bool {
    words.iter().any(|word| {
        line.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()))
            && line.get(word.len()).is_none_or(|next| !next.is_ascii_alphanumeric())
    })
}

/// The whole lines of `said`, without line ends; a last line without its end is left out.
pub(super) fn lines(said: &[u8]) -> impl Iterator<Item = &[u8]> {
    let whole = memchr::memrchr(b'\n', said).map_or(0, |lf| lf + 1);
    said[..whole].split_inclusive(|&byte| byte == b'\n').map(|line| {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        without_telnet(line.strip_suffix(b"\r").unwrap_or(line))
    })
}

/// A telnet client in character mode sends `IAC DO SUPPRESS-GO-AHEAD` and the like before its first line (RFC 854).
fn without_telnet(mut line: &[u8]) -> &[u8] {
    while let [0xff, 0xfb..=0xfe, _, rest @ ..] = line {
        line = rest;
    }
    line
}

/// Whether this can be text of a mail session: no zero bytes and few other control characters. Telnet negotiation and
/// backspaces are allowed: they come from a person at a keyboard.
pub(super) fn is_text(said: &[u8]) -> bool {
    let said = without_telnet(said);
    let strange =
        said.iter().filter(|&&byte| byte < 0x20 && !matches!(byte, b'\t' | b'\r' | b'\n' | 0x08 | 0x1b)).count();
    !said.contains(&0) && strange * 20 <= said.len()
}

/// Whether this begins with a TLS record (RFC 8446, section 5.1); `None` where too few bytes have come to tell.
pub(super) fn tls_record(said: &[u8]) -> Option<bool> {
    match said {
        [] => None,
        [20..=23] | [20..=23, 3] => None,
        // A server accepts any minor version in a ClientHello's record (RFC 5246, appendix E.1).
        [22, 3, _, ..] | [20 | 21 | 23, 3, 0..=4, ..] => {
            let &[high, low] = said.get(3..5)? else { return None };
            // RFC 8446, section 5.2: at most 2^14 + 256 bytes; TLS 1.2 allowed 2^14 + 2048.
            Some((1..=(1 << 14) + 2048).contains(&u16::from_be_bytes([high, low])))
        }
        // A ClientHello in the format of SSL 2.0.
        _ => tls::client_hello(said),
    }
}
