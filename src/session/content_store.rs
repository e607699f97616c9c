/*!
Content that somebody wants to have: a message as it crossed, an attachment as it decodes to.

Here content is counted and digested as it streams by, and forgotten. Where the bytes themselves are asked for
(`--extract`), they are handed on to a [`ContentStore`] as they come, so that a message still costs the same memory
whatever its size. Who that is and where it keeps them is not known here.
*/

use std::fmt::Debug;
use std::sync::Arc;

/// Keeps content that comes piece by piece, of many messages at once, from many threads.
///
/// Nothing here returns an error: a session goes on whatever becomes of a disk. A store that cannot keep any more says
/// so itself to whoever wants to have the content.
pub trait ContentStore: Debug + Send + Sync {
    /// Something new begins. Returns the number by which it is called from then on, which is nobody else's.
    fn begin(&self) -> u64;

    /// The next bytes of it.
    fn append(&self, number: u64, bytes: &[u8]);

    /// No more of it will come.
    fn end(&self, number: u64);

    /// Nobody will ask for it any more.
    fn discard(&self, number: u64);
}

/// Something that is kept, for as long as anybody has hold of this.
#[derive(Debug)]
pub struct StoredContent {
    content_store: Arc<dyn ContentStore>,
    number: u64,
}

impl StoredContent {
    /// Something new.
    pub fn begin(content_store: &Arc<dyn ContentStore>) -> Self {
        Self { content_store: Arc::clone(content_store), number: content_store.begin() }
    }

    /// By this the content store knows it.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The next bytes.
    pub fn append(&self, bytes: &[u8]) {
        self.content_store.append(self.number, bytes);
    }

    /// No more will come.
    pub fn end(&self) {
        self.content_store.end(self.number);
    }
}

impl Drop for StoredContent {
    fn drop(&mut self) {
        self.content_store.discard(self.number);
    }
}

impl PartialEq for StoredContent {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number && Arc::ptr_eq(&self.content_store, &other.content_store)
    }
}

impl Eq for StoredContent {}
