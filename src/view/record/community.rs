//! Community ID v1 (github.com/corelight/community-id-spec): the flow hash that Zeek, Suricata, Wireshark and Arkime
//! share.

use crate::flow::Endpoints;
use crate::view::address::canonical;
use base64_simd::STANDARD;
use sha1::{Digest, Sha1};
use std::net::IpAddr;

/// IP's number for TCP.
const TCP: u8 = 6;

/// The Community ID of a TCP connection, seed 0: the same for both directions.
pub fn community_id(endpoints: &Endpoints) -> String {
    let (one, other) = (canonical(endpoints.client), canonical(endpoints.server));
    // As bytes in network order, address and then port: the order in which the specification compares the endpoints.
    let (lower, upper) = if one <= other { (one, other) } else { (other, one) };
    let mut hash = Sha1::new();
    hash.update(0_u16.to_be_bytes());
    for end in [lower, upper] {
        match end.ip() {
            IpAddr::V4(address) => hash.update(address.octets()),
            IpAddr::V6(address) => hash.update(address.octets()),
        }
    }
    hash.update([TCP, 0]);
    hash.update(lower.port().to_be_bytes());
    hash.update(upper.port().to_be_bytes());
    let mut id = String::with_capacity(30);
    id.push_str("1:");
    STANDARD.encode_append(&hash.finalize()[..], &mut id);
    id
}

#[cfg(test)]
mod tests {
    use super::community_id;
    use crate::flow::Endpoints;

    /// IDs that other programs compute for public captures: the baselines of the specification, Zeek and Arkime.
    const KNOWN: [(&str, &str, &str); 8] = [
        ("128.232.110.120:34855", "66.35.250.204:80", "1:LQU9qZlK+B5F3KDmev6m5PMibrg="),
        ("66.35.250.204:80", "128.232.110.120:34855", "1:LQU9qZlK+B5F3KDmev6m5PMibrg="),
        ("10.10.1.4:1470", "74.53.140.153:25", "1:Mp8ZaC1ViMXJZ3yEFu84PpG1F94="),
        ("192.168.0.4:23463", "212.227.15.167:25", "1:oUOMFLzgFT7yKN0S6VN/Yfyi5Bg="),
        ("127.0.0.1:64128", "127.0.0.1:25", "1:+0utDG4i0eKxPbdHC2EEIMxxAwY="),
        ("[::1]:56660", "[::1]:25", "1:rshONQQ6JajqwUec6uuo5/OtRrI="),
        (
            "[2003:de:2016:125:fc36:8317:4e86:cb72]:7562",
            "[2003:de:2016:120::a08:53]:25",
            "1:weJ+7RfCo34PNwa3GUv65bCq8nY=",
        ),
        ("[::ffff:10.10.1.4]:1470", "74.53.140.153:25", "1:Mp8ZaC1ViMXJZ3yEFu84PpG1F94="),
    ];

    #[test]
    fn community_ids_are_those_that_other_programs_publish() {
        for (client, server, known) in KNOWN {
            let endpoints = Endpoints { client: client.parse().unwrap(), server: server.parse().unwrap() };
            assert_eq!(community_id(&endpoints), known, "{client} {server}");
        }
    }
}
