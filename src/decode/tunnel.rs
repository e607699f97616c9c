//! Tunnels: what GRE and certain UDP ports carry.

use super::slice::PacketSlice;
use super::{DecodeStop, Layer, Step, evidence, metadata, mpls, tags};
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
            // Linux used 8472 before the port was assigned; VXLAN-GPE has 4790, Cisco's ACI 48879.
            4789 | 8472 | 4790 | 48879 => vxlan(content),
            6081 => geneve(content),
            2152 => gtp(content),
            37008 => metadata::tzsp(content),
            // RFC 7510.
            6635 => Some(Layer::Mpls(content)),
            4341 => lisp(content),
            5247 => capwap(content),
            6080 => gue(content),
            _ if [source, port].contains(&TEREDO) => teredo(content),
            _ if [source, port].contains(&L2TP) => l2tp(content),
            _ => by_content(content),
        }
    };
    // A port number is a hint: a packet that does not read as the tunnel is another kind of packet, not a broken one.
    Ok(read().map_or(Step::Other, Step::Guess))
}

/// True for the packets in which [`udp`] looks for a tunnel. `slice` begins with the UDP header.
#[inline]
pub(super) fn is_tunnel(slice: PacketSlice<'_>) -> Option<bool> {
    let (source, destination) = (slice.u16(0)?, slice.u16(2)?);
    let by_port = matches!(
        destination,
        2152 | 4341 | 4789 | 4790 | 5247 | 6080 | 6081 | 6635 | 8472 | 37008 | 48879 | TEREDO | L2TP
    ) || matches!(source, TEREDO | L2TP);
    Some(by_port || slice.first::<12>().is_some_and(|[.., a, b, c, d]| TUNNEL_BEGINNINGS.contains(&[*a, *b, *c, *d])))
}

/// What tunnels begin with that are met on ports of any number: VXLAN, and TZSP with a received Ethernet frame.
const TUNNEL_BEGINNINGS: [[u8; 4]; 2] = [VXLAN_BEGINNING, TZSP_BEGINNING];
const VXLAN_BEGINNING: [u8; 4] = [0x08, 0, 0, 0];
const TZSP_BEGINNING: [u8; 4] = [1, 0, 0, 1];

/// A tunnel on a port that says nothing. Besides its own header, the frame in it must be there, and end where the
/// datagram does.
fn by_content(slice: PacketSlice<'_>) -> Option<Layer<'_>> {
    let layer = match *slice.first::<4>()? {
        VXLAN_BEGINNING if slice.u8(7)? == 0 => vxlan(slice)?,
        TZSP_BEGINNING => metadata::tzsp(slice)?,
        _ => return None,
    };
    let (Layer::Ethernet(frame) | Layer::Link(_, frame)) = layer else { return None };
    evidence::is_frame(frame).then_some(layer)
}

/// LISP (RFC 9300 section 5.1): 8 bytes, then IP.
fn lisp(slice: PacketSlice<'_>) -> Option<Layer<'_>> {
    let packet = slice.skip(8)?;
    evidence::is_ip(packet, 0).then_some(Layer::Ip(packet))
}

/// Generic UDP encapsulation (draft-ietf-intarea-gue): length of its fields and an IP protocol, or IP right away.
fn gue(slice: PacketSlice<'_>) -> Option<Layer<'_>> {
    const IP_IN_IP: [u8; 2] = [4, 41];
    let [first, protocol] = *slice.first::<2>()?;
    let packet = match first >> 5 {
        0 if IP_IN_IP.contains(&protocol) => slice.skip(4 + 4 * usize::from(first & 0x1f))?,
        _ => slice,
    };
    evidence::is_ip(packet, 0).then_some(Layer::Ip(packet))
}

/// The data that an access point tunnels to its controller (CAPWAP, RFC 5415 section 4.3), where it makes Ethernet of
/// it: preamble, length of the header in words, flags.
fn capwap(slice: PacketSlice<'_>) -> Option<Layer<'_>> {
    const NATIVE_FRAME: u8 = 0x01;
    const FRAGMENT: u8 = 0x80;
    let [0, length, kind, flags] = *slice.first::<4>()? else { return None };
    let frame = slice.skip(4 * usize::from(length >> 3))?;
    if kind & NATIVE_FRAME != 0 || flags & FRAGMENT != 0 {
        return None;
    }
    evidence::is_frame(frame).then_some(Layer::Ethernet(frame))
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
    if flags & (CONTROL | 0x000f) == 3 {
        // Version 3: flags, reserved, the session's number.
        return mpls::pseudowire(slice.skip(8)?);
    }
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

/// RFC 7348 section 5, with the extension that names the protocol (draft-ietf-nvo3-vxlan-gpe).
fn vxlan(slice: PacketSlice<'_>) -> Option<Layer<'_>> {
    const HAS_IDENTIFIER: u8 = 0x08;
    const NAMES_PROTOCOL: u8 = 0x04;
    let header = VxlanPacket::new(slice.bytes)?;
    let flags = header.get_flags();
    if flags & HAS_IDENTIFIER == 0 {
        return None;
    }
    let content = slice.skip(slice.bytes.len() - header.payload().len())?;
    if flags & NAMES_PROTOCOL != 0 {
        return tags::next_protocol(slice.u8(3)?, content);
    }
    Some(Layer::Ethernet(content))
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
