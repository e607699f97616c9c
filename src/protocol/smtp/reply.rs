//! SMTP's replies, and how their lines are put together.

use super::parse::{self, Enhanced};
use crate::limits::{LINE_BYTES, heap};
use crate::protocol::framing::{Line, LineEnd};
use crate::protocol::proxy::header::Refusals;
use crate::protocol::span::Span;
use std::borrow::Cow;

/// A reply, whole: all its lines.
#[derive(Debug, Clone)]
pub struct Reply<'a> {
    /// The reply code. Where it can't be read: its first digit and two zeros, or 0 where that can't be read either.
    pub code: u16,
    /// The server has named the code.
    pub has_code: bool,
    /// The first enhanced status code in it.
    pub enhanced: Option<Enhanced>,
    /// Its lines as sent, with `\n` between them.
    pub text: Cow<'a, [u8]>,
    /// Where on the wire it was.
    pub span: Span,
    /// False where its last line was not seen, or not to its end.
    pub is_whole: bool,
    /// True where lines were left out of `text` because it would have grown beyond [`LINE_BYTES`].
    pub lines_left_out: bool,
}

impl Reply<'_> {
    /// 2yz: done.
    pub fn is_positive(&self) -> bool {
        (200..300).contains(&self.code)
    }

    /// The code as far as the server has named it; 0 where it has not.
    pub fn named_code(&self) -> u16 {
        if self.has_code { self.code } else { 0 }
    }

    /// True where its last line says that more follow.
    pub fn is_unfinished(&self) -> bool {
        self.text.rsplit(|&b| b == b'\n').next().is_some_and(|line| line.get(3) == Some(&b'-'))
    }

    /// A line that stands where a reply is due and has no form of one.
    pub fn odd(line: Line<'_>) -> Reply<'_> {
        let parse::OddReply { code, class, enhanced } = parse::odd_reply(&line.bytes);
        let Line { bytes: text, span, end, .. } = line;
        Reply {
            code: code.or(class.map(|class| class * 100)).unwrap_or(0),
            has_code: code.is_some(),
            enhanced,
            text,
            span,
            is_whole: end != LineEnd::None,
            lines_left_out: false,
        }
    }

    /// 3yz: go on.
    pub fn is_intermediate(&self) -> bool {
        (300..400).contains(&self.code)
    }

    /// The server closes the connection (421), or has waited in vain for the client: neither says anything about what it
    /// was in the middle of.
    pub fn gives_up(&self) -> bool {
        self.code == 421 || self.is_timeout()
    }

    /// The server has waited in vain. 421 is the code for it (RFC 5321, section 4.5.3.2); some servers say 451. X.4.2 is
    /// a connection that timed out (RFC 3463, section 3.5); servers without these codes have words for it.
    pub fn is_timeout(&self) -> bool {
        const WORDS: [&[u8]; 5] = [b"timeout", b"timed out", b"time-out", b"time out", b"inactiv"];
        let says = || {
            let text = self.text.to_ascii_lowercase();
            WORDS.iter().any(|word| memchr::memmem::find(&text, word).is_some())
        };
        (400..500).contains(&self.code)
            && (self.enhanced.is_some_and(|code| (code.subject, code.detail) == (4, 2)) || says())
    }

    /// What its lines say, without their codes.
    pub fn lines(&self) -> impl Iterator<Item = &[u8]> {
        self.text.split(|&b| b == b'\n').map(|line| line.get(4..).unwrap_or_default())
    }

    /// The same reply with its text copied.
    pub fn into_owned(self) -> Reply<'static> {
        Reply { text: Cow::Owned(self.text.into_owned()), ..self }
    }

    /// Adds a line. The last code counts: the line without a hyphen is what clients go by.
    fn add(&mut self, line: &Line<'_>, code: u16, text: &[u8]) {
        let enhanced = parse::enhanced(text);
        self.enhanced = if self.code == code { self.enhanced.or(enhanced) } else { enhanced };
        self.code = code;
        if self.text.len() + 1 + line.bytes.len() <= LINE_BYTES {
            let kept = self.text.to_mut();
            kept.push(b'\n');
            kept.extend_from_slice(&line.bytes);
        } else {
            self.lines_left_out = true;
        }
        self.is_whole = line.end != LineEnd::None;
        self.span.join(&line.span);
    }
}

/// What a server's line turned out to be.
#[derive(Debug)]
pub enum Heard<'a> {
    /// The last line of a reply.
    Reply(Reply<'a>),
    /// A line of a reply that has more.
    More,
    /// Not a line of a reply.
    Unknown(Line<'a>),
}

/// Puts the lines of multi-line replies together.
#[derive(Debug, Default)]
pub struct Replies {
    begun: Option<Box<Reply<'static>>>,
    /// The client has spoken since.
    interrupted: bool,
    /// What the server says to a proxy's header.
    of_header: Refusals,
}

impl Replies {
    /// Bytes that it holds.
    pub fn held(&self) -> usize {
        self.begun.as_ref().map_or(0, |reply| heap(size_of::<Reply<'_>>()) + heap(reply.text.len()))
    }

    /// A proxy's header of this version has come.
    pub fn header_passed(&mut self, version: u8) {
        self.of_header = Refusals::Awaited(version);
    }

    /// Whether `reply` refuses a proxy's header, and not the command after it.
    pub fn refuses_header(&mut self, reply: &Reply<'_>) -> bool {
        self.of_header.takes(matches!(reply.code, 500 | 502), reply.code == 221)
    }

    /// Takes a line. A reply that was begun and never ended (the client has spoken since, and the next line has another
    /// code) is returned first. Where the client has waited, lines with different codes are one reply.
    pub fn line<'a>(&mut self, line: Line<'a>) -> (Option<Reply<'static>>, Heard<'a>) {
        let Some(parse::ReplyLine { code, last, text }) = parse::reply_line(&line.bytes) else {
            return (None, Heard::Unknown(line));
        };
        let interrupted = self.interrupted;
        let unfinished = self.begun.take_if(|begun| interrupted && begun.code != code).map(|begun| *begun);
        self.interrupted &= self.begun.is_some();
        let heard = match self.begun.take() {
            Some(mut begun) => {
                begun.add(&line, code, text);
                if last { Heard::Reply(*begun) } else { self.go_on(begun) }
            }
            None => {
                let enhanced = parse::enhanced(text);
                let Line { bytes: text, span, end, .. } = line;
                let is_whole = end != LineEnd::None;
                let reply = Reply { code, has_code: true, enhanced, text, span, is_whole, lines_left_out: false };
                if last { Heard::Reply(reply) } else { self.go_on(Box::new(reply.into_owned())) }
            }
        };
        (unfinished, heard)
    }

    /// The reply whose last line has not come.
    pub fn begun(&self) -> Option<&Reply<'static>> {
        self.begun.as_deref()
    }

    /// The client speaks.
    pub fn interrupt(&mut self) {
        self.interrupted = self.begun.is_some();
    }

    /// Takes out the reply that was begun and will get no further lines.
    pub fn flush(&mut self) -> Option<Reply<'static>> {
        self.begun.take().map(|begun| *begun)
    }

    fn go_on<'a>(&mut self, reply: Box<Reply<'static>>) -> Heard<'a> {
        self.begun = Some(reply);
        Heard::More
    }
}
