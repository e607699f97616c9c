//! A real handshake of TLS whose keys are known, and then anything: records that open, changed, repeated, lost and cut.
//! The first byte chooses the capture, the second how much of it comes first; the rest is a conversation
//! (`mailtap_fuzz::script`), in which `00 n` at the beginning of what a side says stands for its `n`th packet.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailtap::flow::Side;
use mailtap::protocol::channel::Stack;
use mailtap::protocol::tls::key_ring::KeyRing;
use mailtap::protocol::tls::keys::{KeySource, Keys};
use mailtap::protocol::{imap, pop3, smtp};
use mailtap_fuzz::checker::Checker;
use mailtap_fuzz::script::{Turn, play, read};
use std::sync::{Arc, LazyLock};

/// A capture in the classic format and its key log.
type Recorded = (&'static [u8], &'static str);

macro_rules! recorded {
    ($name:literal) => {
        (
            include_bytes!(concat!("../../fixtures/tls/", $name, "/capture.pcap")),
            include_str!(concat!("../../fixtures/tls/", $name, "/keys.log")),
        )
    };
}

const RECORDED: [Recorded; 7] = [
    recorded!("tls13-keyupdate"),
    recorded!("tls13-hrr"),
    recorded!("tls13-early"),
    recorded!("tls12-aes128-gcm"),
    recorded!("tls12-cbc-sha"),
    recorded!("tls12-renegotiated"),
    recorded!("tls10-cbc"),
];

/// What each capture has said, by packet, and its keys.
static KNOWN: LazyLock<Vec<(Vec<Turn>, Arc<dyn Keys>)>> = LazyLock::new(|| {
    let known = RECORDED.iter().map(|(capture, log)| {
        let ring = KeyRing::default();
        ring.add(log.as_bytes(), KeySource::KeyLog, 0);
        (turns(capture), Arc::new(ring) as Arc<dyn Keys>)
    });
    known.collect()
});

/// The last connection of a capture: Ethernet, IPv4, TCP.
fn turns(capture: &[u8]) -> Vec<Turn> {
    let (mut turns, mut rest) = (Vec::new(), &capture[24..]);
    while let Some((header, after)) = rest.split_at_checked(16) {
        let length = u32::from_le_bytes([header[8], header[9], header[10], header[11]]) as usize;
        let (frame, after) = after.split_at(length);
        rest = after;
        let ip = &frame[14..];
        let tcp = &ip[usize::from(ip[0] & 15) * 4..usize::from(u16::from_be_bytes([ip[2], ip[3]]))];
        let from = if u16::from_be_bytes([tcp[0], tcp[1]]) < 10_000 { Side::Server } else { Side::Client };
        if tcp[13] & 0x12 == 0x02 {
            turns.clear();
        }
        let payload = &tcp[usize::from(tcp[12] >> 4) * 4..];
        if !payload.is_empty() {
            turns.push(Turn::Data(from, payload.to_vec()));
        }
    }
    turns
}

fuzz_target!(|data: &[u8]| {
    let &[which, first, ref rest @ ..] = data else { return };
    let (known, keys) = &KNOWN[usize::from(which) % KNOWN.len()];
    let mut all: Vec<Turn> = known.iter().take(usize::from(first) % (known.len() + 1)).cloned().collect();
    all.extend(read(rest).into_iter().map(|turn| match turn {
        Turn::Data(from, bytes) => match bytes[..] {
            [0, nth, ref changed @ ..] => match &known[usize::from(nth) % known.len()] {
                Turn::Data(_, packet) => {
                    // Behind the number: bytes that are put over the packet's from its end backwards.
                    let mut packet = packet.clone();
                    packet.iter_mut().rev().zip(changed).for_each(|(byte, change)| *byte ^= change);
                    Turn::Data(from, packet)
                }
                gap => gap.clone(),
            },
            _ => Turn::Data(from, bytes),
        },
        gap => gap,
    }));
    let stack = match which % 3 {
        0 => Stack::new(smtp::Dialogue::new(smtp::Flavour::Smtp)),
        1 => Stack::new(pop3::Dialogue::new()),
        _ => Stack::new(imap::Dialogue::new()),
    };
    let mut stack = stack.with_keys(Some(Arc::clone(keys)));
    // What records have beside their content is in no step.
    let mut told = Checker::inside();
    stack.begin_with_tls(&mut told);
    play(&all, &mut stack, &mut told);
    told.finish(&all);
});
