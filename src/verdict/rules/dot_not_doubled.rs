use crate::protocol::event::Direction;
use crate::session::Session;
use crate::verdict::evidence::content_steps;
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};

/// A sender did not double the dot at the beginning of a line: the receiver takes it away, as it must.
///
/// It matters because the text that arrives is another one: `.50` becomes `50`. And a line of a dot alone ends the
/// message.
///
/// Not: lines whose dots are doubled, whatever they look like then; not the lines of a BDAT chunk or of an IMAP
/// literal, in which dots are not doubled.
///
/// RFC 5321, section 4.5.2, and RFC 1939, section 3: before a line that begins with a dot, the sender puts another.
pub const RULE: Rule = Rule {
    id: "dot-not-doubled",
    severity: Severity::Medium,
    class: Class::Failure,
    because_of: &[],
    since: "0.2.0",
    rank: 44,
    reference: Some("RFC 5321, section 4.5.2"),
    needs: Needs { texts: true, ..Needs::FAULTS },
    in_silence: false,
    words: Words {
        en: Text {
            title: "A dot at the beginning of a line was not doubled",
            detail: "A sender has to put a second dot before a line that begins with one, because the receiver \
                     takes one away. Here it did not: the receiver has lost the dot, and a line of a dot alone \
                     would end the message.",
            remedy: "Repair the program that sends: a library for SMTP or POP3 doubles the dots by itself. \
                     Where a message was changed on the way, see which proxy or filter writes it anew.",
        },
        zh: Text {
            title: "行首的点没有加倍",
            detail: "发送方应在以点开头的行前再加一个点，因为接收方会去掉一个。这里没有加：接收方丢失了该点，而单独一\
                     个点的行会结束邮件。",
            remedy: "应修复发送程序：SMTP 或 POP3 的程序库会自行加倍。若邮件在途中被改动，应查明是哪个代理\
                     或过滤器重写了它。",
        },
    },
    sentences: &[
        Sentence {
            en: "Such lines: {0}; the first is line {2} of the content: \"{1}\"",
            zh: "这样的行数：{0}；第一处是内容第 {2} 行：“{1}”",
        },
        Sentence { en: "Such lines: {0}; the first: \"{1}\"", zh: "这样的行数：{0}；第一处：“{1}”" },
        Sentence {
            en: "Such lines: {0}; the first: \"{1}\". Octets announced: {2}; received without those dots: {3}",
            zh: "这样的行数：{0}；第一处：“{1}”。声明的字节数：{2}；去掉这些点后收到：{3}",
        },
    ],
    check,
};

fn check(session: &Session, found: &mut Found) {
    for message in &session.messages {
        let Some(spot) = message.faults.as_ref().and_then(|faults| faults.single_dot.as_ref()) else { continue };
        let occurrence = found
            .at(content_steps(session, message))
            .packets(Some(spot.packet).filter(|packet| *packet > 0))
            .named(Key::Count, Fact::Count(spot.count))
            .named(Key::Name, Fact::Name(spot.excerpt.clone()));
        match (message.announced, spot.line) {
            (Some(announced), _) if message.direction == Direction::Retrieved => {
                let occurrence = occurrence.says(2).named(Key::Limit, Fact::Count(announced));
                _ = occurrence.named(Key::Bytes, Fact::Count(message.size));
            }
            (_, Some(line)) => _ = occurrence.fact(Fact::Line(line)),
            (_, None) => _ = occurrence.says(1),
        }
    }
}

#[cfg(test)]
mod tests {
    has!(a_client, "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\nS: 354 go\nC: Subject: x\nC:\nC: .02 a sheet\nC: .\nS: 250 ok" => [10]);
    has!(
        a_server,
        "S: +OK hi\nC: USER a\nS: +OK\nC: PASS b\nS: +OK\nC: RETR 1\nS: +OK 34 octets\n\
         S| Subject: x\\r\\n\\r\\n.02\\r\\n.50\\r\\n.\\r\\n\nC: QUIT\nS: +OK" => [8]
    );
    has_not!(
        doubled,
        "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\nS: 354 go\nC: Subject: x\nC:\nC: ..02 a sheet\nC: ...\nC: .\nS: 250 ok"
    );
    has_not!(
        doubled_by_a_server,
        "S: +OK hi\nC: USER a\nS: +OK\nC: PASS b\nS: +OK\nC: RETR 1\nS: +OK 24 octets\n\
         S| Subject: x\\r\\n\\r\\n..02\\r\\n..50\\r\\n.\\r\\n\nC: QUIT\nS: +OK"
    );
    has_not!(
        a_chunk,
        "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\n\
         C: BDAT 11 LAST\nC| A: b\\r\\n\\r\\n.50\nS: 250 ok"
    );
}
