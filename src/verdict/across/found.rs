/*!
What an analysis over several sessions finds: a rule's words, facts, and evidence in each session concerned.

Of a session only its name is kept ([`SessionRef`]): its number, and what its identifier is made of.
*/

use crate::capture::Time;
use crate::flow::Endpoints;
use crate::limits::{EVIDENCE_SESSIONS, FINDINGS_ACROSS, Limit, LimitsHit};
use crate::protocol::event::StepId;
use crate::session::Session;
use crate::session::model::{Fact, Severity};
use crate::verdict::rule::{Class, Found, Needs, Rule, Sentence, Words};
use std::net::IpAddr;

/// Packets named as evidence of one session.
const PACKETS: usize = 16;
/// Sentences about occurrences that a finding keeps.
const OCCURRENCES: usize = 8;

/// An analysis over all sessions that finds something. It keeps small records up to a bound, and counts what it forgets.
pub trait Analysis {
    /// Takes in a session that is over: as sessions end, or in the order of their ids.
    fn session(&mut self, session: &Session, limits: &mut LimitsHit);

    /// What was found, once the capture has been read.
    fn finish(self: Box<Self>, findings: &mut Findings);
}

/// A rule of an analysis: it has words like any other, and its check of a single session finds nothing.
pub const fn rule(
    id: &'static str,
    severity: Severity,
    class: Class,
    needs: Needs,
    reference: Option<&'static str>,
    words: Words,
) -> Rule {
    Rule {
        id,
        severity,
        class,
        because_of: &[],
        since: "0.2.0",
        rank: 60,
        reference,
        needs,
        in_silence: false,
        words,
        sentences: &[],
        check: nothing,
    }
}

fn nothing(_: &Session, _: &mut Found) {}

/// A session, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionRef {
    /// Its number.
    pub id: u64,
    /// Its ends.
    pub endpoints: Endpoints,
    /// The time of its first packet.
    pub first: Time,
    /// The TCP sequence number of its first packet.
    pub first_sequence: u32,
    /// The number of its first packet, which tells the source ([`crate::capture::number`]).
    pub first_packet: u64,
}

impl SessionRef {
    /// The name of `session`.
    pub fn of(session: &Session) -> Self {
        let transport = &session.transport;
        Self {
            id: session.id,
            endpoints: transport.endpoints,
            first: transport.first.time,
            first_sequence: transport.first_sequence,
            first_packet: transport.first.packet,
        }
    }

    /// The client's address, an IPv4-mapped one as IPv4.
    pub fn client(&self) -> IpAddr {
        self.endpoints.client.ip().to_canonical()
    }

    /// The server's address likewise.
    pub fn server(&self) -> IpAddr {
        self.endpoints.server.ip().to_canonical()
    }
}

/// What one session contributes to a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The session.
    pub session: SessionRef,
    /// Steps of it, ascending.
    pub steps: Vec<StepId>,
    /// Packets of it, as in `PacketRef::packet`: those of the steps, or of the connection. The first few.
    pub packets: Vec<u64>,
}

impl Evidence {
    /// `steps` of `session` with their packets; without steps, its first packet.
    pub fn of(session: &Session, steps: impl IntoIterator<Item = StepId>) -> Self {
        let mut steps: Vec<StepId> = steps.into_iter().collect();
        if !steps.is_sorted() {
            steps.sort_unstable();
        }
        steps.dedup();
        let mut packets: Vec<u64> = Vec::with_capacity(steps.len().clamp(1, PACKETS));
        for step in steps.iter().filter_map(|&n| session.step(n)) {
            let room = PACKETS - packets.len();
            match step.packets.single() {
                _ if room == 0 => break,
                Some(packet) => packets.push(packet),
                None => packets.extend(step.packets.iter().take(room)),
            }
        }
        packets.dedup();
        if steps.is_empty() {
            packets.push(session.transport.first.packet);
        }
        Self { session: SessionRef::of(session), steps, packets }
    }

    /// Nothing but the name of `session`: for what is only counted.
    pub fn bare(session: &Session) -> Self {
        Self { session: SessionRef::of(session), steps: Vec::new(), packets: Vec::new() }
    }
}

/// A fact of a finding, with its name in the JSON.
pub type Named = (Option<&'static str>, Fact);

/// A sentence about one occurrence.
#[derive(Debug, Clone)]
pub struct Told {
    /// The sentence: `{0}`, `{1}` stand for the facts.
    pub sentence: &'static Sentence,
    /// The facts.
    pub facts: Vec<Named>,
}

/// Something that only several sessions show.
#[derive(Debug, Clone)]
pub struct FindingAcross {
    /// The rule, which has the words.
    pub rule: &'static Rule,
    /// How much it matters.
    pub severity: Severity,
    /// Sentences about the first occurrences.
    pub told: Vec<Told>,
    /// Further occurrences.
    pub more: u64,
    /// The sessions that show it, in the order of their numbers.
    pub evidence: Vec<Evidence>,
}

impl FindingAcross {
    /// A finding of `rule`.
    pub fn new(rule: &'static Rule) -> Self {
        Self { rule, severity: rule.severity, told: Vec::new(), more: 0, evidence: Vec::new() }
    }

    /// Adds a sentence about an occurrence.
    pub fn says(mut self, sentence: &'static Sentence, facts: Vec<Named>) -> Self {
        match self.told.len() < OCCURRENCES {
            true => self.told.push(Told { sentence, facts }),
            false => self.more += 1,
        }
        self
    }

    /// Adds what a session shows: what is said of the same session twice is put together.
    pub fn shown_by(mut self, evidence: Evidence) -> Self {
        match self.evidence.iter_mut().find(|known| known.session.id == evidence.session.id) {
            Some(known) => {
                known.steps.extend(evidence.steps);
                known.steps.sort_unstable();
                known.steps.dedup();
                known.packets.extend(evidence.packets);
                known.packets.sort_unstable();
                known.packets.dedup();
                known.packets.truncate(2 * PACKETS);
            }
            None => self.evidence.push(evidence),
        }
        self
    }
}

/// The findings so far, up to a bound.
#[derive(Debug, Default)]
pub struct Findings {
    /// In the order in which they were found.
    pub all: Vec<FindingAcross>,
    /// Bounds that cost something.
    pub limits: LimitsHit,
}

impl Findings {
    /// Adds a finding.
    pub fn add(&mut self, mut finding: FindingAcross) {
        if self.all.len() >= FINDINGS_ACROSS {
            return self.limits.hit(Limit::FindingsAcross);
        }
        finding.evidence.sort_by_key(|evidence| evidence.session.id);
        let left_out = finding.evidence.len().saturating_sub(EVIDENCE_SESSIONS);
        self.limits.hit_times(Limit::FindingsAcross, left_out as u64);
        finding.evidence.truncate(EVIDENCE_SESSIONS);
        self.all.push(finding);
    }
}
