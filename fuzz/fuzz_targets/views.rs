//! A session made of any conversation, in every format and language, as it is and redacted.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailtap::protocol::Protocol;
use mailtap::protocol::detect::dialogue;
use mailtap::protocol::ports::Hint;
use mailtap_fuzz::promises;
use mailtap_fuzz::script::{play, read};

fuzz_target!(|data: &[u8]| {
    let Some((&first, data)) = data.split_first() else { return };
    let protocol = [Protocol::Smtp, Protocol::Lmtp, Protocol::Pop3, Protocol::Imap][usize::from(first) % 4];
    let mut builder = promises::builder(protocol);
    let mut dialogue = dialogue(Hint { protocol, implicit_tls: first & 0x80 != 0 }, None, &mut builder);
    play(&read(data), &mut dialogue, &mut builder);
    promises::all_views(builder.finish(promises::transport()));
});
