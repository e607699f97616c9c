//! How the dialogue's transaction goes on with the replies to MAIL and RCPT, and ends without a message.

use super::dialogue::Dialogue;
use super::reply::Reply;
use super::transaction::{Decision, End, Sender, Transaction};
use crate::limits::Limit;
use crate::protocol::event::{Decided, Sink, StepId, TransactionEnd};

impl Dialogue {
    /// The transaction is over, without a message.
    pub(super) fn transaction_ends(&mut self, by: TransactionEnd, told: Option<StepId>, out: &mut dyn Sink) {
        let steps = Vec::from_iter(told);
        std::mem::take(&mut self.transaction).end(End { by, message: None, reply: None, unnamed: None, steps }, out);
    }

    /// MAIL was answered.
    pub(super) fn mail_answered(
        &mut self,
        sender: Sender,
        step: Option<StepId>,
        reply: &Reply<'_>,
        told: StepId,
        out: &mut dyn Sink,
    ) {
        if reply.is_positive() {
            self.transaction_ends(TransactionEnd::Abandoned, None, out);
            self.transaction = Transaction::begin(sender, step, Some(told));
        } else if self.transaction.is_empty() || self.transaction.is_refused() {
            // Another MAIL within a transaction is out of place, and the transaction goes on.
            self.transaction_ends(TransactionEnd::Abandoned, None, out);
            self.transaction = Transaction::refused(sender, step, &Decision::of(reply, Decided::Mail, told));
        }
    }

    /// RCPT was answered, or never will be.
    pub(super) fn rcpt_answered(
        &mut self,
        path: Option<Vec<u8>>,
        step: Option<StepId>,
        reply: Option<(&Reply<'_>, StepId)>,
        out: &mut dyn Sink,
    ) {
        // 503 to a RCPT without a MAIL is about the order of commands, not about the recipient.
        let out_of_order = reply.is_some_and(|(reply, _)| reply.code == 503)
            && !self.transaction.is_begun()
            && !self.transaction.is_refused();
        let code = reply.and_then(|(reply, _)| reply.has_code.then_some(reply.code));
        if let Some(path) = path.filter(|_| !out_of_order)
            && !self.transaction.recipient(path, code, step, reply.map(|(_, told)| told))
        {
            out.limit(Limit::Recipients);
        }
    }
}
