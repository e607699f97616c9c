/*!
The same stages on several threads: one reads and decodes, some follow connections, and the caller's shows.

```text
reader ──parts──▶ worker 1 ──events──┐
       ──parts──▶ worker 2 ──events──┴▶ caller: events of batch 1 of all workers, in the order of packets; of batch 2; …
       ◀────────── used parts ───────
                       worker ◀──sessions that were shown── caller
```

Every batch goes to every worker, in parts, with the segments of its own shards, copied, since a packet is lent only until
the next. So the caller knows when it has received all events up to a packet. Queues are short, by number and by bytes, so
that a slow stage holds the others back; only a live capture's is long, since an interface cannot be held back. When the capture has ended, each
worker sends the events of the connections that are left in portions, in the order of their beginnings, and the caller
merges these.

What a view makes of a session by itself ([`View::preparation`](crate::view::View::preparation)) the workers do. The
caller adds what is known only in the order of the sessions.
*/

use super::event::{self, ConnectionChange, ConnectionEvent};
use super::home::Homes;
use super::input::{InputStage, RoutedError, RoutedSegment};
use super::options::{BatchEnd, Options, StopCondition};
use super::output::OutputStage;
use super::part::{After, Part};
use super::shard::{SHARDS, Sharding};
use super::shards::Shards;
use super::weighed;
use crate::capture::{CaptureError, Read, Source};
use crate::decode::Segment;
use crate::limits::LimitsHit;
use crate::session::{Digester, Plan, Session};
use crate::verdict::rule::{self, Rule};
use crate::view::Preparation;
use crossbeam_channel::{Receiver, Sender, bounded};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, Scope, ScopedJoinHandle};

/// Parts of batches that wait for a worker, from a file.
const QUEUE: usize = 6;
/// The same from an interface, which does not wait: packets that come faster than they can be followed are lost once
/// the kernel's buffer is full. A part has 128 KiB of mail at most and as much beside it, and mostly 64 KiB.
const LIVE_QUEUE: usize = 1_536;
/// Bytes of events that wait for the caller, from all workers together; a worker may always have one message waiting.
const EVENT_BYTES: usize = 16 << 20;
/// Events of so many batches wait for the caller.
const DONE_QUEUE: usize = 3;
/// Parts of each worker that are kept to be used again.
const SPARE: usize = QUEUE + 2;

/// What a worker sends.
enum Done {
    /// The events of a batch. The last batch has no end.
    Batch { events: Vec<ConnectionEvent>, end: Option<BatchEnd> },
    /// After the last batch: events of the connections that were left, in order.
    Rest(Vec<ConnectionEvent>),
    /// The worker has finished. Bounds that were hit.
    All(LimitsHit),
}

/// What the system starts threads with; a test's starts no more than some.
pub trait Start {
    /// Starts `work` on a thread of `scope`.
    ///
    /// # Errors
    /// If the system starts none: it has no memory for it, or the user has as many as are permitted.
    fn start<'scope, T: Send + 'scope>(
        &self,
        scope: &'scope Scope<'scope, '_>,
        name: &str,
        work: impl FnOnce() -> T + Send + 'scope,
    ) -> io::Result<ScopedJoinHandle<'scope, T>>;
}

/// As many threads as the system starts.
pub struct System;

impl Start for System {
    fn start<'scope, T: Send + 'scope>(
        &self,
        scope: &'scope Scope<'scope, '_>,
        name: &str,
        work: impl FnOnce() -> T + Send + 'scope,
    ) -> io::Result<ScopedJoinHandle<'scope, T>> {
        thread::Builder::new().name(name.to_owned()).spawn_scoped(scope, work)
    }
}

/// A worker's place.
struct Place {
    /// Which it is.
    worker: usize,
    /// Of how many.
    workers: usize,
    plan: Arc<Plan>,
}

/// The thread for digests ends when this does.
struct Digesting(Arc<Digester>);

impl Drop for Digesting {
    fn drop(&mut self) {
        self.0.release();
    }
}

/// Reads `source` on one thread, follows its connections on others, and shows the sessions on the caller's. Where fewer
/// threads can be started than are wanted, these do the work; where not even two, nothing is read, and None returned.
///
/// # Errors
/// If the view cannot write.
pub fn run<'a>(
    source: &mut dyn Source,
    options: &'a Options,
    plan: &Arc<Plan>,
    output: &mut OutputStage<'_>,
    stop: &AtomicBool,
    threads: &impl Start,
) -> io::Result<Option<(InputStage<'a>, Option<CaptureError>)>> {
    let wanted = options.threads.min(SHARDS);
    let preparation = output.preparation();
    let sharding = Sharding::of(plan);
    // Set where the view cannot write: the reader and the workers have nothing more to do.
    let given_up = AtomicBool::new(false);
    let (used, unused) = bounded(wanted * SPARE);
    let is_live = source.is_live();
    let queue = if is_live { LIVE_QUEUE } else { QUEUE };
    let (given_up, unused) = (&given_up, &unused);
    thread::scope(|scope| {
        // All threads wait until it is known how many there are: where they are told nothing, they end.
        let (tell_reader, told) = bounded::<Vec<Sender<Part>>>(1);
        let read =
            move || told.recv().ok().map(|workers| read(source, options, stop, given_up, sharding, workers, unused));
        let reader = match threads.start(scope, "packets", read) {
            Ok(reader) => reader,
            Err(error) => {
                log::warn!("no thread can be started, one does everything: {error}");
                return Ok(None);
            }
        };
        let (mut places, mut to_workers, mut from_workers) = (Vec::new(), Vec::new(), Vec::new());
        let mut homes = Homes::default();
        for _ in 0..wanted {
            let (place, placed) = bounded::<Place>(1);
            let (to_worker, parts) = bounded(queue);
            let (done, from_worker) = weighed::bounded(DONE_QUEUE, EVENT_BYTES / wanted);
            let (used, home) = (used.clone(), homes.add());
            let in_silence = rule::in_silence(options.selection.rules);
            let preparing = Preparing { options, view: preparation.clone(), in_silence };
            let work = move || {
                if let Ok(Place { worker, workers, plan }) = placed.recv() {
                    let shards = Shards::of_thread(worker, workers, options, &plan).live(is_live);
                    work(shards, worker, &preparing, &parts, &done, &used, &home);
                }
            };
            if let Err(error) = threads.start(scope, "connections", work) {
                log::warn!("{} of {wanted} threads can be started: {error}", places.len());
                break;
            }
            places.push(place);
            to_workers.push(to_worker);
            from_workers.push(from_worker);
        }
        if places.is_empty() {
            return Ok(None);
        }
        let digesting = digesting(scope, plan, threads);
        let plan = match &digesting {
            Some(Digesting(digester)) => Arc::new(Plan { digester: Some(Arc::clone(digester)), ..Plan::clone(plan) }),
            None => Arc::clone(plan),
        };
        for (worker, place) in places.iter().enumerate() {
            // It waits for this, and there is room.
            let _ = place.send(Place { worker, workers: places.len(), plan: Arc::clone(&plan) });
        }
        let _ = tell_reader.send(to_workers);
        output.send_home(homes);
        let shown = show(&from_workers, output);
        if shown.is_err() {
            given_up.store(true, Ordering::Relaxed);
            // Unblocks workers waiting to send.
            drop(from_workers);
        }
        let read = reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        shown.map(|()| read)
    })
}

/// A thread that makes the digests of large messages, if digests are wanted and it can be started.
fn digesting<'scope>(scope: &'scope Scope<'scope, '_>, plan: &Plan, threads: &impl Start) -> Option<Digesting> {
    if !plan.needs.digests && !plan.needs.attachments {
        return None;
    }
    let (digester, work) = Digester::new();
    match threads.start(scope, "digests", || work.run()) {
        Ok(_) => Some(Digesting(digester)),
        Err(error) => {
            log::debug!("no thread for the digests of large messages can be started: {error}");
            None
        }
    }
}

/// The reader's thread. It owns the senders of the queues: when it returns, the workers' queues end.
fn read<'a>(
    source: &mut dyn Source,
    options: &'a Options,
    stop: &AtomicBool,
    given_up: &AtomicBool,
    sharding: Sharding,
    to_workers: Vec<Sender<Part>>,
    unused: &Receiver<Part>,
) -> (InputStage<'a>, Option<CaptureError>) {
    let mut input = InputStage::new(options, sharding, source.is_live());
    let stop_condition = StopCondition::new(options, stop);
    let mut parts: Vec<(Part, &Sender<Part>)> = to_workers.iter().map(|worker| (Part::default(), worker)).collect();
    let mut problem = None;
    let send = |(part, to_worker): &mut (Part, &Sender<Part>), after: After| {
        let mut full = std::mem::replace(part, unused.try_recv().unwrap_or_default());
        full.after = after;
        // A worker is gone only if the caller has given up, or by a panic, which the scope passes on.
        let _ = to_worker.send(full);
    };
    let send_all = |parts: &mut Vec<_>, after: After| parts.iter_mut().for_each(|part| send(part, after));
    while !stop_condition.is_met(input.packets()) && !given_up.load(Ordering::Relaxed) {
        match source.next_packet() {
            Ok(Read::Packet(packet)) => {
                if let Some(end) = input.end_of_batch_before(&packet) {
                    send_all(&mut parts, After::Batch(end));
                }
                let Ok(()) = input.packet(&packet, |routed| {
                    let worker = &mut parts[routed.shard() % to_workers.len()];
                    worker.0.push(routed);
                    if worker.0.is_full() {
                        send(worker, After::More);
                    }
                    Ok::<_, Infallible>(())
                });
                input.skim(source, stop_condition.left(input.packets()));
                if let Some(end) = input.end_of_batch() {
                    send_all(&mut parts, After::Batch(end));
                }
            }
            Ok(Read::Idle(quiet)) => {
                let end = input.end_of_batch_now(quiet);
                send_all(&mut parts, After::Batch(end));
            }
            Ok(Read::End) => break,
            Err(error) => {
                problem = Some(error);
                break;
            }
        }
    }
    send_all(&mut parts, After::Nothing);
    (input, problem)
}

/// What a worker does for the view.
struct Preparing<'a> {
    options: &'a Options,
    view: Option<Preparation>,
    /// The rules that look at silent sessions.
    in_silence: Vec<&'static Rule>,
}

impl Preparing<'_> {
    /// Prepares the sessions of `events` that are to be shown, as far as that is known before they have their numbers, and puts on
    /// all of them that `worker` made them.
    fn prepare(&self, worker: usize, events: &mut [ConnectionEvent]) {
        for event in events {
            if let ConnectionChange::Over(Some(ended)) = &mut event.change {
                if let Some(view) = &self.view {
                    ended.prepare(view, self.options, &self.in_silence);
                }
                ended.made_by(worker);
            }
        }
    }
}

/// A worker's thread.
fn work(
    mut shards: Shards<'_>,
    worker: usize,
    preparing: &Preparing<'_>,
    parts: &Receiver<Part>,
    done: &weighed::Sender<Done>,
    used: &Sender<Part>,
    home: &Receiver<Vec<Session>>,
) {
    for mut part in parts {
        home.try_iter().for_each(drop);
        let mut bytes = part.bytes.as_slice();
        let mut errors = part.errors.iter().peekable();
        for (packed, before) in part.segments.iter().zip(0..) {
            while let Some((_, shard, error)) = errors.next_if(|(segments, ..)| *segments <= before) {
                shards.icmp_error(RoutedError { shard: *shard, error });
            }
            let (payload, rest) = bytes.split_at(packed.len);
            bytes = rest;
            let segment = &Segment { payload, ..packed.segment };
            shards.segment(RoutedSegment { shard: packed.shard, nth: packed.nth, segment });
        }
        for (_, shard, error) in errors {
            shards.icmp_error(RoutedError { shard: *shard, error });
        }
        let after = part.after;
        part.clear();
        let _ = used.try_send(part);
        let end = match after {
            After::More => continue,
            After::Batch(end) => Some(end),
            After::Nothing => None,
        };
        if let Some(end) = end {
            shards.end_of_batch(end);
        }
        let mut events = shards.drain();
        preparing.prepare(worker, &mut events);
        let weight = event::weight(&events);
        if done.send(Done::Batch { events, end }, weight).is_err() {
            return;
        }
    }
    loop {
        home.try_iter().for_each(drop);
        let mut rest = shards.finish_some();
        preparing.prepare(worker, &mut rest);
        let (all, weight) = (rest.is_empty(), event::weight(&rest));
        let answer = if all { Done::All(shards.limits_hit()) } else { Done::Rest(rest) };
        if done.send(answer, weight).is_err() || all {
            return;
        }
    }
}

/// The caller's thread.
fn show(from_workers: &[weighed::Receiver<Done>], output: &mut OutputStage<'_>) -> io::Result<()> {
    let mut events = Vec::new();
    loop {
        let mut batch_end = None;
        for from_worker in from_workers {
            // A worker ends only after its last answer, or by a panic, which the scope passes on.
            let Ok(Done::Batch { events: mut more, end }) = from_worker.recv() else { return Ok(()) };
            events.append(&mut more);
            batch_end = end;
        }
        event::sort(&mut events);
        match batch_end {
            Some(end) => output.end_of_batch(end, &mut events)?,
            None => {
                output.take(&mut events)?;
                return show_rest(from_workers, output);
            }
        }
    }
}

/// The caller's thread, when the capture has ended: merges the workers' remaining events by the beginning of their
/// connections.
fn show_rest(from_workers: &[weighed::Receiver<Done>], output: &mut OutputStage<'_>) -> io::Result<()> {
    let mut told: Vec<VecDeque<ConnectionEvent>> = from_workers.iter().map(|_| VecDeque::new()).collect();
    let mut all = vec![false; from_workers.len()];
    let mut events = Vec::new();
    loop {
        for ((told, all), from_worker) in told.iter_mut().zip(&mut all).zip(from_workers) {
            if told.is_empty() && !*all {
                match from_worker.recv() {
                    Ok(Done::Rest(rest)) => *told = rest.into(),
                    Ok(Done::All(limits)) => {
                        *all = true;
                        output.add_limits(&limits);
                    }
                    Ok(Done::Batch { .. }) | Err(_) => return Ok(()),
                }
            }
        }
        // Which event comes next is known only when every worker that has more to send has one here.
        while told.iter().zip(&all).all(|(told, all)| *all || !told.is_empty()) {
            let first = |told: &VecDeque<ConnectionEvent>| told.front().map(|event| event.first);
            let next = told.iter_mut().filter(|told| !told.is_empty()).min_by_key(|told| first(told));
            let Some(event) = next.and_then(VecDeque::pop_front) else { return output.take(&mut events) };
            events.push(event);
        }
        output.take(&mut events)?;
    }
}

#[cfg(test)]
mod tests {
    use super::{Preparation, Start, System};
    use crate::capture::{CaptureFile, Reordered};
    use crate::pipeline::{Options, run_on};
    use crate::session::{Needs, Session};
    use crate::verdict::Report;
    use crate::verdict::filter::SessionFilter;
    use crate::view::{View, json::NdJson, record};
    use std::cell::Cell;
    use std::io;
    use std::sync::Arc;
    use std::thread::{Scope, ScopedJoinHandle};

    /// Starts so many threads and no more.
    struct Few(Cell<usize>);

    impl Start for Few {
        fn start<'scope, T: Send + 'scope>(
            &self,
            scope: &'scope Scope<'scope, '_>,
            name: &str,
            work: impl FnOnce() -> T + Send + 'scope,
        ) -> io::Result<ScopedJoinHandle<'scope, T>> {
            let left = self.0.get().checked_sub(1).ok_or(io::ErrorKind::WouldBlock)?;
            self.0.set(left);
            System.start(scope, name, work)
        }
    }

    #[test]
    fn the_result_is_the_same_however_few_threads_can_be_started() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/lab/python-clients/capture.pcap");
        let capture = std::fs::read(path).unwrap();
        let shown = |threads: usize, can_be_started: usize| {
            let file = CaptureFile::open("a".to_owned(), Box::new(io::Cursor::new(capture.clone())), 1 << 16).unwrap();
            let mut view = NdJson::new(Vec::new(), record::Options::default());
            let options = Options { threads, ..Options::default() };
            let few = Few(Cell::new(can_be_started));
            let (mut source, plan) = (Reordered::new(file), Needs::ALL.into());
            run_on(&mut source, &options, &plan, &mut view, &false.into(), &few).unwrap();
            view.into_inner()
        };
        let alone = shown(1, 0);
        assert!(alone.len() > 10_000);
        for can_be_started in 0..=6 {
            assert!(shown(5, can_be_started) == alone, "{can_be_started} threads");
        }
    }

    /// Counts the sessions that come prepared, and the others.
    #[derive(Default)]
    struct Counted {
        prepared: usize,
        unprepared: usize,
    }

    impl View for Counted {
        fn session(&mut self, _: Session) -> io::Result<()> {
            unreachable!("it is lent")
        }

        fn lent_session(&mut self, session: &Session, prepared: Option<&[u8]>) -> io::Result<bool> {
            match prepared {
                Some(prepared) => {
                    assert_eq!(prepared, session.transport.endpoints.client.to_string().as_bytes());
                    self.prepared += 1;
                }
                None => self.unprepared += 1,
            }
            Ok(true)
        }

        fn finish(&mut self, _: &Report) -> io::Result<()> {
            Ok(())
        }

        fn preparation(&self) -> Option<Preparation> {
            Some(Arc::new(|session| session.transport.endpoints.client.to_string().into_bytes().into()))
        }
    }

    #[test]
    fn workers_prepare_the_sessions_that_are_shown() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/lab/python-clients/capture.pcap");
        let capture = std::fs::read(path).unwrap();
        let counted = |options: Options| {
            let file = CaptureFile::open("a".to_owned(), Box::new(io::Cursor::new(capture.clone())), 1 << 16).unwrap();
            let mut view = Counted::default();
            let (mut source, plan) = (Reordered::new(file), Needs::ALL.into());
            run_on(&mut source, &options, &plan, &mut view, &false.into(), &System).unwrap();
            (view.prepared, view.unprepared)
        };
        let (none, all) = counted(Options::default());
        assert_eq!(none, 0);
        assert!(all > 1);
        assert_eq!(counted(Options { threads: 2, ..Options::default() }), (all, 0));
        // Whether a number is wanted is not known before it is given.
        let first = SessionFilter { sessions: vec![1..=1], ..SessionFilter::default() };
        assert_eq!(counted(Options { threads: 2, filter: first, ..Options::default() }), (0, 1));
        // No memory for them.
        let (few, rest) = counted(Options { threads: 2, waiting_sessions: 0, ..Options::default() });
        assert_eq!((few, rest), (0, all));
    }
}
