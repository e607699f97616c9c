//! Any conversation, taken for LMTP.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailtap::protocol::channel::Stack;
use mailtap::protocol::smtp;
use mailtap_fuzz::checker::Checker;
use mailtap_fuzz::script::{play, read};

fuzz_target!(|data: &[u8]| {
    let turns = read(data);
    let mut told = Checker::default();
    play(&turns, &mut Stack::new(smtp::Dialogue::new(smtp::Flavour::Lmtp)), &mut told);
    told.finish(&turns);
});
