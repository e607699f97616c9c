/*!
What happened in a session, and what it means. Speaks no language and knows no format.

The [`builder`] is the [`Sink`](crate::protocol::Sink) of a dialogue: it makes a [`Session`] of what it is told.
*/

pub mod model;
pub mod purpose;
pub mod secret;
pub mod summary;

pub use model::Session;
