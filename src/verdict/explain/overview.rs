//! What the report's tables come to: the sessions with their phases.

use super::place::Named;
use crate::flow::CloseReason;
use crate::session::Session;
use crate::session::model::{Phase, State};
use crate::verdict::conclusion::{self, Verdict};

/// Parts of a session that are told.
const PARTS: usize = 16;

/// A session in a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Overview {
    /// The session.
    pub session: Named,
    /// Its parts in order: the phase, its state at the beginning, and how many steps it has.
    pub parts: Vec<Part>,
    /// All steps.
    pub steps: u64,
    /// The first packet and the last.
    pub packets: (u64, u64),
    /// How it ended.
    pub end: CloseReason,
    /// What it comes to.
    pub verdict: Verdict,
}

/// Steps of one phase in a row; in the transaction phase of one state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Part {
    pub phase: Phase,
    pub state: Option<State>,
    pub steps: u64,
}

/// `session` in a row.
pub fn overview(session: &Session) -> Overview {
    let mut parts: Vec<Part> = Vec::new();
    for step in &session.steps {
        // Only in the transaction phase does the state name the part: IMAP's authenticated and selected.
        let state = if step.phase == Phase::Transaction { step.state() } else { None };
        let is_here = |part: &Part| part.phase == step.phase && (state.is_none() || part.state == state);
        // A session that goes to and fro has the steps of each part counted together.
        let has_room = parts.len() < PARTS;
        match parts.iter_mut().rfind(|part| is_here(part)) {
            Some(part) => part.steps += 1,
            None if has_room => parts.push(Part { phase: step.phase, state, steps: 1 }),
            None => {}
        }
    }
    let transport = &session.transport;
    Overview {
        session: Named::of(session),
        parts,
        steps: session.steps.len() as u64,
        packets: (transport.first.packet, transport.last.packet),
        end: transport.end,
        verdict: conclusion::of_session(session),
    }
}
