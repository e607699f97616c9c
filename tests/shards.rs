//! The sessions of all shards of hosts are those of the whole capture, and so are their counts.

mod support;

use mailtap::capture::{self, Damage, Read};
use mailtap::flow::HostShard;
use mailtap::limits::{Limit, LimitsHit};
use mailtap::pipeline::{self, Emit, Options};
use mailtap::protocol::event::KeyFault;
use mailtap::protocol::tls::key_ring::KeyRing;
use mailtap::protocol::tls::keys::KeySource;
use mailtap::session::summary::Summary;
use mailtap::session::{Needs, Plan};
use mailtap::view::json::NdJson;
use mailtap::view::record;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use support::{EPOCH, Packet, Segment, Side, frame, pcap_of, program, segments, turns};

/// What a run shows of its sessions, in the order of `uid`, and its counts.
struct Shown {
    sessions: Vec<String>,
    summary: Summary,
    /// The last line's `summary`.
    told: Value,
}

/// Takes out what depends on other sessions: a session's number, and where its messages were seen before.
fn forget_others(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.remove("same_as");
            fields.values_mut().for_each(forget_others);
        }
        Value::Array(values) => values.iter_mut().for_each(forget_others),
        _ => {}
    }
}

fn read(files: &[PathBuf], plan: &Arc<Plan>, options: &Options) -> Shown {
    let mut source = capture::open(files, None, Damage::StepOver).expect("captures");
    let mut view = NdJson::new(Vec::new(), record::Options::default());
    let outcome = pipeline::run(&mut *source, options, plan, &mut view, &AtomicBool::new(false)).expect("memory");
    assert!(outcome.problem.is_none());
    let text = String::from_utf8(view.into_inner()).expect("UTF-8");
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let (summaries, mut sessions): (Vec<Value>, Vec<Value>) = lines.partition(|line| line["type"] == "summary");
    sessions.sort_by_key(|session| session["uid"].to_string());
    let sessions = sessions.into_iter().map(|mut session| {
        session.as_object_mut().expect("an object").remove("id").expect("a number");
        forget_others(&mut session);
        session.to_string()
    });
    Shown { sessions: sessions.collect(), summary: outcome.report.summary, told: summaries[0]["summary"].clone() }
}

/// A summary without what depends on several sessions: their numbers, and the bounds of what only they show together.
fn comparable(mut summary: Summary) -> String {
    summary.tls.closed.values_mut().for_each(|closed| closed.first = 0);
    let mut limits = LimitsHit::default();
    let together = [Limit::SameAs, Limit::Journeys, Limit::FindingsAcross];
    let of_each = summary.limits_hit.iter().filter(|(limit, _)| !together.contains(limit));
    of_each.for_each(|(limit, count)| limits.hit_times(limit, count));
    summary.limits_hit = limits;
    format!("{summary:#?}")
}

/// Reads `files` whole and in shards, of each number of them with each number of threads. Returns the whole, and the most shards
/// that had sessions.
fn shards_are_the_whole(files: &[PathBuf], plan: &Arc<Plan>, counts: &[u32], all_threads: &[usize]) -> (Shown, usize) {
    shards_by(&Options::default(), files, plan, counts, all_threads)
}

/// The same with other options.
fn shards_by(
    options: &Options,
    files: &[PathBuf],
    plan: &Arc<Plan>,
    counts: &[u32],
    all_threads: &[usize],
) -> (Shown, usize) {
    let whole = read(files, plan, options);
    assert!(whole.told.get("shard").is_none(), "{}", whole.told);
    let mut most_used = 0;
    for (&of, &threads) in counts.iter().flat_map(|of| all_threads.iter().map(move |threads| (of, threads))) {
        let mut sessions = Vec::new();
        let (mut merged, mut used) = (None::<Summary>, 0);
        // The first shard is not the first to be merged.
        for index in (1..=of).rev() {
            let shard = HostShard::new(index, of);
            let emit = if index % 2 == 0 { Emit::AsTheyEnd } else { Emit::InOrder };
            let part = read(files, plan, &Options { shard, threads, emit, ..options.clone() });
            assert_eq!(part.told["shard"], serde_json::json!({"index": index, "of": of}));
            assert_eq!(part.told["packets"]["read"] == 0, index > 1, "packets are counted once");
            used += usize::from(!part.sessions.is_empty());
            sessions.extend(part.sessions);
            match &mut merged {
                Some(merged) => merged.merge(part.summary),
                None => merged = Some(part.summary),
            }
        }
        sessions.sort_by_key(|session| serde_json::from_str::<Value>(session).expect("JSON")["uid"].to_string());
        assert_eq!(sessions.len(), whole.sessions.len(), "{of} shards, {threads} threads");
        for (of_shard, of_whole) in sessions.iter().zip(&whole.sessions) {
            assert_eq!(of_shard, of_whole, "{of} shards, {threads} threads");
        }
        let merged = Summary { shard: None, ..merged.expect("a shard") };
        assert_eq!(comparable(merged), comparable(whole.summary.clone()), "{of} shards, {threads} threads");
        most_used = most_used.max(used);
    }
    (whole, most_used)
}

/// The packets of a fixture, between other hosts for each `nth`: wherever the network of the lab's addresses stands, in tunnels and in
/// what ICMP quotes too, it is another one. Those of another link type than the first packet's are left out.
fn elsewhere(path: &Path, nth: u8) -> Vec<u8> {
    let mut source = capture::open(&[path.to_owned()], None, Damage::StepOver).expect("a capture");
    let (mut link, mut packets) = (None, Vec::new());
    while let Read::Packet(packet) = source.next_packet().expect("readable") {
        if *link.get_or_insert(packet.link) != packet.link {
            continue;
        }
        let mut frame = packet.data.to_vec();
        let lab = [172, 16, 0];
        let places: Vec<usize> = (0..frame.len()).filter(|&at| frame[at..].starts_with(&lab)).collect();
        places.into_iter().for_each(|at| frame[at + 2] = nth);
        let time = (packet.time.nanoseconds() / 1_000) as u64 - u64::from(EPOCH) * 1_000_000;
        packets.push(Packet { time, frame, wire_len: packet.wire_len as usize });
    }
    pcap_of(link.map_or(1, |link| u32::from(link.0)), &packets)
}

/// Each of `paths` in a file of `folder`, between hosts of its own.
fn moved(paths: impl Iterator<Item = PathBuf>, folder: &Path) -> Vec<PathBuf> {
    let files = (1..).zip(paths).map(|(nth, path)| {
        let file = folder.join(format!("{nth}.pcap"));
        std::fs::write(&file, elsewhere(&path, nth)).expect("writable");
        file
    });
    files.collect()
}

fn written(folder: &Path, file: &[u8]) -> [PathBuf; 1] {
    let path = folder.join("capture.pcap");
    std::fs::write(&path, file).expect("writable");
    [path]
}

#[test]
fn fixtures_of_all_kinds_between_many_hosts() {
    let folder = tempfile::tempdir().expect("a folder");
    let files = moved(support::fixtures().into_iter().map(|(_, path)| path), folder.path());
    let (whole, used) = shards_are_the_whole(&files, &support::plan(), &[2, 7], &[1, 3]);
    assert!(whole.sessions.len() > 100 && used == 7, "{} sessions in {used} shards", whole.sessions.len());
    let counts = [1, 3, 4, 5, 6];
    shards_are_the_whole(&files, &support::plan(), &counts, &[1]);
}

#[test]
fn tls_that_is_taken_up_again_stays_with_the_session_that_began_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/tls");
    let ring = KeyRing::default();
    let names = [
        "gnutls-tls13-resumed",
        "tls12-session-id",
        "tls12-ticket",
        "tls13-resumed",
        "tls13-resumed-psk-only",
        "tls12-aes128-gcm",
        "real-dovecot-imaps",
        "real-dovecot-pop3-stls",
        "real-exim-starttls",
    ];
    for name in names {
        let log = std::fs::read(root.join(name).join("keys.log")).expect("a key log");
        ring.add(&log, KeySource::KeyLog, 0);
    }
    // Of these no secret is given.
    let closed = ["tls12-dhe", "tls13-large"];
    let folder = tempfile::tempdir().expect("a folder");
    let captures = names.into_iter().chain(closed).map(|name| root.join(name).join("capture.pcap"));
    let files = moved(captures, folder.path());
    let plan = Arc::new(Plan { needs: Needs::ALL, keys: Some(Arc::new(ring)), ..Plan::default() });
    let (whole, used) = shards_are_the_whole(&files, &plan, &[1, 2, 3, 7], &[1, 3]);
    let tls = &whole.summary.tls;
    assert!(tls.decrypted > 8 && tls.closed_by(KeyFault::NoSecret) >= 2 && used > 4, "{tls:?} in {used} shards");
}

/// The frame of a segment between one client and one server of many.
fn between(segment: &Segment, client: u16, server: u16, ports: [u16; 2]) -> Vec<u8> {
    let mut frame = frame(segment, ports[0], ports[1]);
    let hosts = [(10, client), (11, server)].map(|(net, host)| [net, 0, (host >> 8) as u8, host as u8]);
    let [source, destination] = if segment.from == Side::Client { [hosts[0], hosts[1]] } else { [hosts[1], hosts[0]] };
    frame[26..30].copy_from_slice(&source);
    frame[30..34].copy_from_slice(&destination);
    frame
}

/// Many conversations at once, their packets interleaved by a fixed rule, with what is not mail among them: some lose packets, so that
/// it matters when time passes, and there are probes.
fn crowd() -> Vec<u8> {
    let smtp = "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\nS: 354 go\nC: hello\nC: .\nS: 250 ok\nC: QUIT\nS: 221 bye\n";
    let scripts = [
        (smtp, 25),
        ("S: +OK hi\nC: USER u\nS: +OK\nC: PASS p\nS: +OK\nC: QUIT\nS: +OK bye\n", 110),
        ("S: RFB 003.008\nC: RFB 003.008\n", 110),
        ("S: * OK hi\nC: a LOGIN u p\nS: a OK in\nC: b LOGOUT\nS: * BYE\nS: b OK\n", 143),
        ("", 25),
        ("C: GET / HTTP/1.0\n", 443),
    ];
    let mut conversations: Vec<(u16, u16, std::vec::IntoIter<Segment>)> = (0..900_u16)
        .map(|number| {
            let (script, port) = scripts[usize::from(number) % scripts.len()];
            let mut packets = segments(&turns(script), 1 + usize::from(number) % 50);
            match number % 7 {
                0 => packets.truncate(packets.len() / 2),
                1 => packets.retain(|segment| segment.from == Side::Client),
                2 => drop(packets.remove(packets.len() / 3)),
                _ => {}
            }
            (number, port, packets.into_iter())
        })
        .collect();
    let (mut packets, mut turn) = (Vec::new(), 1_u64);
    while !conversations.is_empty() {
        turn = turn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // A hundred are open at a time.
        let open = conversations.len().min(100);
        let index = (turn >> 33) as usize % open;
        let (number, port, left) = &mut conversations[index];
        match left.next() {
            Some(segment) => {
                let frame = between(&segment, *number % 70, *number % 11, [20_000 + *number, *port]);
                packets.push(Packet::new(3_000 * packets.len() as u64, frame));
            }
            None => drop(conversations.remove(index)),
        }
    }
    support::pcap(&packets)
}

#[test]
fn a_crowd_with_losses_and_probes() {
    let folder = tempfile::tempdir().expect("a folder");
    let files = written(folder.path(), &crowd());
    let (whole, used) = shards_are_the_whole(&files, &support::plan(), &[1, 2, 3, 7, 16], &[1, 3]);
    assert_eq!((whole.sessions.len() > 500, used), (true, 16), "{}", whole.sessions.len());
    assert!(whole.summary.probes.count() > 20, "{:?}", whole.summary.probes);
    let any_port = Options { any_port: true, ..Options::default() };
    shards_by(&any_port, &files, &support::plan(), &[3], &[1, 3]);
}

#[test]
fn icmp_errors_belong_to_the_connection_that_they_quote() {
    let ip = |protocol: u8, from: [u8; 4], to: [u8; 4], payload: &[u8]| {
        let total = (20 + payload.len()) as u16;
        let header = [&[0x45, 0][..], &total.to_be_bytes(), &[0, 1, 0x40, 0, 64, protocol, 0, 0], &from, &to].concat();
        [&header[..], payload].concat()
    };
    let mut packets = Vec::new();
    let mut add = |packet: Vec<u8>| {
        let frame = [&[0; 12][..], &[8, 0], &packet].concat();
        packets.push(Packet::new(packets.len() as u64 * 1_000_000, frame));
    };
    for host in 0..40 {
        let (client, server) = ([10, 0, 0, host], [10, 0, 1, host]);
        let tcp = [&[0x9c, 0x40, 0, 25, 0, 0, 0, 7, 0, 0, 0, 0][..], &[0x50, 2, 2, 0, 0, 0, 0, 0]].concat();
        let syn = ip(6, client, server, &tcp);
        add(syn.clone());
        // By a router, whose address is in no connection.
        add(ip(1, [10, 9, 9, 9], client, &[&[3, 13, 0, 0, 0, 0, 0, 0][..], &syn[..28]].concat()));
    }
    let folder = tempfile::tempdir().expect("a folder");
    let files = written(folder.path(), &support::pcap(&packets));
    let (whole, used) = shards_are_the_whole(&files, &support::plan(), &[2, 3, 7], &[1, 3]);
    let prohibited = whole.sessions.iter().filter(|session| session.contains("10.9.9.9")).count();
    assert_eq!((whole.sessions.len(), prohibited, used), (40, 40, 7));
}

#[test]
fn connections_in_the_same_radio_frames_may_be_in_different_shards() {
    let sent = segments(&turns("S: 220 mx\nC: HELO a\nS: 250 mx\nC: QUIT\nS: 221 bye\n"), 200);
    let radios = (0..).zip(&sent).map(|(time, segment)| {
        // A QoS data frame with several subframes (A-MSDU), padded to 4 bytes each.
        let mut radio = [&[0x88, 0x01][..], &[0; 22], &[0x80, 0]].concat();
        for host in 0..8 {
            while !(radio.len() - 26).is_multiple_of(4) {
                radio.push(0);
            }
            let ip = between(segment, host, host, [40_000, 25]).split_off(14);
            radio.extend_from_slice(&[2; 12]);
            radio.extend_from_slice(&(ip.len() as u16 + 8).to_be_bytes());
            radio.extend_from_slice(&[0xaa, 0xaa, 3, 0, 0, 0, 8, 0]);
            radio.extend_from_slice(&ip);
        }
        Packet::new(time * 1_000, radio)
    });
    let folder = tempfile::tempdir().expect("a folder");
    let files = written(folder.path(), &pcap_of(105, &radios.collect::<Vec<_>>()));
    let (whole, used) = shards_are_the_whole(&files, &support::plan(), &[2, 3], &[1, 3]);
    assert_eq!((whole.sessions.len(), used), (8, 3));
    assert_eq!(whole.summary.packets.mail, sent.len() as u64, "each packet counts once");
}

/// The client's second subflow is from another address, which with the server's is in another shard: the connection is followed whole in
/// the shard of its first subflow.
#[test]
fn subflows_from_other_addresses_are_followed_with_their_connection() {
    let shard_of = |client: [u8; 4]| {
        let has = |&index: &u32| HostShard::new(index, 7).expect("one").has(client.into(), support::SERVER.into());
        (1..=7).find(has)
    };
    assert_ne!(shard_of([172, 16, 0, 73]), shard_of([10, 20, 0, 73]));
    let files = [program::fixture("../transport/multipath")];
    let (whole, used) = shards_are_the_whole(&files, &support::plan(), &[2, 3, 7], &[1, 3]);
    assert_eq!((whole.sessions.len(), used), (1, 1));
    assert!(whole.sessions[0].contains("\"subflows\""), "{}", whole.sessions[0]);
}

#[test]
fn a_shard_that_is_none_is_refused_in_words() {
    for text in ["0/3", "4/3", "a/b", "1/0", "1/99999999999", "1/65537", "3", "1/2/3", "-1/2", "+1/2", " 1/2", "1/", ""]
    {
        for (lang, words) in [("en", "is no shard: write I/N"), ("zh", "不是份额")] {
            let shard = format!("--shard={text}");
            let output = program::run(&["read", "--lang", lang, &shard, "nothing.pcap"]);
            let said = program::err(&output);
            // clap has its own words where there is no value.
            assert!(text.is_empty() || said.contains(words), "{text}: {said}");
            assert_eq!(output.status.code(), Some(2), "{text}: {said}");
        }
    }
    let output = program::run(&["explain", "--shard", "1/2", "nothing.pcap"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(program::err(&output).contains("--shard"));
}

#[test]
fn the_last_line_says_which_shard_it_is_and_tables_do() {
    let path = program::fixture("pop3-apop").display().to_string();
    let shown = |shard: &str, format: &str| {
        let shown = ["--show", "summary", "--format", format];
        program::out(&program::run(&[&["read", "--lang", "en", "--shard", shard, &path], &shown[..]].concat()))
    };
    let with_mail = (1..=5).find(|index| {
        let last = shown(&format!("{index}/5"), "ndjson");
        let last: Value = serde_json::from_str(last.lines().last().expect("a line")).expect("JSON");
        assert_eq!(last["summary"]["shard"], serde_json::json!({"index": index, "of": 5}));
        last["summary"]["sessions"]["pop3"] == 1
    });
    let with_mail = with_mail.expect("the session is in one of them");
    let without = with_mail % 5 + 1;
    assert!(shown(&format!("{with_mail}/5"), "table").contains(&format!("{with_mail} of 5")));
    let table = shown(&format!("{without}/5"), "table").split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(table.contains(&format!("No mail session is in shard {without} of 5")), "{table}");
}
