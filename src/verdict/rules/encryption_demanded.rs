use crate::protocol::event::{Channel, LoginCause};
use crate::protocol::smtp::Said;
use crate::session::Session;
use crate::session::model::{TlsMode, Variant};
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};

/// The server refuses a log-in or a command because the connection is not encrypted: by its code (538, 5.7.11,
/// PRIVACYREQUIRED) or in its words.
///
/// It matters because it is a matter of the client's settings, and looks like a wrong password to its user.
///
/// Severity is low where the client then began TLS.
///
/// Not: a demand to log in first; a server that knows no log-in at all here; a refusal inside TLS.
///
/// RFC 3207, section 4: 530; RFC 4954, section 6: 538; RFC 5530: PRIVACYREQUIRED.
pub const RULE: Rule = Rule {
    id: "encryption-demanded",
    severity: Severity::Medium,
    class: Class::Failure,
    because_of: &["starttls-stripped", "login-despite-logindisabled", "tls-refused"],
    since: "0.1.0",
    rank: 23,
    reference: Some("RFC 3207, section 4"),
    needs: Needs::TEXTS,
    in_silence: false,
    words: Words {
        en: Text {
            title: "The server demands encryption first",
            detail: "The server takes no log-in, or no mail, on a connection that is not encrypted.",
            remedy: "Let the client use STARTTLS (STLS) before, or a port on which TLS comes first (465, 993, 995). A \
                     client that is set to use TLS only where possible must be set to insist on it.",
        },
        zh: Text {
            title: "服务器要求先加密",
            detail: "连接未加密时，服务器不接受登录或邮件。",
            remedy: "客户应先使用 STARTTLS（STLS），或改用一开始就是 TLS 的端口（465、993、995）；设为“尽可能使用 TL\
                     S”的客户应改为“必须使用”。",
        },
    },
    sentences: &[Sentence { en: "It said: {0}", zh: "服务器的答复：{0}" }],
    check,
};

/// Characters of a reply that are quoted.
const QUOTED: usize = 120;

fn check(session: &Session, found: &mut Found) {
    let demands = session.steps.iter().filter(|step| {
        step.channel == Channel::Clear
            && match step.variant {
                Variant::Said(said) => said == Said::EncryptionFirst,
                Variant::Refused(cause) => cause == LoginCause::EncryptionDemanded,
                // X.7.10 and X.7.11 (RFC 5248) say it where the words are not known.
                _ => {
                    step.code().is_some_and(|code| code >= 400)
                        && step.enhanced().is_some_and(|status| matches!(status.topic(), (7, 10 | 11)))
                }
            }
    });
    for (n, step) in demands.enumerate() {
        let occurrence = found.at(step.answers.into_iter().chain([step.n]));
        // One of them says it for all.
        if n == 0 {
            let text = step.quoted().lines().next().unwrap_or_default().chars().take(QUOTED).collect();
            let severity = if session.tls.mode == TlsMode::StartTls { Severity::Low } else { Severity::Medium };
            occurrence.named(Key::Reply, Fact::Name(text)).severity(severity);
        }
    }
}

#[cfg(test)]
mod tests {
    has!(
        before_mail,
        "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 530 5.7.0 Must issue a STARTTLS command first" => [4, 5]
    );
    has!(
        before_a_login,
        "S: 220 mx\nC: EHLO a\nS: 250 AUTH PLAIN\nC: AUTH PLAIN AGJvYgBzZWNyZXQ=\nS: 538 5.7.11 no" => [4, 5]
    );
    has!(
        before_a_login_of_pop3,
        "S: +OK ready\nC: USER bob\nS: -ERR [AUTH] Plaintext authentication disallowed on non-secure (SSL/TLS) connections." => [2, 3]
    );
    has!(before_a_login_of_imap, "S: * OK ready\nC: a LOGIN bob secret\nS: a NO [PRIVACYREQUIRED] no" => [2, 3]);
    has!(by_its_code, "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 523 5.7.10 no" => [4, 5]);
    has!(
        before_a_login_of_pop3_in_other_words,
        "S: +OK ready\nC: USER bob\nS: -ERR Command is not valid in this state, use STLS" => [2, 3]
    );
    has!(
        before_a_login_in_other_words,
        "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: AUTH PLAIN AGJvYgBzZWNyZXQ=\nS: 503 AUTH not available until TLS" => [4, 5]
    );
    has!(
        before_a_login_of_imap_in_other_words,
        "S: * OK ready\nC: a LOGIN bob secret\nS: a NO Login is disabled; use STARTTLS" => [2, 3]
    );
    has_not!(
        a_login_is_demanded,
        "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 530 5.7.0 Authentication required"
    );
    has_not!(a_wrong_password, "S: * OK ready\nC: a LOGIN bob secret\nS: a NO [AUTHENTICATIONFAILED] no");
    has_not!(
        the_mechanism_is_not_offered,
        "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: AUTH PLAIN AGJvYgBzZWNyZXQ=\nS: 503 5.5.1 AUTH not available"
    );
}
