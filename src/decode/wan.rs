//! Long-distance lines: PPP and HDLC, PPPoE, frame relay, ATM.

use super::link::{llc, snap};
use super::slice::PacketSlice;
use super::{DecodeStop, Layer, Step, evidence};

/// RFC 1662 framing, or Cisco's: address, control, EtherType.
pub(super) fn hdlc(slice: PacketSlice<'_>) -> Option<Step<'_>> {
    Some(match slice.first::<2>()? {
        [0x0f | 0x8f, 0x00] => Step::Next(Layer::EtherType(slice.u16(2)?, slice.skip(4)?)),
        _ => Step::Next(Layer::Ppp(slice)),
    })
}

/// PPPoE (RFC 2516 section 4): version and type, code, session, length.
pub(super) fn pppoe(slice: PacketSlice<'_>) -> Option<Step<'_>> {
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
        Some(ppp_protocol(protocol, slice))
    };
    read().ok_or(DecodeStop::Link)
}

fn ppp_protocol(protocol: u16, slice: PacketSlice<'_>) -> Step<'_> {
    match protocol {
        0x0021 | 0x0057 => Step::Next(Layer::Ip(slice)),
        0x0281 | 0x0283 => Step::Next(Layer::Mpls(slice)),
        _ => Step::Other,
    }
}

/// PPP as Linux's pppd records it: the direction in place of the address, FF.
pub(super) fn pppd(slice: PacketSlice<'_>) -> Option<Step<'_>> {
    let slice = slice.skip(1)?;
    let slice = if slice.u8(0)? == 0x03 { slice.skip(1)? } else { slice };
    Some(Step::Next(Layer::Ppp(slice)))
}

/// Frame relay (RFC 2427): an address, the last byte of which has its lowest bit set, control, perhaps padding, and the
/// number of the network layer. Cisco's own has an EtherType after the address.
pub(super) fn frame_relay(slice: PacketSlice<'_>) -> Option<Step<'_>> {
    const UNNUMBERED: u8 = 0x03;
    const LONGEST_ADDRESS: usize = 4;
    let last = slice.bytes.iter().take(LONGEST_ADDRESS).position(|byte| byte & 1 == 1);
    let Some(last) = last.filter(|&last| last > 0) else {
        return (slice.bytes.len() >= LONGEST_ADDRESS).then_some(Step::Other);
    };
    let slice = slice.skip(last + 1)?;
    match *slice.first::<2>()? {
        [UNNUMBERED, 0] => network_layer(slice.skip(2)?),
        [UNNUMBERED, _] => network_layer(slice.skip(1)?),
        _ => Some(Step::Next(Layer::EtherType(slice.u16(0)?, slice.skip(2)?))),
    }
}

/// A protocol by its number in ISO/IEC TR 9577.
pub(super) fn network_layer(slice: PacketSlice<'_>) -> Option<Step<'_>> {
    let content = slice.skip(1)?;
    Some(match slice.u8(0)? {
        0xcc | 0x8e => Step::Next(Layer::Ip(content)),
        0xcf => Step::Next(Layer::Ppp(content)),
        0x80 => return snap(content),
        _ => Step::Other,
    })
}

/// ATM (RFC 2684): LLC, or IP alone, where the virtual circuit carries nothing else.
pub(super) fn atm(slice: PacketSlice<'_>) -> Option<Step<'_>> {
    if evidence::is_ip(slice, 0) { Some(Step::Next(Layer::Ip(slice))) } else { llc(slice) }
}

/// ATM of Solaris: the kind of traffic in the low bits of the first byte, and the circuit.
pub(super) fn sun_atm(slice: PacketSlice<'_>) -> Option<Step<'_>> {
    let content = slice.skip(4)?;
    match slice.u8(0)? & 0x0f {
        // LAN emulation: the sender's number, and a frame.
        1 => Some(Step::Next(Layer::Ethernet(content.skip(2)?))),
        2 => llc(content),
        _ => Some(Step::Other),
    }
}
