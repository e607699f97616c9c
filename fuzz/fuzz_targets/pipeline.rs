//! The whole way: any bytes as a capture file, to a document and to tables.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailtap::capture::CaptureFile;
use mailtap::pipeline::{self, Emit, Options};
use mailtap::session::Needs;
use mailtap::view::json::Json;
use mailtap::view::table::{self, Live, Table};
use mailtap::view::{Lang, Show, View, record};
use mailtap_fuzz::promises;
use std::io::Cursor;
use std::sync::atomic::AtomicBool;

fn run(data: &[u8], any_port: bool, live: bool, threads: usize, view: &mut dyn View) -> bool {
    let Ok(mut file) = CaptureFile::open("x".into(), Box::new(Cursor::new(data.to_vec())), 4096) else { return false };
    let options = Options {
        any_port,
        emit: if live { Emit::AsTheyEnd } else { Emit::InOrder },
        steps: live,
        threads,
        packets: Some(20_000),
        ..Options::default()
    };
    pipeline::run(&mut file, &options, &Needs::ALL.into(), view, &AtomicBool::new(false))
        .expect("memory can be written");
    true
}

fuzz_target!(|data: &[u8]| {
    let mut document = Json::new(Vec::new(), record::Options::default());
    if !run(data, true, false, 1, &mut document) {
        return;
    }
    let document = document.into_inner();
    promises::json(&document);
    // Threads are slow to start: now and then.
    if data.len() % 16 == 0 {
        let mut again = Json::new(Vec::new(), record::Options::default());
        run(data, true, false, 3, &mut again);
        assert!(again.into_inner() == document, "the same on three threads");
    }
    let style = table::Style { width: 80, colour: false };
    let options = table::Options {
        style,
        show: Show::ALL,
        list: Default::default(),
        lang: Lang::Zh,
        text_limit: 1_000,
        time: mailtap::view::clock::Clock::Utc,
    };
    let mut tables = Table::new(Vec::new(), options);
    run(data, false, false, 1, &mut tables);
    promises::is_harmless(&tables.into_inner());
    let mut live = Live::new(Vec::new(), options);
    run(data, false, true, 1, &mut live);
    promises::is_harmless(&live.into_inner());
});
