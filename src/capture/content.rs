/*!
A capture file inside the packets of another: somebody sent it by mail.

Where records are looked for amid damage, its header reads as that of a file which was appended. Both go on as records,
but one inside a packet goes on only to that packet's end, where the records of the file around it go on.
*/

use super::pcap_chain::{Layout, View, is_file_header};
use super::pcap_header::FileHeader;
use super::section;
use super::window::WINDOW_BYTES;

/// Bytes of the longest packet on a network: content ends within them.
const PACKET_BYTES: usize = 65_536;
/// Bytes of a block's type and length.
const BLOCK_BYTES: usize = 8;

/// Where the file around it goes on, if the file whose header `view` begins with is content of a packet. `goes_on` tells
/// whether it does in these bytes, and still does behind the number of them that is given.
pub(super) fn end_of_content(view: View<'_>, goes_on: impl Fn(View<'_>, usize) -> bool) -> Option<usize> {
    let end = run(view)?;
    if is_file_header(view.from(end).data) {
        return None;
    }
    (1..=end.saturating_add(PACKET_BYTES).min(view.data.len()))
        .find(|&at| goes_on(view.from(at), end.saturating_sub(at)))
}

/// Bytes over which what follows the header reads as a file; None where that is more than a packet has, or all there is.
fn run(view: View<'_>) -> Option<usize> {
    if section::begins(view.data) {
        return blocks(view);
    }
    let header = FileHeader::parse(view.data)?.ok()?;
    let runs = header
        .record_headers
        .iter()
        .map(|&header_bytes| records(Layout { header_bytes, ..Layout::of(&header) }, view, header.bytes));
    // One of these layouts is its own: the one that reads farthest.
    runs.collect::<Option<Vec<usize>>>()?.into_iter().max()
}

fn records(layout: Layout, view: View<'_>, begin: usize) -> Option<usize> {
    let (mut at, mut last) = (begin, None);
    while at <= PACKET_BYTES {
        let rest = view.from(at).data;
        let Some(header) = layout.header(rest) else { return (view.ended && !rest.is_empty()).then_some(at) };
        if !layout.follows(header, last.or(Some(header.seconds))) {
            return Some(at);
        }
        let total = layout.total(header);
        if total > rest.len() {
            return view.ended.then_some(at);
        }
        (at, last) = (at + total, Some(header.seconds));
    }
    None
}

fn blocks(view: View<'_>) -> Option<usize> {
    let number = match view.data.get(8..12)? {
        [0x1a, ..] => u32::from_be_bytes,
        _ => u32::from_le_bytes,
    };
    let length = |data: &[u8]| Some(usize::try_from(number(*data.first_chunk::<4>()?)).unwrap_or(usize::MAX));
    let mut at = 0;
    while at <= PACKET_BYTES {
        let rest = view.from(at).data;
        let Some(total) = rest.get(4..BLOCK_BYTES).and_then(length) else {
            return (view.ended && !rest.is_empty()).then_some(at);
        };
        if total <= BLOCK_BYTES || total > WINDOW_BYTES {
            return Some(at);
        }
        let Some(block) = rest.get(..total) else { return view.ended.then_some(at) };
        if block.get(total - 4..).and_then(length) != Some(total) {
            return Some(at);
        }
        at += total;
    }
    None
}
