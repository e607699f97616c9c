//! TLS from the first byte, with each protocol inside where it turns out to be decrypted.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailtap::protocol::channel::Stack;
use mailtap::protocol::{imap, pop3, smtp};
use mailtap_fuzz::checker::Checker;
use mailtap_fuzz::script::{play, read};

fuzz_target!(|data: &[u8]| {
    let Some((&first, data)) = data.split_first() else { return };
    let mut stack = match first % 3 {
        0 => Stack::new(smtp::Dialogue::new(smtp::Flavour::Smtp)),
        1 => Stack::new(pop3::Dialogue::new()),
        _ => Stack::new(imap::Dialogue::new()),
    };
    let turns = read(data);
    let mut told = if first % 3 == 2 { Checker::loose() } else { Checker::default() };
    stack.begin_with_tls(&mut told);
    play(&turns, &mut stack, &mut told);
    told.finish(&turns);
});
