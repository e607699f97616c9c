//! Verdicts.

use crate::verdict::conclusion::{Delivered, Tally, Unencrypted};

/// Everything was encrypted.
pub fn safe(tally: &Tally) -> String {
    let with = tally.version.as_ref().map(|version| format!(" ({version})")).unwrap_or_default();
    match tally.sessions {
        1 => format!("Safe: the session is encrypted{with}."),
        _ => format!("Safe: all {} sessions are encrypted{with}.", tally.sessions),
    }
}

/// Something can be read, or is weak: `weakness` is the title of the finding that says so.
pub fn not_safe(tally: &Tally, weakness: &str) -> String {
    let Tally { logins, readable_logins, readable_messages, plain, .. } = tally;
    let what = match (logins, readable_logins, readable_messages) {
        (1, 1, _) => "the log-in can be read by anyone on the path".to_owned(),
        (_, 1.., _) if logins == readable_logins => format!("all {logins} log-ins can be read by anyone on the path"),
        (_, 1.., _) => format!("{readable_logins} of {logins} log-ins can be read by anyone on the path"),
        (_, 0, 1) => "the message can be read by anyone on the path".to_owned(),
        (_, 0, 2..) => format!("{readable_messages} messages can be read by anyone on the path"),
        (_, 0, 0) => small(weakness),
    };
    let why = match plain {
        Some(Unencrypted::NotUsed) => "; the server offers encryption and the client did not use it",
        Some(Unencrypted::NotOffered) => "; the server does not offer encryption",
        Some(Unencrypted::Stripped) => "; the server's offer of encryption was taken out on the way",
        None => "",
    };
    format!("Not safe: {what}{why}.")
}

/// Who does not get a message, what the reply means, and its codes.
pub fn because(address: &str, meaning: &str, code: &str) -> String {
    format!("{address}: {meaning} ({code})")
}

/// Who does not get a message, and the server's words.
pub fn refused(address: &str, reply: &str) -> String {
    format!("{address}: “{reply}”")
}

/// What became of what was sent; `lost`: who does not get it, and why.
pub fn delivery(delivered: Delivered, tally: &Tally, lost: &[String]) -> String {
    let Tally { accepted, rejected, deferred, aborted, given_up, cut_off, unknown, unnamed, .. } = tally;
    let all = accepted + rejected + deferred + aborted + given_up + cut_off + unknown;
    let to = |count: u64| if count == 1 { "1 recipient".to_owned() } else { format!("{count} recipients") };
    let refused = rejected + deferred;
    let whom = match refused.saturating_sub(lost.len() as u64) {
        _ if lost.is_empty() => to(refused),
        0 => lost.join("; "),
        more => format!("{}; and {more} more", lost.join("; ")),
    };
    let not = match (rejected, deferred) {
        (_, 0) => format!("not delivered to {whom}"),
        (0, _) => format!("not delivered for now to {whom}"),
        _ => format!("refused for good for {}, for now for {deferred}: {whom}", to(*rejected)),
    };
    let unfinished = format!("not delivered to {}, since the content was not finished", to(*aborted));
    let not = match (refused, aborted) {
        (_, 0) => not,
        (0, _) => unfinished,
        _ => format!("{not}; {unfinished}"),
    };
    let left_out = |not: String, count: u64, why: &str| match count {
        0 => not,
        1 => format!("{not}; nothing was sent to 1 other recipient, whom the server had accepted: {why}"),
        _ => format!("{not}; nothing was sent to {count} other recipients, whom the server had accepted: {why}"),
    };
    let not = left_out(not, *given_up, "the client gave the mail up after the refusal");
    let not = left_out(not, *cut_off, "the server ended the session after the refusal");
    let messages = if *unnamed == 1 { "one message".to_owned() } else { format!("{unnamed} messages") };
    let taken = match (accepted, unnamed) {
        (_, 0) => format!("for {}", to(*accepted)),
        (0, _) => format!("{messages}, for whom is not in the capture"),
        _ => format!("for {}, and {messages} for recipients that are not in the capture", to(*accepted)),
    };
    let open = match unknown {
        0 => "not known for mail that is not in the capture".to_owned(),
        _ => format!("not known for {}", to(*unknown)),
    };
    match delivered {
        Delivered::Yes if *unnamed > 0 => {
            let what = if *accepted > 0 { "what was sent " } else { "" };
            format!("The server took {what}{taken}.")
        }
        Delivered::Yes if all == 1 => "The server took the message for its recipient.".to_owned(),
        Delivered::Yes => format!("The server took what was sent for all {all} recipients."),
        Delivered::No | Delivered::Deferred => format!("{}.", large(&not)),
        Delivered::Partly if *unnamed > 0 => format!("Taken: {taken}; {not}."),
        Delivered::Partly => format!("Taken for {accepted} of {}; {not}.", to(all)),
        Delivered::Unknown if refused + aborted > 0 => format!("{}; {open}.", large(&not)),
        Delivered::Unknown if accepted + unnamed > 0 => {
            format!("Taken{} {taken}; {open}.", if *accepted == 0 { ":" } else { "" })
        }
        Delivered::Unknown if *unknown == 0 => {
            "What was sent is not in the capture, and whether it was delivered is not known.".to_owned()
        }
        Delivered::Unknown => format!("Whether it was delivered to {} is not known.", to(*unknown)),
        Delivered::Nothing => String::new(),
    }
}

/// `title`: of the finding on top.
pub fn cause(title: &str) -> String {
    format!("What went wrong: {}.", small(title))
}

/// Nothing was found in so many sessions, by so many rules.
pub fn nothing(sessions: u64, unconnected: u64, rules: usize) -> String {
    match sessions {
        0 => "No mail session was found.".to_owned(),
        1 if unconnected == 1 => "No connection came about.".to_owned(),
        _ if unconnected == sessions => format!("None of {sessions} connections came about."),
        _ if unconnected > 0 => {
            format!(
                "None of {rules} rules found anything wrong in {sessions} sessions; {unconnected} of them never became a connection."
            )
        }
        1 => format!("None of {rules} rules found anything wrong."),
        _ => format!("None of {rules} rules found anything wrong in {sessions} sessions."),
    }
}

/// The beginning of a sentence.
fn large(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A title within a sentence: its first letter small, unless it begins a name.
fn small(title: &str) -> String {
    let mut letters = title.chars();
    match (letters.next(), letters.next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => {
            first.to_lowercase().chain(title.chars().skip(1)).collect()
        }
        _ => title.to_owned(),
    }
}
