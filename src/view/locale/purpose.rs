//! Purposes in words. The sentences are in `en` and `zh`; this file combines them with codes.

use super::{Lang, en, term, zh};
use crate::protocol::imap::{Code, Untagged, Verb};
use crate::protocol::smtp::{Enhanced, Said as ReasonGiven};
use crate::protocol::tls;
use crate::session::model::{ContentRef, Measure};
use crate::verdict::purpose::enhanced::Meaning;
use crate::verdict::purpose::imap::{Command, Data, Tagged};
use crate::verdict::purpose::pop3::ResponseCode;
use crate::verdict::purpose::{Imap, Pop3, Purpose, Sasl, Smtp, smtp};
use crate::view::escape;
use std::borrow::Cow;

/// Words: most sentences are as they stand in `en` and `zh`, and take no memory.
type Said = Cow<'static, str>;

/// What a step does in its context, in one plain sentence without a full stop.
pub fn purpose(lang: Lang, purpose: &Purpose) -> Said {
    let said: Said = match purpose {
        Purpose::Smtp(smtp) => of_smtp(lang, *smtp),
        Purpose::Pop3(pop3) => of_pop3(lang, *pop3),
        Purpose::Imap(imap) => of_imap(lang, *imap),
        Purpose::PasswordInTls(protocol) => say!(lang, tls::password(*protocol)).into(),
        Purpose::Tls { from, what } => say!(lang, tls::part(*from, what)).into(),
        Purpose::Proxy(header) => say!(lang, proxy::header(header)).into(),
        Purpose::TlsAtOnce => say!(lang, tls::at_once()).into(),
        Purpose::Refuses(unexpected) => say!(lang, proxy::refuses(*unexpected)).into(),
        Purpose::Gap { from, bytes } => say!(lang, rows::gap_purpose(*from, *bytes)).into(),
        Purpose::Cut { from } => say!(lang, rows::cut(*from)).into(),
        Purpose::Unknown { protocol, from } => say!(lang, rows::unknown(term::protocol(lang, *protocol), *from)).into(),
    };
    // What stands here is written without a look, whoever reads it.
    debug_assert!(!matches!(&said, Cow::Borrowed(ours) if !escape::stands_as_it_is(ours)), "{said:?} must be escaped");
    said
}

fn of_sasl(lang: Lang, sasl: Sasl) -> Said {
    match sasl {
        Sasl::Challenge(round) => say!(lang, sasl::challenge(round)).into(),
        Sasl::Response(round) => say!(lang, sasl::response(round)).into(),
        Sasl::NamesNothing => say!(lang, smtp::command(smtp::Command::AuthAlone)).into(),
        Sasl::BeginsAtOnce => say!(lang, smtp::command(smtp::Command::AuthAtOnce)).into(),
        Sasl::NotAccepted => say!(lang, login::not_accepted()).into(),
        Sasl::Refused(cause) => say!(lang, login::refused(cause)).into(),
    }
}

fn of_smtp(lang: Lang, smtp: Smtp) -> Said {
    match smtp {
        Smtp::Greeting(greeting) => say!(lang, smtp::greeting(greeting)).into(),
        Smtp::Command(command) => say!(lang, smtp::command(command)).into(),
        Smtp::Reply { what, enhanced } => with_detail(
            lang,
            say!(lang, smtp::reply(what)),
            enhanced.map(|(code, meaning)| code_words(lang, code, meaning)),
        ),
        Smtp::Refused { what, for_now, said, enhanced } => with_detail(
            lang,
            because(lang, say!(lang, smtp::refused(what, for_now)), say!(lang, smtp::said(said))),
            enhanced.map(|(code, meaning)| code_words(lang, code, meaning)),
        ),
        Smtp::ContentAwaited(waited) => {
            let waited = waited.map(|nanoseconds| term::duration(lang, nanoseconds));
            say!(lang, smtp::content_awaited(waited.as_deref())).into()
        }
        Smtp::ContentCut => say!(lang, smtp::content_cut()).into(),
        Smtp::Content(content) => say!(lang, smtp::content(content)).into(),
        Smtp::Sasl(sasl) => of_sasl(lang, sasl),
    }
}

fn of_pop3(lang: Lang, pop3: Pop3) -> Said {
    match pop3 {
        Pop3::Greeting(greeting, code) => with_pop3_code(lang, say!(lang, pop3::greeting(greeting)), code),
        Pop3::Command(command) => say!(lang, pop3::command(command)).into(),
        Pop3::Reply { to, what, code } => with_pop3_code(lang, say!(lang, pop3::reply(to, what)), code),
        Pop3::Deletes(number) => say!(lang, pop3::deletes(number)).into(),
        Pop3::Effect(effect, code) => with_pop3_code(lang, say!(lang, pop3::effect(effect)), code),
        Pop3::Taken(reply, code) => with_pop3_code(lang, say!(lang, pop3::taken(reply)), code),
        Pop3::Unasked(reply, code) => with_pop3_code(lang, say!(lang, pop3::unasked(reply)), code),
        Pop3::InDoubt(code) => with_pop3_code(lang, say!(lang, pop3::in_doubt()), code),
        Pop3::Farewell(code) => with_pop3_code(lang, say!(lang, pop3::farewell()), code),
        Pop3::Closes { at_once, said, code } => with_pop3_code(lang, closes(lang, at_once, said), code),
        Pop3::Content(content) => say!(lang, pop3::content(content)).into(),
        Pop3::Sasl(sasl) => of_sasl(lang, sasl),
    }
}

/// The server closes the connection, or does not begin to talk, for this reason.
fn closes(lang: Lang, at_once: bool, said: ReasonGiven) -> String {
    let what = if at_once { smtp::Refused::Client } else { smtp::Refused::Connection };
    because(lang, say!(lang, smtp::refused(what, false)), say!(lang, smtp::said(said)))
}

fn with_pop3_code(lang: Lang, words: impl Into<Said>, code: Option<ResponseCode>) -> Said {
    with_detail(lang, words, code.map(|code| say!(lang, pop3::response_code(code))))
}

fn of_imap(lang: Lang, imap: Imap) -> Said {
    match imap {
        Imap::Greeting(greeting) => say!(lang, imap::greeting(greeting)).into(),
        Imap::Command(command) => say!(lang, imap::verb(command)).command.into(),
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
                (Tagged::OkInPart, _) => say!(lang, imap::stored_in_part()),
                (Tagged::LoginFirst, _) => say!(lang, imap::login_first()),
                (Tagged::SelectFirst, _) => say!(lang, imap::select_first()),
                (Tagged::LoggedInAlready, _) => say!(lang, imap::logged_in_already()),
                (Tagged::IdleBroken, _) => say!(lang, imap::idle_broken()),
                (Tagged::MessageAtFault, _) => say!(lang, imap::message_at_fault()),
                (Tagged::NothingEnabled, _) => say!(lang, imap::nothing_enabled()),
                (Tagged::NotifyNone, _) => say!(lang, imap::notifies_none()),
                (Tagged::ToDone, _) => say!(lang, imap::to_done()),
                (Tagged::StoreIgnored, _) => say!(lang, imap::store_ignored()),
                (Tagged::ToLiteral, _) => say!(lang, imap::to_literal()),
                (Tagged::WrongState, _) => say!(lang, imap::wrong_state()),
                (Tagged::UnknownCommand, _) => say!(lang, imap::unknown_command()),
                (Tagged::NotOffered, _) => say!(lang, imap::not_offered()),
                (Tagged::Odd, _) => say!(lang, imap::tagged_odd()),
            };
            with_detail(lang, words, code.map(|code| say!(lang, imap_code::code(code))))
        }
        Imap::Data(Data::Untagged(Untagged::Ok(Some(Code::Other)))) => say!(lang, imap::tells_something()).into(),
        Imap::Data(Data::Untagged(Untagged::Ok(Some(code)))) => {
            say!(lang, imap::tells(say!(lang, imap_code::code(code)))).into()
        }
        Imap::Data(data) => {
            let code = match data {
                Data::Untagged(Untagged::No(code) | Untagged::Bad(code)) => code,
                _ => None,
            };
            with_detail(lang, say!(lang, imap::data(data)), code.map(|code| say!(lang, imap_code::code(code))))
        }
        Imap::Closes { at_once, said } => closes(lang, at_once, said).into(),
        Imap::GoAhead(go_ahead) => say!(lang, imap::go_ahead(go_ahead)).into(),
        Imap::Uninvited => say!(lang, imap::uninvited()).into(),
        Imap::Done => say!(lang, imap::done()).into(),
        Imap::WithinIdle => say!(lang, imap::within_idle()).into(),
        Imap::DoneTooLate => say!(lang, imap::done_too_late()).into(),
        Imap::NotifyNone => say!(lang, imap::notify_none()).into(),
        Imap::Fetched { .. } => say!(lang, imap::fetched()).into(),
        Imap::Appended { .. } => say!(lang, imap::appended()).into(),
        Imap::AppendedInVain { .. } => say!(lang, imap::appended_in_vain()).into(),
        Imap::OtherContent { .. } => say!(lang, imap::other_content()).into(),
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
        Purpose::Imap(
            Imap::Fetched { octets }
            | Imap::Appended { octets }
            | Imap::AppendedInVain { octets }
            | Imap::OtherContent { octets },
        ) => counted(lang, *octets, carries),
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
            | Imap::Closes { .. }
            | Imap::GoAhead(_)
            | Imap::Uninvited
            | Imap::Done
            | Imap::WithinIdle
            | Imap::DoneTooLate
            | Imap::NotifyNone
            | Imap::Sasl(_),
        )
        | Purpose::PasswordInTls(_)
        | Purpose::Cut { .. }
        | Purpose::Refuses(_)
        | Purpose::Pop3(Pop3::Closes { .. })
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
fn with_detail<D: AsRef<str>>(lang: Lang, words: impl Into<Said>, detail: Option<D>) -> Said {
    let words = words.into();
    let detail = detail.as_ref().map(AsRef::as_ref);
    // The mark is ASCII, so it is no part of another character.
    let mark = memchr::memchr(b'|', words.as_bytes());
    let (what, likely) = match mark.and_then(|at| Some((words.get(..at)?, words.get(at + 1..)?))) {
        Some((what, likely)) => (what, Some(likely)),
        None if detail.is_none() => return words,
        None => (words.as_ref(), None),
    };
    let said = match (lang, detail, likely) {
        (_, None, None) => what.to_owned(),
        (Lang::En, Some(detail), _) => format!("{what} ({detail})"),
        (Lang::Zh, Some(detail), _) => format!("{what}（{detail}）"),
        (Lang::En, None, Some(likely)) => format!("{what}: {likely}"),
        (Lang::Zh, None, Some(likely)) => format!("{what}：{likely}"),
    };
    said.into()
}
