//! SMTP's replies, and how their lines are put together.

use super::parse::{self, Enhanced};
use crate::limits::LINE_BYTES;
use crate::protocol::framing::{Line, LineEnd};
use crate::protocol::span::Span;
use std::borrow::Cow;

/// A reply, whole: all its lines.
#[derive(Debug, Clone)]
pub struct Reply<'a> {
    /// The reply code.
    pub code: u16,
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

    fn add(&mut self, line: &Line<'_>, text: &[u8]) {
        self.enhanced = self.enhanced.or_else(|| parse::enhanced(text));
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
    begun: Option<Reply<'static>>,
}

impl Replies {
    /// Takes a line. A reply that was begun and never ended (the next line has another code) is returned first.
    pub fn line<'a>(&mut self, line: Line<'a>) -> (Option<Reply<'static>>, Heard<'a>) {
        let Some(parse::ReplyLine { code, last, text }) = parse::reply_line(&line.bytes) else {
            return (None, Heard::Unknown(line));
        };
        let unfinished = self.begun.take_if(|begun| begun.code != code);
        let heard = match self.begun.take() {
            Some(mut begun) => {
                begun.add(&line, text);
                if last { Heard::Reply(begun) } else { self.go_on(begun) }
            }
            None => {
                let enhanced = parse::enhanced(text);
                let Line { bytes: text, span, end, .. } = line;
                let is_whole = end != LineEnd::None;
                let reply = Reply { code, enhanced, text, span, is_whole, lines_left_out: false };
                if last { Heard::Reply(reply) } else { self.go_on(reply.into_owned()) }
            }
        };
        (unfinished, heard)
    }

    /// Takes out the reply that was begun and will get no further lines.
    pub fn flush(&mut self) -> Option<Reply<'static>> {
        self.begun.take()
    }

    fn go_on<'a>(&mut self, reply: Reply<'static>) -> Heard<'a> {
        self.begun = Some(reply);
        Heard::More
    }
}
