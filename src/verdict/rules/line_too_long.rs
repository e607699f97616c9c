use crate::protocol::event::{Kind, Subject};
use crate::protocol::smtp::{self, Verb};
use crate::session::Session;
use crate::session::model::Step;
use crate::verdict::evidence::{binary, content_steps};
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};

/// A line of a message has more than 998 octets, or an SMTP command more than the standard allows.
///
/// It matters because servers may cut such a line, break it in two, which breaks signatures, or refuse it.
///
/// Not: a long command of an extension that allows it (AUTH, and the parameters of MAIL and RCPT); not content that
/// is declared binary.
///
/// RFC 5322, section 2.1.1: 998 octets. RFC 5321, section 4.5.3.1: 512 for a command, 1,000 for a line of text with
/// its end.
pub const RULE: Rule = Rule {
    id: "line-too-long",
    severity: Severity::Info,
    class: Class::Remark,
    because_of: &[],
    since: "0.2.0",
    rank: 80,
    reference: Some("RFC 5322, section 2.1.1"),
    needs: Needs { texts: true, ..Needs::FAULTS },
    in_silence: false,
    words: Words {
        en: Text {
            title: "A line is longer than the standard allows",
            detail: "Lines of a message have at most 998 octets, and SMTP commands at most 512. Servers may cut \
                     or break longer ones, which breaks signatures, or refuse them.",
            remedy: "Let the program that writes the message encode long lines (quoted-printable or base64), or \
                     break them.",
        },
        zh: Text {
            title: "有一行超过标准允许的长度",
            detail: "邮件的一行最多 998 字节，SMTP 命令最多 512 字节。服务器可能截断或拆开更长的行，使\
                     签名失效，也可能拒绝。",
            remedy: "应让编写邮件的程序对长行编码（quoted-printable 或 base64）或折行。",
        },
    },
    sentences: &[
        Sentence {
            en: "The longest has {0}, where {1} are allowed; long lines: {2}; the first is line {3} of the content",
            zh: "最长的有 {0}，允许 {1}；长行数：{2}；第一处是内容第 {3} 行",
        },
        Sentence {
            en: "The longest has {0}, where {1} are allowed; long lines: {2}",
            zh: "最长的有 {0}，允许 {1}；长行数：{2}",
        },
        Sentence { en: "The command {2} has {0}, where {1} are allowed", zh: "命令 {2} 有 {0}，允许 {1}" },
    ],
    check,
};

/// Octets of a line of content, without its end.
const CONTENT: u64 = 998;
/// Octets of a command, with its line end.
const COMMAND: u64 = 512;
/// What extensions allow for MAIL and RCPT beyond that (RFC 3461, 1870, 4954, 6531), all of them together.
const PARAMETERS: u64 = 1_536;

fn check(session: &Session, found: &mut Found) {
    for message in &session.messages {
        let Some(faults) = &message.faults else { continue };
        let Some(spot) = &faults.long_line else { continue };
        if binary(session, message) {
            continue;
        }
        let occurrence = found
            .at(content_steps(session, message))
            .packets(Some(spot.packet).filter(|packet| *packet > 0))
            .fact(Fact::Bytes(faults.longest))
            .named(Key::Limit, Fact::Bytes(CONTENT))
            .named(Key::Count, Fact::Count(spot.count));
        match spot.line {
            Some(line) => _ = occurrence.fact(Fact::Line(line)),
            None => _ = occurrence.says(1),
        }
    }
    for step in session.steps.iter().filter(|step| step.kind == Kind::Command && step.bytes > COMMAND) {
        let Some(limit) = limit(step).filter(|limit| step.bytes > *limit) else { continue };
        let command = Fact::Name(step.quoted_command());
        let occurrence = found.at([step.n]).says(2).fact(Fact::Bytes(step.bytes));
        _ = occurrence.named(Key::Limit, Fact::Bytes(limit)).named(Key::Command, command);
    }
}

/// How many octets a command may have; `None` where that is not known.
fn limit(step: &Step) -> Option<u64> {
    match step.subject {
        Subject::Smtp(smtp::Subject::Command(Verb::Mail | Verb::Rcpt)) => Some(COMMAND + PARAMETERS),
        Subject::Smtp(smtp::Subject::Command(Verb::Auth | Verb::Burl | Verb::Other)) => None,
        Subject::Smtp(smtp::Subject::Command(_)) => Some(COMMAND),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn has_a_long_line_of_a_message() {
        use crate::verdict::testing::evidence;
        let script = format!(
            "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\nS: 354 go\nC| Subject: x\\r\\n\\r\\n{}\\r\\n.\\r\\n\nS: 250 ok",
            "x".repeat(999)
        );
        assert_eq!(evidence(&super::RULE, &script), Some(vec![10]));
        let script = script.replace(&"x".repeat(999), &"x".repeat(998));
        assert_eq!(evidence(&super::RULE, &script), None);
    }

    #[test]
    fn has_a_long_command() {
        use crate::verdict::testing::evidence;
        let script = format!("S: 220 mx\nC: EHLO {}\nS: 250 mx", "x".repeat(600));
        assert_eq!(evidence(&super::RULE, &script), Some(vec![2]));
        let script = format!("S: 220 mx\nC: EHLO a\nS: 250 mx\nC: AUTH PLAIN {}\nS: 535 no", "x".repeat(600));
        assert_eq!(evidence(&super::RULE, &script), None);
    }

    has_not!(
        short_lines,
        "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\nS: 354 go\nC| Subject: x\\r\\n\\r\\ntext\\r\\n.\\r\\n\nS: 250 ok"
    );
}
