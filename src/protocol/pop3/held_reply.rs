/*!
Which command a `+OK` answers, where a reply may be missing or one too many.

Replies come in the order of the commands, but a server may leave one out, or say `+OK` twice. What follows a `+OK` shows
what it answers: a message can only follow RETR or TOP, a listing LIST, UIDL or CAPA, and after QUIT the server says
nothing more. So a `+OK` is held back until the server goes on, the client does, or the connection ends.
*/

use super::command::Verb;
use super::dialogue::{Dialogue, Saying};
use super::queue::{Follows, Pending};
use super::{Subject, What, parse};
use crate::flow::Side;
use crate::protocol::event::{Kind, Sink, Step};
use crate::protocol::framing::{Input, Line};

impl Dialogue {
    /// True where what comes next may show that a `+OK` does not answer the next command.
    pub(super) fn must_be_held(&mut self) -> bool {
        if self.queue.in_doubt() {
            return false;
        }
        let more = self.queue.later(|later| has_lines(later) || later.verb == Verb::Quit).is_some();
        let other = self.queue.later(|later| is_message(later) || later.verb == Verb::Stat).is_some();
        let holds = |next: &Pending| is_message(next) || is_line(next) && more || is_of_numbers(next) && other;
        self.queue.next().is_some_and(|next| holds(next))
    }

    /// True where the first byte shows that a message follows the `+OK`.
    pub(super) fn is_content_due(&mut self, input: &Input<'_>) -> bool {
        let is_first = self.server.is_empty() && matches!(self.saying, Saying::Held(_));
        is_first
            && self.queue.next().is_some_and(|next| is_message(next))
            && self.queue.later(|later| later.follows == Follows::Lines).is_none()
            && !matches!(input.rest().first(), None | Some(b'+' | b'-'))
    }

    /// The server's next line has come: it shows what the `+OK` before it answers. True where it is of a message, and
    /// has been read as such.
    pub(super) fn settle_by(&mut self, line: &Line<'_>, is_reply: bool, out: &mut dyn Sink) -> bool {
        let Saying::Held(held) = &self.saying else { return false };
        let held = held.clone();
        self.saying = Saying::Replies;
        let next_is_message = self.queue.next().is_some_and(|next| is_message(next));
        let next_is_of_numbers = self.queue.next().is_some_and(|next| is_of_numbers(next));
        let is_listing = !parse::is_header_field(&line.bytes) && !line.bytes.is_empty();
        let skipped = match (next_is_message, is_reply) {
            // No message begins with a status.
            (true, true) => match self.queue.later(is_line) {
                None => {
                    self.one_too_many(&held, out);
                    return false;
                }
                found => found,
            },
            (true, false) if is_numbered(&line.bytes) => self.queue.later(|later| later.follows == Follows::Lines),
            (true, false) | (false, true) => None,
            (false, false) if next_is_of_numbers && is_listing => None,
            (false, false) if is_listing => {
                let listing = self.queue.later(|later| later.follows == Follows::Lines);
                listing.or_else(|| self.queue.later(is_message).filter(|_| !is_numbered(&line.bytes)))
            }
            (false, false) => self.queue.later(is_message),
        };
        self.queue.skip(skipped.unwrap_or(0), out);
        self.answer_held(&held, out);
        match std::mem::take(&mut self.saying) {
            Saying::Content(content) if !is_reply => {
                self.begin_content(content, line, out);
                true
            }
            other => {
                self.saying = other;
                false
            }
        }
    }

    /// Nothing has followed the `+OK`, and the client goes on.
    pub(super) fn settle(&mut self, out: &mut dyn Sink) {
        let Saying::Held(held) = &self.saying else { return };
        let held = held.clone();
        self.saying = Saying::Replies;
        // STAT's reply is two numbers, which is what no server says of a message.
        let is_of_stat = parse::reply(&held.bytes).is_some_and(|reply| is_numbered(reply.text));
        let stat = self.queue.later(|later| later.verb == Verb::Stat).filter(|_| is_of_stat);
        if let Some(stat) = stat.filter(|_| self.queue.next().is_some_and(|next| has_lines(next))) {
            self.queue.skip(stat, out);
        }
        self.answer_held(&held, out);
    }

    /// Nothing has followed the `+OK`, and nothing will: it is the reply to QUIT if it says so.
    pub(super) fn settle_at_the_end(&mut self, out: &mut dyn Sink) {
        const FAREWELLS: [&[u8]; 6] = [b"bye", b"sign", b"logging out", b"logged out", b"clos", b"quit"];
        if let Saying::Held(held) = &self.saying {
            let text = held.bytes.to_ascii_lowercase();
            let is_farewell = FAREWELLS.iter().any(|word| memchr::memmem::find(&text, word).is_some());
            if let Some(quit) = self.queue.later(|later| later.verb == Verb::Quit).filter(|_| is_farewell) {
                self.queue.skip(quit, out);
            }
        }
        self.settle(out);
    }

    /// The `+OK` answers the next command.
    pub(super) fn answer_held(&mut self, held: &Line<'_>, out: &mut dyn Sink) {
        if let Some(reply) = parse::reply(&held.bytes) {
            self.answer(held, &reply, out);
        }
    }

    /// The `+OK` answers nothing: the reply to the command has come after it.
    fn one_too_many(&mut self, held: &Line<'_>, out: &mut dyn Sink) {
        let code = parse::reply(&held.bytes).and_then(|reply| reply.code);
        let what = What::Reply { to: None, ok: true, code, effect: None };
        out.step(Step::line(Side::Server, Kind::Reply, Subject { state: self.state, what }, held));
    }
}

fn is_message(pending: &Pending) -> bool {
    matches!(pending.follows, Follows::Message { .. })
}

fn is_line(pending: &Pending) -> bool {
    pending.follows == Follows::Nothing
}

fn has_lines(pending: &Pending) -> bool {
    is_message(pending) || pending.follows == Follows::Lines
}

/// True for a command whose listing has a number at the beginning of each line.
fn is_of_numbers(pending: &Pending) -> bool {
    pending.follows == Follows::Lines && matches!(pending.verb, Verb::List | Verb::Uidl)
}

/// `2 320`: a line of LIST, or what STAT says.
fn is_numbered(text: &[u8]) -> bool {
    let mut words = text.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let is_number = |word: Option<&[u8]>| word.is_some_and(|word| word.iter().all(u8::is_ascii_digit));
    is_number(words.next()) && is_number(words.next()) && words.next().is_none()
}
