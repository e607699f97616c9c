use super::{Hand, Sign, Typing, likeness, typing};
use crate::verdict::Needs;
use crate::verdict::testing::{session, sessions};

fn signs(script: &str) -> (Hand, Vec<Sign>) {
    let found = typing(&session(script, Needs::ALL), false);
    (found.hand, found.signs.iter().map(|(sign, ..)| *sign).collect())
}

/// Packets of scripts are a second apart, so every command of these waits.
const PROGRAM: &str = "S: +OK ready\nC: USER bob\nS: +OK\nC: PASS secret\nS: +OK in\nC: QUIT\nS: +OK bye";

#[test]
fn pauses_alone_are_told_and_few_of_them_prove_nothing() {
    assert_eq!(signs(PROGRAM), (Hand::Perhaps, vec![Sign::Pauses]));
}

#[test]
fn lower_case_and_pauses_together_look_typed() {
    let (hand, found) = signs(&PROGRAM.replace("USER", "user").replace("PASS", "Pass").replace("QUIT", "quit"));
    assert_eq!((hand, found), (Hand::Typed, vec![Sign::Pauses, Sign::LowerCase]));
}

#[test]
fn commands_that_do_not_exist_are_a_sign() {
    let (_, found) = signs("S: +OK ready\nC: UESR bob\nS: -ERR what\nC: USER bob\nS: +OK");
    assert!(found.contains(&Sign::Unknown), "{found:?}");
}

#[test]
fn who_waits_in_a_selected_mailbox_reads() {
    let script = "S: * OK ready\nC: a LOGIN bob secret\nS: a OK in\nC: b SELECT INBOX\nS: b OK\n@ 30\nC: c NOOP\nS: c OK\n\
                  @ 30\nC: d FETCH 1 FLAGS\nS: * 1 FETCH (FLAGS ())\nS: d OK";
    let found = typing(&session(script, Needs::ALL), false);
    let pauses = found.signs.iter().find(|(sign, ..)| *sign == Sign::Pauses).map(|(_, count, _)| *count);
    assert_eq!(pauses, Some(2), "LOGIN and SELECT");
}

#[test]
fn what_is_missing_of_the_common_order_is_named() {
    let script = "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\n\
                  S: 354 go\nC: hi\nC: .\nS: 250 ok\nC: QUIT\nS: 221 bye";
    let typed = script.replace("EHLO", "HELO").replace("C: DATA", "C: NOOP\nS: 250 ok\nC: DATA");
    let both = sessions(&format!("{typed}\n---\n{script}"), Needs::ALL);
    let mut found: Vec<Typing> = both.iter().map(|session| typing(session, false)).collect();
    found[1].hand = Hand::Program;
    let alike = likeness(&found[0], &found).expect("a program's session");
    assert_eq!((alike.only_typed, alike.only_program.len(), alike.common), (vec!["NOOP".to_owned()], 0, 5));
}

#[test]
fn a_library_that_writes_verbs_in_lower_case_is_no_person() {
    let script = "S: 220 mx\nC: ehlo a\nS: 250 mx\nC: mail FROM:<a@b>\nS: 250 ok\nC: rcpt TO:<c@d>\nS: 250 ok\nC: data\n\
                  S: 354 go\nC: hi\nC: .\nS: 250 ok\nC: quit\nS: 221 bye";
    let (_, found) = signs(script);
    assert!(found.contains(&Sign::LowerCase) && !found.contains(&Sign::LowerWords), "{found:?}");
    let (hand, found) = signs(&script.replace("FROM", "from"));
    assert!(hand == Hand::Typed && found.contains(&Sign::LowerWords), "{found:?}");
}
