use crate::protocol::event::Subject;
use crate::protocol::imap::State;
use crate::protocol::pop3;
use crate::session::Session;
use crate::session::model::{Step, TlsMode};
use crate::verdict::encryption;
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};

/// A STARTTLS or STLS was answered by a refusal: 454 or another 4xx or 5xx, -ERR, NO, BAD.
///
/// It matters because the session goes on without protection, or ends.
///
/// Not: an IMAP client that is logged in already, to which STARTTLS is not open any more (RFC 9051, section 6.2.1), whatever
/// words the server has for it; nor one of POP3 (RFC 2595, section 4).
///
/// Severity is low where a later attempt succeeds.
///
/// Not: a second STARTTLS inside TLS; one whose reply is not in the capture; a handshake that fails after the server
/// has agreed (tls-alert).
///
/// RFC 3207, section 4; RFC 2595, sections 3 and 4.
pub const RULE: Rule = Rule {
    id: "tls-refused",
    severity: Severity::Medium,
    class: Class::Failure,
    because_of: &["starttls-stripped", "preauth-blocks-starttls"],
    since: "0.1.0",
    rank: 22,
    reference: Some("RFC 3207, section 4"),
    needs: Needs::TEXTS,
    in_silence: false,
    words: Words {
        en: Text {
            title: "The server refused to begin TLS",
            detail: "The client asked for encryption and did not get it. What follows crosses in the clear, or the \
                     client gives up.",
            remedy: "Look at the server's log: often its certificate or key cannot be read, or TLS is not set up. 454 \
                     is for the moment only: the client may try again.",
        },
        zh: Text {
            title: "服务器拒绝启用 TLS",
            detail: "客户请求加密，未获同意。此后的内容以明文传送，或者客户放弃。",
            remedy: "查看服务器日志：常见原因是证书或密钥无法读取，或没有配置 TLS。454 只表示暂时不行，客户可以重试\
                     。",
        },
    },
    sentences: &[Sentence { en: "It said: {0}", zh: "服务器的答复：{0}" }],
    check,
};

/// Characters of a reply that are quoted.
const QUOTED: usize = 120;

fn check(session: &Session, found: &mut Found) {
    let severity = if session.tls.mode == TlsMode::StartTls { Severity::Low } else { Severity::Medium };
    for request in encryption::requests(session) {
        if let Some(reply) = request.reply.filter(|reply| request.accepted() == Some(false) && !is_after_login(reply)) {
            let text = reply.quoted().lines().next().unwrap_or_default().chars().take(QUOTED).collect();
            let mut occurrence = found.at([request.command.n, reply.n]).named(Key::Reply, Fact::Name(text));
            if let Some(code) = reply.code() {
                occurrence = occurrence.fact(Fact::Code(code));
            }
            occurrence.severity(severity);
        }
    }
}

fn is_after_login(reply: &Step) -> bool {
    match &reply.subject {
        Subject::Imap(imap) => matches!(imap.state, State::Authenticated | State::Selected),
        Subject::Pop3(pop3) => pop3.state == pop3::State::Transaction,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    has!(for_the_moment, "S: 220 mx\nC: STARTTLS\nS: 454 4.7.0 TLS not available due to local problem" => [2, 3]);
    has!(of_pop3, "S: +OK ready\nC: STLS\nS: -ERR no" => [2, 3]);
    has!(of_imap, "S: * OK ready\nC: a STARTTLS\nS: a BAD what" => [2, 3]);
    has_not!(
        of_imap_after_the_login,
        "S: * OK ready\nC: a LOGIN bob x\nS: a OK in\nC: b STARTTLS\nS: b BAD Error in IMAP command STARTTLS: Unknown command"
    );
    has_not!(
        of_pop3_after_the_login,
        "S: +OK hi\nC: USER bob\nS: +OK\nC: PASS x\nS: +OK in\nC: STLS\nS: -ERR Unknown command: STLS"
    );
    has_not!(accepted, "S: 220 mx\nC: STARTTLS\nS: 220 go\nC: EHLO a\nS: 250 mx");
    has_not!(within_tls, "S: 220 mx\nC: STARTTLS\nS: 220 go\nC: STARTTLS\nS: 503 5.5.1 already");
    has_not!(the_reply_is_not_known, "S: 220 mx\nC: STARTTLS");
}
