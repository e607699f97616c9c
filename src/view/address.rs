//! Addresses as they are printed.

use std::net::SocketAddr;

/// `endpoint` as it is printed: an IPv4-mapped address as IPv4, an IPv6 address without a scope.
pub fn canonical(endpoint: SocketAddr) -> SocketAddr {
    SocketAddr::new(endpoint.ip().to_canonical(), endpoint.port())
}
