//! COMPRESS=DEFLATE (RFC 4978).

use super::super::Dialogue;
use super::{answers, messages};
use crate::capture::Time;
use crate::flow::{PacketRef, Side};
use crate::protocol::channel::Stack;
use crate::protocol::event::Kind;
use crate::protocol::testing::Recorder;
use flate2::{Compress, Compression, FlushCompress};

/// A conversation whose sides compress what they send from COMPRESS on, each packet cut into pieces of `size`.
struct Compressed {
    dialogue: Stack,
    told: Recorder,
    streams: [Compress; 2],
    packet: u64,
    size: usize,
}

impl Compressed {
    fn begin(size: usize) -> Self {
        let streams = [(); 2].map(|()| Compress::new(Compression::default(), false));
        let mut talk =
            Self { dialogue: Stack::new(Dialogue::new()), told: Recorder::default(), streams, packet: 0, size };
        talk.wire(Side::Server, b"* PREAUTH hi\r\n");
        talk.wire(Side::Client, b"a1 COMPRESS DEFLATE\r\n");
        talk.wire(Side::Server, b"a1 OK DEFLATE active\r\n");
        talk
    }

    fn wire(&mut self, from: Side, bytes: &[u8]) {
        for piece in bytes.chunks(self.size) {
            self.packet += 1;
            let at = PacketRef { packet: self.packet, time: Time::default() };
            self.dialogue.data(from, piece, at, &mut self.told);
        }
    }

    fn say(&mut self, from: Side, text: &str) {
        let mut packed = Vec::with_capacity(text.len() + 1000);
        let stream = &mut self.streams[from as usize];
        stream.compress_vec(text.as_bytes(), &mut packed, FlushCompress::Sync).expect("compresses");
        self.wire(from, &packed);
    }

    fn end(mut self) -> Recorder {
        self.dialogue.end(&mut self.told);
        self.told
    }
}

#[test]
fn both_directions_are_inflated_and_read_on() {
    for size in [1, 7, 1_000_000] {
        let mut talk = Compressed::begin(size);
        let body = "x".repeat(100_000);
        talk.say(Side::Client, "a2 SELECT INBOX\r\na3 FETCH 1 BODY[]\r\n");
        talk.say(Side::Server, "a2 OK [READ-WRITE] done\r\n");
        talk.say(Side::Server, &format!("* 1 FETCH (BODY[] {{{}}}\r\n{body})\r\na3 OK done\r\n", body.len()));
        let told = talk.end();
        assert_eq!(told.commands(), ["COMPRESS", "SELECT", "FETCH"]);
        assert_eq!(answers(&told), ["COMPRESS OK", "SELECT OK", "FETCH OK"]);
        assert_eq!(messages(&told), [format!("INBOX 1/? whole: {body}")]);
    }
}

#[test]
fn bytes_that_cannot_be_inflated_are_an_unknown_step() {
    let mut talk = Compressed::begin(1000);
    talk.say(Side::Client, "a2 SELECT INBOX\r\n");
    talk.dialogue.gap(Side::Client, 20, PacketRef { packet: 99, time: Time::default() }, &mut talk.told);
    talk.say(Side::Client, "a3 NOOP\r\n");
    talk.say(Side::Server, "a2 OK done\r\n");
    talk.wire(Side::Server, &[0xff; 40]);
    let told = talk.end();
    assert_eq!(told.commands(), ["COMPRESS", "SELECT"]);
    assert_eq!(answers(&told), ["COMPRESS OK", "SELECT OK"]);
    let unknown: Vec<_> = told.steps.iter().filter(|step| step.kind == Kind::Unknown).map(|step| step.from).collect();
    assert_eq!(unknown, [Side::Client, Side::Server]);
    assert!(told.steps.iter().any(|step| step.kind == Kind::Gap));
}
