//! The record of a session: its endpoints, transport and TLS, and lists of steps, credentials, messages and findings.

use super::budget::TimeBudget;
use super::credential::Credential;
use super::each::{Context, Each, Options};
use super::finding::Finding;
use super::software::Software;
use super::transport::Transport;
use super::value::{Address, Shown, ip, milliseconds, non_empty};
use super::verdict::Verdict;
use super::{Message, Step, Transaction, community_id, enums, uid};
use crate::capture::{Time, number};
use crate::flow::Side;
use crate::session::model;
use crate::verdict::{budget, conclusion};
use crate::view::display_filter;
use data_encoding::HEXLOWER;
use schemars::JsonSchema;
use serde::Serialize;
use std::net::SocketAddr;

/// A mail session.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Session<'a> {
    /// 1, 2, … in the order of the sessions' first packets.
    id: u64,
    /// Identifies the session on any run, on any machine, however its packets are spread over files: made of
    /// `community_id`, the time of its first packet and the TCP sequence number of that packet.
    uid: String,
    /// The file that its first packet was read from, as an index in `capture.sources`. Packet numbers in the session are
    /// those within that file.
    source: usize,
    /// Number of its first packet, as Wireshark shows it for that file.
    first_packet: u64,
    /// Number of its last packet.
    last_packet: u64,
    /// The file of `last_packet`, as an index in `capture.sources`. Absent if it is `source`.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_source: Option<usize>,
    /// A display filter for Wireshark and tshark that selects its packets: by both ends and the times, or where the clock of
    /// the capture went back between them, by numbers.
    display_filter: String,
    /// The protocol spoken.
    protocol: enums::Protocol,
    /// The endpoint that opened the connection.
    client: Endpoint,
    /// The other endpoint.
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
    /// Milliseconds from the first packet to the last, if the capture has their times. Where its clock went back in
    /// between, without the time that it took to do so.
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_ms: Option<f64>,
    /// How the connection ended: `closed` (FIN), `reset` (RST), `idle` (nothing more came while the capture went on),
    /// `open` (the capture ended first), `refused` (SYN answered by RST), `unanswered` (SYN never answered),
    /// `prohibited` (SYN answered by an ICMP error).
    end: enums::CloseReason,
    /// False if the capture began in the middle of the connection.
    from_start: bool,
    /// Behind a proxy: the IP address of the client for which the proxy speaks, if it told.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    client_address: Option<Address>,
    /// How it is known that there is a proxy: `proxy-protocol` (its header), `xclient`, `socks` or `http-connect`.
    #[serde(skip_serializing_if = "Option::is_none")]
    via: Option<enums::Via>,
    /// Counters of the connection.
    transport: Transport,
    /// Where the time went. Absent if nothing of it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    budget: Option<TimeBudget>,
    /// The name that the client gave itself in HELO, EHLO, LHLO or IMAP's ID.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_name: Option<&'a str>,
    /// The server's greeting text.
    #[serde(skip_serializing_if = "Option::is_none")]
    banner: Option<&'a str>,
    /// The client's program, told by how it behaves. Absent where that is not known: a wrong name is worse than none.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_software: Option<Software<'a>>,
    /// The server's program, the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    server_software: Option<Software<'a>>,
    /// The last EHLO, CAPA or CAPABILITY list that the server sent, unchanged.
    capabilities: &'a [String],
    /// What is known of TLS.
    tls: Tls<'a>,
    /// The conversation, in order: one step per row of the table.
    steps: Each<'a, model::Step, Step<'a>>,
    /// Every attempt to log in, in order.
    credentials: Each<'a, model::Credential, Credential<'a>>,
    /// SMTP, LMTP: every mail transaction, also where no content crossed.
    transactions: Each<'a, model::Transaction, Transaction<'a>>,
    /// Every message transferred.
    messages: Each<'a, model::Message, Message<'a>>,
    /// What is wrong, weak or worth knowing.
    findings: Each<'a, model::Finding, Finding<'a>>,
    /// What the session comes to.
    verdict: Verdict,
}

impl<'a> Session<'a> {
    /// The record of `session`.
    pub fn new(session: &'a model::Session, options: Options) -> Self {
        let context = Context::new(session, options);
        let transport = &session.transport;
        let community_id = community_id(&transport.endpoints);
        Self {
            id: session.id,
            uid: uid(&community_id, transport),
            source: session.source(),
            first_packet: number::frame(transport.first.packet),
            last_packet: number::frame(transport.last.packet),
            last_source: Some(number::source(transport.last.packet)).filter(|&source| source != session.source()),
            display_filter: display_filter::of_session(session),
            protocol: enums::Protocol(session.protocol),
            client: Endpoint { ip: context.client.clone(), port: transport.endpoints.client.port() },
            server: Endpoint { ip: context.server.clone(), port: transport.endpoints.server.port() },
            community_id,
            started: transport.first.time.known().map(Shown),
            ended: transport.last.time.known().map(Shown),
            duration_ms: transport.duration().map(milliseconds),
            end: enums::CloseReason(transport.end),
            from_start: transport.from_start,
            client_address: session.client_address.map(ip),
            via: session.via.map(enums::Via),
            transport: Transport::new(transport),
            budget: TimeBudget::new(&budget::of(session)),
            client_name: non_empty(&session.client_name),
            banner: non_empty(&session.banner),
            client_software: Software::new(session, Side::Client),
            server_software: Software::new(session, Side::Server),
            capabilities: &session.capabilities,
            tls: Tls::new(&session.tls),
            steps: Each::new(&session.steps, context.clone(), Step::new),
            credentials: Each::new(&session.credentials, context.clone(), Credential::new),
            transactions: Each::new(&session.transactions, context.clone(), Transaction::new),
            messages: Each::new(&session.messages, context.clone(), Message::new),
            findings: Each::new(&session.findings, context, Finding::new),
            verdict: Verdict::new(&conclusion::of_session(session), options.lang),
        }
    }
}

/// One endpoint of a connection.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "End")]
pub struct Endpoint {
    /// IP address.
    #[schemars(with = "String")]
    ip: Address,
    /// TCP port.
    port: u16,
}

impl Endpoint {
    /// The record of the endpoint `end`.
    pub fn new(end: SocketAddr) -> Self {
        Self { ip: ip(end.ip()), port: end.port() }
    }
}

/// What is known of TLS in a session.
#[derive(Serialize, JsonSchema)]
struct Tls<'a> {
    /// `none`, `starttls` (begun by STARTTLS or STLS) or `implicit` (from the first byte).
    mode: enums::TlsMode,
    /// The versions that the client offers, in the order in which it prefers them; only the newest one of a client that
    /// has no list.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    versions_offered: &'a [String],
    /// True if the handshake did not end: an alert or the end of the connection came before the keys were in use.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    failed: bool,
    /// TLS version, for example `TLS 1.3`.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
    /// IANA's name of the cipher suite.
    #[serde(skip_serializing_if = "Option::is_none")]
    cipher: Option<&'a str>,
    /// The name that the client asked for (server name indication).
    #[serde(skip_serializing_if = "Option::is_none")]
    server_name: Option<&'a str>,
    /// The negotiated application protocol.
    #[serde(skip_serializing_if = "Option::is_none")]
    alpn: Option<&'a str>,
    /// JA4 fingerprint of the ClientHello.
    #[serde(skip_serializing_if = "Option::is_none")]
    ja4: Option<&'a str>,
    /// The server's certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate: Option<Certificate<'a>>,
    /// True if what crossed inside is known: it was decrypted, with secrets or before it was captured.
    decrypted: bool,
    /// By what it was decrypted, or why it was not. Absent where there was nothing to decrypt it by.
    #[serde(skip_serializing_if = "Option::is_none")]
    decryption: Option<Decryption>,
}

/// By what the inside of TLS was decrypted, or why it was not although secrets were given.
#[derive(Serialize, JsonSchema)]
struct Decryption {
    /// `keylog` (a key log), `dsb` (a Decryption Secrets Block of the capture), `rsa-key` (the server's private key) or
    /// `in-place` (the capture has plaintext where TLS should have begun).
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<enums::DecryptedBy>,
    /// Why it was not: `no-secret` (none of the secrets is of this connection), `no-handshake` (the hellos are not in the
    /// capture), `cipher-suite` (it is not one that can be decrypted) or `does-not-fit` (the secrets named for this connection
    /// open none of its records).
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<enums::KeyFault>,
    /// The random of the ClientHello, by which key logs name a connection: 64 hex digits. Only where it was not decrypted.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_random: Option<String>,
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
            versions_offered: &tls.offered,
            failed: tls.failed,
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
            decryption: (tls.decryption != model::Decryption::default()).then(|| Decryption {
                by: tls.decryption.by.map(enums::DecryptedBy),
                fault: tls.decryption.fault.map(enums::KeyFault),
                client_random: tls.decryption.client_random.as_ref().map(|random| HEXLOWER.encode(&**random)),
            }),
        }
    }
}
