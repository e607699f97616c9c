//! `capture` and `summary`.

use super::across::{FindingAcross, FindingGroup, Journey};
use super::each::Options;
use super::value::{Shown, non_empty};
use super::verdict::Verdict;

use crate::capture::{LinkType, SourceInfo, Time};
use crate::limits::LimitsHit;
use crate::protocol::{self, event};
use crate::session::{model, summary};
use crate::verdict::Report;
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

/// The files or interfaces that were read.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Capture<'a> {
    /// One entry per file or interface, in the order read.
    pub sources: Vec<Source<'a>>,
}

impl<'a> Capture<'a> {
    /// The capture that `report` describes.
    pub fn new(report: &'a Report) -> Self {
        Self { sources: report.sources.iter().map(Source::new).collect() }
    }
}

/// A file or an interface.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Source<'a> {
    /// The name as given on the command line; `-` is standard input.
    name: &'a str,
    /// Capture format; `live` for an interface, `unknown` for a file that could not be opened or is no capture (`problem` says why).
    #[schemars(extend("enum" = ["pcap", "pcapng", "live", "unknown"]))]
    format: &'static str,
    /// How the file was compressed; absent if it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = ["gzip", "zstd", "lz4"]))]
    compression: Option<&'static str>,
    /// Link types found, by tcpdump's names in lower case.
    #[schemars(with = "Vec<String>")]
    link_types: Vec<Shown<LinkType>>,
    /// Packets read from it.
    packets: u64,
    /// Captured bytes read from it.
    bytes: u64,
    /// Time of the first packet.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    first: Option<Shown<Time>>,
    /// Time of the last packet.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    last: Option<Shown<Time>>,
    /// Live: packets that the kernel or the interface dropped.
    #[serde(skip_serializing_if = "Option::is_none")]
    dropped: Option<u64>,
    /// Why reading stopped early, or what was skipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<&'a str>,
    /// Where the clock of the capture went back by more than a second; absent where it never did.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    clock_steps: Vec<ClockStep>,
}

/// A place where the clock of a capture went back.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ClockStep {
    /// The first packet after it, by its number in the file or on the interface.
    packet: u64,
    /// By how many seconds that packet is earlier than the latest before it.
    seconds: f64,
}

impl<'a> Source<'a> {
    fn new(source: &'a SourceInfo) -> Self {
        Self {
            name: &source.name,
            format: source.format.name(),
            compression: source.compression.map(|compression| compression.name()),
            link_types: source.link_types.iter().copied().map(Shown).collect(),
            packets: source.packets,
            bytes: source.bytes,
            first: source.first.map(Shown),
            last: source.last.map(Shown),
            dropped: source.dropped,
            problem: non_empty(&source.problem),
            clock_steps: source.clock_steps.iter().map(ClockStep::new).collect(),
        }
    }
}

impl ClockStep {
    fn new(step: &crate::capture::ClockStep) -> Self {
        // To the microsecond, so that the number reads as it was counted.
        Self { packet: step.packet, seconds: (step.nanoseconds / 1_000) as f64 / 1e6 }
    }
}

/// Counts over all sessions.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Summary<'a> {
    /// Sessions per protocol.
    sessions: Sessions,
    /// Which sessions were asked for, and how many others there were. Absent where all were.
    #[serde(skip_serializing_if = "Option::is_none")]
    selected: Option<Selected<'a>>,
    /// The share of the connections that was followed (`--shard`). Absent where all were.
    #[serde(skip_serializing_if = "Option::is_none")]
    shard: Option<Shard>,
    /// Login attempts per exposure.
    credentials: Credentials,
    /// Messages carried.
    messages: u64,
    /// Findings per severity.
    findings: Findings,
    /// Findings that only several sessions together show, the most severe first.
    findings_across: Vec<FindingAcross>,
    /// The findings of all sessions, counted by rule: the most severe first, then the most frequent.
    findings_grouped: Vec<FindingGroup>,
    /// The ways of messages that were seen more than once, in the order in which they were seen first.
    journeys: Vec<Journey<'a>>,
    /// TLS sessions, decrypted and not. Absent where there were no secrets, or no session that they could have decrypted.
    #[serde(skip_serializing_if = "Option::is_none")]
    tls: Option<TlsCounts>,
    /// Connections to mail ports that their clients closed at once and without a mail dialogue: health checks, scans.
    /// They are no sessions. Absent if there were none.
    #[serde(skip_serializing_if = "Option::is_none")]
    probes: Option<Probes>,
    /// Packets of mail sessions, other packets, and packets that were not decoded.
    packets: Packets,
    /// Every bound that left something out, by name, with a count; empty if nothing was left out.
    #[schemars(with = "BTreeMap<String, u64>")]
    limits_hit: Limits<'a>,
    /// What the capture holds besides mail.
    traffic: Traffic,
    /// What the capture comes to. Absent if no rule ran, or no session was chosen of those that there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<Verdict>,
}

#[derive(Serialize, JsonSchema)]
struct Sessions {
    smtp: u64,
    lmtp: u64,
    pop3: u64,
    imap: u64,
}

/// Which sessions were asked for.
#[derive(Serialize, JsonSchema)]
struct Selected<'a> {
    /// The options that say so, as they were typed.
    by: &'a [String],
    /// How many sessions there were, those that were not asked for included.
    looked_at: u64,
    /// How many of these are not shown, nor counted in the rest of the summary but for `packets` and `limits_hit`.
    left_out: u64,
}

/// A share of the connections: those between hosts whose addresses have this remainder. What belongs to no connection is counted
/// by the first shard alone.
#[derive(Serialize, JsonSchema)]
struct Shard {
    /// Which it is, from 1.
    index: u32,
    /// Of how many.
    of: u32,
}

#[derive(Serialize, JsonSchema)]
struct Credentials {
    plaintext: u64,
    token: u64,
    hash: u64,
    none: u64,
}

#[derive(Serialize, JsonSchema)]
struct Findings {
    info: u64,
    low: u64,
    medium: u64,
    high: u64,
}

/// Sessions inside TLS that secrets were there for: key logs, Decryption Secrets Blocks, private keys. Sessions that the
/// capture has in plain text, and handshakes that came to nothing, are not counted.
#[derive(Serialize, JsonSchema)]
struct TlsCounts {
    /// All of them.
    sessions: u64,
    /// Those that were decrypted.
    decrypted: u64,
    /// Not decrypted: none of the secrets is of this connection.
    no_secret: u64,
    /// Not decrypted: the hellos are not in the capture.
    no_handshake: u64,
    /// Not decrypted: the cipher suite is not one that can be decrypted.
    cipher_suite: u64,
    /// Not decrypted: the secrets named for this connection open none of its records.
    does_not_fit: u64,
}

impl TlsCounts {
    fn new(tls: &summary::TlsCounts) -> Self {
        Self {
            sessions: tls.sessions(),
            decrypted: tls.decrypted,
            no_secret: tls.closed_by(event::KeyFault::NoSecret),
            no_handshake: tls.closed_by(event::KeyFault::Handshake),
            cipher_suite: tls.closed_by(event::KeyFault::CipherSuite),
            does_not_fit: tls.closed_by(event::KeyFault::DoesNotFit),
        }
    }
}

#[derive(Serialize, JsonSchema)]
struct Probes {
    /// How many there were.
    connections: u64,
    /// From how many addresses they came.
    addresses: u64,
    /// How many there were of each kind, by what the client sent: `silent` (nothing), `line_ends`, `other_protocol` (a
    /// request of HTTP, RTSP or SIP), `proxy_header` (a proxy's header alone).
    kinds: BTreeMap<&'static str, u64>,
}

#[derive(Serialize, JsonSchema)]
struct Packets {
    /// All packets.
    read: u64,
    /// Packets of mail sessions.
    mail: u64,
    /// Decoded packets that do not belong to a mail session.
    other: u64,
    /// Packets that were not decoded.
    undecodable: u64,
}

#[derive(Serialize, JsonSchema)]
struct Traffic {
    /// TCP segments.
    tcp_segments: u64,
    /// TCP connections that began in the capture.
    tcp_connections: u64,
    /// The busiest TCP ports.
    tcp_ports: Vec<Port>,
    /// Packets that were not decoded, by the layer that failed: `link type …` (an unknown link type), `link`, `ip`,
    /// `tcp`, `encrypted 802.11`, `no content` (logged without it). Absent if all were decoded.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    undecodable: BTreeMap<String, u64>,
}

#[derive(Serialize, JsonSchema)]
struct Port {
    port: u16,
    segments: u64,
}

impl Probes {
    fn new(probes: &summary::Probes) -> Self {
        let mut kinds = BTreeMap::new();
        for (probe, count) in &probes.kinds {
            *kinds.entry(probe.name()).or_default() += count;
        }
        Self { connections: probes.count(), addresses: probes.addresses.len() as u64, kinds }
    }
}

struct Limits<'a>(&'a LimitsHit);

impl Serialize for Limits<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(limit, count)| (limit.name(), count)))
    }
}

impl<'a> Summary<'a> {
    /// The summary in `report`, in the language of `options`.
    pub fn new(report: &'a Report, options: Options) -> Self {
        let summary = &report.summary;
        let sessions = |protocol| summary.sessions.get(&protocol).copied().unwrap_or_default();
        let credentials = |exposure| summary.credentials.get(&exposure).copied().unwrap_or_default();
        let findings = |severity| summary.findings.get(&severity).copied().unwrap_or_default();
        Self {
            sessions: Sessions {
                smtp: sessions(protocol::Protocol::Smtp),
                lmtp: sessions(protocol::Protocol::Lmtp),
                pop3: sessions(protocol::Protocol::Pop3),
                imap: sessions(protocol::Protocol::Imap),
            },
            selected: (!summary.filters.is_empty()).then(|| Selected {
                by: &summary.filters,
                looked_at: summary.looked_at(),
                left_out: summary.left_out,
            }),
            shard: summary.shard.map(|shard| Shard { index: shard.index(), of: shard.of() }),
            credentials: Credentials {
                plaintext: credentials(event::Exposure::Plaintext),
                token: credentials(event::Exposure::Token),
                hash: credentials(event::Exposure::Hash),
                none: credentials(event::Exposure::None),
            },
            messages: summary.messages,
            findings: Findings {
                info: findings(model::Severity::Info),
                low: findings(model::Severity::Low),
                medium: findings(model::Severity::Medium),
                high: findings(model::Severity::High),
            },
            findings_across: report.across.findings.iter().map(|one| FindingAcross::new(one, options)).collect(),
            findings_grouped: report.across.groups.iter().map(FindingGroup::new).collect(),
            journeys: report.across.journeys.iter().map(Journey::new).collect(),
            tls: Some(&summary.tls).filter(|tls| tls.sessions() > 0).map(TlsCounts::new),
            probes: Some(&summary.probes).filter(|probes| probes.count() > 0).map(Probes::new),
            packets: Packets {
                read: summary.packets.read,
                mail: summary.packets.mail,
                other: summary.packets.other,
                undecodable: summary.packets.undecodable,
            },
            limits_hit: Limits(&summary.limits_hit),
            traffic: Traffic {
                tcp_segments: summary.traffic.tcp_segments,
                tcp_connections: summary.traffic.tcp_connections,
                tcp_ports: summary.traffic.tcp_ports.iter().map(|&(port, segments)| Port { port, segments }).collect(),
                undecodable: summary.traffic.stops.iter().map(|(stop, &count)| (stop.name(), count)).collect(),
            },
            verdict: report.verdict.as_ref().map(|verdict| Verdict::new(verdict, options.lang)),
        }
    }
}
