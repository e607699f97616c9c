//! How two steps that stand beside each other differ.

use super::act::{Act, Deed, Outcome, answers_a_question, is_apop};
use super::contents::{self, Contents};
use super::pieces::{Piece, pieces};
use super::rows::{How, Quiet, What};
use crate::flow::Side;
use crate::protocol::event::{Kind, Subject};
use crate::protocol::sasl::Round;
use crate::protocol::secret::MASK;
use crate::protocol::{imap, pop3, smtp};
use crate::session::model::{Message, Session, Step};
use std::collections::BTreeSet;

/// How two steps differ that are not content.
pub fn how(one: &Step, other: &Step, masked: bool) -> How {
    let (act, is_pair) = (Act::of(one), Act::of(one) == Act::of(other));
    if one.kind == Kind::Gap || one.kind == Kind::Tls {
        return if one.bytes == other.bytes { How::Same } else { How::Quiet(Quiet::Size) };
    }
    if one.from == Side::Server {
        let outcomes = [Outcome::of(one), Outcome::of(other)];
        if outcomes[0] != outcomes[1] {
            return How::Differs(What::Outcome);
        }
        // Where only one side has an enhanced code, the two may mean the same.
        let enhanced = one.enhanced().zip(other.enhanced()).is_some_and(|(one, other)| one != other);
        if one.code() != other.code() || enhanced {
            return How::Differs(What::Code);
        }
    }
    if one.text == other.text && !one.text_omitted {
        // What is masked on both sides may not be the same.
        let hidden = masked && one.text.contains(MASK);
        return if hidden { How::Quiet(Quiet::NotCompared) } else { How::Same };
    }
    if one.text_omitted || other.text_omitted {
        return How::Quiet(Quiet::NotCompared);
    }
    if masked && [one, other].iter().any(|step| step.text.contains(MASK)) {
        return How::Quiet(Quiet::NotCompared);
    }
    if is_overwritten(&one.text, &other.text) {
        return How::Differs(What::Overwritten);
    }
    match one.from {
        Side::Client => client(one, other, act, is_pair),
        Side::Server => server(one, other, act),
    }
}

fn client(one: &Step, other: &Step, act: Act, is_pair: bool) -> How {
    if !is_pair || (one.command != other.command && act.deed != Deed::Hello) {
        return How::Differs(What::Verb);
    }
    if act.deed == Deed::Hello {
        return match one.command == other.command {
            true => How::Quiet(Quiet::Name),
            false => How::Differs(What::Hello),
        };
    }
    if is_proof(one) || is_apop(act) {
        return How::Quiet(Quiet::Nonce);
    }
    let texts = [one, other].map(untagged);
    if texts[0] == texts[1] {
        return How::Quiet(Quiet::Tag);
    }
    let spelled = texts.map(spelling);
    if spelled[0] == spelled[1] {
        return How::Quiet(Quiet::Spelling);
    }
    if act.deed == Deed::Smtp(smtp::Verb::Mail) && spelled.map(|text| without_size(&text)).windows(2).all(is_one) {
        return How::Quiet(Quiet::DeclaredSize);
    }
    How::Differs(if one.command.is_some() { What::Arguments } else { What::Text })
}

fn server(one: &Step, other: &Step, act: Act) -> How {
    let texts = [one, other].map(untagged);
    if texts[0] == texts[1] {
        return How::Quiet(Quiet::Tag);
    }
    if is_list_of_capabilities(act) {
        let lists = [one, other].map(|step| capabilities(step, act));
        return match (lists[0] == lists[1], act.deed) {
            (false, _) => How::Differs(What::Capabilities),
            (true, Deed::HelloReply) => How::Quiet(Quiet::Words),
            (true, _) => How::Quiet(Quiet::Order),
        };
    }
    if act.deed == Deed::Challenge {
        return How::Quiet(Quiet::Nonce);
    }
    if answers_a_question(act) {
        return How::Differs(What::Answer);
    }
    if Outcome::of(one).is_some_and(Outcome::is_failure) {
        let words = texts.map(steady);
        return match one.variant == other.variant && words[0] == words[1] {
            true => How::Quiet(Quiet::Words),
            false => How::Differs(What::Reason),
        };
    }
    match act.deed {
        Deed::NotUnderstood | Deed::Octets => How::Differs(What::Text),
        _ => How::Quiet(Quiet::Words),
    }
}

fn is_one(pair: &[String]) -> bool {
    pair.first() == pair.last()
}

/// How two pieces of content differ. A message is compared once, in the row of its first
/// piece: `before` says, in the rows of the others, whether it is the same.
pub fn content(sessions: [&Session; 2], steps: [&Step; 2], before: Option<bool>, kept: &Contents) -> How {
    let [one, other] = steps;
    let message = |hand: usize| -> Option<&Message> {
        let number = steps.get(hand)?.carries()?.message;
        let messages = &sessions.get(hand)?.messages;
        messages.get((number as usize).checked_sub(1)?).filter(|message| message.n == number)
    };
    match (message(0), message(1)) {
        (Some(_), Some(_)) if before == Some(true) => How::Same,
        (Some(_), Some(_)) if before == Some(false) => How::Quiet(Quiet::Further),
        (Some(left), Some(right)) => match contents::compare(left, right, kept) {
            None => How::Same,
            Some(changed) => How::Differs(What::Content(Box::new(changed))),
        },
        _ if one.bytes == other.bytes && one.text == other.text => How::Quiet(Quiet::NotCompared),
        _ => How::Differs(What::Text),
    }
}

/// A response that proves a password without telling it: another one each time.
fn is_proof(step: &Step) -> bool {
    let round = match &step.subject {
        Subject::Smtp(smtp::Subject::Response(round)) => round,
        Subject::Pop3(pop3::Subject { what: pop3::What::Response(round), .. }) => round,
        Subject::Imap(imap::Subject { what: imap::What::Response(round), .. }) => round,
        _ => return false,
    };
    matches!(round, Round::Proof(_) | Round::Token)
}

fn is_list_of_capabilities(act: Act) -> bool {
    match act.deed {
        Deed::HelloReply | Deed::Pop3Reply(Some(pop3::Verb::Capa)) => true,
        Deed::Untagged(kind) => kind == std::mem::discriminant(&imap::Untagged::Capability),
        _ => false,
    }
}

/// What a list of capabilities has in it: its lines (SMTP, POP3), without the first, or its words (IMAP).
fn capabilities(step: &Step, act: Act) -> BTreeSet<String> {
    let text = step.text.to_ascii_uppercase();
    match act.deed {
        Deed::Untagged(_) => text.split_ascii_whitespace().map(str::to_owned).collect(),
        Deed::HelloReply => {
            let line = |line: &str| line.get(4..).unwrap_or_default().trim().to_owned();
            text.lines().skip(1).map(line).collect()
        }
        _ => text.lines().skip(1).map(|line| line.trim().to_owned()).collect(),
    }
}

/// A step's text without IMAP's tag.
fn untagged(step: &Step) -> &str {
    let tag = step.tag.as_deref().filter(|tag| !tag.is_empty());
    tag.and_then(|tag| step.text.strip_prefix(tag)).unwrap_or(&step.text)
}

/// A command without its blanks, its verb in upper case. A path is as it was.
fn spelling(text: &str) -> String {
    let text = text.trim();
    let verb = text.find(|sign: char| !sign.is_ascii_alphabetic()).unwrap_or(text.len());
    let (verb, rest) = text.split_at(verb);
    let keyword = rest.find([':', '<', '"']).unwrap_or(0);
    let (keyword, rest) = rest.split_at(keyword);
    let shown = |text: &str| text.chars().filter(|sign| !sign.is_ascii_whitespace()).collect::<String>();
    format!("{} {}{}", verb.to_ascii_uppercase(), shown(keyword).to_ascii_uppercase(), shown(rest))
}

/// A spelled command without its SIZE (RFC 1870).
fn without_size(text: &str) -> String {
    let upper = text.to_ascii_uppercase();
    match upper.rfind("SIZE=") {
        Some(at) => {
            let (before, size) = (text.get(..at).unwrap_or_default(), text.get(at + 5..).unwrap_or_default());
            format!("{before}{}", size.trim_start_matches(|sign: char| sign.is_ascii_digit()))
        }
        None => text.to_owned(),
    }
}

/// Words without what changes from one run to the next: words that have a digit in them (dates, times, ids, addresses), but
/// not the code in front.
fn steady(text: &str) -> String {
    let mut steady = String::new();
    for (at, word) in text.split(|sign: char| !sign.is_alphanumeric()).enumerate() {
        if at == 0 || !word.contains(|sign: char| sign.is_ascii_digit()) {
            steady.push_str(word);
            steady.push(' ');
        }
    }
    steady
}

/// Whether something on the way has written over a word, as firewalls do with what they do not know or allow: the same sign
/// many times (and an `A` at the end, as one of them does), in the place of something of the same length.
fn is_overwritten(left: &str, right: &str) -> bool {
    let parts = pieces(left, right);
    parts.windows(2).any(|pair| match pair {
        [Piece::Left(one), Piece::Right(other)] => one.len() == other.len() && (is_filler(one) != is_filler(other)),
        _ => false,
    })
}

fn is_filler(text: &str) -> bool {
    /// The shortest word that is taken for an overwritten one.
    const SHORTEST: usize = 4;
    let inner = text.strip_suffix('A').unwrap_or(text);
    let sign = inner.chars().next().unwrap_or_default();
    matches!(sign, 'X' | 'x' | '*') && inner.chars().all(|found| found == sign) && text.len() >= SHORTEST
}
