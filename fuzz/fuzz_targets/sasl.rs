//! A SASL exchange: a line for the mechanism, then one a round; one that begins with `S` is the server's.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailtap::protocol::event::LoginOutcome;
use mailtap::protocol::sasl::Exchange;

fuzz_target!(|data: &[u8]| {
    let mut lines = data.split(|&byte| byte == b'\n');
    let mut exchange = Exchange::new(lines.next().unwrap_or_default());
    exchange.add_step(1);
    for (step, line) in (2..).zip(lines) {
        match line {
            [b'S', challenge @ ..] => exchange.challenge(challenge),
            response => exchange.response(response),
        };
        exchange.add_step(step);
    }
    let credential = exchange.finish(LoginOutcome::Unknown);
    assert!(!credential.mechanism.is_empty());
    let shown = [&credential.username, &credential.authorization_id, &credential.challenge];
    let secrets = [&credential.password, &credential.response, &credential.token];
    let secrets = secrets.into_iter().flatten().chain(&credential.wire_forms).map(|secret| secret.reveal().len());
    let told: usize = shown.into_iter().flatten().map(Vec::len).chain(secrets).sum();
    assert!(told <= 16 * data.len() + 256, "{told} bytes told of {}", data.len());
});
