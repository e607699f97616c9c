//! Damaged captures: after a damaged record reading goes on at the next true one, and says what was skipped.

use mailtap::capture::{CaptureError, CaptureFile, Read, Source};
use std::io::{self, Cursor};

/// Captures of each kind of damage and each format.
const CASES: u64 = 20;
/// Packets that may be lost beyond those that were damaged.
const LOST: usize = 10;

/// Numbers that look random, the same in each run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.next() as u8).collect()
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Format {
    Little,
    Big,
    Nanoseconds,
    Modified,
    Blocks,
    BigBlocks,
}

impl Format {
    const ALL: [Self; 6] = [Self::Little, Self::Big, Self::Nanoseconds, Self::Modified, Self::Blocks, Self::BigBlocks];

    fn is_big(self) -> bool {
        matches!(self, Self::Big | Self::BigBlocks)
    }

    fn u32(self, value: u32) -> [u8; 4] {
        if self.is_big() { value.to_be_bytes() } else { value.to_le_bytes() }
    }

    fn fields(self, values: &[u32]) -> Vec<u8> {
        values.iter().flat_map(|value| self.u32(*value)).collect()
    }

    fn block(self, kind: u32, content: &[u8]) -> Vec<u8> {
        let length = content.len().next_multiple_of(4) + 12;
        let mut block = self.fields(&[kind, length as u32]);
        block.extend(content);
        block.resize(length - 4, 0);
        block.extend(self.u32(length as u32));
        block
    }

    fn is_blocks(self) -> bool {
        matches!(self, Self::Blocks | Self::BigBlocks)
    }

    /// Where a record has the length that the next one is found by.
    fn length_at(self) -> usize {
        if self.is_blocks() { 4 } else { 8 }
    }

    fn header(self) -> Vec<u8> {
        let magic = match self {
            Self::Nanoseconds => 0xa1b2_3c4d,
            Self::Modified => 0xa1b2_cd34,
            _ => 0xa1b2_c3d4,
        };
        let version = if self.is_big() { 0x0002_0004 } else { 0x0004_0002 };
        if self.is_blocks() {
            let version = if self.is_big() { 0x0001_0000 } else { 1 };
            let section = self.block(0x0a0d_0d0a, &self.fields(&[0x1a2b_3c4d, version, u32::MAX, u32::MAX]));
            let link = if self.is_big() { 0x0001_0000 } else { 1 };
            return [section, self.block(1, &self.fields(&[link, 0]))].concat();
        }
        self.fields(&[magic, version, 0, 0, 65_535, 1])
    }

    fn record(self, microseconds: u64, data: &[u8]) -> Vec<u8> {
        let (seconds, fraction) = ((microseconds / 1_000_000) as u32, (microseconds % 1_000_000) as u32);
        let length = data.len() as u32;
        if self.is_blocks() {
            let fields = [0, (microseconds >> 32) as u32, microseconds as u32, length, length];
            return self.block(6, &[self.fields(&fields), data.to_vec()].concat());
        }
        let fraction = if self == Self::Nanoseconds { fraction * 1_000 } else { fraction };
        let mut record = self.fields(&[seconds, fraction, length, length]);
        if self == Self::Modified {
            record.extend([0; 8]);
        }
        record.extend(data);
        record
    }

    /// The header and 300 records of packets such as mail has: acknowledgements, lines, whole segments.
    fn capture(self, numbers: &mut Numbers) -> Vec<Vec<u8>> {
        let mut time = 1_700_000_000_000_000;
        let mut parts = vec![self.header()];
        for _ in 0..300 {
            time += 1 + numbers.below(300_000) as u64;
            let payload = [0, 0, 12, 40, 500, 1_448][numbers.below(6)];
            let mut data = [&[2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0][..], &[0; 24]].concat();
            data.extend(numbers.bytes(14));
            data.extend(b"Subject: a line of a letter\r\n".iter().cycle().take(payload));
            parts.push(self.record(time, &data));
        }
        parts
    }
}

const KINDS: [&str; 8] =
    ["a length", "one bit of a length", "one more", "one less", "missing", "inserted", "burst", "zeros"];

/// Damages record `nth`; returns how many records that may cost.
fn damage(kind: &str, parts: &mut [Vec<u8>], nth: usize, format: Format, numbers: &mut Numbers) -> usize {
    let at = format.length_at();
    let low = if format.is_big() { at + 2..at + 4 } else { at..at + 2 };
    match kind {
        "a length" => {
            let value = numbers.bytes(2);
            parts[nth][low].copy_from_slice(&value);
        }
        "one bit of a length" => parts[nth][low.start + numbers.below(2)] ^= 1 << numbers.below(8),
        "one more" | "one less" => {
            let add = if kind == "one more" { 1 } else { u32::MAX };
            let field: [u8; 4] = parts[nth][at..at + 4].try_into().expect("four");
            let value = if format.is_big() { u32::from_be_bytes(field) } else { u32::from_le_bytes(field) };
            parts[nth][at..at + 4].copy_from_slice(&format.u32(value.wrapping_add(add)));
        }
        "inserted" => {
            let (from, count) = (numbers.below(parts[nth].len()), 1 + numbers.below(200));
            let bytes = numbers.bytes(count);
            parts[nth].splice(from..from, bytes);
        }
        "burst" => {
            let (from, count) = (numbers.below(8), 1 + numbers.below(24));
            let bytes = numbers.bytes(count);
            parts[nth][from..from + count].copy_from_slice(&bytes);
        }
        _ => {
            let zeros = kind == "zeros";
            let mut left = if zeros { 16 + numbers.below(4_081) } else { 1 + numbers.below(200) };
            let (mut from, mut touched) = (numbers.below(parts[nth].len()), 0);
            for part in &mut parts[nth..] {
                let end = part.len().min(from + left);
                if zeros {
                    part[from..end].fill(0);
                } else {
                    part.drain(from..end);
                }
                (left, from, touched) = (left - (end - from), 0, touched + 1);
                if left == 0 {
                    break;
                }
            }
            return touched;
        }
    }
    1
}

fn read(bytes: Vec<u8>) -> (usize, Option<CaptureError>, Option<String>) {
    read_from(Box::new(Cursor::new(bytes)))
}

/// As a pipe gives it: in pieces, with interruptions.
struct Pieces(Cursor<Vec<u8>>, Numbers);

impl io::Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.1.below(20) == 0 {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let most = buffer.len().min(1 + self.1.below(700));
        self.0.read(&mut buffer[..most])
    }
}

fn read_from(reader: Box<dyn io::Read + Send>) -> (usize, Option<CaptureError>, Option<String>) {
    let mut file = match CaptureFile::open("it".into(), reader, 1 << 16) {
        Ok(file) => file,
        Err(error) => return (0, Some(error), None),
    };
    let mut packets = 0;
    let error = loop {
        match file.next_packet() {
            Ok(Read::Packet(_)) => packets += 1,
            Ok(Read::Idle(_)) => {}
            Ok(Read::End) => break None,
            Err(error) => break Some(error),
        }
    };
    (packets, error, Source::info(&file).remove(0).problem)
}

#[test]
fn few_packets_are_lost_after_any_damage() {
    let case = |format: Format| {
        for (number, kind) in (1..).zip(KINDS) {
            for case in 0..CASES {
                let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15 ^ number << 32 ^ (case + 1));
                let mut parts = format.capture(&mut numbers);
                let nth = 10 + numbers.below(250);
                let damaged = damage(kind, &mut parts, nth, format, &mut numbers);
                let (packets, error, problem) = read(parts.concat());
                assert!(error.is_none(), "{format:?}, {kind}, {case}: {error:?}");
                assert!(packets + damaged + LOST >= 300, "{format:?}, {kind}, {case}: {packets} packets, {problem:?}");
            }
        }
    };
    std::thread::scope(|scope| Format::ALL.map(|format| scope.spawn(move || case(format))).map(drop));
}

#[test]
fn two_damages_near_and_far_from_each_other() {
    for format in Format::ALL {
        for case in 0..CASES {
            let mut numbers = Numbers(0x51_7cc1_b727_220a ^ (case + 1) << 8);
            let mut parts = format.capture(&mut numbers);
            let nth = 10 + numbers.below(100);
            let other = nth + 1 + numbers.below(if case % 2 == 0 { 5 } else { 150 });
            let mut damaged = 0;
            for nth in [other, nth] {
                let kind = KINDS[numbers.below(KINDS.len())];
                damaged += damage(kind, &mut parts, nth, format, &mut numbers);
            }
            let (packets, error, problem) = read(parts.concat());
            assert!(error.is_none(), "{format:?}, {case}: {error:?}");
            assert!(packets + damaged + LOST >= 300, "{format:?}, {case}: {packets} packets, {problem:?}");
        }
    }
}

#[test]
fn what_comes_in_pieces_is_read_as_the_whole() {
    for format in Format::ALL {
        for (number, kind) in (1..).zip(KINDS) {
            for case in 0..2 {
                let mut numbers = Numbers(0x2545_f491_4f6c_dd1d ^ number << 32 ^ (case + 1));
                let mut parts = format.capture(&mut numbers);
                let nth = 10 + numbers.below(250);
                damage(kind, &mut parts, nth, format, &mut numbers);
                let whole = parts.concat();
                let pieces = Pieces(Cursor::new(whole.clone()), numbers);
                let [one, other] = [read(whole), read_from(Box::new(pieces))]
                    .map(|(packets, error, problem)| (packets, error.map(|error| error.to_string()), problem));
                assert_eq!(one, other, "{format:?}, {kind}, {case}");
            }
        }
    }
}

#[test]
fn a_length_beyond_the_end_is_not_the_end() {
    for format in Format::ALL {
        let mut parts = format.capture(&mut Numbers(1));
        let at = format.length_at();
        let value = format.u32(1 << 17 | 200_000 & !3);
        parts[200][at..at + 4].copy_from_slice(&value);
        let (packets, error, problem) = read(parts.concat());
        assert!(error.is_none() && problem.is_some(), "{format:?}: {error:?}");
        assert_eq!(packets, 299, "{format:?}");
    }
}

#[test]
fn a_file_that_was_cut_is_truncated() {
    for format in Format::ALL {
        let parts = format.capture(&mut Numbers(7));
        let whole = parts.concat();
        let last = parts[300].len();
        for cut in [1, 2, 7, last / 2, last - 17, last - 1] {
            let (packets, error, _) = read(whole[..whole.len() - cut].to_vec());
            assert_eq!(packets, 299, "{format:?}");
            assert!(matches!(error, Some(CaptureError::CutShort { packet: 300, .. })), "{format:?}: {error:?}");
        }
    }
}

#[test]
fn files_one_after_the_other_are_read() {
    for one in Format::ALL {
        for other in Format::ALL {
            let (first, second) = (one.capture(&mut Numbers(3)).concat(), other.capture(&mut Numbers(4)).concat());
            let (packets, error, problem) = read([first.clone(), second.clone()].concat());
            assert!(error.is_none(), "{one:?} {other:?}: {error:?}");
            assert_eq!(packets, 600, "{one:?} {other:?}: {problem:?}");
            // Sections are what a pcapng file is made of.
            let told = format!("another file begins at byte {}, and was read too", first.len());
            let expected = if one.is_blocks() && other.is_blocks() { None } else { Some(told) };
            assert_eq!(problem, expected);
            // The first one may have been cut.
            let (packets, error, _) = read([&first[..first.len() - 20], &second].concat());
            assert!(error.is_none() && packets >= 598, "{one:?} {other:?}: {packets} packets, {error:?}");
        }
    }
}

/// A letter with a capture file attached, as it is (RFC 3030) and in base64: its header in a packet is no file that was
/// appended, whatever happens to the record around it.
#[test]
fn a_file_inside_packets_is_not_another_file() {
    for format in Format::ALL {
        for (number, attached) in (1..).zip(Format::ALL) {
            for case in 0..4 {
                let mut numbers = Numbers(0x2545_f491_4f6c_dd1d ^ number << 32 ^ (case + 1));
                let mut parts = format.capture(&mut numbers);
                let inner = attached.capture(&mut numbers);
                // Whole in one packet, or cut by the ends of several.
                let mut file = if case % 4 == 0 { inner[..5].concat() } else { inner.concat() };
                file.extend(b"\r\n--boundary--\r\n");
                let nth = 100 + numbers.below(50);
                for (part, segment) in parts[nth..].iter_mut().zip(file.chunks(1_448)) {
                    *part = format.record(1_700_000_030_000_000, &[&[0x45; 54], segment].concat());
                }
                let (packets, error, problem) = read(parts.concat());
                assert!(error.is_none(), "{format:?}, {attached:?}, {case}: {error:?}");
                assert_eq!((packets, problem), (300, None), "{format:?}, {attached:?}, {case}");
                let kind = KINDS[numbers.below(KINDS.len())];
                let damaged = damage(kind, &mut parts, nth, format, &mut numbers);
                let (packets, error, problem) = read(parts.concat());
                let told =
                    format!("{format:?}, {attached:?}, {kind}, {case}: {packets} packets, {problem:?}, {error:?}");
                assert!(error.is_none() && packets + damaged + LOST >= 300, "{told}");
                assert!(!problem.is_some_and(|problem| problem.contains("another file")), "{told}");
            }
        }
    }
}

#[test]
fn a_section_of_another_version_is_stepped_over() {
    for format in [Format::Blocks, Format::BigBlocks] {
        let known = format.capture(&mut Numbers(5)).concat();
        let mut unknown = known.clone();
        unknown[if format.is_big() { 13 } else { 12 }] = 2;
        let (packets, error, problem) = read([&known[..], &unknown, &known].concat());
        assert!(error.is_none());
        assert_eq!(packets, 600);
        assert!(problem.is_some_and(|problem| problem.contains("another version")));
    }
}

/// Times far from those before, unusual lengths and fractions are no damage where the records after them are sound.
#[test]
fn what_is_unusual_is_no_damage() {
    let format = Format::Little;
    let usual: Vec<Vec<u8>> = format.capture(&mut Numbers(6));
    let change = |nth: usize, at: usize, value: u32| {
        let mut parts = usual.clone();
        parts[nth][at..at + 4].copy_from_slice(&format.u32(value));
        parts.concat()
    };
    let mut clocks = usual.clone();
    for (number, part) in clocks.iter_mut().enumerate().skip(1) {
        part[..4].copy_from_slice(&format.u32(1_000_000 + 200_000_000 * (number as u32 % 2)));
    }
    let mut fractions = usual.clone();
    for part in fractions.iter_mut().skip(1) {
        part[4..8].copy_from_slice(&format.u32(900_000_000));
    }
    let mut far = usual.clone();
    for (number, part) in far.iter_mut().enumerate().skip(1) {
        part[..4].copy_from_slice(&format.u32(1_000_000 * number as u32));
    }
    let cases = [
        ("years back", change(150, 0, 3)),
        ("years ahead", change(150, 0, 4_000_000_000)),
        ("the first at another time", change(1, 0, 4_000_000_000)),
        ("the last at another time", change(300, 0, 4_000_000_000)),
        ("no second", change(150, 4, 1_000_000)),
        ("shorter on the wire", change(150, 12, 1)),
        ("two clocks", clocks.concat()),
        ("nanoseconds in a file of microseconds", fractions.concat()),
        ("days apart", far.concat()),
    ];
    for (name, bytes) in cases {
        let (packets, error, problem) = read(bytes);
        assert!(error.is_none(), "{name}: {error:?}");
        assert_eq!((packets, problem), (300, None), "{name}");
    }
}

/// Almost-records everywhere, and no record: the time is that of the bytes.
#[test]
fn almost_records_are_read_in_linear_time() {
    let format = Format::Little;
    let time = |count: usize| {
        let mut bytes = format.header();
        bytes.extend(format.record(1_700_000_000_000_000, &[1; 40]));
        for number in 0..count {
            bytes.extend(format.fields(&[1_700_000_000, 5, 16 + (number as u32 % 7), 60, 0xffff_ffff]));
        }
        let begun = std::time::Instant::now();
        read(bytes);
        begun.elapsed()
    };
    let (one, four) = (time(50_000), time(200_000));
    assert!(four < one * 16 + std::time::Duration::from_millis(500), "{one:?}, {four:?}");
}
