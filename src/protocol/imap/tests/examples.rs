//! The RFCs' own examples.

use super::super::{Code, State, Status, Subject, Untagged, Verb, What};
use super::{answers, messages, played};
use crate::protocol::event::{self, Delivery, Kind};
use crate::protocol::secret::Secret;

#[test]
fn rfc3501_section_8() {
    let told = played(
        r#"
        S: * OK IMAP4rev1 Service Ready
        C: a001 login mrc secret
        S: a001 OK LOGIN completed
        C: a002 select inbox
        S: * 18 EXISTS
        S: * FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)
        S: * 2 RECENT
        S: * OK [UNSEEN 17] Message 17 is the first unseen message
        S: * OK [UIDVALIDITY 3857529045] UIDs valid
        S: a002 OK [READ-WRITE] SELECT completed
        C: a003 fetch 12 full
        S: * 12 FETCH (FLAGS (\\Seen) INTERNALDATE "17-Jul-1996 02:44:25 -0700" RFC822.SIZE 4286 ENVELOPE ("Wed, 17 Jul 1996 02:23:25 -0700 (PDT)" "IMAP4rev1 WG mtg summary and minutes" (("Terry Gray" NIL "gray" "cac.washington.edu")) NIL NIL "<B27397-0100000@cac.washington.edu>") BODY ("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 3028 92))
        S: a003 OK FETCH completed
        C: a004 fetch 12 body[header]
        S: * 12 FETCH (BODY[HEADER] {342}
        S: Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)
        S: From: Terry Gray <gray@cac.washington.edu>
        S: Subject: IMAP4rev1 WG mtg summary and minutes
        S: To: imap@cac.washington.edu
        S: cc: minutes@CNRI.Reston.VA.US, John Klensin <KLENSIN@MIT.EDU>
        S: Message-Id: <B27397-0100000@cac.washington.edu>
        S: MIME-Version: 1.0
        S: Content-Type: TEXT/PLAIN; CHARSET=US-ASCII
        S:
        S: )
        S: a004 OK FETCH completed
        C: a005 store 12 +flags \\deleted
        S: * 12 FETCH (FLAGS (\\Seen \\Deleted))
        S: a005 OK +FLAGS completed
        C: a006 logout
        S: * BYE IMAP4rev1 server terminating connection
        S: a006 OK LOGOUT completed
        "#,
    );
    assert_eq!(told.commands(), ["LOGIN", "SELECT", "FETCH", "FETCH", "STORE", "LOGOUT"]);
    assert_eq!(answers(&told), ["LOGIN OK", "SELECT OK", "FETCH OK", "FETCH OK", "STORE OK", "LOGOUT OK"]);
    assert_eq!(told.banner.as_deref(), Some("IMAP4rev1 Service Ready"));
    assert_eq!(told.messages.len(), 1);
    let message = &told.messages[0];
    assert_eq!((message.content.len(), message.complete), (342, Some(true)));
    assert_eq!(message.start.part.as_deref(), Some("headers"));
    assert_eq!(message.start.mailbox.as_deref(), Some(b"inbox".as_slice()));
    let rows = told.rows();
    assert_eq!(rows[0], "1 S Greeting * OK IMAP4rev1 Service Ready");
    assert_eq!(
        rows[13..18],
        [
            "14 C Command [FETCH] a004 fetch 12 body[header]",
            "15 S Untagged * 12 FETCH (BODY[HEADER] {342}",
            "16 S Data ",
            "17 S Reply a004 OK FETCH completed -> 14",
            "18 C Command [STORE] a005 store 12 +flags \\\\deleted",
        ]
    );
    assert_eq!(message.start.steps, [14, 15]);
    assert_eq!(message.outcome.as_ref().map(|outcome| outcome.steps.as_slice()), Some([16].as_slice()));
    let states: Vec<_> = told
        .steps
        .iter()
        .filter(|step| step.kind == Kind::Command)
        .filter_map(|step| match &step.subject {
            event::Subject::Imap(subject) => Some(subject.state),
            _ => None,
        })
        .collect();
    use State::{Authenticated, Logout, NotAuthenticated, Selected};
    assert_eq!(states, [NotAuthenticated, Authenticated, Selected, Selected, Selected, Logout]);
}

#[test]
fn rfc3501_section_6() {
    let told = played(
        r#"
        S: * OK IMAP4rev1 Server
        C: abcd CAPABILITY
        S: * CAPABILITY IMAP4rev1 STARTTLS AUTH=GSSAPI LOGINDISABLED
        S: abcd OK CAPABILITY completed
        C: A682 LIST "" *
        S: * LIST () "/" blurdybloop
        S: * LIST (\\Noselect) "/" foo
        S: A682 OK LIST completed
        C: A042 STATUS blurdybloop (UIDNEXT MESSAGES)
        S: * STATUS blurdybloop (MESSAGES 231 UIDNEXT 44292)
        S: A042 OK STATUS completed
        C: A003 APPEND saved-messages (\\Seen) {30}
        S: + Ready for literal data
        C: Date: Mon, 7 Feb 1994 21:52:
        C:
        S: A003 OK APPEND completed
        C: A283 SEARCH TEXT "string not in mailbox"
        S: * SEARCH
        S: A283 OK SEARCH completed
        C: A284 SEARCH CHARSET UTF-8 TEXT {6}
        S: + Ready for literal text
        C: XXXXXX
        S: * SEARCH 43
        S: A284 OK SEARCH completed
        C: A999 UID FETCH 4827313:4828442 FLAGS
        S: * 23 FETCH (FLAGS (\\Seen) UID 4827313)
        S: A999 OK UID FETCH completed
        C: a441 CAPABILITY
        S: a441 BAD no
        "#,
    );
    assert_eq!(told.capabilities, ["IMAP4rev1", "STARTTLS", "AUTH=GSSAPI", "LOGINDISABLED"]);
    assert_eq!(
        told.commands(),
        ["CAPABILITY", "LIST", "STATUS", "APPEND", "SEARCH", "SEARCH", "UID FETCH", "CAPABILITY"]
    );
    assert_eq!(answers(&told)[6..], ["UID FETCH OK", "CAPABILITY BAD"]);
    assert_eq!(messages(&told), ["saved-messages ?/? whole: Date: Mon, 7 Feb 1994 21:52:\\r\\n"]);
    let search = told.rows().iter().position(|row| row.contains("A284 SEARCH")).expect("the search");
    assert_eq!(
        told.rows()[search..search + 3],
        [
            "19 C Command [SEARCH] A284 SEARCH CHARSET UTF-8 TEXT {6}\\nXXXXXX",
            "20 S Continuation + Ready for literal text",
            "21 S Untagged * SEARCH 43",
        ]
    );
}

#[test]
fn commands_in_flight_are_answered_in_any_order() {
    let told = played(
        r#"
        S: * PREAUTH hello
        C: a1 SELECT inbox
        C: a2 FETCH 1 BODY[TEXT]
        C: a3 NOOP
        S: a3 OK done
        S: a1 OK [READ-ONLY] selected
        S: * 1 FETCH (BODY[TEXT] {2}
        S| hi UID 7)\r\n
        S: a2 OK fetched
        S: a9 OK what
        "#,
    );
    assert_eq!(answers(&told), ["NOOP OK", "SELECT OK", "FETCH OK", " OK"]);
    assert_eq!(messages(&told), ["inbox 1/7 text: hi"]);
    assert_eq!(told.messages[0].start.steps, [3, 7], "the FETCH, not the NOOP");
    assert_eq!(told.rows()[7..9], ["8 S Data ", "9 S Untagged  UID 7)"]);
    let unanswered = &told.steps[10].subject;
    let what = What::Tagged { to: None, status: Status::Ok, code: None };
    assert_eq!(*unanswered, event::Subject::Imap(Subject { state: State::Selected, what }));
}

#[test]
fn rfc2177_idle() {
    let told = played(
        r#"
        S: * OK hi
        C: A001 SELECT INBOX
        S: * FLAGS (Deleted Seen)
        S: * 3 EXISTS
        S: * 0 RECENT
        S: A001 OK SELECT completed
        C: A002 IDLE
        S: + idling
        S: * 4 EXISTS
        C: DONE
        S: A002 OK IDLE terminated
        C: A003 FETCH 4 ALL
        S: * 4 FETCH (FLAGS () RFC822.SIZE 4)
        S: A003 OK FETCH completed
        C: A004 IDLE
        S: + idling
        S: * 2 EXPUNGE
        S: * 3 EXISTS
        C: DONE
        S: A004 OK IDLE terminated
        "#,
    );
    assert_eq!(told.commands(), ["SELECT", "IDLE", "DONE", "FETCH", "IDLE", "DONE"]);
    assert_eq!(answers(&told), ["SELECT OK", "IDLE OK", "FETCH OK", "IDLE OK"]);
    let what = |n: usize| match &told.steps[n - 1].subject {
        event::Subject::Imap(subject) => subject.what.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(what(8), What::Continuation { to: Some(Verb::Idle) });
    assert_eq!(what(9), What::Untagged(Untagged::Exists));
    assert_eq!(what(10), What::Done);
}

#[test]
fn rfc4315_and_rfc3502_append() {
    let told = played(
        r#"
        S: * PREAUTH hi
        C: A003 APPEND saved-messages (\\Seen) {5}
        S: + Ready for literal data
        C: aaa
        C:
        S: A003 OK [APPENDUID 38505 3955] APPEND completed
        C: A004 COPY 2:4 meeting
        S: A004 OK [COPYUID 38505 304,319:320 3956:3958] Done
        C: A005 APPEND saved-messages (\\Seen) {3}
        S: + Ready for literal data
        C: one (\\Seen) " 7-Feb-1994 22:43:04 -0800" {5+}
        C: two22
        S: A005 OK [APPENDUID 38505 3959:3960] APPEND completed
        C: A006 APPEND foo {3}
        S: A006 NO [TRYCREATE] no such mailbox
        C: A007 APPEND foo {4+}
        S: A007 NO [TRYCREATE] no such mailbox
        C: abcd
        C: A008 APPEND foo {0}
        S: + go
        C:
        S: A008 NO empty
        "#,
    );
    assert_eq!(told.commands(), ["APPEND", "COPY", "APPEND", "APPEND", "APPEND", "APPEND"]);
    assert_eq!(
        messages(&told),
        [
            "saved-messages ?/3955 whole: aaa\\r\\n",
            "saved-messages ?/3959 whole: one",
            "saved-messages ?/3960 whole: two22",
            "foo ?/? whole: abcd",
            "foo ?/? whole: ",
        ]
    );
    let outcomes: Vec<_> = told.messages.iter().filter_map(|m| m.outcome.as_ref()?.outcome).collect();
    use Delivery::{Accepted, Rejected};
    assert_eq!(outcomes, [Accepted, Accepted, Accepted, Rejected, Rejected]);
    let reply = told.messages[3].outcome.as_ref().and_then(|outcome| outcome.reply.clone());
    assert_eq!(reply, Some(b"NO [TRYCREATE] no such mailbox".to_vec()));
    assert_eq!(
        told.rows()[6..12],
        [
            "7 S Reply A004 OK [COPYUID 38505 304,319:320 3956:3958] Done -> 6",
            "8 C Command [APPEND] A005 APPEND saved-messages (\\\\Seen) {3}",
            "9 S Continuation + Ready for literal data",
            "10 C Data ",
            "11 C Data  (\\\\Seen) \\\" 7-Feb-1994 22:43:04 -0800\\\" {5+}",
            "12 S Reply A005 OK [APPENDUID 38505 3959:3960] APPEND completed -> 8",
        ]
    );
}

#[test]
fn rfc7888_literals() {
    let told = played(
        r#"
        S: * OK [CAPABILITY IMAP4rev1 LITERAL+] hi
        C: A001 LOGIN {11+}
        C: FRED FOOBAR {7+}
        C: fat man
        S: A001 OK LOGIN completed
        "#,
    );
    assert_eq!(told.rows()[1], "2 C Command [LOGIN] A001 LOGIN {11+}\\nFRED FOOBAR {7+}\\nfat man");
    assert_eq!(told.steps[1].secrets, ["fat man"]);
    let login = &told.credentials[0];
    assert_eq!(
        (login.username.as_deref(), login.password.as_ref().map(Secret::reveal)),
        (Some(b"FRED FOOBAR".as_slice()), Some(b"fat man".as_slice()))
    );
}

#[test]
fn response_codes_are_named() {
    let told = played(
        r#"
        S: * BYE [UNAVAILABLE] too busy
        "#,
    );
    assert_eq!(told.rows(), ["1 S Greeting * BYE [UNAVAILABLE] too busy"]);
    let told = played("S: * OK hi\nS: * NO [ALERT] disk is full");
    let what = What::Untagged(Untagged::No(Some(Code::Alert)));
    assert_eq!(told.steps[1].subject, event::Subject::Imap(Subject { state: State::NotAuthenticated, what }));
}

/// A part that is fetched by itself is described by what the server has said of it before.
#[test]
fn a_section_has_the_header_that_bodystructure_told() {
    let text = r#"("TEXT" "PLAIN" NIL NIL NIL "7BIT" 5 1)"#;
    let pdf = r#"("APPLICATION" "PDF" NIL NIL NIL "BASE64" 8 NIL ("ATTACHMENT" ("FILENAME" "r.pdf")))"#;
    let told = played(&format!(
        r#"
            S: * OK IMAP4rev1
            C: a LOGIN u p
            S: a OK
            C: b SELECT INBOX
            S: b OK
            C: c UID FETCH 7:8 (BODYSTRUCTURE)
            S: * 1 FETCH (UID 7 BODYSTRUCTURE ({text}{pdf} "MIXED"))
            S: * 2 FETCH (UID 8 BODYSTRUCTURE {text})
            S: c OK
            C: d FETCH 1 (UID BODY.PEEK[2])
            S: * 1 FETCH (UID 7 BODY[2] {{8}}
            S: aGVsbG8=)
            S: d OK
            C: e FETCH 1 BINARY[2]
            S: * 1 FETCH (BINARY[2] "hello")
            S: e OK
            C: f FETCH 1 (BODY[1] BODY[2]<0.4>)
            S: * 1 FETCH (BODY[1] "hi" BODY[2]<0> "aGVs")
            S: f OK
            C: g FETCH 2 (BODY[2.MIME] BODY[2])
            S: * 2 FETCH (BODY[2.MIME] {{25}}
            S: Content-Type: image/gif
            S:  BODY[2] "GIF8")
            S: g OK
            S: * 1 EXPUNGE
            C: h FETCH 1 BODY[2]
            S: * 1 FETCH (BODY[2] "GIF8")
            S: h OK
        "#
    ));
    let described: Vec<_> = told
        .messages
        .iter()
        .map(|message| {
            let header = message.start.described.as_deref().map(String::from_utf8_lossy);
            let part = message.start.part.as_deref().unwrap_or("all");
            format!("{part}: {}", header.map_or("-".into(), |header| header.replace("\r\n", "|")))
        })
        .collect();
    let whole = r#"Content-Type: APPLICATION/PDF|Content-Transfer-Encoding: BASE64|Content-Disposition: ATTACHMENT; FILENAME="r.pdf"||"#;
    let decoded = r#"Content-Type: APPLICATION/PDF|Content-Disposition: ATTACHMENT; FILENAME="r.pdf"||"#;
    assert_eq!(
        described,
        [
            format!("section 2: {whole}"),
            format!("section 2: {decoded}"),
            "section 1: -".to_owned(),
            format!("section 2, bytes 0-3: {whole}"),
            "section 2.MIME: -".to_owned(),
            "section 2: Content-Type: image/gif|".to_owned(),
            "section 2: Content-Type: image/gif|".to_owned(),
        ]
    );
}
