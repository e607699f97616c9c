//! The receivers of connections and of their streams.

use super::endpoints::{Endpoints, PacketRef, Side};
use super::transport::Transport;
use std::net::SocketAddr;

/// Receives the streams of one connection.
pub trait StreamHandler {
    /// Bytes that `from` sent, all of them in packet `at`. Every byte is delivered once, in order.
    fn data(&mut self, from: Side, bytes: &[u8], at: PacketRef);

    /// `missing` bytes (at least 1) that `from` sent are not in the capture; `at` is the packet that proved it.
    fn gap(&mut self, from: Side, missing: u64, at: PacketRef);

    /// Whether somebody watches, so that what is delivered late is seen late.
    fn is_watched(&self) -> bool {
        false
    }

    /// What follows crossed inside TLS, and stands decrypted in the capture. Called before the data, perhaps repeatedly.
    fn decrypted(&mut self) {}

    /// Whether the beginning of the connection is in the capture, as far as known (a SYN may come late). Called before
    /// the data that it is about, with every packet.
    fn beginning_seen(&mut self, seen: bool) {
        let _ = seen;
    }

    /// Bytes that the handler holds, beside its own size: known at once, and no more than estimated.
    fn held(&self) -> usize {
        0
    }

    /// How many things it keeps, such as rows and logins: cheap to tell, and greater wherever it may hold much more than
    /// the bytes that came since.
    fn items(&self) -> usize {
        0
    }

    /// Those of them that it can put into less room without losing anything: [`let_go`](StreamHandler::let_go) does this
    /// first. As long as any handler can, none is asked to lose anything.
    fn packable(&self) -> usize {
        0
    }

    /// Those of them that it can let go of, in this way or by losing them.
    fn spare(&self) -> usize {
        0
    }

    /// Lets go of a part of what it holds, as there is too little memory for all connections together. Where it is
    /// called as long as it has something [spare](StreamHandler::spare), all calls together take time in proportion to
    /// what had come.
    fn let_go(&mut self) {}

    /// A late SYN shows that client and server are the other way round. Called before any data or gap, if at all.
    fn roles_swapped(&mut self, endpoints: &Endpoints) {
        let _ = endpoints;
    }
}

/// Receives connections, and makes a [`StreamHandler`] for each that needs one.
pub trait ConnectionHandler {
    /// Follows one connection.
    type StreamHandler: StreamHandler;
    /// The handler's own name for a connection without a stream handler: all that it keeps of most connections of a
    /// flood.
    type Token: Copy;

    /// Whether a connection between these two endpoints is of interest. The default, true, suits a caller that has
    /// selected the segments before.
    fn wants(&self, one: SocketAddr, other: SocketAddr) -> bool {
        let _ = (one, other);
        true
    }

    /// Which of two endpoints is the server, for a connection whose beginning was not captured.
    fn guess(&self, source: SocketAddr, destination: SocketAddr) -> Endpoints;

    /// A connection of interest has begun, with the packet `first`.
    fn begun(&mut self, endpoints: &Endpoints, first: PacketRef) -> Self::Token;

    /// The connection has shown more than its opening, so it needs a stream handler. `endpoints` and `first` are as
    /// when it began.
    fn listen(&mut self, token: Self::Token, endpoints: &Endpoints, first: PacketRef) -> Self::StreamHandler;

    /// A connection is over.
    fn over(&mut self, stream_handler: Self::StreamHandler, transport: Transport);

    /// A connection is over, and it never needed a stream handler.
    fn unheard(&mut self, token: Self::Token, transport: Transport) {
        let stream_handler = self.listen(token, &transport.endpoints, transport.first);
        self.over(stream_handler, transport);
    }
}
