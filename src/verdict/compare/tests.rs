//! Conversations beside each other.

use super::{Comparison, Contents, Hand, How, Quiet, What, Why, comparable, compare};
use crate::protocol::Protocol;
use crate::session::Needs;
use crate::verdict::testing::session;

fn compared(left: &str, right: &str) -> Comparison {
    let [left, right] = [left, right].map(|script| session(script, Needs::ALL));
    compare(&left, &right, &Contents::default(), false)
}

/// The rows: the numbers of both steps, `-` for none, and the sign of how they differ.
fn rows(comparison: &Comparison) -> Vec<String> {
    let number = |at: Option<usize>| at.map_or("-".to_owned(), |at| (at + 1).to_string());
    let sign = |how: &How| match how {
        How::Same => "=",
        How::Quiet(_) => "~",
        How::Differs(_) => "!",
        How::Only(_) => "only",
        How::Unseen(..) => "?",
    };
    let row = |row: &super::Row| format!("{} {} {}", number(row.left), number(row.right), sign(&row.how));
    comparison.rows.iter().map(row).collect()
}

const LETTER: &str = "S: 220 mx ESMTP\nC: EHLO a\nS: 250-mx\nS: 250 STARTTLS\nC: MAIL FROM:<a@b>\nS: 250 2.1.0 ok\n\
                      C: RCPT TO:<c@d>\nS: 250 2.1.5 ok\nC: DATA\nS: 354 go\nC: Subject: x\nC| \\r\\n\nC: hi\nC: .\n\
                      S: 250 2.0.0 queued as 1\nC: QUIT\nS: 221 bye";

#[test]
fn a_session_is_the_same_as_itself() {
    let comparison = compared(LETTER, LETTER);
    assert!(comparison.rows.iter().all(|row| row.how == How::Same), "{:?}", rows(&comparison));
    assert_eq!((comparison.parting, comparison.tally.same), (None, comparison.tally.rows));
}

#[test]
fn names_ids_and_words_are_quiet() {
    let other = LETTER.replace("EHLO a", "EHLO laptop").replace("220 mx", "220 other").replace("as 1", "as 2f");
    let other = other.replace("MAIL FROM:<", "mail from: <").replace("221 bye", "221 2.0.0 Bye");
    let comparison = compared(LETTER, &other);
    assert_eq!((comparison.parting, comparison.tally.differ), (None, 0), "{:?}", rows(&comparison));
    let quiet: Vec<&How> = comparison.rows.iter().map(|row| &row.how).filter(|how| **how != How::Same).collect();
    let words = How::Quiet(Quiet::Words);
    assert_eq!(quiet, [&words, &How::Quiet(Quiet::Name), &How::Quiet(Quiet::Spelling), &words, &words]);
}

#[test]
fn a_reply_that_refuses_stands_beside_the_one_that_accepts() {
    let comparison = compared(LETTER, &LETTER.replace("250 2.1.5 ok", "550 5.1.1 no such user"));
    let parting = comparison.parting.expect("they part");
    assert_eq!(comparison.rows[parting].how, How::Differs(What::Outcome));
    assert_eq!((comparison.rows[parting].left, comparison.rows[parting].right), (Some(6), Some(6)));
}

#[test]
fn an_overwritten_command_stands_beside_the_command() {
    let left = "S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 STARTTLS\nC: STARTTLS\nS: 220 go ahead";
    let right = left.replace("C: STARTTLS", "C: XXXXXXXA").replace("220 go ahead", "500 5.5.1 unknown");
    let comparison = compared(left, &right);
    assert_eq!(rows(&comparison), ["1 1 =", "2 2 =", "3 3 =", "4 4 !", "5 5 !"]);
    assert_eq!(comparison.rows[3].how, How::Differs(What::Overwritten));
    assert_eq!(comparison.rows[4].how, How::Differs(What::Outcome));
    let offer = compared(left, &left.replace("250 STARTTLS", "250 XXXXXXXA"));
    assert_eq!(offer.rows[2].how, How::Differs(What::Overwritten));
    assert_eq!(offer.parting, Some(2));
}

#[test]
fn of_equal_commands_the_one_that_has_no_counterpart_is_alone() {
    let mail = |recipients: &[&str]| {
        let recipients = recipients.iter().map(|one| format!("C: RCPT TO:<{one}@b>\nS: 250 {one}\n"));
        format!(
            "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\n{}C: QUIT\nS: 221 bye",
            recipients.collect::<String>()
        )
    };
    let comparison = compared(&mail(&["x", "y", "z"]), &mail(&["x", "z"]));
    let alone: Vec<usize> =
        comparison.rows.iter().filter(|row| row.how == How::Only(Hand::Left)).filter_map(|row| row.left).collect();
    assert_eq!(alone, [7, 8], "{:?}", rows(&comparison));
    assert_eq!(comparison.within, Some(Hand::Right));
    let turned = compared(&mail(&["y", "z"]), &mail(&["x", "y", "z"]));
    assert_eq!(turned.tally.only_right, 2);
    assert_eq!((turned.rows[5].left, turned.within), (None, Some(Hand::Left)), "{:?}", rows(&turned));
}

#[test]
fn what_stands_against_a_gap_is_not_taken_for_a_difference() {
    let left = "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: QUIT\nS: 221 bye";
    let right = "S: 220 mx\nC: HELO a\nS: 250 mx\nC~ 18\nS: 250 ok\nC: QUIT\nS: 221 bye";
    let comparison = compared(left, right);
    assert!(comparison.tally.unseen > 0 && comparison.parting.is_none(), "{:?}", rows(&comparison));
    assert!(comparison.rows.iter().any(|row| row.how == How::Unseen(Hand::Left, Why::Gap)));
}

#[test]
fn contents_are_compared() {
    let other =
        LETTER.replace("C: hi\n", "C: hi\nC: a footer\n").replace("Subject: x", "Received: by mx\\r\\nSubject: x");
    let comparison = compared(LETTER, &other);
    let changed = comparison.rows.iter().find_map(|row| match &row.how {
        How::Differs(What::Content(changed)) => Some(changed),
        _ => None,
    });
    let changed = changed.expect("the content differs");
    assert_eq!((changed.added.as_slice(), changed.gone.len()), (["Received".to_owned()].as_slice(), 0));
    assert!(!changed.same_body && changed.place.is_none(), "no content was kept");
    assert_eq!(comparison.parting, None);
}

#[test]
fn tags_are_quiet_and_answers_are_not() {
    let left = "S: * OK ready\nC: a1 LOGIN u p\nS: a1 OK done\nC: a2 SELECT INBOX\nS: * 3 EXISTS\nS: a2 OK done";
    let right = left.replace("a1", "x.1").replace("a2", "x.2").replace("* 3", "* 4");
    let comparison = compared(left, &right);
    assert_eq!(rows(&comparison), ["1 1 =", "2 2 ~", "3 3 ~", "4 4 ~", "5 5 !", "6 6 ~"]);
    assert_eq!(comparison.rows[4].how, How::Differs(What::Answer));
    assert_eq!(comparison.parting, None);
}

#[test]
fn protocols_without_a_common_command_are_not_compared() {
    assert!(comparable(Protocol::Smtp, Protocol::Lmtp) && comparable(Protocol::Imap, Protocol::Imap));
    assert!(!comparable(Protocol::Pop3, Protocol::Imap) && !comparable(Protocol::Smtp, Protocol::Pop3));
}

#[test]
fn many_steps_that_have_little_in_common_are_soon_aligned() {
    let step = |n: u32, verb: &str| {
        let mut step = session("S: 220 mx\nC: NOOP", Needs::ALL).steps.remove(1);
        (step.n, step.command, step.text) = (n, Some(verb.into()), verb.into());
        step.subject = crate::protocol::smtp::Subject::Command(crate::protocol::smtp::Verb::Other).into();
        step
    };
    let (one, other) = (step(1, "A"), step(1, "B"));
    let steps = |turns: [&crate::session::model::Step; 3]| {
        let mut steps: Vec<_> = (0..10_000).filter_map(|n| turns.get(n % 3).map(|&step| step.clone())).collect();
        (1..).zip(&mut steps).for_each(|(n, step)| step.n = n);
        steps
    };
    let began = std::time::Instant::now();
    let rows = super::align::align(&steps([&one, &one, &other]), &steps([&other, &other, &one]));
    assert!(rows.len() >= 10_000);
    assert!(began.elapsed().as_secs() < 60, "{:?}", began.elapsed());
}
