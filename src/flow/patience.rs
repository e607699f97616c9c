//! How long something that has not come is waited for, in packets of its connection and in packet time.

use super::PacketRef;
use crate::capture::Time;

/// Packets of a connection for which an acknowledged byte may be late.
pub const PATIENCE_PACKETS: u64 = 256;
/// Packet time for which an acknowledged byte may be late: a minute. Packets change places by much less, except where
/// the two stand on either side of a pause: then one is as late as the pause is long. A server waits seconds before it
/// refuses a password, and minutes in IDLE.
pub const PATIENCE_NANOSECONDS: i64 = 60_000_000_000;
/// Packets and packet time, both, for which the beginning of a direction may be late: ten seconds.
pub const PATIENCE_FOR_BEGINNING: (u64, i64) = (32, 10_000_000_000);
/// Packets of a connection after which a copy of one has been seen, if its packets are captured twice: the handshake, and
/// one more.
pub const ALONE_PACKETS: u64 = 4;

/// Whether packet `at`, which came when the connection had `count` packets, is past the patience at `now`, when the
/// connection has `packets`.
pub fn is_old(packets: u64, now: PacketRef, count: u64, at: PacketRef) -> bool {
    packets.saturating_sub(count) >= PATIENCE_PACKETS || now.time.since(at.time) >= PATIENCE_NANOSECONDS
}

/// The first time at which [`is_old`] holds, as long as the connection has `packets`.
pub fn becomes_old(packets: u64, count: u64, at: PacketRef) -> Time {
    match packets.saturating_sub(count) >= PATIENCE_PACKETS {
        true => Time::from_nanoseconds(i64::MIN),
        false => at.time.plus(PATIENCE_NANOSECONDS),
    }
}
