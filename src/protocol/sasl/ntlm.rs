//! NTLM's three messages ([MS-NLMP], section 2.2.1), told as text.

use crate::protocol::secret::Secret;
use data_encoding::HEXLOWER;
use nom::bytes::complete::{tag, take};
use nom::number::complete::{le_u16, le_u32};
use nom::{IResult, Parser};

/// NTLMSSP_NEGOTIATE_UNICODE: strings are UTF-16LE, not the OEM character set.
const UNICODE: u32 = 1;
/// NTLMSSP_NEGOTIATE_OEM_DOMAIN_SUPPLIED and NTLMSSP_NEGOTIATE_OEM_WORKSTATION_SUPPLIED.
const SUPPLIED: (u32, u32) = (0x1000, 0x2000);

/// A message, its interesting fields already readable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// NEGOTIATE_MESSAGE: who is going to ask.
    Negotiate {
        /// Of the client's machine; often empty.
        domain: String,
        /// The client's machine; often empty.
        workstation: String,
    },
    /// CHALLENGE_MESSAGE.
    Challenge {
        /// The server's domain or name.
        target: String,
        /// ServerChallenge, in hex.
        challenge: String,
    },
    /// AUTHENTICATE_MESSAGE.
    Authenticate {
        /// Where the user is at home.
        domain: String,
        /// The user.
        user: String,
        /// The client's machine.
        workstation: String,
        /// LmChallengeResponse, in hex.
        lm: Secret<String>,
        /// NtChallengeResponse, in hex.
        nt: Secret<String>,
    },
}

impl Message {
    /// Reads a decoded payload; `None` where it is no NTLM message.
    pub fn parse(message: &[u8]) -> Option<Self> {
        let (fixed, kind) = header(message).ok()?;
        match kind {
            1 => negotiate(message, fixed),
            2 => challenge(message, fixed),
            3 => authenticate(message, fixed),
            _ => None,
        }
    }
}

impl std::fmt::Display for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Negotiate { domain, workstation } => write!(f, "domain={domain},workstation={workstation}"),
            Self::Challenge { target, challenge } => write!(f, "target={target},challenge={challenge}"),
            Self::Authenticate { domain, user, workstation, lm, nt } => {
                let (lm, nt) = (lm.reveal(), nt.reveal());
                write!(f, "domain={domain},user={user},workstation={workstation},lm={lm},nt={nt}")
            }
        }
    }
}

/// Signature and MessageType.
fn header(input: &[u8]) -> IResult<&[u8], u32> {
    let (input, (_, kind)) = (tag("NTLMSSP\0"), le_u32).parse(input)?;
    Ok((input, kind))
}

/// Where a field's bytes are: Len, MaxLen, BufferOffset.
#[derive(Clone, Copy)]
struct Field {
    len: usize,
    offset: usize,
}

impl Field {
    fn parse(input: &[u8]) -> IResult<&[u8], Self> {
        let (input, (len, _, offset)) = (le_u16, le_u16, le_u32).parse(input)?;
        Ok((input, Self { len: usize::from(len), offset: offset as usize }))
    }

    /// The field's bytes; `None` where they point out of the message.
    fn of(self, message: &[u8]) -> Option<&[u8]> {
        if self.len == 0 {
            return Some(b"");
        }
        message.get(self.offset..)?.get(..self.len)
    }

    fn text(self, message: &[u8], flags: u32) -> Option<String> {
        let bytes = self.of(message)?;
        Some(if flags & UNICODE == 0 {
            String::from_utf8_lossy(bytes).into_owned()
        } else {
            let units = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
            char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        })
    }

    fn hex(self, message: &[u8]) -> Option<String> {
        self.of(message).map(|bytes| HEXLOWER.encode(bytes))
    }
}

fn negotiate(message: &[u8], fixed: &[u8]) -> Option<Message> {
    let (fixed, flags) = le_u32::<_, nom::error::Error<_>>(fixed).ok()?;
    // Both fields are optional (old clients end after the flags), and always in the OEM character set.
    let fields = (Field::parse, Field::parse).parse(fixed).ok();
    let text = |field: Option<Field>, supplied| match field.filter(|_| flags & supplied != 0) {
        Some(field) => field.text(message, 0),
        None => Some(String::new()),
    };
    Some(Message::Negotiate {
        domain: text(fields.map(|(_, (domain, _))| domain), SUPPLIED.0)?,
        workstation: text(fields.map(|(_, (_, workstation))| workstation), SUPPLIED.1)?,
    })
}

fn challenge(message: &[u8], fixed: &[u8]) -> Option<Message> {
    let (_, (target, flags, challenge)) = (Field::parse, le_u32, take(8usize)).parse(fixed).ok()?;
    Some(Message::Challenge { target: target.text(message, flags)?, challenge: HEXLOWER.encode(challenge) })
}

fn authenticate(message: &[u8], fixed: &[u8]) -> Option<Message> {
    let (rest, (lm, nt, domain, user, workstation)) =
        (Field::parse, Field::parse, Field::parse, Field::parse, Field::parse).parse(fixed).ok()?;
    // Messages of the oldest clients have no flags: what would be flags is content, when a field begins there.
    let first_content = [lm, nt, domain, user, workstation].iter().filter(|f| f.len > 0).map(|f| f.offset).min();
    let flags = match (Field::parse, le_u32).parse(rest) {
        Ok((_, (_, flags))) if first_content.is_none_or(|offset| offset >= 64) => flags,
        _ => UNICODE,
    };
    Some(Message::Authenticate {
        domain: domain.text(message, flags)?,
        user: user.text(message, flags)?,
        workstation: workstation.text(message, flags)?,
        lm: Secret::new(lm.hex(message)?),
        nt: Secret::new(nt.hex(message)?),
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// An AUTHENTICATE_MESSAGE with the given texts in UTF-16LE.
    pub fn authenticate_message(domain: &str, user: &str, workstation: &str, nt: &[u8]) -> Vec<u8> {
        let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let contents = [vec![0xaa; 24], nt.to_vec(), utf16(domain), utf16(user), utf16(workstation), Vec::new()];
        let mut message = b"NTLMSSP\0\x03\0\0\0".to_vec();
        let mut offset = 64u32;
        for content in &contents {
            let len = content.len() as u16;
            message.extend(len.to_le_bytes());
            message.extend(len.to_le_bytes());
            message.extend(offset.to_le_bytes());
            offset += u32::from(len);
        }
        message.extend(UNICODE.to_le_bytes());
        contents.iter().for_each(|content| message.extend(content));
        message
    }

    #[test]
    fn the_last_message_names_the_user() {
        let message = authenticate_message("NETLAB", "Алиса", "CSLABC39", &[1, 2, 3]);
        let Some(Message::Authenticate { domain, user, workstation, lm, nt }) = Message::parse(&message) else {
            panic!("not understood");
        };
        assert_eq!([&domain[..], &user, &workstation, nt.reveal()], ["NETLAB", "Алиса", "CSLABC39", "010203"]);
        assert_eq!(lm.reveal().len(), 48);
        for cut in 0..message.len() {
            assert_eq!(Message::parse(&message[..cut]), None, "cut at {cut}");
        }
    }

    #[test]
    fn the_first_two_messages_are_read() {
        let negotiate = b"NTLMSSP\0\x01\0\0\0\x07\x82\x08\xa2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
        assert_eq!(
            Message::parse(negotiate),
            Some(Message::Negotiate { domain: String::new(), workstation: String::new() })
        );
        let challenge = b"NTLMSSP\0\x02\0\0\0\x04\0\x04\0\x20\0\0\0\x01\0\0\0\x01\x23\x45\x67\x89\xab\xcd\xefL\0A\0";
        assert_eq!(
            Message::parse(challenge).map(|m| m.to_string()).as_deref(),
            Some("target=LA,challenge=0123456789abcdef")
        );
    }
}
