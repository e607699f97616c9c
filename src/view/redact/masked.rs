//! A text with its secrets masked, and the new positions in it.

use crate::protocol::secret::MASK;
use std::ops::Range;

/// `range` clamped to `text` and widened to whole characters.
pub fn widened(text: &str, range: &Range<usize>) -> Range<usize> {
    let start = text.floor_char_boundary(range.start);
    start..text.ceil_char_boundary(range.end).max(start)
}

/// A text with its secrets masked. Maps positions of the old text to the new one.
pub struct Masked {
    /// The text.
    pub text: String,
    /// Ranges of the masks, in `text`.
    pub masks: Vec<Range<usize>>,
    /// Ranges of the secrets that the masks replace, in the old text.
    were: Vec<Range<usize>>,
}

impl Masked {
    /// `secrets` must be ascending, disjoint, and on character boundaries.
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

    /// The new position of `at` in the old text. Within a secret, the start of its mask.
    pub fn map(&self, at: usize) -> usize {
        self.mapped(at, |mask| mask.start)
    }

    /// The same for the end of a range. Within a secret, the end of its mask.
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
