use crate::capture::testing::{Order, Seen, block, interface, open, option, packet, pcap_header, pcap_record, section};
use crate::capture::{
    CaptureError, CaptureFile, Cursor, Glance, InTurn, Merged, Moved, Reordered, Skimmer, SourceInfo, Time, Walk,
};
use crate::limits::LimitsHit;
use proptest::prelude::*;

/// Passes over the packets whose bytes sum up to what is no multiple of three, some at a time.
#[derive(Default)]
struct Some3 {
    most: u64,
    bytes: Vec<Vec<u8>>,
    last_times: Option<[Time; 2]>,
}

fn is_foreign(data: &[u8]) -> bool {
    !data.iter().map(|byte| u32::from(*byte)).sum::<u32>().is_multiple_of(3)
}

/// The bytes of what is passed over.
struct Kept<'k>(&'k mut Vec<Vec<u8>>);

impl Glance for Kept<'_> {
    fn passes(&mut self, data: &[u8]) -> bool {
        let foreign = is_foreign(data);
        if foreign {
            self.0.push(data.to_vec());
        }
        foreign
    }
}

impl Skimmer for Some3 {
    fn skim(&mut self, walk: &mut Walk<'_>) {
        for _ in 0..2 {
            walk.pass_while(self.most, &mut Kept(&mut self.bytes));
        }
        assert_eq!(walk.packets(), self.bytes.len() as u64);
        self.last_times = Some(walk.last_times());
    }
}

/// What reading a capture shows: its packets, how it ended, what is known of it, and the bounds that were hit.
type Shown = (Vec<Seen>, Option<CaptureError>, Vec<SourceInfo>, LimitsHit);

/// Reads all packets. With `most`, as many are passed over at a time where that is possible: only their bytes, and the times
/// of the last two, are compared with those that are `known` then. Returns how many were.
fn read(mut cursor: impl Cursor, most: Option<u64>, known: &[Seen]) -> (Shown, u64) {
    let (mut seen, mut passed) = (Vec::<Seen>::new(), 0);
    let error = loop {
        match cursor.advance() {
            Ok(Moved::Packet) => {
                let packet = cursor.packet();
                let (number, time, link) = (packet.number, packet.time, packet.link);
                seen.push(Seen { number, time, link, data: packet.data.to_vec(), wire_len: packet.wire_len });
            }
            Ok(Moved::Idle(_)) => {}
            Ok(Moved::End) => break None,
            Err(error) => break Some(error),
        }
        let Some(most) = most else { continue };
        let mut skimmer = Some3 { most, ..Some3::default() };
        let any = cursor.skim(None, &mut skimmer);
        assert_eq!(any, !skimmer.bytes.is_empty());
        passed += skimmer.bytes.len() as u64;
        for bytes in skimmer.bytes {
            let next = known[seen.len()].clone();
            assert_eq!(next.data, bytes);
            seen.push(next);
        }
        if any {
            let packet = cursor.packet();
            let last = seen.last().unwrap();
            assert_eq!((packet.number, packet.time, packet.data), (last.number, last.time, &*last.data));
            assert_eq!(cursor.time(), last.time);
            let times = [last.time, seen[seen.len() - 2].time];
            assert_eq!(skimmer.last_times, Some(times));
        }
    };
    ((seen, error, cursor.info(), cursor.limits()), passed)
}

/// Whether passing over packets of the same cursor, made twice, changes anything; how many were passed over.
fn is_the_same<C: Cursor>(cursor: impl Fn() -> C, most: u64) -> u64 {
    let (one_by_one, _) = read(cursor(), None, &[]);
    let (walked, passed) = read(cursor(), Some(most), &one_by_one.0);
    assert_eq!(format!("{walked:?}"), format!("{one_by_one:?}"));
    passed
}

/// A record: by how many microseconds it is later than the one before, what it holds, and what stands before it that is none.
#[derive(Debug, Clone)]
struct Made {
    later: i64,
    data: Vec<u8>,
    damage: Vec<u8>,
}

fn records() -> impl Strategy<Value = Vec<Made>> {
    let later = prop_oneof![20 => 0..2_000_i64, 1 => -3_000_000..0_i64, 1 => Just(90_000_000_000)];
    let data = prop_oneof![20 => proptest::collection::vec(any::<u8>(), 1..40), 1 => proptest::collection::vec(any::<u8>(), 0..900)];
    let damage = prop_oneof![30 => Just(Vec::new()), 1 => proptest::collection::vec(any::<u8>(), 1..60)];
    let made = (later, data, damage).prop_map(|(later, data, damage)| Made { later, data, damage });
    proptest::collection::vec(made, 0..80)
}

fn file(order: Order, magic: u32, records: &[Made], cut: usize) -> Vec<u8> {
    let mut bytes = pcap_header(order, magic, 1);
    let mut time = 1_700_000_000_000_000_i64;
    for Made { later, data, damage } in records {
        time += later;
        bytes.extend(damage);
        let (seconds, fraction) = ((time / 1_000_000) as u32, (time % 1_000_000) as u32);
        bytes.extend(pcap_record(order, seconds, fraction, data, data.len() as u32));
    }
    bytes.truncate(bytes.len() - cut.min(bytes.len() - 24));
    bytes
}

/// The same records as enhanced packets; a second section, and blocks that are none, in between.
fn blocks(order: Order, resolution: u8, offset: u64, records: &[Made], cut: usize) -> Vec<u8> {
    let options = [option(order, 9, &[resolution]), option(order, 14, &order.u64(offset))];
    let mut bytes = [section(order), interface(order, 1, 0, &options)].concat();
    let mut time = 1_700_000_000_000_000_i64;
    for (nth, Made { later, data, damage }) in records.iter().enumerate() {
        time += later;
        match damage.len() % 7 {
            0 => {}
            1 => bytes.extend(damage),
            2 => bytes.extend([section(order), interface(order, 1, 0, &options)].concat()),
            3 => bytes.extend(block(order, 3, &[&order.u32(damage.len() as u32)[..], damage].concat())),
            4 => bytes.extend(interface(order, 1, 0, &options)),
            5 => bytes.extend(block(
                order,
                2,
                &[&order.u32(0)[..], &[1; 8], &order.u32(4), &order.u32(4), &[7; 4]].concat(),
            )),
            _ => bytes.extend(block(order, 0x0bad, damage)),
        }
        let mut made = packet(order, 0, time as u64, data, data.len() as u32);
        if nth % 5 == 0 {
            // With an option, or what reads as none.
            let content = [&made[8..made.len() - 4], &option(order, nth as u16, &[1; 4])[..]].concat();
            made = block(order, 6, &content);
        }
        bytes.extend(made);
    }
    bytes.truncate(bytes.len() - cut.min(bytes.len() - 28));
    bytes
}

fn opened(bytes: &[u8]) -> CaptureFile {
    open("it", bytes.to_vec()).unwrap()
}

const MICROSECONDS: u32 = 0xa1b2_c3d4;
const NANOSECONDS: u32 = 0xa1b2_3c4d;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn what_is_passed_over_counts_as_read(records in records(), fine: bool, big: bool, cut in 0..30_usize, most in 1..9_u64) {
        let magic = if fine { NANOSECONDS } else { MICROSECONDS };
        let bytes = file(if big { Order::Big } else { Order::Little }, magic, &records, cut);
        is_the_same(|| opened(&bytes), most);
        is_the_same(|| Reordered::new(opened(&bytes)), most);
    }

    #[test]
    fn blocks_that_are_passed_over_count_as_read(
        records in records(),
        resolution in prop_oneof![Just(6_u8), Just(9), Just(3), Just(0x8a), any::<u8>()],
        offset in prop_oneof![Just(0_u64), any::<u64>()],
        big: bool,
        cut in 0..30_usize,
        most in 1..9_u64,
    ) {
        let bytes = blocks(if big { Order::Big } else { Order::Little }, resolution, offset, &records, cut);
        is_the_same(|| opened(&bytes), most);
        is_the_same(|| Reordered::new(opened(&bytes)), most);
    }

    #[test]
    fn any_byte_of_a_block_may_be_false(records in records(), at in any::<prop::sample::Index>(), value: u8, most in 1..9_u64) {
        let mut bytes = blocks(Order::Little, 6, 0, &records, 0);
        let at = at.index(bytes.len());
        bytes[at] = value;
        if open("it", bytes.clone()).is_ok() {
            is_the_same(|| opened(&bytes), most);
        }
    }

    #[test]
    fn files_that_are_merged_take_turns_as_before(one in records(), other in records(), most in 1..9_u64) {
        let files =
            [file(Order::Little, MICROSECONDS, &one, 0), file(Order::Little, NANOSECONDS, &other, 0), blocks(Order::Big, 6, 0, &other, 0)];
        let merged = || Merged::new(files.iter().map(|bytes| opened(bytes)).collect());
        is_the_same(|| Reordered::new(merged()), most);
        is_the_same(|| Reordered::new(InTurn::new(vec![merged(), merged()])), most);
    }
}

#[test]
fn nearly_all_packets_can_be_passed_over() {
    let record = |n: u32| Made { later: 1_000, data: vec![1 + 3 * (n % 50) as u8; 40], damage: Vec::new() };
    let records: Vec<Made> = (0..1_000).map(record).collect();
    let bytes = file(Order::Little, MICROSECONDS, &records, 0);
    let whole = || CaptureFile::open("it".to_owned(), Box::new(std::io::Cursor::new(bytes.clone())), 1 << 20).unwrap();
    assert_eq!(is_the_same(whole, u64::MAX), 998);
    let bytes = blocks(Order::Little, 6, 0, &records, 0);
    let blocks = || CaptureFile::open("it".to_owned(), Box::new(std::io::Cursor::new(bytes.clone())), 1 << 20).unwrap();
    assert_eq!(is_the_same(blocks, u64::MAX), 999, "a block does not need the next one");
    // Twenty after each that is read.
    assert_eq!(is_the_same(|| Reordered::new(whole()), 10), 951);
}
