//! The record of a session's connection: its counters, and what held it up.

use super::enums;
use super::value::milliseconds;
use crate::capture::number;
use crate::flow::{self, PacketRef};
use schemars::JsonSchema;
use serde::Serialize;

/// The shortest silence that is told: a second.
const SILENCE_NANOSECONDS: i64 = 1_000_000_000;

/// Counters of a connection: 0 where nothing was seen.
#[derive(Serialize, JsonSchema)]
pub struct Transport {
    /// Packets of both directions, and ICMP errors about them; a packet that was captured several times counts once.
    packets: u64,
    /// Further copies of packets that were captured several times (two interfaces, a mirror of both ports). No other
    /// counter includes them. Absent if there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    copies: Option<u64>,
    /// Bytes of the client's stream that were captured; a byte that was sent again counts once.
    client_bytes: u64,
    /// The same for the server's stream.
    server_bytes: u64,
    /// Bytes of the client's stream that were never captured.
    client_missing: u64,
    /// The same for the server's stream.
    server_missing: u64,
    /// Segments whose bytes had all been captured before; not keep-alives, nor probes of a closed window.
    retransmitted: u64,
    /// Those of the segments sent again whose bytes the receiver had already: it reported that it has them twice (D-SACK,
    /// RFC 2883). Absent if there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    needless: Option<u64>,
    /// Segments that arrived after a later segment of the same direction.
    reordered: u64,
    /// Bytes of both streams that were sent as urgent (out of band). The receiver's system takes them out of what its
    /// program reads (RFC 6093), unless the program wants them (`SO_OOBINLINE`), so steps and messages are without them.
    /// Absent if there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    urgent: Option<u64>,
    /// Bytes on which two overlapping segments disagree; of a copy that came long after the first, 1 for each piece that differs.
    conflicting: u64,
    /// Where packets were lost: `capture` (bytes that the other side acknowledged, or that the snap length cut off,
    /// were not captured), `network` (segments were sent again) or `both`. Absent if there is no sign of loss.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = ["capture", "network", "both"]))]
    loss: Option<&'static str>,
    /// Multipath TCP (RFC 8684): the connection's subflows. Absent for plain TCP.
    #[serde(skip_serializing_if = "Option::is_none")]
    multipath: Option<Multipath>,
    /// Receive windows that were closed: a receiver took no more bytes for a while. Absent if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    closed_windows: Vec<ClosedWindow>,
    /// What each side sent again because it was not acknowledged. Absent if there is nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sent_again: Vec<SentAgain>,
    /// Bytes that were sent, as what came behind them shows, and neither came nor were acknowledged. Absent if there are
    /// none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    never_arrived: Vec<NeverArrived>,
    /// The longest time in which neither end sent anything new. Absent below one second.
    #[serde(skip_serializing_if = "Option::is_none")]
    longest_silence: Option<Silence>,
    /// Milliseconds from the SYN to the ACK that ends the handshake.
    #[serde(skip_serializing_if = "Option::is_none")]
    rtt_ms: Option<f64>,
}

/// The TCP connections that carried the data of one Multipath TCP connection. Their data is put in order.
#[derive(Serialize, JsonSchema)]
struct Multipath {
    /// Subflows of which packets were captured.
    subflows: u8,
    /// The keys were seen, so that all captured subflows are known to belong to the connection.
    keys_seen: bool,
    /// Data is missing that may have crossed on a subflow that was not captured, or is not known to belong to the
    /// connection.
    another_way: bool,
}

/// A receiver's window that was closed.
#[derive(Serialize, JsonSchema)]
struct ClosedWindow {
    /// The receiver: `client` or `server`.
    of: enums::Side,
    /// How many times it closed.
    times: u64,
    /// For how long it was closed, all times together.
    ms: f64,
    /// The packet that closed it for the longest time.
    from_packet: u64,
    /// The file of `from_packet`, as an index in `capture.sources`. Absent if it is the session's `source`.
    #[serde(skip_serializing_if = "Option::is_none")]
    from_source: Option<usize>,
    /// The packet that opened it then, or the last packet of the session.
    to_packet: u64,
    /// The file of `to_packet`, as an index in `capture.sources`. Absent if it is the session's `source`.
    #[serde(skip_serializing_if = "Option::is_none")]
    to_source: Option<usize>,
    /// Segments that were sent again into the closed window, to ask whether it had opened.
    probes: u64,
}

/// What one side sent again because it was not acknowledged: nothing that only asked whether a window had opened.
#[derive(Serialize, JsonSchema)]
struct SentAgain {
    /// The sender: `client` or `server`.
    of: enums::Side,
    /// Segments that it sent again.
    segments: u64,
    /// For how long it waited for acknowledgements meanwhile, all times together.
    ms: f64,
    /// The longest time that it waited for one acknowledgement; where none came until the end, that one.
    longest_ms: f64,
    /// How often it sent the first byte that was not acknowledged again in that time.
    times: u64,
    /// An acknowledgement came in the end.
    acknowledged: bool,
    /// The last packet with something new before it.
    from_packet: u64,
    /// The file of `from_packet`, as an index in `capture.sources`. Absent if it is the session's `source`.
    #[serde(skip_serializing_if = "Option::is_none")]
    from_source: Option<usize>,
    /// The packet with the acknowledgement, or the last that was sent again.
    to_packet: u64,
    /// The file of `to_packet`, as an index in `capture.sources`. Absent if it is the session's `source`.
    #[serde(skip_serializing_if = "Option::is_none")]
    to_source: Option<usize>,
    /// Bytes of the largest segment with that first byte.
    largest: u32,
    /// Bytes of the last one.
    last: u32,
    /// Bytes of the largest segment that had been acknowledged before.
    largest_acknowledged: u32,
}

/// Bytes that were sent, and neither came nor were acknowledged.
#[derive(Serialize, JsonSchema)]
struct NeverArrived {
    /// The sender: `client` or `server`.
    of: enums::Side,
    /// How many bytes.
    bytes: u64,
    /// The first packet behind them, which shows that they had been sent.
    shown_packet: u64,
    /// The file of `shown_packet`, as an index in `capture.sources`. Absent if it is the session's `source`.
    #[serde(skip_serializing_if = "Option::is_none")]
    shown_source: Option<usize>,
    /// Bytes of the largest segment of the sender that did come.
    largest: u32,
}

/// A time in which neither end sent anything new.
#[derive(Serialize, JsonSchema)]
struct Silence {
    /// The end that was waited for, `client` or `server`: it did not acknowledge, took no bytes, or ended the silence
    /// with its answer. Absent where neither was.
    #[serde(skip_serializing_if = "Option::is_none")]
    of: Option<enums::Side>,
    /// The last packet with something new before it.
    from_packet: u64,
    /// The file of `from_packet`, as an index in `capture.sources`. Absent if it is the session's `source`.
    #[serde(skip_serializing_if = "Option::is_none")]
    from_source: Option<usize>,
    /// The packet that ended it, or the last packet of the session.
    to_packet: u64,
    /// The file of `to_packet`, as an index in `capture.sources`. Absent if it is the session's `source`.
    #[serde(skip_serializing_if = "Option::is_none")]
    to_source: Option<usize>,
    /// Its length.
    ms: f64,
}

impl Transport {
    /// The record of `transport`.
    pub fn new(transport: &flow::Transport) -> Self {
        let (counters, stalls) = (&transport.counters, &transport.stalls);
        let own = number::source(transport.first.packet);
        let elsewhere = |at: PacketRef| Some(number::source(at.packet)).filter(|&source| source != own);
        Self {
            packets: counters.packets,
            copies: Some(counters.copies).filter(|&copies| copies > 0),
            client_bytes: counters.client_bytes,
            server_bytes: counters.server_bytes,
            client_missing: counters.client_missing,
            server_missing: counters.server_missing,
            retransmitted: counters.retransmitted,
            needless: Some(counters.needless).filter(|&needless| needless > 0),
            reordered: counters.reordered,
            urgent: Some(counters.urgent).filter(|&urgent| urgent > 0),
            conflicting: counters.conflicting,
            loss: match (counters.lost_in_capture > 0, counters.sent_again > 0) {
                (true, true) => Some("both"),
                (true, false) => Some("capture"),
                (false, true) => Some("network"),
                (false, false) => None,
            },
            multipath: counters.subflows.map(|subflows| Multipath {
                subflows: subflows.seen,
                keys_seen: subflows.keys_seen,
                another_way: transport.may_have_gone_another_way(),
            }),
            closed_windows: stalls
                .closed_windows
                .iter()
                .map(|window| ClosedWindow {
                    of: enums::Side(window.of),
                    times: window.times,
                    ms: milliseconds(window.nanoseconds),
                    from_packet: number::frame(window.from.packet),
                    from_source: elsewhere(window.from),
                    to_packet: number::frame(window.to.packet),
                    to_source: elsewhere(window.to),
                    probes: window.probes,
                })
                .collect(),
            sent_again: stalls.repeats.iter().map(|repeats| SentAgain::new(repeats, elsewhere)).collect(),
            never_arrived: stalls
                .holes
                .iter()
                .map(|hole| NeverArrived {
                    of: enums::Side(hole.of),
                    bytes: hole.bytes,
                    shown_packet: number::frame(hole.shown.packet),
                    shown_source: elsewhere(hole.shown),
                    largest: hole.largest,
                })
                .collect(),
            longest_silence: stalls.silence.filter(|silence| silence.nanoseconds() >= SILENCE_NANOSECONDS).map(
                |silence| Silence {
                    of: silence.of.map(enums::Side),
                    from_packet: number::frame(silence.from.packet),
                    from_source: elsewhere(silence.from),
                    to_packet: number::frame(silence.to.packet),
                    to_source: elsewhere(silence.to),
                    ms: milliseconds(silence.nanoseconds()),
                },
            ),
            rtt_ms: counters.rtt_ms.filter(|rtt| rtt.is_finite()).map(|rtt| (rtt * 1_000.0).round() / 1_000.0),
        }
    }
}

impl SentAgain {
    fn new(repeats: &flow::Repeats, elsewhere: impl Fn(PacketRef) -> Option<usize>) -> Self {
        let bout = &repeats.longest;
        Self {
            of: enums::Side(repeats.of),
            segments: repeats.segments,
            ms: milliseconds(repeats.nanoseconds),
            longest_ms: milliseconds(bout.nanoseconds()),
            times: bout.times,
            acknowledged: bout.answered,
            from_packet: number::frame(bout.from.packet),
            from_source: elsewhere(bout.from),
            to_packet: number::frame(bout.to.packet),
            to_source: elsewhere(bout.to),
            largest: bout.largest,
            last: bout.last,
            largest_acknowledged: bout.acknowledged,
        }
    }
}
