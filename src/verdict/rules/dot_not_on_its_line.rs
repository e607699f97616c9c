use crate::protocol::Protocol;
use crate::protocol::event::{Kind, StepId};
use crate::session::Session;
use crate::session::model::{LastDot, LastDotKind};
use crate::verdict::evidence::content_steps;
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};

/// How long nothing must have come after the dot, where nobody said anything after it.
const SILENCE: i64 = 5_000_000_000;

/// The client ended the content of a message with a dot that is not alone on its line, or whose line ends are not
/// CR LF: the server goes on waiting for the end.
///
/// It matters because client and server wait for each other until one gives up, and nobody has the message.
///
/// Not: content that breaks off without such a dot; not content of which bytes are missing. A text whose last
/// sentence ends with a dot may look the same: the client then stopped for another reason.
///
/// RFC 5321, section 4.1.1.4: the end of data is CR LF, dot, CR LF, and the first CR LF ends the last line.
pub const RULE: Rule = Rule {
    id: "dot-not-on-its-line",
    severity: Severity::Medium,
    class: Class::Failure,
    because_of: &[],
    since: "0.2.0",
    rank: 45,
    reference: Some("RFC 5321, section 4.1.1.4"),
    needs: Needs::FAULTS,
    in_silence: false,
    words: Words {
        en: Text {
            title: "The final dot is not on a line of its own",
            detail: "The content does not end: its last line has a dot, but the end of data is a dot on a line \
                     of its own, with CR LF before and after it. The server waits for the rest, and the client \
                     for the reply.",
            remedy: "Let the client send CR LF before the final dot where the text does not end with a line \
                     end, and CR LF after it.",
        },
        zh: Text {
            title: "结尾的点没有单独占一行",
            detail: "内容没有结束：最后一行有一个点，但结尾应是单独占一行的点，前后都是 CR LF。服务器在等待其余\
                     内容，客户在等待答复。",
            remedy: "若正文末尾没有换行，客户应在结尾的点之前发送 CR LF，并在其后发送 CR LF。",
        },
    },
    sentences: &[
        Sentence {
            en: "The last line is \"{0}\": its dot has no line end before it",
            zh: "最后一行是“{0}”：点的前面没有换行",
        },
        Sentence { en: "There is no line end after the dot", zh: "点的后面没有换行" },
        Sentence { en: "The line ends around the dot are not CR LF", zh: "点前后的换行不是 CR LF" },
    ],
    check,
};

fn check(session: &Session, found: &mut Found) {
    // IMAP counts the octets of content: a dot ends nothing.
    if session.protocol == Protocol::Imap {
        return;
    }
    for message in &session.messages {
        let Some(dot) = message.faults.as_ref().and_then(|faults| faults.last_dot.as_ref()) else { continue };
        let sentence = match dot.kind {
            LastDotKind::AfterText => 0,
            LastDotKind::WithoutLineEnd => 1,
            LastDotKind::OddLineEnds => 2,
        };
        let content = content_steps(session, message).last();
        if !has_waited(session, content, dot) {
            continue;
        }
        // The server's last word about it, where it has said any.
        let reply = message.steps.iter().copied().find(|n| Some(*n) > content);
        let occurrence = found
            .at(content_steps(session, message).chain(reply))
            .packets(Some(dot.packet).filter(|packet| *packet > 0));
        _ = occurrence.says(sentence).named(Key::Name, Fact::Name(dot.line.clone()));
    }
}

/// Nothing more of the content came, and there was time for it: somebody said something later, or nothing came for long. A
/// capture that ends in the middle of content, and a sender that breaks off there, show nothing.
fn has_waited(session: &Session, content: Option<StepId>, dot: &LastDot) -> bool {
    let Some(step) = content.and_then(|n| session.step(n)) else { return false };
    let after = session.steps.iter().skip(usize::try_from(step.n).unwrap_or(usize::MAX));
    let is_said = after.into_iter().any(|later| later.kind != Kind::Gap && later.from != step.from);
    let silence = session.transport.stalls.silence;
    is_said || silence.is_some_and(|one| one.from.packet >= dot.packet && one.nanoseconds() >= SILENCE)
}

#[cfg(test)]
mod tests {
    has!(after_text, "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\nS: 354 go\nC: Subject: x\nC:\nC: no line end.\nS: 421 4.4.2 timeout exceeded" => [10, 11]);
    has!(without_a_line_end, "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\nS: 354 go\nC: Subject: x\nC:\nC: text\nC| .\nS: 421 4.4.2 timeout exceeded" => [10, 11]);
    has!(between_line_feeds, "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\nS: 354 go\nC: Subject: x\nC:\nC| text\\n.\\n\nS: 421 4.4.2 timeout exceeded" => [10, 11]);
    has_not!(
        silence_within_a_line,
        "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\nS: 354 go\nC: Subject: x\nC:\nC| cut in the mid\nS: 421 4.4.2 timeout exceeded"
    );
    has_not!(
        the_capture_ends_in_the_middle,
        "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\nS: 354 go\nC: Subject: x\nC:\nC| A sentence."
    );
    has_not!(
        the_client_breaks_off,
        "! syn\n! syn-ack\nS: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\nS: 354 go\nC: Subject: x\nC:\nC| A sentence.\n! rst client"
    );
    has_not!(
        octets_that_are_counted,
        "S: * OK ready\nC: a LOGIN bob x\nS: a OK in\nC: b SELECT INBOX\nS: b OK in\nC: c FETCH 1 BODY[]\n\
         S: * 1 FETCH (BODY[] {90}\nS: Subject: x\nS:\nS: text."
    );
    has_not!(
        its_end_came,
        "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\nS: 354 go\nC: Subject: x\nC:\nC: text.\nC: .\nS: 421 4.4.2 timeout exceeded"
    );
    has_not!(
        bytes_are_missing,
        "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\nS: 354 go\nC: Subject: x\nC~ 10\nC: text.\nS: 421 4.4.2 timeout exceeded"
    );
}
