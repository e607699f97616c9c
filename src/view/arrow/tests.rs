use super::rows::{microseconds, signed};
use super::{Batches, PENDING_BYTES, schema};
use crate::capture::Time;
use crate::protocol::Protocol;
use crate::view::columns::{ALL, Reading, table};
use crate::view::testing::{Talk, everything, lab_pop3, lab_smtp, report};
use crate::view::{Lang, View};
use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use std::collections::BTreeMap;
use std::io;

#[test]
fn a_number_that_is_too_great_is_absent_and_no_other() {
    assert_eq!(signed(u64::MAX), None);
    assert_eq!(signed(i64::MAX as u64), Some(i64::MAX));
}

#[test]
fn a_moment_before_the_epoch_is_cut_downwards() {
    assert_eq!(microseconds(Time::from_nanoseconds(-1)), -1);
    assert_eq!(microseconds(Time::from_nanoseconds(1_999)), 1);
}

#[test]
fn batches_have_every_row_once_and_in_order_however_large_they_are() {
    let sessions = [everything(), lab_smtp(), lab_pop3()];
    let handed_over = |most_rows: usize| {
        let mut batches: BTreeMap<&str, Vec<RecordBatch>> = BTreeMap::new();
        let mut view = Batches::new(&ALL, Reading::default(), most_rows, |table, batch| {
            assert!((1..=most_rows).contains(&batch.num_rows()));
            assert_eq!(batch.schema(), schema(table, Lang::En));
            batches.entry(table.name()).or_default().push(batch);
            Ok(())
        });
        sessions.iter().cloned().try_for_each(|session| view.session(session)).unwrap();
        view.finish(&report(&sessions)).unwrap();
        batches
    };
    let (whole, by_one) = (handed_over(8_192), handed_over(1));
    // None of these sessions has a finding, a journey or a transaction.
    assert!(whole.len() == ALL.len() - 3 && whole.values().all(|batches| batches.len() == 1));
    for (name, batches) in &by_one {
        let mut row = 0;
        for batch in batches {
            assert_eq!(*batch, whole[name][0].slice(row, 1), "{name}");
            row += 1;
        }
        assert_eq!(row, whole[name][0].num_rows(), "{name}");
    }
}

#[test]
fn what_is_gathered_is_bounded_over_all_tables() {
    let line = "x".repeat(900);
    let (mut steps, mut largest) = (0, 0);
    let mut view = Batches::new(&ALL, Reading::default(), 8_192, |table, batch| {
        if table.name() == "steps" {
            steps += batch.num_rows();
            largest = largest.max(batch["text"].as_string::<i32>().value_data().len());
        }
        Ok(())
    });
    for _ in 0..20 {
        let talk = (0..300).fold(Talk::new(Protocol::Smtp).s("220 x"), |talk, _| talk.c(&line));
        view.session(talk.session).unwrap();
        let held: usize = view.tables.iter().map(|gathered| gathered.rows.bytes()).sum();
        assert!(held <= PENDING_BYTES, "{held}");
    }
    view.finish(&report(&[])).unwrap();
    drop(view);
    assert_eq!(steps, 20 * 301);
    assert!(largest <= PENDING_BYTES + line.len(), "{largest}");
}

#[test]
fn the_first_error_ends_it() {
    let steps = table("steps").unwrap();
    let mut view = Batches::new(&[steps], Reading::default(), 1, |_, _| Err(io::Error::other("enough")));
    assert_eq!(view.session(lab_smtp()).unwrap_err().to_string(), "enough");
}
