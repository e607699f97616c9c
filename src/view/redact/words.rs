//! A set of strings that are all searched for at once, and whose secret each of them is.

use super::known::Known;
use crate::limits::{heap, of_list};
use std::collections::BTreeMap;
use std::ops::Bound;

/// Secrets of fewer bytes are searched for as whole words.
pub const ANYWHERE: usize = 4;
/// Longer secrets are searched for in pieces of this many bytes, which bounds the cost of each look-up.
pub const PIECE: usize = 64;

/// Words of bits for all pairs of bytes.
const PAIRS: usize = 65_536 / 64;

/// The first two bytes.
fn pair(word: &[u8]) -> Option<usize> {
    Some(usize::from(*word.first()?) << 8 | usize::from(*word.get(1)?))
}

/// A set of strings that are all searched for at once at a position of a text.
#[derive(Default)]
pub struct Words {
    all: BTreeMap<Vec<u8>, Entry>,
    /// A bit for each pair of first bytes of the strings. At most positions of a text, no string begins: this says so
    /// cheaply.
    firsts: Vec<u64>,
    /// Bytes of `all`.
    bytes: usize,
}

/// What was taken of the strings that were read in the place of a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Taken {
    /// All of them.
    All,
    /// Those that are long enough to be searched for anywhere.
    AllButShort,
    /// There was no room for some of these.
    Part,
}

/// What is known of a string.
struct Entry {
    whose: Whose,
    /// It was read in the place of a secret.
    is_read: bool,
}

/// Whose form a string is. What is further down says more.
#[derive(Debug, Clone)]
enum Whose {
    /// Of nothing that is known to be a secret.
    InDoubt,
    /// A form of a secret.
    Form(Known),
    /// A form of several secrets.
    Several,
    /// A secret as it is.
    Secret(Known),
}

impl Whose {
    fn new(word: &[u8], of: Option<&Known>) -> Self {
        match of {
            Some(known) if known.secret.as_bytes() == word => Self::Secret(known.clone()),
            Some(known) => Self::Form(known.clone()),
            None => Self::InDoubt,
        }
    }

    fn and(&mut self, other: &Self) {
        *self = match (&*self, other) {
            (_, Self::Secret(_)) | (Self::InDoubt, _) => other.clone(),
            (Self::Form(one), Self::Form(other)) if one != other => Self::Several,
            (Self::Form(_), Self::Several) => Self::Several,
            _ => return,
        };
    }

    fn known(&self) -> Option<&Known> {
        match self {
            Self::Form(known) | Self::Secret(known) => Some(known),
            Self::InDoubt | Self::Several => None,
        }
    }
}

impl Words {
    /// How many strings there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Adds a string, which is a form of the secret `of` as far as that is known. `is_read` says that a dialogue has read
    /// it in the place of a secret.
    pub fn insert(&mut self, word: &[u8], of: Option<&Known>, is_read: bool) {
        let Some(pair) = pair(word) else { return };
        let whose = Whose::new(word, of);
        self.note(pair);
        match self.all.get_mut(word) {
            Some(entry) => {
                entry.whose.and(&whose);
                entry.is_read |= is_read;
            }
            None => {
                self.bytes += weight_of(word);
                self.all.insert(word.to_vec(), Entry { whose, is_read });
            }
        }
    }

    fn put(&mut self, word: Vec<u8>, entry: Entry) {
        let Some(pair) = pair(&word) else { return };
        self.note(pair);
        match self.all.get_mut(&word) {
            Some(known) => known.whose.and(&entry.whose),
            None => {
                self.bytes += weight_of(&word);
                self.all.insert(word, entry);
            }
        }
    }

    fn note(&mut self, pair: usize) {
        self.firsts.resize(PAIRS, 0);
        if let Some(bits) = self.firsts.get_mut(pair / 64) {
            *bits |= 1 << (pair % 64);
        }
    }

    /// The bytes that they take.
    pub fn weight(&self) -> usize {
        self.bytes + of_list(&self.firsts)
    }

    /// Takes less memory, until [`Words::unpack`]: nothing is found before that.
    pub fn pack(&mut self) {
        self.firsts = Vec::new();
    }

    /// Can be searched for again.
    pub fn unpack(&mut self) {
        let pairs: Vec<usize> = self.all.keys().filter_map(|word| pair(word)).collect();
        pairs.into_iter().for_each(|pair| self.note(pair));
    }

    /// Takes from `other` the strings that were read in the place of a secret and are long enough to be searched for
    /// anywhere, as far as there is room: at most `most`, and in `bytes` more.
    pub fn take(&mut self, other: &mut Self, most: usize, bytes: usize) -> Taken {
        let full = self.bytes.saturating_add(bytes);
        let (mut taken, mut stay) = (Taken::All, Vec::new());
        for (word, entry) in std::mem::take(&mut other.all) {
            let has_room = || {
                self.all.len() < most && self.bytes.saturating_add(weight_of(&word)) <= full
                    || self.all.contains_key(&word)
            };
            let left = match entry.is_read {
                false => Taken::All,
                true if word.len() < ANYWHERE => Taken::AllButShort,
                true if has_room() => {
                    self.put(word, entry);
                    continue;
                }
                true => Taken::Part,
            };
            taken = taken.max(left);
            stay.push((word, entry));
        }
        other.bytes = stay.iter().map(|(word, _)| weight_of(word)).sum();
        other.all = stay.into_iter().collect();
        taken
    }

    /// Length of the longest of the strings that begins at `at` in `text`, and whose it is.
    pub fn longest(&self, text: &[u8], at: usize) -> Option<(usize, Option<&Known>)> {
        let mut window = text.get(at..text.len().min(at + PIECE))?;
        let pair = pair(window)?;
        if self.firsts.get(pair / 64)? & (1 << (pair % 64)) == 0 {
            return None;
        }
        loop {
            // The greatest word that is not above the window shares with it every prefix that a match can have.
            let (near, entry) = self.all.range::<[u8], _>((Bound::Unbounded, Bound::Included(window))).next_back()?;
            let common = near.iter().zip(window).take_while(|(one, other)| one == other).count();
            if common == near.len() && (common >= ANYWHERE || is_word(text, at, common)) {
                return Some((common, entry.whose.known()));
            }
            // Any other match is shorter than `near` and is a prefix of what it shares with the window.
            window = window.get(..common.min(near.len().saturating_sub(1))).filter(|rest| !rest.is_empty())?;
        }
    }
}

/// A string's bytes, and its place in a tree that is half full.
fn weight_of(word: &[u8]) -> usize {
    heap(word.len()) + 2 * (size_of::<Vec<u8>>() + size_of::<Entry>())
}

fn is_word(text: &[u8], at: usize, length: usize) -> bool {
    let part_of_word = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || !byte.is_ascii());
    !part_of_word(at.checked_sub(1).and_then(|before| text.get(before))) && !part_of_word(text.get(at + length))
}
