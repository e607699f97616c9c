//! All analyses over sessions, run together.

use super::address_probing::AddressProbing;
use super::bounce::Bounce;
use super::credential_reuse::CredentialReuse;
use super::deferred_later::DeferredLater;
use super::duplicate_delivery::DuplicateDelivery;
use super::found::{Analysis, Findings};
use super::grouped::Grouped;
use super::journey::Journeys;
use super::mailbox_holder::MailboxHolder;
use super::monitor_probes::MonitorProbes;
use super::needs_extension::NeedsExtension;
use super::outcome::AcrossReport;
use super::repeated_login_failures::RepeatedLoginFailures;
use super::servers_differ::ServersDiffer;
use super::starttls_elsewhere::StartTlsElsewhere;
use super::too_many_connections::TooManyConnections;
use super::{
    address_probing, bounce, credential_reuse, deferred_later, duplicate_delivery, mailbox_holder, monitor_probes,
    needs_extension, repeated_login_failures, servers_differ, starttls_elsewhere, too_many_connections,
};
use crate::limits::LimitsHit;
use crate::session::Session;
use crate::verdict::rule::Rule;
use std::cmp::Reverse;

/// The rules of the analyses, by id.
pub const RULES: &[&Rule] = &[
    &address_probing::RULE,
    &bounce::RULE,
    &needs_extension::RULE,
    &credential_reuse::RULE,
    &deferred_later::RULE,
    &duplicate_delivery::RULE,
    &mailbox_holder::RULE,
    &monitor_probes::RULE,
    &repeated_login_failures::RULE,
    &servers_differ::RULE,
    &starttls_elsewhere::RULE,
    &too_many_connections::RULE,
];

/// Runs every analysis.
pub struct AllAnalyses {
    analyses: Vec<Box<dyn Analysis>>,
    grouped: Grouped,
    journeys: Journeys,
    limits: LimitsHit,
}

impl Default for AllAnalyses {
    fn default() -> Self {
        let analyses: Vec<Box<dyn Analysis>> = vec![
            Box::new(DuplicateDelivery::default()),
            Box::new(Bounce::default()),
            Box::new(DeferredLater::default()),
            Box::new(MailboxHolder::default()),
            Box::new(TooManyConnections::default()),
            Box::new(NeedsExtension::default()),
            Box::new(RepeatedLoginFailures::default()),
            Box::new(AddressProbing::default()),
            Box::new(CredentialReuse::default()),
            Box::new(StartTlsElsewhere::default()),
            Box::new(ServersDiffer::default()),
            Box::new(MonitorProbes::default()),
        ];
        Self { analyses, grouped: Grouped::default(), journeys: Journeys::default(), limits: LimitsHit::default() }
    }
}

impl AllAnalyses {
    /// Takes in a session that is over and is shown.
    pub fn session(&mut self, session: &Session) {
        for analysis in &mut self.analyses {
            analysis.session(session, &mut self.limits);
        }
        self.grouped.session(session);
        self.journeys.session(session, &mut self.limits);
    }

    /// What was found, and the bounds that cost something, once the capture has been read.
    pub fn finish(self) -> (AcrossReport, LimitsHit) {
        let mut findings = Findings { limits: self.limits, ..Findings::default() };
        for analysis in self.analyses {
            analysis.finish(&mut findings);
        }
        let journeys = self.journeys.finish(&mut findings.limits);
        findings.all.sort_by_key(|finding| Reverse(finding.severity));
        (AcrossReport { findings: findings.all, groups: self.grouped.finish(), journeys }, findings.limits)
    }
}
