//! Values as the JSON has them.

use serde::{Serialize, Serializer};
use std::fmt;
use std::net::IpAddr;

/// Anything whose `Display` is its JSON string.
pub(crate) struct Shown<T>(pub T);

impl<T: fmt::Display> Serialize for Shown<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // In one piece: what is written in many is looked through for what must be escaped as often.
        serializer.serialize_str(&self.0.to_string())
    }
}

/// An address as it is printed: an IPv4-mapped one as IPv4, without a scope.
pub(crate) fn ip(address: IpAddr) -> Shown<IpAddr> {
    Shown(address.to_canonical())
}

/// A digest, printed in lower-case hexadecimal.
pub(crate) struct Hex(pub [u8; 32]);

impl fmt::Display for Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

/// A text that may be unknown, without those that say nothing.
pub(crate) fn non_empty(text: &Option<String>) -> Option<&str> {
    text.as_deref().filter(|text| !text.is_empty())
}

/// Nanoseconds as milliseconds with microseconds' precision.
pub(crate) fn milliseconds(nanoseconds: i64) -> f64 {
    // Exact: below 2^53 µs, which is 285 years.
    (nanoseconds / 1_000) as f64 / 1_000.0
}
