//! Which secret it is that crossed, as far as the protocol says so: what `--redact=pseudonym` names.

use super::encodings;
use super::known::Known;
use super::masked::widened;
use crate::protocol::event::Subject;
use crate::protocol::sasl::{Mechanism, Round, Unencoded};
use crate::protocol::secret::SecretKind;
use crate::protocol::{imap, pop3, smtp};
use crate::session::model::{Credential, Step};
use crate::session::text;
use std::ops::Range;

/// Password, token and response of a credential.
pub fn of_credential(credential: &Credential) -> [Option<Known>; 3] {
    let known = |kind, secret: &Option<crate::protocol::secret::Secret<String>>| {
        secret.as_ref().and_then(|secret| Known::new(kind, secret.reveal()))
    };
    [
        known(SecretKind::Password, &credential.password),
        known(SecretKind::Token, &credential.token),
        known(SecretKind::Response, &credential.response),
    ]
}

/// The secret in a range of a client's line, if the line is understood.
pub fn in_step(step: &Step, range: &Range<usize>) -> Option<Known> {
    let crossed = step.text.get(widened(&step.text, range))?.trim();
    if let Some(round) = response(step) {
        return in_round(round, crossed);
    }
    let round = match &step.subject {
        Subject::Smtp(smtp::Subject::Command(smtp::Verb::Auth)) => initial(step, crossed)?,
        Subject::Imap(imap::Subject { what: imap::What::Command { verb, .. }, .. }) => {
            match (verb, step.command.as_deref()) {
                (imap::Verb::Authenticate, _) => initial(step, crossed)?,
                (_, Some("LOGIN")) => return Known::new(SecretKind::Password, &unquoted(crossed)),
                _ => return None,
            }
        }
        Subject::Pop3(pop3::Subject { what: pop3::What::Command(verb), .. }) => match verb {
            pop3::Verb::Auth => initial(step, crossed)?,
            pop3::Verb::Pass => return Known::new(SecretKind::Password, crossed),
            pop3::Verb::Apop if !crossed.contains(' ') => return Known::new(SecretKind::Response, crossed),
            _ => return None,
        },
        _ => return None,
    };
    in_round(round, crossed)
}

/// What a response is, where the step is one.
fn response(step: &Step) -> Option<Round> {
    match &step.subject {
        Subject::Smtp(smtp::Subject::Response(round)) => Some(*round),
        Subject::Pop3(pop3::Subject { what: pop3::What::Response(round), .. }) => Some(*round),
        Subject::Imap(imap::Subject { what: imap::What::Response(round), .. }) => Some(*round),
        _ => None,
    }
}

/// True for what crossed in the place of a response where nothing says what it is.
pub fn is_opaque(step: &Step, crossed: &str) -> bool {
    let is_auth = match &step.subject {
        Subject::Smtp(smtp::Subject::Command(verb)) => *verb == smtp::Verb::Auth,
        Subject::Pop3(pop3::Subject { what: pop3::What::Command(verb), .. }) => *verb == pop3::Verb::Auth,
        Subject::Imap(imap::Subject { what: imap::What::Command { verb, .. }, .. }) => {
            *verb == imap::Verb::Authenticate
        }
        _ => false,
    };
    match response(step) {
        Some(round) => matches!(round, Round::Proof(Mechanism::Other) | Round::Malformed(_)),
        None => {
            let mechanism = initial_of(step, crossed).filter(|name| Mechanism::is_known(name));
            is_auth && mechanism.is_none_or(|name| Mechanism::named(&name) == Mechanism::Other)
        }
    }
}

/// What the initial response of an AUTH command is, by its mechanism.
fn initial(step: &Step, crossed: &str) -> Option<Round> {
    let name = initial_of(step, crossed)?;
    Some(match Mechanism::named(&name) {
        _ if !Mechanism::is_known(&name) => return None,
        Mechanism::Plain => Round::Identity,
        Mechanism::XOauth2 | Mechanism::OauthBearer => Round::Token,
        Mechanism::Login | Mechanism::External | Mechanism::Anonymous => return None,
        mechanism => Round::Proof(mechanism),
    })
}

/// The word before an initial response.
fn initial_of(step: &Step, crossed: &str) -> Option<String> {
    let before = step.text.get(..step.text.find(crossed)?)?;
    Some(before.trim_end().rsplit([' ', '=']).next()?.to_ascii_uppercase())
}

fn in_round(round: Round, crossed: &str) -> Option<Known> {
    let decoded = || encodings::base64(crossed);
    match round {
        Round::Password => Known::new(SecretKind::Password, &text(decoded()?.trim_ascii())),
        Round::Unencoded(Unencoded::Password) => Known::new(SecretKind::Password, crossed),
        Round::Identity => {
            let decoded = decoded()?;
            let mut fields = decoded.splitn(3, |&byte| byte == 0);
            Known::new(SecretKind::Password, &text(fields.nth(2)?.trim_ascii()))
        }
        Round::Token => {
            let decoded = text(&decoded()?);
            let (_, token) = decoded.split_once("auth=Bearer ")?;
            Known::new(SecretKind::Token, token.split('\x01').next()?)
        }
        Round::Proof(_) => {
            let decoded = decoded()?;
            match std::str::from_utf8(&decoded) {
                Ok(said) if !said.contains(char::is_control) => Known::new(SecretKind::Response, said),
                _ => Known::new(SecretKind::Response, crossed),
            }
        }
        _ => None,
    }
}

/// The content of a string of IMAP: quoted, a literal, or an atom.
fn unquoted(crossed: &str) -> String {
    if let Some(quoted) = crossed.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        let mut said = String::with_capacity(quoted.len());
        let mut rest = quoted.chars();
        while let Some(c) = rest.next() {
            said.extend(if c == '\\' { rest.next() } else { Some(c) });
        }
        return said;
    }
    let literal = crossed.strip_prefix('{').and_then(|rest| rest.split_once('}')).map(|(_, rest)| rest.trim_start());
    literal.unwrap_or(crossed).to_owned()
}
