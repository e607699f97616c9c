/*!
What happened in a session, and what it means. Speaks no language and knows no format.

The [`Builder`] is the [`Sink`](crate::protocol::Sink) of a dialogue: it makes a [`Session`] of what it is told.
[`MessageIndex`] finds the messages that crossed more than once.
*/

pub mod builder;
pub mod content_store;
mod findings;
mod message;
pub mod model;
pub mod purpose;
pub mod same_message;
pub mod secret;
mod step;
pub mod summary;
mod text;

pub use builder::{Builder, Needs};
pub use model::Session;
pub use same_message::MessageIndex;
