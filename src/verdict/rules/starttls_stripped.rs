use crate::flow::Side;
use crate::protocol::Protocol;
use crate::protocol::event::{Channel, Kind, StepId, Subject};
use crate::protocol::smtp;
use crate::session::Session;
use crate::session::model::Step;
use crate::verdict::encryption::{self, List};
use crate::verdict::rule::{Class, Fact, Found, Needs, Rule, Sentence, Severity, Text, Words};

/// A device on the way has put letters of no meaning in place of the keyword that offers TLS, of the command that asks
/// for it, or of the greeting.
///
/// It matters because client and server could have used TLS, and do not: whoever did it can read everything.
///
/// A mask has the length of what it hides: a list of SMTP or IMAP has X eight times (the last may be another letter)
/// and no STARTTLS, one of POP3 four times and no STLS. A greeting of stars alone counts only where EHLO was refused
/// too. A STARTTLS that is refused after a mask is part of it.
///
/// Not: stars that decorate a greeting of words; keywords that merely begin with X (XEXCH50, X-LINK2STATE); a server
/// that does not offer TLS (tls-not-offered).
///
/// RFC 3207, section 6: STARTTLS can be removed by anybody on the way.
pub const RULE: Rule = Rule {
    id: "starttls-stripped",
    severity: Severity::High,
    class: Class::Failure,
    because_of: &[],
    since: "0.1.0",
    rank: 5,
    reference: Some("RFC 3207, section 6"),
    needs: Needs::TEXTS,
    in_silence: false,
    words: Words {
        en: Text {
            title: "Something on the way keeps client and server from using TLS",
            detail: "A device between client and server has masked the words that lead to encryption. Firewalls that \
                     inspect SMTP do so, and attackers do. What follows crosses in the clear, or not at all.",
            remedy: "Switch the inspection of SMTP off in the firewall on the way (Cisco: inspect esmtp, fixup smtp), \
                     or let it pass STARTTLS. Let clients insist on TLS, by ports 465, 993 and 995 or by MTA-STS and \
                     DANE, so that they do not go on without it.",
        },
        zh: Text {
            title: "途中有设备阻止双方使用 TLS",
            detail: "客户与服务器之间的设备遮盖了用来启用加密的词语。检查 SMTP 的防火墙会这样做，攻击者也会。此后的\
                     内容以明文传送，或根本无法传送。",
            remedy: "在途中的防火墙上关闭对 SMTP 的检查（Cisco：inspect esmtp、fixup smtp），或允许 STARTTLS 通过。\
                     让客户坚持使用 TLS（端口 465、993、995，或 MTA-STS 与 DANE），不要退回明文。",
        },
    },
    sentences: &[
        Sentence {
            en: "The list of what the server can do has {0} where STARTTLS or STLS fits.",
            zh: "服务器的功能列表中，在 STARTTLS 或 STLS 的位置上是 {0}。",
        },
        Sentence {
            en: "The list of what the server can do has {0} where STARTTLS or STLS fits, and the client's own was \
                 refused.",
            zh: "服务器的功能列表中，在 STARTTLS 或 STLS 的位置上是 {0}；客户仍然请求，被拒绝。",
        },
        Sentence {
            en: "The greeting is masked by stars, and EHLO did not get through.",
            zh: "问候语被星号遮盖，EHLO 未能通过。",
        },
        Sentence {
            en: "The server got {0} where a STARTTLS or STLS that it offers would fit.",
            zh: "服务器提供 STARTTLS 或 STLS，收到的却是 {0}。",
        },
    ],
    check,
};

fn check(session: &Session, found: &mut Found) {
    let Some(lists) = encryption::lists(session) else { return };
    let length = if session.protocol == Protocol::Pop3 { "STLS".len() } else { "STARTTLS".len() };
    if lists.clone().any(|list| list.offers_tls()) {
        return masked_command(session, lists, length, found);
    }
    let mask = |list: List<'_>| {
        let is_twice = |byte| list.may_have(byte, |behind: &[u8]| behind.first() == Some(&byte));
        if !is_twice(b'X') && !is_twice(b'*') {
            return None;
        }
        let word = list.keywords().find(|word| is_mask(word, length))?;
        Some((list.step.n, word.to_owned()))
    };
    if let Some((list, word)) = lists.clone().find_map(mask) {
        let greeting = masked_greeting(session);
        let refused = encryption::requests(session).into_iter().find(|request| request.accepted() == Some(false));
        let request = refused.iter().flat_map(|request| [Some(request.command), request.reply]).flatten();
        let evidence: Vec<StepId> = greeting.into_iter().chain([list]).chain(request.map(|step| step.n)).collect();
        found.at(evidence).fact(Fact::Name(word)).says(usize::from(refused.is_some()));
    } else if let Some([hello, reply]) = refused_hello(session)
        && let Some(greeting) = masked_greeting(session)
    {
        found.at([greeting, hello, reply]).fact(Fact::Side(Side::Server)).says(2);
    }
}

/// The server offers TLS, and what it gets in place of the command for it is as long, and unknown to it.
fn masked_command<'a>(session: &Session, mut lists: impl Iterator<Item = List<'a>>, length: usize, found: &mut Found) {
    let is_masked = |step: &&Step| {
        step.kind == Kind::Command
            && step.channel == Channel::Clear
            && step.command.as_deref().is_some_and(|verb| is_mask(verb, length) && verb.ends_with(['X', '*']))
    };
    let Some(command) = session.steps.iter().find(is_masked) else { return };
    let reply = session.steps.iter().find(|step| step.answers == Some(command.n));
    let list = lists.find(List::offers_tls).map(|list| list.step.n);
    let evidence: Vec<StepId> = list.into_iter().chain([command.n]).chain(reply.map(|step| step.n)).collect();
    found.at(evidence).fact(Fact::Name(command.quoted_command())).says(3);
}

/// X, or stars, in place of each letter of a word of `length`; of the last, perhaps another letter.
fn is_mask(word: &str, length: usize) -> bool {
    let Some((last, rest)) = word.as_bytes().split_last() else { return false };
    word.len() == length
        && (rest.iter().all(|&byte| byte == b'X') && last.is_ascii_uppercase() || word.bytes().all(|byte| byte == b'*'))
}

/// The greeting of SMTP, where no letter of it was left.
fn masked_greeting(session: &Session) -> Option<StepId> {
    let is_greeting = |step: &&Step| matches!(step.subject, Subject::Smtp(smtp::Subject::Greeting { code: 220, .. }));
    let greeting = session.steps.iter().take(3).find(is_greeting)?;
    // What masks a greeting leaves the digits of a 220.
    let is_masked = |line: &str| {
        let text = line.get(4..).unwrap_or_default();
        text.matches('*').count() >= 8 && text.chars().all(|c| matches!(c, '*' | '0' | '2' | ' '))
    };
    let is_read = !greeting.text_omitted && !greeting.truncated;
    (is_read && greeting.text.lines().all(is_masked)).then_some(greeting.n)
}

/// An EHLO that the server, or what stands before it, does not know.
fn refused_hello(session: &Session) -> Option<[StepId; 2]> {
    session.steps.iter().take(8).find_map(|step| match step.subject {
        Subject::Smtp(smtp::Subject::Reply {
            to: smtp::ReplyTo::Command(smtp::Verb::Ehlo), code: 500 | 502, ..
        }) => Some([step.answers?, step.n]),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    const MASKED: &str = "S: 220 *****************\nC: EHLO a\nS| 250-mx\\r\\n250-XXXXXXXA\\r\\n250 8BITMIME\\r\\n\n";

    has!(in_the_list, MASKED => [1, 3]);
    has!(
        and_the_command_is_refused,
        &format!("{MASKED}C: STARTTLS\nS: 500 5.5.2 Error: command not recognized") => [1, 3, 4, 5]
    );
    has!(all_letters_alike, "S: 220 mx\nC: EHLO a\nS| 250-mx\\r\\n250 XXXXXXXX\\r\\n" => [3]);
    has!(of_pop3, "S: +OK ready\nC: CAPA\nS| +OK\\r\\nUIDL\\r\\nXXXX\\r\\n.\\r\\n" => [3]);
    has!(of_imap, "S: * OK [CAPABILITY IMAP4rev1 XXXXXXXX AUTH=PLAIN] ready" => [1]);
    has!(
        a_greeting_and_ehlo,
        "S: 220 ********************0*2******\nC: EHLO a\nS: 500 what\nC: HELO a\nS: 250 mx" => [1, 2, 3]
    );
    has!(
        the_command,
        "S: 220 mx\nC: EHLO a\nS| 250-mx\\r\\n250 STARTTLS\\r\\n\nC: XXXXXXXX\nS: 500 5.5.1 unknown" => [3, 4, 5]
    );
    has_not!(
        stars_as_decoration,
        "S| 220-********************\\r\\n220-* AUTHORIZED USE ONLY *\\r\\n220 ********************\\r\\n\nC: EHLO a\n\
         S| 250-mx\\r\\n250-XEXCH50\\r\\n250-X-LINK2STATE\\r\\n250-XXXX-LEGACY\\r\\n250 SIZE 1000\\r\\n"
    );
    has_not!(a_greeting_that_tells_nothing, "S: 220 **********\nC: EHLO a\nS| 250-mx\\r\\n250 SIZE 1000\\r\\n");
    has_not!(
        what_is_masked_is_something_else,
        "S: 220 *****************\nC: EHLO a\nS| 250-mx\\r\\n250-STARTTLS\\r\\n250 XXXXXXXA\\r\\n"
    );
    has_not!(of_another_length, "S: 220 mx\nC: EHLO a\nS| 250-mx\\r\\n250-XXXX\\r\\n250 XXXXXXXXXXXX\\r\\n");
}
