//! How much memory a dialogue takes.

use super::dialogue::Dialogue;
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
            + self.open.as_ref().map_or(0, |open| of_list(&open.steps))
    }
}
