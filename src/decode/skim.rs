/*!
A glance at the bytes of a packet, of which nothing is wanted but whether it may be of interest: what [`peek`](super::peek())
says, in some thirty instructions for nearly all packets: TCP, and UDP that carries no tunnel, right behind the usual link layers.
*/

use super::peek::{Peek, look};
use super::slice::PacketSlice;
use super::{link, protocol, tunnel};
use crate::capture::LinkType;

/// What a glance shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Skim {
    /// A TCP segment, with its whole header captured.
    Tcp {
        /// Sender's port.
        source: u16,
        /// Receiver's port.
        destination: u16,
        /// It begins a connection: SYN without ACK.
        begins: bool,
    },
    /// Certainly another kind.
    NotTcp,
    /// The packet has to be decoded.
    Unsure,
}

/// Ports of sender and receiver of the most frequent of all packets, and whether it begins a connection: as [`skim`] tells
/// them of TCP in IPv4 without options in Ethernet without tags. One comparison of lengths allows all others.
#[inline]
pub fn plain_tcp(link: LinkType, data: &[u8]) -> Option<(u16, u16, bool)> {
    let frame = data.first_chunk::<54>()?;
    let total = usize::from(u16::from_be_bytes([frame[16], frame[17]]));
    let header_bytes = 4 * usize::from(frame[46] >> 4);
    let is_plain = link == LinkType::ETHERNET
        && [frame[12], frame[13], frame[14]] == [0x08, 0x00, 0x45]
        && (frame[20] & 0x3f) | frame[21] == 0
        && frame[23] == protocol::TCP
        && header_bytes >= 20
        && 20 + header_bytes <= total
        && 34 + header_bytes <= data.len();
    let port = |at: usize| u16::from_be_bytes([frame[at], frame[at + 1]]);
    if is_plain { Some((port(34), port(36), frame[47] & 0x12 == 0x02)) } else { None }
}

/// Glances at `data`, the captured bytes of a packet of that link type.
#[inline(never)]
pub fn skim(link: LinkType, data: &[u8]) -> Skim {
    let usual = match link {
        LinkType::ETHERNET => ethernet(data),
        LinkType::LINUX_SLL => cooked(data, 14, 2, 16),
        LinkType::LINUX_SLL2 => cooked(data, 0, 8, 20),
        LinkType::RAW | LinkType::IPV4 | LinkType::IPV6 => in_v4(data),
        _ => None,
    };
    usual.unwrap_or_else(|| peeked(link, data))
}

/// The same of other packets.
#[inline(never)]
fn peeked(link: LinkType, data: &[u8]) -> Skim {
    match look(link, PacketSlice::whole(data)) {
        Peek::Tcp(glimpse) => {
            Skim::Tcp { source: glimpse.source_port, destination: glimpse.destination_port, begins: glimpse.begins }
        }
        Peek::NotTcp => Skim::NotTcp,
        Peek::Unsure => Skim::Unsure,
    }
}

/// What is in an Ethernet frame, with one tag or none.
#[inline]
fn ethernet(data: &[u8]) -> Option<Skim> {
    match number(data, 12)? {
        0x8100 | 0x88a8 | 0x9100 => in_ip(number(data, 16)?, data.get(18..)?),
        kind => in_ip(kind, data.get(14..)?),
    }
}

/// What is behind a header of Linux's cooked captures, with the places of its protocol and of the kind of device, and its length.
fn cooked(data: &[u8], kind: usize, hardware: usize, header_bytes: usize) -> Option<Skim> {
    if link::has_own_types(number(data, hardware)?) {
        return None;
    }
    in_ip(number(data, kind)?, data.get(header_bytes..)?)
}

#[inline]
fn in_ip(kind: u16, ip: &[u8]) -> Option<Skim> {
    match kind {
        0x0800 => in_v4(ip),
        0x86dd => in_v6(ip),
        0x0806 => Some(Skim::NotTcp),
        _ => None,
    }
}

/// TCP or UDP in an IPv4 packet without options, which is no fragment.
#[inline]
fn in_v4(ip: &[u8]) -> Option<Skim> {
    let (header, payload) = ip.split_first_chunk::<20>()?;
    if header[0] != 0x45 || (header[6] & 0x3f) | header[7] != 0 {
        return None;
    }
    // What follows the packet is padding. Where the length is left to the network card, it is 0.
    let total = usize::from(u16::from_be_bytes([header[2], header[3]]));
    transport(header[9], payload, total.min(ip.len()).checked_sub(20)?)
}

/// The same in an IPv6 packet without extension headers.
fn in_v6(ip: &[u8]) -> Option<Skim> {
    let (header, payload) = ip.split_first_chunk::<40>()?;
    if header[0] >> 4 != 6 {
        return None;
    }
    let length = usize::from(u16::from_be_bytes([header[4], header[5]]));
    transport(header[6], payload, length.min(payload.len()))
}

/// The first `length` bytes of `payload`.
#[inline]
fn transport(number: u8, payload: &[u8], length: usize) -> Option<Skim> {
    match number {
        protocol::TCP => segment(payload, length),
        protocol::UDP => datagram(payload.get(..length)?),
        _ => None,
    }
}

/// A datagram in which no tunnel is looked for.
#[inline]
fn datagram(udp: &[u8]) -> Option<Skim> {
    (!tunnel::is_tunnel(PacketSlice::whole(udp))?).then_some(Skim::NotTcp)
}

/// A segment of that many bytes, those that were cut off apart.
#[inline]
fn segment(tcp: &[u8], length: usize) -> Option<Skim> {
    let header = tcp.first_chunk::<20>()?;
    let header_bytes = 4 * usize::from(header[12] >> 4);
    (20..=length).contains(&header_bytes).then(|| Skim::Tcp {
        source: u16::from_be_bytes([header[0], header[1]]),
        destination: u16::from_be_bytes([header[2], header[3]]),
        begins: header[13] & 0x12 == 0x02,
    })
}

/// The two bytes at `at` in network byte order.
#[inline]
fn number(data: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*data.get(at..)?.first_chunk()?))
}
