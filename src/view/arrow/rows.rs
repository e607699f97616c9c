//! Rows that are gathered, column by column.

use super::fields::{UTC, item};
use crate::capture::Time;
use crate::view::columns::{Kind, Value};
use arrow_array::builder::{
    ArrayBuilder, BooleanBuilder, Float64Builder, Int64Builder, ListBuilder, StringBuilder, TimestampMicrosecondBuilder,
};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{ArrowError, DataType, SchemaRef};

/// What a cell takes beside its text.
const CELL_BYTES: usize = 8;

/// Cells of one column.
enum Cells {
    Text(StringBuilder),
    Integer(Int64Builder),
    Number(Float64Builder),
    Boolean(BooleanBuilder),
    Time(TimestampMicrosecondBuilder),
    Texts(ListBuilder<StringBuilder>),
    Integers(ListBuilder<Int64Builder>),
}

/// The type that programs have for whole numbers is signed: what is greater is no size or number of anything that crossed, and another
/// number in its place would be untrue.
pub(super) fn signed(number: u64) -> Option<i64> {
    i64::try_from(number).ok()
}

/// Microseconds, as Spark and others read: the nanoseconds within are left out.
pub(super) fn microseconds(time: Time) -> i64 {
    time.nanoseconds().div_euclid(1_000)
}

impl Cells {
    fn new(kind: Kind) -> Self {
        match kind {
            Kind::Text => Self::Text(StringBuilder::new()),
            Kind::Integer => Self::Integer(Int64Builder::new()),
            Kind::Number => Self::Number(Float64Builder::new()),
            Kind::Boolean => Self::Boolean(BooleanBuilder::new()),
            Kind::Time => Self::Time(TimestampMicrosecondBuilder::new().with_timezone(UTC)),
            Kind::Texts => Self::Texts(ListBuilder::new(StringBuilder::new()).with_field(item(DataType::Utf8))),
            Kind::Integers => Self::Integers(ListBuilder::new(Int64Builder::new()).with_field(item(DataType::Int64))),
        }
    }

    /// Adds `value`, which is of the column's type or absent. Returns about how many bytes it takes.
    fn add(&mut self, value: &Value<'_>) -> usize {
        let mut bytes = CELL_BYTES;
        match (self, value) {
            (Self::Text(cells), Value::Text(text)) => {
                bytes += text.len();
                cells.append_value(text);
            }
            (Self::Text(cells), _) => cells.append_null(),
            (Self::Integer(cells), Value::Integer(number)) => cells.append_option(signed(*number)),
            (Self::Integer(cells), _) => cells.append_null(),
            (Self::Number(cells), Value::Number(number)) => cells.append_value(*number),
            (Self::Number(cells), _) => cells.append_null(),
            (Self::Boolean(cells), Value::Boolean(value)) => cells.append_value(*value),
            (Self::Boolean(cells), _) => cells.append_null(),
            (Self::Time(cells), Value::Time(time)) => cells.append_value(microseconds(*time)),
            (Self::Time(cells), _) => cells.append_null(),
            (Self::Texts(cells), Value::Texts(items)) => {
                for item in items {
                    bytes += CELL_BYTES + item.len();
                    cells.values().append_value(item);
                }
                cells.append(true);
            }
            (Self::Texts(cells), _) => cells.append_null(),
            (Self::Integers(cells), Value::Integers(items)) => {
                bytes += items.len() * CELL_BYTES;
                items.iter().for_each(|item| cells.values().append_option(item.and_then(signed)));
                cells.append(true);
            }
            (Self::Integers(cells), _) => cells.append_null(),
        }
        bytes
    }

    fn taken(&mut self) -> ArrayRef {
        let cells: &mut dyn ArrayBuilder = match self {
            Self::Text(cells) => cells,
            Self::Integer(cells) => cells,
            Self::Number(cells) => cells,
            Self::Boolean(cells) => cells,
            Self::Time(cells) => cells,
            Self::Texts(cells) => cells,
            Self::Integers(cells) => cells,
        };
        cells.finish()
    }
}

/// Rows of a table.
pub struct Rows {
    schema: SchemaRef,
    cells: Vec<Cells>,
    count: usize,
    bytes: usize,
}

impl Rows {
    /// No rows of columns with these types, which are those of `schema`.
    pub fn new(schema: SchemaRef, kinds: impl Iterator<Item = Kind>) -> Self {
        Self { schema, cells: kinds.map(Cells::new).collect(), count: 0, bytes: 0 }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// About how many bytes they take.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds a row: a value for each column.
    pub fn add(&mut self, values: &[Value<'_>]) {
        self.count += 1;
        self.bytes += self.cells.iter_mut().zip(values).map(|(cells, value)| cells.add(value)).sum::<usize>();
    }

    /// The rows, of which none is left here.
    ///
    /// # Errors
    /// If columns had different numbers of values.
    pub fn taken(&mut self) -> Result<RecordBatch, ArrowError> {
        (self.count, self.bytes) = (0, 0);
        RecordBatch::try_new(self.schema.clone(), self.cells.iter_mut().map(Cells::taken).collect())
    }
}
