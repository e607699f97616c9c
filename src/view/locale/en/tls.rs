//! What the parts of a TLS connection do, and what alerts say.

use super::terms::side;
use crate::flow::Side;
use crate::protocol::Protocol;
use crate::protocol::event::{KeyFault, KeySource};
use crate::protocol::tls::Subject;

pub fn part(from: Side, what: &Subject) -> String {
    match what {
        Subject::ClientHello => {
            "Proposes TLS versions and cipher suites, and names the server wanted (ClientHello)".to_owned()
        }
        Subject::ServerHello => "Chooses TLS version and cipher suite (ServerHello)".to_owned(),
        Subject::HelloRetryRequest => "Asks for another ClientHello, with another key exchange".to_owned(),
        Subject::Certificate => format!("The {} proves who it is by its certificate", side(from)),
        Subject::Handshake => format!("The {} goes on with the TLS handshake: keys are agreed upon", side(from)),
        Subject::Alert { fatal: true, description } => {
            format!("The {} breaks TLS off: {}", side(from), alert(*description))
        }
        Subject::Alert { fatal: false, description } => {
            format!("The {} gives a TLS warning: {}", side(from), alert(*description))
        }
        Subject::SessionTicket => {
            format!("The {} hands out a ticket, by which this TLS session can be taken up again", side(from))
        }
        Subject::KeyUpdate => format!("The {} encrypts with new keys from here on (KeyUpdate)", side(from)),
        Subject::Encrypted => "Encrypted by TLS: what is said cannot be seen from here on".to_owned(),
        Subject::NotTls => format!("The {} sends what is no TLS, though TLS was agreed upon", side(from)),
    }
}

/// A password in a command.
pub fn password(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Imap => "Logs in with user name and password, inside TLS",
        Protocol::Pop3 | Protocol::Smtp | Protocol::Lmtp => "Gives the password, inside TLS",
    }
}

pub fn at_once() -> &'static str {
    "The client begins TLS at once (ClientHello), and the server speaks plain text"
}

/// AlertDescription (RFC 8446, section 6; RFC 5246, section 7.2; IANA's registry).
pub fn alert(description: u8) -> String {
    let words = match description {
        0 => "it will send nothing more (close_notify)",
        10 => "the message does not belong here (unexpected_message)",
        20 => "a record was damaged or forged (bad_record_mac)",
        21 => "a record could not be decrypted (decryption_failed)",
        22 => "a record is too long (record_overflow)",
        30 => "decompressing failed (decompression_failure)",
        40 => "no common version, cipher suite or parameter was found (handshake_failure)",
        41 => "there is no certificate (no_certificate)",
        42 => "the certificate is damaged (bad_certificate)",
        43 => "the certificate is of a kind that is not supported (unsupported_certificate)",
        44 => "the certificate was revoked (certificate_revoked)",
        45 => "the certificate has expired (certificate_expired)",
        46 => "the certificate is not acceptable (certificate_unknown)",
        47 => "a field of the handshake makes no sense (illegal_parameter)",
        48 => "the certificate's authority is not known or not trusted (unknown_ca)",
        49 => "access is denied (access_denied)",
        50 => "a message could not be decoded (decode_error)",
        51 => "a signature or a key exchange could not be verified (decrypt_error)",
        52 => "there are too many requests (too_many_cids_requested)",
        60 => "the cipher may not be exported (export_restriction)",
        70 => "the TLS version is not supported (protocol_version)",
        71 => "the cipher suites offered are too weak (insufficient_security)",
        80 => "a fault of its own (internal_error)",
        86 => "the other side fell back to an older version than it can (inappropriate_fallback)",
        90 => "the user gave up (user_canceled)",
        100 => "no other handshake is wanted (no_renegotiation)",
        109 => "an extension is missing (missing_extension)",
        110 => "an extension was sent that nobody asked for (unsupported_extension)",
        111 => "the certificate could not be obtained (certificate_unobtainable)",
        112 => "there is no server of that name here (unrecognized_name)",
        113 => "the certificate's status is not acceptable (bad_certificate_status_response)",
        114 => "the certificate's digest does not match (bad_certificate_hash_value)",
        115 => "the pre-shared key's identity is not known (unknown_psk_identity)",
        116 => "a client certificate is required (certificate_required)",
        117 => "an error of another kind (general_error)",
        120 => "no common application protocol was found (no_application_protocol)",
        121 => "Encrypted Client Hello is required (ech_required)",
        _ => return format!("alert {description}, which is not registered"),
    };
    words.to_owned()
}

/// By what the inside of TLS is known. `None`: the capture has it.
pub fn decrypted_by(keys: Option<KeySource>) -> &'static str {
    match keys {
        None => "decrypted in the capture",
        Some(KeySource::KeyLog) => "decrypted with a key log",
        Some(KeySource::SecretsBlock) => "decrypted with the capture's secrets",
        Some(KeySource::ServerKey) => "decrypted with the server's key",
    }
}

pub fn not_decrypted() -> &'static str {
    "not decrypted"
}

pub fn key_fault(fault: KeyFault) -> &'static str {
    match fault {
        KeyFault::NoSecret => "not decrypted: none of the secrets is of this connection",
        KeyFault::Handshake => "not decrypted: the beginning of TLS is not in the capture",
        KeyFault::CipherSuite => "not decrypted: the cipher suite is not one that can be decrypted",
        KeyFault::DoesNotFit => "not decrypted: the secrets named for this connection do not fit",
    }
}

/// `first` is the number of the first session, and its ClientHello's random.
pub fn closed(fault: KeyFault, sessions: u64, first: (u64, &str)) -> String {
    let (number, random) = first;
    let which = match (sessions, random) {
        (1, "") => format!("1 TLS session stayed closed (session {number})"),
        (1, _) => format!("1 TLS session stayed closed (session {number}, client random {random})"),
        (_, "") => format!("{sessions} TLS sessions stayed closed (the first: session {number})"),
        _ => format!("{sessions} TLS sessions stayed closed (the first: session {number}, client random {random})"),
    };
    let why = match (fault, sessions) {
        (KeyFault::NoSecret, 1) => "none of the secrets is of it",
        (KeyFault::NoSecret, _) => "none of the secrets is of them",
        (KeyFault::Handshake, _) => "the beginning of TLS is not in the capture",
        (KeyFault::CipherSuite, 1) => "its cipher suite is not one that can be decrypted",
        (KeyFault::CipherSuite, _) => "their cipher suites are none that can be decrypted",
        (KeyFault::DoesNotFit, 1) => "the secrets named for it do not fit",
        (KeyFault::DoesNotFit, _) => "the secrets named for them do not fit",
    };
    format!("{which}: {why}")
}

pub fn opened(decrypted: u64, sessions: u64) -> String {
    format!("{decrypted} of {sessions} sessions decrypted with the secrets given")
}
