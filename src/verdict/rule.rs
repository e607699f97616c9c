/*!
A rule: one thing that can be wrong, weak or worth knowing in a session. Everything about it is in one file of
[`rules`](super::rules): id, severity, needs, words in every language, the check, and conversations with and without the
finding.
*/

use crate::protocol::event::StepId;
use crate::session::Session;
use crate::session::model::Finding;

pub use crate::session::Needs;
pub use crate::session::model::{Fact, Severity};

/// Occurrences of one finding whose facts are kept; further ones are only counted.
const FACTS: usize = 8;

/// One thing that can be found in a session.
#[derive(Debug)]
pub struct Rule {
    /// A stable kebab-case name that says what is wrong: the name of the rule's file, with `-` for `_`.
    pub id: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// The first version that has the rule.
    pub since: &'static str,
    /// The place of its finding among those of a session: low ranks come first, equal ones by id.
    pub rank: u16,
    /// The source: an RFC section or a CVE. The same in all languages.
    pub reference: Option<&'static str>,
    /// What the check reads beyond steps without their text, logins and envelopes. What no rule and no view needs is
    /// not computed.
    pub needs: Needs,
    /// What it is called, what it means and what to do, in every language.
    pub words: Words,
    /// A sentence about one occurrence. It follows the detail, once for each occurrence with facts.
    pub occurrence: Option<Sentence>,
    /// Checks a session that is over.
    pub check: fn(&Session, &mut Found),
}

/// Words in every language. They are written to terminals unescaped: no control characters.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Words {
    pub en: Text,
    pub zh: Text,
}

/// What a finding is called, what it means, and what to do.
#[derive(Debug)]
pub struct Text {
    /// What it is, in a few words, without a full stop.
    pub title: &'static str,
    /// What it means, in whole sentences.
    pub detail: &'static str,
    /// What to do about it, in whole sentences.
    pub remedy: &'static str,
}

/// A whole sentence in every language. `{0}`, `{1}` and so on stand for an occurrence's facts, in their order.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Sentence {
    pub en: &'static str,
    pub zh: &'static str,
}

impl Rule {
    /// A finding of this rule with `steps` as evidence.
    pub fn finding(&self, steps: Vec<StepId>) -> Finding {
        Finding { id: self.id, severity: self.severity, steps, facts: Vec::new(), more: 0 }
    }

    /// What the rule finds in `session`, which is over.
    pub fn look(&self, session: &Session) -> Option<Finding> {
        let mut found = Found::default();
        (self.check)(session, &mut found);
        let Found { any, mut steps, facts, more } = found;
        steps.sort_unstable();
        steps.dedup();
        any.then(|| Finding { facts, more, ..self.finding(steps) })
    }
}

/// What a check finds in a session. All occurrences become one finding, with the evidence of all of them.
#[derive(Debug, Default)]
pub struct Found {
    any: bool,
    steps: Vec<StepId>,
    facts: Vec<Vec<Fact>>,
    more: u64,
}

impl Found {
    /// Adds an occurrence, with `steps` as evidence, in any order. Without a step and a fact, it is none: nothing is
    /// found without evidence.
    pub fn at(&mut self, steps: impl IntoIterator<Item = StepId>) -> Occurrence<'_> {
        let before = self.steps.len();
        self.steps.extend(steps);
        self.any |= self.steps.len() > before;
        Occurrence { found: self, begun: false, is_kept: false }
    }

    /// Adds an occurrence that the connection shows, and no step.
    pub fn in_the_connection(&mut self) {
        self.any = true;
    }

    /// Adds `more` occurrences without evidence and facts.
    pub fn more(&mut self, more: u64) {
        self.any |= more > 0;
        self.more += more;
    }
}

/// One occurrence, to which facts can be added.
#[derive(Debug)]
pub struct Occurrence<'a> {
    found: &'a mut Found,
    /// The occurrence has facts.
    begun: bool,
    /// Its facts are kept: fewer than [`FACTS`] occurrences had some before it.
    is_kept: bool,
}

impl Occurrence<'_> {
    /// Adds a fact about the occurrence, for the rule's sentence about it.
    pub fn fact(mut self, fact: Fact) -> Self {
        if !std::mem::replace(&mut self.begun, true) {
            self.found.any = true;
            self.is_kept = self.found.facts.len() < FACTS;
            match self.is_kept {
                true => self.found.facts.push(Vec::new()),
                false => self.found.more += 1,
            }
        }
        if let Some(facts) = self.found.facts.last_mut().filter(|_| self.is_kept) {
            facts.push(fact);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::{FACTS, Fact, Found};

    #[test]
    fn what_has_no_evidence_is_not_found() {
        let mut found = Found::default();
        found.at([]);
        assert!(!found.any);
        found.at([]).fact(Fact::Count(1));
        assert!(found.any, "a fact is evidence");
        let mut found = Found::default();
        found.in_the_connection();
        assert!(found.any);
    }

    #[test]
    fn facts_are_bounded_and_the_rest_is_counted() {
        let mut found = Found::default();
        for n in 0..FACTS as u64 + 3 {
            found.at([1]).fact(Fact::Count(n)).fact(Fact::Bytes(n));
            found.at([2]);
        }
        found.more(2);
        assert_eq!((found.facts.len(), found.more), (FACTS, 5));
        assert!(found.facts.iter().all(|facts| facts.len() == 2));
        assert_eq!(found.facts[1], [Fact::Count(1), Fact::Bytes(1)]);
    }
}
