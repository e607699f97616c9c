/*!
Makes the seed corpora from captures: `seeds CORPUS CAPTURE…` (`seeds.sh` calls it for `fixtures/`).

A capture becomes a seed of `capture` and `pipeline` as it is (and compressed), its frames one of `decode`, its segments
one of `flow`, and each connection, as it was heard, one of the dialogue that its port names and of what reads
conversations: `detect`, `views`, `tls`. Every message-like stretch becomes one of `message`, every line one of `parsers`.
*/

use mailtap::capture::{CaptureFile, Read, Source};
use mailtap::decode::{Decoded, Decoder};
use mailtap::flow::{ConnectionHandler, Endpoints, PacketRef, Side, StreamHandler, Table, Transport};
use mailtap_fuzz::links::LINKS;
use mailtap_fuzz::script::{Turn, write};
use std::collections::BTreeSet;
use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::io::{self, Cursor, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Longer seeds slow a fuzzer down more than they teach it.
const LONGEST: usize = 64 * 1024;

fn main() -> io::Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let Some(corpus) = arguments.next() else {
        eprintln!("usage: seeds CORPUS CAPTURE…");
        std::process::exit(2);
    };
    let mut corpus = Corpus { root: corpus, made: 0 };
    for capture in arguments {
        seed(&mut corpus, &capture)?;
    }
    println!("{} seeds in {}", corpus.made, corpus.root.display());
    Ok(())
}

struct Corpus {
    root: PathBuf,
    made: usize,
}

impl Corpus {
    fn add(&mut self, target: &str, seed: &[u8]) -> io::Result<()> {
        if seed.is_empty() || seed.len() > LONGEST {
            return Ok(());
        }
        let mut hasher = DefaultHasher::new();
        seed.hash(&mut hasher);
        let folder = self.root.join(target);
        fs::create_dir_all(&folder)?;
        self.made += 1;
        fs::write(folder.join(format!("seed-{:016x}", hasher.finish())), seed)
    }
}

fn seed(corpus: &mut Corpus, path: &Path) -> io::Result<()> {
    let file = fs::read(path)?;
    corpus.add("capture", &file)?;
    corpus.add("pipeline", &file)?;
    if file.len() <= LONGEST {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&file)?;
        corpus.add("capture", &gzip.finish()?)?;
    }
    let Ok(mut source) = CaptureFile::open("seed".into(), Box::new(Cursor::new(file)), 1 << 20) else {
        return Ok(());
    };
    let (mut frames, mut segments) = (Vec::new(), Vec::new());
    let mut decoder = Decoder::default();
    let mut table = Table::new(Everyone::default(), 1);
    while let Ok(Read::Packet(packet)) = source.next_packet() {
        let link = LINKS.iter().position(|&link| link == packet.link).unwrap_or(0);
        let length = u16::try_from(packet.data.len()).unwrap_or(u16::MAX);
        frames.extend_from_slice(&[link as u8, 0]);
        frames.extend_from_slice(&length.to_be_bytes());
        frames.extend_from_slice(&packet.data[..usize::from(length)]);
        if let Decoded::Segment(segment) = decoder.decode(&packet) {
            let flags = u8::from(segment.header.syn)
                | u8::from(segment.header.acknowledgement.is_some()) << 1
                | u8::from(segment.header.fin) << 2
                | u8::from(segment.header.rst) << 3;
            let side = u8::from(segment.source.port() < segment.destination.port());
            let [s2, s3] = (segment.header.sequence as u16).to_be_bytes();
            let [a0, a1] = (segment.header.acknowledgement.unwrap_or(0) as u16).to_be_bytes();
            let [l0, l1] = (segment.header.wire_len as u16).to_be_bytes();
            segments.extend_from_slice(&[flags, side, 0, 0, s2, s3, a0, a1, l0, l1, 0, 1]);
            table.segment(&segment);
        }
    }
    table.finish();
    frames.truncate(LONGEST);
    segments.truncate(LONGEST / 12 * 12);
    corpus.add("decode", &frames)?;
    corpus.add("flow", &segments)?;
    for (port, turns) in std::mem::take(&mut table.connection_handler().0) {
        conversation(corpus, port, &turns)?;
    }
    Ok(())
}

fn conversation(corpus: &mut Corpus, port: u16, turns: &[Turn]) -> io::Result<()> {
    let script = write(turns);
    let with = |first: u8| [&[first], script.as_slice()].concat();
    // The first byte: which protocol `views` takes it for, which port `detect`.
    let (target, view, detect) = match port {
        24 => ("lmtp", 1, 1),
        110 | 995 => ("pop3", 2, 2),
        143 | 993 => ("imap", 3, 3),
        _ => ("smtp", 0, 0),
    };
    let implicit = matches!(port, 465 | 993 | 995);
    if implicit || turns.iter().any(|turn| matches!(turn, Turn::Data(_, bytes) if bytes.starts_with(&[22, 3]))) {
        corpus.add("tls", &with(0))?;
        let handshake =
            turns.iter().position(|turn| matches!(turn, Turn::Data(_, bytes) if bytes.starts_with(&[22, 3])));
        corpus.add("tls", &[&[1], write(&turns[handshake.unwrap_or(0)..]).as_slice()].concat())?;
    }
    if !implicit {
        corpus.add(target, &script)?;
    }
    if target == "smtp" {
        corpus.add("lmtp", &as_lmtp(&script))?;
    }
    corpus.add("views", &with(view | if implicit { 0x80 } else { 0 }))?;
    corpus.add("detect", &with(if implicit { detect + 4 } else { detect }))?;
    corpus.add("detect", &with(7))?;
    let mut seen = BTreeSet::new();
    for turn in turns {
        let Turn::Data(_, bytes) = turn else { continue };
        let lines: Vec<&[u8]> = bytes.split(|&byte| byte == b'\n').collect();
        let headers = lines.iter().filter(|line| line.contains(&b':')).count();
        if headers >= 3 {
            corpus.add("message", &[&[0, 0xf8], bytes.as_slice()].concat())?;
        }
        for line in lines.iter().take(32).filter(|line| line.len() < 200) {
            if seen.insert(line.to_vec()) {
                corpus.add("parsers", line.trim_ascii_end())?;
            }
        }
    }
    login(corpus, turns)
}

/// What an SMTP client says, as LMTP's says it: hardly any capture has LMTP in it.
fn as_lmtp(script: &[u8]) -> Vec<u8> {
    let mut script = script.to_vec();
    let hello =
        script.windows(5).position(|word| word.eq_ignore_ascii_case(b"EHLO ") || word.eq_ignore_ascii_case(b"HELO "));
    if let Some(at) = hello {
        script[at..at + 4].copy_from_slice(b"LHLO");
    }
    script
}

/// What follows an AUTH: a seed of `sasl`.
fn login(corpus: &mut Corpus, turns: &[Turn]) -> io::Result<()> {
    let start = turns.iter().position(|turn| {
        matches!(turn, Turn::Data(Side::Client, bytes) if bytes.windows(4).any(|word| word.eq_ignore_ascii_case(b"AUTH")))
    });
    let Some(start) = start else { return Ok(()) };
    let mut exchange = Vec::new();
    for turn in turns.iter().skip(start).take(8) {
        let Turn::Data(side, bytes) = turn else { continue };
        let line = bytes.split(|&byte| byte == b'\r').next().unwrap_or_default();
        let word = line.rsplit(|&byte| byte == b' ').next().unwrap_or_default();
        if !exchange.is_empty() && *side == Side::Server {
            exchange.push(b'S');
        }
        exchange.extend_from_slice(word);
        exchange.push(b'\n');
    }
    corpus.add("sasl", &exchange)
}

/// Hears every connection as a conversation, by the server's port.
#[derive(Default)]
struct Everyone(Vec<(u16, Vec<Turn>)>);

#[derive(Default)]
struct Recorder(Vec<Turn>);

impl StreamHandler for Recorder {
    fn data(&mut self, from: Side, bytes: &[u8], _: PacketRef) {
        self.0.push(Turn::Data(from, bytes.to_vec()));
    }

    fn gap(&mut self, from: Side, missing: u64, _: PacketRef) {
        self.0.push(Turn::Gap(from, missing));
    }
}

impl ConnectionHandler for Everyone {
    type Token = ();
    type StreamHandler = Recorder;

    fn guess(&self, source: SocketAddr, destination: SocketAddr) -> Endpoints {
        if source.port() < destination.port() {
            Endpoints { client: destination, server: source }
        } else {
            Endpoints { client: source, server: destination }
        }
    }

    fn begun(&mut self, _: &Endpoints, _: PacketRef) {}

    fn listen(&mut self, (): (), _: &Endpoints, _: PacketRef) -> Recorder {
        Recorder::default()
    }

    fn over(&mut self, recorder: Recorder, transport: Transport) {
        self.0.push((transport.endpoints.server.port(), recorder.0));
    }
}
