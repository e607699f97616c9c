//! What a network carries beside mail: web, DNS, QUIC; and SYNs without an answer.

use super::SEGMENT;
use super::frames::{self, ACK, End, PSH, Random, SYN};
use std::net::Ipv4Addr;

/// Web connections under way.
const WEBS: usize = 5_000;
/// Random bytes that payloads are cut from.
const POOL: usize = 1 << 20;

/// Makes packets.
pub struct Noise {
    random: Random,
    pool: Vec<u8>,
    webs: Vec<Web>,
    syns: u32,
}

struct Web {
    client: End,
    server: End,
    sequence: u32,
}

impl Noise {
    pub fn new(seed: u64) -> Self {
        let mut random = Random::new(!seed);
        let pool = random.bytes(POOL);
        let web = |n: usize| Web {
            client: End {
                address: Ipv4Addr::new(10, 200, (n >> 8) as u8, n as u8),
                port: 1_024 + (n * 11 % 60_000) as u16,
            },
            server: End { address: Ipv4Addr::new(203, 0, 113, (n * 7) as u8), port: 443 },
            sequence: n as u32 * 77_777,
        };
        Self { random, pool, webs: (0..WEBS).map(web).collect(), syns: 0 }
    }

    /// A packet of web, DNS or QUIC.
    pub fn packet(&mut self) -> Vec<u8> {
        let kind = self.random.below(10);
        if kind < 8 {
            return self.web();
        }
        let (port, len) = if kind == 8 { (53, [60, 120, 1_200][self.random.below(3)]) } else { (443, 1_250) };
        let client = End {
            address: Ipv4Addr::from_bits(0x0ad0_0000 | self.random.below(65_536) as u32),
            port: 1_024 + self.random.below(60_000) as u16,
        };
        let server = End { address: Ipv4Addr::new(198, 51, 100, 53), port };
        let from = self.random.below(POOL - len);
        frames::udp(client, server, &self.pool[from..from + len])
    }

    fn web(&mut self) -> Vec<u8> {
        let at = self.random.below(WEBS);
        let acknowledges = self.random.below(100) < 35;
        let len = [SEGMENT, SEGMENT, SEGMENT, 600, 200][self.random.below(5)];
        let from = self.random.below(POOL - len);
        let web = &mut self.webs[at];
        if acknowledges {
            return frames::tcp(web.client, web.server, 1, web.sequence, ACK, &[]);
        }
        let packet = frames::tcp(web.server, web.client, web.sequence, 1, ACK | PSH, &self.pool[from..from + len]);
        web.sequence = web.sequence.wrapping_add(len as u32);
        packet
    }

    /// A SYN to a mail server, from an endpoint that has sent none before.
    pub fn syn(&mut self) -> Vec<u8> {
        self.syns += 1;
        let client = End {
            address: Ipv4Addr::from_bits(0x6440_0000 | self.syns & 0x003f_ffff),
            port: 1_024 + (self.syns >> 22) as u16,
        };
        let server = End { address: Ipv4Addr::new(192, 0, 2, 1), port: 25 };
        frames::tcp(client, server, self.random.number() as u32, 0, SYN, &[])
    }
}
