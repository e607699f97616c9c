//! What held a connection up is found whatever the protocol, the direction and the side that was captured: one explanation
//! each, and it is the verdict's.

#[path = "../support/mod.rs"]
mod support;
mod world;

use mailtap::pipeline::{self, Options};
use mailtap::view::json::NdJson;
use mailtap::view::record;
use pnet_packet::tcp::TcpFlags;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::atomic::AtomicBool;
use support::{Packet, Side, pcap, sessions, turns};
use world::{FULL, World};

use Side::{Client, Server};

/// The findings that explain why a connection stood still.
const EXPLANATIONS: [&str; 4] = ["mtu-black-hole", "zero-window-stall", "peer-unreachable", "retransmission-stall"];

/// Asserts that `expected` is the only explanation, and the cause.
#[track_caller]
fn explained(world: &World, expected: &str) {
    let (ids, cause) = world.found();
    let explanations: Vec<&str> = EXPLANATIONS.into_iter().filter(|&id| ids.contains(id)).collect();
    assert_eq!((explanations, cause.as_str()), (vec![expected], expected), "all: {ids:?}");
}

/// Asserts that nothing explains, since nothing has to be explained.
#[track_caller]
fn unexplained(world: &World) {
    let (ids, cause) = world.found();
    assert!(EXPLANATIONS.iter().all(|&id| !ids.contains(id)), "{ids:?} {cause}");
}

fn message(bytes: usize) -> Vec<u8> {
    let line = b"Subject: a line of a message that is large enough for several segments\r\n";
    line.iter().copied().cycle().take(bytes).collect()
}

const SMTP: &str = "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\n\
                    C: DATA\nS: 354 go";
const POP3: &str = "S: +OK hi\nC: APOP u c4c9334bac560ecc979e58001b3e22fb\nS: +OK\nC: STAT\nS: +OK 1 9000\nC: RETR 1";
const IMAP: &str = "S: * PREAUTH hi\nC: a SELECT INBOX\nS: * 1 EXISTS\nS: a OK [READ-WRITE] done\nC: b FETCH 1 BODY[]";

/// Who sends what in each protocol: port, dialogue, the sender of the content, and what comes before it.
const TRANSFERS: [(u16, &str, Side, &str); 3] = [
    (25, SMTP, Client, ""),
    (110, POP3, Server, "+OK 9000 octets\r\n"),
    (143, IMAP, Server, "* 1 FETCH (BODY[] {9000}\r\n"),
];

/// A transfer that begins, and the sender.
fn transfers() -> impl Iterator<Item = (World, Side, Vec<u8>)> {
    TRANSFERS.into_iter().map(|(port, talk, sender, before)| {
        let content = [before.as_bytes(), &message(9_000)].concat();
        (World::new(port, talk), sender, content)
    })
}

#[test]
fn large_segments_that_do_not_arrive_seen_at_the_sender() {
    for (mut world, sender, content) in transfers() {
        world.in_vain(sender, &content[..3 * FULL], 7);
        world.wait(1.0);
        world.bare(sender.other());
        explained(&world, "mtu-black-hole");
        // The receiver does not wait any longer.
        world.wait(30.0);
        world.fin(sender.other());
        explained(&world, "mtu-black-hole");
        world.reset(sender);
        explained(&world, "mtu-black-hole");
    }
}

#[test]
fn large_segments_that_do_not_arrive_seen_at_the_receiver() {
    for (mut world, sender, content) in transfers() {
        world.lose(sender, &content[..3 * FULL]);
        // The last one of a flight is small.
        world.send(sender, &content[3 * FULL..3 * FULL + 200]);
        world.bare(sender.other());
        unexplained(&world);
        world.wait(60.0);
        // It asks whether the other end is there, and it is.
        world.put(sender.other(), world.next[sender.other() as usize] - 1, TcpFlags::ACK, b"");
        world.bare(sender);
        explained(&world, "mtu-black-hole");
        let session = world.session();
        let finding =
            session["findings"].as_array().expect("a list").iter().find(|each| each["id"] == "mtu-black-hole");
        let finding = finding.expect("it is found");
        assert_eq!((&finding["severity"], &finding["facts"]["bytes"]), (&"medium".into(), &(3 * FULL).into()));
        assert!(finding["text"].as_str().is_none_or(|text| text.contains("perhaps")), "{finding}");
        world.fin(sender.other());
        explained(&world, "mtu-black-hole");
    }
}

#[test]
fn nothing_but_the_number_of_a_bare_segment_shows_what_does_not_arrive() {
    for (mut world, sender, content) in transfers() {
        world.lose(sender, &content[..3 * FULL]);
        world.wait(60.0);
        world.put(sender.other(), world.next[sender.other() as usize] - 1, TcpFlags::ACK, b"");
        world.bare(sender);
        unexplained(&world);
        world.wait(60.0);
        world.put(sender.other(), world.next[sender.other() as usize] - 1, TcpFlags::ACK, b"");
        world.bare(sender);
        explained(&world, "mtu-black-hole");
    }
}

#[test]
fn bytes_that_the_capture_lost_are_no_black_hole() {
    for (mut world, sender, content) in transfers() {
        world.lose(sender, &content[..3 * FULL]);
        world.send(sender, &content[3 * FULL..3 * FULL + 200]);
        world.received[sender.other() as usize] = world.next[sender as usize];
        world.bare(sender.other());
        world.wait(60.0);
        world.bare(sender);
        world.bare(sender.other());
        unexplained(&world);
    }
}

#[test]
fn a_loss_that_is_repaired_explains_nothing() {
    for (mut world, sender, content) in transfers() {
        world.lose(sender, &content[..FULL]);
        world.send(sender, &content[FULL..FULL + 200]);
        world.bare(sender.other());
        world.wait(0.3);
        let begin = world.next[sender as usize] - 200 - FULL as u32;
        world.put(sender, begin, TcpFlags::ACK, &content[..FULL]);
        world.received[sender.other() as usize] = world.next[sender as usize];
        world.bare(sender.other());
        world.wait(60.0);
        world.bare(sender);
        unexplained(&world);
    }
}

#[test]
fn a_receiver_that_stops_reading() {
    for (mut world, sender, content) in transfers() {
        world.say(sender, &content[..2 * FULL]);
        world.window[sender.other() as usize] = 0;
        world.bare(sender.other());
        for n in 0..8 {
            world.wait(0.3 * f64::from(1 << n));
            world.put(sender, world.next[sender as usize] - 1, TcpFlags::ACK, b"");
            world.bare(sender.other());
        }
        explained(&world, "zero-window-stall");
        world.reset(sender);
        explained(&world, "zero-window-stall");
    }
}

#[test]
fn a_client_that_is_gone_while_it_waits_for_news() {
    let talk = "S: * PREAUTH hi\nC: a SELECT INBOX\nS: a OK [READ-WRITE] done\nC: b IDLE\nS: + idling";
    let mut world = World::new(143, talk);
    world.wait(900.0);
    world.in_vain(Server, b"* 43 EXISTS\r\n", 9);
    explained(&world, "peer-unreachable");
    world.reset(Server);
    explained(&world, "peer-unreachable");
}

#[test]
fn a_server_that_is_gone_in_the_middle() {
    for (mut world, sender, _) in transfers() {
        world.in_vain(sender, b"short\r\n", 9);
        explained(&world, "peer-unreachable");
    }
}

/// A ClientHello.
fn hello() -> Vec<u8> {
    let body = [&[3, 3][..], &[7; 32], &[0, 0, 2, 0x13, 1, 1, 0]].concat();
    let message = [&[1, 0, 0, body.len() as u8][..], &body].concat();
    [&[22, 3, 1, 0, message.len() as u8][..], &message].concat()
}

/// A ServerHello, and a certificate that takes several segments.
fn flight() -> Vec<u8> {
    let body = [&[3, 3][..], &[9; 32], &[0, 0xc0, 0x2f, 0]].concat();
    let message = [&[2, 0, 0, body.len() as u8][..], &body].concat();
    let record = [&[22, 3, 3, 0, message.len() as u8][..], &message].concat();
    [record, vec![22, 3, 3, 0x10, 0], vec![11; 4_096]].concat()
}

#[test]
fn a_certificate_that_does_not_arrive() {
    for port in [465, 993, 995] {
        // Seen at the server.
        let mut world = World::new(port, "");
        world.say(Client, &hello());
        world.in_vain(Server, &flight()[..3 * FULL - 300], 7);
        world.wait(1.0);
        world.bare(Client);
        world.fin(Client);
        explained(&world, "mtu-black-hole");
        // Seen at the client: the end of the flight came.
        let mut world = World::new(port, "");
        world.say(Client, &hello());
        world.lose(Server, &flight()[..2 * FULL]);
        world.send(Server, &flight()[2 * FULL..2 * FULL + 300]);
        world.bare(Client);
        world.wait(20.0);
        world.fin(Client);
        world.received[Server as usize] += 1;
        world.bare(Server);
        world.bare(Client);
        explained(&world, "mtu-black-hole");
        // Nothing of it came.
        let mut world = World::new(port, "");
        world.say(Client, &hello());
        world.lose(Server, &flight()[..2 * FULL]);
        for _ in 0..2 {
            world.wait(10.0);
            world.put(Client, world.next[0] - 1, TcpFlags::ACK, b"");
            world.bare(Server);
        }
        world.fin(Client);
        world.received[Server as usize] += 1;
        world.bare(Server);
        world.bare(Client);
        explained(&world, "mtu-black-hole");
        assert!(world.found().0.contains("handshake-stalled"), "and it is explained");
    }
}

#[test]
fn a_path_that_says_what_it_takes() {
    for (mut world, sender, content) in transfers() {
        let begin = world.next[sender as usize];
        world.send(sender, &content[..FULL]);
        world.too_big(1_400);
        world.wait(0.05);
        for from in (0..content.len()).step_by(1_348) {
            let piece = &content[from..content.len().min(from + 1_348)];
            world.put(sender, begin + from as u32, TcpFlags::ACK, piece);
            world.received[sender.other() as usize] = begin + (from + piece.len()) as u32;
            world.bare(sender.other());
        }
        world.next[sender as usize] = begin + content.len() as u32;
        unexplained(&world);
        let session = world.session();
        let finding =
            session["findings"].as_array().expect("a list").iter().find(|each| each["id"] == "path-mtu-reduced");
        let finding = finding.expect("it is found");
        assert_eq!((&finding["severity"], &finding["facts"]["limit"]), (&"info".into(), &1_400.into()));
        assert_eq!(finding["facts"]["by"], "10.9.9.9");
        assert_ne!(session["verdict"]["cause"], "path-mtu-reduced");
    }
}

#[test]
fn a_delay_that_ended_well_is_no_cause() {
    let mut world = World::new(25, "S: 220 mx\nC: HELO a");
    world.in_vain(Server, b"250 mx\r\n", 6);
    world.received[Client as usize] = world.next[Server as usize];
    world.bare(Client);
    for (side, bytes) in turns("C: QUIT\nS: 221 bye") {
        world.say(side, &bytes);
    }
    world.fin(Server);
    world.received[Client as usize] = world.next[Server as usize];
    world.fin(Client);
    let (ids, cause) = world.found();
    assert!(ids.contains("retransmission-stall"), "{ids:?}");
    assert_eq!(cause, "");
}

/// Captures of every kind, each of a connection of its own.
fn all_kinds() -> Vec<World> {
    let mut all = Vec::new();
    for (mut world, sender, content) in transfers() {
        world.in_vain(sender, &content[..3 * FULL], 7);
        all.push(world);
    }
    for (mut world, sender, content) in transfers() {
        world.lose(sender, &content[..3 * FULL]);
        world.send(sender, &content[3 * FULL..3 * FULL + 200]);
        world.bare(sender.other());
        world.wait(60.0);
        world.bare(sender);
        world.bare(sender.other());
        all.push(world);
    }
    for (mut world, sender, content) in transfers() {
        world.send(sender, &content[..FULL]);
        world.too_big(1_400);
        let begin = world.next[sender as usize] - FULL as u32;
        world.put(sender, begin, TcpFlags::ACK, &content[..1_348]);
        world.put(sender, begin + 1_348, TcpFlags::ACK, &content[1_348..FULL]);
        world.received[sender.other() as usize] = world.next[sender as usize];
        world.bare(sender.other());
        all.push(world);
    }
    for (mut world, sender, content) in transfers() {
        world.say(sender, &content[..FULL]);
        world.window[sender.other() as usize] = 0;
        world.bare(sender.other());
        for _ in 0..4 {
            world.wait(4.0);
            world.put(sender, world.next[sender as usize] - 1, TcpFlags::ACK, b"");
            world.bare(sender.other());
        }
        world.reset(sender);
        all.push(world);
    }
    for (mut world, sender, _) in transfers() {
        world.in_vain(sender, b"short\r\n", 9);
        world.fin(sender);
        all.push(world);
    }
    for (world, port) in all.iter_mut().zip(50_000..) {
        world.call_from(port);
    }
    all
}

impl World {
    /// Gives the client another port, in ICMP errors too.
    fn call_from(&mut self, port: u16) {
        let (old, new) = (self.ports[0].to_be_bytes(), port.to_be_bytes());
        for packet in &mut self.packets {
            let at = if packet.frame[23] == 1 { 62 } else { 34 };
            for at in [at, at + 2] {
                if packet.frame[at..at + 2] == old {
                    packet.frame[at..at + 2].copy_from_slice(&new);
                }
            }
        }
        self.ports[0] = port;
    }
}

/// What `threads` find in a capture: one line of JSON per session, and one for the capture.
fn lines(file: &[u8], threads: usize) -> String {
    let options = Options { threads, ..Options::default() };
    let mut source = support::open(file).expect("a capture");
    let mut view = NdJson::new(Vec::new(), record::Options::default());
    pipeline::run(&mut source, &options, &support::plan(), &mut view, &AtomicBool::new(false)).expect("memory");
    String::from_utf8(view.into_inner()).expect("UTF-8")
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let mut packets: Vec<Packet> = all_kinds().into_iter().flat_map(|world| world.packets).collect();
    packets.sort_by_key(|packet| packet.time);
    let file = pcap(&packets);
    let one = lines(&file, 1);
    assert_eq!(one.lines().count(), 16);
    for known in ["\"sent_again\"", "\"never_arrived\"", "\"closed_windows\"", "path-mtu-reduced", "mtu-black-hole"] {
        assert!(one.contains(known), "{known}");
    }
    for threads in [2, 5] {
        assert!(lines(&file, threads) == one, "{threads} threads");
    }
    for (name, path) in support::fixtures() {
        let file = std::fs::read(path).expect("a fixture");
        if support::open(&file).is_err() {
            continue;
        }
        let one = lines(&file, 1);
        assert!([2, 5].into_iter().all(|threads| lines(&file, threads) == one), "{name}");
    }
}

/// What is known of a session but the numbers of its packets.
fn told(session: &Value) -> (Value, Vec<Value>) {
    let mut transport = session["transport"].clone();
    for list in ["sent_again", "never_arrived", "closed_windows"] {
        for each in transport[list].as_array_mut().into_iter().flatten() {
            let fields = each.as_object_mut().expect("an object");
            fields.retain(|field, _| !field.ends_with("_packet"));
        }
    }
    if let Some(silence) = transport["longest_silence"].as_object_mut() {
        silence.retain(|field, _| !field.ends_with("_packet"));
    }
    let told = |finding: &Value| {
        let mut facts = finding["facts"].clone();
        if let Some(facts) = facts.as_object_mut() {
            facts.remove("packet");
        }
        serde_json::json!([finding["id"], finding["severity"], facts])
    };
    (transport, session["findings"].as_array().expect("a list").iter().map(told).collect())
}

#[test]
fn what_other_connections_do_in_between_changes_nothing() {
    let worlds = all_kinds();
    let alone: Vec<_> = worlds.iter().map(|world| told(&world.session())).collect();
    let mut by_time: Vec<Packet> = worlds.iter().flat_map(|world| world.packets.clone()).collect();
    by_time.sort_by_key(|packet| packet.time);
    let apart: BTreeSet<String> = alone.iter().map(|each| format!("{each:?}")).collect();
    let together: BTreeSet<String> = sessions(&pcap(&by_time)).iter().map(|each| format!("{:?}", told(each))).collect();
    assert_eq!(together, apart);
}
