/*!
What the server has said and what only the next event explains: it is held until then, and loses no place in the order
of the steps, since it is told before whatever comes next.

- A line that has no form of a reply, where a reply is due. Where a reply follows before the client says anything, the
  line is mere text. Where the client goes on, the line is what it waited for: the reply.
- A reply of which it is open whether its question will ever be answered (rule 3 of `queue.rs`).
- A reply whose last line has not come. Where a client that waits for replies goes on, no more lines will come. A
  greeting is the same for every client: one that speaks before its last line has not waited.
*/

use super::dialogue::Dialogue;
use super::parse;
use super::reply::Reply;
use super::state::{ClientInput, Held, Opening};
use crate::flow::Side;
use crate::protocol::event::{self, Kind, Sink, Step};
use crate::protocol::framing::{Line, LineEnd};

impl Dialogue {
    /// A line of the server's that has no form of a reply.
    pub(super) fn odd_line(&mut self, line: Line<'_>, out: &mut dyn Sink) {
        let due = self.opening != Opening::Nothing
            && self.replies.begun().is_none()
            && self.queue.awaits_reply()
            && line.end != LineEnd::None
            && !line.bytes.trim_ascii().is_empty();
        self.server_goes_on(out);
        if due && self.queue.awaits_reply() {
            self.held = Some(Box::new(Held::Line(Reply::odd(line).into_owned())));
        } else {
            self.preamble |= self.opening == Opening::Nothing;
            let subject = event::Subject::not_understood(line.end == LineEnd::None);
            out.step(Step::line(Side::Server, Kind::Unknown, subject, &line));
        }
    }

    /// The server says more before the client does.
    pub(super) fn server_goes_on(&mut self, out: &mut dyn Sink) {
        match self.held.take().map(|held| *held) {
            // Of several commands each has a reply: a line that begins like one is one.
            Some(Held::Line(line)) if !self.queue.is_lockstep() && parse::odd_reply(&line.text).class.is_some() => {
                self.reply_in_turn(line, out);
            }
            Some(Held::Line(line)) => mere_text(&line, out),
            Some(Held::Reply(reply)) => self.reply_in_turn(reply, out),
            None => {}
        }
    }

    /// The client says more: it has what it waited for.
    pub(super) fn client_speaks(&mut self, out: &mut dyn Sink) {
        if let Some(reply) = self.held_reply(out) {
            for pending in self.queue.client_has_its_answer() {
                self.unanswered(pending, out);
            }
            self.reply_in_turn(reply, out);
        }
        let Some(begun) = self.replies.begun() else { return };
        let greets = self.opening == Opening::Nothing && begun.code == 220;
        let reads = matches!(self.client, ClientInput::Commands(_) | ClientInput::Waiting(_));
        if greets || reads && self.opening != Opening::Nothing && self.queue.is_lockstep() && self.queue.awaits_reply()
        {
            if let Some(mut reply) = self.replies.flush() {
                reply.is_whole = false;
                self.reply(reply, out);
            }
        } else {
            self.replies.interrupt();
        }
    }

    /// Neither side will say more that could explain it.
    pub(super) fn nothing_follows(&mut self, out: &mut dyn Sink) {
        if let Some(reply) = self.held_reply(out) {
            self.reply_in_turn(reply, out);
        }
    }

    /// The server does not go on: a line that is held is a reply. Takes out the reply that is held then.
    fn held_reply(&mut self, out: &mut dyn Sink) -> Option<Reply<'static>> {
        let held = match *self.held.take()? {
            Held::Line(line) => {
                self.reply(line, out);
                *self.held.take()?
            }
            held => held,
        };
        let (Held::Line(reply) | Held::Reply(reply)) = held;
        Some(reply)
    }

    /// Bytes of the server are missing.
    pub(super) fn server_hidden(&mut self, out: &mut dyn Sink) {
        match self.held.take().map(|held| *held) {
            // The reply itself may be missing.
            Some(Held::Line(line)) => mere_text(&line, out),
            Some(Held::Reply(reply)) => self.reply_in_turn(reply, out),
            None => {}
        }
    }
}

fn mere_text(line: &Reply<'_>, out: &mut dyn Sink) {
    let step = Step::of(Side::Server, Kind::Unknown, event::Subject::Unknown, line.span.clone());
    out.step(Step { text: &line.text, ..step });
}
