//! The findings of all sessions, counted by rule.

use super::found::{Evidence, SessionRef};
use crate::session::Session;
use crate::session::model::Severity;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

/// Servers counted of one rule; the number is then that of the first ones.
const SERVERS: usize = 1_000;

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
    /// The first of them.
    pub first: Evidence,
}

/// Counts the findings of sessions by rule. There are as many counts as rules.
#[derive(Debug, Default)]
pub struct Grouped {
    groups: BTreeMap<&'static str, (Group, BTreeSet<SocketAddr>)>,
}

impl Grouped {
    /// Counts the findings of a session.
    pub fn session(&mut self, session: &Session) {
        let mut counted = BTreeSet::new();
        for finding in &session.findings {
            let (group, servers) = self.groups.entry(finding.id).or_insert_with(|| {
                let first = Evidence::of(session, finding.steps.iter().copied());
                let (id, severity) = (finding.id, finding.severity);
                (Group { id, severity, count: 0, sessions: 0, servers: 0, first }, BTreeSet::new())
            });
            group.count += 1;
            group.sessions += u64::from(counted.insert(finding.id));
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
        let counted =
            |(group, servers): (Group, BTreeSet<SocketAddr>)| Group { servers: servers.len() as u64, ..group };
        let mut groups: Vec<Group> = self.groups.into_values().map(counted).collect();
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
            judge(&mut session, Selection::ALL.rules);
            grouped.session(&session);
        }
        let groups = grouped.finish();
        let group = groups.iter().find(|group| group.id == "plaintext-password").expect("a group");
        assert_eq!((group.count, group.sessions, group.servers, group.first.session.id), (3, 3, 2, 1));
    }
}
