use crate::flow::Side;
use crate::protocol::event::{Kind, StepId, Subject};
use crate::protocol::smtp::{self, Verb};
use crate::session::Session;
use crate::session::model::Step;
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};
use std::collections::HashMap;

/// The client sent a message that the server had refused to take, and the server read its lines as commands: after a
/// refused DATA, or without DATA after a refused MAIL or RCPT.
///
/// It matters because nothing of the message arrives, and because a line that looks like a command is obeyed: whoever
/// wrote the text then speaks to the server in the client's name. The many replies also shift those that the client takes
/// for its next commands.
///
/// Not: a dot alone after a refused DATA, which ends a message of no lines; not a message that was cut at a dot
/// (`message-cut-at-dot`); not a command that was mistyped.
///
/// RFC 5321, sections 3.3 and 4.1.1.4: content is sent only after 354.
pub const RULE: Rule = Rule {
    id: "content-read-as-commands",
    severity: Severity::Low,
    class: Class::Failure,
    because_of: &["delivery-rejected", "delivery-deferred", "encryption-demanded", "session-refused"],
    since: "0.2.0",
    rank: 46,
    reference: Some("RFC 5321, section 4.1.1.4"),
    needs: Needs::TEXTS,
    in_silence: false,
    words: Words {
        en: Text {
            title: "Lines of a message were read as commands",
            detail: "The server had refused to take a message, and the client sent it all the same. The server \
                     read each line of it as a command.",
            remedy: "Repair the program that sends: it has to read the replies, and to send content only after \
                     354. Why the message was refused is told by the reply before it.",
        },
        zh: Text {
            title: "邮件内容的各行被当作命令",
            detail: "服务器已拒绝接收邮件，客户仍然发送了内容。服务器把其中每一行都当作命令来读。",
            remedy: "应修复发送程序：它必须读取响应，只有在 354 之后才能发送内容。邮件为何被拒，见此前的响应。",
        },
    },
    sentences: &[
        Sentence {
            en: "Lines: {0}, none of them obeyed; the first is \"{1}\"",
            zh: "行数：{0}，均未被执行；第一行是“{1}”",
        },
        Sentence {
            en: "Lines: {0}; the first is \"{1}\". The server obeyed \"{2}\"",
            zh: "行数：{0}；第一行是“{1}”。服务器执行了“{2}”",
        },
    ],
    check,
};

/// Lines whose steps are evidence; all are counted.
const MOST: usize = 64;

fn check(session: &Session, found: &mut Found) {
    // Nearly all sessions have no such line.
    if !session.steps.iter().any(is_text) {
        return;
    }
    let replies: HashMap<StepId, &Step> =
        session.steps.iter().filter_map(|step| Some((step.answers?, step))).collect();
    let client: Vec<&Step> = session.steps.iter().filter(|step| step.from == Side::Client).collect();
    let code = |step: &Step| replies.get(&step.n).and_then(|reply| reply.code());
    let mut at = 0;
    while let Some(first) = client.get(at) {
        let refused = at.checked_sub(1).and_then(|before| client.get(before)).copied();
        let lines = match refused {
            Some(refused) if begins(first, refused, code(refused)) => lines(client.get(at..).unwrap_or_default()),
            _ => &[],
        };
        let text = || lines.iter().filter(|line| !is_dot(line));
        if text().next().is_none() {
            at += 1;
            continue;
        }
        at += lines.len();
        let obeyed = text().find(|line| matches!(code(line), Some(200..=399)));
        let shown = refused.into_iter().chain(lines.iter().copied()).take(MOST);
        let steps = shown.flat_map(|line| [Some(line.n), replies.get(&line.n).map(|reply| reply.n)]).flatten();
        let occurrence = found.apart(steps).named(Key::Count, Fact::Count(text().count() as u64));
        let occurrence = occurrence.named(Key::Name, Fact::Name(first.quoted()));
        if let Some(line) = obeyed {
            let occurrence = occurrence.says(1).severity(Severity::Medium);
            _ = occurrence.named(Key::Command, Fact::Name(line.quoted()));
        }
    }
}

/// `line` begins a message that the server does not take: `before` is the command before it, with its reply's code.
fn begins(line: &Step, before: &Step, code: Option<u16>) -> bool {
    match (&line.subject, &before.subject) {
        (Subject::Smtp(smtp::Subject::RefusedContent), _) => true,
        // Without DATA: a header field, where the sender or a recipient was refused.
        (Subject::Smtp(smtp::Subject::Command(Verb::Other)), Subject::Smtp(smtp::Subject::Command(verb))) => {
            matches!(verb, Verb::Mail | Verb::Rcpt | Verb::Data | Verb::Bdat)
                && code.is_some_and(|code| code >= 400)
                && is_header_field(&line.text)
        }
        _ => false,
    }
}

/// The lines of a message at the beginning of `client`: up to a dot alone, those that look like commands too; or,
/// without one, up to the first command.
fn lines<'a>(client: &'a [&'a Step]) -> &'a [&'a Step] {
    let is_over = |step: &&&Step| {
        let begins_content =
            matches!(step.subject, Subject::Smtp(smtp::Subject::Command(Verb::Data | Verb::Bdat | Verb::Mail)));
        begins_content || !matches!(step.subject, Subject::Smtp(_)) || is_taken(step)
    };
    let until = client.iter().position(|step| is_over(&step)).unwrap_or(client.len());
    let within = client.get(..until).unwrap_or_default();
    let dot = within.iter().position(|step| is_dot(step));
    let count = dot.map_or_else(|| within.iter().take_while(|step| is_text(step)).count(), |dot| dot + 1);
    within.get(..count).unwrap_or_default()
}

fn is_taken(step: &Step) -> bool {
    matches!(step.subject, Subject::Smtp(smtp::Subject::Content | smtp::Subject::Chunk { .. }))
}

/// A line that no command is: the dialogue took it for content, or does not know its verb.
fn is_text(step: &Step) -> bool {
    matches!(step.subject, Subject::Smtp(smtp::Subject::RefusedContent | smtp::Subject::Command(Verb::Other)))
}

fn is_dot(step: &Step) -> bool {
    &*step.text == "." && matches!(step.kind, Kind::Command | Kind::Data)
}

/// `field-name ":"` (RFC 5322, section 2.2).
fn is_header_field(line: &str) -> bool {
    let name = line.split_once(':').map(|(name, _)| name.trim_ascii_end());
    name.is_some_and(|name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic()))
}

#[cfg(test)]
mod tests {
    use crate::session::model::{Fact, Key};
    use crate::verdict::testing::session;

    has!(
        after_a_refused_data,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 550 no\nC: DATA\nS: 503 no\n\
         C: A: b\nS: 500 what\nC:\nS: 500 what\nC: hi\nS: 500 what\nC: .\nS: 500 what\nC: QUIT\nS: 221 bye"
            => [8, 9, 10, 11, 12, 13, 14, 15, 16, 17]
    );
    has!(
        sent_at_once,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: DATA\nS: 503 no\nC| A: b\\r\\n\\r\\nhi\\r\\n.\\r\\n\nS: 500 what\nS: 500 what\n\
         S: 500 what\nS: 500 what\nC: QUIT\nS: 221 bye" => [4, 5, 6, 7, 8, 9, 10, 11, 12, 13]
    );
    has!(
        without_data,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 550 no\n\
         C| A: b\\r\\n\\r\\nhi\\r\\n.\\r\\n\nS: 500 what\nS: 500 what\nS: 500 what\nS: 500 what"
            => [6, 7, 8, 9, 10, 11, 12, 13, 14, 15]
    );
    has_not!(
        a_dot_alone,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 550 no\nC: DATA\nS: 503 no\n\
         C: .\nS: 500 what\nC: QUIT\nS: 221 bye"
    );
    has_not!(
        given_up,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 550 no\nC: DATA\nS: 503 no\n\
         C: RSET\nS: 250 ok\nC: QUIT\nS: 221 bye"
    );
    has_not!(
        mistyped,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 550 no\nC: RSTE\nS: 500 what"
    );
    has_not!(
        taken,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\nS: 354 go\n\
         C: A: b\nC:\nC: hi\nC: .\nS: 250 ok"
    );

    has!(
        without_its_end,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: DATA\nS: 503 no\nC: A: b\nS: 500 what\nC: hi\nS: 500 what\nC: NOOP\nS: 250 ok"
            => [4, 5, 6, 7, 8, 9]
    );

    #[test]
    fn a_line_that_is_obeyed_is_told() {
        let script = "S: 220 mx\nC: HELO a\nS: 250 mx\nC: DATA\nS: 503 no\nC: A: b\nS: 500 what\nC: Help me\nS: 214 help\n\
                      C: .\nS: 500 what\nC: QUIT\nS: 221 bye";
        let [found] = &super::RULE.look(&session(script, super::RULE.needs))[..] else { panic!("one finding") };
        let facts = &found.facts[0];
        assert_eq!((facts.sentence, found.severity), (1, super::Severity::Medium));
        let told = |key| facts.list.iter().find(|(is, _)| *is == key).map(|(_, fact)| fact.clone());
        assert_eq!(told(Key::Count), Some(Fact::Count(2)));
        assert_eq!(told(Key::Command), Some(Fact::Name("Help me".into())));
        assert_eq!(found.steps, [4, 5, 6, 7, 8, 9, 10, 11]);
    }
}
