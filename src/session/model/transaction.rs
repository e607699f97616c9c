//! Mail transactions of SMTP and LMTP: what became of each recipient, also where no content crossed.

use crate::protocol::event::{DecidingReply, Delivery, MessageId, StepId};
use std::collections::{HashMap, HashSet};

/// One mail transaction (RFC 5321, section 3.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    /// 1, 2, … within the session.
    pub n: u32,
    /// Reverse-path; empty for `<>`. Absent where MAIL was not seen.
    pub from: Option<String>,
    /// Recipients in the order of RCPT, the refused ones too.
    pub to: Vec<Addressee>,
    /// The size that MAIL declares, in bytes.
    pub size_said: Option<u64>,
    /// The size that the server announced as its limit (RFC 1870), in bytes.
    pub size_limit: Option<u64>,
    /// What became of it.
    pub outcome: Outcome,
    /// The reply that decided for all recipients: the one to the content, or the refusal of MAIL or DATA. Absent where
    /// each has its own.
    pub reply: Option<DecidingReply>,
    /// The message that it carried, where content crossed.
    pub message: Option<MessageId>,
    /// Commands, content and replies.
    pub steps: Vec<StepId>,
}

impl Transaction {
    /// Forgets the steps that are not kept, apart from its list of them.
    pub fn keep_steps(&mut self, is_kept: impl Fn(&StepId) -> bool) {
        self.reply = self.reply.filter(|reply| is_kept(&reply.step));
        for addressee in &mut self.to {
            addressee.step = addressee.step.filter(&is_kept);
            addressee.final_step = addressee.final_step.filter(&is_kept);
        }
    }
}

/// One recipient of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addressee {
    /// Forward-path without its angle brackets.
    pub address: String,
    /// Code of the reply to RCPT.
    pub code: Option<u16>,
    /// Step of that reply.
    pub step: Option<StepId>,
    /// Code of the reply that decided after RCPT: the recipient's own (LMTP, PRDR), or the one for all.
    pub final_code: Option<u16>,
    /// Step of that reply.
    pub final_step: Option<StepId>,
    /// What became of it.
    pub outcome: Outcome,
}

impl Addressee {
    /// The server refused it, for good or for now, whichever reply said so.
    pub fn is_refused(&self) -> bool {
        matches!(self.outcome, Outcome::Rejected | Outcome::Deferred)
    }

    /// The server said yes to RCPT, and no reply after it refused the recipient.
    pub fn is_taken(&self) -> bool {
        !self.is_refused() && self.code.is_some_and(|code| (200..300).contains(&code))
    }
}

/// What outweighs the refusal of a recipient: the client named the same address again in the transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamedAgain {
    /// The server accepts the address in this transaction: with another RCPT, before or after this one.
    Accepted,
    /// It refuses the address with another RCPT too: at this place among the recipients, from 0. That is the next one that names
    /// it; or, where this refusal was for the order of commands alone (503), one before it.
    Refused(usize),
}

impl NamedAgain {
    /// The refusal that counts stands before the one at `place`.
    pub fn is_before(self, place: usize) -> bool {
        matches!(self, Self::Refused(other) if other < place)
    }
}

/// Those refusals among the recipients `to` of one transaction that are not the last word about their address, by their
/// place in `to`, from 0. Addresses are compared without regard to case.
pub fn named_again(to: &[Addressee]) -> HashMap<usize, NamedAgain> {
    let mut named_again = HashMap::new();
    if !is_any_named_twice(to) || !to.iter().any(Addressee::is_refused) {
        return named_again;
    }
    let taken: HashSet<String> = to.iter().filter(|one| one.is_taken()).map(|one| one.address.to_lowercase()).collect();
    // That a command is out of order is said of the client: what was said of the recipient before holds.
    let is_out_of_order = |one: &Addressee| one.code == Some(503);
    let mut decided = HashMap::new();
    for (place, one) in to.iter().enumerate().filter(|(_, one)| one.is_refused() && !is_out_of_order(one)) {
        decided.entry(one.address.to_lowercase()).or_insert(place);
    }
    let mut refused_later = HashMap::new();
    for (place, addressee) in to.iter().enumerate().rev().filter(|(_, one)| one.is_refused()) {
        let address = addressee.address.to_lowercase();
        if taken.contains(&address) {
            named_again.insert(place, NamedAgain::Accepted);
        } else if let Some(&before) =
            decided.get(&address).filter(|before| is_out_of_order(addressee) && **before < place)
        {
            named_again.insert(place, NamedAgain::Refused(before));
        } else if let Some(next) = refused_later.insert(address, place) {
            named_again.insert(place, NamedAgain::Refused(next));
        }
    }
    named_again
}

/// Whether an address may be twice among the recipients: of few it is looked up, since nearly all transactions have few.
fn is_any_named_twice(to: &[Addressee]) -> bool {
    const FEW: usize = 8;
    let is_same = |one: &str, other: &str| match one.is_ascii() && other.is_ascii() {
        true => one.eq_ignore_ascii_case(other),
        false => one.to_lowercase() == other.to_lowercase(),
    };
    let mut rest = to;
    while let Some((one, others)) = rest.split_first().filter(|_| to.len() <= FEW) {
        if others.iter().any(|other| is_same(&one.address, &other.address)) {
            return true;
        }
        rest = others;
    }
    to.len() > FEW
}

/// What became of a transaction, or of one of its recipients. A reply that was not seen leaves [`Outcome::Unknown`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The server took responsibility for it.
    Accepted,
    /// For some of the recipients.
    Partly,
    /// The server refused it for good (5yz).
    Rejected,
    /// The server refused it for now (4yz).
    Deferred,
    /// The client gave it up, or the connection ended, before the content had.
    Aborted,
    /// Its answer was not seen.
    Unknown,
}

impl From<Delivery> for Outcome {
    fn from(delivery: Delivery) -> Self {
        match delivery {
            Delivery::Accepted => Self::Accepted,
            Delivery::Partly => Self::Partly,
            Delivery::Rejected => Self::Rejected,
            Delivery::Deferred => Self::Deferred,
            Delivery::Unknown => Self::Unknown,
        }
    }
}

impl Outcome {
    /// What a reply with this code means.
    pub fn of_code(code: Option<u16>) -> Self {
        match code {
            Some(200..=299) => Self::Accepted,
            Some(400..=499) => Self::Deferred,
            Some(500..=599) => Self::Rejected,
            _ => Self::Unknown,
        }
    }

    /// What becomes of a transaction with the recipients `to`: each address counts with what became of it in the end
    /// (see [`named_again`]).
    pub fn of_recipients(to: &[Addressee]) -> Self {
        let named_again = named_again(to);
        let last = to.iter().enumerate().filter(|(place, _)| !named_again.contains_key(place));
        Self::of_all(last.map(|(_, addressee)| addressee.outcome))
    }

    /// What the outcomes of all recipients come to. Where none has it, but some may get it later, it is deferred.
    pub fn of_all(outcomes: impl Iterator<Item = Self>) -> Self {
        let (mut accepted, mut rejected, mut deferred, mut unknown) = (false, false, false, false);
        for outcome in outcomes {
            match outcome {
                Self::Accepted => accepted = true,
                Self::Rejected => rejected = true,
                Self::Deferred => deferred = true,
                Self::Partly | Self::Aborted | Self::Unknown => unknown = true,
            }
        }
        match (accepted, rejected || deferred || unknown) {
            (true, false) => Self::Accepted,
            (true, true) => Self::Partly,
            (false, false) => Self::Unknown,
            (false, true) if unknown => Self::Unknown,
            (false, true) if deferred => Self::Deferred,
            (false, true) => Self::Rejected,
        }
    }
}
