//! The options of tables, and formatting that all tables share.

use super::Listing;
use crate::view::clock::Clock;
use crate::view::locale::{self, Label};
use crate::view::{Lang, Show, escape};

/// The terminal that tables are written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Columns of the terminal. Fewer than 20 count as 20. Below 80 tables become cards.
    pub width: usize,
    /// Colour may be used.
    pub colour: bool,
}

impl Style {
    /// The narrowest terminal that anything is written for.
    pub const NARROWEST: usize = 20;
    /// The narrowest terminal that has room for columns.
    const ROOMY: usize = 80;

    /// True if tables are written as cards: each cell in lines of its own, under its column's title.
    pub fn is_narrow(self) -> bool {
        self.width < Self::ROOMY
    }

    pub(in crate::view) fn usable(self) -> Self {
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
    /// The order and the length of the list of sessions.
    pub list: Listing,
    /// Characters after which the text of a step is cut.
    pub text_limit: usize,
    /// How moments are told.
    pub time: Clock,
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
    pub(in crate::view) fn comma(&self) -> &'static str {
        match self.lang {
            Lang::En => ", ",
            Lang::Zh => "，",
        }
    }
}
