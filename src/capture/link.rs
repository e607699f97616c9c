//! Link types by their names.

use std::fmt;

/// The link-layer type of a packet, by its number in the LINKTYPE_ registry of tcpdump.org.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LinkType(pub u16);

impl LinkType {
    /// BSD loopback: address family in the byte order of the machine that captured.
    pub const NULL: Self = Self(0);
    /// Ethernet.
    pub const ETHERNET: Self = Self(1);
    /// Token ring (IEEE 802.5).
    pub const TOKEN_RING: Self = Self(6);
    /// SLIP, with a header of the system that captured.
    pub const SLIP: Self = Self(8);
    /// PPP, with or without address and control bytes.
    pub const PPP: Self = Self(9);
    /// FDDI.
    pub const FDDI: Self = Self(10);
    /// PPP in HDLC-like framing (RFC 1662), or Cisco HDLC.
    pub const PPP_HDLC: Self = Self(50);
    /// PPPoE session header first.
    pub const PPP_ETHER: Self = Self(51);
    /// ATM, with LLC.
    pub const ATM_RFC1483: Self = Self(100);
    /// Raw IPv4 or IPv6.
    pub const RAW: Self = Self(101);
    /// Cisco HDLC.
    pub const C_HDLC: Self = Self(104);
    /// IEEE 802.11.
    pub const IEEE802_11: Self = Self(105);
    /// Linux's classical IP over ATM.
    pub const ATM_CLIP: Self = Self(106);
    /// Frame relay.
    pub const FRELAY: Self = Self(107);
    /// OpenBSD loopback: address family in network byte order.
    pub const LOOP: Self = Self(108);
    /// The BSDs' enc(4): packets of IPsec as they were before, or after, encryption.
    pub const ENC: Self = Self(109);
    /// Linux cooked capture.
    pub const LINUX_SLL: Self = Self(113);
    /// The log of the BSDs' pf.
    pub const PFLOG: Self = Self(117);
    /// Prism header, then IEEE 802.11.
    pub const IEEE802_11_PRISM: Self = Self(119);
    /// IP over Fibre Channel (RFC 2625).
    pub const IP_OVER_FC: Self = Self(122);
    /// ATM, with Solaris's header.
    pub const SUNATM: Self = Self(123);
    /// Radiotap header, then IEEE 802.11.
    pub const IEEE802_11_RADIOTAP: Self = Self(127);
    /// TaZmen's sniffer protocol.
    pub const TZSP: Self = Self(128);
    /// Apple's IP over FireWire.
    pub const IP_OVER_1394: Self = Self(138);
    /// Cable modems.
    pub const DOCSIS: Self = Self(143);
    /// AVS header, then IEEE 802.11.
    pub const IEEE802_11_AVS: Self = Self(163);
    /// PPP as Linux's pppd records it.
    pub const PPP_PPPD: Self = Self(166);
    /// Ethernet, with Juniper's header.
    pub const JUNIPER_ETHER: Self = Self(178);
    /// PPP, with Juniper's header.
    pub const JUNIPER_PPP: Self = Self(179);
    /// Frame relay, with Juniper's header.
    pub const JUNIPER_FRELAY: Self = Self(180);
    /// Cisco HDLC, with Juniper's header.
    pub const JUNIPER_CHDLC: Self = Self(181);
    /// Per-Packet Information header, then the link type that it names.
    pub const PPI: Self = Self(192);
    /// Endace's records.
    pub const ERF: Self = Self(197);
    /// PPP after a byte for the direction.
    pub const PPP_WITH_DIR: Self = Self(204);
    /// Cisco HDLC after a byte for the direction.
    pub const C_HDLC_WITH_DIR: Self = Self(205);
    /// Frame relay after a byte for the direction.
    pub const FRELAY_WITH_DIR: Self = Self(206);
    /// MPLS labels first.
    pub const MPLS: Self = Self(219);
    /// Solaris's IP observability device.
    pub const IPNET: Self = Self(226);
    /// Raw IPv4.
    pub const IPV4: Self = Self(228);
    /// Raw IPv6.
    pub const IPV6: Self = Self(229);
    /// Linux netfilter's log.
    pub const NFLOG: Self = Self(239);
    /// Ethernet, with Hilscher's header.
    pub const NETANALYZER: Self = Self(240);
    /// Ethernet, with Hilscher's header and the preamble.
    pub const NETANALYZER_TRANSPARENT: Self = Self(241);
    /// PDUs that Wireshark exported.
    pub const WIRESHARK_UPPER_PDU: Self = Self(252);
    /// Apple's header, then the link type that it names.
    pub const PKTAP: Self = Self(258);
    /// Ethernet, with the preamble of a passive optical network.
    pub const EPON: Self = Self(259);
    /// Ethernet, with its preamble (IEEE 802.3br).
    pub const MPACKET: Self = Self(274);
    /// Linux cooked capture, version 2.
    pub const LINUX_SLL2: Self = Self(276);
    /// Ethernet, with the tag of Broadcom's switches after the addresses.
    pub const DSA_BRCM: Self = Self(281);
    /// Ethernet, with the tag of Broadcom's switches first.
    pub const DSA_BRCM_PREPEND: Self = Self(282);
    /// Ethernet, with the tag of Marvell's switches.
    pub const DSA: Self = Self(284);
    /// Ethernet, with the tag of Marvell's switches in an EtherType.
    pub const DSA_EDSA: Self = Self(285);

    /// The registry's type for a `DLT_` number as this machine's libpcap uses it: the same, apart from a few that
    /// differ from one system to the other.
    pub fn from_dlt(dlt: i32) -> Self {
        match dlt {
            // DLT_RAW is 12 everywhere but on OpenBSD, where it is 14.
            12 | 14 => Self::RAW,
            11 => Self(100),
            // A number that does not fit becomes 65535, which is not assigned.
            other => Self(u16::try_from(other).unwrap_or(u16::MAX)),
        }
    }

    /// The `DLT_` number that this machine's libpcap uses for the type.
    pub fn dlt(self) -> i32 {
        match self.0 {
            101 => 12,
            100 => 11,
            other => i32::from(other),
        }
    }

    /// The registry's name, for types that captures are likely to have.
    fn name(self) -> Option<&'static str> {
        Some(match self.0 {
            0 => "null",
            1 => "ethernet",
            3 => "ax25",
            6 => "ieee802_5",
            7 => "arcnet_bsd",
            8 => "slip",
            9 => "ppp",
            10 => "fddi",
            50 => "ppp_hdlc",
            51 => "ppp_ether",
            100 => "atm_rfc1483",
            // Old files have 12 or 14 for raw IP.
            12 | 14 | 101 => "raw",
            104 => "c_hdlc",
            105 => "ieee802_11",
            106 => "atm_clip",
            107 => "frelay",
            108 => "loop",
            109 => "enc",
            113 => "linux_sll",
            114 => "ltalk",
            117 => "pflog",
            119 => "ieee802_11_prism",
            122 => "ip_over_fc",
            123 => "sunatm",
            127 => "ieee802_11_radiotap",
            128 => "tzsp",
            129 => "arcnet_linux",
            138 => "apple_ip_over_ieee1394",
            143 => "docsis",
            144 => "linux_irda",
            163 => "ieee802_11_avs",
            166 => "ppp_pppd",
            178 => "juniper_ether",
            179 => "juniper_ppp",
            180 => "juniper_frelay",
            181 => "juniper_chdlc",
            187 => "bluetooth_hci_h4",
            189 => "usb_linux",
            192 => "ppi",
            195 => "ieee802_15_4_withfcs",
            197 => "erf",
            201 => "bluetooth_hci_h4_with_phdr",
            204 => "ppp_with_dir",
            205 => "c_hdlc_with_dir",
            206 => "frelay_with_dir",
            219 => "mpls",
            220 => "usb_linux_mmapped",
            226 => "ipnet",
            227 => "can_socketcan",
            228 => "ipv4",
            229 => "ipv6",
            230 => "ieee802_15_4_nofcs",
            231 => "dbus",
            239 => "nflog",
            240 => "netanalyzer",
            241 => "netanalyzer_transparent",
            242 => "ipoib",
            247 => "infiniband",
            249 => "usbpcap",
            251 => "bluetooth_le_ll",
            252 => "wireshark_upper_pdu",
            253 => "netlink",
            258 => "pktap",
            259 => "epon",
            271 => "vsock",
            274 => "ethernet_mpacket",
            276 => "linux_sll2",
            281 => "dsa_tag_brcm",
            282 => "dsa_tag_brcm_prepend",
            284 => "dsa_tag_dsa",
            285 => "dsa_tag_edsa",
            _ => return None,
        })
    }
}

impl fmt::Display for LinkType {
    /// The name of the registry in lower case, as in the JSON: `ethernet`, `linux_sll2`; `linktype_147` for others.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "linktype_{}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::LinkType;

    #[test]
    fn named_as_in_the_registry() {
        assert_eq!(LinkType::ETHERNET.to_string(), "ethernet");
        assert_eq!(LinkType::LINUX_SLL2.to_string(), "linux_sll2");
        assert_eq!(LinkType(127).to_string(), "ieee802_11_radiotap");
        assert_eq!(LinkType(147).to_string(), "linktype_147");
    }

    #[test]
    fn raw_ip_has_another_number_in_libpcap() {
        assert_eq!(LinkType::from_dlt(12), LinkType::RAW);
        assert_eq!(LinkType::RAW.dlt(), 12);
        assert_eq!(LinkType::from_dlt(1), LinkType::ETHERNET);
        assert_eq!(LinkType::from_dlt(-1), LinkType(u16::MAX));
    }
}
