//! Handshake messages (RFC 8446, section 4; RFC 5246, section 7.4): pure parsers, named after the specification's
//! structures.

use nom::bytes::complete::{tag, take};
use nom::combinator::{all_consuming, map, map_parser, opt, rest};
use nom::multi::{length_data, many0};
use nom::number::complete::{be_u8, be_u16, be_u24};
use nom::sequence::preceded;
use nom::{IResult, Parser};

/// HandshakeType of ClientHello.
pub const CLIENT_HELLO: u8 = 1;
/// HandshakeType of ServerHello and HelloRetryRequest.
pub const SERVER_HELLO: u8 = 2;
/// HandshakeType of Certificate.
pub const CERTIFICATE: u8 = 11;

/// HandshakeType of NewSessionTicket.
pub const NEW_SESSION_TICKET: u8 = 4;
/// HandshakeType of EndOfEarlyData.
pub const END_OF_EARLY_DATA: u8 = 5;
/// HandshakeType of EncryptedExtensions.
pub const ENCRYPTED_EXTENSIONS: u8 = 8;
/// HandshakeType of Finished.
pub const FINISHED: u8 = 20;
/// HandshakeType of KeyUpdate.
pub const KEY_UPDATE: u8 = 24;

/// server_name (RFC 6066).
pub const SERVER_NAME: u16 = 0;
/// signature_algorithms (RFC 8446, section 4.2.3).
pub const SIGNATURE_ALGORITHMS: u16 = 13;
/// application_layer_protocol_negotiation (RFC 7301).
pub const ALPN: u16 = 16;
/// encrypt_then_mac (RFC 7366).
pub const ENCRYPT_THEN_MAC: u16 = 22;
/// extended_master_secret (RFC 7627).
pub const EXTENDED_MASTER_SECRET: u16 = 23;
/// early_data (RFC 8446, section 4.2.10).
pub const EARLY_DATA: u16 = 42;
/// session_ticket (RFC 5077).
pub const SESSION_TICKET: u16 = 35;
/// supported_versions (RFC 8446, section 4.2.1).
pub const SUPPORTED_VERSIONS: u16 = 43;

/// The random of a ServerHello that is a HelloRetryRequest: SHA-256 of that word (RFC 8446, section 4.1.3).
const HELLO_RETRY_REQUEST: [u8; 32] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11,
    0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];

/// An extension: its type and its data.
pub type Extension<'a> = (u16, &'a [u8]);

/// ClientHello.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientHello<'a> {
    /// legacy_version.
    pub version: u16,
    /// random.
    pub random: [u8; 32],
    /// legacy_session_id.
    pub session_id: &'a [u8],
    /// cipher_suites.
    pub ciphers: Vec<u16>,
    /// extensions, in their order.
    pub extensions: Vec<Extension<'a>>,
}

/// ServerHello.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerHello<'a> {
    /// The version negotiated: of supported_versions, else legacy_version.
    pub version: u16,
    /// random.
    pub random: [u8; 32],
    /// legacy_session_id_echo.
    pub session_id: &'a [u8],
    /// cipher_suite.
    pub cipher: u16,
    /// extensions, in their order.
    pub extensions: Vec<Extension<'a>>,
    /// It is a HelloRetryRequest.
    pub retry: bool,
    /// The protocol chosen (RFC 7301).
    pub alpn: Option<&'a [u8]>,
}

/// `struct { ProtocolVersion; Random; SessionID; CipherSuite<2..2^16-2>; CompressionMethod<1..2^8-1>; Extension<0..2^16-1>; }`
pub fn client_hello(body: &[u8]) -> Option<ClientHello<'_>> {
    let ciphers = map_parser(length_data(be_u16), all_consuming(many0(be_u16)));
    let parsed: IResult<_, _> =
        (be_u16, take(32usize), length_data(be_u8), ciphers, length_data(be_u8), opt(extensions)).parse(body);
    let (_, (version, random, session_id, ciphers, _, extensions)) = parsed.ok()?;
    let random = <[u8; 32]>::try_from(random).ok()?;
    Some(ClientHello { version, random, session_id, ciphers, extensions: extensions.unwrap_or_default() })
}

/// `struct { ProtocolVersion; Random; SessionID; CipherSuite; CompressionMethod; Extension<0..2^16-1>; }`
pub fn server_hello(body: &[u8]) -> Option<ServerHello<'_>> {
    let parsed: IResult<_, _> = (be_u16, take(32usize), length_data(be_u8), be_u16, be_u8, opt(extensions)).parse(body);
    let (_, (legacy_version, random, session_id, cipher, _, extensions)) = parsed.ok()?;
    let random = <[u8; 32]>::try_from(random).ok()?;
    let extensions = extensions.unwrap_or_default();
    let selected = extension(&extensions, SUPPORTED_VERSIONS).and_then(|data| match data {
        &[major, minor] => Some(u16::from_be_bytes([major, minor])),
        _ => None,
    });
    let alpn = extension(&extensions, ALPN).and_then(|data| protocol_name_list(data).first().copied());
    Some(ServerHello {
        version: selected.unwrap_or(legacy_version),
        random,
        session_id,
        cipher,
        retry: random == HELLO_RETRY_REQUEST,
        alpn,
        extensions,
    })
}

/// The ticket in `struct { uint32 ticket_lifetime_hint; opaque ticket<0..2^16-1>; }` (RFC 5077, section 3.3).
pub fn new_session_ticket(body: &[u8]) -> Option<&[u8]> {
    let parsed: IResult<_, _> = preceded(take(4usize), length_data(be_u16)).parse(body);
    parsed.ok().map(|(_, ticket)| ticket).filter(|ticket| !ticket.is_empty())
}

/// `Extension extensions<0..2^16-1>` of EncryptedExtensions.
pub fn encrypted_extensions(body: &[u8]) -> Vec<Extension<'_>> {
    extensions(body).map_or_else(|_| Vec::new(), |(_, extensions)| extensions)
}

/// TLS 1.3, or a draft of it.
pub fn is_tls13(version: u16) -> bool {
    matches!(version, 0x0304 | 0x7f00..=0x7fff)
}

/// The data of extension `kind`.
pub fn extension<'a>(extensions: &[Extension<'a>], kind: u16) -> Option<&'a [u8]> {
    extensions.iter().find(|(other, _)| *other == kind).map(|(_, data)| *data)
}

/// `Extension extensions<0..2^16-1>`. An extension that is truncated at the end is passed over.
fn extensions(input: &[u8]) -> IResult<&[u8], Vec<Extension<'_>>> {
    map_parser(length_data(be_u16), many0((be_u16, length_data(be_u16)))).parse(input)
}

/// The host name of `ServerNameList` (RFC 6066, section 3).
pub fn server_name_list(data: &[u8]) -> Option<&[u8]> {
    let host_name = preceded(tag(&[0u8][..]), length_data(be_u16));
    let parsed: IResult<_, _> = map_parser(length_data(be_u16), host_name).parse(data);
    parsed.ok().map(|(_, name)| name)
}

/// `ProtocolName protocol_name_list<2..2^16-1>` (RFC 7301, section 3.1).
pub fn protocol_name_list(data: &[u8]) -> Vec<&[u8]> {
    let parsed: IResult<_, _> = map_parser(length_data(be_u16), many0(length_data(be_u8))).parse(data);
    parsed.map_or_else(|_| Vec::new(), |(_, names)| names)
}

/// `ProtocolVersion versions<2..254>` of a ClientHello.
pub fn versions(data: &[u8]) -> Vec<u16> {
    let parsed: IResult<_, _> = map_parser(length_data(be_u8), many0(be_u16)).parse(data);
    parsed.map_or_else(|_| Vec::new(), |(_, versions)| versions)
}

/// The versions that a ClientHello offers, each once, in its order; without the values that GREASE reserves (RFC 8701)
/// and without unknown ones. Where it has no list, `legacy_version` is the newest one that it offers (RFC 8446,
/// section 4.1.2).
pub fn offered(hello: &ClientHello<'_>) -> Vec<u16> {
    let list = match extension(&hello.extensions, SUPPORTED_VERSIONS).map(versions) {
        Some(list) if !list.is_empty() => list,
        _ => vec![hello.version],
    };
    let mut offered: Vec<u16> = Vec::new();
    for version in list {
        if matches!(version, 0x0002 | 0x0300..=0x0304 | 0x7f00..=0x7fff) && !offered.contains(&version) {
            offered.push(version);
        }
    }
    offered
}

/// `SignatureScheme supported_signature_algorithms<2..2^16-2>`.
pub fn signature_algorithms(data: &[u8]) -> Vec<u16> {
    let parsed: IResult<_, _> = map_parser(length_data(be_u16), many0(be_u16)).parse(data);
    parsed.map_or_else(|_| Vec::new(), |(_, schemes)| schemes)
}

/// The first certificate, in DER, of `ASN.1Cert certificate_list<0..2^24-1>` (RFC 5246, section 7.4.2): the sender's
/// own. In TLS 1.3 `opaque certificate_request_context<0..2^8-1>` comes before it (RFC 8446, section 4.4.2).
pub fn own_certificate(body: &[u8], version: Option<u16>) -> Option<&[u8]> {
    let context: IResult<_, _> = length_data(be_u8).parse(body);
    let body = match context {
        Ok((rest, _)) if version.is_some_and(is_tls13) => rest,
        _ => body,
    };
    let parsed: IResult<_, _> =
        map_parser(length_data(be_u24), map((length_data(be_u24), rest), |(first, _)| first)).parse(body);
    parsed.ok().map(|(_, certificate)| certificate)
}

/// The name of a version.
pub fn version_name(version: u16) -> String {
    match version {
        0x0002 => "SSL 2.0".into(),
        0x0300 => "SSL 3.0".into(),
        0x0301 => "TLS 1.0".into(),
        0x0302 => "TLS 1.1".into(),
        0x0303 => "TLS 1.2".into(),
        0x0304 => "TLS 1.3".into(),
        0x7f00..=0x7fff => format!("TLS 1.3 (draft {})", version & 0xff),
        _ => format!("0x{version:04X}"),
    }
}
