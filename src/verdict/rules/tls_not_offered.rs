use crate::flow::Side;
use crate::protocol::Protocol;
use crate::protocol::event::Kind;
use crate::session::Session;
use crate::session::model::TlsMode;
use crate::verdict::encryption::{self, List};
use crate::verdict::evidence;
use crate::verdict::rule::{Class, Found, Needs, Rule, Severity, Text, Words};

/// No list of capabilities before the log-in or the message offers STARTTLS or STLS, and a password, a token or a
/// message crossed in the clear.
///
/// It matters because it is the server that has to change, and not the client.
///
/// Not: where the list, or some of it, is not in the capture; LMTP, and connections within one machine, which need
/// none; a list in which the offer is masked (starttls-stripped); a session without anything to hide.
///
/// RFC 8314, section 3: use of TLS.
pub const RULE: Rule = Rule {
    id: "tls-not-offered",
    severity: Severity::Low,
    class: Class::Weakness,
    because_of: &["starttls-stripped"],
    since: "0.1.0",
    rank: 70,
    reference: Some("RFC 8314, section 3"),
    needs: Needs::TEXTS,
    in_silence: false,
    words: Words {
        en: Text {
            title: "The server offers no encryption",
            detail: "The server's list of what it can do has no STARTTLS (STLS), so the log-in or the message crossed \
                     in the clear: the client had no choice on this port.",
            remedy: "Set TLS up on the server: a certificate, and STARTTLS or a port on which TLS comes first.",
        },
        zh: Text {
            title: "服务器不提供加密",
            detail: "服务器的功能列表中没有 STARTTLS（STLS），登录或邮件只能以明文传送：客户在这个端口上别无选择。",
            remedy: "在服务器上配置 TLS：安装证书，启用 STARTTLS 或一开始就是 TLS 的端口。",
        },
    },
    sentences: &[],
    check,
};

fn check(session: &Session, found: &mut Found) {
    if session.tls.mode != TlsMode::None
        || session.tls.decrypted
        || session.protocol == Protocol::Lmtp
        || encryption::is_within_a_machine(session)
    {
        return;
    }
    let Some(exposed) = encryption::exposed(session) else { return };
    let Some(lists) = encryption::lists(session) else { return };
    let offered = || lists.clone().any(|list| list.offers_tls());
    if let Some(list) = lists.clone().next_back().filter(|list| is_whole(session, list) && !offered()) {
        found.at([list.step.n, exposed]);
    }
}

/// Neither a part of `list` nor another list, nor a log-in before it, has crossed unseen.
fn is_whole(session: &Session, list: &List) -> bool {
    let after = session.steps.iter().skip(usize::try_from(list.step.n).unwrap_or(usize::MAX));
    // The server's next step: a gap there may be the rest of the list.
    let next = after.into_iter().find(|step| step.from == Side::Server);
    session.transport.from_start
        && !evidence::has_gap(session, 0, list.step.n)
        && !next.is_some_and(|step| step.kind == Kind::Gap)
}

#[cfg(test)]
mod tests {
    has!(
        a_login,
        "S: +OK ready\nC: CAPA\nS| +OK\\r\\nUSER\\r\\n.\\r\\n\nC: USER bob\nS: +OK\nC: PASS secret\nS: +OK" => [3, 4]
    );
    has!(of_imap, "S: * OK [CAPABILITY IMAP4rev1] ready\nC: a LOGIN bob secret\nS: a OK [CAPABILITY IMAP4rev1] in" => [1, 2]);
    has_not!(
        offered,
        "S: +OK ready\nC: CAPA\nS| +OK\\r\\nSTLS\\r\\n.\\r\\n\nC: USER bob\nS: +OK\nC: PASS secret\nS: +OK"
    );
    has_not!(
        after_the_login_it_need_not_be_offered,
        "S: * OK [CAPABILITY IMAP4rev1 STARTTLS] ready\nC: a LOGIN bob secret\nS: a OK [CAPABILITY IMAP4rev1] in"
    );
    has_not!(
        the_log_in_was_not_captured,
        "C: a CAPABILITY\nS: * CAPABILITY IMAP4rev1 STARTTLS\nS: a OK\nC~ 30\nC: b CAPABILITY\nS: * CAPABILITY IMAP4rev1\nS: b OK\nC: c LOGIN bob x\nS: c OK"
    );
    has_not!(no_list_was_seen, "S: +OK ready\nC: USER bob\nS: +OK\nC: PASS secret\nS: +OK");
    has_not!(nothing_to_hide, "S: 220 mx\nC: EHLO a\nS| 250-mx\\r\\n250 SIZE 1000\\r\\n\nC: QUIT\nS: 221 bye");
}
