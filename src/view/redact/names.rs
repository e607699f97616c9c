/*!
Names of secrets (`--redact=pseudonym`), by which their reuse can be counted while they stay unknown.

A name is the beginning of HMAC-SHA-256 (RFC 2104) of the secret, in hexadecimal, behind what the secret is. The key is
random and never leaves the run: without it, no dictionary can be tried against a name, and the names of two runs say
nothing of each other.
*/

use super::known::Known;
use crate::limits::REDACT_STRINGS;
use crate::protocol::secret::SecretKind;
use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::collections::HashMap;
use std::io;

/// Hexadecimal digits of a name. Of a thousand secrets, two begin alike with 8 of them in one run out of 8,600; the later
/// one then has more.
const DIGITS: [usize; 3] = [8, 16, 32];

/// The names of one run.
pub struct Names {
    key: [u8; 32],
    /// The digits that are given away: to which digest, and what that is the digest of.
    given: HashMap<String, (String, SecretKind)>,
    /// At most so many are remembered. Later secrets have all the digits, of which two are never alike.
    most: usize,
}

impl Names {
    /// With a key of the system's random numbers.
    ///
    /// # Errors
    /// Where the system has none.
    pub fn new() -> io::Result<Self> {
        let mut key = [0; 32];
        getrandom::fill(&mut key).map_err(io::Error::other)?;
        Ok(Self { key, given: HashMap::new(), most: REDACT_STRINGS })
    }

    /// The name of a secret. One that was seen as a password first stays `pw`.
    pub(super) fn name(&mut self, known: &Known) -> String {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.key) else {
            return crate::protocol::secret::MASK.to_owned(); // HMAC takes keys of any length.
        };
        mac.update(known.secret.as_bytes());
        let digest = HEXLOWER.encode(&mac.finalize().into_bytes());
        for digits in DIGITS.into_iter().filter_map(|digits| digest.get(..digits)) {
            match self.given.get(digits) {
                Some((same, kind)) if *same == digest => return named(*kind, digits),
                Some(_) => {}
                None if self.given.len() < self.most => {
                    self.given.insert(digits.to_owned(), (digest.clone(), known.kind));
                    return named(known.kind, digits);
                }
                None => {}
            }
        }
        named(known.kind, &digest)
    }
}

fn named(kind: SecretKind, digits: &str) -> String {
    let what = match kind {
        SecretKind::Password => "pw",
        SecretKind::Token => "tok",
        SecretKind::Response => "resp",
    };
    format!("{what}:{digits}")
}

#[cfg(test)]
mod tests {
    use super::super::known::Known;
    use super::{Names, SecretKind};

    fn known(kind: SecretKind, secret: &str) -> Known {
        Known::new(kind, secret).expect("a secret")
    }

    #[test]
    fn a_secret_has_one_name_in_a_run_and_another_in_the_next() {
        let mut names = Names::new().expect("random numbers");
        let password = names.name(&known(SecretKind::Password, "secret12"));
        assert!(password.starts_with("pw:") && password.len() == 11, "{password}");
        assert_eq!(names.name(&known(SecretKind::Token, " secret12\r\n")), password);
        assert_ne!(names.name(&known(SecretKind::Password, "Secret12")), password);
        let token = names.name(&known(SecretKind::Token, &"x".repeat(5_000)));
        assert!(token.starts_with("tok:") && token.len() == 12, "{token}");
        let other = Names::new().expect("random numbers").name(&known(SecretKind::Password, "secret12"));
        assert_ne!(other, password);
    }

    #[test]
    fn names_that_begin_alike_are_lengthened() {
        let mut names = Names::new().expect("random numbers");
        let first = names.name(&known(SecretKind::Password, "secret12"));
        // As if its digits had been given to another.
        let digits = first.strip_prefix("pw:").expect("a password").to_owned();
        names.given.insert(digits.clone(), ("another".to_owned(), SecretKind::Password));
        let longer = names.name(&known(SecretKind::Password, "secret12"));
        assert!(longer.starts_with(&first) && longer.len() == 19, "{longer}");
        assert_eq!(names.name(&known(SecretKind::Password, "secret12")), longer);
        names.most = 0;
        let all = names.name(&known(SecretKind::Password, "yet another"));
        assert_eq!(all.len(), 3 + 64, "{all}");
    }
}
