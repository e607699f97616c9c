//! The findings of all sessions, counted by rule.

use super::found::{Evidence, SessionRef};
use crate::session::Session;
use crate::session::model::{Facts, Finding, Severity};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::net::SocketAddr;

/// Servers counted of one rule; the number is then that of the first ones.
const SERVERS: usize = 1_000;
/// Servers named of one rule.
const NAMED: usize = 3;
/// Occurrences of one rule whose facts are kept: the first ones that differ.
const OCCURRENCES: usize = 3;
/// Occurrences of one rule that are told apart by their facts; the number is then that of the first ones.
const TOLD_APART: usize = 1_000;

/// The findings of one rule in all sessions.
#[derive(Debug, Clone)]
pub struct Group {
    /// The rule.
    pub id: &'static str,
    /// The highest severity among them.
    pub severity: Severity,
    /// How many there are.
    pub count: u64,
    /// In how many sessions.
    pub sessions: u64,
    /// With how many servers (address and port), up to 1,000.
    pub servers: u64,
    /// The first few of these in the order of their addresses.
    pub named: Vec<SocketAddr>,
    /// The first of them.
    pub first: Evidence,
    /// The facts of the first occurrences that differ, with the session of each, in the order of the sessions.
    pub occurrences: Vec<(u64, Facts)>,
    /// Further occurrences with facts of their own: up to 1,000 are told apart.
    pub more: u64,
}

/// Counts the findings of sessions by rule. There are as many counts as rules.
#[derive(Debug, Default)]
pub struct Grouped {
    groups: BTreeMap<&'static str, Counted>,
    hasher: RandomState,
}

/// A group, and what its numbers are counted from.
#[derive(Debug)]
struct Counted {
    group: Group,
    servers: BTreeSet<SocketAddr>,
    /// Hashes of the facts of occurrences.
    told_apart: HashSet<u64>,
}

impl Counted {
    fn new(session: &Session, finding: &Finding) -> Self {
        let group = Group {
            id: finding.id,
            severity: finding.severity,
            count: 0,
            sessions: 0,
            servers: 0,
            named: Vec::new(),
            first: Evidence::of(session, finding.steps.iter().copied()),
            occurrences: Vec::new(),
            more: 0,
        };
        Self { group, servers: BTreeSet::new(), told_apart: HashSet::new() }
    }

    /// Keeps the facts of an occurrence if they are new, and among those of the first sessions: whatever order sessions
    /// come in, the same ones are kept.
    fn occurred(&mut self, hasher: &RandomState, session: u64, facts: &Facts) {
        if facts.list.is_empty() {
            return;
        }
        let kept = &mut self.group.occurrences;
        let known = kept.iter_mut().find(|(_, known)| known == facts);
        // What is kept was told apart when it came.
        if known.is_none() && self.told_apart.len() < TOLD_APART {
            self.told_apart.insert(hasher.hash_one(facts));
        }
        if let Some((first, _)) = known {
            *first = session.min(*first);
        } else if kept.len() < OCCURRENCES {
            kept.push((session, facts.clone()));
        } else if let Some(last) = kept.last_mut().filter(|(last, _)| session < *last) {
            *last = (session, facts.clone());
        }
        kept.sort_by_key(|(session, _)| *session);
    }

    fn finish(self) -> Group {
        let Self { group, servers, told_apart } = self;
        let kept = group.occurrences.len() as u64;
        Group {
            servers: servers.len() as u64,
            named: servers.into_iter().take(NAMED).collect(),
            more: (told_apart.len() as u64).saturating_sub(kept),
            ..group
        }
    }
}

impl Grouped {
    /// Counts the findings of a session.
    pub fn session(&mut self, session: &Session) {
        // A session's findings of one rule stand together.
        let mut before = None;
        for finding in &session.findings {
            let counted_of = self.groups.entry(finding.id).or_insert_with(|| Counted::new(session, finding));
            for facts in &finding.facts {
                counted_of.occurred(&self.hasher, session.id, facts);
            }
            let Counted { group, servers, told_apart: _ } = counted_of;
            group.count += 1;
            group.sessions += u64::from(before.replace(finding.id) != Some(finding.id));
            group.severity = group.severity.max(finding.severity);
            // Sessions may come as they end.
            if SessionRef::of(session).id < group.first.session.id {
                group.first = Evidence::of(session, finding.steps.iter().copied());
            }
            if servers.len() < SERVERS {
                let server = session.transport.endpoints.server;
                servers.insert(SocketAddr::new(server.ip().to_canonical(), server.port()));
            }
        }
    }

    /// The counts, the most severe first, then the most frequent.
    pub fn finish(self) -> Vec<Group> {
        let mut groups: Vec<Group> = self.groups.into_values().map(Counted::finish).collect();
        groups.sort_by_key(|group| (std::cmp::Reverse((group.severity, group.count)), group.id));
        groups
    }
}

#[cfg(test)]
mod tests {
    use super::Grouped;
    use crate::verdict::testing::sessions;
    use crate::verdict::{Needs, Selection, judge};

    #[test]
    fn findings_are_counted_by_rule() {
        let one = "S: +OK ready\nC: USER bob\nS: +OK\nC: PASS secret12\nS: +OK\n";
        let script = format!("{one}---\n{one}--- server 10.0.0.9:110\n{one}---\nS: +OK ready\nC: QUIT\nS: +OK\n");
        let mut grouped = Grouped::default();
        for mut session in sessions(&script, Needs::ALL).into_iter().rev() {
            judge(&mut session, Selection::ALL);
            grouped.session(&session);
        }
        let groups = grouped.finish();
        let group = groups.iter().find(|group| group.id == "plaintext-password").expect("a group");
        assert_eq!((group.count, group.sessions, group.servers, group.first.session.id), (3, 3, 2, 1));
        assert_eq!(group.named.len(), 2);
    }

    #[test]
    fn the_first_facts_that_differ_are_kept_in_whatever_order_sessions_come() {
        let refused = |whom: &str| {
            format!(
                "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<{whom}@d>\n\
                 S: 550 5.1.1 no such user\nC: QUIT\nS: 221 bye\n"
            )
        };
        let whom = ["c", "c", "e", "f", "g", "h", "e"];
        let script: Vec<String> = whom.iter().map(|whom| refused(whom)).collect();
        let told = |backwards: bool| {
            let mut grouped = Grouped::default();
            let mut sessions = sessions(&script.join("---\n"), Selection::ALL.needs());
            if backwards {
                sessions.reverse();
            }
            for mut session in sessions {
                judge(&mut session, Selection::ALL);
                grouped.session(&session);
            }
            let groups = grouped.finish();
            let group = groups.into_iter().find(|group| group.id == "delivery-rejected").expect("a group");
            (group.occurrences.iter().map(|(session, _)| *session).collect::<Vec<_>>(), group.more, group.occurrences)
        };
        let (sessions, more, facts) = told(false);
        assert_eq!((sessions, more), (vec![1, 3, 4], 2));
        assert_eq!(facts, told(true).2, "the order does not matter");
    }
}
