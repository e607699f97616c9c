/*!
SASL seen from outside (RFC 4422): what the rounds of an exchange carry, whichever protocol they cross in.

A dialogue makes an [`Exchange`] when it sees the AUTH command, feeds it the challenges and responses as they crossed
(still in base64), and takes the finished [`Credential`] when the reply has decided.

In the credential, `challenge` and `response` are the decoded rounds, those of several rounds separated by line feeds:
for SCRAM that is what an offline guess needs. Payloads that are no text stay in base64, as they crossed; NTLM's are
told field by field, and of Kerberos' first the service that it asks for.
*/

mod gssapi;
mod ntlm;
mod payload;

use super::credential::{Credential, Exposure, LoginOutcome};
use super::number::StepId;
use super::secret::Secret;
use crate::limits::SASL_ROUNDS;

/// Longest mechanism name kept; RFC 4422 allows 20.
const NAME_BYTES: usize = 64;

/// A mechanism, as far as its payload is understood here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mechanism {
    /// RFC 4616.
    Plain,
    /// draft-murchison-sasl-login.
    Login,
    /// RFC 2195.
    CramMd5,
    /// RFC 2831.
    DigestMd5,
    /// RFC 5802, 7677: any hash, with or without channel binding.
    Scram,
    /// MS-NLMP.
    Ntlm,
    /// RFC 4752, and the other wrappings of GSS-API and Kerberos.
    Gssapi,
    /// Google's bearer token.
    XOauth2,
    /// RFC 7628.
    OauthBearer,
    /// RFC 4422, appendix A.
    External,
    /// RFC 4505.
    Anonymous,
    /// Named, payload kept.
    Other,
}

impl Mechanism {
    /// By its name, upper case.
    fn named(name: &str) -> Self {
        match name {
            "PLAIN" => Self::Plain,
            "LOGIN" => Self::Login,
            "CRAM-MD5" => Self::CramMd5,
            "DIGEST-MD5" => Self::DigestMd5,
            "NTLM" => Self::Ntlm,
            "GSSAPI" | "GSS-SPNEGO" | "KERBEROS_V4" | "KERBEROS_V5" => Self::Gssapi,
            "XOAUTH2" => Self::XOauth2,
            "OAUTHBEARER" => Self::OauthBearer,
            "EXTERNAL" => Self::External,
            "ANONYMOUS" => Self::Anonymous,
            _ if name.starts_with("SCRAM-") => Self::Scram,
            _ if name.starts_with("GS2-") => Self::Gssapi,
            _ => Self::Other,
        }
    }

    /// True where this is the name of a mechanism, in upper case, that is understood here.
    pub fn is_known(name: &str) -> bool {
        Self::named(name) != Self::Other
    }

    /// True where nothing can be decided before the client has said something.
    fn begins_with_client(self) -> bool {
        matches!(
            self,
            Self::Plain | Self::Login | Self::Scram | Self::Ntlm | Self::Gssapi | Self::XOauth2 | Self::OauthBearer
        )
    }

    /// True where a client's payload is a password or a token, also when it is malformed.
    fn carries_secrets(self) -> bool {
        matches!(self, Self::Plain | Self::Login | Self::XOauth2 | Self::OauthBearer)
    }
}

/// What one round of an exchange is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Round {
    /// Server: go ahead, nothing to say (an empty challenge).
    GoAhead(Mechanism),
    /// Server, LOGIN: asks for the user name.
    AsksUsername,
    /// Server, LOGIN: asks for the password.
    AsksPassword,
    /// Server: a challenge of the mechanism.
    Challenge(Mechanism),
    /// Client: the user name alone (LOGIN; the identity of EXTERNAL, the trace of ANONYMOUS).
    Username,
    /// Client, LOGIN: the password.
    Password,
    /// Client: user name and password together (PLAIN).
    Identity,
    /// Client: a bearer token.
    Token,
    /// Client: a proof of the mechanism, no password in it.
    Proof(Mechanism),
    /// Client: an empty response.
    Empty(Mechanism),
    /// Client: `*`, gives up.
    Cancel,
    /// Either: not valid base64, or not of the mechanism's form.
    Malformed(Mechanism),
}

impl Round {
    /// True where the payload is a secret (a password or token) that must be masked on request. What a client sends as
    /// PLAIN or LOGIN in a wrong form (its password not in base64, say) counts as one.
    pub fn is_secret(self) -> bool {
        match self {
            Self::Password | Self::Identity | Self::Token => true,
            Self::Malformed(mechanism) => mechanism.carries_secrets(),
            _ => false,
        }
    }
}

/// What LOGIN, whose prompts say what they like, is about next: the order decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    Username,
    Password,
    Over,
}

impl Turn {
    fn next(self) -> Self {
        match self {
            Self::Username => Self::Password,
            Self::Password | Self::Over => Self::Over,
        }
    }
}

/// Whether either side has put an end to an exchange before the reply that decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum GivenUp {
    No,
    /// The client, by `*`.
    Cancelled,
    /// The server, which has reported what is wrong with the token (RFC 7628, section 3.2.2) and can only refuse it now.
    Reported,
}

/// One exchange, from the AUTH command to the reply that decides.
#[derive(Debug)]
pub struct Exchange {
    credential: Credential,
    mechanism: Mechanism,
    turn: Turn,
    /// The last round was the server's. A challenge upon a challenge means that a response was not captured.
    challenged: bool,
    given_up: GivenUp,
    /// Something was said after the mechanism's name.
    begun: bool,
    rounds: usize,
}

impl Exchange {
    /// Begins with the mechanism's name as sent. An initial response, if the command carried one, is then fed through
    /// [`Exchange::response`]: what it is must be known before the command's step can be told, which comes by
    /// [`Exchange::add_step`] like any other.
    pub fn new(name: &[u8]) -> Self {
        let name = name.get(..NAME_BYTES).unwrap_or(name);
        let name = String::from_utf8_lossy(name).to_ascii_uppercase();
        let mechanism = Mechanism::named(&name);
        let credential = Credential { mechanism: format!("AUTH {name}"), ..Credential::default() };
        Self {
            credential,
            mechanism,
            turn: Turn::Username,
            challenged: false,
            given_up: GivenUp::No,
            begun: false,
            rounds: 0,
        }
    }

    /// The mechanism.
    pub fn mechanism(&self) -> Mechanism {
        self.mechanism
    }

    /// True where no success can be meant by what the server says: the client has not said a word of the mechanism's.
    pub fn waits_for_client(&self) -> bool {
        !self.begun && self.mechanism.begins_with_client()
    }

    /// A challenge as it crossed (base64, without `334 ` or `+ `). Does not record the step: see [`Exchange::add_step`].
    pub fn challenge(&mut self, base64: &[u8]) -> Round {
        self.begun = true;
        if std::mem::replace(&mut self.challenged, true) {
            self.turn = self.turn.next();
        }
        let base64 = base64.trim_ascii();
        let decoded = match base64 {
            b"" | b"=" => Some(Vec::new()),
            _ => payload::base64(base64),
        };
        match (self.mechanism, decoded) {
            (Mechanism::Login, Some(_)) => match self.turn {
                Turn::Username => Round::AsksUsername,
                Turn::Password => Round::AsksPassword,
                Turn::Over => Round::Challenge(Mechanism::Login),
            },
            (mechanism, Some(decoded)) if decoded.is_empty() => Round::GoAhead(mechanism),
            (mechanism, Some(decoded)) => {
                if self.has_room() && self.is_asked(&decoded) {
                    let readable = self.readable(&decoded, base64);
                    append(&mut self.credential.challenge, readable);
                }
                if self.credential.token.is_some() && decoded.starts_with(b"{") {
                    self.given_up = GivenUp::Reported;
                }
                Round::Challenge(mechanism)
            }
            // Exchange says `334 ntlm supported`.
            (Mechanism::Ntlm, None) if base64.get(..4).is_some_and(|word| word.eq_ignore_ascii_case(b"ntlm")) => {
                Round::GoAhead(Mechanism::Ntlm)
            }
            (mechanism, None) => Round::Malformed(mechanism),
        }
    }

    /// A response as it crossed (base64; `=` is an empty initial response; `*` cancels).
    pub fn response(&mut self, base64: &[u8]) -> Round {
        self.begun = true;
        let base64 = base64.trim_ascii();
        let challenged = std::mem::replace(&mut self.challenged, false);
        match base64 {
            b"*" => {
                self.given_up = GivenUp::Cancelled;
                return Round::Cancel;
            }
            // An initial response that is empty answers none of LOGIN's two questions; an empty line does.
            b"" | b"=" if self.mechanism != Mechanism::Login || !challenged => return Round::Empty(self.mechanism),
            _ => {}
        }
        let round = match if base64 == b"=" { Some(Vec::new()) } else { payload::base64(base64) } {
            Some(decoded) => self.decoded_response(&decoded, base64),
            None => Round::Malformed(self.mechanism),
        };
        if self.mechanism == Mechanism::Login {
            self.turn = self.turn.next();
        }
        if round.is_secret() && !base64.is_empty() && self.has_room() {
            self.credential.wire_forms.push(Secret::new(base64));
        }
        round
    }

    /// A response crossed of which not all was captured.
    pub fn missed(&mut self) {
        self.begun = true;
        self.challenged = false;
        self.turn = self.turn.next();
    }

    /// Records a step that belongs to the exchange. However long that takes, no more are remembered than
    /// [`crate::limits::STEPS_PER_SESSION`]: those beyond have one number among them, and are counted where they are left
    /// out.
    pub fn add_step(&mut self, step: StepId) {
        if self.credential.steps.last() != Some(&step) {
            self.credential.steps.push(step);
        }
    }

    /// The attempt, as far as it went. An exchange that the client cancelled is not one that the server rejected.
    pub fn finish(self, outcome: LoginOutcome) -> Credential {
        let outcome = match (outcome, self.given_up) {
            (LoginOutcome::Rejected | LoginOutcome::Unknown, GivenUp::Cancelled) => LoginOutcome::Cancelled,
            // Many a client says no more once it has been told why.
            (LoginOutcome::Unknown, GivenUp::Reported) => LoginOutcome::Rejected,
            (other, _) => other,
        };
        Credential { outcome, ..self.credential }
    }

    fn decoded_response(&mut self, decoded: &[u8], base64: &[u8]) -> Round {
        match self.mechanism {
            Mechanism::Plain => self.plain(decoded),
            Mechanism::Login => self.login(decoded),
            Mechanism::CramMd5 => match payload::cram_md5(decoded) {
                Some(username) => self.proof(Some(username.to_vec()), decoded, base64),
                None => Round::Malformed(self.mechanism),
            },
            Mechanism::DigestMd5 => self.digest_md5(decoded, base64),
            Mechanism::Scram => self.scram(decoded, base64),
            Mechanism::Ntlm => self.ntlm(decoded, base64),
            Mechanism::XOauth2 => self.token(payload::xoauth2(decoded), decoded),
            Mechanism::OauthBearer => self.token(payload::oauthbearer(decoded), decoded),
            Mechanism::External => {
                self.credential.authorization_id = Some(decoded.to_vec());
                Round::Username
            }
            Mechanism::Anonymous => {
                self.credential.username = Some(decoded.to_vec());
                Round::Username
            }
            Mechanism::Gssapi => self.gssapi(decoded, base64),
            Mechanism::Other => {
                self.keep_response(decoded, base64);
                Round::Proof(self.mechanism)
            }
        }
    }

    fn plain(&mut self, decoded: &[u8]) -> Round {
        let Some(parts) = payload::plain(decoded) else { return Round::Malformed(self.mechanism) };
        self.credential.authorization_id = some(parts.authzid);
        self.credential.username = some(parts.authcid);
        self.credential.password = Some(Secret::new(parts.passwd.reveal()));
        self.credential.exposure = Exposure::Plaintext;
        Round::Identity
    }

    fn login(&mut self, decoded: &[u8]) -> Round {
        match self.turn {
            Turn::Username => {
                self.credential.username = some(decoded);
                Round::Username
            }
            Turn::Password => {
                self.credential.password = Some(Secret::new(decoded));
                self.credential.exposure = Exposure::Plaintext;
                Round::Password
            }
            Turn::Over => Round::Malformed(self.mechanism),
        }
    }

    fn digest_md5(&mut self, decoded: &[u8], base64: &[u8]) -> Round {
        let Some(directives) = payload::digest_md5(decoded) else { return Round::Malformed(self.mechanism) };
        let value = |name: &[u8]| {
            directives.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
        };
        if value(b"response").is_none() {
            return Round::Malformed(self.mechanism);
        }
        self.credential.authorization_id = value(b"authzid").filter(|name| !name.is_empty());
        self.proof(value(b"username"), decoded, base64)
    }

    fn scram(&mut self, decoded: &[u8], base64: &[u8]) -> Round {
        if let Some(identity) = payload::scram_client_first(decoded) {
            self.credential.username = identity.username.filter(|name| !name.is_empty());
            self.credential.authorization_id = identity.authzid.filter(|name| !name.is_empty());
            self.keep_response(decoded, base64);
            return Round::Proof(self.mechanism);
        }
        if payload::is_scram_client_final(decoded) {
            let username = self.credential.username.take();
            return self.proof(username, decoded, base64);
        }
        Round::Malformed(self.mechanism)
    }

    fn ntlm(&mut self, decoded: &[u8], base64: &[u8]) -> Round {
        let Some(message) = ntlm::Message::parse(decoded) else { return Round::Malformed(self.mechanism) };
        self.ntlm_user(&message);
        self.keep_response(decoded, base64);
        Round::Proof(self.mechanism)
    }

    fn ntlm_user(&mut self, message: &ntlm::Message) {
        if let ntlm::Message::Authenticate { user, .. } = message {
            self.credential.username = some(user.as_bytes());
            self.credential.exposure = Exposure::Hash;
        }
    }

    /// Who logs in is encrypted; as whom is said at the end, or in GS2's header.
    fn gssapi(&mut self, decoded: &[u8], base64: &[u8]) -> Round {
        let gs2 = self.credential.authorization_id.is_none().then(|| payload::gs2_authzid(decoded)).flatten();
        let authzid = match gssapi::Token::parse(decoded) {
            Some(gssapi::Token::AuthorizationId(authzid)) => some(authzid),
            Some(gssapi::Token::Ntlm(message)) => {
                if let Some(message) = ntlm::Message::parse(message.reveal()) {
                    self.ntlm_user(&message);
                }
                None
            }
            Some(gssapi::Token::Service(_)) | None => None,
        };
        if let Some(authzid) = authzid.or(gs2) {
            self.credential.username = Some(authzid.clone());
            self.credential.authorization_id = Some(authzid);
        }
        self.keep_response(decoded, base64);
        Round::Proof(self.mechanism)
    }

    fn token(&mut self, identity: Option<payload::Identity>, decoded: &[u8]) -> Round {
        match identity {
            Some(identity) => {
                self.credential.username = identity.username;
                self.credential.authorization_id = identity.authzid;
                self.credential.token = identity.token;
                self.credential.exposure = Exposure::Token;
                Round::Token
            }
            // What a client says to the server's error report (RFC 7628, section 3.2.3).
            None if decoded == b"\x01" => Round::Empty(self.mechanism),
            None => Round::Malformed(self.mechanism),
        }
    }

    /// The response by which a password could be guessed.
    fn proof(&mut self, username: Option<Vec<u8>>, decoded: &[u8], base64: &[u8]) -> Round {
        self.credential.username = username.filter(|name| !name.is_empty());
        self.credential.exposure = Exposure::Hash;
        self.keep_response(decoded, base64);
        Round::Proof(self.mechanism)
    }

    fn keep_response(&mut self, decoded: &[u8], base64: &[u8]) {
        if self.has_room() {
            let readable = self.readable(decoded, base64);
            let mut rounds = self.credential.response.take().map(Secret::into_revealed);
            append(&mut rounds, readable);
            self.credential.response = rounds.map(Secret::new);
        }
    }

    /// Counts a payload that is to be kept, or that is left out: then it is a step's like any other, and no more.
    fn has_room(&mut self) -> bool {
        let has_room = self.rounds < SASL_ROUNDS;
        match has_room {
            true => self.rounds += 1,
            false => self.credential.rounds_left_out = self.credential.rounds_left_out.saturating_add(1),
        }
        has_room
    }

    /// False for what the server says once the client has shown who it is: a proof of its own, or an error report.
    fn is_asked(&self, decoded: &[u8]) -> bool {
        match self.mechanism {
            Mechanism::DigestMd5 => !decoded.starts_with(b"rspauth="),
            Mechanism::Scram => !decoded.starts_with(b"v=") && !decoded.starts_with(b"e="),
            Mechanism::XOauth2 | Mechanism::OauthBearer => false,
            _ => true,
        }
    }

    /// `decoded` where it is text, else what stands for it.
    fn readable(&self, decoded: &[u8], base64: &[u8]) -> Vec<u8> {
        let ntlm = |message| ntlm::Message::parse(message).map(|message| message.to_string().into_bytes());
        let told = match self.mechanism {
            Mechanism::Ntlm => ntlm(decoded),
            Mechanism::Gssapi => match gssapi::Token::parse(decoded) {
                Some(gssapi::Token::Service(service)) => Some(format!("service={service}").into_bytes()),
                Some(gssapi::Token::Ntlm(message)) => ntlm(message.reveal()),
                Some(gssapi::Token::AuthorizationId(_)) | None => None,
            },
            _ => None,
        };
        if let Some(told) = told {
            return told;
        }
        let is_text = std::str::from_utf8(decoded).is_ok_and(|text| !text.contains(|c: char| c.is_control()));
        if is_text { decoded.to_vec() } else { base64.to_vec() }
    }
}

/// `None` for an empty name: it stands for none.
fn some(name: &[u8]) -> Option<Vec<u8>> {
    (!name.is_empty()).then(|| name.to_vec())
}

fn append(rounds: &mut Option<Vec<u8>>, mut payload: Vec<u8>) {
    match rounds {
        Some(rounds) => {
            rounds.push(b'\n');
            rounds.append(&mut payload);
        }
        None => *rounds = Some(payload),
    }
}

#[cfg(test)]
mod tests;
