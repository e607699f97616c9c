//! The types of columns in Arrow, and what a schema says of its table.

use crate::view::Lang;
use crate::view::columns::{AnyTable, Described, Kind};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use std::collections::HashMap;
use std::sync::Arc;

/// The zone of times, by the name that readers take for UTC.
pub const UTC: &str = "UTC";
/// The name of the items of a list, as Parquet has it (LogicalTypes.md, "Lists").
const ITEM: &str = "element";

/// The schema of `table`. Each column says what it holds (`about`), in English: ids, types and meanings are the same in every
/// language. The schema has what [`about`] says of the table.
pub fn schema(table: &dyn AnyTable, lang: Lang) -> SchemaRef {
    let fields: Vec<Field> = table.columns(Lang::En).iter().map(field).collect();
    let metadata = about(table, lang).map(|(name, value)| (name.to_owned(), value.to_owned()));
    Arc::new(Schema::new_with_metadata(fields, HashMap::from(metadata)))
}

/// What is said of `table` with texts in `lang`, each with its name: the version of mailtap, the language, the table, and what a row
/// is.
pub fn about(table: &dyn AnyTable, lang: Lang) -> [(&'static str, &'static str); 4] {
    let language = match lang {
        Lang::En => "en",
        Lang::Zh => "zh",
    };
    [
        ("mailtap.version", env!("CARGO_PKG_VERSION")),
        ("mailtap.lang", language),
        ("mailtap.table", table.name()),
        ("mailtap.row", table.row(Lang::En)),
    ]
}

fn field(column: &Described) -> Field {
    let about = HashMap::from([("about".to_owned(), column.about.to_owned())]);
    Field::new(column.id, of_kind(column.kind), true).with_metadata(about)
}

fn of_kind(kind: Kind) -> DataType {
    match kind {
        Kind::Text => DataType::Utf8,
        Kind::Integer => DataType::Int64,
        Kind::Number => DataType::Float64,
        Kind::Boolean => DataType::Boolean,
        Kind::Time => DataType::Timestamp(TimeUnit::Microsecond, Some(UTC.into())),
        Kind::Texts => DataType::List(item(DataType::Utf8)),
        Kind::Integers => DataType::List(item(DataType::Int64)),
    }
}

/// The items of a list of `kind`.
pub fn item(kind: DataType) -> Arc<Field> {
    Arc::new(Field::new(ITEM, kind, true))
}
