/*!
The public shape of the JSON, apart from the model: structs that borrow from it and are serialised as they are walked
through, so that no second copy of a session is ever made.

Programs are written against this shape: a field keeps its name and its meaning; fields may be added. Absent means
unknown or not applicable: never `null`, never an empty string standing for "none". The doc comments of these types are
the descriptions in the JSON Schema ([`super::schema`]).
*/

mod capture;
mod community;
mod credential;
mod document;
mod each;
pub(super) mod enums;
mod finding;
mod message;
mod session;
mod step;
mod value;

pub(crate) use capture::{Capture, Summary};
pub(crate) use community::community_id;
pub(crate) use document::{Document, LastLine, Line, VERSION};
pub use each::Options;
pub(crate) use message::Message;
pub(super) use message::{About, Attachment, attachment};
pub(super) use session::Endpoint;
pub(crate) use session::Session;
pub(crate) use step::Step;
pub(super) use value::{Hex, Shown};
