use super::*;
use crate::capture::compressed::tests::{ALL, compress};
use crate::capture::testing::{Order, block, interface, open, packet, pcap, read_all, section};
use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// A block with secrets of that type.
fn secrets(order: Order, kind: u32, text: &[u8]) -> Vec<u8> {
    let length = u32::try_from(text.len()).unwrap();
    block(order, SECRETS, &[&order.u32(kind)[..], &order.u32(length), text].concat())
}

/// Two sections, with secrets before, amid and behind their packets, and others' secrets.
fn sample(order: Order) -> Vec<u8> {
    let one = |first: &[u8], second: &[u8]| {
        [
            section(order),
            secrets(order, TLS_KEY_LOG, first),
            interface(order, 1, 0, &[]),
            packet(order, 0, 5, &[1; 70], 70),
            secrets(order, 0x5353_484b, b"of SSH"),
            packet(order, 0, 6, &[2; 71], 71),
            secrets(order, TLS_KEY_LOG, second),
        ]
        .concat()
    };
    [one(b"a", b"bc\n"), one(b"", b"four")].concat()
}

/// What is found in a file with these bytes, and how much is left out.
fn found(bytes: &[u8]) -> (Vec<String>, u64) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    let mut all = Vec::new();
    let left_out = secrets_of(file.path(), &mut |text| all.push(String::from_utf8_lossy(text).into_owned()));
    (all, left_out)
}

/// What is told while the bytes are read, with the number of the packet that it stands before.
fn told(bytes: Vec<u8>, number: u64) -> (Vec<(String, u64)>, LimitsHit) {
    let all = Arc::new(Mutex::new(Vec::new()));
    let into = Arc::clone(&all);
    let sink: SecretsSink = Arc::new(move |text: &[u8], number| {
        into.lock().unwrap().push((String::from_utf8_lossy(text).into_owned(), number));
        u64::from(text == b"four")
    });
    let mut file = open("a", bytes).unwrap();
    file.tell_secrets(Some(&sink), number);
    while let Ok(crate::capture::Moved::Packet) = crate::capture::Cursor::advance(&mut file) {}
    let all = all.lock().unwrap().clone();
    (all, crate::capture::Cursor::limits(&file))
}

#[test]
fn blocks_are_found_wherever_they_stand() {
    for order in Order::BOTH {
        let bytes = sample(order);
        let wanted = ["a", "bc\n", "", "four"].map(str::to_owned).to_vec();
        assert_eq!(found(&bytes), (wanted.clone(), 0));
        for compression in ALL {
            assert_eq!(found(&compress(compression, &bytes)), (wanted.clone(), 0), "{compression:?}");
        }
        let (heard, limits) = told(bytes.clone(), 1_000);
        let places = wanted.iter().map(|text| text.to_owned()).zip([1_001, 1_003, 1_003, 1_005]);
        assert_eq!(heard, places.collect::<Vec<_>>());
        assert_eq!(limits.iter().collect::<Vec<_>>(), [(Limit::DecryptionSecrets, 1)]);
        let (seen, error, _) = read_all(open("a", bytes).unwrap());
        assert!(error.is_none() && seen.len() == 4);
    }
}

#[test]
fn what_is_no_pcapng_has_none() {
    let like_one = secrets(Order::Little, TLS_KEY_LOG, b"text");
    for bytes in
        [vec![], vec![1, 2, 3], pcap(Order::Little, 3), [pcap(Order::Big, 1), like_one.clone()].concat(), like_one]
    {
        assert_eq!(found(&bytes), (vec![], 0));
        for compression in ALL {
            assert_eq!(found(&compress(compression, &bytes)), (vec![], 0));
        }
    }
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path(), &folder.path().join("none"), Path::new("/dev/zero"), Path::new("-")] {
        assert_eq!(secrets_of(path, &mut |_| panic!("nothing is there")), 0, "{}", path.display());
    }
}

#[test]
fn lengths_that_lie_end_the_walk_or_hide_their_block_alone() {
    for order in Order::BOTH {
        let before = [section(order), secrets(order, TLS_KEY_LOG, b"before")].concat();
        let behind = secrets(order, TLS_KEY_LOG, b"behind");
        let with = |amid: &[u8]| found(&[&before, amid, &behind].concat()).0;
        // The inner length reaches beyond the block: by one byte, by all that 32 bits can say.
        for length in [9, u32::MAX] {
            let lies = block(order, SECRETS, &[&order.u32(TLS_KEY_LOG)[..], &order.u32(length), &[b'x'; 8]].concat());
            assert_eq!(with(&lies), ["before", "behind"]);
            assert_eq!(told([&before, &lies[..], &behind].concat(), 0).0.len(), 2);
        }
        assert_eq!(with(&block(order, SECRETS, &[])), ["before", "behind"], "not even a type");
        // The length of the block: too short, 4 GiB, more than is there, another one at its end.
        for length in [0, 8, 11, u32::MAX, u32::MAX - 3, 1 << 20] {
            for kind in [SECRETS, 6, 0x0a0d_0d0a] {
                let lies = [order.u32(kind), order.u32(length), order.u32(0), order.u32(12)].concat();
                assert_eq!(with(&lies), ["before"], "{length} {kind:x}");
            }
        }
        let mut lies = block(order, 6, &[0; 40]);
        *lies.last_mut().unwrap() ^= 1;
        assert_eq!(with(&lies), ["before"]);
        // Some writers do not count the padding, or have none.
        for pad in [0, 3] {
            let odd = [&order.u32(0x0bad)[..], &order.u32(13), b"x", &[0; 3][..pad], &order.u32(13)].concat();
            assert_eq!(with(&odd), ["before", "behind"], "{pad}");
        }
    }
}

#[test]
fn any_cut_and_any_changed_byte_is_survived() {
    let bytes = sample(Order::Little);
    for at in 0..bytes.len() {
        let (whole, cut) = (found(&bytes).0, found(&bytes[..at]).0);
        assert!(whole.starts_with(&cut), "{at}");
        let mut changed = bytes.clone();
        changed[at] ^= 0x81;
        assert!(found(&changed).0.len() <= 5);
        if at >= 8 {
            told(changed, 0);
        }
    }
}

#[test]
fn a_file_tells_so_much_and_no_more() {
    let text = vec![b'x'; 15 << 20];
    let one = secrets(Order::Little, TLS_KEY_LOG, &text);
    let bytes = [section(Order::Little), one.repeat(6), secrets(Order::Little, TLS_KEY_LOG, b"small")].concat();
    let (all, left_out) = found(&bytes);
    assert_eq!((all.len(), left_out), (5, 2), "four, and the small one");
    let (heard, limits) = told(bytes, 0);
    assert_eq!((heard.len(), limits.iter().next()), (5, Some((Limit::DecryptionSecrets, 2))));
}

/// A file with holes where packets would be: were they read, it would take minutes.
#[test]
fn packets_are_passed_over() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&section(Order::Little)).unwrap();
    let length: u32 = 8 << 20;
    for _ in 0..2_000 {
        file.write_all(&[6u32.to_le_bytes(), length.to_le_bytes()].concat()).unwrap();
        file.seek(SeekFrom::Current(i64::from(length) - 12)).unwrap();
        file.write_all(&length.to_le_bytes()).unwrap();
    }
    file.write_all(&secrets(Order::Little, TLS_KEY_LOG, b"last")).unwrap();
    assert!(fs::metadata(file.path()).unwrap().len() > 15 << 30);
    let (begun, mut count) = (Instant::now(), 0);
    secrets_of(file.path(), &mut |text| count += usize::from(text == b"last"));
    assert!(count == 1 && begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}
