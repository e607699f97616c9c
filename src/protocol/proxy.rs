/*!
What a proxy puts before the dialogue: its [`header`], and the exchange of a client with a proxy before the connection
behind it begins: HTTP's CONNECT (RFC 9110, section 9.3.6), SOCKS 4 and 4a, SOCKS 5 (RFC 1928, with RFC 1929's user name
and password).
*/

pub mod header;

/// How it is known that a proxy stands between the client and the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Via {
    /// The proxy's header (HAProxy's PROXY protocol).
    ProxyProtocol,
    /// XCLIENT, which the server has accepted.
    Xclient,
    /// SOCKS, before the connection that it leads to.
    Socks,
    /// HTTP's CONNECT, likewise.
    HttpConnect,
}

/// Bytes of each side that are searched for such an exchange.
const PREAMBLE: usize = 4 * 1024;

/// What the beginnings of both sides show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preamble {
    /// No proxy, or one that refused.
    None,
    /// Perhaps a proxy; more bytes are needed.
    Begun,
    /// The connection behind the proxy begins after this many bytes of the client and of the server.
    Over([usize; 2]),
}

/// Examines the first bytes of the client and of the server.
pub fn preamble(client: &[u8], server: &[u8]) -> Preamble {
    let found = match client {
        [] => return if server.is_empty() { Preamble::Begun } else { Preamble::None },
        [4, ..] => socks4(client, server),
        [5, ..] => socks5(client, server),
        _ => http(client, server),
    };
    match found {
        Ok(lengths) => Preamble::Over(lengths),
        Err(Why::Short) if client.len() <= PREAMBLE && server.len() <= PREAMBLE => Preamble::Begun,
        Err(_) => Preamble::None,
    }
}

/// What sort of exchange it is of which these are the client's first bytes.
pub fn via(client: &[u8]) -> Via {
    match client {
        [4 | 5, ..] => Via::Socks,
        _ => Via::HttpConnect,
    }
}

/// Why there is no whole preamble.
enum Why {
    Short,
    Not,
}

fn http(client: &[u8], server: &[u8]) -> Result<[usize; 2], Why> {
    const METHOD: &[u8] = b"CONNECT ";
    let shared = METHOD.len().min(client.len());
    if !client[..shared].eq_ignore_ascii_case(&METHOD[..shared]) {
        return Err(Why::Not);
    }
    let request = head(client).ok_or(Why::Short)?;
    let first = client[..request].split(|&byte| byte == b'\n').next().unwrap_or_default();
    if !first.trim_ascii_end().windows(6).any(|word| word == b" HTTP/") {
        return Err(Why::Not);
    }
    // Provisional responses (1xx), or a 407 that asks for a password, may come before the 2xx; after a 407 the client
    // sends its request again. Neither is followed here.
    match server {
        [b'H', b'T', b'T', b'P', b'/', b'1', b'.', _, b' ', b'2', ..] => Ok([request, head(server).ok_or(Why::Short)?]),
        _ if b"HTTP/1.".starts_with(&server[..server.len().min(7)]) && server.len() < 10 => Err(Why::Short),
        _ => Err(Why::Not),
    }
}

/// Length of an HTTP head, with the empty line that ends it.
fn head(said: &[u8]) -> Option<usize> {
    memchr::memmem::find(said, b"\r\n\r\n").map(|at| at + 4)
}

fn socks4(client: &[u8], server: &[u8]) -> Result<[usize; 2], Why> {
    if client.get(1).is_some_and(|&command| command != 1) {
        return Err(Why::Not);
    }
    let mut end = after_zero(client, 8)?;
    // 4a: an address 0.0.0.x announces a name.
    if matches!(client, [_, _, _, _, 0, 0, 0, last, ..] if *last > 0) {
        end = after_zero(client, end)?;
    }
    match server {
        [0, 0x5a, ..] => Ok([end, some(server, 8)?]),
        [] | [0] => Err(Why::Short),
        _ => Err(Why::Not),
    }
}

fn after_zero(said: &[u8], from: usize) -> Result<usize, Why> {
    let rest = said.get(from..).ok_or(Why::Short)?;
    memchr::memchr(0, rest).map(|at| from + at + 1).ok_or(Why::Short)
}

fn socks5(client: &[u8], server: &[u8]) -> Result<[usize; 2], Why> {
    let mut asked = some(client, 2 + usize::from(byte(client, 1)?))?;
    let mut told = match server {
        [5, 0 | 2, ..] => 2,
        [] | [5] => return Err(Why::Short),
        _ => return Err(Why::Not),
    };
    if byte(server, 1)? == 2 {
        // RFC 1929: version 1, user name, password.
        if byte(client, asked)? != 1 {
            return Err(Why::Not);
        }
        let password = asked + 2 + usize::from(byte(client, asked + 1)?);
        asked = some(client, password + 1 + usize::from(byte(client, password)?))?;
        told += 2;
        if byte(server, told - 2)? != 1 || byte(server, told - 1)? != 0 {
            return Err(Why::Not);
        }
    }
    if byte(client, asked)? != 5 || byte(client, asked + 1)? != 1 || byte(server, told)? != 5 {
        return Err(Why::Not);
    }
    if byte(server, told + 1)? != 0 {
        return Err(Why::Not);
    }
    Ok([address(client, asked)?, address(server, told)?])
}

/// The end of a SOCKS 5 request or answer that begins at `from`: three bytes, an address, a port.
fn address(said: &[u8], from: usize) -> Result<usize, Why> {
    let length = match byte(said, from + 3)? {
        1 => 4,
        3 => 1 + usize::from(byte(said, from + 4)?),
        4 => 16,
        _ => return Err(Why::Not),
    };
    some(said, from + 4 + length + 2)
}

fn byte(said: &[u8], at: usize) -> Result<u8, Why> {
    said.get(at).copied().ok_or(Why::Short)
}

/// `end`, where `said` is that long.
fn some(said: &[u8], end: usize) -> Result<usize, Why> {
    if said.len() >= end { Ok(end) } else { Err(Why::Short) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_byte_by_byte() {
        let connect: (&[u8], &[u8]) = (
            b"CONNECT mx.netlab:25 HTTP/1.1\r\nHost: mx.netlab:25\r\n\r\n",
            b"HTTP/1.1 200 Connection established\r\n\r\n",
        );
        let socks4: (&[u8], &[u8]) = (b"\x04\x01\x00\x19\x0a\x00\x00\x02me\x00", b"\x00\x5a\x00\x19\x0a\x00\x00\x02");
        let socks4a: (&[u8], &[u8]) =
            (b"\x04\x01\x00\x19\x00\x00\x00\x01me\x00mx.netlab\x00", b"\x00\x5a\x00\x00\x00\x00\x00\x00");
        let socks5: (&[u8], &[u8]) = (
            b"\x05\x02\x00\x02\x05\x01\x00\x03\x09mx.netlab\x00\x19",
            b"\x05\x00\x05\x00\x00\x01\x0a\x00\x00\x02\x00\x19",
        );
        let password: (&[u8], &[u8]) = (
            b"\x05\x01\x02\x01\x02me\x03pwd\x05\x01\x00\x01\x0a\x00\x00\x02\x00\x19",
            b"\x05\x02\x01\x00\x05\x00\x00\x01\x0a\x00\x00\x02\x00\x19",
        );
        for (client, server) in [connect, socks4, socks4a, socks5, password] {
            let over = Preamble::Over([client.len(), server.len()]);
            assert_eq!(preamble(client, server), over);
            assert_eq!(preamble(&[client, b"EHLO"].concat(), &[server, b"220 mx"].concat()), over);
            for asked in 0..client.len() {
                assert_eq!(preamble(&client[..asked], b""), Preamble::Begun, "{asked}");
            }
            for told in 0..server.len() {
                assert_eq!(preamble(client, &server[..told]), Preamble::Begun, "{told}");
            }
        }
    }

    #[test]
    fn other_first_bytes_are_not_a_proxy() {
        let none: [(&[u8], &[u8]); 8] = [
            (b"", b"220 mx"),
            (b"EHLO me\r\n", b""),
            (b"GET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"),
            (b"CONNECT mx:25 HTTP/1.1\r\n\r\n", b"HTTP/1.1 403 Forbidden\r\n\r\n"),
            (b"CONNECT mx:25\r\n\r\n", b"220 mx\r\n"),
            (b"\x04\x01\x00\x19\x0a\x00\x00\x02\x00", b"\x00\x5b\x00\x19\x0a\x00\x00\x02"),
            (b"\x05\x01\x00", b"\x05\xff"),
            (b"\x05\x01\x00\x05\x01\x00\x01\x0a\x00\x00\x02\x00\x19", b"\x05\x00\x05\x05\x00"),
        ];
        for (client, server) in none {
            assert_eq!(preamble(client, server), Preamble::None, "{client:?}");
        }
        assert_eq!(preamble(&[b"CONNECT ".as_slice(), &[b'a'; PREAMBLE]].concat(), b""), Preamble::None);
    }
}
