//! What several sessions show, together.

use super::found::FindingAcross;
use super::grouped::Group;
use super::journey::Journey;
use crate::session::model::Fact;

/// What several sessions show.
#[derive(Debug, Clone, Default)]
pub struct AcrossReport {
    /// Findings that span sessions, the most severe first.
    pub findings: Vec<FindingAcross>,
    /// The findings of all sessions, by rule.
    pub groups: Vec<Group>,
    /// The ways that messages took.
    pub journeys: Vec<Journey>,
}

impl AcrossReport {
    /// Passes every text off the wire to `visit`. Names of header fields and digests are not among them, nor the facts of
    /// `groups`: who masks sessions counts their findings anew.
    pub fn texts_mut(&mut self, visit: &mut dyn FnMut(&mut String)) {
        let Self { findings, groups: _, journeys } = self;
        for told in findings.iter_mut().flat_map(|finding| &mut finding.told) {
            for (_, fact) in &mut told.facts {
                if let Fact::Name(name) = fact {
                    visit(name);
                }
            }
        }
        for journey in journeys {
            journey.message_id.iter_mut().for_each(&mut *visit);
            for change in journey.hops.iter_mut().filter_map(|hop| hop.change.as_mut()) {
                change.received.iter_mut().filter_map(|received| received.by.as_mut()).for_each(&mut *visit);
            }
        }
    }
}
