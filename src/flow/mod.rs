/*!
From segments to two byte streams a connection, in causal order. Has never heard of mail.

A [`Table`] holds one [`Connection`] per 5-tuple. Whoever follows a connection is a [`Listener`]: it is handed the bytes
of both directions in the order in which the two ends saw them, each stretch either as data or as a gap of known length.
*/

mod assembler;
mod causal;
mod challenge;
mod conflict;
mod connection;
mod copies;
mod disorder;
mod endpoints;
mod gone;
mod handler;
mod history;
mod key;
mod opening;
mod seq;
mod slots;
mod table;
#[cfg(test)]
mod tests;
mod transport;

pub use causal::{PATIENCE_NANOSECONDS, PATIENCE_PACKETS};
pub use conflict::Conflict;
pub use connection::Connection;
pub use endpoints::{At, Ends, Side};
pub use handler::{Follower, Listener};
pub use key::Key;
pub use table::Table;
pub use transport::{Conflicts, Counters, End, Transport};
