//! A thread that makes the digests of large messages.

use crossbeam_channel::{Receiver, SendError, Sender, bounded};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Jobs that wait.
const WAITING: usize = 2;
/// Messages that it is busy with at the same time. More would make no more use of it, and each has blocks of its content.
pub const MESSAGES: usize = 4;

/// Gives a thread something to do.
#[derive(Debug)]
pub struct Digester {
    /// None when its work is over.
    jobs: Mutex<Option<Sender<Job>>>,
    /// How many more messages it may have.
    free: AtomicUsize,
}

/// What its thread does: whatever is handed to it, until [`Digester::release`].
pub(crate) struct Work(Receiver<Job>);

/// Something to be done. Whoever drops it does it, so that nobody waits in vain for what a thread left undone.
pub(super) struct Job(Option<Box<dyn FnOnce() + Send>>);

impl Digester {
    /// A digester, and the work that a thread has to do for it.
    pub(crate) fn new() -> (Arc<Self>, Work) {
        let (jobs, work) = bounded(WAITING);
        (Arc::new(Self { jobs: Mutex::new(Some(jobs)), free: AtomicUsize::new(MESSAGES) }), Work(work))
    }

    /// Its thread can end.
    pub(crate) fn release(&self) {
        *self.jobs.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Whether it takes another message.
    pub(super) fn begin(&self) -> bool {
        let fewer = |free: usize| free.checked_sub(1);
        self.free.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fewer).is_ok()
    }

    /// A message that it took is over.
    pub(super) fn end(&self) {
        self.free.fetch_add(1, Ordering::Relaxed);
    }

    /// Has `job` done, once there is room for it. Returns it where the thread has ended.
    pub(super) fn run(&self, job: impl FnOnce() + Send + 'static) -> Option<Job> {
        let job = Job(Some(Box::new(job)));
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match jobs {
            Some(jobs) => jobs.send(job).err().map(|SendError(job)| job),
            None => Some(job),
        }
    }
}

impl Work {
    /// Does it.
    pub fn run(self) {
        self.0.iter().for_each(drop);
    }
}

impl Drop for Work {
    /// A thread that ends by a panic leaves some.
    fn drop(&mut self) {
        self.0.try_iter().for_each(drop);
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        if let Some(job) = self.0.take() {
            job();
        }
    }
}
