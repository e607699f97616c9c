//! `--format parquet` of the program: the cells are those of CSV, and a file has its name only once all are whole.
#![cfg(feature = "parquet")]

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, RecordBatch};
use mailtap::view::Lang;
use mailtap::view::columns::{ALL, Kind, Value};
use mailtap::view::csv::cell;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

fn capture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/lab").join(name).join("capture.pcap")
}

fn mailtap(arguments: &[&str], folder: &Path) -> Output {
    let captures = ["courier-imap", "smtp-attachment-zh"].map(capture);
    let mut program = Command::new(env!("CARGO_BIN_EXE_mailtap"));
    program.arg("read").args(captures).args(arguments).arg("-o").arg(folder).output().expect("mailtap runs")
}

fn names(folder: &Path) -> Vec<String> {
    let entries = folder.read_dir().expect("a folder");
    entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8")).collect()
}

fn batches(file: &Path) -> Vec<RecordBatch> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(file).expect("a file")).expect("Parquet");
    builder.build().expect("Parquet").map(|batch| batch.expect("rows")).collect()
}

/// A cell as CSV writes it, without the quotes.
fn cell_of(array: &dyn Array, row: usize, kind: Kind) -> String {
    if array.is_null(row) {
        return String::new();
    }
    let unsigned = |number: i64| u64::try_from(number).expect("no number is negative");
    let value = match kind {
        Kind::Text => Value::Text(array.as_string::<i32>().value(row).into()),
        Kind::Integer => Value::Integer(unsigned(array.as_primitive::<Int64Type>().value(row))),
        Kind::Number => Value::Number(array.as_primitive::<Float64Type>().value(row)),
        Kind::Boolean => Value::Boolean(array.as_boolean().value(row)),
        Kind::Time => return array.as_primitive::<TimestampMicrosecondType>().value(row).to_string(),
        Kind::Texts => {
            let items = array.as_list::<i32>().value(row);
            let items = items.as_string::<i32>().iter();
            let items = items.map(|item| item.expect("a text").to_owned().into()).collect();
            return unquoted(&cell::written(&Value::Texts(items)));
        }
        Kind::Integers => {
            let items = array.as_list::<i32>().value(row);
            Value::Integers(items.as_primitive::<Int64Type>().iter().map(|item| item.map(unsigned)).collect())
        }
    };
    unquoted(&cell::written(&value))
}

fn unquoted(cell: &str) -> String {
    cell.strip_prefix('"').and_then(|cell| cell.strip_suffix('"')).unwrap_or(cell).replace("\"\"", "\"")
}

#[test]
fn each_cell_is_that_of_csv() {
    let place = tempfile::tempdir().expect("a folder");
    for arguments in [&[][..], &["--redact"], &["--lang", "zh", "--protocol", "smtp"]] {
        let (parquet, csv) = (place.path().join("parquet/"), place.path().join("csv/"));
        for (format, folder) in [("parquet", &parquet), ("csv", &csv)] {
            let done = mailtap(&[arguments, &["--format", format]].concat(), folder);
            assert!(done.status.success() && done.stdout.is_empty(), "{}", String::from_utf8_lossy(&done.stderr));
        }
        let (mut cells, mut lists) = (0, 0);
        for table in ALL {
            let batches = batches(&parquet.join(table.name()).with_extension("parquet"));
            let mut rows = csv::Reader::from_path(csv.join(table.name()).with_extension("csv")).expect("CSV");
            let ids: Vec<String> = rows.headers().expect("ids").iter().map(str::to_owned).collect();
            let mut rows = rows.records().map(|row| row.expect("a row"));
            let columns = table.columns(Lang::En);
            for batch in &batches {
                for nth in 0..batch.num_rows() {
                    let row = rows.next().unwrap_or_else(|| panic!("{}: CSV has fewer rows", table.name()));
                    for ((column, id), expected) in columns.iter().zip(&ids).zip(&row) {
                        let array = batch.column_by_name(id).expect("a column");
                        let expected = match (column.kind, expected) {
                            (Kind::Time, time) if !time.is_empty() => {
                                time.parse::<jiff::Timestamp>().expect("a time").as_microsecond().to_string()
                            }
                            (_, text) => text.to_owned(),
                        };
                        assert_eq!(cell_of(array, nth, column.kind), expected, "{} {id}", table.name());
                        cells += 1;
                        lists +=
                            usize::from(matches!(column.kind, Kind::Texts | Kind::Integers) && !expected.is_empty());
                    }
                }
            }
            assert!(rows.next().is_none(), "{}: CSV has more rows", table.name());
        }
        assert!(cells > 500 && lists > 10, "{cells} cells, {lists} lists");
        std::fs::remove_dir_all(&parquet).expect("removed");
        std::fs::remove_dir_all(&csv).expect("removed");
    }
}

#[test]
fn the_tables_that_are_named_go_to_a_folder_that_is_empty() {
    let place = tempfile::tempdir().expect("a folder");
    let folder = place.path().join("tables/");
    assert!(mailtap(&["--format", "parquet", "--show", "steps,attachments"], &folder).status.success());
    let mut written = names(&folder);
    written.sort();
    assert_eq!(written, ["attachments.parquet", "steps.parquet"]);
    let rows = batches(&folder.join("attachments.parquet"));
    assert_eq!(
        rows[0]["source_file"].as_string::<i32>().value(0),
        capture("smtp-attachment-zh").to_str().expect("UTF-8")
    );
    let before = std::fs::read(folder.join("steps.parquet")).expect("a file");
    let refused = mailtap(&["--format", "parquet"], &folder);
    assert_eq!(refused.status.code(), Some(1), "it is not empty");
    assert_eq!(std::fs::read(folder.join("steps.parquet")).expect("a file"), before);
    assert_eq!(names(&folder).len(), 2);
    let single = mailtap(&["--format", "parquet", "--show", "steps"], &place.path().join("steps.parquet"));
    assert_eq!(single.status.code(), Some(2), "no folder");
    assert!(String::from_utf8_lossy(&single.stderr).contains("-o DIR/"));
    assert!(!place.path().join("steps.parquet").exists());
}

#[test]
fn a_killed_run_leaves_nothing_under_a_name() {
    let place = tempfile::tempdir().expect("a folder");
    let folder = place.path().join("tables/");
    let mut program = Command::new(env!("CARGO_BIN_EXE_mailtap"));
    let mut run = program
        .args(["read", "-", "--format", "parquet", "-o"])
        .arg(&folder)
        .stdin(Stdio::piped())
        .spawn()
        .expect("mailtap runs");
    let mut input = run.stdin.take().expect("a pipe");
    input.write_all(&std::fs::read(capture("courier-imap")).expect("a capture")).expect("written");
    let begun = Instant::now();
    while !folder.exists() || names(&folder).len() < ALL.len() {
        assert!(begun.elapsed() < Duration::from_secs(60), "no file is begun");
        std::thread::sleep(Duration::from_millis(20));
    }
    run.kill().expect("killed");
    run.wait().expect("ended");
    drop(input);
    let left = names(&folder);
    assert!(left.iter().all(|name| name.starts_with('.') && name.ends_with(".part")), "{left:?}");
    // What it left is no content.
    assert!(mailtap(&["--format", "parquet"], &folder).status.success());
    let whole: Vec<String> = names(&folder).into_iter().filter(|name| !name.starts_with('.')).collect();
    assert_eq!(whole.len(), ALL.len());
    whole.iter().for_each(|name| drop(batches(&folder.join(name))));
}

#[test]
fn a_disk_that_is_full_leaves_no_file_and_is_told() {
    let place = tempfile::tempdir().expect("a folder");
    let script = format!(
        "ulimit -f 8; exec {} read {} --format parquet -o tables/",
        env!("CARGO_BIN_EXE_mailtap"),
        capture("courier-imap").display()
    );
    for (lang, words) in [("en", "no table is written (steps, "), ("zh", "没有写出任何表格（steps、")] {
        let script = format!("{script} --lang {lang}");
        let done = Command::new("sh").arg("-c").arg(script).current_dir(place.path()).output().expect("a shell");
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert_eq!(done.status.code(), Some(1), "{said}");
        assert!(said.contains("tables/") && said.contains(".parquet") && said.contains(words), "{said}");
        assert!(names(&place.path().join("tables")).is_empty());
    }
}
