//! What a connection speaks, found out from any conversation, and the dialogue that is found then.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailtap::protocol::Protocol;
use mailtap::protocol::detect::{Detection, Detector, When, dialogue};
use mailtap::protocol::ports::Ports;
use mailtap_fuzz::checker::Checker;
use mailtap_fuzz::script::{Turn, at, read};

fuzz_target!(|data: &[u8]| {
    let Some((&first, data)) = data.split_first() else { return };
    let port = [25, 24, 110, 143, 465, 995, 993, 80][usize::from(first) % 8];
    let turns = read(data);
    let mut detector = Detector::new(Ports::default().get(port));
    let mut played = 0;
    let mut detection = Detection::Unsure;
    for (packet, turn) in (1..).zip(&turns) {
        detection = match turn {
            Turn::Data(side, bytes) => detector.data(*side, bytes, at(packet)),
            Turn::Gap(side, missing) => detector.gap(*side, *missing, at(packet)),
        };
        played += 1;
        if detection != Detection::Unsure {
            break;
        }
    }
    if detection == Detection::Unsure {
        detection = detector.last_resort(When::Over);
        assert_ne!(detection, Detection::Unsure, "the last resort is sure");
    }
    let Detection::Certain(hint) = detection else { return };
    let mut told = if hint.protocol == Protocol::Imap { Checker::loose() } else { Checker::default() };
    let mut dialogue = dialogue(hint, None, &mut told);
    told.passed_over(detector.proxied());
    detector.replay(&mut dialogue, &mut told);
    for (packet, turn) in (1..).zip(&turns).skip(played) {
        match turn {
            Turn::Data(side, bytes) => dialogue.data(*side, bytes, at(packet), &mut told),
            Turn::Gap(side, missing) => dialogue.gap(*side, *missing, at(packet), &mut told),
        }
    }
    dialogue.end(&mut told);
    told.finish(&turns);
});
