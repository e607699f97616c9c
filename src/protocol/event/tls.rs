//! What is reported about TLS, whichever protocol is inside.

/// What a step of a TLS connection is.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Subject {
    /// ClientHello.
    ClientHello,
    /// ServerHello.
    ServerHello,
    /// HelloRetryRequest.
    HelloRetryRequest,
    /// The certificate chain, in the clear up to TLS 1.2.
    Certificate,
    /// Other handshake messages in the clear, or ChangeCipherSpec.
    Handshake,
    /// An alert in the clear.
    Alert {
        /// Fatal.
        fatal: bool,
        /// AlertDescription (RFC 8446, section 6).
        description: u8,
    },
    /// A ticket by which the client may take up the session again; seen where the session is decrypted.
    SessionTicket,
    /// The sender changes its keys (RFC 8446, section 4.6.3); seen where the session is decrypted.
    KeyUpdate,
    /// Encrypted records.
    Encrypted,
    /// Bytes that are not TLS records although TLS was agreed upon. They are the step's text, as far as they are kept.
    NotTls,
}

/// `Random` of a ClientHello (RFC 8446, section 4.1.2), by which key logs name a connection.
pub type Random = [u8; 32];

/// Where the secrets of a connection were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeySource {
    /// A key log (`--keylog`).
    KeyLog,
    /// A Decryption Secrets Block of the capture (pcapng).
    SecretsBlock,
    /// The server's private key (`--tls-key`).
    ServerKey,
}

/// A fact about TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TlsFact {
    /// TLS from the first byte.
    Implicit,
    /// A STARTTLS or STLS was accepted.
    StartTls,
    /// The client began TLS from the first byte, and the server speaks plain text: no TLS was agreed upon.
    Declined,
    /// The versions that the client offers, in the order in which it prefers them: `TLS 1.3`, `TLS 1.2`. Of a client
    /// that has no list (up to TLS 1.2), the newest one alone.
    Offered(Vec<String>),
    /// The keys are in use: each side has sent something encrypted that is no alert.
    Established,
    /// What was negotiated: `TLS 1.3`.
    Version(String),
    /// IANA's name of the cipher suite.
    Cipher(String),
    /// Server name indication (RFC 6066, section 3).
    ServerName(Vec<u8>),
    /// Application protocol chosen by the server (RFC 7301).
    Alpn(Vec<u8>),
    /// JA4 of the ClientHello.
    Ja4(String),
    /// The server's own certificate.
    Certificate(Box<Certificate>),
    /// Plain text where TLS should have begun: the capture was decrypted.
    Decrypted,
    /// What crossed inside is read with secrets from here.
    DecryptedBy(KeySource),
    /// There are secrets, and what crossed inside cannot be read with them: why, and the ClientHello's random, by which
    /// key logs name a connection, where it was seen.
    NotDecrypted(KeyFault, Option<Random>),
}

/// Why secrets that are there do not decrypt a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyFault {
    /// None of them is of this connection.
    NoSecret,
    /// The hellos are not in the capture: without them nothing tells whose secrets are wanted.
    Handshake,
    /// The cipher suite is not one of those that can be decrypted.
    CipherSuite,
    /// Those that should be of this connection open none of its records.
    DoesNotFit,
}

/// A server certificate (RFC 5280).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// Distinguished name of the subject.
    pub subject: String,
    /// Distinguished name of the issuer.
    pub issuer: String,
    /// Start of validity, RFC 3339.
    pub not_before: String,
    /// End of validity, RFC 3339.
    pub not_after: String,
    /// subjectAltName entries.
    pub names: Vec<String>,
    /// SHA-256 of the DER encoding, lower-case hex.
    pub sha256: String,
}
