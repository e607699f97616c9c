//! SMTP's commands.

/// A command's verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Verb {
    Helo,
    Ehlo,
    Lhlo,
    Mail,
    Rcpt,
    Data,
    Bdat,
    Rset,
    Vrfy,
    Expn,
    Help,
    Noop,
    Quit,
    Auth,
    StartTls,
    Etrn,
    Turn,
    Xclient,
    Xforward,
    /// A verb that is none of these.
    Other,
}
