use crate::protocol::event::{StepId, Subject};
use crate::protocol::smtp::{self, ReplyTo, Verb};
use crate::session::Session;
use crate::session::model::{Step, Variant};
use crate::verdict::refusals;
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};
use std::cell::LazyCell;
use std::collections::HashMap;

/// The server refused a message because it is too big: at MAIL, by the size that the client declared, or after the
/// content.
///
/// It matters because the message will not be taken by this server, however often it is sent.
///
/// Not: 552 to RCPT, which is a full mailbox; and not a lack of room (452), which may pass.
///
/// RFC 1870, section 6: 552, and the limit that the server announces by SIZE. RFC 3463, section 3.4: X.3.4.
pub const RULE: Rule = Rule {
    id: "too-big",
    severity: Severity::Medium,
    class: Class::Failure,
    because_of: &[],
    since: "0.2.0",
    rank: 48,
    reference: Some("RFC 1870, section 6"),
    needs: Needs::TEXTS,
    in_silence: false,
    words: Words {
        en: Text {
            title: "A message is too big for the server",
            detail: "The server takes no message of this size. A client that declares the size with MAIL learns it \
                     before the content crosses.",
            remedy: "Send less, or a link instead of the attachment; or raise the server's limit, if it is yours.",
        },
        zh: Text {
            title: "邮件超过了服务器允许的大小",
            detail: "服务器不接收这样大小的邮件。如果客户在 MAIL 命令中声明大小，在传送内容之前就能得知。",
            remedy: "减小邮件，或以链接代替附件；如果服务器由自己管理，也可以提高其上限。",
        },
    },
    sentences: &[
        Sentence { en: "The server said: {0}", zh: "服务器的答复：{0}" },
        Sentence {
            en: "The message has {1}. The server said: {0}", zh: "邮件大小为 {1}。服务器的答复：{0}"
        },
        Sentence {
            en: "The server's limit is {1}. It said: {0}", zh: "服务器的上限为 {1}。服务器的答复：{0}"
        },
        Sentence {
            en: "The message has {1}, the server's limit is {2}. It said: {0}",
            zh: "邮件大小为 {1}，服务器的上限为 {2}。服务器的答复：{0}",
        },
    ],
    check,
};

fn check(session: &Session, found: &mut Found) {
    // Few sessions have such a reply.
    let sizes: LazyCell<HashMap<StepId, u64>, _> = LazyCell::new(|| {
        let complete = session.messages.iter().filter(|message| message.complete);
        complete.flat_map(|message| message.steps.iter().map(|&n| (n, message.size))).collect()
    });
    let limit = LazyCell::new(|| announced(session));
    let mut extensions = None;
    for step in &session.steps {
        if is_extensions(step) {
            extensions = Some(step.n);
        }
        let Subject::Smtp(smtp::Subject::Reply { to, code, enhanced }) = &step.subject else { continue };
        let is_content = match to {
            ReplyTo::Command(Verb::Mail) => false,
            ReplyTo::Content | ReplyTo::Recipient | ReplyTo::Command(Verb::Data | Verb::Bdat) => true,
            _ => continue,
        };
        let said = match step.variant {
            Variant::Said(said) => Some(said),
            _ => None,
        };
        // 552 without more is a full mailbox too (RFC 5321, section 4.2.2), but not as a reply to MAIL or to content.
        let is_bare =
            *code == 552 && said.is_none() && enhanced.is_none_or(|status| matches!(status.topic(), (0, 0) | (3, _)));
        if !refusals::is_too_big(*code, *enhanced, said) && (!is_bare || *to == ReplyTo::Recipient) {
            continue;
        }
        let size = match is_content {
            true => sizes.get(&step.n).copied(),
            false => session.answered(step).and_then(declared),
        };
        let evidence = extensions.filter(|_| limit.is_some()).into_iter().chain(step.answers).chain([step.n]);
        let mut occurrence = found.at(evidence).named(Key::Reply, Fact::Name(step.quoted()));
        let sentence = usize::from(size.is_some()) + 2 * usize::from(limit.is_some());
        if let Some(size) = size {
            occurrence = occurrence.named(Key::Bytes, Fact::Bytes(size));
        }
        if let Some(limit) = *limit {
            occurrence = occurrence.named(Key::Limit, Fact::Bytes(limit));
        }
        occurrence.says(sentence).fact(Fact::Code(*code));
    }
}

/// The size that MAIL declares (RFC 1870, section 5).
fn declared(mail: &Step) -> Option<u64> {
    size_of(mail.text.split_ascii_whitespace(), '=')
}

/// The limit that the server has announced; 0 is none (RFC 1870, section 4).
fn announced(session: &Session) -> Option<u64> {
    let limit = |line: &String| size_of([line.replacen(' ', "=", 1).as_str()].into_iter(), '=');
    session.capabilities.iter().find_map(limit).filter(|limit| *limit > 0)
}

fn size_of<'a>(mut words: impl Iterator<Item = &'a str>, between: char) -> Option<u64> {
    words.find_map(|word| {
        let (name, size) = word.split_once(between)?;
        if name.eq_ignore_ascii_case("SIZE") { size.trim().parse().ok() } else { None }
    })
}

/// True for the reply to EHLO or LHLO.
fn is_extensions(step: &Step) -> bool {
    let to_hello = ReplyTo::Command(Verb::Ehlo);
    matches!(&step.subject, Subject::Smtp(smtp::Subject::Reply { to, code: 250, .. })
            if *to == to_hello || *to == ReplyTo::Command(Verb::Lhlo))
}

#[cfg(test)]
mod tests {
    has!(
        at_mail,
        "S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 SIZE 20000\nC: MAIL FROM:<a@b> size=43371\n\
         S: 552 5.3.4 Message size exceeds fixed limit" => [3, 4, 5]
    );
    has!(
        after_the_content,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\n\
         S: 354 go\nC: text\nC: .\nS: 552 5.3.4 too big" => [10, 11]
    );
    has_not!(
        a_full_mailbox,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 552 5.2.2 full"
    );
    has_not!(
        no_room_for_now,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b> SIZE=5\nS: 452 4.3.1 Insufficient system storage"
    );
}
