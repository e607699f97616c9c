use crate::protocol::Protocol;
use crate::protocol::event::Delivery;
use crate::session::Session;
use crate::session::model::Message;
use crate::verdict::logins;
use crate::verdict::rule::{Class, Found, Needs, Rule, Severity, Text, Words};

/// A port for submission (587, 465) took a message from a client that had not logged in.
///
/// It matters because the server then takes mail from anybody who can reach that port.
///
/// Not: port 25, where servers take mail for their own users from other servers; not a session of which the beginning
/// or a part is not in the capture; not one behind a proxy, which may have asked for the login.
///
/// RFC 6409, section 4.3.
pub const RULE: Rule = Rule {
    id: "unauthenticated-submission",
    severity: Severity::Low,
    class: Class::Weakness,
    because_of: &[],
    since: "0.2.0",
    rank: 34,
    reference: Some("RFC 6409, section 4.3"),
    needs: Needs::NONE,
    in_silence: false,
    words: Words {
        en: Text {
            title: "A submission port took mail without a login",
            detail: "On a port for submission, the server accepted a message although the client had not logged in. Anybody who can reach this port can send mail through it, unless the server knows its clients by other means (their addresses, say).",
            remedy: "Let the server demand a login on this port, or let only the hosts that need it reach it.",
        },
        zh: Text {
            title: "提交端口未要求登录即接收邮件",
            detail: "在邮件提交端口上，客户没有登录，服务器就接收了邮件。除非服务器用其他办法（例如客户地址）识别客户，否则凡能连到该端口的人都可以通过它发送邮件。",
            remedy: "服务器应在该端口要求登录，或只允许需要的主机访问它。",
        },
    },
    sentences: &[],
    check,
};

/// Ports for submission: IANA's, and those of providers.
const PORTS: [u16; 5] = [465, 587, 588, 2465, 2587];

fn check(session: &Session, found: &mut Found) {
    let is_accepted = |message: &&Message| message.outcome == Some(Delivery::Accepted);
    if session.protocol != Protocol::Smtp
        || !PORTS.contains(&session.transport.endpoints.server.port())
        || !session.messages.iter().any(|message| is_accepted(&message))
        || logins::may_be_logged_in(session)
    {
        return;
    }
    found.at(session.messages.iter().filter(is_accepted).flat_map(|message| message.steps.iter().copied()));
}

#[cfg(test)]
mod tests {
    const MAIL: &str =
        "C: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\nS: 354 go\nC: hi\nC: .\nS: 250 ok";

    fn is_found(before: &str) -> bool {
        crate::verdict::testing::evidence(&super::RULE, &format!("{before}\n{MAIL}")).is_some()
    }

    #[test]
    fn has_a_message_without_a_login_on_a_port_for_submission() {
        assert!(is_found("--- server 192.0.2.25:587\nS: 220 mx\nC: EHLO a\nS: 250 AUTH PLAIN"));
        let refused = "C: AUTH PLAIN AGJvYgBzZWNyZXQ=\nS: 535 no";
        assert!(is_found(&format!("--- server 192.0.2.25:587\nS: 220 mx\nC: EHLO a\nS: 250 AUTH PLAIN\n{refused}")));
    }

    #[test]
    fn a_login_and_what_may_have_been_one_are_none() {
        assert!(!is_found("--- server 192.0.2.25:25\nS: 220 mx\nC: EHLO a\nS: 250 AUTH PLAIN"));
        assert!(!is_found("--- server 192.0.2.25:587\nS: 220 mx\nC: EHLO a\nS: 250 a\nS~ 20"));
        let login = "C: AUTH PLAIN AGJvYgBzZWNyZXQ=\nS: 235 ok";
        assert!(!is_found(&format!("--- server 192.0.2.25:587\nS: 220 mx\nC: EHLO a\nS: 250 AUTH PLAIN\n{login}")));
    }

    has_not!(
        a_message_that_is_refused,
        "--- server 192.0.2.25:587\nS: 220 mx\nC: EHLO a\nS: 250 a\nC: MAIL FROM:<a@b>\nS: 530 5.7.0 Authentication required"
    );
}
