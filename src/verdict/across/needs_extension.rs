//! A relay that left after the list of capabilities, because what it had to send needs more than the list offers.

use super::envelope::{asked, has_parameter};
use super::found::{Analysis, Evidence, FindingAcross, Findings, rule};
use super::remembered::Remembered;
use crate::capture::Time;
use crate::flow::Side;
use crate::limits::LimitsHit;
use crate::protocol::event::{Delivery, Kind, Subject};
use crate::protocol::smtp::{self, Verb};
use crate::session::Session;
use crate::session::model::{Fact, Severity, Step};
use crate::verdict::rule::{Class, Needs, Rule, Sentence, Text, Words};
use std::net::IpAddr;

/// A server took a message that needs SMTPUTF8 (RFC 6531), 8BITMIME (RFC 6152) or REQUIRETLS (RFC 8689), or that is large.
/// A little later the same host connected to another one as a client, read a list of capabilities without that keyword, or
/// with a SIZE that is too small (RFC 1870), and left without a try.
///
/// It matters because the session with the next host looks like a whim: nothing was asked, nothing was refused. The reason
/// is in the session before.
///
/// Not: a next host that offers what is needed; not a session in which MAIL was tried; not where the message that was taken
/// is a plain one; not another host.
///
/// RFC 6531, section 3.2; RFC 6152, section 3; RFC 1870, section 6.2; RFC 8689, section 4.2.1.
pub const RULE: Rule = rule(
    "client-left-after-capabilities",
    Severity::Medium,
    Class::Failure,
    Needs::TEXTS,
    Some("RFC 6531, section 3.2"),
    Words {
        en: Text {
            title: "The next host does not offer what the message needs",
            detail: "Some messages may only be passed on to a host that offers what they need: SMTPUTF8 for an \
                     internationalized address, 8BITMIME for content that is no ASCII, REQUIRETLS, or room enough (SIZE). \
                     This relay had taken such a message; it read the next host's list, did not find it, and left.",
            remedy: "Have it enabled on the next host, or send a message that needs less: an address in ASCII, smaller \
                     attachments. The sender can expect a delivery report.",
        },
        zh: Text {
            title: "下一台服务器不提供该邮件所需的功能",
            detail: "有些邮件只能转交给提供所需功能的服务器：国际化地址需要 SMTPUTF8，非 ASCII 内容需要 8BITMIME，还有 REQUIRETLS \
                     和足够的容量（SIZE）。转发服务器先接收了这样的邮件，随后在下一台服务器的扩展列表中没有找到，于是离开。",
            remedy: "在下一台服务器上启用该功能，或发送要求较低的邮件：ASCII 地址、较小的附件。发件人会收到投递失败报告。",
        },
    },
);

const LEFT: Sentence = Sentence {
    en: "Session {0} took a message for {1} that needs {4}; in session {2} the client read the list of {3} without it, and \
         left.",
    zh: "会话 {0} 接收了发给 {1}、需要 {4} 的邮件；会话 {2} 中，客户在 {3} 的列表里没有看到它，随即离开。",
};

/// A queue may keep a message for days; what came longer before is not taken for the reason.
const WITHIN: i64 = 3_600 * 1_000_000_000;

/// Looks for messages that need SMTPUTF8, and for relays that left.
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
    needs: What,
}

struct Left {
    evidence: Evidence,
    time: Time,
    lacks: What,
}

/// What a message needs, or what a list has not.
#[derive(Debug, Clone, Copy, Default)]
struct What {
    smtputf8: bool,
    eight_bit: bool,
    requiretls: bool,
    /// The size of the message; or the largest that the host takes, where its list says so.
    size: Option<u64>,
}

impl What {
    /// What of that a host lacks, as it is called.
    fn not_met_by(self, lacks: Self) -> Option<String> {
        let words = [
            (self.smtputf8 && lacks.smtputf8, "SMTPUTF8"),
            (self.eight_bit && lacks.eight_bit, "8BITMIME"),
            (self.requiretls && lacks.requiretls, "REQUIRETLS"),
        ];
        let word = words.into_iter().find_map(|(lacking, word)| lacking.then(|| word.to_owned()));
        let too_big = || self.size.zip(lacks.size).filter(|(size, limit)| *limit > 0 && size > limit);
        word.or_else(|| too_big().map(|(size, limit)| format!("SIZE {size} > {limit}")))
    }
}

impl Analysis for NeedsExtension {
    fn session(&mut self, session: &Session, limits: &mut LimitsHit) {
        let is_smtp = session.steps.iter().any(|step| matches!(step.subject, Subject::Smtp(_)));
        if !is_smtp {
            return;
        }
        let asked = asked(session);
        for one in &asked {
            let declares = |name| session.step(one.mail).is_some_and(|mail| has_parameter(mail, name));
            let needs = What {
                smtputf8: !one.to.is_ascii() || !one.from.is_ascii() || declares("SMTPUTF8"),
                eight_bit: declares("BODY=8BITMIME"),
                requiretls: declares("REQUIRETLS"),
                size: None,
            };
            let message = session.messages.iter().find(|message| message.steps.binary_search(&one.rcpt).is_ok());
            let accepted = message.filter(|message| message.outcome == Some(Delivery::Accepted));
            if let Some(message) = accepted {
                let needs = What { size: Some(message.size), ..needs };
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
        if let Some((steps, lacks)) = left_after_list(session) {
            let evidence = Evidence::of(session, steps);
            self.left.add(
                evidence.session.client(),
                Left { evidence, time: session.transport.first.time, lacks },
                limits,
            );
        }
    }

    fn finish(self: Box<Self>, findings: &mut Findings) {
        let Self { taken, left } = *self;
        let taken = taken.by_key();
        for (host, sessions) in left.groups() {
            for one in sessions {
                let before = |taken: &&Taken| {
                    (0..=WITHIN).contains(&one.time.since(taken.time)) && taken.needs.not_met_by(one.lacks).is_some()
                };
                let Some(taken) = taken.get(&host).into_iter().flatten().filter(before).max_by_key(|taken| taken.time)
                else {
                    continue;
                };
                let facts = vec![
                    (None, Fact::Count(taken.evidence.session.id)),
                    (Some("recipient"), Fact::Name(taken.recipient.clone())),
                    (None, Fact::Count(one.evidence.session.id)),
                    (Some("by"), Fact::Name(one.evidence.session.server().to_string())),
                    (Some("name"), Fact::Name(taken.needs.not_met_by(one.lacks).unwrap_or_default())),
                ];
                let finding = FindingAcross::new(&RULE).says(&LEFT, facts);
                findings.add(finding.shown_by(taken.evidence.clone()).shown_by(one.evidence));
            }
        }
    }
}

/// The steps of a session in which the client read a list and left (EHLO, the list, and QUIT), and what the list lacks.
fn left_after_list(session: &Session) -> Option<(Vec<u32>, What)> {
    let list = session.steps.iter().rev().find(|step| {
        let to_ehlo = smtp::ReplyTo::Command(Verb::Ehlo);
        matches!(step.subject, Subject::Smtp(smtp::Subject::Reply { to, code: 250, .. }) if to == to_ehlo)
    })?;
    let after = || session.steps.iter().filter(|step| step.n > list.n && step.from == Side::Client);
    let quits = |step: &Step| {
        step.kind == Kind::Command && matches!(step.subject, Subject::Smtp(smtp::Subject::Command(Verb::Quit)))
    };
    if !after().all(quits) || session.steps.iter().any(|step| step.kind == Kind::Gap) {
        return None;
    }
    let steps = list.answers.into_iter().chain([list.n]).chain(after().map(|step| step.n)).collect();
    Some((steps, lacking(&session.capabilities)))
}

/// What a host lacks that has these `capabilities`.
fn lacking(capabilities: &[String]) -> What {
    let find = |name: &str| {
        let mut all = capabilities.iter().map(|one| one.split_whitespace());
        all.find_map(|mut words| words.next().is_some_and(|word| word.eq_ignore_ascii_case(name)).then_some(words))
    };
    What {
        smtputf8: find("SMTPUTF8").is_none(),
        eight_bit: find("8BITMIME").is_none(),
        // It is offered inside TLS alone.
        requiretls: find("REQUIRETLS").is_none() && find("STARTTLS").is_none(),
        size: find("SIZE").and_then(|mut words| words.next()?.parse().ok()),
    }
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
    fn has_what_else_a_message_may_need() {
        assert_eq!(ids(&format!("{}{}", taken(" BODY=8BITMIME", "c@d"), next("10.0.0.2", "SIZE 0", "QUIT"))), [1, 2]);
        assert_eq!(ids(&format!("{}{}", taken(" REQUIRETLS", "c@d"), next("10.0.0.2", "8BITMIME", "QUIT"))), [1, 2]);
        assert_eq!(ids(&format!("{}{}", taken("", "c@d"), next("10.0.0.2", "SIZE 3", "QUIT"))), [1, 2]);
    }

    #[test]
    fn has_not_where_it_is_offered_after_all() {
        assert!(ids(&format!("{}{}", taken(" BODY=8BITMIME", "c@d"), next("10.0.0.2", "8BITMIME", "QUIT"))).is_empty());
        assert!(ids(&format!("{}{}", taken(" REQUIRETLS", "c@d"), next("10.0.0.2", "STARTTLS", "QUIT"))).is_empty());
        assert!(ids(&format!("{}{}", taken("", "c@d"), next("10.0.0.2", "SIZE 4", "QUIT"))).is_empty());
        assert!(ids(&format!("{}{}", taken("", "c@d"), next("10.0.0.2", "SIZE 0", "QUIT"))).is_empty());
        assert!(ids(&format!("{}{}", taken("", "c@d"), next("10.0.0.2", "SIZE", "QUIT"))).is_empty());
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
