/*!
The kit for rules' tests: a conversation as `C:`/`S:` text becomes a session as it does in the pipeline (detector,
dialogue, [`Builder`]), with exactly what the rule under test declares as its needs; then the rule checks it.

```text
has!(a_name, "S: 220 mx\nC: EHLO a\nS: 250 mx");                    the rule of the file finds something
has!(a_name, "S: 220 mx\nC: EHLO a\nS: 250 mx" => [1, 3]);          and these steps are its evidence
has_not!(a_name, "S: 220 mx\nC: EHLO a\nS: 250 mx");                it finds nothing
```

The script's language is that of the dialogues' tests, and has more lines:
- `! syn`, `! syn-ack`, `! fin SIDE`, `! rst SIDE [TTL]`, `! icmp`, `! icmp MTU` (too big): a packet that begins or ends
  the connection; `! on`: a packet of the side of the first RST, or after an ICMP error, that shows that it goes on;
  `! open`: the capture ends first;
- `@ 2.5`: 2.5 seconds pass;
- `--- client 10.0.0.9, server 10.0.0.25:993`: another session begins; an end that is not named has its default address.
  A server's port says which protocol to expect, and whether TLS begins with the first byte.

What held the connection up has lines of its own, in `testing/stalls.rs`.

Packets are a second apart. Without a `server`, the port is that of the protocol detected, and SMTP or LMTP is expected.
*/

mod ends;
mod stalls;
pub mod tls;

use super::{Needs, Rule, is_silent, rules, software};
use crate::capture::Time;
use crate::flow::{Counters, Endpoints, PacketRef, Side, Stalls, Transport};
use crate::protocol::Protocol;
use crate::protocol::detect::{self, Detection, Detector};
use crate::protocol::ports::{Hint, Ports};
use crate::protocol::testing::script::{self, Line};
use crate::session::{Builder, Session};
use std::net::SocketAddr;

/// A test that the file's rule finds something in a script, and where.
macro_rules! has {
    ($name:ident, $script:expr) => {
        #[test]
        fn $name() {
            assert_ne!($crate::verdict::testing::evidence(&super::RULE, $script), None);
        }
    };
    ($name:ident, $script:expr => $steps:expr) => {
        #[test]
        fn $name() {
            assert_eq!($crate::verdict::testing::evidence(&super::RULE, $script), Some($steps.to_vec()));
        }
    };
}

/// A test that the file's rule finds nothing in a script.
macro_rules! has_not {
    ($name:ident, $script:expr) => {
        #[test]
        fn $name() {
            assert_eq!($crate::verdict::testing::evidence(&super::RULE, $script), None);
        }
    };
}

/// Packet time at which the first session begins: seconds since 1970.
const START: i64 = 1_260_252_000;

/// The evidence of `rule` in the first session of `script` that has its finding: the steps of all its findings there.
///
/// # Panics
/// Where the rule finds something else once more is computed than it declares as its needs, or a rule that says that it
/// finds nothing where nothing was said finds something in a session of `script` without all that was said, or one that asks
/// which programs speak finds something where neither says it ([`software::is_claimed`]).
pub fn evidence(rule: &Rule, script: &str) -> Option<Vec<u32>> {
    sessions(script, Needs::ALL).into_iter().for_each(find_nothing_in_silence);
    let look = |mut session| {
        let untold = (!software::is_claimed(&session)).then(|| rule.look(&session));
        software::tell(&mut session);
        let found = rule.look(&session);
        assert!(untold.is_none_or(|untold| untold == found), "{} asks which programs speak", rule.id);
        found
    };
    let find = |needs| sessions(script, needs).into_iter().map(look).find(|found| !found.is_empty());
    let found = find(rule.needs);
    assert_eq!(found, find(Needs::ALL), "{} reads what it does not say that it needs", rule.id);
    found.map(|findings| {
        let mut steps: Vec<u32> = findings.into_iter().flat_map(|finding| finding.steps).collect();
        steps.sort_unstable();
        steps.dedup();
        steps
    })
}

/// Tries all rules that say that they find nothing where nothing was said on what is left of `session`.
fn find_nothing_in_silence(mut session: Session) {
    session.steps = Default::default();
    session.credentials = Default::default();
    session.unheeded = Default::default();
    session.transactions = Default::default();
    session.messages = Default::default();
    session.tls = Default::default();
    assert!(is_silent(&session));
    for rule in rules::ALL.iter().filter(|rule| !rule.in_silence) {
        assert_eq!(rule.look(&session), [], "{} is not asked where nothing was said", rule.id);
    }
}

/// The sessions of `script`, numbered from 1, with what `needs` asks for.
pub fn sessions(script: &str, needs: Needs) -> Vec<Session> {
    let mut clock = Clock { packet: 0, microseconds: START * 1_000_000 };
    let mut parts = vec![(String::new(), String::new())];
    for line in script.lines() {
        match (line.trim().strip_prefix("---"), parts.last_mut()) {
            (None, Some((_, part))) => part.extend([line, "\n"]),
            (heading, _) => parts.push((heading.unwrap_or_default().to_owned(), String::new())),
        }
    }
    // A script may begin with a heading.
    parts.retain(|(_, part)| !part.trim().is_empty());
    let played = parts.iter().map(|(heading, part)| played(heading, part, needs, &mut clock));
    played.zip(1..).map(|(session, id)| Session { id, ..session }).collect()
}

/// The only session of `script`.
pub fn session(script: &str, needs: Needs) -> Session {
    let mut sessions = sessions(script, needs);
    assert_eq!(sessions.len(), 1, "one session");
    sessions.remove(0)
}

struct Clock {
    packet: u64,
    microseconds: i64,
}

impl Clock {
    fn next(&mut self) -> PacketRef {
        self.packet += 1;
        self.microseconds += 1_000_000;
        PacketRef { packet: self.packet, time: Time::from_microseconds(self.microseconds) }
    }
}

/// Bytes that cross, or a gap.
enum Crossing {
    Data(Side, Vec<u8>, PacketRef),
    Gap(Side, u64, PacketRef),
}

fn played(heading: &str, part: &str, needs: Needs, clock: &mut Clock) -> Session {
    let mut crossings = Vec::new();
    let mut counters = Counters::default();
    let mut held_up = Stalls::default();
    let mut edges = ends::Edges::default();
    let mut span: Option<(PacketRef, PacketRef)> = None;
    for line in part.lines() {
        if let Some(edge) = line.trim().strip_prefix("! ") {
            counters.packets += 1;
            let at = clock.next();
            span = Some((span.map_or(at, |(first, _)| first), at));
            edges.take(edge, at);
            continue;
        }
        if stalls::read(line, &mut held_up, &mut counters) {
            continue;
        }
        if let Some(seconds) = line.trim().strip_prefix("@ ") {
            let seconds: f64 = seconds.parse().expect("seconds");
            clock.microseconds += (seconds * 1e6) as i64;
            continue;
        }
        for line in script::lines(line) {
            counters.packets += 1;
            let at = clock.next();
            span = Some((span.map_or(at, |(first, _)| first), at));
            crossings.push(match line {
                Line::Said(side, bytes) => {
                    edges.said(side, at);
                    match side {
                        Side::Client => counters.client_bytes += bytes.len() as u64,
                        Side::Server => counters.server_bytes += bytes.len() as u64,
                    }
                    Crossing::Data(side, bytes, at)
                }
                Line::Missing(side, missing) => {
                    let lost = match side {
                        Side::Client => &mut counters.client_missing,
                        Side::Server => &mut counters.server_missing,
                    };
                    *lost += missing;
                    Crossing::Gap(side, missing, at)
                }
            });
        }
    }
    let Some((first, last)) = span else { panic!("a session in which nothing crosses: {part}") };
    let (client, server) = addresses(heading);
    let is_lmtp = part.contains("C: LHLO");
    let hint = match server {
        Some(server) => Ports::default().get(server.port()),
        None => Some(Hint { protocol: if is_lmtp { Protocol::Lmtp } else { Protocol::Smtp }, implicit_tls: false }),
    };
    let found = match (hint, crossings.is_empty()) {
        (Some(hint), true) => hint,
        _ => detected(hint, &crossings),
    };
    let server = server.unwrap_or_else(|| SocketAddr::from(([192, 0, 2, 25], usual_port(found.protocol))));
    let end = edges.end();
    let (left, ends) = edges.into_parts();
    let transport = Transport {
        endpoints: Endpoints { client, server },
        first,
        first_sequence: 0,
        last,
        end,
        left,
        from_start: true,
        counters,
        conflicts: Default::default(),
        stalls: held_up,
        ends,
    };
    let mut builder = Builder::new(found.protocol, needs);
    let mut dialogue = detect::dialogue(found, None, &mut builder);
    for crossing in &crossings {
        match crossing {
            Crossing::Data(side, bytes, at) => dialogue.data(*side, bytes, *at, &mut builder),
            Crossing::Gap(side, missing, at) => dialogue.gap(*side, *missing, *at, &mut builder),
        }
    }
    dialogue.end(&mut builder);
    builder.finish(transport)
}

fn detected(hint: Option<Hint>, crossings: &[Crossing]) -> Hint {
    let mut detector = Detector::new(hint);
    for crossing in crossings {
        let detection = match crossing {
            Crossing::Data(side, bytes, at) => detector.data(*side, bytes, *at),
            Crossing::Gap(side, missing, at) => detector.gap(*side, *missing, *at),
        };
        match detection {
            Detection::Certain(found) => return found,
            Detection::Unsure => {}
            Detection::NotForUs => panic!("no mail"),
        }
    }
    match detector.last_resort(detect::When::Over) {
        Detection::Certain(found) => found,
        Detection::Unsure | Detection::NotForUs => panic!("no mail"),
    }
}

fn addresses(heading: &str) -> (SocketAddr, Option<SocketAddr>) {
    let (mut client, mut server) = (SocketAddr::from(([192, 0, 2, 1], 40_000)), None);
    for part in heading.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        match part.split_once(' ') {
            Some(("client", address)) => client.set_ip(address.parse().expect("an address")),
            Some(("server", address)) => server = Some(address.parse().expect("an address and a port")),
            _ => panic!("not `client ADDRESS` or `server ADDRESS:PORT`: {part}"),
        }
    }
    (client, server)
}

fn usual_port(protocol: Protocol) -> u16 {
    match protocol {
        Protocol::Smtp => 25,
        Protocol::Lmtp => 24,
        Protocol::Pop3 => 110,
        Protocol::Imap => 143,
    }
}

/// The line of a script in which the client sends a ClientHello.
pub fn hello() -> String {
    let body = [&[3, 3][..], &[7; 32], &[0, 0, 2, 0x13, 1, 1, 0]].concat();
    let message = [&[1, 0, 0, body.len() as u8][..], &body].concat();
    let record = [&[22, 3, 1, 0, message.len() as u8][..], &message].concat();
    record.iter().fold("C| ".to_owned(), |line, byte| line + &format!("\\x{byte:02x}"))
}

mod tests {
    use super::{Needs, session, sessions};
    use crate::protocol::Protocol;

    #[test]
    fn a_script_becomes_the_sessions_that_the_pipeline_makes() {
        let script = "
            S: 220 mx
            C: EHLO a
            @ 2.5
            S: 250 mx
            --- client 10.0.0.9, server 10.0.0.25:2525
            S: 220 mx
            C: QUIT
            ---
            S: * OK ready
            ---
            S: 220 mx
            C: LHLO a
            ---
            S: +OK ready";
        let all = sessions(script, Needs::ALL);
        let protocols: Vec<Protocol> = all.iter().map(|session| session.protocol).collect();
        use Protocol::{Imap, Lmtp, Pop3, Smtp};
        assert_eq!(protocols, [Smtp, Smtp, Imap, Lmtp, Pop3]);
        assert_eq!(all[0].steps[2].elapsed.nanoseconds(), Some(3_500_000_000));
        let endpoints = all[1].transport.endpoints;
        assert_eq!(
            (endpoints.client.to_string(), endpoints.server.to_string()),
            ("10.0.0.9:40000".into(), "10.0.0.25:2525".into())
        );
        assert_eq!(all[4].transport.endpoints.server.port(), 110);
    }

    #[test]
    fn texts_are_there_only_where_they_are_needed() {
        let script = "S: 220 mx\nC: EHLO a";
        assert_eq!(&*session(script, Needs::NONE).steps[1].text, "");
        assert_eq!(&*session(script, Needs::TEXTS).steps[1].text, "EHLO a");
    }
}
