/*!
Words: every typed purpose, fact and heading in English and Chinese. A missing translation does not compile.

Each function here takes the language and a typed value. The words are safe for a terminal: they contain no text off the
wire but a finding's facts, which are escaped. The words themselves are in `en` and `zh`, which have the same files and
the same functions, each of them one exhaustive `match`; a finding's words are in its rule.
*/

/// Calls the same function of `en` or `zh`, as the language says.
macro_rules! say {
    ($lang:expr, $($path:ident)::+ ( $($argument:expr),* )) => {
        match $lang {
            Lang::En => en::$($path)::+($($argument),*),
            Lang::Zh => zh::$($path)::+($($argument),*),
        }
    };
}

pub(crate) mod compare;
pub(crate) mod compared;
pub(crate) mod drawing;
pub(crate) mod errors;
pub(crate) mod explain;
mod finding;
pub(crate) mod header_field;
pub(crate) mod label;
pub(crate) mod mime;
pub(crate) mod question;

mod en;
mod listed;
mod login;
mod purpose;
mod term;
pub(crate) mod tls;
mod verb;
mod verdict;
mod which;
mod zh;

pub use finding::{FindingWords, finding, finding_across, occurrence, rule, text};
pub use label::Label;
pub use listed::{counted_in_further_rows, how_often, left_out, more_servers, of_packets, only_counted, sources};
pub use login::login_frequency;
pub use mime::MimeFact;
pub use purpose::{purpose, row};
pub use term::{
    budget, bytes, change, class, clock_step, content_type, decode_stop, delivery, direction, duration, end, exposure,
    extensions, header_field, kind, label, limit, line_ends, login_outcome, matched, mime_fact, no_mail,
    none_asked_for, phase_title, probes, protocol, received, role, seconds, sent_again, severity, shard, shown_of,
    side, silence, software, subflows, tls_mode, transfer_encoding, upshot, urgent, via, window_closed,
};
pub use verdict::{nothing_found, safety, verdict};

use super::Lang;

impl Lang {
    /// The language of a POSIX locale name (`zh_CN.UTF-8`, `zh-Hans`, `en_GB`, `C`): Chinese for any `zh`, else
    /// English. The caller chooses the environment variable.
    pub fn from_locale(locale: &str) -> Self {
        let language = locale.split(['_', '-', '.', '@']).next().unwrap_or_default();
        if language.eq_ignore_ascii_case("zh") { Self::Zh } else { Self::En }
    }
}

#[cfg(test)]
mod imap_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod wordings_tests;
