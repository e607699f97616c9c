/*!
What happened in a session. Speaks no language and knows no format; what it means is said in
[`verdict`](crate::verdict).

The [`Builder`] is the [`Sink`](crate::protocol::Sink) of a dialogue: it makes a [`Session`] of what it is told.
[`MessageIndex`] finds the messages that crossed more than once.
*/

pub mod builder;
pub mod content_store;
mod findings;
mod message;
pub mod model;
mod phase;
pub mod same_message;
pub mod secret;
mod step;
pub mod summary;
mod text;
mod variant;

pub use builder::{Builder, Needs};
pub use model::Session;
pub use same_message::MessageIndex;
