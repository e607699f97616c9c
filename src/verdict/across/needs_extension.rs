//! A relay that left after the list of capabilities, because what it had to send needs an extension that is not there.

use super::envelope::{asked, has_parameter};
use super::found::{Analysis, Evidence, FindingAcross, Findings, rule};
use super::remembered::Remembered;
use crate::capture::Time;
use crate::flow::Side;
use crate::limits::LimitsHit;
use crate::protocol::event::{Delivery, Kind, Subject};
use crate::protocol::smtp::{self, Verb};
use crate::session::Session;
use crate::session::model::{Fact, Severity};
use crate::verdict::rule::{Class, Needs, Rule, Sentence, Text, Words};
use std::net::IpAddr;

/// A server took a message that needs an extension: SMTPUTF8 (RFC 6531), REQUIRETLS (RFC 8689), BINARYMIME (RFC 3030) or
/// 8BITMIME (RFC 6152). A little later the same host connected to another one as a client, read a list of capabilities
/// without it, and left without a try.
///
/// It matters because the session with the next host looks like a whim: nothing was asked, nothing was refused. The reason
/// is in the session before.
///
/// Not: a next host that offers it; not a session in which MAIL was tried; not where the message that was taken needs
/// nothing; not another host.
///
/// RFC 6531, section 3.2.
pub const RULE: Rule = rule(
    "client-left-after-capabilities",
    Severity::Medium,
    Class::Failure,
    Needs::TEXTS,
    Some("RFC 6531, section 3.2"),
    Words {
        en: Text {
            title: "The next host does not offer what the message needs",
            detail: "A message with an internationalized address may only be passed on to a host that offers SMTPUTF8, and \
                     other properties of a message need an extension as well. This relay had taken such a message; it read \
                     the next host's list, did not find the extension in it, and left.",
            remedy: "Have the extension enabled on the next host, or send a message that does not need it: to an address in \
                     ASCII, for SMTPUTF8. The sender can expect a delivery report.",
        },
        zh: Text {
            title: "下一台服务器不提供该邮件所需的扩展",
            detail: "带有国际化地址的邮件只能转交给提供 SMTPUTF8 的服务器，邮件的其他特性也需要相应的扩展。转发服务器先接收了\
                     这样的邮件，随后在下一台服务器的扩展列表中没有找到该扩展，于是离开。",
            remedy: "在下一台服务器上启用该扩展，或改发不需要它的邮件（对 SMTPUTF8 而言，即使用 ASCII 地址）。发件人会收到\
                     投递失败报告。",
        },
    },
);

const LEFT: Sentence = Sentence {
    en: "Session {0} took a message for {1} that needs {4}; in session {2} the client read the list of {3} without {4}, and \
         left.",
    zh: "会话 {0} 接收了发给 {1}、需要 {4} 的邮件；会话 {2} 中，客户在 {3} 的列表里没有看到 {4}，随即离开。",
};

/// The extensions that a message may need, and the parameter of MAIL that says so.
const EXTENSIONS: [(&str, &str); 4] = [
    ("SMTPUTF8", "SMTPUTF8"),
    ("REQUIRETLS", "REQUIRETLS"),
    ("BINARYMIME", "BODY=BINARYMIME"),
    ("8BITMIME", "BODY=8BITMIME"),
];

/// A queue may keep a message for days; what came longer before is not taken for the reason.
const WITHIN: i64 = 3_600 * 1_000_000_000;

/// Looks for messages that need an extension, and for relays that left.
#[derive(Default)]
pub struct NeedsExtension {
    /// By the host that took them.
    taken: Remembered<IpAddr, Taken>,
    /// By the host that left.
    left: Remembered<IpAddr, Left>,
}

struct Taken {
    evidence: Evidence,
    time: Time,
    recipient: String,
    /// Which of [`EXTENSIONS`] it needs.
    needs: [bool; EXTENSIONS.len()],
}

struct Left {
    evidence: Evidence,
    time: Time,
    /// Which of [`EXTENSIONS`] are in the list.
    offered: [bool; EXTENSIONS.len()],
}

impl Analysis for NeedsExtension {
    fn session(&mut self, session: &Session, limits: &mut LimitsHit) {
        let is_smtp = session.steps.iter().any(|step| matches!(step.subject, Subject::Smtp(_)));
        if !is_smtp {
            return;
        }
        let asked = asked(session);
        for one in &asked {
            let mail = session.step(one.mail);
            let mut needs = EXTENSIONS.map(|(_, name)| mail.is_some_and(|mail| has_parameter(mail, name)));
            needs[0] |= !one.to.is_ascii() || !one.from.is_ascii();
            let message = session.messages.iter().find(|message| message.steps.binary_search(&one.rcpt).is_ok());
            let accepted =
                message.filter(|message| needs.contains(&true) && message.outcome == Some(Delivery::Accepted));
            if let Some(message) = accepted {
                let evidence =
                    Evidence::of(session, [one.mail, one.rcpt].into_iter().chain(message.steps.last().copied()));
                let time = evidence
                    .steps
                    .last()
                    .and_then(|&n| session.step(n))
                    .map_or(session.transport.last.time, |step| step.time);
                let host = evidence.session.server();
                self.taken.add(host, Taken { evidence, time, recipient: one.to.to_owned(), needs }, limits);
            }
        }
        if let Some(steps) = left_after_list(session) {
            let evidence = Evidence::of(session, steps);
            let offers = |name: &str| session.capabilities.iter().any(|one| one.eq_ignore_ascii_case(name));
            let left = Left {
                time: session.transport.first.time,
                offered: EXTENSIONS.map(|(extension, _)| offers(extension)),
                evidence,
            };
            self.left.add(left.evidence.session.client(), left, limits);
        }
    }

    fn finish(self: Box<Self>, findings: &mut Findings) {
        let Self { taken, left } = *self;
        for (host, sessions) in left.groups() {
            for one in sessions {
                let before = |taken: &&Taken| (0..=WITHIN).contains(&one.time.since(taken.time));
                let lacks = |taken: &Taken| {
                    let mut pairs = EXTENSIONS.iter().zip(taken.needs.iter().zip(&one.offered));
                    pairs.find(|(_, (needs, offered))| **needs && !**offered).map(|((extension, _), _)| *extension)
                };
                let tied = taken.get(&host).filter(before).filter_map(|taken| Some((taken, lacks(taken)?)));
                let Some((taken, lacking)) = tied.max_by_key(|(taken, _)| taken.time) else { continue };
                let facts = vec![
                    (None, Fact::Count(taken.evidence.session.id)),
                    (Some("recipient"), Fact::Name(taken.recipient.clone())),
                    (None, Fact::Count(one.evidence.session.id)),
                    (Some("by"), Fact::Name(one.evidence.session.server().to_string())),
                    (Some("name"), Fact::Name(lacking.to_owned())),
                ];
                let finding = FindingAcross::new(&RULE).says(&LEFT, facts);
                findings.add(finding.shown_by(taken.evidence.clone()).shown_by(one.evidence));
            }
        }
    }
}

/// The steps of a session in which the client read a list that lacks an extension and left: EHLO, the list, and QUIT.
fn left_after_list(session: &Session) -> Option<Vec<u32>> {
    let list = session.steps.iter().rev().find(|step| {
        let to_ehlo = smtp::ReplyTo::Command(Verb::Ehlo);
        matches!(step.subject, Subject::Smtp(smtp::Subject::Reply { to, code: 250, .. }) if to == to_ehlo)
    })?;
    let after: Vec<_> = session.steps.iter().filter(|step| step.n > list.n && step.from == Side::Client).collect();
    let quits = |step: &&&crate::session::model::Step| {
        step.kind == Kind::Command && matches!(step.subject, Subject::Smtp(smtp::Subject::Command(Verb::Quit)))
    };
    let only_quit = after.iter().all(|step| quits(&step));
    if !only_quit || session.steps.iter().any(|step| step.kind == Kind::Gap) {
        return None;
    }
    Some(list.answers.into_iter().chain([list.n]).chain(after.iter().map(|step| step.n)).collect())
}

#[cfg(test)]
mod tests {
    use super::NeedsExtension;
    use crate::verdict::across::testing::found;

    fn taken(mail: &str, to: &str) -> String {
        format!(
            "--- client 10.0.0.1, server 10.0.0.2:25\nS: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 SMTPUTF8\nC: MAIL FROM:<a@b>{mail}\n\
             S: 250 ok\nC: RCPT TO:<{to}>\nS: 250 ok\nC: DATA\nS: 354 go\nC: hi\nC: .\nS: 250 ok\n"
        )
    }

    fn next(client: &str, list: &str, then: &str) -> String {
        format!(
            "--- client {client}, server 10.0.0.3:25\nS: 220 mx\nC: EHLO r\nS: 250-old\nS: 250 {list}\nC: {then}\nS: 221 bye\n"
        )
    }

    fn ids(script: &str) -> Vec<u64> {
        let found = found(script, NeedsExtension::default(), |_| {});
        found.all.iter().flat_map(|one| one.evidence.iter().map(|evidence| evidence.session.id)).collect()
    }

    #[test]
    fn has_a_relay_that_left_with_what_it_had_taken() {
        let left = next("10.0.0.2", "8BITMIME", "QUIT");
        assert_eq!(ids(&format!("{}{left}", taken(" SMTPUTF8", "jörg@d"))), [1, 2]);
        assert_eq!(ids(&format!("{}{left}", taken(" SMTPUTF8", "c@d"))), [1, 2]);
    }

    #[test]
    fn has_the_other_extensions_that_a_message_may_need() {
        for (parameter, extension) in
            [(" REQUIRETLS", "REQUIRETLS"), (" BODY=BINARYMIME", "BINARYMIME"), (" SIZE=9 BODY=8BITMIME", "8BITMIME")]
        {
            let left = |list: &str| next("10.0.0.2", list, "QUIT");
            assert_eq!(ids(&format!("{}{}", taken(parameter, "c@d"), left("SIZE"))), [1, 2], "{extension}");
            assert!(ids(&format!("{}{}", taken(parameter, "c@d"), left(extension))).is_empty(), "{extension}");
        }
    }

    #[test]
    fn has_not_plain_mail_another_host_or_a_list_that_has_it() {
        let needs = taken(" SMTPUTF8", "jörg@d");
        let left = next("10.0.0.2", "8BITMIME", "QUIT");
        assert!(ids(&format!("{}{left}", taken("", "c@d"))).is_empty());
        assert!(ids(&format!("{needs}{}", next("10.0.0.9", "8BITMIME", "QUIT"))).is_empty());
        assert!(ids(&format!("{needs}{}", next("10.0.0.2", "SMTPUTF8", "QUIT"))).is_empty());
        assert!(ids(&format!("{needs}{}", next("10.0.0.2", "8BITMIME", "MAIL FROM:<a@b>"))).is_empty());
        assert!(ids(&format!("{left}{needs}")).is_empty(), "the message came later");
    }
}
