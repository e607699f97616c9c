//! A session: who, how, and lists of steps, credentials, messages and findings.

use super::credential::Credential;
use super::finding::Finding;
use super::{Context, Each, Message, Options, Shown, Step, community_id, enums, ip, non_empty};
use crate::capture::Time;
use crate::session::model;
use schemars::JsonSchema;
use serde::Serialize;
use std::net::{IpAddr, SocketAddr};

/// A mail session.
#[derive(Serialize, JsonSchema)]
pub struct Session<'a> {
    /// 1, 2, …: the order of the first packet.
    id: u64,
    /// The protocol spoken.
    protocol: enums::Protocol,
    /// Who opened the connection.
    client: Endpoint,
    /// To whom.
    server: Endpoint,
    /// Community ID v1, seed 0: the flow hash that Zeek, Suricata, Wireshark and Arkime share.
    community_id: String,
    /// Time of the first packet, if the capture has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    started: Option<Shown<Time>>,
    /// Time of the last packet, if the capture has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    ended: Option<Shown<Time>>,
    /// `closed` (FIN), `reset`, `idle` (timed out while the capture went on), `open` (the capture ended first), `refused` (SYN
    /// answered by RST), `unanswered` (SYN never answered).
    end: enums::CloseReason,
    /// False where the capture began in the middle of the connection.
    from_start: bool,
    /// Counters of the connection.
    transport: Transport,
    /// What the client called itself: HELO, EHLO, LHLO, or IMAP's ID.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_name: Option<&'a str>,
    /// The server's greeting text.
    #[serde(skip_serializing_if = "Option::is_none")]
    banner: Option<&'a str>,
    /// The last EHLO, CAPA or CAPABILITY list, as sent.
    capabilities: &'a [String],
    /// What is known of TLS.
    tls: Tls<'a>,
    /// The table: one entry per row, in the order of the conversation.
    steps: Each<'a, model::Step, Step<'a>>,
    /// Every attempt to log in, in order.
    credentials: Each<'a, model::Credential, Credential<'a>>,
    /// Every message carried.
    messages: Each<'a, model::Message, Message<'a>>,
    /// What is wrong, weak or worth knowing.
    findings: Each<'a, model::Finding, Finding<'a>>,
}

impl<'a> Session<'a> {
    /// The record of `session`.
    pub fn new(session: &'a model::Session, options: Options) -> Self {
        let context = Context { session, options };
        let transport = &session.transport;
        Self {
            id: session.id,
            protocol: enums::Protocol(session.protocol),
            client: Endpoint::new(transport.endpoints.client),
            server: Endpoint::new(transport.endpoints.server),
            community_id: community_id(&transport.endpoints),
            started: transport.first.time.known().map(Shown),
            ended: transport.last.time.known().map(Shown),
            end: enums::CloseReason(transport.end),
            from_start: transport.from_start,
            transport: Transport::new(&transport.counters),
            client_name: non_empty(&session.client_name),
            banner: non_empty(&session.banner),
            capabilities: &session.capabilities,
            tls: Tls::new(&session.tls),
            steps: Each::new(&session.steps, context, Step::new),
            credentials: Each::new(&session.credentials, context, Credential::new),
            messages: Each::new(&session.messages, context, Message::new),
            findings: Each::new(&session.findings, context, Finding::new),
        }
    }
}

/// One end of a connection.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "End")]
pub struct Endpoint {
    /// IP address.
    #[schemars(with = "String")]
    ip: Shown<IpAddr>,
    /// TCP port.
    port: u16,
}

impl Endpoint {
    /// The record of `end`.
    pub fn new(end: SocketAddr) -> Self {
        Self { ip: ip(end.ip()), port: end.port() }
    }
}

/// Counters of a connection: 0 where nothing was seen.
#[derive(Serialize, JsonSchema)]
struct Transport {
    /// Packets of the connection, both directions; one that was captured several times counts once.
    packets: u64,
    /// Further copies of packets that were captured several times (two interfaces, a mirror of both ports): they count
    /// nowhere else. Absent where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    copies: Option<u64>,
    /// Payload bytes of the client's stream that were captured, each counted once.
    client_bytes: u64,
    /// The same of the server's stream.
    server_bytes: u64,
    /// Bytes of the client's stream that were never captured.
    client_missing: u64,
    /// The same of the server's stream.
    server_missing: u64,
    /// Segments whose bytes had all been captured before.
    retransmitted: u64,
    /// Segments that came after a later one of the same direction.
    reordered: u64,
    /// Bytes on which two overlapping segments disagree.
    conflicting: u64,
    /// Where packets were lost. `capture`: bytes that the other side acknowledged, or that the snap length cut off, were
    /// not captured. `network`: segments were sent again. `both`. Absent where neither shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = ["capture", "network", "both"]))]
    loss: Option<&'static str>,
    /// Milliseconds from the SYN over the SYN-ACK to the ACK.
    #[serde(skip_serializing_if = "Option::is_none")]
    rtt_ms: Option<f64>,
}

impl Transport {
    fn new(counters: &crate::flow::Counters) -> Self {
        Self {
            packets: counters.packets,
            copies: Some(counters.copies).filter(|&copies| copies > 0),
            client_bytes: counters.client_bytes,
            server_bytes: counters.server_bytes,
            client_missing: counters.client_missing,
            server_missing: counters.server_missing,
            retransmitted: counters.retransmitted,
            reordered: counters.reordered,
            conflicting: counters.conflicting,
            loss: match (counters.lost_in_capture > 0, counters.sent_again > 0) {
                (true, true) => Some("both"),
                (true, false) => Some("capture"),
                (false, true) => Some("network"),
                (false, false) => None,
            },
            rtt_ms: counters.rtt_ms.filter(|rtt| rtt.is_finite()).map(|rtt| (rtt * 1_000.0).round() / 1_000.0),
        }
    }
}

/// What is known of TLS in a session.
#[derive(Serialize, JsonSchema)]
struct Tls<'a> {
    /// How it came about: not at all, by STARTTLS or STLS, from the first byte.
    mode: enums::TlsMode,
    /// `TLS 1.3`.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
    /// IANA's name of the cipher suite.
    #[serde(skip_serializing_if = "Option::is_none")]
    cipher: Option<&'a str>,
    /// Server name indication.
    #[serde(skip_serializing_if = "Option::is_none")]
    server_name: Option<&'a str>,
    /// The application protocol agreed upon.
    #[serde(skip_serializing_if = "Option::is_none")]
    alpn: Option<&'a str>,
    /// JA4 of the ClientHello.
    #[serde(skip_serializing_if = "Option::is_none")]
    ja4: Option<&'a str>,
    /// The server's certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate: Option<Certificate<'a>>,
    /// Plain text where TLS should have been: the capture was decrypted.
    decrypted: bool,
}

/// A server certificate.
#[derive(Serialize, JsonSchema)]
struct Certificate<'a> {
    /// Distinguished name of the subject.
    subject: &'a str,
    /// Distinguished name of the issuer.
    issuer: &'a str,
    /// Start of validity.
    not_before: &'a str,
    /// End of validity.
    not_after: &'a str,
    /// subjectAltName entries.
    names: &'a [String],
    /// SHA-256 of the DER encoding.
    sha256: &'a str,
}

impl<'a> Tls<'a> {
    fn new(tls: &'a model::Tls) -> Self {
        Self {
            mode: enums::TlsMode(tls.mode),
            version: non_empty(&tls.version),
            cipher: non_empty(&tls.cipher),
            server_name: non_empty(&tls.server_name),
            alpn: non_empty(&tls.alpn),
            ja4: non_empty(&tls.ja4),
            certificate: tls.certificate.as_ref().map(|certificate| Certificate {
                subject: &certificate.subject,
                issuer: &certificate.issuer,
                not_before: &certificate.not_before,
                not_after: &certificate.not_after,
                names: &certificate.names,
                sha256: &certificate.sha256,
            }),
            decrypted: tls.decrypted,
        }
    }
}
