/*!
What a capture comes to: the sum of the verdicts on its sessions, and of what only several of them show.

A recipient who was put off and for whom the same sender's message was accepted in a later session got it after all.
*/

use super::across::Across;
use super::across::found::FindingAcross;
use super::conclusion::{Rank, Tally, Verdict, cause, explaining, of_session, rank, rank_of};
use crate::limits::ACROSS_RECORDS;
use crate::session::Session;
use crate::session::model::{Addressee, Finding, Outcome};
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

/// The finding about recipients who were put off.
const PUT_OFF: &str = "delivery-deferred";

/// The verdicts on all sessions, one after the other.
#[derive(Debug, Default)]
pub struct Verdicts {
    tally: Tally,
    waiting: Waiting,
    /// The finding on top so far, but for recipients put off.
    top: Option<(Rank, &'static str)>,
    /// The same for recipients put off, who may yet be accepted.
    put_off: Option<(Rank, &'static str)>,
}

impl Across for Verdicts {
    type Outcome = Verdict;

    fn session(&mut self, session: &Session) {
        self.tally.add(&of_session(session));
        for (sender, addressee) in recipients(session) {
            match addressee.outcome {
                Outcome::Deferred => self.waiting.add(sender, &addressee.address),
                Outcome::Accepted => {
                    let count = self.waiting.take(sender, &addressee.address);
                    self.tally.deferred = self.tally.deferred.saturating_sub(count);
                    if count > 0 {
                        self.tally
                            .undelivered
                            .retain(|lost| !(lost.is_deferred() && lost.address == addressee.address));
                    }
                }
                _ => {}
            }
        }
        self.findings(&session.findings);
    }

    fn finish(self) -> Verdict {
        let put_off = self.put_off.filter(|_| self.tally.deferred > 0);
        let top = put_off.into_iter().chain(self.top).min_by_key(|(rank, _)| *rank);
        Verdict {
            safe: self.tally.safety(),
            delivered: self.tally.delivered(),
            cause: top.map(|(_, id)| id),
            tally: self.tally,
        }
    }
}

impl Verdicts {
    /// Takes in the findings of a session.
    fn findings(&mut self, findings: &[Finding]) {
        if let Some(cause) = cause(findings)
            && let Some(rank) = rank(cause, &explaining(findings))
        {
            self.rise(rank, cause.id);
        }
    }

    /// How often a recipient who was put off was forgotten, because too many were.
    pub fn left_out(&self) -> u64 {
        self.waiting.left_out
    }

    /// Takes in the findings that span sessions. What they say of several sessions explains what is found in each.
    pub fn across(&mut self, findings: &[FindingAcross]) {
        for finding in findings {
            if let Some(rank) = rank_of(finding.rule.class, finding.severity, false) {
                self.rise(rank, finding.rule.id);
            }
        }
    }

    /// Of two that matter alike, the one that came first stays on top.
    fn rise(&mut self, rank: Rank, id: &'static str) {
        let top = if id == PUT_OFF { &mut self.put_off } else { &mut self.top };
        if top.is_none_or(|(before, _)| rank < before) {
            *top = Some((rank, id));
        }
    }
}

/// Who was put off, by sender and recipient, and how often.
#[derive(Debug, Default)]
struct Waiting {
    hasher: RandomState,
    counts: HashMap<u64, u64>,
    /// Those for whom there was no room: they stay put off.
    left_out: u64,
}

impl Waiting {
    fn key(&self, sender: &str, recipient: &str) -> u64 {
        self.hasher.hash_one((sender.to_lowercase(), recipient.to_lowercase()))
    }

    fn add(&mut self, sender: &str, recipient: &str) {
        let key = self.key(sender, recipient);
        match self.counts.len() < ACROSS_RECORDS || self.counts.contains_key(&key) {
            true => *self.counts.entry(key).or_default() += 1,
            false => self.left_out += 1,
        }
    }

    /// How often the recipient was put off. It no longer waits.
    fn take(&mut self, sender: &str, recipient: &str) -> u64 {
        match self.counts.is_empty() {
            true => 0,
            false => self.counts.remove(&self.key(sender, recipient)).unwrap_or_default(),
        }
    }
}

/// The senders and recipients of a session's transactions.
fn recipients(session: &Session) -> impl Iterator<Item = (&str, &Addressee)> {
    session.transactions.iter().flat_map(|transaction| {
        let sender = transaction.from.as_deref().unwrap_or_default();
        transaction.to.iter().map(move |addressee| (sender, addressee))
    })
}

#[cfg(test)]
mod tests {
    use super::{Across, Verdict, Verdicts};
    use crate::verdict::conclusion::{Delivered, Safe};
    use crate::verdict::testing::sessions;
    use crate::verdict::{Selection, judge};

    fn verdict(script: &str) -> Verdict {
        let mut verdicts = Verdicts::default();
        for mut session in sessions(script, Selection::ALL.needs()) {
            judge(&mut session, Selection::ALL);
            verdicts.session(&session);
        }
        verdicts.finish()
    }

    const DEFERRED: &str = "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\n\
                           S: 450 4.2.0 Greylisted\nC: QUIT\nS: 221 bye\n";
    const TAKEN: &str = "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\n\
                         C: DATA\nS: 354 go\nC: Subject: x\nC:\nC: hi\nC: .\nS: 250 ok\n";

    #[test]
    fn the_capture_is_the_sum_of_its_sessions() {
        let read = "S: +OK ready\nC: USER bob\nS: +OK\nC: PASS secret\nS: +OK in\n";
        let guessed = "S: +OK ready\nC: USER bob\nS: +OK\nC: PASS one\nS: -ERR no\nC: USER bob\nS: +OK\nC: PASS two\n\
                       S: -ERR no\n";
        let verdict = verdict(&format!("{read}---\n{guessed}---\nS: +OK ready\nC: QUIT\nS: +OK bye"));
        assert_eq!((verdict.tally.sessions, verdict.tally.not_safe, verdict.tally.readable_logins), (3, 2, 3));
        assert_eq!(verdict.safe, Safe::No);
        assert_eq!(verdict.cause, Some("login-refused"), "what failed, before what is weak");
    }

    #[test]
    fn who_was_put_off_and_accepted_later_got_the_message() {
        let alone = verdict(DEFERRED);
        assert_eq!((alone.delivered, alone.cause), (Delivered::Deferred, Some("delivery-deferred")));
        let later = verdict(&format!("{DEFERRED}---\n{DEFERRED}---\n{TAKEN}"));
        assert_eq!((later.delivered, later.tally.accepted, later.tally.deferred), (Delivered::Yes, 1, 0));
        assert!(later.tally.undelivered.is_empty());
        assert_eq!(later.cause, Some("plaintext-message"), "nothing failed in the end");
        let another = verdict(&format!("{DEFERRED}---\n{}", TAKEN.replace("c@d", "e@d")));
        assert_eq!((another.delivered, another.tally.undelivered.len()), (Delivered::Partly, 1));
    }

    #[test]
    fn who_was_put_off_beyond_the_bound_is_counted() {
        let mut waiting = super::Waiting::default();
        (0..super::ACROSS_RECORDS + 2).for_each(|n| waiting.add("a@b", &format!("{n}@d")));
        assert_eq!((waiting.left_out, waiting.take("a@b", "0@d")), (2, 1));
    }
}
