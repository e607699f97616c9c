use crate::protocol::event::Subject;
use crate::protocol::smtp::{self, ReplyTo};
use crate::session::Session;
use crate::verdict::rule::{Class, Found, Needs, Rule, Severity, Text, Words};

/// The client did not finish the content of a message, and the server gave up: it waited for the rest in vain, or closed
/// the connection.
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
    ],
    since: "0.2.0",
    rank: 46,
    reference: Some("RFC 5321, section 4.5.3.2"),
    needs: Needs::NONE,
    words: Words {
        en: Text {
            title: "The content of a message was not finished",
            detail: "The client did not send the end of the content, so that the server gave up. For a server, content \
                     ends with a dot on a line of its own: a dot without a line end before it or after it is none, nor \
                     is one between line feeds without carriage returns.",
            remedy: "See at the last packets of the content whether the client stopped, the network lost the rest, or the \
                     client writes the final dot in another way.",
        },
        zh: Text {
            title: "邮件内容没有发送完",
            detail: "客户没有发出内容的结尾，服务器因此放弃。对服务器来说，内容以单独占一行的点结束：前面或后面没有换行的点\
                     不算，只由 LF（没有 CR）隔开的点也不算。",
            remedy: "查看内容的最后几个分组，弄清是客户停止了发送，是网络丢失了其余部分，还是客户以别的方式写了结尾的点。",
        },
    },
    sentences: &[],
    check,
};

fn check(session: &Session, found: &mut Found) {
    for step in &session.steps {
        if let Subject::Smtp(smtp::Subject::Reply { to: ReplyTo::UnfinishedContent { .. }, .. }) = step.subject {
            found.at(step.answers.into_iter().chain([step.n]));
        }
    }
}

#[cfg(test)]
mod tests {
    has!(
        a_timeout,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\n\
         S: 354 go\nC: text\nS: 421 4.4.2 timeout exceeded" => [10, 11]
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
}
