//! Values as they are written in the JSON.

use crate::capture::{LinkType, Time};
use crate::protocol::smtp::Enhanced;
use crate::view::address;
use data_encoding::HEXLOWER;
use jiff::Timestamp;
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::fmt::{self, Write};
use std::net::IpAddr;
use std::ops::Deref;
use std::rc::Rc;

/// A value that is a string in the JSON.
pub(crate) struct Shown<T>(pub T);

impl<T: Text> Serialize for Shown<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // One string rather than `collect_str`, which makes one in memory.
        self.0.with_text(|text| serializer.serialize_str(text))
    }
}

/// A value with a text, made where it needs no memory: every step of every session has some.
pub(crate) trait Text {
    /// Hands the text to `take`.
    fn with_text<R>(&self, take: impl FnOnce(&str) -> R) -> R;
}

impl Text for Time {
    fn with_text<R>(&self, take: impl FnOnce(&str) -> R) -> R {
        take(self.text(&mut Time::room()))
    }
}

impl Text for Hex {
    fn with_text<R>(&self, take: impl FnOnce(&str) -> R) -> R {
        let mut digits = [0; 64];
        take(HEXLOWER.encode_mut_str(&self.0, &mut digits))
    }
}

impl Text for Enhanced {
    fn with_text<R>(&self, take: impl FnOnce(&str) -> R) -> R {
        with_display(self, take)
    }
}

impl Text for Timestamp {
    fn with_text<R>(&self, take: impl FnOnce(&str) -> R) -> R {
        with_display(self, take)
    }
}

impl Text for LinkType {
    fn with_text<R>(&self, take: impl FnOnce(&str) -> R) -> R {
        with_display(self, take)
    }
}

/// A word or sentence of the program's own, in which nothing is to be escaped. It is written like the name of a variant,
/// which our writer of JSON copies without a look.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ours(pub &'static str);

impl Serialize for Ours {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit_variant("", 0, self.0)
    }
}

/// A sentence: one of the program's own as it stands, or one that was made.
pub(crate) struct Told(pub Cow<'static, str>);

impl Told {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Told {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Cow::Borrowed(ours) => Ours(ours).serialize(serializer),
            Cow::Owned(made) => serializer.serialize_str(made),
        }
    }
}

/// The text that `value` displays; in memory only where it is long.
fn with_display<R>(value: &impl fmt::Display, take: impl FnOnce(&str) -> R) -> R {
    let mut short = Short::default();
    match write!(short, "{value}") {
        Ok(()) => take(short.text()),
        Err(fmt::Error) => take(&value.to_string()),
    }
}

/// A text that needs no memory of its own. What has no room is not written.
#[derive(Debug, Clone, Copy)]
struct Short {
    /// At the beginning of a word of 8 bytes, by the length beside it.
    bytes: [u8; 48],
    length: usize,
}

impl Default for Short {
    fn default() -> Self {
        Self { bytes: [0; 48], length: 0 }
    }
}

impl Short {
    fn text(&self) -> &str {
        // It is made of whole texts. All the bytes are looked at: those behind it are 0, and so many are looked at faster
        // than a few.
        std::str::from_utf8(&self.bytes).ok().and_then(|all| all.get(..self.length)).unwrap_or_default()
    }
}

impl fmt::Write for Short {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.length + text.len();
        self.bytes.get_mut(self.length..end).ok_or(fmt::Error)?.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}

/// An IP address as it is printed: made once for all places in which it is written.
#[derive(Debug, Clone)]
pub(crate) struct Address(Rc<str>);

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// `address` as it is printed: an IPv4-mapped address as IPv4, without a scope.
pub(crate) fn ip(address: IpAddr) -> Address {
    let mut text = Short::default();
    // The longest address has 45 characters.
    let written = address::write(&mut text, address.to_canonical());
    debug_assert!(written.is_ok());
    Address(text.text().into())
}

/// A digest, printed in lower-case hexadecimal.
pub(crate) struct Hex(pub [u8; 32]);

impl fmt::Display for Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with_text(|digits| f.write_str(digits))
    }
}

/// `text`, or `None` if it is empty: the JSON has no empty string that stands for "none".
pub(crate) fn non_empty(text: &Option<impl Deref<Target = str>>) -> Option<&str> {
    text.as_deref().filter(|text| !text.is_empty())
}

/// Nanoseconds as milliseconds with microseconds' precision.
pub(crate) fn milliseconds(nanoseconds: i64) -> f64 {
    // Exact: below 2^53 µs, which is 285 years.
    (nanoseconds / 1_000) as f64 / 1_000.0
}
