//! Comparisons of two sessions.

use super::terms::{bytes, side};
use crate::session::model::LineEnds;
use crate::verdict::compare::{Changed, Hand, Outcome, Quiet, Tally, What, Why};
use crate::view::escape;
use crate::view::locale::compared::{Parting, Quotes, Word};

pub fn word(word: Word) -> &'static str {
    match word {
        Word::Comparison => "Comparison",
        Word::Left => "Left",
        Word::Right => "Right",
        Word::Who => "Who",
        Word::Steps => "Steps",
        Word::File => "File",
        Word::Same => "the same",
        Word::Quiet => "differs in what always differs",
        Word::Differs => "differs: [-left-]{+right+}",
        Word::OnlyLeft => "left only",
        Word::OnlyRight => "right only",
        Word::Unseen => "no counterpart was captured; there may be one",
        Word::Content => "What they say and carry",
        Word::TheMessage => "the message",
        Word::TheConnection => "the connection",
        Word::Hidden => "What is inside TLS cannot be read: there, only kinds and lengths are compared.",
    }
}

pub fn quiet(quiet: Quiet) -> &'static str {
    match quiet {
        Quiet::Name => "the name that the client gives itself",
        Quiet::Tag => "the tag",
        Quiet::Words => "the words beside the code",
        Quiet::Nonce => "proof and challenge: new each time",
        Quiet::Spelling => "upper and lower case, or blanks",
        Quiet::Order => "the order",
        Quiet::DeclaredSize => "the size declared",
        Quiet::Size => "the number of bytes",
        Quiet::NotCompared => "masked or not kept: not compared",
        Quiet::Further => "a further piece of a message compared above",
    }
}

pub fn what(what: &What) -> String {
    match what {
        What::Outcome => "the outcome".to_owned(),
        What::Code => "the reply's code".to_owned(),
        What::Reason => "the reason".to_owned(),
        What::Verb => "the command".to_owned(),
        What::Hello => "the command that gives the client's name".to_owned(),
        What::Arguments => "what follows the command".to_owned(),
        What::Capabilities => "the capabilities offered".to_owned(),
        What::Answer => "the answer".to_owned(),
        What::Overwritten => "a word is written over, as a firewall does".to_owned(),
        What::Content(changed) => content(changed),
        What::Text => "the text".to_owned(),
    }
}

fn content(changed: &Changed) -> String {
    let Changed { sizes: [left, right], place, same_body, line_ends, gone, added, changed: other, incomplete } =
        changed;
    let mut told = vec![match left == right {
        true => format!("the content, {} on both sides", bytes(*left)),
        false => format!("the content: {} on the left, {right} on the right", bytes(*left)),
    }];
    match place {
        Some(place) => {
            let [ours, theirs] = place.lengths;
            let how = match (ours, theirs) {
                (0, _) => format!("{} more on the right there", bytes(theirs)),
                (_, 0) => format!("{} more on the left there", bytes(ours)),
                _ => format!("from there, {} on the left and {theirs} on the right differ", bytes(ours)),
            };
            told.push(format!(
                "the first byte that differs is at offset {}, in line {}; {how}",
                place.first, place.line
            ));
        }
        None => told.push("SHA-256 differs".to_owned()),
    }
    let names =
        |names: &[String]| names.iter().map(|name| escape::line(name).into_owned()).collect::<Vec<_>>().join(", ");
    for (list, about) in [
        (gone, "header fields on the left only"),
        (added, "header fields on the right only"),
        (other, "header fields that differ"),
    ] {
        if !list.is_empty() {
            told.push(format!("{about}: {}", names(list)));
        }
    }
    if *same_body {
        told.push("what follows the header is the same".to_owned());
    }
    if let Some([left, right]) = line_ends {
        told.push(format!("lines end with {} on the left, with {} on the right", line_end(*left), line_end(*right)));
    }
    if *incomplete {
        told.push("not all of it was captured".to_owned());
    }
    told.join("; ")
}

fn line_end(ends: Option<LineEnds>) -> &'static str {
    match ends {
        Some(LineEnds::CrLf) => "CRLF",
        Some(LineEnds::Lf) => "LF alone",
        Some(LineEnds::Mixed) => "CRLF or LF",
        None => "no line end",
    }
}

pub fn why(why: Why) -> &'static str {
    match why {
        Why::Gap => "bytes are missing from a capture here",
        Why::Encrypted => "inside TLS on both sides",
        Why::Outside => "the other capture begins later or ends earlier",
    }
}

pub fn place(left: Option<(u32, &str)>, right: Option<(u32, &str)>) -> String {
    match (left, right) {
        (Some((n, packets)), Some((m, others))) if n == m => format!("step {n} (packets {packets} | {others})"),
        (Some((n, packets)), Some((m, others))) => {
            format!("step {n} on the left (packet {packets}), {m} on the right (packet {others})")
        }
        (Some((n, packets)), None) => format!("step {n} on the left (packet {packets})"),
        (None, Some((n, packets))) => format!("step {n} on the right (packet {packets})"),
        (None, None) => String::new(),
    }
}

pub fn parting(place: &str, parting: Parting<'_>) -> String {
    let how = match parting {
        Parting::Outcome { to, outcomes: [left, right], said: Quotes { left: ours, right: theirs } } => {
            format!("the left server {} {to} ({ours}), the right one {} it ({theirs})", outcome(left), outcome(right))
        }
        Parting::Instead { from, said: Quotes { left, right }, overwritten } => {
            let over = if overwritten { "; something on the way has written over it" } else { "" };
            format!("the left {0} says “{left}”, the right one “{right}”{over}", side(from))
        }
        Parting::Only { hand, from, said } => {
            let (one, other) = match hand {
                Hand::Left => ("left", "right"),
                Hand::Right => ("right", "left"),
            };
            format!("the {one} {} says “{said}”, the {other} one does not", side(from))
        }
    };
    format!("They part at {place}: {how}.")
}

fn outcome(outcome: Option<Outcome>) -> &'static str {
    match outcome {
        Some(Outcome::Accepted) => "accepts",
        Some(Outcome::GoOn) => "goes on with",
        Some(Outcome::Deferred) => "does not take now",
        Some(Outcome::Refused) => "refuses",
        Some(Outcome::Bad) => "does not understand",
        Some(Outcome::Bye) => "takes leave instead of",
        None => "answers",
    }
}

pub fn same_process(tally: &Tally) -> String {
    let Tally { rows, same, quiet, differ, unseen, .. } = tally;
    let alike = same + quiet;
    let differing = match differ {
        0 => String::new(),
        1 => "; 1 differs in what it says or carries".to_owned(),
        _ => format!("; {differ} differ in what they say or carry"),
    };
    match (rows, unseen) {
        (0, _) => "Neither session has a step.".to_owned(),
        (_, 0) => format!("The same process: {alike} of {rows} steps alike{differing}."),
        _ => format!(
            "The same process as far as both were captured: {alike} of {rows} steps alike{differing}; {unseen} have no \
             counterpart that was captured."
        ),
    }
}

/// `hand`: whose steps the other session has too.
pub fn within(hand: Hand) -> String {
    let (one, other) = match hand {
        Hand::Left => ("left", "right"),
        Hand::Right => ("right", "left"),
    };
    format!("All that the {one} session does, the {other} one does too, in the same order and with the same outcomes.")
}

pub fn counts(tally: &Tally) -> String {
    let Tally { rows, same, quiet, differ, only_left, only_right, unseen } = tally;
    let mut told = vec![match same + quiet {
        1 => format!("Of {rows} rows, 1 is alike"),
        alike => format!("Of {rows} rows, {alike} are alike"),
    }];
    for (count, about) in [
        (differ, if *differ == 1 { "differs" } else { "differ" }),
        (only_left, "left only"),
        (only_right, "right only"),
        (unseen, "without a counterpart that was captured"),
    ] {
        if *count > 0 {
            told.push(format!("{count} {about}"));
        }
    }
    told.join(", ") + "."
}
