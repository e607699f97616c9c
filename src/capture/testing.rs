//! Capture files made for tests, byte by byte.

use super::{CaptureError, CaptureFile, Cursor, LinkType, Moved, Reading, SourceInfo, Time};
use std::path::Path;

/// Byte order of a made file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Little,
    Big,
}

impl Order {
    pub(super) const BOTH: [Self; 2] = [Self::Little, Self::Big];

    pub(super) fn u16(self, value: u16) -> [u8; 2] {
        match self {
            Self::Little => value.to_le_bytes(),
            Self::Big => value.to_be_bytes(),
        }
    }

    pub(super) fn u32(self, value: u32) -> [u8; 4] {
        match self {
            Self::Little => value.to_le_bytes(),
            Self::Big => value.to_be_bytes(),
        }
    }

    pub(super) fn u64(self, value: u64) -> [u8; 8] {
        match self {
            Self::Little => value.to_le_bytes(),
            Self::Big => value.to_be_bytes(),
        }
    }
}

/// A capture file, by itself.
pub(super) fn open_file(path: &Path) -> Result<CaptureFile, CaptureError> {
    super::open::file(path, 1 << 16, Reading::Here, None, None)
}

/// A classic file's header.
pub(super) fn pcap_header(order: Order, magic: u32, link: u32) -> Vec<u8> {
    let mut bytes = order.u32(magic).to_vec();
    bytes.extend([order.u16(2), order.u16(4)].concat());
    bytes.extend([0, 0, 65_535, link].map(|field| order.u32(field)).concat());
    bytes
}

/// A record of a classic file.
pub(super) fn pcap_record(order: Order, seconds: u32, fraction: u32, data: &[u8], original: u32) -> Vec<u8> {
    let captured = u32::try_from(data.len()).unwrap();
    let mut bytes = [seconds, fraction, captured, original].map(|field| order.u32(field)).concat();
    bytes.extend(data);
    bytes
}

/// A classic file of `count` packets, one a second from 1000; packet n holds n bytes of the value n.
pub(super) fn pcap(order: Order, count: u8) -> Vec<u8> {
    let mut bytes = pcap_header(order, 0xa1b2_c3d4, 1);
    for n in 1..=count {
        bytes.extend(pcap_record(order, 1_000 + u32::from(n), 5, &vec![n; n.into()], 60));
    }
    bytes
}

/// A block of a pcapng file.
pub(super) fn block(order: Order, kind: u32, content: &[u8]) -> Vec<u8> {
    let padded = content.len().next_multiple_of(4);
    let length = order.u32(u32::try_from(padded + 12).unwrap());
    let mut bytes = [order.u32(kind), length].concat();
    bytes.extend(content);
    bytes.resize(8 + padded, 0);
    bytes.extend(length);
    bytes
}

/// A section header.
pub(super) fn section(order: Order) -> Vec<u8> {
    let mut content = order.u32(0x1a2b_3c4d).to_vec();
    content.extend([order.u16(1), order.u16(0)].concat());
    content.extend(order.u64(u64::MAX));
    block(order, 0x0a0d_0d0a, &content)
}

/// An option.
pub(super) fn option(order: Order, code: u16, value: &[u8]) -> Vec<u8> {
    let mut bytes = [order.u16(code), order.u16(u16::try_from(value.len()).unwrap())].concat();
    bytes.extend(value);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// An interface description.
pub(super) fn interface(order: Order, link: u16, snaplen: u32, options: &[Vec<u8>]) -> Vec<u8> {
    let mut content = [order.u16(link), order.u16(0)].concat();
    content.extend(order.u32(snaplen));
    content.extend(options.concat());
    block(order, 1, &content)
}

/// An enhanced packet.
pub(super) fn packet(order: Order, interface: u32, stamp: u64, data: &[u8], original: u32) -> Vec<u8> {
    let captured = u32::try_from(data.len()).unwrap();
    let fields = [interface, (stamp >> 32) as u32, stamp as u32, captured, original];
    let mut content = fields.map(|field| order.u32(field)).concat();
    content.extend(data);
    block(order, 6, &content)
}

/// A packet as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) number: u64,
    pub(super) time: Time,
    pub(super) link: LinkType,
    pub(super) data: Vec<u8>,
    pub(super) wire_len: u32,
}

/// Opens bytes as a file of that name.
pub(super) fn open(name: &str, bytes: Vec<u8>) -> Result<CaptureFile, CaptureError> {
    CaptureFile::open(name.to_owned(), Box::new(std::io::Cursor::new(bytes)), 64)
}

/// Reads all packets, up to the end or the error, and returns the source's info after that.
pub(super) fn read_all(mut cursor: impl Cursor) -> (Vec<Seen>, Option<CaptureError>, Vec<SourceInfo>) {
    let mut seen = Vec::new();
    let error = loop {
        match cursor.advance() {
            Ok(Moved::Packet) => {
                let packet = cursor.packet();
                seen.push(Seen {
                    number: packet.number,
                    time: packet.time,
                    link: packet.link,
                    data: packet.data.to_vec(),
                    wire_len: packet.wire_len,
                });
            }
            Ok(Moved::Idle(_)) => {}
            Ok(Moved::End) => break None,
            Err(error) => break Some(error),
        }
    };
    assert_eq!(cursor.advance().unwrap(), Moved::End, "after the end, or an error, comes the end");
    (seen, error, cursor.info())
}
