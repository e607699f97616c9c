use crate::session::Session;
use crate::verdict::evidence::content_steps;
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};

/// A header field that may come only once in a message came twice: Subject, From, Date, Message-ID, To, and others.
///
/// It matters because programs differ in which of them they show and check: one may be signed, and the other shown.
///
/// Not: fields that may come several times (Received, DKIM-Signature), nor fields of a message that is attached.
///
/// RFC 5322, section 3.6: the table of how often each field may come.
pub const RULE: Rule = Rule {
    id: "duplicate-header",
    severity: Severity::Info,
    class: Class::Weakness,
    because_of: &[],
    since: "0.2.0",
    rank: 81,
    reference: Some("RFC 5322, section 3.6"),
    needs: Needs::FAULTS,
    in_silence: false,
    words: Words {
        en: Text {
            title: "A header field comes twice that must come once",
            detail: "Programs differ in which of the two they show, and which they check: a signature may cover \
                     one, and the reader see the other.",
            remedy: "Let the program that writes the message set the field once. Where a gateway adds it, let \
                     it replace the first.",
        },
        zh: Text {
            title: "只应出现一次的头字段出现了两次",
            detail: "不同程序显示和检查的可能不是同一个：签名可能只覆盖其中一个，而读者看到另一个。",
            remedy: "应让编写邮件的程序只设置一次该字段；若是网关添加的，应让它替换原来的。",
        },
    },
    sentences: &[Sentence { en: "The field: {0}. Repetitions: {1}", zh: "字段：{0}。重复次数：{1}" }],
    check,
};

fn check(session: &Session, found: &mut Found) {
    for message in &session.messages {
        let Some(spot) = message.faults.as_ref().and_then(|faults| faults.repeated.as_ref()) else { continue };
        let occurrence = found
            .at(content_steps(session, message))
            .packets(Some(spot.packet).filter(|packet| *packet > 0))
            .named(Key::Name, Fact::Name(spot.excerpt.clone()))
            .named(Key::Count, Fact::Count(spot.count));
        if let Some(line) = spot.line {
            _ = occurrence.fact(Fact::Line(line));
        }
    }
}

#[cfg(test)]
mod tests {
    has!(two_subjects, "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\nS: 354 go\nC: Subject: x\nC: SUBJECT: y\nC:\nC: text\nC: .\nS: 250 ok" => [10]);
    has_not!(
        two_of_received,
        "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\nS: 354 go\nC: Received: x\nC: Received: y\nC:\nC: text\nC: .\nS: 250 ok"
    );
    has_not!(
        an_attached_message,
        "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\nS: 354 go\nC: Subject: x\nC:\nC: Subject: y\nC: .\nS: 250 ok"
    );
}
