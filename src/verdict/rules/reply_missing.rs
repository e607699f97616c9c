use crate::flow::{CloseReason, Side};
use crate::protocol::Protocol;
use crate::protocol::event::{StepId, Subject};
use crate::protocol::smtp::{self, ReplyTo, Verb};
use crate::session::Session;
use crate::session::model::{Addressee, Outcome, Step, Transaction};
use crate::verdict::evidence::content_steps;
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};
use std::collections::HashSet;

/// The content of a message had its end, and a recipient's reply to it never came, though none of the server's bytes are
/// missing from the capture: the server closed the connection, or the client went on without it. Or RCPT itself got no reply,
/// and a later command did.
///
/// It matters because nobody knows whether this recipient has the message: the client may send it again, and then it
/// arrives twice.
///
/// Not: a client that leaves before the reply; not a capture that ends before it, or that has gaps; and not content
/// whose end did not come.
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
    needs: Needs::NONE,
    words: Words {
        en: Text {
            title: "A recipient's reply never came",
            detail: "The server took the content of a message and did not say whether it delivers it to this recipient, or \
                     did not answer to RCPT while it answered to what came later. The client cannot know, and may send the \
                     message again.",
            remedy: "Look in the server's log for what became of the message. An LMTP server must answer once for each \
                     recipient that it accepted.",
        },
        zh: Text {
            title: "没有收到收件人的答复",
            detail: "服务器收下了邮件内容，但没有说明是否会投递给该收件人；或没有答复 RCPT，却答复了之后的命令。客户无从知道，可能会再次发送。",
            remedy: "在服务器日志中查找邮件的去向。LMTP 服务器必须对它接受的每个收件人各答复一次。",
        },
    },
    sentences: &[Sentence { en: "No reply came for {0}.", zh: "没有收到对 {0} 的答复。" }],
    check,
};

fn check(session: &Session, found: &mut Found) {
    let transport = &session.transport;
    let is_whole = transport.from_start
        && transport.counters.client_missing + transport.counters.server_missing == 0
        && matches!(session.protocol, Protocol::Smtp | Protocol::Lmtp);
    if !is_whole {
        return;
    }
    unanswered_recipients(session, found);
    let ended_by_server = matches!(transport.end, CloseReason::Closed | CloseReason::Reset)
        && transport.left.is_some_and(|left| left.side == Side::Server);
    let last = session.steps.last().map(|step| step.n);
    for transaction in session.transactions.iter().filter(|one| is_open(one)) {
        let goes_on = transaction.steps.last().copied().max(last) != transaction.steps.last().copied();
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

/// Recipients whose RCPT got no reply, though a later command got one: the server has swallowed the command.
fn unanswered_recipients(session: &Session, found: &mut Found) {
    let is_silent = |to: &Addressee| to.code.is_none() && to.outcome == Outcome::Unknown;
    if !session.transactions.iter().any(|one| one.to.iter().any(is_silent)) {
        return;
    }
    let in_doubt =
        |step: &Step| matches!(step.subject, Subject::Smtp(smtp::Subject::Reply { to: ReplyTo::InDoubt, .. }));
    if session.steps.iter().any(in_doubt) {
        return;
    }
    let answered: HashSet<StepId> = session.steps.iter().filter_map(|step| step.answers).collect();
    let last = answered.iter().copied().max().unwrap_or_default();
    for transaction in &session.transactions {
        let is_rcpt = |step: &&Step| matches!(step.subject, Subject::Smtp(smtp::Subject::Command(Verb::Rcpt)));
        let asked = transaction.steps.iter().filter_map(|&n| session.step(n)).filter(is_rcpt);
        let unanswered = asked.filter(|step| !answered.contains(&step.n));
        for (step, addressee) in unanswered.zip(transaction.to.iter().filter(|to| is_silent(to))) {
            if step.n < last {
                let later = session.steps.iter().find(|reply| reply.answers.is_some_and(|n| n > step.n));
                let occurrence = found.apart([step.n].into_iter().chain(later.map(|reply| reply.n)));
                _ = occurrence.named(Key::Recipient, Fact::Name(addressee.address.clone()));
            }
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
    has!(
        rcpt_is_swallowed,
        "S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 PIPELINING\nC| MAIL FROM:<a@b>\\r\\nRCPT TO:<c@d>\\r\\nDATA\\r\\n\nS: 250 ok\nS: 354 go" => [5, 8]
    );
    has_not!(
        rcpt_is_answered_later,
        "S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 PIPELINING\nC| MAIL FROM:<a@b>\\r\\nRCPT TO:<c@d>\\r\\n\nS: 250 ok"
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
        bytes_of_the_server_are_missing,
        "S: 220 mx\nC: LHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\n\
         C: DATA\nS: 354 go\nC: text\nC: .\nS~ 20\nC: QUIT\nS: 221 bye"
    );
}
