/*!
Every bound of the house in one place, and the tally of those that cost something.

Hostile input costs bounded memory and linear time; whatever a bound cuts off is counted under the bound's name and
ends up in `summary.limits_hit`. A bound that bites in silence is a defect.
*/

use std::collections::BTreeMap;

/// A bound: `usual`, or `fuzzed` in what cargo-fuzz builds, whose inputs are too short to reach most of the usual ones.
const fn bound(usual: usize, fuzzed: usize) -> usize {
    if cfg!(fuzzing) { fuzzed } else { usual }
}

/// The longest line, in bytes, whose content is kept; the rest of a longer line is counted and passed over.
pub const LINE_BYTES: usize = bound(64 * 1024, 512);
/// Packet numbers kept for one line or piece of content; further ones are folded into the last.
pub const PACKETS_PER_STEP: usize = bound(256, 8);
/// Steps kept for a session.
pub const STEPS_PER_SESSION: usize = bound(100_000, 64);
/// Rounds of one SASL exchange whose payload is kept with the attempt to log in. No mechanism needs as many.
pub const SASL_ROUNDS: usize = bound(16, 4);
/// Messages kept for a session.
pub const MESSAGES_PER_SESSION: usize = bound(20_000, 6);
/// Log-in attempts kept for a session.
pub const CREDENTIALS_PER_SESSION: usize = bound(10_000, 4);
/// Bytes of one message's header fields, those of its parts included, that are read; digests and size cover all of it.
pub const MESSAGE_BYTES: usize = bound(4 * 1024 * 1024, 2048);
/// Stretches of missing content that are told apart for one message.
pub const MISSING_RANGES: usize = bound(10_000, 4);
/// Depth to which nested MIME parts are described.
pub const MIME_DEPTH: usize = bound(32, 6);
/// MIME parts described in one message.
pub const MIME_PARTS: usize = bound(2_000, 16);
/// Parameters read of one Content-Type or Content-Disposition.
pub const MIME_PARAMETERS: usize = bound(1_000, 12);
/// Commands in flight (sent, not yet answered) that a dialogue remembers.
pub const COMMANDS_IN_FLIGHT: usize = bound(4_096, 12);
/// Messages of a POP3 maildrop whose unique-id, and whose mark as deleted, are remembered.
pub const MAILDROP_MESSAGES: usize = bound(20_000, 6);
/// Messages of an IMAP session that are put together of partial fetches at once.
pub const PARTIAL_MESSAGES: usize = bound(16, 3);
/// Commands in flight that are looked through for the one that has asked for a piece of a message.
pub const PARTIAL_COMMANDS: usize = bound(64, 4);
/// Partial fetches that are remembered of one command.
pub const PARTIAL_ITEMS: usize = bound(16, 3);
/// Bytes of an IMAP session's partial fetches that wait for those before them, headers that wait for their text among
/// them.
pub const PARTIAL_BYTES: usize = bound(1024 * 1024, 64);
/// Bytes of an IMAP session's messages that were fetched without their header, which wait for it.
pub const WAITING_TEXT_BYTES: usize = bound(1024 * 1024, 64);
/// Sizes of messages that an IMAP session remembers, to know when their partial fetches are complete.
pub const PARTIAL_SIZES: usize = bound(40_000, 8);
/// Recipients kept for one envelope, and mailboxes for one of a message's lists.
pub const RECIPIENTS: usize = bound(20_000, 6);
/// Messages that are remembered so that later ones can be known as the same.
pub const SAME_AS_MESSAGES: usize = bound(200_000, 8);
/// Other messages named for one message as being the same.
pub const SAME_AS_PER_MESSAGE: usize = bound(16, 2);
/// Bytes of one TLS handshake message that are kept to be read; a certificate chain has a few thousand.
pub const TLS_HANDSHAKE_BYTES: usize = bound(128 * 1024, 2048);
/// The longest path (address) kept of a MAIL or RCPT; RFC 5321, section 4.5.3.1.3, allows 256.
pub const PATH_BYTES: usize = bound(4 * 1024, 64);
/// Connections followed at once. One that does nothing but open costs about 350 bytes, with its place in the order of
/// sessions: all of them together no more than 400 MiB.
pub const CONNECTIONS: usize = bound(1 << 20, 4);
/// Of these, the connections on which something was said, or that began before the capture. One that was greeted costs
/// about 5 KB, all of them together about 1.3 GiB; what else was said on them comes on top, each session's share
/// of it being bounded by [`STEPS_PER_SESSION`] and [`LINE_BYTES`].
pub const SPEAKING_CONNECTIONS: usize = bound(1 << 18, 3);
/// Bytes of one direction of a connection that wait for something before them.
pub const WAITING_BYTES_PER_DIRECTION: usize = bound(4 * 1024 * 1024, 8192);
/// Segments of one direction of a connection that wait for something before them.
pub const WAITING_SEGMENTS_PER_DIRECTION: usize = bound(8_192, 16);
/// Bytes of all connections together that wait for something before them.
pub const WAITING_BYTES: usize = bound(256 * 1024 * 1024, 12288);
/// Bytes of all connections together that were handed over and are kept, to hold retransmissions against them.
pub const HISTORY_BYTES: usize = bound(64 * 1024 * 1024, 4096);

/// Steps of sessions that are over and wait to be shown after those that began before them, each session counting as
/// [`LIGHTEST_SESSION`] at least.
pub const WAITING_STEPS: usize = bound(1_000_000, 64);
/// What a session of few steps costs, in steps.
pub const LIGHTEST_SESSION: usize = 8;

/// Bytes of one record of a capture file; a length above it is taken for damage.
pub const RECORD_BYTES: usize = 16 * 1024 * 1024;
/// Packets that are held to put those in order that stand out of time order in their file.
pub const ORDER_PACKETS: usize = bound(8_192, 16);
/// Captured bytes that are held for the same.
pub const ORDER_BYTES: usize = bound(32 * 1024 * 1024, 4096);
/// Interfaces that one section of a pcapng file may describe.
pub const INTERFACES_PER_SECTION: usize = bound(65_536, 4);
/// Layers (tags, tunnels, IP headers) that one packet may nest; deeper ones are counted as not decoded.
pub const LAYERS: usize = bound(32, 8);
/// Fragmented IP datagrams that wait for their missing pieces at once.
pub const FRAGMENTED_DATAGRAMS: usize = bound(4_096, 3);
/// Bytes of all fragmented IP datagrams together.
pub const FRAGMENT_BYTES: usize = bound(64 * 1024 * 1024, 4096);
/// Seconds of packet time that a fragmented IP datagram waits (RFC 8200 section 4.5).
pub const FRAGMENT_SECONDS: i64 = 60;

/// A bound, as it is named in `summary.limits_hit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Limit {
    /// [`LINE_BYTES`]: counts lines.
    LineBytes,
    /// [`PACKETS_PER_STEP`]: counts packet numbers left out.
    PacketsPerStep,
    /// [`STEPS_PER_SESSION`]: counts steps left out.
    StepsPerSession,
    /// [`MESSAGES_PER_SESSION`]: counts messages left out.
    MessagesPerSession,
    /// [`CREDENTIALS_PER_SESSION`]: counts attempts left out.
    CredentialsPerSession,
    /// [`SASL_ROUNDS`]: counts rounds whose payload is not kept.
    SaslRounds,
    /// [`MESSAGE_BYTES`]: counts messages whose later header fields were not read.
    MessageBytes,
    /// [`MISSING_RANGES`]: counts stretches that were folded into the one before.
    MissingRanges,
    /// [`MIME_DEPTH`], [`MIME_PARTS`], [`MIME_PARAMETERS`]: counts messages described in part.
    MimeStructure,
    /// [`COMMANDS_IN_FLIGHT`]: counts commands whose reply could not be told.
    CommandsInFlight,
    /// [`MAILDROP_MESSAGES`]: counts unique-ids and marks that were not remembered.
    Maildrop,
    /// [`PARTIAL_MESSAGES`], [`PARTIAL_COMMANDS`], [`PARTIAL_ITEMS`], [`PARTIAL_BYTES`], [`WAITING_TEXT_BYTES`],
    /// [`PARTIAL_SIZES`]: counts the times that partial fetches could not be put together, or may not have been.
    PartialFetches,
    /// [`RECIPIENTS`] and [`PATH_BYTES`]: counts recipients (and senders) left out, and messages whose header names more.
    Recipients,
    /// [`SAME_AS_MESSAGES`], [`SAME_AS_PER_MESSAGE`]: counts messages of which not every other copy is named.
    SameAs,
    /// [`TLS_HANDSHAKE_BYTES`]: counts handshake messages that were not read.
    TlsHandshakeBytes,
    /// [`CONNECTIONS`], [`SPEAKING_CONNECTIONS`]: counts connections closed before their end to make room.
    Connections,
    /// [`WAITING_BYTES_PER_DIRECTION`], [`WAITING_SEGMENTS_PER_DIRECTION`], [`WAITING_BYTES`]: counts the times that
    /// a stretch was declared missing, or an order given up, to make room.
    Waiting,
    /// [`ORDER_PACKETS`], [`ORDER_BYTES`]: counts packets that stand so far out of time order that they came late.
    RecordOrder,
    /// [`HISTORY_BYTES`]: counts segments that repeated bytes which could not be compared any more.
    History,
    /// [`WAITING_STEPS`]: counts sessions that are shown after others that began later.
    SessionOrder,
    /// [`FRAGMENTED_DATAGRAMS`], [`FRAGMENT_BYTES`]: counts IP datagrams given up to make room.
    Fragments,
}

impl Limit {
    /// The stable name used in `summary.limits_hit`.
    pub fn name(self) -> &'static str {
        match self {
            Self::LineBytes => "line_bytes",
            Self::PacketsPerStep => "packets_per_step",
            Self::StepsPerSession => "steps_per_session",
            Self::MessagesPerSession => "messages_per_session",
            Self::CredentialsPerSession => "credentials_per_session",
            Self::SaslRounds => "sasl_rounds",
            Self::MessageBytes => "message_bytes",
            Self::MissingRanges => "missing_ranges",
            Self::MimeStructure => "mime_structure",
            Self::CommandsInFlight => "commands_in_flight",
            Self::Maildrop => "maildrop",
            Self::PartialFetches => "partial_fetches",
            Self::Recipients => "recipients",
            Self::SameAs => "same_as",
            Self::TlsHandshakeBytes => "tls_handshake_bytes",
            Self::Connections => "connections",
            Self::Waiting => "waiting",
            Self::History => "history",
            Self::RecordOrder => "record_order",
            Self::SessionOrder => "session_order",
            Self::Fragments => "fragments",
        }
    }
}

/// How often each bound cost something.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LimitsHit(BTreeMap<Limit, u64>);

impl LimitsHit {
    /// Counts `limit` once more.
    pub fn hit(&mut self, limit: Limit) {
        self.hit_times(limit, 1);
    }

    /// Counts `limit` so many times more.
    pub fn hit_times(&mut self, limit: Limit, times: u64) {
        if times > 0 {
            let count = self.0.entry(limit).or_default();
            *count = count.saturating_add(times);
        }
    }

    /// Adds another tally to this one.
    pub fn add(&mut self, other: &Self) {
        for (limit, count) in &other.0 {
            self.hit_times(*limit, *count);
        }
    }

    /// The bounds that cost something, by name order of [`Limit`], with their counts.
    pub fn iter(&self) -> impl Iterator<Item = (Limit, u64)> + '_ {
        self.0.iter().map(|(limit, count)| (*limit, *count))
    }

    /// True where no bound cost anything.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
