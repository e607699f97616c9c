//! A range of a packet, the end of which may not have been captured.

use crate::capture::Packet;
use crate::limits::RECORD_BYTES;

/// Captured bytes, and how many more of the same range were on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PacketSlice<'a> {
    pub(super) bytes: &'a [u8],
    /// Bytes after `bytes` that the snap length cut off.
    pub(super) missing: usize,
}

impl<'a> PacketSlice<'a> {
    /// All of a packet.
    #[inline]
    pub(super) fn captured(packet: &Packet<'a>) -> Self {
        let wire = usize::try_from(packet.wire_len).unwrap_or(usize::MAX);
        // No packet is longer than the longest record; a greater length is false, and would make a gap of gigabytes.
        Self { bytes: packet.data, missing: wire.saturating_sub(packet.data.len()).min(RECORD_BYTES) }
    }

    /// All of `bytes`, with nothing missing.
    #[inline]
    pub(super) fn whole(bytes: &'a [u8]) -> Self {
        Self { bytes, missing: 0 }
    }

    /// Without the first `count` bytes; None if they were not captured.
    #[inline]
    pub(super) fn skip(self, count: usize) -> Option<Self> {
        Some(Self { bytes: self.bytes.get(count..)?, ..self })
    }

    /// The first `length` bytes, captured or not, as a header gives it. What follows is padding, or belongs to other
    /// layers.
    #[inline]
    pub(super) fn limit(self, length: usize) -> Self {
        match self.bytes.get(..length) {
            Some(bytes) => Self::whole(bytes),
            None => Self { bytes: self.bytes, missing: length - self.bytes.len() },
        }
    }

    /// The first `N` bytes; None if they were not captured.
    #[inline]
    pub(super) fn first<const N: usize>(self) -> Option<&'a [u8; N]> {
        self.bytes.first_chunk()
    }

    /// The byte at `at`.
    #[inline]
    pub(super) fn u8(self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    /// The two bytes at `at` in network byte order.
    #[inline]
    pub(super) fn u16(self, at: usize) -> Option<u16> {
        let bytes = self.bytes.get(at..at.checked_add(2)?)?;
        Some(u16::from_be_bytes(bytes.try_into().ok()?))
    }
}
