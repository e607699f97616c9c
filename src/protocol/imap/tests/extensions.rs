//! The examples of IMAP's extensions, as their RFCs give them.

use super::super::{Code, State, Untagged, Verb, What};
use super::{answers, messages, played};
use crate::protocol::event::{self, Delivery, Kind};
use crate::protocol::secret::Secret;
use crate::protocol::testing::Recorder;

/// Plays `script` with a mailbox selected.
fn selected(script: &str) -> Recorder {
    played(&format!("S: * PREAUTH hi\nC: s SELECT m\nS: s OK done\n{script}"))
}

/// The kinds of the server's untagged responses, without the greeting.
fn untagged(told: &Recorder) -> Vec<Untagged> {
    told.steps
        .iter()
        .filter_map(|step| match &step.subject {
            event::Subject::Imap(subject) => match subject.what {
                What::Untagged(untagged) => Some(untagged),
                _ => None,
            },
            _ => None,
        })
        .collect()
}

/// Checks that every line was understood.
fn nothing_unknown(told: &Recorder) {
    for step in &told.steps {
        assert_ne!(step.kind, Kind::Unknown, "{}", step.text);
        if let event::Subject::Imap(subject) = &step.subject {
            let odd = matches!(
                subject.what,
                What::Command { verb: Verb::Other, .. }
                    | What::Tagged { to: None | Some(Verb::Other), .. }
                    | What::Tagged { code: Some(Code::Other), .. }
                    | What::Untagged(
                        Untagged::Other
                            | Untagged::Ok(Some(Code::Other))
                            | Untagged::No(Some(Code::Other))
                            | Untagged::Bad(Some(Code::Other))
                    )
            );
            assert!(!odd, "{}", step.text);
        }
    }
}

#[test]
fn rfc8508_replace() {
    let told = selected(
        r#"
        C: A003 REPLACE 4 Drafts (\\Seen \\Draft MyFlag) {12}
        S: + Ready for literal data
        C: Subject: a
        C:
        S: * OK [APPENDUID 1 2000] Replacement Message ready
        S: * 5 EXISTS
        S: * 4 EXPUNGE
        S: A003 OK Replace completed
        C: A004 UID REPLACE 2000 Drafts (\\Seen) {7}
        S: + Ready for literal data
        C: Failed.
        S: A004 NO [TRYCREATE] Need to create Drafts
        "#,
    );
    nothing_unknown(&told);
    assert_eq!(told.commands(), ["SELECT", "REPLACE", "UID REPLACE"]);
    assert_eq!(answers(&told), ["SELECT OK", "REPLACE OK", "UID REPLACE NO"]);
    assert_eq!(messages(&told), ["Drafts ?/2000 whole: Subject: a\\r\\n", "Drafts ?/? whole: Failed."]);
    let outcomes: Vec<_> = told.messages.iter().filter_map(|m| m.outcome.as_ref()?.outcome).collect();
    assert_eq!(outcomes, [Delivery::Accepted, Delivery::Rejected]);
}

#[test]
fn rfc4469_catenate() {
    let told = selected(
        r#"
        C: A003 APPEND Drafts (\\Seen \\Draft $MDNSent) CATENATE (URL "/Drafts;UIDVALIDITY=385759045/;UID=20/;section=HEADER" TEXT {42}
        S: + Ready for literal data
        C:
        C| --------------030308070208000400050907
        C:
        C:  URL "/Drafts;UIDVALIDITY=385759045/;UID=30" TEXT {44}
        S: + Ready for literal data
        C:
        C: --------------030308070208000400050907--
        C: )
        S: A003 OK [APPENDUID 385759045 45] catenate append completed
        C: A004 APPEND Drafts CATENATE (TEXT {4+}
        C| one, TEXT {4+}\r\n two)\r\n
        S: A004 OK [APPENDUID 385759045 46] done
        C: A005 APPEND Drafts CATENATE (TEXT {3+}
        C: abc) (\\Seen) {3+}
        C: def
        S: A005 NO [BADURL "/Drafts;UIDVALIDITY=385759045/;UID=30"] CATENATE append has failed, one message expunged
        C: A006 APPEND CATENATE {3+}
        C: ghi
        S: A006 OK done
        "#,
    );
    assert_eq!(answers(&told)[1..], ["APPEND OK", "APPEND OK", "APPEND NO", "APPEND OK"]);
    assert_eq!(
        messages(&told),
        [
            "Drafts ?/45 text: \\r\\n--------------030308070208000400050907\\r\\n",
            "Drafts ?/45 text: \\r\\n--------------030308070208000400050907--\\r\\n",
            "Drafts ?/46 whole: one, two",
            "Drafts ?/? whole: abc",
            "Drafts ?/? whole: def",
            "CATENATE ?/? whole: ghi",
        ]
    );
}

#[test]
fn rfc6855_utf8() {
    let told = played(
        r#"
        S: * OK [CAPABILITY IMAP4rev1 UTF8=ACCEPT LITERAL+] hi
        C: 1 LOGIN "пётр" "пароль"
        S: 1 OK done
        C: 2 ENABLE UTF8=ACCEPT
        S: * ENABLED UTF8=ACCEPT
        S: 2 OK enabled
        C: 3 APPEND "Входящие" (\\Seen) UTF8 (~{6+}
        C: тем)
        S: 3 OK [APPENDUID 1 2] done
        C: 4 APPEND "&BBIERQ-" ~{3+}
        C: abc
        S: 4 OK [APPENDUID 1 3] done
        C: 5 SELECT "\xc2\xfa\xee\xe4"
        S: 5 NO [NONEXISTENT] no
        "#,
    );
    nothing_unknown(&told);
    assert_eq!(told.credentials[0].username.as_deref(), Some("пётр".as_bytes()));
    assert_eq!(told.credentials[0].password.as_ref().map(Secret::reveal), Some("пароль".as_bytes()));
    assert_eq!(messages(&told), ["Входящие ?/2 whole: тем", "Вх ?/3 whole: abc"]);
    assert_eq!(answers(&told), ["LOGIN OK", "ENABLE OK", "APPEND OK", "APPEND OK", "SELECT NO"]);
}

#[test]
fn rfc7162_condstore_and_qresync() {
    let told = played(
        r#"
        S: * PREAUTH hi
        C: a1 ENABLE QRESYNC
        S: * ENABLED QRESYNC
        S: a1 OK done
        C: A02 SELECT INBOX (QRESYNC (67890007 20050715194045000 41,43:211,214:541))
        S: * OK [CLOSED]
        S: * 100 EXISTS
        S: * OK [UIDVALIDITY 67890007] UIDVALIDITY
        S: * OK [UIDNEXT 600] Predicted next UID
        S: * OK [HIGHESTMODSEQ 20060115205545359] Highest mailbox mod-sequence
        S: * OK [UNSEEN 7] There are some unseen messages in the mailbox
        S: * FLAGS (\\Answered \\Flagged \\Draft \\Deleted \\Seen)
        S: * OK [PERMANENTFLAGS (\\Answered \\Flagged \\Draft \\Deleted \\Seen \\*)] Allowed
        S: * VANISHED (EARLIER) 41,43:116,118,120:211,214:540
        S: * 49 FETCH (UID 117 FLAGS (\\Seen \\Answered) MODSEQ (90060115194045001))
        S: A02 OK [READ-WRITE] mailbox selected
        C: s100 UID FETCH 300:500 (FLAGS) (CHANGEDSINCE 12345 VANISHED)
        S: * VANISHED (EARLIER) 300:310,405,411
        S: * 1 FETCH (UID 404 MODSEQ (65402) FLAGS (\\Seen))
        S: s100 OK FETCH completed
        C: d105 STORE 7,5,9 (UNCHANGEDSINCE 320162338) +FLAGS.SILENT (\\Deleted)
        S: * 5 FETCH (MODSEQ (320162350))
        S: d105 OK [MODIFIED 7,9] Conditional STORE failed
        C: a SEARCH MODSEQ "/flags/\\\\draft" all 620162338
        S: * SEARCH 2 5 6 7 11 12 18 19 20 23 (MODSEQ 917162500)
        S: a OK Search complete
        C: A160 UID EXPUNGE 505
        S: * VANISHED 405,407,410,425
        S: A160 OK [HIGHESTMODSEQ 2] Unlock
        "#,
    );
    nothing_unknown(&told);
    assert_eq!(told.commands(), ["ENABLE", "SELECT", "UID FETCH", "STORE", "SEARCH", "UID EXPUNGE"]);
    assert_eq!(untagged(&told).iter().filter(|untagged| matches!(untagged, Untagged::Vanished)).count(), 3);
}

#[test]
fn searches_and_what_they_find() {
    let told = selected(
        r#"
        # RFC 4731, 5267, 5182, 6203, 9394, 5256
        C: A282 SEARCH RETURN (MIN COUNT) FLAGGED SINCE 1-Feb-1994 NOT FROM "Smith"
        S: * ESEARCH (TAG "A282") MIN 2 COUNT 3
        S: A282 OK SEARCH completed
        C: B01 UID SEARCH RETURN (UPDATE COUNT) DELETED KEYWORD $Junk
        S: * ESEARCH (TAG "B01") UID COUNT 32768
        S: B01 OK Search completed
        S: * ESEARCH (TAG "B01") UID ADDTO (0 32768:32769)
        C: B04 CANCELUPDATE "B01"
        S: B04 OK done
        C: B05 UID SEARCH RETURN (UPDATE) ALL
        S: B05 OK [NOUPDATE "B05"] Search completed
        C: A283 SEARCH RETURN (SAVE) FLAGGED SINCE 1-Feb-1994
        S: A283 OK SEARCH completed, result saved
        C: A284 FETCH $ (UID INTERNALDATE FLAGS RFC822.HEADER)
        S: * 2 FETCH (UID 13 INTERNALDATE "17-Jul-1996 02:44:25 -0700" FLAGS (\\Seen) RFC822.HEADER {5}
        S| a: b\n)\r\n
        S: A284 OK FETCH completed
        C: A285 SEARCH RETURN (SAVE) SINCE 1-Jan-2038
        S: A285 NO [NOTSAVED] no more
        C: A01 UID SEARCH RETURN (PARTIAL -1:-100) UNDELETED UNKEYWORD $Junk
        S: * ESEARCH (TAG "A01") UID PARTIAL (-1:-100 166,200)
        S: A01 OK Completed.
        C: 10 UID FETCH 25900:26600 (UID FLAGS) (PARTIAL -1:-3)
        S: * 12888 FETCH (FLAGS (\\Seen) UID 25996)
        S: 10 OK FETCH completed
        C: A283 SORT (SUBJECT) UTF-8 SINCE 1-Feb-1994
        S: * SORT 2 84 882
        S: A283 OK SORT completed
        C: A284 UID SORT RETURN (ALL) (REVERSE DATE) UTF-8 UNDELETED
        S: * ESEARCH (TAG "A284") UID ALL 1:3
        S: A284 OK done
        C: A285 THREAD REFERENCES US-ASCII TEXT "gewp"
        S: * THREAD (2)(3 6 (4 23)(44 7 96))
        S: A285 OK THREAD completed
        C: A9 SEARCH FUZZY (SUBJECT "IMAP break")
        S: * SEARCH 1 5 10
        S: A9 OK done
        C: A10 SEARCH CHARSET UTF-8 TEXT {10}
        S: + go
        C: \xd0\xbf\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5 OR FROM {1+}
        C: x TO y
        S: * SEARCH
        S: A10 OK done
        "#,
    );
    nothing_unknown(&told);
    assert!(told.limits.is_empty());
    assert_eq!(answers(&told).iter().filter(|answer| !answer.ends_with("OK")).count(), 1);
    assert_eq!(messages(&told), ["m 2/13 headers: a: b\\n"]);
}

#[test]
fn mailboxes_rights_quotas_and_notes() {
    let told = played(
        r##"
        S: * PREAUTH hi
        # RFC 5258, 5819, 6154, 2342, 8440
        C: A01 LIST (SUBSCRIBED RECURSIVEMATCH) "" ("INBOX" "Drafts" "Sent/%") RETURN (CHILDREN STATUS (MESSAGES UNSEEN))
        S: * LIST (\\Marked \\NoInferiors \\Subscribed) "/" "inbox"
        S: * LIST (\\HasChildren) "/" "Fruit" ("CHILDINFO" ("SUBSCRIBED"))
        S: * LIST (\\NonExistent) "/" {5}
        S| a b\\c\r\n
        S: * STATUS "INBOX" (MESSAGES 17 UNSEEN 16)
        S: A01 OK done
        C: A02 CREATE MyDrafts (USE (\\Drafts \\Flagged))
        S: A02 NO [USEATTR] \\Flagged not supported
        C: A03 NAMESPACE
        S: * NAMESPACE (("" "/")) (("~" "/")) (("#shared/" "/") ("#public/" "/"))
        S: A03 OK NAMESPACE command completed
        # RFC 8474
        C: A04 CREATE foo
        S: A04 OK [MAILBOXID (F2212ea87-6097-4256-9d51-71338625)] Completed
        C: A05 SELECT foo
        S: * OK [MAILBOXID (F2212ea87-6097-4256-9d51-71338625)] Ok
        S: A05 OK [READ-WRITE] Completed
        C: A06 FETCH 1:* (EMAILID THREADID SAVEDATE X-GM-MSGID X-GM-THRID X-GM-LABELS UID)
        S: * 1 FETCH (EMAILID (M6d99ac3275bb4e) THREADID NIL SAVEDATE NIL X-GM-MSGID 1278455344230334865 X-GM-LABELS ("\\Inbox" {4}
        S| a) bX-GM) UID 9)\r\n
        S: A06 OK Completed
        # RFC 4314
        C: A07 SETACL INBOX/Drafts John lrQswicda
        S: A07 BAD Uppercase rights are not allowed
        C: A08 GETACL INBOX
        S: * ACL INBOX Fred rwipslxcetda
        S: A08 OK Getacl complete
        C: A09 LISTRIGHTS ~/Mail/saved smith
        S: * LISTRIGHTS ~/Mail/saved smith la r swicdkxte
        S: A09 OK Listrights completed
        C: A10 MYRIGHTS INBOX
        S: * MYRIGHTS INBOX rwiptsldaex
        S: A10 OK Myrights complete
        # RFC 9208
        C: G0001 GETQUOTAROOT INBOX
        S: * QUOTAROOT INBOX "#user/alice" ""
        S: * QUOTA "#user/alice" (MESSAGE 42 1000)
        S: G0001 OK Getquotaroot complete
        C: S0000 SETQUOTA "#user/alice" (STORAGE 510)
        S: S0000 NO [NOPERM] no
        # RFC 5464, 5465
        C: a GETMETADATA "INBOX" /private/comment
        S: * METADATA "INBOX" (/private/comment {10}
        S: My commenT)
        S: a OK GETMETADATA complete
        C: b SETMETADATA INBOX (/private/comment {33}
        S: + ready for data
        C: My new comment across
        C| two lines.)\r\n
        S: b NO [METADATA MAXSIZE 1024] too big
        C: c NOTIFY SET STATUS (selected (MessageNew (UID BODY.PEEK[HEADER.FIELDS (From)]) MessageExpunge))
        S: * STATUS misc (UIDNEXT 999)
        S: c OK done
        S: * OK [NOTIFICATIONOVERFLOW] too many
        S: * 5 FETCH (UID 99 BODY[HEADER.FIELDS ("From")] {13}
        S| From: a@b.c\r\n)\r\n
        # RFC 2971, 5255, 9698, 6851, 3691
        C: d ID ("name" "sodr" "version" "19.34" "vendor" NIL)
        S: * ID ("name" "Cyrus" "version" "1.5")
        S: d OK ID completed
        C: e LANGUAGE "FR-CA" EN
        S: * LANGUAGE (EN)
        S: e OK Now speaking English
        C: f COMPARATOR "cz;*" i;basic
        S: * COMPARATOR i;basic
        S: f OK Will use i;basic for collation
        C: g GETJMAPACCESS
        S: * JMAPACCESS "https://example.com/.s/[jmap]"
        S: g OK done
        C: h UID MOVE 42:69 foo
        S: * OK [COPYUID 432432 42:69 1202:1229]
        S: * 22 EXPUNGE
        S: h OK Done
        C: i UNSELECT
        S: i OK done
        "##,
    );
    nothing_unknown(&told);
    assert_eq!(messages(&told), ["foo 5/99 header fields: From: a@b.c\\r\\n"]);
    let refused: Vec<_> = answers(&told).into_iter().filter(|answer| !answer.ends_with("OK")).collect();
    assert_eq!(refused, ["CREATE NO", "SETACL BAD", "SETQUOTA NO", "SETMETADATA NO"]);
    assert_eq!(told.client_name.as_deref(), Some("sodr"));
}

#[test]
fn rfc4467_urlauth() {
    let told = played(
        r#"
        S: * PREAUTH hi
        C: A776 GENURLAUTH "imap://joe@example.com/INBOX/;uid=20/;section=1.2;urlauth=submit+fred" INTERNAL
        S: * GENURLAUTH "imap://joe@example.com/INBOX/;uid=20/;section=1.2;urlauth=submit+fred:internal:91354a473744909de610943775f92038"
        S: A776 OK GENURLAUTH completed
        C: A777 URLFETCH "imap://joe@example.com/INBOX/;uid=20"
        S: * URLFETCH "imap://joe@example.com/INBOX/;uid=20" {7}
        S| * 1 )\r\n\r\n
        S: A777 OK URLFETCH completed
        C: A778 RESETKEY
        S: A778 OK [URLMECH INTERNAL] All keys removed
        "#,
    );
    nothing_unknown(&told);
    assert_eq!(answers(&told), ["GENURLAUTH OK", "URLFETCH OK", "RESETKEY OK"]);
}

#[test]
fn rfc8437_unauthenticate() {
    let told = played(
        r#"
        S: * OK hi
        C: A001 LOGIN a b
        S: A001 OK done
        C: A002 SELECT INBOX
        S: A002 OK done
        C: A003 UNAUTHENTICATE
        S: A003 OK done
        C: A004 LOGIN c d
        S: A004 NO [AUTHENTICATIONFAILED] no
        "#,
    );
    nothing_unknown(&told);
    assert_eq!(told.credentials.len(), 2);
    let last = told.steps.last().expect("a reply");
    let event::Subject::Imap(subject) = &last.subject else { panic!("{last:?}") };
    assert_eq!(subject.state, State::NotAuthenticated);
}

#[test]
fn rfc9586_uids_alone() {
    let told = played(
        r#"
        S: * PREAUTH hi
        C: 06 ENABLE UIDONLY
        S: * ENABLED UIDONLY
        S: 06 OK ENABLE completed
        C: 07 SELECT INBOX
        S: * 3 EXISTS
        S: 07 OK done
        C: 10 UID FETCH 25900:26600 (FLAGS BODY[HEADER])
        S: * 25996 UIDFETCH (FLAGS (\\Seen) BODY[HEADER] {3}
        S| a:\n)\r\n
        S: * 26600 UIDFETCH (FLAGS ())
        S: 10 OK FETCH completed
        C: 18 FETCH 1 FLAGS
        S: 18 BAD [UIDREQUIRED] Message numbers are not allowed
        S: * VANISHED 25996
        "#,
    );
    nothing_unknown(&told);
    assert_eq!(messages(&told), ["INBOX ?/25996 headers: a:\\n"]);
}

#[test]
fn a_session_without_tls_is_compressed_all_the_same() {
    let told = played(
        "S: * OK hi\nC: a STARTTLS\nS: a NO no TLS here\nC: b LOGIN c d\nS: b OK in\nC: d COMPRESS DEFLATE\nS: d NO [COMPRESSIONACTIVE] it is\nC: e NOOP\nS: e OK done",
    );
    nothing_unknown(&told);
    assert_eq!(answers(&told), ["STARTTLS NO", "LOGIN OK", "COMPRESS NO", "NOOP OK"]);
}
