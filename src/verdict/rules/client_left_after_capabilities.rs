use crate::flow::Side;
use crate::protocol::event::Subject;
use crate::protocol::{Protocol, pop3};
use crate::session::Session;
use crate::session::model::Step;
use crate::verdict::encryption::{self, List};
use crate::verdict::ending;
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};

/// The client read the list of capabilities, which offers no way to log in, and left without a try.
///
/// It matters because nothing was refused: what the server does not offer is the only reason that the session shows.
///
/// Not: a list that offers a way to log in, now or behind STARTTLS; not SMTP on other ports than that of submission, where
/// nobody has to log in: a session of EHLO and QUIT is a monitor's; and not where anything else was tried.
///
/// RFC 6409, section 4.3: submission needs AUTH. RFC 2449, section 6; RFC 9051, section 7.2.2 (LOGINDISABLED). What a
/// message needed that another session shows is told there, under the same name.
pub const RULE: Rule = Rule {
    id: "client-left-after-capabilities",
    severity: Severity::Info,
    class: Class::Failure,
    because_of: &["starttls-stripped"],
    since: "0.2.0",
    rank: 58,
    reference: Some("RFC 6409, section 4.3"),
    needs: Needs::TEXTS,
    in_silence: false,
    words: Words {
        en: Text {
            title: "The client left after the list of capabilities",
            detail: "The server's list offers no way to log in, neither now nor behind STARTTLS. The client read it, and left \
                     without a try.",
            remedy: "Enable what is missing on the server (AUTH or a SASL mechanism, and TLS), or have the client use the \
                     port on which it is offered.",
        },
        zh: Text {
            title: "客户看到功能列表后离开",
            detail: "服务器的列表没有提供任何登录方式：现在没有，STARTTLS 之后也没有。客户读完列表，什么也没尝试就离开了。",
            remedy: "在服务器上启用所缺的功能（AUTH 或 SASL 机制，以及 TLS），或让客户改用提供这些功能的端口。",
        },
    },
    sentences: &[Sentence { en: "Not offered: {0}", zh: "未提供：{0}" }],
    check,
};

fn check(session: &Session, found: &mut Found) {
    if session.protocol == Protocol::Lmtp
        || ending::is_incomplete(session)
        || session.via.is_some()
        || !session.credentials.is_empty()
        || session.steps.len() > 12
    {
        return;
    }
    let Some(list) = encryption::lists(session).and_then(|mut lists| lists.next_back()) else { return };
    let Some(missing) = missing(session, &list) else { return };
    let said_goodbye = |step: &&Step| step.from == Side::Client && step.n > list.step.n;
    let after: Vec<&Step> = session.steps.iter().filter(said_goodbye).collect();
    let left_first = ending::left(session).is_some_and(|(side, _)| side == Side::Client);
    let goes = if after.is_empty() { left_first } else { after.iter().all(|step| ending::is_goodbye(step)) };
    // What was asked for and refused is another matter.
    if goes && !session.steps.iter().any(ending::is_refusal_of_a_command) {
        let steps = [list.step.n].into_iter().chain(after.iter().map(|step| step.n));
        _ = found.at(steps).named(Key::Name, Fact::Name(missing.to_owned()));
    }
}

/// What one would need to log in, where the list has none of it.
fn missing(session: &Session, list: &List<'_>) -> Option<&'static str> {
    let has_any = |names: &[&str]| names.iter().any(|name| list.has(name));
    match session.protocol {
        Protocol::Smtp => {
            let is_submission = session.transport.endpoints.server.port() == 587;
            (is_submission && !list.offers_tls() && !has_any(&["AUTH", "XAUTH", "X-EXPS"])).then_some("AUTH, STARTTLS")
        }
        Protocol::Pop3 => {
            let greets_for_apop = session.steps.iter().any(|step| {
                matches!(
                    &step.subject,
                    Subject::Pop3(pop3::Subject { what: pop3::What::Greeting { apop: true, .. }, .. })
                )
            });
            let offers = list.offers_tls() || greets_for_apop || has_any(&["USER", "SASL", "APOP", "AUTH"]);
            (!offers).then_some("USER, SASL, STLS")
        }
        Protocol::Imap => {
            let offers = list.offers_tls()
                || !list.has("LOGINDISABLED")
                || list.keywords().any(|word| word.get(..5).is_some_and(|word| word.eq_ignore_ascii_case("AUTH=")));
            (!offers).then_some("LOGIN, AUTH=, STARTTLS")
        }
        Protocol::Lmtp => None,
    }
}

#[cfg(test)]
mod tests {
    const SUBMISSION: &str = "--- server 10.0.0.2:587\nS: 220 mx\nC: EHLO a\n";
    has!(
        submission_without_auth,
        &format!("{SUBMISSION}S: 250-mx\nS: 250 SIZE 1000\nC: QUIT\nS: 221 bye") => [3, 4]
    );
    has!(
        pop3_without_a_login,
        "S: +OK ready\nC: CAPA\nS| +OK\\r\\nTOP\\r\\nUIDL\\r\\n.\\r\\n\nC: QUIT\nS: +OK" => [3, 4]
    );
    has!(
        imap_with_logindisabled,
        "S: * OK hi\nC: a CAPABILITY\nS: * CAPABILITY IMAP4rev1 LOGINDISABLED\nS: a OK\nC: b LOGOUT\nS: * BYE\nS: b OK" => [3, 5]
    );
    has_not!(auth_is_offered, &format!("{SUBMISSION}S: 250-mx\nS: 250 AUTH PLAIN\nC: QUIT\nS: 221 bye"));
    has_not!(behind_tls, &format!("{SUBMISSION}S: 250-mx\nS: 250 STARTTLS\nC: QUIT\nS: 221 bye"));
    has_not!(a_monitor_of_a_relay, "S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 SIZE 1000\nC: QUIT\nS: 221 bye");
    has_not!(
        mail_was_tried,
        &format!("{SUBMISSION}S: 250-mx\nS: 250 SIZE 1000\nC: MAIL FROM:<a@b>\nS: 530 no\nC: QUIT\nS: 221 bye")
    );
    has_not!(pop3_with_user, "S: +OK ready\nC: CAPA\nS| +OK\\r\\nUSER\\r\\n.\\r\\n\nC: QUIT\nS: +OK");
    has_not!(pop3_with_apop, "S: +OK ready <1.2@a>\nC: CAPA\nS| +OK\\r\\nTOP\\r\\n.\\r\\n\nC: QUIT\nS: +OK");
    has_not!(
        imap_with_starttls,
        "S: * OK hi\nC: a CAPABILITY\nS: * CAPABILITY IMAP4rev1 LOGINDISABLED STARTTLS\nS: a OK\nC: b LOGOUT\nS: * BYE\nS: b OK"
    );
}
