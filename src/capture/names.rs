/*!
What the names of files tell: which of them are the parts of one capture, and in what order.

Programs that capture for long begin a new file now and then, and tell its files apart by a count or a time in their names:

| written by | names |
|---|---|
| `tcpdump -C` | `x.pcap`, `x.pcap1`, `x.pcap2`, … `x.pcap10` |
| `tcpdump -C -W` | `x.pcap00`, `x.pcap01`, …, written over in turn |
| `tcpdump -G` | times, as `x-2026-11-29_04-06-43.pcap`, `x-20261129040643.pcap`, or seconds since 1970 |
| dumpcap, Wireshark | `x_00001_20261129040643.pcapng`, or the time first |

Other numbers are parts of the name: `sensor1-…` and `sensor2-…` are two captures. Names only say what to compare: packets
are put in order by their times.
*/

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What is appended to the name of a file when it is compressed.
const COMPRESSED: [&str; 4] = [".gz", ".zst", ".zstd", ".lz4"];
/// How names of captures end, before the count of `tcpdump -C`.
const CAPTURES: [&str; 6] = [".pcap", ".pcapng", ".cap", ".ntar", ".dmp", ".dump"];
/// Digits of a count that programs pad with zeros, and of all times that are written without separators.
const COUNT_DIGITS: usize = 5;

/// Files that are compared with one another: by their indices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSet {
    /// In the order of their names where these make them a set, or else in the order given.
    pub files: Vec<usize>,
    /// They are parts of one capture, by their names.
    pub rotated: bool,
}

/// The sets of `files`: those that are parts of one capture by their names, and last those that belong to no set of two or
/// more, all together.
pub fn in_sets(files: &[PathBuf]) -> Vec<FileSet> {
    let mut sets: BTreeMap<(&Path, String), Vec<usize>> = BTreeMap::new();
    for (index, file) in files.iter().enumerate() {
        sets.entry((file.parent().unwrap_or(Path::new("")), set_name(&name(file)))).or_default().push(index);
    }
    let (mut all, mut others) = (Vec::new(), Vec::new());
    for mut set in sets.into_values() {
        if set.len() < 2 {
            others.append(&mut set);
            continue;
        }
        // Made once each: comparing makes no names.
        let mut named: Vec<(String, usize)> =
            set.iter().filter_map(|&index| Some((name(files.get(index)?), index))).collect();
        named.sort_by(|one, other| natural(&one.0, &other.0).then(one.1.cmp(&other.1)));
        all.push(FileSet { files: named.into_iter().map(|(_, index)| index).collect(), rotated: true });
    }
    if !others.is_empty() {
        others.sort_unstable();
        all.push(FileSet { files: others, rotated: false });
    }
    all
}

/// The order of names in which numbers count as numbers: `x9` before `x10`.
pub fn natural(one: &str, other: &str) -> Ordering {
    let (mut one_left, mut other_left) = (one, other);
    loop {
        let (Some(a), Some(b)) = (one_left.chars().next(), other_left.chars().next()) else {
            // Equal but for zeros in front, perhaps.
            return one_left.len().cmp(&other_left.len()).then_with(|| one.cmp(other));
        };
        if a.is_ascii_digit() && b.is_ascii_digit() {
            let ((x, x_rest), (y, y_rest)) = (digits(one_left), digits(other_left));
            let (x, y) = (x.trim_start_matches('0'), y.trim_start_matches('0'));
            let order = x.len().cmp(&y.len()).then_with(|| x.cmp(y));
            if order != Ordering::Equal {
                return order;
            }
            (one_left, other_left) = (x_rest, y_rest);
        } else {
            if a != b {
                return a.cmp(&b);
            }
            (one_left, other_left) =
                (one_left.get(a.len_utf8()..).unwrap_or(""), other_left.get(b.len_utf8()..).unwrap_or(""));
        }
    }
}

/// The name of a file, without what says that it is compressed.
fn name(file: &Path) -> String {
    let mut name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    if let Some(end) = COMPRESSED.iter().find(|end| name.ends_with(**end)) {
        name.truncate(name.len() - end.len());
    }
    name
}

/// The digits that `text` begins with, and the rest.
fn digits(text: &str) -> (&str, &str) {
    let end = text.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// The name with `#` for each count and each time in it: the same for all files of a set.
fn set_name(name: &str) -> String {
    let mut made = String::with_capacity(name.len());
    let mut left = name;
    // A time's first number has come, and nothing but numbers and single separators since.
    let mut in_time = false;
    let mut separators = 0;
    while let Some(first) = left.chars().next() {
        if !first.is_ascii_digit() {
            separators += 1;
            in_time &= separators == 1 && matches!(first, '-' | '_' | '.' | ':' | 'T' | 't' | ' ' | 'h' | 'm');
            made.push(first);
            left = left.get(first.len_utf8()..).unwrap_or("");
            continue;
        }
        let (number, rest) = digits(left);
        let stands_alone = made.chars().last().is_none_or(|before| !before.is_alphanumeric());
        let is_last = rest.is_empty() && CAPTURES.iter().any(|end| made.ends_with(end));
        let is_count = stands_alone && number.len() >= COUNT_DIGITS;
        let goes_on = in_time && separators == 1 && number.len().is_multiple_of(2) && number.len() <= 6;
        let is_year = number.len() == 4
            && (number.starts_with("19") || number.starts_with("20"))
            && matches!(rest.as_bytes(), [b'-' | b'_' | b'.', a, b, ..] if a.is_ascii_digit() && b.is_ascii_digit());
        // A time may stand behind a word without anything in between.
        let is_time = is_year || number.len() == 8 || number.len() == 10 || number.len() >= 12;
        if is_last || is_count || goes_on || is_time {
            made.push('#');
            in_time = !is_last;
        } else {
            made.push_str(number);
            in_time = false;
        }
        separators = 0;
        left = rest;
    }
    if CAPTURES.iter().any(|end| made.ends_with(end)) {
        // The first file of `tcpdump -C` has no count.
        made.push('#');
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sets(names: &[&str]) -> Vec<Vec<String>> {
        let files: Vec<PathBuf> = names.iter().map(PathBuf::from).collect();
        let named = |set: FileSet| set.files.into_iter().map(|index| names[index].to_owned()).collect();
        in_sets(&files).into_iter().map(named).collect()
    }

    #[test]
    fn the_files_of_one_capture_are_a_set_in_the_order_of_their_counts() {
        let rings: [&[&str]; 9] = [
            &["x.pcap", "x.pcap1", "x.pcap2", "x.pcap10"],
            &["x.pcap00", "x.pcap01.gz", "x.pcap02"],
            &["a/x-2026-11-29_04-06-43.pcap", "a/x-2026-11-29_04-07-43.pcap.zst", "a/x-2026-11-30_00-00-01.pcap"],
            &["x20261129040643.pcap", "x20261129040743.pcap"],
            &["x-1795925203.cap", "x-1795925263.cap"],
            &["x_00009_20261129040643.pcapng", "x_00010_20261129040744.pcapng.lz4"],
            &["x_20261129040643_00009.pcapng", "x_20261129040744_00010.pcapng"],
            &["x-20261129T040643.pcap", "x-20261129T040643.pcap1", "x-20261129T040744.pcap"],
            &["x_99999_20261129040643.pcap", "x_100000_20261129040744.pcap"],
        ];
        for ring in rings {
            let mut shuffled = ring.to_vec();
            shuffled.reverse();
            assert_eq!(sets(&shuffled), [ring], "{ring:?}");
        }
    }

    #[test]
    fn captures_side_by_side_are_sets_of_their_own() {
        let names = [
            "d/sensor1-2026-11-29.pcap",
            "d/sensor2-2026-11-29.pcap",
            "d/sensor1-2026-11-28.pcap",
            "d/sensor2-2026-11-28.pcap",
            "e/sensor2-2026-11-28.pcap",
            "d/lab12.pcap",
            "d/b.pcap",
            "d/a.pcap",
        ];
        let expected: [&[&str]; 3] = [
            &["d/sensor1-2026-11-28.pcap", "d/sensor1-2026-11-29.pcap"],
            &["d/sensor2-2026-11-28.pcap", "d/sensor2-2026-11-29.pcap"],
            &["e/sensor2-2026-11-28.pcap", "d/lab12.pcap", "d/b.pcap", "d/a.pcap"],
        ];
        assert_eq!(sets(&names), expected);
    }

    #[test]
    fn numbers_count_as_numbers() {
        let mut names = ["x10", "x9", "x", "x010", "x9a", "y1", "é2", "é10"];
        names.sort_by(|one, other| natural(one, other));
        assert_eq!(names, ["x", "x9", "x9a", "x010", "x10", "y1", "é2", "é10"]);
    }

    proptest! {
        #[test]
        fn every_file_is_in_one_set(names in proptest::collection::vec("[a-z0-9é_.\\-]{0,20}(\\.pcap[0-9]{0,3})?", 0..20)) {
            let files: Vec<PathBuf> = names.iter().map(PathBuf::from).collect();
            let mut all: Vec<usize> = in_sets(&files).into_iter().flat_map(|set| set.files).collect();
            all.sort_unstable();
            prop_assert_eq!(all, (0..files.len()).collect::<Vec<_>>());
        }

        #[test]
        fn the_order_of_names_is_one(a in "[a0-9é]{0,6}", b in "[a0-9é]{0,6}", c in "[a0-9é]{0,6}") {
            prop_assert_eq!(natural(&a, &b), natural(&b, &a).reverse());
            if natural(&a, &b).is_le() && natural(&b, &c).is_le() {
                prop_assert!(natural(&a, &c).is_le());
            }
            prop_assert_eq!(natural(&a, &b).is_eq(), a == b);
        }
    }
}
