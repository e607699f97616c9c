/*!
A look at a packet that costs a few nanoseconds: what cannot be TCP need not be decoded, and of what is TCP the ports tell
whether anybody cares. Only then is the rest of its headers read.

It answers for the common chains only (Ethernet with tags, Linux cooked, raw IP; IP without fragments, extension headers
and tunnels) and is conservative: whatever it does not understand is [`Peek::Unsure`] and goes to
[`Decoder::decode`](super::Decoder::decode), which says the same of all others.
*/

use super::ip::protocol;
use super::part::Part;
use super::{IpPayload, Segment, link, tcp, tunnel};
use crate::capture::{LinkType, Packet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What a packet is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peek<'a> {
    /// A TCP segment, whose header is all there.
    Tcp(Glimpse<'a>),
    /// Of another kind, certainly: decoding answers [`Decoded::Other`](super::Decoded::Other).
    NotTcp,
    /// Only decoding can tell.
    Unsure,
}

/// Where the headers of a TCP segment are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glimpse<'a> {
    /// Sender's port.
    pub source_port: u16,
    /// Receiver's port.
    pub destination_port: u16,
    /// It begins a connection: SYN without ACK.
    pub begins: bool,
    ip: Ip<'a>,
    tcp: Part<'a>,
}

/// An IP header without options or extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ip<'a> {
    V4(&'a [u8; 20]),
    V6(&'a [u8; 40]),
}

impl<'a> Glimpse<'a> {
    /// The segment that `packet` carries: the same that decoding it comes to.
    pub fn segment(&self, packet: &Packet<'a>) -> Option<Segment<'a>> {
        let (source, destination) = self.ip.addresses();
        let identification = match self.ip {
            Ip::V4(header) => Some(u16::from_be_bytes([header[4], header[5]])).filter(|&number| number != 0),
            Ip::V6(_) => None,
        };
        let payload = IpPayload { source, destination, identification, protocol: protocol::TCP, part: self.tcp };
        Some(tcp::Tcp::read(&payload).ok()?.segment(packet))
    }
}

impl Ip<'_> {
    /// Sender and receiver.
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

/// Tags that are looked past.
const TAGS: usize = 4;

/// Looks at a packet.
#[inline]
pub fn peek<'a>(packet: &Packet<'a>) -> Peek<'a> {
    let part = Part::captured(packet);
    let seen = match packet.link {
        LinkType::ETHERNET => part.u16(12).and_then(|kind| ether_type(kind, part.skip(14)?)),
        // Of some devices the field is no EtherType.
        LinkType::LINUX_SLL if part.u16(2).is_some_and(|hardware| !link::has_own_types(hardware)) => {
            part.u16(14).and_then(|kind| ether_type(kind, part.skip(16)?))
        }
        LinkType::LINUX_SLL2 if part.u16(8).is_some_and(|hardware| !link::has_own_types(hardware)) => {
            part.u16(0).and_then(|kind| ether_type(kind, part.skip(20)?))
        }
        LinkType::RAW | LinkType::IPV4 | LinkType::IPV6 | LinkType(12 | 14) => ip(part),
        _ => None,
    };
    seen.unwrap_or(Peek::Unsure)
}

fn ether_type(mut kind: u16, mut part: Part<'_>) -> Option<Peek<'_>> {
    for _ in 0..=TAGS {
        match kind {
            0x0800 | 0x86dd => return ip(part),
            0x0806 => return Some(Peek::NotTcp),
            0x8100 | 0x88a8 | 0x9100 => (kind, part) = (part.u16(2)?, part.skip(4)?),
            _ => return None,
        }
    }
    None
}

fn ip(part: Part<'_>) -> Option<Peek<'_>> {
    match part.u8(0)? {
        first @ 0x45..=0x4f => {
            let header = part.first::<20>()?;
            let header_bytes = 4 * usize::from(first & 0x0f);
            let total = usize::from(part.u16(2)?);
            let unfragmented = part.u16(6)? & 0x3fff == 0;
            if !unfragmented || (total != 0 && total < header_bytes) {
                return None;
            }
            let part = if total == 0 { part } else { part.limit(total) };
            transport(header[9], Ip::V4(header), part.skip(header_bytes)?)
        }
        0x60..=0x6f => {
            let header = part.first::<40>()?;
            let length = usize::from(part.u16(4)?);
            let part = part.skip(40)?;
            let part = if length == 0 { part } else { part.limit(length) };
            transport(header[6], Ip::V6(header), part)
        }
        _ => None,
    }
}

#[inline]
fn transport<'a>(number: u8, ip: Ip<'a>, part: Part<'a>) -> Option<Peek<'a>> {
    const ICMP: u8 = 1;
    const IGMP: u8 = 2;
    const ICMPV6: u8 = 58;
    match number {
        protocol::TCP => {
            let header = part.first::<20>()?;
            let header_bytes = 4 * usize::from(header[12] >> 4);
            // Decoding tells what is wrong with a header that is cut short or too short.
            if !(20..=part.bytes.len()).contains(&header_bytes) {
                return None;
            }
            Some(Peek::Tcp(Glimpse {
                source_port: u16::from_be_bytes([header[0], header[1]]),
                destination_port: u16::from_be_bytes([header[2], header[3]]),
                begins: header[13] & 0x12 == 0x02,
                ip,
                tcp: part,
            }))
        }
        protocol::UDP if tunnel::is_tunnel(part.u16(0)?, part.u16(2)?) => None,
        protocol::UDP | ICMP | IGMP | ICMPV6 => Some(Peek::NotTcp),
        _ => None,
    }
}
