//! Files that are no capture of a kind read here.

use crate::capture::testing::{Order, open, pcap};
use crate::capture::{CaptureError, Compression, compressed};

fn told(bytes: &[u8]) -> String {
    let error = open("a", bytes.to_vec()).err().unwrap();
    assert!(matches!(error, CaptureError::NotACapture { .. }), "{error}");
    error.to_string()
}

/// A tar archive with one empty file, with or without POSIX's magic number.
fn tar(magic: &[u8]) -> Vec<u8> {
    let mut header = vec![0; 512];
    header[..6].copy_from_slice(b"a.pcap");
    header[257..257 + magic.len()].copy_from_slice(magic);
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    header
}

#[test]
fn archives_are_named_with_the_command_that_unpacks_them() {
    for (bytes, what, command) in [
        (tar(b"ustar\x0000").as_slice(), "a tar archive", "tar xf"),
        (&tar(b""), "a tar archive", "tar xf"),
        (b"LZIP\x01\xae\0j0\xd1\xc8}", "lzip", "lzip -d"),
        (b"]\0\0\x80\0\xff\xff\xff\xff\xff\xff\xff\xff\0j0", "lzma", "xz -d"),
        (b"]\0\0\x80\0\x57\x28\0\0\0\0\0\0\0j0", "lzma", "xz -d"),
        (b"\x78\x9c\xed\x9a\x7f\x6c", "zlib", "zlib-flate"),
        (b"\x1f\x9d\x90\xd4\x86", "compress", "gzip -d"),
        (b"BZh91AY&SY", "bzip2", "bzip2 -d"),
        (b"7z\xbc\xaf\x27\x1c\0\x04", "7z", "7z x"),
        (b"Rar!\x1a\x07\x01\0", "RAR", "unrar x"),
        (b"PK\x03\x04\x14\0", "ZIP", "unzip"),
        (b"!<arch>\ndebian", "an ar archive", "ar x"),
        (b"070701000000", "cpio", "cpio -id"),
        (b"\x25\xb5\x2f\xfd\0\0", "an old zstd", "zstd -d"),
    ] {
        let told = told(bytes);
        assert!(told.contains(what) && told.contains(command), "{told}");
    }
}

#[test]
fn captures_of_other_programs_are_named_with_the_command_that_converts_them() {
    // As editcap writes them.
    for (bytes, what) in [
        (&b"\xaa\xaa\xaa\xaa \0\0\0"[..], "5View"),
        (b"J\0J\0\0\xea\x07\x0b\x1c\0\x30\x1e\xe0\xc9\x08\0", "CommView"),
        (b"J\0\0\0\xea\x07\x0b\x1c\0\x30\x1e\xe0\xc9\x08\0\0", "CommView"),
        (b"\x01\x10L\0\x01\x05Trace Display ", "LANalyzer"),
        (b"TR\0d\0\0\0\0\0\0\0\0\x80/tmp/wir", "nettl"),
        (b"TRSNIFF data    \x1a\x01\0\x12", "Sniffer"),
        (b"ObserverPktBufferVersion=15.00", "Observer"),
        (b"\x05VNFE\0\0\0", "Visual Networks"),
        (b"+---------+---------------+----------+\r\n", "K12 text"),
        (b"snoop\0\0\0\0\0\0\x02", "snoop"),
        (b"RTSS\0\x01", "Network Monitor"),
        (b"GMBU\0\x02", "Network Monitor"),
        (b"XCP\x00002.002\0", "NetXRay"),
        (b"iptrace 2.0", "iptrace"),
    ] {
        let told = told(bytes);
        assert!(told.contains(what) && told.contains("editcap -F pcap"), "{told}");
    }
    // Two records of Endace's cards.
    let erf = |second: u8| {
        let mut record = vec![0, 0, 0, 0x80, second, 0, 0, 0x60, 2, 4, 0, 82, 0, 0, 0, 64];
        record.resize(82, 0);
        record
    };
    assert!(told(&[erf(1), erf(2)].concat()).contains("an ERF capture"));
}

#[test]
fn what_is_inside_a_compressed_file_is_named() {
    let packed = |compression, content: &[u8]| compressed::tests::compress(compression, content);
    let twice = told(&packed(Compression::Gzip, &packed(Compression::Gzip, &pcap(Order::Little, 3))));
    assert!(
        twice.ends_with(
            "but, once unpacked by gzip, compressed by gzip: unpack it with gzip -d, then unpack it with gzip -d"
        ),
        "{twice}"
    );
    for compression in [Compression::Gzip, Compression::Zstd] {
        let archive = told(&packed(compression, &tar(b"ustar")));
        assert!(archive.ends_with("but a tar archive: unpack it with tar xf"), "{archive}");
    }
    let archive = told(&packed(Compression::Lz4, &tar(b"ustar")));
    assert!(archive.ends_with("a tar archive: unpack it with lz4 -d, then unpack it with tar xf"), "{archive}");
    let snoop = told(&packed(Compression::Gzip, b"snoop\0\0\0\0\0\0\x02"));
    assert!(snoop.ends_with("unpack it with gzip -d, then convert it with editcap -F pcap"), "{snoop}");
    let text = told(&packed(Compression::Gzip, b"From: alice@example.com\r\n"));
    assert!(
        text.ends_with("but, once unpacked by gzip, text: a capture is what tcpdump -w or Wireshark writes"),
        "{text}"
    );
}
