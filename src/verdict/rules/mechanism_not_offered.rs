use crate::protocol::event::LoginCause;
use crate::session::{Session, logins as offers};
use crate::verdict::logins;
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};

/// The client asked for a way to log in that the server does not offer: its list of capabilities names other
/// mechanisms, or none, or the server says so in its reply.
///
/// It matters because neither user name nor password are the cause: the server has not looked at them.
///
/// Not: a mechanism that the server's list lacks and that it accepts, or goes along with, all the same; and not a
/// login that is refused until TLS is there.
///
/// RFC 4954, section 4: a mechanism that is not offered gets 504, at many servers 535 or 503. RFC 5034, section 3
/// (POP3); RFC 3501, section 6.2.2 (IMAP).
pub const RULE: Rule = Rule {
    id: "mechanism-not-offered",
    severity: Severity::Medium,
    class: Class::Failure,
    because_of: &[],
    since: "0.2.0",
    rank: 50,
    reference: Some("RFC 4954, section 4"),
    needs: Needs::NONE,
    in_silence: false,
    words: Words {
        en: Text {
            title: "The server does not offer this way to log in",
            detail: "The client asked for a mechanism that the server does not offer here. The server has not checked the user name and the password, which may well be right.",
            remedy: "Let the client use a mechanism that the server lists. Where it lists none, log in on the port for submission (587 or 465), or only after STARTTLS: many servers offer logins only there. Otherwise let the server's administrator enable the mechanism.",
        },
        zh: Text {
            title: "服务器不提供这种登录方式",
            detail: "客户请求的认证方式不在服务器提供之列。服务器并未核对用户名和密码，它们很可能是正确的。",
            remedy: "让客户改用服务器列出的认证方式。如果服务器一种也没有列出，应改用提交端口（587 或 465），或在 STARTTLS 之后再登录，许多服务器只在那里允许登录；否则应请服务器管理员启用该方式。",
        },
    },
    sentences: &[
        Sentence { en: "{0}: {1}", zh: "{0}：{1}" },
        Sentence {
            en: "{0} was asked for; the server's list has {1}. {2}",
            zh: "请求的是 {0}，而服务器列出的是 {1}。{2}",
        },
        Sentence {
            en: "{0} was asked for, and the server's list has no login at all. {1}",
            zh: "请求的是 {0}，而服务器的列表中没有任何登录方式。{1}",
        },
    ],
    check,
};

fn check(session: &Session, found: &mut Found) {
    let mut refused = logins::refused_for(session, LoginCause::MechanismNotOffered).peekable();
    if refused.peek().is_none() {
        return;
    }
    let lists = logins::lists(session);
    let mut listed: Vec<&str> = Vec::new();
    for name in offers::offered(session.protocol, &session.capabilities) {
        // `AUTH=` repeats for old clients what AUTH lists.
        if !listed.contains(&name) {
            listed.push(name);
        }
    }
    let accepted = logins::last_accepted(session);
    for login in refused {
        let list = login.steps.first().and_then(|&n| logins::list_before(&lists, n));
        let is_offered = offers::is_offered(session.protocol, &session.capabilities, &login.mechanism);
        let occurrence = found.at(login.steps.iter().copied().chain(list));
        let occurrence =
            occurrence.named(Key::Mechanism, logins::mechanism(login)).severity(logins::severity(login, accepted));
        // The list is the last one: where it is not from before the login, it says nothing of it.
        let said = match (is_offered, list == lists.last().copied()) {
            (Some(false), true) if listed.is_empty() => occurrence.says(2),
            (Some(false), true) => occurrence.says(1).named(Key::Name, Fact::Name(listed.join(" "))),
            _ => occurrence,
        };
        if let Some(reply) = logins::reply(login) {
            said.named(Key::Reply, reply);
        }
    }
}

#[cfg(test)]
mod tests {
    has!(
        not_in_the_list,
        "S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 AUTH PLAIN LOGIN\nC: AUTH XOAUTH2 dXNlcj1ib2IBYXV0aD1CZWFyZXIgeWEyOS54AQE=\n\
         S: 535 5.7.8 authentication failed: Invalid authentication mechanism" => [3, 4, 5]
    );
    has!(
        not_in_the_list_and_refused_without_a_reason,
        "S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 AUTH LOGIN\nC: AUTH PLAIN AGJvYgBzZWNyZXQ=\nS: 535 5.7.8 authentication failed" => [3, 4, 5]
    );
    has!(
        none_in_the_list,
        "S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 SIZE\nC: AUTH LOGIN\nS: 503 5.5.1 Error: authentication not enabled" => [3, 4, 5]
    );
    has!(
        none_in_the_list_and_no_such_command,
        "S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 SIZE\nC: AUTH LOGIN\nS: 500 5.5.1 command not recognized" => [3, 4, 5]
    );
    has!(
        after_helo_there_is_no_list,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: AUTH LOGIN\nS: 503 AUTH command used when not advertised" => [4, 5]
    );
    has!(
        imap,
        "S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\nC: a AUTHENTICATE CRAM-MD5\nS: a NO failed" => [1, 2, 3]
    );
    has_not!(
        imap_by_a_client_that_is_in_already,
        "S: * OK hi\nC: a LOGIN bob x\nS: a OK [CAPABILITY IMAP4rev1 SASL-IR] User logged in\n\
         C: b AUTHENTICATE PLAIN AGJvYgBzZWNyZXQ=\nS: b BAD Already authenticated"
    );
    has!(
        imap_after_unauthenticate,
        "S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi\nC: a LOGIN bob x\nS: a OK in\nC: b UNAUTHENTICATE\nS: b OK out\n\
         C: c AUTHENTICATE CRAM-MD5\nS: c BAD no" => [1, 6, 7]
    );
    has!(
        pop3,
        "S: +OK ready\nC: CAPA\nS: +OK\nS: SASL PLAIN\nS: .\nC: AUTH NTLM\nS: -ERR no" => [3, 4, 5]
    );
    has_not!(
        the_server_goes_along_with_it_and_the_password_is_wrong,
        "S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 AUTH PLAIN\nC: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: Ym9i\nS: 334 UGFzc3dvcmQ6\n\
         C: c2VjcmV0\nS: 535 5.7.8 authentication failed"
    );
    has_not!(
        in_the_list,
        "S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250-AUTH=LOGIN\nS: 250 AUTH LOGIN plain\nC: AUTH PLAIN AGJvYgBzZWNyZXQ=\nS: 535 5.7.8 failed"
    );
    has_not!(
        accepted_all_the_same,
        "S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 AUTH LOGIN\nC: AUTH PLAIN AGJvYgBzZWNyZXQ=\nS: 235 ok"
    );
    has_not!(without_a_list, "S: 220 mx\nC: HELO a\nS: 250 mx\nC: AUTH PLAIN AGJvYgBzZWNyZXQ=\nS: 535 5.7.8 failed");
    has_not!(
        before_tls,
        "S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 STARTTLS\nC: AUTH PLAIN AGJvYgBzZWNyZXQ=\nS: 530 5.7.0 Must issue a STARTTLS command first"
    );
    has_not!(
        a_list_from_before_tls_is_none,
        "S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 STARTTLS\nC: STARTTLS\nS: 220 go\nC: AUTH PLAIN AGJvYgBzZWNyZXQ=\nS: 535 5.7.8 failed"
    );
    has_not!(
        its_reply_was_not_captured,
        "S: * OK [CAPABILITY IMAP4rev1 AUTH=CRAM-MD5] ready\nC: a AUTHENTICATE PLAIN AGJvYgBzZWNyZXQ=\nS~ 30\nC: b LOGOUT\n\
         S: * BYE Logging out\nS: b OK"
    );
    has_not!(
        the_server_says_that_the_password_is_wrong,
        "S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 AUTH LOGIN\nC: AUTH PLAIN AGJvYgBzZWNyZXQ=\nS: 535 5.7.8 bad user name or password"
    );
}
