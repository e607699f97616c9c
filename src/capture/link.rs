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
    /// PPP, with or without address and control bytes.
    pub const PPP: Self = Self(9);
    /// PPP in HDLC-like framing (RFC 1662), or Cisco HDLC.
    pub const PPP_HDLC: Self = Self(50);
    /// PPPoE session header first.
    pub const PPP_ETHER: Self = Self(51);
    /// Raw IPv4 or IPv6.
    pub const RAW: Self = Self(101);
    /// Cisco HDLC.
    pub const C_HDLC: Self = Self(104);
    /// IEEE 802.11.
    pub const IEEE802_11: Self = Self(105);
    /// OpenBSD loopback: address family in network byte order.
    pub const LOOP: Self = Self(108);
    /// Linux cooked capture.
    pub const LINUX_SLL: Self = Self(113);
    /// AVS header, then IEEE 802.11.
    pub const IEEE802_11_AVS: Self = Self(163);
    /// Radiotap header, then IEEE 802.11.
    pub const IEEE802_11_RADIOTAP: Self = Self(127);
    /// Per-Packet Information header, then the link type that it names.
    pub const PPI: Self = Self(192);
    /// Raw IPv4.
    pub const IPV4: Self = Self(228);
    /// Raw IPv6.
    pub const IPV6: Self = Self(229);
    /// Linux netfilter's log.
    pub const NFLOG: Self = Self(239);
    /// Apple's header, then the link type that it names.
    pub const PKTAP: Self = Self(258);
    /// Linux cooked capture, version 2.
    pub const LINUX_SLL2: Self = Self(276);

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
            107 => "frelay",
            108 => "loop",
            113 => "linux_sll",
            114 => "ltalk",
            117 => "pflog",
            119 => "ieee802_11_prism",
            122 => "ip_over_fc",
            123 => "sunatm",
            127 => "ieee802_11_radiotap",
            129 => "arcnet_linux",
            138 => "apple_ip_over_ieee1394",
            144 => "linux_irda",
            163 => "ieee802_11_avs",
            166 => "ppp_pppd",
            187 => "bluetooth_hci_h4",
            189 => "usb_linux",
            192 => "ppi",
            195 => "ieee802_15_4_withfcs",
            201 => "bluetooth_hci_h4_with_phdr",
            204 => "ppp_with_dir",
            220 => "usb_linux_mmapped",
            227 => "can_socketcan",
            228 => "ipv4",
            229 => "ipv6",
            230 => "ieee802_15_4_nofcs",
            231 => "dbus",
            239 => "nflog",
            242 => "ipoib",
            247 => "infiniband",
            249 => "usbpcap",
            251 => "bluetooth_le_ll",
            252 => "wireshark_upper_pdu",
            253 => "netlink",
            258 => "pktap",
            271 => "vsock",
            276 => "linux_sll2",
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
