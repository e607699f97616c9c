//! Words: every typed purpose, finding and heading in English and Chinese. A missing translation does not compile.

use super::Lang;
use crate::session::purpose::Purpose;

/// What a step does where it stands, in one plain sentence.
pub fn purpose(lang: Lang, purpose: &Purpose) -> String {
    let _ = (lang, purpose);
    String::new()
}
