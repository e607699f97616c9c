/*!
ICMP errors about TCP segments (RFC 792, RFC 4443): what became of a segment that a router or the other end did not take.

An error quotes the segment: the IP header, and at least eight bytes of the TCP header, which have both ports and the
sequence number. More than that is not read, since more need not be there.
*/

use super::protocol;
use super::slice::PacketSlice;
use crate::capture::Time;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Extension headers of the quoted packet that are stepped over.
const EXTENSIONS: usize = 8;

/// An ICMP error about a TCP segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IcmpError {
    /// Number of the packet that carried it.
    pub packet: u64,
    /// Time of that packet.
    pub time: Time,
    /// The router or end that reports it.
    pub by: IpAddr,
    /// What it reports.
    pub problem: Problem,
    /// The sender of the segment that it quotes.
    pub source: SocketAddr,
    /// The receiver that the segment was meant for.
    pub destination: SocketAddr,
    /// The sequence number of the segment.
    pub sequence: u32,
    /// The same packet carried an earlier segment of interest, as in [`Header`](super::Header).
    pub shares_packet: bool,
}

/// What an ICMP error reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Problem {
    /// No way to the network, or to any address there.
    NoRoute,
    /// The host does not answer on its own network.
    HostUnreachable,
    /// Nothing listens at the port, or a filter pretends so.
    PortUnreachable,
    /// The host does not speak TCP, or a filter pretends so.
    ProtocolUnreachable,
    /// A filter forbids it (administratively prohibited).
    Prohibited,
    /// Another reason why the destination cannot be reached.
    Unreachable,
    /// The packet is too big for the next link and may not be fragmented. With the link's MTU, or 0 where the router
    /// does not tell (RFC 1191, section 3).
    TooBig(u32),
    /// It passed through too many routers, or came round in a circle.
    TimeExceeded,
}

/// The error that ICMP reports about a TCP segment, if it does. `by` is the source of the IP packet, `slice` its payload.
pub(super) fn v4(by: IpAddr, slice: PacketSlice<'_>) -> Option<IcmpError> {
    read(by, v4_problem(slice)?, slice)
}

/// The same for ICMPv6.
pub(super) fn v6(by: IpAddr, slice: PacketSlice<'_>) -> Option<IcmpError> {
    read(by, v6_problem(slice)?, slice)
}

/// Whether ICMP (version 4) of this type may be an error about a segment.
pub(super) fn is_error_v4(kind: u8) -> bool {
    matches!(kind, 3 | 11)
}

/// The same for ICMPv6.
pub(super) fn is_error_v6(kind: u8) -> bool {
    matches!(kind, 1..=3)
}

fn read(by: IpAddr, problem: Problem, slice: PacketSlice<'_>) -> Option<IcmpError> {
    let (source, destination, sequence) = quoted(slice.skip(8)?)?;
    let (packet, time) = (0, Time::default());
    Some(IcmpError { packet, time, by, problem, source, destination, sequence, shares_packet: false })
}

/// RFC 792; RFC 1122, section 3.2.2.1; RFC 1812, section 5.2.7.1.
fn v4_problem(slice: PacketSlice<'_>) -> Option<Problem> {
    Some(match (slice.u8(0)?, slice.u8(1)?) {
        (3, 0 | 6 | 8 | 11) => Problem::NoRoute,
        (3, 1 | 7 | 12) => Problem::HostUnreachable,
        (3, 2) => Problem::ProtocolUnreachable,
        (3, 3) => Problem::PortUnreachable,
        (3, 4) => Problem::TooBig(slice.u16(6)?.into()),
        (3, 9 | 10 | 13) => Problem::Prohibited,
        (3, _) => Problem::Unreachable,
        // Code 1 is about fragments that did not all come.
        (11, 0) => Problem::TimeExceeded,
        _ => return None,
    })
}

/// RFC 4443, section 3.
fn v6_problem(slice: PacketSlice<'_>) -> Option<Problem> {
    Some(match (slice.u8(0)?, slice.u8(1)?) {
        (1, 0) => Problem::NoRoute,
        // 5: the source address fails the ingress policy; 6: reject route.
        (1, 1 | 5 | 6) => Problem::Prohibited,
        (1, 3) => Problem::HostUnreachable,
        (1, 4) => Problem::PortUnreachable,
        (1, _) => Problem::Unreachable,
        (2, _) => Problem::TooBig(u32::from_be_bytes(*slice.skip(4)?.first::<4>()?)),
        (3, 0) => Problem::TimeExceeded,
        _ => return None,
    })
}

/// The ends and the sequence number of the TCP segment that the quoted IP packet carries.
fn quoted(slice: PacketSlice<'_>) -> Option<(SocketAddr, SocketAddr, u32)> {
    let (source, destination, tcp): (IpAddr, IpAddr, _) = match slice.u8(0)? >> 4 {
        4 => {
            let header = slice.first::<20>()?;
            let bytes = 4 * usize::from(header[0] & 0x0f);
            // Only the first fragment has the TCP header.
            if bytes < 20 || header[9] != protocol::TCP || slice.u16(6)? & 0x1fff != 0 {
                return None;
            }
            let &[.., a, b, c, d, e, f, g, h] = header;
            (Ipv4Addr::new(a, b, c, d).into(), Ipv4Addr::new(e, f, g, h).into(), slice.skip(bytes)?)
        }
        6 => {
            let header = slice.first::<40>()?;
            let (_, addresses) = header.split_at(8);
            let address = |octets: Option<&[u8; 16]>| Some(Ipv6Addr::from(*octets?));
            let (source, destination) = (address(addresses.first_chunk())?, address(addresses.last_chunk())?);
            (source.into(), destination.into(), after_extensions(header[6], slice.skip(40)?)?)
        }
        _ => return None,
    };
    let header = tcp.first::<8>()?;
    let &[a, b, c, d, sequence @ ..] = header;
    let port = |high, low| u16::from_be_bytes([high, low]);
    Some((SocketAddr::new(source, port(a, b)), SocketAddr::new(destination, port(c, d)), u32::from_be_bytes(sequence)))
}

/// The TCP header behind the extension headers of IPv6 (RFC 8200, section 4), where the first of them has this number.
fn after_extensions(mut number: u8, mut slice: PacketSlice<'_>) -> Option<PacketSlice<'_>> {
    for _ in 0..EXTENSIONS {
        let bytes = match number {
            protocol::TCP => return Some(slice),
            protocol::HOP_BY_HOP | protocol::ROUTING | protocol::DESTINATION_OPTIONS => {
                8 * (1 + usize::from(slice.u8(1)?))
            }
            // Only the first fragment has the TCP header.
            protocol::FRAGMENT if slice.u16(2)? & 0xfff8 == 0 => 8,
            _ => return None,
        };
        (number, slice) = (slice.u8(0)?, slice.skip(bytes)?);
    }
    None
}
