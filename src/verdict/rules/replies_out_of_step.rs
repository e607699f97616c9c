use crate::flow::Side;
use crate::protocol::Protocol;
use crate::protocol::event::{Kind, Subject};
use crate::protocol::pop3;
use crate::protocol::smtp::{self, ReplyTo, Verb};
use crate::session::Session;
use crate::session::model::{Step, TlsMode};
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};
use crate::verdict::unanswered::{self, PATIENCE, unanswered};

/// The server sent a reply that answers nothing: from there on, a client takes each reply for that to its next command.
/// Or it swallowed one of several commands sent together: from there on, a client takes each reply for that to the command
/// before. Or each reply came one command late: 354 does not answer what it came after, and DATA was before that.
///
/// It matters because the client draws wrong conclusions: it takes a recipient for accepted who was refused, or a message
/// for delivered that was not.
///
/// Not: a refusal that nobody asked for, which a server may send when it closes (421) or gives the client up; not pipelined
/// commands, whose replies come together; not a command to which a client waited for the reply (`reply-missing`); not what answers a proxy's header; and not a capture with gaps.
///
/// RFC 5321, section 4.2: one reply for each command.
pub const RULE: Rule = Rule {
    id: "replies-out-of-step",
    severity: Severity::Medium,
    class: Class::Failure,
    because_of: &[],
    since: "0.2.0",
    rank: 36,
    reference: Some("RFC 5321, section 4.2"),
    needs: Needs::TEXTS,
    in_silence: false,
    words: Words {
        en: Text {
            title: "Replies and commands are out of step",
            detail: "A server must send one reply for each command. After a reply too many the client takes every later \
                     one for that to the command after, and after a missing one for that to the command before.",
            remedy: "Find out what answered twice, or swallowed a command or its reply: the server, a filter, or a proxy \
                     between client and server.",
        },
        zh: Text {
            title: "答复与命令错位",
            detail: "服务器对每条命令必须答复一次。多发一个答复，客户会把此后的每个答复都当作对后一条命令的答复；缺少一个，则\
                     当作对前一条命令的答复。",
            remedy: "查明是谁答复了两次，或吞掉了命令或答复：服务器、过滤程序，还是客户与服务器之间的代理。",
        },
    },
    sentences: &[
        Sentence { en: "The first reply too many: {0}", zh: "第一个多余的答复：{0}" },
        Sentence {
            en: "No reply came to {0}. The next reply answers a later command: {1}",
            zh: "没有收到对 {0} 的答复。下一个答复是对后面命令的：{1}",
        },
        Sentence {
            en: "The reply to {0} came after another command, one command late: {1}",
            zh: "对 {0} 的答复在另一条命令之后才到达，晚了一条命令：{1}",
        },
    ],
    check,
};

fn check(session: &Session, found: &mut Found) {
    too_many(session, found);
    if !matches!(session.protocol, Protocol::Smtp | Protocol::Lmtp) {
        return;
    }
    if let Some(one) = unanswered(session).first().filter(|one| one.waited < PATIENCE) {
        let steps = [one.command.n, one.next.n].into_iter().chain(one.next.answers);
        let occurrence = found.at(steps).says(1).named(Key::Command, Fact::Name(one.command.quoted_command()));
        _ = occurrence.named(Key::Reply, Fact::Name(one.next.quoted()));
    }
    one_late(session, found);
}

/// A 354 that came after another command than DATA, where the command before that was DATA and had another reply.
fn one_late(session: &Session, found: &mut Found) {
    let verb = |step: &Step| match step.subject {
        Subject::Smtp(smtp::Subject::Command(verb)) => Some(verb),
        _ => None,
    };
    let Some(late) = session.steps.iter().find(|step| {
        let Subject::Smtp(smtp::Subject::Reply { to: ReplyTo::Command(verb), code: 354, .. }) = step.subject else {
            return false;
        };
        !matches!(verb, Verb::Data | Verb::Bdat | Verb::Other | Verb::Xexch50)
    }) else {
        return;
    };
    let Some(answered) = session.answered(late) else { return };
    let before = session.steps.iter().rev().find(|step| step.n < answered.n && step.from == Side::Client);
    let Some(data) = before.filter(|step| verb(step) == Some(Verb::Data)) else { return };
    let was_answered = session.steps.iter().any(|step| step.answers == Some(data.n) && step.code() < Some(300));
    if was_answered && unanswered::is_whole(session) {
        let occurrence = found.at([data.n, answered.n, late.n]).says(2);
        let occurrence = occurrence.named(Key::Command, Fact::Name(data.quoted_command()));
        _ = occurrence.named(Key::Reply, Fact::Name(late.quoted()));
    }
}

fn too_many(session: &Session, found: &mut Found) {
    let counters = &session.transport.counters;
    let is_extra = |subject: &Subject| match subject {
        // 220 may be a greeting that a proxy has passed on; 221 is a farewell.
        Subject::Smtp(smtp::Subject::Reply { to: ReplyTo::Nothing, code, .. }) => {
            matches!(code, 200..=399) && !matches!(code, 220 | 221)
        }
        Subject::Pop3(subject) => matches!(subject.what, pop3::What::Reply { to: None, ok: true, .. }),
        _ => false,
    };
    let Some(at) = session.steps.iter().position(|step| is_extra(&step.subject)) else { return };
    let (before, rest) = session.steps.split_at(at);
    let is_plain = |subject: &Subject| !matches!(subject, Subject::Proxy(_) | Subject::Unknown | Subject::Cut);
    let is_whole = session.transport.from_start
        && counters.client_missing + counters.server_missing == 0
        && (session.tls.mode == TlsMode::None || session.tls.decrypted)
        && session.via.is_none()
        && before.first().is_some_and(|step| step.kind == Kind::Greeting && step.from == Side::Server)
        && before.iter().all(|step| is_plain(&step.subject));
    let last = before.iter().rev().find(|step| step.from == Side::Server && step.answers.is_some());
    if let (true, Some(extra), Some(last)) = (is_whole, rest.first(), last) {
        found.at([last.n, extra.n]).fact(Fact::Name(extra.quoted()));
    }
}

#[cfg(test)]
mod tests {
    has!(
        content_answered_twice,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\n\
         S: 354 go\nC: text\nC: .\nS: 250 ok\nS: 250 queued" => [11, 12]
    );
    has!(
        pop3_answers_twice,
        "S: +OK hi\nC: USER bob\nS: +OK\nS: +OK bob\nC: PASS x\nS: +OK in\nC: STAT\nS: +OK 0 0" => [3, 4]
    );
    has_not!(
        pop3_pipelined,
        "S: +OK hi\nC: USER bob\nS: +OK\nC: PASS x\nS: +OK in\nC: STAT\nC: NOOP\nS: +OK 0 0\nS: +OK"
    );
    has_not!(
        pipelined,
        "S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 PIPELINING\nC: MAIL FROM:<a@b>\nC: RCPT TO:<c@d>\nC: DATA\nS: 250 ok\n\
         S: 250 ok\nS: 354 go"
    );
    has_not!(a_server_that_closes, "S: 220 mx\nC: HELO a\nS: 250 mx\nS: 421 4.3.2 shutting down");
    has_not!(replies_are_missing, "S: 220 mx\nC: HELO a\nS~ 20\nS: 250 ok\nS: 250 ok");
    has_not!(a_capture_that_begins_later, "S: 250 ok\nS: 250 ok");
    has!(
        one_of_several_commands_is_swallowed,
        "S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 PIPELINING\nC: MAIL FROM:<a@b>\nC: RCPT TO:<c@d>\nC: DATA\nS: 250 ok\n\
         S: 354 go" => [5, 6, 8]
    );
    has!(
        each_reply_is_one_late,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: DATA\nS: 250 ok\nC: RSET\nS: 354 go" => [6, 8, 9]
    );
    has_not!(
        a_client_that_waited_for_the_reply,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\n@ 60\nC: RSET\nS: 250 ok\nC: QUIT\nS: 221 bye"
    );
    has_not!(quit_ends_it, "S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 PIPELINING\nC: RSET\nC: QUIT\nS: 250 ok");
}
