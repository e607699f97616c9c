/*!
The stages that a byte goes through, one by one: `cargo bench`, or `cargo bench -- table` for those with `table` in
their name.

Each benchmark measures one stage alone, on the same made-up sessions that the captures to measure by are made of.
Figures are bytes or items a second; they show which stage a change has made faster, not how fast the program is
(`make bench`).
*/

#[path = "../corpus/mod.rs"]
mod corpus;
mod nothing;

use corpus::talk::Script;
use corpus::{Kind, Plan};
use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use mailtap::capture::{CaptureFile, LinkType, Packet, Read, Source, Time};
use mailtap::decode::{Decoded, Decoder, Segment, peek};
use mailtap::flow::{CloseReason, Counters, Endpoints, PacketRef, Side, Table, Transport};
use mailtap::protocol::detect;
use mailtap::protocol::event::{ContentEnd, Direction, MessageStart};
use mailtap::protocol::framing::{DotBlock, Framer, Input};
use mailtap::protocol::ports::Hint;
use mailtap::protocol::{Protocol, Sink};
use mailtap::session::{Builder, Needs, Session};
use mailtap::view::View;
use mailtap::view::json::NdJson;
use mailtap::view::record::Options;
use nothing::{FollowAll, Nobody};
use std::io::Cursor;
use std::net::SocketAddr;

fn main() {
    divan::main();
}

/// Bytes of a capture in memory.
const CAPTURE_BYTES: u64 = 1_000_000;
/// Bytes of a letter's attachment.
const ATTACHMENT: usize = 36 * 1024;
/// Payload of a full segment.
const SEGMENT: usize = 1_448;

fn now() -> PacketRef {
    PacketRef { packet: 1, time: Time::from_nanoseconds(1_704_067_200_000_000_000) }
}

fn capture(kind: Kind) -> Vec<u8> {
    let mut file = Vec::new();
    corpus::write(&Plan::new(kind, CAPTURE_BYTES), &mut file).expect("memory takes all");
    file
}

fn opened(file: Vec<u8>, window: usize) -> CaptureFile {
    CaptureFile::open("memory".to_owned(), Box::new(Cursor::new(file)), window).expect("a capture of our own")
}

/// The packets of a capture, read.
struct Packets(Vec<(u64, Time, Vec<u8>)>);

impl Packets {
    fn of(kind: Kind) -> Self {
        let mut source = opened(capture(kind), 1 << 20);
        let mut packets = Vec::new();
        while let Read::Packet(packet) = source.next_packet().expect("a capture of our own") {
            packets.push((packet.number, packet.time, packet.data.to_vec()));
        }
        Self(packets)
    }

    fn each(&self) -> impl Iterator<Item = Packet<'_>> {
        self.0.iter().map(|(number, time, data)| Packet {
            number: *number,
            time: *time,
            link: LinkType::ETHERNET,
            data,
            wire_len: data.len() as u32,
        })
    }

    fn segments(&self) -> Vec<Segment<'_>> {
        let mut decoder = Decoder::default();
        let mut segment = |(packet, (_, _, data)): (Packet<'_>, &'_ (u64, Time, Vec<u8>))| {
            let Decoded::Segment(segment) = decoder.decode(&packet) else { return None };
            // The segment without its payload, and where the payload begins; it ends where the packet does.
            Some((Segment { payload: &[], multipath: &[], ..segment }, data.len() - segment.payload.len()))
        };
        let found = self.each().zip(&self.0).map(|pair| (segment(pair), &pair.1.2));
        found
            .filter_map(|(found, data)| found.map(|(segment, at)| Segment { payload: &data[at..], ..segment }))
            .collect()
    }

    fn count(&self) -> ItemsCount {
        ItemsCount::new(self.0.len())
    }
}

#[divan::bench(args = [1 << 16, 1 << 18, 1 << 20])]
fn read_pcap(bencher: Bencher<'_, '_>, window: usize) {
    let file = capture(Kind::Mixed);
    bencher.counter(BytesCount::new(file.len())).with_inputs(|| opened(file.clone(), window)).bench_values(
        |mut source| {
            let mut packets = 0_u64;
            while let Ok(Read::Packet(packet)) = source.next_packet() {
                packets += black_box(packet).data.len() as u64;
            }
            packets
        },
    );
}

#[divan::bench]
fn peek_at_mixed(bencher: Bencher<'_, '_>) {
    let packets = Packets::of(Kind::Mixed);
    bencher.counter(packets.count()).bench_local(|| packets.each().for_each(|packet| _ = black_box(peek(&packet))));
}

#[divan::bench]
fn decode_smtp(bencher: Bencher<'_, '_>) {
    let packets = Packets::of(Kind::Smtp);
    let mut decoder = Decoder::default();
    bencher
        .counter(packets.count())
        .bench_local(|| packets.each().for_each(|packet| _ = black_box(decoder.decode(&packet))));
}

mod table {
    use super::*;

    #[divan::bench]
    fn in_order(bencher: Bencher<'_, '_>) {
        measure(bencher, Kind::Smtp);
    }

    #[divan::bench]
    fn reordered(bencher: Bencher<'_, '_>) {
        measure(bencher, Kind::Reordered);
    }

    #[divan::bench]
    fn half_open(bencher: Bencher<'_, '_>) {
        measure(bencher, Kind::HalfOpen);
    }

    #[divan::bench]
    fn many_small(bencher: Bencher<'_, '_>) {
        measure(bencher, Kind::ManySmall);
    }

    fn measure(bencher: Bencher<'_, '_>, kind: Kind) {
        let packets = Packets::of(kind);
        let segments = packets.segments();
        bencher.counter(ItemsCount::new(segments.len())).bench_local(|| {
            let mut table = Table::new(FollowAll, 1);
            for segment in &segments {
                table.segment(segment);
            }
            table.finish();
        });
    }
}

mod framing {
    use super::*;

    #[divan::bench]
    fn lines(bencher: Bencher<'_, '_>) {
        let letter = letter();
        let mut framer = Framer::default();
        bencher.counter(BytesCount::new(letter.len())).bench_local(|| {
            for piece in letter.chunks(SEGMENT) {
                let mut input = Input::new(piece, now());
                while let Some(line) = framer.line(&mut input) {
                    black_box(line);
                }
            }
        });
    }

    #[divan::bench]
    fn dots(bencher: Bencher<'_, '_>) {
        let mut letter = letter();
        letter.extend_from_slice(b".\r\n");
        bencher.counter(BytesCount::new(letter.len())).bench_local(|| {
            let mut block = DotBlock::default();
            for piece in letter.chunks(SEGMENT) {
                let mut input = Input::new(piece, now());
                while let Some(piece) = block.piece(&mut input) {
                    black_box(piece);
                }
            }
        });
    }
}

mod dialogue {
    use super::*;

    #[divan::bench(args = [Protocol::Smtp, Protocol::Pop3, Protocol::Imap])]
    fn with_letter(bencher: Bencher<'_, '_>, protocol: Protocol) {
        measure(bencher, Script { protocol, attachment: Some(ATTACHMENT) });
    }

    #[divan::bench(args = [Protocol::Smtp, Protocol::Pop3, Protocol::Imap])]
    fn log_in_only(bencher: Bencher<'_, '_>, protocol: Protocol) {
        measure(bencher, Script { protocol, attachment: None });
    }

    fn measure(bencher: Bencher<'_, '_>, script: Script) {
        let turns = turns(script);
        let bytes: usize = turns.iter().map(|(_, said)| said.len()).sum();
        bencher.counter(BytesCount::new(bytes)).bench_local(|| talk(script.protocol, &turns, &mut Nobody::default()));
    }
}

mod message {
    use super::*;

    /// Digests, header fields, MIME structure and the attachment, decoded and digested.
    #[divan::bench]
    fn everything(bencher: Bencher<'_, '_>) {
        measure(bencher, Needs::ALL);
    }

    #[divan::bench]
    fn without_attachments(bencher: Bencher<'_, '_>) {
        measure(bencher, Needs { attachments: false, ..Needs::ALL });
    }

    #[divan::bench]
    fn nothing(bencher: Bencher<'_, '_>) {
        measure(bencher, Needs::STEPS);
    }

    fn measure(bencher: Bencher<'_, '_>, needs: Needs) {
        let letter = letter();
        bencher.counter(BytesCount::new(letter.len())).bench_local(|| {
            let mut builder = Builder::new(Protocol::Smtp, needs);
            let message = builder.message(MessageStart {
                direction: Direction::Sent,
                mailbox: None,
                number: None,
                uid: None,
                part: None,
                described: None,
                headless: false,
                steps: Vec::new(),
            });
            letter.chunks(SEGMENT).for_each(|piece| builder.content(message, piece));
            builder.content_end(message, ContentEnd::Complete);
            builder.finish(transport())
        });
    }
}

#[divan::bench(args = [Protocol::Smtp, Protocol::Pop3, Protocol::Imap])]
fn json_line(bencher: Bencher<'_, '_>, protocol: Protocol) {
    let session = session(protocol);
    bencher.counter(ItemsCount::new(1_usize)).with_inputs(|| session.clone()).bench_local_values(|session| {
        let mut view = NdJson::new(Vec::new(), Options::default());
        view.session(session).expect("memory takes all");
        view.into_inner()
    });
}

fn letter() -> Vec<u8> {
    Script { protocol: Protocol::Smtp, attachment: Some(ATTACHMENT) }.message(1, 1)
}

fn turns(script: Script) -> Vec<(Side, Vec<u8>)> {
    (0..).map_while(|turn| script.turn(1, turn, 1)).collect()
}

fn talk(protocol: Protocol, turns: &[(Side, Vec<u8>)], sink: &mut dyn Sink) {
    let mut dialogue = detect::dialogue(Hint { protocol, implicit_tls: false }, None, sink);
    let mut at = now();
    for (side, said) in turns {
        for piece in said.chunks(SEGMENT) {
            at.packet += 1;
            dialogue.data(*side, piece, at, sink);
        }
    }
    dialogue.end(sink);
}

fn session(protocol: Protocol) -> Session {
    let mut builder = Builder::new(protocol, Needs::ALL);
    talk(protocol, &turns(Script { protocol, attachment: Some(ATTACHMENT) }), &mut builder);
    builder.finish(transport())
}

fn transport() -> Transport {
    let endpoints =
        Endpoints { client: SocketAddr::from(([10, 0, 0, 1], 20_000)), server: SocketAddr::from(([192, 0, 2, 1], 25)) };
    Transport {
        endpoints,
        first: now(),
        first_sequence: 0,
        left: None,
        last: now(),
        end: CloseReason::Closed,
        from_start: true,
        counters: Counters::default(),
        conflicts: Default::default(),
        stalls: Default::default(),
        ends: None,
    }
}
