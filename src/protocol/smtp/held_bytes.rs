//! How much memory a dialogue takes.

use super::dialogue::Dialogue;
use super::reply::Reply;
use super::state::Held;
use crate::limits::{heap, of_list};

impl Dialogue {
    /// Bytes that the dialogue holds, with its own size.
    pub(super) fn bytes_held(&self) -> usize {
        heap(size_of::<Self>())
            + self.line.held()
            + self.reply_line.held()
            + self.deferred.held()
            + self.replies.held()
            + self.queue.held()
            + self.transaction.held()
            + self.held.as_ref().map_or(0, |held| heap(size_of::<Held>()) + held.text())
            + self.interruption.as_ref().map_or(0, |reply| heap(size_of::<Reply<'_>>()) + heap(reply.text.len()))
            + self.open.as_ref().map_or(0, |open| of_list(&open.steps))
    }
}
