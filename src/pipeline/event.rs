//! What the shards tell of their connections, and in which order.

use crate::capture::Time;
use crate::flow::Transport;
use crate::limits::LIGHTEST_SESSION;
use crate::protocol::detect;
use crate::protocol::ports::Hint;
use crate::session::{Builder, Plan, Session};
use crate::verdict::{self, Rule};
use std::sync::Arc;

/// A connection, by its first packet in the order in which they are handed out; and of those that one packet began (802.11
/// aggregates segments) by which of them it is.
pub type ConnectionOrder = (u64, u64);

/// Something that the output stage has to know.
pub struct ConnectionEvent {
    /// Which packet it happened at, in the order in which they were handed out; the last possible where it is the
    /// capture's end. Their numbers in the file may go back.
    pub at: u64,
    /// The connection.
    pub first: ConnectionOrder,
    /// What happened.
    pub change: ConnectionChange,
}

/// What happened to a connection.
pub enum ConnectionChange {
    /// It has begun.
    Begun {
        /// The time of its first packet.
        time: Time,
        /// Its port promises mail.
        promising: bool,
    },
    /// Something was said, and it is not known yet whether it is mail.
    Spoke,
    /// It is known whether it is mail.
    Decided(bool),
    /// It is over, and was a session or was not.
    Over(Option<Ended>),
}

/// A session that is over.
pub enum Ended {
    /// Nothing was said in it: what the port promises, and the connection. Most of a flood are such; the session is made
    /// of it when it is handed on.
    Silent(Box<(Hint, Transport)>),
    /// The session, with the number of its steps that have been shown already.
    Spoken(Box<(Session, usize)>),
}

impl Ended {
    /// What it costs to have it wait, in steps.
    pub fn weight(&self) -> usize {
        match self {
            Self::Silent(_) => LIGHTEST_SESSION,
            Self::Spoken(session) => session.0.steps.len().max(LIGHTEST_SESSION),
        }
    }

    /// The session with number `id`, at which `rules` have looked, and the number of its steps that have been shown already.
    pub fn session(self, id: u64, plan: &Arc<Plan>, rules: &[&Rule]) -> (Session, usize) {
        let (mut session, shown) = match self {
            Self::Spoken(session) => *session,
            Self::Silent(silent) => {
                let (hint, transport) = *silent;
                let mut builder = Builder::new(hint.protocol, Arc::clone(plan));
                let mut dialogue = detect::dialogue(hint, &mut builder);
                dialogue.end(&mut builder);
                let mut session = builder.finish(transport);
                verdict::judge(&mut session, rules);
                (session, 0)
            }
        };
        session.id = id;
        (session, shown)
    }
}

/// Brings events into the order of packets; those of one packet into the order of their connections. What happened to one
/// connection stays in its order.
pub fn sort(events: &mut [ConnectionEvent]) {
    events.sort_by_key(|event| (event.at, event.first));
}
