//! Link layers by their LINKTYPE_ number; Ethernet and LLC; Linux cooked captures and loopback.

use super::slice::PacketSlice;
use super::{DecodeStop, Layer, Step, evidence, exported, lan, metadata, tags, wan, wifi};
use crate::capture::LinkType;
use pnet_packet::Packet as _;
use pnet_packet::sll2::SLL2Packet;

/// Smaller values of the field are lengths (IEEE 802.3 section 3.2.6).
const FIRST_ETHER_TYPE: u16 = 0x0600;

/// Reads the link layer of a capture.
pub(super) fn link(link: LinkType, slice: PacketSlice<'_>) -> Result<Step<'_>, DecodeStop> {
    let step = match link {
        LinkType::ETHERNET => return ethernet(slice),
        // 12 and 14 are what libpcap's own DLT_RAW is on various systems; some writers store it as it is.
        LinkType::RAW | LinkType::IPV4 | LinkType::IPV6 | LinkType(12 | 14) => ip_after(slice, 0),
        LinkType::LINUX_SLL => cooked(slice),
        LinkType::LINUX_SLL2 => cooked2(slice),
        LinkType::NULL | LinkType::LOOP => loopback(slice),
        LinkType::PPP => Some(Step::Next(Layer::Ppp(slice))),
        LinkType::PPP_HDLC | LinkType::C_HDLC => wan::hdlc(slice),
        LinkType::PPP_ETHER => wan::pppoe(slice),
        LinkType::PPP_PPPD => wan::pppd(slice),
        // A byte that gives the direction stands before the frame.
        LinkType::PPP_WITH_DIR => slice.skip(1).map(|frame| Step::Next(Layer::Ppp(frame))),
        LinkType::C_HDLC_WITH_DIR => slice.skip(1).and_then(wan::hdlc),
        LinkType::FRELAY_WITH_DIR => slice.skip(1).and_then(wan::frame_relay),
        LinkType::FRELAY => wan::frame_relay(slice),
        // The direction and the compressed header, which the system has undone, stand before the packet.
        LinkType::SLIP => ip_after(slice, 16),
        // 11 is libpcap's own DLT_ATM_RFC1483.
        LinkType::ATM_RFC1483 | LinkType::ATM_CLIP | LinkType(11) => wan::atm(slice),
        LinkType::SUNATM => wan::sun_atm(slice),
        LinkType::MPLS => Some(Step::Next(Layer::Mpls(slice))),
        LinkType::TOKEN_RING => lan::token_ring(slice),
        LinkType::FDDI => lan::fddi(slice),
        // RFC 2625: two addresses of 8 bytes, LLC.
        LinkType::IP_OVER_FC => slice.skip(16).and_then(llc),
        LinkType::IP_OVER_1394 => tags::tag(slice, 16),
        LinkType::DSA | LinkType::DSA_BRCM => tags::after_addresses(slice, 4),
        LinkType::DSA_EDSA => tags::after_addresses(slice, 8),
        LinkType::DSA_BRCM_PREPEND | LinkType::NETANALYZER => frame_after(slice, 4),
        // The preamble stands before the frame.
        LinkType::EPON | LinkType::MPACKET => frame_after(slice, 8),
        LinkType::NETANALYZER_TRANSPARENT => frame_after(slice, 12),
        LinkType::DOCSIS => lan::docsis(slice),
        LinkType::IEEE802_11 => return wifi::frame(slice),
        LinkType::IEEE802_11_RADIOTAP => return wifi::radiotap(slice),
        LinkType::IEEE802_11_AVS => return wifi::avs(slice),
        LinkType::IEEE802_11_PRISM => return wifi::prism(slice),
        LinkType::PPI => metadata::ppi(slice),
        LinkType::PKTAP => metadata::pktap(slice),
        LinkType::NFLOG => return metadata::nflog(slice),
        LinkType::PFLOG => metadata::pflog(slice),
        // OpenBSD's enc(4): address family, SPI and flags.
        LinkType::ENC => ip_after(slice, 12),
        LinkType::IPNET => ip_after(slice, 24),
        LinkType::ERF => metadata::erf(slice),
        LinkType::TZSP => metadata::tzsp(slice).map(Step::Next),
        LinkType::JUNIPER_ETHER | LinkType::JUNIPER_PPP | LinkType::JUNIPER_FRELAY | LinkType::JUNIPER_CHDLC => {
            metadata::juniper(link, slice)
        }
        LinkType::WIRESHARK_UPPER_PDU => exported::pdu(slice),
        unknown => return Err(DecodeStop::UnknownLink(unknown)),
    };
    step.ok_or(DecodeStop::Link)
}

/// IP after `bytes` of another header.
fn ip_after(slice: PacketSlice<'_>, bytes: usize) -> Option<Step<'_>> {
    Some(Step::Next(Layer::Ip(slice.skip(bytes)?)))
}

/// An Ethernet frame after `bytes` of another header.
fn frame_after(slice: PacketSlice<'_>, bytes: usize) -> Option<Step<'_>> {
    Some(Step::Next(Layer::Ethernet(slice.skip(bytes)?)))
}

/// Two addresses and an EtherType, or a length and LLC.
pub(super) fn ethernet(slice: PacketSlice<'_>) -> Result<Step<'_>, DecodeStop> {
    let kind = slice.u16(12).ok_or(DecodeStop::Link)?;
    if kind < FIRST_ETHER_TYPE
        && let Some(frame) = lan::isl(slice)
    {
        return Ok(Step::Next(Layer::Ethernet(frame)));
    }
    ether_type(kind, slice.skip(14).ok_or(DecodeStop::Link)?)
}

/// The layer that an EtherType announces.
pub(super) fn ether_type(kind: u16, slice: PacketSlice<'_>) -> Result<Step<'_>, DecodeStop> {
    let step = match kind {
        0x0800 | 0x86dd => return Ok(Step::Next(Layer::Ip(slice))),
        0x8847 | 0x8848 => Some(Step::Next(Layer::Mpls(slice))),
        0x8864 => wan::pppoe(slice),
        0x880b => Some(Step::Next(Layer::Ppp(slice))),
        // Transparent Ethernet bridging, in GRE and Geneve.
        0x6558 => Some(Step::Next(Layer::Ethernet(slice))),
        // Raw frame relay, in GRE.
        0x6559 => wan::frame_relay(slice),
        // LLC in a jumbo frame, the length of which the field could not give.
        0x8870 => llc(slice),
        length if length < FIRST_ETHER_TYPE => llc(slice),
        other => tags::ether_type(other, slice),
    };
    step.ok_or(DecodeStop::Link)
}

/// IEEE 802.2, with SNAP (RFC 1042), and the network layer protocol identifiers of RFC 2684.
pub(super) fn llc(slice: PacketSlice<'_>) -> Option<Step<'_>> {
    Some(match slice.first::<3>()? {
        [0xaa, 0xaa, 0x03] => return snap(slice.skip(3)?),
        // IP right on LLC.
        [0x06, 0x06, 0x03] => Step::Next(Layer::Ip(slice.skip(3)?)),
        // ISO's network layer, of which the protocols of routed ATM are of interest.
        [0xfe, 0xfe, 0x03] => wan::network_layer(slice.skip(3)?)?,
        _ => Step::Other,
    })
}

/// SNAP: an organization's number, and a protocol of its own.
pub(super) fn snap(slice: PacketSlice<'_>) -> Option<Step<'_>> {
    Some(match (slice.first::<3>()?, slice.u16(3)?) {
        // RFC 1042, and bridge tunnels (802.1H).
        ([0, 0, 0] | [0, 0, 0xf8], kind) => Step::Next(Layer::EtherType(kind, slice.skip(5)?)),
        // Bridged Ethernet (RFC 2684 section 5.2, RFC 2427 section 4.2), with and without its checksum. ATM pads the
        // header to 10 bytes, frame relay does not, and Ethernet addresses seldom begin with 0000.
        ([0, 0x80, 0xc2], 1 | 7) => {
            let (padded, bare) = (slice.skip(7)?, slice.skip(5)?);
            let is_bare = !evidence::is_frame(padded) && evidence::is_frame(bare);
            Step::Next(Layer::Ethernet(if is_bare { bare } else { padded }))
        }
        _ => Step::Other,
    })
}

/// Linux cooked capture: 16 bytes, the last two being the protocol.
fn cooked(slice: PacketSlice<'_>) -> Option<Step<'_>> {
    Some(cooked_protocol(slice.u16(14)?, slice.u16(2)?, slice.skip(16)?))
}

/// Linux cooked capture, version 2.
fn cooked2(slice: PacketSlice<'_>) -> Option<Step<'_>> {
    let header = SLL2Packet::new(slice.bytes)?;
    let protocol = header.get_protocol_type().0;
    let hardware = header.get_arphrd_type();
    let header_bytes = slice.bytes.len() - header.payload().len();
    Some(cooked_protocol(protocol, hardware, slice.skip(header_bytes)?))
}

/// The layer that a cooked protocol announces, on a device of that ARPHRD_ type.
fn cooked_protocol(protocol: u16, hardware: u16, slice: PacketSlice<'_>) -> Step<'_> {
    match (protocol, hardware) {
        (_, hardware) if has_own_types(hardware) => Step::Other,
        // LINUX_SLL_P_802_2.
        (0x0004, _) => Step::Next(Layer::EtherType(0, slice)),
        // LINUX_SLL_P_802_3 (Novell's) and other numbers of Linux's own.
        (own, _) if own < FIRST_ETHER_TYPE => Step::Other,
        (kind, _) => Step::Next(Layer::EtherType(kind, slice)),
    }
}

/// True for netlink, and for 802.11 devices that monitor: their protocol field is not an EtherType.
pub(super) fn has_own_types(hardware: u16) -> bool {
    matches!(hardware, 824 | 801..=803)
}

/// BSD loopback: an address family, in the byte order of the machine that captured (NULL) or the network's (LOOP). The
/// file does not tell the byte order, but the families are small numbers, so the smaller reading is the right one.
fn loopback(slice: PacketSlice<'_>) -> Option<Step<'_>> {
    Some(if is_loopback_ip(slice)? { Step::Next(Layer::Ip(slice.skip(4)?)) } else { Step::Other })
}

/// Whether a BSD loopback header announces IP.
pub(super) fn is_loopback_ip(slice: PacketSlice<'_>) -> Option<bool> {
    let family = *slice.first::<4>()?;
    let family = u32::from_be_bytes(family).min(u32::from_le_bytes(family));
    // AF_INET; AF_INET6 of Linux, NetBSD and OpenBSD, FreeBSD, macOS.
    Some(matches!(family, 2 | 10 | 24 | 28 | 30))
}
