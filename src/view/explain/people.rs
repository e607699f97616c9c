//! What was said in sessions: their phases, logins, what was typed by hand, what IMAP did.

use super::page::{Answer, Cell, Evidence, block, line, packet_list};
use crate::protocol::event::Exposure;
use crate::verdict::explain::{Explanation, Hand, Login, Named, Overview};
use crate::view::address::canonical;
use crate::view::locale::explain::{self as words, word};
use crate::view::locale::question::{Question, Word};
use crate::view::packet::range;
use crate::view::{Lang, locale};

/// `1 SMTP`.
pub(super) fn session(lang: Lang, session: &Named) -> String {
    format!("{} {}", session.id, locale::protocol(lang, session.protocol))
}

fn ends(session: &Named) -> String {
    format!("{} →\n{}", canonical(session.endpoints.client), canonical(session.endpoints.server))
}

pub(super) fn tables(lang: Lang, it: &Explanation) -> Answer {
    let mut counts: Vec<(&str, u64)> = Vec::new();
    for overview in &it.sessions.list {
        let name = locale::protocol(lang, overview.session.protocol);
        match counts.iter_mut().find(|(known, _)| *known == name) {
            Some((_, count)) => *count += 1,
            None => counts.push((name, 1)),
        }
    }
    if it.sessions.more > 0 {
        counts.push(("…", it.sessions.more));
    }
    let steps = it.sessions.list.iter().map(|overview| overview.steps).sum();
    let mut answer = Answer {
        id: "tables",
        question: words::question(lang, Question::Tables),
        says: vec![words::sessions(lang, &counts, steps)],
        evidence: Vec::new(),
    };
    if it.sessions.list.is_empty() {
        answer.says = vec![word(lang, Word::NoSessions).to_owned()];
        return answer;
    }
    answer.evidence.push(Evidence {
        id: "sessions",
        title: None,
        columns: vec![
            ("session", word(lang, Word::Session)),
            ("phases", word(lang, Word::Phases)),
            ("packets", word(lang, Word::Packets)),
            ("result", word(lang, Word::Result)),
        ],
        rows: it.sessions.list.iter().map(|overview| row(lang, overview)).collect(),
        more: it.sessions.more,
    });
    answer
}

fn row(lang: Lang, overview: &Overview) -> Vec<Cell> {
    let named = &overview.session;
    let phases = overview.parts.iter().map(|part| {
        let title = locale::phase_title(lang, named.protocol, part.phase, part.state);
        words::phase(lang, &title, part.steps)
    });
    let phases: Vec<String> = phases.collect();
    let result = format!("{}\n{}", locale::verdict(lang, &overview.verdict), locale::end(lang, overview.end));
    let (first, last) = overview.packets;
    vec![
        format!("{}\n{}", session(lang, named), ends(named)).into(),
        phases.join("\n").into(),
        Cell::Packets(vec![range(first, last)]),
        result.into(),
    ]
}

pub(super) fn passwords(lang: Lang, it: &Explanation) -> Answer {
    let mut says = Vec::new();
    match it.logins.count() {
        0 => says.push(word(lang, Word::NoLogins).to_owned()),
        all => says.push(words::readable(lang, it.readable_logins, all)),
    }
    if it.pop3.sessions > 0 && it.pop3.logged_in == it.pop3.sessions {
        says.push(words::pop3_logs_in(lang, it.pop3));
    }
    let without = it.accepted_without_login();
    if without > 0 {
        says.push(words::smtp_asked_for_none(lang, without));
    }
    let mut evidence = Vec::new();
    if !it.pairs.is_empty() {
        /// Pairs that are shown.
        const PAIRS: usize = 200;
        let rows = it.pairs.iter().take(PAIRS).map(|(pair, counts)| {
            vec![
                Cell::from(locale::protocol(lang, pair.protocol)),
                format!("{} →\n{}", pair.client, pair.server).into(),
                locale::login_frequency(lang, counts).into(),
            ]
        });
        evidence.push(Evidence {
            id: "how-often",
            title: None,
            columns: vec![
                ("protocol", word(lang, Word::Protocol)),
                ("ends", word(lang, Word::Ends)),
                ("how_often", word(lang, Word::HowOften)),
            ],
            rows: rows.collect(),
            more: (it.pairs.len() as u64).saturating_sub(PAIRS as u64) + it.pairs_left_out,
        });
    }
    if !it.logins.list.is_empty() {
        evidence.push(Evidence {
            id: "logins",
            title: None,
            columns: vec![
                ("session", word(lang, Word::Session)),
                ("packets", word(lang, Word::Packets)),
                ("mechanism", word(lang, Word::Mechanism)),
                ("user", word(lang, Word::User)),
                ("password", word(lang, Word::Password)),
                ("outcome", word(lang, Word::Outcome)),
            ],
            rows: it.logins.list.iter().map(|one| login(lang, one)).collect(),
            more: it.logins.more,
        });
    }
    Answer { id: "passwords", question: words::question(lang, Question::Passwords), says, evidence }
}

fn login(lang: Lang, login: &Login) -> Vec<Cell> {
    // The password is shown as in `read`'s table: with `--redact` it has been masked.
    let secret = match (&login.secret, login.exposure) {
        (Some(secret), Exposure::Plaintext | Exposure::Token) => line(secret),
        (_, exposure) => format!("({})", locale::exposure(lang, exposure)),
    };
    vec![
        session(lang, &login.session).into(),
        (&login.packets).into(),
        line(&login.mechanism).into(),
        line(login.user.as_deref().unwrap_or_default()).into(),
        secret.into(),
        locale::login_outcome(lang, login.outcome, login.is_put_off).into(),
    ]
}

pub(super) fn by_hand(lang: Lang, it: &Explanation) -> Answer {
    let with = |hand: Hand| it.typing.list.iter().filter(move |typing| typing.hand == hand);
    let typed: Vec<u64> = with(Hand::Typed).map(|typing| typing.session.id).collect();
    let readable = it.typing.list.len().saturating_sub(with(Hand::Unknown).count()) as u64;
    let mut says = vec![words::typed(lang, &typed, with(Hand::Perhaps).count() as u64, readable)];
    for likeness in it.likenesses.iter().take(20) {
        let numbers = [likeness.typed.id, likeness.program.id];
        let [ours, theirs] = [&likeness.only_typed, &likeness.only_program].map(|only| commands(only));
        says.push(words::likeness(lang, numbers, [&ours, &theirs], likeness.common));
    }
    if !typed.is_empty() && it.likenesses.is_empty() {
        says.push(word(lang, Word::NoneToCompare).to_owned());
    }
    let told = it.typing.list.iter().filter(|typing| !typing.signs.is_empty());
    let rows: Vec<Vec<Cell>> = told
        .map(|typing| {
            let signs = typing.signs.iter().map(|(sign, count, packets)| {
                let packets = packet_list(packets);
                let few: Vec<String> = packets.iter().take(6).cloned().collect();
                let more = if packets.len() > 6 { ", …" } else { "" };
                let said = words::sign(lang, *sign, *count, typing.lines);
                let packets = word(lang, Word::Packets).to_lowercase();
                match lang {
                    Lang::En => format!("{said} ({packets} {}{more})", few.join(", ")),
                    Lang::Zh => format!("{said}（{packets} {}{more}）", few.join(", ")),
                }
            });
            let signs: Vec<String> = signs.collect();
            let hand = words::hand(lang, typing.hand);
            vec![session(lang, &typing.session).into(), hand.into(), signs.join("\n").into()]
        })
        .collect();
    let mut evidence = Vec::new();
    if !rows.is_empty() {
        evidence.push(Evidence {
            id: "signs",
            title: None,
            columns: vec![
                ("session", word(lang, Word::Session)),
                ("by_hand", word(lang, Word::ByHand)),
                ("signs", word(lang, Word::Signs)),
            ],
            rows,
            more: it.typing.more,
        });
    }
    Answer { id: "by-hand", question: words::question(lang, Question::ByHand), says, evidence }
}

/// Verbs, each once.
fn commands(list: &[String]) -> Vec<String> {
    let mut shown: Vec<String> = Vec::new();
    for command in list {
        let command = line(command);
        if !shown.contains(&command) {
            shown.push(command);
        }
    }
    shown
}

pub(super) fn imap_only(lang: Lang, it: &Explanation) -> Answer {
    let abilities = &it.abilities;
    let mut evidence = Vec::new();
    if !abilities.used.is_empty() {
        let rows = abilities.used.iter().map(|(ability, used)| {
            let mut examples: Vec<String> = Vec::new();
            let mut packets: Vec<String> = Vec::new();
            for example in &used.examples.list {
                let at = match example.step {
                    Some(step) => format!("{}.{step} {}", example.session.id, block(&example.text)),
                    None => session(lang, &example.session),
                };
                examples.push(at);
                packets.extend(packet_list(&example.packets));
            }
            if used.examples.more > 0 {
                examples.push(format!("… +{}", used.examples.more));
            }
            vec![
                Cell::from(words::ability(lang, *ability)),
                used.count.into(),
                examples.join("\n").into(),
                Cell::Packets(packets),
            ]
        });
        evidence.push(Evidence {
            id: "abilities",
            title: None,
            columns: vec![
                ("ability", word(lang, Word::Ability)),
                ("count", word(lang, Word::Count)),
                ("examples", word(lang, Word::Example)),
                ("packets", word(lang, Word::Packets)),
            ],
            rows: rows.collect(),
            more: 0,
        });
    }
    let says = vec![words::imap(lang, abilities)];
    Answer { id: "imap-only", question: words::question(lang, Question::ImapOnly), says, evidence }
}
