//! The drawings are well formed, bounded, and nothing off the wire does anything in them.

use super::{TimelineSession, lanes, sequence, timeline};
use crate::capture::Time;
use crate::flow::{CloseReason, Side};
use crate::protocol::Protocol;
use crate::protocol::event::{Channel, Delivery, KeyFault, KeySource, Kind};
use crate::session::model::*;
use crate::verdict::{Hop, Journey, Role, SessionRef, rules};
use crate::view::testing::{Talk, everything, lab_pop3, lab_smtp};

/// What an attacker would send: markup, an entity, bidirectional overrides, escape sequences, what no XML may hold.
const HOSTILE: &str =
    "</text></svg><script>alert(1)</script> \" onload=\"x' &#60; ]]> \u{202e}\u{1b}[31m\u{0}\u{ffff}\u{feff}";

/// Elements and attributes that drawings have. None of them runs anything or loads anything.
const ELEMENTS: [&str; 8] = ["div", "svg", "a", "g", "rect", "path", "text", "title"];
const ATTRIBUTES: [&str; 13] = [
    "class",
    "viewBox",
    "role",
    "aria-label",
    "href",
    "x",
    "y",
    "width",
    "height",
    "d",
    "lang",
    "xml:lang",
    "stroke-width",
];

/// Checks that `drawing` is well formed and harmless. Returns all that it says.
fn said(drawing: &str) -> String {
    let whole = format!("<div>{drawing}</div>");
    let document = roxmltree::Document::parse(&whole).unwrap_or_else(|error| panic!("{error}: {drawing}"));
    for node in document.descendants().filter(roxmltree::Node::is_element) {
        assert!(ELEMENTS.contains(&node.tag_name().name()), "{node:?}");
        for attribute in node.attributes() {
            let (name, value) = (attribute.name(), attribute.value());
            assert!(ATTRIBUTES.contains(&name), "{attribute:?}");
            assert!(name != "href" || value.starts_with("#session-"), "{attribute:?}");
            assert!(
                name != "d" || value.chars().all(|c| c.is_ascii_digit() || " -.MmHhVvLlAaZz".contains(c)),
                "{value}"
            );
        }
    }
    let texts: Vec<&str> = document.descendants().filter_map(|node| node.text().filter(|_| node.is_text())).collect();
    let all = texts.join("\n");
    assert!(!all.chars().any(|c| c != '\n' && crate::view::escape::is_hostile(c)), "{all:?}");
    all
}

#[test]
fn a_session_is_drawn_in_every_language() {
    let all = said(&sequence(&lab_smtp()));
    for words in
        ["Client", "客户", "172.16.0.73:1893", "cslabc39", "MAIL FROM: <group7_3@JServer.Netlab>", "Mail transfer"]
    {
        assert!(all.contains(words), "{words}: {all}");
    }
    for words in ["Message · 1266 bytes", "邮件 · 1266 字节", "13-15", "0.021", "Connection: closed (FIN)"] {
        assert!(all.contains(words), "{words}: {all}");
    }
    let drawn = sequence(&lab_smtp());
    assert!(drawn.contains("<a class=\"d-row d-from-client\" href=\"#session-1-step-4\">"), "{drawn}");
    assert_eq!(drawn.matches("<a ").count(), lab_smtp().steps.len(), "an arrow for each step");
    said(&sequence(&everything()));
    assert!(said(&sequence(&Talk::new(Protocol::Imap).session)).contains("no mail dialogue"));
}

#[test]
fn hostile_text_does_nothing() {
    let hostile = Talk::new(Protocol::Smtp)
        .s(&format!("220 {HOSTILE}"))
        .c(&format!("HELO {HOSTILE}"))
        .s(&format!("250-{HOSTILE}\n250 {}", HOSTILE.repeat(1_000)))
        .edit(|session| {
            session.client_name = Some(HOSTILE.to_owned());
            session.banner = Some(format!("{HOSTILE}.example"));
            session.tls.server_name = Some(HOSTILE.to_owned());
        })
        .session;
    let drawn = sequence(&hostile);
    assert!(said(&drawn).contains("</text></svg><script>alert(1)"));
    assert!(drawn.len() < 12_000, "{}", drawn.len());
    let labelled = TimelineSession { label: HOSTILE.to_owned(), ..at(1, 0, 1, None) };
    assert!(said(&timeline(&[labelled], Default::default())).contains("</text></svg>"));
    let hop = hop(&lab_smtp(), 0, ["10.0.0.1", "10.0.0.2"]);
    assert!(
        said(&lanes(&[Journey { message_id: Some(HOSTILE.to_owned()), hops: vec![hop], complete: false }]))
            .contains("<script>")
    );
}

#[test]
fn secrets_are_not_drawn() {
    let talk = Talk::new(Protocol::Pop3)
        .s("+OK ready")
        .c("USER alice")
        .s("+OK")
        .c("PASS päss wörd-17")
        .secret("päss wörd-17")
        .s("+OK")
        .c("AUTH PLAIN AGFsaWNlAHMzY3IzdA==")
        .secret("AGFsaWNlAHMzY3IzdA==")
        .with(|step| step.extra_mut().secrets.push(11..4_000))
        .s("+OK");
    let all = said(&sequence(&talk.session));
    for secret in ["wörd", "rd-17", "AGFs"] {
        assert!(!all.contains(secret), "{all}");
    }
    assert!(all.contains("PASS ••••\n") && all.contains("AUTH PLAIN ••••\n"), "{all}");
    assert!(all.contains("carries a password"), "the sign is explained");
    assert!(!said(&sequence(&lab_smtp())).contains("carries a password"));
    assert!(said(&sequence(&lab_pop3())).contains("PASS ••••"));
}

#[test]
fn what_matters_has_a_sign_and_not_only_a_colour() {
    let talk = Talk::new(Protocol::Smtp)
        .s("220 ready")
        .c("HELO a")
        .s("250 OK")
        .phase(Phase::Transaction)
        .c("MAIL FROM:<a@b>")
        .s("451 later")
        .c("MAIL FROM:<a@b>")
        .s("550 no")
        .other(Side::Client, Kind::Gap, "", 300)
        .edit(|session| {
            session.findings.push(rules::find("bytes-missing").unwrap().finding(vec![8]));
            session.transport.end = CloseReason::Reset;
            session.transport.from_start = false;
        });
    let drawn = sequence(&talk.session);
    let all = said(&drawn);
    for class in ["d-sign d-warn", "d-sign d-bad", "d-torn", "d-dotted", "d-stop d-bad"] {
        assert!(drawn.contains(class), "{class}");
    }
    for words in ["(300 bytes not captured)", "reset (RST)", "the capture began in the middle"] {
        assert!(all.contains(words), "{words}: {all}");
    }
    assert!(all.contains("Bytes of the conversation"), "the finding, at its step: {all}");
}

#[test]
fn silences_are_drawn_where_they_are_unusual() {
    let mut session = lab_smtp();
    assert!(!said(&sequence(&session)).contains("silence"));
    session.steps.iter_mut().skip(5).for_each(|step| step.time = step.time.plus(12_400_000_000));
    let all = said(&sequence(&session));
    assert!(all.contains("12.4 s of silence") && all.contains("静默 12.4 秒"), "{all}");
    let typed = |session: &mut Session| {
        for (nth, step) in session.steps.iter_mut().enumerate() {
            step.time = step.time.plus(nth as i64 * 3_000_000_000);
        }
    };
    let mut by_hand = lab_smtp();
    typed(&mut by_hand);
    assert!(!said(&sequence(&by_hand)).contains("silence"), "every step of it comes after seconds");
}

#[test]
fn tls_encloses_what_crosses_in_it() {
    let talk = Talk::new(Protocol::Smtp)
        .s("220 ready")
        .c("STARTTLS")
        .s("220 go")
        .phase(Phase::Encryption)
        .other(Side::Client, Kind::Tls, "", 517)
        .c("EHLO a")
        .with(|step| step.channel = Channel::Decrypted)
        .edit(|session| {
            session.tls.version = Some("TLS 1.3".to_owned());
            session.tls.server_name = Some("mx.example".to_owned());
            session.tls.decrypted = true;
        });
    let drawn = sequence(&talk.session);
    assert!(drawn.contains("class=\"d-tls\""));
    assert!(said(&drawn).contains("TLS 1.3 · mx.example · decrypted in the capture"));
    let drawn = |decrypted, by, fault| {
        let mut session = talk.session.clone();
        session.tls.decrypted = decrypted;
        session.tls.decryption = Decryption { by, fault, client_random: None };
        said(&sequence(&session))
    };
    let by_key_log = drawn(true, Some(DecryptedBy::Keys(KeySource::KeyLog)), None);
    assert!(by_key_log.contains("TLS 1.3 · mx.example · decrypted with a key log"), "{by_key_log}");
    let closed = drawn(false, None, Some(KeyFault::NoSecret));
    assert!(closed.contains("TLS 1.3 · mx.example · not decrypted"), "{closed}");
    assert!(!drawn(false, None, None).contains("decrypted"));
    assert!(!sequence(&lab_smtp()).contains("d-tls"));
}

#[test]
fn equal_exchanges_are_folded_and_long_sessions_cut() {
    let recipients = |count: usize, numbered: bool| {
        let mut talk = Talk::new(Protocol::Smtp).s("220 ready").phase(Phase::Transaction);
        for nth in 0..count {
            // Another verb each time: nothing to fold.
            let verb = if numbered { format!("X{nth}") } else { "RCPT".to_owned() };
            talk = talk.c(&format!("{verb} TO:<a{nth}@b>")).s("250 OK");
        }
        talk.session
    };
    let folded = sequence(&recipients(200, false));
    assert!(said(&folded).contains("the same ×199 more (398 steps)"), "{folded}");
    let first = ["220 ready", "RCPT TO:&lt;a0@b&gt;", "250 OK", "… the same"].map(|words| folded.find(words));
    assert!(first.is_sorted() && first[0].is_some(), "the exchange, then how often it comes again: {first:?}");
    assert!(folded.matches("<a ").count() < 8 && folded.len() < 8_000);
    let cut = sequence(&recipients(2_000, true));
    assert!(cut.matches("<a ").count() <= super::plan::ROWS, "{}", cut.matches("<a ").count());
    let drawn = cut.matches("<a ").count();
    assert!(said(&cut).contains(&format!("{} steps are not drawn here", 4_001 - drawn)));
    assert!(cut.len() < 400_000, "{}", cut.len());
    let mut refused = recipients(200, false);
    refused.steps[200].text = "550 no".into();
    refused.steps[200].subject = Talk::new(Protocol::Smtp).s("550 no").session.steps[0].subject.clone();
    assert!(said(&sequence(&refused)).contains("550 no"), "what is refused is not folded away");
    assert!(cut.matches("<svg").count() > 10, "sheets of less than a page");
}

fn at(id: u64, first: i64, length: i64, severity: Option<Severity>) -> TimelineSession {
    let first = Time::from_nanoseconds(1_260_252_000_000_000_000 + first * 1_000_000_000);
    let last = first.plus(length * 1_000_000_000);
    TimelineSession { id, protocol: Protocol::Smtp, first, last, severity, label: format!("client {id}") }
}

#[test]
fn a_timeline_has_a_bar_each_or_counts() {
    assert_eq!(timeline(&[], Default::default()), "");
    for count in [1, 24, 25, 300] {
        let sessions: Vec<_> = (1..=count).map(|id| at(id, id as i64 * 60, 30, Some(Severity::High))).collect();
        let drawn = timeline(&sessions, Default::default());
        assert_eq!(drawn.matches("href=\"#session-").count() as u64, count);
        assert!(said(&drawn).contains(&format!("high ({count})")));
    }
    let same_moment: Vec<_> = (1..=200).map(|id| at(id, 0, 30, None)).collect();
    assert!(said(&timeline(&same_moment, Default::default())).contains("SMTP 200"), "too many at once for bars");
    let many: Vec<_> = (1..=5_000).map(|id| at(id, id as i64 * 60, 30, None)).collect();
    let drawn = timeline(&many, Default::default());
    assert!(drawn.len() < 60_000, "{}", drawn.len());
    assert!(said(&drawn).contains("SMTP (5000)") && !drawn.contains("<a "));
    let ends = TimelineSession {
        first: Time::from_nanoseconds(i64::MIN),
        last: Time::from_nanoseconds(i64::MAX),
        ..at(1, 0, 0, None)
    };
    said(&timeline(&[ends, at(2, 0, 0, None)], Default::default()));
}

#[test]
fn sessions_without_a_time_are_named() {
    let untimed = |id| TimelineSession { first: Time::default().assumed(), ..at(id, 0, 0, None) };
    let drawn = timeline(&[untimed(7), at(8, 0, 5, Some(Severity::Info))], Default::default());
    assert!(said(&drawn).contains("No time in the capture: 1"));
    assert!(drawn.contains("href=\"#session-7\"") && drawn.contains("href=\"#session-8\""));
    let all: Vec<_> = (1..=900).map(untimed).collect();
    let drawn = timeline(&all, Default::default());
    assert!(said(&drawn).contains("No time in the capture: 900"));
    assert!(drawn.matches("<a ").count() <= 40 && drawn.len() < 20_000);
}

fn hop(session: &Session, seconds: i64, [from, to]: [&str; 2]) -> Hop {
    Hop {
        session: SessionRef::of(session),
        message: 1,
        role: Role::Relayed,
        time: Time::from_nanoseconds(1_260_252_000_000_000_000 + seconds * 1_000_000_000),
        from: from.parse().unwrap(),
        to: to.parse().unwrap(),
        outcome: Some(Delivery::Accepted),
        size: 1_261,
        sha256: [0; 32],
        before: (seconds > 0).then_some(0),
        change: None,
        by: (seconds > 0).then_some(Match::Content),
    }
}

#[test]
fn ways_of_messages_are_bounded() {
    let session = lab_smtp();
    assert_eq!(lanes(&[]), "");
    let loopback = [hop(&session, 0, ["127.0.0.1", "127.0.0.1"]), hop(&session, 4, ["127.0.0.1", "10.0.0.2"])];
    let journey = Journey { message_id: Some("1@example".to_owned()), hops: loopback.to_vec(), complete: true };
    let all = said(&lanes(std::slice::from_ref(&journey)));
    for words in ["1@example", "127.0.0.1", "Session 1", "accepted", "+4.000 s", "06:00:04"] {
        assert!(all.contains(words), "{words}: {all}");
    }
    let hops: Vec<Hop> = (0..500).map(|nth| hop(&session, nth, ["10.0.0.1", &format!("2001:db8::{nth:x}")])).collect();
    let wide = lanes(&[Journey { hops, ..journey.clone() }]);
    assert!(said(&wide).contains("440 more sessions") && said(&wide).contains("other hosts"));
    assert!(wide.len() < 80_000, "{}", wide.len());
    let many = lanes(&vec![journey; 1_000]);
    assert!(said(&many).contains("… +960") && many.len() < 200_000);
}
