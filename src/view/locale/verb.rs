//! The sentences that a language has for one verb of IMAP.

/// The sentences of a verb.
pub struct Sentences {
    /// What the command asks for.
    pub command: &'static str,
    /// What a tagged OK to it means.
    pub ok: &'static str,
    /// What a tagged NO means.
    pub no: &'static str,
}

/// A verb's row.
pub const fn row(command: &'static str, ok: &'static str, no: &'static str) -> Sentences {
    Sentences { command, ok, no }
}
