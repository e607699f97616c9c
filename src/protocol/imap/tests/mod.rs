//! Conversations: their steps are the same, however TCP has cut them.

mod broken;
mod compress;
mod examples;
mod extensions;
mod header_and_text;
mod literals;
mod logins;
mod oracle;
mod partial;
mod quotes;
mod short_literal;
mod unseen_logins;
mod without_leave;

use super::Dialogue;
use crate::protocol::event::Kind;
use crate::protocol::testing::{Recorder, talk, talk_in_pieces};

/// Plays `script`, whole and in pieces, and checks that the pieces make no difference.
fn played(script: &str) -> Recorder {
    let whole = talk(Dialogue::new(), script);
    assert_eq!(whole.stood_for(), whole.said, "every byte belongs to a step");
    for size in [1, 2, 3, 7] {
        let pieces = talk_in_pieces(Dialogue::new(), script, size);
        assert_eq!(pieces.rows(), whole.rows(), "by {size}");
        assert_eq!(facts(&pieces), facts(&whole), "by {size}");
    }
    whole
}

/// Everything that was emitted beside the rows, without what depends on packets.
fn facts(told: &Recorder) -> String {
    let secrets: Vec<_> =
        told.steps.iter().map(|step| (step.bytes, &step.tag, &step.arguments, &step.secrets)).collect();
    let about = (&told.banner, &told.client_name, &told.capabilities, &told.tls, &told.limits);
    format!("{secrets:?} {about:?} {:?} {:?}", told.credentials, told.messages)
}

/// The tagged replies as `command status`.
fn answers(told: &Recorder) -> Vec<String> {
    let replies = told.steps.iter().filter(|step| step.kind == Kind::Reply);
    let status = |text: &str| text.split(' ').nth(1).unwrap_or_default().to_owned();
    replies
        .map(|reply| {
            let asked = reply.answers.and_then(|n| told.steps[n as usize - 1].command.clone());
            format!("{} {}", asked.unwrap_or_default(), status(&reply.text))
        })
        .collect()
}

/// The messages as `mailbox number/uid part: content`, with `…` where the end is missing.
fn messages(told: &Recorder) -> Vec<String> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    told.messages
        .iter()
        .map(|message| {
            let start = &message.start;
            let uid = start.uid.or(message.outcome.as_ref().and_then(|outcome| outcome.uid));
            format!(
                "{} {}/{} {}: {}{}",
                start.mailbox.as_deref().map_or("?".into(), text),
                start.number.map_or("?".into(), |number| number.to_string()),
                uid.map_or("?".into(), |uid| uid.to_string()),
                start.part.as_deref().unwrap_or("whole"),
                text(&message.content).escape_debug(),
                if message.complete == Some(true) { "" } else { "…" }
            )
        })
        .collect()
}
