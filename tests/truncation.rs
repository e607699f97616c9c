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

/// Every how many bytes a packet's data is cut.
const EACH: usize = 8;

fn cut_everywhere(path: &Path) {
    let whole = std::fs::read(path).expect("readable");
    let (all, problem) = count(&whole);
    assert_eq!(problem, None, "{}", path.display());
    // Where the cut gives another packet, and in the header behind it, each byte is tried. Within a packet's data one place
    // is like the next.
    let sampled: Vec<u64> = (0..whole.len()).step_by(EACH).map(|len| count(&whole[..len]).0.packets).collect();
    let is_near_another = |len: usize| {
        let near = &sampled[(len / EACH).saturating_sub(2)..(len / EACH + 2).min(sampled.len())];
        near.first() != near.last()
    };
    let tried: Vec<usize> = (0..whole.len()).filter(|&len| len % EACH == 0 || is_near_another(len)).collect();
    let mut before = Count::default();
    let mut told = 0;
    for &len in &tried {
        let (found, problem) = count(&whole[..len]);
        let sound = (before.packets..=all.packets).contains(&found.packets) && found.steps <= all.steps + 2;
        assert!(sound, "{} at {len}: {} packets, {} steps", path.display(), found.packets, found.steps);
        told += usize::from(problem.is_some());
        before = found;
    }
    // A cut between two records cannot be seen in the file.
    let records = usize::try_from(all.packets).expect("few packets") + 8;
    assert!(told + records >= tried.len(), "{}: {told} of {} cuts were told", path.display(), tried.len());
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
