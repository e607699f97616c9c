//! Random numbers, and packets with their checksums right.

use std::net::Ipv4Addr;

/// SplitMix64 (Steele, Lea and Flood 2014): the same numbers from the same seed, on any machine and for ever.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.number()) * bound as u128) >> 64) as usize
    }

    /// True once in `times` times.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub fn bytes(&mut self, len: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(len + 8);
        while bytes.len() < len {
            bytes.extend_from_slice(&self.number().to_le_bytes());
        }
        bytes.truncate(len);
        bytes
    }
}

/// TCP's flags.
pub const FIN: u8 = 0x01;
pub const SYN: u8 = 0x02;
pub const PSH: u8 = 0x08;
pub const ACK: u8 = 0x10;

/// One end of a conversation.
#[derive(Debug, Clone, Copy)]
pub struct End {
    pub address: Ipv4Addr,
    pub port: u16,
}

/// A TCP segment in IPv4 in Ethernet.
pub fn tcp(from: End, to: End, sequence: u32, acknowledgement: u32, flags: u8, payload: &[u8]) -> Vec<u8> {
    let mut segment = Vec::with_capacity(20 + payload.len());
    segment.extend_from_slice(&from.port.to_be_bytes());
    segment.extend_from_slice(&to.port.to_be_bytes());
    segment.extend_from_slice(&sequence.to_be_bytes());
    segment.extend_from_slice(&acknowledgement.to_be_bytes());
    segment.extend_from_slice(&[0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
    segment.extend_from_slice(payload);
    let sum = pseudo_header(from, to, 6, segment.len()) + sum(&segment);
    segment[16..18].copy_from_slice(&folded(sum).to_be_bytes());
    ipv4(from, to, 6, &segment)
}

/// A UDP datagram in IPv4 in Ethernet.
pub fn udp(from: End, to: End, payload: &[u8]) -> Vec<u8> {
    let len = (8 + payload.len()) as u16;
    let mut datagram = Vec::with_capacity(8 + payload.len());
    for field in [from.port, to.port, len, 0] {
        datagram.extend_from_slice(&field.to_be_bytes());
    }
    datagram.extend_from_slice(payload);
    let sum = pseudo_header(from, to, 17, datagram.len()) + sum(&datagram);
    datagram[6..8].copy_from_slice(&folded(sum).to_be_bytes());
    ipv4(from, to, 17, &datagram)
}

fn ipv4(from: End, to: End, protocol: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(34 + payload.len());
    frame.extend_from_slice(&[2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x08, 0x00]);
    let total = (20 + payload.len()) as u16;
    frame.extend_from_slice(&[0x45, 0]);
    frame.extend_from_slice(&total.to_be_bytes());
    frame.extend_from_slice(&[0, 0, 0x40, 0, 64, protocol, 0, 0]);
    frame.extend_from_slice(&from.address.octets());
    frame.extend_from_slice(&to.address.octets());
    let checksum = folded(sum(&frame[14..34]));
    frame[24..26].copy_from_slice(&checksum.to_be_bytes());
    frame.extend_from_slice(payload);
    frame
}

fn pseudo_header(from: End, to: End, protocol: u8, len: usize) -> u64 {
    sum(&from.address.octets()) + sum(&to.address.octets()) + u64::from(protocol) + len as u64
}

/// RFC 1071, without folding.
fn sum(bytes: &[u8]) -> u64 {
    let mut pairs = bytes.chunks_exact(2);
    let sum: u64 = pairs.by_ref().map(|pair| u64::from(u16::from_be_bytes([pair[0], pair[1]]))).sum();
    sum + pairs.remainder().first().map_or(0, |&last| u64::from(last) << 8)
}

fn folded(mut sum: u64) -> u16 {
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}
