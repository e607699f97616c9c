//! Sessions that only look whether the server is there.

use super::found::{Analysis, Evidence, FindingAcross, Findings, rule};
use super::remembered::Remembered;
use crate::capture::Time;
use crate::flow::Side;
use crate::limits::LimitsHit;
use crate::protocol::event::Kind;
use crate::session::Session;
use crate::session::model::{Fact, Severity, TlsMode};
use crate::verdict::rule::{Class, Needs, Rule, Sentence, Text, Words};
use std::net::IpAddr;

/// One client has at least [`PROBES`] sessions with a server, and in all of them it does nothing but greet and leave.
///
/// It matters because such sessions look like failures one by one, and are none: a monitor, or a balancer's health check.
///
/// Not: a client that also sends, fetches or logs in; not a session that the server refused; not one that TLS hides.
///
/// Connections that say nothing at all are no sessions; `summary.probes` counts them.
pub const RULE: Rule = rule(
    "monitor-probes",
    Severity::Info,
    Class::Remark,
    Needs::NONE,
    None,
    Words {
        en: Text {
            title: "A client only looks whether the server is there",
            detail: "All sessions of this client greet and leave. That is what monitors and the health checks of balancers \
                     do; nothing has failed in them.",
            remedy: "Nothing needs to be done. Leave these sessions out where you look for failures.",
        },
        zh: Text {
            title: "客户只是在检查服务器是否可用",
            detail: "该客户的所有会话都只是问候后离开。监控程序和负载均衡的健康检查就是这样做的，并没有出错。",
            remedy: "无需处理。查找故障时可以忽略这些会话。",
        },
    },
);

const EVERY: Sentence = Sentence {
    en: "{0} at {1}: {2} sessions, one every {3} on average.",
    zh: "{0} 对 {1}：{2} 个会话，平均每隔 {3} 一次。",
};

/// Sessions from which on it is reported.
const PROBES: usize = 5;
/// Sessions kept as evidence of one client.
const KEPT: usize = 8;

/// Counts sessions in which nothing is done.
#[derive(Default)]
pub struct MonitorProbes {
    /// By client and server.
    clients: Remembered<(IpAddr, IpAddr), Seen>,
}

struct Seen {
    evidence: Evidence,
    time: Time,
    idle: bool,
}

impl Analysis for MonitorProbes {
    fn session(&mut self, session: &Session, limits: &mut LimitsHit) {
        let said = || session.steps.iter().filter(|step| step.from == Side::Client);
        let verbs = ["HELO", "EHLO", "LHLO", "QUIT", "NOOP", "RSET", "CAPA", "CAPABILITY", "LOGOUT", "HELP"];
        let known = |verb: Option<&str>| verb.is_some_and(|verb| verbs.contains(&verb));
        let nothing = || said().all(|step| step.kind == Kind::Command && known(step.command.as_deref()));
        let greeted = || {
            session.steps.first().is_some_and(|step| {
                step.kind == Kind::Greeting
                    && step.code().is_none_or(|code| code == 220)
                    && !matches!(step.status(), Some("-ERR" | "BYE"))
            })
        };
        let hidden = session.tls.mode != TlsMode::None && !session.tls.decrypted;
        let idle = session.messages.is_empty() && session.transport.from_start && !hidden && greeted() && nothing();
        let first = || session.steps.first().map(|step| step.n);
        let evidence = match idle {
            true => Evidence::of(session, first().into_iter().chain(said().next_back().map(|step| step.n))),
            false => Evidence::bare(session),
        };
        let key = (evidence.session.client(), evidence.session.server());
        self.clients.add(key, Seen { evidence, time: session.transport.first.time, idle }, limits);
    }

    fn finish(self: Box<Self>, findings: &mut Findings) {
        for ((client, server), sessions) in self.clients.groups_with(|seen| seen.idle) {
            if sessions.len() < PROBES || !sessions.iter().all(|seen| seen.idle) {
                continue;
            }
            let times = || sessions.iter().map(|seen| seen.time);
            let (Some(first), Some(last)) = (times().min(), times().max()) else { continue };
            let between = last.since(first) / i64::try_from(sessions.len() - 1).unwrap_or(i64::MAX);
            let facts = vec![
                (Some("by"), Fact::Name(client.to_string())),
                (None, Fact::Name(server.to_string())),
                (Some("count"), Fact::Count(sessions.len() as u64)),
                (Some("seconds"), Fact::Duration(between)),
            ];
            let finding = FindingAcross::new(&RULE).says(&EVERY, facts);
            let shown = sessions.into_iter().take(KEPT);
            findings.add(shown.fold(finding, |finding, seen| finding.shown_by(seen.evidence)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::MonitorProbes;
    use crate::verdict::across::testing::found;

    fn count(sessions: &[&str]) -> usize {
        found(&sessions.join("\n---\n"), MonitorProbes::default(), |_| {}).all.len()
    }

    const IDLE: &str = "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: QUIT\nS: 221 bye";

    #[test]
    fn has_a_client_that_does_nothing_every_time() {
        assert_eq!(count(&[IDLE; 5]), 1);
    }

    #[test]
    fn has_not_few_sessions_or_a_client_that_does_something() {
        assert_eq!(count(&[IDLE; 4]), 0);
        let mail = "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 550 no";
        assert_eq!(count(&[IDLE, IDLE, IDLE, IDLE, IDLE, mail]), 0);
        assert_eq!(count(&["S: 421 too busy\nC: QUIT"; 6]), 0);
    }
}
