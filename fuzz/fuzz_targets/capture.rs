//! Capture files of any kind, compressed or not: they end, and never show a byte that is not there.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailtap::capture::{CaptureFile, Damage, Read, Source};
use std::io::{self, Cursor};

/// What a pipe gives: pieces, and interruptions.
struct Pieces(Cursor<Vec<u8>>, u32);

impl io::Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.1 = self.1.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        if self.1 >> 28 == 0 {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let most = buffer.len().min(1 + (self.1 >> 26) as usize);
        self.0.read(&mut buffer[..most])
    }
}

fuzz_target!(|data: &[u8]| {
    let mut seen = Vec::new();
    for (damage, is_pipe) in [(Damage::StepOver, false), (Damage::StepOver, true), (Damage::Stop, false)] {
        let whole = Cursor::new(data.to_vec());
        let reader: Box<dyn io::Read + Send> = if is_pipe { Box::new(Pieces(whole, 1)) } else { Box::new(whole) };
        // A small window: its edges are met often.
        let Ok(file) = CaptureFile::open("x".into(), reader, 256) else { return };
        let mut file = file.on_damage(damage);
        let (mut packets, mut bytes) = (0, 0);
        // A decompressed stream may be 1,000 times as long as what it is made of, and a record has no less than 16 bytes.
        let most = 100_000;
        let problem = loop {
            match file.next_packet() {
                Ok(Read::Packet(packet)) => {
                    packets += 1;
                    bytes += packet.data.len() as u64;
                    assert_eq!(packet.number, packets);
                    assert!(packet.wire_len as usize >= packet.data.len());
                }
                Ok(Read::Idle(_)) => panic!("a file is never idle"),
                Ok(Read::End) => break None,
                Err(problem) => break Some(problem.to_string()),
            }
            if packets == most {
                return;
            }
        };
        assert!(matches!(file.next_packet(), Ok(Read::End)), "the end is the end");
        let info = file.info();
        assert_eq!((info[0].packets, info[0].bytes), (packets, bytes));
        assert!(problem.is_none() || info[0].problem.is_some());
        seen.push((packets, bytes, problem));
    }
    assert_eq!(seen[0], seen[1], "the same whether it comes as a whole or in pieces");
});
