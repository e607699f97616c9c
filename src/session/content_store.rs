/*!
Where content is kept: a message as it crossed, an attachment as it decodes to.

The session counts and digests content as it streams by, and forgets it. Where the bytes themselves are wanted
(`--extract`), they go to a [`ContentStore`] as they come, so that a message still costs the same memory whatever its
size. The session knows the trait alone, and not where a store keeps the bytes.
*/

use std::fmt::Debug;
use std::sync::Arc;

/// Keeps content that comes in pieces, of many messages at once, from many threads.
///
/// No method returns an error: a session goes on when a disk is full. A store that cannot keep any more reports that
/// itself to the view that takes the content out.
pub trait ContentStore: Debug + Send + Sync {
    /// Begins a new content, and returns its number, which is unique within the store.
    fn begin(&self) -> u64;

    /// Adds the next bytes of content `number`.
    fn append(&self, number: u64, bytes: &[u8]);

    /// Ends content `number`: no more bytes will come.
    fn end(&self, number: u64);

    /// Drops content `number`: it will not be asked for any more.
    fn discard(&self, number: u64);
}

/// A handle to stored content. The store keeps the content until the handle is dropped.
#[derive(Debug)]
pub struct StoredContent {
    content_store: Arc<dyn ContentStore>,
    number: u64,
}

impl StoredContent {
    /// Begins a new content in `content_store`.
    pub fn begin(content_store: &Arc<dyn ContentStore>) -> Self {
        Self { content_store: Arc::clone(content_store), number: content_store.begin() }
    }

    /// The content's number in its store.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Adds the next bytes.
    pub fn append(&self, bytes: &[u8]) {
        self.content_store.append(self.number, bytes);
    }

    /// Ends the content: no more bytes will come.
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
