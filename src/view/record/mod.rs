/*!
The public shape of the JSON, separate from the model. The records borrow from the model and are made during
serialisation, so that a session is never copied.

Programs depend on this shape: a field keeps its name and its meaning; fields may be added. An absent field is unknown
or does not apply: there is no `null`, and no empty string that stands for "none". The doc comments of these types are
the descriptions in the JSON Schema ([`super::schema`]).
*/

mod across;
mod budget;
mod capture;
mod community;
mod credential;
mod document;
mod each;
pub(super) mod enums;
mod finding;
mod message;
mod session;
mod software;
mod step;
mod transaction;
mod transport;
mod uid;
mod value;
mod verdict;

pub(super) use across::identifier;
pub(crate) use capture::{Capture, Summary};
pub(crate) use community::community_id;
pub(crate) use document::{Document, LastLine, Line, VERSION};
pub(super) use each::Context;
pub use each::Options;
pub(super) use finding::value as fact_value;
pub(super) use message::{About, Attachment, attachment};
pub(crate) use message::{Message, same_as};
pub(super) use session::Endpoint;
pub(crate) use session::Session;
pub(crate) use step::Step;
pub(crate) use transaction::Transaction;
pub(crate) use uid::{uid, uid_of};
pub(super) use value::{Hex, Shown, milliseconds};
