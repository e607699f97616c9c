//! A proxy before the server: its header, and what a server says to it.

use super::terms::bytes;
use crate::protocol::event::{ProxyClient, ProxyHeader, Via};
use crate::verdict::purpose::Unexpected;
use crate::view::address::canonical;

pub fn header(header: &ProxyHeader) -> String {
    match header.client {
        ProxyClient::At(client) => {
            format!("A proxy tells the server for which client it speaks: {}", canonical(client))
        }
        ProxyClient::Nobody => "A proxy opens the connection for itself, to see whether the server is up".to_owned(),
        ProxyClient::Local => {
            "A proxy tells the server that it speaks for a client on its own machine (UNIX socket)".to_owned()
        }
        ProxyClient::Unnamed => "A proxy tells the server that it does not know for which client it speaks".to_owned(),
    }
}

/// Where the header is binary.
pub fn row(header: &ProxyHeader, size: u64) -> String {
    format!("PROXY protocol, version {}, {}", header.version, bytes(size))
}

pub fn refuses(unexpected: Unexpected) -> &'static str {
    match unexpected {
        Unexpected::ProxyHeader => "The server expects no proxy here: it takes the proxy's header for a command",
        Unexpected::ClientHello => {
            "The server speaks plain text on this port and takes the ClientHello for a command that it does not know"
        }
    }
}

/// How it is known that there is a proxy.
pub fn via(via: Via) -> &'static str {
    match via {
        Via::ProxyProtocol => "PROXY protocol",
        Via::Xclient => "XCLIENT",
        Via::Socks => "SOCKS",
        Via::HttpConnect => "HTTP CONNECT",
    }
}
