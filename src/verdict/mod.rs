/*!
What a session means: what is wrong, weak or worth knowing in it (`rules`), what only several sessions together show
(`across`), and what each step does in its context (`purpose`). Depends on sessions, and on no view.

Rules check a session once it is over ([`judge`]), on the thread that followed it; a session in which nothing crossed is
made, and checked, where sessions are numbered. Analyses that span sessions receive them in the order of output, on one
thread. A [`Selection`] says which rules run and whether logins are counted: what no view shows is not computed.
*/

pub(crate) mod across;
pub(crate) mod budget;
pub mod compare;
pub(crate) mod conclusion;
mod encryption;
mod ending;
mod evidence;
pub mod explain;
pub mod filter;
mod found;
mod given_up;
mod idle;
mod logins;
mod made_good;
mod pace;
pub(crate) mod purpose;
mod refusals;
pub(crate) mod report;
pub(crate) mod rule;
pub mod software;
mod stall;
#[cfg(test)]
#[macro_use]
pub(crate) mod testing;
pub(crate) mod rules;
mod unanswered;
mod unplaced;
mod upshot;
pub(crate) mod verdicts;

pub use across::change::{BodyChange, Change, ChangeKind, Received};
pub use across::found::{Evidence, FindingAcross, SessionRef, Told};
pub use across::grouped::Group;
pub use across::journey::{Hop, Journey, Role};
pub use across::login_frequency::{LoginFrequency, Logins, Pair};
pub use across::outcome::AcrossReport;
pub use conclusion::{Delivered, Safe, Tally, Undelivered, Unencrypted, Verdict};
pub use ending::is_end_of_silence;
pub use report::Report;
pub use rule::{Class, Found, Needs, Occurrence, Rule, Sentence, Text, Words};
pub use upshot::{Upshot, upshot};

use crate::session::Session;
use crate::session::model::{Finding, Severity, TlsMode};

/// Which rules run, and what is counted over all sessions.
#[derive(Debug, Clone, Copy)]
pub struct Selection {
    /// The rules that run.
    pub rules: &'static [&'static Rule],
    /// Count who logs in where, how often ([`Logins`]).
    pub logins: bool,
    /// Compare sessions: findings that span several, groups, journeys.
    pub across: bool,
    /// Tell which programs speak. Where this is left out, they are still told where a rule asks.
    pub software: bool,
}

impl Selection {
    /// Everything.
    pub const ALL: Self = Self { rules: rules::ALL, logins: true, across: true, software: true };
    /// Nothing.
    pub const NONE: Self = Self { rules: &[], logins: false, across: false, software: false };

    /// What the rules that run need computed.
    pub fn needs(&self) -> Needs {
        let across = if self.across { Needs { texts: true, digests: true, ..Needs::MESSAGES } } else { Needs::NONE };
        self.rules.iter().fold(across, |needs, rule| needs.and(rule.needs))
    }
}

/// Tells which programs speak in a session that is over, runs the selected rules on it, and puts their findings into it, by rank and
/// then by id, each with the finding that explains it.
///
/// Then the copies of conflicting bytes are dropped: they are raw, and the findings have what views need of them.
pub fn judge(session: &mut Session, selection: Selection) {
    // The one rule that asks which programs speak holds that against what they say of themselves.
    if selection.software || !selection.rules.is_empty() && software::is_claimed(session) {
        software::tell(session);
    }
    let is_silent = is_silent(session);
    check(session, selection.rules.iter().copied().filter(|rule| rule.in_silence || !is_silent));
}

/// As [`judge`], for a session in which nothing was said, by those of the rules that look at such a session
/// ([`Rule::in_silence`]): a flood of SYNs makes thousands of them, so that they are chosen once.
pub fn judge_silent(session: &mut Session, rules_in_silence: &[&Rule]) {
    check(session, rules_in_silence.iter().copied());
}

fn check<'a>(session: &mut Session, rules: impl Iterator<Item = &'a Rule>) {
    let mut findings: Vec<(&Rule, Finding)> = Vec::new();
    // Most rules find nothing: they have one value in common in which nothing is found.
    let mut found = Found::default();
    for rule in rules {
        (rule.check)(session, &mut found);
        if found.is_any() {
            let of_rule = std::mem::take(&mut found).findings(rule.id, rule.severity, rule.class);
            findings.extend(of_rule.map(|finding| (rule, finding)));
        }
    }
    findings.sort_by_key(|(rule, finding)| (rule.rank, finding.id));
    explain(&mut findings);
    session.findings = findings.into_iter().map(|(_, finding)| finding).collect();
    session.transport.conflicts = Default::default();
}

/// True if nothing was said in `session` as far as it is known: there is nothing but the connection.
pub(crate) fn is_silent(session: &Session) -> bool {
    session.steps.is_empty()
        && session.credentials.is_empty()
        && session.unheeded.is_empty()
        && session.transactions.is_empty()
        && session.messages.is_empty()
        && session.tls.mode == TlsMode::None
        && session.tls.version.is_none()
        && session.tls.certificate.is_none()
}

/// Says of each finding which other one of the session explains it: the one that the check names, or else the first that
/// its rule names. Of these, what is for information explains only what is so, too: a delay that ended well is no reason
/// for a failure.
fn explain(findings: &mut [(&Rule, Finding)]) {
    if findings.iter().all(|(rule, finding)| rule.because_of.is_empty() && finding.because_of.is_none()) {
        return;
    }
    // Those of one id stand together.
    let mut found: Vec<(&str, Severity)> = Vec::with_capacity(findings.len());
    for (_, finding) in findings.iter() {
        match found.last_mut() {
            Some((id, severity)) if *id == finding.id => *severity = finding.severity.max(*severity),
            _ => found.push((finding.id, finding.severity)),
        }
    }
    let severity = |id: &str| found.iter().find(|(known, _)| *known == id).map(|(_, severity)| *severity);
    for (rule, finding) in findings {
        let explains = |id: &&str| {
            severity(id).is_some_and(|severity| severity > Severity::Info || finding.severity == Severity::Info)
        };
        let usual = rule.because_of.iter().copied().find(explains);
        finding.because_of = finding.because_of.filter(|id| severity(id).is_some()).or(usual);
    }
}

#[cfg(test)]
mod tests {
    use super::testing::session;
    use super::{Needs, Selection, judge};

    /// The findings of all rules in `script`: ids and evidence, in the session's order.
    fn found(script: &str) -> Vec<(&'static str, Vec<u32>)> {
        let mut session = session(script, Selection::ALL.needs());
        judge(&mut session, Selection::ALL);
        session.findings.into_iter().map(|finding| (finding.id, finding.steps)).collect()
    }

    #[test]
    fn a_transaction_in_which_a_recipient_is_refused() {
        let script = "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\n\
                      C: RCPT TO:<e@f>\nS: 550 no\nC: DATA\nS: 354 go\nC: hi\nC: .\nS: 250 ok";
        assert_eq!(found(script), [("plaintext-message", vec![12]), ("delivery-rejected", vec![8, 9])]);
    }

    #[test]
    fn log_ins_in_the_clear_and_refused() {
        let script = "S: +OK ready\nC: USER bob\nS: +OK\nC: PASS secret\nS: -ERR no\nS~ 10\nC: USER bob\nS: +OK\n\
                      C: PASS secret\nS: -ERR no";
        let both = vec![2, 4, 5, 7, 9, 10];
        assert_eq!(
            found(script),
            [
                ("plaintext-password", both.clone()),
                ("login-refused", both.clone()),
                ("bytes-missing", vec![6]),
                ("logins-per-session", both)
            ]
        );
    }

    #[test]
    fn without_rules_there_are_no_findings_and_no_needs() {
        let mut session = session("S: +OK ready\nS~ 10", Needs::NONE);
        session.transport.conflicts.more = 1;
        judge(&mut session, Selection::NONE);
        assert!(session.findings.is_empty() && session.transport.conflicts.more == 0);
        assert_eq!(Selection::NONE.needs(), Needs::NONE);
    }
}
