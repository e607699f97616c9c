//! A text with its secrets masked, and where things are in it now.

use crate::protocol::secret::MASK;
use std::ops::Range;

/// `range` within `text`, and not through the middle of a character.
pub fn widened(text: &str, range: &Range<usize>) -> Range<usize> {
    let start = text.floor_char_boundary(range.start);
    start..text.ceil_char_boundary(range.end).max(start)
}

/// A text with its secrets masked, and where things are in it now.
pub struct Masked {
    /// The text.
    pub text: String,
    /// Where the masks are.
    pub masks: Vec<Range<usize>>,
    /// Where they were.
    were: Vec<Range<usize>>,
}

impl Masked {
    /// `secrets` are ascending, apart from each other, and on boundaries of characters.
    pub fn new(text: &str, secrets: &[Range<usize>]) -> Self {
        let mut masked = Self { text: String::with_capacity(text.len()), masks: Vec::new(), were: secrets.to_vec() };
        let mut done = 0;
        for secret in secrets {
            masked.text.push_str(text.get(done..secret.start).unwrap_or_default());
            let start = masked.text.len();
            masked.text.push_str(MASK);
            masked.masks.push(start..masked.text.len());
            done = secret.end;
        }
        masked.text.push_str(text.get(done..).unwrap_or_default());
        masked
    }

    /// Where position `at` of the old text is; the beginning of the mask where it was within a secret.
    pub fn map(&self, at: usize) -> usize {
        self.mapped(at, |mask| mask.start)
    }

    /// The same for the end of a range: the end of the mask.
    pub fn map_end(&self, at: usize) -> usize {
        self.mapped(at, |mask| mask.end)
    }

    fn mapped(&self, at: usize, within: impl Fn(&Range<usize>) -> usize) -> usize {
        let after = self.were.partition_point(|secret| secret.end <= at);
        match (self.were.get(after), self.masks.get(after)) {
            (Some(secret), Some(mask)) if secret.start < at => within(mask),
            _ => {
                let before = after.checked_sub(1).and_then(|last| self.were.get(last).zip(self.masks.get(last)));
                before.map_or(at, |(secret, mask)| mask.end.saturating_add(at.saturating_sub(secret.end)))
            }
        }
    }
}
