//! A live capture during which the clock of the machine is set: no session waits for it, and none ends by it.

mod support;

use mailtap::capture::{CaptureError, LinkType, Packet, Quiet, Read, Source, SourceInfo, Time};
use mailtap::pipeline::{self, Emit, Options};
use mailtap::session::Needs;
use mailtap::view::EachSession;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use support::{CONVERSATIONS, frame, segments, turns};

/// An interface: what comes, and by how many seconds the clock was set when it does.
struct Interface {
    frames: Vec<(Vec<u8>, i64)>,
    next: usize,
    /// How long it is listened on after the last packet.
    silence: Duration,
    silent: Option<Instant>,
}

impl Source for Interface {
    fn next_packet(&mut self) -> Result<Read<'_>, CaptureError> {
        let Some((data, set)) = self.frames.get(self.next) else {
            if self.silent.get_or_insert_with(Instant::now).elapsed() > self.silence {
                return Ok(Read::End);
            }
            thread::sleep(Duration::from_millis(100));
            return Ok(Read::Idle(Quiet::Live));
        };
        self.next += 1;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_micros();
        let time = Time::from_microseconds(i64::try_from(now).expect("this age") + set * 1_000_000);
        let (number, wire_len) = (self.next as u64, data.len() as u32);
        Ok(Read::Packet(Packet { number, time, link: LinkType::ETHERNET, data, wire_len }))
    }

    fn info(&self) -> Vec<SourceInfo> {
        Vec::new()
    }

    fn is_live(&self) -> bool {
        true
    }
}

/// The frames of a conversation of a client's port.
fn conversation(port: u16) -> Vec<Vec<u8>> {
    segments(&turns(CONVERSATIONS[1].script), 2_000).iter().map(|segment| frame(segment, port, 25)).collect()
}

/// Sessions shown while the interface was still listened on, and all sessions: whether each was seen to its end.
fn listen(frames: Vec<(Vec<u8>, i64)>, silence: Duration, threads: usize) -> (usize, Vec<bool>) {
    let mut source = Interface { frames, next: 0, silence, silent: None };
    let shown = Mutex::new(Vec::new());
    let mut view = EachSession::new(|session| {
        let closed = format!("{:?}", session.transport.end) == "Closed" && session.messages.len() == 1;
        shown.lock().expect("no panic").push((Instant::now(), closed));
        Ok(())
    });
    let options = Options { emit: Emit::AsTheyEnd, threads, ..Options::default() };
    pipeline::run(&mut source, &options, &Needs::ALL.into(), &mut view, &Default::default()).expect("shown");
    let end = source.silent.expect("it was silent") + silence;
    let shown = shown.into_inner().expect("no panic");
    let early = shown.iter().filter(|(when, _)| *when + Duration::from_millis(200) < end).count();
    (early, shown.into_iter().map(|(_, closed)| closed).collect())
}

#[test]
fn sessions_that_ended_are_shown_within_seconds_whatever_the_clock_does() {
    let cases = [(-3_600, 1), (-3_600, 2), (86_400, 1), (86_400, 2)];
    // All at once: each is some seconds of waiting.
    thread::scope(|scope| {
        let case = |(seconds, threads)| {
            // One is over before the step, one lies across it, one begins after it.
            let (before, across, after) = (conversation(40_001), conversation(40_002), conversation(40_003));
            let mut frames: Vec<(Vec<u8>, i64)> = before.into_iter().map(|frame| (frame, 0)).collect();
            frames.extend((0..).zip(across).map(|(n, frame)| (frame, if n < 9 { 0 } else { seconds })));
            frames.extend(after.into_iter().map(|frame| (frame, seconds)));
            let heard = listen(frames, Duration::from_secs(4), threads);
            assert_eq!(heard, (3, vec![true; 3]), "the clock set by {seconds} s, {threads} threads");
        };
        for one in cases {
            scope.spawn(move || case(one));
        }
    });
}

#[test]
fn an_open_session_is_not_given_up_by_a_clock_set_forward() {
    let (open, other) = (conversation(40_001), conversation(40_002));
    let mut frames: Vec<(Vec<u8>, i64)> = open[..12].iter().map(|frame| (frame.clone(), 0)).collect();
    // Enough that batches end meanwhile.
    frames.extend((0..2).flat_map(|_| other.clone()).map(|frame| (frame, 86_400)));
    frames.extend((0..9_000).map(|_| (vec![0; 60], 86_400)));
    frames.extend(open[12..].iter().map(|frame| (frame.clone(), 86_400)));
    let (_, sessions) = listen(frames, Duration::from_millis(300), 1);
    assert_eq!(sessions, [true, true]);
}
