//! Values as they are written in the JSON.

use serde::{Serialize, Serializer};
use std::fmt;
use std::net::IpAddr;

/// A value whose `Display` output is its JSON string.
pub(crate) struct Shown<T>(pub T);

impl<T: fmt::Display> Serialize for Shown<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // One string rather than `collect_str`, which scans each small piece for characters to escape.
        serializer.serialize_str(&self.0.to_string())
    }
}

/// `address` as it is printed: an IPv4-mapped address as IPv4, without a scope.
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

/// `text`, or `None` if it is empty: the JSON has no empty string that stands for "none".
pub(crate) fn non_empty(text: &Option<String>) -> Option<&str> {
    text.as_deref().filter(|text| !text.is_empty())
}

/// Nanoseconds as milliseconds with microseconds' precision.
pub(crate) fn milliseconds(nanoseconds: i64) -> f64 {
    // Exact: below 2^53 µs, which is 285 years.
    (nanoseconds / 1_000) as f64 / 1_000.0
}
