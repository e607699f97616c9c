//! Words about what was decrypted, and what was not.

use super::{Lang, en, zh};
use crate::protocol::event::{KeyFault, Random};
use crate::session::model::{DecryptedBy, Decryption};
use crate::session::summary::TlsCounts;
use data_encoding::HEXLOWER;

/// By what the inside of TLS is known.
pub fn decrypted_by(lang: Lang, decryption: &Decryption) -> &'static str {
    let keys = match decryption.by {
        Some(DecryptedBy::Keys(keys)) => Some(keys),
        Some(DecryptedBy::Capture) | None => None,
    };
    say!(lang, tls::decrypted_by(keys))
}

/// That it is not known.
pub fn not_decrypted(lang: Lang) -> &'static str {
    say!(lang, tls::not_decrypted())
}

/// Why it is not known, though there are secrets.
pub fn key_fault(lang: Lang, fault: KeyFault) -> &'static str {
    say!(lang, tls::key_fault(fault))
}

/// A ClientHello's random in hexadecimal, as key logs have it.
pub fn random(random: &Random) -> String {
    HEXLOWER.encode(random)
}

/// How many sessions stayed closed though there were secrets: a sentence for each reason.
pub fn closed(lang: Lang, counts: &TlsCounts) -> Vec<String> {
    let closed = counts.closed.iter().map(|(&fault, closed)| {
        let random = closed.client_random.as_ref().map(random).unwrap_or_default();
        say!(lang, tls::closed(fault, closed.sessions, (closed.first, &random)))
    });
    closed.collect()
}

/// How many of all sessions were decrypted, and why the others were not.
pub fn opened(lang: Lang, counts: &TlsCounts) -> String {
    let mut lines = vec![say!(lang, tls::opened(counts.decrypted, counts.sessions()))];
    lines.extend(closed(lang, counts));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::Time;
    use crate::protocol::event::KeySource;
    use crate::session::summary::Closed;
    use std::collections::HashSet;

    const FAULTS: [KeyFault; 4] =
        [KeyFault::NoSecret, KeyFault::Handshake, KeyFault::CipherSuite, KeyFault::DoesNotFit];

    #[test]
    fn each_way_and_each_reason_has_words_of_its_own() {
        let ways = [
            DecryptedBy::Capture,
            DecryptedBy::Keys(KeySource::KeyLog),
            DecryptedBy::Keys(KeySource::SecretsBlock),
            DecryptedBy::Keys(KeySource::ServerKey),
        ];
        let mut seen = HashSet::new();
        for lang in [Lang::En, Lang::Zh] {
            for by in ways {
                assert!(seen.insert(decrypted_by(lang, &Decryption { by: Some(by), ..Default::default() }).to_owned()));
            }
            for fault in FAULTS {
                assert!(seen.insert(key_fault(lang, fault).to_owned()));
            }
        }
        assert_eq!(seen.len(), 16);
    }

    #[test]
    fn what_stayed_closed_is_said_with_its_number_and_random() {
        let mut counts = TlsCounts { decrypted: 3, ..TlsCounts::default() };
        let known = Closed { sessions: 2, first: 7, time: Time::default(), client_random: Some([0xab; 32]) };
        counts.closed.insert(KeyFault::NoSecret, known);
        counts
            .closed
            .insert(KeyFault::Handshake, Closed { sessions: 1, first: 9, time: Time::default(), client_random: None });
        let ab = "ab".repeat(32);
        let en = opened(Lang::En, &counts);
        assert_eq!(
            en,
            format!(
                "3 of 6 sessions decrypted with the secrets given\n\
                 2 TLS sessions stayed closed (the first: session 7, client random {ab}): none of the secrets is of them\n\
                 1 TLS session stayed closed (session 9): the beginning of TLS is not in the capture"
            )
        );
        let zh = closed(Lang::Zh, &counts);
        assert_eq!(
            zh,
            [
                format!("有 2 个 TLS 会话未能解密（第一个：会话 7，client random 为 {ab}）：所给密钥中没有属于它们的"),
                "有 1 个 TLS 会话未能解密（会话 9）：抓包中没有 TLS 的开头".to_owned(),
            ]
        );
        // One and several, with a random and without: all are told apart.
        let said: HashSet<String> = FAULTS
            .into_iter()
            .flat_map(|fault| [(1, None), (2, None), (1, Some([1; 32])), (2, Some([1; 32]))].map(|how| (fault, how)))
            .map(|(fault, (sessions, client_random))| {
                let one = Closed { sessions, first: 1, time: Time::default(), client_random };
                closed(Lang::En, &TlsCounts { closed: [(fault, one)].into(), ..TlsCounts::default() }).concat()
            })
            .collect();
        assert_eq!(said.len(), 16);
    }
}
