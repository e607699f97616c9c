//! Other protocols on mail ports: what both sides say where it is not mail.

use super::words::{has_enhanced_code, lines, smtp_opening, starts_with_word};

/// Whether a connection whose server begins with a reply code can be mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Suspicion {
    /// It is mail, as far as can be told.
    None,
    /// What both sides say next will show.
    Perhaps,
    /// It is FTP (RFC 959) or NNTP (RFC 3977), whose greetings are like SMTP's.
    Certain,
}

/// What a server that is not mail's says first, and no mail server does.
const BANNERS: [&[u8]; 16] = [
    b"SSH-",
    b"RFB ",
    b"HTTP/",
    b"RTSP/",
    b"SIP/",
    b"ICY ",
    b"INFO {",
    b"NOTICE ",
    b":",
    b"<?xml",
    b"<stream",
    b"@RSYNCD:",
    b"+PONG",
    b"-NOAUTH",
    b"AMQP",
    b"\"IMPLEMENTATION\"",
];

/// What a client that is not mail's says first, and no mail client does.
const OPENINGS: [&[u8]; 9] =
    [b"SSH-", b"RFB ", b"HTTP/", b"NICK ", b"CAP LS", b"CONNECT {", b"<?xml", b"<stream", b"@RSYNCD:"];

/// Whether the first bytes of either side are those of a well-known other protocol.
pub(super) fn is_banner(client: &[u8], server: &[u8]) -> bool {
    let is_redis = matches!(client, [b'*', b'1'..=b'9', b'\r', b'\n', b'$', ..]);
    is_redis || begins_with_one(server, &BANNERS) || server.is_empty() && begins_with_one(client, &OPENINGS)
}

fn begins_with_one(said: &[u8], words: &[&[u8]]) -> bool {
    // Most differ in the first letter.
    words.iter().any(|word| word.first() == said.first() && said.starts_with(word))
}

/// Judges a server that begins with a reply code, by its greeting, the client's first line, and the reply to that.
pub(super) fn suspicion(client: &[u8], server: &[u8]) -> Suspicion {
    let mut replies = lines(server);
    let Some(greeting) = replies.next() else { return Suspicion::Perhaps };
    let names_mail = |line: &[u8]| {
        line.windows(4)
            .any(|word| matches!(word, [b'S' | b's' | b'L' | b'l', rest @ ..] if rest.eq_ignore_ascii_case(b"MTP")))
    };
    let greets_news = matches!(code(greeting), 200 | 201);
    if names_mail(greeting) || has_enhanced_code(greeting) || !matches!(code(greeting), 120 | 200 | 201 | 220 | 230) {
        return Suspicion::None;
    }
    let Some(first) = lines(client).find(|line| !line.is_empty()) else { return Suspicion::Perhaps };
    let asks_news = greets_news
        && starts_with_word(
            first,
            &[
                "MODE",
                "GROUP",
                "LIST",
                "LISTGROUP",
                "ARTICLE",
                "CAPABILITIES",
                "AUTHINFO",
                "DATE",
                "NEWGROUPS",
                "IHAVE",
            ],
        );
    let asks_for_files = starts_with_word(
        first,
        &[
            "USER", "PASS", "ACCT", "AUTH TLS", "AUTH SSL", "FEAT", "SYST", "OPTS", "HOST", "CLNT", "PBSZ", "PROT",
            "ADAT",
        ],
    );
    if smtp_opening(first).is_some() || !(asks_news || asks_for_files) {
        return Suspicion::None;
    }
    // The greeting may have several lines; only the last has no hyphen.
    let is_last = |line: &&[u8]| line.get(3) != Some(&b'-');
    let rest = if is_last(&greeting) { Some(()) } else { replies.find(is_last).map(|_| ()) };
    let Some(answer) = rest.and_then(|()| replies.next()) else { return Suspicion::Perhaps };
    let is_foreign = match code(answer) {
        // RFC 4954, section 6: SMTP's 530 asks for a login or for TLS, and does so with an enhanced code.
        530 => !has_enhanced_code(answer),
        // Codes that SMTP does not have as answers to these words.
        100..=199 | 200 | 202 | 211 | 215 | 230 | 232 | 234 | 331 | 332 | 336 | 381 => true,
        480..=483 => greets_news,
        _ => false,
    };
    if is_foreign { Suspicion::Certain } else { Suspicion::None }
}

/// The reply code that a line begins with; 0 where there is none.
fn code(line: &[u8]) -> u16 {
    match line {
        [a @ b'1'..=b'5', b @ b'0'..=b'9', c @ b'0'..=b'9', ..] => {
            [a, b, c].iter().fold(0, |code, digit| code * 10 + u16::from(**digit - b'0'))
        }
        _ => 0,
    }
}
