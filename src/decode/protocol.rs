//! Numbers of the protocols that IP carries (IANA), extension headers among them.

pub(super) const HOP_BY_HOP: u8 = 0;
pub(super) const ICMP: u8 = 1;
pub(super) const IPV4: u8 = 4;
pub(super) const TCP: u8 = 6;
pub(super) const UDP: u8 = 17;
pub(super) const IPV6: u8 = 41;
pub(super) const ROUTING: u8 = 43;
pub(super) const FRAGMENT: u8 = 44;
pub(super) const GRE: u8 = 47;
pub(super) const AUTHENTICATION: u8 = 51;
pub(super) const ICMPV6: u8 = 58;
pub(super) const DESTINATION_OPTIONS: u8 = 60;
pub(super) const IP_IN_IP: u8 = 94;
pub(super) const ETHERNET: u8 = 97;
pub(super) const L2TP: u8 = 115;
pub(super) const MPLS: u8 = 137;
pub(super) const BARE_ETHERNET: u8 = 143;
pub(super) const SERVICE_HEADER: u8 = 145;
