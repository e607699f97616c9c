//! ICMP errors reach the connection that they are about, however they came and however many threads there are.

use serde_json::Value;
use std::process::Command;

const CLIENT: [u8; 4] = [10, 0, 0, 1];
const SERVER: [u8; 4] = [10, 0, 0, 2];
const ROUTER: [u8; 4] = [10, 9, 9, 9];

fn ip(protocol: u8, from: [u8; 4], to: [u8; 4], payload: &[u8]) -> Vec<u8> {
    let total = (20 + payload.len()) as u16;
    let header = [&[0x45, 0][..], &total.to_be_bytes(), &[0, 1, 0x40, 0, 64, protocol, 0, 0], &from, &to].concat();
    [&header[..], payload].concat()
}

fn syn(port: u16) -> Vec<u8> {
    let header =
        [&port.to_be_bytes()[..], &[0, 25], &7_u32.to_be_bytes(), &[0; 4], &[0x50, 2, 2, 0, 0, 0, 0, 0]].concat();
    ip(6, CLIENT, SERVER, &header)
}

/// Destination unreachable: with the IP header and eight bytes of the segment.
fn error(code: u8, quoted: &[u8]) -> Vec<u8> {
    ip(1, ROUTER, CLIENT, &[&[3, code, 0, 0, 0, 0, 0, 0][..], &quoted[..28]].concat())
}

fn ethernet(tags: &[u16], packet: &[u8]) -> Vec<u8> {
    let tags = tags.iter().flat_map(|tag| [&0x8100_u16.to_be_bytes()[..], &tag.to_be_bytes()].concat());
    [&[0; 12][..], &tags.collect::<Vec<u8>>(), &[8, 0], packet].concat()
}

fn read(packets: &[Vec<u8>], threads: &str) -> Value {
    let mut file =
        [&0xa1b2_c3d4_u32.to_le_bytes()[..], &[2, 0, 4, 0], &[0; 8], &65_535_u32.to_le_bytes(), &1_u32.to_le_bytes()]
            .concat();
    for (packet, second) in packets.iter().zip(1_000_u32..) {
        let length = (packet.len() as u32).to_le_bytes();
        file.extend([&second.to_le_bytes()[..], &[0; 4], &length, &length, packet].concat());
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("icmp.pcap");
    std::fs::write(&path, file).expect("a file");
    let mut command = Command::new(env!("CARGO_BIN_EXE_mailtap"));
    let output =
        command.arg("read").arg(&path).args(["--format", "json", "--lang", "en", "--threads", threads]).output();
    serde_json::from_slice(&output.expect("it runs").stdout).expect("JSON")
}

#[test]
fn a_filter_that_says_so_is_named_on_any_number_of_threads() {
    let mut packets = Vec::new();
    for port in 40_000..40_040 {
        packets.push(ethernet(&[], &syn(port)));
        // It comes back on another VLAN.
        packets.push(ethernet(&[7], &error(13, &syn(port))));
    }
    // About a connection that is not there.
    packets.push(ethernet(&[], &error(13, &syn(50_000))));
    let one = read(&packets, "1");
    let sessions = one["sessions"].as_array().expect("sessions");
    assert_eq!(sessions.len(), 40);
    for (session, number) in sessions.iter().zip(0..) {
        assert_eq!(session["end"], "prohibited");
        assert_eq!(session["transport"]["packets"], 2);
        let finding = &session["findings"][0];
        assert_eq!(finding["id"], "connection-prohibited");
        assert_eq!(finding["packets"], serde_json::json!([2 * number + 1, 2 * number + 2]));
        assert_eq!(finding["facts"]["by"], "10.9.9.9");
    }
    let counted = &one["summary"]["packets"];
    assert_eq!((&counted["read"], &counted["mail"]), (&81.into(), &80.into()));
    for threads in ["2", "5"] {
        let several = read(&packets, threads);
        assert_eq!(several["sessions"], one["sessions"], "{threads} threads");
    }
}
