//! What is packed comes out as it was.

use crate::capture::{CaptureFile, Reordered};
use crate::pipeline::{self, Options};
use crate::session::model::Step;
use crate::session::{Needs, Session};
use crate::verdict::Report;
use crate::view::{View, json::NdJson, record};
use std::cell::Cell;
use std::io;
use std::path::{Path, PathBuf};

thread_local! {
    /// Every builder packs after each step.
    pub static PACKS: Cell<bool> = const { Cell::new(false) };
}

fn captures(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            captures(&path, found);
        } else if path.extension().is_some_and(|end| end == "pcap" || end == "pcapng") {
            found.push(path);
        }
    }
}

/// Notes the steps that a live view is shown, with those that they answer, and what is known of them at the end.
#[derive(Default)]
struct Seen(Vec<String>);

impl View for Seen {
    fn step(&mut self, session: &Session, step: &Step) -> io::Result<()> {
        self.0.push(format!("{} {step:?} {} {:?}", session.id, step.text, session.answered(step)));
        Ok(())
    }

    fn session(&mut self, session: Session) -> io::Result<()> {
        self.0.push(format!("{:?}", session.limits_hit));
        Ok(())
    }

    fn finish(&mut self, _: &Report) -> io::Result<()> {
        Ok(())
    }
}

fn read(capture: &[u8], steps: bool, view: &mut dyn View) {
    let file = CaptureFile::open("a".to_owned(), Box::new(io::Cursor::new(capture.to_vec())), 1 << 16);
    let Ok(file) = file else { return };
    let options = Options { threads: 1, steps, ..Options::default() };
    pipeline::run(&mut Reordered::new(file), &options, &Needs::ALL.into(), view, &false.into()).unwrap();
}

fn shown(capture: &[u8]) -> (Vec<u8>, Vec<String>) {
    let mut json = NdJson::new(Vec::new(), record::Options::default());
    read(capture, false, &mut json);
    let mut seen = Seen::default();
    read(capture, true, &mut seen);
    (json.into_inner(), seen.0)
}

#[test]
fn every_capture_is_read_the_same_where_everything_is_packed() {
    let mut all = Vec::new();
    captures(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures")), &mut all);
    let mut steps = 0;
    for path in all {
        let capture = std::fs::read(&path).unwrap();
        let usual = shown(&capture);
        PACKS.set(true);
        let packed = shown(&capture);
        PACKS.set(false);
        assert!(packed.0 == usual.0, "{}", path.display());
        assert_eq!(packed.1, usual.1, "{}", path.display());
        steps += usual.1.len();
    }
    assert!(steps > 1_000, "{steps}");
}
