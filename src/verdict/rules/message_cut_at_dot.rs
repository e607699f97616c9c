use crate::flow::Side;
use crate::protocol::event::{Kind, StepId, Subject};
use crate::protocol::smtp::{self, Verb};
use crate::session::Session;
use crate::session::model::{Measure, Step};
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};
use std::collections::HashSet;

/// A line of a dot within a message ended it: the sender had not doubled that dot. The rest of the text came as
/// commands (SMTP), or as lines that nobody had asked for (POP3).
///
/// It matters because only the first part of the message arrives, with a reply that says that all is well, and
/// because the lines of the rest may do something as commands.
///
/// Not: commands that a client sends together with the end of its message; not lines behind a DATA that was
/// refused.
///
/// RFC 5321, section 4.5.2, and RFC 1939, section 3: dots at the beginning of a line are doubled.
pub const RULE: Rule = Rule {
    id: "message-cut-at-dot",
    severity: Severity::Medium,
    class: Class::Failure,
    because_of: &["dot-not-doubled"],
    since: "0.2.0",
    rank: 43,
    reference: Some("RFC 5321, section 4.5.2"),
    needs: Needs::TEXTS,
    in_silence: false,
    words: Words {
        en: Text {
            title: "A dot within a message ended it",
            detail: "The text has a line of a dot alone that the sender did not double, so that the message \
                     ended there. The rest of it was not taken for content.",
            remedy: "Repair the program that sends: it has to put a second dot before every line that begins \
                     with one. The message that arrived is only its first part: send it again.",
        },
        zh: Text {
            title: "邮件被其中的一个点截断",
            detail: "正文中有一行只有一个点，而发送方没有将其加倍，邮件就在那里结束了。其余部分没有被当作内容。",
            remedy: "应修复发送程序：它必须在每个以点开头的行前再加一个点。到达的只是邮件的前一部分，需要重新发送。",
        },
    },
    sentences: &[
        Sentence {
            en: "Octets taken as the message: {0}. The rest came as commands, {1} lines; it begins: \"{2}\"",
            zh: "作为邮件接收的字节数：{0}。其余部分成了命令，共 {1} 行，开头是：“{2}”",
        },
        Sentence {
            en: "Octets announced: {3}; of the message came {0}. The rest came after it, {1} lines; it begins: \"{2}\"",
            zh: "声明的字节数：{3}；邮件到达 {0}。其余部分在其后到达，共 {1} 行，开头是：“{2}”",
        },
    ],
    check,
};

fn check(session: &Session, found: &mut Found) {
    let mut refused = None;
    for (at, content) in session.steps.iter().enumerate() {
        let Some(carries) = content.carries().filter(|_| content.kind == Kind::Data) else { continue };
        let size =
            || session.messages.iter().find(|message| message.n == carries.message).map_or(0, |message| message.size);
        let after = session.steps.get(at + 1..).unwrap_or_default();
        match (&content.subject, carries.measure) {
            (Subject::Smtp(smtp::Subject::Content), _) if carries.complete => {
                let Some(first) = after.iter().find(|step| step.from == Side::Client).filter(|step| is_text(step))
                else {
                    continue;
                };
                let refused = refused.get_or_insert_with(|| refused_lines(session));
                let rest = rest(after, refused);
                // A person who types nonsense after a message does so after the reply.
                let at_once = first.packets.first() == content.packets.last()
                    || rest.last().is_some_and(|last| &*last.text == ".")
                    || rest.get(1).is_some_and(|second| second.packets.first() == first.packets.first());
                if rest.is_empty() || !at_once {
                    continue;
                }
                let lines = rest.iter().filter(|step| &*step.text != ".").count() as u64;
                let answers =
                    after.iter().filter(|step| step.answers.is_some_and(|n| rest.iter().any(|line| line.n == n)));
                let steps = [content.n]
                    .into_iter()
                    .chain(rest.iter().map(|step| step.n))
                    .chain(answers.map(|step| step.n).take(MOST));
                let occurrence = found.at(steps).fact(Fact::Bytes(size())).named(Key::Count, Fact::Count(lines));
                _ = occurrence.named(Key::Name, Fact::Name(first.text.to_string()));
            }
            (Subject::Pop3(_), Measure::Announced(announced)) if carries.unfinished => {
                let Some(rest) = after.first().filter(|step| {
                    step.from == Side::Server
                        && step.kind == Kind::Unknown
                        && !step.text_omitted
                        && !step.text.is_empty()
                }) else {
                    continue;
                };
                let lines = rest.text.lines().filter(|line| *line != ".").count() as u64;
                let first = rest.text.lines().next().unwrap_or_default().to_owned();
                let occurrence = found.at([content.n, rest.n]).says(1).fact(Fact::Bytes(size()));
                let occurrence = occurrence.named(Key::Count, Fact::Count(lines)).named(Key::Name, Fact::Name(first));
                _ = occurrence.named(Key::Limit, Fact::Bytes(announced));
            }
            _ => {}
        }
    }
}

/// Lines of the rest that are looked at.
const MOST: usize = 64;

/// A line that is no command, or begins like one and is none: "Mail from my phone", "Quit smoking".
fn is_text(step: &Step) -> bool {
    let Subject::Smtp(smtp::Subject::Command(verb)) = &step.subject else { return false };
    let begins = |with: &str| step.text.get(..with.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(with));
    let is_no_command = match verb {
        Verb::Other => true,
        Verb::Mail => !["MAIL FROM:", "MAIL FROM :", "MAIL FROM <"].into_iter().any(begins),
        Verb::Rcpt => !["RCPT TO:", "RCPT TO :", "RCPT TO <"].into_iter().any(begins),
        Verb::Data | Verb::Quit | Verb::Rset => step.text.trim_ascii_end().contains(' '),
        _ => false,
    };
    is_no_command && !step.text_omitted && !step.text.is_empty()
}

/// The lines of the client that the server refused.
fn refused_lines(session: &Session) -> HashSet<StepId> {
    let refuses = |step: &&Step| matches!(step.code(), Some(500..));
    session.steps.iter().filter(refuses).filter_map(|step| step.answers).collect()
}

/// What the client sent after its message up to a line of a dot, a command that the server took, or another message.
fn rest<'a>(after: &'a [Step], refused: &HashSet<StepId>) -> Vec<&'a Step> {
    let mut rest = Vec::new();
    for step in after.iter().filter(|step| step.from == Side::Client) {
        let is_last = &*step.text == ".";
        let is_line = step.kind == Kind::Command && (is_last || is_text(step) || refused.contains(&step.n));
        if !is_line || rest.len() == MOST {
            break;
        }
        rest.push(step);
        if is_last {
            break;
        }
    }
    rest
}

#[cfg(test)]
mod tests {
    has!(a_client, "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\nS: 354 go\nC| A: b\\r\\n\\r\\nfirst\\r\\n.\\r\\nsecond half\\r\\nof it\\r\\n.\\r\\n\nS: 250 ok\nS: 500 what\nS: 500 what\nS: 500 what" => [10, 11, 12, 13, 15, 16, 17]);
    has!(
        a_server,
        "S: +OK hi\nC: USER a\nS: +OK\nC: PASS b\nS: +OK\nC: RETR 1\n\
         S| +OK 80 octets\\r\\nA: b\\r\\n\\r\\none\\r\\n.\\r\\nsecond part of the text that is as long as the first\\r\\n.\\r\\n\n\
         C: QUIT\nS: +OK" => [8, 9]
    );
    has!(
        what_looks_like_commands,
        "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\nS: 354 go\nC| A: b\\r\\n\\r\\nfirst\\r\\n.\\r\\nMail from my phone\\r\\ndata follow\\r\\n\nS: 250 ok\nS: 501 what\nS: 501 what" => [10, 11, 12, 14, 15]
    );
    has!(
        the_rest_comes_after_the_reply,
        "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\nS: 354 go\nC: A: b\nC:\nC: .\nS: 250 ok\nC: second half\nC: .\nS: 500 what\nS: 500 what" => [10, 12, 13, 14, 15]
    );
    has_not!(
        another_message_that_is_refused,
        "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\nS: 354 go\nC| A: b\\r\\n\\r\\nfirst\\r\\n.\\r\\nMAIL FROM:a b\\r\\n\nS: 250 ok\nS: 501 what"
    );
    has_not!(
        a_command_with_the_end,
        "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\nS: 354 go\nC| A: b\\r\\n\\r\\nfirst\\r\\n.\\r\\nQUIT\\r\\n\nS: 250 ok\nS: 221 bye"
    );
    has_not!(
        a_person_who_mistypes,
        "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\nS: 354 go\nC: A: b\nC:\nC: .\nS: 250 ok\nC: QIUT\nS: 500 what\nC: QUIT\nS: 221 bye"
    );
    has_not!(
        doubled,
        "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\nS: 354 go\nC| A: b\\r\\n\\r\\nfirst\\r\\n..\\r\\nsecond half\\r\\n.\\r\\n\nS: 250 ok"
    );
}
