//! Conversations. A step is written as one row: `n side kind [verb] text -> the step that it answers`.

mod chunks;
mod content;
mod cuts;
mod exchange;
mod extensions;
mod gaps;
mod hostile;
mod interruptions;
mod logins;
mod pairing;
mod pipelining;
mod replies;
mod rfc;
mod server_alone;
mod tls;
mod transactions;

use super::{Dialogue, Flavour};
use crate::protocol::event::{Delivery, Kind};
use crate::protocol::testing::{Recorder, talk, talk_in_pieces};

/// Plays an SMTP session, whole and cut into pieces of several sizes, with the same result.
fn smtp(script: &str) -> Recorder {
    session(Flavour::Smtp, script)
}

/// The same for LMTP.
fn lmtp(script: &str) -> Recorder {
    session(Flavour::Lmtp, script)
}

fn session(flavour: Flavour, script: &str) -> Recorder {
    let whole = talk(Dialogue::new(flavour), script);
    for size in [1, 2, 3, 7] {
        let cut = talk_in_pieces(Dialogue::new(flavour), script, size);
        assert_eq!(cut.rows(), whole.rows(), "in pieces of {size}");
        assert_eq!(told(&cut), told(&whole), "in pieces of {size}");
    }
    whole
}

/// Everything else that is reported, for comparing two runs of the same session.
fn told(told: &Recorder) -> String {
    let steps: Vec<_> = told.steps.iter().map(|s| (&s.subject, s.bytes, &s.arguments, &s.secrets)).collect();
    let Recorder { credentials, messages, transactions, client_name, banner, capabilities, tls, limits, .. } = told;
    format!(
        "{steps:?} {credentials:?} {messages:?} {transactions:?} {client_name:?} {banner:?} {capabilities:?} {tls:?} {limits:?}"
    )
}

/// One line a message: `from > to=code(/final code), …: size outcome`, `…` after the size of an incomplete one.
fn messages(told: &Recorder) -> Vec<String> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let code = |code: Option<u16>| code.map_or("?".to_owned(), |code| code.to_string());
    let message = |carried: &crate::protocol::testing::Carried| {
        let outcome = carried.outcome.clone().expect("an outcome");
        let envelope = outcome.envelope.expect("an envelope");
        let from = envelope.from.map_or("?".to_owned(), |from| text(&from));
        let recipient = |to: &crate::protocol::event::Recipient| {
            let last = to.final_code.map(|code| format!("/{code}")).unwrap_or_default();
            format!("{}={}{last}", text(&to.address), code(to.code))
        };
        let to: Vec<_> = envelope.to.iter().map(recipient).collect();
        let more = if carried.complete == Some(true) { "" } else { "…" };
        let outcome = match outcome.outcome.expect("what became of it") {
            Delivery::Accepted => "accepted",
            Delivery::Partly => "partly",
            Delivery::Rejected => "rejected",
            Delivery::Deferred => "deferred",
            Delivery::Unknown => "unknown",
        };
        format!("{from} > {}: {}{more} {outcome}", to.join(", "), carried.content.len())
    };
    told.messages.iter().map(message).collect()
}

/// `[verb] code` of every reply that answers a command, as `verb code`.
fn answered(told: &Recorder) -> Vec<String> {
    let code = |text: &str| text.chars().take(3).collect::<String>();
    let replies = told.steps.iter().filter_map(|step| {
        let asked = &told.steps[step.answers? as usize - 1];
        (asked.kind == Kind::Command)
            .then(|| format!("{} {}", asked.command.as_deref().unwrap_or("-"), code(&step.text)))
    });
    replies.collect()
}

/// The beginning of a session, for tests of something later.
const OPENING: &str = "
    S: 220 mail.example ESMTP
    C: EHLO client.example
    S: 250 mail.example
";

/// An envelope that is accepted, up to the 354.
const ENVELOPE: &str = "
    C: MAIL FROM:<a@x>
    S: 250 2.1.0 Ok
    C: RCPT TO:<b@y>
    S: 250 2.1.5 Ok
    C: DATA
    S: 354 go on
";
