//! The rows of tables.

/// One row.
#[derive(Debug, Clone, Default)]
pub struct Row {
    /// The cells' text, escaped. A line feed begins a new line in the cell.
    pub cells: Vec<String>,
    /// Whether and why the row is highlighted.
    pub mark: Mark,
    /// True to draw no line between this row and the one above.
    pub joined: bool,
}

/// Why a row is highlighted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mark {
    /// Not highlighted.
    #[default]
    None,
    /// The row shows a password or token.
    Secret,
    /// Bytes are missing.
    Gap,
}

impl Row {
    /// A row that is neither highlighted nor joined.
    pub fn new(cells: impl IntoIterator<Item = String>) -> Self {
        Self { cells: cells.into_iter().collect(), mark: Mark::None, joined: false }
    }

    /// The same row with `joined` set.
    pub fn joined(self, joined: bool) -> Self {
        Self { joined, ..self }
    }

    /// The same row with `mark` set.
    pub fn marked(self, mark: Mark) -> Self {
        Self { mark, ..self }
    }
}
