//! A message's content, in pieces and with gaps, read for all that is asked for; and the JSON of what was read.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailtap::protocol::Protocol;
use mailtap::protocol::event::{ContentEnd, Direction, MessageStart, Sink};
use mailtap::view::View;
use mailtap::view::json::Json;
use mailtap::view::record;
use mailtap_fuzz::promises;
use mailtap_fuzz::script::{Turn, read};

fuzz_target!(|data: &[u8]| {
    let Some((&first, data)) = data.split_first() else { return };
    let turns = read(data);
    let mut builder = promises::builder(Protocol::Imap);
    let part = match first {
        0..=199 => None,
        200..=220 => Some("headers".to_owned()),
        221..=240 => Some("text".to_owned()),
        _ => Some("section 1.2".to_owned()),
    };
    let start = MessageStart {
        direction: Direction::Retrieved,
        mailbox: None,
        number: Some(1),
        uid: None,
        part,
        described: None,
        headless: false,
        steps: Vec::new(),
    };
    let message = builder.message(start);
    let (mut size, mut missing) = (0, 0);
    for turn in &turns {
        match turn {
            Turn::Data(_, bytes) => {
                builder.content(message, bytes);
                size += bytes.len() as u64;
            }
            Turn::Gap(_, gap) => {
                builder.content_missing(message, *gap);
                missing += gap;
            }
        }
    }
    let end = if first % 2 == 0 { ContentEnd::Complete } else { ContentEnd::Unfinished };
    builder.content_end(message, end);
    let mut session = builder.finish(promises::transport());
    session.id = 1;
    let read = &session.messages[0];
    // The size is that of the content as it would be, or of what was captured of it.
    assert!(read.size == size || read.size == size + missing, "{} bytes of {size} and {missing}", read.size);
    assert!(missing == 0 || !read.complete);
    let attached: u64 = read.attachments.iter().map(|attachment| attachment.size).sum();
    assert!(attached <= 2 * size + 1024, "{attached} bytes attached to {size}");
    let report = promises::report(std::slice::from_ref(&session));
    let mut view = Json::new(Vec::new(), record::Options::default());
    view.session(session).expect("memory can be written");
    view.finish(&report).expect("memory can be written");
    promises::json(&view.into_inner());
});
