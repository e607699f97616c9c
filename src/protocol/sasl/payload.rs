//! Pure parsers of decoded payloads, one per mechanism, named after the grammar's rules.

use crate::protocol::credential::LoginCause;
use crate::protocol::secret::Secret;
use data_encoding::BASE64_MIME_PERMISSIVE;
use nom::branch::alt;
use nom::bytes::complete::{escaped_transform, is_not, tag, tag_no_case, take, take_till, take_while, take_while1};
use nom::character::complete::char;
use nom::combinator::{map, opt, value};
use nom::multi::separated_list0;
use nom::sequence::{delimited, preceded, separated_pair};
use nom::{IResult, Parser};

/// Decodes base64 as tolerantly as a server might: with line ends inside, too little padding or too much.
pub fn base64(text: &[u8]) -> Option<Vec<u8>> {
    BASE64_MIME_PERMISSIVE.decode(text).ok().or_else(|| {
        let mut padded = text.trim_ascii().to_vec();
        while padded.last() == Some(&b'=') {
            padded.pop();
        }
        padded.resize(padded.len().next_multiple_of(4), b'=');
        BASE64_MIME_PERMISSIVE.decode(&padded).ok()
    })
}

/// The three parts of PLAIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plain<'a> {
    /// Empty where the client left it out.
    pub authzid: &'a [u8],
    /// Empty, against the grammar, if a client confuses the two identities.
    pub authcid: &'a [u8],
    /// Everything after the NUL that ends `authcid`; further NULs belong to it.
    pub passwd: Secret<&'a [u8]>,
}

/// `message = [authzid] UTF8NUL authcid UTF8NUL passwd` (RFC 4616, section 2). A client that forgets the first NUL and
/// has no authzid is understood.
pub fn plain(decoded: &[u8]) -> Option<Plain<'_>> {
    let mut parts = decoded.splitn(3, |&byte| byte == 0);
    match (parts.next()?, parts.next()?, parts.next()) {
        (authzid, authcid, Some(passwd)) => Some(Plain { authzid, authcid, passwd: Secret::new(passwd) }),
        (b"", _, None) => None,
        (authcid, passwd, None) => Some(Plain { authzid: b"", authcid, passwd: Secret::new(passwd) }),
    }
}

/// `user SP digest` (RFC 2195, section 2): the user name, which may hold spaces itself. The digest is as long as the hash
/// makes it: 32 hexadecimal digits with MD5, 40 with SHA-1, 64 with SHA-256.
pub fn cram(decoded: &[u8]) -> Option<&[u8]> {
    let decoded = decoded.trim_ascii_end();
    let space = memchr::memrchr(b' ', decoded)?;
    let (username, digest) = (decoded.get(..space)?, decoded.get(space + 1..)?);
    let is_hash = matches!(digest.len(), 32 | 40 | 56 | 64 | 96 | 128);
    (is_hash && digest.iter().all(u8::is_ascii_hexdigit)).then_some(username)
}

/// The mechanism that a client's payload shows by its form, where the command that named it was not captured.
pub fn mechanism(decoded: &[u8]) -> Option<&'static str> {
    if decoded.starts_with(b"NTLMSSP\0") {
        return Some("NTLM");
    }
    if scram_client_first(decoded).is_some() || is_scram_client_final(decoded) {
        return Some("SCRAM");
    }
    if oauthbearer(decoded).is_some() {
        return Some("OAUTHBEARER");
    }
    if xoauth2(decoded).is_some() {
        return Some("XOAUTH2");
    }
    if cram(decoded).is_some() {
        let digest = decoded.trim_ascii_end().rsplit(|&byte| byte == b' ').next().map_or(0, <[u8]>::len);
        return match digest {
            32 => Some("CRAM-MD5"),
            40 => Some("CRAM-SHA1"),
            64 => Some("CRAM-SHA256"),
            _ => Some("CRAM"),
        };
    }
    let nuls = decoded.iter().filter(|&&byte| byte == 0).count();
    if nuls == 2 && std::str::from_utf8(decoded).is_ok() && !decoded.iter().any(|&byte| matches!(byte, 1..=31)) {
        return Some("PLAIN");
    }
    let is_digest = digest_md5(decoded)
        .is_some_and(|directives| directives.iter().any(|(name, _)| name.eq_ignore_ascii_case(b"cnonce")));
    is_digest.then_some("DIGEST-MD5")
}

/// True for a word of a LOGIN that was typed as it is and happens to consist of base64's letters (`password`): what it
/// decodes to is no text in any encoding.
pub fn looks_typed(sent: &[u8], decoded: &[u8]) -> bool {
    if decoded.is_empty() || std::str::from_utf8(decoded).is_ok_and(|text| !text.contains(|c: char| c.is_control())) {
        return false;
    }
    // Servers ask for `User Name` and a NUL, and some clients send one, too.
    let decoded = decoded.strip_suffix(b"\0").unwrap_or(decoded);
    let padded = sent.len().is_multiple_of(4);
    let is_control = |byte: &u8| matches!(byte, 0..=31 | 127..=159);
    !padded && std::str::from_utf8(decoded).is_err()
        || decoded.iter().any(is_control) && std::str::from_utf8(decoded).is_err()
}

/// What was typed for PLAIN, with a real NUL for each that was written as `\0` or `\000`, or as a space.
pub fn unescaped(typed: &[u8]) -> Vec<u8> {
    if typed.contains(&0) {
        return typed.to_vec();
    }
    let mut bytes = Vec::with_capacity(typed.len());
    let mut rest = typed;
    while let Some((&first, after)) = rest.split_first() {
        let escaped = [b"\\000".as_slice(), b"\\x00", b"\\0"].into_iter().find_map(|nul| rest.strip_prefix(nul));
        (bytes, rest) = match escaped {
            Some(after) => (pushed(bytes, 0), after),
            None => (pushed(bytes, first), after),
        };
    }
    if !bytes.contains(&0)
        && let Some(space) = memchr::memchr(b' ', &bytes)
        && let Some(byte) = bytes.get_mut(space)
    {
        *byte = 0;
    }
    bytes
}

fn pushed(mut bytes: Vec<u8>, byte: u8) -> Vec<u8> {
    bytes.push(byte);
    bytes
}

/// A directive of DIGEST-MD5: its name and its value.
pub type Directive<'a> = (&'a [u8], Vec<u8>);

/// `digest-response = 1#( username | realm | nonce | … )` (RFC 2831, section 2.1.2); the challenge has the same form.
pub fn digest_md5(decoded: &[u8]) -> Option<Vec<Directive<'_>>> {
    let comma = (lws, char(','), lws);
    let (rest, directives) = preceded(lws, separated_list0(comma, opt(directive))).parse(decoded).ok()?;
    let directives: Vec<_> = directives.into_iter().flatten().collect();
    (rest.trim_ascii().is_empty() && !directives.is_empty()).then_some(directives)
}

fn lws(input: &[u8]) -> IResult<&[u8], &[u8]> {
    take_while(|byte: u8| byte.is_ascii_whitespace())(input)
}

fn directive(input: &[u8]) -> IResult<&[u8], Directive<'_>> {
    let token = |input| take_while1(|byte: u8| !byte.is_ascii_whitespace() && !b",=\"".contains(&byte))(input);
    let bare = map(take_till(|byte: u8| byte == b',' || byte.is_ascii_whitespace()), <[u8]>::to_vec);
    separated_pair(token, (lws, char('='), lws), alt((quoted_string, bare))).parse(input)
}

fn quoted_string(input: &[u8]) -> IResult<&[u8], Vec<u8>> {
    let content = escaped_transform(is_not("\"\\"), '\\', take(1usize));
    delimited(char('"'), map(opt(content), Option::unwrap_or_default), char('"')).parse(input)
}

/// What a client's message says about the user.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Identity {
    /// The authorization identity of the GS2 header, unescaped.
    pub authzid: Option<Vec<u8>>,
    /// SCRAM: `n=`, unescaped.
    pub username: Option<Vec<u8>>,
    /// The bearer token, without the word `Bearer`.
    pub token: Option<Secret<Vec<u8>>>,
}

/// `gs2-header = [gs2-nonstd-flag ","] gs2-cbind-flag "," [authzid] ","` (RFC 5801, section 4; RFC 5802, section 7).
fn gs2_header(input: &[u8]) -> IResult<&[u8], Option<Vec<u8>>> {
    let cbind = alt((value((), preceded(tag("p="), is_not(","))), value((), alt((char('n'), char('y'))))));
    let authzid = map(opt(preceded(tag("a="), take_till(|byte| byte == b','))), |name| name.map(saslname));
    delimited((opt(tag("F,")), cbind, char(',')), authzid, char(',')).parse(input)
}

/// The part after the GS2 header of a mechanism's first message; `None` if there is no such header.
pub fn gs2_rest(decoded: &[u8]) -> Option<&[u8]> {
    gs2_header(decoded).ok().map(|(rest, _)| rest)
}

/// The authorization identity in a GS2 header, unescaped; `None` if there is none.
pub fn gs2_authzid(decoded: &[u8]) -> Option<Vec<u8>> {
    gs2_header(decoded).ok().and_then(|(_, authzid)| authzid)
}

/// `saslname`: `=2C` is a comma, `=3D` an equals sign (RFC 5802, section 5.1).
fn saslname(mut escaped: &[u8]) -> Vec<u8> {
    let mut name = Vec::with_capacity(escaped.len());
    while let Some((&byte, after)) = escaped.split_first() {
        let (byte, after) = match (byte, after) {
            (b'=', [b'2', b'C' | b'c', after @ ..]) => (b',', after),
            (b'=', [b'3', b'D' | b'd', after @ ..]) => (b'=', after),
            other => other,
        };
        name.push(byte);
        escaped = after;
    }
    name
}

/// `client-first-message = gs2-header client-first-message-bare` (RFC 5802, section 7).
pub fn scram_client_first(decoded: &[u8]) -> Option<Identity> {
    let reserved = (tag("m="), is_not(","), char(','));
    let username = preceded((opt(reserved), tag("n=")), take_till(|byte| byte == b','));
    let (_, (authzid, username, _)) = (gs2_header, username, tag(",r=")).parse(decoded).ok()?;
    Some(Identity { authzid, username: Some(saslname(username)), token: None })
}

/// `client-final-message`: ends in `,p=` and the proof (RFC 5802, section 7).
pub fn is_scram_client_final(decoded: &[u8]) -> bool {
    decoded.starts_with(b"c=") && memchr::memmem::rfind(decoded, b",p=").is_some()
}

/// `client-resp = gs2-header kvsep *kvpair kvsep` (RFC 7628, section 3.1).
pub fn oauthbearer(decoded: &[u8]) -> Option<Identity> {
    let (pairs, (authzid, _)) = (gs2_header, char('\x01')).parse(decoded).ok()?;
    Some(Identity { username: authzid.clone(), authzid, token: Some(bearer(pairs)?) })
}

/// `user=` name `^A auth=Bearer ` token `^A^A` (Google's XOAUTH2).
pub fn xoauth2(decoded: &[u8]) -> Option<Identity> {
    let username = decoded.split(|&byte| byte == 1).find_map(|pair| pair.strip_prefix(b"user="));
    Some(Identity { authzid: None, username: username.map(<[u8]>::to_vec), token: Some(bearer(decoded)?) })
}

/// What the server's report says of the token: `{"status":"invalid_token",…}`, where XOAUTH2 has an HTTP status (RFC 7628,
/// section 3.2.2; RFC 6750, section 3.1).
pub fn report(decoded: &[u8]) -> Option<LoginCause> {
    let after = memchr::memmem::find(decoded, b"\"status\"").and_then(|at| decoded.get(at + 8..))?;
    let value = after.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
    let value = value.strip_prefix(b"\"").unwrap_or(value);
    let end = value.iter().position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_').unwrap_or(value.len());
    Some(match value.get(..end)?.to_ascii_lowercase().as_slice() {
        b"invalid_token" | b"400" | b"401" => LoginCause::WrongSecret,
        b"invalid_request" => LoginCause::Malformed,
        b"insufficient_scope" | b"403" => LoginCause::SwitchedOff,
        [b'5', _, _] => LoginCause::Temporary,
        b"429" => LoginCause::Limit,
        _ => return None,
    })
}

/// The token of the pair `auth=Bearer …` among pairs that a `^A` separates.
fn bearer(pairs: &[u8]) -> Option<Secret<Vec<u8>>> {
    let scheme = |pair| -> IResult<&[u8], ()> {
        value((), (tag_no_case("auth=bearer"), take_while1(|byte| byte == b' '))).parse(pair)
    };
    pairs.split(|&byte| byte == 1).find_map(|pair| scheme(pair).ok()).map(|(token, ())| Secret::new(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read_as_tolerantly_as_servers_do() {
        for text in ["dGVzdA==", "dGVzdA", "dGVzdA=", "dGVz\r\ndA==", "dGVzdA====", " dGVzdA=="] {
            assert_eq!(base64(text.as_bytes()).as_deref(), Some(&b"test"[..]), "{text:?}");
        }
        for text in ["!!not base64!!", "a", "dGVz,A=="] {
            assert_eq!(base64(text.as_bytes()), None, "{text:?}");
        }
    }

    #[test]
    fn plain_keeps_all_that_follows_the_second_nul() {
        let parts = |bytes| plain(bytes).map(|p| (p.authzid, p.authcid, p.passwd.into_revealed()));
        assert_eq!(parts(b"\0tim\0tanstaaftanstaaf"), Some((&b""[..], &b"tim"[..], &b"tanstaaftanstaaf"[..])));
        assert_eq!(parts(b"Ursel\0Kurt\0xipj3plmq"), Some((&b"Ursel"[..], &b"Kurt"[..], &b"xipj3plmq"[..])));
        assert_eq!(parts(b"\0tim\0a\0b"), Some((&b""[..], &b"tim"[..], &b"a\0b"[..])));
        assert_eq!(parts(b"tim\0secret"), Some((&b""[..], &b"tim"[..], &b"secret"[..])));
        assert_eq!(parts(b"tim"), None);
        assert_eq!(parts(b"\0tim"), None);
    }

    #[test]
    fn directives_may_be_quoted_escaped_and_spaced() {
        let found = digest_md5(br#"username="a\"b\\c", realm=x ,, nc=00000001,qop="""#).expect("directives");
        let found: Vec<_> = found.iter().map(|(name, value)| (*name, &value[..])).collect();
        assert_eq!(
            found,
            [(&b"username"[..], &br#"a"b\c"#[..]), (b"realm", b"x"), (b"nc", b"00000001"), (b"qop", b""),]
        );
        assert_eq!(digest_md5(b"no directive at all"), None);
        assert_eq!(digest_md5(b""), None);
    }

    #[test]
    fn a_report_on_the_token_has_a_status() {
        let said = |text: &str| report(text.as_bytes());
        assert_eq!(said(r#"{"status":"401","schemes":"bearer"}"#), Some(LoginCause::WrongSecret));
        assert_eq!(said(r#"{"scope" : "x", "status" : "invalid_token"}"#), Some(LoginCause::WrongSecret));
        assert_eq!(said(r#"{"status":"insufficient_scope"}"#), Some(LoginCause::SwitchedOff));
        assert_eq!(said(r#"{"status":400}"#), Some(LoginCause::WrongSecret));
        assert_eq!(said(r#"{"status":"#), None);
        assert_eq!(said(r#"{"status":"new_word"}"#), None);
        assert_eq!(said("{}"), None);
    }

    #[test]
    fn a_scram_name_is_unescaped() {
        let first = scram_client_first(b"p=tls-unique,a=ad=2Cmin,n=us=3Der=2C,r=abc").expect("a first message");
        assert_eq!((first.authzid.as_deref(), first.username.as_deref()), (Some(&b"ad,min"[..]), Some(&b"us=er,"[..])));
        assert_eq!(scram_client_first(b"n=user,r=abc"), None);
    }
}
