/*!
What the fuzz targets share: conversations as bytes that a fuzzer can mutate, a [`Sink`](mailtap::protocol::Sink) that
holds a dialogue to its promises, and the views' promises.
*/

#![forbid(unsafe_code)]

pub mod checker;
pub mod links;
pub mod promises;
pub mod script;
