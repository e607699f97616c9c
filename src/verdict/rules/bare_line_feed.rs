use crate::protocol::event::Direction;
use crate::protocol::smtp::Said;
use crate::session::Session;
use crate::verdict::evidence::{binary, content_steps, refusal};
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};

/// A line of a message's content ends with LF alone.
///
/// It matters because servers refuse such content since it can be used to smuggle commands, and because software
/// that takes it changes it: signatures break, and two programs may see different lines.
///
/// Not: commands behind such a line end, which is `smtp-smuggling`; not content that is declared binary
/// (BODY=BINARYMIME).
///
/// RFC 5321, section 2.3.8: lines end with CR LF, and a bare LF must not be sent.
pub const RULE: Rule = Rule {
    id: "bare-line-feed",
    severity: Severity::Low,
    class: Class::Failure,
    because_of: &[],
    since: "0.2.0",
    rank: 45,
    reference: Some("RFC 5321, section 2.3.8"),
    needs: Needs { texts: true, ..Needs::FAULTS },
    in_silence: false,
    words: Words {
        en: Text {
            title: "Lines of a message end with LF alone",
            detail: "The content has line feeds without a carriage return before them. SMTP, POP3 and IMAP want \
                     CR LF: some servers refuse such a message, others change it, which breaks signatures.",
            remedy: "Let the program that writes or sends the message end every line with CR LF. It is often a \
                     script, or a field that was put together from text with LF alone.",
        },
        zh: Text {
            title: "邮件中有只以 LF 结尾的行",
            detail: "内容中有前面没有 CR 的换行符。SMTP、POP3 和 IMAP 要求使用 CR LF：有的服\
                     务器会拒绝这样的邮件，有的会改动它，使签名失效。",
            remedy: "应让编写或发送邮件的程序以 CR LF 结束每一行。常见的是脚本，或由只含 LF 的文本拼成的字\
                     段。",
        },
    },
    sentences: &[
        Sentence {
            en: "Such line ends: {0}; the first at line {2} of the content: \"{1}\"",
            zh: "这样的换行数：{0}；第一处在内容第 {2} 行：“{1}”",
        },
        Sentence {
            en: "Such line ends: {0}; the first at: \"{1}\"", zh: "这样的换行数：{0}；第一处：“{1}”"
        },
    ],
    check,
};

fn check(session: &Session, found: &mut Found) {
    for message in &session.messages {
        let Some(spot) = message.faults.as_ref().and_then(|faults| faults.bare_lf.as_ref()) else { continue };
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
            .class(if refused.is_some() { Class::Failure } else { Class::Weakness })
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
    has!(refused, "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\nS: 354 go\nC| Subject: x\\nTo: y\\r\\n\\r\\ntext\\r\\n.\\r\\n\nS: 521 5.5.2 mx Error: bare <LF> received" => [10, 11]);
    has!(accepted, "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\nS: 354 go\nC| Subject: x\\r\\n\\r\\ntext\\nmore\\r\\n.\\r\\n\nS: 250 ok" => [10]);
    has_not!(
        good_line_ends,
        "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\nS: 354 go\nC| Subject: x\\r\\n\\r\\ntext\\r\\n.\\r\\n\nS: 250 ok"
    );
    has_not!(
        declared_binary,
        "S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 BINARYMIME\nC: MAIL FROM:<a@b> BODY=BINARYMIME\nS: 250 ok\n\
         C: RCPT TO:<c@d>\nS: 250 ok\nC: BDAT 4 LAST\nC| a\\nb\\n\nS: 250 ok"
    );

    #[test]
    fn it_matters_where_it_is_refused() {
        use super::{Needs, RULE, Severity};
        use crate::verdict::testing::session;
        for (reply, severity) in [("521 5.5.2 bare <LF> received", Severity::Medium), ("250 ok", Severity::Low)] {
            let script = "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\nS: 354 go\nC| Subject: x\\nTo: y\\r\\n\\r\\ntext\\r\\n.\\r\\n\nS: REPLY".replace("REPLY", reply);
            let finding = RULE.look(&session(&script, Needs::ALL)).remove(0);
            assert_eq!((finding.severity, finding.packets), (severity, vec![10]), "{reply}");
        }
    }
}
