//! The section header that a pcapng file begins with (draft-ietf-opsawg-pcapng section 4.1).

use super::window::WINDOW_BYTES;

/// Its block type, the same in either byte order.
pub(super) const SECTION: u32 = 0x0a0d_0d0a;
/// Bytes of it without options.
const SECTION_BYTES: usize = 28;

/// True where `beginning` is that of a pcapng file.
pub(super) fn begins(beginning: &[u8]) -> bool {
    beginning.starts_with(&SECTION.to_be_bytes())
}

/// True where the header of a section of a known version stands, its two lengths the same as far as `data` reaches.
pub(super) fn is_known(data: &[u8]) -> bool {
    let Some([_, _, _, _, length @ .., b0, b1, b2, b3, m0, m1]) = data.first_chunk::<14>() else { return false };
    let number = match [*b0, *b1, *b2, *b3] {
        [0x1a, 0x2b, 0x3c, 0x4d] if [*m0, *m1] == [0, 1] => u32::from_be_bytes,
        [0x4d, 0x3c, 0x2b, 0x1a] if [*m0, *m1] == [1, 0] => u32::from_le_bytes,
        _ => return false,
    };
    let total = usize::try_from(number(*length)).unwrap_or(usize::MAX);
    begins(data)
        && (SECTION_BYTES..=WINDOW_BYTES).contains(&total)
        && data.get(..total).is_none_or(|whole| whole.ends_with(length))
}
