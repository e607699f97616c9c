//! What the rounds of a SASL exchange do.

use crate::protocol::event::LoginCause;
use crate::protocol::sasl::{Mechanism, Round, Unencoded};

fn name(mechanism: Mechanism) -> &'static str {
    match mechanism {
        Mechanism::Plain => "PLAIN",
        Mechanism::Login => "LOGIN",
        Mechanism::CramMd5 => "CRAM-MD5",
        Mechanism::Cram => "CRAM",
        Mechanism::DigestMd5 => "DIGEST-MD5",
        Mechanism::Scram => "SCRAM",
        Mechanism::Ntlm => "NTLM",
        Mechanism::Gssapi => "GSSAPI (Kerberos)",
        Mechanism::XOauth2 => "XOAUTH2",
        Mechanism::OauthBearer => "OAUTHBEARER",
        Mechanism::External => "EXTERNAL",
        Mechanism::Anonymous => "ANONYMOUS",
        Mechanism::Other => "the mechanism",
    }
}

pub fn challenge(round: Round) -> String {
    match round {
        Round::GoAhead(mechanism) => format!("The server waits for the client's part of {}", name(mechanism)),
        Round::AsksUsername => "The server asks for the user name (in base64)".to_owned(),
        Round::AsksPassword => "The server asks for the password (in base64)".to_owned(),
        Round::Challenge(mechanism) => its_challenge(mechanism).to_owned(),
        Round::Report(mechanism, cause) => {
            let why = match cause {
                LoginCause::WrongSecret => "it is not valid, or has expired",
                LoginCause::Malformed => "the request for it is not as it should be",
                LoginCause::SwitchedOff => "it does not allow this",
                LoginCause::Limit => "there were too many attempts",
                LoginCause::Temporary => "it cannot be checked at the moment",
                _ => "the reason is in the text, in base64",
            };
            format!("The server refuses the token ({}): {why}", name(mechanism))
        }
        Round::Malformed(mechanism) => format!("The server's challenge has not the form that {} has", name(mechanism)),
        Round::Username
        | Round::Password
        | Round::Identity
        | Round::Token
        | Round::Proof(_)
        | Round::Empty(_)
        | Round::Unencoded(_)
        | Round::Cancel => "The server sends what the client should have sent".to_owned(),
    }
}

fn its_challenge(mechanism: Mechanism) -> &'static str {
    match mechanism {
        Mechanism::Plain => "The server sends a challenge, though PLAIN has none",
        Mechanism::Login => "The server asks for more than the user name and the password of LOGIN",
        Mechanism::CramMd5 => "The server sends a challenge, to be digested together with the password (CRAM-MD5)",
        Mechanism::Cram => "The server sends a challenge, to be digested together with the password (CRAM)",
        Mechanism::DigestMd5 => "The server sends realm and nonce, or its own proof (DIGEST-MD5)",
        Mechanism::Scram => "The server sends salt, iteration count and nonce, or its own proof (SCRAM)",
        Mechanism::Ntlm => "The server sends its NTLM challenge and the name of its domain",
        Mechanism::Gssapi => "The server sends its part of the Kerberos exchange (GSSAPI)",
        Mechanism::XOauth2 => "The server says why it refuses the token (XOAUTH2)",
        Mechanism::OauthBearer => "The server says why it refuses the token (OAUTHBEARER)",
        Mechanism::External => "The server sends a challenge, though EXTERNAL has none",
        Mechanism::Anonymous => "The server sends a challenge, though ANONYMOUS has none",
        Mechanism::Other => "The server sends a challenge",
    }
}

pub fn response(round: Round) -> String {
    match round {
        Round::Username => "Gives the user name, in base64, which hides nothing".to_owned(),
        Round::Password => "Gives the password, in base64, which hides nothing".to_owned(),
        Round::Identity => "Gives user name and password together, in base64, which hides nothing".to_owned(),
        Round::Token => "Gives a bearer token, which is as good as a password".to_owned(),
        Round::Proof(mechanism) => proof(mechanism).to_owned(),
        Round::Empty(mechanism) => format!("An empty response, which {} needs here", name(mechanism)),
        Round::Unencoded(what) => unencoded(what).to_owned(),
        Round::Cancel => "The client gives up logging in".to_owned(),
        Round::Malformed(mechanism) => format!("The client's response has not the form that {} has", name(mechanism)),
        Round::GoAhead(_) | Round::AsksUsername | Round::AsksPassword | Round::Challenge(_) | Round::Report(..) => {
            "The client sends what the server should have sent".to_owned()
        }
    }
}

fn unencoded(what: Unencoded) -> &'static str {
    match what {
        Unencoded::Username => "Gives the user name as it is; the server expects base64, and will hardly understand it",
        Unencoded::Password => "Gives the password as it is; the server expects base64, and will hardly understand it",
        Unencoded::Identity => {
            "Gives user name and password as they are; the server expects base64, and will hardly understand them"
        }
        Unencoded::Token => "Gives a bearer token as it is; the server expects base64, and will hardly understand it",
        Unencoded::Other => "Gives its response as it is; the server expects base64, and will hardly understand it",
    }
}

fn proof(mechanism: Mechanism) -> &'static str {
    match mechanism {
        Mechanism::Plain => "Goes on with PLAIN without giving a password",
        Mechanism::Login => "Goes on with LOGIN without giving a password",
        Mechanism::CramMd5 => "Gives the user name, and a digest of challenge and password (CRAM-MD5)",
        Mechanism::Cram => "Gives the user name, and a digest of challenge and password (CRAM)",
        Mechanism::DigestMd5 => "Gives the user name, and a digest of nonces and password (DIGEST-MD5)",
        Mechanism::Scram => "Gives the user name and a nonce, or the proof of knowing the password (SCRAM)",
        Mechanism::Ntlm => "Negotiates NTLM, or gives domain, user and the response to the challenge",
        Mechanism::Gssapi => "Gives its part of the Kerberos exchange (GSSAPI)",
        Mechanism::XOauth2 => "Goes on with XOAUTH2",
        Mechanism::OauthBearer => "Goes on with OAUTHBEARER",
        Mechanism::External => "Names the user that the TLS certificate stands for (EXTERNAL)",
        Mechanism::Anonymous => "Names itself as a guest, without a password (ANONYMOUS)",
        Mechanism::Other => "Gives its response to the challenge",
    }
}
