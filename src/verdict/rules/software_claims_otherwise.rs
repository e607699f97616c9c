use crate::flow::Side;
use crate::session::Session;
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};
use crate::verdict::software::{self, claims};

/// A server's greeting, or the ID of either side, names another program than the one it behaves like.
///
/// It matters because what is known of the program that is named (its faults, its settings) is not true of the one that
/// answers: a banner was changed, or something stands in front.
///
/// Not: a program that is named by neither; one that is named beside another (a proxy that passes a banner on); the
/// User-Agent of a message, which may have come a long way.
///
/// RFC 5321, section 4.3; RFC 2971, section 3.3.
pub const RULE: Rule = Rule {
    id: "software-claims-otherwise",
    severity: Severity::Info,
    class: Class::Remark,
    because_of: &[],
    since: "0.1.0",
    rank: 95,
    reference: Some("RFC 2971, section 3.3"),
    needs: Needs::TEXTS,
    in_silence: false,
    words: Words {
        en: Text {
            title: "A program calls itself something else than it behaves like",
            detail: "What it says of itself names another program than the one that answers in this way. A banner can be \
                     changed, and a proxy can stand in front of a server.",
            remedy: "Go by the behaviour where it matters which program it is: for its known faults, or its settings.",
        },
        zh: Text {
            title: "程序自称的名称与其行为不符",
            detail: "它自称的程序与以这种方式应答的程序不同。欢迎语可以改写，服务器前面也可能有代理。",
            remedy: "需要确定是哪个程序时（例如查找已知缺陷或设置），以其行为为准。",
        },
    },
    sentences: &[Sentence { en: "It says: {0}", zh: "它自称：{0}" }],
    check,
};

/// Characters of a claim that are quoted.
const QUOTED: usize = 120;

fn check(session: &Session, found: &mut Found) {
    for (side, told) in [(Side::Client, &session.client_software), (Side::Server, &session.server_software)] {
        let Some(told) = told else { continue };
        for claim in claims::of(session, side) {
            if claim.place.is_of_program() && software::names_another(claim.text, told.name, side == Side::Server) {
                let text = claim.text.lines().next().unwrap_or_default().chars().take(QUOTED).collect();
                let steps = told.steps.iter().copied().chain([claim.step]);
                found.at(steps).named(Key::Reply, Fact::Name(text));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    has!(a_banner_that_lies, "S: 220 mx.example.org ESMTP Exim 4.96\nC: EHLO [192.0.2.7]\n\
        S: 250-mx.example.org\nS: 250-PIPELINING\nS: 250-SIZE 10240000\nS: 250-VRFY\nS: 250-ETRN\nS: 250-ENHANCEDSTATUSCODES\n\
        S: 250-8BITMIME\nS: 250-DSN\nS: 250-SMTPUTF8\nS: 250 CHUNKING\nC: MAIL FROM:<a@example.org>\nS: 250 2.1.0 Ok\n\
        C: RCPT TO:<b@example.org>\nS: 250 2.1.5 Ok\nC: DATA\nS: 354 End data with <CR><LF>.<CR><LF>\nC: .\n\
        S: 250 2.0.0 Ok: queued as 4B3D21F00C\nC: QUIT\nS: 221 2.0.0 Bye" => [1, 3, 4, 5, 6, 7, 10, 11]);
    has_not!(a_banner_without_a_program, "S: 220 mx.example.org ESMTP\nC: QUIT\nS: 221 2.0.0 Bye");
}
