//! No secret is formatted by accident. Logins arrive byte by byte, and after each byte all state that holds a piece of
//! them is formatted and searched.

use super::Builder;
use crate::capture::Time;
use crate::flow::{PacketRef, Side};
use crate::protocol::channel::Stack;
use crate::protocol::detect::{self, Detector};
use crate::protocol::event::{Credential, Kind, Sink, Step, StepId, forward};
use crate::protocol::ports::Hint;
use crate::protocol::secret::Secret;
use crate::protocol::testing::script::{self, Line};
use crate::protocol::{Protocol, sasl};
use crate::session::plan::Needs;
use data_encoding::BASE64;
use memchr::memmem;
use std::fmt::Debug;

/// This many characters of a secret are as bad as the whole.
const PIECE: usize = 6;

/// The forms in which a secret must not appear.
struct Forms(Vec<String>);

impl Forms {
    /// Each secret as it is and in capitals, in base64 at each of the three alignments, and as a list of bytes.
    fn of(secrets: &[&str]) -> Self {
        let of_one = |secret: &str| {
            let piece = &secret[..PIECE];
            let encoded = (0..3).map(|before| {
                let padded = ["\0".repeat(before).as_str(), secret].concat();
                // Without the characters that hold bits of the neighbours.
                BASE64.encode(padded.as_bytes())[(before * 8).div_ceil(6)..][..PIECE].to_owned()
            });
            let lists = [piece.to_owned(), BASE64.encode(secret.as_bytes())[..PIECE].to_owned()].map(|text| {
                let list = format!("{:?}", text.as_bytes());
                list.trim_matches(['[', ']']).to_owned()
            });
            let capitals = piece.to_uppercase();
            Vec::from_iter([piece.to_owned(), capitals].into_iter().chain(encoded).chain(lists))
        };
        Self(secrets.iter().flat_map(|secret| of_one(secret)).collect())
    }

    fn are_absent(&self, what: &impl Debug) {
        let shown = format!("{what:?}");
        for form in &self.0 {
            assert!(memmem::find(shown.as_bytes(), form.as_bytes()).is_none(), "{form} is in {shown}");
        }
    }
}

/// Formats every step and credential, searches the result for secrets, and forwards it to a [`Builder`].
struct Formatting<'a>(Builder, &'a Forms, Vec<Credential>);

impl Sink for Formatting<'_> {
    fn step(&mut self, step: Step<'_>) -> StepId {
        self.1.are_absent(&step);
        self.0.step(step)
    }

    fn credential(&mut self, credential: Credential) {
        self.1.are_absent(&credential);
        self.2.push(credential.clone());
        self.0.credential(credential);
    }

    forward! {
        message content content_mark content_missing content_step content_part unique_id content_end message_outcome
        transaction client_name banner capabilities tls proxied limit
    }
}

/// Plays `script` in packets of `size` bytes, and looks for `secrets` after each. Returns the logins.
fn played(protocol: Protocol, script: &str, secrets: &[&str], size: usize) -> Vec<Credential> {
    let forms = Forms::of(secrets);
    let hint = Hint { protocol, implicit_tls: false };
    let mut out = Formatting(Builder::new(protocol, Needs::ALL), &forms, Vec::new());
    let mut detector = Detector::new(Some(hint));
    let mut stack: Stack = detect::dialogue(hint, None, &mut out);
    let mut packet = 0;
    for line in script::lines(script) {
        packet += 1;
        let at = PacketRef { packet, time: Time::from_microseconds(packet as i64) };
        match line {
            Line::Missing(side, missing) => stack.gap(side, missing, at, &mut out),
            Line::Said(side, bytes) => {
                for piece in bytes.chunks(size) {
                    detector.data(side, piece, at);
                    stack.data(side, piece, at, &mut out);
                    if side == Side::Client {
                        forms.are_absent(&detector);
                        forms.are_absent(&stack);
                    }
                }
            }
        }
        forms.are_absent(&stack);
        forms.are_absent(&out.0);
    }
    stack.end(&mut out);
    forms.are_absent(&stack);
    forms.are_absent(&out.0.so_far());
    assert!(out.0.so_far().steps.iter().any(|step| step.kind == Kind::Command));
    out.2
}

const PASSWORD: &str = "tanstaaftanstaaf";
/// `tim` and [`PASSWORD`] as PLAIN.
const PLAIN: &str = "AHRpbQB0YW5zdGFhZnRhbnN0YWFm";
const DIGEST: &str = "b913a602c7eda7a495b4e6e7334d3890";
const TOKEN: &str = "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg";

/// A mechanism, the lines after its name (`C`, and `S` for a challenge), and the secret in them.
type Script = (&'static str, Vec<(char, String)>, &'static str);

/// One exchange of each mechanism.
fn exchanges() -> [Script; 5] {
    let b64 = |text: &str| BASE64.encode(text.as_bytes());
    let (c, s) = (|text: String| ('C', text), |text: String| ('S', text));
    [
        ("PLAIN", vec![s(String::new()), c(PLAIN.to_owned())], PASSWORD),
        ("LOGIN", vec![s(b64("Username:")), c(b64("tim")), s(b64("Password:")), c(b64(PASSWORD))], PASSWORD),
        ("CRAM-MD5", vec![s(b64("<1896.697170952@x.example>")), c(b64(&format!("tim {DIGEST}")))], DIGEST),
        ("XOAUTH2", vec![s(String::new()), c(b64(&format!("user=tim\x01auth=Bearer {TOKEN}\x01\x01")))], TOKEN),
        ("X-UNKNOWN", vec![s(String::new()), c(b64(PASSWORD))], PASSWORD),
    ]
}

/// Each exchange as a script, and those of a single response also with it in the command's line, and out of order.
fn scripts(greeting: &str, auth: &str, challenge: &str, accepted: &str) -> Vec<(String, &'static str)> {
    let mut scripts = Vec::new();
    for (mechanism, rounds, secret) in exchanges() {
        let mut script = format!("{greeting}\nC: {auth} {mechanism}\n");
        for (side, text) in &rounds {
            let before = if *side == 'S' { challenge } else { "" };
            script += &format!("{side}: {before}{text}\n");
        }
        scripts.push((format!("{script}{accepted}\n"), secret));
        if let [(_, empty), (_, response)] = &rounds[..]
            && empty.is_empty()
        {
            scripts.push((format!("{greeting}\nC: {auth} {mechanism} {response}\n{accepted}\n"), secret));
            // Sent before the greeting; and interrupted by gaps.
            scripts.push((format!("C: {auth} {mechanism} {response}\nC: {response}\n{greeting}\n"), secret));
            scripts.push((
                format!("{greeting}\nC: {auth} {mechanism}\nS~ 9\nC: {response}\nC~ 9\nC: {response}\n"),
                secret,
            ));
        }
    }
    scripts
}

fn check(protocol: Protocol, scripts: &[(String, &'static str)]) {
    for (script, secret) in scripts {
        for size in [1, usize::MAX] {
            played(protocol, script, &[secret], size);
        }
    }
}

#[test]
fn smtp_formats_no_secret() {
    let scripts = scripts("S: 220 mx\nC: EHLO a\nS: 250 mx", "AUTH", "334 ", "S: 235 ok");
    check(Protocol::Smtp, &scripts);
    // Input sent right behind STARTTLS waits for the reply, and then belongs to TLS.
    let behind = format!("S: 220 mx\nC: STARTTLS\nC: AUTH PLAIN {PLAIN}\nS: 220 go\nS: 235 ok");
    check(Protocol::Smtp, &[(behind, PASSWORD)]);
}

#[test]
fn pop3_formats_no_secret() {
    check(Protocol::Pop3, &scripts("S: +OK ready", "AUTH", "+ ", "S: +OK in"));
    let greeting = "S: +OK ready <1896.697170952@x.example>";
    let others = [
        (format!("{greeting}\nC: USER tim\nS: +OK\nC: PASS {PASSWORD}\nS: +OK in"), PASSWORD),
        (format!("C: USER tim\nC: PASS {PASSWORD}\nS~ 9\nC: {PASSWORD}"), PASSWORD),
        (format!("{greeting}\nC: APOP tim {DIGEST}\nS: +OK in"), DIGEST),
    ];
    check(Protocol::Pop3, &others);
}

#[test]
fn imap_formats_no_secret() {
    check(Protocol::Imap, &scripts("S: * OK ready", "a1 AUTHENTICATE", "+ ", "S: a1 OK in"));
    let length = PASSWORD.len();
    let others = [
        format!("C: a1 LOGIN tim {PASSWORD}\nS: a1 OK in"),
        format!("C: a1 LOGIN \"tim\" \"{PASSWORD}\"\nS: a1 NO out"),
        format!("C: a1 LOGIN {{3}}\nS: + go\nC: tim {{{length}}}\nS: + go\nC: {PASSWORD}\nS: a1 OK in"),
        format!("C: a1 LOGIN {{3+}}\nC: tim {{{length}+}}\nC: {PASSWORD}\nS: a1 OK in"),
        // The server has not asked for the literal.
        format!("C: a1 LOGIN tim {{{length}}}\nC: {PASSWORD}\nC: a2 NOOP"),
        // Neither tag nor verb.
        format!("C: {PASSWORD}\nS: * BAD what\nC: a2 NOOP"),
    ];
    check(Protocol::Imap, &others.map(|script| (format!("S: * OK ready\n{script}"), PASSWORD)));
}

/// The secrets are reported, although they are not formatted.
#[test]
fn the_secrets_are_reported() {
    let revealed = |secret: &Option<Secret<Vec<u8>>>| secret.as_ref().map(|secret| secret.reveal().to_vec());
    let script = format!("S: +OK ready\nC: AUTH PLAIN {PLAIN}\nS: +OK in");
    let [login] = &played(Protocol::Pop3, &script, &[PASSWORD], 1)[..] else { panic!("one log-in") };
    assert_eq!(revealed(&login.password), Some(PASSWORD.into()));
    assert_eq!(login.wire_forms, [Secret::new(PLAIN)]);
    assert!(sasl::Mechanism::is_known("PLAIN") && !sasl::Mechanism::is_known("X-UNKNOWN"));
}
