/*!
What happened in a session. Speaks no language and knows no format.

The [`Builder`] is the [`Sink`](crate::protocol::Sink) of a dialogue: it makes a [`Session`] of what it is told.
*/

pub mod builder;
pub mod keep;
mod message;
pub mod model;
pub mod purpose;
pub mod secret;
mod step;
pub mod summary;
mod text;

pub use builder::{Builder, Wanted};
pub(crate) use message::sha256;
pub use model::Session;
pub(crate) use text::text;
