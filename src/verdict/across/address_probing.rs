//! One client that asks for many addresses that do not exist, over several sessions.

use super::envelope::asked;
use super::found::{Analysis, Evidence, FindingAcross, Findings, rule};
use super::remembered::Remembered;
use crate::limits::LimitsHit;
use crate::protocol::smtp;
use crate::session::Session;
use crate::session::model::{Fact, Severity, Step, Variant};
use crate::verdict::rule::{Class, Needs, Rule, Sentence, Text, Words};
use std::collections::HashSet;
use std::net::IpAddr;

/// One client asked one server for at least [`UNKNOWN`] different recipients that do not exist, over more than one session,
/// and most of what it asked for does not exist.
///
/// It matters because addresses are harvested so: what is not refused is an address for spam.
///
/// Not: a recipient that is tried again and again; not an old list of addresses, most of which are good; not refusals for
/// another reason; and not what a single session shows alone.
///
/// RFC 5321, section 3.5.3 and 7.3.
pub const RULE: Rule = rule(
    "address-probing",
    Severity::Medium,
    Class::Weakness,
    Needs::TEXTS,
    Some("RFC 5321, section 7.3"),
    Words {
        en: Text {
            title: "One client looks for addresses, over several sessions",
            detail: "The client asked for many different recipients, most of which do not exist. That is how addresses for \
                     spam are found.",
            remedy: "Let the server slow down or end sessions after a few unknown recipients, and block the address where it \
                     goes on.",
        },
        zh: Text {
            title: "同一客户在多个会话中探测地址",
            detail: "该客户询问了许多不同的收件人，其中大多数不存在：垃圾邮件的地址就是这样收集的。",
            remedy: "让服务器在几个未知收件人之后延迟响应或结束会话；如果仍继续，应封锁该地址。",
        },
    },
);

const ASKED: Sentence = Sentence {
    en: "{0} at {1}: {2} recipients that do not exist, of {3} asked for, in {4} sessions.",
    zh: "{0} 对 {1}：询问了 {3} 个收件人，其中 {2} 个不存在，共 {4} 个会话。",
};

/// Unknown recipients from which on it is reported.
const UNKNOWN: usize = 10;

/// Counts recipients that do not exist.
#[derive(Default)]
pub struct AddressProbing {
    /// By client and server.
    asked: Remembered<(IpAddr, IpAddr), Asked>,
}

struct Asked {
    evidence: Evidence,
    unknown: Vec<[u8; 32]>,
    all: usize,
}

impl Analysis for AddressProbing {
    fn session(&mut self, session: &Session, limits: &mut LimitsHit) {
        let asked = asked(session);
        if asked.is_empty() {
            return;
        }
        let unknown: Vec<_> = asked.iter().filter(|one| one.reply.is_some_and(is_unknown)).collect();
        let steps =
            unknown.iter().take(UNKNOWN).flat_map(|one| [one.rcpt].into_iter().chain(one.reply.map(|reply| reply.n)));
        let evidence = match unknown.is_empty() {
            true => Evidence::bare(session),
            false => Evidence::of(session, steps),
        };
        let key = (evidence.session.client(), evidence.session.server());
        let digest = |one: &&super::envelope::Asked<'_>| crate::session::sha256(one.to.to_lowercase().as_bytes());
        let unknown = unknown.iter().take(UNKNOWN).map(digest).collect();
        self.asked.add(key, Asked { evidence, unknown, all: asked.len() }, limits);
    }

    fn finish(self: Box<Self>, findings: &mut Findings) {
        for ((client, server), sessions) in self.asked.groups() {
            let unknown: HashSet<_> = sessions.iter().flat_map(|one| &one.unknown).collect();
            let all: usize = sessions.iter().map(|one| one.all).sum();
            let with = || sessions.iter().filter(|one| !one.unknown.is_empty());
            if unknown.len() < UNKNOWN || 2 * unknown.len() <= all || with().count() < 2 {
                continue;
            }
            let facts = vec![
                (Some("by"), Fact::Name(client.to_string())),
                (None, Fact::Name(server.to_string())),
                (Some("count"), Fact::Count(unknown.len() as u64)),
                (None, Fact::Count(all as u64)),
                (None, Fact::Count(with().count() as u64)),
            ];
            let finding = FindingAcross::new(&RULE).says(&ASKED, facts);
            findings.add(with().fold(finding, |finding, one| finding.shown_by(one.evidence.clone())));
        }
    }
}

/// Whether a reply to RCPT says that there is no such mailbox.
fn is_unknown(reply: &Step) -> bool {
    let said = reply.variant == Variant::Said(smtp::Said::NoSuchMailbox);
    let enhanced = reply.enhanced().is_some_and(|it| (it.class, it.subject, it.detail) == (5, 1, 1));
    reply.code().is_some_and(|code| (500..600).contains(&code)) && (said || enhanced)
}

#[cfg(test)]
mod tests {
    use super::AddressProbing;
    use crate::verdict::across::testing::found;

    fn session(first: usize, count: usize, reply: &str) -> String {
        let asked: String = (first..first + count).map(|n| format!("C: RCPT TO:<user{n}@d>\nS: {reply}\n")).collect();
        format!("---\nS: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\n{asked}")
    }

    fn count(script: &str) -> usize {
        found(script, AddressProbing::default(), |_| {}).all.len()
    }

    const NO: &str = "550 5.1.1 User unknown";

    #[test]
    fn has_many_unknown_recipients_in_several_sessions() {
        assert_eq!(count(&(session(0, 6, NO) + &session(6, 6, NO))), 1);
    }

    #[test]
    fn has_not_the_same_recipient_an_old_list_or_another_reason() {
        assert_eq!(count(&(0..12).map(|_| session(0, 1, NO)).collect::<String>()), 0);
        assert_eq!(count(&(session(0, 6, NO) + &session(6, 6, NO) + &session(20, 20, "250 ok"))), 0);
        assert_eq!(
            count(&(session(0, 6, "550 5.7.1 relaying denied") + &session(6, 6, "550 5.7.1 relaying denied"))),
            0
        );
        assert_eq!(count(&session(0, 12, NO)), 0, "a single session shows it alone");
    }
}
