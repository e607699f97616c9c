use super::{Csv, CutShort};
use crate::protocol::Protocol;
use crate::session::Session;
use crate::view::columns::{ALL, Kind, Reading, table};
use crate::view::testing::{Talk, everything, lab_pop3, lab_smtp, report};
use crate::view::{Lang, View};
use proptest::prelude::*;

/// The table called `name` of `sessions`, as bytes.
fn written(name: &str, sessions: &[Session], lang: Lang) -> Vec<u8> {
    let table = table(name).expect("a table");
    let reading = Reading { lang, ..Reading::default() };
    let mut view = Csv::new(vec![(table, Vec::new())], reading).unwrap();
    sessions.iter().cloned().try_for_each(|session| view.session(session)).unwrap();
    view.finish(&report(sessions)).unwrap();
    view.into_inner().unwrap().remove(0)
}

/// Its rows, read back, by the ids of the columns.
fn read(csv: &[u8]) -> Vec<std::collections::BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(csv);
    reader.deserialize().collect::<Result<_, _>>().unwrap()
}

#[test]
fn the_report_as_csv() {
    let steps = read(&written("steps", &[lab_smtp(), lab_pop3()], Lang::Zh));
    assert_eq!(steps[3]["time"], "2009-12-08T06:00:00.010500Z");
    assert_eq!((&*steps[3]["source"], &*steps[3]["destination"]), ("172.16.0.73", "172.16.0.253"));
    assert_eq!((&*steps[3]["command"], &*steps[3]["arguments"]), ("MAIL", "FROM: <group7_3@JServer.Netlab>"));
    assert_eq!((&*steps[3]["kind"], &*steps[3]["phase"]), ("command", "transaction"), "machine words in any language");
    assert!(steps[3]["purpose"].contains("发"), "{}", steps[3]["purpose"]);
    assert_eq!((&*steps[4]["answers"], &*steps[4]["elapsed_ms"]), ("4", "1.234"));
    assert_eq!((&*steps[9]["packets"], &*steps[9]["packet"]), ("13; 15", "13"));
    assert!(!steps[9]["summary"].is_empty() && steps[9]["text"].is_empty(), "content is described");
    let credentials = read(&written("credentials", &[lab_pop3()], Lang::En));
    assert_eq!((&*credentials[0]["password"], &*credentials[0]["outcome"]), ("group7_3", "accepted"));
    let sessions = read(&written("sessions", &[lab_smtp(), lab_pop3()], Lang::En));
    assert_eq!(sessions.len(), 2);
    assert_eq!((&*sessions[1]["user"], &*sessions[1]["outcome"]), ("group7_3@JServer.Netlab", "retrieved"));
}

#[test]
fn lines_end_with_cr_lf_and_begin_with_the_ids() {
    for table in ALL {
        let csv = written(table.name(), &[], Lang::En);
        let ids: Vec<&str> = table.columns(Lang::En).iter().map(|column| column.id).collect();
        let text = String::from_utf8(csv).unwrap();
        assert!(text.starts_with(&format!("{}\r\n", ids.join(","))), "{}: no byte order mark either", table.name());
    }
}

#[test]
fn every_cell_has_the_type_of_its_column() {
    let sessions = [everything(), lab_smtp(), lab_pop3()];
    for table in ALL {
        for row in read(&written(table.name(), &sessions, Lang::En)) {
            for column in table.columns(Lang::En) {
                let cell = row[column.id].as_str();
                let fits = match column.kind {
                    _ if cell.is_empty() => true,
                    Kind::Text | Kind::Texts => true,
                    Kind::Integers => cell.split("; ").all(|item| item.is_empty() || item.parse::<u64>().is_ok()),
                    Kind::Integer => cell.parse::<u64>().is_ok(),
                    Kind::Number => cell.parse::<f64>().is_ok_and(f64::is_finite),
                    Kind::Boolean => matches!(cell, "true" | "false"),
                    Kind::Time => cell.parse::<jiff::Timestamp>().is_ok() && cell.ends_with('Z'),
                };
                assert!(fits, "{} {}: {cell}", table.name(), column.id);
            }
        }
    }
}

#[test]
fn nothing_off_the_wire_controls_a_terminal_or_a_spreadsheet() {
    let hostile = "=HYPERLINK(\"http://x\",\"a,b\")\r\n\x1b[31m\0\u{202e}";
    let talk = Talk::new(Protocol::Smtp).s("220 x").c(hostile).s("+1");
    let csv = written("steps", &[talk.session], Lang::En);
    let rows = read(&csv);
    assert_eq!(rows[1]["text"], "'=HYPERLINK(\"http://x\",\"a,b\")\n␛[31m␀<U+202E>");
    assert_eq!(rows[2]["text"], "'+1");
    assert!(!csv.contains(&0) && !csv.contains(&0x1b));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_text_is_read_back(texts in proptest::collection::vec(any::<String>(), 1..6)) {
        let talk = texts.iter().fold(Talk::new(Protocol::Smtp).s("220 x"), |talk, text| talk.c(text));
        let rows = read(&written("steps", &[talk.session], Lang::En));
        prop_assert_eq!(rows.len(), texts.len() + 1);
        for (row, text) in rows[1..].iter().zip(&texts) {
            let cell = row["text"].strip_prefix('\'').unwrap_or(&row["text"]).to_owned();
            prop_assert_eq!(cell, crate::view::escape::block(crate::view::escape::cut(text, 1_000).0));
        }
    }
}

#[test]
fn a_table_that_finds_no_room_says_what_became_of_the_others() {
    let names = ["steps", "summary", "sessions"];
    let said = |full: &str, room: usize, lang: Lang| {
        let out = |name: &str| -> Box<dyn std::io::Write> {
            // A slice takes as many bytes as it has.
            if name == full {
                Box::new(std::io::Cursor::new(vec![0; room].into_boxed_slice()))
            } else {
                Box::new(std::io::sink())
            }
        };
        let tables = names.map(|name| (table(name).unwrap(), out(name)));
        let mut view = Csv::new(tables.into(), Reading::default()).unwrap();
        let sessions = [lab_smtp(), lab_pop3()];
        let written = sessions.iter().cloned().try_for_each(|session| view.session(session));
        let error = written.and_then(|()| view.finish(&report(&sessions))).unwrap_err();
        error.get_ref().unwrap().downcast_ref::<CutShort>().unwrap().tables(lang)
    };
    assert_eq!(said("steps", 400, Lang::En), "no table is whole, all of them end early (steps, summary, sessions)");
    let head = written("summary", &[], Lang::En).iter().position(|byte| *byte == b'\n').unwrap() + 1;
    let rest = "tables that end early: summary; tables that are whole: steps, sessions";
    assert_eq!(said("summary", head, Lang::En), rest);
    assert_eq!(said("summary", head, Lang::Zh), "不完整的表格：summary；完整的表格：steps、sessions");
}
