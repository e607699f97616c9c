/*!
From segments to two byte streams per connection, in causal order. Knows nothing of mail.

A [`Table`] holds one `Connection` per 5-tuple. A [`StreamHandler`] receives the streams of one connection: the bytes
of both directions in the order in which the two ends saw them, each range either as data or as a gap of known length.

`assembler.rs` is one direction (`out_of_order.rs` holds its segments that came early), `causal.rs` both: it decides what
is delivered next, and how long bytes are waited for before they are a gap. `connection.rs` has how a connection began
and ended (`ends.rs`: packet by packet), `stalls.rs` what held it up (`repeats.rs` what was sent again, `hole.rs` what never
came, `sizes.rs` how large a segment has crossed); of one that only opens, `embryonic.rs` keeps a few headers. `duplicate.rs` takes out packets
captured twice.
*/

mod assembler;
mod causal;
mod conflict;
mod connection;
mod duplicate;
mod embryonic;
mod endpoints;
mod ends;
mod handler;
mod history;
mod hole;
mod host_shard;
mod key;
mod multipath;
mod numbers;
mod out_of_order;
mod patience;
mod pending_syn;
mod repeats;
mod seq;
mod silence;
mod sizes;
mod stalls;
mod store;
mod table;
#[cfg(test)]
mod tests;
mod time_wait;
mod transport;
mod window;

pub use conflict::Conflict;
pub use endpoints::{Endpoints, PacketRef, Side};
pub use ends::{Ends, ErrorSeen, ResetSeen, Usual};
pub use handler::{ConnectionHandler, StreamHandler};
pub use hole::Hole;
pub use host_shard::HostShard;
pub(crate) use key::{Key, hash_ends};
pub use multipath::Multipath;
pub use numbers::Numbers;
pub use repeats::{Bout, Repeats};
pub use silence::Silence;
pub use stalls::Stalls;
pub use table::{LINGER_NANOSECONDS, Table};
pub use transport::{CloseReason, Conflicts, Counters, Leaving, Subflows, Transport};
pub use window::ClosedWindow;
