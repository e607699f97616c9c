/*!
SASL as an observer sees it (RFC 4422): what the rounds of an exchange carry, whichever protocol they cross in.

A dialogue makes an [`Exchange`] when it sees the AUTH command, feeds it the challenges and responses as they crossed
(still in base64), and takes the finished [`Credential`] when the final reply arrives.

In the credential, `challenge` and `response` are the decoded rounds, several of them separated by line feeds: for SCRAM
that is what an offline guess needs. Payloads that are not text stay in base64, as they crossed. NTLM messages are
written field by field, and Kerberos' first token as the service that it asks for.
*/

mod gssapi;
mod mechanism;
mod ntlm;
mod payload;
mod prompt;
mod refusal;
mod round;
mod typed;

use prompt::Turn;

pub use mechanism::Mechanism;
pub(crate) use payload::base64;
pub use round::{Round, Unencoded};

use super::credential::{Credential, Exposure, LoginCause, LoginOutcome};
use super::number::StepId;
use super::secret::Secret;
use crate::limits::SASL_ROUNDS;

/// Longest mechanism name kept; RFC 4422 allows 20.
const NAME_BYTES: usize = 64;

/// Whether either side has ended an exchange before the final reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum GivenUp {
    No,
    /// The client, by `*`.
    Cancelled,
    /// The server, by an error report on the token (RFC 7628, section 3.2.2). It can only refuse it now.
    Reported,
}

/// One exchange, from the AUTH command to the final reply.
#[derive(Debug)]
pub struct Exchange {
    credential: Credential,
    mechanism: Mechanism,
    turn: Turn,
    /// The last round was the server's. A second challenge in a row means that a response was not captured.
    challenged: bool,
    given_up: GivenUp,
    /// A challenge or a response has crossed.
    begun: bool,
    /// The mechanism was not captured: the first round that shows it decides.
    unseen: bool,
    /// A challenge was neither base64 nor a prompt.
    misunderstood: bool,
    /// A response was not in base64.
    unencoded: bool,
    /// A response was base64 that strict servers refuse, or not what the mechanism demands.
    irregular: bool,
    /// What the server's report on the token says (RFC 7628, section 3.2.2).
    reported: Option<LoginCause>,
    /// Bytes of the last response.
    sent: usize,
    rounds: usize,
}

impl Exchange {
    /// Begins with the mechanism's name as sent. If the command carried an initial response, the dialogue passes it to
    /// [`Exchange::response`] before it reports the command's step: that step needs to know what the response is. Its
    /// number then goes to [`Exchange::add_step`], like any other.
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
            unseen: false,
            misunderstood: false,
            unencoded: false,
            irregular: false,
            reported: None,
            sent: 0,
            rounds: 0,
        }
    }

    /// An exchange whose command was not captured, or not its mechanism: prompts and responses show which it is.
    pub fn unseen() -> Self {
        let exchange = Self::new(b"");
        let credential = Credential { mechanism: "AUTH".to_owned(), ..exchange.credential };
        Self { credential, unseen: true, begun: true, ..exchange }
    }

    /// The mechanism.
    pub fn mechanism(&self) -> Mechanism {
        self.mechanism
    }

    /// True if the server cannot have accepted the login yet: the mechanism needs a response, and none has crossed.
    pub fn waits_for_client(&self) -> bool {
        !self.begun && self.mechanism.begins_with_client()
    }

    /// Reads a challenge as it crossed (base64, without `334 ` or `+ `). Does not record the step: see
    /// [`Exchange::add_step`].
    pub fn challenge(&mut self, base64: &[u8]) -> Round {
        self.begun = true;
        let unanswered = std::mem::replace(&mut self.challenged, true);
        let base64 = base64.trim_ascii();
        let decoded = match base64 {
            b"" | b"=" => Some(Vec::new()),
            _ => payload::base64(base64),
        };
        // Some servers send their prompts as they are.
        let asked = decoded.as_deref().and_then(prompt::asked).or_else(|| prompt::asked(base64));
        if self.unseen && asked.is_some() {
            self.is("LOGIN");
        }
        let decoded = decoded.or_else(|| asked.map(|_| base64.to_vec()));
        match (self.mechanism, decoded) {
            (Mechanism::Login, Some(_)) => {
                self.prompted(asked, unanswered);
                match self.turn {
                    Turn::Username => Round::AsksUsername,
                    Turn::Password => Round::AsksPassword,
                    Turn::Over => Round::Challenge(Mechanism::Login),
                }
            }
            (mechanism, Some(decoded)) if decoded.is_empty() => Round::GoAhead(mechanism),
            (mechanism, Some(decoded)) => {
                if self.has_room() && self.is_asked(&decoded) {
                    let readable = self.readable(&decoded, base64);
                    append(&mut self.credential.challenge, readable);
                }
                if self.credential.token.is_some() && decoded.starts_with(b"{") {
                    self.given_up = GivenUp::Reported;
                    self.reported = payload::report(&decoded);
                    return self.reported.map_or(Round::Challenge(mechanism), |cause| Round::Report(mechanism, cause));
                }
                Round::Challenge(mechanism)
            }
            // Microsoft Exchange sends `334 ntlm supported`.
            (Mechanism::Ntlm, None) if base64.get(..4).is_some_and(|word| word.eq_ignore_ascii_case(b"ntlm")) => {
                Round::GoAhead(Mechanism::Ntlm)
            }
            (mechanism, None) => {
                self.misunderstood = true;
                Round::Malformed(mechanism)
            }
        }
    }

    /// LOGIN's prompt. `unanswered`: there was one before it, and no response to that was captured.
    fn prompted(&mut self, asked: Option<prompt::Asks>, unanswered: bool) {
        self.turn = match asked {
            Some(prompt::Asks::Password) => Turn::Password,
            // A server that takes no initial response asks again, and the client goes on with its password
            // nevertheless: after a user name, what follows may be either.
            Some(prompt::Asks::Username) if self.credential.username.is_none() => Turn::Username,
            _ if unanswered => self.turn.next(),
            // The password was asked for first.
            None if self.turn == Turn::Over
                && self.credential.username.is_none()
                && self.credential.password.is_some() =>
            {
                Turn::Username
            }
            _ => self.turn,
        };
    }

    /// Reads a response as it crossed (base64; `=` is an empty initial response; `*` cancels).
    pub fn response(&mut self, base64: &[u8]) -> Round {
        self.begun = true;
        let base64 = base64.trim_ascii();
        self.sent = base64.len();
        let challenged = std::mem::replace(&mut self.challenged, false);
        match base64 {
            b"*" => {
                self.given_up = GivenUp::Cancelled;
                return Round::Cancel;
            }
            // An empty initial response does not answer LOGIN's first prompt; an empty line after a prompt does.
            b"" | b"=" if self.mechanism != Mechanism::Login || !challenged => return Round::Empty(self.mechanism),
            _ => {}
        }
        // RFC 4648, sections 3.1 and 3.2: no line ends inside, and padding to a multiple of four.
        self.irregular |= base64 != b"=" && !base64.len().is_multiple_of(4);
        self.irregular |= base64.iter().any(u8::is_ascii_whitespace);
        let decoded = if base64 == b"=" { Some(Vec::new()) } else { payload::base64(base64) };
        if self.unseen
            && let Some(name) = decoded.as_deref().and_then(payload::mechanism)
        {
            self.is(name);
        }
        let round = match decoded {
            Some(decoded) if self.mechanism != Mechanism::Login || !payload::looks_typed(base64, &decoded) => {
                self.decoded_response(&decoded, base64)
            }
            _ => self.unencoded_response(base64),
        };
        self.irregular |= matches!(round, Round::Malformed(_));
        if self.mechanism == Mechanism::Login {
            self.turn = self.turn.next();
        }
        // What a proof holds is kept as the response.
        let is_kept = matches!(round, Round::Proof(_));
        if round.is_secret() && !is_kept && !base64.is_empty() && self.has_room() {
            self.credential.wire_forms.push(Secret::new(base64));
        }
        round
    }

    /// The rounds have shown the mechanism, whose name was not captured.
    fn is(&mut self, name: &str) {
        self.unseen = false;
        self.mechanism = Mechanism::named(name);
        self.credential.mechanism = format!("AUTH {name}");
    }

    /// Notes a response that was not captured whole.
    pub fn missed(&mut self) {
        self.begun = true;
        self.challenged = false;
        self.turn = self.turn.next();
    }

    /// Records a step that belongs to the exchange. The list stays bounded however long the exchange is: all steps
    /// beyond [`crate::limits::STEPS_PER_SESSION`] have the same number, and the session counts them.
    pub fn add_step(&mut self, step: StepId) {
        if self.credential.steps.last() != Some(&step) {
            self.credential.steps.push(step);
        }
    }

    /// True where the last response is as long as the lines that encoders break base64 into (RFC 2045, section 6.8; RFC
    /// 7468): a line of base64 after it is its rest, which SASL does not allow.
    pub fn may_be_wrapped(&self) -> bool {
        matches!(self.sent, 60 | 64 | 72 | 76)
    }

    /// The client gave it up by `*`.
    pub fn is_cancelled(&self) -> bool {
        self.given_up == GivenUp::Cancelled
    }

    /// The attempt, as far as it went. If the client cancelled it, a rejection or a missing reply counts as cancelled.
    pub fn finish(self, outcome: LoginOutcome) -> Credential {
        let outcome = match (outcome, self.given_up) {
            (LoginOutcome::Rejected | LoginOutcome::Unknown, GivenUp::Cancelled) => LoginOutcome::Cancelled,
            // Many clients send nothing more after the error report.
            (LoginOutcome::Unknown, GivenUp::Reported) => LoginOutcome::Rejected,
            (other, _) => other,
        };
        let cause = match outcome {
            LoginOutcome::Cancelled => Some(LoginCause::Cancelled),
            LoginOutcome::Accepted => None,
            LoginOutcome::Rejected | LoginOutcome::Unknown => self.reported,
        };
        let mut credential = Credential { outcome, cause, ..self.credential };
        // What the server has accepted was base64 after all, whatever its bytes look like.
        if self.unencoded && self.mechanism == Mechanism::Login && outcome == LoginOutcome::Accepted {
            let decoded = |secret: &Secret<Vec<u8>>| payload::base64(secret.reveal()).map(Secret::new);
            if let Some(password) = credential.password.as_ref().and_then(decoded) {
                credential.password = Some(password);
            }
        }
        credential
    }

    fn decoded_response(&mut self, decoded: &[u8], base64: &[u8]) -> Round {
        match self.mechanism {
            Mechanism::Plain => self.plain(decoded),
            Mechanism::Login => self.login(decoded),
            Mechanism::CramMd5 | Mechanism::Cram => match payload::cram(decoded) {
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
        self.password(parts.passwd.reveal());
        match parts.passwd.reveal() {
            b"" if parts.authcid.is_empty() => Round::Empty(self.mechanism),
            b"" => Round::Username,
            _ => Round::Identity,
        }
    }

    /// An empty password is no secret.
    fn password(&mut self, password: &[u8]) {
        self.credential.password = Some(Secret::new(password)).filter(|_| !password.is_empty());
        self.credential.exposure = if password.is_empty() { Exposure::None } else { Exposure::Plaintext };
    }

    fn login(&mut self, decoded: &[u8]) -> Round {
        match self.turn {
            Turn::Username => {
                self.credential.username = some(decoded);
                Round::Username
            }
            // The server has asked for the user name again, and the client repeats it.
            Turn::Password
                if self.credential.username.as_deref() == Some(decoded) && self.credential.password.is_none() =>
            {
                self.turn = Turn::Username;
                Round::Username
            }
            Turn::Password => {
                self.password(decoded);
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

    /// The principal is encrypted. The authorization identity is in the last token, or in GS2's header.
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
                self.credential.token = identity.token.filter(|token| !token.reveal().is_empty());
                if self.credential.token.is_some() {
                    self.credential.exposure = Exposure::Token;
                }
                Round::Token
            }
            // The client's answer to the server's error report (RFC 7628, section 3.2.3).
            None if decoded == b"\x01" => Round::Empty(self.mechanism),
            None => Round::Malformed(self.mechanism),
        }
    }

    /// Keeps a response from which the password could be guessed offline.
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

    /// True if another payload may be kept; counts it as kept or left out. One that is left out is still in its step.
    fn has_room(&mut self) -> bool {
        let has_room = self.rounds < SASL_ROUNDS;
        match has_room {
            true => self.rounds += 1,
            false => self.credential.rounds_left_out = self.credential.rounds_left_out.saturating_add(1),
        }
        has_room
    }

    /// False for the server's own proof and for an error report, which follow the client's proof and are not kept.
    fn is_asked(&self, decoded: &[u8]) -> bool {
        match self.mechanism {
            Mechanism::DigestMd5 => !decoded.starts_with(b"rspauth="),
            Mechanism::Scram => !decoded.starts_with(b"v=") && !decoded.starts_with(b"e="),
            Mechanism::XOauth2 | Mechanism::OauthBearer => false,
            _ => true,
        }
    }

    /// The fields of an NTLM message or Kerberos token, written as text; else `decoded` if it is text, else `base64`.
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

/// `None` for an empty name.
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
