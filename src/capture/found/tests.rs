use super::*;
use crate::capture::testing::{Order, pcap_header, pcap_record};
use std::os::unix::fs::symlink;

/// A capture whose first packet came at `seconds`.
fn capture(path: PathBuf, seconds: u32) {
    let mut bytes = pcap_header(Order::Little, 0xa1b2_c3d4, 1);
    bytes.extend(pcap_record(Order::Little, seconds, 0, &[1, 2], 2));
    fs::write(path, bytes).unwrap();
}

fn found(names: &[PathBuf], folder: &Path) -> (Vec<String>, u64) {
    let found = find(names).unwrap();
    let short = |path: &PathBuf| path.strip_prefix(folder).unwrap_or(path).to_string_lossy().into_owned();
    (found.files.iter().map(short).collect(), found.others)
}

#[test]
fn a_folder_is_all_captures_beneath_by_their_first_packets() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    fs::create_dir_all(folder.join("below/.hidden")).unwrap();
    capture(folder.join("b"), 10);
    capture(folder.join("a10"), 20);
    capture(folder.join("a9"), 20);
    capture(folder.join("below/c"), 15);
    capture(folder.join(".d"), 1);
    capture(folder.join("below/.hidden/e"), 1);
    fs::write(folder.join("README"), "no capture at all").unwrap();
    fs::write(folder.join("empty"), "").unwrap();
    fs::write(folder.join("damaged.pcap"), &pcap_header(Order::Little, 0xa1b2_c3d4, 1)[..10]).unwrap();
    symlink(folder, folder.join("below/circle")).unwrap();
    symlink("itself", folder.join("itself")).unwrap();
    symlink(folder.join("b"), folder.join("0-latest")).unwrap();
    symlink("nowhere", folder.join("dangling")).unwrap();
    let all = ["b", "below/c", "a9", "a10", "damaged.pcap", "dangling"].map(str::to_owned).to_vec();
    assert_eq!(found(&[folder.to_owned()], folder), (all.clone(), 2));
    let twice = [folder.to_owned(), folder.join("below")];
    assert_eq!(found(&twice, folder), (all, 2), "each file once");
}

#[test]
fn a_pattern_is_what_it_matches_and_a_file_of_that_name_comes_first() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    fs::create_dir(folder.join("day1")).unwrap();
    capture(folder.join("day1/s1.pcap"), 30);
    capture(folder.join("s2.pcap"), 20);
    capture(folder.join("s3.pcap"), 10);
    capture(folder.join(".s4.pcap"), 10);
    let pattern = |text: &str| vec![folder.join(text)];
    let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
    assert_eq!(found(&pattern("s?.pcap"), folder), (names(&["s3.pcap", "s2.pcap"]), 0));
    assert_eq!(found(&pattern("day*"), folder), (names(&["day1/s1.pcap"]), 0), "a folder that it matches");
    assert_eq!(found(&pattern("**/s*.pcap"), folder).0, ["s3.pcap", "s2.pcap", "day1/s1.pcap"]);
    assert!(matches!(find(&pattern("x*")), Err(CaptureError::NoMatch { .. })));
    capture(folder.join("s?.pcap"), 40);
    assert_eq!(found(&pattern("s?.pcap"), folder), (names(&["s?.pcap"]), 0));
}

#[test]
fn what_was_named_keeps_its_place_and_is_not_taken_again() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    ["a", "b", "c"].into_iter().zip(1..).for_each(|(name, second)| capture(folder.join(name), second));
    let names = [folder.join("missing"), folder.to_owned(), "-".into(), folder.join("b")];
    assert_eq!(found(&names, folder).0, ["missing", "a", "c", "-", "b"]);
}

#[test]
fn a_folder_without_a_capture_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("README"), "no capture").unwrap();
    assert!(matches!(find(&[folder.path().to_owned()]), Err(CaptureError::NoCaptures { others: 1, .. })));
}
