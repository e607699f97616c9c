//! Other local networks: token ring, FDDI, Cisco's ISL, cable modems.

use super::link::llc;
use super::slice::PacketSlice;
use super::{Layer, Step};

/// Token ring (IEEE 802.5): access control, frame control, two addresses, perhaps the route, LLC.
pub(super) fn token_ring(slice: PacketSlice<'_>) -> Option<Step<'_>> {
    const LLC_FRAME: u8 = 0x40;
    const HEADER: usize = 14;
    if slice.u8(1)? & 0xc0 != LLC_FRAME {
        return Some(Step::Other);
    }
    // The first bit of the source address says that a route follows, the first byte of which has its length.
    let has_route = slice.u8(8)? & 0x80 != 0;
    let route = if has_route { usize::from(slice.u8(HEADER)? & 0x1f) } else { 0 };
    llc(slice.skip(HEADER + route)?)
}

/// FDDI (ISO 9314-2): frame control, two addresses, LLC.
pub(super) fn fddi(slice: PacketSlice<'_>) -> Option<Step<'_>> {
    // LLC frames, asynchronous (5x) or synchronous (Dx).
    if slice.u8(0)? & 0x70 != 0x50 {
        return Some(Step::Other);
    }
    llc(slice.skip(13)?)
}

/// The frame in Cisco's ISL: a group address of 5 bytes, type, source, length, LLC, and 9 bytes of its own.
pub(super) fn isl(slice: PacketSlice<'_>) -> Option<PacketSlice<'_>> {
    let [0x01 | 0x03 | 0x0c, 0x00, 0x0c, 0x00, 0x00] = slice.first::<5>()? else { return None };
    let [0xaa, 0xaa, 0x03] = slice.skip(14)?.first::<3>()? else { return None };
    slice.skip(26)
}

/// A packet frame of DOCSIS: frame control, its parameter, length, perhaps an extended header, checksum, Ethernet.
pub(super) fn docsis(slice: PacketSlice<'_>) -> Option<Step<'_>> {
    let [control, parameter] = *slice.first::<2>()?;
    if control >> 6 != 0 {
        return Some(Step::Other);
    }
    let extended = if control & 1 == 1 { usize::from(parameter) } else { 0 };
    Some(Step::Next(Layer::Ethernet(slice.skip(6 + extended)?)))
}
