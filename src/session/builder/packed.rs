/*!
Steps and attempts to log in, as bytes: one takes some sixty of them, where it takes four hundred and more as it is. What
is packed comes out as it was.

The bytes are in pieces of a fixed number of elements, so that one element is found, or changed, at the cost of one
piece.
*/

use crate::limits::of_list;
use crate::protocol::event::{Exposure, LoginCause, LoginOutcome, StepId};
use crate::protocol::secret::{Raw, Secret};
use crate::session::model::{Credential, Step};
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

/// Elements of a piece.
const PIECE: usize = 32;

/// What can be packed.
pub trait Pack: Sized {
    /// Its bytes, which tell where they end.
    fn pack(self) -> Vec<u8>;

    /// The first element that was packed into `bytes`, and the bytes after it.
    fn unpack(bytes: &[u8]) -> Option<(Self, &[u8])>;

    /// Bytes that it has on the heap as it is, without its own size.
    fn on_heap(&self) -> usize;

    /// Packed bytes of those of its texts that can be let go of.
    fn texts(&self) -> usize;
}

/// A list of packed elements.
#[derive(Debug)]
pub struct Packed<T> {
    /// All but the last have [`PIECE`] elements.
    pieces: Vec<Piece>,
    len: usize,
    /// Bytes that the pieces take.
    bytes: usize,
    /// Bytes of texts in them.
    texts: usize,
    /// What the elements had on the heap before they were packed, without their own sizes.
    was_on_heap: usize,
    elements: PhantomData<T>,
}

/// Some elements, one after the other. They may hold secrets.
#[derive(Debug, Default)]
struct Piece {
    bytes: Raw<Vec<u8>>,
    texts: usize,
}

impl<T> Default for Packed<T> {
    fn default() -> Self {
        Self { pieces: Vec::new(), len: 0, bytes: 0, texts: 0, was_on_heap: 0, elements: PhantomData }
    }
}

impl<T: Pack> Packed<T> {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Bytes that all of it takes.
    pub fn weight(&self) -> usize {
        of_list(&self.pieces) + self.bytes
    }

    /// Bytes that the elements had on the heap before they were packed, without their own sizes.
    pub fn was_on_heap(&self) -> usize {
        self.was_on_heap
    }

    /// Bytes of texts in it.
    pub fn texts(&self) -> usize {
        self.texts
    }

    /// Adds `elements` at the end.
    pub fn extend(&mut self, elements: impl IntoIterator<Item = T>) {
        let mut elements = elements.into_iter().peekable();
        while elements.peek().is_some() {
            let room = PIECE - self.len % PIECE;
            let mut piece = if room < PIECE { self.take_last() } else { Piece::default() };
            for element in elements.by_ref().take(room) {
                self.was_on_heap += element.on_heap();
                piece.add(element);
                self.len += 1;
            }
            self.put(self.pieces.len(), piece);
        }
    }

    /// The element at `index`, from 0.
    pub fn get(&self, index: usize) -> Option<T> {
        self.pieces.get(index / PIECE)?.elements().nth(index % PIECE)
    }

    /// The elements from `index` on.
    pub fn since(&self, index: usize) -> impl Iterator<Item = T> + '_ {
        let pieces = self.pieces.iter().skip(index / PIECE);
        pieces.flat_map(Piece::elements).skip(index % PIECE)
    }

    /// Changes the element at `index`, from 0.
    pub fn change(&mut self, index: usize, change: impl FnOnce(&mut T)) {
        let mut change = Some(change);
        let mut nth = index / PIECE * PIECE;
        self.change_piece(index / PIECE, |element| {
            if nth == index
                && let Some(change) = change.take()
            {
                change(element);
            }
            nth += 1;
        });
    }

    /// Changes all elements.
    pub fn change_all(&mut self, mut change: impl FnMut(&mut T)) {
        for index in 0..self.pieces.len() {
            self.change_piece(index, &mut change);
        }
    }

    /// Changes the elements of those pieces that have texts, until it `is_enough`.
    pub fn change_texts(&mut self, is_enough: impl Fn() -> bool, mut change: impl FnMut(&mut T)) {
        for index in 0..self.pieces.len() {
            if is_enough() {
                return;
            }
            if self.pieces.get(index).is_some_and(|piece| piece.texts > 0) {
                self.change_piece(index, &mut change);
            }
        }
    }

    /// Takes the elements from `index` on off.
    pub fn cut(&mut self, index: usize, mut off: impl FnMut(T)) {
        if index >= self.len {
            return;
        }
        let pieces = self.pieces.split_off(index / PIECE);
        self.len = index / PIECE * PIECE;
        pieces.iter().for_each(|piece| self.forget(piece));
        for (nth, element) in pieces.iter().flat_map(Piece::elements::<T>).enumerate() {
            self.was_on_heap -= element.on_heap();
            if nth < index % PIECE { self.extend([element]) } else { off(element) }
        }
        self.pieces.shrink_to_fit();
    }

    /// Puts all elements, as they were, before those of `list`.
    pub fn unpack_before(&mut self, list: &mut Vec<T>) {
        if self.len == 0 {
            return;
        }
        let mut all = Vec::with_capacity(self.len + list.len());
        for piece in std::mem::take(self).pieces {
            all.extend(piece.elements());
        }
        all.append(list);
        *list = all;
    }

    fn change_piece(&mut self, index: usize, mut change: impl FnMut(&mut T)) {
        let Some(piece) = self.pieces.get_mut(index).map(std::mem::take) else { return };
        self.forget(&piece);
        let mut changed = Piece::default();
        for mut element in piece.elements::<T>() {
            self.was_on_heap -= element.on_heap();
            change(&mut element);
            self.was_on_heap += element.on_heap();
            changed.add(element);
        }
        self.put(index, changed);
    }

    fn take_last(&mut self) -> Piece {
        let piece = self.pieces.pop().unwrap_or_default();
        self.forget(&piece);
        piece
    }

    fn forget(&mut self, piece: &Piece) {
        self.bytes -= of_list(&piece.bytes);
        self.texts -= piece.texts;
    }

    /// Puts a piece in its place.
    fn put(&mut self, index: usize, mut piece: Piece) {
        piece.bytes.shrink_to_fit();
        self.bytes += of_list(&piece.bytes);
        self.texts += piece.texts;
        match self.pieces.get_mut(index) {
            Some(place) => *place = piece,
            None => {
                if self.pieces.len() == self.pieces.capacity() {
                    self.pieces.reserve_exact(self.pieces.len() / 8 + 1);
                }
                self.pieces.push(piece);
            }
        }
    }
}

impl Piece {
    fn add(&mut self, element: impl Pack) {
        self.texts += element.texts();
        self.bytes.extend(element.pack());
    }

    fn elements<T: Pack>(&self) -> impl Iterator<Item = T> + '_ {
        let mut bytes = self.bytes.as_slice();
        std::iter::from_fn(move || {
            let (element, rest) = T::unpack(bytes)?;
            bytes = rest;
            Some(element)
        })
    }
}

/// Writing to memory does not fail, and all that is written has a form.
fn written(element: &impl Serialize) -> Vec<u8> {
    let bytes = postcard::to_allocvec(element);
    debug_assert!(bytes.is_ok());
    bytes.unwrap_or_default()
}

impl Pack for Step {
    fn pack(self) -> Vec<u8> {
        written(&self)
    }

    fn unpack(bytes: &[u8]) -> Option<(Self, &[u8])> {
        postcard::take_from_bytes(bytes).ok()
    }

    fn on_heap(&self) -> usize {
        self.weight()
    }

    fn texts(&self) -> usize {
        let Self { text, tag, command, .. } = self;
        let words = [tag, command].into_iter().flatten().map(|word| 1 + word.len()).sum::<usize>();
        let mailboxes = self.mailboxes().iter().map(|name| 1 + name.len()).sum::<usize>();
        text.len() + words + mailboxes + 2 * self.secrets().len()
    }
}

/// An attempt to log in, with its secrets laid open: it exists only while one is packed or unpacked.
#[derive(Serialize, Deserialize)]
struct Open {
    mechanism: String,
    username: Option<String>,
    authorization_id: Option<String>,
    password: Option<String>,
    challenge: Option<String>,
    response: Option<String>,
    token: Option<String>,
    exposure: Exposure,
    outcome: LoginOutcome,
    reply: Option<String>,
    cause: Option<LoginCause>,
    encrypted: bool,
    steps: Vec<StepId>,
    wire_forms: Vec<String>,
}

impl Pack for Credential {
    fn pack(self) -> Vec<u8> {
        let Self {
            mechanism,
            username,
            authorization_id,
            password,
            challenge,
            response,
            token,
            exposure,
            outcome,
            reply,
            cause,
            encrypted,
            steps,
            wire_forms,
        } = self;
        let open = |secret: Option<Secret<String>>| secret.map(Secret::into_revealed);
        written(&Open {
            mechanism,
            username,
            authorization_id,
            password: open(password),
            challenge,
            response: open(response),
            token: open(token),
            exposure,
            outcome,
            reply,
            cause,
            encrypted,
            steps,
            wire_forms: wire_forms.into_iter().map(Secret::into_revealed).collect(),
        })
    }

    fn unpack(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (open, rest) = postcard::take_from_bytes(bytes).ok()?;
        let Open {
            mechanism,
            username,
            authorization_id,
            password,
            challenge,
            response,
            token,
            exposure,
            outcome,
            reply,
            cause,
            encrypted,
            steps,
            wire_forms,
        } = open;
        let shut = |secret: Option<String>| secret.map(Secret::new);
        let credential = Self {
            mechanism,
            username,
            authorization_id,
            password: shut(password),
            challenge,
            response: shut(response),
            token: shut(token),
            exposure,
            outcome,
            reply,
            cause,
            encrypted,
            steps,
            wire_forms: wire_forms.into_iter().map(Secret::new).collect(),
        };
        Some((credential, rest))
    }

    fn on_heap(&self) -> usize {
        self.weight()
    }

    fn texts(&self) -> usize {
        0
    }
}
