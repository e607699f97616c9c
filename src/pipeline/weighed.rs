/*!
A queue between two threads that is bounded by how many messages wait in it, and by how many bytes these take: sessions
are small mostly, and one may be larger than ten thousand others.

A message that is larger than the bound waits alone.
*/

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// The end that sends.
pub struct Sender<T>(Arc<Queue<T>>);

/// The end that receives.
pub struct Receiver<T>(Arc<Queue<T>>);

/// The other end is gone.
#[derive(Debug)]
pub struct Gone;

struct Queue<T> {
    messages: usize,
    bytes: usize,
    state: Mutex<State<T>>,
    changed: Condvar,
}

struct State<T> {
    waiting: VecDeque<(T, usize)>,
    weight: usize,
    /// One of the ends is gone.
    closed: bool,
}

/// A queue in which so many messages wait at most, that take so many bytes.
pub fn bounded<T>(messages: usize, bytes: usize) -> (Sender<T>, Receiver<T>) {
    let state = State { waiting: VecDeque::new(), weight: 0, closed: false };
    let queue = Arc::new(Queue { messages, bytes, state: Mutex::new(state), changed: Condvar::new() });
    (Sender(Arc::clone(&queue)), Receiver(queue))
}

impl<T> Queue<T> {
    /// No code panics while it has the lock, so there is nothing wrong with a poisoned one.
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_while(&self, waits: impl Fn(&State<T>) -> bool) -> MutexGuard<'_, State<T>> {
        let waits = |state: &mut State<T>| waits(state) && !state.closed;
        self.changed.wait_while(self.lock(), waits).unwrap_or_else(PoisonError::into_inner)
    }

    fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }
}

impl<T> Sender<T> {
    /// Sends a message that takes `weight` bytes, once there is room.
    ///
    /// # Errors
    /// If nobody receives any more.
    pub fn send(&self, message: T, weight: usize) -> Result<(), Gone> {
        let Queue { messages, bytes, .. } = *self.0;
        let is_full = |state: &State<T>| {
            let waiting = state.waiting.len();
            waiting >= messages.max(1) || (waiting > 0 && state.weight.saturating_add(weight) > bytes)
        };
        let mut state = self.0.wait_while(is_full);
        if state.closed {
            return Err(Gone);
        }
        state.weight = state.weight.saturating_add(weight);
        state.waiting.push_back((message, weight));
        self.0.changed.notify_all();
        Ok(())
    }
}

impl<T> Receiver<T> {
    /// The next message, once there is one.
    ///
    /// # Errors
    /// If none is left, and nobody sends any more.
    pub fn recv(&self) -> Result<T, Gone> {
        let mut state = self.0.wait_while(|state| state.waiting.is_empty());
        let (message, weight) = state.waiting.pop_front().ok_or(Gone)?;
        state.weight = state.weight.saturating_sub(weight);
        self.0.changed.notify_all();
        Ok(message)
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        self.0.close();
    }
}

#[cfg(test)]
mod tests {
    use super::bounded;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    #[test]
    fn no_more_waits_than_messages_and_bytes_allow() {
        for (weight, most) in [(1, 4), (400, 2), (5_000, 1)] {
            let (sender, receiver) = bounded(4, 1_000);
            let sent = &AtomicUsize::new(0);
            thread::scope(|scope| {
                scope.spawn(move || {
                    for n in 0..100 {
                        sender.send(n, weight).unwrap();
                        sent.fetch_add(1, Ordering::SeqCst);
                    }
                });
                for n in 0..100 {
                    let before = sent.load(Ordering::SeqCst);
                    assert!(before <= n + most, "{before} sent, {n} received");
                    assert_eq!(receiver.recv().unwrap(), n);
                }
                assert!(receiver.recv().is_err());
            });
        }
    }

    #[test]
    fn who_waits_for_room_learns_that_nobody_receives() {
        let (sender, receiver) = bounded(1, 10);
        sender.send((), 1).unwrap();
        thread::scope(|scope| {
            let waits = scope.spawn(move || sender.send((), 1).is_err());
            drop(receiver);
            assert!(waits.join().unwrap());
        });
    }
}
