//! Every parser that reads a whole line. The parsers of IMAP have no door of their own: `imap` goes through its dialogue.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailtap::protocol::{pop3, smtp};

fuzz_target!(|line: &[u8]| {
    if let Some(reply) = smtp::parse::reply_line(line) {
        let _ = format!("{reply:?}");
    }
    let _ = smtp::parse::enhanced(line);
    let command = smtp::parse::command_line(line);
    let _ = format!("{command:?}");
    for path in [smtp::parse::reverse_path(line), smtp::parse::forward_path(line)].into_iter().flatten() {
        assert!(path.len() <= line.len());
    }
    let _ = smtp::parse::chunk(line);
    let (_, response) = smtp::parse::auth(line);
    assert!(response.is_none_or(|range| line.get(range).is_some()));

    if let Some(command) = pop3::parse::command(line) {
        let _ = format!("{command:?}");
    }
    if let Some(reply) = pop3::parse::reply(line) {
        let _ = format!("{reply:?}");
    }
    let _ = (pop3::parse::challenge(line), pop3::parse::timestamp(line), pop3::parse::apop(line));
    if let Some(auth) = pop3::parse::auth(line) {
        let _ = format!("{auth:?}");
    }
    let _ = pop3::parse::numbers(line);
});
