/*!
pcapng files (draft-ietf-opsawg-pcapng): sections, each with its byte order and its interfaces, made of blocks.

This module reads the framing of blocks; pcap-parser reads the content of those that are needed. All others are skipped
whole.
*/

use super::block_clock::{BlockClock, Units};
use super::growing::is_blank;
use super::pcap_chain::{View, is_file_header};
use super::pcap_header;
use super::record::{Care, Defect, Record, ensure};
use super::secrets::{SECRETS, Teller};
use super::section::{self, SECTION};
use super::stride::BlockStride;
pub(super) use super::stride::ENHANCED_PACKET;
use super::walk::Way;
use super::window::Window;
use super::{LinkType, Time};
use crate::limits::{INTERFACES_PER_SECTION, RECORD_BYTES};
use pcap_parser::{
    Block, EnhancedPacketBlock, InterfaceDescriptionBlock, InterfaceStatisticsBlock, OptionCode, PcapNGOption,
    SimplePacketBlock, parse_block_be, parse_block_le,
};
use std::borrow::Cow;

pub(super) const INTERFACE: u32 = 1;
/// Obsolete since 2004 and still met; unknown to pcap-parser.
pub(super) const PACKET: u32 = 2;
pub(super) const SIMPLE_PACKET: u32 = 3;
pub(super) const NAMES: u32 = 4;
pub(super) const STATISTICS: u32 = 5;
/// Type, length, and length once more.
pub(super) const FRAMING_BYTES: usize = 12;

/// The blocks of a pcapng file.
pub(super) struct Pcapng {
    pub(super) big_endian: bool,
    interfaces: Vec<Interface>,
    /// Interfaces of the sections before.
    interfaces_before: u32,
    /// Drops counted by the statistics of earlier sections.
    dropped_before: Option<u64>,
    last: Time,
    /// The header of a file may be content of a packet.
    pub(super) doubts: bool,
}

/// An interface of the section.
struct Interface {
    link: LinkType,
    snaplen: u32,
    clock: BlockClock,
    dropped: Option<u64>,
}

/// Who is told of secrets, and how many packets have been read.
pub(super) type Told<'a> = Option<(&'a mut Teller, u64)>;

/// The framing of a block.
pub(super) struct Frame {
    pub(super) kind: u32,
    pub(super) length: usize,
    pub(super) big_endian: bool,
}

impl Frame {
    /// Bytes from the beginning of the block, which `window` begins with, to the next; None where its two lengths
    /// differ. The length must be a multiple of 4 (section 3.1), and some writers' is not: then the next block follows
    /// at once, or after padding that the length does not count.
    fn total(&self, window: &mut Window) -> Option<usize> {
        let ends = |data: &[u8], total: usize| {
            let length = usize::try_from(read_u32(data, total - 4, self.big_endian)?).ok()?;
            (length == self.length || length == total).then_some(total)
        };
        let padded = self.length.next_multiple_of(4);
        match ends(window.data(), self.length) {
            None if padded != self.length && window.look(padded) => ends(window.data(), padded),
            total => total,
        }
    }

    /// `block` with its content padded and both lengths as they should be.
    fn padded(&self, block: &[u8]) -> Vec<u8> {
        let content = block.get(8..block.len().saturating_sub(4)).unwrap_or_default();
        let total = FRAMING_BYTES + content.len().next_multiple_of(4);
        let length = u32::try_from(total).unwrap_or(u32::MAX);
        let length = if self.big_endian { length.to_be_bytes() } else { length.to_le_bytes() };
        let mut padded = block.get(..4).unwrap_or_default().to_vec();
        padded.extend(length);
        padded.extend(content);
        padded.resize(total - 4, 0);
        padded.extend(length);
        padded
    }
}

/// What a block contains.
enum Content {
    Packet(Record),
    Nothing,
    /// The block is whole, but its content makes no sense.
    Nonsense(&'static str),
}

impl Pcapng {
    /// A reader of the blocks that follow, the first of which is a section header. With `doubts`, headers of files amid
    /// damage may be content of packets.
    pub(super) fn new(doubts: bool) -> Self {
        Self {
            big_endian: false,
            interfaces: Vec::new(),
            interfaces_before: 0,
            dropped_before: None,
            last: Time::default(),
            doubts,
        }
    }

    /// Whether the section has several interfaces, each with its packets in its own order of time.
    pub(super) fn has_several_interfaces(&self) -> bool {
        self.interfaces.len() > 1
    }

    /// Packets that were dropped, by the interfaces' statistics.
    pub(super) fn dropped(&self) -> Option<u64> {
        self.interfaces
            .iter()
            .filter_map(|interface| interface.dropped)
            .chain(self.dropped_before)
            .reduce(u64::saturating_add)
    }

    /// How to walk over the packets that `data` begins with, those behind `read`, whose times are not before `latest`: up to
    /// `before`. None where the section has several interfaces, or none is in view.
    pub(super) fn way(&self, read: &Record, data: &[u8], latest: Time, before: Option<Time>) -> Option<Way> {
        let [interface] = self.interfaces.as_slice() else { return None };
        let number = read.interface.wrapping_sub(self.interfaces_before);
        Some(if self.big_endian {
            Way::BigBlocks(BlockStride::from(number, interface.clock, data, latest, before)?)
        } else {
            Way::LittleBlocks(BlockStride::from(number, interface.clock, data, latest, before)?)
        })
    }

    /// Packets were passed over, the last one at that time.
    pub(super) fn walked(&mut self, last: Time) {
        self.last = last;
    }

    /// Moves the window to the next packet and reads it; None at the end of the file. Blocks with secrets on the way are
    /// `told`.
    pub(super) fn record(&mut self, window: &mut Window, care: Care, told: Told<'_>) -> Result<Option<Record>, Defect> {
        let read = self.read(window, care, told);
        if care.followed && matches!(read, Err(Defect::Corrupt(_))) {
            window.look(2 * FRAMING_BYTES);
            if is_blank(window.data()) {
                return Err(Defect::Unwritten { begun: false });
            }
            if self.is_half_written(window.data()) {
                return Err(Defect::Unwritten { begun: true });
            }
        }
        read
    }

    fn read(&mut self, window: &mut Window, care: Care, mut told: Told<'_>) -> Result<Option<Record>, Defect> {
        loop {
            if !ensure(window, FRAMING_BYTES)? {
                return match window.data() {
                    [] => Ok(None),
                    rest if care.followed && is_blank(rest) => Err(Defect::Unwritten { begun: false }),
                    _ => Err(Defect::CutShort),
                };
            }
            if care.steps_over && pcap_header::begins(window.data()) {
                if !window.look(pcap_header::HEADER_BYTES) && care.grows {
                    return Err(Defect::Unwritten { begun: true });
                }
                if is_file_header(window.data()) {
                    return Err(Defect::AnotherFile);
                }
            }
            let frame = self.frame(window.data()).ok_or(Defect::Corrupt("no block of pcapng"))?;
            if !(FRAMING_BYTES..=RECORD_BYTES).contains(&frame.length) {
                return Err(Defect::Corrupt("a block of impossible length"));
            }
            if !ensure(window, frame.length)? {
                let view = View { data: window.data(), ended: true };
                let follows = |at: usize| Some(at + self.goes_on(view.from(at))?);
                if care.steps_over
                    && !care.grows
                    && let Some(bytes) = (1..view.data.len()).find_map(follows)
                {
                    window.consume(bytes);
                    return Err(Defect::Skipped { what: "a block that reaches beyond the end of the file", bytes });
                }
                return Err(Defect::CutShort);
            }
            let total = frame.total(window).ok_or(Defect::Corrupt("a block whose two lengths differ"))?;
            let block = window.data().get(..total).unwrap_or_default();
            if let (SECRETS, Some((teller, packets))) = (frame.kind, &mut told) {
                teller.tell(block, frame.big_endian, *packets);
            }
            match self.content(&frame, block)? {
                Content::Packet(record) => return Ok(Some(record)),
                Content::Nothing => window.consume(total),
                Content::Nonsense(what) => {
                    window.consume(total);
                    return Err(Defect::Skipped { what, bytes: total });
                }
            }
        }
    }

    /// The framing of the block that `data` begins with. The magic number of a section header gives the byte order of
    /// that header and of all blocks up to the next one.
    pub(super) fn frame(&self, data: &[u8]) -> Option<Frame> {
        let big_endian = if section::begins(data) {
            match data.get(8..12)? {
                [0x1a, 0x2b, 0x3c, 0x4d] => true,
                [0x4d, 0x3c, 0x2b, 0x1a] => false,
                _ => return None,
            }
        } else {
            self.big_endian
        };
        let length = usize::try_from(read_u32(data, 4, big_endian)?).ok()?;
        Some(Frame { kind: read_u32(data, 0, big_endian)?, length, big_endian })
    }

    fn content(&mut self, frame: &Frame, block: &[u8]) -> Result<Content, Defect> {
        if frame.kind == PACKET {
            return Ok(self.obsolete_packet(block));
        }
        if !matches!(frame.kind, SECTION | INTERFACE | SIMPLE_PACKET | STATISTICS | ENHANCED_PACKET) {
            return Ok(Content::Nothing);
        }
        let parse = if frame.big_endian { parse_block_be } else { parse_block_le };
        let padded = if block.len().is_multiple_of(4) && frame.length == block.len() {
            Cow::Borrowed(block)
        } else {
            Cow::Owned(frame.padded(block))
        };
        // The block is complete, so "incomplete" means that its inner lengths reach beyond it.
        let Ok((_, parsed)) = parse(&padded) else {
            return Ok(Content::Nonsense("a block whose inner lengths make no sense"));
        };
        match parsed {
            Block::SectionHeader(section) if section.major_version != 1 => {
                Err(Defect::Unsupported(format!("pcapng version {}.{}", section.major_version, section.minor_version)))
            }
            Block::SectionHeader(_) => {
                self.dropped_before = self.dropped();
                let described = u32::try_from(self.interfaces.len()).unwrap_or(u32::MAX);
                self.interfaces_before = self.interfaces_before.wrapping_add(described);
                self.interfaces.clear();
                self.big_endian = frame.big_endian;
                Ok(Content::Nothing)
            }
            Block::InterfaceDescription(description) => Ok(self.interface(&description)),
            Block::InterfaceStatistics(statistics) => {
                self.statistics(&statistics);
                Ok(Content::Nothing)
            }
            Block::EnhancedPacket(packet) => Ok(self.enhanced_packet(&packet, block.len())),
            Block::SimplePacket(packet) => Ok(self.simple_packet(&packet, frame.length, block.len())),
            _ => Ok(Content::Nothing),
        }
    }

    fn interface(&mut self, description: &InterfaceDescriptionBlock<'_>) -> Content {
        if self.interfaces.len() >= INTERFACES_PER_SECTION {
            return Content::Nonsense("one interface too many");
        }
        // pcap-parser reads if_tsoffset as little-endian whatever the section is.
        let options = &description.options;
        let resolution = option(options, OptionCode::IfTsresol).and_then(|value| value.first().copied()).unwrap_or(6);
        let offset = option(options, OptionCode::IfTsoffset).and_then(|value| self.read_u64(value)).unwrap_or(0);
        self.interfaces.push(Interface {
            // The registry has no number above 65535.
            link: LinkType(u16::try_from(description.linktype.0).unwrap_or(u16::MAX)),
            snaplen: description.snaplen,
            clock: BlockClock { units: Units::of_resolution(resolution), offset: offset.cast_signed() },
            dropped: None,
        });
        Content::Nothing
    }

    /// Statistics count from the beginning, so the last ones of an interface hold.
    fn statistics(&mut self, statistics: &InterfaceStatisticsBlock<'_>) {
        let count = |code| option(&statistics.options, code).and_then(|value| self.read_u64(value));
        // isb_ifdrop and isb_osdrop; the numbers mean other things in other blocks.
        let dropped = [OptionCode(5), OptionCode(7)].into_iter().filter_map(count).reduce(u64::saturating_add);
        let index = usize::try_from(statistics.if_id).unwrap_or(usize::MAX);
        if let (Some(interface), Some(_)) = (self.interfaces.get_mut(index), dropped) {
            interface.dropped = dropped;
        }
    }

    fn enhanced_packet(&mut self, packet: &EnhancedPacketBlock<'_>, total: usize) -> Content {
        const DATA: usize = 28;
        let stamp = u64::from(packet.ts_high) << 32 | u64::from(packet.ts_low);
        let captured = usize::try_from(packet.caplen).unwrap_or(usize::MAX);
        self.packet(packet.if_id, Some(stamp), DATA, captured, packet.origlen, total)
    }

    /// Has no time (that of the packet before is assumed), no interface (the first is meant), and no captured
    /// length: all bytes of the block, without padding and up to the snap length.
    fn simple_packet(&mut self, packet: &SimplePacketBlock<'_>, length: usize, total: usize) -> Content {
        const DATA: usize = 12;
        let snaplen = self.interfaces.first().map_or(0, |interface| interface.snaplen);
        let original = usize::try_from(packet.origlen).unwrap_or(usize::MAX);
        let snaplen = if snaplen == 0 { usize::MAX } else { usize::try_from(snaplen).unwrap_or(usize::MAX) };
        let captured = packet.data.len().min(original).min(snaplen).min(length.saturating_sub(DATA + 4));
        self.packet(0, None, DATA, captured, packet.origlen, total)
    }

    /// Section 4.3.1 of early drafts: interface and drops of 16 bits each, the rest as in an enhanced packet.
    fn obsolete_packet(&mut self, block: &[u8]) -> Content {
        const DATA: usize = 28;
        let field = |at| read_u32(block, at, self.big_endian);
        let (Some(interface), Some(high), Some(low), Some(captured), Some(original)) =
            (field(8), field(12), field(16), field(20), field(24))
        else {
            return Content::Nonsense("a packet block without a packet");
        };
        let interface = if self.big_endian { interface >> 16 } else { interface & 0xffff };
        let stamp = u64::from(high) << 32 | u64::from(low);
        let captured = usize::try_from(captured).unwrap_or(usize::MAX);
        self.packet(interface, Some(stamp), DATA, captured, original, block.len())
    }

    fn packet(
        &mut self,
        interface: u32,
        stamp: Option<u64>,
        data: usize,
        captured: usize,
        original: u32,
        total: usize,
    ) -> Content {
        let index = usize::try_from(interface).unwrap_or(usize::MAX);
        let number = self.interfaces_before.wrapping_add(interface);
        let Some(interface) = self.interfaces.get(index) else {
            return Content::Nonsense("a packet of an interface not described");
        };
        if captured > total.saturating_sub(data + 4) {
            return Content::Nonsense("a packet longer than its block");
        }
        let time = match stamp {
            Some(stamp) => {
                self.last = interface.clock.time(stamp);
                self.last
            }
            None => self.last.assumed(),
        };
        Content::Packet(Record {
            time,
            link: interface.link,
            data: data..data + captured,
            wire_len: original.max(u32::try_from(captured).unwrap_or(u32::MAX)),
            interface: number,
            total,
        })
    }

    fn read_u64(&self, bytes: &[u8]) -> Option<u64> {
        let bytes = bytes.first_chunk::<8>()?;
        Some(if self.big_endian { u64::from_be_bytes(*bytes) } else { u64::from_le_bytes(*bytes) })
    }
}

/// The value of the first option with that code.
fn option<'a>(options: &'a [PcapNGOption<'_>], code: OptionCode) -> Option<&'a [u8]> {
    options.iter().find(|option| option.code == code).and_then(|option| option.as_bytes().ok())
}

pub(super) fn read_u32(data: &[u8], at: usize, big_endian: bool) -> Option<u32> {
    let bytes: [u8; 4] = data.get(at..at.checked_add(4)?)?.try_into().ok()?;
    Some(if big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
}
