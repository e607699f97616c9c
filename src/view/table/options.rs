//! The options of tables, and formatting that all tables share.

use crate::view::locale::{self, Label};
use crate::view::{Lang, Show, escape};

/// Most rows kept for each of the tables that close the output. Further rows are counted, and the count is written.
pub(super) const KEPT: usize = 10_000;

/// The terminal that tables are written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Columns of the terminal. Fewer than 80 count as 80.
    pub width: usize,
    /// Colour may be used.
    pub colour: bool,
}

impl Style {
    /// The narrowest terminal that tables are made for.
    const NARROWEST: usize = 80;

    fn usable(self) -> Self {
        // comfy-table counts in 16 bits.
        Self { width: self.width.clamp(Self::NARROWEST, 1_000), ..self }
    }
}

/// The options of tables.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// The terminal.
    pub style: Style,
    /// The tables to show.
    pub show: Show,
    /// The language.
    pub lang: Lang,
    /// Characters after which the text of a step is cut.
    pub text_limit: usize,
}

impl Options {
    pub(super) fn usable(self) -> Self {
        Self { style: self.style.usable(), ..self }
    }

    /// `text` off the wire for a cell of several lines, cut at `text_limit` characters.
    pub(super) fn block(&self, text: &str) -> String {
        let (text, cut) = escape::cut(text, self.text_limit);
        let mut shown = escape::block(text).into_owned();
        if cut {
            shown.push('…');
        }
        shown
    }

    pub(in crate::view) fn label(&self, label: Label) -> &'static str {
        locale::label(self.lang, label)
    }

    /// `label: value`, as the language writes it.
    pub(in crate::view) fn named(&self, label: Label, value: &str) -> String {
        self.colon(self.label(label), value)
    }

    pub(in crate::view) fn colon(&self, name: &str, value: &str) -> String {
        match self.lang {
            Lang::En => format!("{name}: {value}"),
            Lang::Zh => format!("{name}：{value}"),
        }
    }

    /// `text` in brackets, as the language writes them.
    pub(super) fn bracketed(&self, text: &str) -> String {
        match self.lang {
            Lang::En => format!("({text})"),
            Lang::Zh => format!("（{text}）"),
        }
    }

    /// The comma between two items, as the language writes it.
    pub(super) fn comma(&self) -> &'static str {
        match self.lang {
            Lang::En => ", ",
            Lang::Zh => "，",
        }
    }
}
