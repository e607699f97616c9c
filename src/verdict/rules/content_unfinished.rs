use crate::flow::Side;
use crate::protocol::event::{Direction, Subject};
use crate::protocol::smtp::{self, ReplyTo};
use crate::session::Session;
use crate::verdict::ending::{self, SECOND};
use crate::verdict::evidence::content_steps;
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};

/// The client did not finish the content of a message, and the server gave up: it waited for the rest in vain, or closed
/// the connection; or the client closed the connection in the middle of it.
///
/// It matters because nobody has this message: the server has decided nothing, and the client has to send it again.
///
/// Not: a refusal, before the end of the content or after it; and not content of which bytes are missing from the
/// capture.
///
/// RFC 5321, section 4.5.3.2.5: how long a server waits for the next block of content.
pub const RULE: Rule = Rule {
    id: "content-unfinished",
    severity: Severity::Medium,
    class: Class::Failure,
    because_of: &[
        "mtu-black-hole",
        "zero-window-stall",
        "peer-unreachable",
        "retransmission-stall",
        "dot-not-on-its-line",
        "connection-reset",
        "connection-prohibited",
    ],
    since: "0.2.0",
    rank: 46,
    reference: Some("RFC 5321, section 4.5.3.2"),
    needs: Needs::TEXTS.and(Needs::FAULTS),
    in_silence: false,
    words: Words {
        en: Text {
            title: "The content of a message was not finished",
            detail: "The client did not send the end of the content: the server gave up, or the client left. For an SMTP \
                     server, content ends with a dot on a line of its own: a dot without a line end before it or after it is none, nor \
                     is one between line feeds without carriage returns.",
            remedy: "See at the last packets of the content whether the client stopped, the network lost the rest, or the \
                     client writes the final dot in another way.",
        },
        zh: Text {
            title: "邮件内容没有发送完",
            detail: "客户没有发出内容的结尾：服务器因此放弃，或客户自行离开。对 SMTP 服务器来说，内容以单独占一行的点结束：前面或后面没有换行的点\
                     不算，只由 LF（没有 CR）隔开的点也不算。",
            remedy: "查看内容的最后几个分组，弄清是客户停止了发送，是网络丢失了其余部分，还是客户以别的方式写了结尾的点。",
        },
    },
    sentences: &[
        Sentence {
            en: "The last line looks like the end and is not: a dot that is not alone between line ends.",
            zh: "最后一行看起来像结尾却不是：其中的点没有单独占一行。",
        },
        Sentence {
            en: "Nothing new came from the client for {0}, and the server said: {1}",
            zh: "客户有 {0} 没有发来新内容，服务器说：{1}",
        },
        Sentence {
            en: "The last bytes of the client were sent again {0} times and not acknowledged: the network lost them.",
            zh: "客户最后的数据重发了 {0} 次而未被确认：它们在网络中丢失。",
        },
        Sentence {
            en: "The server ended the session of its own accord, without having waited: {0}",
            zh: "服务器没有等待，自行结束了会话：{0}",
        },
        Sentence {
            en: "The client closed the connection in the middle of it, after {0}.",
            zh: "客户在发送 {0} 之后中途关闭了连接。",
        },
    ],
    check,
};

/// How long a server waits at least before it is said to have waited, in nanoseconds.
const WAITED: i64 = 5 * SECOND;

fn check(session: &Session, found: &mut Found) {
    for step in &session.steps {
        let Subject::Smtp(smtp::Subject::Reply { to: ReplyTo::UnfinishedContent { timeout }, .. }) = step.subject
        else {
            continue;
        };
        let content = session.answered(step);
        let carried = content.and_then(|content| content.carries()).map(|carries| carries.message);
        let message = carried.and_then(|n| session.messages.get((n as usize).checked_sub(1)?));
        let has_a_dot =
            message.and_then(|message| message.faults.as_ref()).is_some_and(|faults| faults.last_dot.is_some());
        let repeats = session
            .transport
            .stalls
            .repeats
            .iter()
            .find(|repeats| repeats.of == Side::Client && !repeats.longest.answered && repeats.longest.times >= 2);
        let silence = content.and_then(|content| step.time.known_since(content.time)).unwrap_or(0);
        let occurrence = found.at(step.answers.into_iter().chain([step.n]));
        let reply = Fact::Name(step.quoted());
        _ = match repeats {
            _ if has_a_dot => occurrence.says(0).named(Key::Reply, reply),
            Some(repeats) => occurrence.says(2).fact(Fact::Count(repeats.longest.times)),
            None if timeout || silence >= WAITED => {
                occurrence.says(1).fact(Fact::Duration(silence)).named(Key::Reply, reply)
            }
            None => occurrence.says(3).named(Key::Reply, reply),
        };
    }
    let Some((Side::Client, time)) = ending::left(session) else { return };
    let Some(ends) = ending::ends(session) else { return };
    let by_reset = ends.resets.first().is_some_and(|reset| reset.at.time <= time);
    // A client that leaves at once has no acknowledgement yet: the server's FIN says as much, where nothing was sent in vain.
    let in_vain = session.transport.stalls.repeats.iter().any(|repeats| !repeats.longest.answered);
    let has_left = ends.fins.iter().all(Option::is_some) && !in_vain;
    let has_arrived = has_left || ends.unacknowledged == [0; 2];
    if by_reset || !has_arrived || ending::is_incomplete(session) || ending::follows_refusal(session, time) {
        return;
    }
    let unfinished = session
        .messages
        .iter()
        .filter(|message| message.unfinished && message.reply.is_none() && message.direction != Direction::Retrieved);
    for message in unfinished {
        let steps = content_steps(session, message);
        let occurrence = found.at(steps).packets(ending::leaving_packets(ends)).says(4);
        _ = occurrence.fact(Fact::Bytes(message.size));
    }
}

#[cfg(test)]
mod tests {
    has!(
        a_timeout,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\n\
         S: 354 go\nC: text\nS: 421 4.4.2 timeout exceeded" => [10, 11]
    );
    has!(
        the_client_leaves,
        "! syn\n! syn-ack\nS: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\n\
         S: 354 go\nC: text\n! fin client" => [10]
    );
    has!(
        the_client_leaves_within_a_literal,
        "! syn\n! syn-ack\nS: * PREAUTH hi\nC: a APPEND Sent {90}\nS: + go\nC: Subject: x\n@ 60\n! fin client" => [4]
    );
    has_not!(
        the_client_breaks_off,
        "! syn\n! syn-ack\nS: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\n\
         S: 354 go\nC: text\n! rst client"
    );
    has_not!(
        the_client_leaves_after_it,
        "! syn\n! syn-ack\nS: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\n\
         S: 354 go\nC: text\nC: .\n! fin client"
    );
    has_not!(
        a_refusal,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\n\
         S: 354 go\nC: text\nS: 552 5.3.4 too big"
    );
    has_not!(
        its_end_came,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\n\
         S: 354 go\nC: text\nC: .\nS: 421 4.3.2 shutting down"
    );

    #[test]
    fn what_the_servers_fin_answers_has_arrived() {
        let left = "! syn\n! syn-ack\nS: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\n\
                    C: DATA\nS: 354 go\nC: text\n! fin client\n";
        let again = "again client: 6 bytes, 9 times, 54 seconds, 423 acknowledged, silent 54\n";
        for (script, found) in [
            (format!("{left}! fin server"), 1),
            // The capture ends, or the network lost it.
            (left.to_owned(), 0),
            (format!("{again}{left}! fin server"), 0),
        ] {
            let mut session = crate::verdict::testing::session(&script, super::RULE.needs);
            session.transport.ends.as_mut().expect("FINs").unacknowledged = [6, 0];
            assert_eq!(super::RULE.look(&session).len(), found, "{script}");
        }
    }

    fn said(script: &str) -> Vec<usize> {
        let session = crate::verdict::testing::session(script, super::RULE.needs);
        super::RULE.look(&session).iter().flat_map(|finding| &finding.facts).map(|facts| facts.sentence).collect()
    }

    #[test]
    fn the_cause_is_named_where_it_can_be_seen() {
        let begin = "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\n\
                     S: 354 go\n";
        let timeout = "@ 300\nS: 421 4.4.2 timeout exceeded";
        assert_eq!(said(&format!("{begin}C: text.\n{timeout}")), [0]);
        assert_eq!(said(&format!("{begin}C: text\n{timeout}")), [1]);
        let again = "again client: 25 bytes, 9 times, 54 seconds, 423 acknowledged, silent 54\n";
        assert_eq!(said(&format!("{begin}C: text\n{again}{timeout}")), [2]);
        assert_eq!(said(&format!("{begin}C: text\nS: 421 4.3.2 shutting down")), [3]);
    }
}
