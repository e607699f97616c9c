//! The same message delivered twice: the client gave up waiting for the answer, and sent it again.

use super::found::{Analysis, Evidence, FindingAcross, Findings, rule};
use super::remembered::Remembered;
use crate::capture::Time;
use crate::flow::Side;
use crate::limits::LimitsHit;
use crate::protocol::event::{Direction, Kind, Subject};
use crate::protocol::smtp::{self, ReplyTo};
use crate::session::model::{Fact, Message, Severity, Step};
use crate::session::{Session, sha256};
use crate::verdict::rule::{Class, Needs, Rule, Sentence, Text, Words};
use std::net::IpAddr;

/// A client left before the answer to its message came, the server accepted the message all the same, and the client sent
/// the same content with the same envelope again, which was accepted too: the recipients have two copies.
///
/// It matters because nobody has made a mistake that shows: both sides did what they must (RFC 5321, section 4.1.1.4: the
/// client has not been told, so it tries again). The client's time-out is too short, or the server's answer too late.
///
/// Not: the same content for other recipients, or with another header; not within one session; not a first try that was
/// refused or put off; not where the client left at once after its last byte, which is no waiting; and not where the
/// server's answer is not in the capture.
///
/// RFC 5321, section 4.5.3.2.6: ten minutes.
pub const RULE: Rule = rule(
    "duplicate-delivery",
    Severity::High,
    Class::Failure,
    Needs::ALL,
    Some("RFC 5321, section 4.5.3.2.6"),
    Words {
        en: Text {
            title: "A message was delivered twice",
            detail: "The client gave up waiting for the answer to a message and closed the connection. The server \
                     accepted the message all the same; nobody was there to hear it. So the client sent the message again, \
                     and the server accepted it again: its recipients get it twice.",
            remedy: "Give the client more time to wait for the answer after the content: RFC 5321 asks for ten minutes. On \
                     the server, move slow checks (content filters) behind the answer, into the queue.",
        },
        zh: Text {
            title: "同一封邮件被投递了两次",
            detail: "客户发完邮件后没有等到响应就关闭了连接，而服务器其实接收了邮件，只是响应发出时客户已经离开。于是客户又发送\
                     了一次，服务器再次接收：收件人会收到两封相同的邮件。",
            remedy: "延长客户在邮件内容发送后等待响应的时间，RFC 5321 要求十分钟。在服务器上，应把耗时的检查（内容过滤）放到响应\
                     之后，在队列中进行。",
        },
    },
);

const TWICE: Sentence = Sentence {
    en: "For {0}: in session {1} the client waited {2} and left; the server's answer came {3} later. Sent again and accepted \
         in session {4}. Copies accepted: {5}. Message-ID: {6}.",
    zh: "收件人 {0}：会话 {1} 中客户等待 {2} 后离开，服务器的响应在其后 {3} 才发出；会话 {4} 中再次发送并被接收。被接收的份数：\
         {5}。Message-ID：{6}。",
};

/// A client that leaves sooner after its last byte has not waited for the answer.
const WAITED: i64 = 1_000_000_000;
/// Recipients remembered of a message.
const RECIPIENTS: usize = 100;

/// Looks for messages that were accepted twice.
#[derive(Default)]
pub struct DuplicateDelivery {
    /// By digest of sender, client and content.
    accepted: Remembered<[u8; 32], Copy>,
}

/// A message that was accepted.
struct Copy {
    evidence: Evidence,
    begun: Time,
    recipients: Vec<String>,
    message_id: Option<String>,
    /// The client left before the answer: when, after waiting how long, and how long before the answer.
    left: Option<(Time, i64, i64)>,
}

impl Analysis for DuplicateDelivery {
    fn session(&mut self, session: &Session, limits: &mut LimitsHit) {
        let client = session.client_address.unwrap_or(session.transport.endpoints.client.ip()).to_canonical();
        for message in &session.messages {
            if let Some((key, copy)) = accepted(session, client, message) {
                self.accepted.add(key, copy, limits);
            }
        }
    }

    fn finish(self: Box<Self>, findings: &mut Findings) {
        for (_, mut copies) in self.accepted.groups() {
            copies.sort_by_key(|copy| (copy.begun, copy.evidence.session.id));
            let Some((first, left)) = copies.iter().enumerate().find_map(|(n, copy)| Some((n, copy.left?))) else {
                continue;
            };
            let (_, after) = copies.split_at(first);
            let Some((unheard, later)) = after.split_first() else { continue };
            let again: Vec<&Copy> = later.iter().filter(|copy| copy.repeats(unheard, left.0)).collect();
            let Some(next) = again.first() else { continue };
            let named = unheard.recipients.iter().find(|one| next.recipients.contains(one));
            let facts = vec![
                (Some("recipient"), Fact::Name(named.cloned().unwrap_or_default())),
                (None, Fact::Count(unheard.evidence.session.id)),
                (Some("seconds"), Fact::Duration(left.1)),
                (None, Fact::Duration(left.2)),
                (None, Fact::Count(next.evidence.session.id)),
                (Some("count"), Fact::Count(again.len() as u64 + 1)),
                (Some("name"), Fact::Name(unheard.message_id.clone().unwrap_or_else(|| "-".to_owned()))),
            ];
            let finding = FindingAcross::new(&RULE).says(&TWICE, facts).shown_by(unheard.evidence.clone());
            findings.add(again.iter().fold(finding, |finding, copy| finding.shown_by(copy.evidence.clone())));
        }
    }
}

impl Copy {
    /// Whether it is `unheard` once more, begun in another session after the client had `left` that one.
    fn repeats(&self, unheard: &Self, left: Time) -> bool {
        self.evidence.session.id != unheard.evidence.session.id
            && self.begun.since(left) >= 0
            && self.recipients.iter().any(|one| unheard.recipients.contains(one))
    }
}

/// `message`, where the whole of it crossed and the server accepted it for somebody.
fn accepted(session: &Session, client: IpAddr, message: &Message) -> Option<([u8; 32], Copy)> {
    let whole = message.direction == Direction::Sent && message.complete && message.size > 0;
    let (content, envelope) = (message.sha256.filter(|_| whole)?, message.envelope.as_ref()?);
    let steps = || message.steps.iter().filter_map(|&n| session.step(n));
    let reply = steps().rev().find(|step| answers_content(step))?;
    let last = steps().rev().find(|step| step.kind == Kind::Data)?;
    let recipients: Vec<String> = envelope
        .to
        .iter()
        .filter(|recipient| recipient.accepted == Some(true))
        .map(|recipient| recipient.address.to_lowercase())
        .take(RECIPIENTS)
        .collect();
    if recipients.is_empty() {
        return None;
    }
    let goes_on = session.steps.iter().any(|step| step.from == Side::Client && step.n > last.n);
    let left = session.transport.left.filter(|left| left.side == Side::Client && !goes_on).and_then(|left| {
        let (waited, late) = (left.time.known_since(last.time)?, reply.time.known_since(left.time)?);
        (waited >= WAITED && late > 0).then_some((left.time, waited, late))
    });
    let key = [client.to_string().as_bytes(), b"\0", envelope.from.as_deref()?.as_bytes(), b"\0", &content].concat();
    let copy = Copy {
        evidence: Evidence::of(session, message.steps.iter().copied()),
        begun: steps().next()?.time,
        recipients,
        message_id: message.header.message_id.clone(),
        left,
    };
    Some((sha256(&key), copy))
}

/// The reply that accepts the content, for all recipients or for one.
fn answers_content(step: &Step) -> bool {
    matches!(
        step.subject,
        Subject::Smtp(smtp::Subject::Reply { to: ReplyTo::Content | ReplyTo::Recipient, code: 200..=299, .. })
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::across::testing::{found, left_at};

    const FIRST: &str = "
        S: 220 mx
        C: EHLO a
        S: 250 mx
        C: MAIL FROM:<a@b>
        S: 250 ok
        C: RCPT TO:<c@d>
        S: 250 ok
        C: DATA
        S: 354 go
        C: Message-ID: <1@b>
        C:
        C: hello
        C: .
        @ 8
        S: 250 ok";

    fn second(from: &str, to: &str, text: &str) -> String {
        FIRST.replace("a@b", from).replace("c@d", to).replace("hello", text).replace("@ 8\n", "")
    }

    fn ids(script: &str, left: Option<f64>) -> Vec<Vec<u64>> {
        let found = found(script, DuplicateDelivery::default(), |session| {
            if let (1, Some(seconds)) = (session.id, left) {
                left_at(session, seconds);
            }
        });
        found.all.iter().map(|one| one.evidence.iter().map(|evidence| evidence.session.id).collect()).collect()
    }

    #[test]
    fn has_a_client_that_left_before_the_answer_and_came_again() {
        let script = format!("{FIRST}\n---\n{}", second("a@b", "c@d", "hello"));
        assert_eq!(ids(&script, Some(-4.0)), [[1, 2]]);
        let thrice = format!("{script}\n---\n{}", second("a@b", "c@d", "hello"));
        assert_eq!(ids(&thrice, Some(-4.0)), [[1, 2, 3]]);
    }

    #[test]
    fn has_not_what_is_wanted_or_was_heard() {
        let again = second("a@b", "c@d", "hello");
        let heard = format!("{FIRST}\n---\n{again}");
        assert!(ids(&heard, None).is_empty(), "the client heard the answer");
        assert!(ids(&heard, Some(1.0)).is_empty(), "it left after the answer");
        assert!(ids(&heard, Some(-9.0)).is_empty(), "it did not wait");
        for other in [second("a@b", "e@d", "hello"), second("x@b", "c@d", "hello"), second("a@b", "c@d", "hallo")] {
            assert!(ids(&format!("{FIRST}\n---\n{other}"), Some(-4.0)).is_empty(), "{other}");
        }
        let elsewhere = format!("{FIRST}\n--- client 10.0.0.9\n{again}");
        assert!(ids(&elsewhere, Some(-4.0)).is_empty(), "another client");
        let deferred =
            FIRST.replace("250 ok", "450 later").replace("S: 450 later\n        C: RCPT", "S: 250 ok\n        C: RCPT");
        assert!(ids(&format!("{deferred}\n---\n{again}"), Some(-4.0)).is_empty(), "put off");
    }
}
