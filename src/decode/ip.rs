/*!
IPv4 and IPv6, with their extension headers.

etherparse's slices read the headers. Its `Lax…Slice`s would also limit the payload, but they report only that it is
incomplete and not by how much; and its iterator over extension headers must not be advanced past a header that it could
not read. So this module handles lengths and extension headers itself.
*/

use super::fragments::Fragment;
use super::slice::PacketSlice;
use super::{DecodeStop, IpPayload, Layer, Step, icmp, mpls, protocol, tags, tcp, tunnel};
use etherparse::{IpAuthHeaderSlice, Ipv4HeaderSlice, Ipv6FragmentHeaderSlice, Ipv6HeaderSlice, Ipv6RawExtHeaderSlice};

/// An IP header of either version.
pub(super) fn header(slice: PacketSlice<'_>) -> Result<Step<'_>, DecodeStop> {
    match slice.u8(0).ok_or(DecodeStop::Ip)? >> 4 {
        4 => ipv4(slice),
        6 => ipv6(slice),
        _ => Err(DecodeStop::Ip),
    }
}

/// RFC 791 section 3.1.
fn ipv4(slice: PacketSlice<'_>) -> Result<Step<'_>, DecodeStop> {
    let header = Ipv4HeaderSlice::from_slice(slice.bytes).map_err(|_| DecodeStop::Ip)?;
    let header_bytes = header.slice().len();
    let slice = match usize::from(header.total_len()) {
        // The length is left to the network card (TSO): the packet ends where its frame does.
        0 => slice,
        total => slice.limit(Some(total).filter(|total| *total >= header_bytes).ok_or(DecodeStop::Ip)?),
    };
    let payload = IpPayload {
        source: header.source_addr().into(),
        destination: header.destination_addr().into(),
        identification: Some(header.identification()).filter(|&identification| identification != 0),
        hops: header.ttl(),
        protocol: header.protocol().0,
        slice: slice.skip(header_bytes).ok_or(DecodeStop::Ip)?,
    };
    Ok(if header.is_fragmenting_payload() {
        Step::Fragment(Fragment {
            payload,
            identification: header.identification().into(),
            offset: header.fragments_offset(),
            more: header.more_fragments(),
        })
    } else {
        Step::Next(Layer::IpPayload(payload))
    })
}

/// RFC 8200 section 3.
fn ipv6(slice: PacketSlice<'_>) -> Result<Step<'_>, DecodeStop> {
    let header = Ipv6HeaderSlice::from_slice(slice.bytes).map_err(|_| DecodeStop::Ip)?;
    let slice = slice.skip(header.slice().len()).ok_or(DecodeStop::Ip)?;
    let slice = match usize::from(header.payload_length()) {
        // The length is left to the network card, or this is a jumbogram (RFC 2675): the packet ends where its frame
        // does.
        0 => slice,
        length => slice.limit(length),
    };
    Ok(Step::Next(Layer::IpPayload(IpPayload {
        source: header.source_addr().into(),
        destination: header.destination_addr().into(),
        identification: None,
        hops: header.hop_limit(),
        protocol: header.next_header().0,
        slice,
    })))
}

/// The layer after an IP header or an extension header.
pub(super) fn payload(payload: IpPayload<'_>) -> Result<Step<'_>, DecodeStop> {
    let IpPayload { protocol, slice, .. } = payload;
    let extension = |protocol, bytes: usize| {
        let slice = slice.skip(bytes).ok_or(DecodeStop::Ip)?;
        Ok(Step::Next(Layer::IpPayload(IpPayload { protocol, slice, ..payload })))
    };
    Ok(match protocol {
        protocol::TCP => Step::Tcp(tcp::Tcp::read(&payload)?),
        protocol::UDP => return tunnel::udp(slice),
        protocol::ICMP => icmp::v4(payload.source, slice).map_or(Step::Other, Step::IcmpError),
        protocol::ICMPV6 => icmp::v6(payload.source, slice).map_or(Step::Other, Step::IcmpError),
        protocol::HOP_BY_HOP | protocol::ROUTING | protocol::DESTINATION_OPTIONS => {
            let header = Ipv6RawExtHeaderSlice::from_slice(slice.bytes).map_err(|_| DecodeStop::Ip)?;
            return extension(header.next_header().0, header.slice().len());
        }
        protocol::AUTHENTICATION => {
            let header = IpAuthHeaderSlice::from_slice(slice.bytes).map_err(|_| DecodeStop::Ip)?;
            return extension(header.next_header().0, header.slice().len());
        }
        protocol::FRAGMENT => return fragment(payload),
        protocol::IPV4 | protocol::IPV6 | protocol::IP_IN_IP => Step::Next(Layer::Ip(slice)),
        protocol::GRE => return tunnel::gre(slice),
        // EtherIP (RFC 3378): two bytes of version and reserved bits, then a frame.
        protocol::ETHERNET => Step::Next(Layer::Ethernet(slice.skip(2).ok_or(DecodeStop::Link)?)),
        // Segment routing (RFC 8986 section 4.9): a frame.
        protocol::BARE_ETHERNET => Step::Next(Layer::Ethernet(slice)),
        protocol::MPLS => Step::Next(Layer::Mpls(slice)),
        protocol::SERVICE_HEADER => tags::service_header(slice).ok_or(DecodeStop::Link)?,
        // The session's number; 0 is that of control messages.
        protocol::L2TP => slice.skip(4).and_then(mpls::pseudowire).map_or(Step::Other, Step::Guess),
        _ => Step::Other,
    })
}

/// RFC 8200 section 4.5.
fn fragment(payload: IpPayload<'_>) -> Result<Step<'_>, DecodeStop> {
    let header = Ipv6FragmentHeaderSlice::from_slice(payload.slice.bytes).map_err(|_| DecodeStop::Ip)?;
    let payload = IpPayload {
        protocol: header.next_header().0,
        slice: payload.slice.skip(header.slice().len()).ok_or(DecodeStop::Ip)?,
        ..payload
    };
    Ok(if header.is_fragmenting_payload() {
        Step::Fragment(Fragment {
            payload,
            identification: header.identification(),
            offset: header.fragment_offset(),
            more: header.more_fragments(),
        })
    } else {
        Step::Next(Layer::IpPayload(payload))
    })
}
