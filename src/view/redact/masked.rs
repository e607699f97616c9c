//! A text with its secrets masked, and the new positions in it.

use super::known::Known;
use std::ops::Range;

/// `range` clamped to `text` and widened to whole characters.
pub fn widened(text: &str, range: &Range<usize>) -> Range<usize> {
    let start = text.floor_char_boundary(range.start);
    start..text.ceil_char_boundary(range.end).max(start)
}

/// A part of a text that is masked.
#[derive(Debug, Clone)]
pub struct Found {
    /// Where it is.
    pub range: Range<usize>,
    /// The secret of which it is a form. Absent where it is masked because it is in doubt.
    pub known: Option<Known>,
}

/// `found`, ascending and disjoint. What overlaps is one; it is the secret's of which it is a form as a whole.
pub fn merged(text: &str, mut found: Vec<Found>) -> Vec<Found> {
    found.sort_by_key(|found| (found.range.start, found.range.end));
    let mut merged = Vec::new();
    let mut rest = found.as_slice();
    while let Some(first) = rest.first() {
        let mut range = first.range.clone();
        let count = rest.iter().take_while(|next| {
            let overlaps = next.range.start <= range.end;
            if overlaps {
                range.end = range.end.max(next.range.end);
            }
            overlaps
        });
        let (together, others) = rest.split_at(count.count());
        merged.push(Found { known: whose(text, &range, together).cloned(), range });
        rest = others;
    }
    merged
}

/// The secret whose form `range` is: that of a part which is as long, or else the only one, where the other parts of
/// it are no letters and digits.
fn whose<'a>(text: &str, range: &Range<usize>, parts: &'a [Found]) -> Option<&'a Known> {
    let of_all = parts.iter().filter(|part| part.range == *range).filter_map(|part| part.known.as_ref());
    if let Some(known) = only(of_all) {
        return Some(known);
    }
    let known = only(parts.iter().filter_map(|part| part.known.as_ref()))?;
    let mut at = range.start;
    let mut gaps = Vec::new();
    for part in parts.iter().filter(|part| part.known.is_some()) {
        gaps.push(at..part.range.start);
        at = at.max(part.range.end);
    }
    gaps.push(at..range.end);
    let is_bare = |gap: Range<usize>| !text.get(gap).unwrap_or_default().contains(char::is_alphanumeric);
    gaps.into_iter().all(is_bare).then_some(known)
}

fn only<'a>(mut all: impl Iterator<Item = &'a Known>) -> Option<&'a Known> {
    let first = all.next()?;
    all.all(|other| other == first).then_some(first)
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
    /// `secrets` must be ascending, disjoint, and on character boundaries. `mask` is what is shown for each of them.
    pub fn new<M: AsRef<str>>(text: &str, secrets: &[Found], mut mask: impl FnMut(Option<&Known>) -> M) -> Self {
        let were = secrets.iter().map(|found| found.range.clone()).collect();
        let mut masked = Self { text: String::with_capacity(text.len()), masks: Vec::new(), were };
        let mut done = 0;
        for Found { range: secret, known } in secrets {
            masked.text.push_str(text.get(done..secret.start).unwrap_or_default());
            let start = masked.text.len();
            masked.text.push_str(mask(known.as_ref()).as_ref());
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
