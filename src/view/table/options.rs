//! How tables are made, and what all of them write alike.

use crate::view::locale::{self, Label};
use crate::view::{Lang, Show, escape};

/// Rows kept for each of the tables that close the output; what is beyond is counted there.
pub(super) const KEPT: usize = 10_000;

/// What the tables are drawn on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Columns of the terminal. Fewer than 80 count as 80.
    pub width: usize,
    /// Colour may be used.
    pub colour: bool,
}

impl Style {
    /// The narrowest that the tables are made for.
    const NARROWEST: usize = 80;

    fn usable(self) -> Self {
        // comfy-table counts in 16 bits.
        Self { width: self.width.clamp(Self::NARROWEST, 1_000), ..self }
    }
}

/// How tables are made.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// What they are drawn on.
    pub style: Style,
    /// Which of them.
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

    /// `text` off the wire for a cell of several lines, cut where it is long.
    pub(super) fn block(&self, text: &str) -> String {
        let (text, cut) = escape::cut(text, self.text_limit);
        let mut shown = escape::block(text).into_owned();
        if cut {
            shown.push('…');
        }
        shown
    }

    pub(super) fn label(&self, label: Label) -> &'static str {
        locale::label(self.lang, label)
    }

    /// `label: value`, as the language writes it.
    pub(super) fn named(&self, label: Label, value: &str) -> String {
        self.colon(self.label(label), value)
    }

    pub(super) fn colon(&self, name: &str, value: &str) -> String {
        match self.lang {
            Lang::En => format!("{name}: {value}"),
            Lang::Zh => format!("{name}：{value}"),
        }
    }

    /// What stands between two things, as the language writes it.
    pub(super) fn comma(&self) -> &'static str {
        match self.lang {
            Lang::En => ", ",
            Lang::Zh => "，",
        }
    }
}
