//! A text in both languages.

use crate::view::Lang;
use crate::view::html::context::options;
use crate::view::table::Options;
use serde::Serialize;

/// A text in both languages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Words {
    /// English.
    pub en: String,
    /// Chinese.
    pub zh: String,
}

impl Words {
    /// What `say` says in each language.
    pub fn new(say: impl Fn(Lang) -> String) -> Self {
        Self { en: say(Lang::En), zh: say(Lang::Zh) }
    }

    /// What `say` says in each language, with the options of tables.
    pub fn shown(say: impl Fn(&Options) -> String) -> Self {
        Self::new(|lang| say(&options(lang)))
    }
}

/// Lists that hold the same in each language, put together item by item.
pub fn both<T, U>(say: impl Fn(&Options) -> Vec<T>, join: impl Fn(T, T) -> U) -> Vec<U> {
    let [en, zh] = [Lang::En, Lang::Zh].map(|lang| say(&options(lang)));
    en.into_iter().zip(zh).map(|(en, zh)| join(en, zh)).collect()
}
