use crate::protocol::event::Direction;
use crate::protocol::smtp::Said;
use crate::session::Session;
use crate::verdict::evidence::{binary, content_steps, refusal};
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};

/// A message's content has a CR without an LF after it.
///
/// It matters because some software takes it for a line end and other software does not: servers refuse it, or
/// change it, and signatures break.
///
/// Not: commands behind such a CR, which is `smtp-smuggling`; not content that is declared binary
/// (BODY=BINARYMIME).
///
/// RFC 5321, section 2.3.8: a CR must not be sent but as a part of CR LF.
pub const RULE: Rule = Rule {
    id: "bare-carriage-return",
    severity: Severity::Low,
    class: Class::Weakness,
    because_of: &["bare-line-feed"],
    since: "0.2.0",
    rank: 52,
    reference: Some("RFC 5321, section 2.3.8"),
    needs: Needs { texts: true, ..Needs::FAULTS },
    in_silence: false,
    words: Words {
        en: Text {
            title: "A message has a carriage return that ends no line",
            detail: "The content has carriage returns without a line feed after them. Some programs take them \
                     for line ends and others for text, so that two servers may see different lines; some \
                     refuse the message.",
            remedy: "Let the program that writes or sends the message use CR only as a part of CR LF, and \
                     encode binary content.",
        },
        zh: Text {
            title: "邮件中有不结束行的 CR",
            detail: "内容中有后面没有 LF 的 CR。有的程序把它当作换行，有的当作文本，两个服务器看到的行可能不同\
                     ；有的会拒绝邮件。",
            remedy: "应让编写或发送邮件的程序只在 CR LF 中使用 CR，并对二进制内容编码。",
        },
    },
    sentences: &[
        Sentence {
            en: "Such carriage returns: {0}; the first at line {2} of the content",
            zh: "这样的 CR 数：{0}；第一处在内容第 {2} 行",
        },
        Sentence { en: "Such carriage returns: {0}", zh: "这样的 CR 数：{0}" },
    ],
    check,
};

fn check(session: &Session, found: &mut Found) {
    for message in &session.messages {
        let Some(spot) = message.faults.as_ref().and_then(|faults| faults.bare_cr.as_ref()) else { continue };
        if binary(session, message) {
            continue;
        }
        let refused = refusal(session, message, Said::BareLineEnd);
        let severity = match (refused, message.direction) {
            (Some(_), _) => Severity::Medium,
            (None, Direction::Sent) => Severity::Low,
            (None, Direction::Appended | Direction::Retrieved) => Severity::Info,
        };
        let occurrence = found
            .at(content_steps(session, message).chain(refused))
            .packets(Some(spot.packet).filter(|packet| *packet > 0))
            .severity(severity)
            .named(Key::Count, Fact::Count(spot.count))
            .named(Key::Name, Fact::Name(spot.excerpt.clone()));
        match spot.line {
            Some(line) => _ = occurrence.fact(Fact::Line(line)),
            None => _ = occurrence.says(1),
        }
    }
}

#[cfg(test)]
mod tests {
    has!(accepted, "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\nS: 354 go\nC| Subject: x\\r\\n\\r\\nte\\rxt\\r\\n.\\r\\n\nS: 250 ok" => [10]);
    has!(refused, "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\nS: 354 go\nC| Subject: x\\r\\n\\r\\nte\\rxt\\r\\n.\\r\\n\nS: 550 bare <CR> received" => [10, 11]);
    has_not!(
        good_line_ends,
        "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\nS: 354 go\nC| Subject: x\\r\\n\\r\\ntext\\r\\n.\\r\\n\nS: 250 ok"
    );
}
