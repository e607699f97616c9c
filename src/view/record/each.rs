//! Lists of records, and what an entry knows of the session that it is of.

use crate::session::Session;
use crate::view::Lang;
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use std::marker::PhantomData;

/// What of a record is asked for.
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

/// A list that is made entry by entry while it is written: `make` turns an `M` of the model into a `T` of the record.
pub(crate) struct Each<'a, M, T> {
    items: &'a [M],
    make: fn(&'a M, &Context<'a>) -> T,
    context: Context<'a>,
    made: PhantomData<T>,
}

/// What a part of a record needs to know of the whole.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub session: &'a Session,
    pub options: Options,
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
