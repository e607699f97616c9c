/*!
What only several sessions together show: one file for each analysis.

An analysis receives each session on its way to the output, on one thread: as sessions end, or in the order of their
ids. It keeps a small record of each session, up to a bound, and never the session itself. Its result comes once, when
the capture has been read ([`Across`]); what follows from earlier sessions alone may be added to the session on its way
([`same_message`]).
*/

pub mod all;
pub mod change;
pub mod found;
pub mod grouped;
pub mod journey;
pub mod login_frequency;
pub mod same_message;

mod address_probing;
mod bounce;
mod credential_reuse;
pub mod deferred_later;
mod duplicate_delivery;
mod envelope;
mod mailbox_holder;
mod monitor_probes;
mod needs_extension;
pub mod outcome;
mod remembered;
mod repeated_login_failures;
mod servers_differ;
mod starttls_elsewhere;
#[cfg(test)]
mod testing;
mod too_many_connections;

use crate::session::Session;

/// An analysis over all sessions, with one result when the capture has been read.
pub trait Across {
    /// The result.
    type Outcome;

    /// Takes in a session that is over and is shown. Sessions come as they end, or in the order of their ids.
    fn session(&mut self, session: &Session);

    /// The result, once the capture has been read.
    fn finish(self) -> Self::Outcome;
}
