/*!
The header by which a proxy tells the server behind it for which client it speaks: the PROXY protocol, versions 1 and 2
(HAProxy's `doc/proxy-protocol.txt`, sections 2.1 and 2.2). It is the first that the proxy sends, and nothing answers it.
*/

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// What a header tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ProxyHeader {
    /// 1 (a line of text) or 2 (binary).
    pub version: u8,
    /// For whom the proxy speaks.
    pub client: ProxyClient,
}

/// For whom a proxy speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum ProxyClient {
    /// The client at this address.
    At(SocketAddr),
    /// Nobody: the proxy has opened the connection for itself, to see whether the server is up (LOCAL).
    Nobody,
    /// A client on the proxy's own machine, over a UNIX socket.
    Local,
    /// A client that it does not name (UNKNOWN, UNSPEC).
    Unnamed,
}

impl ProxyHeader {
    /// The client's address, where the header has one.
    pub fn address(&self) -> Option<IpAddr> {
        match self.client {
            ProxyClient::At(address) => Some(address.ip()),
            ProxyClient::Nobody | ProxyClient::Local | ProxyClient::Unnamed => None,
        }
    }
}

/// The replies of a server that expects no header and takes it for commands. The client's first command may have come in
/// the same segment: these replies are not of that command.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Refusals {
    /// There is no header, or the server has answered something else.
    #[default]
    None,
    /// A header of this version has come.
    Awaited(u8),
    /// A header of version 2 was refused. There are line ends in it, so it is several commands; the last is QUIT.
    Begun,
}

impl Refusals {
    /// Whether the next reply is one of the header. `refuses`: it says that a command is not known; `ends`: that the
    /// server takes a QUIT.
    pub fn takes(&mut self, refuses: bool, ends: bool) -> bool {
        let (is_of_header, then) = match self {
            Self::Awaited(1) if refuses => (true, Self::None),
            Self::Awaited(_) | Self::Begun if refuses => (true, Self::Begun),
            Self::Begun if ends => (true, Self::None),
            Self::None | Self::Awaited(_) | Self::Begun => (false, Self::None),
        };
        *self = then;
        is_of_header
    }
}

/// What the first bytes of a side show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beginning {
    /// They are no header.
    Other,
    /// They may begin a header; more bytes are needed.
    Short,
    /// They begin with a header of `length` bytes, the last of which may not have come yet: those that say nothing of
    /// addresses (type-length-values, section 2.2.1).
    Header {
        /// What it tells.
        header: ProxyHeader,
        /// Its whole length in bytes.
        length: usize,
    },
}

/// Bytes of a header within which [`beginning`] can tell: the fixed part of version 2 and its longest addresses.
pub const TELLING_BYTES: usize = FIXED + 216;

/// The longest line of version 1, with its CR LF (section 2.1).
const LINE: usize = 107;
/// The first bytes of version 2 (section 2.2).
const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
/// Version 2: the signature, version and command, family and transport, and the length of what follows.
const FIXED: usize = 16;

/// Examines the first bytes of a side.
pub fn beginning(said: &[u8]) -> Beginning {
    if is_prefix(said, SIGNATURE) {
        return version_2(said).map_or(Beginning::Short, |header| header.unwrap_or(Beginning::Other));
    }
    if !is_prefix(said, b"PROXY ") {
        return Beginning::Other;
    }
    let line = said.get(..LINE).unwrap_or(said);
    match memchr::memmem::find(line, b"\r\n") {
        Some(end) => match version_1(&line[..end]) {
            Some(client) => Beginning::Header { header: ProxyHeader { version: 1, client }, length: end + 2 },
            None => Beginning::Other,
        },
        None if line.len() < LINE && !line.contains(&b'\n') => Beginning::Short,
        None => Beginning::Other,
    }
}

/// Whether `said` begins with `fixed`, as far as it goes.
fn is_prefix(said: &[u8], fixed: &[u8]) -> bool {
    let shared = said.len().min(fixed.len());
    said[..shared] == fixed[..shared]
}

fn version_1(line: &[u8]) -> Option<ProxyClient> {
    let mut words = std::str::from_utf8(line).ok()?.split(' ');
    let ("PROXY", family) = (words.next()?, words.next()?) else { return None };
    if family == "UNKNOWN" {
        // The rest must be passed over.
        return Some(ProxyClient::Unnamed);
    }
    let (source, _, source_port, _) = match family {
        "TCP4" => addresses::<Ipv4Addr>(&mut words)?,
        "TCP6" => addresses::<Ipv6Addr>(&mut words)?,
        _ => return None,
    };
    words.next().is_none().then(|| ProxyClient::At(SocketAddr::new(source, source_port)))
}

/// Source and destination, and the ports of both.
fn addresses<'a, A>(words: &mut impl Iterator<Item = &'a str>) -> Option<(IpAddr, IpAddr, u16, u16)>
where
    A: std::str::FromStr + Into<IpAddr>,
{
    let mut address = || words.next()?.parse::<A>().ok().map(Into::into);
    let (source, destination) = (address()?, address()?);
    let mut port = || words.next()?.parse().ok();
    Some((source, destination, port()?, port()?))
}

/// `None` where more bytes are needed; `Some(None)` where it is no header.
fn version_2(said: &[u8]) -> Option<Option<Beginning>> {
    let (&[version_and_command, family, high, low], rest) = said.get(SIGNATURE.len()..)?.split_first_chunk::<4>()?;
    let addresses = usize::from(u16::from_be_bytes([high, low]));
    let is_local = match version_and_command {
        0x20 => true,
        0x21 => false,
        _ => return Some(None),
    };
    // The high half is the address family, the low one the transport.
    let needed = match family >> 4 {
        1 => 12,
        2 => 36,
        3 => 216,
        _ => 0,
    };
    let client = if is_local {
        ProxyClient::Nobody
    } else if needed > addresses {
        return Some(None);
    } else {
        let block = rest.get(..needed)?;
        match *block {
            [a, b, c, d, _, _, _, _, high, low, _, _] => {
                ProxyClient::At((Ipv4Addr::new(a, b, c, d), u16::from_be_bytes([high, low])).into())
            }
            [ref addresses @ .., high, low, _, _] if needed == 36 => {
                let &source = addresses.first_chunk::<16>()?;
                ProxyClient::At((Ipv6Addr::from(source), u16::from_be_bytes([high, low])).into())
            }
            [] => ProxyClient::Unnamed,
            _ => ProxyClient::Local,
        }
    };
    Some(Some(Beginning::Header { header: ProxyHeader { version: 2, client }, length: FIXED + addresses }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(version: u8, client: ProxyClient, length: usize) -> Beginning {
        Beginning::Header { header: ProxyHeader { version, client }, length }
    }

    fn at(address: &str) -> ProxyClient {
        ProxyClient::At(address.parse().expect("an address"))
    }

    fn binary(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
        let length = u16::try_from(rest.len()).expect("short").to_be_bytes();
        [SIGNATURE.as_slice(), &[command, family], &length, rest].concat()
    }

    #[test]
    fn each_form_byte_by_byte() {
        let v4 = [192, 0, 2, 7, 192, 0, 2, 1, 0xe7, 0xce, 0, 25];
        let mut v6 = [0; 36];
        v6[..16].copy_from_slice(&"2001:db8::7".parse::<Ipv6Addr>().expect("an address").octets());
        v6[32..].copy_from_slice(&[0xe7, 0xce, 0, 25]);
        let forms: [(Vec<u8>, u8, ProxyClient); 10] = [
            (b"PROXY TCP4 192.0.2.7 192.0.2.1 59342 25\r\n".to_vec(), 1, at("192.0.2.7:59342")),
            (b"PROXY TCP6 2001:db8::7 2001:db8::1 59342 25\r\n".to_vec(), 1, at("[2001:db8::7]:59342")),
            (b"PROXY UNKNOWN\r\n".to_vec(), 1, ProxyClient::Unnamed),
            (b"PROXY UNKNOWN ff::1 ff::2 1 2\r\n".to_vec(), 1, ProxyClient::Unnamed),
            (binary(0x21, 0x11, &v4), 2, at("192.0.2.7:59342")),
            (binary(0x21, 0x21, &v6), 2, at("[2001:db8::7]:59342")),
            (binary(0x21, 0x31, &[b'/'; 216]), 2, ProxyClient::Local),
            (binary(0x21, 0x00, b""), 2, ProxyClient::Unnamed),
            (binary(0x20, 0x00, b""), 2, ProxyClient::Nobody),
            (binary(0x20, 0x11, &v4), 2, ProxyClient::Nobody),
        ];
        for (said, version, client) in forms {
            assert_eq!(beginning(&said), header(version, client, said.len()));
            assert_eq!(beginning(&[&said, b"EHLO".as_slice()].concat()), header(version, client, said.len()));
            // LOCAL is known before its addresses have come: they say nothing.
            let needed = if client == ProxyClient::Nobody { FIXED } else { said.len() };
            for short in 0..needed {
                assert_eq!(beginning(&said[..short]), Beginning::Short, "{short} of {said:?}");
            }
            assert!(said.len() <= TELLING_BYTES);
        }
    }

    #[test]
    fn what_follows_the_addresses_is_counted_and_not_waited_for() {
        let tlv = [vec![192, 0, 2, 7, 192, 0, 2, 1, 0xe7, 0xce, 0, 25], vec![4; 60_000]].concat();
        let said = binary(0x21, 0x11, &tlv);
        assert_eq!(beginning(&said[..FIXED + 12]), header(2, at("192.0.2.7:59342"), said.len()));
    }

    #[test]
    fn other_first_bytes_are_no_header() {
        let long = [b"PROXY UNKNOWN ".as_slice(), &[b'a'; 100]].concat();
        let others: [&[u8]; 11] = [
            b"EHLO me\r\n",
            b"PASS x\r\n",
            b"PROXY TCP4 192.0.2.7 192.0.2.1 59342 25\n",
            b"PROXY TCP4 192.0.2.777 192.0.2.1 59342 25\r\n",
            b"PROXY TCP4 192.0.2.7 192.0.2.1 59342\r\n",
            b"PROXY TCP4 192.0.2.7 192.0.2.1 59342 25 7\r\n",
            b"PROXY UDP4 192.0.2.7 192.0.2.1 59342 25\r\n",
            b"PROXY NOOP\r\n",
            b"\r\n\r\nQUIT\r\n",
            b"\r\n\r\n\0\r\nQUIT\n\x11\x11\0\0",
            &long,
        ];
        for said in others {
            assert_eq!(beginning(said), Beginning::Other, "{said:?}");
        }
        assert_eq!(beginning(&binary(0x21, 0x11, b"short")), Beginning::Other);
    }
}
