//! The maildrop: its messages' unique-ids, and what becomes of them; and a server whose client was not captured.

use super::super::{Effect, State, Subject, What};
use super::{hear, state};
use crate::limits::{Limit, MAILDROP_MESSAGES};
use crate::protocol::event;
use crate::protocol::pop3::Dialogue;
use crate::protocol::testing::{Recorder, talk};

/// The messages as `number unique-id part: content`.
fn messages(told: &Recorder) -> Vec<String> {
    told.messages
        .iter()
        .map(|message| {
            let number = message.start.number.map_or("?".into(), |number| number.to_string());
            let id = message.unique_id.as_deref().unwrap_or("?");
            let part = message.start.part.as_deref().unwrap_or("whole");
            format!("{number} {id} {part}: {}", String::from_utf8_lossy(&message.content).escape_debug())
        })
        .collect()
}

/// What the replies mean for the maildrop.
fn effects(told: &Recorder) -> Vec<Effect> {
    let effect = |subject: &event::Subject| match subject {
        event::Subject::Pop3(Subject { what: What::Reply { effect, .. }, .. }) => *effect,
        _ => None,
    };
    told.steps.iter().filter_map(|step| effect(&step.subject)).collect()
}

#[test]
fn unique_ids_name_messages_told_before_and_after() {
    let told = hear(
        "S: +OK hi\n C: PASS x\n S: +OK\n C: RETR 1\n S: +OK\n S: a\n S: .\n C: UIDL\n S: +OK\n S: 1 whqtswO00WBw418f9t5JxYwZ\n S: 2  QhdPYR:00WBw1Ph7x7 \n S: .\n C: TOP 2 0\n S: +OK\n S: b:\n S: .\n C: UIDL 3\n S: +OK 3 ccc\n C: RETR 3\n S: +OK\n S: c\n S: .\n C: UIDL 4\n S: -ERR 4 none\n C: RETR 4\n S: +OK\n S: d\n S: .",
    );
    assert_eq!(
        messages(&told),
        [
            "1 whqtswO00WBw418f9t5JxYwZ whole: a\\r\\n",
            "2 QhdPYR:00WBw1Ph7x7 headers: b:\\r\\n",
            "3 ccc whole: c\\r\\n",
            "4 ? whole: d\\r\\n",
        ]
    );
}

#[test]
fn an_identifier_that_a_gap_has_cut_names_nothing() {
    let told = talk(
        Dialogue::new(),
        "S: +OK hi\nC: UIDL\nS: +OK\nS: 1 aaa\nS| 12\nS~ 4\nS: 2 bbb\nS: 3 ccc\nS: .\nC: RETR 2\nS: +OK\nS: x\nS: .\nC: RETR 3\nS: +OK\nS: y\nS: .",
    );
    assert_eq!(messages(&told), ["2 ? whole: x\\r\\n", "3 ccc whole: y\\r\\n"]);
}

#[test]
fn what_is_deleted_when_and_how_many() {
    use Effect::{Gone, Marked, Removed, Restored};
    let told = hear(
        "S: +OK hi\n C: PASS x\n S: +OK\n C: DELE 1\n S: +OK\n C: DELE 2\n S: +OK\n C: DELE 2\n S: -ERR already\n C: RETR 1\n S: -ERR gone\n C: RETR 9\n S: -ERR none\n C: RSET\n S: +OK\n C: RSET\n S: +OK\n C: DELE 3\n S: +OK\n C: DELE 8\n S: -ERR none\n C: QUIT\n S: +OK bye",
    );
    assert_eq!(effects(&told), [Marked(1), Marked(2), Gone(2), Gone(1), Restored(2), Marked(3), Removed(1)]);
    let told = hear("S: +OK hi\n C: PASS x\n S: +OK\n C: DELE 1\n S: +OK\n C: QUIT\n S: -ERR some left");
    assert_eq!(effects(&told), [Marked(1)]);
    let told = hear("S: +OK hi\n C: PASS x\n S: +OK\n C: DELE 1\n S: +OK\n C: PASS y\n S: +OK\n C: QUIT\n S: +OK");
    assert_eq!(effects(&told), [Marked(1)], "another maildrop");
}

#[test]
fn a_maildrop_is_bounded() {
    let ids: String = (1..=MAILDROP_MESSAGES + 2).map(|n| format!("S: {n} id{n}\n")).collect();
    let told = talk(Dialogue::new(), &format!("S: +OK hi\nC: UIDL\nS: +OK\n{ids}S: ."));
    assert_eq!(told.limits.iter().filter(|&&limit| limit == Limit::Maildrop).count(), 2);
    let long = "x".repeat(200);
    let told = talk(Dialogue::new(), &format!("S: +OK\nC: UIDL 1\nS: +OK 1 {long}\nC: RETR 1\nS: +OK\nS: a\nS: ."));
    assert_eq!((told.limits.as_slice(), messages(&told)[0].as_str()), (&[Limit::Maildrop][..], "1 ? whole: a\\r\\n"));
}

#[test]
fn a_server_without_its_client_is_understood_by_its_lines() {
    let told = hear(
        "S: +OK POP3 ready\n S: +OK\n S: CAPA\n S: TOP\n S: UIDL\n S: .\n S: +OK\n S: +OK Logged in.\n S: +OK 2 messages:\n S: 1 120\n S: 2 200\n S: .\n S: +OK 18 octets\n S: Subject: a\n S: \n S: ..\n S: +OK\n S: .\n S: +OK\n S: Subject: b\n S: \n S: .\n S: +OK 0 messages:\n S: .\n S: -ERR no\n S: +OK Logging out.",
    );
    assert_eq!(
        told.rows(),
        [
            "1 S Greeting +OK POP3 ready",
            "2 S Reply +OK\\nCAPA\\nTOP\\nUIDL",
            "3 S Reply +OK",
            "4 S Reply +OK Logged in.",
            "5 S Reply +OK 2 messages:\\n1 120\\n2 200",
            "6 S Reply +OK 18 octets",
            "7 S Data ",
            "8 S Reply +OK",
            "9 S Data ",
            "10 S Reply +OK 0 messages:",
            "11 S Reply -ERR no",
            "12 S Reply +OK Logging out.",
        ]
    );
    assert_eq!(told.capabilities, ["CAPA", "TOP", "UIDL"]);
    assert_eq!(
        messages(&told),
        ["? ? whole: Subject: a\\r\\n\\r\\n.\\r\\n+OK\\r\\n", "? ? top: Subject: b\\r\\n\\r\\n"]
    );
    assert!(told.messages.iter().all(|message| message.complete == Some(true)));
    assert_eq!(state(&told.steps[6]), State::Transaction);
    assert_eq!(told.stood_for(), told.said);
}
