//! The mail transaction: from whom and to whom, as the server's replies have confirmed it (RFC 5321, section 3.3).

use super::question::RepliesDue;
use crate::limits::{RECIPIENTS, of_list};
use crate::protocol::event::{Envelope, Recipient, StepId};

/// A mail transaction, from MAIL to the reply that ends it.
#[derive(Debug, Default)]
pub struct Transaction {
    /// MAIL was accepted.
    begun: bool,
    envelope: Envelope,
    /// There may be recipients that were not seen.
    recipients_missing: bool,
    /// The steps of MAIL and RCPT.
    steps: Vec<StepId>,
    /// The first of its recipients that has not had its own reply after the content.
    next: usize,
    /// Bytes that the recipients' paths have on the heap.
    paths: usize,
    /// The text of the first reply that refused a chunk.
    refusal: Option<Vec<u8>>,
}

impl Transaction {
    /// A MAIL that was accepted, or whose reply is not known.
    pub fn begin(path: Option<Vec<u8>>, step: Option<StepId>) -> Self {
        let envelope = Envelope { from: path, to: Vec::new() };
        Self { begun: true, envelope, steps: step.into_iter().collect(), ..Self::default() }
    }

    /// Bytes that it holds.
    pub fn held(&self) -> usize {
        of_list(&self.envelope.to) + self.paths + of_list(&self.steps)
    }

    /// True where MAIL was accepted.
    pub fn is_begun(&self) -> bool {
        self.begun
    }

    /// A RCPT and the code of its reply, where there was one. False where there were too many already.
    pub fn recipient(&mut self, path: Vec<u8>, code: Option<u16>, step: Option<StepId>) -> bool {
        if self.envelope.to.len() >= RECIPIENTS {
            return false;
        }
        self.paths += of_list(&path);
        self.envelope.to.push(Recipient { address: path, code, final_code: None, final_missing: false });
        self.steps.extend(step);
        true
    }

    /// Bytes of the client are missing that may have held recipients.
    pub fn recipients_missing(&mut self) {
        self.recipients_missing = true;
    }

    /// How many recipients were accepted, or have no known reply.
    pub fn accepted(&self) -> usize {
        self.envelope.to.iter().filter(|recipient| is_accepted(recipient)).count()
    }

    /// LMTP: how many replies the content will get. That is known where MAIL was seen and each RCPT has its reply.
    pub fn replies_due(&self) -> RepliesDue {
        let is_answered =
            self.begun && !self.recipients_missing && self.envelope.to.iter().all(|recipient| recipient.code.is_some());
        match self.accepted() {
            _ if !is_answered => RepliesDue::Unknown(Vec::new()),
            0 => RepliesDue::One,
            left => RepliesDue::PerRecipient { left },
        }
    }

    /// True where the `replies` to the content belong, in order, to the recipients that were accepted or have no known
    /// reply: they are equal in number, and either MAIL was seen and no RCPT is missing, or each RCPT has its reply.
    pub fn is_all_accepted(&self, replies: usize) -> bool {
        let is_answered = self.envelope.to.iter().all(|recipient| recipient.code.is_some());
        (self.begun && !self.recipients_missing || is_answered) && self.accepted() == replies
    }

    /// The reply to the content for the next of the accepted recipients.
    pub fn final_code(&mut self, code: u16) {
        let rest = self.envelope.to.iter_mut().enumerate().skip(self.next);
        if let Some((at, recipient)) = rest.into_iter().find(|(_, recipient)| is_accepted(recipient)) {
            recipient.final_code = Some(code);
            self.next = at + 1;
        }
    }

    /// No more replies for single recipients will come.
    pub fn final_codes_end(&mut self) {
        for recipient in self.envelope.to.iter_mut().filter(|recipient| is_accepted(recipient)) {
            recipient.final_missing = recipient.final_code.is_none();
        }
    }

    /// A chunk was refused: the message is not accepted, whatever follows (RFC 3030, section 2).
    pub fn refuse(&mut self, reply: &[u8]) {
        self.refusal.get_or_insert_with(|| reply.to_vec());
    }

    /// The first text given to [`Transaction::refuse`].
    pub fn refusal(&self) -> Option<&[u8]> {
        self.refusal.as_deref()
    }

    /// The steps of MAIL and RCPT.
    pub fn steps(&self) -> &[StepId] {
        &self.steps
    }

    /// Ends the transaction, and returns its envelope.
    pub fn into_envelope(self) -> Envelope {
        self.envelope
    }
}

fn is_accepted(recipient: &Recipient) -> bool {
    recipient.code.is_none_or(|code| (200..300).contains(&code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn final_codes_go_to_those_who_were_accepted() {
        let mut transaction = Transaction::begin(Some(b"a@b".to_vec()), Some(1));
        for (address, code) in [("x", 250), ("y", 550), ("z", 251)] {
            assert!(transaction.recipient(address.into(), Some(code), None));
        }
        assert_eq!(transaction.accepted(), 2);
        for code in [250, 452, 250] {
            transaction.final_code(code);
        }
        let codes: Vec<_> = transaction.into_envelope().to.iter().map(|recipient| recipient.final_code).collect();
        assert_eq!(codes, [Some(250), None, Some(452)]);
    }
}
