//! Follows one connection: first detects what it speaks, then runs the dialogue.

use super::event::{ConnectionChange, ConnectionOrder, Ended};
use super::numbering::DECIDE_NANOSECONDS;
use super::options::Options;
use super::probe;
use super::shard::SHARDS;
use crate::flow::{Endpoints, PacketRef, Side, StreamHandler, Transport};
use crate::limits::heap;
use crate::protocol::channel::Stack;
use crate::protocol::detect::{self, Detection, Detector, Greeting, Probe, When};
use crate::protocol::ports::Hint;
use crate::session::{Builder, Plan, StoredContent};
use crate::verdict;
use crate::view::View;
use std::io;
use std::sync::Arc;

/// Inflated bytes that count as one of the things that a connection keeps.
const INFLATED_ITEM: u64 = 512;

/// The stream handler of one connection.
pub struct ConnectionFollower<'a> {
    options: &'a Options,
    plan: Arc<Plan>,
    endpoints: Endpoints,
    first: PacketRef,
    key: ConnectionOrder,
    state: State,
    /// What has been reported.
    known: Known,
    /// What it speaks was decrypted before it was captured.
    decrypted: bool,
    /// Its beginning was captured.
    from_start: bool,
    /// Every byte of it, where that is asked for.
    raw: Option<Arc<StoredContent>>,
}

/// How much is known, in ascending order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Known {
    Nothing,
    Spoke,
    Decided,
}

/// What is known of the connection.
enum State {
    /// Too little data came.
    Deciding(Box<Detector>),
    /// It speaks mail, and only the server's greeting has come: many a connection stays like that, so that nothing is made
    /// for it yet. `probe`: as in [`Following`].
    Greeted { greeting: Greeting, hint: Hint, probe: Option<Probe> },
    /// It speaks mail.
    Following(Box<Following>),
    /// Not mail.
    Foreign,
}

/// A connection that speaks mail.
struct Following {
    dialogue: Stack,
    builder: Box<Builder>,
    /// The server has greeted, and the client has said nothing that a probe does not.
    probe: Option<Probe>,
    /// Steps that a live view has been shown.
    shown: usize,
}

impl<'a> ConnectionFollower<'a> {
    /// Follows the connection between `endpoints` that begins with the packet `first`.
    pub fn new(
        options: &'a Options,
        plan: Arc<Plan>,
        endpoints: &Endpoints,
        first: PacketRef,
        key: ConnectionOrder,
    ) -> Self {
        let mut follower = Self {
            options,
            plan,
            endpoints: *endpoints,
            first,
            key,
            state: State::Foreign,
            known: Known::Nothing,
            decrypted: false,
            from_start: false,
            raw: None,
        };
        follower.expect();
        follower
    }

    /// Identifies the connection.
    #[inline]
    pub fn key(&self) -> ConnectionOrder {
        self.key
    }

    /// What has become known since the last call.
    #[inline]
    pub fn news(&mut self) -> Option<ConnectionChange> {
        let known = match &self.state {
            State::Deciding(detector) if detector.is_silent() => Known::Nothing,
            State::Deciding(_) => Known::Spoke,
            // The client may leave at once: as long as that is not known, it counts as silent.
            State::Greeted { probe: Some(_), .. } => Known::Nothing,
            State::Following(following) if following.probe.is_some() => Known::Nothing,
            State::Following(_) | State::Greeted { .. } | State::Foreign => Known::Decided,
        };
        if known <= std::mem::replace(&mut self.known, known) {
            return None;
        }
        Some(match self.state {
            State::Deciding(_) => ConnectionChange::Spoke,
            State::Following(_) | State::Greeted { .. } => ConnectionChange::Decided(true),
            State::Foreign => ConnectionChange::Decided(false),
        })
    }

    /// A connection to a mail port that has been silent for [`DECIDE_NANOSECONDS`] counts as mail from then on,
    /// whatever it sends, so that later sessions need not wait for their numbers.
    fn decide_silent(&mut self, at: PacketRef) {
        if let State::Deciding(detector) = &self.state
            && detector.is_silent()
            && at.time.since(self.first.time) > DECIDE_NANOSECONDS
            && let Some(hint) = detector.hint()
        {
            self.follow(hint);
        }
    }

    /// Shows the view the steps that it has not been shown yet, as those of session `id`.
    pub fn show_steps(&mut self, id: u64, view: &mut dyn View) -> io::Result<()> {
        let State::Following(following) = &mut self.state else { return Ok(()) };
        let Following { builder, shown, .. } = &mut **following;
        let steps = builder.steps_so_far();
        if steps == *shown {
            return Ok(());
        }
        builder.show_since(*shown, |session, before| {
            session.id = id;
            session.transport.endpoints = self.endpoints;
            session.transport.first = self.first;
            if self.options.selects(session) {
                for step in session.steps.iter().skip(before) {
                    view.step(session, step)?;
                }
            }
            io::Result::Ok(())
        })?;
        *shown = steps;
        Ok(())
    }

    /// The connection is over: returns the session, if it is one.
    pub fn finish(mut self, transport: Transport) -> Option<Ended> {
        self.leave_greeting();
        let promised = self.options.ports.get(self.endpoints.server.port()).map(|hint| hint.protocol);
        let mut probe = match &self.state {
            State::Deciding(detector) => detector.probe(),
            State::Following(following) => following.probe,
            State::Greeted { .. } | State::Foreign => None,
        };
        if let State::Deciding(detector) = &self.state {
            if detector.is_silent() && !transport.from_start {
                // Stray packets of a connection that was over before the capture began.
                return None;
            }
            let when = if transport.from_start { When::OverFromStart } else { When::Over };
            match detector.last_resort(when) {
                Detection::Certain(hint) if detector.is_silent() => {
                    return Some(Ended::silent(hint, transport));
                }
                Detection::Certain(hint) => self.follow(hint),
                Detection::Unsure | Detection::NotForUs => return None,
            }
        }
        let State::Following(following) = self.state else { return None };
        let Following { mut dialogue, mut builder, shown, .. } = *following;
        builder.so_far().raw = self.raw.take();
        dialogue.end(&mut *builder);
        if builder.is_packed() {
            return Some(Ended::Packed(Box::new((builder, transport, shown))));
        }
        let mut session = builder.finish(transport);
        verdict::judge(&mut session, self.options.selection);
        probe = probe.filter(|_| shown == 0);
        let probing = probe.zip(promised).and_then(|(probe, protocol)| {
            let is_bare = match probe {
                Probe::LineEnds | Probe::OtherProtocol => session.transport.counters.server_bytes == 0,
                Probe::Silent | Probe::ProxyHeader { .. } => probe::is_greeting_alone(&session),
            };
            probe::probing(probe, protocol, &session.transport).filter(|_| is_bare)
        });
        Some(Ended::spoken(session, shown).unless(probing))
    }

    fn expect(&mut self) {
        let hint = self.options.ports.get(self.endpoints.server.port());
        self.state = match hint {
            None if !self.options.any_port => State::Foreign,
            hint => State::Deciding(Box::new(Detector::new(hint))),
        };
    }

    /// Keeps `bytes`, where the whole conversation is asked for and may be mail.
    fn keep(&mut self, bytes: &[u8]) {
        let Some(store) = &self.plan.raw_store else { return };
        match self.state {
            State::Foreign => self.raw = None,
            _ => self.raw.get_or_insert_with(|| Arc::new(StoredContent::begin(store))).append(bytes),
        }
    }

    fn heed(&mut self, detection: Detection) {
        match detection {
            Detection::Unsure => {}
            Detection::Certain(hint) => match std::mem::replace(&mut self.state, State::Foreign) {
                State::Deciding(detector) if detector.is_greeting_alone() && !self.options.steps => {
                    let probe = probe_of(&detector);
                    if let Some(greeting) = detector.into_greeting() {
                        self.state = State::Greeted { greeting, hint, probe };
                    }
                }
                state => {
                    self.state = state;
                    self.follow(hint);
                }
            },
            Detection::NotForUs => self.state = State::Foreign,
        }
    }

    /// More comes than a greeting.
    fn leave_greeting(&mut self) {
        if let State::Greeted { hint, .. } = self.state {
            self.follow(hint);
        }
    }

    /// Runs the dialogue of `hint`, beginning with the data that came already.
    fn follow(&mut self, hint: Hint) {
        let said = std::mem::replace(&mut self.state, State::Foreign);
        let probe = match &said {
            State::Deciding(detector) => probe_of(detector),
            State::Greeted { probe, .. } => *probe,
            State::Following(_) | State::Foreign => return,
        };
        let mut builder = Box::new(
            Builder::new(hint.protocol, Arc::clone(&self.plan)).with_allowance(self.options.memory.open() / SHARDS),
        );
        let mut dialogue = detect::dialogue(hint, self.plan.keys.clone(), &mut *builder);
        if self.decrypted && !hint.implicit_tls {
            let port = self.options.ports.get(self.endpoints.server.port());
            dialogue.begin_decrypted(port.is_some_and(|port| port.implicit_tls), &mut *builder);
        }
        dialogue.beginning(self.from_start);
        match said {
            State::Deciding(detector) => detector.replay(&mut dialogue, &mut *builder),
            State::Greeted { greeting, .. } => greeting.replay(&mut dialogue, &mut *builder),
            State::Following(_) | State::Foreign => {}
        }
        self.state = State::Following(Box::new(Following { dialogue, builder, probe, shown: 0 }));
    }
}

/// The probe that the bytes held may be all of. On a port that promises nothing, silence does not count as mail: see
/// `SessionNumbering`.
fn probe_of(detector: &Detector) -> Option<Probe> {
    detector.hint().and_then(|_| detector.probe())
}

impl StreamHandler for ConnectionFollower<'_> {
    fn data(&mut self, from: Side, bytes: &[u8], at: PacketRef) {
        self.decide_silent(at);
        self.leave_greeting();
        self.keep(bytes);
        match &mut self.state {
            State::Following(following) => {
                let Following { dialogue, builder, probe, .. } = &mut **following;
                *probe = probe.filter(|_| from == Side::Server);
                dialogue.data(from, bytes, at, &mut **builder);
            }
            State::Deciding(detector) => {
                let detection = detector.data(from, bytes, at);
                self.heed(detection);
            }
            State::Greeted { .. } | State::Foreign => {}
        }
    }

    fn gap(&mut self, from: Side, missing: u64, at: PacketRef) {
        self.decide_silent(at);
        self.leave_greeting();
        match &mut self.state {
            State::Following(following) => {
                let Following { dialogue, builder, probe, .. } = &mut **following;
                *probe = None;
                dialogue.gap(from, missing, at, &mut **builder);
            }
            State::Deciding(detector) => {
                let detection = detector.gap(from, missing, at);
                self.heed(detection);
            }
            State::Greeted { .. } | State::Foreign => {}
        }
    }

    fn is_watched(&self) -> bool {
        self.options.steps
    }

    fn held(&self) -> usize {
        match &self.state {
            State::Following(following) => {
                heap(size_of::<Following>()) + following.dialogue.held() + following.builder.held()
            }
            State::Deciding(detector) => heap(size_of::<Detector>()) + detector.held(),
            State::Greeted { greeting, .. } => greeting.held(),
            State::Foreign => 0,
        }
    }

    fn spare(&self) -> usize {
        match &self.state {
            State::Following(following) => following.builder.spare(),
            State::Deciding(_) | State::Greeted { .. } | State::Foreign => 0,
        }
    }

    fn items(&self) -> usize {
        match &self.state {
            State::Following(following) => {
                following.builder.items() + (following.dialogue.inflated() / INFLATED_ITEM) as usize
            }
            State::Deciding(_) | State::Greeted { .. } | State::Foreign => 0,
        }
    }

    fn packable(&self) -> usize {
        match &self.state {
            State::Following(following) => following.builder.packable(),
            State::Deciding(_) | State::Greeted { .. } | State::Foreign => 0,
        }
    }

    fn let_go(&mut self) {
        if let State::Following(following) = &mut self.state {
            following.builder.let_go();
        }
    }

    fn decrypted(&mut self) {
        self.decrypted = true;
    }

    fn beginning_seen(&mut self, seen: bool) {
        self.from_start = seen;
    }

    fn roles_swapped(&mut self, endpoints: &Endpoints) {
        self.endpoints = *endpoints;
        self.expect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_followed_connection_is_small() {
        let sizes = [
            ("follower", size_of::<ConnectionFollower<'_>>(), 200),
            ("detector", size_of::<Detector>(), 88),
            ("stack", size_of::<Stack>(), 112),
            ("builder", size_of::<Builder>(), 624),
            ("smtp", size_of::<crate::protocol::smtp::Dialogue>(), 608),
            ("pop3", size_of::<crate::protocol::pop3::Dialogue>(), 488),
            ("imap", size_of::<crate::protocol::imap::Dialogue>(), 2_504),
        ];
        for (name, size, bound) in sizes {
            assert!(size <= bound, "{name}: {size}");
        }
    }
}
