//! Any conversation, taken for IMAP.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailtap::protocol::channel::Stack;
use mailtap::protocol::imap;
use mailtap_fuzz::checker::Checker;
use mailtap_fuzz::script::{play, read};

fuzz_target!(|data: &[u8]| {
    let turns = read(data);
    let mut told = Checker::loose();
    play(&turns, &mut Stack::new(imap::Dialogue::new()), &mut told);
    told.finish(&turns);
});
