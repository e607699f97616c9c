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
/// (`message-cut-at-dot`); not a command that was mistyped; not where the server has answered the whole once, or nothing.
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
        Sentence {
            en: "Lines: {0}; the first is \"{1}\". Lines whose replies are not known: {2}",
            zh: "行数：{0}；第一行是“{1}”。响应不明的行数：{2}",
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
    let dialogue = Dialogue::new(session);
    let mut at = 0;
    while let Some(first) = dialogue.client.get(at) {
        let lines = match at.checked_sub(1).and_then(|before| dialogue.client.get(before)) {
            Some(refused) => dialogue.message(at, first, refused),
            None => &[],
        };
        if let Some(read) = Read::of(&dialogue, at, lines) {
            let refused = at.checked_sub(1).and_then(|before| dialogue.client.get(before)).copied();
            tell(&dialogue, refused, lines, &read, found);
        }
        at += lines.len().max(1);
    }
}

/// The client's steps, and what answers them.
struct Dialogue<'a> {
    replies: HashMap<StepId, &'a Step>,
    client: Vec<&'a Step>,
    /// For each of the client's steps, where the next dot alone is, and where no line of a message can be any more.
    dots: Vec<usize>,
    ends: Vec<usize>,
}

impl<'a> Dialogue<'a> {
    fn new(session: &'a Session) -> Self {
        let replies = session.steps.iter().filter_map(|step| Some((step.answers?, step))).collect();
        let client: Vec<&Step> = session.steps.iter().filter(|step| step.from == Side::Client).collect();
        // Each is looked for once, from the end.
        let next = |is_it: fn(&Step) -> bool| {
            let mut next = client.len();
            let mut places: Vec<usize> = (0..client.len())
                .rev()
                .map(|place| {
                    next = if client.get(place).is_some_and(|step| is_it(step)) { place } else { next };
                    next
                })
                .collect();
            places.reverse();
            places
        };
        let (dots, ends) = (next(is_dot), next(is_over));
        Self { replies, client, dots, ends }
    }

    fn reply(&self, step: &Step) -> Option<&'a Step> {
        self.replies.get(&step.n).copied()
    }

    /// The lines of a message that begins with `first`, the step at `at`, behind `before`: none where it is no message that
    /// the server does not take. It goes up to a dot alone, with those that look like commands; or, without one, up to the
    /// first command.
    fn message(&self, at: usize, first: &Step, before: &Step) -> &[&'a Step] {
        let is_told_as_content = matches!(first.subject, Subject::Smtp(smtp::Subject::RefusedContent));
        if !is_told_as_content && !self.may_begin(first, before) {
            return &[];
        }
        let (Some(&dot), Some(&end)) = (self.dots.get(at), self.ends.get(at)) else { return &[] };
        let rest = self.client.get(at..end).unwrap_or_default();
        let lines = match dot < end {
            true => rest.get(..=dot - at).unwrap_or_default(),
            false => {
                let count = rest.iter().position(|step| !is_text(step)).unwrap_or(rest.len());
                rest.get(..count).unwrap_or_default()
            }
        };
        // Without DATA, a line with a colon may be a command that was mistyped: what follows a header shows that it was one.
        let is_message = is_told_as_content || dot < end || lines.iter().any(|line| line.text.is_empty());
        if is_message { lines } else { &[] }
    }

    /// Without DATA: a header field, where the sender or a recipient was refused.
    fn may_begin(&self, line: &Step, before: &Step) -> bool {
        let is_refused = || self.reply(before).and_then(Step::code).is_some_and(|code| code >= 400);
        matches!(line.subject, Subject::Smtp(smtp::Subject::Command(Verb::Other)))
            && matches!(
                before.subject,
                Subject::Smtp(smtp::Subject::Command(Verb::Mail | Verb::Rcpt | Verb::Data | Verb::Bdat))
            )
            && is_header_field(&line.text)
            && is_refused()
    }
}

/// How the lines of a message were answered.
struct Read<'a> {
    /// Lines, without the dot.
    count: usize,
    /// Of them, those whose reply is not known.
    unknown: usize,
    obeyed: Option<&'a Step>,
}

impl<'a> Read<'a> {
    /// Of `lines`, the first of which is the client's step at `at`. Absent where nothing shows that each was read as a command.
    fn of(dialogue: &Dialogue<'a>, at: usize, lines: &[&'a Step]) -> Option<Self> {
        let texts = || lines.iter().copied().filter(|line| !is_dot(line));
        if texts().all(|line| line.text.is_empty()) {
            return None;
        }
        // A server that answers fewer lines than there are owes the next command a reply: then that one's is not theirs.
        let next = dialogue.client.get(at + lines.len());
        let is_sure = |reply: &Step| next.is_none_or(|next| reply.n < next.n || dialogue.replies.contains_key(&next.n));
        let code = |line: &Step| {
            let reply = dialogue.reply(line).filter(|reply| is_sure(reply))?;
            // With these the server ends the session.
            reply.code().filter(|code| !matches!(code, 221 | 421))
        };
        let count = texts().count();
        let answered = texts().filter(|line| code(line).is_some()).count();
        // One reply may be to all of it.
        if answered < count.min(2) {
            return None;
        }
        let obeyed = texts().find(|line| matches!(code(line), Some(200..=399)));
        Some(Self { count, unknown: count - answered, obeyed })
    }
}

fn tell(dialogue: &Dialogue<'_>, refused: Option<&Step>, lines: &[&Step], read: &Read<'_>, found: &mut Found) {
    let shown = refused.into_iter().chain(lines.iter().copied()).take(MOST);
    let steps = shown.flat_map(|line| [Some(line.n), dialogue.reply(line).map(|reply| reply.n)]).flatten();
    let first = lines.first().map(|line| line.quoted()).unwrap_or_default();
    let occurrence = found.apart(steps).named(Key::Count, Fact::Count(read.count as u64));
    let occurrence = occurrence.named(Key::Name, Fact::Name(first));
    if let Some(line) = read.obeyed {
        let occurrence = occurrence.says(1).severity(Severity::Medium);
        _ = occurrence.named(Key::Command, Fact::Name(line.quoted()));
    } else if read.unknown > 0 {
        _ = occurrence.says(2).fact(Fact::Count(read.unknown as u64));
    }
}

/// No line of a message is there, or behind it.
fn is_over(step: &Step) -> bool {
    let begins_another =
        matches!(step.subject, Subject::Smtp(smtp::Subject::Command(Verb::Data | Verb::Bdat | Verb::Mail)));
    begins_another || !matches!(step.subject, Subject::Smtp(_)) || is_taken(step)
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
        mistyped_with_a_colon,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:a\nS: 501 no\nC: FROM:<a@b>\nS: 500 what\nC: RCPTTO:<c@d>\nS: 500 what\n\
         C: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 550 no\nC: RSET:\nS: 500 what\nC: RSET\nS: 250 ok"
    );
    has_not!(
        answered_once,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: DATA\nS: 503 no\nC| A: b\\r\\n\\r\\nhi\\r\\n.\\r\\n\nS: 554 no\nC: QUIT\nS: 221 bye"
    );
    has_not!(
        answered_by_nothing_but_the_end,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: DATA\nS: 503 no\nC| A: b\\r\\n\\r\\nVRFY root\\r\\n.\\r\\n\nS: 421 too many"
    );
    has_not!(
        empty_lines,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: DATA\nS: 503 no\nC:\nS: 500 what\nC:\nS: 500 what\nC: QUIT\nS: 221 bye"
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

    #[test]
    fn lines_without_a_reply_are_told_as_that() {
        let script = "S: 220 mx\nC: HELO a\nS: 250 mx\nC: DATA\nS: 503 no\nC| A: b\\r\\nB: c\\r\\nhi\\r\\n.\\r\\n\nS: 500 what\n\
                      S: 500 what";
        let [found] = &super::RULE.look(&session(script, super::RULE.needs))[..] else { panic!("one finding") };
        let facts = &found.facts[0];
        assert_eq!((facts.sentence, facts.list.last().map(|(_, fact)| fact.clone())), (2, Some(Fact::Count(1))));
    }

    #[test]
    fn many_lines_are_looked_at_once_each() {
        let pair = "C: RCPT TO:<c@d>\nS: 550 no\nC: X-A: b\nS: 500 what\n";
        let script = format!("S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\n{}", pair.repeat(15_000));
        let session = session(&script, super::RULE.needs);
        let begun = std::time::Instant::now();
        assert!(super::RULE.look(&session).is_empty());
        // In a pass over the rest for each of them it would take several seconds.
        assert!(begun.elapsed().as_millis() < 1_000, "{:?}", begun.elapsed());
    }
}
