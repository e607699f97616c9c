//! A capture may end anywhere: nothing panics, the packets before the end are counted, and a cut is reported.

mod support;

use mailtap::pipeline::{self, Options};
use mailtap::view::EachSession;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

/// Steps and packets of a capture.
#[derive(Default)]
struct Count {
    steps: usize,
    packets: u64,
}

/// The steps and packets of a file, and the problem with it.
fn count(file: &[u8]) -> (Count, Option<String>) {
    let mut source = match support::open(file) {
        Ok(source) => source,
        Err(error) => return (Count::default(), Some(error.to_string())),
    };
    let mut steps = 0;
    let mut view = EachSession::new(|session| {
        steps += session.steps.len();
        Ok(())
    });
    let outcome = pipeline::run(&mut source, &Options::default(), &support::plan(), &mut view, &AtomicBool::new(false))
        .expect("a count is always written");
    let packets = outcome.report.summary.packets.read;
    (Count { steps, packets }, outcome.problem.map(|problem| problem.to_string()))
}

fn captures() -> Vec<PathBuf> {
    let lab = support::fixtures().into_iter().filter(|(name, _)| name.starts_with("lab/"));
    let found: Vec<PathBuf> = lab.map(|(_, path)| path).collect();
    assert!(found.len() >= 29, "only {} captures were found", found.len());
    found
}

/// Every how many bytes a packet's data is cut: as many as the header of a record has.
const EACH: usize = 16;

fn cut_everywhere(path: &Path) {
    let whole = std::fs::read(path).expect("readable");
    let (all, problem) = count(&whole);
    assert_eq!(problem, None, "{}", path.display());
    let mut before = Count::default();
    let (mut tried, mut told) = (0, 0);
    let mut cut = |len: usize| {
        let (found, problem) = count(&whole[..len]);
        let sound = (before.packets..=all.packets).contains(&found.packets) && found.steps <= all.steps + 2;
        assert!(sound, "{} at {len}: {} packets, {} steps", path.display(), found.packets, found.steps);
        tried += 1;
        told += usize::from(problem.is_some());
        before = found;
        before.packets
    };
    // Where the cut gives another packet, and in the header behind it, each byte is tried. Within a packet's data one place
    // is like the next.
    let mut nears = 0;
    let mut packets = cut(0);
    for end in (EACH..whole.len()).step_by(EACH) {
        // What comes next is counted first, and goes before those that lie between.
        let (ahead, _) = count(&whole[..end]);
        nears = if ahead.packets != packets { 2 } else { nears - nears.min(1) };
        if nears > 0 {
            (end - EACH + 1..end).for_each(|len| _ = cut(len));
        }
        packets = cut(end);
    }
    // A cut between two records cannot be seen in the file.
    let records = usize::try_from(all.packets).expect("few packets") + 8;
    assert!(told + records >= tried, "{}: {told} of {tried} cuts were told", path.display());
}

#[test]
fn any_fixture_cut_at_any_byte() {
    let rest = Mutex::new(captures());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, std::num::NonZero::get) {
            scope.spawn(|| {
                loop {
                    let next = rest.lock().expect("no other thread has panicked").pop();
                    let Some(path) = next else { return };
                    cut_everywhere(&path);
                }
            });
        }
    });
}
