/*!
What only several sessions together tell, one file each.

All of it is fed where sessions are handed on, on one thread, in that order: as sessions end, or in the order of their ids.
An analysis keeps a small record a session, up to a bound, and never a session. It speaks once, when the capture has been
read ([`Across`]); what is known of earlier sessions alone may be put into the session that is handed on
([`same_message`]).
*/

pub mod login_frequency;
pub mod same_message;

use crate::session::Session;

/// Something that is found over sessions, and told when the capture has been read.
pub trait Across {
    /// What it amounts to.
    type Outcome;

    /// A session that is over and is shown. Sessions come as they end, or in the order of their ids.
    fn session(&mut self, session: &Session);

    /// The capture has been read.
    fn finish(self) -> Self::Outcome;
}
