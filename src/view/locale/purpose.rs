//! Purposes in words. The sentences are in `en` and `zh`; this file combines them with codes.

use super::{Lang, en, term, zh};
use crate::protocol::imap::{Code, Untagged, Verb};
use crate::protocol::smtp::Enhanced;
use crate::protocol::tls;
use crate::session::model::{ContentRef, Measure};
use crate::verdict::purpose::enhanced::Meaning;
use crate::verdict::purpose::imap::{Command, Data, Tagged};
use crate::verdict::purpose::pop3::ResponseCode;
use crate::verdict::purpose::{Imap, Pop3, Purpose, Sasl, Smtp, smtp};

/// What a step does in its context, in one plain sentence without a full stop.
pub fn purpose(lang: Lang, purpose: &Purpose) -> String {
    match purpose {
        Purpose::Smtp(smtp) => of_smtp(lang, *smtp),
        Purpose::Pop3(pop3) => of_pop3(lang, *pop3),
        Purpose::Imap(imap) => of_imap(lang, *imap),
        Purpose::PasswordInTls(protocol) => say!(lang, tls::password(*protocol)).to_owned(),
        Purpose::Tls { from, what } => say!(lang, tls::part(*from, what)),
        Purpose::Proxy(header) => say!(lang, proxy::header(header)),
        Purpose::TlsAtOnce => say!(lang, tls::at_once()).to_owned(),
        Purpose::Refuses(unexpected) => say!(lang, proxy::refuses(*unexpected)).to_owned(),
        Purpose::Gap { from, bytes } => say!(lang, rows::gap_purpose(*from, *bytes)),
        Purpose::Cut { from } => say!(lang, rows::cut(*from)),
        Purpose::Unknown { protocol, from } => say!(lang, rows::unknown(term::protocol(lang, *protocol), *from)),
    }
}

fn of_sasl(lang: Lang, sasl: Sasl) -> String {
    match sasl {
        Sasl::Challenge(round) => say!(lang, sasl::challenge(round)),
        Sasl::Response(round) => say!(lang, sasl::response(round)),
        Sasl::BeginsAtOnce => say!(lang, smtp::command(smtp::Command::AuthAtOnce)).to_owned(),
        Sasl::Refused(cause) => say!(lang, login::refused(cause)).to_owned(),
    }
}

fn of_smtp(lang: Lang, smtp: Smtp) -> String {
    match smtp {
        Smtp::Greeting(greeting) => say!(lang, smtp::greeting(greeting)).to_owned(),
        Smtp::Command(command) => say!(lang, smtp::command(command)).to_owned(),
        Smtp::Reply { what, enhanced } => with_detail(
            lang,
            say!(lang, smtp::reply(what)),
            enhanced.map(|(code, meaning)| code_words(lang, code, meaning)),
        ),
        Smtp::Refused { what, for_now, said, enhanced } => with_detail(
            lang,
            &because(lang, say!(lang, smtp::refused(what, for_now)), say!(lang, smtp::said(said))),
            enhanced.map(|(code, meaning)| code_words(lang, code, meaning)),
        ),
        Smtp::ContentAwaited(waited) => {
            let waited = waited.map(|nanoseconds| term::duration(lang, nanoseconds));
            say!(lang, smtp::content_awaited(waited.as_deref()))
        }
        Smtp::ContentCut => say!(lang, smtp::content_cut()).to_owned(),
        Smtp::Content(content) => say!(lang, smtp::content(content)).to_owned(),
        Smtp::Sasl(sasl) => of_sasl(lang, sasl),
    }
}

fn of_pop3(lang: Lang, pop3: Pop3) -> String {
    match pop3 {
        Pop3::Greeting(greeting, code) => with_pop3_code(lang, say!(lang, pop3::greeting(greeting)), code),
        Pop3::Command(command) => say!(lang, pop3::command(command)).to_owned(),
        Pop3::Reply { to, what, code } => with_pop3_code(lang, say!(lang, pop3::reply(to, what)), code),
        Pop3::Deletes(number) => say!(lang, pop3::deletes(number)),
        Pop3::Effect(effect, code) => with_pop3_code(lang, &say!(lang, pop3::effect(effect)), code),
        Pop3::Taken(reply, code) => with_pop3_code(lang, say!(lang, pop3::taken(reply)), code),
        Pop3::Unasked(reply, code) => with_pop3_code(lang, say!(lang, pop3::unasked(reply)), code),
        Pop3::InDoubt(code) => with_pop3_code(lang, say!(lang, pop3::in_doubt()), code),
        Pop3::Farewell(code) => with_pop3_code(lang, say!(lang, pop3::farewell()), code),
        Pop3::Content(content) => say!(lang, pop3::content(content)).to_owned(),
        Pop3::Sasl(sasl) => of_sasl(lang, sasl),
    }
}

fn with_pop3_code(lang: Lang, words: &str, code: Option<ResponseCode>) -> String {
    with_detail(lang, words, code.map(|code| say!(lang, pop3::response_code(code)).to_owned()))
}

fn of_imap(lang: Lang, imap: Imap) -> String {
    match imap {
        Imap::Greeting(greeting) => say!(lang, imap::greeting(greeting)).to_owned(),
        Imap::Command(command) => say!(lang, imap::verb(command)).command.to_owned(),
        Imap::Tagged { to, what, code } => {
            // The sentence itself says how a mailbox was opened, so the code is not added; a SELECT answered by
            // READ-ONLY has EXAMINE's sentence.
            let (to, code) = match (what, to.map(|command| command.verb), code) {
                (Tagged::Ok, Some(Verb::Select | Verb::Examine), Some(Code::ReadOnly)) => {
                    (Some(Command::new(Verb::Examine, false)), None)
                }
                (Tagged::Ok, Some(Verb::Select), Some(Code::ReadWrite)) => (to, None),
                _ => (to, code),
            };
            let words = match (what, to) {
                (Tagged::Ok, Some(command)) => say!(lang, imap::verb(command)).ok,
                (Tagged::No, Some(command)) => say!(lang, imap::verb(command)).no,
                (Tagged::Bad, Some(command)) => say!(lang, imap::bad(command)),
                (Tagged::Ok, None) => say!(lang, imap::tagged_ok_to_nothing()),
                (Tagged::No, None) => say!(lang, imap::tagged_no_to_nothing()),
                (Tagged::Bad, None) => say!(lang, imap::tagged_bad_to_nothing()),
                (Tagged::Odd, _) => say!(lang, imap::tagged_odd()),
            };
            with_detail(lang, words, code.map(|code| say!(lang, imap::code(code)).to_owned()))
        }
        Imap::Data(Data::Untagged(Untagged::Ok(Some(Code::Other)))) => say!(lang, imap::tells_something()).to_owned(),
        Imap::Data(Data::Untagged(Untagged::Ok(Some(code)))) => {
            say!(lang, imap::tells(say!(lang, imap::code(code))))
        }
        Imap::Data(data) => {
            let code = match data {
                Data::Untagged(Untagged::No(code) | Untagged::Bad(code)) => code,
                _ => None,
            };
            with_detail(lang, say!(lang, imap::data(data)), code.map(|code| say!(lang, imap::code(code)).to_owned()))
        }
        Imap::GoAhead(go_ahead) => say!(lang, imap::go_ahead(go_ahead)).to_owned(),
        Imap::Uninvited => say!(lang, imap::uninvited()).to_owned(),
        Imap::Done => say!(lang, imap::done()).to_owned(),
        Imap::Fetched { .. } => say!(lang, imap::fetched()).to_owned(),
        Imap::Appended { .. } => say!(lang, imap::appended()).to_owned(),
        Imap::OtherContent { .. } => say!(lang, imap::other_content()).to_owned(),
        Imap::Sasl(sasl) => of_sasl(lang, sasl),
    }
}

/// The words for the table's command column if a step has no text: content, TLS, gaps. `bytes` is the step's length on
/// the wire; `carries`, if known, says whether the content is complete and how its lines end.
pub fn row(lang: Lang, purpose: &Purpose, bytes: u64, carries: Option<&ContentRef>) -> Option<String> {
    Some(match purpose {
        Purpose::Smtp(Smtp::Content(smtp::Content::Message)) | Purpose::Pop3(Pop3::Content(_)) => {
            match carries.filter(|carries| !carries.complete) {
                Some(carries) if carries.unfinished => say!(lang, rows::unfinished(bytes, announced(carries))),
                Some(_) => say!(lang, rows::piece(bytes)),
                None => {
                    let ends = carries.and_then(|carries| match carries.measure {
                        Measure::Lines(lines) => lines.ends,
                        Measure::None | Measure::Announced(_) => None,
                    });
                    say!(lang, rows::dotted(bytes, ends))
                }
            }
        }
        Purpose::Smtp(Smtp::Content(smtp::Content::Chunk | smtp::Content::LastChunk | smtp::Content::Properties)) => {
            counted(lang, bytes, carries)
        }
        Purpose::Imap(Imap::Fetched { octets } | Imap::Appended { octets } | Imap::OtherContent { octets }) => {
            counted(lang, *octets, carries)
        }
        Purpose::Smtp(Smtp::Content(smtp::Content::Refused)) => say!(lang, rows::refused(bytes)),
        Purpose::Tls { what, .. } => say!(lang, rows::tls(what, bytes)),
        Purpose::TlsAtOnce => say!(lang, rows::tls(&tls::Subject::ClientHello, bytes)),
        Purpose::Gap { bytes, .. } => say!(lang, rows::gap(*bytes)),
        Purpose::Proxy(header) => say!(lang, proxy::row(header, bytes)),
        Purpose::Smtp(
            Smtp::Greeting(_)
            | Smtp::Command(_)
            | Smtp::Reply { .. }
            | Smtp::Refused { .. }
            | Smtp::ContentAwaited(_)
            | Smtp::ContentCut
            | Smtp::Sasl(_),
        )
        | Purpose::Pop3(
            Pop3::Greeting(..)
            | Pop3::Command(_)
            | Pop3::Reply { .. }
            | Pop3::Deletes(_)
            | Pop3::Effect(..)
            | Pop3::Taken(..)
            | Pop3::Unasked(..)
            | Pop3::InDoubt(_)
            | Pop3::Farewell(_)
            | Pop3::Sasl(_),
        )
        | Purpose::Imap(
            Imap::Greeting(_)
            | Imap::Command(_)
            | Imap::Tagged { .. }
            | Imap::Data(_)
            | Imap::GoAhead(_)
            | Imap::Uninvited
            | Imap::Done
            | Imap::Sasl(_),
        )
        | Purpose::PasswordInTls(_)
        | Purpose::Cut { .. }
        | Purpose::Refuses(_)
        | Purpose::Unknown { .. } => return None,
    })
}

/// Content of an announced length.
fn counted(lang: Lang, octets: u64, carries: Option<&ContentRef>) -> String {
    match carries.and_then(|carries| Some((carries.unfinished, announced(carries)?))) {
        None => say!(lang, rows::counted(octets)),
        Some((true, announced)) => say!(lang, rows::short(octets, announced)),
        Some((false, announced)) => say!(lang, rows::piece_of(octets, announced)),
    }
}

fn announced(carries: &ContentRef) -> Option<u64> {
    match carries.measure {
        Measure::Announced(announced) => Some(announced),
        Measure::None | Measure::Lines(_) => None,
    }
}

/// An enhanced status code (RFC 3463) in words: `5.1.1: the recipient's mailbox does not exist`.
pub(super) fn code_words(lang: Lang, code: Enhanced, meaning: Meaning) -> String {
    match lang {
        Lang::En => format!("{code}: {}", en::enhanced::meaning(meaning)),
        Lang::Zh => format!("{code}：{}", zh::enhanced::meaning(meaning)),
    }
}

/// A sentence with its reason.
fn because(lang: Lang, what: &str, reason: &str) -> String {
    match lang {
        Lang::En => format!("{what}: {reason}"),
        Lang::Zh => format!("{what}：{reason}"),
    }
}

/// A sentence with the words of a code. Some sentences have a likely reason after a `|`, which is used only if no code
/// gives the true one.
fn with_detail(lang: Lang, words: &str, detail: Option<String>) -> String {
    let (what, likely) = match words.split_once('|') {
        Some((what, likely)) => (what, Some(likely)),
        None => (words, None),
    };
    match (lang, detail.as_deref(), likely) {
        (_, None, None) => what.to_owned(),
        (Lang::En, Some(detail), _) => format!("{what} ({detail})"),
        (Lang::Zh, Some(detail), _) => format!("{what}（{detail}）"),
        (Lang::En, None, Some(likely)) => format!("{what}: {likely}"),
        (Lang::Zh, None, Some(likely)) => format!("{what}：{likely}"),
    }
}
