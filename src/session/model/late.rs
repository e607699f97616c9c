//! What most sessions that are not over have nothing of: it takes no room before it is known.

use crate::limits::heap;
use std::ops::{Deref, DerefMut};

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

impl<T: Placeholder> Late<T> {
    /// The value, or what it is read as.
    pub fn into_inner(self) -> T {
        self.0.map_or_else(|| T::placeholder().clone(), |value| *value)
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
