//! How a table is written as Parquet, and what a file says of itself.

use super::failed::in_words;
use crate::view::columns::AnyTable;
use crate::view::{Lang, arrow};
use arrow_schema::SchemaRef;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use std::io;

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
    // Readers of Arrow's own schema see what it says, others what the file says.
    let said = |name: String, value: &str| KeyValue::new(name, value.to_owned());
    let of_file = arrow::about(table, lang).map(|(name, value)| said(name.to_owned(), value));
    let columns = table.columns(Lang::En);
    let of_columns = columns.iter().map(|column| said(format!("mailtap.column.{}", column.id), column.about));
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
    Ok((arrow::schema(table, lang), properties))
}
