/*!
Words: every typed purpose, fact and heading in English and Chinese. A missing translation does not compile.

Each function here takes the language and something typed. What comes out holds no character that a terminal would obey:
of text off the wire only a finding's facts pass through, escaped. The words themselves are in `en` and `zh`, which have the
same files and the same functions, each of them one exhaustive `match`; those of a finding are its rule's.
*/

/// Says the same thing in the language asked for.
macro_rules! say {
    ($lang:expr, $($path:ident)::+ ( $($argument:expr),* )) => {
        match $lang {
            Lang::En => en::$($path)::+($($argument),*),
            Lang::Zh => zh::$($path)::+($($argument),*),
        }
    };
}

mod finding;
pub(crate) mod label;
pub(crate) mod mime;

mod en;
mod login;
mod purpose;
mod term;
mod verb;
mod which;
mod zh;

pub use finding::{FindingWords, finding, text};
pub use label::Label;
pub use login::login_frequency;
pub use mime::MimeFact;
pub use purpose::{purpose, row};
pub use term::{
    bytes, content_type, decode_stop, delivery, direction, duration, end, exposure, kind, label, limit, line_ends,
    login_outcome, matched, mime_fact, no_mail, phase_title, protocol, severity, tls_mode, transfer_encoding,
};

use super::Lang;

impl Lang {
    /// The language of a POSIX locale name (`zh_CN.UTF-8`, `zh-Hans`, `en_GB`, `C`): Chinese for any `zh`, else English.
    /// Which environment variable it stands in is the caller's affair.
    pub fn from_locale(locale: &str) -> Self {
        let language = locale.split(['_', '-', '.', '@']).next().unwrap_or_default();
        if language.eq_ignore_ascii_case("zh") { Self::Zh } else { Self::En }
    }
}

#[cfg(test)]
mod tests;
