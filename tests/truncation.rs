//! A capture may end anywhere: nothing panics, what was read before the end is shown, and the cut is told.

mod support;

use std::path::{Path, PathBuf};

/// Captures up to this size are cut at every byte; larger ones at every byte of the file's header and of the first
/// records, and then at a prime stride.
const EVERY_BYTE_UP_TO: usize = 4_000;
const STRIDE: usize = 37;

fn captures() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/lab");
    let folders = std::fs::read_dir(root).expect("a folder").map(|entry| entry.expect("an entry").path());
    let mut found: Vec<PathBuf> = folders
        .flat_map(|folder| ["capture.pcap", "capture.pcapng"].map(|name| folder.join(name)))
        .filter(|path| path.exists())
        .collect();
    found.sort();
    assert!(found.len() >= 29, "only {} captures were found", found.len());
    found
}

#[test]
fn any_fixture_cut_anywhere() {
    let mut cuts = 0;
    for path in captures() {
        let whole = std::fs::read(&path).expect("readable");
        let packets = |file: &[u8]| {
            let (document, problem) = support::analyze(file);
            (document["summary"]["packets"]["read"].as_u64().unwrap_or(0), problem)
        };
        let (all, problem) = packets(&whole);
        assert_eq!(problem, None, "{}", path.display());
        let mut before = 0;
        for len in 0..whole.len() {
            if len > EVERY_BYTE_UP_TO && len % STRIDE != 0 {
                continue;
            }
            let (read, problem) = packets(&whole[..len]);
            assert!(read >= before && read <= all, "{} at {len}: {read} packets after {before}", path.display());
            if len == 0 {
                assert!(problem.is_some(), "{}: an empty file is a problem", path.display());
            }
            before = read;
            cuts += 1;
        }
    }
    assert!(cuts > 50_000, "{cuts} cuts");
}
