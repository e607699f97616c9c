//! The changes of connections that the shards report, and their order.

use super::options::Options;
use super::probe::{self, Probing};
use crate::capture::Time;
use crate::flow::Transport;
use crate::limits::heap;
use crate::protocol::detect::Probe;
use crate::protocol::ports::Hint;
use crate::session::{Builder, Session};
use crate::verdict::{self, Rule, Selection};
use crate::view::Preparation;

/// Identifies a connection: its first packet, by the order in which packets are read; and among those that one packet
/// began (802.11 aggregates segments), which of them it is.
pub type ConnectionOrder = (u64, u64);

/// A change of a connection, for the output stage.
pub struct ConnectionEvent {
    /// The packet at which it happened, by the order in which packets are read; `u64::MAX` for the capture's end. Not
    /// the number in the file: those may go back.
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
        /// Its server's port is a mail port.
        promising: bool,
    },
    /// Data came, and it is not known yet whether it is mail.
    Spoke,
    /// It is known whether it is mail.
    Decided(bool),
    /// It is over; with the session, if it was one.
    Over(Option<Ended>),
}

/// A session that is over.
pub enum Ended {
    /// No data came: the protocol that the port promises, and the connection's summary. Most connections of a flood are
    /// like this; the session is built when it is handed on.
    Silent(Box<(Hint, Transport)>),
    /// The same, built by the thread that followed it, since a view had it prepared.
    Built(Box<Built>),
    /// The session.
    Spoken(Box<Ready>),
    /// The same, packed, as memory was short. It is finished when it is handed on, so that no more than one such session
    /// exists unpacked.
    Packed(Box<(Box<Builder>, Transport, usize)>),
    /// A probe, and the session that it is where it has a number already.
    Probe(Probing, Box<Ended>),
}

/// A session in which no data came, with what a view prepared of it.
pub struct Built {
    ready: Ready,
    hint: Hint,
    /// The bytes that it takes as [`Ended::Silent`]: whether a view prepares it is not to change the order of sessions.
    weight: usize,
}

/// A session to hand on.
pub struct Ready {
    /// The session.
    pub session: Session,
    /// The number of its steps that have been shown already.
    pub shown: usize,
    /// What the view prepared.
    pub prepared: Option<Box<[u8]>>,
    /// Who made it.
    pub made: Made,
}

/// Who made a session, and what it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Made {
    /// The worker; `usize::MAX` for the caller's thread.
    pub worker: usize,
    /// Bytes.
    pub weight: usize,
}

impl Made {
    /// By the thread that shows it.
    const HERE: Self = Self { worker: usize::MAX, weight: 0 };
}

impl Ended {
    /// A connection without data, to a port that promises `hint`.
    pub fn silent(hint: Hint, transport: Transport) -> Self {
        let probing = probe::probing(Probe::Silent, hint.protocol, &transport);
        Self::Silent(Box::new((hint, transport))).unless(probing)
    }

    /// A session of which so many steps have been shown already.
    pub fn spoken(session: Session, shown: usize) -> Self {
        // Weighing it takes a pass over its steps.
        let weight = session.weight();
        let made = Made { weight, ..Made::HERE };
        Self::Spoken(Box::new(Ready { session, shown, prepared: None, made }))
    }

    /// This, unless it is a probe.
    pub fn unless(self, probing: Option<Probing>) -> Self {
        match probing {
            Some(probing) => Self::Probe(probing, Box::new(self)),
            None => self,
        }
    }

    /// Lets a view prepare it, if it is shown; see [`View::preparation`](crate::view::View::preparation). `in_silence`: the
    /// rules that look at a silent session. What is finished only when it is handed on cannot be prepared, and a probe mostly
    /// is not handed on at all.
    pub fn prepare(&mut self, view: &Preparation, options: &Options, in_silence: &[&Rule]) {
        let prepare = |session: &Session| Some(view(session)).filter(|prepared| !prepared.is_empty());
        match self {
            Self::Spoken(ready) if options.selects(&ready.session) => ready.prepared = prepare(&ready.session),
            Self::Silent(silent) => {
                let (hint, ref transport) = **silent;
                let session = built(hint, transport.clone(), options.selection, in_silence);
                if options.selects(&session) {
                    let prepared = prepare(&session);
                    let ready = Ready { session, shown: 0, prepared, made: Made::HERE };
                    *self = Self::Built(Box::new(Built { ready, hint, weight: self.weight() }));
                }
            }
            Self::Spoken(_) | Self::Built(_) | Self::Packed(_) | Self::Probe(..) => {}
        }
    }

    /// Notes that `worker` made it.
    pub fn made_by(&mut self, worker: usize) {
        match self {
            Self::Spoken(ready) => ready.made.worker = worker,
            Self::Built(built) => built.ready.made.worker = worker,
            // What there is of these is finished where they are shown.
            Self::Silent(_) | Self::Packed(_) | Self::Probe(..) => {}
        }
    }

    /// The bytes that a view prepared, and those that it takes more since it did.
    pub fn prepared(&self) -> usize {
        let of = |ready: &Ready| ready.prepared.as_ref().map_or(0, |prepared| heap(prepared.len()));
        match self {
            Self::Spoken(ready) => of(ready),
            Self::Built(built) => heap(size_of::<Built>()) + of(&built.ready),
            Self::Silent(_) | Self::Packed(_) | Self::Probe(..) => 0,
        }
    }

    /// Forgets what a view prepared: it will make it when the session is shown.
    pub fn forget_prepared(self) -> Self {
        match self {
            Self::Spoken(mut ready) => {
                ready.prepared = None;
                Self::Spoken(ready)
            }
            Self::Built(built) => Self::Silent(Box::new((built.hint, built.ready.session.transport.into_inner()))),
            other => other,
        }
    }

    /// The bytes that it takes while it waits, without its own size and without what the view prepared: the order of sessions
    /// depends on it, and is not to depend on the number of threads.
    pub fn weight(&self) -> usize {
        match self {
            Self::Silent(silent) => {
                heap(size_of::<(Hint, Transport)>()) + silent.1.ends.as_ref().map_or(0, |ends| ends.weight())
            }
            Self::Built(built) => built.weight,
            Self::Spoken(ready) => heap(size_of::<Ready>() - size_of::<Session>()) + ready.made.weight,
            Self::Packed(packed) => heap(size_of::<(Box<Builder>, Transport, usize)>()) + packed.0.held(),
            Self::Probe(_, session) => heap(size_of::<Self>()) + session.weight(),
        }
    }

    /// The session with number `id`, judged as `selection` says; of its rules, those that look at silent sessions are also
    /// `in_silence`.
    pub fn session(self, id: u64, selection: Selection, in_silence: &[&Rule]) -> Ready {
        let mut ready = match self {
            Self::Spoken(ready) => *ready,
            Self::Built(built) => built.ready,
            Self::Probe(_, session) => return session.session(id, selection, in_silence),
            Self::Packed(packed) => {
                let (builder, transport, shown) = *packed;
                let mut session = builder.finish(transport);
                verdict::judge(&mut session, selection);
                Ready { session, shown, prepared: None, made: Made::HERE }
            }
            Self::Silent(silent) => {
                let (hint, transport) = *silent;
                let session = built(hint, transport, selection, in_silence);
                Ready { session, shown: 0, prepared: None, made: Made::HERE }
            }
        };
        ready.session.id = id;
        ready
    }
}

/// The session of a connection in which no data came, judged.
fn built(hint: Hint, transport: Transport, selection: Selection, in_silence: &[&Rule]) -> Session {
    let mut session = Session::silent(hint.protocol, hint.implicit_tls, transport);
    match verdict::is_silent(&session) {
        true => verdict::judge_silent(&mut session, in_silence),
        // TLS should have begun.
        false => verdict::judge(&mut session, selection),
    }
    session
}

impl ConnectionEvent {
    /// The bytes that it takes.
    pub fn weight(&self) -> usize {
        let of_change = match &self.change {
            ConnectionChange::Over(Some(ended)) => ended.weight() + ended.prepared(),
            _ => 0,
        };
        size_of::<Self>() + of_change
    }
}

/// The bytes that `events` take.
pub fn weight(events: &[ConnectionEvent]) -> usize {
    events.iter().map(ConnectionEvent::weight).sum()
}

/// Sorts events by packet, and those of one packet by connection. The events of one connection keep their order.
pub fn sort(events: &mut [ConnectionEvent]) {
    events.sort_by_key(|event| (event.at, event.first));
}

#[cfg(test)]
mod tests {
    use super::{Ended, Options};
    use crate::protocol::Protocol;
    use crate::protocol::detect;
    use crate::protocol::ports::Hint;
    use crate::session::{Builder, Plan};
    use crate::verdict::{self, Selection};
    use crate::view::Preparation;
    use crate::view::testing::lab_smtp;
    use std::sync::Arc;

    #[test]
    fn a_silent_session_is_what_its_dialogue_would_report() {
        let transport = (*lab_smtp().transport).clone();
        for protocol in [Protocol::Smtp, Protocol::Lmtp, Protocol::Pop3, Protocol::Imap] {
            for implicit_tls in [false, true] {
                let hint = Hint { protocol, implicit_tls };
                let plan = Plan { needs: Selection::ALL.needs(), ..Plan::default() };
                let mut builder = Builder::new(protocol, plan);
                detect::dialogue(hint, None, &mut builder).end(&mut builder);
                let mut built = builder.finish(transport.clone());
                verdict::judge(&mut built, Selection::ALL);
                built.id = 7;
                let silent = Ended::Silent(Box::new((hint, transport.clone())));
                let in_silence = verdict::rule::in_silence(Selection::ALL.rules);
                let silent = silent.session(7, Selection::ALL, &in_silence);
                assert_eq!((format!("{:?}", silent.session), silent.shown), (format!("{built:?}"), 0));
            }
        }
    }

    #[test]
    fn a_silent_session_is_the_same_whoever_builds_it() {
        let selection = Selection::ALL;
        let (in_silence, options) = (verdict::rule::in_silence(selection.rules), Options::default());
        let view: Preparation = Arc::new(|session| session.transport.first.packet.to_string().into_bytes().into());
        for implicit_tls in [false, true] {
            let hint = Hint { protocol: Protocol::Imap, implicit_tls };
            let silent = || Ended::Silent(Box::new((hint, (*lab_smtp().transport).clone())));
            let shown = |ended: Ended| {
                let ready = ended.session(7, selection, &in_silence);
                (format!("{:?}", ready.session), ready.prepared)
            };
            let prepared = || {
                let mut ended = silent();
                ended.prepare(&view, &options, &in_silence);
                ended
            };
            let (built, forgotten) = (prepared(), prepared().forget_prepared());
            assert!(matches!(built, Ended::Built(_)) && matches!(forgotten, Ended::Silent(_)));
            assert!(built.prepared() > 0 && forgotten.prepared() == 0);
            assert_eq!((built.weight(), forgotten.weight()), (silent().weight(), silent().weight()));
            let (session, none) = shown(silent());
            assert_eq!(shown(forgotten), (session.clone(), none));
            let line = lab_smtp().transport.first.packet.to_string().into_bytes().into_boxed_slice();
            assert_eq!(shown(built), (session, Some(line)));
        }
    }
}
