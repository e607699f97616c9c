//! The purpose of each step of a conversation.

use super::*;
use crate::capture::Time;
use crate::flow::PacketRef;
use crate::protocol::Sink;
use crate::protocol::event::{self, Kind, Span};
use crate::protocol::imap::{Status, Untagged};
use crate::protocol::sasl::{Mechanism, Round};
use crate::protocol::smtp::{Enhanced, ReplyTo, Verb};
use crate::session::model::Variant;
use crate::session::{Builder, Needs};

/// The model's step for a step that a dialogue reports with the line `text`; the arguments begin after the first space.
/// The model's step is made without text: its purpose does not depend on it.
fn step(from: Side, subject: Subject, text: &str) -> Step {
    let arguments = text.find(' ').map(|space| space + 1..text.len());
    let at = PacketRef { packet: 1, time: Time::default() };
    let span = Span::one(text.len() as u64 + 2, at);
    let reported = event::Step::of(from, Kind::Command, subject, span);
    let mut builder = Builder::new(Protocol::Smtp, Needs { texts: false, ..Needs::STEPS });
    builder.step(event::Step { text: text.as_bytes(), arguments, ..reported });
    let step = builder.so_far().steps.pop().unwrap();
    assert_eq!(&*step.text, "");
    step
}

fn smtp_command(verb: Verb, text: &str) -> smtp::Command {
    let subject = Subject::Smtp(smtp_protocol::Subject::Command(verb));
    match of(Protocol::Smtp, &step(Side::Client, subject, text), None) {
        Purpose::Smtp(Smtp::Command(command)) => command,
        other => panic!("{text}: {other:?}"),
    }
}

fn smtp_reply(to: ReplyTo, code: u16) -> smtp::Reply {
    smtp_reply_of_lines(to, code, "one\r\ntwo")
}

fn smtp_reply_of_lines(to: ReplyTo, code: u16, text: &str) -> smtp::Reply {
    let subject = Subject::Smtp(smtp_protocol::Subject::Reply { to, code, enhanced: None });
    match of(Protocol::Smtp, &step(Side::Server, subject, text), None) {
        Purpose::Smtp(Smtp::Reply { what, enhanced: None }) => what,
        Purpose::Smtp(Smtp::Sasl(Sasl::Refused(_))) => smtp::Reply::LoginRefused,
        other => panic!("{to:?} {code}: {other:?}"),
    }
}

#[test]
fn an_ehlo_reply_of_one_line_lists_no_extensions() {
    for verb in [Verb::Ehlo, Verb::Lhlo] {
        let said = smtp_reply_of_lines(ReplyTo::Command(verb), 250, "mail.example.org at your service");
        assert_eq!(said, smtp::Reply::NoExtensions);
    }
}

#[test]
fn an_smtp_code_means_what_was_asked() {
    use smtp::Reply::*;
    let cases = [
        (ReplyTo::Command(Verb::Helo), 250, HeloAccepted),
        (ReplyTo::Command(Verb::Ehlo), 250, EhloAccepted),
        (ReplyTo::Command(Verb::Ehlo), 502, EhloUnknown),
        (ReplyTo::Command(Verb::Helo), 501, ArgumentsWrong),
        (ReplyTo::Command(Verb::Mail), 250, MailAccepted),
        (ReplyTo::Command(Verb::Mail), 530, LoginRequired),
        (ReplyTo::Command(Verb::Mail), 552, MailTooBig),
        (ReplyTo::Command(Verb::Mail), 555, ParametersUnknown),
        (ReplyTo::Command(Verb::Rcpt), 250, RcptAccepted),
        (ReplyTo::Command(Verb::Rcpt), 450, RcptBusy),
        (ReplyTo::Command(Verb::Rcpt), 524, RcptRefused),
        (ReplyTo::Command(Verb::Rcpt), 550, RcptUnknown),
        (ReplyTo::Command(Verb::Rcpt), 552, RcptFull),
        (ReplyTo::Command(Verb::Data), 354, DataGoAhead),
        (ReplyTo::Command(Verb::Data), 554, DataNoRecipients),
        (ReplyTo::Content, 250, ContentAccepted),
        (ReplyTo::Content, 353, ContentRepliesFollow),
        (ReplyTo::Content, 550, ContentUnwanted),
        (ReplyTo::Content, 552, ContentTooBig),
        (ReplyTo::RefusedLine, 250, RefusedLineObeyed),
        (ReplyTo::RefusedLine, 214, RefusedLineObeyed),
        (ReplyTo::RefusedLine, 502, RefusedLineRefused),
        (ReplyTo::RefusedLine, 421, Closing),
        (ReplyTo::RefusedLine, 221, RefusedLineEnds),
        (ReplyTo::Recipient, 250, RecipientAccepted),
        (ReplyTo::Recipient, 552, RecipientFull),
        (ReplyTo::Command(Verb::Bdat), 250, ChunkAccepted),
        (ReplyTo::Command(Verb::Auth), 504, MechanismUnknown),
        (ReplyTo::Command(Verb::Auth), 502, CommandNotImplemented),
        (ReplyTo::Command(Verb::Vrfy), 504, ArgumentNotImplemented),
        (ReplyTo::Sasl, 235, LoggedIn),
        (ReplyTo::Sasl, 535, LoginRefused),
        (ReplyTo::Sasl, 501, ExchangeBroken),
        (ReplyTo::Command(Verb::Noop), 501, ArgumentsWrong),
        (ReplyTo::Command(Verb::StartTls), 454, TlsNotNow),
        (ReplyTo::Command(Verb::Quit), 221, Closed),
        (ReplyTo::Command(Verb::Rcpt), 421, Closing),
        (ReplyTo::Nothing, 421, Closing),
        (ReplyTo::Nothing, 221, Closed),
        (ReplyTo::InDoubt, 221, Closed),
        (ReplyTo::Command(Verb::Ehlo), 221, Closed),
        (ReplyTo::Content, 221, Closed),
        (ReplyTo::Sasl, 221, Closed),
        (ReplyTo::Command(Verb::Lhlo), 502, LhloUnknown),
        (ReplyTo::Command(Verb::Helo), 550, HelloRefused),
        (ReplyTo::Command(Verb::Mail), 502, NotHereOrNow),
        (ReplyTo::Command(Verb::Vrfy), 502, CommandNotImplemented),
        (ReplyTo::Command(Verb::Other), 502, VerbNotImplemented),
        (ReplyTo::Nothing, 250, Unasked),
        (ReplyTo::Content, 999, Odd),
    ];
    for (to, code, reply) in cases {
        assert_eq!(smtp_reply(to, code), reply, "{to:?} {code}");
    }
}

#[test]
fn every_reply_is_one_that_some_code_gives() {
    let verbs = [
        Verb::Helo,
        Verb::Ehlo,
        Verb::Lhlo,
        Verb::Mail,
        Verb::Rcpt,
        Verb::Data,
        Verb::Bdat,
        Verb::Rset,
        Verb::Vrfy,
        Verb::Expn,
        Verb::Help,
        Verb::Noop,
        Verb::Quit,
        Verb::Auth,
        Verb::StartTls,
        Verb::Etrn,
        Verb::Turn,
        Verb::Xclient,
        Verb::Atrn,
        Verb::Burl,
        Verb::Xforward,
        Verb::Xexch50,
        Verb::Verb,
        Verb::Other,
    ];
    let questions =
        [ReplyTo::Content, ReplyTo::RefusedLine, ReplyTo::Recipient, ReplyTo::Sasl, ReplyTo::Nothing, ReplyTo::InDoubt];
    let questions: Vec<ReplyTo> = verbs.map(ReplyTo::Command).into_iter().chain(questions).collect();
    let given: Vec<smtp::Reply> = (0..=999)
        .flat_map(|code| questions.iter().map(move |&to| (to, code)))
        .flat_map(|(to, code)| {
            ["one line", "one\r\nor two", "<bob@example.test>", "Syntax error", "discarded"]
                .map(|text| smtp_reply_of_lines(to, code, text))
        })
        .collect();
    // An enhanced status code alone gives the first, the session's protocol the second, the steps before it the third.
    let others = [smtp::Reply::RcptNotHere, smtp::Reply::LhloExpected];
    let by_steps = [smtp::Reply::DataAfterChunks, smtp::Reply::ChunkAfterRefusal];
    for reply in smtp::Reply::ALL.iter().filter(|reply| !others.contains(reply) && !by_steps.contains(reply)) {
        assert!(given.contains(reply), "no code gives {reply:?}");
    }
}

#[test]
fn a_rcpt_out_of_place_says_nothing_of_the_recipient() {
    let what = |code, (subject, detail)| {
        let enhanced = Some(Enhanced { class: 5, subject, detail });
        let to = ReplyTo::Command(Verb::Rcpt);
        let subject = smtp_protocol::Subject::Reply { to, code, enhanced };
        match smtp::of(Protocol::Smtp, &subject, Variant::Plain, None, None) {
            smtp::Smtp::Reply { what, .. } => what,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(what(550, (5, 1)), smtp::Reply::RcptNotHere);
    assert_eq!(what(550, (1, 1)), smtp::Reply::RcptUnknown);
    assert_eq!(what(503, (5, 1)), smtp::Reply::OutOfOrder);
}

#[test]
fn arguments_tell_commands_apart() {
    let cases = [
        (Verb::Mail, "MAIL FROM:<a@example.org>", smtp::Command::Verb(Verb::Mail)),
        (Verb::Mail, "MAIL FROM:<>", smtp::Command::MailFromNobody),
        (Verb::Mail, "mail from: <> SIZE=3", smtp::Command::MailFromNobody),
        (Verb::Mail, "MAIL", smtp::Command::Verb(Verb::Mail)),
        (Verb::Bdat, "BDAT 10", smtp::Command::Verb(Verb::Bdat)),
        (Verb::Bdat, "BDAT 10 last ", smtp::Command::BdatLast),
        (Verb::Auth, "AUTH LOGIN", smtp::Command::Verb(Verb::Auth)),
        (Verb::Auth, "AUTH PLAIN AGEAYg==", smtp::Command::AuthAtOnce),
        (Verb::Auth, "AUTH PLAIN", smtp::Command::Verb(Verb::Auth)),
        (Verb::Auth, "AUTH ", smtp::Command::AuthAlone),
    ];
    for (verb, text, command) in cases {
        assert_eq!(smtp_command(verb, text), command, "{text}");
    }
}

#[test]
fn the_reply_to_the_last_chunk_takes_the_message() {
    let subject =
        Subject::Smtp(smtp_protocol::Subject::Reply { to: ReplyTo::Command(Verb::Bdat), code: 250, enhanced: None });
    let last = step(Side::Client, Subject::Smtp(smtp_protocol::Subject::Command(Verb::Bdat)), "BDAT 10 LAST");
    let reply = of(Protocol::Smtp, &step(Side::Server, subject, ""), Some(&last));
    assert_eq!(reply, Purpose::Smtp(Smtp::Reply { what: smtp::Reply::ContentAccepted, enhanced: None }));
}

#[test]
fn an_enhanced_code_is_kept_where_it_says_more() {
    let kept = |class, subject, detail| {
        let enhanced = Some(Enhanced { class, subject, detail });
        let subject = Subject::Smtp(smtp_protocol::Subject::Reply { to: ReplyTo::Content, code: 250, enhanced });
        match of(Protocol::Smtp, &step(Side::Server, subject, ""), None) {
            Purpose::Smtp(Smtp::Reply { enhanced, .. }) => enhanced.map(|(_, meaning)| meaning),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(kept(2, 0, 0), None);
    assert_eq!(kept(2, 1, 5), Some(enhanced::Meaning::AddressValid));
    assert_eq!(kept(5, 0, 0), Some(enhanced::Meaning::PermanentFailure));
}

fn pop3_step(state: pop3_protocol::State, what: pop3_protocol::What) -> Subject {
    Subject::Pop3(pop3_protocol::Subject { state, what })
}

#[test]
fn a_pop3_err_means_what_was_asked() {
    use pop3_protocol::{State, Verb, What};
    let asked = |state, verb, text| step(Side::Client, pop3_step(state, What::Command(verb)), text);
    let command = |state, verb, text| of(Protocol::Pop3, &asked(state, verb, text), None);
    assert_eq!(command(State::Transaction, Verb::List, "LIST"), Purpose::Pop3(Pop3::Command(pop3::Command::List)));
    assert_eq!(
        command(State::Authorization, Verb::Auth, "AUTH"),
        Purpose::Pop3(Pop3::Command(pop3::Command::AuthList))
    );
    assert_eq!(command(State::Authorization, Verb::Quit, "QUIT"), Purpose::Pop3(Pop3::Command(pop3::Command::Quit)));
    let one = asked(State::Transaction, Verb::List, "LIST 2");
    let err = |to, code: Option<&str>, asked: Option<&Step>| {
        let what = What::Reply { to: Some(to), ok: false, code: code.map(Box::from), effect: None };
        of(Protocol::Pop3, &step(Side::Server, pop3_step(State::Transaction, what), ""), asked)
    };
    let (what, none) = (pop3::Reply::Err, None);
    assert_eq!(
        err(Verb::List, None, Some(&one)),
        Purpose::Pop3(Pop3::Reply { to: pop3::Command::ListOne, what, code: none })
    );
    // Without a word, no reason is given.
    let unknown = Sasl::Refused(event::LoginCause::Unknown);
    assert_eq!(err(Verb::Auth, None, None), Purpose::Pop3(Pop3::Sasl(unknown)));
    let codes = [
        ("IN-USE", pop3::ResponseCode::InUse),
        ("SYS/TEMP", pop3::ResponseCode::SystemTemporary),
        ("SYS/PERM/DISK", pop3::ResponseCode::SystemPermanent),
        ("SYS/TEMPER", pop3::ResponseCode::Other),
        ("", pop3::ResponseCode::Other),
    ];
    for (name, code) in codes {
        assert_eq!(
            err(Verb::Pass, Some(name), None),
            Purpose::Pop3(Pop3::Reply { to: pop3::Command::Pass, what, code: Some(code) }),
            "{name}"
        );
    }
}

fn imap_step(state: imap_protocol::State, what: imap_protocol::What) -> Subject {
    Subject::Imap(imap_protocol::Subject { state, what })
}

fn imap_command(command: imap::Command) -> Step {
    let what = imap_protocol::What::Command { verb: command.verb, uid: command.uid };
    step(Side::Client, imap_step(imap_protocol::State::Selected, what), "")
}

#[test]
fn imap_data_means_what_it_belongs_to() {
    use imap_protocol::{State, Verb, What};
    let data = |state, untagged, command: Option<imap::Command>| {
        let asked = command.map(imap_command);
        match of(Protocol::Imap, &step(Side::Server, imap_step(state, What::Untagged(untagged)), ""), asked.as_ref()) {
            Purpose::Imap(Imap::Data(data)) => data,
            other => panic!("{other:?}"),
        }
    };
    use imap::{Command, Data};
    let plain = |verb| Some(Command::new(verb, false));
    let by_uid = |verb| Command::new(verb, true);
    let cases = [
        (State::Authenticated, Untagged::Exists, None, Data::Untagged(Untagged::Exists)),
        (State::Selected, Untagged::Exists, plain(Verb::Select), Data::Untagged(Untagged::Exists)),
        (State::Selected, Untagged::Exists, plain(Verb::Idle), Data::ExistsNow),
        (State::Selected, Untagged::Exists, None, Data::ExistsNow),
        (State::Selected, Untagged::Fetch, Some(by_uid(Verb::Fetch)), Data::Untagged(Untagged::Fetch)),
        (State::Selected, Untagged::Fetch, Some(by_uid(Verb::Store)), Data::FlagsStored),
        (State::Selected, Untagged::Fetch, plain(Verb::Idle), Data::FlagsChanged),
        (State::Selected, Untagged::Bye, plain(Verb::Logout), Data::Goodbye),
        (State::Selected, Untagged::Bye, None, Data::Untagged(Untagged::Bye)),
    ];
    for (state, untagged, command, expected) in cases {
        assert_eq!(data(state, untagged, command), expected, "{untagged:?} after {command:?} when {state:?}");
    }
    let tagged = |status, command: imap::Command| {
        let what = What::Tagged { to: Some(Verb::Fetch), status, code: None };
        let asked = imap_command(command);
        of(Protocol::Imap, &step(Side::Server, imap_step(State::Selected, what), ""), Some(&asked))
    };
    assert_eq!(
        tagged(Status::No, by_uid(Verb::Fetch)),
        Purpose::Imap(Imap::Tagged { to: Some(by_uid(Verb::Fetch)), what: imap::Tagged::No, code: None })
    );
}

#[test]
fn challenges_gaps_and_unknown_bytes_have_a_purpose() {
    let round = Round::Challenge(Mechanism::CramMd5);
    let challenge = Subject::Smtp(smtp_protocol::Subject::Challenge(round));
    assert_eq!(
        of(Protocol::Smtp, &step(Side::Server, challenge, "334 PDE="), None),
        Purpose::Smtp(Smtp::Sasl(Sasl::Challenge(round)))
    );
    let gap = of(Protocol::Imap, &step(Side::Server, Subject::Gap(40), ""), None);
    assert_eq!(gap, Purpose::Gap { from: Side::Server, bytes: 40 });
    let unknown = of(Protocol::Pop3, &step(Side::Client, Subject::Unknown, ""), None);
    assert_eq!(unknown, Purpose::Unknown { protocol: Protocol::Pop3, from: Side::Client });
}

#[test]
fn a_quit_sent_behind_an_accepted_login_is_one_after_it() {
    use pop3::Command::{Quit, QuitAndUpdate};
    let quits = |script: &str| -> Vec<Purpose> {
        let session = crate::verdict::testing::session(script, Needs::STEPS);
        let all = session.steps.iter().map(|step| purpose(&session, step));
        let is_quit = |one: &Purpose| match one {
            Purpose::Pop3(Pop3::Command(verb) | Pop3::Reply { to: verb, .. }) => matches!(verb, Quit | QuitAndUpdate),
            _ => false,
        };
        all.filter(is_quit).collect()
    };
    let asked = |verb| Purpose::Pop3(Pop3::Command(verb));
    let answered = |to| Purpose::Pop3(Pop3::Reply { to, what: pop3::Reply::Ok, code: None });
    let sent = "S: +OK ready\nC: USER a\nC: PASS b\nC: NOOP\nC: QUIT\n";
    let accepted = format!("{sent}S: +OK\nS: +OK in\nS: +OK\nS: +OK bye");
    assert_eq!(quits(&accepted), [asked(QuitAndUpdate), answered(QuitAndUpdate)]);
    let cut = format!("{sent}S: +OK\nS: +OK in");
    assert_eq!(quits(&cut), [asked(QuitAndUpdate)], "its own reply is not in the capture");
    let refused = format!("{sent}S: +OK\nS: -ERR no\nS: -ERR no\nS: +OK bye");
    assert_eq!(quits(&refused), [asked(Quit), answered(Quit)]);
    let before = "S: +OK ready\nC: QUIT\nC: USER a\nC: PASS b\nS: +OK bye\nS: +OK\nS: +OK in";
    assert_eq!(quits(before), [asked(Quit), answered(Quit)], "sent before the log-in");
}

#[test]
fn what_was_asked_decides_what_its_answer_means() {
    let last = |script: &str| {
        let session = crate::verdict::testing::session(script, Needs::ALL);
        purpose(&session, session.steps.last().expect("a step"))
    };
    // Without an argument, AUTH asks for a list.
    for reply in ["-ERR", "-ERR Not implemented"] {
        match last(&format!("S: +OK ready\nC: AUTH\nS: {reply}")) {
            Purpose::Pop3(Pop3::Reply { to, .. }) => assert_eq!(to, pop3::Command::AuthList, "{reply}"),
            other => panic!("{reply}: {other:?}"),
        }
    }
    let selected = "S: * OK ready\nC: a LOGIN bob x\nS: a OK in\nC: b SELECT INBOX\nS: b OK [READ-WRITE] in\n";
    for (reply, expected) in [("OK done", imap::Tagged::Ok), ("OK [MODIFIED 1] failed", imap::Tagged::OkInPart)] {
        match last(&format!("{selected}C: c STORE 1 (UNCHANGEDSINCE 1) +FLAGS (\\Deleted)\nS: c {reply}")) {
            Purpose::Imap(Imap::Tagged { what, .. }) => assert_eq!(what, expected, "{reply}"),
            other => panic!("{reply}: {other:?}"),
        }
    }
}

#[test]
fn data_behind_chunks_is_not_too_early() {
    let reply = |script: &str| {
        let script =
            format!("S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 CHUNKING\nC: MAIL FROM:<a@b>\nS: 250 ok\n{script}");
        let session = crate::verdict::testing::session(&script, Needs::ALL);
        match purpose(&session, session.steps.last().expect("a step")) {
            Purpose::Smtp(Smtp::Reply { what, .. }) => what,
            other => panic!("{script}: {other:?}"),
        }
    };
    let chunk = "C: RCPT TO:<c@d>\nS: 250 ok\nC: BDAT 5\nC: abc\nS: 250 5 bytes\n";
    let data = "C: DATA\nS: 503 5.5.1 Error: DATA after BDAT";
    assert_eq!(reply(&format!("{chunk}{data}")), smtp::Reply::DataAfterChunks);
    assert_eq!(reply(data), smtp::Reply::DataTooEarly);
    assert_eq!(reply(&format!("{chunk}C: RSET\nS: 250 ok\n{data}")), smtp::Reply::DataTooEarly);
    let last = "C: BDAT 0 LAST\nS: 503 only RSET accepted now";
    assert_eq!(reply(&format!("{chunk}{data}\n{last}")), smtp::Reply::ChunkAfterRefusal);
    let failed = chunk.replace("250 5 bytes", "451 4.3.0 disk");
    assert_eq!(reply(&format!("{failed}{last}")), smtp::Reply::ChunkAfterRefusal);
    // No recipient, nothing refused, and another message.
    let nobody = failed.replace("C: RCPT TO:<c@d>\nS: 250 ok\n", "");
    assert_eq!(reply(&format!("{nobody}{last}")), smtp::Reply::ChunkOutOfOrder);
    assert_eq!(reply(last), smtp::Reply::ChunkOutOfOrder);
    assert_eq!(reply(&format!("{failed}C: RSET\nS: 250 ok\n{last}")), smtp::Reply::ChunkOutOfOrder);
}

#[test]
fn a_login_that_the_client_gives_up_by_a_star_is_not_refused() {
    let last = |script: &str| {
        let session = crate::verdict::testing::session(script, Needs::ALL);
        purpose(&session, session.steps.last().expect("a step"))
    };
    let cancelled = Sasl::Refused(LoginCause::Cancelled);
    let imap = "S: * OK hi\nC: a AUTHENTICATE PLAIN\nS: +\n";
    for reply in ["BAD Authentication aborted by client.", "NO no", "NO [AUTHENTICATIONFAILED] wrong password"] {
        assert_eq!(last(&format!("{imap}C: *\nS: a {reply}")), Purpose::Imap(Imap::Sasl(cancelled)), "{reply}");
        let sent = last(&format!("{imap}C: AGJvYgBzZWNyZXQ=\nS: a {reply}"));
        assert_ne!(sent, Purpose::Imap(Imap::Sasl(cancelled)), "{reply}");
    }
    let smtp = "S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 AUTH PLAIN\nC: AUTH PLAIN\nS: 334\n";
    for reply in ["501 Authentication cancelled", "501 5.7.0 no", "535 5.7.8 wrong password"] {
        assert_eq!(last(&format!("{smtp}C: *\nS: {reply}")), Purpose::Smtp(Smtp::Sasl(cancelled)), "{reply}");
        let sent = last(&format!("{smtp}C: AGJvYgBzZWNyZXQ=\nS: {reply}"));
        assert_ne!(sent, Purpose::Smtp(Smtp::Sasl(cancelled)), "{reply}");
    }
}

#[test]
fn a_login_may_begin_without_a_mechanism() {
    let of = |script: &str, n: usize| {
        let session = crate::verdict::testing::session(script, Needs::ALL);
        purpose(&session, session.steps.get(n).expect("a step"))
    };
    let imap = |command: &str| of(&format!("S: * OK hi\nC: a {command}\nS: a BAD missing argument"), 1);
    assert_eq!(imap("AUTHENTICATE"), Purpose::Imap(Imap::Sasl(Sasl::NamesNothing)));
    assert!(matches!(imap("AUTHENTICATE PLAIN"), Purpose::Imap(Imap::Command(_))));
}
