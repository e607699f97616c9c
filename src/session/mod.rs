/*!
What happened in a session, and what it means. Speaks no language and knows no format.

The [`Builder`] is the [`Sink`](crate::protocol::Sink) of a dialogue: it makes a [`Session`] of what it is told.
[`Same`] finds the messages that crossed more than once.
*/

pub mod builder;
mod findings;
pub mod keep;
mod message;
pub mod model;
pub mod plan;
pub mod purpose;
pub mod same;
pub mod secret;
mod step;
pub mod summary;
mod text;

pub use builder::Builder;
pub use model::Session;
pub use plan::{Plan, Wanted};
pub use same::Same;
