use crate::flow::Side;
use crate::protocol::event::{Channel, Kind, StepId, Subject};
use crate::protocol::tls;
use crate::session::Session;
use crate::session::model::{Step, TlsMode};
use crate::verdict::encryption::{self, Request};
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};

/// Commands came after STARTTLS or STLS before the server had agreed, or replies in the clear after it had agreed and
/// before TLS began.
///
/// It matters because a receiver that does not empty its buffer takes them for what came inside TLS: an attacker who
/// can only write into the clear part gets commands or replies into the encrypted one.
///
/// Not: commands that come together before STARTTLS, which is the last of them (RFC 3207, section 4); a STARTTLS that
/// was refused; a capture that was decrypted; a server that speaks plain text because TLS never began.
///
/// CVE-2011-0411: Postfix, and many others since; RFC 3207, section 4.2.
pub const RULE: Rule = Rule {
    id: "starttls-injection",
    severity: Severity::High,
    class: Class::Weakness,
    because_of: &[],
    since: "0.1.0",
    rank: 6,
    reference: Some("CVE-2011-0411"),
    needs: Needs::TEXTS,
    in_silence: false,
    words: Words {
        en: Text {
            title: "Plain text was put in between STARTTLS and TLS",
            detail: "What crossed in the clear here, anybody on the way may have written. A program that keeps it, and \
                     reads it as if it had come inside TLS, obeys a stranger.",
            remedy: "Look who sent it. Let the client wait for the answer to STARTTLS and send nothing but TLS after \
                     it, and update a server or client that does not throw away what it has received when TLS begins.",
        },
        zh: Text {
            title: "STARTTLS 与 TLS 之间插入了明文",
            detail: "这里以明文传送的内容可能出自途中的任何人。如果程序保留这些内容，并当作 TLS 之内收到的来读取，就\
                     等于听从了陌生人。",
            remedy: "查明是谁发送的。客户应等待对 STARTTLS 的响应，之后只发送 TLS；TLS 开始时不丢弃已收内容的服务器\
                     或客户应当升级。",
        },
    },
    sentences: &[
        Sentence { en: "Together with STARTTLS came {0}.", zh: "随 STARTTLS 一起到达的还有 {0}。" },
        Sentence {
            en: "After its consent the server said in the clear: {0}", zh: "服务器同意之后又以明文说：{0}"
        },
    ],
    check,
};

/// Characters of a reply that are quoted.
const QUOTED: usize = 80;

fn check(session: &Session, found: &mut Found) {
    if session.tls.mode != TlsMode::StartTls {
        return;
    }
    let requests = encryption::requests(session);
    let Some(Request { command, reply: Some(reply) }) =
        requests.iter().find(|request| request.accepted() == Some(true))
    else {
        return;
    };
    for step in of_the_client(session, command, reply) {
        found.at([command.n, step.n, reply.n]).named(Key::Command, Fact::Name(step.quoted_command()));
    }
    let Some(hello) = encryption::hello(session) else { return };
    for step in of_the_server(session, reply.n, hello.n) {
        let text: String = step.quoted().chars().take(QUOTED).collect();
        found.at([reply.n, step.n]).named(Key::Reply, Fact::Name(text)).says(1);
    }
}

/// What the client said in the clear after its STARTTLS, without waiting for the reply. It need not stand before the reply:
/// a dialogue keeps it back until the server has decided.
fn of_the_client<'a>(session: &'a Session, command: &Step, reply: &Step) -> impl Iterator<Item = &'a Step> {
    let (after, before) = (command.n, reply.time);
    session.steps.iter().filter(move |step| {
        step.n > after
            && step.from == Side::Client
            && step.channel == Channel::Clear
            && step.kind == Kind::Command
            && step.time < before
            && !step.quoted_command().is_empty()
    })
}

/// What the server said in the clear between its consent and the ClientHello.
fn of_the_server(session: &Session, reply: StepId, hello: StepId) -> impl Iterator<Item = &Step> {
    session.steps.iter().filter(move |step| {
        (reply..hello).contains(&step.n)
            && step.from == Side::Server
            && step.subject == Subject::Tls(tls::Subject::NotTls)
    })
}

#[cfg(test)]
mod tests {
    use crate::verdict::testing::tls::hello;

    has!(
        a_command_of_smtp,
        &format!("S: 220 mx\nC| STARTTLS\\r\\nNOOP injected\\r\\n\nS: 220 go\n{}", hello("")) => [2, 3, 4]
    );
    has!(
        a_command_of_pop3,
        &format!("S: +OK ready\nC| STLS\\r\\nCAPA\\r\\n\nS: +OK begin\n{}", hello("")) => [2, 3, 4]
    );
    has!(
        a_command_of_imap,
        &format!("S: * OK ready\nC| a STARTTLS\\r\\nb NOOP\\r\\n\nS: a OK begin\n{}", hello("")) => [2, 3, 4]
    );
    has!(a_reply_of_smtp, &format!("S: 220 mx\nC: STARTTLS\nS| 220 go\\r\\n250 injected\\r\\n\n{}", hello("")) => [3, 4]);
    has!(
        a_reply_of_imap,
        &format!("S: * OK ready\nC: a STARTTLS\nS| a OK begin\\r\\n* CAPABILITY IMAP4rev1\\r\\n\n{}", hello("")) => [3, 4]
    );
    has!(a_reply_of_pop3, &format!("S: +OK ready\nC: STLS\nS| +OK go\\r\\n+OK injected\\r\\n\n{}", hello("")) => [3, 4]);
    has_not!(
        it_is_the_last_of_a_group,
        &format!("S: 220 mx\nC| NOOP\\r\\nSTARTTLS\\r\\n\nS: 250 ok\nS: 220 go\n{}", hello(""))
    );
    has_not!(refused, "S: 220 mx\nC| STARTTLS\\r\\nNOOP\\r\\n\nS: 454 not now\nS: 250 ok");
    has_not!(decrypted, "S: 220 mx\nC: STARTTLS\nS: 220 go\nC: EHLO a\nS: 250 mx");
    has_not!(a_server_that_waits_in_vain, "S: 220 mx\nC: STARTTLS\nS: 220 go\nS: 421 timeout");
}
