use crate::protocol::Protocol;
use crate::session::Session;
use crate::session::model::TlsMode;
use crate::verdict::encryption::{self, List};
use crate::verdict::rule::{Class, Found, Needs, Rule, Severity, Text, Words};

/// A list of capabilities offers STARTTLS or STLS, the client never asks for it, and a password, a token or a message
/// crosses in the clear.
///
/// It matters because it is the client that has to change.
///
/// Not: where the client asks and is refused (tls-refused); LMTP, and connections within one machine, which need
/// none; a session without anything to hide.
///
/// RFC 8314, section 3: use of TLS.
pub const RULE: Rule = Rule {
    id: "tls-offered-not-used",
    severity: Severity::Low,
    class: Class::Weakness,
    because_of: &[],
    since: "0.1.0",
    rank: 71,
    reference: Some("RFC 8314, section 3"),
    needs: Needs::TEXTS,
    in_silence: false,
    words: Words {
        en: Text {
            title: "The client does not use the encryption that the server offers",
            detail: "The server offers STARTTLS (STLS), and the client has sent or fetched a password, a token or a \
                     message in the clear without asking for it.",
            remedy: "Set the client to use TLS, and let the server refuse log-ins without it.",
        },
        zh: Text {
            title: "服务器提供加密，客户没有使用",
            detail: "服务器提供 STARTTLS（STLS），客户没有使用，密码、令牌或邮件以明文传送。",
            remedy: "在邮件客户端中启用 TLS，并让服务器拒绝未加密的登录。",
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
    if let Some(list) = encryption::lists(session).and_then(|mut lists| lists.rfind(List::offers_tls))
        && encryption::requests(session).is_empty()
    {
        found.at([list.step.n, exposed]);
    }
}

#[cfg(test)]
mod tests {
    has!(
        a_message,
        "S: 220 mx\nC: EHLO a\nS| 250-mx\\r\\n250 STARTTLS\\r\\n\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\n\
         S: 250 ok\nC: DATA\nS: 354 go\nC: Subject: hi\nC:\nC: text\nC: .\nS: 250 ok" => [3, 4]
    );
    has!(a_login, "S: * OK [CAPABILITY IMAP4rev1 STARTTLS] ready\nC: a LOGIN bob secret\nS: a OK in" => [1, 2]);
    has_not!(
        used,
        "S: * OK [CAPABILITY IMAP4rev1 STARTTLS] ready\nC: a STARTTLS\nS: a OK go\nC: b LOGIN bob secret\nS: b OK in"
    );
    has_not!(
        refused,
        "S: * OK [CAPABILITY IMAP4rev1 STARTTLS] ready\nC: a STARTTLS\nS: a NO no\nC: b LOGIN bob secret\nS: b OK in"
    );
    has_not!(
        within_a_machine,
        "--- client 127.0.0.1, server 127.0.0.1:143\nS: * OK [CAPABILITY IMAP4rev1 STARTTLS] ready\nC: a LOGIN bob x\nS: a OK in"
    );
    has_not!(nothing_to_hide, "S: 220 mx\nC: EHLO a\nS| 250-mx\\r\\n250 STARTTLS\\r\\n\nC: QUIT\nS: 221 bye");
}
