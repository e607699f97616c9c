//! Bodies that are shorter than the server announced: the session goes on in step after them. `held_tail.rs` has the
//! evidence.

use super::command::Verb;
use super::early::Early;
use super::held_tail::{Fate, Held, Spoken};
use super::queue::Queue;
use super::reply::{Response, response};
use super::state::Dialogue;
use crate::flow::Side;
use crate::limits::Limit;
use crate::protocol::framing::Input;
use crate::protocol::{Sink, Upgrade};

/// So many bodies that each swallow the beginning of the next are told apart in the octets held back for the first;
/// they are read again for each.
const SHORT_BODIES: u8 = 16;

impl Dialogue {
    /// Reads on in a body, and in the lines after one that is shorter than announced.
    pub(super) fn read_body(&mut self, input: &mut Input<'_>, out: &mut dyn Sink) -> Option<Upgrade> {
        let left = self.server.way.fragmentizer.left();
        let mut fate = self.server.tail.read(input, left, |line| spoken(line, &self.queue));
        loop {
            match fate {
                Fate::Open => return None,
                Fate::Pass(count) => {
                    let mut piece = Input::new(input.take(count), input.at);
                    return self.read_framed(&mut piece, true, out);
                }
                Fate::Short => return self.body_was_short(out),
                Fate::Full => {
                    out.limit(Limit::HeldBodies);
                    return self.body_goes_on(out);
                }
                Fate::Release(count) => {
                    let content = self.server.tail.release(count);
                    let upgrade = self.read_held(content, false, out);
                    if upgrade.is_some()
                        || self.server.tail.has_client()
                        || !self.server.way.fragmentizer.is_streaming()
                    {
                        return upgrade.or_else(|| self.body_goes_on(out));
                    }
                    let left = self.server.way.fragmentizer.left();
                    fate = self.server.tail.read_again(left, |line| spoken(line, &self.queue));
                }
            }
        }
    }

    /// What is held back is content.
    fn body_goes_on(&mut self, out: &mut dyn Sink) -> Option<Upgrade> {
        let Held { before, client, after } = self.server.tail.take();
        _ = self.read_held(before, false, out);
        let upgrade = self.read_held(after, false, out);
        self.read_client_held(client, out);
        upgrade
    }

    /// The body has ended before the lines that are held back.
    pub(super) fn body_was_short(&mut self, out: &mut dyn Sink) -> Option<Upgrade> {
        let Held { before, client, after } = self.server.tail.take();
        if let Some(literal) = self.server.way.fragmentizer.flush_literal() {
            self.fetch_end_short(literal);
        }
        self.server.short_bodies += 1;
        let watched = self.server.short_bodies < SHORT_BODIES;
        _ = self.read_held(before, watched, out);
        self.read_client_held(client, out);
        let upgrade = self.read_held(after, watched, out);
        if !watched || !self.server.way.fragmentizer.is_streaming() {
            self.server.short_bodies = 0;
        }
        upgrade
    }

    /// Reads what was held back of the server, and, if `watched`, holds back again what may follow another body. Only
    /// the last line of it may begin another layer.
    fn read_held(&mut self, mut held: Early, watched: bool, out: &mut dyn Sink) -> Option<Upgrade> {
        let mut upgrade = None;
        while let Some(mut input) = held.packet() {
            let length = input.rest().len();
            while !input.is_empty() {
                upgrade = match watched {
                    true => self.read_server(&mut input, out),
                    false => self.read_framed(&mut input, true, out),
                }
                .or(upgrade);
            }
            held.pass(length);
        }
        upgrade
    }

    fn read_client_held(&mut self, mut held: Early, out: &mut dyn Sink) {
        while let Some(mut input) = held.packet() {
            let length = input.rest().len();
            if !self.server.tail.client(&mut input) || !input.is_empty() {
                self.interruption_passed(out);
                self.read_client(&mut input, out);
            }
            held.pass(length);
        }
    }

    /// Bytes of `from` are missing from the capture. If they are the client's, it has gone on.
    pub(super) fn gap_in_tail(&mut self, from: Side, out: &mut dyn Sink) {
        let goes_on = from == Side::Client || self.server.tail.has_client();
        if self.server.tail.is_replied() && goes_on {
            self.body_was_short(out);
        } else if from == Side::Server {
            self.body_goes_on(out);
        }
    }

    /// No more will come of either side.
    pub(super) fn end_of_tail(&mut self, out: &mut dyn Sink) {
        match self.server.tail.is_replied() {
            true => self.body_was_short(out),
            false => self.body_goes_on(out),
        };
    }
}

/// What `line` is, where it is surely one of the server's. What begins another layer is none: octets follow it.
fn spoken(line: &[u8], queue: &Queue) -> Option<Spoken> {
    let read = response(line).filter(|read| read.is_sure(line))?;
    match read {
        Response::Tagged { tag, .. } => match queue.verb_of(tag)? {
            Verb::StartTls | Verb::Compress => None,
            _ => Some(Spoken::Reply),
        },
        Response::Data { .. } | Response::Status { .. } => Some(Spoken::Untagged),
        Response::Continue(_) => None,
    }
}
