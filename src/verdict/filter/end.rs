//! An end of a connection to look for: an address, a network or a name, and a port.

use super::bad::Bad;
use super::pattern::Pattern;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// An end of a connection to look for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    host: Host,
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Host {
    /// Only the port counts.
    Any,
    /// The addresses whose first bits are those of this one.
    Network(IpAddr, u8),
    Name(Pattern),
}

impl End {
    /// Whether it has a name, which is not known when a session begins.
    pub fn is_named(&self) -> bool {
        matches!(self.host, Host::Name(_))
    }

    /// Whether it is at one of `addresses` of the end at `socket`, or has one of `names`.
    pub fn is<'a>(
        &self,
        socket: SocketAddr,
        mut addresses: impl Iterator<Item = IpAddr>,
        mut names: impl Iterator<Item = &'a str>,
    ) -> bool {
        self.port.is_none_or(|port| port == socket.port())
            && match &self.host {
                Host::Any => true,
                Host::Network(network, bits) => addresses.any(|address| is_in(address, *network, *bits)),
                Host::Name(name) => names.any(|one| name.is(one.trim_end_matches('.'))),
            }
    }
}

impl std::str::FromStr for End {
    type Err = Bad;

    /// `ADDRESS`, `ADDRESS/BITS`, `NAME` (with `*` for any characters), each with `:PORT` behind it or not, or `:PORT`
    /// alone. An IPv6 address with a port stands in brackets.
    fn from_str(text: &str) -> Result<Self, Bad> {
        if let Some(without) = without_zone(text) {
            return Err(Bad::Zone { text: text.to_owned(), without });
        }
        if let Some(rest) = text.strip_prefix('[') {
            let (host, port) = rest.split_once(']').ok_or_else(|| Bad::End(text.to_owned()))?;
            let host = network(host)?.ok_or_else(|| Bad::End(text.to_owned()))?;
            let port = match port.strip_prefix(':') {
                Some(port) => Some(self::port(port)?),
                None if port.is_empty() => None,
                None => return Err(Bad::End(text.to_owned())),
            };
            return Ok(Self { host, port });
        }
        // A colon behind the slash begins the port.
        if !text.split_once('/').is_some_and(|(_, bits)| bits.contains(':'))
            && let Some(host) = network(text)?
        {
            return Ok(Self { host, port: None });
        }
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) => (host, Some(self::port(port)?)),
            None => (text, None),
        };
        let host = match network(host)? {
            _ if host.is_empty() && port.is_some() => Host::Any,
            Some(network) => network,
            None if is_name(host) => Host::Name(Pattern::new(host.trim_end_matches('.'))),
            None => return Err(Bad::End(text.to_owned())),
        };
        Ok(Self { host, port })
    }
}

/// `text` without the zone that an IPv6 address in it has (RFC 4007, section 11), such as `%eth0`.
fn without_zone(text: &str) -> Option<String> {
    let (before, zone) = text.split_once('%')?;
    let address = before.strip_prefix('[').unwrap_or(before);
    let address = address.split_once('/').map_or(address, |(address, _)| address);
    address.parse::<Ipv6Addr>().ok()?;
    let rest = zone.find(['/', ']']).and_then(|at| zone.get(at..)).unwrap_or_default();
    Some(format!("{before}{rest}"))
}

fn port(text: &str) -> Result<u16, Bad> {
    text.parse().ok().filter(|&port| port > 0).ok_or_else(|| Bad::Port(text.to_owned()))
}

/// `None` where it is no address at all.
fn network(text: &str) -> Result<Option<Host>, Bad> {
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => (address, Some(bits)),
        None => (text, None),
    };
    let Ok(address) = address.parse::<IpAddr>() else { return Ok(None) };
    let address = address.to_canonical();
    let most = if address.is_ipv4() { 32 } else { 128 };
    let bits = match bits {
        None => most,
        Some(bits) => bits
            .parse()
            .ok()
            .filter(|&bits: &u8| bits <= most)
            .ok_or_else(|| Bad::Bits { text: bits.to_owned(), most })?,
    };
    Ok(Some(Host::Network(address, bits)))
}

/// Numbers and dots alone are an address that was mistyped.
fn is_name(text: &str) -> bool {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '*');
    text.chars().all(fits) && text.chars().any(|c| c.is_alphabetic() || c == '*')
}

fn is_in(address: IpAddr, network: IpAddr, bits: u8) -> bool {
    let shifted = |value: u128, width: u32| value.checked_shr(width - u32::from(bits)).unwrap_or_default();
    match (address.to_canonical(), network) {
        (IpAddr::V4(one), IpAddr::V4(other)) => {
            shifted(one.to_bits().into(), 32) == shifted(other.to_bits().into(), 32)
        }
        (IpAddr::V6(one), IpAddr::V6(other)) => shifted(one.to_bits(), 128) == shifted(other.to_bits(), 128),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{Bad, End};
    use std::net::SocketAddr;

    fn is(end: &str, socket: &str) -> bool {
        let socket: SocketAddr = socket.parse().unwrap();
        end.parse::<End>().unwrap().is(socket, [socket.ip()].into_iter(), ["mx.Example.com."].into_iter())
    }

    #[test]
    fn addresses_networks_names_and_ports() {
        for (end, socket, found) in [
            ("10.0.0.1", "10.0.0.1:25", true),
            ("10.0.0.1", "10.0.0.2:25", false),
            ("10.0.0.1", "[::ffff:10.0.0.1]:25", true),
            ("10.0.0.0/30", "10.0.0.3:25", true),
            ("10.0.0.0/30", "10.0.0.4:25", false),
            ("0.0.0.0/0", "192.0.2.1:25", true),
            ("0.0.0.0/0", "[2001:db8::1]:25", false),
            ("::/0", "[2001:db8::1]:25", true),
            ("10.0.0.0/8:587", "10.0.0.1:587", true),
            ("10.0.0.0/8:587", "10.0.0.1:25", false),
            (":587", "10.0.0.1:587", true),
            (":587", "10.0.0.1:25", false),
            ("2001:db8::1", "[2001:db8::1]:25", true),
            ("2001:db8::/32", "[2001:db8:1::1]:25", true),
            ("[2001:db8::1]:25", "[2001:db8::1]:25", true),
            ("[2001:db8::/32]:26", "[2001:db8::1]:25", false),
            ("MX.example.com", "10.0.0.1:25", true),
            ("*.example.com:25", "10.0.0.1:25", true),
            ("*.example.com:26", "10.0.0.1:25", false),
            ("example.com", "10.0.0.1:25", false),
        ] {
            assert_eq!(is(end, socket), found, "{end} {socket}");
        }
    }

    #[test]
    fn what_is_none_is_said() {
        for end in ["", "10.0.0.300", "10.0.0", "a b", "[::1", "[mx]:25", "[::1]25", "mx/24"] {
            assert_eq!(end.parse::<End>(), Err(Bad::End(end.to_owned())), "{end}");
        }
        for (end, plain) in [
            ("fe80::1%eth0", "fe80::1"),
            ("[fe80::1%eth0]:25", "[fe80::1]:25"),
            ("[fe80::1%25eth0]", "[fe80::1]"),
            ("fe80::1%eth0/64", "fe80::1/64"),
            ("fe80::/64%2", "fe80::/64"),
            ("::1%lo", "::1"),
        ] {
            assert_eq!(end.parse::<End>(), Err(Bad::Zone { text: end.into(), without: plain.into() }));
            assert!(plain.parse::<End>().is_ok(), "{plain}");
        }
        assert!(is("[::1]:25", "[::1]:25") && !is("[::1]:25", "[::1]:26"));
        assert_eq!("10.0.0.1%eth0".parse::<End>(), Err(Bad::End("10.0.0.1%eth0".into())));
        assert_eq!("10.0.0.1/33".parse::<End>(), Err(Bad::Bits { text: "33".into(), most: 32 }));
        assert_eq!("mx:0".parse::<End>(), Err(Bad::Port("0".into())));
        assert_eq!("mx:smtp".parse::<End>(), Err(Bad::Port("smtp".into())));
    }
}
