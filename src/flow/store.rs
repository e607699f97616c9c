/*!
Where connections are kept: by their ends, and in a queue for each rank in the order of their last packet, so that of each kind
the one that has been silent longest stands in front.
*/

use super::Key;
use std::collections::HashMap;

/// What a connection is worth when there is no room for all, in ascending order. Each has a queue of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rank {
    /// A SYN that nobody has answered.
    HalfOpen,
    /// A SYN that says something (RFC 7413), and that nobody has answered.
    Calling,
    /// It was answered, and nothing was said.
    Answered,
    /// Something was said, or it began before the capture.
    Followed,
}

impl Rank {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::HalfOpen, Self::Calling, Self::Answered, Self::Followed];
    /// Those on which something was said.
    pub const SPEAKING: [Self; 2] = [Self::Calling, Self::Followed];

    /// True where nobody has answered.
    pub fn is_half_open(self) -> bool {
        matches!(self, Self::HalfOpen | Self::Calling)
    }
}

/// Connections, each with what is known of it, in a place whose number does not change.
pub struct ConnectionStore<T> {
    /// Hashed with keys of the day: nobody can choose his addresses so that they collide.
    by_key: HashMap<Key, u32>,
    slots: Vec<Option<Slot<T>>>,
    free: Vec<u32>,
    queues: [Queue; 4],
    /// The connection that was found last, and its place: segments of one connection often come in a row.
    found: Option<(Key, u32)>,
}

struct Slot<T> {
    key: Key,
    rank: Rank,
    before: Option<SlotIndex>,
    after: Option<SlotIndex>,
    content: T,
}

/// The number of a place, made so that having none costs nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct SlotIndex(std::num::NonZeroU32);

impl SlotIndex {
    fn new(index: usize) -> Option<Self> {
        u32::try_from(index + 1).ok().and_then(std::num::NonZeroU32::new).map(Self)
    }

    fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

#[derive(Debug, Default, Clone, Copy)]
struct Queue {
    first: Option<SlotIndex>,
    last: Option<SlotIndex>,
    len: usize,
}

impl<T> ConnectionStore<T> {
    /// Bytes that a connection costs here at most: its place, and its key in a hash that is half full.
    #[cfg(test)]
    pub const COST: usize = size_of::<Option<Slot<T>>>() + 2 * (size_of::<(Key, u32)>() + 1);

    /// No connections.
    pub fn new() -> Self {
        Self { by_key: HashMap::new(), slots: Vec::new(), free: Vec::new(), queues: Default::default(), found: None }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.by_key.len()
    }

    /// How many of `rank` there are.
    pub fn of_rank(&self, rank: Rank) -> usize {
        self.queues[rank as usize].len
    }

    /// Places, used or not.
    #[cfg(test)]
    pub fn places(&self) -> usize {
        self.slots.len()
    }

    /// The place of the connection with `key`.
    pub fn find(&mut self, key: &Key) -> Option<usize> {
        if let Some((found, index)) = &self.found
            && found == key
        {
            return Some(*index as usize);
        }
        let index = *self.by_key.get(key)?;
        self.found = Some((*key, index));
        Some(index as usize)
    }

    /// What is at `index`.
    pub fn get(&self, index: usize) -> Option<&T> {
        self.slots.get(index)?.as_ref().map(|slot| &slot.content)
    }

    /// What is at `index`.
    pub fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        self.slots.get_mut(index)?.as_mut().map(|slot| &mut slot.content)
    }

    /// Whose place `index` is, and what it is worth.
    pub fn key(&self, index: usize) -> Option<(Key, Rank)> {
        self.slots.get(index)?.as_ref().map(|slot| (slot.key, slot.rank))
    }

    /// All places that are used.
    pub fn used(&self) -> impl Iterator<Item = (usize, &T)> {
        self.slots.iter().enumerate().filter_map(|(index, slot)| Some((index, &slot.as_ref()?.content)))
    }

    /// Gives the connection with `key` a place, as the last of its rank.
    pub fn insert(&mut self, key: Key, rank: Rank, content: T) -> usize {
        let slot = Slot { key, rank, before: None, after: None, content };
        let index = match self.free.pop() {
            Some(index) => index as usize,
            None => {
                self.slots.push(None);
                self.slots.len() - 1
            }
        };
        if let Some(place) = self.slots.get_mut(index) {
            *place = Some(slot);
        }
        // The bound on connections is far below 2^32.
        self.by_key.insert(key, index as u32);
        self.enqueue(index, rank);
        index
    }

    /// Takes what is at `index` out.
    pub fn remove(&mut self, index: usize) -> Option<(Key, T)> {
        self.dequeue(index);
        let slot = self.slots.get_mut(index)?.take()?;
        self.by_key.remove(&slot.key);
        self.found = None;
        self.free.push(index as u32);
        Some((slot.key, slot.content))
    }

    /// Something came for the connection at `index`: it is the last of its rank from now on.
    pub fn touch(&mut self, index: usize, rank: Rank) {
        let is_last = self.queues[rank as usize].last.is_some_and(|last| last.index() == index);
        if is_last {
            return;
        }
        self.dequeue(index);
        self.enqueue(index, rank);
    }

    /// The one of `rank` that has been silent longest.
    pub fn silent_longest(&self, rank: Rank) -> Option<usize> {
        self.queues[rank as usize].first.map(SlotIndex::index)
    }

    fn enqueue(&mut self, index: usize, rank: Rank) {
        let place = SlotIndex::new(index);
        let queue = &mut self.queues[rank as usize];
        queue.len += 1;
        let last = std::mem::replace(&mut queue.last, place);
        match last {
            Some(last) => self.link(last.index(), |slot| slot.after = place),
            None => queue.first = place,
        }
        self.link(index, |slot| {
            slot.rank = rank;
            (slot.before, slot.after) = (last, None);
        });
    }

    fn dequeue(&mut self, index: usize) {
        let Some(Some(slot)) = self.slots.get(index) else { return };
        let (rank, before, after) = (slot.rank, slot.before, slot.after);
        match before {
            Some(before) => self.link(before.index(), |slot| slot.after = after),
            None => self.queues[rank as usize].first = after,
        }
        match after {
            Some(after) => self.link(after.index(), |slot| slot.before = before),
            None => self.queues[rank as usize].last = before,
        }
        self.queues[rank as usize].len -= 1;
    }

    fn link(&mut self, index: usize, change: impl FnOnce(&mut Slot<T>)) {
        if let Some(Some(slot)) = self.slots.get_mut(index) {
            change(slot);
        }
    }
}
