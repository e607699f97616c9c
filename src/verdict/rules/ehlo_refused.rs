use crate::flow::Side;
use crate::protocol::event::Subject;
use crate::protocol::smtp::{self, ReplyTo, Said, Verb};
use crate::session::Session;
use crate::session::model::{Step, Variant};
use crate::verdict::ending;
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};

/// The server does not know EHLO (or LHLO), and the client left without another try, or without one that was accepted.
///
/// It matters because nothing was sent, and nothing else in the session says why: every SMTP server knows HELO, and the client
/// has to fall back to it.
///
/// Not: where HELO, or another EHLO, is accepted after it; not a server that refuses the client or its name (501, 550, 421),
/// which is `session-refused`; not where the server leaves first; and not where anything else was tried.
///
/// RFC 5321, section 2.2.1: HELO is the fallback that clients and servers have to know. Section 4.2.2: 500, 502, 503 and 504.
/// RFC 2033, section 4.1: LMTP has LHLO in place of both.
pub const RULE: Rule = Rule {
    id: "ehlo-refused",
    severity: Severity::Medium,
    class: Class::Failure,
    because_of: &["spoke-before-greeting"],
    since: "0.2.0",
    rank: 35,
    reference: Some("RFC 5321, section 2.2.1"),
    needs: Needs::TEXTS,
    in_silence: false,
    words: Words {
        en: Text {
            title: "The server does not know EHLO, and the client left",
            detail: "The server did not understand the first command of the client, or does not offer it. The client left \
                     after that, and nothing was sent.",
            remedy: "Have the client fall back to HELO after such a refusal, which every SMTP server knows; it can then use \
                     no extension, and so neither log in nor encrypt. Where the server should know EHLO, look for a \
                     firewall or proxy in between that overwrites it. An LMTP server takes LHLO alone.",
        },
        zh: Text {
            title: "服务器不认识 EHLO，客户随即离开",
            detail: "服务器不认识或不提供客户的第一条命令。客户随后离开，什么也没有发送。",
            remedy: "遇到这种拒绝时，客户应改用每个 SMTP 服务器都认识的 HELO；那样就不能使用扩展功能，因而既不能登录也不能加密。\
                     若服务器本应认识 EHLO，请检查中间是否有防火墙或代理改写了它。LMTP 服务器只接受 LHLO。",
        },
    },
    sentences: &[
        Sentence {
            en: "The client did not try HELO. The server said: {0}",
            zh: "客户没有尝试 HELO。服务器的答复：{0}",
        },
        Sentence {
            en: "HELO was refused, too. The server said: {0}", zh: "HELO 也被拒绝。服务器的答复：{0}"
        },
        Sentence { en: "The server said: {0}", zh: "服务器的答复：{0}" },
    ],
    check,
};

fn check(session: &Session, found: &mut Found) {
    if ending::is_incomplete(session) || ending::is_hidden(session) {
        return;
    }
    let (mut refusals, mut tried_helo, mut said_goodbye) = (Vec::new(), false, false);
    for step in &session.steps {
        match &step.subject {
            Subject::Smtp(smtp::Subject::Command(verb)) if verb.is_hello() => tried_helo |= *verb == Verb::Helo,
            Subject::Smtp(smtp::Subject::Reply { to: ReplyTo::Command(verb), .. }) if verb.is_hello() => {
                if !is_not_known(step) {
                    return;
                }
                refusals.push((*verb, step));
            }
            _ if ending::is_goodbye(step) => said_goodbye = true,
            _ if step.from == Side::Client || ending::is_farewell(step) && !said_goodbye => return,
            _ => {}
        }
    }
    let left_first = || ending::left(session).is_some_and(|(side, _)| side == Side::Client);
    let Some(&(verb, last)) = refusals.last() else { return };
    if refusals.iter().all(|(verb, _)| *verb == Verb::Helo) || !said_goodbye && !left_first() {
        return;
    }
    let steps = refusals.iter().flat_map(|(_, reply)| reply.answers.into_iter().chain([reply.n]));
    let sentence = match verb {
        Verb::Lhlo => 2,
        _ => usize::from(tried_helo),
    };
    _ = found.at(steps).says(sentence).named(Key::Reply, Fact::Name(last.quoted()));
}

/// The server does not know the command, or does not offer it (RFC 5321, section 4.2.2).
fn is_not_known(reply: &Step) -> bool {
    match reply.variant {
        Variant::Said(Said::UnknownCommand | Said::Lhlo) => reply.code().is_some_and(|code| code >= 500),
        Variant::Said(Said::EncryptionFirst) => false,
        _ => matches!(reply.code(), Some(500 | 502..=504)),
    }
}

#[cfg(test)]
mod tests {
    const EHLO: &str = "! syn\n! syn-ack\nS: 220 mx\nC: EHLO a\nS: 502 5.5.2 Error: command not recognized\n";

    has!(the_client_leaves, &format!("{EHLO}! fin client") => [2, 3]);
    has!(it_says_quit, &format!("{EHLO}C: QUIT\nS: 221 bye\n! fin server") => [2, 3]);
    has!(helo_is_not_known_either, &format!("{EHLO}C: HELO a\nS: 500 what\nC: QUIT\nS: 221 bye") => [2, 3, 4, 5]);
    has!(not_here, "S: 220 mx\nC: EHLO a\nS: 504 5.5.4 no\nC: QUIT\nS: 221 bye" => [2, 3]);
    has!(lhlo, "S: 220 mx\nC: LHLO a\nS: 500 5.5.1 Unrecognized command\nC: QUIT\nS: 221 bye" => [2, 3]);
    has_not!(helo_is_accepted, &format!("{EHLO}C: HELO a\nS: 250 mx\nC: QUIT\nS: 221 bye"));
    has_not!(ehlo_is_accepted_later, &format!("{EHLO}C: EHLO a\nS: 250 mx\n! fin client"));
    has_not!(the_client_is_refused, "S: 220 mx\nC: EHLO a\nS: 550 5.7.1 no\nC: QUIT\nS: 221 bye");
    has_not!(the_server_leaves, &format!("{EHLO}! fin server\n! fin client"));
    has_not!(it_sends_anyway, &format!("{EHLO}C: MAIL FROM:<a@b>\nS: 503 5.5.1 say HELO first\n! fin client"));
    has_not!(the_capture_ends, EHLO);
    has_not!(helo_alone, "S: 220 mx\nC: HELO a\nS: 502 no\nC: QUIT\nS: 221 bye");

    #[test]
    fn whether_helo_was_tried_is_said() {
        let said = |rest: &str| {
            let session = crate::verdict::testing::session(&format!("{EHLO}{rest}"), super::RULE.needs);
            super::RULE.look(&session).iter().flat_map(|finding| &finding.facts).map(|facts| facts.sentence).next_back()
        };
        assert_eq!(said("! fin client"), Some(0));
        assert_eq!(said("C: HELO a\nS: 500 what\nC: QUIT\nS: 221 bye"), Some(1));
    }
}
