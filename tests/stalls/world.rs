//! A connection as one observer sees it, packet by packet.

use crate::Side::{self, Client, Server};
use crate::support::{Packet, Segment, frame, numbered, pcap, sessions, turns};
use pnet_packet::tcp::TcpFlags;
use serde_json::Value;
use std::collections::BTreeSet;

/// Payload of a full segment.
pub const FULL: usize = 1_448;

/// A connection as one observer sees it.
pub struct World {
    pub ports: [u16; 2],
    pub packets: Vec<Packet>,
    /// Microseconds.
    pub time: u64,
    /// What each side sends next.
    pub next: [u32; 2],
    /// What each side has received.
    pub received: [u32; 2],
    /// The window that each side announces.
    pub window: [u16; 2],
}

impl World {
    /// A connection that is open, after the lines of `talk`.
    pub fn new(port: u16, talk: &str) -> Self {
        let mut world = Self {
            ports: [40_000 + port, port],
            packets: Vec::new(),
            time: u64::from(port) * 1_000,
            next: [0; 2],
            received: [0; 2],
            window: [65_535; 2],
        };
        world.put(Client, 0, TcpFlags::SYN, b"");
        world.next[0] = 1;
        world.received[1] = 1;
        world.put(Server, 0, TcpFlags::SYN | TcpFlags::ACK, b"");
        world.next[1] = 1;
        world.received[0] = 1;
        world.bare(Client);
        for (side, bytes) in turns(talk) {
            world.say(side, &bytes);
        }
        world
    }

    /// Captures a segment.
    pub fn put(&mut self, from: Side, sequence: u32, flags: u8, payload: &[u8]) {
        let acknowledgement = self.received[from as usize];
        let segment = Segment { from, sequence, acknowledgement, flags, payload: payload.to_vec() };
        let mut bytes = numbered(frame(&segment, self.ports[0], self.ports[1]), self.packets.len() as u16 + 1);
        bytes[48..50].copy_from_slice(&self.window[from as usize].to_be_bytes());
        self.packets.push(Packet::new(self.time, bytes));
        self.time += 1_000;
    }

    /// Captures an acknowledgement of `from`.
    pub fn bare(&mut self, from: Side) {
        self.put(from, self.next[from as usize], TcpFlags::ACK, b"");
    }

    /// Sends `bytes`, which arrive and are acknowledged.
    pub fn say(&mut self, from: Side, bytes: &[u8]) {
        for piece in bytes.chunks(FULL) {
            self.send(from, piece);
            self.received[from.other() as usize] = self.next[from as usize];
            self.bare(from.other());
        }
    }

    /// Sends `bytes` in one segment, which is captured.
    pub fn send(&mut self, from: Side, bytes: &[u8]) {
        self.put(from, self.next[from as usize], TcpFlags::ACK | TcpFlags::PSH, bytes);
        self.next[from as usize] += bytes.len() as u32;
    }

    /// Sends `bytes` in full segments, none of which gets as far as the observer.
    pub fn lose(&mut self, from: Side, bytes: &[u8]) {
        self.next[from as usize] += bytes.len() as u32;
    }

    /// Sends `bytes` in full segments that do not arrive, and the first again as often as this.
    pub fn in_vain(&mut self, from: Side, bytes: &[u8], times: u32) {
        let begin = self.next[from as usize];
        for piece in bytes.chunks(FULL) {
            self.send(from, piece);
        }
        for n in 0..times {
            self.wait(0.3 * f64::from(1_u32 << n.min(7)));
            self.put(from, begin, TcpFlags::ACK, &bytes[..bytes.len().min(FULL)]);
        }
    }

    pub fn wait(&mut self, seconds: f64) {
        self.time += (seconds * 1e6) as u64;
    }

    /// `from` closes, and the other side sees it.
    pub fn fin(&mut self, from: Side) {
        self.put(from, self.next[from as usize], TcpFlags::ACK | TcpFlags::FIN, b"");
        self.next[from as usize] += 1;
    }

    pub fn reset(&mut self, from: Side) {
        self.put(from, self.next[from as usize], TcpFlags::RST | TcpFlags::ACK, b"");
    }

    /// A router says to the sender of the last packet that `mtu` is what it takes.
    pub fn too_big(&mut self, mtu: u16) {
        let last = &self.packets.last().expect("a packet").frame;
        let (quoted, source) = (&last[14..42], &last[26..30]);
        let icmp = [&[3, 4, 0, 0, 0, 0][..], &mtu.to_be_bytes(), quoted].concat();
        let total = (20 + icmp.len()) as u16;
        let ip = [&[0x45, 0][..], &total.to_be_bytes(), &[0, 1, 0, 0, 64, 1, 0, 0], &[10, 9, 9, 9], source, &icmp];
        let bytes = [&[0; 12][..], &[8, 0], &ip.concat()].concat();
        self.packets.push(Packet::new(self.time, bytes));
        self.time += 1_000;
    }

    pub fn session(&self) -> Value {
        let mut all = sessions(&pcap(&self.packets));
        assert_eq!(all.len(), 1);
        all.remove(0)
    }

    /// The findings about failures, and the cause that the session's verdict names.
    pub fn found(&self) -> (BTreeSet<String>, String) {
        let session = self.session();
        let findings = session["findings"].as_array().expect("a list");
        let ids = findings.iter().map(|finding| finding["id"].as_str().expect("an id").to_owned());
        (ids.collect(), session["verdict"]["cause"].as_str().unwrap_or_default().to_owned())
    }
}
