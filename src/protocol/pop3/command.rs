//! POP3's commands.

use crate::protocol::secret::Raw;
use std::borrow::Cow;
use std::fmt;

/// A command's verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
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
    /// Of RFC 1081 and RFC 1460; RFC 1725 took it out, and servers still have it.
    Last,
    /// Any other verb.
    Other,
}

impl Verb {
    /// The verb called `name`, which is in upper case.
    pub fn named(name: &str) -> Self {
        match name {
            "USER" => Self::User,
            "PASS" => Self::Pass,
            "APOP" => Self::Apop,
            "AUTH" => Self::Auth,
            "CAPA" => Self::Capa,
            "STLS" => Self::Stls,
            "STAT" => Self::Stat,
            "LIST" => Self::List,
            "RETR" => Self::Retr,
            "TOP" => Self::Top,
            "UIDL" => Self::Uidl,
            "DELE" => Self::Dele,
            "NOOP" => Self::Noop,
            "RSET" => Self::Rset,
            "QUIT" => Self::Quit,
            "LANG" => Self::Lang,
            "UTF8" => Self::Utf8,
            "XTND" => Self::Xtnd,
            "LAST" => Self::Last,
            _ => Self::Other,
        }
    }

    /// True for the commands that log in, and for USER, which begins to.
    pub fn is_of_login(self) -> bool {
        matches!(self, Self::User | Self::Pass | Self::Apop | Self::Auth)
    }

    /// True for the commands that RFC 1939, section 5, allows after the login only, and LAST (RFC 1460, section 5).
    pub fn is_of_transaction(self) -> bool {
        matches!(
            self,
            Self::Stat
                | Self::List
                | Self::Retr
                | Self::Top
                | Self::Uidl
                | Self::Dele
                | Self::Noop
                | Self::Rset
                | Self::Last
        )
    }
}

/// A command line, cut into verb and argument.
#[derive(Clone, PartialEq, Eq)]
pub struct Command<'a> {
    /// The verb.
    pub verb: Verb,
    /// Its name, upper case.
    pub name: Cow<'a, str>,
    /// All that follows the one separator after the verb, spaces at either end included: a password may have them.
    /// Absent where the line ends with the verb.
    pub argument: Option<&'a [u8]>,
    /// Where in the line the argument begins.
    pub argument_at: usize,
}

/// Without what it says: a password may stand where a verb belongs.
impl fmt::Debug for Command<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { verb, name, argument, argument_at } = self;
        f.debug_struct("Command")
            .field("verb", verb)
            .field("name", &Raw(name.as_bytes()))
            .field("argument", &argument.map(Raw))
            .field("argument_at", argument_at)
            .finish()
    }
}

impl Command<'_> {
    /// The argument without white space around it; empty where there is none.
    pub fn trimmed(&self) -> &[u8] {
        self.argument.unwrap_or_default().trim_ascii()
    }
}
