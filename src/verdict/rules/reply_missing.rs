use crate::flow::{CloseReason, Side};
use crate::protocol::Protocol;
use crate::session::Session;
use crate::session::model::{Outcome, Transaction};
use crate::verdict::evidence::content_steps;
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};
use crate::verdict::unanswered::{PATIENCE, Unanswered, unanswered};

/// The content of a message had its end, and a recipient's reply to it never came, though none of the server's bytes are
/// missing from the capture: the server closed the connection, or the client went on without it. Or a command never had
/// its reply: the client waited for [`PATIENCE`] and went on, and what came after was answered. In IMAP, where replies
/// may come in another order, the server has ended the session as asked, and one tag had no reply.
///
/// It matters because nobody knows whether this recipient has the message: the client may send it again, and then it
/// arrives twice.
///
/// Not: a client that leaves before the reply; not a capture that ends before it, or that has gaps; not content
/// whose end did not come; not QUIT; and not commands that were sent together, which are `replies-out-of-step`.
///
/// RFC 2033, section 4.2: LMTP answers once for each recipient. RFC 1047: duplicates because of a lost reply.
pub const RULE: Rule = Rule {
    id: "reply-missing",
    severity: Severity::Medium,
    class: Class::Failure,
    because_of: &["connection-reset"],
    since: "0.2.0",
    rank: 38,
    reference: Some("RFC 2033, section 4.2"),
    needs: Needs::TEXTS,
    in_silence: false,
    words: Words {
        en: Text {
            title: "A reply never came",
            detail: "A server must answer every command, and the content of a message for every recipient of LMTP. Without \
                     the reply, the client cannot know what was done: it may give up, or send the message again.",
            remedy: "Look in the server's log for what became of it, and at what may have swallowed the reply: the server, \
                     a filter, or a proxy. An LMTP server must answer once for each recipient that it accepted.",
        },
        zh: Text {
            title: "没有收到答复",
            detail: "服务器必须答复每条命令；在 LMTP 中，还必须就邮件内容对每个收件人各答复一次。没有答复，客户便无从知道结果，\
                     可能会放弃，或再次发送邮件。",
            remedy: "在服务器日志中查找其去向，并查明答复是被谁吞掉的：服务器、过滤程序，还是代理。LMTP 服务器必须对它接受的\
                     每个收件人各答复一次。",
        },
    },
    sentences: &[
        Sentence { en: "No reply came for {0}.", zh: "没有收到对 {0} 的答复。" },
        Sentence {
            en: "No reply came to {0}: the client went on after {1}, and was answered again.",
            zh: "没有收到对 {0} 的答复：客户在 {1} 后继续，此后又得到了答复。",
        },
    ],
    check,
};

fn check(session: &Session, found: &mut Found) {
    recipients(session, found);
    for Unanswered { command, next, waited } in unanswered(session) {
        if waited >= PATIENCE || session.protocol == Protocol::Imap {
            found
                .apart([command.n, next.n])
                .says(1)
                .named(Key::Command, Fact::Name(command.quoted_command()))
                .fact(Fact::Duration(waited));
        }
    }
}

fn recipients(session: &Session, found: &mut Found) {
    let transport = &session.transport;
    let is_whole = transport.from_start
        && transport.counters.client_missing + transport.counters.server_missing == 0
        && matches!(session.protocol, Protocol::Smtp | Protocol::Lmtp);
    if !is_whole {
        return;
    }
    let ended_by_server = matches!(transport.end, CloseReason::Closed | CloseReason::Reset)
        && transport.left.is_some_and(|left| left.side == Side::Server);
    for transaction in session.transactions.iter().filter(|one| is_open(one)) {
        // Commands may be sent ahead: only a later answer shows that this one does not come any more.
        let end = transaction.steps.last().map_or(0, |&n| usize::try_from(n).unwrap_or(usize::MAX));
        let goes_on = session.steps.iter().skip(end).any(|step| step.from == Side::Server);
        let message = transaction.message.and_then(|n| session.messages.get((n as usize).checked_sub(1)?));
        let Some(message) = message.filter(|message| message.complete && (goes_on || ended_by_server)) else {
            continue;
        };
        for addressee in transaction.to.iter().filter(|to| to.outcome == Outcome::Unknown && is_accepted(to.code)) {
            found
                .apart(content_steps(session, message).chain(addressee.step))
                .named(Key::Recipient, Fact::Name(addressee.address.clone()));
        }
    }
}

fn is_open(transaction: &Transaction) -> bool {
    matches!(transaction.outcome, Outcome::Unknown | Outcome::Partly)
}

fn is_accepted(code: Option<u16>) -> bool {
    code.is_some_and(|code| (200..300).contains(&code))
}

#[cfg(test)]
mod tests {
    has!(
        one_reply_for_two_recipients,
        "S: 220 mx\nC: LHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\n\
         C: RCPT TO:<e@f>\nS: 250 ok\nC: DATA\nS: 354 go\nC: text\nC: .\nS: 250 ok\nC: RSET\nS: 250 ok" => [9, 12]
    );
    has_not!(
        a_recipient_refused_before,
        "S: 220 mx\nC: LHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\n\
         C: RCPT TO:<e@f>\nS: 550 no\nC: DATA\nS: 354 go\nC: text\nC: .\nS: 250 ok\nC: QUIT\nS: 221 bye"
    );
    has_not!(
        the_capture_ends_first,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\n\
         S: 354 go\nC: text\nC: ."
    );
    has_not!(
        the_capture_ends_first_and_quit_was_sent_ahead,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\n\
         S: 354 go\nC: text\nC: .\nC: QUIT"
    );
    has_not!(
        bytes_of_the_server_are_missing,
        "S: 220 mx\nC: LHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\n\
         C: DATA\nS: 354 go\nC: text\nC: .\nS~ 20\nC: QUIT\nS: 221 bye"
    );
    has!(
        a_command_of_a_client_that_waits,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\n@ 60\nC: RSET\nS: 250 ok\nC: QUIT\nS: 221 bye" => [4, 6]
    );
    has!(
        a_tag,
        "S: * OK hi\nC: a LOGIN u p\nS: a OK in\nC: b NOOP\nC: c NOOP\nS: c OK\nC: d LOGOUT\nS: * BYE\nS: d OK" => [4, 6]
    );
    has_not!(
        a_command_that_ended_idle,
        "S: * OK hi\nC: a LOGIN u p\nS: a OK in\nC: b IDLE\nS: + idling\nC: c NOOP\nS: b BAD Expected DONE\n\
         C: d LOGOUT\nS: * BYE\nS: d OK"
    );
    has_not!(
        a_command_sent_ahead_that_ended_idle,
        "S: * OK hi\nC: a LOGIN u p\nS: a OK in\nC: b IDLE\nC: c NOOP\nS: + idling\nS: b BAD Expected DONE\n\
         C: d LOGOUT\nS: * BYE\nS: d OK"
    );
    has!(
        a_command_after_done,
        "S: * OK hi\nC: a LOGIN u p\nS: a OK in\nC: b IDLE\nS: + idling\nC: DONE\nS: b OK\nC: c NOOP\nC: d LOGOUT\n\
         S: * BYE\nS: d OK" => [8, 11]
    );
    has!(
        a_command_behind_an_idle_that_never_began,
        "S: * OK hi\nC: a LOGIN u p\nS: a OK in\nC: b IDLE\nC: c NOOP\nS: b BAD no\nC: d LOGOUT\nS: * BYE\nS: d OK" => [5, 9]
    );
    has_not!(a_tag_that_may_still_be_answered, "S: * OK hi\nC: a LOGIN u p\nS: a OK in\nC: b NOOP\nC: c NOOP\nS: c OK");
    has_not!(
        a_tag_that_the_server_could_not_read,
        "S: * OK hi\nC: a LOGIN u p\nS: a OK in\nC: b NOOP\nS: * BAD tag\nC: c NOOP\nS: c OK\nC: d LOGOUT\nS: * BYE\nS: d OK"
    );
    has_not!(
        commands_sent_together,
        "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nC: RCPT TO:<c@d>\nC: DATA\nS: 250 ok\nS: 354 go"
    );
    has_not!(the_last_one, "S: 220 mx\nC: HELO a\nS: 250 mx\nC: NOOP\n@ 60\nC: QUIT");
}
