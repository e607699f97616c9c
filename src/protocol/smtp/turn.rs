/*!
TURN (RFC 821, section 3.8) and ATRN (RFC 2645): when the server agrees, it becomes the client of another session on the
same connection.

From there on everything is read with the sides exchanged, and told as said by the side that said it.
*/

use crate::flow::Side;
use crate::protocol::event::{Sink, Step, StepId, forward};

/// Which side of the connection plays which part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Roles {
    /// Who has connected is the client.
    AsConnected,
    /// Who has connected is the server.
    Swapped,
}

impl Roles {
    /// Does `read` with the part that `from` plays, and with who hears of it.
    pub fn with<T>(self, from: Side, out: &mut dyn Sink, read: impl FnOnce(Side, &mut dyn Sink) -> T) -> T {
        match self {
            Self::AsConnected => read(from, out),
            Self::Swapped => read(from.other(), &mut Turned(out)),
        }
    }
}

/// Tells what was read with the sides exchanged. What describes a session as a whole (names, extensions) is that of the
/// connection's own client and server.
pub(super) struct Turned<'a>(&'a mut dyn Sink);

impl Sink for Turned<'_> {
    fn step(&mut self, step: Step<'_>) -> StepId {
        // What a reply answers is a step of the connection's client, always.
        self.0.step(Step { from: step.from.other(), answers: None, ..step })
    }

    fn client_name(&mut self, _: &[u8]) {}

    fn banner(&mut self, _: &[u8]) {}

    fn capabilities(&mut self, _: Vec<Vec<u8>>) {}

    forward! {
        credential message content content_missing content_step content_part unique_id content_end message_outcome
        tls limit
    }
}
