//! What connections are handed to.

use super::endpoints::{Endpoints, PacketRef, Side};
use super::transport::Transport;
use std::net::SocketAddr;

/// Who follows a connection.
pub trait StreamHandler {
    /// Bytes that `from` sent, all of them in packet `at`. A stretch is handed over once, in order, never twice.
    fn data(&mut self, from: Side, bytes: &[u8], at: PacketRef);

    /// `missing` bytes (at least 1) that `from` sent are not in the capture; `at` is the packet that proved it.
    fn gap(&mut self, from: Side, missing: u64, at: PacketRef);

    /// The ends turn out to be the other way round: a late SYN says so. Comes before any data or gap, if at all.
    fn roles_swapped(&mut self, endpoints: &Endpoints) {
        let _ = endpoints;
    }
}

/// Who wants to follow connections.
pub trait ConnectionHandler {
    /// Follows one connection.
    type StreamHandler: StreamHandler;
    /// By what the handler knows a connection before anybody listens to it: all that it keeps of most of a flood.
    type Token: Copy;

    /// Whether a connection between these two ends is of interest. All are where segments have been selected before they
    /// come here.
    fn wants(&self, one: SocketAddr, other: SocketAddr) -> bool {
        let _ = (one, other);
        true
    }

    /// Which of two ends is the server, for a connection whose beginning was not captured.
    fn guess(&self, source: SocketAddr, destination: SocketAddr) -> Endpoints;

    /// A connection of interest has begun, with the packet `first`.
    fn begun(&mut self, endpoints: &Endpoints, first: PacketRef) -> Self::Token;

    /// It has more to say than that it opens: somebody is to listen to it. `endpoints` and `first` are as when it
    /// began.
    fn listen(&mut self, token: Self::Token, endpoints: &Endpoints, first: PacketRef) -> Self::StreamHandler;

    /// A connection is over.
    fn over(&mut self, stream_handler: Self::StreamHandler, transport: Transport);

    /// A connection is over, and there was never anything to be heard of it.
    fn unheard(&mut self, token: Self::Token, transport: Transport) {
        let stream_handler = self.listen(token, &transport.endpoints, transport.first);
        self.over(stream_handler, transport);
    }
}
