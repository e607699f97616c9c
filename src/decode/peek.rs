/*!
A look at a packet that costs a few nanoseconds: a packet that cannot be TCP need not be decoded, and the ports of a TCP
segment show whether it is of interest. Only then are the rest of its headers read.

It handles the common chains only (Ethernet with tags, Linux cooked, raw IP; IP without fragments, extension headers and
tunnels) and is conservative: a packet that it does not understand is [`Peek::Unsure`] and goes to
[`Decoder::decode`](super::Decoder::decode), which agrees with it on all other packets.
*/

use super::slice::PacketSlice;
use super::{IpPayload, Segment, icmp, link, multipath, protocol, tcp, tunnel};
use crate::capture::{LinkType, Packet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What a look at a packet shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peek<'a> {
    /// A TCP segment, with its whole header captured.
    Tcp(PeekedTcp<'a>),
    /// Certainly another kind: decoding returns [`Decoded::Other`](super::Decoded::Other).
    NotTcp,
    /// The packet has to be decoded.
    Unsure,
}

/// Where the headers of a TCP segment are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeekedTcp<'a> {
    /// Sender's port.
    pub source_port: u16,
    /// Receiver's port.
    pub destination_port: u16,
    /// It begins a connection: SYN without ACK.
    pub begins: bool,
    ip: Ip<'a>,
    tcp: PacketSlice<'a>,
}

/// An IP header without options or extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ip<'a> {
    V4(&'a [u8; 20]),
    V6(&'a [u8; 40]),
}

impl<'a> PeekedTcp<'a> {
    /// Sender's and receiver's address.
    #[inline]
    pub fn addresses(&self) -> (IpAddr, IpAddr) {
        self.ip.addresses()
    }

    /// The captured bytes of its payload, where it has no option of Multipath TCP; None where it has one.
    #[inline]
    pub fn plain_payload(&self) -> Option<usize> {
        let header_bytes = 4 * usize::from(self.tcp.u8(12)? >> 4);
        let options = self.tcp.bytes.get(20..header_bytes)?;
        if multipath::is_among(options) { None } else { Some(self.tcp.bytes.len() - header_bytes) }
    }

    /// The segment that `packet` carries: the same that decoding it returns.
    #[inline]
    pub fn segment(&self, packet: &Packet<'a>) -> Option<Segment<'a>> {
        let (source, destination) = self.ip.addresses();
        let (identification, hops) = match self.ip {
            Ip::V4(header) => {
                (Some(u16::from_be_bytes([header[4], header[5]])).filter(|&number| number != 0), header[8])
            }
            Ip::V6(header) => (None, header[7]),
        };
        let payload = IpPayload { source, destination, identification, hops, protocol: protocol::TCP, slice: self.tcp };
        Some(tcp::Tcp::read(&payload).ok()?.segment(packet))
    }
}

impl Ip<'_> {
    /// Sender and receiver.
    #[inline]
    fn addresses(self) -> (IpAddr, IpAddr) {
        match self {
            Self::V4(&[.., a, b, c, d, e, f, g, h]) => {
                (Ipv4Addr::new(a, b, c, d).into(), Ipv4Addr::new(e, f, g, h).into())
            }
            Self::V6(header) => {
                let (_, addresses) = header.split_at(8);
                let address = |octets: Option<&[u8; 16]>| Ipv6Addr::from(octets.copied().unwrap_or_default()).into();
                (address(addresses.first_chunk()), address(addresses.last_chunk()))
            }
        }
    }
}

/// The most tags that are skipped.
const TAGS: usize = 4;

/// Looks at a packet.
#[inline]
pub fn peek<'a>(packet: &Packet<'a>) -> Peek<'a> {
    look(packet.link, PacketSlice::captured(packet))
}

/// The same at the bytes of a packet of that link type.
pub(super) fn look(link: LinkType, slice: PacketSlice<'_>) -> Peek<'_> {
    let seen = match link {
        LinkType::ETHERNET => slice.u16(12).and_then(|kind| ether_type(kind, slice.skip(14)?)),
        // On some devices the field is not an EtherType.
        LinkType::LINUX_SLL if slice.u16(2).is_some_and(|hardware| !link::has_own_types(hardware)) => {
            slice.u16(14).and_then(|kind| ether_type(kind, slice.skip(16)?))
        }
        LinkType::LINUX_SLL2 if slice.u16(8).is_some_and(|hardware| !link::has_own_types(hardware)) => {
            slice.u16(0).and_then(|kind| ether_type(kind, slice.skip(20)?))
        }
        LinkType::RAW | LinkType::IPV4 | LinkType::IPV6 | LinkType(12 | 14) => ip(slice),
        LinkType::NULL | LinkType::LOOP => loopback(slice),
        _ => None,
    };
    seen.unwrap_or(Peek::Unsure)
}

fn loopback(slice: PacketSlice<'_>) -> Option<Peek<'_>> {
    if link::is_loopback_ip(slice)? { ip(slice.skip(4)?) } else { Some(Peek::NotTcp) }
}

#[inline]
fn ether_type(mut kind: u16, mut slice: PacketSlice<'_>) -> Option<Peek<'_>> {
    for _ in 0..=TAGS {
        match kind {
            0x0800 | 0x86dd => return ip(slice),
            0x0806 => return Some(Peek::NotTcp),
            0x8100 | 0x88a8 | 0x9100 => (kind, slice) = (slice.u16(2)?, slice.skip(4)?),
            _ => return None,
        }
    }
    None
}

#[inline]
fn ip(slice: PacketSlice<'_>) -> Option<Peek<'_>> {
    match slice.u8(0)? {
        first @ 0x45..=0x4f => {
            let header = slice.first::<20>()?;
            let header_bytes = 4 * usize::from(first & 0x0f);
            let total = usize::from(slice.u16(2)?);
            let unfragmented = slice.u16(6)? & 0x3fff == 0;
            if !unfragmented || (total != 0 && total < header_bytes) {
                return None;
            }
            let slice = if total == 0 { slice } else { slice.limit(total) };
            transport(header[9], Ip::V4(header), slice.skip(header_bytes)?)
        }
        0x60..=0x6f => {
            let header = slice.first::<40>()?;
            let length = usize::from(slice.u16(4)?);
            let slice = slice.skip(40)?;
            let slice = if length == 0 { slice } else { slice.limit(length) };
            transport(header[6], Ip::V6(header), slice)
        }
        _ => None,
    }
}

#[inline]
fn transport<'a>(number: u8, ip: Ip<'a>, slice: PacketSlice<'a>) -> Option<Peek<'a>> {
    const IGMP: u8 = 2;
    match number {
        protocol::TCP => {
            let header = slice.first::<20>()?;
            let header_bytes = 4 * usize::from(header[12] >> 4);
            // Decoding reports what is wrong with a header that is truncated or too short.
            if !(20..=slice.bytes.len()).contains(&header_bytes) {
                return None;
            }
            Some(Peek::Tcp(PeekedTcp {
                source_port: u16::from_be_bytes([header[0], header[1]]),
                destination_port: u16::from_be_bytes([header[2], header[3]]),
                begins: header[13] & 0x12 == 0x02,
                ip,
                tcp: slice,
            }))
        }
        protocol::UDP if tunnel::is_tunnel(slice)? => None,
        // It may be an error about a segment. Of one that was cut too short, nothing is known.
        protocol::ICMP if icmp::is_error_v4(slice.u8(0)?) => None,
        protocol::ICMPV6 if icmp::is_error_v6(slice.u8(0)?) => None,
        protocol::UDP | protocol::ICMP | IGMP | protocol::ICMPV6 => Some(Peek::NotTcp),
        _ => None,
    }
}
