use crate::flow::Side;
use crate::protocol::event::{Direction, Kind, StepId, Subject};
use crate::protocol::{Protocol, imap};
use crate::session::Session;
use crate::session::model::{Measure, Message};
use crate::verdict::evidence::content_steps;
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};
use std::collections::HashMap;

/// A POP3 server sent a message that is far shorter than it had announced, and went on as if all of it had come. Less
/// grave: with MAIL, an SMTP client declared a size (SIZE=) that is far smaller than the message that it sent, or an IMAP
/// server said another size (RFC822.SIZE) than that of the message. Far is more than a tenth and than [`FAR`] octets.
///
/// It matters because the client may have a part of the message, and delete the whole. A server relies on what MAIL
/// declares when it decides whether there is room; some IMAP clients fetch as much as was said, and no more.
///
/// Not: a small difference, since servers count in their own ways (a line end as one octet, fields that are not
/// sent); not bytes that are missing from the capture; and not a message that a dot within it has ended, which is
/// `message-cut-at-dot`.
///
/// RFC 1939, section 11: the size is that of the message with line ends of two octets.
pub const RULE: Rule = Rule {
    id: "length-mismatch",
    severity: Severity::Low,
    class: Class::Failure,
    because_of: &["message-cut-at-dot", "dot-not-doubled"],
    since: "0.2.0",
    rank: 54,
    reference: Some("RFC 1939, section 11"),
    needs: Needs::TEXTS.and(Needs::MESSAGES),
    in_silence: false,
    words: Words {
        en: Text {
            title: "A message has another size than announced",
            detail: "The size that was announced is more than a tenth and more than 1 kB off what crossed. Where a POP3 \
                     server sent less than it announced, part of the message may be missing.",
            remedy: "Compare the message with the one on the server before it is deleted there. Repair the \
                     server, or the proxy or filter between that changes messages.",
        },
        zh: Text {
            title: "邮件大小与声明的不符",
            detail: "声明的大小与实际传输的相差十分之一以上，且超过 1 kB。如果 POP3 服务器发送的少于它声明的，邮件可能缺了一部分。",
            remedy: "在服务器上删除该邮件之前，应与服务器上的原件比较。应修复服务器，或修复中间改动邮件的代理或过滤器\
                     。",
        },
    },
    sentences: &[
        Sentence { en: "Announced: {0}. Received: {1}", zh: "声明：{0}。收到：{1}" },
        Sentence { en: "MAIL declares {0}. The message has {1}.", zh: "MAIL 声明 {0}，而邮件有 {1}。" },
        Sentence { en: "RFC822.SIZE says {0}. The message has {1}.", zh: "RFC822.SIZE 为 {0}，而邮件有 {1}。" },
    ],
    check,
};

/// Octets by which a size may be off.
const FAR: u64 = 1000;

fn check(session: &Session, found: &mut Found) {
    match session.protocol {
        Protocol::Pop3 => retrieved(session, found),
        Protocol::Imap => fetched(session, found),
        Protocol::Smtp | Protocol::Lmtp => declared(session, found),
    }
}

/// The size of a message is far from what was said, even where line ends were counted as one octet.
fn is_far_off(said: u64, message: &Message) -> bool {
    let off = said.abs_diff(message.size);
    let lines = message.lines.map_or(0, |lines| lines.count);
    off > FAR && off > said.min(message.size) / 10 && off > lines
}

/// What MAIL declares.
fn declared(session: &Session, found: &mut Found) {
    for transaction in &session.transactions {
        let message = transaction.message.and_then(|n| session.messages.get((n as usize).checked_sub(1)?));
        let (Some(said), Some(message)) = (transaction.size_said, message) else { continue };
        if said > 0 && message.complete && message.lines.is_some() && said < message.size && is_far_off(said, message) {
            tell(
                found,
                transaction.steps.first().copied().into_iter().chain(content_steps(session, message)),
                1,
                said,
                message,
            );
        }
    }
}

/// What FETCH says, in the same mailbox and before messages are numbered anew.
fn fetched(session: &Session, found: &mut Found) {
    let is_whole = |message: &&Message| message.complete && message.part.is_none() && message.lines.is_some();
    if !session.messages.iter().any(|message| is_whole(&message) && message.size > FAR) {
        return;
    }
    let mut said: HashMap<u64, (StepId, u64)> = HashMap::new();
    let mut contents: HashMap<u64, (StepId, &Message)> = HashMap::new();
    for step in &session.steps {
        let Subject::Imap(subject) = &step.subject else { continue };
        let number = match &subject.what {
            imap::What::Untagged(imap::Untagged::Fetch) if !step.text_omitted => {
                let Some((number, size)) = size(&step.text) else { continue };
                said.insert(number, (step.n, size));
                number
            }
            imap::What::Untagged(imap::Untagged::Expunge | imap::Untagged::Vanished)
            | imap::What::Command { verb: imap::Verb::Select | imap::Verb::Examine, .. } => {
                said.clear();
                contents.clear();
                continue;
            }
            _ => {
                let Some(carries) = step.carries().filter(|carries| carries.complete) else { continue };
                let message = session.messages.get((carries.message as usize).wrapping_sub(1));
                let Some(message) = message.filter(is_whole) else { continue };
                let Some(number) = message.number.filter(|_| message.direction == Direction::Retrieved) else {
                    continue;
                };
                contents.insert(number, (step.n, message));
                number
            }
        };
        if let (Some(&(fetch, size)), Some(&(content, message))) = (said.get(&number), contents.get(&number))
            && is_far_off(size, message)
        {
            contents.remove(&number);
            tell(found, [fetch, content], 2, size, message);
        }
    }
}

/// The number and the size of a FETCH response that has both.
fn size(text: &str) -> Option<(u64, u64)> {
    const ITEM: &str = "RFC822.SIZE ";
    let number = text.split_whitespace().nth(1)?.parse().ok()?;
    let at = text.find(ITEM)?;
    let digits = text.get(at + ITEM.len()..)?;
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    Some((number, digits.get(..end)?.parse().ok()?))
}

fn tell(found: &mut Found, steps: impl IntoIterator<Item = StepId>, sentence: usize, said: u64, message: &Message) {
    let occurrence = found.at(steps).says(sentence).severity(Severity::Info).class(Class::Remark);
    _ = occurrence.named(Key::Limit, Fact::Bytes(said)).fact(Fact::Bytes(message.size));
}

fn retrieved(session: &Session, found: &mut Found) {
    for pair in session.steps.windows(2) {
        let [content, next] = pair else { continue };
        let (Subject::Pop3(_), Some(carries)) = (&content.subject, content.carries()) else { continue };
        let Measure::Announced(announced) = carries.measure else { continue };
        // Where nothing follows, the connection ended within the message.
        let goes_on = next.from == Side::Client || next.kind == Kind::Reply;
        if carries.unfinished && goes_on {
            let size =
                session.messages.iter().find(|message| message.n == carries.message).map_or(0, |message| message.size);
            let occurrence = found.at([content.n, next.n]).named(Key::Limit, Fact::Bytes(announced));
            _ = occurrence.fact(Fact::Bytes(size));
        }
    }
}

#[cfg(test)]
mod tests {
    const BEGIN: &str = "S: +OK hi\nC: USER a\nS: +OK\nC: PASS b\nS: +OK\nC: RETR 1\n";
    has!(
        far_shorter,
        &format!("{BEGIN}S: +OK 900 octets\nS: A: b\nS:\nS: one\nS: .\nC: QUIT\nS: +OK") => [8, 9]
    );
    has_not!(as_announced, &format!("{BEGIN}S: +OK 13 octets\nS: A: b\nS:\nS: one\nS: .\nC: QUIT\nS: +OK"));
    has_not!(the_connection_ended, &format!("{BEGIN}S: +OK 900 octets\nS: A: b\nS:\nS: one"));

    fn sent(size: u64, lines: usize) -> String {
        let content = "C: twenty-two octets long\n".repeat(lines);
        format!(
            "S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 SIZE 9000\nC: MAIL FROM:<a@b> SIZE={size}\nS: 250 ok\nC: RCPT TO:<c@d>\n\
             S: 250 ok\nC: DATA\nS: 354 go\n{content}C: .\nS: 250 ok"
        )
    }
    has!(mail_declares_far_less, &sent(100, 100) => [4, 10]);
    has_not!(mail_declares_what_comes, &sent(2_300, 100));
    has_not!(mail_declares_more, &sent(8_000, 100));
    has_not!(mail_declares_somewhat_less, &sent(400, 50));

    fn fetched(said: u64, then: &str) -> String {
        let content = "S: twenty-two octets long\n".repeat(100);
        format!(
            "S: * OK hi\nC: a LOGIN u p\nS: a OK in\nC: b SELECT INBOX\nS: b OK\nC: c FETCH 1 (RFC822.SIZE)\n\
             S: * 1 FETCH (RFC822.SIZE {said})\nS: c OK\n{then}C: d FETCH 1 BODY[]\nS: * 1 FETCH (BODY[] {{2400}}\n{content}S: )\nS: d OK"
        )
    }
    has!(imap_says_another_size, &fetched(900, ""));
    has_not!(imap_says_its_size, &fetched(2_400, ""));
    has_not!(imap_counts_line_feeds, &fetched(2_300, ""));
    has_not!(another_message_has_the_number, &fetched(900, "C: x NOOP\nS: * 1 EXPUNGE\nS: x OK\n"));
}
