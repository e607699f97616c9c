use crate::protocol::event::Subject;
use crate::protocol::smtp::{self, ReplyTo, Said, Verb};
use crate::protocol::{imap, pop3};
use crate::session::Session;
use crate::session::model::{Step, Variant};
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};
use crate::verdict::{ending, evidence};

/// The server greeted the client with a refusal, or refused its HELO, EHLO or LHLO: it does not serve it now, or not at all.
///
/// It matters because nothing else can happen in such a session: no mail is taken, and none is handed out.
///
/// Not: a refusal later than that, whatever it refuses; not an EHLO that the server does not know (500, 502), nor one that is
/// followed by a HELO that it accepts; not 421 because the server closes; and not a greeting that is not in the capture.
///
/// RFC 5321, section 3.1: 554 instead of 220; section 4.1.1.1: refusals of EHLO. 421 is allowed at any time (section 3.8). RFC 3501, section 7.1.5: BYE as
/// the greeting. RFC 1939, section 3: a POP3 server greets with +OK.
pub const RULE: Rule = Rule {
    id: "session-refused",
    severity: Severity::Medium,
    class: Class::Failure,
    because_of: &["spoke-before-greeting"],
    since: "0.2.0",
    rank: 35,
    reference: Some("RFC 5321, section 3.1"),
    needs: Needs::TEXTS,
    in_silence: false,
    words: Words {
        en: Text {
            title: "The server refused the session from the start",
            detail: "The server does not serve this client now, or not at all: there are too many connections, the \
                     server is busy or closed, or it refuses the client's address, or the name that the client gives.",
            remedy: "Read the code and the text of the reply. After a temporary refusal, connect again later and \
                     with fewer connections at a time; after a permanent one, find out why the server or its block \
                     list refuses this address.",
        },
        zh: Text {
            title: "服务器从一开始就拒绝了会话",
            detail: "服务器暂时或始终不为该客户服务：可能是连接过多、服务器繁忙或已停用，也可能是拒绝该客户的地址或其所报的名称。",
            remedy: "查看该响应的响应码和说明。若为暂时拒绝，应稍后重新连接并减少同时的连接；若为永久拒绝，应查明服务器或其\
                     黑名单拒绝该地址的原因。",
        },
    },
    sentences: &[
        Sentence { en: "The server said: {0}", zh: "服务器的答复：{0}" },
        Sentence { en: "The server said: {0}. The block list: {1}", zh: "服务器的答复：{0}。黑名单：{1}" },
    ],
    check,
};

fn check(session: &Session, found: &mut Found) {
    // What was said before the capture began, or is missing from it, may have been the greeting.
    let is_whole = |step: &Step| session.transport.from_start && !evidence::has_gap(session, 0, step.n);
    let accepts = |step: &Step| is_to_hello(step) && step.code().is_some_and(|code| code < 300);
    let is_served = session.steps.iter().any(accepts);
    // The last refusal of several tries is the one that counts.
    let hello = session.steps.iter().rev().find(|step| refuses_hello(step)).filter(|_| !is_served);
    let goes_on = || session.steps.iter().any(|step| step.status() == Some("OK"));
    let refusals = session.steps.iter().filter(|step| refuses(step) && (step.status() != Some("NO") || !goes_on()));
    let refusals = refusals.chain(hello);
    for step in refusals.filter(|step| is_whole(step)) {
        let steps = step.answers.filter(|_| is_to_hello(step)).into_iter().chain([step.n]);
        let occurrence = found.at(steps).named(Key::Reply, Fact::Name(step.quoted()));
        if let Some(list) = blocklist(&step.text) {
            _ = occurrence.says(1).named(Key::Name, Fact::Name(list.to_owned()));
        }
    }
}

/// The blocklist that a greeting names: a host behind one of the usual words.
fn blocklist(text: &str) -> Option<&str> {
    let after = ["blocked using ", "listed at ", "listed by ", "listed in ", "listed on "]
        .iter()
        .find_map(|words| text.split_once(words).map(|(_, after)| after))?;
    let host = after.split(|it: char| !it.is_ascii_alphanumeric() && !matches!(it, '.' | '-')).next()?;
    let host = host.trim_end_matches('.');
    host.contains('.').then_some(host)
}

fn is_to_hello(step: &Step) -> bool {
    matches!(
        step.subject,
        Subject::Smtp(smtp::Subject::Reply { to: ReplyTo::Command(Verb::Helo | Verb::Ehlo | Verb::Lhlo), .. })
    )
}

fn refuses_hello(step: &Step) -> bool {
    let is_unknown = matches!(step.variant, Variant::Said(Said::UnknownCommand | Said::Lhlo | Said::EncryptionFirst));
    let refuses = step.code().is_some_and(|code| code >= 400 && !matches!(code, 500 | 502..=504));
    is_to_hello(step) && refuses && !is_unknown && !ending::is_farewell(step)
}

fn refuses(step: &Step) -> bool {
    match &step.subject {
        Subject::Smtp(smtp::Subject::Greeting { code, .. }) => *code >= 400,
        Subject::Pop3(subject) => matches!(subject.what, pop3::What::Greeting { ok: false, .. }),
        Subject::Imap(subject) => matches!(subject.what, imap::What::Greeting(imap::Status::Bye | imap::Status::No)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    has!(smtp_has_too_many_connections, "S: 421 4.7.0 mx too many connections" => [1]);
    has!(smtp_refuses_the_address, "S: 554 5.7.1 blocked\nC: QUIT\nS: 221 bye" => [1]);
    #[test]
    fn the_block_list_is_named() {
        use super::blocklist;
        let text =
            "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using list.example.net; see https://x";
        assert_eq!(blocklist(text), Some("list.example.net"));
        assert_eq!(blocklist("554 192.0.2.1 is listed in bl.example.org."), Some("bl.example.org"));
        assert_eq!(blocklist("421 too many connections"), None);
        assert_eq!(blocklist("554 blocked using our policy"), None);
    }

    has!(imap_is_busy, "S: * BYE [UNAVAILABLE] try again later" => [1]);
    has!(imap_greets_with_no, "--- server 10.0.0.25:143\n! syn\n! syn-ack\nS: * NO too many connections\n! fin server" => [1]);
    has_not!(
        imap_goes_on_after_no,
        "--- server 10.0.0.25:143\n! syn\n! syn-ack\nS: * NO disk nearly full\nC: a NOOP\nS: a OK"
    );
    has!(pop3_is_busy, "--- server 10.0.0.25:110\nS: -ERR [SYS/TEMP] try again later" => [1]);
    has!(ehlo_is_refused, "S: 220 mx\nC: EHLO a\nS: 550 5.7.1 Helo command rejected: no\nC: QUIT\nS: 221 bye" => [2, 3]);
    has!(ehlo_gets_421_for_reasons_of_policy, "S: 220 mx\nC: EHLO a\nS: 421 4.7.0 too many sessions opened" => [2, 3]);
    has_not!(helo_is_accepted_instead, "S: 220 mx\nC: EHLO a\nS: 550 no\nC: HELO a\nS: 250 mx");
    has_not!(ehlo_is_not_known, "S: 220 mx\nC: EHLO a\nS: 502 5.5.1 not implemented\nC: QUIT\nS: 221 bye");
    has_not!(a_server_that_closes_later, "S: 220 mx\nC: HELO a\nS: 421 shutting down");
    has_not!(what_comes_after_a_gap, "S~ 40\nS: 550 5.1.1 no such user\nC: QUIT\nS: 221 bye");
    has_not!(a_farewell_after_a_gap, "C: a LOGIN bob x\nS~ 40\nC: b LOGOUT\nS: * BYE Logging out\nS: b OK");
    has_not!(a_bye_that_was_asked_for, "S: * OK ready\nC: a LOGOUT\nS: * BYE\nS: a OK");
}
