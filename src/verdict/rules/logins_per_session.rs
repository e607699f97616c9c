use crate::protocol::Protocol;
use crate::protocol::event::LoginOutcome;
use crate::session::Session;
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};

/// How often the client logged in within a session: in POP3 always, since every retrieval of mail begins with user
/// name and password; in the other protocols where it tried more than once.
///
/// It matters because each login is another chance to read the password on the way.
///
/// Not: how often a client logs in over all sessions, which the summary says.
///
/// RFC 1939, section 4: the AUTHORIZATION state.
pub const RULE: Rule = Rule {
    id: "logins-per-session",
    severity: Severity::Info,
    class: Class::Remark,
    because_of: &[],
    since: "0.2.0",
    rank: 95,
    reference: Some("RFC 1939, section 4"),
    needs: Needs::NONE,
    in_silence: false,
    words: Words {
        en: Text {
            title: "How often the client logged in",
            detail: "A POP3 client logs in anew each time it looks for mail, and most SMTP clients each time they send, where the server asks for it: each time the password, or a proof of it, crosses the network.",
            remedy: "Nothing is wrong. Inside TLS, none of these logins can be read.",
        },
        zh: Text {
            title: "客户登录的次数",
            detail: "POP3 客户每次收取邮件都要重新登录；SMTP 服务器要求登录时，客户每次发送邮件也要登录。每次登录，密码或由它算出的验证信息都会经过网络。",
            remedy: "这不是故障。在 TLS 之内，这些登录都无法被读取。",
        },
    },
    sentences: &[Sentence {
        en: "In this session: {0} tried, {1} accepted.",
        zh: "在本会话中：尝试 {0} 次，成功 {1} 次。",
    }],
    check,
};

fn check(session: &Session, found: &mut Found) {
    let logins = &session.credentials;
    let accepted = logins.iter().filter(|login| login.outcome == LoginOutcome::Accepted).count();
    if session.protocol == Protocol::Pop3 && accepted > 0 || logins.len() > 1 {
        let occurrence = found.at(logins.iter().flat_map(|login| login.steps.iter().copied()));
        occurrence.fact(Fact::Count(logins.len() as u64)).named(Key::By, Fact::Count(accepted as u64));
    }
}

#[cfg(test)]
mod tests {
    has!(pop3, "S: +OK ready\nC: USER bob\nS: +OK\nC: PASS secret\nS: +OK" => [2, 4, 5]);
    has!(
        tried_twice,
        "S: * OK ready\nC: a LOGIN bob one\nS: a NO wrong\nC: b LOGIN bob two\nS: b OK in" => [2, 3, 4, 5]
    );
    has_not!(once_in_imap, "S: * OK ready\nC: a LOGIN bob one\nS: a OK in");
    has_not!(refused_once, "S: +OK ready\nC: USER bob\nS: +OK\nC: PASS secret\nS: -ERR no");
    has_not!(without_a_login, "S: +OK ready\nC: QUIT\nS: +OK bye");
}
