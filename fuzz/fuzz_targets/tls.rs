//! TLS from the first byte, with each protocol inside where it turns out to be decrypted.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailtap::protocol::Dialogue;
use mailtap::protocol::{imap, pop3, smtp, tls};
use mailtap_fuzz::checker::Checker;
use mailtap_fuzz::script::{play, read};

fuzz_target!(|data: &[u8]| {
    let Some((&first, data)) = data.split_first() else { return };
    let inner: Box<dyn Dialogue> = match first % 3 {
        0 => Box::new(smtp::Dialogue::new(smtp::Flavour::Smtp)),
        1 => Box::new(pop3::Dialogue::new()),
        _ => Box::new(imap::Dialogue::new()),
    };
    let turns = read(data);
    let mut told = if first % 3 == 2 { Checker::loose() } else { Checker::default() };
    let mut dialogue = tls::Implicit::new(inner, &mut told);
    play(&turns, &mut dialogue, &mut told);
    told.finish(&turns);
});
