/*!
Segments of a few connections, in whatever order: what is handed over is what was sent. A byte's value is its place in
its stream (modulo 251), so that one in the wrong place, twice, or with a gap of the wrong length before it is known.

Twelve bytes a segment: `flags | connection and side | sequence 4 | acknowledgement 2 | length 2 | cut, time`.
*/
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailtap::capture::Time;
use mailtap::decode::{Header, Segment};
use mailtap::flow::{ConnectionHandler, Endpoints, PacketRef, Side, StreamHandler, Table, Transport};
use std::net::SocketAddr;

const PERIOD: u64 = 251;
const START: [u32; 2] = [u32::MAX - 300, 70_000];

fn byte_at(side: usize, sequence: u32) -> u8 {
    (u64::from(sequence.wrapping_sub(START[side])) % PERIOD) as u8
}

struct Recorder {
    /// Of each side, the value of the byte that comes next, as soon as one has come.
    next: [Option<u64>; 2],
    bytes: [u64; 2],
    missing: [u64; 2],
    client: SocketAddr,
    near: bool,
}

impl StreamHandler for Recorder {
    fn data(&mut self, from: Side, bytes: &[u8], _: PacketRef) {
        assert!(!bytes.is_empty());
        self.bytes[from as usize] += bytes.len() as u64;
        if !self.near {
            return;
        }
        let mut next = self.next[from as usize].unwrap_or(u64::from(bytes[0]));
        for &byte in bytes {
            assert_eq!(u64::from(byte), next, "what follows is what was sent next");
            next = (next + 1) % PERIOD;
        }
        self.next[from as usize] = Some(next);
    }

    fn gap(&mut self, from: Side, missing: u64, _: PacketRef) {
        assert!(missing >= 1);
        self.missing[from as usize] += missing;
        if let Some(next) = &mut self.next[from as usize] {
            *next = (*next + missing) % PERIOD;
        }
    }

    fn roles_swapped(&mut self, endpoints: &Endpoints) {
        assert!(self.bytes == [0; 2] && self.missing == [0; 2], "turned before anything is handed over");
        self.client = endpoints.client;
    }
}

struct Everyone {
    /// All places are less than 2^32 from the start: a value tells a place.
    near: bool,
}

impl ConnectionHandler for Everyone {
    type StreamHandler = Recorder;
    type Token = ();

    fn wants(&self, one: SocketAddr, other: SocketAddr) -> bool {
        one != other
    }

    fn guess(&self, source: SocketAddr, destination: SocketAddr) -> Endpoints {
        match source.port() {
            25 => Endpoints { client: destination, server: source },
            _ => Endpoints { client: source, server: destination },
        }
    }

    fn begun(&mut self, _: &Endpoints, _: PacketRef) {}

    fn listen(&mut self, (): (), endpoints: &Endpoints, _: PacketRef) -> Recorder {
        Recorder { next: [None; 2], bytes: [0; 2], missing: [0; 2], client: endpoints.client, near: self.near }
    }

    fn over(&mut self, recorder: Recorder, transport: Transport) {
        let counters = transport.counters;
        assert_eq!(recorder.bytes, [counters.client_bytes, counters.server_bytes]);
        assert_eq!(recorder.missing, [counters.client_missing, counters.server_missing]);
        assert_eq!(transport.endpoints.client, recorder.client);
        assert!(transport.first.time <= transport.last.time);
        if recorder.near {
            assert_eq!(counters.conflicting, 0, "all copies were alike");
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let near = data.chunks_exact(12).all(|chunk| chunk[0] & 0x20 == 0);
    let mut table = Table::new(Everyone { near }, 1);
    let mut time = 0_i64;
    for (packet, chunk) in (1_u64..).zip(data.chunks_exact(12)) {
        let &[flags, who, s0, s1, s2, s3, a0, a1, l0, l1, cut, pause] = chunk else { unreachable!("twelve") };
        let side = usize::from(who & 1);
        let client = SocketAddr::from(([172, 16, 0, 73], 40_000 + u16::from(who >> 1 & 3)));
        let server = SocketAddr::from(([172, 16, 0, 253], 25));
        let (source, destination) = if side == 0 { (client, server) } else { (server, client) };
        // Mostly near the beginning; far away where the high bytes say so.
        let far = if flags & 0x20 == 0 { 0 } else { u32::from_be_bytes([s0, s1, 0, 0]) };
        let sequence = START[side].wrapping_add(far).wrapping_add(u32::from(u16::from_be_bytes([s2, s3])));
        let acknowledgement = START[1 - side].wrapping_add(u32::from(u16::from_be_bytes([a0, a1])));
        let len = usize::from(u16::from_be_bytes([l0, l1])) % 1_500;
        let syn = flags & 1 != 0;
        let first = sequence.wrapping_add(u32::from(syn));
        let payload: Vec<u8> = (0..len as u32).map(|at| byte_at(side, first.wrapping_add(at))).collect();
        time += match pause {
            0..=199 => i64::from(pause) * 1_000,
            200..=229 => i64::from(pause) * 1_000_000,
            230..=249 => i64::from(pause) * 10_000_000_000,
            _ => -i64::from(pause) * 100_000_000,
        };
        let header = Header {
            packet,
            time: Time::from_nanoseconds(time),
            sequence,
            acknowledgement: (flags & 2 != 0).then_some(acknowledgement),
            syn,
            fin: flags & 4 != 0,
            rst: flags & 8 != 0,
            window: 65_535,
            shares_packet: false,
            // That of an earlier packet makes a copy of it, where all else is the same.
            identification: (who & 0x80 == 0).then(|| (packet as u16).wrapping_sub(u16::from(who >> 3 & 0xf))),
            wire_len: len as u32 + u32::from(if flags & 0x10 != 0 { cut } else { 0 }),
            decrypted: false,
            subflow: None,
            hops: 64 + (who & 1),
            timestamp: (who & 0x40 == 0).then(|| packet as u32),
            received_twice: (who & 2 != 0).then(|| [sequence, sequence.wrapping_add(len as u32)]),
            // It would take a byte out of the stream, which is compared byte by byte.
            urgent: None,
        };
        table.segment(&Segment { source, destination, header, payload: &payload, multipath: &[] });
        if flags & 0x40 != 0 {
            table.tick(Time::from_nanoseconds(time));
        }
    }
    table.finish();
});
