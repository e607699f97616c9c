//! A verdict in words: one or two sentences that answer whether it was safe, whether it was delivered, and why not.

use super::finding::fact;
use super::{en, zh};
use crate::verdict::conclusion::{Delivered, Safe, Undelivered, Verdict};
use crate::verdict::rule::Class;
use crate::verdict::rules;
use crate::view::{Lang, escape};

/// A verdict in words, safe for a terminal.
pub fn verdict(lang: Lang, verdict: &Verdict) -> String {
    let delivery = (verdict.delivered != Delivered::Nothing).then(|| delivery(lang, verdict));
    // Nothing found is said too, with what was looked for.
    let nothing = verdict.cause.is_none().then(|| nothing_found(lang, verdict.tally.sessions));
    let sentences = [safety(lang, verdict), delivery, cause(lang, verdict), nothing];
    let together = |mut said: String, next: String| {
        if lang == Lang::En {
            said.push(' ');
        }
        said.push_str(&next);
        said
    };
    sentences.into_iter().flatten().reduce(together).unwrap_or_default()
}

/// That nothing was found in so many sessions, and what was looked for.
pub fn nothing_found(lang: Lang, sessions: u64) -> String {
    say!(lang, verdict::nothing(sessions, rules::count()))
}

/// Whether it was safe, in words; absent where that is not known.
pub fn safety(lang: Lang, verdict: &Verdict) -> Option<String> {
    let tally = &verdict.tally;
    match verdict.safe {
        Safe::Yes => Some(say!(lang, verdict::safe(tally))),
        Safe::No => {
            let weakness = tally.weakness.map(|id| title(lang, id)).unwrap_or_default();
            Some(say!(lang, verdict::not_safe(tally, weakness)))
        }
        Safe::Unknown => None,
    }
}

fn delivery(lang: Lang, verdict: &Verdict) -> String {
    let tally = &verdict.tally;
    let lost: Vec<String> = tally.undelivered.iter().map(|lost| undelivered(lang, lost)).collect();
    say!(lang, verdict::delivery(verdict.delivered, tally, &lost))
}

/// Who does not get it, and why: in plain words with the codes, or else in the server's.
fn undelivered(lang: Lang, lost: &Undelivered) -> String {
    let address = escape::line(&lost.address);
    let code = lost.code.map(|(code, enhanced)| match enhanced {
        Some(enhanced) => format!("{code} {enhanced}"),
        None => code.to_string(),
    });
    match (&lost.meaning, code) {
        (Some(meaning), Some(code)) => say!(lang, verdict::because(&address, &fact(lang, meaning), &code)),
        _ => say!(lang, verdict::refused(&address, &escape::line(&lost.reply))),
    }
}

/// The finding on top, where it is a failure: what is only weak, the sentence about safety says.
fn cause(lang: Lang, verdict: &Verdict) -> Option<String> {
    let id = verdict.cause?;
    let rule = rules::find(id)?;
    let said = match rule.class {
        Class::Weakness => verdict.safe == Safe::No,
        // The sentence about deliveries has the server's words.
        Class::Failure => id.starts_with("delivery-") && !verdict.tally.undelivered.is_empty(),
        Class::Remark => true,
    };
    (!said).then(|| say!(lang, verdict::cause(title(lang, id))))
}

/// What the finding `id` is called.
fn title(lang: Lang, id: &str) -> &'static str {
    rules::find(id).map(|rule| super::text(lang, &rule.words).title).unwrap_or_default()
}
