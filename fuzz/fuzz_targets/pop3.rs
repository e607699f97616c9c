//! Any conversation, taken for POP3.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailtap::protocol::channel::Stack;
use mailtap::protocol::pop3;
use mailtap_fuzz::checker::Checker;
use mailtap_fuzz::script::{play, read};

fuzz_target!(|data: &[u8]| {
    let turns = read(data);
    let mut told = Checker::default();
    play(&turns, &mut Stack::new(pop3::Dialogue::new()), &mut told);
    told.finish(&turns);
});
