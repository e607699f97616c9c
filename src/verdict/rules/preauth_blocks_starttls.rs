use crate::protocol::event::{Channel, Subject};
use crate::protocol::imap;
use crate::session::Session;
use crate::session::model::Step;
use crate::verdict::encryption;
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};

/// IMAP: the greeting is PREAUTH, outside TLS.
///
/// It matters because STARTTLS is only for those who have not logged in: who replaces a greeting by PREAUTH keeps the
/// client from using it. It matters most where the client asks for it.
///
/// Not: PREAUTH inside TLS; nor within one machine, where a tunnel or a local program speaks for the user.
///
/// RFC 9051, section 11.1: STARTTLS security considerations; section 7.1.4: PREAUTH.
pub const RULE: Rule = Rule {
    id: "preauth-blocks-starttls",
    severity: Severity::Medium,
    class: Class::Weakness,
    because_of: &[],
    since: "0.1.0",
    rank: 7,
    reference: Some("RFC 9051, section 11.1"),
    needs: Needs::TEXTS,
    in_silence: false,
    words: Words {
        en: Text {
            title: "The greeting leaves no room for STARTTLS",
            detail: "The server calls the client logged in by its first words, in the clear. STARTTLS is not allowed \
                     from then on, so all of the session can be read. Somebody on the way may have made the server's \
                     greeting into this one.",
            remedy: "Let clients refuse such a greeting where they expect encryption, or use port 993, where TLS comes \
                     first.",
        },
        zh: Text {
            title: "问候语使 STARTTLS 无法使用",
            detail: "服务器一开始就以明文声称客户已登录，此后不允许再使用 STARTTLS，整个会话都可以被读取。问候语可能\
                     是被途中的人改成这样的。",
            remedy: "需要加密的客户应拒绝这样的问候语，或使用一开始就是 TLS 的端口 993。",
        },
    },
    sentences: &[Sentence {
        en: "The client asked for STARTTLS all the same, and was refused.",
        zh: "客户仍然请求 STARTTLS，被拒绝。",
    }],
    check,
};

fn check(session: &Session, found: &mut Found) {
    let is_greeting = |step: &&Step| {
        let what = imap::What::Greeting(imap::Status::Preauth);
        step.channel == Channel::Clear && matches!(&step.subject, Subject::Imap(subject) if subject.what == what)
    };
    let Some(greeting) = session.steps.iter().take(2).find(is_greeting) else { return };
    if encryption::is_within_a_machine(session) {
        return;
    }
    let refused = encryption::requests(session).into_iter().find(|request| request.accepted() == Some(false));
    match refused {
        Some(request) => {
            let evidence = [Some(greeting), Some(request.command), request.reply].into_iter().flatten();
            let occurrence = found.at(evidence.map(|step| step.n));
            occurrence.named(Key::Command, Fact::Name(request.command.quoted_command())).severity(Severity::High);
        }
        None => _ = found.at([greeting.n]),
    }
}

#[cfg(test)]
mod tests {
    has!(and_the_client_wants_tls, "S: * PREAUTH ready\nC: a STARTTLS\nS: a BAD not now" => [1, 2, 3]);
    has!(and_the_client_goes_on, "S: * PREAUTH ready\nC: a SELECT INBOX\nS: a OK done" => [1]);
    has_not!(not_logged_in, "S: * OK ready\nC: a STARTTLS\nS: a BAD not now");
    has_not!(
        within_a_machine,
        "--- client 127.0.0.1, server 127.0.0.1:143\nS: * PREAUTH ready\nC: a SELECT INBOX\nS: a OK done"
    );
}
