//! Gaps in every state. No reply may be given to the wrong command, and nothing with a gap is reported as whole.

use super::*;
use crate::protocol::event::Subject;

#[test]
fn in_the_servers_replies_while_the_client_waits_for_each() {
    let told = smtp(
        "
        S: 220 x
        C: HELO a
        S: 250 x
        C: MAIL FROM:<a@x>
        S~ 8
        C: RCPT TO:<b@y>
        S: 250 recipient
        C: QUIT
        S: 221 bye
    ",
    );
    assert_eq!(told.steps[4].subject, Subject::Gap(8));
    assert_eq!(answered(&told), ["HELO 250", "RCPT 250", "QUIT 221"]);
}

#[test]
fn in_the_servers_replies_to_a_pipeline() {
    let told = smtp(
        r"
        S: 220 x
        C: EHLO a
        S: 250 x
        C| MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nRCPT TO:<c@y>\r\nDATA\r\n
        S~ 12
        S: 250 which?
        S: 354 go
        C: text
        C: .
        S: 250 taken
        C: QUIT
        S: 221 bye
    ",
    );
    assert_eq!(answered(&told), ["EHLO 250", "DATA 354", "QUIT 221"]);
    assert_eq!(messages(&told), ["a@x > b@y=?, c@y=?: 6 accepted"]);
}

#[test]
fn in_the_middle_of_a_reply() {
    let told = smtp(
        r"
        S: 220 x
        C: EHLO a
        S| 250-x\r\n250-PIPELI
        S~ 20
        S| ELP\r\n
        C: NOOP
        S: 250 ok
    ",
    );
    assert_eq!(
        told.rows()[2..],
        [
            "3 S Reply 250-x\\n250-PIPELI -> 2",
            "4 S Gap ",
            "5 S Unknown ELP",
            "6 C Command [NOOP] NOOP",
            "7 S Reply 250 ok -> 6",
        ]
    );
    assert!(told.capabilities.is_empty());
}

#[test]
fn the_354_is_lost() {
    let told = smtp(
        "
        S: 220 x
        C: HELO a
        S: 250 x
        C: MAIL FROM:<a@x>
        S: 250 ok
        C: DATA
        S~ 8
        C: Subject: x
        C: .
        S: 250 taken
        C: QUIT
        S: 221 bye
    ",
    );
    assert_eq!(messages(&told), ["a@x > : 12 accepted"]);
    assert_eq!(answered(&told), ["HELO 250", "MAIL 250", "QUIT 221"]);
}

#[test]
fn the_refusal_of_data_is_lost() {
    let told = smtp(
        "
        S: 220 x
        C: HELO a
        S: 250 x
        C: DATA
        S~ 30
        C: QUIT
        S: 221 bye
    ",
    );
    assert_eq!(told.commands(), ["HELO", "DATA", "QUIT"]);
    assert_eq!(answered(&told), ["HELO 250", "QUIT 221"]);
    assert!(told.messages.is_empty());
}

#[test]
fn within_the_content() {
    let told = smtp(
        &[
            OPENING,
            ENVELOPE,
            r"
        C: one
        C~ 100
        C| .\r\nthree\r\n.\r\n
        S: 250 taken
        C: QUIT
        S: 221 bye
    ",
        ]
        .concat(),
    );
    // It is not known whether the first dot begins a line.
    assert_eq!(messages(&told), ["a@x > b@y=250: 15… accepted"]);
    assert_eq!(told.messages[0].missing, 100);
    assert_eq!(told.commands()[4..], ["QUIT"]);
}

#[test]
fn the_dot_is_lost_and_the_reply_tells() {
    let told = smtp(
        &[
            OPENING,
            ENVELOPE,
            "
        C: one
        C~ 100
        S: 250 taken
        C: QUIT
        S: 221 bye
    ",
        ]
        .concat(),
    );
    assert_eq!(messages(&told), ["a@x > b@y=250: 5… accepted"]);
    assert_eq!(told.commands()[4..], ["QUIT"]);
    assert_eq!(answered(&told).last().map(String::as_str), Some("QUIT 221"));
}

#[test]
fn the_reply_to_a_dot_between_line_feeds_is_lost() {
    let told = smtp(
        &[
            OPENING,
            ENVELOPE,
            r"
        C| text\n.\n
        S~ 12
        C| QUIT\n
        S: 221 bye
    ",
        ]
        .concat(),
    );
    assert_eq!(messages(&told), ["a@x > b@y=250: 5 unknown"]);
    assert_eq!(answered(&told).last().map(String::as_str), Some("QUIT 221"));
}

#[test]
fn in_the_clients_commands_while_it_waits_for_each_reply() {
    let told = smtp(
        "
        S: 220 x
        C~ 10
        S: 250 hello
        C: MAIL FROM:<a@x>
        S: 250 sender
        C~ 16
        S: 250 recipient
        C: DATA
        S: 354 go
        C: .
        S: 250 taken
    ",
    );
    assert_eq!(answered(&told), ["MAIL 250", "DATA 354"]);
    assert_eq!(messages(&told), ["a@x > : 0 accepted"]);
}

#[test]
fn in_the_clients_pipeline() {
    let told = smtp(
        r"
        S: 220 x
        C: EHLO a
        S: 250 x
        C| MAIL FROM:<a@x>\r\nRCPT TO:<b@
        C~ 20
        C| y>\r\nDATA\r\n
        S| 250 sender\r\n250 one\r\n250 two\r\n354 go\r\n
        C: .
        S: 250 taken
    ",
    );
    assert_eq!(answered(&told), ["EHLO 250", "MAIL 250", "RCPT 250", "DATA 354"]);
    // Half an address is not reported.
    assert_eq!(messages(&told), ["a@x > : 0 accepted"]);
    assert_eq!(told.steps[6].kind, Kind::Unknown);
}

#[test]
fn data_is_lost_and_the_354_tells() {
    let told = smtp(
        "
        S: 220 x
        C: MAIL FROM:<a@x>
        S: 250 sender
        C~ 6
        S: 354 go
        C: text
        C: .
        S: 250 taken
    ",
    );
    assert_eq!(messages(&told), ["a@x > : 6 accepted"]);
}

/// Where the end of the content and the reply to it are missing, the next reply may be to something else.
#[test]
fn the_end_of_content_and_the_reply_to_it_are_lost() {
    for gaps in ["C~ 30\nS~ 12\n", "S~ 12\nC~ 30\n"] {
        let script = [OPENING, ENVELOPE, "C: one\n", gaps, "C: NOOP\nS: 250 idle\nC: QUIT\nS: 221 bye\n"].concat();
        let told = smtp(&script);
        assert_eq!(messages(&told), ["a@x > b@y=250: 5… unknown"], "{gaps}");
        assert_eq!(told.commands()[4..], ["NOOP", "QUIT"], "{gaps}");
    }
}

/// Digits of the size may be missing, so the octets after it can't be counted.
#[test]
fn a_chunk_of_which_the_size_is_cut() {
    let told = smtp(
        r"
        S: 220 x
        C: EHLO a
        S: 250 x
        C: MAIL FROM:<a@x>
        S: 250 sender
        C| BDAT 1
        C~ 8
        C| 0 octets\r\n
        S: 250 taken
        C: QUIT
        S: 221 bye
    ",
    );
    assert!(told.messages.iter().all(|message| message.complete != Some(true)));
    assert_eq!(told.commands(), ["EHLO", "MAIL", "BDAT", "QUIT"]);
}

/// A response is hidden however it is cut, and the rest of the session stays synchronised.
#[test]
fn the_middle_of_a_password_is_lost() {
    let told = smtp(
        r"
        S: 220 x
        C: EHLO a
        S: 250 x
        C| AUTH PLAIN AGFsaWNl
        C~ 4
        C| NyZXQ=\r\n
        S: 235 in
        C: MAIL FROM:<a@x>
        S: 250 sender
        C: DATA
        S: 354 go
        C: text
        C: .
        S: 250 taken
    ",
    );
    let secrets: Vec<&str> = told.steps.iter().flat_map(|step| &step.secrets).map(String::as_str).collect();
    assert_eq!(secrets, ["AGFsaWNl", "NyZXQ="]);
    assert_eq!(told.credentials[0].password, None);
    assert_eq!(messages(&told), ["a@x > : 6 accepted"]);
}

#[test]
fn starttls_is_lost() {
    let told = smtp(
        r"
        S: 220 x
        C: EHLO a
        S: 250 x
        C~ 10
        S: 220 go ahead
        C| \x16\x03\x01\x00\x05hello
    ",
    );
    assert_eq!(told.commands(), ["EHLO"]);
    assert!(told.tls.contains(&crate::protocol::event::TlsFact::StartTls));
}

/// A gap at every place of an ordinary session: no reply may be given to the wrong command.
#[test]
fn anywhere() {
    let lines = [
        "S: 220 x",
        "C: EHLO a",
        "S: 250 x",
        "C: MAIL FROM:<a@x>",
        "S: 250 sender",
        "C: RCPT TO:<b@y>",
        "S: 550 no",
        "C: RCPT TO:<c@y>",
        "S: 250 recipient",
        "C: DATA",
        "S: 354 go",
        "C: text",
        "C: .",
        "S: 250 taken",
        "C: NOOP",
        "S: 250 done",
        "C: QUIT",
        "S: 221 bye",
    ];
    let right = [
        "EHLO 250 x",
        "MAIL 250 sender",
        "RCPT 550 no",
        "RCPT 250 recipient",
        "DATA 354 go",
        "NOOP 250 done",
        "QUIT 221 bye",
    ];
    for from in 0..lines.len() {
        for to in from + 1..=lines.len() {
            let gap = |side: char| {
                let lost: usize = lines[from..to].iter().filter(|l| l.starts_with(side)).map(|l| l.len() - 1).sum();
                if lost > 0 { format!("{side}~ {lost}\n") } else { String::new() }
            };
            for gaps in [gap('C') + &gap('S'), gap('S') + &gap('C')] {
                let script = format!("{}\n{gaps}{}", lines[..from].join("\n"), lines[to..].join("\n"));
                let told = smtp(&script);
                for step in told.steps.iter().filter(|step| step.answers.is_some()) {
                    let asked = &told.steps[step.answers.expect("an answer") as usize - 1];
                    let Some(verb) = &asked.command else { continue };
                    let pair = format!("{verb} {}", step.text);
                    assert!(right.contains(&pair.as_str()), "{pair} in\n{script}");
                }
                assert!(told.messages.iter().all(|m| m.complete != Some(true) || m.content == b"text\r\n"), "{script}");
            }
        }
    }
}

#[test]
fn lmtp_whose_recipients_are_partly_missing() {
    let session = |script: &str| {
        let told = lmtp(&["S: 220 x LMTP\nC: LHLO a\nS: 250 x\n", script].concat());
        let outcome = messages(&told).join("; ");
        (outcome, told.rows().pop().unwrap_or_default())
    };
    // MAIL, a RCPT and the replies to both are missing: it is not known whose the replies to the content are.
    let begun = "C~ 60\nS~ 14\nS: 250 ok\nC: RCPT TO:<b@y>\nS: 250 ok\nC: DATA\nS: 354 go on\nC: x\nC: .\n";
    let (told, last) = session(&[begun, "S: 250 taken\nS: 452 full\nC: QUIT\nS: 221 bye\n"].concat());
    assert_eq!(told, "? > b@y=250: 3 partly");
    assert!(last.starts_with("15 S Reply 221 bye -> 14"), "{last}");
    // There are as many replies as recipients were seen, so only MAIL is missing.
    let (told, _) = session(&[begun, "S: 452 full\nC: QUIT\nS: 221 bye\n"].concat());
    assert_eq!(told, "? > b@y=250/452: 3 deferred");
    let (told, _) = session(
        "C: MAIL FROM:<>\nS: 250 ok\nC| RCPT TO:<b@y>\\r\\nRCPT TO:<c@y>\\r\\nDATA\\r\\n\nS~ 20\nS: 354 go\nC: x\nC: .\nS: 452 full\nC: QUIT\nS: 221 bye\n",
    );
    assert_eq!(told, " > b@y=?, c@y=?: 3 unknown", "whose it is nobody knows, nor what became of the other");
    // A RCPT is missing, and the reply to it was seen: the first reply to the content is not for the second recipient.
    let (told, _) = session(
        "C: MAIL FROM:<>\nS: 250 ok\nC~ 16\nS: 250 ok\nC: RCPT TO:<c@y>\nS: 250 ok\nC: DATA\nS: 354 go\nC: x\nC: .\nS: 250 taken\nS: 452 full\nC: QUIT\nS: 221 bye\n",
    );
    assert_eq!(told, " > c@y=250: 3 partly");
    // The second reply is missing.
    let (told, _) = session(
        "C: MAIL FROM:<>\nS: 250 ok\nC: RCPT TO:<b@y>\nS: 250 ok\nC: RCPT TO:<c@y>\nS: 250 ok\nC: DATA\nS: 354 go\nC: x\nC: .\nS: 452 full\n",
    );
    assert_eq!(told, " > b@y=250/452, c@y=250: 3 unknown");
    // The session ends before another command.
    let (told, _) = session(&[begun, "S: 452 full\nS: 250 taken\n"].concat());
    assert_eq!(told, "? > b@y=250: 3 partly");
}

#[test]
fn prdr_whose_recipients_are_partly_missing() {
    let session = |script: &str| {
        let begun = "S: 220 x\nC: EHLO a\nS: 250 x\nC: MAIL FROM:<a@x> PRDR\nS: 250 ok\nC: RCPT TO:<b@y>\n";
        let content = "C: DATA\nS: 354 go on\nC: x\nC: .\nS: 353 wait\n";
        let end = "S: 250 OK id=1\nC: QUIT\nS: 221 bye\n";
        let told = smtp(&[begun, &script.replace("CONTENT", content), end].concat());
        assert_eq!(answered(&told).last().map(String::as_str), Some("QUIT 221"));
        messages(&told).join("; ")
    };
    // The reply to b is missing, but there are as many replies to the content as recipients.
    let told = session("S~ 6\nC: RCPT TO:<c@y>\nS: 250 ok\nCONTENT S: 550 b\nS: 250 c\n");
    assert_eq!(told, "a@x > b@y=?/550, c@y=250/250: 3 partly");
    // The missing reply was a refusal, as there is one reply fewer: whose that one is can't be known.
    let told = session("S~ 6\nC: RCPT TO:<c@y>\nS: 250 ok\nCONTENT S: 250 c\n");
    assert_eq!(told, "a@x > b@y=?, c@y=250: 3 accepted");
}
