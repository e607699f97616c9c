use crate::protocol::event::Subject;
use crate::protocol::smtp::{self, ReplyTo, Said, Verb};
use crate::session::Session;
use crate::session::model::{Step, Variant};
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};
use std::collections::HashSet;

/// The client asked for many addresses that the server does not have, by VRFY, EXPN or RCPT: it seems to guess
/// addresses.
///
/// It matters because the addresses that are found so are sent spam and phishing.
///
/// Not: a few wrong recipients among many right ones, as old mailing lists have them; not refusals for another reason
/// than the address (a command out of place, a policy, greylisting); and not lines of a message that the server took
/// for commands.
///
/// RFC 5321, section 7.3: VRFY, EXPN and security.
pub const RULE: Rule = Rule {
    id: "address-probing",
    severity: Severity::Medium,
    class: Class::Weakness,
    because_of: &[],
    since: "0.2.0",
    rank: 36,
    reference: Some("RFC 5321, section 7.3"),
    needs: Needs::TEXTS,
    in_silence: false,
    words: Words {
        en: Text {
            title: "The client seems to guess addresses",
            detail: "The client asked for many addresses that do not exist at this server. That is how addresses are collected for spam and phishing. \
                     Told from 10 addresses on, or 5 in VRFY and EXPN, where they are more than twice those accepted.",
            remedy: "Let the server end such sessions after a few unknown recipients, and answer VRFY and EXPN without saying whether the address exists (252, 502).",
        },
        zh: Text {
            title: "客户似乎在猜测地址",
            detail: "客户询问了许多该服务器上不存在的地址。这是为垃圾邮件和钓鱼邮件搜集地址的做法。\
                     达到 10 个地址（VRFY 和 EXPN 为 5 个）、且超过被接受地址的两倍才会列出。",
            remedy: "服务器应在收到几个未知收件人后结束会话，并且在响应 VRFY 和 EXPN 时不透露地址是否存在（252、502）。",
        },
    },
    sentences: &[Sentence {
        en: "{0} unknown addresses, {1} that were accepted.",
        zh: "未知地址 {0} 个，被接受的地址 {1} 个。",
    }],
    check,
};

/// Unknown recipients from which on it is no mistake.
const RECIPIENTS: usize = 10;
/// Unknown addresses in VRFY and EXPN, which clients do not use, from which on it is none.
const ASKED: usize = 5;

fn check(session: &Session, found: &mut Found) {
    let refused: Vec<&Step> = session.steps.iter().filter(|step| is_unknown(step)).collect();
    if refused.len() < ASKED {
        return;
    }
    let (mut recipients, mut asked) = (HashSet::new(), HashSet::new());
    for reply in &refused {
        if let Some(command) = session.answered(reply).filter(|command| !command.text_omitted)
            && let Some(address) = command.argument_range().and_then(|range| command.text.get(range))
        {
            let of = if verb(reply) == Some(Verb::Rcpt) { &mut recipients } else { &mut asked };
            of.insert(address.trim().to_lowercase());
        }
    }
    let accepted = session.steps.iter().filter(|step| is_recipient_accepted(step)).count();
    let guesses = asked.len() >= ASKED || recipients.len() + asked.len() >= RECIPIENTS;
    let unknown = recipients.len() + asked.len();
    if guesses && unknown > 2 * accepted {
        let steps = refused.iter().flat_map(|reply| reply.answers.into_iter().chain([reply.n]));
        found.at(steps).fact(Fact::Count(unknown as u64)).named(Key::Recipient, Fact::Count(accepted as u64));
    }
}

/// The command that a reply answers.
fn verb(step: &Step) -> Option<Verb> {
    match step.subject {
        Subject::Smtp(smtp::Subject::Reply { to: ReplyTo::Command(verb), .. }) => Some(verb),
        _ => None,
    }
}

/// A reply that says that there is no such address: by its words, or else by its codes.
fn is_unknown(step: &Step) -> bool {
    let Some(verb @ (Verb::Rcpt | Verb::Vrfy | Verb::Expn)) = verb(step) else { return false };
    let Some(550 | 551 | 553) = step.code() else { return false };
    match (step.variant, step.enhanced().map(smtp::Enhanced::topic)) {
        (Variant::Said(said), _) => said == Said::NoSuchMailbox,
        (_, Some(topic)) => matches!(topic, (1, 1 | 6 | 10)),
        (_, None) => verb != Verb::Rcpt,
    }
}

fn is_recipient_accepted(step: &Step) -> bool {
    verb(step) == Some(Verb::Rcpt) && matches!(step.code(), Some(250 | 251))
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    const HELLO: &str = "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\n";

    fn is_found(count: usize, line: impl Fn(usize) -> String) -> bool {
        let mut script = HELLO.to_owned();
        (0..count).for_each(|n| writeln!(script, "{}", line(n)).expect("a line"));
        crate::verdict::testing::evidence(&super::RULE, &script).is_some()
    }

    #[test]
    fn has_many_unknown_recipients() {
        assert!(is_found(10, |n| format!("C: RCPT TO:<u{n}@d>\nS: 550 5.1.1 <u{n}@d>: User unknown")));
        assert!(is_found(10, |n| format!("C: RCPT TO:<u{n}@d>\nS: 550 5.1.1 no")));
        assert!(!is_found(9, |n| format!("C: RCPT TO:<u{n}@d>\nS: 550 5.1.1 no")));
        assert!(is_found(5, |n| format!("C: VRFY u{n}\nS: 550 no")));
    }

    #[test]
    fn the_same_address_again_and_other_reasons_are_none() {
        assert!(!is_found(20, |_| "C: RCPT TO:<u@d>\nS: 550 5.1.1 no".to_owned()));
        assert!(!is_found(20, |n| format!("C: RCPT TO:<u{n}@d>\nS: 550 5.5.1 Protocol error")));
        assert!(!is_found(20, |n| format!("C: RCPT TO:<u{n}@d>\nS: 550 5.7.1 relaying denied")));
        assert!(!is_found(20, |n| format!("C: RCPT TO:<u{n}@d>\nS: 450 4.2.0 Greylisted")));
        assert!(!is_found(20, |n| format!("C: RCPT TO:<u{n}@d>\nS: 550 no")));
        assert!(!is_found(20, |n| format!("C: VRFY u{n}\nS: 502 5.5.1 VRFY command is disabled")));
        let list = |n: usize| {
            format!("C: RCPT TO:<u{n}@d>\nS: {}", if n.is_multiple_of(2) { "550 5.1.1 no" } else { "250 ok" })
        };
        assert!(!is_found(40, list));
    }

    has_not!(one, "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: VRFY bob\nS: 550 5.1.1 User unknown");
}
