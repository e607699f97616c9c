//! The kit for the analyses' tests: conversations of several sessions, handed to one analysis.

use super::found::{Analysis, Findings};
use crate::capture::Time;
use crate::flow::{Leaving, Side};
use crate::limits::LimitsHit;
use crate::session::Session;
use crate::verdict::Needs;
use crate::verdict::testing::sessions;

/// What `analysis` finds in the sessions of `script`, each changed by `change` before. The order in which sessions come
/// makes no difference.
pub fn found<A: Analysis + Default + 'static>(script: &str, analysis: A, change: impl Fn(&mut Session)) -> Findings {
    let found = found_in(script, Box::new(analysis), &change, false);
    let turned = found_in(script, Box::new(A::default()), &change, true);
    assert_eq!(found.all.len(), turned.all.len(), "in another order");
    found
}

fn found_in(script: &str, mut analysis: Box<dyn Analysis>, change: &dyn Fn(&mut Session), turned: bool) -> Findings {
    let mut limits = LimitsHit::default();
    let mut all = sessions(script, Needs::ALL);
    if turned {
        all.reverse();
    }
    for mut session in all {
        change(&mut session);
        analysis.session(&session, &mut limits);
    }
    assert!(limits.is_empty());
    let mut findings = Findings::default();
    analysis.finish(&mut findings);
    findings
}

/// The client leaves `seconds` after the last packet of the session; before it, where they are negative.
pub fn left_at(session: &mut Session, seconds: f64) {
    let last = session.transport.last.time.nanoseconds();
    let time = Time::from_nanoseconds(last + (seconds * 1e9) as i64);
    session.transport.left = Some(Leaving { side: Side::Client, time, heard: true });
}

/// The session stays open while those after it in the script come.
pub fn overlapping(session: &mut Session) {
    let last = session.transport.last.time.nanoseconds();
    session.transport.last.time = Time::from_nanoseconds(last + 3_600 * 1_000_000_000);
}
