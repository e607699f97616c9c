//! The mail transaction: from whom and to whom, as the server's replies have confirmed it (RFC 5321, section 3.3).

use super::replies_due::RepliesDue;
use super::reply::Reply;
use crate::limits::{RECIPIENTS, STEPS_PER_SESSION, heap, of_list};
use crate::protocol::event::{
    self, Decided, DecidingReply, Delivery, Envelope, MessageId, Recipient, Sink, StepId, TransactionEnd,
};

/// What MAIL says.
#[derive(Debug, Default)]
pub struct Sender {
    /// Its reverse-path, where all of it was seen.
    pub path: Option<Vec<u8>>,
    /// The size that it declares (RFC 1870, section 5).
    pub size: Option<u64>,
}

/// The reply that decides about a message, or about its next recipient.
#[derive(Debug, Clone)]
pub struct Decision {
    /// Its code; where the server has named none, its first digit and two zeros.
    pub code: u16,
    /// Its text.
    pub text: Vec<u8>,
    /// What it decides, and where.
    pub reply: DecidingReply,
}

impl Decision {
    /// `reply`, told as step `told`, to `to`.
    pub fn of(reply: &Reply<'_>, to: Decided, told: StepId) -> Self {
        Self { code: reply.code, text: reply.text.to_vec(), reply: DecidingReply::of(reply, to, told) }
    }

    /// It accepts.
    pub fn accepts(&self) -> bool {
        is_good(self.code)
    }
}

impl DecidingReply {
    /// `reply`, told as step `told`, to `to`.
    fn of(reply: &Reply<'_>, to: Decided, told: StepId) -> Self {
        Self { to, code: reply.has_code.then_some(reply.code), step: told }
    }
}

/// True for 2yz.
pub fn is_good(code: u16) -> bool {
    (200..300).contains(&code)
}

/// A mail transaction, from MAIL to the reply that ends it.
#[derive(Debug, Default)]
pub struct Transaction {
    /// MAIL was accepted.
    begun: bool,
    /// MAIL was refused, and nothing has begun: there are no recipients and no content until another MAIL is accepted.
    refused: bool,
    envelope: Envelope,
    size_said: Option<u64>,
    /// There may be recipients that were not seen.
    recipients_missing: bool,
    /// The steps of MAIL and RCPT.
    steps: Vec<StepId>,
    /// A reply whose command is not in the capture refuses a recipient.
    refuses_unnamed: bool,
    /// The step of the reply to MAIL.
    told: Option<StepId>,
    /// The step of the last reply that accepted DATA.
    go_ahead: Option<StepId>,
    /// The first of its recipients that has not had its own reply after the content.
    next: usize,
    /// Bytes that the recipients' paths have on the heap.
    paths: usize,
    /// What few have.
    refusals: Option<Box<Refusals>>,
}

/// What the server has refused in a transaction.
#[derive(Debug, Default)]
struct Refusals {
    /// MAIL, or DATA last.
    reply: Option<DecidingReply>,
    /// MAIL.
    mail: Option<Decision>,
    /// DATA and the replies to it.
    steps: Vec<StepId>,
    /// A chunk: the first reply that did.
    chunk: Option<Decision>,
}

impl Transaction {
    /// A MAIL that was accepted by the reply of step `told`, or whose reply is not known.
    pub fn begin(sender: Sender, step: Option<StepId>, told: Option<StepId>) -> Self {
        let Sender { path, size } = sender;
        let envelope = Envelope { from: path, to: Vec::new() };
        Self { begun: true, envelope, size_said: size, steps: step.into_iter().collect(), told, ..Self::default() }
    }

    /// A MAIL that was refused.
    pub fn refused(sender: Sender, step: Option<StepId>, decision: &Decision) -> Self {
        let refusals = Refusals { reply: Some(decision.reply), mail: Some(decision.clone()), ..Refusals::default() };
        let refusals = Some(Box::new(refusals));
        Self { begun: false, refused: true, refusals, ..Self::begin(sender, step, Some(decision.reply.step)) }
    }

    /// Bytes that it holds.
    pub fn held(&self) -> usize {
        let of_refusals = |refusals: &Refusals| {
            let of_text = |decision: &Option<Decision>| decision.as_ref().map_or(0, |decision| of_list(&decision.text));
            heap(size_of::<Refusals>()) + of_list(&refusals.steps) + of_text(&refusals.chunk) + of_text(&refusals.mail)
        };
        of_list(&self.envelope.to) + self.paths + of_list(&self.steps) + self.refusals.as_deref().map_or(0, of_refusals)
    }

    /// True where MAIL was accepted.
    pub fn is_begun(&self) -> bool {
        self.begun
    }

    /// True where MAIL was refused, and nothing has begun since.
    pub fn is_refused(&self) -> bool {
        self.refused
    }

    /// True where nothing of a transaction was seen.
    pub fn is_empty(&self) -> bool {
        !self.begun && !self.refused && self.envelope.to.is_empty()
    }

    /// A RCPT with the code of its reply and the step of that, where there was one. False where there were too many
    /// already.
    pub fn recipient(&mut self, path: Vec<u8>, code: Option<u16>, step: Option<StepId>, told: Option<StepId>) -> bool {
        if self.envelope.to.len() >= RECIPIENTS {
            return false;
        }
        self.paths += of_list(&path);
        self.envelope.to.push(Recipient { address: path, code, step: told, ..Recipient::default() });
        self.steps.extend(step);
        true
    }

    /// Bytes of the client are missing that may have held recipients.
    pub fn recipients_missing(&mut self) {
        self.recipients_missing = true;
    }

    /// A reply to a command that is not in the capture. X.1.0 is what a sender is accepted with; X.1.1 to X.1.3, X.1.6,
    /// X.1.10 and X.2.z are about a recipient (RFC 3463, sections 3.2 and 3.3; RFC 7505).
    pub fn unplaced(&mut self, reply: &Reply<'_>) {
        match (reply.code, reply.enhanced.map(|status| (status.subject, status.detail))) {
            (200..300, Some((1, 0))) => self.refuses_unnamed = false,
            (400..600, Some((1, 1..=3 | 6 | 10) | (2, _))) => self.refuses_unnamed = true,
            _ => {}
        }
    }

    /// What `content`, the outcome that the replies to the content come to, means for recipients that are not known.
    pub fn of_unnamed(&self, content: Delivery) -> Option<Delivery> {
        let is_partly = self.refuses_unnamed && content == Delivery::Accepted;
        self.envelope.to.is_empty().then_some(if is_partly { Delivery::Partly } else { content })
    }

    /// The refusal of MAIL: whatever follows, there is no message.
    pub fn refusal_of_mail(&self) -> Option<&Decision> {
        self.refusals.as_ref().filter(|_| self.refused)?.mail.as_ref()
    }

    /// What became of the message where all recipients are known and each was refused by its reply to RCPT.
    pub fn all_refused(&self) -> Option<Delivery> {
        let mut codes = self.envelope.to.iter().map(|recipient| recipient.code.unwrap_or_default()).peekable();
        if !self.begun || self.recipients_missing || codes.peek().is_none() {
            return None;
        }
        let mut deferred = false;
        let all = codes.all(|code| {
            deferred |= (400..500).contains(&code);
            (400..600).contains(&code)
        });
        all.then_some(if deferred { Delivery::Deferred } else { Delivery::Rejected })
    }

    /// How many recipients were accepted, or have no known reply.
    pub fn accepted(&self) -> usize {
        let all = if self.refused { &[] } else { self.envelope.to.as_slice() };
        all.iter().filter(|recipient| is_accepted(recipient)).count()
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

    /// The reply to the content for the next of the accepted recipients: its code and its step.
    pub fn final_code(&mut self, code: u16, told: StepId) {
        let rest = self.envelope.to.iter_mut().enumerate().skip(self.next);
        if let Some((at, recipient)) = rest.into_iter().find(|(_, recipient)| is_accepted(recipient)) {
            (recipient.final_code, recipient.final_step) = (Some(code), Some(told));
            self.next = at + 1;
        }
    }

    /// No more replies for single recipients will come.
    pub fn final_codes_end(&mut self) {
        for recipient in self.envelope.to.iter_mut().filter(|recipient| is_accepted(recipient)) {
            recipient.final_missing = recipient.final_code.is_none();
        }
    }

    /// The codes of the recipients' own replies after the content.
    pub fn final_codes(&self) -> impl Iterator<Item = u16> {
        self.envelope.to.iter().filter_map(|recipient| recipient.final_code)
    }

    /// A chunk was refused: the message is not accepted, whatever follows (RFC 3030, section 2).
    pub fn refuse(&mut self, decision: Decision) {
        self.refusals.get_or_insert_default().chunk.get_or_insert(decision);
    }

    /// The first decision given to [`Transaction::refuse`].
    pub fn refusal(&self) -> Option<&Decision> {
        self.refusals.as_ref()?.chunk.as_ref()
    }

    /// DATA was answered. Where it was refused, this decides for all recipients, as long as no other DATA is accepted.
    pub fn data_answered(&mut self, data: Option<StepId>, reply: &Reply<'_>, told: StepId) {
        let is_refused = reply.code >= 400;
        if !is_refused {
            self.go_ahead = Some(told);
        }
        if self.is_empty() || !is_refused && self.refusals.is_none() {
            return;
        }
        let is_without_sender = self.refused;
        let refusals = self.refusals.get_or_insert_default();
        // A session keeps no more steps than this.
        if refusals.steps.len() < STEPS_PER_SESSION {
            refusals.steps.extend(data.into_iter().chain([told]));
        }
        if !is_without_sender {
            refusals.reply = is_refused.then(|| DecidingReply::of(reply, Decided::Data, told));
        }
    }

    /// The steps of MAIL and RCPT; none where MAIL was refused.
    pub fn steps(&self) -> &[StepId] {
        if self.refused { &[] } else { &self.steps }
    }

    /// Its envelope; an empty one where MAIL was refused.
    pub fn envelope(&self) -> Envelope {
        if self.refused { Envelope::default() } else { self.envelope.clone() }
    }

    /// Reports it, unless nothing of it was seen.
    pub fn end(mut self, how: End, out: &mut dyn Sink) {
        let End { by: end, message, reply, unnamed, steps } = how;
        if self.is_empty() && message.is_none() {
            return;
        }
        let Refusals { reply: refusal, steps: mut others, chunk: _, mail: _ } =
            self.refusals.map_or_else(Refusals::default, |it| *it);
        let reply = reply.or(refusal);
        self.steps.extend(self.told.into_iter().chain(self.go_ahead));
        self.steps.append(&mut others);
        self.steps.extend(steps);
        let (envelope, size_said, steps) = (self.envelope, self.size_said, self.steps);
        out.transaction(event::Transaction { envelope, size_said, reply, unnamed, end, message, steps });
    }
}

/// How a transaction ends.
#[derive(Debug)]
pub struct End {
    /// What ended it.
    pub by: TransactionEnd,
    /// The message, where content crossed.
    pub message: Option<MessageId>,
    /// The reply to the content, for all.
    pub reply: Option<DecidingReply>,
    /// What became of it for recipients that are not known.
    pub unnamed: Option<Delivery>,
    /// Further steps.
    pub steps: Vec<StepId>,
}

fn is_accepted(recipient: &Recipient) -> bool {
    recipient.code.is_none_or(is_good)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn final_codes_go_to_those_who_were_accepted() {
        let sender = Sender { path: Some(b"a@b".to_vec()), size: None };
        let mut transaction = Transaction::begin(sender, Some(1), None);
        for (address, code) in [("x", 250), ("y", 550), ("z", 251)] {
            assert!(transaction.recipient(address.into(), Some(code), None, None));
        }
        assert_eq!(transaction.accepted(), 2);
        for code in [250, 452, 250] {
            transaction.final_code(code, 9);
        }
        let codes: Vec<_> = transaction.envelope().to.iter().map(|recipient| recipient.final_code).collect();
        assert_eq!(codes, [Some(250), None, Some(452)]);
    }
}
