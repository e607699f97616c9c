//! Link layers: Ethernet, tags and LLC, Linux cooked captures, loopback, PPP, MPLS.

use super::slice::PacketSlice;
use super::{DecodeStop, Layer, Step, wifi};
use crate::capture::LinkType;
use pnet_packet::Packet as _;
use pnet_packet::sll2::SLL2Packet;

/// Smaller values of the field are lengths (IEEE 802.3 section 3.2.6).
const FIRST_ETHER_TYPE: u16 = 0x0600;

/// Reads the link layer of a capture.
pub(super) fn link(link: LinkType, slice: PacketSlice<'_>) -> Result<Step<'_>, DecodeStop> {
    Ok(match link {
        LinkType::ETHERNET => return ethernet(slice),
        // 12 and 14 are what libpcap's own DLT_RAW is on various systems; some writers store it as it is.
        LinkType::RAW | LinkType::IPV4 | LinkType::IPV6 | LinkType(12 | 14) => Step::Next(Layer::Ip(slice)),
        LinkType::LINUX_SLL => cooked(slice).ok_or(DecodeStop::Link)?,
        LinkType::LINUX_SLL2 => cooked2(slice).ok_or(DecodeStop::Link)?,
        LinkType::NULL | LinkType::LOOP => loopback(slice).ok_or(DecodeStop::Link)?,
        LinkType::PPP => Step::Next(Layer::Ppp(slice)),
        LinkType::PPP_HDLC | LinkType::C_HDLC => hdlc(slice).ok_or(DecodeStop::Link)?,
        LinkType::PPP_ETHER => pppoe(slice).ok_or(DecodeStop::Link)?,
        LinkType::IEEE802_11 => return wifi::frame(slice),
        LinkType::IEEE802_11_RADIOTAP => return wifi::radiotap(slice),
        LinkType::IEEE802_11_AVS => return wifi::avs(slice),
        LinkType::PPI => ppi(slice).ok_or(DecodeStop::Link)?,
        LinkType::PKTAP => pktap(slice).ok_or(DecodeStop::Link)?,
        LinkType::NFLOG => nflog(slice).ok_or(DecodeStop::Link)?,
        unknown => return Err(DecodeStop::UnknownLink(unknown)),
    })
}

/// Two addresses and an EtherType, or a length and LLC.
pub(super) fn ethernet(slice: PacketSlice<'_>) -> Result<Step<'_>, DecodeStop> {
    let kind = slice.u16(12).ok_or(DecodeStop::Link)?;
    ether_type(kind, slice.skip(14).ok_or(DecodeStop::Link)?)
}

/// The layer that an EtherType announces.
pub(super) fn ether_type(kind: u16, slice: PacketSlice<'_>) -> Result<Step<'_>, DecodeStop> {
    Ok(match kind {
        0x0800 | 0x86dd => Step::Next(Layer::Ip(slice)),
        // 802.1Q, 802.1ad, and the numbers used before 802.1ad.
        0x8100 | 0x88a8 | 0x9100 | 0x9200 | 0x9300 => tag(slice, 2).ok_or(DecodeStop::Link)?,
        // Cisco's VN-Tag; 802.1BR's E-TAG.
        0x8926 => tag(slice, 4).ok_or(DecodeStop::Link)?,
        0x893f => tag(slice, 6).ok_or(DecodeStop::Link)?,
        0x8847 | 0x8848 => Step::Next(Layer::Mpls(slice)),
        0x8864 => pppoe(slice).ok_or(DecodeStop::Link)?,
        // Transparent Ethernet bridging, in GRE and Geneve.
        0x6558 => Step::Next(Layer::Ethernet(slice)),
        0x880b => Step::Next(Layer::Ppp(slice)),
        length if length < FIRST_ETHER_TYPE => llc(slice).ok_or(DecodeStop::Link)?,
        _ => Step::Other,
    })
}

/// `bytes` of a tag, and then an EtherType.
fn tag(slice: PacketSlice<'_>, bytes: usize) -> Option<Step<'_>> {
    Some(Step::Next(Layer::EtherType(slice.u16(bytes)?, slice.skip(bytes + 2)?)))
}

/// IEEE 802.2, with SNAP (RFC 1042).
pub(super) fn llc(slice: PacketSlice<'_>) -> Option<Step<'_>> {
    Some(match slice.first::<3>()? {
        [0xaa, 0xaa, 0x03] => match slice.first::<6>()? {
            // RFC 1042, and bridge tunnels (802.1H).
            [.., 0, 0, 0] | [.., 0, 0, 0xf8] => Step::Next(Layer::EtherType(slice.u16(6)?, slice.skip(8)?)),
            _ => Step::Other,
        },
        // IP right on LLC.
        [0x06, 0x06, 0x03] => Step::Next(Layer::Ip(slice.skip(3)?)),
        _ => Step::Other,
    })
}

/// Linux cooked capture: 16 bytes, the last two being the protocol.
fn cooked(slice: PacketSlice<'_>) -> Option<Step<'_>> {
    Some(cooked_protocol(slice.u16(14)?, slice.u16(2)?, slice.skip(16)?))
}

/// Linux cooked capture, version 2.
fn cooked2(slice: PacketSlice<'_>) -> Option<Step<'_>> {
    let header = SLL2Packet::new(slice.bytes)?;
    let protocol = header.get_protocol_type().0;
    let hardware = header.get_arphrd_type();
    let header_bytes = slice.bytes.len() - header.payload().len();
    Some(cooked_protocol(protocol, hardware, slice.skip(header_bytes)?))
}

/// The layer that a cooked protocol announces, on a device of that ARPHRD_ type.
fn cooked_protocol(protocol: u16, hardware: u16, slice: PacketSlice<'_>) -> Step<'_> {
    match (protocol, hardware) {
        (_, hardware) if has_own_types(hardware) => Step::Other,
        // LINUX_SLL_P_802_2.
        (0x0004, _) => Step::Next(Layer::EtherType(0, slice)),
        // LINUX_SLL_P_802_3 (Novell's) and other numbers of Linux's own.
        (own, _) if own < FIRST_ETHER_TYPE => Step::Other,
        (kind, _) => Step::Next(Layer::EtherType(kind, slice)),
    }
}

/// True for netlink, and for 802.11 devices that monitor: their protocol field is not an EtherType.
pub(super) fn has_own_types(hardware: u16) -> bool {
    matches!(hardware, 824 | 801..=803)
}

/// BSD loopback: an address family, in the byte order of the machine that captured (NULL) or the network's (LOOP). The
/// file does not tell the byte order, but the families are small numbers, so the smaller reading is the right one.
fn loopback(slice: PacketSlice<'_>) -> Option<Step<'_>> {
    let family = *slice.first::<4>()?;
    let family = u32::from_be_bytes(family).min(u32::from_le_bytes(family));
    Some(match family {
        // AF_INET; AF_INET6 of Linux, NetBSD and OpenBSD, FreeBSD, macOS.
        2 | 10 | 24 | 28 | 30 => Step::Next(Layer::Ip(slice.skip(4)?)),
        _ => Step::Other,
    })
}

/// Per-Packet Information: version, flags, length and link type, little-endian.
fn ppi(slice: PacketSlice<'_>) -> Option<Step<'_>> {
    let [_, _, low, high, link @ ..] = slice.first::<8>()?;
    let length = usize::from(u16::from_le_bytes([*low, *high]));
    named_link(u32::from_le_bytes(*link), slice.skip(length)?)
}

/// Apple's PKTAP: length, kind, and link type, little-endian.
fn pktap(slice: PacketSlice<'_>) -> Option<Step<'_>> {
    let [length @ .., _, _, _, _, _, _, _, _] = slice.first::<12>()?;
    let link = slice.skip(8)?.first::<4>()?;
    named_link(u32::from_le_bytes(*link), slice.skip(usize::try_from(u32::from_le_bytes(*length)).ok()?)?)
}

/// A link type that a header names by its `DLT_` number.
fn named_link(dlt: u32, slice: PacketSlice<'_>) -> Option<Step<'_>> {
    Some(Step::Next(Layer::Link(LinkType::from_dlt(i32::try_from(dlt).ok()?), slice)))
}

/// Netfilter's log: family, version, resource, and then attributes, one of which is the IP packet. Their lengths are in
/// the byte order of the machine that captured, which in practice is little-endian.
fn nflog(slice: PacketSlice<'_>) -> Option<Step<'_>> {
    const PAYLOAD: u16 = 9;
    let mut slice = slice.skip(4)?;
    loop {
        let [length_low, length_high, kind_low, kind_high] = *slice.first::<4>()?;
        let length = usize::from(u16::from_le_bytes([length_low, length_high])).max(4);
        if u16::from_le_bytes([kind_low, kind_high]) == PAYLOAD {
            return Some(Step::Next(Layer::Ip(slice.limit(length).skip(4)?)));
        }
        slice = slice.skip(length.next_multiple_of(4))?;
    }
}

/// RFC 1662 framing, or Cisco's: address, control, EtherType.
fn hdlc(slice: PacketSlice<'_>) -> Option<Step<'_>> {
    Some(match slice.first::<2>()? {
        [0x0f | 0x8f, 0x00] => Step::Next(Layer::EtherType(slice.u16(2)?, slice.skip(4)?)),
        _ => Step::Next(Layer::Ppp(slice)),
    })
}

/// PPPoE (RFC 2516 section 4): version and type, code, session, length.
fn pppoe(slice: PacketSlice<'_>) -> Option<Step<'_>> {
    Some(match slice.first::<6>()? {
        [0x11, 0, _, _, length @ ..] => {
            Step::Next(Layer::Ppp(slice.skip(6)?.limit(usize::from(u16::from_be_bytes(*length)))))
        }
        _ => Step::Other,
    })
}

/// PPP (RFC 1661 section 2): the protocol, perhaps compressed to a byte, perhaps after address and control (RFC 1662).
pub(super) fn ppp(slice: PacketSlice<'_>) -> Result<Step<'_>, DecodeStop> {
    let read = || {
        let slice = if slice.first::<2>()? == &[0xff, 0x03] { slice.skip(2)? } else { slice };
        let first = slice.u8(0)?;
        let (protocol, slice) =
            if first & 1 == 1 { (u16::from(first), slice.skip(1)?) } else { (slice.u16(0)?, slice.skip(2)?) };
        Some(match protocol {
            0x0021 | 0x0057 => Step::Next(Layer::Ip(slice)),
            0x0281 | 0x0283 => Step::Next(Layer::Mpls(slice)),
            _ => Step::Other,
        })
    };
    read().ok_or(DecodeStop::Link)
}

/// A label (RFC 3032). No field names what follows the last label: IP begins with its version, Ethernet over MPLS (RFC
/// 4448) with a control word that begins with 0.
pub(super) fn mpls(slice: PacketSlice<'_>) -> Result<Step<'_>, DecodeStop> {
    let read = || {
        let [_, _, bottom, _] = slice.first::<4>()?;
        let slice = slice.skip(4)?;
        if bottom & 1 == 0 {
            return Some(Step::Next(Layer::Mpls(slice)));
        }
        Some(match slice.u8(0)? >> 4 {
            4 | 6 => Step::Next(Layer::Ip(slice)),
            0 => Step::Next(Layer::Ethernet(slice.skip(4)?)),
            _ => Step::Other,
        })
    };
    read().ok_or(DecodeStop::Link)
}
