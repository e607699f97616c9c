/*!
Files that are no capture of a kind read here: what they seem to be, and the command that makes one of them.

First bytes as file(1) and Wireshark's wiretap library know them.
*/

use super::Compression;
use super::compressed;

/// Bytes of a file that are looked at: a tar archive says what it is in its 263rd.
pub(super) const BEGINNING_BYTES: usize = 512;

const TAR: &str = "unpack it with tar xf";
const WIRESHARK: &str = "convert it with editcap -F pcap";

/// Where bytes stand, which, what they say of the file, and what to do (nothing, where there is nothing to be done).
type Known = (usize, &'static [u8], &'static str, &'static str);

const KNOWN: &[Known] = &[
    (0, b"\xfd7zXZ", "compressed by xz", "unpack it with xz -d"),
    (0, b"BZh", "compressed by bzip2", "unpack it with bzip2 -d"),
    (0, b"\x02\x21\x4c\x18", "compressed by an old lz4", "unpack it with lz4 -d"),
    (0, b"LZIP", "compressed by lzip", "unpack it with lzip -d"),
    (0, b"\x89LZO\0\r\n\x1a\n", "compressed by lzop", "unpack it with lzop -d"),
    (0, b"LRZI", "compressed by lrzip", "unpack it with lrzip -d"),
    (0, b"\x1f\x9d", "compressed by compress", "unpack it with gzip -d"),
    (0, b"\x1f\x1e", "compressed by pack", "unpack it with gzip -d"),
    (0, b"\x1f\xa0", "compressed by SCO compress", "unpack it with gzip -d"),
    (0, b"\xff\x06\0\0sNaPpY", "compressed by snappy", "unpack it with snzip -d"),
    (0, b"bvx", "compressed by lzfse", "unpack it with lzfse -decode"),
    (0, b"\x37\xa4\x30\xec", "a dictionary of zstd", "name the capture"),
    (257, b"ustar", "a tar archive", TAR),
    (0, b"PK\x03\x04", "a ZIP archive", "unpack it with unzip"),
    (0, b"PK\x05\x06", "an empty ZIP archive", "make it again"),
    (0, b"PK\x07\x08", "a ZIP archive", "unpack it with unzip"),
    (0, b"7z\xbc\xaf", "a 7z archive", "unpack it with 7z x"),
    (0, b"Rar!\x1a\x07", "a RAR archive", "unpack it with unrar x"),
    (0, b"MSCF", "a cabinet archive", "unpack it with cabextract"),
    (0, b"07070", "a cpio archive", "unpack it with cpio -id"),
    (0, b"\xc7\x71", "a cpio archive", "unpack it with cpio -id"),
    (0, b"\x71\xc7", "a cpio archive", "unpack it with cpio -id"),
    (0, b"!<arch>\n", "an ar archive", "unpack it with ar x"),
    (0, b"xar!", "a xar archive", "unpack it with xar -xf"),
    (0, b"Salted__", "encrypted by openssl", "decrypt it with openssl enc -d"),
    (0, b"age-encryption.org", "encrypted by age", "decrypt it with age -d"),
    (0, b"-----BEGIN PGP MESSAGE", "encrypted by PGP", "decrypt it with gpg -d"),
    (0, b"snoop", "a snoop capture", WIRESHARK),
    (0, b"GMBU", "a Network Monitor capture", WIRESHARK),
    (0, b"RTSS", "a Network Monitor capture", WIRESHARK),
    (0, b"XCP\0", "a NetXRay capture", WIRESHARK),
    (0, b"VL\0\0", "a NetXRay capture", WIRESHARK),
    (0, b"\xaa\xaa\xaa\xaa", "a 5View capture", WIRESHARK),
    (0, b"\x01\x10\x4c\0", "a LANalyzer capture", WIRESHARK),
    (0, b"\x07\x10\x4c\0", "a LANalyzer capture", WIRESHARK),
    (0, b"TR\0d\0", "a nettl capture", WIRESHARK),
    (0, b"\0\0\0\x01\0\0\0\0\0\x07\xd0\0", "a nettl capture", WIRESHARK),
    (0, b"TRSNIFF data", "a Sniffer capture", WIRESHARK),
    (0, b"ObserverPktBuffe", "an Observer capture", WIRESHARK),
    (0, b"\x05VNF", "a Visual Networks capture", WIRESHARK),
    (0, b"iptrace ", "an AIX iptrace capture", WIRESHARK),
    (0, b"+---------+---------", "a K12 text capture", WIRESHARK),
    (0, b"\0\0\x02\0\x12\x05\0\x10", "a K12 capture", WIRESHARK),
    (0, b"\x7fver", "a Peek capture", WIRESHARK),
    (0, b"cpse", "a Capsa capture", WIRESHARK),
    (0, b"EyeSDN", "an EyeSDN capture", WIRESHARK),
    (0, b"btsnoop\0", "a Bluetooth snoop log", "it has no mail in IP packets"),
    (0, b"\xa1\xb2\x34\xcd", "a pcap file of an experimental flavour", WIRESHARK),
    (0, b"\xcd\x34\xb2\xa1", "a pcap file of an experimental flavour", WIRESHARK),
    (0, b"\x7fELF", "a program", ""),
    (0, b"%PDF", "a PDF document", ""),
    (0, b"\x89PNG", "a picture", ""),
    (0, &[0; 4], "zeros", "it was allocated and never written"),
];

/// What a file that is not a capture seems to be, for [`super::CaptureError::NotACapture`]: `beginning` is what it
/// begins with, once unpacked from `compression`.
pub(super) fn looks_like(beginning: &[u8], compression: Option<Compression>) -> String {
    let (what, advice) = match named(beginning) {
        Some(known) => known,
        None => return "and nothing else that is known here".to_owned(),
    };
    match compression {
        _ if advice.is_empty() => format!("but {what}"),
        None => format!("but {what}: {advice}"),
        // tar unpacks these by itself.
        Some(Compression::Gzip | Compression::Zstd) if advice == TAR => format!("but {what}: {advice}"),
        Some(outer) => {
            let outer = outer.name();
            let first = if advice.starts_with("a capture") {
                String::new()
            } else {
                format!("unpack it with {outer} -d, then ")
            };
            format!("but, once unpacked by {outer}, {what}: {first}{advice}")
        }
    }
}

/// What a file seems to be that begins so, and what to do.
fn named(beginning: &[u8]) -> Option<(&'static str, &'static str)> {
    let has = |at: usize, bytes: &[u8]| beginning.get(at..).is_some_and(|rest| rest.starts_with(bytes));
    if let Some((_, _, what, advice)) = KNOWN.iter().find(|(at, bytes, _, _)| has(*at, bytes)) {
        return Some((what, advice));
    }
    if let Some(compression) = compressed::announced(beginning) {
        return Some(match compression {
            Compression::Gzip => ("compressed by gzip", "unpack it with gzip -d"),
            Compression::Zstd => ("compressed by zstd", "unpack it with zstd -d"),
            Compression::Lz4 => ("compressed by lz4", "unpack it with lz4 -d"),
        });
    }
    Some(match beginning {
        // Its first seven versions, 0.1 to 0.7.
        [0x1e..=0x27, 0xb5, 0x2f, 0xfd, ..] => ("compressed by an old zstd", "unpack it with zstd -d"),
        text if text.iter().all(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~' | 0x80..)) => {
            ("text", "a capture is what tcpdump -w or Wireshark writes")
        }
        // 0x78: deflate with its usual window (RFC 1950 section 2.2); both bytes are a multiple of 31.
        [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..] => ("compressed by zlib", "unpack it with zlib-flate -uncompress"),
        lzma if is_lzma(lzma) => ("compressed by lzma", "unpack it with xz -d"),
        tar if is_old_tar(tar) => ("a tar archive", TAR),
        commview if is_commview(commview) => ("a CommView capture", WIRESHARK),
        erf if is_erf(erf) => ("an ERF capture", WIRESHARK),
        nstrace
            if memchr::memmem::find(nstrace, b"etscaler ")
                .or(memchr::memmem::find(nstrace, b"etScaler "))
                .is_some() =>
        {
            ("a NetScaler trace", WIRESHARK)
        }
        _ => return None,
    })
}

/// The usual properties, a dictionary of whole kilobytes, and the size of the content, or none.
fn is_lzma(beginning: &[u8]) -> bool {
    let Some([0x5d, 0, low, _, high, size @ ..]) = beginning.first_chunk::<13>() else { return false };
    let size = u64::from_le_bytes(*size);
    low & 3 == 0 && *high < 0x40 && (size == u64::MAX || size < 1 << 48)
}

/// A header without a magic number, as before POSIX: told by its checksum, the sum of its bytes with the checksum's own
/// taken for spaces.
fn is_old_tar(beginning: &[u8]) -> bool {
    let Some(header) = beginning.first_chunk::<512>() else { return false };
    let Some(field) = header.get(148..156) else { return false };
    let digits = std::str::from_utf8(field).unwrap_or_default().trim_matches(['\0', ' ']);
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    let own: u32 = field.iter().map(|byte| u32::from(*byte)).sum();
    header.first() != Some(&0) && u32::from_str_radix(digits, 8) == Ok(sum - own + 8 * u32::from(b' '))
}

/// CommView's records, NCF or NCFX: lengths, then the year as a number, month, day, hour, minute and second.
fn is_commview(beginning: &[u8]) -> bool {
    let dated = |at: usize| {
        matches!(beginning.get(at..at + 7), Some(&[low, high, 1..=12, 1..=31, ..=23, ..=59, ..=60])
            if (1990..2100).contains(&u16::from_le_bytes([low, high])))
    };
    (beginning.get(4) == Some(&0) && dated(5)) || dated(4)
}

/// Endace's records: a time of 64 bits, its seconds the higher half, little-endian; type, flags, and, big-endian, the
/// length of the record. The second is of a time near the first's.
fn is_erf(beginning: &[u8]) -> bool {
    let record = |at: usize| match beginning.get(at..)?.first_chunk::<16>()? {
        [_, _, _, _, a, b, c, d, kind, _, high, low, ..] => {
            let seconds = u32::from_le_bytes([*a, *b, *c, *d]);
            let length = usize::from(u16::from_be_bytes([*high, *low]));
            ((1..=48).contains(&(kind & 0x7f)) && length >= 16).then_some((seconds, length))
        }
    };
    let Some((first, length)) = record(0) else { return false };
    record(length).is_some_and(|(second, _)| first != 0 && first.abs_diff(second) < 86_400)
}
