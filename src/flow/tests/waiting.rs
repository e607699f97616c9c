//! A tick that looks only at what is due reports what one reports that looks at everything.

use super::*;

/// The connections of this test: each has ports of its own.
const CONNECTIONS: u16 = 5;

#[derive(Debug, Clone)]
enum Event {
    /// A segment of the `connection`th connection, `later` milliseconds after the one before.
    Segment { connection: u16, later: i64, sent: Sent },
    /// A tick, so many milliseconds after the last segment.
    Tick(i64),
}

/// What the stream handlers were told, in the order in which they were told it, with the packet and its time.
pub(super) type Log = Rc<RefCell<Vec<String>>>;

#[derive(Clone)]
pub(super) struct Logging {
    pub(super) log: Log,
    pub(super) watched: bool,
}

pub(super) struct Logged {
    name: SocketAddr,
    to: Logging,
}

impl Logged {
    fn note(&self, text: &str) {
        self.to.log.borrow_mut().push(format!("{} {text}", self.name));
    }
}

impl StreamHandler for Logged {
    fn data(&mut self, from: Side, bytes: &[u8], at: PacketRef) {
        self.note(&format!("{from:?} {bytes:?} {at:?}"));
    }

    fn gap(&mut self, from: Side, missing: u64, at: PacketRef) {
        self.note(&format!("{from:?} misses {missing} {at:?}"));
    }

    fn is_watched(&self) -> bool {
        self.to.watched
    }
}

impl ConnectionHandler for Logging {
    type StreamHandler = Logged;
    type Token = ();

    fn guess(&self, source: SocketAddr, destination: SocketAddr) -> Endpoints {
        Everyone::default().guess(source, destination)
    }

    fn begun(&mut self, _: &Endpoints, _: PacketRef) {}

    fn listen(&mut self, (): (), endpoints: &Endpoints, _: PacketRef) -> Logged {
        Logged { name: endpoints.client, to: self.clone() }
    }

    fn over(&mut self, logged: Logged, transport: Transport) {
        logged.note(&format!("{transport:?}"));
    }
}

/// What is told of these events.
fn told(events: &[Event], watched: bool, looks_at_all: bool) -> Vec<String> {
    let log = Log::default();
    let mut table = Table::new(Logging { log: Rc::clone(&log), watched }, 1);
    table.deadlines.ignored = looks_at_all;
    let mut milliseconds = 0_i64;
    for (packet, event) in (1..).zip(events) {
        match event {
            Event::Segment { connection, later, sent } => {
                milliseconds += later;
                let mut segment = sent.segment(packet, milliseconds * 1_000);
                for end in [&mut segment.source, &mut segment.destination] {
                    if end.port() != 25 {
                        end.set_port(40_000 + connection);
                    }
                }
                table.segment(&segment);
            }
            Event::Tick(later) => {
                log.borrow_mut().push("tick".into());
                table.tick(Time::from_microseconds((milliseconds + later) * 1_000));
            }
        }
    }
    table.finish();
    drop(table);
    log.take()
}

/// Milliseconds: mostly few, at times about as many as something waits, and clocks that are set back.
pub(super) fn any_pause() -> impl Strategy<Value = i64> {
    prop_oneof![
        6 => 0..20_i64,
        2 => 1_000..12_000_i64,
        2 => 50_000..70_000_i64,
        1 => -70_000..0_i64,
        1 => Just(-40_000_000_000_i64),
        1 => Just(40_000_000_000_i64),
    ]
}

pub(super) fn any_sent() -> impl Strategy<Value = Sent> {
    let side = prop_oneof![Just(Side::Client), Just(Side::Server)];
    let flags = prop_oneof![1 => Just("S"), 1 => Just("SA"), 12 => Just("A"), 1 => Just("FA"), 1 => Just("R")];
    (side, flags, 0..60_u32, 0..60_u32, 0..12_usize, prop_oneof![6 => Just(0_u32), 1 => 1..9_u32]).prop_map(
        |(from, flags, sequence, acknowledgement, len, cut)| {
            let (sequence, len) = if flags.contains('S') { (0, 0) } else { (sequence + 1, len) };
            let payload: String = (0..len).map(|n| char::from(b'a' + ((sequence as usize + n) % 26) as u8)).collect();
            Sent { cut, ..Sent::new(from, sequence, acknowledgement, flags, &payload) }
        },
    )
}

fn any_event() -> impl Strategy<Value = Event> {
    let segment = (0..CONNECTIONS, any_pause(), any_sent()).prop_map(|(connection, later, sent)| Event::Segment {
        connection,
        later,
        sent,
    });
    prop_oneof![4 => segment, 1 => any_pause().prop_map(Event::Tick)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..Default::default() })]

    #[test]
    fn a_tick_that_looks_at_what_is_due_misses_nothing(
        events in prop::collection::vec(any_event(), 1..250),
        watched in any::<bool>(),
    ) {
        prop_assert_eq!(told(&events, watched, false), told(&events, watched, true));
    }

    /// Connections of so many packets that those count, and not only the time.
    #[test]
    fn nor_where_packets_are_what_is_waited_for(
        lone in prop::collection::vec((any_pause(), any_sent()), 260..400),
        ticks in prop::collection::vec((any::<prop::sample::Index>(), any_pause()), 0..30),
    ) {
        let mut events: Vec<Event> =
            lone.into_iter().map(|(later, sent)| Event::Segment { connection: 0, later, sent }).collect();
        for (place, later) in ticks {
            events.insert(place.index(events.len()), Event::Tick(later));
        }
        prop_assert_eq!(told(&events, false, false), told(&events, false, true));
    }
}

#[test]
fn what_is_due_at_once_is_told_in_the_order_of_the_slots() {
    let mut events = Vec::new();
    let segment = |connection, later, sent| Event::Segment { connection, later, sent };
    for connection in [2, 0, 1] {
        events.push(segment(connection, 1, Sent::new(Side::Client, 0, 0, "S", "")));
        events.push(segment(connection, 1, Sent::new(Side::Server, 0, 1, "SA", "")));
    }
    // Of the one that began last, the segment behind the hole comes first.
    for connection in [1, 2, 0] {
        events.push(segment(connection, 1, Sent::new(Side::Server, 11, 1, "A", "behind")));
        events.push(segment(connection, 1, Sent::new(Side::Client, 1, 17, "A", "")));
    }
    events.extend([Event::Tick(59_000), Event::Tick(60_010)]);
    let told = told(&events, false, false);
    let ticks: Vec<usize> = (0..told.len()).filter(|&n| told[n] == "tick").collect();
    assert_eq!(ticks[1], ticks[0] + 1, "nothing is due a second before: {told:#?}");
    let then: Vec<&str> = told[ticks[1] + 1..ticks[1] + 7].iter().map(|line| &line[..18]).collect();
    let of = |port: u16| format!("172.16.0.73:{port} ");
    assert_eq!(then, [of(40_002), of(40_002), of(40_000), of(40_000), of(40_001), of(40_001)]);
}
