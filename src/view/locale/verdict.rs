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
    let nothing =
        verdict.cause.is_none().then(|| nothing_found(lang, verdict.tally.sessions, verdict.tally.unconnected));
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

/// That nothing was found in so many sessions, and what was looked for; or that none of them became a connection.
pub fn nothing_found(lang: Lang, sessions: u64, unconnected: u64) -> String {
    say!(lang, verdict::nothing(sessions, unconnected, rules::count()))
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

#[cfg(test)]
mod tests {
    use super::{nothing_found, verdict};
    use crate::verdict::conclusion::{Verdict, of_session};
    use crate::verdict::testing::session;
    use crate::verdict::{Selection, judge};
    use crate::view::Lang;

    const MAIL: &str = "! syn\n! syn-ack\nS: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\n\
                        C: RCPT TO:<c@d>\nS: 250 ok\n";
    const REFUSED: &str = "C: RCPT TO:<e@d>\nS: 550 5.1.1 no such user\n";
    const DATA: &str = "C: DATA\nS: 354 go\nC: Subject: x\nC:\nC: hi\nC: .\nS: 250 ok\n";

    #[test]
    fn the_verdict_says_so_in_both_languages() {
        let said = |lang, rest: &str| {
            let mut session = session(&format!("{MAIL}{rest}"), Selection::ALL.needs());
            judge(&mut session, Selection::ALL);
            verdict(lang, &of_session(&session))
        };
        let given_up = format!("{REFUSED}C: QUIT\nS: 221 bye");
        assert_eq!(
            said(Lang::En, &given_up),
            "Not delivered to e@d: there is no such mailbox (550 5.1.1); nothing was sent to 1 other recipient, whom the \
             server had accepted: the client gave the mail up after the refusal."
        );
        let zh = said(Lang::Zh, &given_up);
        assert!(zh.contains("客户在被拒后放弃了邮件，已被接受的另外 1 位收件人也没有收到"), "{zh}");
        let cut_off = format!("{REFUSED}! fin server");
        assert_eq!(
            said(Lang::En, &cut_off),
            "Not delivered to e@d: there is no such mailbox (550 5.1.1); nothing was sent to 1 other recipient, whom the \
             server had accepted: the server ended the session after the refusal."
        );
        let zh = said(Lang::Zh, &cut_off);
        assert!(zh.contains("服务器在拒绝后结束了会话，已被接受的另外 1 位收件人也没有收到"), "{zh}");
        let taken = format!("{REFUSED}{DATA}");
        assert!(!said(Lang::En, &taken).contains("gave the mail up"));
        let all =
            format!("{REFUSED}C: RSET\nS: 250 ok\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<f@d>\nS: 250 ok\n{DATA}");
        let of_both = said(Lang::En, &all);
        assert!(of_both.contains("Taken for 1 of 3 recipients"), "{of_both}");
    }

    #[test]
    fn where_no_connection_came_about_none_is_said_to_be_right() {
        let judged = |script: &str| {
            let mut session = session(script, Selection::ALL.needs());
            judge(&mut session, Selection::ALL);
            of_session(&session)
        };
        let (alone, said) = (judged("! syn"), judged(MAIL));
        let with = |others: &[&Verdict]| {
            let mut all = alone.clone();
            others.iter().for_each(|other| all.tally.add(other));
            [Lang::En, Lang::Zh].map(|lang| nothing_found(lang, all.tally.sessions, all.tally.unconnected))
        };
        assert_eq!(verdict(Lang::En, &alone), "No connection came about.");
        assert_eq!(with(&[&alone]), ["None of 2 connections came about.", "2 个连接均未建立。"]);
        let [en, zh] = with(&[&said, &said]);
        assert!(en.ends_with("wrong in 3 sessions; 1 of them never became a connection."), "{en}");
        assert!(zh.ends_with("检查了 3 个会话，没有发现问题；其中 1 个没有建立连接。"), "{zh}");
        assert!(nothing_found(Lang::En, 3, 0).ends_with("wrong in 3 sessions."));
    }
}
