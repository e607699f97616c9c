/*!
The only file that knows every stage: packets from a [`Source`], through decoding, connections and dialogues, to sessions
in order, to a [`View`].
*/

mod ear;
mod order;

use crate::capture::{CaptureError, Packet, Read, Source, Time};
use crate::decode::{Decoded, Decoder};
use crate::flow::{Ends, Follower, Table, Transport};
use crate::protocol::Protocol;
use crate::protocol::ports::Ports;
use crate::session::builder::Wanted;
use crate::session::model::Session;
use crate::session::same::Same;
use crate::session::summary::Summary;
use crate::view::{Report, View};
use ear::Ear;
use order::Order;
use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

/// Ports named to whoever finds no mail in a capture.
const BUSIEST_PORTS: usize = 5;
/// Packet time after which a silent connection to a mail port counts as a session, so that later ones can be numbered.
const DECIDE_NANOSECONDS: i64 = 10_000_000_000;

/// What to look at, and what to hand to the view.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where mail is expected.
    pub ports: Ports,
    /// Look for mail on every port.
    pub any_port: bool,
    /// What is worth computing.
    pub wanted: Wanted,
    /// Only sessions of these protocols; all where empty.
    pub protocols: Vec<Protocol>,
    /// Only sessions with these numbers; all where empty.
    pub sessions: BTreeSet<u64>,
    /// When a session is handed to the view.
    pub order: When,
    /// Hand each step to the view as it happens.
    pub steps: bool,
    /// Stop after so many packets.
    pub packets: Option<u64>,
    /// Stop after so long (by the clock on the wall: for live captures).
    pub duration: Option<Duration>,
}

/// When a session is handed to the view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// When it and all before it have ended: in the order of their numbers.
    InOrder,
    /// When it has ended: memory is bounded by the sessions that are open.
    AsTheyEnd,
}

/// How a run went.
#[derive(Debug)]
pub struct Outcome {
    /// What is known of the capture as a whole.
    pub report: Report,
    /// Why reading stopped early.
    pub problem: Option<CaptureError>,
}

/// Reads `source` to its end, or until `stop` is set, and shows all sessions to `view`.
///
/// # Errors
/// Where the view cannot write. Trouble with the source is no error: what was read before it is shown, and the trouble
/// is told in [`Outcome::problem`].
pub fn run(source: &mut dyn Source, options: &Options, view: &mut dyn View, stop: &AtomicBool) -> io::Result<Outcome> {
    let mut decoder = Decoder::default();
    let mut engine = Engine::new(options, view);
    let begun = Instant::now();
    let live = source.is_live();
    let mut problem = None;
    loop {
        if stop.load(Ordering::Relaxed) || options.packets.is_some_and(|most| engine.summary.packets.read >= most) {
            break;
        }
        match source.next_packet() {
            Ok(Read::Packet(packet)) => engine.packet(&mut decoder, &packet)?,
            Ok(Read::Idle) => engine.idle(live)?,
            Ok(Read::End) => break,
            Err(error) => {
                problem = Some(error);
                break;
            }
        }
        if options.duration.is_some_and(|longest| begun.elapsed() >= longest) {
            break;
        }
    }
    let mut summary = engine.finish()?;
    summary.limits_hit.add(decoder.limits());
    summary.limits_hit.add(&source.limits());
    let report = Report { sources: source.info(), summary };
    view.finish(&report)?;
    Ok(Outcome { report, problem })
}

/// All stages between the decoder and the view.
struct Engine<'a> {
    table: Table<Following>,
    order: Order,
    same: Same,
    summary: Summary,
    /// TCP segments by the lower of their ports.
    ports: Vec<u64>,
    options: &'a Options,
    view: &'a mut dyn View,
}

impl<'a> Engine<'a> {
    fn new(options: &'a Options, view: &'a mut dyn View) -> Self {
        let following = Following {
            ports: Arc::new(options.ports.clone()),
            any_port: options.any_port,
            wanted: options.wanted,
            begun: Vec::new(),
            over: Vec::new(),
        };
        Self {
            table: Table::new(following),
            order: Order::new(options.order),
            same: Same::default(),
            summary: Summary::default(),
            ports: vec![0; 1 << 16],
            options,
            view,
        }
    }

    fn packet(&mut self, decoder: &mut Decoder, packet: &Packet<'_>) -> io::Result<()> {
        self.summary.packets.read += 1;
        self.decoded(decoder.decode(packet))?;
        while let Some(decoded) = decoder.decode_next(packet) {
            self.decoded(decoded)?;
        }
        Ok(())
    }

    fn decoded(&mut self, decoded: Decoded<'_>) -> io::Result<()> {
        let segment = match decoded {
            Decoded::Segment(segment) => segment,
            Decoded::Other => return Ok(()),
            Decoded::Stop(stop) => {
                self.summary.packets.undecodable += 1;
                *self.summary.traffic.stops.entry(stop).or_default() += 1;
                return Ok(());
            }
        };
        self.summary.traffic.tcp_segments += 1;
        self.summary.traffic.tcp_connections += u64::from(segment.syn && segment.acknowledgement.is_none());
        self.ports[usize::from(segment.source.port().min(segment.destination.port()))] += 1;
        let (key, now) = (self.table.segment(&segment), segment.time);
        self.note_changes();
        if let Some(ear) = key.and_then(|key| self.table.listener(&key)) {
            if let Some(is_mail) = ear.news() {
                self.order.decided(ear.first_packet(), is_mail);
            }
            if self.options.steps
                && let Some(id) = self.order.id(ear.first_packet())
            {
                ear.show_steps(id, self.options, self.view)?;
            }
        }
        self.decide_silent(now);
        self.show_ready()
    }

    /// Nothing came for a while. Where a file is followed nothing is done then: its clock need not be that on the wall, and
    /// its writer may have gathered what it has not written.
    fn idle(&mut self, live: bool) -> io::Result<()> {
        if !live {
            return Ok(());
        }
        let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let now = Time::from_microseconds(i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX));
        self.table.tick(now);
        self.note_changes();
        self.decide_silent(now);
        self.show_ready()
    }

    fn finish(mut self) -> io::Result<Summary> {
        self.table.finish();
        self.note_changes();
        self.show_ready()?;
        self.summary.limits_hit.add(self.table.limits_hit());
        let packets = &mut self.summary.packets;
        packets.other = packets.read.saturating_sub(packets.mail + packets.undecodable);
        let mut busiest: Vec<(u16, u64)> =
            (0..=u16::MAX).zip(&self.ports).map(|(port, &segments)| (port, segments)).collect();
        busiest.retain(|&(_, segments)| segments > 0);
        busiest.sort_by_key(|&(port, segments)| (std::cmp::Reverse(segments), port));
        busiest.truncate(BUSIEST_PORTS);
        self.summary.traffic.tcp_ports = busiest;
        Ok(self.summary)
    }

    /// Tells the order of the connections that have begun and ended.
    fn note_changes(&mut self) {
        let following = self.table.follower();
        for (first_packet, ends, time) in following.begun.drain(..) {
            self.order.begun(first_packet, ends, time);
        }
        for (first_packet, session) in following.over.drain(..) {
            self.order.over(first_packet, session);
        }
    }

    /// A connection to a mail port on which nothing is said does not keep the later ones waiting for their numbers.
    fn decide_silent(&mut self, now: Time) {
        while let Some((first_packet, ends)) = self.order.undecided_since(DECIDE_NANOSECONDS, now) {
            let key = crate::flow::Key::new(ends.client, ends.server);
            let ear = self.table.listener(&key).filter(|ear| ear.first_packet() == first_packet);
            let is_mail = ear.is_some_and(Ear::decide_now);
            self.order.decided(first_packet, is_mail);
        }
    }

    fn show_ready(&mut self) -> io::Result<()> {
        while let Some((mut session, shown)) = self.order.next_ready() {
            self.same.link(&mut session);
            if !self.options.selects(&session) {
                let counters = &session.transport.counters;
                self.summary.packets.mail += counters.packets + counters.copies;
                continue;
            }
            if self.options.steps {
                for step in session.steps.iter().skip(shown) {
                    self.view.step(&session, step)?;
                }
            }
            self.summary.add(&session);
            self.view.session(session)?;
        }
        Ok(())
    }
}

impl Options {
    fn selects(&self, session: &Session) -> bool {
        (self.protocols.is_empty() || self.protocols.contains(&session.protocol))
            && (self.sessions.is_empty() || self.sessions.contains(&session.id))
    }
}

/// Follows what may be mail, and keeps what has ended until it is asked for.
struct Following {
    ports: Arc<Ports>,
    any_port: bool,
    wanted: Wanted,
    begun: Vec<(u64, Ends, Time)>,
    /// By first packet; `None` for what turned out to be no mail. With the number of steps shown already.
    over: Vec<(u64, Option<(Session, usize)>)>,
}

impl Follower for Following {
    type Listener = Ear;

    fn wants(&self, one: SocketAddr, other: SocketAddr) -> bool {
        self.any_port || self.ports.get(one.port()).is_some() || self.ports.get(other.port()).is_some()
    }

    /// The end with the mail port; or else the one with the lower port.
    fn guess(&self, source: SocketAddr, destination: SocketAddr) -> Ends {
        let from_server = match (self.ports.get(source.port()), self.ports.get(destination.port())) {
            (_, Some(_)) => false,
            (Some(_), None) => true,
            (None, None) => source.port() < destination.port(),
        };
        if from_server {
            Ends { client: destination, server: source }
        } else {
            Ends { client: source, server: destination }
        }
    }

    fn listen(&mut self, ends: &Ends, at: crate::flow::At) -> Ear {
        let ear = Ear::new(Arc::clone(&self.ports), self.any_port, self.wanted, ends, at);
        self.begun.push((at.packet, *ends, at.time));
        ear
    }

    fn over(&mut self, ear: Ear, transport: Transport) {
        let first_packet = ear.first_packet();
        self.over.push((first_packet, ear.finish(transport)));
    }
}
