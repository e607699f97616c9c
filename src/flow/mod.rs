/*!
From segments to two byte streams per connection, in causal order. Knows nothing of mail.

A [`Table`] holds one `Connection` per 5-tuple. A [`StreamHandler`] receives the streams of one connection: the bytes
of both directions in the order in which the two ends saw them, each range either as data or as a gap of known length.
*/

mod assembler;
mod causal;
mod conflict;
mod connection;
mod duplicate;
mod embryonic;
mod endpoints;
mod handler;
mod history;
mod key;
mod out_of_order;
mod pending_syn;
mod seq;
mod store;
mod table;
#[cfg(test)]
mod tests;
mod time_wait;
mod transport;

pub use conflict::Conflict;
pub use endpoints::{Endpoints, PacketRef, Side};
pub use handler::{ConnectionHandler, StreamHandler};
pub(crate) use key::Key;
pub use table::Table;
pub use transport::{CloseReason, Conflicts, Counters, Transport};
