//! Values as they are written in the JSON.

use serde::{Serialize, Serializer};
use std::fmt::{self, Write};
use std::net::IpAddr;
use std::sync::Arc;

/// A value whose `Display` output is its JSON string.
pub(crate) struct Shown<T>(pub T);

impl<T: fmt::Display> Serialize for Shown<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // One string rather than `collect_str`, which scans each small piece for characters to escape.
        let mut short = Short::default();
        match write!(short, "{}", self.0) {
            Ok(()) => serializer.serialize_str(short.text()),
            Err(fmt::Error) => serializer.serialize_str(&self.0.to_string()),
        }
    }
}

/// A text that needs no memory of its own. What has no room is not written.
#[derive(Debug)]
struct Short {
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
        let bytes = self.bytes.get(..self.length).unwrap_or_default();
        // It is made of whole texts.
        std::str::from_utf8(bytes).unwrap_or_default()
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
pub(crate) struct Address(Arc<str>);

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// `address` as it is printed: an IPv4-mapped address as IPv4, without a scope.
pub(crate) fn ip(address: IpAddr) -> Address {
    Address(address.to_canonical().to_string().into())
}

/// A digest, printed in lower-case hexadecimal.
pub(crate) struct Hex(pub [u8; 32]);

impl fmt::Display for Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

/// `text`, or `None` if it is empty: the JSON has no empty string that stands for "none".
pub(crate) fn non_empty(text: &Option<String>) -> Option<&str> {
    text.as_deref().filter(|text| !text.is_empty())
}

/// Nanoseconds as milliseconds with microseconds' precision.
pub(crate) fn milliseconds(nanoseconds: i64) -> f64 {
    // Exact: below 2^53 µs, which is 285 years.
    (nanoseconds / 1_000) as f64 / 1_000.0
}
