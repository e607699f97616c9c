/*!
A look at a packet that costs a few nanoseconds: what cannot be TCP need not be decoded, and what can be has its addresses
told, so that the packets of a connection can be handed to one worker.

It answers for the common chains only (Ethernet with tags, Linux cooked, raw IP; IP without fragments, extension headers
and tunnels) and is conservative: whatever it does not understand is [`Peek::Unsure`] and goes to
[`Decoder::decode`](super::Decoder::decode), which always has the last word.
*/

use super::ip::protocol;
use super::part::Part;
use super::tunnel;
use crate::capture::{LinkType, Packet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// What a packet may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peek {
    /// A TCP segment between these, whose header is all there.
    MayBeTcp {
        /// Sender.
        source: SocketAddr,
        /// Receiver.
        destination: SocketAddr,
        /// It begins a connection: SYN without ACK.
        begins: bool,
    },
    /// Of another kind, certainly: decoding answers [`Decoded::Other`](super::Decoded::Other).
    NotTcp,
    /// Only decoding can tell.
    Unsure,
}

/// Tags that are looked past.
const TAGS: usize = 4;

/// Looks at a packet.
pub fn peek(packet: &Packet<'_>) -> Peek {
    let part = Part::captured(packet);
    let seen = match packet.link {
        LinkType::ETHERNET => part.u16(12).and_then(|kind| ether_type(kind, part.skip(14)?)),
        LinkType::LINUX_SLL => part.u16(14).and_then(|kind| ether_type(kind, part.skip(16)?)),
        LinkType::LINUX_SLL2 => part.u16(0).and_then(|kind| ether_type(kind, part.skip(20)?)),
        LinkType::RAW | LinkType::IPV4 | LinkType::IPV6 | LinkType(12 | 14) => ip(part),
        _ => None,
    };
    seen.unwrap_or(Peek::Unsure)
}

fn ether_type(mut kind: u16, mut part: Part<'_>) -> Option<Peek> {
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

fn ip(part: Part<'_>) -> Option<Peek> {
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
            let address = |at: usize| -> Option<IpAddr> {
                let octets: [u8; 4] = header.get(at..at + 4)?.try_into().ok()?;
                Some(Ipv4Addr::from(octets).into())
            };
            transport(header[9], address(12)?, address(16)?, part.skip(header_bytes)?)
        }
        0x60..=0x6f => {
            let header = part.first::<40>()?;
            let length = usize::from(part.u16(4)?);
            let part = part.skip(40)?;
            let part = if length == 0 { part } else { part.limit(length) };
            let address = |at: usize| -> Option<IpAddr> {
                let octets: [u8; 16] = header.get(at..at + 16)?.try_into().ok()?;
                Some(Ipv6Addr::from(octets).into())
            };
            transport(header[6], address(8)?, address(24)?, part)
        }
        _ => None,
    }
}

fn transport(number: u8, source: IpAddr, destination: IpAddr, part: Part<'_>) -> Option<Peek> {
    const ICMP: u8 = 1;
    const IGMP: u8 = 2;
    const ICMPV6: u8 = 58;
    match number {
        protocol::TCP => {
            let header_bytes = 4 * usize::from(part.u8(12)? >> 4);
            // Decoding tells what is wrong with a header that is cut short or too short.
            part.skip(header_bytes.max(20)).filter(|_| header_bytes >= 20)?;
            Some(Peek::MayBeTcp {
                source: SocketAddr::new(source, part.u16(0)?),
                destination: SocketAddr::new(destination, part.u16(2)?),
                begins: part.u8(13)? & 0x12 == 0x02,
            })
        }
        protocol::UDP if tunnel::is_tunnel(part.u16(0)?, part.u16(2)?) => None,
        protocol::UDP | ICMP | IGMP | ICMPV6 => Some(Peek::NotTcp),
        _ => None,
    }
}
