//! What most sessions that are not over have nothing of: it takes no room before it is known.

use super::Tls;
use crate::flow::{CloseReason, Counters, Endpoints, PacketRef, Transport};
use crate::limits::heap;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::{Deref, DerefMut};
use std::sync::LazyLock;

/// A value that is read as its [`Placeholder`] before it is known. A hundred thousand sessions may be open at once, and
/// each would have room for it.
#[derive(Debug, Clone)]
pub struct Late<T>(Option<Box<T>>);

/// What stands for a value that is not known.
pub trait Placeholder: Clone + 'static {
    /// The same for all.
    fn placeholder() -> &'static Self;
}

impl<T> Late<T> {
    /// Bytes that it takes on the heap, without what its parts have there.
    pub fn room(&self) -> usize {
        if self.0.is_some() { heap(size_of::<T>()) } else { 0 }
    }
}

impl<T> Default for Late<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> From<T> for Late<T> {
    fn from(value: T) -> Self {
        Self(Some(Box::new(value)))
    }
}

impl<T: Placeholder> Deref for Late<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.as_deref().unwrap_or_else(|| T::placeholder())
    }
}

impl<T: Placeholder> DerefMut for Late<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.0.get_or_insert_with(|| Box::new(T::placeholder().clone()))
    }
}

impl Placeholder for Transport {
    fn placeholder() -> &'static Self {
        static UNKNOWN: LazyLock<Transport> = LazyLock::new(|| {
            let nobody = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
            let never = PacketRef { packet: 0, time: Default::default() };
            Transport {
                endpoints: Endpoints { client: nobody, server: nobody },
                first: never,
                first_sequence: 0,
                last: never,
                end: CloseReason::Open,
                left: None,
                from_start: false,
                counters: Counters::default(),
                conflicts: Default::default(),
                stalls: Default::default(),
            }
        });
        &UNKNOWN
    }
}

impl Placeholder for Tls {
    fn placeholder() -> &'static Self {
        static NONE: LazyLock<Tls> = LazyLock::new(Tls::default);
        &NONE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_takes_no_room_and_reads_as_its_placeholder() {
        let mut tls = Late::<Tls>::default();
        assert_eq!((tls.room(), &*tls), (0, &Tls::default()));
        tls.decrypted = true;
        assert!(tls.decrypted && tls.room() > size_of::<Tls>());
        assert_eq!(size_of::<Late<Transport>>(), size_of::<usize>());
    }
}
