/*!
What happened in a session, in no human language and no output format. What it means is the matter of
[`verdict`](crate::verdict).

The [`Builder`] is the [`Sink`](crate::protocol::Sink) of a dialogue: it makes a [`Session`] of what the dialogue
reports.
*/

pub(crate) mod builder;
pub(crate) mod content_store;
mod digester;
pub(crate) mod domain;
pub(crate) mod logins;
mod message;
pub mod model;
mod phase;
pub(crate) mod plan;
mod step;
pub mod summary;
mod text;
mod tls;
mod variant;
pub mod weight;

pub use builder::Builder;
pub use content_store::{ContentStore, StoredContent};
pub use digester::Digester;
pub(crate) use message::{read_date, sha256};
pub use model::Session;
pub use plan::{Needs, Plan};
pub(crate) use text::text;
