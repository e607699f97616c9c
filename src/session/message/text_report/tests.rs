use super::*;
use crate::session::message::tests::read;
use crate::session::model::{Report, ReportForm};

/// The report that a message is, read in pieces of many sizes; each recipient as `address status: reason`.
fn report(message: &str) -> Option<(Vec<String>, Option<String>)> {
    let message = message.replace('\n', "\r\n");
    let of = |size| read(message.as_bytes(), size).structure.report;
    let reports = [usize::MAX, 1, 7, 61].map(of);
    assert!(reports.iter().all(|report| *report == reports[0]), "{reports:?}");
    let Report { form, recipients, message_id } = reports.into_iter().next().flatten()?;
    assert_eq!(form, ReportForm::Text);
    let shown = |one: &ReportedRecipient| {
        assert_eq!(one.action, "failed");
        let (status, reason) = (one.status.as_deref().unwrap_or("-"), one.diagnostic.as_deref().unwrap_or("-"));
        format!("{} {status}: {reason}", one.address)
    };
    Some((recipients.iter().map(shown).collect(), message_id))
}

const QMAIL: &str = "Subject: failure notice\n\nHi. This is the qmail-send program at mx.\n<x@y>:\nof the introduction\n\n\
    <c@d>:\n192.0.2.1 does not like recipient.\nRemote host said: 550-5.1.1 no such user\n550 5.1.1 ask somebody else\n\n\
    <\"o > k\"@d>:\nSorry, I couldn't find any host named d. (#5.1.2)\n\n\
    <e@f>:\nno code\n/\n<g@h>:\n\nA paragraph of another kind.\n<i@j>:\n\n\
    --- Below this line is a copy of the message.\n- and more\n\nReturn-Path: <a@b>\nMessage-ID: <1@b>\nSubject: x\n\n<k@l>:\nno\n\n";

#[test]
fn qsbmf_has_paragraphs() {
    let (recipients, message_id) = report(QMAIL).expect("a report");
    assert_eq!(
        recipients,
        [
            "c@d 5.1.1: 192.0.2.1 does not like recipient. Remote host said: 550-5.1.1 no such user 550 5.1.1 ask somebody else",
            "\"o > k\"@d 5.1.2: Sorry, I couldn't find any host named d. (#5.1.2)",
            "e@f -: no code / <g@h>:",
        ]
    );
    assert_eq!(message_id.as_deref(), Some("1@b"));
}

#[test]
fn the_text_may_be_encoded() {
    let body = "Hi. This is the program\n\n<c@d>:\nno (#5.0.0)\n\n-\n\nMessage-ID: <1@b>\n\n";
    let found = Some((vec!["c@d 5.0.0: no (#5.0.0)".to_owned()], Some("1@b".to_owned())));
    assert_eq!(report(&format!("Content-Type: text/plain\n\n{body}")), found);
    let quoted = body.replace("c@d", "c=40=\nd").replace("Hi.", "=48i.");
    assert_eq!(report(&format!("Content-Transfer-Encoding: quoted-printable\n\n{quoted}")), found);
    let base64 =
        "SGkuIFRoaXMgaXMgdGhlIHByb2dyYW0NCg0KPGNAZD46DQpubyAoIzUuMC4wKQ0KDQotDQoNCk1l\nc3NhZ2UtSUQ6IDwxQGI+DQoNCg==\n";
    assert_eq!(report(&format!("Content-Transfer-Encoding: base64\n\n{base64}")), found);
}

#[test]
fn what_is_no_qsbmf() {
    for near in [
        QMAIL.replace("Hi. This", "hi. This"),
        QMAIL.replace("Hi. This", " Hi. This"),
        QMAIL.replace("Hi. This", "> Hi. This"),
        QMAIL.replace("Hi. This", "\nHi. This"),
        QMAIL.replace("\n\n--- Below", "\n--- Below").replace("\n\n<k@l>", "\n<k@l>"),
        QMAIL.replace("Subject: failure", "Content-Type: text/html\nSubject: failure"),
        QMAIL.replace("Subject: failure", "Content-Type: multipart/mixed; boundary=x\nSubject: failure"),
        "Subject: x\n\nHi. This is the\n\n--\n\nMessage-ID: <1@b>\n\n".to_owned(),
        "Subject: x\n\nHi. This is the\n".to_owned(),
        "Subject: x\n\nHi.".to_owned(),
        "Subject: x\n\n".to_owned(),
    ] {
        assert_eq!(report(&near), None, "{near}");
    }
    let within =
        format!("Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: message/rfc822\n\n{QMAIL}\n--x--\n");
    assert_eq!(report(&within), None, "of a message within");
}

const SENDMAIL_TEXT: &str = "Subject: Returned mail\n\nThe original message was received at Sun, 29 Nov 2026 17:26:17 GMT\nfrom a\n\n   \
    ----- The following addresses had permanent fatal errors -----\nnobody@d\n    (reason: 550 5.1.1 no such user)\n<c@d>\n    \
    (reason: mailbox full)\n    (expanded from: <x@d>)\n\n   ----- The following addresses had transient non-fatal errors -----\n\
    <later@d>\n    (reason: 451 4.7.1 not now)\n\n   ----- Transcript of session follows -----\n... while talking to d:\n\
    >>> RCPT To:<nobody@d>\n<<< 550 5.1.1 no such user\n\n   ----- Message header follows -----\n\n\
    Return-Path: <a@b>\nMessage-ID: <1@b>\n\n   ----- Message body suppressed -----\n\n   \
    ----- The following addresses had permanent fatal errors -----\nk@l\n";

#[test]
fn sendmail_names_recipients_under_a_title() {
    let (recipients, message_id) = report(SENDMAIL_TEXT).expect("a report");
    assert_eq!(recipients, ["nobody@d 5.1.1: 550 5.1.1 no such user", "c@d -: mailbox full"]);
    assert_eq!(message_id.as_deref(), Some("1@b"));
    let whole = SENDMAIL_TEXT.replace("Message header follows", "Original message follows");
    assert_eq!(report(&whole).map(|(all, id)| (all.len(), id)), Some((2, message_id)));
    for near in [
        SENDMAIL_TEXT.replace("The original", "> The original"),
        SENDMAIL_TEXT.replace("The original message was", "Your original message was"),
        SENDMAIL_TEXT.replace("permanent fatal", "transient non-fatal"),
        SENDMAIL_TEXT.replace("   -----", "> -----"),
        SENDMAIL_TEXT.replace("Message header follows", "The end"),
    ] {
        assert_eq!(report(&near), None, "{near}");
    }
    let many: String = (0..RECIPIENTS + 9).map(|n| format!("{n}@d\n    (reason: {n})\n")).collect();
    let (recipients, _) = report(&SENDMAIL_TEXT.replace("nobody@d\n", &many)).expect("a report");
    assert_eq!((recipients.len(), recipients.last().map(String::as_str)), (RECIPIENTS, Some("99@d -: 99")));
}

const EXIM: &str = "X-Failed-Recipients: c@d,\n  E@f\nX-failed-recipients: g@h\nFrom: r@r\n\nAutomatic.\n\n  c@d\n    \
    (generated from z@d)\n    host mx.d [192.0.2.1]\n    SMTP error from remote mail server after RCPT TO:<c@d>:\n    \
    550 5.1.1 <c@d>... no\n  e@f:\n    Unrouteable address\n  k@l\n    nobody asked for\n\n    nor for this\n\n\
    ------ pipe to |x\n       generated by g@h ------\n\n    550 5.2.2 no\n\n\
    ------ This is a copy of the message, including all the headers. ------\n------ The body is 3 characters long. ------\n\n\
    Return-path: <a@b>\nSubject: x\nMessage-ID: <1@b>\n\nMessage-ID: <2@b>\n  g@h\n    550 5.2.2 no\n";

#[test]
fn exim_names_recipients_in_the_header_and_says_why_in_the_text() {
    let (recipients, message_id) = report(EXIM).expect("a report");
    let why = "host mx.d [192.0.2.1] SMTP error from remote mail server after RCPT TO:<c@d>: 550 5.1.1 <c@d>... no";
    assert_eq!(recipients, [&format!("c@d 5.1.1: {why}"), "E@f -: Unrouteable address", "g@h -: -"]);
    assert_eq!(message_id.as_deref(), Some("1@b"));
    let without_id = EXIM.replace("Message-ID: <1@b>\n", "");
    assert_eq!(report(&without_id).and_then(|(_, id)| id), None, "what the body has is no header");
    let html = EXIM.replace("From:", "Content-Type: text/html\nFrom:");
    assert_eq!(report(&html).map(|(all, _)| all), Some(["c@d", "E@f", "g@h"].map(|it| format!("{it} -: -")).into()));
    assert_eq!(report(&EXIM.replace("Failed", "Succeeded").replace("X-failed", "X-x")), None);
    assert_eq!(report(&EXIM.replace("c@d,\n  E@f", " , ").replace("g@h\nFrom", "\nFrom")), None, "no names");
}

#[test]
fn a_report_for_programs_goes_before_names_in_the_header() {
    let status = "Action: failed\nFinal-Recipient: rfc822;e@f\nStatus: 5.1.1\n";
    let report = |kind: &str| {
        let message = format!(
            "X-Failed-Recipients: c@d\nContent-Type: multipart/report; boundary=x\n\n--x\n\n  c@d\n    no\n\n--x\n\
             Content-Type: {kind}\n\n{status}\n--x\nContent-Type: message/rfc822\n\nMessage-ID: <1@b>\n\n--x--\n"
        );
        let report = read(message.as_bytes(), 9).structure.report.expect("a report");
        let addresses = report.recipients.iter().map(|one| one.address.clone()).collect::<Vec<_>>().join(" ");
        (report.form, addresses, report.message_id)
    };
    let id = Some("1@b".to_owned());
    assert_eq!(report("message/delivery-status"), (ReportForm::Status, "e@f".to_owned(), id.clone()));
    assert_eq!(report("text/plain"), (ReportForm::Text, "c@d".to_owned(), id));
}

#[test]
fn codes_are_known_by_where_they_stand() {
    for (line, code) in [
        ("Sorry. (#5.1.1)", Some("5.1.1")),
        ("Sorry. (#4.4.1)", Some("4.4.1")),
        ("said: 550 5.7.26 no", Some("5.7.26")),
        ("said: 550-5.7.26 no", Some("5.7.26")),
        ("said: 550 no 5.7.26", None),
        ("version 5.7.26 of 550", None),
        ("(#5.1.1) or so", None),
        ("(#2.0.0)", None),
        ("250 2.0.0 ok", None),
        ("650 5.1.1", None),
        ("550", None),
        ("(#", None),
    ] {
        assert_eq!(status(line.as_bytes()).as_deref(), code, "{line}");
    }
}

#[test]
fn it_is_bounded() {
    let paragraphs = |count: usize, reason: usize| -> String {
        let why = "é".repeat(reason);
        (0..count).map(|n| format!("<{n}@d>:\n{why}\n{why}\n\n")).collect()
    };
    let message = |middle: &str| format!("A: b\n\nHi. This is the\n\n{middle}-\n\nMessage-ID: <1@b>\n\n");
    let (recipients, id) = report(&message(&paragraphs(RECIPIENTS + 9, 3))).expect("a report");
    assert_eq!((recipients.len(), id.as_deref()), (RECIPIENTS, Some("1@b")));
    let (recipients, _) = report(&message(&paragraphs(2, DIAGNOSTIC_BYTES))).expect("a report");
    assert!(recipients.iter().all(|one| one.len() <= DIAGNOSTIC_BYTES + 16), "{recipients:?}");
    let long = format!("<{}@d>:\nno\n\n", "x".repeat(DIAGNOSTIC_BYTES));
    assert_eq!(report(&message(&long)), None);
    // Where the bound cuts the text before its break paragraph, nothing shows that it is a report.
    assert_eq!(report(&message(&paragraphs(REPORT_BYTES, 1))), None);
    let named =
        |names: &str| report(&format!("X-Failed-Recipients: {names}\n\n  1@d\n    no\n")).map(|(all, _)| all.len());
    let many: String = (0..RECIPIENTS * 3).map(|n| format!("{n}@d, ")).collect();
    assert_eq!((named(&many), named(&"1@d, 1@D, ".repeat(RECIPIENTS))), (Some(RECIPIENTS), Some(1)));

    let (mut text, mut out) = (Text::new(Transfer::Identity, true), Vec::new());
    for _ in 0..REPORT_BYTES {
        assert!(text.told(Told::Text(b"xyz"), &mut out));
    }
    assert_eq!(text.finish(&mut out).len(), REPORT_BYTES);
}

#[test]
fn what_a_bound_or_a_gap_has_cut_is_not_whole() {
    assert_eq!(header(b"A: b\r\nMessage-ID: <1@"), b"A: b\r\n");
    assert_eq!(header(b"A: b\r\n\r\nC: d\r\n"), b"A: b\r\n");
    assert_eq!((header(b""), header(b"A")), (&b""[..], &b""[..]));
    let (mut text, mut out) = (Text::new(Transfer::Identity, false), Vec::new());
    assert!(text.told(Told::Text(b"Hi. This is the\n\n<c@d>:\nno"), &mut out));
    text.gap();
    assert!(text.told(Told::Text(b"\n\n-\n\nMessage-ID: <1@b>\n\n"), &mut out));
    assert_eq!(qsbmf(&text.finish(&mut out)), None);
}
