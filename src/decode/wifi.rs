//! IEEE 802.11 data frames in the clear, bare or after a radiotap header. Encrypted frames are counted as such.

use super::link::llc;
use super::slice::PacketSlice;
use super::{DecodeStop, Step};

/// Radiotap: version, padding, length; every field is little-endian.
pub(super) fn radiotap(slice: PacketSlice<'_>) -> Result<Step<'_>, DecodeStop> {
    let read = || {
        let [0, _, low, high] = slice.first::<4>()? else { return None };
        let length = usize::from(u16::from_le_bytes([*low, *high]));
        Some((slice.skip(length)?, pads(slice.bytes.get(..length)?)))
    };
    let (frame, padded) = read().ok_or(DecodeStop::Link)?;
    data_frame(frame, padded)
}

/// AVS: version and length, big-endian.
pub(super) fn avs(slice: PacketSlice<'_>) -> Result<Step<'_>, DecodeStop> {
    let read = || {
        let length = slice.skip(4)?.first::<4>()?;
        slice.skip(usize::try_from(u32::from_be_bytes(*length)).ok()?)
    };
    data_frame(read().ok_or(DecodeStop::Link)?, false)
}

/// Prism: 144 bytes. AVS took over its number, so that some captures of this type have AVS's header, which begins with
/// 80211 and its version.
pub(super) fn prism(slice: PacketSlice<'_>) -> Result<Step<'_>, DecodeStop> {
    const HEADER: usize = 144;
    match slice.first::<4>() {
        Some([0x80, 0x21, 0x10..=0x1f, _]) => avs(slice),
        _ => data_frame(slice.skip(HEADER).ok_or(DecodeStop::Link)?, false),
    }
}

/// A bare frame.
pub(super) fn frame(slice: PacketSlice<'_>) -> Result<Step<'_>, DecodeStop> {
    data_frame(slice, false)
}

/// True where the radiotap flags say that the 802.11 header is padded to 4 bytes.
fn pads(header: &[u8]) -> bool {
    const TIME: u8 = 0x01;
    const FLAGS: u8 = 0x02;
    const MORE_WORDS: u8 = 0x80;
    const PADDING: u8 = 0x20;
    let read = || {
        let mut fields = 4;
        let first = *header.get(fields)?;
        while header.get(fields + 3)? & MORE_WORDS != 0 {
            fields += 4;
        }
        fields += 4;
        if first & TIME != 0 {
            fields = fields.next_multiple_of(8) + 8;
        }
        Some(first & FLAGS != 0 && header.get(fields)? & PADDING != 0)
    };
    read().unwrap_or(false)
}

fn data_frame(slice: PacketSlice<'_>, padded: bool) -> Result<Step<'_>, DecodeStop> {
    let [control, flags] = *slice.first::<2>().ok_or(DecodeStop::Link)?;
    let (kind, subtype) = (control & 0x0c, control >> 4);
    let (no_data, with_qos) = (subtype & 0x04 != 0, subtype & 0x08 != 0);
    let protected = flags & 0x40 != 0;
    if control & 0x03 != 0 || kind != 0x08 || no_data {
        return Ok(Step::Other);
    }
    if protected {
        return Err(DecodeStop::Encrypted);
    }
    let read = || {
        let mut length = 24;
        if flags & 0x03 == 0x03 {
            length += 6;
        }
        let mut several = false;
        if with_qos {
            several = slice.u8(length)? & 0x80 != 0;
            length += 2;
            if flags & 0x80 != 0 {
                length += 4;
            }
        }
        if padded {
            length = usize::next_multiple_of(length, 4);
        }
        let content = slice.skip(length)?;
        if several { Some(Step::Aggregate(content)) } else { llc(content) }
    };
    read().ok_or(DecodeStop::Link)
}

/// One of several frames in one (A-MSDU, IEEE 802.11 section 9.3.2.2): its content, and the bytes after it. Two
/// addresses, a length, LLC; padded to 4 bytes.
pub(super) fn subframe(slice: PacketSlice<'_>) -> Option<(PacketSlice<'_>, Option<PacketSlice<'_>>)> {
    const HEADER: usize = 14;
    let length = usize::from(slice.u16(12)?);
    let next = slice.skip((HEADER + length).next_multiple_of(4)).filter(|next| next.bytes.len() > HEADER);
    Some((slice.skip(HEADER)?.limit(length), next))
}
