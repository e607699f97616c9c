//! Headers that a capturing system puts before what it has captured.

use super::slice::PacketSlice;
use super::{DecodeStop, Layer, Step, wan};
use crate::capture::LinkType;

/// Per-Packet Information: version, flags, length and link type, little-endian.
pub(super) fn ppi(slice: PacketSlice<'_>) -> Option<Step<'_>> {
    let [_, _, low, high, link @ ..] = slice.first::<8>()?;
    let length = usize::from(u16::from_le_bytes([*low, *high]));
    named_link(u32::from_le_bytes(*link), slice.skip(length)?)
}

/// Apple's PKTAP: length, kind, and link type, little-endian.
pub(super) fn pktap(slice: PacketSlice<'_>) -> Option<Step<'_>> {
    let [length @ .., _, _, _, _, _, _, _, _] = slice.first::<12>()?;
    let link = slice.skip(8)?.first::<4>()?;
    named_link(u32::from_le_bytes(*link), slice.skip(usize::try_from(u32::from_le_bytes(*length)).ok()?)?)
}

/// A link type that a header names by its `DLT_` number.
fn named_link(dlt: u32, slice: PacketSlice<'_>) -> Option<Step<'_>> {
    Some(Step::Next(Layer::Link(LinkType::from_dlt(i32::try_from(dlt).ok()?), slice)))
}

/// Netfilter's log: family, version, resource, and then attributes, one of which is the IP packet. Their lengths are in
/// the byte order of the machine that captured, which in practice is little-endian. A rule that logs no content
/// (`snaplen 0` of nftables, `--nflog-size 0` of iptables) leaves that attribute out.
pub(super) fn nflog(slice: PacketSlice<'_>) -> Result<Step<'_>, DecodeStop> {
    const PAYLOAD: u16 = 9;
    const ATTRIBUTE: usize = 4;
    let mut slice = slice.skip(4).ok_or(DecodeStop::Link)?;
    loop {
        if slice.bytes.is_empty() && slice.missing == 0 {
            return Err(DecodeStop::NoContent);
        }
        let [length_low, length_high, kind_low, kind_high] = *slice.first::<ATTRIBUTE>().ok_or(DecodeStop::Link)?;
        let length = usize::from(u16::from_le_bytes([length_low, length_high])).max(ATTRIBUTE);
        if u16::from_le_bytes([kind_low, kind_high]) == PAYLOAD {
            if length == ATTRIBUTE {
                return Err(DecodeStop::NoContent);
            }
            return Ok(Step::Next(Layer::Ip(slice.limit(length).skip(ATTRIBUTE).ok_or(DecodeStop::Link)?)));
        }
        // Some writers leave out the padding of the last attribute.
        let padded = length.next_multiple_of(ATTRIBUTE);
        let is_last = slice.missing == 0 && (length..=padded).contains(&slice.bytes.len());
        slice = slice.skip(if is_last { slice.bytes.len() } else { padded }).ok_or(DecodeStop::Link)?;
    }
}

/// The log of the BSDs' pf: its length, the address family, the verdict and the rule. What follows is aligned to 4
/// bytes. The systems' headers differ (OpenBSD's has 100 bytes, FreeBSD's 61 to 72), but all begin with the length.
pub(super) fn pflog(slice: PacketSlice<'_>) -> Option<Step<'_>> {
    let length = usize::from(slice.u8(0)?);
    Some(Step::Next(Layer::Ip(slice.skip(length.next_multiple_of(4))?)))
}

/// Endace's records: time, type, flags, lengths, perhaps extension headers, each of which says whether another follows.
pub(super) fn erf(slice: PacketSlice<'_>) -> Option<Step<'_>> {
    const MORE: u8 = 0x80;
    let kind = slice.u8(8)?;
    let mut content = slice.skip(16)?;
    let mut more = kind & MORE != 0;
    while more {
        more = content.u8(0)? & MORE != 0;
        content = content.skip(8)?;
    }
    Some(match kind & !MORE {
        // Ethernet after its offset and padding, plain or with a colour.
        2 | 11 | 16 | 20 => Step::Next(Layer::Ethernet(content.skip(2)?)),
        // Packet over SONET, and channels of it after their own header.
        1 | 10 | 15 | 19 => wan::hdlc(content)?,
        5 | 17 => wan::hdlc(content.skip(4)?)?,
        22 | 23 => Step::Next(Layer::Ip(content)),
        _ => Step::Other,
    })
}

/// Juniper's header: a magic number, flags, perhaps extensions. Where a flag says that there is no link layer, 4 bytes
/// and IP follow.
pub(super) fn juniper(link: LinkType, slice: PacketSlice<'_>) -> Option<Step<'_>> {
    const NO_LINK_LAYER: u8 = 0x02;
    const EXTENSIONS: u8 = 0x80;
    let [b'M', b'G', b'C', flags] = *slice.first::<4>()? else { return None };
    let extensions = if flags & EXTENSIONS != 0 { 2 + usize::from(slice.u16(4)?) } else { 0 };
    let content = slice.skip(4 + extensions)?;
    if flags & NO_LINK_LAYER != 0 {
        return Some(Step::Next(Layer::Ip(content.skip(4)?)));
    }
    match link {
        LinkType::JUNIPER_ETHER => Some(Step::Next(Layer::Ethernet(content))),
        LinkType::JUNIPER_PPP => Some(Step::Next(Layer::Ppp(content))),
        LinkType::JUNIPER_FRELAY => wan::frame_relay(content),
        _ => wan::hdlc(content),
    }
}

/// TaZmen's sniffer protocol, in which MikroTik's routers stream what they see: version, kind, link layer, tags.
pub(super) fn tzsp(slice: PacketSlice<'_>) -> Option<Layer<'_>> {
    const PADDING: u8 = 0;
    const END: u8 = 1;
    // A packet that was received, or is to be sent.
    let [1, 0 | 1, _, _] = slice.first::<4>()? else { return None };
    let link = match slice.u16(2)? {
        0x01 => LinkType::ETHERNET,
        0x02 => LinkType::TOKEN_RING,
        0x04 => LinkType::PPP,
        0x05 => LinkType::FDDI,
        0x07 => LinkType::RAW,
        0x12 => LinkType::IEEE802_11,
        0x77 => LinkType::IEEE802_11_PRISM,
        0x7f => LinkType::IEEE802_11_AVS,
        _ => return None,
    };
    let mut slice = slice.skip(4)?;
    loop {
        slice = match slice.u8(0)? {
            END => return Some(Layer::Link(link, slice.skip(1)?)),
            PADDING => slice.skip(1)?,
            _ => slice.skip(2 + usize::from(slice.u8(1)?))?,
        };
    }
}
