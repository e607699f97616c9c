//! MPLS labels, and the pseudowires in them.

use super::slice::PacketSlice;
use super::{DecodeStop, Layer, Step, evidence};

/// A label (RFC 3032). No field names what follows the last label: IP begins with its version, Ethernet over MPLS (RFC
/// 4448) with a control word that begins with 0, or, without one, with an address that may begin with anything.
pub(super) fn label(slice: PacketSlice<'_>) -> Result<Step<'_>, DecodeStop> {
    const CONTROL_WORD: usize = 4;
    let read = || {
        let [_, _, bottom, _] = slice.first::<4>()?;
        let slice = slice.skip(4)?;
        if bottom & 1 == 0 {
            return Some(Step::Next(Layer::Mpls(slice)));
        }
        let is_frame = evidence::is_frame(slice);
        Some(match slice.u8(0)? >> 4 {
            0 if !is_frame || evidence::is_frame(slice.skip(CONTROL_WORD)?) => {
                Step::Next(Layer::Ethernet(slice.skip(CONTROL_WORD)?))
            }
            _ if is_frame => Step::Next(Layer::Ethernet(slice)),
            4 | 6 => Step::Next(Layer::Ip(slice)),
            _ => Step::Other,
        })
    };
    read().ok_or(DecodeStop::Link)
}

/// A frame of L2TP version 3 (RFC 3931 section 4.1) after the session's number: the length of the cookie and of the
/// sublayer (RFC 4719) was agreed on before, so that the frame itself has to show where it begins.
pub(super) fn pseudowire(slice: PacketSlice<'_>) -> Option<Layer<'_>> {
    [0, 4, 8, 12]
        .into_iter()
        .filter_map(|bytes| slice.skip(bytes))
        .find(|&at| evidence::is_frame(at))
        .map(Layer::Ethernet)
}
