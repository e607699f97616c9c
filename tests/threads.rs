//! The output does not depend on the number of threads, byte for byte.

mod support;

use mailtap::limits::Budget;
use mailtap::pipeline::{self, Emit, Options};
use mailtap::view::json::NdJson;
use mailtap::view::record;
use std::sync::atomic::AtomicBool;
use support::{Segment, Side, frame, recorded, segments, turns};

/// Many conversations at once, their packets interleaved by a fixed rule: some are cut short, some have one side alone,
/// some are not mail.
fn crowd() -> Vec<u8> {
    let scripts = [
        (
            "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\nS: 354 go\nC: Message-ID: <1@a>\nC| \\r\\n\nC: hello\nC: .\nS: 250 ok\nC: QUIT\nS: 221 bye\n",
            25,
        ),
        (
            "S: +OK hi\nC: USER u\nS: +OK\nC: PASS p\nS: +OK\nC: RETR 1\nS: +OK\nS: Message-ID: <1@a>\nS| \\r\\n\nS: hello\nS: .\nC: QUIT\nS: +OK bye\n",
            110,
        ),
        ("S: RFB 003.008\nC: RFB 003.008\n", 110),
        ("S: * OK hi\nC: a LOGIN u p\nS: a OK in\nC: b LOGOUT\nS: * BYE\nS: b OK\n", 143),
    ];
    let mut conversations: Vec<(u16, u16, std::vec::IntoIter<Segment>)> = (0..400_u16)
        .map(|number| {
            let (script, port) = scripts[usize::from(number) % scripts.len()];
            let mut packets = segments(&turns(script), 1 + usize::from(number) % 50);
            match number % 7 {
                0 => packets.truncate(packets.len() / 2),
                1 => packets.retain(|segment| segment.from == Side::Client),
                _ => {}
            }
            (20_000 + number, port, packets.into_iter())
        })
        .collect();
    let (mut frames, mut turn) = (Vec::new(), 1_usize);
    while !conversations.is_empty() {
        turn = turn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let index = (turn >> 33) % conversations.len();
        let (client_port, port, packets) = &mut conversations[index];
        match packets.next() {
            Some(segment) => frames.push(frame(&segment, *client_port, *port)),
            None => drop(conversations.remove(index)),
        }
    }
    recorded(frames)
}

#[test]
fn output_does_not_depend_on_the_number_of_threads() {
    let file = crowd();
    let lines = |threads: usize, emit: Emit, memory: Budget| {
        let options = Options { threads, emit, memory, ..Options::default() };
        let mut source = support::open(&file).expect("a capture");
        let mut view = NdJson::new(Vec::new(), record::Options::default());
        pipeline::run(&mut source, &options, &support::plan(), &mut view, &AtomicBool::new(false))
            .expect("memory can be written");
        String::from_utf8(view.into_inner()).expect("UTF-8")
    };
    for emit in [Emit::InOrder, Emit::AsTheyEnd] {
        let one = lines(1, emit, Budget::default());
        assert_eq!(one.lines().count(), 301, "300 sessions of 400 connections, and the summary");
        for threads in [2, 3, 8, 16] {
            assert!(lines(threads, emit, Budget::default()) == one, "{threads} threads, {emit:?}");
        }
        // As little memory as makes sessions be packed, lose their texts and steps, and be given up.
        for shift in 18..24 {
            let memory = Budget::of_bytes(1 << shift);
            let one = lines(1, emit, memory);
            assert!(lines(4, emit, memory) == one, "4 threads, {emit:?}, {} bytes", 1 << shift);
        }
    }
}
