//! Which bytes read as blocks of a pcapng file: where reading goes on after damage.

use super::pcap_chain::{View, begins_file, end_of_content, is_file_header};
use super::pcap_header;
use super::pcapng::{
    ENHANCED_PACKET, FRAMING_BYTES, Frame, INTERFACE, NAMES, PACKET, Pcapng, SIMPLE_PACKET, STATISTICS, read_u32,
};
use super::section::{self, SECTION};
use super::window::{WINDOW_BYTES, Window};
use std::cell::Cell;
use std::io;
use std::ops::Range;

/// Blocks in a row behind the content of a packet, and over which they are followed to there.
const FOLLOWED_BLOCKS: Range<usize> = 2..64;

impl Pcapng {
    /// Whether the block that `data` begins with, which makes no sense, has zeros where its byte order, its length, or the
    /// length once more should stand, or behind it: as if it had not been written to its end.
    pub(super) fn is_half_written(&self, data: &[u8]) -> bool {
        let zeros = |range: Range<usize>| data.get(range).is_some_and(|bytes| bytes.iter().all(|byte| *byte == 0));
        let Some(frame) = self.frame(data) else {
            return section::begins(data) && data.get(8..12).is_some_and(|order| order.contains(&0));
        };
        let end = frame.length;
        end == 0 || (end >= FRAMING_BYTES && (zeros(end - 4..end) || zeros(end..end + FRAMING_BYTES)))
    }

    /// Moves the window to the next bytes that read as a block; false if there are none, or, where more is to come
    /// (`to_come`), none yet.
    pub(super) fn resynchronise(&mut self, window: &mut Window, to_come: bool) -> io::Result<bool> {
        let behind = Cell::new(None);
        let found = window.find(WINDOW_BYTES, to_come, |data, ended| {
            behind.set(self.goes_on(View { data, ended }));
            behind.get().is_some()
        })?;
        window.consume(behind.get().unwrap_or_default());
        Ok(found)
    }

    /// The first byte of the window, after the one that it begins with, that reads as a block.
    pub(super) fn find_in_view(&self, window: &Window) -> Option<usize> {
        let view = View { data: window.data(), ended: window.has_ended() };
        (1..view.data.len()).find_map(|at| Some(at + self.goes_on(view.from(at))?))
    }

    /// Where in `view` reading can go on, if what tells that is at its beginning.
    pub(super) fn goes_on(&self, view: View<'_>) -> Option<usize> {
        let is_file = pcap_header::begins(view.data);
        if is_file && !begins_file(view, 0) || !is_file && !self.is_plausible(view.data) {
            return None;
        }
        if !self.doubts || !is_file && !section::begins(view.data) {
            return Some(0);
        }
        Some(end_of_content(view, |view, inside| self.goes_past(view, inside)).unwrap_or(0))
    }

    /// True where `view` begins with blocks that go on behind `inside` bytes.
    pub(super) fn goes_past(&self, view: View<'_>, inside: usize) -> bool {
        let mut at = 0;
        for count in 0..FOLLOWED_BLOCKS.end {
            let rest = view.from(at).data;
            if rest.is_empty() {
                return view.ended && count > 0;
            }
            let Some(frame) = self.known(rest) else { return false };
            if at > inside && FOLLOWED_BLOCKS.contains(&count) {
                return true;
            }
            at += frame.length;
        }
        false
    }

    /// Moves the window to the next section, or other file, of a version that is known; false if there is none, or none
    /// yet.
    pub(super) fn leave_section(window: &mut Window, to_come: bool) -> io::Result<bool> {
        window.find(WINDOW_BYTES, to_come, |data, _| is_file_header(data))
    }

    /// True where `data` begins with a block of a known type whose two lengths agree, and either its content or what
    /// follows it bears that out: in zeros and small numbers lengths agree by accident.
    pub(super) fn is_plausible(&self, data: &[u8]) -> bool {
        let Some(frame) = self.known(data) else { return false };
        let rest = data.get(frame.length..).unwrap_or_default();
        let followed = rest.len() < FRAMING_BYTES || self.known(rest).is_some() || pcap_header::begins(rest);
        match frame.kind {
            SECTION => section::is_known(data),
            ENHANCED_PACKET => followed || self.fits_packet(&frame, data),
            PACKET => followed && self.fits_packet(&frame, data),
            _ => followed,
        }
    }

    /// The framing of a block of a known type, if its two lengths agree as far as `data` reaches.
    pub(super) fn known(&self, data: &[u8]) -> Option<Frame> {
        let frame = self.frame(data)?;
        let known =
            matches!(frame.kind, SECTION | INTERFACE | PACKET | SIMPLE_PACKET | NAMES | STATISTICS | ENHANCED_PACKET);
        let sound = known
            && frame.length > FRAMING_BYTES
            && frame.length <= WINDOW_BYTES
            && frame.length.is_multiple_of(4)
            && read_u32(data, frame.length - 4, frame.big_endian) == u32::try_from(frame.length).ok();
        sound.then_some(frame)
    }

    /// Whether the captured bytes are no more than the block has, and those on the wire no fewer.
    pub(super) fn fits_packet(&self, frame: &Frame, data: &[u8]) -> bool {
        let (Some(captured), Some(original)) =
            (read_u32(data, 20, self.big_endian), read_u32(data, 24, self.big_endian))
        else {
            return false;
        };
        let room = frame.length.saturating_sub(32);
        captured <= original && usize::try_from(captured).is_ok_and(|captured| captured <= room)
    }
}
