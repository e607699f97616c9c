//! The types of columns in Parquet, and what a file says of itself.

use super::failed::in_words;
use crate::view::Lang;
use crate::view::columns::{AnyTable, Described, Kind};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use std::collections::HashMap;
use std::io;
use std::sync::Arc;

/// The zone of times, by the name that readers take for UTC.
pub const UTC: &str = "UTC";
/// The name of the items of a list, as the format has it (LogicalTypes.md, "Lists").
const ITEM: &str = "element";
/// Bytes of a page before it is compressed. Each column that has a whole one holds a compressor.
const PAGE_BYTES: usize = 256 << 10;
/// Rows of a row group, for the same reason: at most this many rows are in a page.
const GROUP_ROWS: usize = 65_536;

/// The schema of `table`, and how it is written. Each column says what it holds, in English; so does the file, for readers that
/// do not show that of columns.
///
/// # Errors
/// None that can happen: the level of compression is one that there is.
pub fn of(table: &dyn AnyTable, lang: Lang) -> io::Result<(SchemaRef, WriterProperties)> {
    // Ids and types are the same in every language.
    let described = table.columns(Lang::En);
    let fields: Vec<Field> = described.iter().map(field).collect();
    let language = match lang {
        Lang::En => "en",
        Lang::Zh => "zh",
    };
    let said = |name: String, value: &str| KeyValue::new(name, value.to_owned());
    let of_file = [
        said("mailtap.version".to_owned(), env!("CARGO_PKG_VERSION")),
        said("mailtap.lang".to_owned(), language),
        said("mailtap.table".to_owned(), table.name()),
        said("mailtap.row".to_owned(), table.row(Lang::En)),
    ];
    // Readers of Arrow's own schema see what it says, others what the file says.
    let metadata: HashMap<String, String> =
        of_file.iter().map(|pair| (pair.key.clone(), pair.value.clone().unwrap_or_default())).collect();
    let schema = Schema::new_with_metadata(fields, metadata);
    let of_columns = described.iter().map(|column| said(format!("mailtap.column.{}", column.id), column.about));
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1).map_err(in_words)?))
        .set_dictionary_enabled(true)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        // What finds a page within a row group would be held until the end, for each page.
        .set_offset_index_disabled(true)
        .set_data_page_size_limit(PAGE_BYTES)
        .set_dictionary_page_size_limit(PAGE_BYTES)
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .set_key_value_metadata(Some(of_file.into_iter().chain(of_columns).collect()))
        .build();
    Ok((Arc::new(schema), properties))
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
