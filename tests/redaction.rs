/*!
`--redact` shows no secret, however much of the login is not in the capture or is not understood.

Each login of each protocol is captured whole, then without each of its packets, with each snap length, from each of its
packets on, and behind each of several beginnings that do not belong to the protocol. No output may hold a run of the
secret's characters, as they are or in base64.
*/

mod support;

use data_encoding::BASE64;
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
const PASSWORD: &str = "Vx4kummelQz9w";

fn base64(text: &str) -> String {
    BASE64.encode(text.as_bytes())
}

/// A login: the server's port, what is said, and what must not be shown.
struct Login {
    name: String,
    port: u16,
    script: String,
    secret: Vec<u8>,
}

/// The logins of all protocols.
fn logins() -> Vec<Login> {
    let mut all = Vec::new();
    for (protocol, port) in [("smtp", 25), ("lmtp", 24), ("pop3", 110), ("imap", 143)] {
        for (name, said, secret) in exchanges(protocol) {
            let script = [before(protocol), said, after(protocol).to_owned()].concat();
            all.push(Login { name: format!("{protocol} {port} {name}"), port, script, secret });
        }
    }
    all
}

fn before(protocol: &str) -> String {
    match protocol {
        "smtp" => "S: 220 mx.example.test ESMTP\nC: EHLO client.example.test\nS: 250-mx.example.test\nS: 250 AUTH PLAIN LOGIN\n",
        "lmtp" => "S: 220 mx.example.test LMTP\nC: LHLO client.example.test\nS: 250-mx.example.test\nS: 250 AUTH PLAIN LOGIN\n",
        "pop3" => "S: +OK ready <17.4@example.test>\n",
        _ => "S: * OK [CAPABILITY IMAP4rev1 SASL-IR LITERAL+] ready\n",
    }
    .to_owned()
}

fn after(protocol: &str) -> &'static str {
    match protocol {
        "smtp" | "lmtp" => {
            "C: MAIL FROM:<ada@example.test>\nS: 250 2.1.0 sender\nC: RCPT TO:<bob@example.test>\nS: 250 2.1.5 recipient\n\
             C: DATA\nS: 354 go on\nC: Subject: hello\nC| \\r\\n\nC: text\nC: .\nS: 250 2.0.0 queued\nC: QUIT\nS: 221 bye\n"
        }
        "pop3" => {
            "C: STAT\nS: +OK 1 21\nC: RETR 1\nS: +OK 21 octets\nS: Subject: hello\\r\\n\\r\\ntext\nS: .\nC: QUIT\nS: +OK bye\n"
        }
        _ => "C: b SELECT INBOX\nS: * 0 EXISTS\nS: b OK done\nC: c LOGOUT\nS: * BYE\nS: c OK done\n",
    }
}

/// What is said in each login, and its secret.
fn exchanges(protocol: &str) -> Vec<(&'static str, String, Vec<u8>)> {
    let ok = match protocol {
        "smtp" | "lmtp" => "235 2.7.0 welcome",
        "pop3" => "+OK welcome",
        _ => "a OK welcome",
    };
    let no = match protocol {
        "smtp" | "lmtp" => "535 5.7.8 no",
        "pop3" => "-ERR no",
        _ => "a NO no",
    };
    let auth = if protocol == "imap" { "a AUTHENTICATE" } else { "AUTH" };
    let go = if matches!(protocol, "smtp" | "lmtp") { "334 " } else { "+ " };
    let plain = base64(&format!("\0ada\0{PASSWORD}"));
    let password = base64(PASSWORD);
    let name = base64("ada@example.test");
    let digest = "9c1e5f0a7b3d2846e5a10c9f8b7d6e42";
    let cram = base64(&format!("ada {digest}"));
    let bearer = "ya29.Plover-KvTokq7Zx33_twelve";
    let proof = BASE64.encode(b"\x91\x07proof of twenty \xfe!");
    let first = base64("n,,n=ada,r=fyko");
    let challenge = base64("r=fykoXYZ,s=QSXCR+Q6sek8bf92,i=4096");
    let last = base64(&format!("c=biws,r=fykoXYZ,p={proof}"));
    let response = *b"kP\x01z9\xf0Qm!7W\x0fT\x80Lg3xR\x99Vj5N";
    let [ntlm_1, ntlm_2, ntlm_3] = ntlm(&response);
    let secret = || PASSWORD.as_bytes().to_vec();
    let mut all = vec![
        ("PLAIN at once", format!("C: {auth} PLAIN {plain}\nS: {ok}\n"), secret()),
        ("PLAIN", format!("C: {auth} PLAIN\nS: {go}\nC: {plain}\nS: {ok}\n"), secret()),
        ("PLAIN refused", format!("C: {auth} PLAIN\nS: {go}\nC: {plain}\nS: {no}\n"), secret()),
        (
            "LOGIN",
            format!("C: {auth} LOGIN\nS: {go}VXNlcm5hbWU6\nC: {name}\nS: {go}UGFzc3dvcmQ6\nC: {password}\nS: {ok}\n"),
            secret(),
        ),
        (
            "LOGIN refused",
            format!("C: {auth} LOGIN\nS: {go}VXNlcm5hbWU6\nC: {name}\nS: {go}UGFzc3dvcmQ6\nC: {password}\nS: {no}\n"),
            secret(),
        ),
        ("LOGIN at once", format!("C: {auth} LOGIN {name}\nS: {go}UGFzc3dvcmQ6\nC: {password}\nS: {ok}\n"), secret()),
        ("CRAM-MD5", format!("C: {auth} CRAM-MD5\nS: {go}PDEyQG14Pg==\nC: {cram}\nS: {ok}\n"), digest.into()),
        (
            "SCRAM",
            format!(
                "C: {auth} SCRAM-SHA-256 {first}\nS: {go}{challenge}\nC: {last}\nS: {go}dj1ab2U=\nC| \\r\\n\nS: {ok}\n"
            ),
            proof.into(),
        ),
        (
            "NTLM",
            format!("C: {auth} NTLM\nS: {go}\nC: {ntlm_1}\nS: {go}{ntlm_2}\nC: {ntlm_3}\nS: {no}\n"),
            response.to_vec(),
        ),
        (
            "XOAUTH2",
            format!("C: {auth} XOAUTH2 {}\nS: {ok}\n", base64(&format!("user=ada\x01auth=Bearer {bearer}\x01\x01"))),
            bearer.into(),
        ),
        (
            "OAUTHBEARER",
            format!(
                "C: {auth} OAUTHBEARER\nS: {go}\nC: {}\nS: {ok}\n",
                base64(&format!("n,a=ada,\x01host=mx\x01auth=Bearer {bearer}\x01\x01"))
            ),
            bearer.into(),
        ),
    ];
    let echoes = match protocol {
        "smtp" | "lmtp" => [
            format!("500 5.5.1 unrecognized: {PASSWORD}"),
            format!("535-5.7.8 not with\nS: 535 5.7.8 {password}"),
            format!("Error: {PASSWORD} is unknown"),
        ],
        "pop3" => {
            [format!("-ERR {PASSWORD}?"), format!("-ERR [AUTH] not {password}"), format!("ERR {PASSWORD} is wrong")]
        }
        _ => [
            format!("a BAD Unknown command {PASSWORD}"),
            format!("* BAD {PASSWORD}?\nS: a NO not {password}"),
            format!("a NO [AUTHENTICATIONFAILED] {PASSWORD} (0.001 + 0.000 secs)."),
        ],
    };
    for echo in echoes {
        all.push(("PLAIN echoed", format!("C: {auth} PLAIN\nS: {go}\nC: {plain}\nS: {echo}\n"), secret()));
        let typed =
            format!("C: {auth} LOGIN\nS: {go}VXNlcm5hbWU6\nC: {name}\nS: {go}UGFzc3dvcmQ6\nC: {PASSWORD}\nS: {echo}\n");
        all.push(("LOGIN typed and echoed", typed, secret()));
        match protocol {
            "pop3" => {
                all.push(("USER echoed", format!("C: USER ada\nS: +OK\nC: PASS {PASSWORD}\nS: {echo}\n"), secret()))
            }
            "imap" => all.push(("LOGIN echoed", format!("C: a LOGIN ada {PASSWORD}\nS: {echo}\n"), secret())),
            _ => all.push(("a password alone", format!("C: {PASSWORD}\nS: {echo}\n"), secret())),
        }
    }
    let welcome = format!("C: {auth} PLAIN\nS: {go}\nC: {plain}\nS: {ok} {PASSWORD}\n");
    all.push(("PLAIN welcomed", welcome, secret()));
    if protocol == "pop3" {
        all.push(("USER welcomed", format!("C: USER ada\nS: +OK\nC: PASS {PASSWORD}\nS: {ok} {PASSWORD}\n"), secret()));
        all.push(("USER", format!("C: USER ada\nS: +OK\nC: PASS {PASSWORD}\nS: {ok}\n"), secret()));
        all.push(("USER refused", format!("C: USER ada\nS: +OK\nC: PASS {PASSWORD}\nS: -ERR no\n"), secret()));
        all.push(("APOP", format!("C: APOP ada {digest}\nS: {ok}\n"), digest.into()));
    }
    if protocol == "imap" {
        all.push(("a password as the tag", format!("C: {PASSWORD}\nS: {PASSWORD} BAD unknown\n"), secret()));
        let length = PASSWORD.len();
        all.push(("LOGIN quoted", format!("C: a LOGIN \"ada\" \"{PASSWORD}\"\nS: {ok}\n"), secret()));
        all.push(("LOGIN atom", format!("C: a LOGIN ada {PASSWORD}\nS: {ok}\n"), secret()));
        let literal = format!("C: a LOGIN {{3}}\nS: + go\nC: ada {{{length}}}\nS: + go\nC: {PASSWORD}\nS: {ok}\n");
        all.push(("LOGIN literal", literal, secret()));
        let plus = format!("C: a LOGIN {{3+}}\nC: ada {{{length}+}}\nC: {PASSWORD}\nS: {ok}\n");
        all.push(("LOGIN literal+", plus, secret()));
    }
    all
}

/// The three messages of NTLM, in base64 (MS-NLMP, section 2.2.1).
fn ntlm(response: &[u8; 24]) -> [String; 3] {
    let field = |length: u8, at: u8| [length, 0, length, 0, at, 0, 0, 0];
    let negotiate = [b"NTLMSSP\0\x01\0\0\0\x07\x82\x08\xa2".as_slice(), &[0; 16]].concat();
    let challenge = [
        b"NTLMSSP\0\x02\0\0\0".as_slice(),
        &field(4, 48),
        b"\x05\x82\x89\xa2CHALLENG",
        &[0; 8],
        &field(0, 52),
        b"d\0m\0",
    ]
    .concat();
    let user = b"a\0d\0a\0";
    let fields = [field(0, 64), field(24, 64), field(0, 88), field(6, 88), field(0, 94), field(0, 94)];
    let authenticate =
        [b"NTLMSSP\0\x03\0\0\0".as_slice(), &fields.concat(), b"\x05\x82\x88\xa2", response, user].concat();
    [negotiate, challenge, authenticate].map(|message| BASE64.encode(&message))
}

/// What may stand before a dialogue.
const PREFIXES: [&str; 10] = [
    "C: PROXY TCP4 192.0.2.7 198.51.100.9 40000 25\n",
    r"C| \r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x07\xc63d\x09\x9c@\0\x19",
    "C: a stray line\n",
    "S: a stray line\n",
    "S: SSH-2.0-OpenSSH_9.2\n",
    "C| AUT\n",
    "C| \\r\\n\n",
    "C: CONNECT mx.example.test:25 HTTP/1.1\nC| \\r\\n\nS: HTTP/1.1 200 ok\nS| \\r\\n\n",
    "S: 4.7.0 not now\n",
    "C: NOOP\n",
];

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
    table::Options { style: Style { width: 1_000, colour: false }, show: Show::ALL, lang, text_limit: 4_096 }
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

    /// In the JSON of these packets.
    fn look(&mut self, packets: &[Packet], how: &str) {
        self.search(lines(&pcap(packets)), how);
    }

    /// In every output.
    fn look_everywhere(&mut self, packets: &[Packet], how: &str) {
        self.search(written(&pcap(packets)), how);
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

/// Looks at every login, in two threads.
fn every_login(look: impl Fn(&Login, &mut Search<'_>) + Sync) {
    let logins = logins();
    let halves = logins.split_at(logins.len() / 2);
    let search = |logins: &[Login]| -> Vec<String> {
        let each = |login: &Login| {
            let mut search = Search::of(login);
            look(login, &mut search);
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
    every_login(|login, search| {
        let whole = captured(login, "");
        search.look_everywhere(&whole, "whole");
        for lost in (0..whole.len()).filter(|&n| whole[n].payload() > 0) {
            let rest = [&whole[..lost], &whole[lost + 1..]].concat();
            search.look(&rest, &format!("without packet {}", lost + 1));
        }
    });
}

#[test]
fn a_login_that_is_cut_short_shows_no_secret() {
    every_login(|login, search| {
        let whole = captured(login, "");
        for length in 54..=120 {
            search.look(&snapped(&whole, length), &format!("snap length {length}"));
        }
    });
}

#[test]
fn a_login_that_begins_before_the_capture_shows_no_secret() {
    every_login(|login, search| {
        let whole = captured(login, "");
        for first in 1..whole.len() {
            search.look(&whole[first..], &format!("from packet {}", first + 1));
        }
    });
}

#[test]
fn a_login_behind_something_else_shows_no_secret() {
    every_login(|login, search| {
        for prefix in PREFIXES {
            search.look_everywhere(&captured(login, prefix), &format!("after {prefix:?}"));
        }
    });
}

/// The fixtures whose passwords can be told from user names and other words: without each of their first packets, and
/// with some snap lengths.
#[test]
fn no_fixture_shows_a_password() {
    for (name, file) in support::fixtures() {
        let Ok(truth) = std::fs::read_to_string(file.with_file_name("truth.json")) else { continue };
        let truth: serde_json::Value = serde_json::from_str(&truth).expect("JSON");
        let bytes = std::fs::read(&file).expect("a file");
        let Some(records) = records(&bytes) else { continue };
        for credential in truth["credentials"].as_array().into_iter().flatten() {
            let Some(password) = credential["password"].as_str() else { continue };
            if !password.contains(['-', ' ']) || credential["username"] == password {
                continue;
            }
            let check = |capture: Vec<u8>, how: &str| {
                let shown = String::from_utf8_lossy(&lines(&capture)[0].1).into_owned();
                assert!(!shown.contains(password) && !shown.contains(&base64(password)), "{name} {how}");
            };
            for lost in 0..records.len().min(30) {
                let rest = [&records[..lost], &records[lost + 1..]].concat().concat();
                check([&bytes[..24], &rest].concat(), &format!("without packet {}", lost + 1));
            }
            for length in [60, 80, 90, 100, 110] {
                let cut = |record: &Vec<u8>| {
                    let kept = (record.len() - 16).min(length);
                    [&record[..8], &(kept as u32).to_le_bytes(), &record[12..16 + kept]].concat()
                };
                check([&bytes[..24], &records.iter().map(cut).collect::<Vec<_>>().concat()].concat(), "cut");
            }
        }
    }
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
    for login in logins() {
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
