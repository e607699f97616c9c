//! A conversation as TCP segments, as packets, as a capture file.

use mailtap::flow::Side;
use pnet_packet::ethernet::{EtherTypes, MutableEthernetPacket};
use pnet_packet::ip::IpNextHeaderProtocols;
use pnet_packet::ipv4::{self, MutableIpv4Packet};
use pnet_packet::tcp::{self, MutableTcpPacket, TcpFlags};
use proptest::sample::Index;
use std::net::Ipv4Addr;

/// The lab's client.
pub const CLIENT: Ipv4Addr = Ipv4Addr::new(172, 16, 0, 73);
/// The lab's server.
pub const SERVER: Ipv4Addr = Ipv4Addr::new(172, 16, 0, 253);

/// One TCP segment of a conversation; sequence numbers are relative to each side's SYN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    pub from: Side,
    pub sequence: u32,
    pub acknowledgement: u32,
    pub flags: u8,
    pub payload: Vec<u8>,
}

/// The segments of a conversation, payloads cut to at most `size` bytes.
pub fn segments(turns: &[(Side, Vec<u8>)], size: usize) -> Vec<Segment> {
    let mut next = [0_u32; 2];
    let mut sent = Vec::new();
    let mut send = |from: Side, flags: u8, payload: &[u8]| {
        let [own, other] = if from == Side::Client { [0, 1] } else { [1, 0] };
        sent.push(Segment {
            from,
            sequence: next[own],
            acknowledgement: next[other],
            flags,
            payload: payload.to_vec(),
        });
        let taken = u32::from(flags & (TcpFlags::SYN | TcpFlags::FIN) != 0);
        next[own] += payload.len() as u32 + taken;
    };
    send(Side::Client, TcpFlags::SYN, b"");
    send(Side::Server, TcpFlags::SYN | TcpFlags::ACK, b"");
    send(Side::Client, TcpFlags::ACK, b"");
    for (side, bytes) in turns {
        for piece in bytes.chunks(size.max(1)) {
            send(*side, TcpFlags::ACK | TcpFlags::PSH, piece);
        }
        send(side.other(), TcpFlags::ACK, b"");
    }
    send(Side::Client, TcpFlags::ACK | TcpFlags::FIN, b"");
    send(Side::Server, TcpFlags::ACK | TcpFlags::FIN, b"");
    send(Side::Client, TcpFlags::ACK, b"");
    sent
}

/// Copies segments to places before or behind theirs (how far, and 40 too many), then moves some behind theirs (how far).
pub fn disturb(sent: &mut Vec<Segment>, copies: &[(Index, usize)], moves: &[(Index, usize)]) {
    for (from, by) in copies {
        let from = from.index(sent.len());
        let to = (from + by).saturating_sub(40).min(sent.len());
        sent.insert(to, sent[from].clone());
    }
    for (from, by) in moves {
        let from = from.index(sent.len());
        let to = (from + by).min(sent.len() - 1);
        let moved = sent.remove(from);
        sent.insert(to, moved);
    }
}

/// The frame of a segment between the lab's hosts.
pub fn frame(segment: &Segment, client_port: u16, server_port: u16) -> Vec<u8> {
    const START: [u32; 2] = [u32::MAX - 50, 1_000_000];
    let mut tcp = vec![0; 20 + segment.payload.len()];
    let (source, destination, ports, start) = match segment.from {
        Side::Client => (CLIENT, SERVER, [client_port, server_port], START),
        Side::Server => (SERVER, CLIENT, [server_port, client_port], [START[1], START[0]]),
    };
    let mut packet = MutableTcpPacket::new(&mut tcp).expect("room for a header");
    packet.set_source(ports[0]);
    packet.set_destination(ports[1]);
    packet.set_sequence(start[0].wrapping_add(segment.sequence));
    if segment.flags & TcpFlags::ACK != 0 {
        packet.set_acknowledgement(start[1].wrapping_add(segment.acknowledgement));
    }
    packet.set_data_offset(5);
    packet.set_flags(segment.flags);
    packet.set_window(65_535);
    packet.set_payload(&segment.payload);
    let checksum = tcp::ipv4_checksum(&packet.to_immutable(), &source, &destination);
    packet.set_checksum(checksum);

    let mut ip = vec![0; 20 + tcp.len()];
    let mut packet = MutableIpv4Packet::new(&mut ip).expect("room for a header");
    packet.set_version(4);
    packet.set_header_length(5);
    packet.set_total_length(20 + tcp.len() as u16);
    packet.set_ttl(64);
    packet.set_next_level_protocol(IpNextHeaderProtocols::Tcp);
    packet.set_source(source);
    packet.set_destination(destination);
    packet.set_payload(&tcp);
    let checksum = ipv4::checksum(&packet.to_immutable());
    packet.set_checksum(checksum);

    let mut ethernet = vec![0; 14 + ip.len()];
    let mut packet = MutableEthernetPacket::new(&mut ethernet).expect("room for a header");
    packet.set_ethertype(EtherTypes::Ipv4);
    packet.set_payload(&ip);
    ethernet
}

/// A captured packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// When it was captured: microseconds since [`EPOCH`].
    pub time: u64,
    /// The captured bytes; fewer than `wire_len` where it was truncated.
    pub frame: Vec<u8>,
    /// Its length on the wire.
    pub wire_len: usize,
}

impl Packet {
    /// A packet that was captured whole.
    pub fn new(time: u64, frame: Vec<u8>) -> Self {
        Self { time, wire_len: frame.len(), frame }
    }

    /// The side that sent it, by its address.
    pub fn from(&self) -> Side {
        if self.frame[26..30] == CLIENT.octets() { Side::Client } else { Side::Server }
    }

    /// Length of the captured TCP payload in octets.
    pub fn payload(&self) -> u64 {
        self.frame.len() as u64 - 54
    }
}

/// The frame with this IPv4 identification. The checksum is left wrong: mailtap does not check it.
pub fn numbered(mut frame: Vec<u8>, identification: u16) -> Vec<u8> {
    frame[18..20].copy_from_slice(&identification.to_be_bytes());
    frame
}

/// The packets of segments, `apart` microseconds between them. Each side numbers its packets (IPv4 identification).
pub fn packets(sent: &[Segment], port: u16, apart: u64) -> Vec<Packet> {
    let mut next = [65_500_u16, 20_000];
    (0..)
        .zip(sent)
        .map(|(n, segment)| {
            let own = &mut next[segment.from as usize];
            *own = own.wrapping_add(1).max(1);
            let frame = numbered(frame(segment, 40_000, port), *own);
            Packet::new(1_000_000 + n * apart, frame)
        })
        .collect()
}

/// The time from which packets are counted: seconds since 1970.
pub const EPOCH: u32 = 1_700_000_000;
/// Link type: Ethernet.
const ETHERNET: u32 = 1;

/// A classic pcap file (microseconds, little-endian, Ethernet).
pub fn pcap(packets: &[Packet]) -> Vec<u8> {
    pcap_of(ETHERNET, packets)
}

/// As [`pcap`], of another link type.
pub fn pcap_of(link_type: u32, packets: &[Packet]) -> Vec<u8> {
    let words = [0xa1b2_c3d4, 0x0004_0002, 0, 0, 262_144, link_type];
    let mut file = words.map(u32::to_le_bytes).concat();
    for Packet { time, frame, wire_len } in packets {
        let (seconds, rest) = ((time / 1_000_000) as u32, (time % 1_000_000) as u32);
        let words = [EPOCH + seconds, rest, frame.len() as u32, *wire_len as u32];
        file.extend_from_slice(words.map(u32::to_le_bytes).as_flattened());
        file.extend_from_slice(frame);
    }
    file
}

/// The capture file of frames a millisecond apart.
pub fn recorded(frames: impl IntoIterator<Item = Vec<u8>>) -> Vec<u8> {
    let packets: Vec<Packet> = (0..).zip(frames).map(|(number, frame)| Packet::new(1_000 * number, frame)).collect();
    pcap(&packets)
}

/// The capture file of a conversation with the server's `port`.
pub fn captured(segments: &[Segment], port: u16) -> Vec<u8> {
    recorded(segments.iter().map(|segment| frame(segment, 40_000, port)))
}
