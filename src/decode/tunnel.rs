//! Tunnels: what GRE and certain UDP ports carry.

use super::slice::PacketSlice;
use super::{DecodeStop, Layer, Step};
use pnet_packet::Packet as _;
use pnet_packet::vxlan::VxlanPacket;

/// GRE (RFC 2784, 2890), PPTP's variant of it (RFC 2637), and the mirrored traffic (ERSPAN) that it carries.
pub(super) fn gre(slice: PacketSlice<'_>) -> Result<Step<'_>, DecodeStop> {
    const CHECKSUM: u16 = 0x8000;
    const ROUTING: u16 = 0x4000;
    const KEY: u16 = 0x2000;
    const SEQUENCE: u16 = 0x1000;
    const ACKNOWLEDGEMENT: u16 = 0x0080;
    let read = || {
        let (flags, protocol) = (slice.u16(0)?, slice.u16(2)?);
        let has = |flag| flags & flag != 0;
        let four = |flag| if has(flag) { 4 } else { 0 };
        if flags & 0x0007 == 1 {
            return Some(match protocol {
                0x880b => Step::Next(Layer::Ppp(slice.skip(8 + four(SEQUENCE) + four(ACKNOWLEDGEMENT))?)),
                _ => Step::Other,
            });
        }
        // RFC 2784 section 2.3: a receiver discards packets with routing, and other versions.
        if has(ROUTING) || flags & 0x0007 != 0 {
            return Some(Step::Other);
        }
        let inner = slice.skip(4 + four(CHECKSUM) + four(KEY) + four(SEQUENCE))?;
        Some(Step::Next(match protocol {
            // ERSPAN type I has no header of its own, and no sequence number; type II has both.
            0x88be if has(SEQUENCE) => Layer::Ethernet(inner.skip(8)?),
            0x88be => Layer::Ethernet(inner),
            // ERSPAN type III: 12 bytes, and 8 more if the lowest bit is set.
            0x22eb if inner.u8(11)? & 1 == 1 => Layer::Ethernet(inner.skip(20)?),
            0x22eb => Layer::Ethernet(inner.skip(12)?),
            kind => Layer::EtherType(kind, inner),
        }))
    };
    read().ok_or(DecodeStop::Link)
}

/// Teredo's port (RFC 4380 section 2.7): a server's, and that of clients without a NAT.
const TEREDO: u16 = 3544;
/// L2TP's port (RFC 2661 section 8.1).
const L2TP: u16 = 1701;

/// UDP (RFC 768), read only for the tunnels on it.
pub(super) fn udp(slice: PacketSlice<'_>) -> Result<Step<'_>, DecodeStop> {
    let read = || {
        let (source, port, length) = (slice.u16(0)?, slice.u16(2)?, usize::from(slice.u16(4)?));
        let content = slice.skip(8)?.limit(length.checked_sub(8)?);
        match port {
            // Linux used 8472 before the port was assigned.
            4789 | 8472 => vxlan(content),
            6081 => geneve(content),
            2152 => gtp(content),
            _ if [source, port].contains(&TEREDO) => teredo(content),
            _ if [source, port].contains(&L2TP) => l2tp(content),
            _ => None,
        }
    };
    // A port number is a hint: a packet that does not read as the tunnel is another kind of packet, not a broken one.
    Ok(read().map_or(Step::Other, Step::Guess))
}

/// True for the ports on which [`udp`] looks for a tunnel.
pub(super) fn is_tunnel(source: u16, destination: u16) -> bool {
    matches!(destination, 4789 | 8472 | 6081 | 2152 | TEREDO | L2TP) || matches!(source, TEREDO | L2TP)
}

/// Teredo (RFC 4380 section 5.1.1): IPv6, perhaps after authentication data and the origin's address.
fn teredo(slice: PacketSlice<'_>) -> Option<Layer<'_>> {
    let mut slice = slice;
    if let [0, 1, client, authentication] = *slice.first::<4>()? {
        slice = slice.skip(4 + usize::from(client) + usize::from(authentication) + 9)?;
    }
    if slice.first::<2>()? == &[0, 0] {
        slice = slice.skip(8)?;
    }
    (slice.u8(0)? >> 4 == 6).then_some(Layer::Ip(slice))
}

/// L2TP's data messages (RFC 2661 section 3.1), which carry PPP.
fn l2tp(slice: PacketSlice<'_>) -> Option<Layer<'_>> {
    const CONTROL: u16 = 0x8000;
    const LENGTH: u16 = 0x4000;
    const SEQUENCE: u16 = 0x0800;
    const OFFSET: u16 = 0x0200;
    let flags = slice.u16(0)?;
    if flags & CONTROL != 0 || flags & 0x000f != 2 {
        return None;
    }
    let has = |flag| flags & flag != 0;
    let mut header = 6;
    let mut content = slice;
    if has(LENGTH) {
        content = slice.limit(usize::from(slice.u16(2)?));
        header += 2;
    }
    if has(SEQUENCE) {
        header += 4;
    }
    if has(OFFSET) {
        header += 2 + usize::from(content.u16(header)?);
    }
    Some(Layer::Ppp(content.skip(header)?))
}

/// RFC 7348 section 5.
fn vxlan(slice: PacketSlice<'_>) -> Option<Layer<'_>> {
    const HAS_IDENTIFIER: u8 = 0x08;
    let header = VxlanPacket::new(slice.bytes)?;
    if header.get_flags() & HAS_IDENTIFIER == 0 {
        return None;
    }
    Some(Layer::Ethernet(slice.skip(slice.bytes.len() - header.payload().len())?))
}

/// RFC 8926 section 3.4: version and length of the options, flags, EtherType, identifier.
fn geneve(slice: PacketSlice<'_>) -> Option<Layer<'_>> {
    let options = usize::from(slice.u8(0)?);
    if options >> 6 != 0 {
        return None;
    }
    Some(Layer::EtherType(slice.u16(2)?, slice.skip(8 + 4 * options)?))
}

/// GTP-U (3GPP TS 29.281 section 5): user data, perhaps with extension headers, each of which names the next at its
/// end.
fn gtp(slice: PacketSlice<'_>) -> Option<Layer<'_>> {
    let [flags, 0xff] = *slice.first::<2>()? else { return None };
    if flags & 0xf0 != 0x30 {
        return None;
    }
    if flags & 0x07 == 0 {
        return Some(Layer::Ip(slice.skip(8)?));
    }
    let mut next = slice.u8(11)?;
    let mut slice = slice.skip(12)?;
    while next != 0 {
        let length = 4 * usize::from(slice.u8(0)?);
        next = slice.u8(length.checked_sub(1)?)?;
        slice = slice.skip(length)?;
    }
    Some(Layer::Ip(slice))
}
