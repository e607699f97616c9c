/*!
Where connections are kept: by their key, and in a queue for each rank in the order of their last packet, so that the
connection of each rank that has been silent longest stands in front.
*/

use super::Key;
use std::collections::HashMap;

/// How much a connection is worth when there is no room for all, in ascending order. Each rank has a queue of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rank {
    /// A SYN that was not answered.
    HalfOpen,
    /// A SYN that carries data (RFC 7413) and was not answered.
    Calling,
    /// It was answered, and neither end has sent data.
    Answered,
    /// An end has sent data, or the connection began before the capture.
    Followed,
}

impl Rank {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::HalfOpen, Self::Calling, Self::Answered, Self::Followed];
    /// The ranks whose connections have a stream handler.
    pub const SPEAKING: [Self; 2] = [Self::Calling, Self::Followed];

    /// True where the SYN was not answered.
    pub fn is_half_open(self) -> bool {
        matches!(self, Self::HalfOpen | Self::Calling)
    }
}

/// Connections with their content, each in a slot whose index does not change.
pub struct ConnectionStore<T> {
    /// Hashed with random keys, so that an attacker cannot choose addresses that collide.
    by_key: HashMap<Key, u32>,
    slots: Vec<Option<Slot<T>>>,
    free: Vec<u32>,
    queues: [Queue; 4],
    /// Key and slot of the connection that was found last: segments of one connection often come in a row.
    found: Option<(Key, u32)>,
}

struct Slot<T> {
    key: Key,
    rank: Rank,
    before: Option<SlotIndex>,
    after: Option<SlotIndex>,
    content: T,
}

/// A slot's index plus one, so that an `Option` of it takes no more room.
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
    /// Bytes that a connection costs here at most: its slot, and its key in a hash that is half full.
    pub const COST: usize = size_of::<Option<Slot<T>>>() + 2 * (size_of::<(Key, u32)>() + 1);

    /// No connections.
    pub fn new() -> Self {
        Self { by_key: HashMap::new(), slots: Vec::new(), free: Vec::new(), queues: Default::default(), found: None }
    }

    /// How many there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.by_key.len()
    }

    /// How many of `rank` there are.
    #[inline]
    pub fn of_rank(&self, rank: Rank) -> usize {
        self.queues[rank as usize].len
    }

    /// Slots, used or not.
    #[cfg(test)]
    pub fn places(&self) -> usize {
        self.slots.len()
    }

    /// The slot of the connection with `key`.
    #[inline]
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

    /// The content of the slot `index`.
    #[inline]
    pub fn get(&self, index: usize) -> Option<&T> {
        self.slots.get(index)?.as_ref().map(|slot| &slot.content)
    }

    /// The content of the slot `index`.
    #[inline]
    pub fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        self.slots.get_mut(index)?.as_mut().map(|slot| &mut slot.content)
    }

    /// Key and rank of the connection in the slot `index`.
    pub fn key(&self, index: usize) -> Option<(Key, Rank)> {
        self.slots.get(index)?.as_ref().map(|slot| (slot.key, slot.rank))
    }

    /// Rank of the connection in the slot `index`.
    #[inline]
    pub fn rank(&self, index: usize) -> Option<Rank> {
        self.slots.get(index)?.as_ref().map(|slot| slot.rank)
    }

    /// All slots that are used.
    pub fn used(&self) -> impl Iterator<Item = (usize, &T)> {
        self.slots.iter().enumerate().filter_map(|(index, slot)| Some((index, &slot.as_ref()?.content)))
    }

    /// Puts the connection with `key` into a slot, as the last of its rank.
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

    /// Removes the connection in the slot `index`.
    pub fn remove(&mut self, index: usize) -> Option<(Key, T)> {
        self.dequeue(index);
        let slot = self.slots.get_mut(index)?.take()?;
        self.by_key.remove(&slot.key);
        self.found = None;
        self.free.push(index as u32);
        Some((slot.key, slot.content))
    }

    /// A packet came for the connection in the slot `index`, whose rank is now `rank`: it becomes the last of that
    /// rank.
    #[inline]
    pub fn touch(&mut self, index: usize, rank: Rank) {
        let is_last = self.queues[rank as usize].last.is_some_and(|last| last.index() == index);
        if is_last {
            return;
        }
        self.dequeue(index);
        self.enqueue(index, rank);
    }

    /// The connection of `rank` that has been silent longest.
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
