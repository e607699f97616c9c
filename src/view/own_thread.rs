//! A view that works on a thread of its own, so that what reads and follows connections does not wait for it.

use super::View;
use crate::session::Session;
use crate::verdict::{Needs, Report, Selection};
use crossbeam_channel::{Receiver, Sender};
use std::io;
use std::panic::resume_unwind;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};

/// Bytes of sessions that wait for the view; one alone may be larger.
const WAITING_BYTES: usize = 8 << 20;

/// Hands sessions to a view on another thread, which receives them in the same order. An error of the view is told with one
/// of the sessions after the one that it met it at, or at the end.
///
/// Steps are not handed over.
pub struct OwnThread<V> {
    needs: Needs,
    selection: Selection,
    waiting: Arc<Waiting>,
    /// Until the view has failed or received all.
    thread: Option<(Sender<Session>, Thread<V>)>,
}

/// The thread: it gives the view back, and the error that it met.
type Thread<V> = JoinHandle<(V, io::Result<()>)>;

/// What waits for the view.
#[derive(Default)]
struct Waiting {
    bytes: Mutex<usize>,
    fewer: Condvar,
}

impl Waiting {
    fn change(&self, change: impl FnOnce(&mut usize)) {
        change(&mut self.bytes.lock().unwrap_or_else(PoisonError::into_inner));
        self.fewer.notify_all();
    }

    /// Waits until there is room for `weight` more.
    fn add(&self, weight: usize) {
        let bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = |bytes: &mut usize| *bytes != 0 && bytes.saturating_add(weight) > WAITING_BYTES;
        *self.fewer.wait_while(bytes, is_full).unwrap_or_else(PoisonError::into_inner) += weight;
    }
}

/// Nothing waits for a view whose thread has ended, however it did.
struct Ends(Arc<Waiting>);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.change(|bytes| *bytes = 0);
    }
}

impl<V: View + Send + 'static> OwnThread<V> {
    /// Starts the thread.
    ///
    /// # Errors
    /// If there can be none.
    pub fn new(view: V) -> io::Result<Self> {
        let (needs, selection) = (view.needs(), view.selection());
        let waiting = Arc::new(Waiting::default());
        let (to_view, sessions) = crossbeam_channel::unbounded();
        let ends = Ends(Arc::clone(&waiting));
        let thread = Builder::new().name("view".to_owned()).spawn(move || receive(view, &sessions, &ends))?;
        Ok(Self { needs, selection, waiting, thread: Some((to_view, thread)) })
    }

    /// Waits until the view has received all; None where that was done before.
    fn ended(&mut self) -> Option<(V, io::Result<()>)> {
        let (to_view, thread) = self.thread.take()?;
        drop(to_view);
        Some(thread.join().unwrap_or_else(|panic| resume_unwind(panic)))
    }
}

fn receive<V: View>(mut view: V, sessions: &Receiver<Session>, ends: &Ends) -> (V, io::Result<()>) {
    for session in sessions {
        let weight = session.weight();
        if let Err(error) = view.session(session) {
            return (view, Err(error));
        }
        ends.0.change(|bytes| *bytes = bytes.saturating_sub(weight));
    }
    (view, Ok(()))
}

impl<V: View + Send + 'static> View for OwnThread<V> {
    fn session(&mut self, session: Session) -> io::Result<()> {
        let Some((to_view, _)) = &self.thread else { return Ok(()) };
        self.waiting.add(session.weight());
        match to_view.send(session) {
            Ok(()) => Ok(()),
            Err(_) => self.ended().map_or(Ok(()), |(_, result)| result),
        }
    }

    fn finish(&mut self, report: &Report) -> io::Result<()> {
        let Some((mut view, result)) = self.ended() else { return Ok(()) };
        result?;
        view.finish(report)
    }

    fn needs(&self) -> Needs {
        self.needs
    }

    fn selection(&self) -> Selection {
        self.selection
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Protocol;
    use crate::view::testing::report;
    use std::sync::mpsc;
    use std::time::Duration;

    /// Tells the numbers of sessions, and fails at one of them.
    struct Told {
        to: mpsc::Sender<u64>,
        fails_at: u64,
        pause: Duration,
    }

    impl View for Told {
        fn session(&mut self, session: Session) -> io::Result<()> {
            std::thread::sleep(self.pause);
            if session.id == self.fails_at {
                return Err(io::Error::other("the disk is full"));
            }
            self.to.send(session.id).map_err(io::Error::other)
        }

        fn finish(&mut self, _: &Report) -> io::Result<()> {
            self.to.send(0).map_err(io::Error::other)
        }
    }

    /// A session of that number, with a text of so many bytes.
    fn session(id: u64, bytes: usize) -> Session {
        Session { id, banner: Some("x".repeat(bytes)), ..Session::empty(Protocol::Smtp) }
    }

    #[test]
    fn sessions_come_in_order_and_the_end_comes_last() {
        let (to, told) = mpsc::channel();
        let mut view = OwnThread::new(Told { to, fails_at: u64::MAX, pause: Duration::ZERO }).expect("a thread");
        for id in 1..=100 {
            view.session(session(id, 1_000_000)).expect("it is taken");
        }
        view.finish(&report(&[])).expect("it ends");
        assert_eq!(told.try_iter().collect::<Vec<_>>(), (1..=100).chain([0]).collect::<Vec<_>>());
    }

    #[test]
    fn what_waits_is_bounded() {
        let (to, _told) = mpsc::channel();
        let mut view =
            OwnThread::new(Told { to, fails_at: u64::MAX, pause: Duration::from_millis(2) }).expect("a thread");
        for id in 1..=20 {
            view.session(session(id, 3 << 20)).expect("it is taken");
            assert!(*view.waiting.bytes.lock().expect("a lock") <= WAITING_BYTES);
        }
        view.session(session(21, 2 * WAITING_BYTES)).expect("one that is larger is taken alone");
        view.finish(&report(&[])).expect("it ends");
    }

    #[test]
    fn an_error_is_told_once_and_ends_it() {
        for last in [3, 40] {
            let (to, told) = mpsc::channel();
            let mut view = OwnThread::new(Told { to, fails_at: 3, pause: Duration::ZERO }).expect("a thread");
            let mut results: Vec<io::Result<()>> = (1..=last).map(|id| view.session(session(id, 4 << 20))).collect();
            results.push(view.finish(&report(&[])));
            let errors: Vec<String> =
                results.into_iter().filter_map(Result::err).map(|error| error.to_string()).collect();
            assert_eq!(errors, ["the disk is full"], "of {last}");
            assert_eq!(told.try_iter().collect::<Vec<_>>(), [1, 2]);
        }
    }
}
