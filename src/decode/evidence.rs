/*!
Whether bytes are what they are taken for, where no field says what they are.

Weak signs (a version number) fit a sixteenth of all bytes. So both functions want the length that a header gives to
fit the length that is there.
*/

use super::slice::PacketSlice;

/// The shortest Ethernet frame, and the checksum after it: so many bytes may follow a short packet.
const PADDING: usize = 46 + 4;
/// The most tags that a frame may have.
const TAGS: usize = 4;

/// True where an Ethernet frame with an IP packet begins that ends where the bytes do, padding apart.
pub(super) fn is_frame(slice: PacketSlice<'_>) -> bool {
    let is_frame = || {
        let (mut kind, mut slice) = (slice.u16(12)?, slice.skip(14)?);
        for _ in 0..TAGS {
            match kind {
                0x8100 | 0x88a8 => (kind, slice) = (slice.u16(2)?, slice.skip(4)?),
                _ => break,
            }
        }
        let version = slice.u8(0)? >> 4;
        Some(matches!((kind, version), (0x0800, 4) | (0x86dd, 6)) && is_ip(slice, PADDING))
    };
    is_frame().unwrap_or(false)
}

/// True where an IP packet begins that ends where the bytes do, or up to `padding` bytes before.
pub(super) fn is_ip(slice: PacketSlice<'_>, padding: usize) -> bool {
    let length = || {
        let first = slice.u8(0)?;
        match first >> 4 {
            4 => {
                let (header, total) = (4 * usize::from(first & 0x0f), usize::from(slice.u16(2)?));
                (header >= 20 && total >= header).then_some(total)
            }
            6 => Some(40 + usize::from(slice.u16(4)?)),
            _ => None,
        }
    };
    let there = slice.bytes.len().saturating_add(slice.missing);
    length().is_some_and(|length| (length..=length.saturating_add(padding)).contains(&there))
}
