//! What failed in a session, and the server's own words for it.

use super::place::{Few, Named, Packets};
use crate::flow::Side;
use crate::protocol::event::{Kind, StepId};
use crate::session::Session;
use crate::session::model::{Finding, Outcome, Severity, Step, Transaction};
use crate::verdict::conclusion::cause;
use crate::verdict::rule::Class;
use crate::verdict::rules;

/// Recipients of a session that are named.
const RECIPIENTS: usize = 16;
/// Failures of a session that are told besides the one on top.
const FURTHER: usize = 4;
/// Replies that are quoted of a finding.
const QUOTED: usize = 3;

/// A session in which something did not work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// The session.
    pub session: Named,
    /// What failed, the cause on top first, with the server's words.
    pub findings: Vec<(Finding, Packets, Vec<Quote>)>,
    /// Recipients who do not get their message.
    pub refused: Few<Refused>,
}

/// What the server said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// Its words.
    pub text: String,
    /// The packets they crossed in.
    pub packets: Packets,
}

/// A recipient who does not get a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The address.
    pub address: String,
    /// For good, for now, or given up.
    pub outcome: Outcome,
    /// The server's words; absent where they were not seen.
    pub reply: Option<Quote>,
}

/// What failed in `session`; `None` where nothing is known to have failed.
pub fn failed(session: &Session) -> Option<Failed> {
    let top = cause(&session.findings);
    let explains = |id: &str| session.findings.iter().any(|other| other.because_of == Some(id) && is_failure(other));
    let failures = session.findings.iter().filter(|finding| {
        finding.severity > Severity::Info
            && finding.because_of.is_none()
            && (is_failure(finding) || explains(finding.id))
    });
    let mut findings: Vec<&Finding> = failures.collect();
    findings.sort_by_key(|finding| (Some(finding.id) != top.map(|top| top.id), std::cmp::Reverse(finding.severity)));
    findings.truncate(1 + FURTHER);
    let mut refused = Few::default();
    for transaction in &session.transactions {
        recipients(session, transaction, &mut refused);
    }
    if findings.is_empty() && refused.list.is_empty() {
        return None;
    }
    let findings = findings.into_iter().map(|finding| {
        let steps = || finding.steps.iter().filter_map(|&n| session.step(n));
        let mut packets = Packets::of(steps());
        finding.packets.iter().for_each(|&packet| packets.add(packet, packet));
        let of_server = |step: &&Step| {
            step.from == Side::Server && matches!(step.kind, Kind::Reply | Kind::Greeting | Kind::Untagged)
        };
        let refusals = steps().filter(of_server).filter(|step| is_refusal(step));
        (finding.clone(), packets, refusals.take(QUOTED).map(quote).collect())
    });
    Some(Failed { session: Named::of(session), findings: findings.collect(), refused })
}

fn is_failure(finding: &Finding) -> bool {
    rules::find(finding.id).is_some_and(|rule| rule.class == Class::Failure)
}

fn is_refusal(step: &Step) -> bool {
    step.code().is_some_and(|code| code >= 400) || matches!(step.status(), Some("-ERR" | "NO" | "BAD" | "BYE"))
}

fn quote(step: &Step) -> Quote {
    Quote { text: step.quoted(), packets: Packets::of([step]) }
}

fn recipients(session: &Session, transaction: &Transaction, refused: &mut Few<Refused>) {
    let step = |n: Option<StepId>| n.and_then(|n| session.step(n));
    for addressee in &transaction.to {
        let words =
            step(addressee.final_step).or(step(addressee.step)).or(step(transaction.reply.map(|reply| reply.step)));
        let outcome = addressee.outcome;
        if matches!(outcome, Outcome::Rejected | Outcome::Deferred) {
            let reply = words.filter(|step| is_refusal(step)).map(quote);
            refused.add(RECIPIENTS, Refused { address: addressee.address.clone(), outcome, reply });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::failed;
    use crate::session::Session;
    use crate::session::model::Outcome;
    use crate::verdict::testing::session;
    use crate::verdict::{Needs, Selection, judge};

    fn judged(script: &str) -> Session {
        let mut session = session(script, Needs::ALL);
        judge(&mut session, Selection::ALL);
        session
    }

    #[test]
    fn a_refused_recipient_with_the_words_of_the_server() {
        let script = "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\n\
                      C: RCPT TO:<e@f>\nS: 550 5.1.1 no such user\nC: DATA\nS: 354 go\nC: hi\nC: .\nS: 250 ok";
        let failed = failed(&judged(script)).expect("it failed");
        let [refused] = failed.refused.list.as_slice() else { panic!("one recipient: {:?}", failed.refused) };
        assert_eq!((refused.address.as_str(), refused.outcome), ("e@f", Outcome::Rejected));
        assert_eq!(refused.reply.as_ref().map(|reply| reply.text.as_str()), Some("550 5.1.1 no such user"));
    }

    #[test]
    fn a_log_in_that_was_refused() {
        let script = "S: +OK ready\nC: USER bob\nS: +OK\nC: PASS secret\nS: -ERR invalid password\nC: QUIT\nS: +OK";
        let failed = failed(&judged(script)).expect("it failed");
        let (finding, _, quotes) = &failed.findings[0];
        assert_eq!((finding.id, quotes[0].text.as_str()), ("login-refused", "-ERR invalid password"));
    }

    #[test]
    fn where_nothing_failed_there_is_nothing() {
        let script = "S: +OK ready\nC: USER bob\nS: +OK\nC: PASS secret\nS: +OK in\nC: QUIT\nS: +OK bye";
        assert_eq!(failed(&judged(script)), None, "what is only weak has not failed");
    }
}
