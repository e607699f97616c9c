//! Transactions: what a dialogue reports of them, and what becomes of each recipient.

use super::Builder;
use crate::flow::CloseReason;
use crate::limits::{Limit, RECIPIENTS, TRANSACTIONS_PER_SESSION};
use crate::protocol::Sink;
use crate::protocol::event::{self, Decided, DecidingReply, MessageId, StepId, TransactionEnd};
use crate::session::model::{Addressee, Outcome, Transaction};
use crate::session::text::text;

impl Builder {
    /// A transaction is over.
    pub(super) fn add_transaction(&mut self, told: event::Transaction) {
        if self.session.transactions.len() >= TRANSACTIONS_PER_SESSION {
            return self.limit(Limit::TransactionsPerSession);
        }
        let event::Transaction { envelope, size_said, reply, unnamed, end, message, steps } = told;
        let dropped = envelope.to.len().saturating_sub(RECIPIENTS);
        self.session.limits_hit.hit_times(Limit::Recipients, dropped as u64);
        let message = message.filter(|&message| self.message_mut(message).is_some());
        let mut all = steps;
        all.extend(reply.map(|reply| reply.step));
        all.extend(envelope.to.iter().flat_map(|recipient| [recipient.step, recipient.final_step]).flatten());
        if let Some(message) = message.and_then(|message| self.message_mut(message)) {
            all.extend(&message.steps);
        }
        let steps = self.kept(all);
        let is_kept = |step: &StepId| steps.binary_search(step).is_ok();
        let addressee = |told: event::Recipient| addressee(told, reply, is_kept);
        let mut to: Vec<Addressee> = envelope.to.into_iter().take(RECIPIENTS).map(addressee).collect();
        let n = u32::try_from(self.session.transactions.len()).unwrap_or(u32::MAX).saturating_add(1);
        let of_unnamed = unnamed.map_or_else(|| Outcome::of_code(reply.and_then(|reply| reply.code)), Outcome::from);
        let outcome = self.outcome(&to, of_unnamed, end, message);
        if outcome == Outcome::Aborted {
            turn(&mut to, Outcome::Unknown, Outcome::Aborted);
        }
        let transaction = Transaction {
            n,
            from: envelope.from.map(|path| text(&path)),
            outcome,
            to,
            size_said,
            size_limit: size_limit(&self.session.capabilities),
            reply: reply.filter(|reply| is_kept(&reply.step)),
            message,
            steps,
        };
        self.ended_with_it = (end == TransactionEnd::SessionOver
            || transaction.outcome == Outcome::Aborted && message.is_some())
        .then_some(n);
        self.held.rest += transaction.weight();
        self.session.transactions.push(transaction);
    }

    /// What becomes of a transaction, as far as the dialogue knows.
    fn outcome(
        &mut self,
        to: &[Addressee],
        of_unnamed: Outcome,
        end: TransactionEnd,
        message: Option<MessageId>,
    ) -> Outcome {
        let by_all = match to {
            [] => of_unnamed,
            to => Outcome::of_recipients(to),
        };
        let (complete, unfinished) = message
            .and_then(|n| self.message_mut(n))
            .map_or((false, true), |message| (message.complete, message.unfinished));
        match (end, by_all) {
            (_, Outcome::Rejected | Outcome::Deferred) => by_all,
            (TransactionEnd::Unseen, _) => Outcome::Unknown,
            (TransactionEnd::Content, Outcome::Unknown) if message.is_some() && !complete && unfinished => {
                Outcome::Aborted
            }
            (TransactionEnd::Content, _) => by_all,
            (TransactionEnd::Abandoned | TransactionEnd::SessionOver, _) if unfinished => Outcome::Aborted,
            (TransactionEnd::Abandoned | TransactionEnd::SessionOver, _) => Outcome::Unknown,
        }
    }

    /// The session is over: a transaction that ended with it was aborted only if the connection ended, and not the
    /// capture alone.
    pub(super) fn last_transaction(&mut self, end: CloseReason, has_gaps: bool) {
        let is_over = matches!(end, CloseReason::Closed | CloseReason::Reset) && !has_gaps;
        let last = self.ended_with_it.and_then(|n| self.session.transactions.get_mut(n as usize - 1));
        if let Some(last) = last.filter(|last| last.outcome == Outcome::Aborted && !is_over) {
            last.outcome = Outcome::Unknown;
            turn(&mut last.to, Outcome::Aborted, Outcome::Unknown);
        }
    }
}

/// Of the recipients that came to one outcome, makes it another.
fn turn(to: &mut [Addressee], from: Outcome, into: Outcome) {
    to.iter_mut().filter(|addressee| addressee.outcome == from).for_each(|addressee| addressee.outcome = into);
}

/// What becomes of a recipient: by RCPT, then by its own reply, or else by the one that `decided` for all.
fn addressee(told: event::Recipient, decided: Option<DecidingReply>, is_kept: impl Fn(&StepId) -> bool) -> Addressee {
    let of_rcpt = Outcome::of_code(told.code);
    let for_all = decided.map(|reply| (reply.code, reply.step));
    let own = told.final_step.map(|step| (told.final_code, step));
    let (decision, outcome) = match (of_rcpt, decided.map(|reply| reply.to)) {
        // Without a sender, the reply to RCPT says nothing of the recipient.
        (_, Some(Decided::Mail)) => (for_all, Outcome::of_code(decided.and_then(|reply| reply.code))),
        (Outcome::Rejected | Outcome::Deferred, _) => (None, of_rcpt),
        _ => match own.or(for_all) {
            None => (None, Outcome::Unknown),
            Some(decision) => {
                let after = Outcome::of_code(decision.0);
                // The reply to RCPT may have refused it.
                let is_sure = of_rcpt == Outcome::Accepted || own.is_some() || after != Outcome::Accepted;
                (Some(decision), if is_sure { after } else { Outcome::Unknown })
            }
        },
    };
    Addressee {
        address: text(&told.address),
        code: told.code,
        step: told.step.filter(&is_kept),
        final_code: decision.and_then(|(code, _)| code),
        final_step: decision.map(|(_, step)| step).filter(&is_kept),
        outcome,
    }
}

/// The limit that the server announces; 0 is none (RFC 1870, section 4).
fn size_limit(capabilities: &[String]) -> Option<u64> {
    let limit = |line: &String| {
        let (word, limit) = line.trim().split_once([' ', '='])?;
        if word.eq_ignore_ascii_case("SIZE") { limit.trim().parse().ok() } else { None }
    };
    capabilities.iter().find_map(limit).filter(|limit| *limit > 0)
}
