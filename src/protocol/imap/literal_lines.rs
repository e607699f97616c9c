/*!
Lines of literals that were sent without leave (`{5+}`, RFC 7888). A server that does not know the command does not always
read its literal either: Dovecot takes the octets for commands, line by line, and answers each by its first word. Cyrus
passes them over. Which it was shows an answer whose tag is such a word.
*/

use crate::limits::{heap, of_list};
use crate::protocol::event::StepId;
use crate::protocol::secret::Raw;

/// First words that are kept: servers hang up after fewer errors.
const WORDS: usize = 16;
/// Longest first word: what is longer is no tag.
const WORD_BYTES: usize = 64;

/// First words of the lines of the last literals.
#[derive(Debug, Default)]
pub(super) struct LiteralLines {
    words: Vec<Line>,
    open: Option<Box<Open>>,
}

/// A line of a literal.
#[derive(Debug)]
struct Line {
    word: Raw<Vec<u8>>,
    command: StepId,
    is_secret: bool,
}

/// The literal that is coming.
#[derive(Debug)]
struct Open {
    command: StepId,
    is_secret: bool,
    /// Lines whose first word is still wanted.
    left: usize,
    word: Raw<Vec<u8>>,
    place: Place,
}

/// Where in its line a literal has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Before or within the first word.
    Word,
    /// After it.
    Rest,
}

impl LiteralLines {
    /// Bytes that it holds, beside its own size.
    pub fn held(&self) -> usize {
        let open = self.open.as_ref().map_or(0, |open| heap(size_of::<Open>()) + heap(open.word.len()));
        of_list(&self.words) + self.words.iter().map(|line| heap(line.word.len())).sum::<usize>() + open
    }

    /// A literal of the command with the step `command` begins; `is_secret` where it may be a password.
    pub fn begin(&mut self, command: StepId, is_secret: bool) {
        self.end();
        let word = Raw::default();
        self.open = Some(Box::new(Open { command, is_secret, left: WORDS, word, place: Place::Word }));
    }

    /// The next octets of the literal.
    pub fn octets(&mut self, octets: &[u8]) {
        let mut rest = octets;
        while let (Some(open), [octet, after @ ..]) = (&mut self.open, rest) {
            rest = after;
            match (octet, open.place) {
                (b'\n', _) => self.line_ends(),
                (_, Place::Rest) => {
                    let line_end = memchr::memchr(b'\n', after).unwrap_or(after.len());
                    rest = after.get(line_end..).unwrap_or_default();
                }
                (b' ' | b'\r', _) if open.word.is_empty() => {}
                (b' ' | b'\r', _) => open.place = Place::Rest,
                _ if open.word.len() < WORD_BYTES => open.word.push(*octet),
                _ => {
                    open.word.clear();
                    open.place = Place::Rest;
                }
            }
        }
    }

    /// The literal has ended, or no more of it is known.
    pub fn end(&mut self) {
        self.line_ends();
        self.open = None;
    }

    fn line_ends(&mut self) {
        let Some(open) = &mut self.open else { return };
        open.place = Place::Word;
        let word = std::mem::take(&mut open.word);
        if word.is_empty() {
            return;
        }
        let (command, is_secret) = (open.command, open.is_secret);
        open.left -= 1;
        if open.left == 0 {
            self.open = None;
        }
        if self.words.len() >= WORDS {
            self.words.remove(0);
        }
        self.words.push(Line { word, command, is_secret });
    }

    /// The command with the step `command` was carried out: its literals were none.
    pub fn were_read(&mut self, command: StepId) {
        self.words.retain(|line| line.command != command);
    }

    /// The oldest line whose first word is `tag`: the step of its command, and whether the line may be a password.
    pub fn answered(&mut self, tag: &[u8]) -> Option<(StepId, bool)> {
        let at = self.words.iter().position(|line| *line.word == tag)?;
        let line = self.words.remove(at);
        Some((line.command, line.is_secret))
    }
}

/// What follows the announcement of the first literal in `text`, a command's, where the client did not wait for leave to send
/// it.
pub(super) fn after_announcement(text: &[u8]) -> Option<&[u8]> {
    let line_end = memchr::memchr(b'\n', text)?;
    let announcing = text.get(..line_end)?.trim_ascii_end();
    announcing.ends_with(b"+}").then(|| text.get(line_end + 1..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_words_of_lines_are_kept_however_they_come() {
        for size in 1..40 {
            let mut lines = LiteralLines::default();
            lines.begin(3, false);
            b"From: a\r\n\r\n  to be\nor {3}\r\nlast".chunks(size).for_each(|octets| lines.octets(octets));
            lines.end();
            for word in ["From:", "to", "or", "last"] {
                assert_eq!(lines.answered(word.as_bytes()), Some((3, false)), "{word} by {size}");
                assert_eq!(lines.answered(word.as_bytes()), None, "answered once");
            }
            assert_eq!(lines.answered(b"be"), None);
        }
    }

    #[test]
    fn no_more_than_a_few_short_words_are_kept() {
        let mut lines = LiteralLines::default();
        lines.begin(1, true);
        (0..1_000).for_each(|n| lines.octets(format!("w{n}\n{}\n", "x".repeat(10_000)).as_bytes()));
        assert_eq!(lines.words.len(), WORDS);
        assert!(lines.open.is_none() && lines.held() < 8 * 1024);
        assert_eq!(lines.answered(b"w15"), Some((1, true)));
        lines.were_read(1);
        assert_eq!(lines.answered(b"w14"), None);
    }

    #[test]
    fn only_a_literal_without_leave_is_looked_at() {
        assert_eq!(after_announcement(b"a FOO {5+}\nhello"), Some(b"hello".as_slice()));
        assert_eq!(after_announcement(b"a FOO {5}\nhel{1+}\n"), None);
        assert_eq!(after_announcement(b"a FOO {5+}"), None);
    }
}
