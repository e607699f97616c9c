/*!
Bodies that are shorter than the server announced: what follows them would be read as their content.

A server that counts its line ends as two octets and sends one announces too many. Then the closing parenthesis of the
response and the reply to the FETCH cross where content is due, and the client, too, waits for the rest. But a message
may hold the same lines: someone forwards what an IMAP server said. So lines that look like the end of the response are
held back until it shows what they are:

```text
 Content ──▶ Closed ──▶ Followed ─┬─▶ content    after the announced octets the response goes on as it must
   a line     a line     a line   ├─▶ short      after them it does not
   of it      ends in )  of the   ├─▶ short      the client goes on, and what comes next is a response
                         server   └─▶ short      the connection ends right after the reply
```
*/

use super::early::Early;
use super::reply::{Response, response};
use crate::limits::HELD_BODY_BYTES;
use crate::protocol::framing::Input;

/// A longer line of content is handed on before its end has come.
const LONGEST_LINE: usize = 1024;

/// What a line of the server is, if it is one of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spoken {
    /// The reply to a command in flight.
    Reply,
    /// An untagged response.
    Untagged,
}

/// What is held back of a body.
#[derive(Debug, Default)]
pub(super) struct HeldTail {
    held: Early,
    /// Where in `held` the present line begins.
    line: usize,
    seen: Seen,
    /// What the client has sent since, and where in `held` the server's next bytes are.
    client: Early,
    resumed: Option<usize>,
}

/// What the lines held back are, up to the present one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Seen {
    /// Part of a line of content.
    #[default]
    Content,
    /// A line with the end of the response.
    Closed,
    /// And lines of the server after it. `replied`: among them the reply to a command in flight, and none after it that
    /// is not one of the server.
    Followed { replied: bool },
}

/// What becomes of the octets.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// So many octets of the input are content.
    Pass(usize),
    /// So many octets of those held back are content.
    Release(usize),
    /// All that is held back is content: there is no room for more.
    Full,
    /// None that is held back is content.
    Short,
    /// More must come.
    Open,
}

/// What was held back, and what the client sent meanwhile.
#[derive(Debug)]
pub(super) struct Held {
    /// Of the server, before the client spoke.
    pub before: Early,
    /// Of the client.
    pub client: Early,
    /// Of the server, after it.
    pub after: Early,
}

impl HeldTail {
    /// Bytes that it holds.
    pub fn held(&self) -> usize {
        self.held.held() + self.client.held()
    }

    /// Reads on in a body of which `left` octets are due, those held back included; `spoken` reads a line.
    pub fn read(&mut self, input: &mut Input<'_>, left: u64, spoken: impl Fn(&[u8]) -> Option<Spoken>) -> Fate {
        let left = usize::try_from(left).unwrap_or(usize::MAX);
        if self.held.rest().is_empty() {
            let octets = &input.rest()[..left.min(input.rest().len())];
            let content = lines_of_content(octets);
            if content > 0 {
                return Fate::Pass(content);
            }
        }
        while !input.is_empty() {
            if self.resumed.is_none() && !self.client.rest().is_empty() {
                self.resumed = Some(self.held.rest().len());
            }
            let line_end = memchr::memchr(b'\n', input.rest());
            let piece = &input.rest()[..line_end.map_or(input.rest().len(), |line_end| line_end + 1)];
            let mut piece = Input::new(piece, input.at);
            let length = piece.rest().len();
            self.held.fill(&mut piece);
            input.take(length - piece.rest().len());
            if !piece.is_empty() || self.held.rest().len() > HELD_BODY_BYTES {
                return self.full();
            }
            if line_end.is_some() {
                match self.line_came(left, &spoken) {
                    Fate::Open => {}
                    decided => return decided,
                }
            } else if self.seen == Seen::Content && self.held.rest().len() > LONGEST_LINE {
                return Fate::Release(self.held.rest().len().min(left));
            }
        }
        Fate::Open
    }

    fn full(&self) -> Fate {
        if self.seen == Seen::Content { Fate::Release(self.held.rest().len()) } else { Fate::Full }
    }

    /// The end of a line has come.
    fn line_came(&mut self, left: usize, spoken: &impl Fn(&[u8]) -> Option<Spoken>) -> Fate {
        let held = self.held.rest();
        let (begin, end) = (self.line, held.len());
        let line = &held[begin..];
        let found = spoken(line.trim_ascii_end()).filter(|_| self.seen != Seen::Content);
        if let Some(after) = held.get(left..).filter(|after| !after.is_empty()) {
            let after = after.strip_suffix(b"\n").unwrap_or(after);
            let after = after.strip_suffix(b"\r").unwrap_or(after);
            let item = |rest: &[u8]| rest.first().is_some_and(u8::is_ascii_alphabetic);
            let begins = after.first() == Some(&b')') || after.strip_prefix(b" ").is_some_and(item);
            let goes_on = begins && matches!(after.trim_ascii_end().last(), Some(b')' | b'}'));
            match self.seen {
                _ if goes_on => return Fate::Release(end),
                Seen::Followed { .. } => return Fate::Short,
                Seen::Closed if found.is_some() => return Fate::Short,
                // The announced octets end within the line that closes the response: the next one must be the server's.
                Seen::Content if closing(line).is_some_and(|content| content < left) => {}
                _ => return Fate::Release(end),
            }
        } else if self.resumed.is_some_and(|resumed| resumed <= begin) {
            let is_short = found.is_some() || self.answers_client(line);
            return if is_short { Fate::Short } else { Fate::Release(end) };
        }
        match (self.seen, found) {
            (Seen::Content, _) | (Seen::Closed, None) => match closing(line) {
                Some(content) if begin + content == 0 => (self.line, self.seen) = (end, Seen::Closed),
                // It is read again as the first of the lines held back.
                Some(content) => return Fate::Release(begin + content),
                None => return Fate::Release(end),
            },
            (Seen::Closed, Some(found)) => {
                (self.line, self.seen) = (end, Seen::Followed { replied: found == Spoken::Reply });
            }
            (Seen::Followed { replied }, found) => {
                let replied = found == Some(Spoken::Reply) || replied && found.is_some();
                (self.line, self.seen) = (end, Seen::Followed { replied });
            }
        }
        Fate::Open
    }

    /// True where `line` answers a command that the client has sent since.
    fn answers_client(&self, line: &[u8]) -> bool {
        let line = line.trim_ascii_end();
        let Some(read @ Response::Tagged { tag, .. }) = response(line) else { return false };
        let begins = |sent: &[u8]| sent.strip_prefix(tag).is_some_and(|rest| rest.first() == Some(&b' '));
        read.is_sure(line) && self.client.rest().split(|&byte| byte == b'\n').any(begins)
    }

    /// Reads again what is left of the lines held back, after a part of them was released.
    pub fn read_again(&mut self, left: u64, spoken: impl Fn(&[u8]) -> Option<Spoken>) -> Fate {
        let left = usize::try_from(left).unwrap_or(usize::MAX);
        if self.held.rest().ends_with(b"\n") { self.line_came(left, &spoken) } else { Fate::Open }
    }

    /// Takes the first `count` octets out: they are content.
    pub fn release(&mut self, count: usize) -> Early {
        let rest = self.held.split_off(count);
        (self.line, self.seen) = (0, Seen::Content);
        std::mem::replace(&mut self.held, rest)
    }

    /// The client sends something. True where the server has said all: then it is set aside, until it shows whether the
    /// server goes on with the body.
    pub fn client(&mut self, input: &mut Input<'_>) -> bool {
        if !self.is_replied() {
            return false;
        }
        self.client.fill(input);
        true
    }

    /// True where what is held back ends with the reply.
    pub fn is_replied(&self) -> bool {
        self.resumed.is_some() || self.seen == (Seen::Followed { replied: true }) && self.line == self.held.rest().len()
    }

    /// True where the client has gone on.
    pub fn has_client(&self) -> bool {
        !self.client.rest().is_empty()
    }

    /// Takes everything out.
    pub fn take(&mut self) -> Held {
        let Self { mut held, client, resumed, .. } = std::mem::take(self);
        let after = held.split_off(resumed.unwrap_or(held.rest().len()));
        Held { before: held, client, after }
    }
}

/// How many of `octets` are surely content: those up to the first line that may close the response, or up to the last
/// line, whose end has not come, if the end of the response may begin in it.
fn lines_of_content(octets: &[u8]) -> usize {
    // Attachments are most of what is fetched, and base64 has no parentheses: nearly all of it is passed over at once.
    for parenthesis in memchr::memchr_iter(b')', octets) {
        let line_end = match octets.get(parenthesis + 1..) {
            Some([b'\n', ..]) => parenthesis + 1,
            Some([b'\r', b'\n', ..]) => parenthesis + 2,
            _ => continue,
        };
        let begin = memchr::memrchr(b'\n', &octets[..parenthesis]).map_or(0, |before| before + 1);
        if let Some(content) = closing(&octets[begin..=line_end]) {
            return begin + content;
        }
    }
    let begin = memchr::memrchr(b'\n', octets).map_or(0, |before| before + 1);
    let last = &octets[begin..];
    let may_begin = memchr::memchr2(b' ', b')', last).is_some();
    if may_begin && last.len() <= LONGEST_LINE { begin } else { octets.len() }
}

/// Where in `line` the end of a FETCH response begins: `)`, with the items that servers put after a body.
fn closing(line: &[u8]) -> Option<usize> {
    let line = line.strip_suffix(b"\n")?;
    let mut before = line.strip_suffix(b"\r").unwrap_or(line).strip_suffix(b")")?;
    const ITEMS: [&[u8]; 4] = [b" UID ", b" FLAGS (", b" MODSEQ (", b" RFC822.SIZE "];
    let item = |text: &[u8]| {
        let place = memchr::memrchr2(b'(', b' ', text.strip_suffix(b")").unwrap_or(text))?;
        let mut found = ITEMS.iter().filter_map(|name| {
            let at = memchr::memmem::rfind(text, name)?;
            let value = &text[at + name.len()..];
            let value = if name.ends_with(b"(") { value.strip_suffix(b")")? } else { value };
            let is_flags = name.starts_with(b" FLAGS");
            let fits =
                |byte: &u8| byte.is_ascii_digit() || is_flags && byte.is_ascii_graphic() && !b"()".contains(byte);
            let fits = |byte: &u8| fits(byte) || is_flags && *byte == b' ';
            (value.iter().all(fits) && (is_flags || !value.is_empty())).then_some(at)
        });
        found.next().filter(|&at| at <= place)
    };
    while let Some(at) = item(before) {
        before = &before[..at];
    }
    Some(before.len())
}

#[cfg(test)]
mod tests {
    use super::closing;

    #[test]
    fn the_end_of_a_response_is_found_in_its_line() {
        let rest = |line: &str| closing(line.as_bytes()).map(|at| line[at..].trim_end().to_owned());
        assert_eq!(rest(")\r\n").as_deref(), Some(")"));
        assert_eq!(rest("text)\n").as_deref(), Some(")"));
        assert_eq!(rest("text FLAGS (\\Seen $x) UID 7)\r\n").as_deref(), Some(" FLAGS (\\Seen $x) UID 7)"));
        assert_eq!(rest(" MODSEQ (12) FLAGS ())\r\n").as_deref(), Some(" MODSEQ (12) FLAGS ())"));
        assert_eq!(rest("text UID x)\r\n").as_deref(), Some(")"));
        assert_eq!(rest("text)"), None);
        assert_eq!(rest("text\r\n"), None);
    }
}
