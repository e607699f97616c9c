/*!
Why a server refuses a login: read from the words of its reply, then from its codes.

The words come first: Postfix, for one, answers `535 5.7.8 Error: authentication failed: Invalid authentication
mechanism`, where the codes alone speak of wrong credentials. Where neither is known, the cause is
[`LoginCause::Unknown`]: a guess would send the user after the wrong thing.
*/

use super::credential::{LoginCause, LoginOutcome};

/// A reply that does not accept a login.
#[derive(Debug, Clone, Copy, Default)]
pub struct Refusal<'a> {
    /// Its text.
    pub text: &'a [u8],
    /// SMTP: the reply code, and subject and detail of the enhanced status code.
    pub smtp: Option<(u16, Option<(u16, u16)>)>,
    /// POP3 and IMAP: the response code, upper case (`SYS/TEMP`, `AUTHENTICATIONFAILED`).
    pub code: Option<&'a str>,
}

/// Most bytes of a reply in which words are looked for.
const TEXT_BYTES: usize = 2_000;

/// A group of words, all of which must be there, and the cause that they name. The first that fits decides: the special
/// before the general. Lower case.
const WORDS: &[(&[&str], LoginCause)] = &[
    (&["waiting for lock"], LoginCause::InUse),
    (&["waiting for the lock"], LoginCause::InUse),
    (&["timeout"], LoginCause::Temporary),
    (&["timed out"], LoginCause::Temporary),
    // Several reasons at once are none.
    (&["service is not open", "or system is busy"], LoginCause::Unknown),
    (&["base64"], LoginCause::Malformed),
    (&["base 64"], LoginCause::Malformed),
    (&["decod"], LoginCause::Malformed),
    (&["malformed"], LoginCause::Malformed),
    (&["tls", "before"], LoginCause::EncryptionDemanded),
    (&["tls", "until"], LoginCause::EncryptionDemanded),
    (&["use starttls"], LoginCause::EncryptionDemanded),
    (&["use stls"], LoginCause::EncryptionDemanded),
    (&["please use", "tls"], LoginCause::EncryptionDemanded),
    (&["please use", "ssl"], LoginCause::EncryptionDemanded),
    (&["use a secure connection"], LoginCause::EncryptionDemanded),
    (&["use an encrypted connection"], LoginCause::EncryptionDemanded),
    (&["only", "over tls"], LoginCause::EncryptionDemanded),
    (&["only", "over ssl"], LoginCause::EncryptionDemanded),
    (&["only", "with tls"], LoginCause::EncryptionDemanded),
    (&["only", "encrypted"], LoginCause::EncryptionDemanded),
    (&["plaintext", "disallowed"], LoginCause::EncryptionDemanded),
    (&["plaintext", "not allowed"], LoginCause::EncryptionDemanded),
    (&["plaintext", "disabled"], LoginCause::EncryptionDemanded),
    (&["cleartext", "disallowed"], LoginCause::EncryptionDemanded),
    (&["cleartext", "not allowed"], LoginCause::EncryptionDemanded),
    (&["cleartext", "disabled"], LoginCause::EncryptionDemanded),
    (&["non-secure"], LoginCause::EncryptionDemanded),
    (&["encrypt", "requir"], LoginCause::EncryptionDemanded),
    (&["encrypt", "need"], LoginCause::EncryptionDemanded),
    (&["encrypt", "must"], LoginCause::EncryptionDemanded),
    (&["tls", "requir"], LoginCause::EncryptionDemanded),
    (&["tls", "first"], LoginCause::EncryptionDemanded),
    (&["tls", "must"], LoginCause::EncryptionDemanded),
    (&["stls", "first"], LoginCause::EncryptionDemanded),
    (&["ssl", "requir"], LoginCause::EncryptionDemanded),
    (&["ssl", "must"], LoginCause::EncryptionDemanded),
    (&["secure connection", "requir"], LoginCause::EncryptionDemanded),
    (&["without tls"], LoginCause::EncryptionDemanded),
    (&["without ssl"], LoginCause::EncryptionDemanded),
    (&["under a layer"], LoginCause::EncryptionDemanded),
    (&["unencrypted", "not allowed"], LoginCause::EncryptionDemanded),
    (&["unencrypted", "disallowed"], LoginCause::EncryptionDemanded),
    (&["unencrypted", "disabled"], LoginCause::EncryptionDemanded),
    (&["too many"], LoginCause::Limit),
    (&["maximum number"], LoginCause::Limit),
    (&["limit exceeded"], LoginCause::Limit),
    (&["limit reached"], LoginCause::Limit),
    (&["rate limit"], LoginCause::Limit),
    (&["exceeded"], LoginCause::Limit),
    (&["user is locked"], LoginCause::SwitchedOff),
    (&["account", "locked"], LoginCause::SwitchedOff),
    (&["security defaults"], LoginCause::SwitchedOff),
    (&["basic authentication"], LoginCause::SwitchedOff),
    (&["basicauth"], LoginCause::SwitchedOff),
    (&["basic auth "], LoginCause::SwitchedOff),
    (&["did not meet the criteria"], LoginCause::SwitchedOff),
    (&["other pop"], LoginCause::InUse),
    (&["other session"], LoginCause::InUse),
    (&["already in use"], LoginCause::InUse),
    (&["already locked"], LoginCause::InUse),
    (&["maildrop", "in use"], LoginCause::InUse),
    (&["mail drop", " lock"], LoginCause::InUse),
    (&["mail drop", "in use"], LoginCause::InUse),
    (&["maildrop", "busy"], LoginCause::InUse),
    (&["locked by"], LoginCause::InUse),
    (&["mailbox", " lock"], LoginCause::InUse),
    (&["maildrop", " lock"], LoginCause::InUse),
    (&["mailbox", "in use"], LoginCause::InUse),
    (&["mailbox", "busy"], LoginCause::InUse),
    (&["password transition"], LoginCause::PasswordTransition),
    (&["mechanism", "weak"], LoginCause::MechanismNotOffered),
    (&["mechanism", "invalid"], LoginCause::MechanismNotOffered),
    (&["mechanism", "support"], LoginCause::MechanismNotOffered),
    (&["mechanism", "offered"], LoginCause::MechanismNotOffered),
    (&["mechanism", "recogni"], LoginCause::MechanismNotOffered),
    (&["mechanism", "unknown"], LoginCause::MechanismNotOffered),
    (&["mechanism", "available"], LoginCause::MechanismNotOffered),
    (&["mechanism", "not allowed"], LoginCause::MechanismNotOffered),
    (&["mechanism", "disabled"], LoginCause::MechanismNotOffered),
    (&["authentication type"], LoginCause::MechanismNotOffered),
    (&["authentication method"], LoginCause::MechanismNotOffered),
    (&["auth type"], LoginCause::MechanismNotOffered),
    (&["not advertised"], LoginCause::MechanismNotOffered),
    (&["not implemented"], LoginCause::MechanismNotOffered),
    (&["authentication", "not enabled"], LoginCause::MechanismNotOffered),
    (&["authentication", "not supported"], LoginCause::MechanismNotOffered),
    (&["auth", "not available"], LoginCause::MechanismNotOffered),
    (&["disabled"], LoginCause::SwitchedOff),
    (&["suspended"], LoginCause::SwitchedOff),
    (&["deactivated"], LoginCause::SwitchedOff),
    (&["inactive", "account"], LoginCause::SwitchedOff),
    (&["inactive", "user"], LoginCause::SwitchedOff),
    (&["account", "blocked"], LoginCause::SwitchedOff),
    (&["account", "closed"], LoginCause::SwitchedOff),
    (&["not enabled"], LoginCause::SwitchedOff),
    (&["temporar"], LoginCause::Temporary),
    (&["generic failure"], LoginCause::Unknown),
    (&["connection lost to authentication server"], LoginCause::Temporary),
    (&["server error"], LoginCause::Temporary),
    (&["inactiv"], LoginCause::Temporary),
    (&["shut", "down"], LoginCause::Temporary),
    (&["local error"], LoginCause::Temporary),
    (&["internal error"], LoginCause::Temporary),
    (&["service unavailable"], LoginCause::Temporary),
    (&["currently unavailable"], LoginCause::Temporary),
    (&["try again later"], LoginCause::Temporary),
    // Gmail's reply names a page about an "InvalidSecondFactor".
    (&["application-specific password"], LoginCause::SwitchedOff),
    (&["app password"], LoginCause::SwitchedOff),
    (&["authorization code"], LoginCause::SwitchedOff),
    (&["web browser"], LoginCause::SwitchedOff),
    (&["web login required"], LoginCause::SwitchedOff),
    (&["verify your account"], LoginCause::SwitchedOff),
    // A guess at what may be wrong.
    (&["or expired"], LoginCause::WrongSecret),
    (&["expired or"], LoginCause::WrongSecret),
    (&["expired", "token"], LoginCause::WrongSecret),
    (&["password", "expired"], LoginCause::Expired),
    (&["passwd", "expired"], LoginCause::Expired),
    (&["account", "expired"], LoginCause::SwitchedOff),
    (&["credentials", "invalid"], LoginCause::WrongSecret),
    (&["password", "invalid"], LoginCause::WrongSecret),
    (&["password", "incorrect"], LoginCause::WrongSecret),
    (&["password", "wrong"], LoginCause::WrongSecret),
    (&["password", "not accepted"], LoginCause::WrongSecret),
    (&["password", "not match"], LoginCause::WrongSecret),
    (&["password", "mismatch"], LoginCause::WrongSecret),
    (&["password", "not correct"], LoginCause::WrongSecret),
    (&["password", "reject"], LoginCause::WrongSecret),
    (&["passwd", "reject"], LoginCause::WrongSecret),
    (&["password error"], LoginCause::WrongSecret),
    (&["bad", "password"], LoginCause::WrongSecret),
    (&["bad login"], LoginCause::WrongSecret),
    (&["credentials", "incorrect"], LoginCause::WrongSecret),
    (&["user not found"], LoginCause::WrongSecret),
    (&["invalid", "user"], LoginCause::WrongSecret),
    (&["invalid", "login"], LoginCause::WrongSecret),
    (&["invalid", "token"], LoginCause::WrongSecret),
    (&["login", "incorrect"], LoginCause::WrongSecret),
    (&["incorrect", "authentication data"], LoginCause::WrongSecret),
    (&["unknown user"], LoginCause::WrongSecret),
    (&["no such user"], LoginCause::WrongSecret),
    (&["no permission"], LoginCause::SwitchedOff),
];

/// Why the server does not accept a login.
pub fn of(refusal: &Refusal<'_>) -> LoginCause {
    if refusal.code == Some("IN-USE") {
        return LoginCause::InUse;
    }
    let by_words = by_words(refusal.text);
    by_words.or_else(|| refusal.code.and_then(by_response_code)).unwrap_or_else(|| by_smtp(refusal.smtp))
}

/// What the words of a reply that does not accept a login say; `None` where none of them is known.
pub fn by_words(text: &[u8]) -> Option<LoginCause> {
    let text = text.get(..TEXT_BYTES).unwrap_or(text).to_ascii_lowercase();
    let pairs = Pairs::of(&text);
    let says = |word: &&str| pairs.may_have(word.as_bytes()) && memchr::memmem::find(&text, word.as_bytes()).is_some();
    WORDS.iter().find(|(words, _)| words.iter().all(says)).map(|(_, cause)| *cause)
}

/// Which pairs of neighbouring bytes a text has: most words that are looked for can be ruled out by their first pair, at
/// less cost than a search.
struct Pairs([u64; 16]);

impl Pairs {
    fn of(text: &[u8]) -> Self {
        let mut pairs = Self([0; 16]);
        for (&one, &next) in text.iter().zip(text.iter().skip(1)) {
            let bit = Self::bit(one, next);
            pairs.0[bit / 64] |= 1 << (bit % 64);
        }
        pairs
    }

    /// False where `word` is surely not in the text.
    fn may_have(&self, word: &[u8]) -> bool {
        let has = |pair: &[u8]| {
            matches!(pair, [one, next] if {
                let bit = Self::bit(*one, *next);
                self.0[bit / 64] & 1 << (bit % 64) != 0
            })
        };
        word.windows(2).take(4).all(has)
    }

    /// The letters of a text differ in their lower five bits.
    fn bit(one: u8, next: u8) -> usize {
        usize::from(one & 0x1f) << 5 | usize::from(next & 0x1f)
    }
}

/// What the reply decides: nothing, where it is a temporary failure (RFC 5321, section 4.2.1; RFC 3206; RFC 5530).
pub fn outcome(refusal: &Refusal<'_>, cause: LoginCause) -> LoginOutcome {
    let temporary = matches!(refusal.smtp, Some((400..=499, _)))
        || refusal
            .code
            .is_some_and(|code| code == "UNAVAILABLE" || code == "INPROGRESS" || code.starts_with("SYS/TEMP"))
        || refusal.smtp.is_none() && cause == LoginCause::Temporary;
    // A temporary code, and words that only those of a wrong password are: the login was looked at, and refused.
    let temporary = temporary && !(refusal.smtp.is_some() && cause == LoginCause::WrongSecret);
    if temporary { LoginOutcome::Unknown } else { LoginOutcome::Rejected }
}

/// What a connection that ends in the middle of a login decides: nothing, where the server's last words do not say that
/// it refuses the login.
pub fn outcome_of_the_end(cause: LoginCause) -> LoginOutcome {
    match cause {
        LoginCause::Unknown | LoginCause::Limit | LoginCause::Temporary | LoginCause::Cancelled => {
            LoginOutcome::Unknown
        }
        _ => LoginOutcome::Rejected,
    }
}

/// True where the server says that it does not know the command, or cannot read it: it has decided on no login.
pub fn is_of_syntax(text: &[u8]) -> bool {
    let text = text.get(..TEXT_BYTES).unwrap_or(text).to_ascii_lowercase();
    let says = |words: &&str| memchr::memmem::find(&text, words.as_bytes()).is_some();
    ["unknown command", "invalid command", "bad command", "unrecogni", "not recogni", "command not", "syntax"]
        .iter()
        .any(says)
}

/// True where the server does not accept the credentials, and says no more (`authentication failure`): which part of them
/// was wrong, or whether the account may log in at all, is not told.
pub fn is_of_credentials(text: &[u8]) -> bool {
    let text = text.get(..TEXT_BYTES).unwrap_or(text).to_ascii_lowercase();
    let says = |words: &&str| memchr::memmem::find(&text, words.as_bytes()).is_some();
    by_words(&text).is_none()
        && ["authentication fail", "authentication unsuccessful", "authentication rejected", "credentials rejected"]
            .iter()
            .any(says)
}

/// Words of a reply that accepts a login, and of no other: Dovecot's `Logged in`, Cyrus' `User logged in`, Courier's
/// `LOGIN Ok.`, Exchange's `AUTHENTICATE completed.` and `User successfully logged on.`, Gmail's `authenticated`.
const ACCEPTED: &[&str] = &[
    "logged in",
    "logged on",
    "login complete",
    "login ok",
    "login succe",
    "logon succe",
    "authenticate complete",
    "authenticate succe",
    "authentication complete",
    "authentication succe",
    "authenticated",
];
/// The same of POP3, where the reply to the login says what the maildrop holds (RFC 1939, section 7).
const ACCEPTED_BY_POP3: &[&str] =
    &["maildrop has", "maildrop locked and", "mailbox locked and", "mailbox open", "visible message"];
/// Words of a reply that refuses a login, and of no other.
const REFUSED: &[&str] = &[
    "authentication fail",
    "authenticate fail",
    "authentication unsuccessful",
    "login fail",
    "logon fail",
    "login incorrect",
    "login reject",
    "login denied",
    "login invalid",
    "invalid login",
    "invalid credentials",
    "bad credentials",
    "invalid password",
    "incorrect password",
    "wrong password",
    "bad password",
    "bad username or password",
    "invalid username or password",
    "plaintext authentication disallowed",
];

/// True for a reply of POP3 or IMAP that only a login gets, by its response code or by its words: it shows a login whose
/// command is not in the capture. `ok` where it accepts; `refusal` has the text without the response code, or with it.
pub fn is_of_login(ok: bool, refusal: &Refusal<'_>, pop3: bool) -> bool {
    const CODES: [&str; 3] = ["AUTH", "AUTHENTICATIONFAILED", "AUTHORIZATIONFAILED"];
    let text = refusal.text.get(..TEXT_BYTES).unwrap_or(refusal.text).to_ascii_lowercase();
    let says = |words: &&str| {
        let starts_a_word = |at: usize| at.checked_sub(1).is_none_or(|before| !text[before].is_ascii_alphanumeric());
        memchr::memmem::find_iter(&text, words.as_bytes()).any(starts_a_word)
    };
    match ok {
        true => {
            !["not ", "already"].iter().any(&says)
                && (ACCEPTED.iter().any(&says) || pop3 && ACCEPTED_BY_POP3.iter().any(&says))
        }
        false => {
            refusal.code.is_some_and(|code| CODES.contains(&code) || pop3 && matches!(code, "IN-USE" | "LOGIN-DELAY"))
                || REFUSED.iter().any(says)
        }
    }
}

/// RFC 3206 and 2449 (POP3), RFC 5530 (IMAP).
fn by_response_code(code: &str) -> Option<LoginCause> {
    Some(match code {
        "AUTH" | "AUTHENTICATIONFAILED" => LoginCause::WrongSecret,
        "EXPIRED" => LoginCause::Expired,
        "PRIVACYREQUIRED" => LoginCause::EncryptionDemanded,
        "UNAVAILABLE" | "SERVERBUG" => LoginCause::Temporary,
        "LOGIN-DELAY" | "LIMIT" => LoginCause::Limit,
        "INUSE" => LoginCause::InUse,
        "CLIENTBUG" => LoginCause::Malformed,
        _ if code.starts_with("SYS/TEMP") => LoginCause::Temporary,
        _ => return None,
    })
}

/// RFC 4954, sections 4 and 6; RFC 3463.
fn by_smtp(smtp: Option<(u16, Option<(u16, u16)>)>) -> LoginCause {
    let Some((code, enhanced)) = smtp else { return LoginCause::Unknown };
    match (code, enhanced) {
        // No matter of time, though 432 is a code for now: the client has to do something else first.
        (432, _) | (_, Some((7, 12))) => LoginCause::PasswordTransition,
        (400..=499, _) => LoginCause::Temporary,
        (538, _) | (_, Some((7, 10 | 11))) => LoginCause::EncryptionDemanded,
        (504, _) | (_, Some((7, 4 | 9))) => LoginCause::MechanismNotOffered,
        (500 | 501, _) | (_, Some((5, 2 | 6))) => LoginCause::Malformed,
        (502, _) => LoginCause::MechanismNotOffered,
        (_, Some((7, 13) | (2, 1))) => LoginCause::SwitchedOff,
        // X.7.0 and X.0.0 say nothing beyond the code.
        (_, Some((7, 8))) | (535, None | Some((7 | 0, 0))) => LoginCause::WrongSecret,
        _ => LoginCause::Unknown,
    }
}

#[cfg(test)]
mod tests;
