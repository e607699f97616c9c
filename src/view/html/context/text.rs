//! Texts of the page, each in both languages.

use crate::view::clock::Clock;
use crate::view::table::{Listing, Options, Style};
use crate::view::{Lang, Show, escape};
use serde::Serialize;

/// Characters after which the text of a step is cut.
pub const TEXT_LIMIT: usize = 1_000;
/// Characters of a name off the wire.
pub const NAME: usize = 200;

/// A text in every language: `{{ text.en }}`, `{{ text.zh }}`, `{{ text[lang] }}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Text {
    /// English.
    pub en: String,
    /// Chinese.
    pub zh: String,
}

impl Text {
    /// The text that `said` makes for each language.
    pub fn of<T: Into<String>>(said: impl Fn(Lang) -> T) -> Self {
        Self { en: said(Lang::En).into(), zh: said(Lang::Zh).into() }
    }

    /// The text that `said` makes with the options of each language's tables.
    pub fn with<T: Into<String>>(said: impl Fn(&Options) -> T) -> Self {
        Self::of(|lang| said(&options(lang)).into())
    }

    /// Text that is the same in both.
    pub fn same(text: impl Into<String>) -> Self {
        let en = text.into();
        Self { zh: en.clone(), en }
    }
}

/// The options of tables, as far as their words and not their widths are asked for.
pub fn options(lang: Lang) -> Options {
    Options {
        style: Style { width: 120, colour: false },
        show: Show::ALL,
        list: Listing::default(),
        lang,
        text_limit: TEXT_LIMIT,
        time: Clock::Utc,
    }
}

/// `text` off the wire for one line.
pub fn line(text: &str) -> String {
    let (text, cut) = escape::cut(text, NAME);
    let shown = escape::line(text);
    if cut { format!("{shown}…") } else { shown.into_owned() }
}
