//! One direction of a TLS connection: where its next byte stands among the records (RFC 8446, section 5.1).

use super::handshake::{CLIENT_HELLO, SERVER_HELLO};
use crate::flow::PacketRef;
use crate::limits::{Limit, TLS_HANDSHAKE_BYTES, of_list};
use crate::protocol::event::Sink;
use crate::protocol::framing::Input;
use crate::protocol::span::Span;

/// ContentType of ChangeCipherSpec.
pub const CHANGE_CIPHER_SPEC: u8 = 20;
/// ContentType of alerts.
pub const ALERT: u8 = 21;
/// ContentType of handshake messages.
pub const HANDSHAKE: u8 = 22;
/// ContentType of encrypted data.
pub const APPLICATION_DATA: u8 = 23;
/// ContentType of heartbeats (RFC 6520), the last one there is.
const HEARTBEAT: u8 = 24;
/// The longest record: 2^14 bytes, and what TLS 1.2 and older may add.
pub const RECORD_BYTES: u16 = 16_384 + 2_048;
/// The bit by which the header of the only SSL 2.0 message met today begins: a ClientHello that offers newer versions
/// (RFC 5246, appendix E.2). The other 15 bits are its length.
pub const SSL2: u8 = 0x80;

/// Bytes of a record's header.
pub const HEADER_BYTES: u64 = 5;

/// A record's header (RFC 8446, section 5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// ContentType.
    pub kind: u8,
    /// legacy_record_version.
    pub version: u16,
    /// Bytes of the body.
    pub length: u16,
}

/// Where the next byte stands.
#[derive(Debug)]
pub enum Place {
    /// In a record's header, of which this has come.
    Header(Vec<u8>),
    /// In a record's body.
    Body {
        /// The record's header.
        head: Head,
        /// Bytes to come.
        left: u64,
    },
    /// Unknown for now: whoever has the keys looks for the next record.
    Searched,
    /// Unknown: no more records can be separated.
    Lost {
        /// It reads like text.
        text: bool,
    },
}

/// A piece of a direction, at most one record's.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Of a record's body.
    Body {
        /// The record's header.
        head: Head,
        /// These bytes of it.
        bytes: &'a [u8],
    },
    /// A header is not complete: more must come.
    More,
    /// These bytes are to be searched for a record.
    Searched(&'a [u8]),
    /// These are no records.
    NotRecords {
        /// They read like text.
        text: bool,
        /// As far as they are in this packet.
        bytes: &'a [u8],
    },
}

/// One direction.
#[derive(Debug)]
pub struct Stream {
    place: Place,
    /// Where on the wire the bytes were that have been read and not emitted.
    pub span: Span,
    /// ChangeCipherSpec was sent, and what follows is encrypted, whatever its type.
    pub ciphered: bool,
    /// It has sent something encrypted that is no alert, with keys that both sides know.
    pub uses_keys: bool,
    /// A piece of the handshake is missing: its messages cannot be separated any more.
    pub broken: bool,
    /// The bytes that turned out to begin no record.
    not_a_header: Vec<u8>,
    /// An alert, as far as it has come.
    pub alert: Vec<u8>,
    /// A handshake message, as far as it has come.
    message: Vec<u8>,
    /// Bytes to come of a message that is too long to be kept.
    skip: usize,
}

impl Default for Stream {
    fn default() -> Self {
        Self {
            place: Place::Header(Vec::new()),
            span: Span::default(),
            ciphered: false,
            uses_keys: false,
            broken: false,
            not_a_header: Vec::new(),
            alert: Vec::new(),
            message: Vec::new(),
            skip: 0,
        }
    }
}

impl Stream {
    /// Bytes that it holds.
    pub fn held(&self) -> usize {
        self.span.packets.weight() + of_list(&self.not_a_header) + of_list(&self.alert) + of_list(&self.message)
    }

    /// The next piece of `input`, which is not empty.
    pub fn next<'a>(&mut self, input: &mut Input<'a>) -> Piece<'a> {
        let at = input.at;
        if let Place::Header(header) = &mut self.place {
            while header.len() < 5 && is_header(header) {
                let [byte] = input.take(1) else { return Piece::More };
                header.push(*byte);
                self.span.add(1, at);
            }
            if !is_header(header) {
                self.not_a_header = std::mem::take(header);
                let rest = input.rest();
                let beginning = [&self.not_a_header, rest.get(..256).unwrap_or(rest)].concat();
                // Who has used keys says nothing in the clear any more: it is damaged.
                let text = !self.uses_keys && self.reads_like_text(&beginning) && is_text(&beginning);
                self.place = Place::Lost { text };
            } else if let &[kind, major, minor, high, low] = &header[..] {
                let length = u16::from_be_bytes([high, low]);
                // SSL 2.0's length is in the first two bytes, and counts the last three of these five too.
                let (kind, length, left) = match &header[..] {
                    &[first, second, ..] if first & SSL2 != 0 => {
                        let length = u16::from_be_bytes([first & !SSL2, second]);
                        (SSL2, length, u64::from(length).saturating_sub(3))
                    }
                    _ => (kind, length, u64::from(length)),
                };
                let version = u16::from_be_bytes([major, minor]);
                self.place = Place::Body { head: Head { kind, version, length }, left };
            }
        }
        match &mut self.place {
            Place::Header(_) => Piece::More,
            Place::Searched => Piece::Searched(input.take(usize::MAX)),
            &mut Place::Body { head, ref mut left } => {
                let bytes = input.take(usize::try_from(*left).unwrap_or(usize::MAX));
                *left -= bytes.len() as u64;
                if *left == 0 {
                    self.place = Place::Header(Vec::new());
                } else if bytes.is_empty() {
                    return Piece::More;
                }
                Piece::Body { head, bytes }
            }
            &mut Place::Lost { text } => Piece::NotRecords { text, bytes: input.take(usize::MAX) },
        }
    }

    /// `missing` bytes are not in the capture. If all are of one record's body, the next record is found all the same;
    /// otherwise the next byte is tried as the beginning of a record.
    pub fn gap(&mut self, missing: u64) {
        match &mut self.place {
            Place::Body { head, left } if missing <= *left => {
                self.broken |= head.kind == HANDSHAKE && !self.ciphered;
                *left -= missing;
                if *left == 0 {
                    self.place = Place::Header(Vec::new());
                }
            }
            Place::Lost { .. } | Place::Searched => {}
            place => {
                *place = Place::Header(Vec::new());
                self.broken = true;
            }
        }
        self.message.clear();
        self.alert.clear();
        self.skip = 0;
    }

    /// After a gap, a record in the clear that is a whole ClientHello or ServerHello, `bytes` being the first of its body,
    /// begins the handshake's messages anew.
    pub fn goes_on_with_hello(&mut self, head: Head, bytes: &[u8]) {
        let is_first = match self.place {
            Place::Body { left, .. } => left + bytes.len() as u64 == u64::from(head.length),
            _ => bytes.len() == usize::from(head.length),
        };
        if self.broken
            && is_first
            && !self.ciphered
            && head.kind == HANDSHAKE
            && let &[CLIENT_HELLO | SERVER_HELLO, 0, high, low, ..] = bytes
            && u32::from(u16::from_be_bytes([high, low])) + 4 == u32::from(head.length)
        {
            self.broken = false;
        }
    }

    /// The header of the record that the next `missing` bytes are all of.
    pub fn record_around(&self, missing: u64) -> Option<Head> {
        match self.place {
            Place::Body { head, left } if missing <= left => Some(head),
            _ => None,
        }
    }

    /// Leaves it to whoever has the keys to find the next record. Returns how many bytes of a header had come.
    pub fn leave_to_search(&mut self) -> u64 {
        match std::mem::replace(&mut self.place, Place::Searched) {
            Place::Header(header) => header.len() as u64,
            Place::Body { .. } => HEADER_BYTES,
            Place::Searched | Place::Lost { .. } => 0,
        }
    }

    /// No record will be found.
    pub fn is_lost(&mut self) {
        self.place = Place::Lost { text: false };
    }

    /// The next byte begins a record.
    pub fn is_found(&mut self) {
        self.place = Place::Header(Vec::new());
    }

    /// True for bytes that read like lines of a mail protocol where a record should begin. Without a gap before them
    /// the first byte decides, since it begins no record; after a gap it may be one of ciphertext, so all of them do.
    pub fn reads_like_text(&self, bytes: &[u8]) -> bool {
        starts_like_text(bytes) && (!self.broken || is_text(bytes))
    }

    /// The bytes that turned out to begin no record; none at the next call.
    pub fn take_not_a_header(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.not_a_header)
    }

    /// True where the next byte begins a record.
    pub fn is_between_records(&self) -> bool {
        matches!(&self.place, Place::Header(header) if header.is_empty())
    }

    /// True where nothing has come yet.
    pub fn has_sent_nothing(&self) -> bool {
        self.is_between_records() && self.span.bytes == 0 && !self.ciphered && !self.broken
    }

    /// True where the half-read record is encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.ciphered
            || match &self.place {
                Place::Header(header) => header.first() == Some(&APPLICATION_DATA),
                Place::Body { head, .. } => head.kind == APPLICATION_DATA,
                Place::Lost { text } => !text,
                Place::Searched => true,
            }
    }

    /// Handshake records carry a stream of messages. Takes from `bytes` what belongs to the next message, and returns
    /// the message once it is whole: its type and its body (empty where it is too long to be kept).
    pub fn handshake_message(&mut self, bytes: &mut &[u8], at: PacketRef, out: &mut dyn Sink) -> Option<(u8, Vec<u8>)> {
        if self.skip > 0 {
            self.skip -= self.take(bytes, self.skip, at).len();
            let kind = self.message.first().copied().filter(|_| self.skip == 0)?;
            self.message.clear();
            return Some((kind, Vec::new()));
        }
        let header = self.take(bytes, 4usize.saturating_sub(self.message.len()), at);
        self.message.extend_from_slice(header);
        let &[kind, a, b, c, ref body @ ..] = &self.message[..] else { return None };
        let length = u32::from_be_bytes([0, a, b, c]) as usize;
        if length > TLS_HANDSHAKE_BYTES {
            out.limit(Limit::TlsHandshakeBytes);
            self.message.truncate(1);
            self.skip = length;
            return None;
        }
        let piece = self.take(bytes, length - body.len(), at);
        self.message.extend_from_slice(piece);
        (self.message.len() - 4 == length).then(|| (kind, std::mem::take(&mut self.message).split_off(4)))
    }

    fn take<'a>(&mut self, bytes: &mut &'a [u8], n: usize, at: PacketRef) -> &'a [u8] {
        let (taken, rest) = bytes.split_at(n.min(bytes.len()));
        *bytes = rest;
        self.span.add(taken.len() as u64, at);
        taken
    }
}

/// True for bytes that may begin a record's header: ContentType, ProtocolVersion, length.
fn is_header(header: &[u8]) -> bool {
    match header {
        &[first, _, kind, major, ..] if first & SSL2 != 0 => kind == 1 && matches!(major, 0 | 3),
        &[first, _, kind] if first & SSL2 != 0 => kind == 1,
        &[first, ..] if first & SSL2 != 0 => true,
        &[kind, ref rest @ ..] => {
            let version = rest.first().is_none_or(|&major| major == 3);
            let length = rest.get(2..4).is_none_or(|length| {
                <[u8; 2]>::try_from(length).is_ok_and(|length| u16::from_be_bytes(length) <= RECORD_BYTES)
            });
            (CHANGE_CIPHER_SPEC..=HEARTBEAT).contains(&kind) && version && length
        }
        [] => true,
    }
}

/// True for bytes that read like lines of a mail protocol, not like ciphertext: the first 256 have no control bytes but
/// tabs and line ends.
fn is_text(bytes: &[u8]) -> bool {
    let bytes = bytes.get(..256).unwrap_or(bytes);
    bytes.iter().all(|&byte| byte >= 0x20 && byte != 0x7f || matches!(byte, b'\t' | b'\r' | b'\n'))
}

fn starts_like_text(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace())
}
