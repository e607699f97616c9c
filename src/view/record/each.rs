//! Lists of records, and what each record needs from its session.

use super::value::{Address, ip};
use crate::flow::Endpoints;
use crate::session::Session;
use crate::view::Lang;
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use std::marker::PhantomData;

/// What the user can choose about records.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// The language of purposes and findings.
    pub lang: Lang,
    /// Characters after which a step's text is cut.
    pub text_limit: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { lang: Lang::default(), text_limit: 1_000 }
    }
}

/// A list whose records are made one by one during serialisation: `make` turns the model's `M` into the record's `T`.
pub(crate) struct Each<'a, M, T> {
    items: &'a [M],
    make: fn(&'a M, &Context<'a>) -> T,
    context: Context<'a>,
    made: PhantomData<T>,
}

/// The session and options that a record of a step, credential, message or finding is made with.
#[derive(Clone)]
pub(crate) struct Context<'a> {
    pub session: &'a Session,
    pub options: Options,
    /// The addresses of both ends.
    pub client: Address,
    pub server: Address,
}

impl<'a> Context<'a> {
    pub fn new(session: &'a Session, options: Options) -> Self {
        let Endpoints { client, server } = session.transport.endpoints;
        Self { session, options, client: ip(client.ip()), server: ip(server.ip()) }
    }
}

impl<'a, M, T> Each<'a, M, T> {
    pub(super) fn new(items: &'a [M], context: Context<'a>, make: fn(&'a M, &Context<'a>) -> T) -> Self {
        Self { items, make, context, made: PhantomData }
    }
}

impl<M, T: Serialize> Serialize for Each<'_, M, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.items.iter().map(|item| (self.make)(item, &self.context)))
    }
}

impl<M, T: JsonSchema> JsonSchema for Each<'_, M, T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        Vec::<T>::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Vec::<T>::json_schema(generator)
    }
}
