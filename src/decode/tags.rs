//! What stands between the addresses of an Ethernet frame and its EtherType: tags, time stamps, and whole frames in it.

use super::slice::PacketSlice;
use super::{Layer, Step};

/// The layer that the EtherType of a tag, or of an encapsulated frame, announces. None if it is truncated.
pub(super) fn ether_type(kind: u16, slice: PacketSlice<'_>) -> Option<Step<'_>> {
    Some(match kind {
        // 802.1Q, 802.1ad, and the numbers used before 802.1ad.
        0x8100 | 0x88a8 | 0x9100 | 0x9200 | 0x9300 => tag(slice, 2)?,
        // Cisco's VN-Tag; HSR (IEC 62439-3).
        0x8926 | 0x892f => tag(slice, 4)?,
        // 802.1BR's E-TAG; the time stamp of Cisco's ACI; Marvell's switch tag.
        0x893f | 0x8988 | 0xdada => tag(slice, 6)?,
        0x8909 => cisco_metadata(slice)?,
        0xd28b => arista_time(slice)?,
        0x88e5 => macsec(slice)?,
        // Cisco's FabricPath: forwarding tag and time to live.
        0x8903 => Step::Next(Layer::Ethernet(slice.skip(2)?)),
        // Provider backbone bridging (802.1ah): the service's identifier.
        0x88e7 => Step::Next(Layer::Ethernet(slice.skip(4)?)),
        0x22f3 => trill(slice)?,
        0x894f => service_header(slice)?,
        0x883e => wccp(slice)?,
        _ => Step::Other,
    })
}

/// `bytes` of a tag, and then an EtherType.
pub(super) fn tag(slice: PacketSlice<'_>, bytes: usize) -> Option<Step<'_>> {
    Some(Step::Next(Layer::EtherType(slice.u16(bytes)?, slice.skip(bytes + 2)?)))
}

/// `bytes` of a tag after two Ethernet addresses, as network cards deliver what a switch chip has tagged.
pub(super) fn after_addresses(slice: PacketSlice<'_>, bytes: usize) -> Option<Step<'_>> {
    tag(slice.skip(12)?, bytes)
}

/// Cisco's metadata (TrustSec): version, length in options of 4 bytes, the options, one of which is the group.
fn cisco_metadata(slice: PacketSlice<'_>) -> Option<Step<'_>> {
    match *slice.first::<2>()? {
        [1, length] if length > 0 => tag(slice, 2 + 4 * usize::from(length)),
        _ => Some(Step::Other),
    }
}

/// Arista's time stamp: subtype, version, and 64 or 48 bits.
fn arista_time(slice: PacketSlice<'_>) -> Option<Step<'_>> {
    match (slice.u16(0)?, slice.u16(2)? & 0x00ff) {
        (1, 0x10) => tag(slice, 12),
        (1, 0x20) => tag(slice, 10),
        _ => Some(Step::Other),
    }
}

/// MACsec (IEEE 802.1AE section 9.3) that protects a frame without encrypting it. Its check value stands at the end,
/// as padding does.
fn macsec(slice: PacketSlice<'_>) -> Option<Step<'_>> {
    const VERSION: u8 = 0x80;
    const HAS_CHANNEL: u8 = 0x20;
    const ENCRYPTED_OR_CHANGED: u8 = 0x0c;
    let control = slice.u8(0)?;
    if control & (VERSION | ENCRYPTED_OR_CHANGED) != 0 {
        return Some(Step::Other);
    }
    tag(slice, if control & HAS_CHANNEL != 0 { 14 } else { 6 })
}

/// TRILL (RFC 6325 section 3): version and length of the options, two nicknames, options, a frame.
fn trill(slice: PacketSlice<'_>) -> Option<Step<'_>> {
    let flags = slice.u16(0)?;
    if flags >> 14 != 0 {
        return Some(Step::Other);
    }
    let options = 4 * usize::from(flags >> 6 & 0x1f);
    Some(Step::Next(Layer::Ethernet(slice.skip(6 + options)?)))
}

/// The network service header (RFC 8300 section 2): length in words of 4 bytes, and the next protocol.
pub(super) fn service_header(slice: PacketSlice<'_>) -> Option<Step<'_>> {
    let [base, length, _, next] = *slice.first::<4>()?;
    let length = 4 * usize::from(length & 0x3f);
    if base >> 6 != 0 || length < 8 {
        return Some(Step::Other);
    }
    Some(next_protocol(next, slice.skip(length)?).map_or(Step::Other, Step::Next))
}

/// A protocol of the network service header's registry, which VXLAN-GPE shares.
pub(super) fn next_protocol(next: u8, slice: PacketSlice<'_>) -> Option<Layer<'_>> {
    Some(match next {
        1 | 2 => Layer::Ip(slice),
        3 => Layer::Ethernet(slice),
        4 => Layer::EtherType(0x894f, slice),
        5 => Layer::Mpls(slice),
        _ => return None,
    })
}

/// What a web cache is sent (WCCP): IP, in its second version after 4 bytes, of which the first never looks like IP's.
fn wccp(slice: PacketSlice<'_>) -> Option<Step<'_>> {
    let is_ip = slice.u8(0)? >> 4 == 4;
    Some(Step::Next(Layer::Ip(if is_ip { slice } else { slice.skip(4)? })))
}
