//! POP3's commands.

/// A command's verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Verb {
    User,
    Pass,
    Apop,
    Auth,
    Capa,
    Stls,
    Stat,
    List,
    Retr,
    Top,
    Uidl,
    Dele,
    Noop,
    Rset,
    Quit,
    Lang,
    Utf8,
    Xtnd,
    /// A verb that is none of these.
    Other,
}
