//! `--format csv` in LibreOffice: read in as `docs/tables.md` says and written again, every cell is what it was.

#[path = "support/mod.rs"]
mod support;

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

/// What a spreadsheet likes to take for a number, a date, a time, a boolean or a formula.
const HOSTILE: [&str; 24] = [
    "0123",
    "007",
    "12345678901234567890",
    "1e5",
    "3823033780992283e463",
    "1E400",
    ".5",
    "12.",
    "1,234.5",
    "(5)",
    "$5",
    "50%",
    "1-2",
    "1/2/2026",
    "2026-11-28",
    "Jan 5",
    "3:30",
    "TRUE",
    "false",
    "=1+1",
    "+5",
    "'x",
    "a\"b",
    "a;b",
];
/// The tables in which their texts are.
const TABLES: [&str; 4] = ["steps", "sessions", "credentials", "details"];

fn rows(csv: &Path) -> Vec<csv::StringRecord> {
    let file = File::open(csv).unwrap_or_else(|error| panic!("{}: {error}", csv.display()));
    csv::ReaderBuilder::new().has_headers(false).from_reader(file).records().collect::<Result<_, _>>().expect("rows")
}

#[test]
fn libreoffice_leaves_every_cell_as_it_is() {
    if !Command::new("soffice").arg("--version").stdout(Stdio::null()).status().is_ok_and(|status| status.success()) {
        support::skipped("LibreOffice (soffice) is not installed");
        return;
    }
    let temporary = tempfile::tempdir().expect("a folder");
    let place = |name: &str| temporary.path().join(name);
    let log_ins = |text| format!("C: USER {text}\nS: +OK\nC: PASS {text}\nS: -ERR {text}\nC: {text}\nS: -ERR no\n");
    let script = format!("S: +OK 0123\n{}C: QUIT\nS: +OK bye\n", HOSTILE.map(log_ins).concat());
    fs::write(place("a.pcap"), support::capture(&script, 110)).expect("a capture");
    let mut mailtap = Command::new(env!("CARGO_BIN_EXE_mailtap"));
    let mailtap = mailtap.current_dir(temporary.path()).args(["read", "a.pcap", "--format", "csv", "-o", "tables/"]);
    assert!(mailtap.status().expect("mailtap runs").success());
    let guide = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/tables.md")).expect("docs/tables.md");
    let (_, filter) = guide.split_once("--infilter=\"").expect("how to load it");
    let (filter, _) = filter.split_once('"').expect("its end");
    let converted = Command::new("timeout")
        .args(["120", "soffice", "--headless"])
        .arg(format!("-env:UserInstallation=file://{}", place("profile").display()))
        .arg(format!("--infilter={filter}"))
        .args(["--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false", "--outdir"])
        .arg(place("again"))
        .args(TABLES.map(|table| place("tables").join(table).with_extension("csv")))
        .output()
        .expect("timeout runs");
    assert!(converted.status.success(), "{}", String::from_utf8_lossy(&converted.stderr));
    let mut compared = 0;
    for table in TABLES {
        let file = Path::new(table).with_extension("csv");
        let (before, after) = (rows(&place("tables").join(&file)), rows(&place("again").join(&file)));
        assert_eq!(before.len(), after.len(), "{table}");
        for (before, after) in before.iter().zip(&after) {
            for (before, after) in before.iter().zip(after) {
                // A boolean is one in the spreadsheet, and is shown as its language has it.
                let after = if matches!(before, "true" | "false") { &*after.to_lowercase() } else { after };
                assert_eq!(before, after, "{table}");
                compared += 1;
            }
        }
    }
    assert!(compared > 1_000, "{compared} cells");
    assert!(rows(&place("tables/credentials.csv")).iter().any(|row| row.iter().any(|cell| cell == "0123")));
}
