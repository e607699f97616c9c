//! What is known of the maildrop: its messages' unique-ids, and which of them are marked deleted (RFC 1939, sections 5
//! to 7).

use crate::limits::{Limit, MAILDROP_MESSAGES, heap, of_tree};
use crate::protocol::Sink;
use crate::protocol::event::MessageId;
use std::collections::{BTreeMap, BTreeSet};

/// The longest unique-id that is remembered; RFC 1939, section 7, allows 70 characters.
const LONGEST: usize = 128;

/// The maildrop, from the login on. Messages keep their number as long as the session lasts.
#[derive(Debug, Default)]
pub struct Maildrop {
    ids: BTreeMap<u64, Vec<u8>>,
    /// Messages that were retrieved before their unique-id was known.
    nameless: BTreeMap<u64, Vec<MessageId>>,
    nameless_count: usize,
    marked: BTreeSet<u64>,
}

impl Maildrop {
    /// Bytes that it holds.
    pub fn held(&self) -> usize {
        of_tree(self.ids.len(), size_of::<(u64, Vec<u8>)>() + heap(LONGEST))
            + of_tree(self.nameless.len(), size_of::<(u64, Vec<MessageId>)>() + heap(1))
            + self.nameless_count * size_of::<MessageId>()
            + of_tree(self.marked.len(), size_of::<u64>())
    }

    /// UIDL has listed the unique-id of message `number`.
    pub fn id(&mut self, number: u64, id: &[u8], out: &mut dyn Sink) {
        for message in self.nameless.remove(&number).unwrap_or_default() {
            self.nameless_count -= 1;
            out.unique_id(message, id);
        }
        if id.len() <= LONGEST && (self.ids.len() < MAILDROP_MESSAGES || self.ids.contains_key(&number)) {
            self.ids.insert(number, id.to_vec());
        } else {
            out.limit(Limit::Maildrop);
        }
    }

    /// `message` was retrieved, and has this number in the maildrop.
    pub fn retrieved(&mut self, number: u64, message: MessageId, out: &mut dyn Sink) {
        match self.ids.get(&number) {
            Some(id) => out.unique_id(message, id),
            None if self.nameless_count < MAILDROP_MESSAGES => {
                self.nameless_count += 1;
                self.nameless.entry(number).or_default().push(message);
            }
            None => out.limit(Limit::Maildrop),
        }
    }

    /// DELE was accepted.
    pub fn mark(&mut self, number: u64, out: &mut dyn Sink) {
        if self.marked.len() < MAILDROP_MESSAGES {
            self.marked.insert(number);
        } else {
            out.limit(Limit::Maildrop);
        }
    }

    /// True where DELE of this message was accepted, and no RSET came after it.
    pub fn is_marked(&self, number: u64) -> bool {
        self.marked.contains(&number)
    }

    /// RSET was accepted, or QUIT: how many messages were marked.
    pub fn unmark(&mut self) -> u64 {
        std::mem::take(&mut self.marked).len() as u64
    }
}
