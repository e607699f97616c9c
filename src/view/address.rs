//! Addresses as they are printed.

use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};

/// `endpoint` as it is printed: an IPv4-mapped address as IPv4, an IPv6 address without a scope.
pub fn canonical(endpoint: SocketAddr) -> SocketAddr {
    SocketAddr::new(endpoint.ip().to_canonical(), endpoint.port())
}

/// `address` as it is printed: an IPv4-mapped address as IPv4, an IPv6 address without a scope.
pub fn text(address: IpAddr) -> String {
    let mut text = String::with_capacity("255.255.255.255".len());
    push(&mut text, address.to_canonical());
    text
}

/// Appends `address` as `Display` writes it. Those of IPv4, of which every session shows several, without its machinery.
pub fn push(text: &mut String, address: IpAddr) {
    match address {
        IpAddr::V4(address) => {
            let mut octet = itoa::Buffer::new();
            for (place, value) in address.octets().into_iter().enumerate() {
                if place > 0 {
                    text.push('.');
                }
                text.push_str(octet.format(value));
            }
        }
        // Writing to a String cannot fail.
        IpAddr::V6(address) => drop(write!(text, "{address}")),
    }
}

#[cfg(test)]
mod tests {
    use super::{push, text};
    use proptest::prelude::*;
    use std::net::IpAddr;

    proptest! {
        #[test]
        fn an_address_is_written_as_std_does(address: IpAddr, octets: [u8; 4]) {
            for address in [address, IpAddr::from(octets), IpAddr::from(std::net::Ipv4Addr::from(octets).to_ipv6_mapped())] {
                let mut pushed = "at ".to_owned();
                push(&mut pushed, address);
                prop_assert_eq!(pushed, format!("at {address}"));
                prop_assert_eq!(text(address), address.to_canonical().to_string());
            }
        }
    }
}
