/*!
A rule: one thing that can be wrong, weak or worth knowing in a session. Everything about it is in one file of
[`rules`](super::rules): id, severity, needs, words in every language, the check, and conversations with and without the
finding.
*/

use crate::protocol::event::StepId;
use crate::session::Session;
use crate::session::model::Finding;

pub use super::found::{Found, Occurrence};
pub use crate::session::Needs;
pub use crate::session::model::{Class, Fact, Key, Sentence, Severity};

/// One thing that can be found in a session.
#[derive(Debug)]
pub struct Rule {
    /// A stable kebab-case name that says what is wrong: the name of the rule's file, with `-` for `_`.
    pub id: &'static str,
    /// How much it matters. The check may say otherwise of an occurrence.
    pub severity: Severity,
    /// Which of a reader's questions it answers. The check may say otherwise of an occurrence.
    pub class: Class,
    /// The rules whose findings in the same session explain this one, the best explanation first.
    pub because_of: &'static [&'static str],
    /// The first version that has the rule.
    pub since: &'static str,
    /// The place of its finding among those of a session: low ranks come first, equal ones by id.
    pub rank: u16,
    /// The source: an RFC section or a CVE. The same in all languages.
    pub reference: Option<&'static str>,
    /// What the check reads beyond steps without their text, logins and envelopes. What no rule and no view needs is
    /// not computed.
    pub needs: Needs,
    /// It can find something where nothing was said: in the connection alone. The others are not asked then: of many SYNs
    /// without an answer, each is a session.
    pub in_silence: bool,
    /// What it is called, what it means and what to do, in every language.
    pub words: Words,
    /// Sentences about one occurrence: the check says which one is about it ([`Occurrence::says`]). It follows the
    /// detail, once for each occurrence with facts. Empty where there is nothing to add.
    pub sentences: &'static [Sentence],
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

/// Those of `rules` that look at a session in which nothing was said ([`Rule::in_silence`]).
pub fn in_silence(rules: &[&'static Rule]) -> Vec<&'static Rule> {
    rules.iter().copied().filter(|rule| rule.in_silence).collect()
}

impl Rule {
    /// A finding of this rule with `steps` as evidence.
    pub fn finding(&self, steps: Vec<StepId>) -> Finding {
        Finding { id: self.id, severity: self.severity, class: self.class, steps, ..Finding::default() }
    }

    /// What the rule finds in `session`, which is over: one finding, or several where each occurrence is one.
    pub fn look(&self, session: &Session) -> Vec<Finding> {
        let mut found = Found::default();
        (self.check)(session, &mut found);
        found.findings(self.id, self.severity, self.class).collect()
    }
}
