//! What connections are handed to.

use super::endpoints::{At, Ends, Side};
use super::transport::Transport;
use std::net::SocketAddr;

/// Who follows a connection.
pub trait Listener {
    /// Bytes that `from` sent, all of them in packet `at`. A stretch is handed over once, in order, never twice.
    fn data(&mut self, from: Side, bytes: &[u8], at: At);

    /// `missing` bytes (at least 1) that `from` sent are not in the capture; `at` is the packet that proved it.
    fn gap(&mut self, from: Side, missing: u64, at: At);

    /// The ends turn out to be the other way round: a late SYN says so. Comes before any data or gap, if at all.
    fn turned(&mut self, ends: &Ends) {
        let _ = ends;
    }
}

/// Who wants to follow connections.
pub trait Follower {
    /// Follows one connection.
    type Listener: Listener;
    /// By what the follower knows a connection before anybody listens to it: all that it keeps of most of a flood.
    type Ticket: Copy;

    /// Whether a connection between these two ends is of interest. All are where segments have been selected before they
    /// come here.
    fn wants(&self, one: SocketAddr, other: SocketAddr) -> bool {
        let _ = (one, other);
        true
    }

    /// Which of two ends is the server, for a connection whose beginning was not captured.
    fn guess(&self, source: SocketAddr, destination: SocketAddr) -> Ends;

    /// A connection of interest has begun, with the packet `first`.
    fn begun(&mut self, ends: &Ends, first: At) -> Self::Ticket;

    /// It has more to say than that it opens: somebody is to listen to it. `ends` and `first` are as when it began.
    fn listen(&mut self, ticket: Self::Ticket, ends: &Ends, first: At) -> Self::Listener;

    /// A connection is over.
    fn over(&mut self, listener: Self::Listener, transport: Transport);

    /// A connection is over, and there was never anything to be heard of it.
    fn unheard(&mut self, ticket: Self::Ticket, transport: Transport) {
        let listener = self.listen(ticket, &transport.ends, transport.first);
        self.over(listener, transport);
    }
}
