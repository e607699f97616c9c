//! Several servers behind one address and port.

use super::found::{Analysis, Evidence, FindingAcross, Findings, rule};
use super::remembered::Indexed;
use crate::limits::LimitsHit;
use crate::protocol::Protocol;
use crate::protocol::event::{Kind, StepId, Subject};
use crate::protocol::smtp::{self, ReplyTo, Verb};
use crate::session::Session;
use crate::session::model::{Fact, Severity};
use crate::verdict::rule::{Class, Needs, Rule, Sentence, Text, Words};
use std::collections::BTreeMap;
use std::net::SocketAddr;

/// Sessions with the same address and port name different hosts in greeting or EHLO: a balancer, an address in several
/// places, or a host that was replaced.
///
/// It matters because what holds for one session (capabilities, mailboxes, bans) need not hold for the next: what works
/// now and then is hard to understand otherwise.
///
/// Not: greetings that differ in time stamps or ids; not a refusal instead of a greeting; not POP3 and IMAP, whose
/// greetings name no host in a fixed place.
///
/// RFC 5321, section 4.2 (the first word after the code is the host's name).
pub const RULE: Rule = rule(
    "servers-differ",
    Severity::Info,
    Class::Remark,
    Needs::TEXTS,
    Some("RFC 5321, section 4.2"),
    Words {
        en: Text {
            title: "Several servers answer at one address",
            detail: "Sessions with the same address and port were greeted by hosts of different names.",
            remedy: "Where something works only now and then, compare the sessions of each host. Nothing else needs to be \
                     done: balancers do this.",
        },
        zh: Text {
            title: "同一地址后面有多台服务器",
            detail: "与同一地址和端口的各个会话，问候语中的主机名并不相同。",
            remedy: "如果某些操作时好时坏，请按主机名比较各个会话。负载均衡属于正常情况，无需处理。",
        },
    },
);

const NAMES: Sentence = Sentence { en: "{0} is {1}.", zh: "{0} 的主机名：{1}。" };

/// Names kept of one address.
const KEPT: usize = 8;

/// Compares the names that servers give themselves.
#[derive(Default)]
pub struct ServersDiffer {
    /// By address and port: a session of each name.
    names: Indexed<SocketAddr, (String, Evidence)>,
}

impl Analysis for ServersDiffer {
    fn session(&mut self, session: &Session, limits: &mut LimitsHit) {
        if !matches!(session.protocol, Protocol::Smtp | Protocol::Lmtp) {
            return;
        }
        let Some((step, name)) = named(session) else { return };
        let server = session.transport.endpoints.server;
        let server = SocketAddr::new(server.ip().to_canonical(), server.port());
        let known: Vec<&str> = self.names.get(&server).map(|(name, _)| name.as_str()).collect();
        if known.len() < KEPT && !known.contains(&name.as_str()) {
            self.names.add(server, (name, Evidence::of(session, [step])), limits);
        }
    }

    fn finish(self: Box<Self>, findings: &mut Findings) {
        for (server, names) in self.names.groups().into_iter().filter(|(_, names)| names.len() > 1) {
            let all: BTreeMap<&str, ()> = names.iter().map(|(name, _)| (name.as_str(), ())).collect();
            let listed = all.into_keys().collect::<Vec<_>>().join(", ");
            let facts = vec![(Some("by"), Fact::Name(server.to_string())), (Some("name"), Fact::Name(listed))];
            let finding = FindingAcross::new(&RULE).says(&NAMES, facts);
            findings.add(names.into_iter().fold(finding, |finding, (_, evidence)| finding.shown_by(evidence)));
        }
    }
}

/// The name that the server gives itself: in the reply to EHLO, else in its greeting. A name has a dot.
fn named(session: &Session) -> Option<(StepId, String)> {
    let host = |text: &str| {
        let word = text.get(4..)?.split_whitespace().next()?;
        let valid = word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'));
        (valid && word.contains('.')).then(|| word.to_ascii_lowercase())
    };
    let is_named = |step: &&crate::session::model::Step| {
        let hello = matches!(
            step.subject,
            Subject::Smtp(smtp::Subject::Reply {
                to: ReplyTo::Command(Verb::Ehlo | Verb::Helo | Verb::Lhlo),
                code: 250,
                ..
            })
        );
        hello || (step.kind == Kind::Greeting && step.code() == Some(220))
    };
    session.steps.iter().take(8).filter(is_named).filter_map(|step| Some((step.n, host(&step.text)?))).next_back()
}

#[cfg(test)]
mod tests {
    use super::ServersDiffer;
    use crate::verdict::across::testing::found;

    fn count(greetings: &[&str]) -> usize {
        let script: String = greetings.iter().map(|one| format!("---\nS: {one}\nC: QUIT\nS: 221 bye\n")).collect();
        found(&script, ServersDiffer::default(), |_| {}).all.len()
    }

    #[test]
    fn has_two_names_behind_one_address() {
        assert_eq!(count(&["220 mx1.example.test ESMTP", "220 mx2.example.test ESMTP"]), 1);
    }

    #[test]
    fn has_not_time_stamps_refusals_or_another_case() {
        assert_eq!(count(&["220 mx.example.test ESMTP 09:00 a1", "220 MX.example.test ESMTP 09:01 b2"]), 0);
        assert_eq!(count(&["220 mx.example.test ESMTP", "421 gw.example.test too busy", "220 **** ready"]), 0);
    }
}
