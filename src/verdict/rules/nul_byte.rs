use crate::session::Session;
use crate::verdict::evidence::{binary, content_steps};
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};

/// A message's content has a NUL byte.
///
/// It matters because many programs take it for the end of the text: what follows is not seen by one and is by
/// another, and some servers refuse it or take it out.
///
/// Not: content that is declared binary (BODY=BINARYMIME).
///
/// RFC 5322, section 4: NUL was allowed once, and must not be generated. RFC 5321, section 4.5.2: 8-bit content
/// without 8BITMIME.
pub const RULE: Rule = Rule {
    id: "nul-byte",
    severity: Severity::Low,
    class: Class::Weakness,
    because_of: &[],
    since: "0.2.0",
    rank: 53,
    reference: Some("RFC 5322, section 4"),
    needs: Needs { texts: true, ..Needs::FAULTS },
    in_silence: false,
    words: Words {
        en: Text {
            title: "A message has NUL bytes",
            detail: "The content has bytes of value 0. Many programs take them for the end of the text, so that \
                     one does not see what another does; some servers refuse them, or take them out.",
            remedy: "Let the program that writes the message encode binary content (base64), and find out which \
                     file or field the bytes come from.",
        },
        zh: Text {
            title: "邮件中有 NUL 字节",
            detail: "内容中有值为 0 的字节。许多程序把它当作文本的结尾，因此不同程序看到的内容不同；有的服务器会拒\
                     绝或去除它。",
            remedy: "应让编写邮件的程序对二进制内容编码（base64），并查明这些字节来自哪个文件或字段。",
        },
    },
    sentences: &[
        Sentence {
            en: "Such bytes: {0}; the first at line {1} of the content",
            zh: "这样的字节数：{0}；第一处在内容第 {1} 行",
        },
        Sentence { en: "Such bytes: {0}", zh: "这样的字节数：{0}" },
    ],
    check,
};

fn check(session: &Session, found: &mut Found) {
    for message in &session.messages {
        let Some(spot) = message.faults.as_ref().and_then(|faults| faults.nul.as_ref()) else { continue };
        if binary(session, message) {
            continue;
        }
        let occurrence = found
            .at(content_steps(session, message))
            .packets(Some(spot.packet).filter(|packet| *packet > 0))
            .named(Key::Count, Fact::Count(spot.count));
        match spot.line {
            Some(line) => _ = occurrence.fact(Fact::Line(line)),
            None => _ = occurrence.says(1),
        }
    }
}

#[cfg(test)]
mod tests {
    has!(in_the_body, "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\nS: 354 go\nC| Subject: x\\r\\n\\r\\nte\\0xt\\r\\n.\\r\\n\nS: 250 ok" => [10]);
    has_not!(
        encoded,
        "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\nS: 354 go\nC| Subject: x\\r\\n\\r\\nAA==\\r\\n.\\r\\n\nS: 250 ok"
    );
}
