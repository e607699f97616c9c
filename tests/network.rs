/*!
Generated networks and captures: whatever they do to the packets of a conversation, the session is that of the clean
capture, minus exactly what was lost, and the loss is counted.
*/

mod support;

use pnet_packet::tcp::TcpFlags;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::Value;
use support::{CONVERSATIONS, Packet, Segment, Side, forget_packets, numbered, packets, pcap, segments, turns};

/// A pcapng file of two interfaces that take turns, with `batch` packets each time: one has the frames to the client,
/// the other those to the server.
fn two_interfaces(packets: &[Packet], batch: usize) -> Vec<u8> {
    let block = |kind: u32, content: &[u8]| {
        let padded = content.len().next_multiple_of(4);
        let length = (padded as u32 + 12).to_le_bytes();
        let mut block = [&kind.to_le_bytes()[..], &length, content].concat();
        block.resize(8 + padded, 0);
        block.extend_from_slice(&length);
        block
    };
    let mut file = block(0x0a0d_0d0a, &[&0x1a2b_3c4d_u32.to_le_bytes()[..], &[1, 0, 0, 0], &[0xff; 8]].concat());
    for _ in 0..2 {
        file.extend(block(1, &[1, 0, 0, 0, 0, 0, 0, 0]));
    }
    let to_server = |packet: &&Packet| packet.from() == Side::Client;
    let sides: [Vec<&Packet>; 2] =
        [packets.iter().filter(to_server).collect(), packets.iter().filter(|packet| !to_server(packet)).collect()];
    let mut chunks = sides.each_ref().map(|side| side.chunks(batch));
    loop {
        let mut none = true;
        for (interface, chunks) in (0_u32..).zip(&mut chunks) {
            for packet in chunks.next().unwrap_or_default() {
                none = false;
                let stamp = 1_700_000_000_000_000 + packet.time;
                let fields =
                    [interface, (stamp >> 32) as u32, stamp as u32, packet.frame.len() as u32, packet.wire_len as u32];
                let mut content = fields.map(u32::to_le_bytes).concat();
                content.extend_from_slice(&packet.frame);
                file.extend(block(6, &content));
            }
        }
        if none {
            return file;
        }
    }
}

/// The IP fragments of a frame, with at most `size` bytes (a multiple of 8) each.
fn fragments(packet: &Packet, size: usize) -> Vec<Packet> {
    let (header, payload) = packet.frame.split_at(34);
    let count = payload.len().div_ceil(size);
    let piece = |(n, bytes): (usize, &[u8])| {
        let mut frame = [header, bytes].concat();
        frame[16..18].copy_from_slice(&(20 + bytes.len() as u16).to_be_bytes());
        let more = if n + 1 < count { 0x2000 } else { 0 };
        frame[20..22].copy_from_slice(&(more | (n * size / 8) as u16).to_be_bytes());
        Packet { time: packet.time, wire_len: frame.len(), frame }
    };
    payload.chunks(size).enumerate().map(piece).collect()
}

/// The sessions without what depends on the packets, and the last session's `transport` as it is.
fn analyzed(file: &[u8]) -> (Vec<Value>, Value) {
    let (mut document, problem) = support::analyze(file);
    assert_eq!(problem, None);
    assert_eq!(document["summary"]["limits_hit"], serde_json::json!({}));
    let mut sessions = std::mem::take(document["sessions"].as_array_mut().expect("a list"));
    let transport = sessions.last().map_or(Value::Null, |session| session["transport"].clone());
    for session in &mut sessions {
        forget_packets(session);
        session.as_object_mut().expect("an object").remove("transport");
    }
    (sessions, transport)
}

fn number(transport: &Value, field: &str) -> u64 {
    transport[field].as_u64().unwrap_or(0)
}

/// The segments cut further, at `cuts`.
fn resegmented(sent: &[Segment], cuts: &[Index]) -> Vec<Segment> {
    let mut sent = sent.to_vec();
    for cut in cuts {
        let at = cut.index(sent.len());
        if sent[at].payload.len() > 1 {
            let middle = 1 + cut.index(sent[at].payload.len() - 1);
            let mut rest = sent[at].clone();
            rest.payload.drain(..middle);
            rest.sequence += middle as u32;
            sent[at].payload.truncate(middle);
            sent.insert(at + 1, rest);
        }
    }
    sent
}

/// Segments that repeat the second half of the segment before them along with their own payload.
fn overlaps(sent: &[Segment], of: &[Index]) -> Vec<Segment> {
    let mut all = sent.to_vec();
    for index in of {
        let from = index.index(all.len());
        let first = all[from].clone();
        let follower = all[from + 1..].iter().position(|s| {
            s.from == first.from && s.sequence == first.sequence + first.payload.len() as u32 && !s.payload.is_empty()
        });
        if let Some(follower) = follower.map(|n| n + from + 1)
            && !first.payload.is_empty()
        {
            let half = first.payload.len() / 2;
            let mut repeat = all[follower].clone();
            repeat.sequence = first.sequence + half as u32;
            repeat.payload = [&first.payload[half..], &repeat.payload[..]].concat();
            all.insert(follower + 1, repeat);
        }
    }
    all
}

fn indices(most: usize) -> impl Strategy<Value = Vec<Index>> {
    prop::collection::vec(any::<Index>(), 0..most)
}

proptest! {
    #![proptest_config(support::tried(60))]

    /// Nothing was lost: the session is that of the clean capture.
    #[test]
    fn a_network_that_loses_nothing_for_good(
        conversation in prop::sample::select(&CONVERSATIONS[..]),
        size in 8..200_usize,
        (cuts, overlapping, again, fragmented) in (indices(10), indices(6), indices(8), indices(8)),
        swaps in indices(20),
        doubled in any::<bool>(),
        batch in prop::option::of(1..60_usize),
    ) {
        let (turns, port) = (turns(conversation.script), conversation.port);
        let clean = analyzed(&pcap(&packets(&segments(&turns, usize::MAX), port, 1_000)));
        prop_assert_eq!(clean.0.len(), 1);
        let sent = overlaps(&resegmented(&segments(&turns, size), &cuts), &overlapping);
        let mut on_the_wire = packets(&sent, port, 1_000);
        // Retransmissions: half a second later, with an IP identification of their own.
        for (n, index) in (0..).zip(&again) {
            let packet = &on_the_wire[index.index(on_the_wire.len())];
            let time = packet.time + 500_000 + u64::from(n);
            let again = Packet { time, frame: numbered(packet.frame.clone(), 50_000 + n), ..packet.clone() };
            on_the_wire.push(again);
        }
        let again = again.len() as u64;
        for index in &fragmented {
            let at = index.index(on_the_wire.len());
            if on_the_wire[at].frame.len() > 34 + 24 && on_the_wire[at].frame[20..22] == [0, 0] {
                let mut pieces = fragments(&on_the_wire[at], 24);
                let by = index.index(pieces.len());
                pieces.rotate_left(by);
                on_the_wire.splice(at..=at, pieces);
            }
        }
        on_the_wire.sort_by_key(|packet| packet.time);
        if doubled {
            on_the_wire = on_the_wire
                .into_iter()
                .flat_map(|packet| [packet.clone(), Packet { time: packet.time + 20, ..packet }])
                .collect();
        }
        let file = match batch {
            Some(batch) => two_interfaces(&on_the_wire, batch),
            None => {
                // Records that stand a little out of order.
                for index in &swaps {
                    let at = index.index(on_the_wire.len() - 1);
                    on_the_wire.swap(at, at + 1);
                }
                pcap(&on_the_wire)
            }
        };
        let (sessions, transport) = analyzed(&file);
        prop_assert_eq!(&sessions, &clean.0);
        for field in ["client_bytes", "server_bytes", "client_missing", "server_missing", "conflicting"] {
            prop_assert_eq!(&transport[field], &clean.1[field], "{}", field);
        }
        // A doubled capture loses nothing and repeats nothing.
        if again == 0 && overlapping.is_empty() {
            prop_assert_eq!(number(&transport, "retransmitted"), 0);
            prop_assert!(transport.get("loss").is_none(), "{}", transport);
            if doubled && fragmented.is_empty() && swaps.is_empty() {
                prop_assert_eq!(number(&transport, "copies"), number(&transport, "packets"));
            }
        }
    }

    /// Segments and parts of them are not in the capture: each byte of the clean session is there or counted as
    /// missing, and a message that lacks bytes is not called complete.
    #[test]
    fn a_capture_that_lacks_packets_and_parts(
        conversation in prop::sample::select(&CONVERSATIONS[..]),
        size in 8..200_usize,
        lost in prop::collection::vec(any::<Index>(), 0..5),
        snaplen in prop::option::of(60..120_usize),
    ) {
        let (turns, port) = (turns(conversation.script), conversation.port);
        let clean = analyzed(&pcap(&packets(&segments(&turns, usize::MAX), port, 1_000)));
        let sent = segments(&turns, size);
        let mut captured = packets(&sent, port, 1_000);
        // Any packet but those of the handshake and the end, whose loss leaves no trace.
        let mut gone = [0_u64; 2];
        for index in &lost {
            let at = 3 + index.index(captured.len() - 6);
            let packet = captured.remove(at);
            gone[packet.from() as usize] += packet.payload();
        }
        for packet in &mut captured {
            if let Some(snaplen) = snaplen && packet.frame.len() > snaplen {
                gone[packet.from() as usize] += (packet.frame.len() - snaplen) as u64;
                packet.frame.truncate(snaplen);
            }
        }
        let (sessions, transport) = analyzed(&pcap(&captured));
        for (side, gone) in ["client", "server"].into_iter().zip(gone) {
            let clean = number(&clean.1, &format!("{side}_bytes"));
            prop_assert_eq!(number(&transport, &format!("{side}_bytes")), clean - gone);
            prop_assert_eq!(number(&transport, &format!("{side}_missing")), gone);
        }
        let loss = transport.get("loss").and_then(Value::as_str);
        prop_assert_eq!(loss, (gone != [0, 0]).then_some("capture"));
        if gone == [0, 0] {
            prop_assert_eq!(&sessions, &clean.0);
        }
        let whole = |sessions: &[Value]| -> Vec<Value> {
            let messages = sessions.iter().flat_map(|session| session["messages"].as_array().expect("a list"));
            let whole = messages.filter(|message| message["complete"] == true && message.get("part").is_none());
            whole.map(|message| message["sha256"].clone()).collect()
        };
        let sent = whole(&clean.0);
        for digest in whole(&sessions) {
            prop_assert!(sent.contains(&digest));
        }
    }

    /// A capture that begins in the middle of a connection and ends before it: the session has every captured byte, and
    /// none is counted as missing.
    #[test]
    fn a_capture_of_the_middle(
        conversation in prop::sample::select(&CONVERSATIONS[..]),
        size in 8..200_usize,
        (from, to) in (any::<Index>(), any::<Index>()),
    ) {
        let (turns, port) = (turns(conversation.script), conversation.port);
        let whole = packets(&segments(&turns, size), port, 1_000);
        let from = 3 + from.index(whole.len() - 6);
        let to = from + 1 + to.index(whole.len() - from - 1);
        let captured = &whole[from..to];
        let payload = |side: Side| -> u64 {
            captured.iter().filter(|packet| packet.from() == side).map(Packet::payload).sum()
        };
        let (sessions, transport) = analyzed(&pcap(captured));
        if let [session] = &sessions[..] {
            prop_assert_eq!(&session["from_start"], &Value::Bool(false));
            prop_assert_eq!(number(&transport, "client_bytes"), payload(Side::Client));
            prop_assert_eq!(number(&transport, "server_bytes"), payload(Side::Server));
            prop_assert_eq!(number(&transport, "client_missing") + number(&transport, "server_missing"), 0);
        } else {
            prop_assert!(sessions.is_empty());
            prop_assert_eq!(payload(Side::Client) + payload(Side::Server), 0);
        }
    }
}

#[test]
fn fin_and_syn_are_in_the_first_or_last_three_packets() {
    // The tests above drop no packet of the first three and the last three, which must be those with SYN and FIN.
    for conversation in CONVERSATIONS {
        let sent = segments(&turns(conversation.script), 20);
        let special = |s: &Segment| s.flags & (TcpFlags::SYN | TcpFlags::FIN) != 0;
        assert!(sent[3..sent.len() - 3].iter().all(|s| !special(s)));
    }
}
