//! Addresses as they are printed.

use std::fmt::{self, Write as _};
use std::net::{IpAddr, SocketAddr};

/// `endpoint` as it is printed: an IPv4-mapped address as IPv4, an IPv6 address without a scope.
pub fn canonical(endpoint: SocketAddr) -> SocketAddr {
    SocketAddr::new(endpoint.ip().to_canonical(), endpoint.port())
}

/// Appends `address` as `Display` writes it.
pub fn push(text: &mut String, address: IpAddr) {
    // Writing to a String cannot fail.
    _ = write(text, address);
}

/// Appends `end` as `Display` writes it.
pub fn push_end(text: &mut String, end: SocketAddr) {
    match end {
        SocketAddr::V4(end) => {
            push(text, IpAddr::V4(*end.ip()));
            text.push(':');
            text.push_str(itoa::Buffer::new().format(end.port()));
        }
        // Writing to a String cannot fail.
        SocketAddr::V6(end) => drop(write!(text, "{end}")),
    }
}

/// Writes `address` as `Display` does. Those of IPv4, of which every session shows several, without its machinery.
///
/// # Errors
/// Where `text` has no room for it.
pub fn write(text: &mut impl fmt::Write, address: IpAddr) -> fmt::Result {
    match address {
        IpAddr::V4(address) => {
            let mut octet = itoa::Buffer::new();
            for (place, value) in address.octets().into_iter().enumerate() {
                if place > 0 {
                    text.write_str(".")?;
                }
                text.write_str(octet.format(value))?;
            }
            Ok(())
        }
        IpAddr::V6(address) => write!(text, "{address}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{push, push_end};
    use proptest::prelude::*;
    use std::net::{IpAddr, SocketAddr};

    proptest! {
        #[test]
        fn an_address_is_written_as_std_does(address: IpAddr, octets: [u8; 4], port: u16) {
            for address in [address, IpAddr::from(octets), IpAddr::from(std::net::Ipv4Addr::from(octets).to_ipv6_mapped())] {
                let mut pushed = "at ".to_owned();
                push(&mut pushed, address);
                prop_assert_eq!(pushed, format!("at {address}"));
                let end = SocketAddr::new(address, port);
                let mut pushed = "at ".to_owned();
                push_end(&mut pushed, end);
                prop_assert_eq!(pushed, format!("at {end}"));
            }
        }
    }
}
