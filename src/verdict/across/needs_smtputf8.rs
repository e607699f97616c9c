//! A relay that left after the list of capabilities, because what it had to send needs SMTPUTF8.

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

/// A server took a message that needs SMTPUTF8 (RFC 6531). A little later the same host connected to another one as a
/// client, read a list of capabilities without SMTPUTF8, and left without a try.
///
/// It matters because the session with the next host looks like a whim: nothing was asked, nothing was refused. The reason
/// is in the session before.
///
/// Not: a next host that offers SMTPUTF8; not a session in which MAIL was tried; not where the message that was taken has
/// plain addresses; not another host.
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
            title: "The next host does not offer what the message needs: SMTPUTF8",
            detail: "A message with an internationalized address may only be passed on to a host that offers SMTPUTF8. This \
                     relay had taken such a message; it read the next host's list, did not find SMTPUTF8 in it, and left.",
            remedy: "Write to an address in ASCII, if the recipient has one, or have SMTPUTF8 enabled on the next host. The \
                     sender can expect a delivery report.",
        },
        zh: Text {
            title: "下一台服务器不提供该邮件所需的 SMTPUTF8",
            detail: "带有国际化地址的邮件只能转交给提供 SMTPUTF8 的服务器。转发服务器先接收了这样的邮件，随后在下一台服务器的\
                     扩展列表中没有找到 SMTPUTF8，于是离开。",
            remedy: "如果收件人有 ASCII 地址，请改用该地址；或在下一台服务器上启用 SMTPUTF8。发件人会收到投递失败报告。",
        },
    },
);

const LEFT: Sentence = Sentence {
    en: "Session {0} took a message for {1} that needs SMTPUTF8; in session {2} the client read the list of {3} without \
         SMTPUTF8, and left.",
    zh: "会话 {0} 接收了发给 {1}、需要 SMTPUTF8 的邮件；会话 {2} 中，客户在 {3} 的列表里没有看到 SMTPUTF8，随即离开。",
};

/// A queue may keep a message for days; what came longer before is not taken for the reason.
const WITHIN: i64 = 3_600 * 1_000_000_000;

/// Looks for messages that need SMTPUTF8, and for relays that left.
#[derive(Default)]
pub struct NeedsSmtpUtf8 {
    /// By the host that took them.
    taken: Remembered<IpAddr, Taken>,
    /// By the host that left.
    left: Remembered<IpAddr, Left>,
}

struct Taken {
    evidence: Evidence,
    time: Time,
    recipient: String,
}

struct Left {
    evidence: Evidence,
    time: Time,
}

impl Analysis for NeedsSmtpUtf8 {
    fn session(&mut self, session: &Session, limits: &mut LimitsHit) {
        let is_smtp = session.steps.iter().any(|step| matches!(step.subject, Subject::Smtp(_)));
        if !is_smtp {
            return;
        }
        let asked = asked(session);
        for one in &asked {
            let needs = !one.to.is_ascii()
                || !one.from.is_ascii()
                || session.step(one.mail).is_some_and(|mail| has_parameter(mail, "SMTPUTF8"));
            let message = session.messages.iter().find(|message| message.steps.binary_search(&one.rcpt).is_ok());
            let accepted = message.filter(|message| needs && message.outcome == Some(Delivery::Accepted));
            if let Some(message) = accepted {
                let evidence =
                    Evidence::of(session, [one.mail, one.rcpt].into_iter().chain(message.steps.last().copied()));
                let time = evidence
                    .steps
                    .last()
                    .and_then(|&n| session.step(n))
                    .map_or(session.transport.last.time, |step| step.time);
                let host = evidence.session.server();
                self.taken.add(host, Taken { evidence, time, recipient: one.to.to_owned() }, limits);
            }
        }
        if let Some(steps) = left_after_list(session) {
            let evidence = Evidence::of(session, steps);
            self.left.add(evidence.session.client(), Left { evidence, time: session.transport.first.time }, limits);
        }
    }

    fn finish(self: Box<Self>, findings: &mut Findings) {
        let Self { taken, left } = *self;
        let taken = taken.by_key();
        for (host, sessions) in left.groups() {
            for one in sessions {
                let before = |taken: &&Taken| (0..=WITHIN).contains(&one.time.since(taken.time));
                let Some(taken) = taken.get(&host).into_iter().flatten().filter(before).max_by_key(|taken| taken.time)
                else {
                    continue;
                };
                let facts = vec![
                    (None, Fact::Count(taken.evidence.session.id)),
                    (Some("recipient"), Fact::Name(taken.recipient.clone())),
                    (None, Fact::Count(one.evidence.session.id)),
                    (Some("by"), Fact::Name(one.evidence.session.server().to_string())),
                ];
                let finding = FindingAcross::new(&RULE).says(&LEFT, facts);
                findings.add(finding.shown_by(taken.evidence.clone()).shown_by(one.evidence));
            }
        }
    }
}

/// The steps of a session in which the client read a list without SMTPUTF8 and left: EHLO, the list, and QUIT.
fn left_after_list(session: &Session) -> Option<Vec<u32>> {
    let offers = |name: &str| session.capabilities.iter().any(|one| one.eq_ignore_ascii_case(name));
    let list = session.steps.iter().rev().find(|step| {
        let to_ehlo = smtp::ReplyTo::Command(Verb::Ehlo);
        matches!(step.subject, Subject::Smtp(smtp::Subject::Reply { to, code: 250, .. }) if to == to_ehlo)
    })?;
    let after: Vec<_> = session.steps.iter().filter(|step| step.n > list.n && step.from == Side::Client).collect();
    let quits = |step: &&&crate::session::model::Step| {
        step.kind == Kind::Command && matches!(step.subject, Subject::Smtp(smtp::Subject::Command(Verb::Quit)))
    };
    let only_quit = after.iter().all(|step| quits(&step));
    if offers("SMTPUTF8") || !only_quit || session.steps.iter().any(|step| step.kind == Kind::Gap) {
        return None;
    }
    Some(list.answers.into_iter().chain([list.n]).chain(after.iter().map(|step| step.n)).collect())
}

#[cfg(test)]
mod tests {
    use super::NeedsSmtpUtf8;
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
        let found = found(script, NeedsSmtpUtf8::default(), |_| {});
        found.all.iter().flat_map(|one| one.evidence.iter().map(|evidence| evidence.session.id)).collect()
    }

    #[test]
    fn has_a_relay_that_left_with_what_it_had_taken() {
        let left = next("10.0.0.2", "8BITMIME", "QUIT");
        assert_eq!(ids(&format!("{}{left}", taken(" SMTPUTF8", "jörg@d"))), [1, 2]);
        assert_eq!(ids(&format!("{}{left}", taken(" SMTPUTF8", "c@d"))), [1, 2]);
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
