/*!
The PDUs that Wireshark exports (LINKTYPE_WIRESHARK_UPPER_PDU): tags, and then the content of a protocol.

A PDU of IP or Ethernet is a layer like another. A PDU of TCP's payload has TCP's numbers among its tags. One that was
decrypted has no numbers: the PDUs of a direction follow each other, so that they are numbered here.
*/

use super::slice::PacketSlice;
use super::{Header, Layer, Segment, Step};
use crate::capture::Packet;
use crate::limits::{Limit, LimitsHit, SPEAKING_CONNECTIONS};
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher as _};
use std::net::{IpAddr, SocketAddr};

/// The tags (`exported_pdu_tlvs.h` of Wireshark).
mod tag {
    pub(super) const END: u16 = 0;
    pub(super) const PROTOCOL: u16 = 12;
    pub(super) const TABLE: u16 = 14;
    pub(super) const IPV4_SOURCE: u16 = 20;
    pub(super) const IPV4_DESTINATION: u16 = 21;
    pub(super) const IPV6_SOURCE: u16 = 22;
    pub(super) const IPV6_DESTINATION: u16 = 23;
    pub(super) const PORT_TYPE: u16 = 24;
    pub(super) const SOURCE_PORT: u16 = 25;
    pub(super) const DESTINATION_PORT: u16 = 26;
    pub(super) const TABLE_VALUE: u16 = 32;
    pub(super) const TCP: u16 = 34;
}

/// The payload of a TCP connection, with what its tags say.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pdu<'a> {
    source: SocketAddr,
    destination: SocketAddr,
    numbers: Option<Numbers>,
    repeats: Repeats,
    content: PacketSlice<'a>,
}

/// What Wireshark exports a second time, when the next record of TLS has brought the rest of it. The dissectors differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Repeats {
    /// POP3: nothing.
    Nothing,
    /// SMTP: a PDU of one unfinished line.
    Line,
    /// IMAP: an unfinished line with its literals.
    LineWithLiterals,
}

/// What TCP's header said.
#[derive(Debug, Clone, Copy)]
struct Numbers {
    /// The sequence number after the segment.
    next: u32,
    acknowledgement: u32,
    flags: u8,
}

/// Tags that were read.
#[derive(Default)]
struct Tags<'a> {
    protocol: &'a [u8],
    table: &'a [u8],
    table_value: u32,
    source: Option<IpAddr>,
    destination: Option<IpAddr>,
    port_type: u32,
    source_port: Option<u16>,
    destination_port: Option<u16>,
    numbers: Option<Numbers>,
}

/// Reads the tags.
pub(super) fn pdu(slice: PacketSlice<'_>) -> Option<Step<'_>> {
    const TCP: u32 = 2;
    let mut tags = Tags::default();
    let mut slice = slice;
    loop {
        let (kind, length) = (slice.u16(0)?, usize::from(slice.u16(2)?));
        let value = slice.bytes.get(4..4 + length)?;
        slice = slice.skip(4 + length)?;
        if kind == tag::END {
            break;
        }
        tags.read(kind, value);
    }
    Some(match (tags.protocol, tags.table, tags.table_value) {
        (b"ip" | b"ipv6", ..) | (_, b"ethertype", 0x0800 | 0x86dd) => Step::Next(Layer::Ip(slice)),
        (_, b"ip.proto", 4 | 41) => Step::Next(Layer::Ip(slice)),
        (b"eth" | b"eth_withoutfcs" | b"eth_maybefcs", ..) => Step::Next(Layer::Ethernet(slice)),
        _ if tags.port_type == TCP => tags.pdu(slice).map_or(Step::Other, Step::Exported),
        _ => Step::Other,
    })
}

impl<'a> Tags<'a> {
    fn read(&mut self, kind: u16, value: &'a [u8]) {
        let number = || value.first_chunk().map_or(0, |&bytes| u32::from_be_bytes(bytes));
        let ipv4 = || <[u8; 4]>::try_from(value).ok().map(IpAddr::from);
        let ipv6 = || <[u8; 16]>::try_from(value).ok().map(IpAddr::from);
        match kind {
            // Names are padded to 4 bytes.
            tag::PROTOCOL => self.protocol = value.split(|&byte| byte == 0).next().unwrap_or_default(),
            tag::TABLE => self.table = value.split(|&byte| byte == 0).next().unwrap_or_default(),
            tag::TABLE_VALUE => self.table_value = number(),
            tag::IPV4_SOURCE => self.source = ipv4(),
            tag::IPV4_DESTINATION => self.destination = ipv4(),
            tag::IPV6_SOURCE => self.source = ipv6(),
            tag::IPV6_DESTINATION => self.destination = ipv6(),
            tag::PORT_TYPE => self.port_type = number(),
            tag::SOURCE_PORT => self.source_port = u16::try_from(number()).ok(),
            tag::DESTINATION_PORT => self.destination_port = u16::try_from(number()).ok(),
            tag::TCP => self.numbers = Numbers::read(value),
            _ => {}
        }
    }

    /// The PDU, if it is a part of TCP's stream, or mail that was decrypted. Other protocols that are without numbers
    /// may repeat what another PDU has: the records of TLS stand beside what they hold.
    fn pdu(&self, content: PacketSlice<'a>) -> Option<Pdu<'a>> {
        let repeats = match self.protocol {
            b"smtp" => Repeats::Line,
            b"imap" => Repeats::LineWithLiterals,
            b"pop" => Repeats::Nothing,
            _ if self.numbers.is_some() => Repeats::Nothing,
            _ => return None,
        };
        Some(Pdu {
            source: SocketAddr::new(self.source?, self.source_port?),
            destination: SocketAddr::new(self.destination?, self.destination_port?),
            numbers: self.numbers,
            repeats,
            content,
        })
    }
}

impl Numbers {
    /// Version 1: sequence number, that after the segment, acknowledgement, whether it was reassembled, flags.
    fn read(value: &[u8]) -> Option<Self> {
        let [0, 1, _, _, _, _, n1, n2, n3, n4, a1, a2, a3, a4, _, _, flags] = *value.first_chunk::<17>()? else {
            return None;
        };
        Some(Self {
            next: u32::from_be_bytes([n1, n2, n3, n4]),
            acknowledgement: u32::from_be_bytes([a1, a2, a3, a4]),
            flags,
        })
    }
}

/// A direction of a connection.
type Direction = (SocketAddr, SocketAddr);

/// How far a direction has come.
#[derive(Debug, Clone, Copy)]
struct Position {
    /// The sequence number after the last PDU.
    end: u32,
    /// What the next PDU may repeat: its length and its hash.
    unfinished: Option<(usize, u64)>,
}

/// How far the directions have come of the connections whose PDUs are exported.
#[derive(Debug, Default)]
pub(super) struct Positions {
    recent: HashMap<Direction, Position>,
    /// Those that were not met since [`Self::recent`] was begun.
    older: HashMap<Direction, Position>,
    limits: LimitsHit,
}

impl Positions {
    /// The segment that carried the PDU, or might have, without what was exported before.
    pub(super) fn segment<'a>(&mut self, pdu: &Pdu<'a>, packet: &Packet<'_>) -> Segment<'a> {
        const FIN: u8 = 0x01;
        let whole = pdu.content;
        let length = u32::try_from(whole.bytes.len().saturating_add(whole.missing)).unwrap_or(u32::MAX);
        let (start, acknowledgement, fin) = match pdu.numbers {
            // The PDU may be put together of several segments: it ends where the last of them does.
            Some(Numbers { next, acknowledgement, flags }) => {
                let fin = flags & FIN != 0;
                (Some(next.wrapping_sub(u32::from(fin)).wrapping_sub(length)), acknowledgement, fin)
            }
            None => (None, self.position((pdu.destination, pdu.source), FIRST).end, false),
        };
        let position = self.position((pdu.source, pdu.destination), start.unwrap_or(FIRST));
        let repeated = match start {
            Some(start) => usize::try_from(position.end.wrapping_sub(start)).unwrap_or(0),
            None => position.repeated(whole.bytes),
        };
        // A distance beyond the PDU is a gap, or the connection is another one with the same ports.
        let (sequence, content) = match whole.skip(repeated) {
            Some(rest) => (position.end, rest),
            None => (start.unwrap_or(position.end), whole),
        };
        let wire_len = u32::try_from(content.bytes.len().saturating_add(content.missing)).unwrap_or(u32::MAX);
        *position = Position { end: sequence.wrapping_add(wire_len), unfinished: unfinished(pdu.repeats, whole) };
        let header = Header {
            packet: packet.number,
            time: packet.time,
            sequence,
            acknowledgement: Some(acknowledgement),
            syn: false,
            fin,
            rst: false,
            window: u16::MAX,
            identification: None,
            hops: 0,
            timestamp: None,
            received_twice: None,
            urgent: None,
            shares_packet: false,
            decrypted: pdu.numbers.is_none(),
            subflow: None,
            wire_len,
        };
        Segment { source: pdu.source, destination: pdu.destination, header, payload: content.bytes, multipath: &[] }
    }

    /// The position of a direction; one that is new begins at `first`.
    fn position(&mut self, direction: Direction, first: u32) -> &mut Position {
        if self.recent.len() >= 2 * SPEAKING_CONNECTIONS {
            self.limits.hit_times(Limit::Connections, self.older.len() as u64);
            self.older = std::mem::take(&mut self.recent);
        }
        let known = self.older.remove(&direction);
        self.recent.entry(direction).or_insert(known.unwrap_or(Position { end: first, unfinished: None }))
    }

    /// The bounds that were hit.
    pub(super) fn limits(&self) -> &LimitsHit {
        &self.limits
    }
}

/// The sequence number of a direction's first PDU.
const FIRST: u32 = 1;

impl Position {
    /// How many bytes at the beginning of `bytes` were exported before.
    fn repeated(&self, bytes: &[u8]) -> usize {
        match self.unfinished {
            Some((length, hash)) if bytes.get(..length).is_some_and(|again| hash_of(again) == hash) => length,
            _ => 0,
        }
    }
}

/// What the dissector waits to be finished at the end of a PDU.
fn unfinished(repeats: Repeats, pdu: PacketSlice<'_>) -> Option<(usize, u64)> {
    let bytes = pdu.bytes;
    let start = match repeats {
        _ if pdu.missing > 0 => return None,
        Repeats::Nothing => return None,
        Repeats::Line => (!bytes.contains(&b'\n')).then_some(0)?,
        Repeats::LineWithLiterals => unfinished_line(bytes),
    };
    let rest = bytes.get(start..).filter(|rest| !rest.is_empty())?;
    Some((rest.len(), hash_of(rest)))
}

/// Where IMAP's last line begins that is not finished: the end, if all are.
fn unfinished_line(bytes: &[u8]) -> usize {
    let (mut start, mut at) = (0, 0);
    while let Some(rest) = bytes.get(at..)
        && let Some(line) = rest.iter().position(|&byte| byte == b'\n').and_then(|end| rest.get(..=end))
    {
        at += line.len();
        match literal(line) {
            Some(length) => at = at.saturating_add(length),
            None => start = at,
        }
    }
    start
}

/// The length of the literal that a line announces at its end (RFC 9051 section 4.3).
fn literal(line: &[u8]) -> Option<usize> {
    let line = line.strip_suffix(b"}\r\n")?;
    let digits = line.get(line.iter().rposition(|&byte| byte == b'{')? + 1..)?;
    std::str::from_utf8(digits).ok()?.trim_end_matches('+').parse().ok()
}

fn hash_of(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}
