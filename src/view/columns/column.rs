//! What a column is: its name, its type, and how its value is read off a row.

use super::shared::in_one_cell;
use crate::capture::{Time, number};
use crate::session::Session;
use crate::verdict::Report;
use crate::view::Lang;
use crate::view::locale::{self, Label};
use crate::view::record;
use std::borrow::Cow;
use std::io;
use std::sync::Arc;

/// How rows are read. Redaction is none of its business: what reaches a view has been redacted.
#[derive(Debug, Clone)]
pub struct Reading {
    /// The language of texts for people.
    pub lang: Lang,
    /// Characters after which the text of a step is cut.
    pub text_limit: usize,
    /// The names of what is read, in the order in which packets count them ([`crate::capture::number`]). One that is alone is the name
    /// of all: of a file that is followed, whose parts are counted as they come. Without any, no row has a name.
    pub sources: Arc<[String]>,
}

impl Default for Reading {
    fn default() -> Self {
        record::Options::default().into()
    }
}

impl From<record::Options> for Reading {
    fn from(record::Options { lang, text_limit }: record::Options) -> Self {
        Self { lang, text_limit, sources: Arc::default() }
    }
}

impl Reading {
    /// The same as the options of records.
    pub(super) fn options(&self) -> record::Options {
        record::Options { lang: self.lang, text_limit: self.text_limit }
    }

    /// The name of the source that `packet` is of, as it was given; absent if it is not known.
    pub(super) fn source_file(&self, packet: u64) -> Option<Cow<'_, str>> {
        let name = match &*self.sources {
            [alone] => alone,
            several => several.get(number::source(packet))?,
        };
        Some(Cow::Borrowed(name))
    }
}

/// A value of a row. Texts are as they crossed: a view escapes them for what it writes.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// It is unknown or does not apply.
    None,
    /// A text, unescaped.
    Text(Cow<'a, str>),
    /// A whole number that is not negative.
    Integer(u64),
    /// A number, finite.
    Number(f64),
    /// True or false.
    Boolean(bool),
    /// A moment. Shown as RFC 3339 in UTC.
    Time(Time),
    /// A list of texts, unescaped; it may be empty.
    Texts(Vec<Cow<'a, str>>),
    /// A list of whole numbers that are not negative; it may be empty. An item that is unknown is absent, and keeps its place.
    Integers(Vec<Option<u64>>),
}

impl Value<'_> {
    /// A list as the text of one cell, with [`SEPARATOR`](super::SEPARATOR) between its items: for views that have no lists.
    /// Absent for other values; empty for an empty list.
    pub fn in_one_cell(&self) -> Option<String> {
        match self {
            Self::Texts(items) => Some(in_one_cell(items.iter().map(|item| &**item))),
            Self::Integers(items) => {
                let written = |item: &Option<u64>| item.map(|item| item.to_string()).unwrap_or_default();
                let items: Vec<String> = items.iter().map(written).collect();
                Some(in_one_cell(items.iter().map(String::as_str)))
            }
            Self::None | Self::Text(_) | Self::Integer(_) | Self::Number(_) | Self::Boolean(_) | Self::Time(_) => None,
        }
    }
}

/// The type of a column: every value in it has it, or is [`Value::None`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Kind {
    Text,
    Integer,
    Number,
    Boolean,
    Time,
    Texts,
    Integers,
}

impl Kind {
    /// The word in `docs/tables.md`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Time => "time",
            Self::Texts => "list of text",
            Self::Integers => "list of integer",
        }
    }
}

/// A table: its columns, and its rows. The rows borrow from the session or the report.
pub trait Table: 'static {
    /// The name: of `--show`, and of the file.
    const NAME: &'static str;
    /// What a row is, in English and Chinese.
    const ROW: [&'static str; 2];

    /// What the columns read.
    type Row<'a>;

    /// The columns, in order.
    fn columns() -> &'static [Column<Self>];

    /// The rows that a session gives.
    fn of_session(session: &Session) -> Box<dyn Iterator<Item = Self::Row<'_>> + '_> {
        let _ = session;
        Box::new(std::iter::empty())
    }

    /// The rows that only the whole capture gives.
    fn of_report(report: &Report) -> Box<dyn Iterator<Item = Self::Row<'_>> + '_> {
        let _ = report;
        Box::new(std::iter::empty())
    }
}

type Read<T, V> = for<'r, 'a> fn(&Reading, &'r <T as Table>::Row<'a>) -> V;
type ReadIntegers<T> = Read<T, Option<Vec<Option<u64>>>>;
type ReadTexts<T> = for<'r, 'a> fn(&'r Reading, &'r <T as Table>::Row<'a>) -> Option<Vec<Cow<'r, str>>>;
type ReadText<T> = for<'r, 'a> fn(&'r Reading, &'r <T as Table>::Row<'a>) -> Option<Cow<'r, str>>;

/// Reads a column's value: each type of column has functions of its own, so that no value can have another.
enum Get<T: Table + ?Sized> {
    Text(ReadText<T>),
    Integer(Read<T, Option<u64>>),
    Number(Read<T, Option<f64>>),
    Boolean(Read<T, Option<bool>>),
    Time(Read<T, Option<Time>>),
    Texts(ReadTexts<T>),
    Integers(ReadIntegers<T>),
}

/// A column of table `T`.
pub struct Column<T: Table + ?Sized> {
    /// The word of the JSON (`docs/json.md`), where there is one. Fields of an object within have its name in front:
    /// `tls_mode`.
    pub id: &'static str,
    about: [&'static str; 2],
    report: Option<Label>,
    words: Option<ReadText<T>>,
    get: Get<T>,
}

impl<T: Table + ?Sized> Column<T> {
    const fn new(id: &'static str, en: &'static str, zh: &'static str, get: Get<T>) -> Self {
        Self { id, about: [en, zh], report: None, words: None, get }
    }

    /// A column of texts. `en` and `zh` say in a sentence what it holds.
    pub const fn text(id: &'static str, en: &'static str, zh: &'static str, get: ReadText<T>) -> Self {
        Self::new(id, en, zh, Get::Text(get))
    }

    /// A column of whole numbers.
    pub const fn integer(id: &'static str, en: &'static str, zh: &'static str, get: Read<T, Option<u64>>) -> Self {
        Self::new(id, en, zh, Get::Integer(get))
    }

    /// A column of numbers.
    pub const fn number(id: &'static str, en: &'static str, zh: &'static str, get: Read<T, Option<f64>>) -> Self {
        Self::new(id, en, zh, Get::Number(get))
    }

    /// A column of what is true or false.
    pub const fn boolean(id: &'static str, en: &'static str, zh: &'static str, get: Read<T, Option<bool>>) -> Self {
        Self::new(id, en, zh, Get::Boolean(get))
    }

    /// A column of moments.
    pub const fn time(id: &'static str, en: &'static str, zh: &'static str, get: Read<T, Option<Time>>) -> Self {
        Self::new(id, en, zh, Get::Time(get))
    }

    /// A column of lists of texts.
    pub const fn texts(id: &'static str, en: &'static str, zh: &'static str, get: ReadTexts<T>) -> Self {
        Self::new(id, en, zh, Get::Texts(get))
    }

    /// A column of lists of whole numbers.
    pub const fn integers(id: &'static str, en: &'static str, zh: &'static str, get: ReadIntegers<T>) -> Self {
        Self::new(id, en, zh, Get::Integers(get))
    }

    /// The same, shown to people under `title`: in Markdown and on the page. Other columns are for programs alone.
    pub(super) const fn titled(self, title: Label) -> Self {
        Self { report: Some(title), ..self }
    }

    /// The same; people read what `words` says instead of the machine's word.
    pub(super) const fn in_words(self, words: ReadText<T>) -> Self {
        Self { words: Some(words), ..self }
    }

    /// What people read in its place in `row`: in the language asked for, where the value is a machine's word; a list as one
    /// text.
    pub fn shown<'r>(&self, reading: &'r Reading, row: &'r T::Row<'_>) -> Value<'r> {
        if let Some(words) = self.words {
            return words(reading, row).map_or(Value::None, Value::Text);
        }
        let value = self.value(reading, row);
        match value.in_one_cell() {
            Some(list) if list.is_empty() => Value::None,
            Some(list) => Value::Text(list.into()),
            None => value,
        }
    }

    /// The type of its values.
    pub fn kind(&self) -> Kind {
        match self.get {
            Get::Text(_) => Kind::Text,
            Get::Integer(_) => Kind::Integer,
            Get::Number(_) => Kind::Number,
            Get::Boolean(_) => Kind::Boolean,
            Get::Time(_) => Kind::Time,
            Get::Texts(_) => Kind::Texts,
            Get::Integers(_) => Kind::Integers,
        }
    }

    /// Its title where people read it; absent for columns that are for programs alone.
    pub fn title(&self, lang: Lang) -> Option<&'static str> {
        self.report.map(|title| locale::label(lang, title))
    }

    /// What it holds, in a sentence.
    pub fn about(&self, lang: Lang) -> &'static str {
        in_language(self.about, lang)
    }

    /// Its value in `row`.
    pub fn value<'r>(&self, reading: &'r Reading, row: &'r T::Row<'_>) -> Value<'r> {
        match self.get {
            // An empty text that means something has a column of its own: programs read an empty cell as nothing.
            Get::Text(get) => get(reading, row).filter(|text| !text.is_empty()).map(Value::Text),
            Get::Integer(get) => get(reading, row).map(Value::Integer),
            Get::Number(get) => get(reading, row).filter(|number| number.is_finite()).map(Value::Number),
            Get::Boolean(get) => get(reading, row).map(Value::Boolean),
            Get::Time(get) => get(reading, row).and_then(Time::known).map(Value::Time),
            Get::Texts(get) => get(reading, row).map(Value::Texts),
            Get::Integers(get) => get(reading, row).map(Value::Integers),
        }
        .unwrap_or(Value::None)
    }
}

fn in_language([en, zh]: [&'static str; 2], lang: Lang) -> &'static str {
    match lang {
        Lang::En => en,
        Lang::Zh => zh,
    }
}

/// A column without its table's type.
#[derive(Debug, Clone, Copy)]
pub struct Described {
    /// As [`Column::id`].
    pub id: &'static str,
    /// As [`Column::kind`].
    pub kind: Kind,
    /// The title where people read it.
    pub title: Option<&'static str>,
    /// As [`Column::about`].
    pub about: &'static str,
}

/// Receives the values of a row, one for each column.
pub type Sink<'s> = dyn FnMut(&[Value<'_>]) -> io::Result<()> + 's;

/// A table without its type: for views that write any.
pub trait AnyTable: Sync {
    /// As [`Table::NAME`].
    fn name(&self) -> &'static str;

    /// What a row is.
    fn row(&self, lang: Lang) -> &'static str;

    /// The columns.
    fn columns(&self, lang: Lang) -> Vec<Described>;

    /// Hands over the rows that `session` gives.
    ///
    /// # Errors
    /// Those of `sink`.
    fn session(&self, reading: &Reading, session: &Session, sink: &mut Sink<'_>) -> io::Result<()>;

    /// Hands over what people read of the rows that `session` gives: the columns with a title, as [`Column::shown`].
    ///
    /// # Errors
    /// Those of `sink`.
    fn session_shown(&self, reading: &Reading, session: &Session, sink: &mut Sink<'_>) -> io::Result<()>;

    /// The same for the rows that only the whole capture gives.
    ///
    /// # Errors
    /// Those of `sink`.
    fn report_shown(&self, reading: &Reading, report: &Report, sink: &mut Sink<'_>) -> io::Result<()>;

    /// Hands over the rows that only the whole capture gives.
    ///
    /// # Errors
    /// Those of `sink`.
    fn report(&self, reading: &Reading, report: &Report, sink: &mut Sink<'_>) -> io::Result<()>;
}

impl<T: Table + Sync> AnyTable for T {
    fn name(&self) -> &'static str {
        T::NAME
    }

    fn row(&self, lang: Lang) -> &'static str {
        in_language(T::ROW, lang)
    }

    fn columns(&self, lang: Lang) -> Vec<Described> {
        let described = |column: &Column<T>| Described {
            id: column.id,
            kind: column.kind(),
            title: column.title(lang),
            about: column.about(lang),
        };
        T::columns().iter().map(described).collect()
    }

    fn session(&self, reading: &Reading, session: &Session, sink: &mut Sink<'_>) -> io::Result<()> {
        hand_over::<T>(reading, T::of_session(session), sink)
    }

    fn session_shown(&self, reading: &Reading, session: &Session, sink: &mut Sink<'_>) -> io::Result<()> {
        show::<T>(reading, T::of_session(session), sink)
    }

    fn report_shown(&self, reading: &Reading, report: &Report, sink: &mut Sink<'_>) -> io::Result<()> {
        show::<T>(reading, T::of_report(report), sink)
    }

    fn report(&self, reading: &Reading, report: &Report, sink: &mut Sink<'_>) -> io::Result<()> {
        hand_over::<T>(reading, T::of_report(report), sink)
    }
}

fn hand_over<'a, T: Table>(
    reading: &Reading,
    rows: impl Iterator<Item = T::Row<'a>>,
    sink: &mut Sink<'_>,
) -> io::Result<()> {
    for row in rows {
        let values: Vec<Value<'_>> = T::columns().iter().map(|column| column.value(reading, &row)).collect();
        sink(&values)?;
    }
    Ok(())
}

fn show<'a, T: Table>(
    reading: &Reading,
    rows: impl Iterator<Item = T::Row<'a>>,
    sink: &mut Sink<'_>,
) -> io::Result<()> {
    for row in rows {
        let titled = T::columns().iter().filter(|column| column.report.is_some());
        let values: Vec<Value<'_>> = titled.map(|column| column.shown(reading, &row)).collect();
        sink(&values)?;
    }
    Ok(())
}
