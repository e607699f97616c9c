use crate::capture::testing::{Order, interface, open, packet, pcap_header, pcap_record, read_all, section};
use crate::capture::{Filter, Quiet, Read, follow};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The packets of a file that is allocated, written up to `cut`, read, and then written to its end. Read until then must
/// not be more than was written.
fn read_in_two_steps(bytes: &[u8], cut: usize) -> Vec<Vec<u8>> {
    let (seen, problem) = read_as_written(bytes, cut, 8_192);
    assert_eq!(problem, None);
    seen
}

/// The packets of such a file, and what was wrong with it. It is allocated with so many bytes more, or not at all.
fn read_as_written(bytes: &[u8], cut: usize, allocated: u64) -> (Vec<Vec<u8>>, Option<String>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("allocated");
    let file = File::create(&path).unwrap();
    if allocated > 0 {
        file.set_len(bytes.len() as u64 + allocated).unwrap();
    }
    file.write_all_at(&bytes[..cut], 0).unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let mut source =
        follow(&[path], None, Default::default(), 1 << 20, Arc::clone(&stop), Box::new(|_| ()), None).unwrap();
    let mut seen = Vec::new();
    let mut written = false;
    loop {
        match source.next_packet().unwrap() {
            Read::Packet(packet) => seen.push(packet.data.to_vec()),
            Read::Idle(_) if written => stop.store(true, Ordering::Relaxed),
            Read::Idle(_) => {
                file.write_all_at(&bytes[cut..], cut as u64).unwrap();
                written = true;
            }
            Read::End => break,
        }
    }
    (seen, source.info().remove(0).problem)
}

fn packets(bytes: &[u8]) -> Vec<Vec<u8>> {
    let (seen, error, _) = read_all(open("it", bytes.to_vec()).unwrap());
    assert!(error.is_none());
    seen.into_iter().map(|seen| seen.data).collect()
}

#[test]
fn a_block_of_pcapng_that_is_not_written_to_its_end_is_waited_for() {
    for order in [Order::Little, Order::Big] {
        let beginning = [section(order), interface(order, 1, 0, &[])].concat();
        let first = packet(order, 0, 1, &[1; 300], 300);
        let bytes =
            [&beginning[..], &first, &section(order), &interface(order, 1, 0, &[]), &packet(order, 0, 2, &[2; 60], 60)]
                .concat();
        let expected = packets(&bytes);
        assert_eq!(expected.len(), 2);
        let from = beginning.len();
        let ends = from + first.len();
        // In its type, its length, its content, its length once more; in the section header that comes next.
        for cut in [from + 2, from + 5, from + 40, ends - 4, ends - 3, ends, ends + 6, ends + 10] {
            assert_eq!(read_in_two_steps(&bytes, cut), expected, "{order:?} cut at {cut}");
        }
    }
}

#[test]
fn a_record_of_pcap_of_which_a_page_is_written_is_waited_for() {
    for order in [Order::Little, Order::Big] {
        // The page ends in the content of a record, in each field of its header, and in front of it.
        for before in [4_000, 4_066, 4_075, 4_083] {
            let mut bytes = pcap_header(order, 0xa1b2_c3d4, 1);
            bytes.extend(pcap_record(order, 7, 5, &vec![9; before - 40], 5_000));
            bytes.extend(pcap_record(order, 8, 6, &[1; 200], 200));
            bytes.extend(pcap_record(order, 8, 7, &[2; 200], 200));
            assert_eq!(read_in_two_steps(&bytes, 4_096), packets(&bytes), "{order:?} {before}");
        }
    }
}

#[test]
fn a_file_that_ends_in_a_record_says_so_while_it_is_quiet() {
    let whole = [pcap_header(Order::Little, 0xa1b2_c3d4, 1), pcap_record(Order::Little, 7, 5, &[1; 60], 60)].concat();
    for (bytes, amid_record) in [(&whole[..], false), (&whole[..90], true)] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("growing");
        std::fs::write(&path, bytes).unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        for filter in [None, Some(Filter::new("tcp").unwrap())] {
            let mut source = follow(
                std::slice::from_ref(&path),
                filter,
                Default::default(),
                1 << 20,
                Arc::clone(&stop),
                Box::new(|_| ()),
                None,
            )
            .unwrap();
            let quiet = loop {
                match source.next_packet().unwrap() {
                    Read::Packet(_) => {}
                    Read::Idle(quiet) => break quiet,
                    Read::End => panic!("it is followed"),
                }
            };
            assert_eq!(quiet, Quiet::Followed { amid_record });
        }
    }
}

#[test]
fn a_damaged_record_costs_no_more_than_in_a_file_that_is_complete() {
    let header = pcap_header(Order::Little, 0xa1b2_c3d4, 1);
    let record = |n: u32| pcap_record(Order::Little, 1_700_000_000 + n, 5, &[n as u8 | 1; 90], 90);
    let whole: Vec<u8> = header.iter().copied().chain((0..40).flat_map(record)).collect();
    let at = header.len() + 20 * (16 + 90);
    // Its length is too large, or impossible; its header is gone; a part of it is.
    type Spoil = fn(&mut Vec<u8>, usize);
    let damages: [(&str, Spoil); 5] = [
        ("length", |bytes, at| bytes[at + 8] = 250),
        ("impossible", |bytes, at| bytes[at + 8..at + 12].fill(0xff)),
        ("header", |bytes, at| bytes[at..at + 16].fill(0xa5)),
        ("cut", |bytes, at| drop(bytes.drain(at + 30..at + 60))),
        ("zeros", |bytes, at| bytes[at..at + 106].fill(0)),
    ];
    for (what, damage) in damages {
        let mut bytes = whole.clone();
        damage(&mut bytes, at);
        let expected = packets(&bytes);
        assert!(expected.len() >= 38, "{what}: {}", expected.len());
        for allocated in [0, 8_192] {
            for cut in [at + 8, at + 40, at + 110, at + 175, at + 330] {
                let (seen, problem) = read_as_written(&bytes, cut, allocated);
                // As many: the last record written may have been handed out before what follows could show it false.
                assert!(
                    seen.len() == expected.len() && problem.is_some(),
                    "{what}, cut at {cut}, {allocated}: {}",
                    seen.len()
                );
            }
        }
    }
}
