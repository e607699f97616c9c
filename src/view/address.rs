//! Addresses as they are printed.

use std::fmt::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

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
        IpAddr::V4(address) => text.write_str(dotted(address, &mut Dotted([0; 16]))),
        IpAddr::V6(address) => write!(text, "{address}"),
    }
}

/// Room for an address of IPv4, in whole words.
#[repr(align(8))]
struct Dotted([u8; 16]);

/// The text of `address`, which has at most 15 characters, in `room`.
fn dotted(address: Ipv4Addr, Dotted(room): &mut Dotted) -> &str {
    let mut end = 0;
    let mut push = |byte: u8| {
        // There is always room: the rest of 16 is for the compiler, which then needs no look at the length.
        room[end % 16] = byte;
        end += 1;
    };
    for (place, octet) in address.octets().into_iter().enumerate() {
        if place > 0 {
            push(b'.');
        }
        if octet >= 100 {
            push(b'0' + octet / 100);
        }
        if octet >= 10 {
            push(b'0' + octet / 10 % 10);
        }
        push(b'0' + octet % 10);
    }
    // All of the room is looked at, in words: faster than a part of it, byte by byte.
    std::str::from_utf8(room).ok().and_then(|all| all.get(..end)).unwrap_or_default()
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
