//! The content of cells: text off the wire, and packet numbers.

use crate::protocol::event::{Kind, Packets};
use crate::session::model::Step;
use crate::view::escape;
use crate::view::packet::{range, shown};

/// Most ranges of packet numbers in a cell; more are shortened to the first and the last number.
const RANGES: usize = 2;

/// `text` off the wire for a single line, cut at `limit` characters.
pub fn line(text: &str, limit: usize) -> String {
    let (text, cut) = escape::cut(text, limit);
    let mut shown = escape::line(text).into_owned();
    if cut {
        shown.push('…');
    }
    shown
}

/// `shown`, which is safe for a terminal, cut at `limit` characters.
pub fn cut(mut shown: String, limit: usize) -> String {
    if let Some((at, _)) = shown.char_indices().nth(limit) {
        shown.truncate(at);
        shown.push('…');
    }
    shown
}

/// The numbers of the packets that carry a step.
pub fn numbers(step: &Step) -> String {
    match step.kind {
        // Content and TLS cross in many packets, with acknowledgements in between.
        Kind::Data | Kind::Tls if step.packets.first() != step.packets.last() => {
            range(step.packets.first(), step.packets.last())
        }
        // No packet carries a gap: the step's number is that of the packet that revealed it, perhaps much later.
        Kind::Gap => "–".to_owned(),
        _ => ranges(&step.packets),
    }
}

/// `12`, `12-15`, `12, 15`; more than [`RANGES`] ranges are shortened to the first and the last number: `12 … 40`.
fn ranges(packets: &Packets) -> String {
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for packet in packets.iter() {
        match ranges.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(packet) => *last = packet,
            _ => ranges.push((packet, packet)),
        }
        if ranges.len() > RANGES {
            break;
        }
    }
    if ranges.len() > RANGES || packets.left_out() > 0 {
        return format!("{} … {}", shown(packets.first()), shown(packets.last()));
    }
    let shown: Vec<String> = ranges.into_iter().map(|(first, last)| range(first, last)).collect();
    shown.join(", ")
}

/// Appends so many blanks: many at a time, since each line of a table has a hundred of them.
pub fn push_blanks(line: &mut String, mut count: usize) {
    const BLANKS: &str = "                                                                ";
    while let Some(few) = BLANKS.get(..count.min(BLANKS.len())).filter(|few| !few.is_empty()) {
        line.push_str(few);
        count -= few.len();
    }
}

#[cfg(test)]
mod tests {
    use super::ranges;
    use crate::capture::number;
    use crate::protocol::event::Packets;

    fn packets(numbers: &[u64]) -> Packets {
        let mut packets = Packets::default();
        numbers.iter().for_each(|&number| packets.add(number));
        packets
    }

    #[test]
    fn packet_numbers_are_short() {
        assert_eq!(ranges(&packets(&[])), "");
        assert_eq!(ranges(&packets(&[12])), "12");
        assert_eq!(ranges(&packets(&[12, 13, 14, 15])), "12-15");
        assert_eq!(ranges(&packets(&[12, 15])), "12, 15");
        let second = |frame| number::packed(1, frame);
        assert_eq!(ranges(&packets(&[12, second(1), second(2)])), "12, 2:1-2", "of the second file");
        assert_eq!(ranges(&packets(&[15, 12])), "15, 12");
        assert_eq!(ranges(&packets(&[1, 3, 5, 7, 9])), "1 … 9");
        assert_eq!(ranges(&packets(&(1..2_000).collect::<Vec<_>>())), "1-1999");
    }
}
