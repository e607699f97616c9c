//! How much memory the reading of a structure takes.

use super::{MimeParser, State};
use crate::limits::{heap, of_list};
use crate::session::weight::of_text;

impl MimeParser {
    /// Bytes that the parser takes: known at once.
    pub fn weight(&self) -> usize {
        let block = match &self.state {
            State::Header(header_block) => of_list(&header_block.block),
            State::Leaf(leaf) => leaf.weight(),
            State::Between => 0,
        };
        let lists = of_list(&self.entities) + of_list(&self.open);
        let buffers = of_list(&self.held) + of_list(&self.scratch) + of_list(&self.lines);
        heap(size_of::<Self>())
            + self.kept
            + block
            + lists
            + buffers
            + self.attachments.weight()
            + self.report.weight()
            + of_list(&self.prints)
            + self.preview.as_ref().map_or(0, |preview| of_text(&preview.text))
    }
}
