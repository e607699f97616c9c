/*!
Who let whom wait in a session, and for how long: the time from one step to the next is that of the side which sent the
latter. What crossed while a connection was held up is left to the rules about that ([`stall`]).
*/

use super::stall;
use crate::protocol::event::Kind;
use crate::session::Session;
use crate::session::model::Step;

/// Nanoseconds of a second.
pub const SECOND: i64 = 1_000_000_000;

/// Each step but the first with the one before it, and the nanoseconds between them. Nothing where the connection was
/// held up, or bytes are missing: then nobody was slow, or nobody knows.
pub fn waits(session: &Session) -> impl Iterator<Item = (&Step, &Step, i64)> {
    let counters = &session.transport.counters;
    let missing = counters.client_missing + counters.server_missing > 0;
    let known = !missing && counters.clock_back == 0 && stall::stalls(session).next().is_none();
    let pairs = session.steps.iter().zip(session.steps.iter().skip(1)).filter(move |_| known);
    pairs.filter(|(before, step)| before.kind != Kind::Gap && step.kind != Kind::Gap).filter_map(|(before, step)| {
        let nanoseconds = step.time.known_since(before.time)?;
        Some((before, step, nanoseconds))
    })
}
