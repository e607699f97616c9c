//! Replies that a server leaves out, and those that it gives twice.

use super::*;
use crate::protocol::testing::Told;

const IN: &str = "S: +OK ready\nC: USER bob\nS: +OK\nC: PASS x\nS: +OK in\n";

/// The replies after the login, as `what they answer: text`.
fn pairs(script: &str) -> Vec<String> {
    let told = hear(&format!("{IN}{script}"));
    let replies = told.steps.iter().skip(5).filter(|step| step.kind == Kind::Reply);
    let asked = |reply: &Told| reply.answers.map(|n| told.steps[n as usize - 1].text.clone());
    replies.map(|reply| format!("{}: {}", asked(reply).unwrap_or("-".into()), reply.text)).collect()
}

/// The announced size where it is told, and the end, of a RETR whose content is `lines` times ten octets.
fn sized(reply: &str, line: &str, lines: usize) -> (Option<u64>, Option<bool>) {
    let content = line.repeat(lines);
    let told =
        talk(Dialogue::new(), &format!("{IN}C: RETR 1\nS: +OK {reply}\nS| {content}.\\r\\n\nC: QUIT\nS: +OK bye"));
    assert_eq!(told.commands(), ["USER", "PASS", "RETR", "QUIT"]);
    (told.steps.iter().find_map(|step| step.announced), told.messages[0].complete)
}

#[test]
fn an_announced_size_that_is_not_met_is_told() {
    let line = "12345678\\r\\n";
    assert_eq!(sized("65595 octets", line, 830), (Some(65595), Some(false)));
    assert_eq!(sized("201 octets", line, 17), (Some(201), Some(false)));
    for (reply, line, lines) in [
        ("1000 octets", line, 100),
        // Line ends are one octet on the server's disk; or two, and sent as one.
        ("900 octets", line, 100),
        ("1100 octets", "123456789\\n", 100),
        // Stuffed dots, the final dot, fields of a mailbox file.
        ("1110 octets", "..2345678\\r\\n", 100),
        ("1003 octets", line, 100),
        ("1150 octets", line, 100),
        // No size at all.
        ("99999", line, 100),
        ("1 follows", line, 100),
    ] {
        assert_eq!(sized(reply, line, lines), (None, Some(true)), "{reply}");
    }
    let told = talk(Dialogue::new(), &format!("{IN}C: TOP 1 0\nS: +OK 65595 octets\n{MESSAGE}C: QUIT\nS: +OK bye"));
    assert_eq!(told.messages[0].complete, Some(true), "a part is shorter than the whole");
}

const MESSAGE: &str = "S: Subject: a\nS: \nS: text\nS: .\n";

#[test]
fn a_message_answers_no_command_but_retr_and_top() {
    for ask in ["RETR 1", "TOP 1 9"] {
        for before in ["STAT", "NOOP", "DELE 2", "LIST", "UIDL"] {
            let script =
                format!("C: {before}\nC: {ask}\nS: +OK 21 octets\n{MESSAGE}C: NOOP\nS: +OK\nC: QUIT\nS: +OK bye");
            let replies = pairs(&script);
            assert_eq!(
                replies,
                [format!("{ask}: +OK 21 octets"), "NOOP: +OK".into(), "QUIT: +OK bye".into()],
                "{before}"
            );
            let told = hear(&format!("{IN}{script}"));
            assert_eq!(told.messages[0].content, b"Subject: a\r\n\r\ntext\r\n", "{before}");
        }
    }
}

#[test]
fn a_listing_answers_no_command_of_one_line() {
    assert_eq!(
        pairs("C: STAT\nC: LIST\nS: +OK 2 messages\nS: 1 120\nS: 2 200\nS: .\nC: NOOP\nS: +OK\nC: QUIT\nS: +OK bye"),
        ["LIST: +OK 2 messages\n1 120\n2 200", "NOOP: +OK", "QUIT: +OK bye"]
    );
    assert_eq!(
        pairs("C: NOOP\nC: CAPA\nS: +OK\nS: TOP\nS: UIDL\nS: .\nC: QUIT\nS: +OK bye"),
        ["CAPA: +OK\nTOP\nUIDL", "QUIT: +OK bye"]
    );
    assert_eq!(
        pairs("C: RETR 1\nC: UIDL\nS: +OK\nS: 1 120\nS: .\nC: QUIT\nS: +OK bye"),
        ["UIDL: +OK\n1 120", "QUIT: +OK bye"]
    );
}

#[test]
fn a_line_alone_answers_no_retr() {
    assert_eq!(pairs("C: RETR 1\nC: STAT\nS: +OK 2 320\nC: QUIT\nS: +OK bye"), ["STAT: +OK 2 320", "QUIT: +OK bye"]);
    assert_eq!(pairs("C: LIST\nC: STAT\nS: +OK 2 320\nC: QUIT\nS: +OK bye"), ["STAT: +OK 2 320", "QUIT: +OK bye"]);
    assert_eq!(
        pairs("C: RETR 1\nC: NOOP\nS: +OK\nS: +OK what\nC: QUIT\nS: +OK bye"),
        ["NOOP: +OK", "-: +OK what", "QUIT: +OK bye"]
    );
}

#[test]
fn a_reply_too_many_begins_no_message() {
    let script = format!("C: DELE 2\nS: +OK deleted\nC: RETR 1\nS: +OK deleted\nS: +OK 21 octets\n{MESSAGE}");
    assert_eq!(
        pairs(&format!("{script}C: QUIT\nS: +OK bye")),
        ["DELE 2: +OK deleted", "-: +OK deleted", "RETR 1: +OK 21 octets", "QUIT: +OK bye"]
    );
    let told = hear(&format!("{IN}{script}"));
    assert_eq!((told.messages.len(), &told.messages[0].content[..12]), (1, &b"Subject: a\r\n"[..]));
    assert_eq!(
        pairs("C: RETR 9\nS: +OK\nS: -ERR no such message\nC: QUIT\nS: +OK bye"),
        ["-: +OK", "RETR 9: -ERR no such message", "QUIT: +OK bye"]
    );
}

#[test]
fn after_quit_comes_the_last_reply() {
    assert_eq!(pairs("C: NOOP\nC: QUIT\nS: +OK bye"), ["QUIT: +OK bye"]);
    assert_eq!(pairs("C: STAT\nC: QUIT\nS: +OK 2 320"), ["STAT: +OK 2 320"]);
    assert_eq!(pairs("C: NOOP\nC: QUIT\nS: +OK\nS: +OK bye"), ["NOOP: +OK", "QUIT: +OK bye"]);
}

#[test]
fn what_is_pipelined_is_answered_in_order() {
    assert_eq!(
        pairs(&format!(
            "C: STAT\nC: RETR 1\nC: LIST\nC: DELE 1\nC: QUIT\nS: +OK 1 21\nS: +OK 21 octets\n{MESSAGE}S: +OK\nS: 1 21\nS: .\n\
             S: +OK\nS: +OK bye"
        )),
        ["STAT: +OK 1 21", "RETR 1: +OK 21 octets", "LIST: +OK\n1 21", "DELE 1: +OK", "QUIT: +OK bye"]
    );
    // A message may begin with anything but a status, and may be empty.
    for content in ["S: .", "S: +1\nS: .", "S: \nS: text\nS: .", "S: -\nS: .", "S: 1 2\nS: ."] {
        let told = hear(&format!("{IN}C: RETR 1\nS: +OK\n{content}\nC: QUIT\nS: +OK bye"));
        assert_eq!((told.messages.len(), told.messages[0].complete), (1, Some(true)), "{content}");
    }
}

#[test]
fn a_reply_after_missing_bytes_is_in_doubt() {
    let told = hear(&format!("{IN}C: NOOP\nC: RSET\nS~ 5\nS: +OK"));
    let doubtful =
        |step: &Told| matches!(&step.subject, event::Subject::Pop3(Subject { what: What::InDoubt { .. }, .. }));
    assert!(told.steps.last().is_some_and(doubtful), "{:?}", told.rows());
}

#[test]
fn commands_behind_pass_get_their_own_replies() {
    let opening = "S: +OK ready\n C: USER bob\n S: +OK\n ";
    for (commands, replies, outcome) in [
        ("PASS x\\r\\nCAPA", "+OK Logged in\\r\\n+OK\\r\\nUIDL\\r\\n.", LoginOutcome::Accepted),
        ("PASS x\\r\\nCAPA", "-ERR wrong\\r\\n+OK\\r\\nUIDL\\r\\n.", LoginOutcome::Rejected),
        ("PASS x\\r\\nCAPA", "-ERR wrong\\r\\n-ERR Unknown command", LoginOutcome::Rejected),
        ("PASS x\\r\\nNOOP", "+OK\\r\\n+OK", LoginOutcome::Accepted),
        ("PASS x\\r\\nNOOP", "-ERR no\\r\\n-ERR log in first", LoginOutcome::Rejected),
        ("PASS x\\r\\nNOOP\\r\\nCAPA", "+OK\\r\\n-ERR no\\r\\n+OK\\r\\nUIDL\\r\\n.", LoginOutcome::Accepted),
    ] {
        let told = hear(&format!("{opening}C| {commands}\\r\\n\n S| {replies}\\r\\n\n C: QUIT\n S: +OK"));
        let outcomes: Vec<_> = told.credentials.iter().map(|login| login.outcome).collect();
        assert_eq!(outcomes, [outcome], "{commands}: {replies}");
        let answered: Vec<_> = told.steps.iter().filter_map(|step| step.answers).collect();
        let count = commands.matches("\\r\\n").count() + 1;
        let expected: Vec<_> = [2].into_iter().chain(4..4 + count as u32).collect();
        assert_eq!(answered.get(..=count), Some(expected.as_slice()), "{commands}: {replies}");
    }
}
