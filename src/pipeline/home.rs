/*!
Sessions that have been shown go back to the worker that made them, and are dropped there. A session is many small pieces of
memory, and to free one costs an allocator most on another thread than the one that it gave it to.
*/

use crate::session::Session;
use crossbeam_channel::{Receiver, Sender, bounded};

/// Sessions that go back together.
const TOGETHER: usize = 32;
/// Of these, how many may wait for a worker; what does not find room is forgotten at once.
const WAITING: usize = 2;
/// Bytes of a session that goes back: a larger one is no longer many small pieces, and would be held too long.
const LARGEST: usize = 32 << 10;

/// The ways back to the workers, by their numbers.
#[derive(Default)]
pub struct Homes(Vec<Home>);

struct Home {
    gathered: Vec<Session>,
    back: Sender<Vec<Session>>,
}

impl Homes {
    /// Another worker's: the end at which it takes its sessions back.
    pub fn add(&mut self) -> Receiver<Vec<Session>> {
        let (back, home) = bounded(WAITING);
        self.0.push(Home { gathered: Vec::with_capacity(TOGETHER), back });
        home
    }

    /// Nobody needs `session` any more, which `worker` made, if it is known, and which takes so many bytes.
    pub fn send(&mut self, session: Session, worker: usize, weight: usize) {
        let Some(home) = self.0.get_mut(worker).filter(|_| weight <= LARGEST) else { return };
        home.gathered.push(session);
        if home.gathered.len() >= TOGETHER {
            // No room: the worker is busy, or has ended.
            let _ = home.back.try_send(std::mem::replace(&mut home.gathered, Vec::with_capacity(TOGETHER)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Homes, LARGEST, TOGETHER, WAITING};
    use crate::protocol::Protocol;
    use crate::session::Session;

    #[test]
    fn sessions_go_back_to_who_made_them_and_never_more_than_some() {
        let mut homes = Homes::default();
        let workers = [homes.add(), homes.add()];
        let session = |id| Session { id, ..Session::empty(Protocol::Imap) };
        for id in 0..4 * (WAITING * TOGETHER) as u64 {
            homes.send(session(id), (id % 2) as usize, 1);
            homes.send(session(id), 0, LARGEST + 1);
            homes.send(session(id), 2, 1);
        }
        for (worker, home) in workers.iter().enumerate() {
            let back: Vec<u64> = home.try_iter().flatten().map(|session| session.id).collect();
            let first: Vec<u64> = (0..).skip(worker).step_by(2).take(WAITING * TOGETHER).collect();
            assert_eq!(back, first);
        }
    }
}
