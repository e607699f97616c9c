//! The channel that steps cross in, and layers on top of each other.

use super::*;
use crate::capture::Time;
use crate::limits::{INFLATE_FREE, INFLATE_RATIO, LINE_BYTES, Limit};
use crate::protocol::event::{Kind, Subject, TlsFact};
use crate::protocol::testing::{Recorder, talk};
use crate::protocol::{imap, pop3, smtp, tls};
use flate2::{Compress, Compression, FlushCompress};

const CLIENT_HELLO: &str = r"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00";

/// Each step's side, channel, kind and text.
fn crossed(told: &Recorder) -> Vec<String> {
    let row = |step: &crate::protocol::testing::Told| {
        let side = if step.from == Side::Client { 'C' } else { 'S' };
        format!("{side} {:?} {:?} {}", step.channel, step.kind, step.text.escape_debug()).trim_end().to_owned()
    };
    told.steps.iter().map(row).collect()
}

#[test]
fn steps_before_tls_are_clear_and_those_of_tls_are_its_own() {
    let told = talk(pop3::Dialogue::new(), &format!("S: +OK\nC: STLS\nS: +OK\nC| {CLIENT_HELLO}\nC~ 5\n"));
    assert_eq!(
        crossed(&told),
        ["S Clear Greeting +OK", "C Clear Command STLS", "S Clear Reply +OK", "C Tls Tls", "C Tls Gap"]
    );
}

#[test]
fn what_is_read_inside_tls_is_decrypted() {
    let imap = "S: * OK\nC: a1 STARTTLS\nS: a1 OK\nC: a2 NOOP\nS~ 5\nC: half of a li";
    let told = talk(imap::Dialogue::new(), imap);
    assert_eq!(
        crossed(&told)[2..],
        ["S Clear Reply a1 OK", "C Decrypted Command a2 NOOP", "S Decrypted Gap", "C Decrypted Command half of a li"]
    );
    let smtp = "S: 220 x\nC: STARTTLS\nS: 220 go\nC: QUIT\nS: 221 bye\n";
    let told = talk(smtp::Dialogue::new(smtp::Flavour::Smtp), smtp);
    assert_eq!(crossed(&told)[2..], ["S Clear Reply 220 go", "C Decrypted Command QUIT", "S Decrypted Reply 221 bye"]);
}

#[test]
fn what_was_decrypted_before_the_capture_is_decrypted_from_the_first_byte() {
    // How TLS began is not claimed where the port does not say it.
    let facts = [(true, vec![TlsFact::Implicit, TlsFact::Decrypted]), (false, vec![TlsFact::Decrypted])];
    for (implicit, facts) in facts {
        let mut told = Recorder::default();
        let mut stack = Stack::new(pop3::Dialogue::new());
        stack.begin_decrypted(implicit, &mut told);
        stack.data(Side::Client, b"NOOP\r\n", PacketRef { packet: 1, time: Time::default() }, &mut told);
        assert_eq!(told.tls, facts);
        assert_eq!(crossed(&told), ["C Decrypted Command NOOP"]);
    }
}

/// RFC 2645, section 6, and RFC 3207: the side that has become SMTP's client sends the ClientHello.
#[test]
fn when_the_roles_are_swapped_so_are_those_of_tls() {
    let script = format!("S: 220 x\nC: TURN\nS: 250 ok\nC: 220 y\nS: STARTTLS\nC: 220 go\nS| {CLIENT_HELLO}\n");
    let told = talk(smtp::Dialogue::new(smtp::Flavour::Smtp), &script);
    let last = told.steps.last().expect("steps");
    assert_eq!((last.from, last.channel), (Side::Server, Channel::Tls));
    assert_eq!(last.subject, Subject::Tls(tls::Subject::ClientHello));
}

/// An IMAP connection on which STARTTLS was decrypted and COMPRESS was agreed upon.
struct Compressed {
    stack: Stack,
    told: Recorder,
    deflate: Compress,
    packet: u64,
}

impl Compressed {
    fn begin() -> Self {
        let deflate = Compress::new(Compression::default(), false);
        let mut talk = Self { stack: Stack::new(imap::Dialogue::new()), told: Recorder::default(), deflate, packet: 0 };
        talk.wire(Side::Server, b"* PREAUTH hi\r\n");
        talk.wire(Side::Client, b"a1 STARTTLS\r\n");
        talk.wire(Side::Server, b"a1 OK\r\n");
        talk.wire(Side::Client, b"a2 COMPRESS DEFLATE\r\n");
        talk.wire(Side::Server, b"a2 OK\r\n");
        talk
    }

    fn wire(&mut self, from: Side, bytes: &[u8]) {
        self.packet += 1;
        self.stack.data(from, bytes, PacketRef { packet: self.packet, time: Time::default() }, &mut self.told);
    }

    /// The server sends `text`, compressed.
    fn say(&mut self, text: &str) {
        let mut packed = Vec::with_capacity(text.len() + 1_000);
        self.deflate.compress_vec(text.as_bytes(), &mut packed, FlushCompress::Sync).expect("compresses");
        self.wire(Side::Server, &packed);
    }

    fn end(mut self) -> Recorder {
        self.stack.end(&mut self.told);
        self.told
    }
}

#[test]
fn compression_inside_tls_is_inflated_and_decrypted() {
    let mut talk = Compressed::begin();
    talk.say("* 3 EXISTS\r\n");
    talk.wire(Side::Client, &[0xff; 9]);
    let told = talk.end();
    assert_eq!(told.tls, [TlsFact::StartTls, TlsFact::Decrypted]);
    assert_eq!(
        crossed(&told)[3..],
        [
            "C Decrypted Command a2 COMPRESS DEFLATE",
            "S Decrypted Reply a2 OK",
            "S Decrypted Untagged * 3 EXISTS",
            "C Decrypted Unknown"
        ]
    );
}

/// Blanks shrink to a thousandth: what a few KB inflate to is read up to a bound, and the other direction goes on.
#[test]
fn a_direction_that_inflates_to_too_much_is_not_read_further() {
    let mut talk = Compressed::begin();
    talk.say("* 1 EXISTS\r\n");
    let unit = format!("* OK {}\r\n", " ".repeat(1 << 20));
    let (mut sent, mut said) = (0, 0);
    while said <= INFLATE_FREE + INFLATE_RATIO * sent {
        let before = talk.deflate.total_out();
        talk.say(&unit);
        sent += usize::try_from(talk.deflate.total_out() - before).expect("few bytes");
        said += unit.len();
    }
    talk.say("* 2 EXISTS\r\n");
    let held = talk.stack.held();
    assert!(held <= LINE_BYTES + 8 * 1024, "what inflated it is given up; its last line is half read");
    let mut deflate = Compress::new(Compression::default(), false);
    let mut packed = Vec::with_capacity(100);
    deflate.compress_vec(b"a3 NOOP\r\n", &mut packed, FlushCompress::Sync).expect("compresses");
    talk.wire(Side::Client, &packed);
    assert!(talk.stack.held() > held + 32 * 1024, "the other direction has a window");
    let told = talk.end();
    let limits = told.limits.iter().filter(|limit| **limit != Limit::LineBytes);
    assert!(limits.eq(&[Limit::InflatedBytes]), "said once: {:?}", told.limits);
    let texts: Vec<&str> = told.steps.iter().map(|step| step.text.as_str()).collect();
    assert!(texts.contains(&"* 1 EXISTS") && texts.contains(&"a3 NOOP") && !texts.contains(&"* 2 EXISTS"));
    let opaque: Vec<_> = told.steps.iter().filter(|step| step.kind == Kind::Unknown && step.text.is_empty()).collect();
    assert_eq!(opaque.len(), 1);
    assert!(opaque[0].from == Side::Server && opaque[0].channel == Channel::Decrypted);
}

#[test]
fn what_inflates_is_made_when_the_first_byte_comes() {
    let talk = Compressed::begin();
    assert!(talk.stack.held() < 16 * 1024);
}

#[test]
fn bytes_from_before_tls_was_noticed_are_read_as_tls() {
    let smtp = || smtp::Dialogue::new(smtp::Flavour::Smtp);
    for script in [
        format!("S: 220 x\nC: STARTTLS\nC| {CLIENT_HELLO}\nC~ 7\nS: 220 go\n"),
        format!("S: 220 x\nC: STARTTLS\nC| {CLIENT_HELLO}\nC~ 7\n"),
    ] {
        let told = talk(smtp(), &script);
        assert_eq!(told.stood_for(), told.said);
        let of_tls: Vec<_> = told.steps.iter().filter(|step| step.channel == Channel::Tls).collect();
        assert_eq!(of_tls.iter().map(|step| step.kind).collect::<Vec<_>>(), [Kind::Tls, Kind::Gap]);
    }
}
