/*!
From a packet to a TCP segment: link layer, tunnels, IP, fragments, TCP. Knows no connection and no mail.

What cannot be decoded is never dropped in silence: a [`DecodeStop`] says which layer gave up and why, and the pipeline
counts them.

A packet is a chain of layers, and decoding it is a loop: each layer's function reads one header and answers with the
`Layer` that follows. Tunnels need nothing of their own that way (what follows GRE is a layer as what follows Ethernet
is), and one bound on the length of the chain ([`crate::limits::LAYERS`]) holds for tags, tunnels and extension headers
alike.
*/

mod fragments;
mod ip;
mod link;
mod peek;
mod slice;
mod tcp;
#[cfg(test)]
mod tests;
mod tunnel;
mod wifi;

pub use peek::{Peek, PeekedTcp, peek};

use crate::capture::{LinkType, Packet, Time};
use crate::limits::{LAYERS, LimitsHit};
use fragments::{Fragment, Fragments};
use slice::PacketSlice;
use std::net::{IpAddr, SocketAddr};

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
}

/// What a TCP header says, ports apart, of which packet, and how much payload follows it. It outlives the packet.
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
    /// IPv4's identification, by which a copy of a packet differs from a second packet that says the same; none where
    /// there is none (IPv6) or it says nothing (0: RFC 6864, section 4.1).
    pub identification: Option<u16>,
    /// The same packet carried another segment before, which was of interest (802.11 aggregates them): whoever counts
    /// packets has counted this one.
    pub shares_packet: bool,
    /// Payload bytes that the segment had on the wire: more than were captured where the snap length cut it.
    pub wire_len: u32,
}

/// What a packet turned out to be.
#[derive(Debug, Clone, Copy)]
pub enum Decoded<'a> {
    /// A TCP segment.
    Segment(Segment<'a>),
    /// A whole packet of another kind: UDP, ICMP, ARP, a fragment that waits for the others.
    Other,
    /// A packet that could not be decoded.
    Stop(DecodeStop),
}

/// Which layer gave up, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DecodeStop {
    /// The link type is none that is known here.
    UnknownLink(crate::capture::LinkType),
    /// The link-layer header, or that of a tunnel, is cut short or makes no sense, or layers nest too deep.
    Link,
    /// The IP header or its extensions are cut short or make no sense.
    Ip,
    /// The TCP header is cut short or makes no sense.
    Tcp,
    /// An 802.11 frame that is encrypted: what it carries cannot be told.
    Encrypted,
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
        }
    }
}

/// A header to be read, and what follows it.
#[derive(Debug, Clone, Copy)]
enum Layer<'a> {
    /// The link layer of a capture.
    Link(LinkType, PacketSlice<'a>),
    /// An Ethernet header.
    Ethernet(PacketSlice<'a>),
    /// What an EtherType announces; values below 1536 are lengths of an LLC frame (IEEE 802.3).
    EtherType(u16, PacketSlice<'a>),
    /// A PPP protocol field, perhaps after address and control bytes.
    Ppp(PacketSlice<'a>),
    /// A label of an MPLS stack.
    Mpls(PacketSlice<'a>),
    /// An IP header of either version.
    Ip(PacketSlice<'a>),
    /// What an IP protocol number announces: an extension header, a tunnel, TCP.
    IpPayload(IpPayload<'a>),
}

/// What an IP header carries.
#[derive(Debug, Clone, Copy)]
struct IpPayload<'a> {
    source: IpAddr,
    destination: IpAddr,
    /// As in [`Header`].
    identification: Option<u16>,
    protocol: u8,
    slice: PacketSlice<'a>,
}

/// What reading a layer leads to.
enum Step<'a> {
    /// To the next.
    Next(Layer<'a>),
    /// To the next, if a UDP port number means what it usually does.
    Guess(Layer<'a>),
    /// To a piece of a datagram.
    Fragment(Fragment<'a>),
    /// To a TCP segment.
    Tcp(tcp::Tcp<'a>),
    /// To several frames in one, of which the first begins here.
    Aggregate(PacketSlice<'a>),
    /// To something else.
    Other,
}

/// Turns packets into segments. Holds what fragments need to find each other.
#[derive(Debug, Default)]
pub struct Decoder {
    fragments: Fragments,
    /// Where in the packet decoded last the next of several frames begins.
    next_frame: Option<usize>,
}

impl Decoder {
    /// Decodes one packet: the first frame in it, where it holds several.
    pub fn decode<'a>(&'a mut self, packet: &Packet<'a>) -> Decoded<'a> {
        self.next_frame = None;
        self.run(packet, Layer::Link(packet.link, PacketSlice::captured(packet)))
    }

    /// The next frame of the packet decoded last, where that holds several (A-MSDU, IEEE 802.11 section 9.3.2.2).
    pub fn decode_next<'a>(&'a mut self, packet: &Packet<'a>) -> Option<Decoded<'a>> {
        let slice = PacketSlice::captured(packet).skip(self.next_frame.take()?)?;
        let (content, next) = wifi::subframe(slice)?;
        self.next_frame = next.map(|next| packet.data.len() - next.bytes.len());
        // A length is what an EtherType below 1536 is: LLC follows.
        Some(self.run(packet, Layer::EtherType(0, content)))
    }

    fn run<'a>(&'a mut self, packet: &Packet<'a>, mut layer: Layer<'a>) -> Decoded<'a> {
        // Taken by the first fragment: a piece of a datagram within one put together from pieces goes too far.
        let mut fragments = Some(&mut self.fragments);
        let mut guessed = false;
        for _ in 0..LAYERS {
            let step = match layer {
                Layer::Link(link, slice) => link::link(link, slice),
                Layer::Ethernet(slice) => link::ethernet(slice),
                Layer::EtherType(kind, slice) => link::ether_type(kind, slice),
                Layer::Ppp(slice) => link::ppp(slice),
                Layer::Mpls(slice) => link::mpls(slice),
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
                Ok(Step::Other) => return Decoded::Other,
                Err(_) if guessed => return Decoded::Other,
                Err(stop) => return Decoded::Stop(stop),
            };
        }
        Decoded::Stop(DecodeStop::Link)
    }

    /// The bounds that cost something.
    pub fn limits(&self) -> &LimitsHit {
        self.fragments.limits()
    }
}
