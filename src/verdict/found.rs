//! What the check of a rule finds in a session.

use crate::protocol::event::StepId;
use crate::session::model::{Class, Fact, Facts, Finding, Key, Severity};

/// Occurrences of one finding whose facts are kept; further ones are only counted.
const FACTS: usize = 8;
/// Findings of one rule in one session; further occurrences become part of the last one.
const APART: usize = 32;
/// Packets kept as evidence of one finding, beside those of its steps: the first ones.
const PACKETS: usize = 256;

/// What a check finds in a session.
#[derive(Debug, Default)]
pub struct Found {
    /// Something was added.
    is_any: bool,
    /// The occurrences that are one finding together.
    together: Gathered,
    /// The occurrences that are findings of their own.
    apart: Vec<Gathered>,
}

/// What becomes one finding.
#[derive(Debug, Default)]
struct Gathered {
    any: bool,
    steps: Vec<StepId>,
    packets: Vec<u64>,
    facts: Vec<Facts>,
    more: u64,
    severity: Option<Severity>,
    class: Option<Class>,
    because_of: Option<&'static str>,
}

impl Found {
    /// Adds an occurrence, with `steps` as evidence, in any order. All occurrences added so are one finding. Without a
    /// step, a packet and a fact, it is none: nothing is found without evidence.
    pub fn at(&mut self, steps: impl IntoIterator<Item = StepId>) -> Occurrence<'_> {
        self.is_any = true;
        self.together.at(steps)
    }

    /// Adds an occurrence that is a finding of its own, with `steps` as evidence. Beyond 32 of them, it becomes
    /// part of the last one.
    pub fn apart(&mut self, steps: impl IntoIterator<Item = StepId>) -> Occurrence<'_> {
        self.is_any = true;
        if self.apart.len() < APART {
            self.apart.push(Gathered::default());
        }
        match self.apart.last_mut() {
            Some(last) => last.at(steps),
            None => self.together.at(steps),
        }
    }

    /// Adds an occurrence that the connection shows, and no step.
    pub fn in_the_connection(&mut self) {
        (self.is_any, self.together.any) = (true, true);
    }

    /// Adds `more` occurrences without evidence and facts.
    pub fn more(&mut self, more: u64) {
        self.is_any |= more > 0;
        self.together.any |= more > 0;
        self.together.more += more;
    }

    /// Something was added, with evidence or without. Where nothing was, there are no findings, and the value is as new.
    pub fn is_any(&self) -> bool {
        self.is_any
    }

    /// The findings, as those of the rule `id`, whose severity and class they have unless an occurrence says otherwise.
    pub fn findings(self, id: &'static str, severity: Severity, class: Class) -> impl Iterator<Item = Finding> {
        let all = std::iter::once(self.together).chain(self.apart);
        all.filter(|gathered| gathered.any).map(move |gathered| gathered.finding(id, severity, class))
    }
}

impl Gathered {
    fn at(&mut self, steps: impl IntoIterator<Item = StepId>) -> Occurrence<'_> {
        let before = self.steps.len();
        self.steps.extend(steps);
        self.any |= self.steps.len() > before;
        Occurrence { gathered: self, begun: false, is_kept: false }
    }

    fn finding(self, id: &'static str, severity: Severity, class: Class) -> Finding {
        let Self { any: _, mut steps, mut packets, facts, more, because_of, .. } = self;
        steps.sort_unstable();
        steps.dedup();
        packets.sort_unstable();
        packets.dedup();
        let (severity, class) = (self.severity.unwrap_or(severity), self.class.unwrap_or(class));
        Finding { id, severity, class, steps, packets, facts, more, because_of }
    }
}

/// One occurrence, to which facts can be added.
#[derive(Debug)]
pub struct Occurrence<'a> {
    gathered: &'a mut Gathered,
    /// The occurrence has facts.
    begun: bool,
    /// Its facts are kept: fewer than [`FACTS`] occurrences had some before it.
    is_kept: bool,
}

impl Occurrence<'_> {
    /// Adds a fact about the occurrence, called as such facts are. It is the next that the rule's sentence counts.
    pub fn fact(self, fact: Fact) -> Self {
        let key = fact.usual_key();
        self.named(key, fact)
    }

    /// Adds a fact about the occurrence, called `key`.
    pub fn named(mut self, key: Key, fact: Fact) -> Self {
        if let Some(facts) = self.facts() {
            facts.list.push((key, fact));
        }
        self
    }

    /// Which of the rule's sentences is about this occurrence. The first, unless said otherwise.
    pub fn says(mut self, sentence: usize) -> Self {
        if let Some(facts) = self.facts() {
            facts.sentence = sentence;
        }
        self
    }

    /// Adds evidence that is no step: numbers of packets.
    pub fn packets(self, packets: impl IntoIterator<Item = u64>) -> Self {
        let room = PACKETS.saturating_sub(self.gathered.packets.len());
        self.gathered.packets.extend(packets.into_iter().take(room));
        self.gathered.any |= !self.gathered.packets.is_empty();
        self
    }

    /// How much this occurrence matters; a finding matters as much as its worst occurrence of which this is said.
    pub fn severity(self, severity: Severity) -> Self {
        self.gathered.severity = self.gathered.severity.max(Some(severity));
        self
    }

    /// Which of a reader's questions this occurrence answers. Of several, a failure is what the finding is.
    pub fn class(self, class: Class) -> Self {
        self.gathered.class = Some(self.gathered.class.map_or(class, |before| before.min(class)));
        self
    }

    /// The id of the finding that explains this one.
    pub fn because_of(self, id: &'static str) -> Self {
        self.gathered.because_of = Some(id);
        self
    }

    /// The facts of this occurrence, unless they are not kept.
    fn facts(&mut self) -> Option<&mut Facts> {
        let gathered = &mut *self.gathered;
        if !std::mem::replace(&mut self.begun, true) {
            gathered.any = true;
            self.is_kept = gathered.facts.len() < FACTS;
            match self.is_kept {
                true => gathered.facts.push(Facts::default()),
                false => gathered.more += 1,
            }
        }
        gathered.facts.last_mut().filter(|_| self.is_kept)
    }
}

#[cfg(test)]
mod tests {
    use super::{APART, Class, FACTS, Fact, Finding, Found, Key, PACKETS, Severity};

    fn findings(found: Found) -> Vec<Finding> {
        found.findings("login-refused", Severity::Low, Class::Failure).collect()
    }

    #[test]
    fn what_has_no_evidence_is_not_found() {
        let mut found = Found::default();
        found.at([]).packets([]);
        found.apart([]);
        assert!(findings(found).is_empty());
        let mut found = Found::default();
        found.at([]).fact(Fact::Count(1));
        assert_eq!(findings(found).len(), 1, "a fact is evidence");
        let mut found = Found::default();
        found.at([]).packets([7, 3, 7]);
        assert_eq!(findings(found)[0].packets, [3, 7], "a packet is evidence");
        let mut found = Found::default();
        found.in_the_connection();
        assert_eq!(findings(found).len(), 1);
    }

    #[test]
    fn facts_are_bounded_and_the_rest_is_counted() {
        let mut found = Found::default();
        for n in 0..FACTS as u64 + 3 {
            found.at([1]).fact(Fact::Count(n)).named(Key::Limit, Fact::Bytes(n)).says(1);
            found.at([2]);
        }
        found.more(2);
        let finding = findings(found).remove(0);
        assert_eq!((finding.facts.len(), finding.more), (FACTS, 5));
        assert!(finding.facts.iter().all(|facts| facts.list.len() == 2 && facts.sentence == 1));
        assert_eq!(finding.facts[1].list, [(Key::Count, Fact::Count(1)), (Key::Limit, Fact::Bytes(1))]);
    }

    #[test]
    fn findings_of_their_own_are_bounded_and_the_last_one_has_the_rest() {
        let mut found = Found::default();
        for n in 0..2 * APART as u32 {
            found.apart([n + 1]).fact(Fact::Line(n.into()));
        }
        let found = findings(found);
        assert_eq!((found.len(), found[0].steps.as_slice()), (APART, &[1][..]));
        let last = &found[APART - 1];
        assert_eq!((last.steps.len(), last.facts.len() as u64 + last.more), (APART + 1, APART as u64 + 1));
    }

    #[test]
    fn a_finding_matters_as_much_as_its_worst_occurrence() {
        let mut found = Found::default();
        found.at([1]).severity(Severity::Info).class(Class::Weakness);
        found.at([2]).severity(Severity::High).because_of("other");
        found.at([3]).severity(Severity::Medium).class(Class::Remark);
        found.apart([4]);
        let found = findings(found);
        assert_eq!(found.iter().map(|each| each.severity).collect::<Vec<_>>(), [Severity::High, Severity::Low]);
        assert_eq!(found.iter().map(|each| each.class).collect::<Vec<_>>(), [Class::Weakness, Class::Failure]);
        assert_eq!(found.iter().map(|each| each.because_of).collect::<Vec<_>>(), [Some("other"), None]);
    }

    #[test]
    fn packets_are_bounded() {
        let mut found = Found::default();
        found.at([]).packets(1..).packets([1]);
        assert_eq!(findings(found)[0].packets.len(), PACKETS);
    }
}
