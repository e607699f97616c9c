//! What of a GSS-API exchange can be read without its keys: which Kerberos service the client asks for (RFC 4120,
//! section 5.5.1, in the token of RFC 4121, section 4.1), whom it wants to be at the end (RFC 4752, section 3.1), and an
//! NTLM message that SPNEGO (RFC 4178) wraps. The client's own principal is encrypted.

use super::payload;
use crate::protocol::secret::Secret;
use x509_parser::asn1_rs::{Any, Class, FromDer, Header};

/// The object identifier of SPNEGO, 1.3.6.1.5.5.2, without its tag and length.
const SPNEGO: &[u8] = &[0x2b, 6, 1, 5, 5, 2];
/// TOK_ID of KRB_AP_REQ (RFC 4121, section 4.1).
const AP_REQ: &[u8] = &[1, 0];
/// TOK_ID of a Wrap token (RFC 4121, section 4.2.6.2), and its header's length.
const WRAP: (&[u8], usize) = (&[5, 4], 16);
/// The flag of a Wrap token that says that its content is encrypted.
const SEALED: u8 = 2;
/// Tags of the class APPLICATION (RFC 2743, section 3.1; RFC 4120, section 5.10).
const TOKEN: u32 = 0;
const TICKET: u32 = 1;
const KRB_AP_REQ: u32 = 14;
/// Elements of one SEQUENCE that are looked at: none that is wanted comes later.
const ELEMENTS: usize = 16;

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token<'a> {
    /// The first: a ticket for this service, `imap/mail.example@EXAMPLE.ORG`.
    Service(String),
    /// The last: whom the client wants to be; empty where that is who it is.
    AuthorizationId(&'a [u8]),
    /// NTLM within SPNEGO, or in the place of it: with the client's answers in it.
    Ntlm(Secret<&'a [u8]>),
}

impl<'a> Token<'a> {
    /// Reads a decoded payload, whether it is GSSAPI's, GSS-SPNEGO's or GS2's. `None` where nothing can be read of it.
    pub fn parse(decoded: &'a [u8]) -> Option<Self> {
        let token = payload::gs2_rest(decoded).unwrap_or(decoded);
        ntlm(token).or_else(|| service(token)).or_else(|| authorization_id(token)).or_else(|| spnego(token))
    }
}

fn ntlm(token: &[u8]) -> Option<Token<'_>> {
    token.starts_with(b"NTLMSSP\0").then(|| Token::Ntlm(Secret::new(token)))
}

/// `[APPLICATION 0] IMPLICIT SEQUENCE { thisMech MechType, innerToken ANY }` (RFC 2743, section 3.1) as (mechanism, inner
/// token). GS2 leaves the wrapping out (RFC 5801, section 4).
fn initial(token: &[u8]) -> Option<(&[u8], &[u8])> {
    let (_, content) = tagged(token, Class::Application, TOKEN)?;
    let (inner, (_, mechanism)) = any(content)?;
    Some((mechanism, inner))
}

/// A KRB_AP_REQ's ticket names the service in the clear.
fn service(token: &[u8]) -> Option<Token<'_>> {
    let inner = initial(token).map_or(token, |(_, inner)| inner).strip_prefix(AP_REQ)?;
    let (_, request) = tagged(inner, Class::Application, KRB_AP_REQ)?;
    let (_, ticket) = tagged(element(sequence(request)?, 3)?, Class::Application, TICKET)?;
    let ticket = sequence(ticket)?;
    let (_, (_, realm)) = any(element(ticket, 1)?)?;
    let names = sequence(element(sequence(element(ticket, 2)?)?, 1)?)?;
    let names: Vec<_> = elements(names).map(|(_, name)| String::from_utf8_lossy(name)).collect();
    Some(Token::Service(format!("{}@{}", names.join("/"), String::from_utf8_lossy(realm))))
}

/// What the client says last is wrapped but not encrypted, as a rule: a security layer, the largest message, and the
/// authorization identity, before the checksum. RRC says by how much the receiver must turn it back.
fn authorization_id(token: &[u8]) -> Option<Token<'_>> {
    let header = token.get(..WRAP.1).filter(|header| header.starts_with(WRAP.0))?;
    let [_, _, flags, _, ec_high, ec_low, rrc @ .., _, _, _, _, _, _, _, _] = header else { return None };
    if flags & SEALED != 0 || rrc != [0, 0] {
        return None;
    }
    let content = token.get(WRAP.1..)?;
    let checksum = usize::from(u16::from_be_bytes([*ec_high, *ec_low]));
    content.get(4..content.len().checked_sub(checksum)?).map(Token::AuthorizationId)
}

/// `NegotiationToken`: the token that is wrapped in `NegTokenInit`, or in `NegTokenResp` (RFC 4178, section 4.2); both
/// have it as their element 2.
fn spnego(token: &[u8]) -> Option<Token<'_>> {
    let negotiation = match initial(token) {
        Some((SPNEGO, inner)) => inner,
        Some(_) => return None,
        None => token,
    };
    let negotiation = [0, 1].iter().find_map(|&choice| tagged(negotiation, Class::ContextSpecific, choice))?.1;
    let (_, (_, wrapped)) = any(element(sequence(negotiation)?, 2)?)?;
    ntlm(wrapped).or_else(|| service(wrapped))
}

/// An element's header and its content.
type Element<'a> = (Header<'a>, &'a [u8]);

/// What follows the next element, and the element.
fn any(input: &[u8]) -> Option<(&[u8], Element<'_>)> {
    let (rest, element) = Any::from_der(input).ok()?;
    Some((rest, (element.header, element.data)))
}

/// The content of the next element, where it has this tag; and what follows it.
fn tagged(input: &[u8], class: Class, tag: u32) -> Option<(&[u8], &[u8])> {
    let (rest, (header, content)) = any(input)?;
    (header.class() == class && header.tag().0 == tag).then_some((rest, content))
}

fn sequence(input: &[u8]) -> Option<&[u8]> {
    tagged(input, Class::Universal, 16).map(|(_, content)| content)
}

fn elements(mut content: &[u8]) -> impl Iterator<Item = Element<'_>> {
    std::iter::from_fn(move || {
        let (rest, element) = any(content)?;
        content = rest;
        Some(element)
    })
    .take(ELEMENTS)
}

/// The content of the element `[number]` of a SEQUENCE's content.
fn element(content: &[u8], number: u32) -> Option<&[u8]> {
    let is_it = |header: &Header<'_>| header.class() == Class::ContextSpecific && header.tag().0 == number;
    elements(content).find_map(|(header, content)| is_it(&header).then_some(content))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A DER element: `tag` as it is written.
    pub fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
        let content = parts.concat();
        let length = match u8::try_from(content.len()) {
            Ok(length @ 0..128) => vec![length],
            _ => [&[0x82], &(content.len() as u16).to_be_bytes()[..]].concat(),
        };
        [&[tag], &*length, &content].concat()
    }

    /// What asks for `service/host@REALM`, before it is put into a token.
    pub fn ap_req(service: &str, host: &str, realm: &str) -> Vec<u8> {
        let string = |text: &str| der(0x1b, &[text.as_bytes()]);
        let name =
            der(0x30, &[&der(0xa0, &[&[2, 1, 3]]), &der(0xa1, &[&der(0x30, &[&string(service), &string(host)])])]);
        let secret = der(0x30, &[&der(0xa0, &[&[2, 1, 18]]), &der(0xa2, &[&der(4, &[&[0x5a; 200]])])]);
        let ticket = der(
            0x61,
            &[&der(
                0x30,
                &[
                    &der(0xa0, &[&[2, 1, 5]]),
                    &der(0xa1, &[&string(realm)]),
                    &der(0xa2, &[&name]),
                    &der(0xa3, &[&secret]),
                ],
            )],
        );
        let request = der(
            0x6e,
            &[&der(
                0x30,
                &[
                    &der(0xa0, &[&[2, 1, 5]]),
                    &der(0xa1, &[&[2, 1, 14]]),
                    &der(0xa2, &[&[3, 5, 0, 0x20, 0, 0, 0]]),
                    &der(0xa3, &[&ticket]),
                    &der(0xa4, &[&secret]),
                ],
            )],
        );
        [AP_REQ, &request].concat()
    }

    /// In the initial token of a mechanism.
    pub fn initial_token(mechanism: &[u8], inner: &[u8]) -> Vec<u8> {
        der(0x60, &[&der(6, &[mechanism]), inner])
    }

    pub const KERBEROS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 1, 2, 2];

    fn spnego_token(wrapped: &[u8]) -> Vec<u8> {
        let mechanisms = der(0xa0, &[&der(0x30, &[&der(6, &[KERBEROS])])]);
        let init = der(0xa0, &[&der(0x30, &[&mechanisms, &der(0xa2, &[&der(4, &[wrapped])])])]);
        initial_token(SPNEGO, &init)
    }

    #[test]
    fn the_service_stands_in_the_ticket() {
        let request = ap_req("imap", "mail.example", "EXAMPLE.ORG");
        let token = initial_token(KERBEROS, &request);
        let gs2 = [b"n,a=alice,".as_slice(), &request].concat();
        for token in [&token, &spnego_token(&token), &gs2] {
            assert_eq!(Token::parse(token), Some(Token::Service("imap/mail.example@EXAMPLE.ORG".into())));
            for cut in 0..token.len() {
                Token::parse(&token[..cut]); // whatever it says, it comes back
            }
        }
    }

    #[test]
    fn the_last_token_is_wrapped_in_the_clear() {
        let token =
            [&[5, 4, 4, 0xff, 0, 12, 0, 0, 0, 0, 0, 0, 9, 9, 9, 9, 1, 0, 16, 0][..], b"alice", &[7; 12]].concat();
        assert_eq!(Token::parse(&token), Some(Token::AuthorizationId(b"alice")));
        let with = |at: usize, byte| {
            let mut token = token.clone();
            token[at] = byte;
            token
        };
        assert_eq!(Token::parse(&with(2, 6)), None, "encrypted");
        assert_eq!(Token::parse(&with(7, 1)), None, "turned");
        assert_eq!(Token::parse(&with(4, 1)), None, "a checksum longer than all");
        assert_eq!(Token::parse(&token[..32]), Some(Token::AuthorizationId(b"")), "nobody in particular");
        assert_eq!(Token::parse(&token[..31]), None);
    }

    #[test]
    fn ntlm_may_be_inside() {
        let message = b"NTLMSSP\0\x01\0\0\0\0\0\0\0".as_slice();
        let response = der(0xa1, &[&der(0x30, &[&der(0xa2, &[&der(4, &[message])])])]);
        for token in [message, &spnego_token(message), &response] {
            assert_eq!(Token::parse(token), Some(Token::Ntlm(Secret::new(message))));
        }
    }
}
