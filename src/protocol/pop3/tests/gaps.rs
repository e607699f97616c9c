//! Gaps, lines without end, and nonsense.

use super::super::Dialogue;
use super::{hear, logins};
use crate::limits::{COMMANDS_IN_FLIGHT, Limit};
use crate::protocol::channel::Stack;
use crate::protocol::secret::Secret;
use crate::protocol::testing::{Recorder, talk};
use proptest::prelude::*;

#[test]
fn a_capture_that_begins_in_the_middle() {
    let told = hear("C: PASS judy-secret\n S: +OK Logged in.\n C: STAT\n S: +OK 60 281341");
    assert_eq!(logins(&told), ["USER/PASS - judy-secret Plaintext Accepted [1, 2]"]);
    let told = hear("C: CAPA\n S: +OK\n S: TOP\n S: .\n C: QUIT\n S: +OK");
    assert_eq!(told.capabilities, ["TOP"]);
    let told = hear("S: s a body line\n S: .\n C: RETR 2\n S: +OK\n S: a\n S: .");
    assert_eq!(told.rows()[0], "1 S Unknown s a body line\\n.");
    assert_eq!(told.messages[0].start.number, Some(2));
}

#[test]
fn a_client_that_talks_before_it_is_greeted() {
    let told = hear("C| USER a\\r\\nPASS b\\r\\nQUIT\\r\\n\n S: +OK POP3 ready\n S| +OK\\r\\n-ERR\\r\\n+OK\\r\\n");
    assert_eq!(told.rows()[3], "4 S Greeting +OK POP3 ready");
    assert_eq!(logins(&told), ["USER/PASS a b Plaintext Rejected [1, 2, 6]"]);
}

#[test]
fn a_name_from_before_a_gap_is_not_the_one_that_a_password_belongs_to() {
    let begun = "S: +OK ready\n C: USER nobody\n S: +OK\n C~ 12\n S~ 20\n";
    let told = hear(&[begun, " C: USER alice\n S: +OK\n C: PASS secret12\n S: +OK in"].concat());
    assert!(logins(&told)[0].starts_with("USER/PASS - secret12 Plaintext Accepted"), "{:?}", logins(&told));
    let told =
        hear("S: +OK ready\n C: USER nobody\n S: +OK\n C~ 2\n C: ER alice\n S: +OK\n C: PASS secret12\n S: +OK in");
    assert!(logins(&told)[0].starts_with("USER/PASS - secret12"), "{:?}", logins(&told));
    let told = hear(&[begun, " C: PASS secret12\n S: +OK in"].concat());
    assert!(logins(&told).iter().all(|login| !login.contains("nobody")), "{:?}", logins(&told));
}

#[test]
fn one_side_alone() {
    let told = hear("C: USER a\n C: PASS b\n C: LIST\n C: RETR 1\n C: QUIT");
    assert_eq!(told.commands(), ["USER", "PASS", "LIST", "RETR", "QUIT"]);
    assert_eq!(logins(&told), ["USER/PASS a b Plaintext Unknown [1, 2]"]);
    let told = hear("C: AUTH LOGIN\n C: YWxpY2U=\n C: c2VjcmV0\n C: STAT");
    assert_eq!(told.commands(), ["AUTH", "STAT"]);
    assert_eq!(logins(&told), ["AUTH LOGIN alice secret Plaintext Unknown [1, 2, 3]"]);
    let told = hear("S: +OK ready\n S: +OK\n S: +OK 1 5\n S: 1 5\n S: .\n S: -ERR no\n S: + dGVzdA==");
    assert_eq!(
        told.rows(),
        [
            "1 S Greeting +OK ready",
            "2 S Reply +OK",
            "3 S Reply +OK 1 5\\n1 5",
            "4 S Reply -ERR no",
            "5 S Continuation + dGVzdA==",
        ]
    );
}

#[test]
fn half_a_password_is_not_reported() {
    for cut in ["C| PASS sec\n C~ 5\n C| et\\r\\n", "C| PASS sec"] {
        let told = hear(&format!("S: +OK\n C: USER a\n S: +OK\n {cut}"));
        assert!(told.credentials.is_empty(), "{:?}", logins(&told));
        let said: String = told.steps.iter().flat_map(|step| step.secrets.clone()).collect();
        assert!(["secet", "sec"].contains(&said.as_str()), "{said}");
    }
}

#[test]
fn a_gap_in_a_message_and_in_a_listing() {
    let told = hear("S: +OK\n C: RETR 1\n S: +OK\n S: a\n S~ 10\n S| z\\r\\n.\\r\\n\n C: QUIT\n S: +OK");
    let message = &told.messages[0];
    assert_eq!((&message.content[..], message.missing, message.complete), (&b"a\r\nz\r\n"[..], 10, Some(false)));
    assert_eq!(told.rows().last().map(String::as_str), Some("7 S Reply +OK -> 6"));
    let told = hear("S: +OK\n C: UIDL\n S: +OK\n S: 1 a\n S~ 10\n S: 9 z\n S: .\n C: QUIT\n S: +OK");
    assert_eq!(told.rows()[3], "4 S Reply +OK\\n1 a\\n9 z -> 2");
}

#[test]
fn a_message_whose_end_is_missing_ends_with_the_next_command() {
    let told = hear("S: +OK\n C: RETR 1\n S: +OK\n S: a\n S~ 10\n C: RETR 2\n S: +OK\n S: b\n S: .");
    let [first, second] = &told.messages[..] else { panic!("two messages") };
    assert_eq!((&first.content[..], first.complete), (&b"a\r\n"[..], Some(false)));
    assert_eq!((&second.content[..], second.complete, second.start.number), (&b"b\r\n"[..], Some(true), Some(2)));
}

#[test]
fn after_a_gap_a_pipelined_reply_is_given_to_no_command() {
    let told = hear("S: +OK\n C| NOOP\\r\\nSTAT\\r\\nRSET\\r\\n\n S: +OK\n S~ 9\n S: +OK");
    assert_eq!(told.rows()[4..], ["5 S Reply +OK -> 2", "6 S Gap ", "7 S Reply +OK"]);
}

/// With any one packet missing, what is reported is still true: no answer is given to a command that it does not belong
/// to, and nothing with a gap passes for whole.
#[test]
fn any_packet_may_be_missing() {
    let script = r"
        S: +OK POP3 ready <1@x>
        C: USER a
        S: +OK name is fine
        C: PASS b
        S: +OK logged in
        C: CAPA
        S| +OK capa\r\nTOP\r\n.\r\n
        C: STAT
        S: +OK 2 320
        C: LIST
        S| +OK scan\r\n1 4\r\n
        S| 2 5\r\n.\r\n
        C: RETR 1
        S| +OK 4 octets\r\none\r\n
        S| .\r\n
        C: RETR 2
        S| +OK 5 octets\r\n
        S| twoo\r\n.\r\n
        C: TOP 1 0
        S| +OK top\r\non\r\n.\r\n
        C: AUTH LOGIN
        S: + VXNlcm5hbWU6
        C: YWxpY2U=
        S: + UGFzc3dvcmQ6
        C: c2VjcmV0
        S: -ERR already
        C: DELE 1
        S: +OK deleted
        C: NOPE
        S: -ERR unknown
        C: QUIT
        S: +OK bye";
    let pairs = |told: &Recorder| -> Vec<(String, String)> {
        let answer = |step: &crate::protocol::testing::Told| {
            Some((told.steps[step.answers? as usize - 1].text.clone(), step.text.lines().next()?.to_owned()))
        };
        told.steps.iter().filter_map(answer).collect()
    };
    let whole = talk(Dialogue::new(), script);
    let truth = pairs(&whole);
    let lines: Vec<&str> = script.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    for lost in 0..lines.len() {
        let mut rest: Vec<String> = lines.iter().map(|&line| line.to_owned()).collect();
        rest[lost] = format!("{}~ 12", &rest[lost][..1]);
        let told = talk(Dialogue::new(), &rest.join("\n"));
        let found = pairs(&told);
        assert!(found.iter().all(|pair| truth.contains(pair)), "without {}: {found:?}", lines[lost]);
        assert!(found.len() + 3 >= truth.len(), "without {}: {:?}", lines[lost], told.rows());
        for message in told.messages.iter().filter(|message| message.complete == Some(true)) {
            assert!(
                whole.messages.iter().any(|m| m.content == message.content && m.start.number == message.start.number)
            );
        }
        for login in &told.credentials {
            assert!(
                [None, Some(&b"b"[..]), Some(b"secret")].contains(&login.password.as_ref().map(Secret::reveal)),
                "{login:?}"
            );
            assert!([None, Some(&b"a"[..]), Some(b"alice")].contains(&login.username.as_deref()), "{login:?}");
        }
    }
}

#[test]
fn commands_in_flight_are_bounded() {
    let mut dialogue = Stack::new(Dialogue::new());
    let mut told = Recorder::default();
    let at = crate::flow::PacketRef { packet: 1, time: Default::default() };
    let flood = b"PASS x\r\n".repeat(COMMANDS_IN_FLIGHT + 7);
    dialogue.data(crate::flow::Side::Client, &flood, at, &mut told);
    assert_eq!(told.limits, [Limit::CommandsInFlight; 7]);
    dialogue.data(crate::flow::Side::Server, b"+OK hi\r\n+OK\r\n", at, &mut told);
    assert!(told.steps.iter().all(|step| step.answers.is_none()));
    dialogue.end(&mut told);
    assert_eq!(told.credentials.len(), COMMANDS_IN_FLIGHT + 7);
}

#[test]
fn an_endless_listing_stays_small() {
    let listing = "S: 1 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n".repeat(2_000);
    let told = talk(Dialogue::new(), &format!("S: +OK\n C: UIDL\n S: +OK\n{listing}S: ."));
    assert!(told.steps[2].text.len() <= crate::limits::LINE_BYTES);
    assert_eq!(told.limits.iter().filter(|&&limit| limit == Limit::LineBytes).count(), 1);
    assert_eq!(told.steps[2].answers, Some(2));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn nothing_makes_a_dialogue_panic(
        talk in prop::collection::vec(
            (
                any::<bool>(),
                prop_oneof![
                    prop::collection::vec(any::<u8>(), 0..40),
                    prop::sample::select(vec![
                        &b"+OK 12 octets\r\n"[..], b"-ERR\r\n", b".\r\n", b"+ \r\n", b"RETR 1\r\n", b"LIST\r\n", b"AUTH LOGIN\r\n",
                        b"AUTH PLAIN AGEAYg==\r\n", b"PASS x\r\n", b"STLS\r\n", b"XTND XMIT\r\n", b"XTND\r\n", b"CAPA\r\n", b"QU", b"*\r\n",
                        b"\x16\x03\x01\x00\x05", b"..\r\n", b"\r\n", b"1 2\r\n",
                    ]).prop_map(<[u8]>::to_vec),
                ],
                prop::option::weighted(0.1, 1u64..u64::MAX / 64),
            ),
            0..40,
        ),
        tls in any::<bool>(),
    ) {
        let (mut dialogue, mut told) = (Stack::new(Dialogue::new()), Recorder::default());
        if tls {
            dialogue.begin_with_tls(&mut told);
        }
        for (packet, (client, bytes, gap)) in (1..).zip(talk) {
            let side = if client { crate::flow::Side::Client } else { crate::flow::Side::Server };
            let at = crate::flow::PacketRef { packet, time: Default::default() };
            dialogue.data(side, &bytes, at, &mut told);
            if let Some(missing) = gap {
                dialogue.gap(side, missing, at, &mut told);
            }
        }
        dialogue.end(&mut told);
        prop_assert!(told.messages.iter().all(|message| message.complete.is_some()));
    }
}

/// The mechanism of an AUTH that was not captured is unknown, so the response to its challenge may be a password.
#[test]
fn a_response_to_an_unseen_auth_is_hidden() {
    let told = hear("S: +OK hi\n C~ 12\n S: +\n C: AGFsaWNlAHNlY3JldA==\n S: +OK in\n C: STAT\n S: +OK 0 0");
    assert_eq!(
        told.rows()[2..],
        [
            "3 S Continuation +",
            "4 C Response AGFsaWNlAHNlY3JldA==",
            "5 S Reply +OK in -> 4",
            "6 C Command [STAT] STAT",
            "7 S Reply +OK 0 0 -> 6",
        ]
    );
    assert_eq!(told.steps[3].secrets, ["AGFsaWNlAHNlY3JldA=="]);
    assert_eq!(logins(&told), ["AUTH PLAIN alice secret Plaintext Accepted [3, 4, 5]"], "known by its form");
}

#[test]
fn two_logins_that_gaps_have_run_together() {
    let begun = "S: +OK ready\n C: AUTH PLAIN\n S: +\n";
    for gaps in ["C~ 40\n S~ 30\n", "S~ 30\n C~ 40\n"] {
        for rest in ["S: + PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2U+\n C: YWxpY2UgYjkx\n S: +OK in\n", "S: +OK in\n"] {
            let told = hear(&[begun, gaps, rest].concat());
            let mut expected = vec!["AUTH PLAIN - - None Unknown [2, 3]"];
            if rest.starts_with("S: + ") {
                expected.push("AUTH - - None Accepted [6, 7, 8]");
            }
            assert_eq!(logins(&told), expected, "{gaps}{rest}");
            let asked = told.steps.iter().filter(|step| step.kind == crate::protocol::event::Kind::Response);
            assert!(asked.clone().all(|step| step.secrets == ["YWxpY2UgYjkx"]), "{rest}");
            assert_eq!(asked.count(), usize::from(rest.starts_with("S: + ")), "{rest}");
        }
    }
    let told = hear(&[begun, "C~ 40\n S: -ERR no\n"].concat());
    assert_eq!(logins(&told), ["AUTH PLAIN - - None Rejected [2, 3, 5]"], "the server's bytes are whole");
}

/// A line in no mechanism's form is a command; a line that may be a response to a challenge that was not captured is
/// not.
#[test]
fn after_an_auth_whose_reply_is_missing() {
    let told = hear("S: +OK ready\n C: AUTH PLAIN AHMANSA=\n S~ 2\n S: K logged in\n C: K4P28Q x\n S: -ERR unknown");
    assert_eq!(told.commands(), ["AUTH", "K4P28Q"]);
    assert_eq!(logins(&told), ["AUTH PLAIN s 5  Plaintext Unknown [2]"]);
    let told = hear("S: +OK ready\n C| AUTH\n C~ 1\n C: PLAIN\n S~ 2\n S: \n C: AGZkAG1mdTg4IHg=\n S: +OK in");
    assert_eq!(told.commands(), ["AUTH"]);
    assert_eq!(told.steps.iter().flat_map(|s| &s.secrets).last().map(String::as_str), Some("AGZkAG1mdTg4IHg="));
}

#[test]
fn half_a_mechanisms_name_is_not_reported() {
    let told = hear("S: +OK ready\n C| AUTH PLAI\n C~ 3\n S: +\n C: AGFsaWNlAHNlY3JldA==\n S: +OK in\n");
    assert_eq!(logins(&told), [""; 0]);
    assert_eq!(told.steps.iter().flat_map(|step| &step.secrets).collect::<Vec<_>>(), ["AGFsaWNlAHNlY3JldA=="]);
}

#[test]
fn the_first_words_of_a_torn_status_decide() {
    for (torn, outcome) in [("+OK Logg", "Accepted"), ("+OK", "Accepted"), ("-ERR wr", "Rejected")] {
        let told = hear(&format!("S: +OK ready\nC: USER bob\nS: +OK\nC: PASS x\nS| {torn}\nS~ 9\nC: QUIT\nS: +OK bye"));
        let reply = format!("5 S Reply {torn} -> 4");
        assert_eq!(told.rows()[4], reply);
        assert!(logins(&told)[0].contains(outcome), "{:?}", logins(&told));
    }
    // Too little came of it.
    for torn in ["+O", "-ER", "+"] {
        let told = hear(&format!("S: +OK ready\nC: USER bob\nS: +OK\nC: PASS x\nS| {torn}\nS~ 9\nC: QUIT\nS: +OK bye"));
        assert!(logins(&told)[0].contains("Unknown"), "{torn} {:?}", logins(&told));
    }
}

#[test]
fn the_first_words_of_a_torn_command_decide() {
    let told =
        hear("S: +OK ready\nC: USER bob\nS: +OK\nC: PASS x\nS: +OK\nC| RETR 1\nC~ 3\nS: +OK 9 octets\nS: To: a\nS: .");
    assert_eq!(told.commands(), ["USER", "PASS", "RETR"]);
    assert_eq!(told.messages.len(), 1);
}
