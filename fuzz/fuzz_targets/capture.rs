//! Capture files of any kind, compressed or not: they end, and never show a byte that is not there.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailtap::capture::{CaptureFile, Damage, Read, Source};
use std::io::Cursor;

fuzz_target!(|data: &[u8]| {
    for damage in [Damage::StepOver, Damage::Stop] {
        // A small window: its edges are met often.
        let Ok(file) = CaptureFile::open("x".into(), Box::new(Cursor::new(data.to_vec())), 256) else { return };
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
    }
});
