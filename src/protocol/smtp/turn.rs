/*!
TURN (RFC 821, section 3.8) and ATRN (RFC 2645): when the server agrees, it becomes the client of another session on the
same connection.

From there on the two sides are read with their roles swapped. A step still names the side that sent it.
*/

use crate::flow::Side;
use crate::protocol::event::{Sink, Step, StepId, forward};

/// Which side of the connection has which role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Roles {
    /// The side that opened the connection is the client.
    AsConnected,
    /// The side that opened the connection is the server.
    Swapped,
}

impl Roles {
    /// Calls `read` with the role of `from`, and with a sink that turns roles back into sides.
    pub fn with<T>(self, from: Side, out: &mut dyn Sink, read: impl FnOnce(Side, &mut dyn Sink) -> T) -> T {
        match self {
            Self::AsConnected => read(from, out),
            Self::Swapped => read(from.other(), &mut Turned(out)),
        }
    }
}

/// Reports what was read with the roles swapped. The names and extensions of a session are those of the connection's
/// own client and server, so this sink drops them.
pub(super) struct Turned<'a>(&'a mut dyn Sink);

impl Sink for Turned<'_> {
    fn step(&mut self, step: Step<'_>) -> StepId {
        // `answers` must be a step of the connection's client, which is the server here.
        self.0.step(Step { from: step.from.other(), answers: None, ..step })
    }

    fn client_name(&mut self, _: &[u8]) {}

    fn banner(&mut self, _: &[u8]) {}

    fn capabilities(&mut self, _: &[&[u8]]) {}

    forward! {
        credential message content content_mark content_missing content_step content_part unique_id content_end
        message_outcome transaction tls proxied limit
    }
}
