/*!
From a packet to a TCP segment: link layer, tunnels, IP, fragments, TCP. Knows nothing of connections and mail.

A packet that cannot be decoded is never dropped in silence: a [`DecodeStop`] names the layer that gave up, and the
pipeline counts them.

A packet is a chain of layers, and decoding it is a loop: each layer's function reads one header and returns the `Layer`
that follows. So tunnels need no code of their own for what they carry (a layer after GRE is read like a layer after
Ethernet), and one bound on the length of the chain ([`crate::limits::LAYERS`]) holds for tags, tunnels and extension
headers alike.
*/

mod evidence;
mod exported;
mod fragments;
mod icmp;
mod ip;
mod lan;
mod link;
mod metadata;
mod mpls;
mod multipath;
mod peek;
mod protocol;
mod skim;
mod slice;
mod tags;
mod tcp;
mod tcp_options;
#[cfg(test)]
mod tests;
mod tunnel;
mod wan;
mod wifi;

pub use icmp::{IcmpError, Problem};
pub use multipath::{Capable, DataSignal, Mapping, MultipathOptions};
pub use peek::{Peek, PeekedTcp, peek};
pub use skim::{Skim, plain_tcp, skim};

use crate::capture::{LinkType, Packet, Time};
use crate::limits::{LAYERS, LimitsHit};
use exported::Positions;
use fragments::{Fragment, Fragments};
use slice::PacketSlice;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU8;

/// One TCP segment, borrowed from its packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment<'a> {
    /// Sender.
    pub source: SocketAddr,
    /// Receiver.
    pub destination: SocketAddr,
    /// The header, ports apart.
    pub header: Header,
    /// The captured payload.
    pub payload: &'a [u8],
    /// All options of the header, where one is of Multipath TCP; otherwise empty.
    pub multipath: &'a [u8],
}

/// A TCP header's fields except the ports, the packet it came in, and the length of its payload. It outlives the
/// packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Number of the packet that carried it (of the last fragment, where IP was fragmented).
    pub packet: u64,
    /// Time of that packet.
    pub time: Time,
    /// Sequence number of the first payload byte (of the SYN where that is set).
    pub sequence: u32,
    /// Acknowledgement number, where the ACK flag is set.
    pub acknowledgement: Option<u32>,
    /// SYN flag.
    pub syn: bool,
    /// FIN flag.
    pub fin: bool,
    /// RST flag.
    pub rst: bool,
    /// Receive window as sent, not scaled.
    pub window: u16,
    /// IPv4's identification, which tells a copy of a packet from a second packet with the same header; None for IPv6
    /// and where it is 0 (which RFC 6864, section 4.1, leaves without meaning).
    pub identification: Option<u16>,
    /// IPv4's time to live, or IPv6's hop limit; 0 where it is not known.
    pub hops: u8,
    /// The sender's timestamp (RFC 7323, section 3.2).
    pub timestamp: Option<u32>,
    /// Sequence numbers, first and past the last, of bytes that the sender received twice (RFC 2883).
    pub received_twice: Option<[u32; 2]>,
    /// The urgent pointer, where the URG flag is set.
    pub urgent: Option<u16>,
    /// The same packet carried an earlier segment of interest (802.11 aggregates them), so this packet has been counted
    /// already.
    pub shares_packet: bool,
    /// The payload crossed inside TLS, and stands decrypted in the capture (PDUs that Wireshark exported).
    pub decrypted: bool,
    /// The subflow that it came on, where it is put in its place among those of a Multipath TCP connection.
    pub subflow: Option<Subflow>,
    /// Payload bytes that the segment had on the wire: more than were captured if the snap length truncated it.
    pub wire_len: u32,
}

/// One of the TCP connections that a Multipath TCP connection consists of (RFC 8684).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subflow {
    /// Its number, in the order in which they were met.
    pub number: NonZeroU8,
    /// The keys of the connection were seen, so that all of its captured subflows are known.
    pub keys_seen: bool,
}

/// The result of decoding a packet.
#[derive(Debug, Clone, Copy)]
pub enum Decoded<'a> {
    /// A TCP segment.
    Segment(Segment<'a>),
    /// An ICMP error about a TCP segment.
    IcmpError(IcmpError),
    /// A whole packet of another kind: UDP, ARP, an ICMP message about something else, a fragment that waits for the others.
    Other,
    /// A packet that could not be decoded.
    Stop(DecodeStop),
}

/// Which layer gave up, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DecodeStop {
    /// The link type is not one that is known here.
    UnknownLink(crate::capture::LinkType),
    /// The link-layer header, or that of a tunnel, is truncated or makes no sense, or layers nest too deep.
    Link,
    /// The IP header or its extensions are truncated or make no sense.
    Ip,
    /// The TCP header is truncated or makes no sense.
    Tcp,
    /// An 802.11 frame that is encrypted, so its content is unknown.
    Encrypted,
    /// The packet was logged without its content.
    NoContent,
}

impl DecodeStop {
    /// A stable name for it.
    pub fn name(self) -> String {
        match self {
            Self::UnknownLink(link) => format!("link type {link}"),
            Self::Link => "link".to_owned(),
            Self::Ip => "ip".to_owned(),
            Self::Tcp => "tcp".to_owned(),
            Self::Encrypted => "encrypted 802.11".to_owned(),
            Self::NoContent => "no content".to_owned(),
        }
    }
}

/// A header to be read, with all bytes from it on.
#[derive(Debug, Clone, Copy)]
enum Layer<'a> {
    /// The link layer of a capture.
    Link(LinkType, PacketSlice<'a>),
    /// An Ethernet header.
    Ethernet(PacketSlice<'a>),
    /// The protocol of an EtherType; values below 1536 are lengths of an LLC frame (IEEE 802.3).
    EtherType(u16, PacketSlice<'a>),
    /// A PPP protocol field, perhaps after address and control bytes.
    Ppp(PacketSlice<'a>),
    /// A label of an MPLS stack.
    Mpls(PacketSlice<'a>),
    /// An IP header of either version.
    Ip(PacketSlice<'a>),
    /// The protocol of an IP protocol number: an extension header, a tunnel, TCP.
    IpPayload(IpPayload<'a>),
}

/// The payload of an IP header.
#[derive(Debug, Clone, Copy)]
struct IpPayload<'a> {
    source: IpAddr,
    destination: IpAddr,
    /// As in [`Header`].
    identification: Option<u16>,
    /// As in [`Header`].
    hops: u8,
    protocol: u8,
    slice: PacketSlice<'a>,
}

/// Where reading a layer leads.
enum Step<'a> {
    /// To the next layer.
    Next(Layer<'a>),
    /// To the next layer, if a UDP port number means what it usually does.
    Guess(Layer<'a>),
    /// To a fragment of a datagram.
    Fragment(Fragment<'a>),
    /// To a TCP segment.
    Tcp(tcp::Tcp<'a>),
    /// To the payload of a TCP connection, without the headers below it.
    Exported(exported::Pdu<'a>),
    /// To an ICMP error about a TCP segment, whose packet is not filled in.
    IcmpError(IcmpError),
    /// To an aggregate of several frames, the first of which begins here.
    Aggregate(PacketSlice<'a>),
    /// To something else.
    Other,
}

/// Turns packets into segments. Keeps fragments until their datagrams are complete.
#[derive(Debug, Default)]
pub struct Decoder {
    fragments: Fragments,
    positions: Positions,
    /// Where in the last packet its next frame begins, if it has several.
    next_frame: Option<usize>,
}

impl Decoder {
    /// With room for so many bytes of fragments, and no more than [`crate::limits::FRAGMENT_BYTES`].
    pub fn within(bytes: usize) -> Self {
        Self { fragments: Fragments::within(bytes), ..Self::default() }
    }

    /// Decodes one packet: its first frame, if it has several.
    pub fn decode<'a>(&'a mut self, packet: &Packet<'a>) -> Decoded<'a> {
        self.next_frame = None;
        self.run(packet, Layer::Link(packet.link, PacketSlice::captured(packet)))
    }

    /// The next frame of the packet decoded last, if it has several (A-MSDU, IEEE 802.11 section 9.3.2.2).
    pub fn decode_next<'a>(&'a mut self, packet: &Packet<'a>) -> Option<Decoded<'a>> {
        let slice = PacketSlice::captured(packet).skip(self.next_frame.take()?)?;
        let (content, next) = wifi::subframe(slice)?;
        self.next_frame = next.map(|next| packet.data.len() - next.bytes.len());
        // An EtherType below 1536 stands for LLC.
        Some(self.run(packet, Layer::EtherType(0, content)))
    }

    fn run<'a>(&'a mut self, packet: &Packet<'a>, mut layer: Layer<'a>) -> Decoded<'a> {
        // Reassemble once per packet: fragments inside a reassembled datagram are rejected.
        let mut fragments = Some(&mut self.fragments);
        let mut guessed = false;
        for _ in 0..LAYERS {
            let step = match layer {
                Layer::Link(link, slice) => link::link(link, slice),
                Layer::Ethernet(slice) => link::ethernet(slice),
                Layer::EtherType(kind, slice) => link::ether_type(kind, slice),
                Layer::Ppp(slice) => wan::ppp(slice),
                Layer::Mpls(slice) => mpls::label(slice),
                Layer::Ip(slice) => ip::header(slice),
                Layer::IpPayload(payload) => ip::payload(payload),
            };
            layer = match step {
                Ok(Step::Next(next)) => next,
                Ok(Step::Guess(next)) => {
                    guessed = true;
                    next
                }
                Ok(Step::Fragment(fragment)) => {
                    let Some(fragments) = fragments.take() else { return Decoded::Stop(DecodeStop::Ip) };
                    match fragments.add(&fragment, packet.time) {
                        Ok(Some(whole)) => Layer::IpPayload(whole),
                        Ok(None) => return Decoded::Other,
                        Err(stop) => return Decoded::Stop(stop),
                    }
                }
                Ok(Step::Aggregate(slice)) => {
                    let Some((content, next)) = wifi::subframe(slice) else { return Decoded::Stop(DecodeStop::Link) };
                    self.next_frame = next.map(|next| packet.data.len() - next.bytes.len());
                    Layer::EtherType(0, content)
                }
                Ok(Step::Tcp(tcp)) => return Decoded::Segment(tcp.segment(packet)),
                Ok(Step::Exported(pdu)) => return Decoded::Segment(self.positions.segment(&pdu, packet)),
                Ok(Step::IcmpError(error)) => {
                    return Decoded::IcmpError(IcmpError { packet: packet.number, time: packet.time, ..error });
                }
                Ok(Step::Other) => return Decoded::Other,
                Err(_) if guessed => return Decoded::Other,
                Err(stop) => return Decoded::Stop(stop),
            };
        }
        Decoded::Stop(DecodeStop::Link)
    }

    /// The bounds that were hit.
    pub fn limits(&self) -> LimitsHit {
        let mut limits = self.fragments.limits().clone();
        limits.add(self.positions.limits());
        limits
    }
}
