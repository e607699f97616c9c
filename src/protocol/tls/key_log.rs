/*!
Key logs: lines with the secrets of TLS connections, as clients write them for those who look at their own traffic
(draft-ietf-tls-keylogfile, the NSS key log format). Decryption Secrets Blocks of pcapng hold the same text.

```text
CLIENT_RANDOM <64 hex: Random of the ClientHello> <96 hex: the master secret>
```

[`KeyLog`] takes the text in pieces, so that it can be followed while it grows. Labels that are of no use here, comments and
empty lines are passed over; a line of a known label that makes no sense is counted.
*/

use super::keys::Random;
use crate::protocol::secret::{Raw, Secret};
use std::fmt;

/// The longest line that is kept: the longest that makes sense has less than 300 bytes.
const LINE_BYTES: usize = 1_024;
/// The master secret and the premaster secret of an RSA key exchange (RFC 5246, sections 8.1 and 7.4.7.1).
const MASTER_BYTES: usize = 48;
/// The longest session ID (RFC 5246, section 7.4.1.2).
const SESSION_ID_BYTES: usize = 32;
/// The longest premaster secret: that of finite-field Diffie-Hellman is as long as its prime, here 2,048 bits at most, as
/// the line has room for no more.
const PREMASTER_BYTES: usize = 256;

/// What the secret of a line is, where the line names a connection by its `Random`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Label {
    /// `CLIENT_RANDOM`: the master secret.
    Master,
    /// `PMS_CLIENT_RANDOM`: the premaster secret.
    Premaster,
    /// `CLIENT_EARLY_TRAFFIC_SECRET` (RFC 8446, section 7.1), and so the others.
    ClientEarly,
    /// `CLIENT_HANDSHAKE_TRAFFIC_SECRET`.
    ClientHandshake,
    /// `SERVER_HANDSHAKE_TRAFFIC_SECRET`.
    ServerHandshake,
    /// `CLIENT_TRAFFIC_SECRET_0`.
    ClientTraffic,
    /// `SERVER_TRAFFIC_SECRET_0`.
    ServerTraffic,
}

impl Label {
    fn of(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"CLIENT_RANDOM" => Self::Master,
            b"PMS_CLIENT_RANDOM" => Self::Premaster,
            b"CLIENT_EARLY_TRAFFIC_SECRET" => Self::ClientEarly,
            b"CLIENT_HANDSHAKE_TRAFFIC_SECRET" => Self::ClientHandshake,
            b"SERVER_HANDSHAKE_TRAFFIC_SECRET" => Self::ServerHandshake,
            b"CLIENT_TRAFFIC_SECRET_0" => Self::ClientTraffic,
            b"SERVER_TRAFFIC_SECRET_0" => Self::ServerTraffic,
            _ => return None,
        })
    }

    /// Whether a secret of so many bytes can be what the label says. Those of TLS 1.3 are as long as the hash of the
    /// cipher suite.
    fn fits(self, bytes: usize) -> bool {
        match self {
            Self::Master => bytes == MASTER_BYTES,
            Self::Premaster => (1..=PREMASTER_BYTES).contains(&bytes),
            _ => matches!(bytes, 32 | 48 | 64),
        }
    }
}

/// What a line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A secret of the connection whose ClientHello has this `Random`.
    Connection {
        /// Which of its secrets.
        label: Label,
        /// `Random` of the ClientHello.
        random: Random,
        /// The secret.
        secret: Secret<Vec<u8>>,
    },
    /// `RSA`: a premaster secret (48 bytes), named by the first bytes of what it was encrypted to.
    Encrypted {
        /// The first bytes of EncryptedPreMasterSecret, without its length.
        beginning: [u8; 8],
        /// The premaster secret.
        secret: Secret<Vec<u8>>,
    },
    /// `RSA Session-ID:… Master-Key:…`, as `openssl s_client` shows it: the master secret (48 bytes) of a session.
    Session {
        /// The session ID of the ServerHello, 1 to 32 bytes.
        id: Vec<u8>,
        /// The master secret.
        secret: Secret<Vec<u8>>,
    },
}

/// What one line is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Line {
    Entry(Entry),
    /// A label that is of no use here, a comment, nothing.
    Nothing,
    Malformed,
}

/// Reads a key log piece by piece. Holds no more than one line.
#[derive(Clone, Default)]
pub struct KeyLog {
    /// The beginning of a line whose end has not come, at most [`LINE_BYTES`] and one more.
    line: Raw<Vec<u8>>,
    malformed: u64,
}

impl fmt::Debug for KeyLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyLog").field("line", &self.line).field("malformed", &self.malformed).finish()
    }
}

impl KeyLog {
    /// Reads `text`, which follows what was read before, and hands the entries of its complete lines to `each`.
    pub fn read(&mut self, text: &[u8], each: &mut dyn FnMut(Entry)) {
        let mut rest = text;
        while let Some(end) = memchr::memchr2(b'\n', b'\r', rest) {
            let (line, behind) = rest.split_at(end);
            rest = behind.get(1..).unwrap_or_default();
            if self.line.is_empty() {
                self.line(line, each);
            } else {
                self.keep(line);
                self.finish(each);
            }
        }
        self.keep(rest);
    }

    /// Nothing follows: a last line without its end counts, too.
    pub fn finish(&mut self, each: &mut dyn FnMut(Entry)) {
        let line = std::mem::take(&mut self.line);
        self.line(&line, each);
        // The buffer is used again.
        self.line = line;
        self.line.clear();
    }

    /// Forgets a line whose end has not come: other text follows.
    pub fn restart(&mut self) {
        self.line.clear();
    }

    /// Lines of a known label that made no sense.
    pub fn malformed(&self) -> u64 {
        self.malformed
    }

    fn keep(&mut self, piece: &[u8]) {
        let room = (LINE_BYTES + 1).saturating_sub(self.line.len());
        self.line.extend_from_slice(piece.get(..room).unwrap_or(piece));
    }

    fn line(&mut self, line: &[u8], each: &mut dyn FnMut(Entry)) {
        match parsed(line.get(..=LINE_BYTES).unwrap_or(line)) {
            Line::Entry(entry) => each(entry),
            Line::Nothing => {}
            Line::Malformed => self.malformed = self.malformed.saturating_add(1),
        }
    }
}

/// The entries of a whole text.
pub fn entries(text: &[u8]) -> Vec<Entry> {
    let (mut log, mut entries) = (KeyLog::default(), Vec::new());
    log.read(text, &mut |entry| entries.push(entry));
    log.finish(&mut |entry| entries.push(entry));
    entries
}

fn parsed(line: &[u8]) -> Line {
    let mut words = line.split(|byte| matches!(byte, b' ' | b'\t')).filter(|word| !word.is_empty());
    let Some(name) = words.next() else { return Line::Nothing };
    let label = Label::of(name);
    if label.is_none() && name != b"RSA" {
        return Line::Nothing;
    }
    let (Some(of), Some(secret), None) = (words.next(), words.next(), words.next()) else { return Line::Malformed };
    if line.len() > LINE_BYTES {
        return Line::Malformed;
    }
    let entry = match label {
        Some(label) => connection(label, of, secret),
        None => rsa(of, secret),
    };
    entry.map_or(Line::Malformed, Line::Entry)
}

fn connection(label: Label, random: &[u8], secret: &[u8]) -> Option<Entry> {
    let random = Random::try_from(hex(random)?).ok()?;
    let secret = hex(secret).filter(|secret| label.fits(secret.len()))?;
    Some(Entry::Connection { label, random, secret: Secret::new(secret) })
}

fn rsa(of: &[u8], secret: &[u8]) -> Option<Entry> {
    let of_48 = |secret| hex(secret).filter(|secret| secret.len() == MASTER_BYTES).map(Secret::new);
    match of.strip_prefix(b"Session-ID:") {
        Some(id) => {
            let id = hex(id).filter(|id| (1..=SESSION_ID_BYTES).contains(&id.len()))?;
            Some(Entry::Session { id, secret: of_48(secret.strip_prefix(b"Master-Key:")?)? })
        }
        None => Some(Entry::Encrypted { beginning: hex(of)?.try_into().ok()?, secret: of_48(secret)? }),
    }
}

fn hex(digits: &[u8]) -> Option<Vec<u8>> {
    data_encoding::HEXLOWER_PERMISSIVE.decode(digits).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(count: usize, first: u8) -> Vec<u8> {
        (0..count).map(|at| first.wrapping_add(at as u8)).collect()
    }

    fn shown(bytes: &[u8]) -> String {
        data_encoding::HEXLOWER.encode(bytes)
    }

    fn counted(text: &[u8]) -> (usize, u64) {
        let (mut log, mut count) = (KeyLog::default(), 0);
        log.read(text, &mut |_| count += 1);
        log.finish(&mut |_| count += 1);
        (count, log.malformed())
    }

    #[test]
    fn every_label_is_read() {
        let random = of(32, 1);
        for (name, label, length) in [
            ("CLIENT_RANDOM", Label::Master, 48),
            ("PMS_CLIENT_RANDOM", Label::Premaster, 48),
            ("PMS_CLIENT_RANDOM", Label::Premaster, 32),
            ("CLIENT_EARLY_TRAFFIC_SECRET", Label::ClientEarly, 32),
            ("CLIENT_HANDSHAKE_TRAFFIC_SECRET", Label::ClientHandshake, 48),
            ("SERVER_HANDSHAKE_TRAFFIC_SECRET", Label::ServerHandshake, 32),
            ("CLIENT_TRAFFIC_SECRET_0", Label::ClientTraffic, 64),
            ("SERVER_TRAFFIC_SECRET_0", Label::ServerTraffic, 48),
        ] {
            let secret = of(length, 100);
            let wanted = Entry::Connection {
                label,
                random: random.clone().try_into().unwrap(),
                secret: Secret::new(secret.clone()),
            };
            let line = format!("{name} {} {}", shown(&random), shown(&secret));
            for text in [line.clone(), format!("{line}\r\n"), format!("# one\n\n \t{line} \n"), format!("\r{line}")] {
                assert_eq!(entries(text.as_bytes()), std::slice::from_ref(&wanted), "{text}");
            }
            let upper = format!("{name} {} {}\n", shown(&random).to_uppercase(), shown(&secret).to_uppercase());
            assert_eq!(entries(upper.as_bytes()), [wanted], "{upper}");
        }
    }

    #[test]
    fn what_names_no_random_is_read() {
        let secret = of(48, 7);
        let text = format!("RSA 0001020304050607 {}\n", shown(&secret));
        let secret = Secret::<Vec<u8>>::new(secret);
        let beginning = [0, 1, 2, 3, 4, 5, 6, 7];
        assert_eq!(entries(text.as_bytes()), [Entry::Encrypted { beginning, secret: secret.clone() }]);
        let text = format!("RSA Session-ID:{} Master-Key:{}\n", shown(&[9; 32]), shown(secret.reveal()));
        assert_eq!(entries(text.as_bytes()), [Entry::Session { id: vec![9; 32], secret }]);
    }

    #[test]
    fn what_is_of_no_use_is_passed_over_without_a_word() {
        let (random, secret) = (shown(&of(32, 1)), shown(&of(32, 9)));
        for name in [
            "EXPORTER_SECRET",
            "EARLY_EXPORTER_SECRET",
            "ECH_SECRET",
            "QUIC_CLIENT_TRAFFIC_SECRET_0",
            "X",
            "#",
            "client_random",
        ] {
            assert_eq!(counted(format!("{name} {random} {secret}\n").as_bytes()), (0, 0), "{name}");
        }
        assert_eq!(counted(b"\n\r\n  \t\n# a comment\n\0\0\xff\n"), (0, 0));
        assert_eq!(counted(&[b'x'; 100_000]), (0, 0));
    }

    #[test]
    fn a_line_of_a_known_label_that_makes_no_sense_is_counted() {
        let (random, secret) = (shown(&of(32, 1)), shown(&of(48, 9)));
        for line in [
            "CLIENT_RANDOM".to_owned(),
            format!("CLIENT_RANDOM {random}"),
            format!("CLIENT_RANDOM {random} {secret} more"),
            format!("CLIENT_RANDOM {random}0 {secret}"),
            format!("CLIENT_RANDOM {random}00 {secret}"),
            format!("CLIENT_RANDOM {random} {secret}00"),
            format!("CLIENT_RANDOM {random} {}", &secret[..64]),
            format!("CLIENT_RANDOM {random} {}zz", &secret[..94]),
            format!("SERVER_TRAFFIC_SECRET_0 {random} {}", &secret[..62]),
            format!("SERVER_TRAFFIC_SECRET_0 {random} {}", secret.repeat(2)),
            format!("PMS_CLIENT_RANDOM {random} {}", secret.repeat(20)),
            format!("CLIENT_RANDOM {random}{}{secret}", " ".repeat(LINE_BYTES)),
            format!("RSA 00010203040506 {secret}"),
            format!("RSA Session-ID: Master-Key:{secret}"),
            format!("RSA Session-ID:{random}00 Master-Key:{secret}"),
            format!("RSA Session-ID:{random} {secret}"),
        ] {
            assert_eq!(counted(line.as_bytes()), (0, 1), "{line}");
        }
    }

    #[test]
    fn a_line_counts_once_its_end_has_come() {
        let text = format!("CLIENT_RANDOM {} {}", shown(&of(32, 1)), shown(&of(48, 9)));
        let (mut log, mut count) = (KeyLog::default(), 0);
        log.read(text.as_bytes(), &mut |_| count += 1);
        assert!(format!("{log:?}").contains(" bytes"), "{log:?}");
        log.read(b"\n", &mut |_| count += 1);
        log.read(text.as_bytes(), &mut |_| count += 1);
        log.restart();
        log.finish(&mut |_| count += 1);
        assert_eq!((count, log.malformed()), (1, 0));
    }

    fn pieces() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            Just(b"CLIENT_RANDOM ".to_vec()),
            Just(b"RSA Session-ID:".to_vec()),
            Just(b" Master-Key:".to_vec()),
            Just(b"\n".to_vec()),
            Just(b"\r\n".to_vec()),
            (1..100usize).prop_map(|count| shown(&of(count, 3)).into_bytes()),
            Just(format!(" {} {}\n", shown(&of(32, 1)), shown(&of(48, 1))).into_bytes()),
            prop::collection::vec(any::<u8>(), 0..20),
            (1..1_500usize).prop_map(|count| vec![b' '; count]),
        ];
        prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn any_bytes_in_any_pieces_give_the_same(text in pieces(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6)) {
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(text.len() + 1)).collect();
            cuts.extend([0, text.len()]);
            cuts.sort_unstable();
            let (mut log, mut read) = (KeyLog::default(), Vec::new());
            for pair in cuts.windows(2) {
                log.read(&text[pair[0]..pair[1]], &mut |entry| read.push(entry));
                prop_assert!(log.line.len() <= LINE_BYTES + 1);
            }
            log.finish(&mut |entry| read.push(entry));
            prop_assert_eq!((read, log.malformed()), (entries(&text), counted(&text).1));
        }
    }
}
