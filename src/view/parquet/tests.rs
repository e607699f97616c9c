use super::{Parquet, Part, is_part};
use crate::capture::Time;
use crate::protocol::Protocol;
use crate::session::Session;
use crate::session::model::{Addressee, Outcome, Transaction};
use crate::view::columns::{ALL, AnyTable, Kind, Reading, Value, table};
use crate::view::testing::{Talk, everything, lab_pop3, lab_smtp, report};
use crate::view::{Lang, View};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, RecordBatch};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

fn begun(folder: &Path, tables: &[&'static dyn AnyTable], reading: Reading) -> Parquet {
    let part = |table: &&'static dyn AnyTable| {
        let path = folder.join(format!("{}.parquet", table.name()));
        (*table, Part::begin(path, true).unwrap())
    };
    Parquet::new(tables.iter().map(part).collect(), reading).unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        folder.read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// A file, read back.
struct ReadBack {
    batches: Vec<RecordBatch>,
    said: BTreeMap<String, String>,
    groups: usize,
    types: BTreeMap<String, String>,
}

fn read(path: &Path) -> ReadBack {
    let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap();
    let about = builder.metadata().file_metadata();
    let said = about.key_value_metadata().unwrap().iter();
    let said = said.map(|pair| (pair.key.clone(), pair.value.clone().unwrap_or_default())).collect();
    let types = builder.schema().fields().iter();
    let types = types.map(|field| (field.name().clone(), field.metadata()["about"].clone())).collect();
    let groups = builder.metadata().num_row_groups();
    ReadBack { batches: builder.build().unwrap().map(Result::unwrap).collect(), said, groups, types }
}

/// The values of a row, as the columns have them: times cut to microseconds.
fn rows(file: &ReadBack, table: &dyn AnyTable) -> Vec<Vec<Value<'static>>> {
    let columns = table.columns(Lang::En);
    let mut rows = Vec::new();
    for batch in &file.batches {
        assert_eq!(batch.num_columns(), columns.len());
        for row in 0..batch.num_rows() {
            let cells = columns.iter().map(|column| {
                let cells = batch.column_by_name(column.id).unwrap();
                if cells.is_null(row) {
                    return Value::None;
                }
                match column.kind {
                    Kind::Text => Value::Text(cells.as_string::<i32>().value(row).to_owned().into()),
                    Kind::Integer => Value::Integer(cells.as_primitive::<Int64Type>().value(row).try_into().unwrap()),
                    Kind::Number => Value::Number(cells.as_primitive::<Float64Type>().value(row)),
                    Kind::Boolean => Value::Boolean(cells.as_boolean().value(row)),
                    Kind::Time => {
                        let microseconds = cells.as_primitive::<TimestampMicrosecondType>().value(row);
                        Value::Time(Time::from_nanoseconds(microseconds * 1_000))
                    }
                    Kind::Texts => {
                        let items = cells.as_list::<i32>().value(row);
                        let items = items.as_string::<i32>().iter();
                        Value::Texts(items.map(|item| item.unwrap().to_owned().into()).collect())
                    }
                    Kind::Integers => {
                        let items = cells.as_list::<i32>().value(row);
                        let items = items.as_primitive::<Int64Type>().iter();
                        Value::Integers(items.map(|item| item.map(|item| item.try_into().unwrap())).collect())
                    }
                }
            });
            rows.push(cells.collect());
        }
    }
    rows
}

/// The same, of the columns themselves.
fn expected(table: &dyn AnyTable, reading: &Reading, sessions: &[Session]) -> Vec<Vec<Value<'static>>> {
    let mut rows: Vec<Vec<Value<'static>>> = Vec::new();
    let mut sink = |values: &[Value<'_>]| {
        let kept = |value: &Value<'_>| match value {
            Value::None => Value::None,
            Value::Text(text) => Value::Text(text.clone().into_owned().into()),
            Value::Integer(number) => Value::Integer(*number),
            Value::Number(number) => Value::Number(*number),
            Value::Boolean(value) => Value::Boolean(*value),
            Value::Time(time) => Value::Time(Time::from_nanoseconds(time.nanoseconds().div_euclid(1_000) * 1_000)),
            Value::Texts(items) => Value::Texts(items.iter().map(|item| item.clone().into_owned().into()).collect()),
            Value::Integers(items) => Value::Integers(items.clone()),
        };
        rows.push(values.iter().map(kept).collect());
        Ok(())
    };
    sessions.iter().try_for_each(|session| table.session(reading, session, &mut sink)).unwrap();
    table.report(reading, &report(sessions), &mut sink).unwrap();
    rows
}

#[test]
fn what_is_written_is_read_back() {
    let mut smtp = lab_smtp();
    let to = |address: &str, code, step| Addressee {
        address: address.to_owned(),
        code,
        step,
        final_code: None,
        final_step: None,
        outcome: Outcome::Unknown,
    };
    smtp.transactions = vec![Transaction {
        n: 1,
        from: Some(String::new()),
        to: vec![to("a@example.org", None, None), to("b@example.org", Some(550), Some(5))],
        size_said: None,
        size_limit: Some(i64::MAX as u64),
        outcome: Outcome::Unknown,
        reply: None,
        message: None,
        steps: vec![4, 5],
    }];
    let sessions = [everything(), smtp, lab_pop3()];
    let place = tempfile::tempdir().unwrap();
    for lang in [Lang::En, Lang::Zh] {
        let reading = Reading { lang, sources: ["a.pcap".to_owned()].into(), ..Reading::default() };
        let mut view = begun(place.path(), &ALL, reading.clone());
        if lang == Lang::Zh {
            // The rows are the same.
            view = view.with_threads().unwrap();
        }
        sessions.iter().cloned().try_for_each(|session| view.session(session)).unwrap();
        view.finish(&report(&sessions)).unwrap();
        drop(view);
        assert_eq!(names(place.path()).len(), ALL.len(), "each has its name, and nothing else is left");
        for table in ALL {
            let file = read(&place.path().join(format!("{}.parquet", table.name())));
            let rows = rows(&file, table);
            assert_eq!(rows, expected(table, &reading, &sessions), "{}", table.name());
            assert!(!rows.is_empty() || ["findings", "journeys"].contains(&table.name()), "{} is tried", table.name());
            assert_eq!(file.said["mailtap.lang"], if lang == Lang::En { "en" } else { "zh" });
            assert_eq!(
                (&*file.said["mailtap.table"], &*file.said["mailtap.version"]),
                (table.name(), env!("CARGO_PKG_VERSION"))
            );
            for column in table.columns(Lang::En) {
                assert_eq!(file.types[column.id], column.about);
                assert_eq!(file.said[&format!("mailtap.column.{}", column.id)], column.about);
            }
        }
    }
}

#[test]
fn lists_nulls_times_and_hostile_texts() {
    let hostile = "=1\r\n\x1b[31m\0\u{202e};";
    let talk = Talk::new(Protocol::Smtp).s("220 x").c(hostile);
    let place = tempfile::tempdir().unwrap();
    let table = table("steps").unwrap();
    let mut view = begun(place.path(), &[table], Reading::default());
    let mut session = talk.session;
    session.transport.first.time = Time::from_nanoseconds(-1);
    view.session(session.clone()).unwrap();
    view.finish(&report(&[session])).unwrap();
    let file = read(&place.path().join("steps.parquet"));
    let batch = &file.batches[0];
    let texts = batch["text"].as_string::<i32>();
    assert_eq!(texts.value(1), hostile, "as it crossed: what shows it has to escape it");
    assert!(batch["source_file"].is_null(0), "no name is known");
    assert!(batch["mailboxes"].is_valid(0) && batch["mailboxes"].as_list::<i32>().value(0).is_empty());
    assert_eq!(batch["packets"].as_list::<i32>().value(1).as_primitive::<Int64Type>().len(), 1);
}

#[test]
fn nothing_has_its_name_before_all_are_whole() {
    let place = tempfile::tempdir().unwrap();
    let mut view = begun(place.path(), &ALL, Reading::default());
    view.session(lab_smtp()).unwrap();
    let there = names(place.path());
    assert_eq!(there.len(), ALL.len());
    assert!(there.iter().all(|name| is_part(name.as_ref())), "{there:?}");
    drop(view);
    assert!(names(place.path()).is_empty(), "given up, they are removed");
}

#[test]
fn a_table_that_cannot_have_its_name_is_told_and_the_others_too() {
    let place = tempfile::tempdir().unwrap();
    let tables = ["steps", "sessions", "summary"].map(|name| table(name).unwrap());
    let mut view = begun(place.path(), &tables, Reading::default());
    view.session(lab_smtp()).unwrap();
    // A folder has its name.
    std::fs::create_dir_all(place.path().join("sessions.parquet/x")).unwrap();
    let said = view.finish(&report(&[lab_smtp()])).unwrap_err().to_string();
    assert!(said.contains("sessions.parquet"), "{said}");
    assert!(said.ends_with("tables that are not written: sessions, summary; tables that are whole: steps"), "{said}");
}

#[test]
fn what_is_held_is_bounded_over_all_tables() {
    let place = tempfile::tempdir().unwrap();
    let mut view = begun(place.path(), &ALL, Reading::default());
    // Texts that do not repeat.
    let line = |n: u64| {
        let words = (0..60u64).map(|word| format!("{:x}", (n * 60 + word).wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        words.collect::<Vec<_>>().join(" ")
    };
    let mut most = 0;
    for session in 0..60 {
        let talk = (0..300).fold(Talk::new(Protocol::Smtp).s("220 x"), |talk, n| talk.c(&line(session * 300 + n)));
        view.session(talk.session).unwrap();
        let pending: usize = view.tables.iter().map(|gathered| gathered.rows.bytes()).sum();
        most = most.max(view.encoding.here().unwrap().held() + pending);
    }
    assert!(most <= super::files::BUFFERED_BYTES + 2 * super::PENDING_BYTES + (1 << 20), "{most}");
    view.finish(&report(&[])).unwrap();
    let file = read(&place.path().join("steps.parquet"));
    assert!(file.groups > 1, "one group");
    assert_eq!(file.batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 60 * 301);
}
