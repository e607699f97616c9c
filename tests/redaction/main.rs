/*!
`--redact` shows no secret, however much of the login is not in the capture or is not understood.

Each login of each protocol is captured whole, then without each of its packets, with each snap length, from each of its
packets on, and behind each of several beginnings that do not belong to the protocol. No output may hold a run of the
secret's characters, as they are or in base64.
*/

mod findings;
mod logins;
mod pseudonym;
mod refused;
#[path = "../support/mod.rs"]
mod support;

use data_encoding::BASE64;
use logins::{Login, PREFIXES, base64, logins};
use mailtap::pipeline::{self, Options};
use mailtap::session::Session;
use mailtap::session::model::Step;
use mailtap::verdict::Report;
use mailtap::view::json::{Json, NdJson};
use mailtap::view::redact::Redact;
use mailtap::view::table::{self, Style, Table};
use mailtap::view::{Lang, Show, View, record};
use std::collections::HashSet;
use std::io;
use std::process::Command;
use std::sync::atomic::AtomicBool;
use support::{Packet, open, packets, pcap, plan, segments, turns};

/// Characters in a row that give a secret away.
const RUN: usize = 6;
/// One capture in so many is looked for in every output, the others in JSON alone.
const SAMPLE: usize = 17;
/// Every view at once.
struct All {
    json: Json<Vec<u8>>,
    lines: NdJson<Vec<u8>>,
    english: Table<Vec<u8>>,
    chinese: Table<Vec<u8>>,
}

impl All {
    fn new() -> Self {
        let options = |lang| record::Options { lang, ..Default::default() };
        Self {
            json: Json::new(Vec::new(), options(Lang::En)),
            lines: NdJson::new(Vec::new(), options(Lang::Zh)),
            english: Table::new(Vec::new(), tables(Lang::En)),
            chinese: Table::new(Vec::new(), tables(Lang::Zh)),
        }
    }

    fn written(self) -> Vec<(&'static str, Vec<u8>)> {
        vec![
            ("json", self.json.into_inner()),
            ("ndjson", self.lines.into_inner()),
            ("tables", self.english.into_inner()),
            ("tables in Chinese", self.chinese.into_inner()),
        ]
    }
}

/// Tables so wide that no word is broken.
fn tables(lang: Lang) -> table::Options {
    table::Options {
        style: Style { width: 1_000, colour: false },
        show: Show::ALL,
        list: Default::default(),
        lang,
        text_limit: 4_096,
        time: mailtap::view::clock::Clock::Utc,
    }
}

impl View for All {
    fn session(&mut self, session: Session) -> io::Result<()> {
        self.json.session(session.clone())?;
        self.lines.session(session.clone())?;
        self.english.session(session.clone())?;
        self.chinese.session(session)
    }

    fn finish(&mut self, report: &Report) -> io::Result<()> {
        self.json.finish(report)?;
        self.lines.finish(report)?;
        self.english.finish(report)?;
        self.chinese.finish(report)
    }
}

/// Passes to a view that is read afterwards.
struct Lent<'a, V>(&'a mut V);

impl<V: View> View for Lent<'_, V> {
    fn step(&mut self, session: &Session, step: &Step) -> io::Result<()> {
        self.0.step(session, step)
    }

    fn session(&mut self, session: Session) -> io::Result<()> {
        self.0.session(session)
    }

    fn finish(&mut self, report: &Report) -> io::Result<()> {
        self.0.finish(report)
    }
}

/// Runs the pipeline on a capture.
fn run(capture: &[u8], view: &mut dyn View, steps: bool) {
    let Ok(mut source) = open(capture) else { return };
    let options = Options { steps, ..Options::default() };
    pipeline::run(&mut source, &options, &plan(), view, &AtomicBool::new(false)).expect("memory can be written");
}

/// What is written of a capture with `--redact`, by the kind of output.
fn written(capture: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let mut all = All::new();
    run(capture, &mut Redact::holding(Lent(&mut all), usize::MAX), false);
    let mut live = table::Live::new(Vec::new(), tables(Lang::En));
    run(capture, &mut Redact::new(Lent(&mut live)), true);
    let mut outputs = all.written();
    outputs.push(("live", live.into_inner()));
    outputs
}

/// The same as JSON alone, which has every text that the tables have.
fn lines(capture: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let mut lines = NdJson::new(Vec::new(), record::Options::default());
    run(capture, &mut Redact::new(Lent(&mut lines)), false);
    vec![("ndjson", lines.into_inner())]
}

/// The runs of characters that give `secret` away.
fn runs(secret: &[u8]) -> HashSet<Vec<u8>> {
    let mut runs: HashSet<Vec<u8>> = HashSet::new();
    if secret.is_ascii() {
        runs.extend(secret.windows(RUN).map(<[u8]>::to_vec));
    }
    for before in 0..3 {
        let padded = [&[0; 2][..before], secret].concat();
        let sure = &BASE64.encode(&padded).into_bytes()[(before * 8).div_ceil(6)..padded.len() * 8 / 6];
        runs.extend(sure.windows(RUN).map(<[u8]>::to_vec));
    }
    runs
}

/// Looks for `secret` in every output of a capture.
struct Search<'a> {
    login: &'a Login,
    runs: HashSet<Vec<u8>>,
    leaks: Vec<String>,
}

impl<'a> Search<'a> {
    fn of(login: &'a Login) -> Self {
        Self { login, runs: runs(&login.secret), leaks: Vec::new() }
    }

    /// In the JSON of these packets, or `everywhere`.
    fn look(&mut self, packets: &[Packet], how: &str, everywhere: bool) {
        let capture = pcap(packets);
        self.search(if everywhere { written(&capture) } else { lines(&capture) }, how);
    }

    fn search(&mut self, outputs: Vec<(&'static str, Vec<u8>)>, how: &str) {
        for (format, output) in outputs {
            if let Some(at) = output.windows(RUN).position(|window| self.runs.contains(window)) {
                let about = &output[at.saturating_sub(60)..output.len().min(at + 60)];
                self.leaks.push(format!("{} {how} {format}: {}", self.login.name, about.escape_ascii()));
                return;
            }
        }
    }
}

fn captured(login: &Login, prefix: &str) -> Vec<Packet> {
    packets(&segments(&turns(&format!("{prefix}{}", login.script)), 1_400), login.port, 1_000)
}

fn snapped(packets: &[Packet], length: usize) -> Vec<Packet> {
    let cut =
        |packet: &Packet| Packet { frame: packet.frame[..packet.frame.len().min(length)].to_vec(), ..packet.clone() };
    packets.iter().map(cut).collect()
}

/// Looks at every login and its number, in two threads.
fn every_login(look: impl Fn(usize, &Login, &mut Search<'_>) + Sync) {
    let logins: Vec<(usize, Login)> = logins().into_iter().enumerate().collect();
    let halves = logins.split_at(logins.len() / 2);
    let search = |logins: &[(usize, Login)]| -> Vec<String> {
        let each = |(number, login): &(usize, Login)| {
            let mut search = Search::of(login);
            look(*number, login, &mut search);
            search.leaks
        };
        logins.iter().flat_map(each).collect()
    };
    let leaks = std::thread::scope(|scope| {
        let first = scope.spawn(|| search(halves.0));
        [search(halves.1), first.join().expect("no panic")].concat()
    });
    assert!(leaks.is_empty(), "{} leaks:\n{}", leaks.len(), leaks[..leaks.len().min(60)].join("\n"));
}

#[test]
fn a_login_of_which_a_packet_is_lost_shows_no_secret() {
    every_login(|number, login, search| {
        let whole = captured(login, "");
        search.look(&whole, "whole", true);
        for lost in (0..whole.len()).filter(|&n| whole[n].payload() > 0) {
            let rest = [&whole[..lost], &whole[lost + 1..]].concat();
            search.look(&rest, &format!("without packet {}", lost + 1), (lost + number) % SAMPLE == 0);
        }
    });
}

#[test]
fn a_login_that_is_cut_short_shows_no_secret() {
    every_login(|number, login, search| {
        let whole = captured(login, "");
        for length in 54..=120 {
            let everywhere = (length / 2 + number) % SAMPLE == 0;
            search.look(&snapped(&whole, length), &format!("snap length {length}"), everywhere);
        }
    });
}

#[test]
fn a_login_that_begins_before_the_capture_shows_no_secret() {
    every_login(|number, login, search| {
        let whole = captured(login, "");
        for first in 1..whole.len() {
            search.look(&whole[first..], &format!("from packet {}", first + 1), (first + number) % SAMPLE == 0);
        }
    });
}

#[test]
fn a_login_behind_something_else_shows_no_secret() {
    every_login(|number, login, search| {
        for (n, prefix) in PREFIXES.into_iter().enumerate() {
            search.look(&captured(login, prefix), &format!("after {prefix:?}"), (n + number) % SAMPLE == 0);
        }
    });
}

/// Each fixture whole, without each of its first packets, and with some snap lengths.
#[test]
fn no_fixture_shows_a_password() {
    let mut searched = 0;
    for (name, file) in support::fixtures() {
        let Ok(truth) = std::fs::read_to_string(file.with_file_name("truth.json")) else { continue };
        let truth: serde_json::Value = serde_json::from_str(&truth).expect("JSON");
        let credentials = truth["credentials"].as_array().into_iter().flatten();
        let forms: Vec<Vec<String>> = credentials.filter_map(shapes).collect();
        if forms.is_empty() {
            continue;
        }
        searched += forms.len();
        let bytes = std::fs::read(&file).expect("a file");
        let check = |capture: &[u8], how: &str| {
            let mut written = NdJson::new(Vec::new(), record::Options::default());
            run(capture, &mut Redact::holding(Lent(&mut written), usize::MAX), false);
            let shown = String::from_utf8(written.into_inner()).expect("UTF-8");
            let found = forms.iter().flatten().find(|form| shown.contains(form.as_str()));
            assert!(found.is_none(), "{name} {how}: {found:?}");
        };
        let unmasked = unmasked(&bytes);
        let seen = forms.iter().filter(|forms| forms.iter().any(|form| unmasked.contains(form.as_str())));
        assert_eq!(seen.count(), forms.len(), "without --redact, {name} shows its passwords");
        check(&bytes, "whole");
        let Some(records) = records(&bytes) else { continue };
        for lost in 0..records.len().min(40) {
            let rest = [&records[..lost], &records[lost + 1..]].concat().concat();
            check(&[&bytes[..24], &rest].concat(), &format!("without packet {}", lost + 1));
        }
        for length in [60, 80, 90, 100, 110] {
            let cut = |record: &Vec<u8>| {
                let kept = (record.len() - 16).min(length);
                [&record[..8], &(kept as u32).to_le_bytes(), &record[12..16 + kept]].concat()
            };
            let cut = records.iter().map(cut).collect::<Vec<_>>().concat();
            check(&[&bytes[..24], &cut].concat(), &format!("snap length {length}"));
        }
    }
    assert!(searched >= 60, "only {searched} passwords were searched for");
}

/// What must not be found of a credential's password: as it is, in base64, and where it is a part of the user name or a
/// usual word, as the argument that it crossed as.
fn shapes(credential: &serde_json::Value) -> Option<Vec<String>> {
    let password = credential["password"].as_str()?;
    let name = credential["username"].as_str().unwrap_or_default();
    let mut shapes = vec![
        base64(password),
        format!("\"password\":\"{password}\""),
        format!("PASS {password}\""),
        format!("{name} {password}\""),
        format!("{name} \\\"{password}\\\""),
    ];
    // A mailbox of that name stands in quotes in IMAP's ENVELOPE, and at the end of a SEARCH.
    if !name.contains(password) {
        shapes.extend([format!(" {password}\""), format!("\\\"{password}\\\"")]);
    }
    if password.contains(['-', ' ']) {
        shapes.push(password.to_owned());
    }
    Some(shapes)
}

/// The JSON of a capture without `--redact`.
fn unmasked(capture: &[u8]) -> String {
    let mut lines = NdJson::new(Vec::new(), record::Options::default());
    run(capture, &mut lines, false);
    String::from_utf8(lines.into_inner()).expect("UTF-8")
}

/// The records of a classic pcap file in little-endian order, not more than a few hundred.
fn records(file: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut rest = file.strip_prefix(&[0xd4, 0xc3, 0xb2, 0xa1]).and_then(|rest| rest.get(20..))?;
    let mut records = Vec::new();
    while let Some(length) = rest.get(8..12) {
        let length = 16 + u32::from_le_bytes(length.try_into().ok()?) as usize;
        records.push(rest.get(..length)?.to_vec());
        rest = rest.get(length..)?;
    }
    (records.len() <= 300).then_some(records)
}

/// What a user is shown of a session in which nothing is doubtful is as much as before.
#[test]
fn what_is_understood_stays_readable() {
    // Whether a reply without a code ends a login cannot be known.
    let has_code = |login: &Login| !["S: Error:", "S: ERR"].iter().any(|reply| login.script.contains(reply));
    for login in logins().into_iter().filter(has_code) {
        let outputs = written(&pcap(&captured(&login, "")));
        let text = String::from_utf8_lossy(&outputs[2].1).into_owned();
        for line in login.script.lines().filter_map(|line| line.strip_prefix("C: ")) {
            let is_command = ["EHLO ", "LHLO ", "MAIL ", "RCPT ", "DATA", "QUIT", "STAT", "RETR ", "USER ", "b ", "c "]
                .iter()
                .any(|verb| line.starts_with(verb));
            assert!(!is_command || text.contains(line), "{}: {line}\n{text}", login.name);
        }
        let name = if login.name.contains("LOGIN") && !login.name.contains("LOGIN lit") { "ada" } else { "" };
        assert!(text.contains(name), "{}\n{text}", login.name);
    }
}

/// The program's own outputs, standard error among them.
#[test]
fn the_program_writes_no_secret_anywhere() {
    let folder = std::env::temp_dir().join(format!("mailtap-redaction-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    for login in logins().iter() {
        let runs = runs(&login.secret);
        let whole = captured(login, "");
        let half = whole.len() / 2;
        for (number, packets) in [&whole[..], &whole[half..]].into_iter().enumerate() {
            let file = folder.join("capture.pcap");
            let mut bytes = pcap(packets);
            // The second file ends in the middle of a packet, so there is something to say of it.
            bytes.truncate(bytes.len() - number);
            std::fs::write(&file, bytes).expect("a file");
            let arguments = ["read", "--redact", "--show", "all", "--width", "1000"];
            let done = Command::new(env!("CARGO_BIN_EXE_mailtap")).args(arguments).arg(&file).output().expect("a run");
            for output in [&done.stdout, &done.stderr] {
                assert!(!output.windows(RUN).any(|window| runs.contains(window)), "{}", login.name);
            }
        }
    }
    std::fs::remove_dir_all(&folder).expect("the folder is ours");
}
