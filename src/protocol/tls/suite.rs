/*!
What a cipher suite says of the protection of records: the cipher, its mode, the MAC and the hash of the key derivation.

Read off the suite's IANA name ([`cipher`]), behind `WITH_`: how the keys were agreed upon changes nothing about records.
*/

use super::cipher;

/// The version number of TLS 1.0 (RFC 2246, section 6.2.1).
const TLS10: u16 = 0x0301;
/// The version number of TLS 1.2 (RFC 5246, section 6.2.1).
pub(super) const TLS12: u16 = 0x0303;
/// The version number of TLS 1.3 (RFC 8446, section 4.1.2).
const TLS13: u16 = 0x0304;

/// The hash of the key derivation: of the PRF in TLS 1.2 (RFC 5246, section 5), of HKDF in TLS 1.3 (RFC 8446, section 7.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hash {
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
}

impl Hash {
    /// Bytes of a digest.
    pub fn bytes(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
        }
    }
}

/// The hash of the HMAC that protects records of suites without AEAD.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Digest {
    /// MD5.
    Md5,
    /// SHA-1.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
}

impl Digest {
    /// Bytes of a MAC, and of its key.
    pub fn bytes(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
        }
    }
}

/// A block cipher with the length of its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Block {
    /// AES with a key of 128 bits.
    Aes128,
    /// AES with a key of 256 bits.
    Aes256,
    /// Camellia with a key of 128 bits (RFC 3713).
    Camellia128,
    /// Camellia with a key of 256 bits.
    Camellia256,
    /// Triple DES with three keys.
    TripleDes,
}

impl Block {
    /// Bytes of a key.
    fn key_bytes(self) -> usize {
        match self {
            Self::Aes128 | Self::Camellia128 => 16,
            Self::TripleDes => 24,
            Self::Aes256 | Self::Camellia256 => 32,
        }
    }

    /// Bytes of a block.
    pub fn bytes(self) -> usize {
        match self {
            Self::TripleDes => 8,
            _ => 16,
        }
    }
}

/// How records are protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cipher {
    /// By a MAC alone: content can be read without a key.
    Null(Digest),
    /// Cipher block chaining, and a MAC (RFC 5246, section 6.2.3.2).
    Cbc(Block, Digest),
    /// Galois/counter mode (RFC 5288, RFC 6367).
    Gcm(Block),
    /// Counter with CBC-MAC (RFC 6655, RFC 7251).
    Ccm(Block),
    /// CCM with a tag of 8 bytes.
    Ccm8(Block),
    /// ChaCha20 and Poly1305 (RFC 7905).
    ChaCha20Poly1305,
}

/// How a name goes on behind `WITH_`, up to its hash, and what that is with the hash for its MAC.
type Named = (&'static str, fn(Digest) -> Cipher);

/// The ciphers that are supported.
const CIPHERS: [Named; 13] = [
    ("NULL", Cipher::Null),
    ("3DES_EDE_CBC", |mac| Cipher::Cbc(Block::TripleDes, mac)),
    ("AES_128_CBC", |mac| Cipher::Cbc(Block::Aes128, mac)),
    ("AES_256_CBC", |mac| Cipher::Cbc(Block::Aes256, mac)),
    ("CAMELLIA_128_CBC", |mac| Cipher::Cbc(Block::Camellia128, mac)),
    ("CAMELLIA_256_CBC", |mac| Cipher::Cbc(Block::Camellia256, mac)),
    ("AES_128_GCM", |_| Cipher::Gcm(Block::Aes128)),
    ("AES_256_GCM", |_| Cipher::Gcm(Block::Aes256)),
    ("CAMELLIA_128_GCM", |_| Cipher::Gcm(Block::Camellia128)),
    ("CAMELLIA_256_GCM", |_| Cipher::Gcm(Block::Camellia256)),
    ("CHACHA20_POLY1305", |_| Cipher::ChaCha20Poly1305),
    // Their names may lack a hash: SHA-256 is meant (RFC 6655, section 3).
    ("AES_128_CCM", |_| Cipher::Ccm(Block::Aes128)),
    ("AES_256_CCM", |_| Cipher::Ccm(Block::Aes256)),
];

/// A cipher suite whose records can be opened with their keys, in the version that was negotiated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Suite {
    version: u16,
    cipher: Cipher,
    hash: Hash,
    is_rsa_key_exchange: bool,
}

impl Suite {
    /// Suite `code` in `version`: TLS 1.0 to 1.3, or a draft of TLS 1.3 (`0x7f12` and above). `None` for a suite that is
    /// not supported, and for one that the version does not have.
    ///
    /// Names with SHA-256 or SHA-384 are taken in TLS 1.0 and 1.1 too where there is a MAC to use it for: some suites
    /// allow it (RFC 5487, section 3.2).
    pub fn of(code: u16, version: u16) -> Option<Self> {
        let name = cipher::iana_name(code)?;
        let is_tls13 = matches!(version, TLS13 | 0x7f12..=0x7fff);
        let protection = match version {
            _ if is_tls13 && matches!(code, 0x1301..=0x1305) => name.strip_prefix("TLS_")?,
            TLS10..=TLS12 => name.split_once("_WITH_")?.1,
            _ => return None,
        };
        let (cipher, hash) = read(protection)?;
        let has_mac = matches!(cipher, Cipher::Null(_) | Cipher::Cbc(..));
        if !has_mac && version < TLS12 {
            return None;
        }
        Some(Self { version, cipher, hash, is_rsa_key_exchange: name.starts_with("TLS_RSA_WITH_") })
    }

    /// Whether the client sends the premaster secret, encrypted for the server's RSA key (RFC 5246, section 7.4.7.1).
    pub fn is_rsa_key_exchange(self) -> bool {
        self.is_rsa_key_exchange
    }

    /// Whether it is a block cipher in CBC mode, for which encrypt-then-MAC can be negotiated (RFC 7366, section 2).
    pub fn is_cbc(self) -> bool {
        matches!(self.cipher, Cipher::Cbc(..))
    }

    /// How records are protected.
    pub(super) fn cipher(self) -> Cipher {
        self.cipher
    }

    /// The hash of the key derivation, where the version does not have its own.
    pub(super) fn hash(self) -> Hash {
        self.hash
    }

    /// The version that it was negotiated in.
    pub(super) fn version(self) -> u16 {
        self.version
    }

    /// Whether it is a suite of TLS 1.3, or of a draft of it.
    pub(super) fn is_tls13(self) -> bool {
        self.version > TLS12
    }

    /// Whether records of CBC mode have no IV of their own: it is the last block of the record before (RFC 2246,
    /// section 6.2.3.2).
    pub(super) fn is_chained(self) -> bool {
        self.version == TLS10 && self.is_cbc()
    }

    /// Bytes of the key of the MAC.
    pub(super) fn mac_key_bytes(self) -> usize {
        match self.cipher {
            Cipher::Null(mac) | Cipher::Cbc(_, mac) => mac.bytes(),
            _ => 0,
        }
    }

    /// Bytes of the cipher's key.
    pub(super) fn key_bytes(self) -> usize {
        match self.cipher {
            Cipher::Null(_) => 0,
            Cipher::Cbc(block, _) | Cipher::Gcm(block) | Cipher::Ccm(block) | Cipher::Ccm8(block) => block.key_bytes(),
            Cipher::ChaCha20Poly1305 => 32,
        }
    }

    /// Bytes of the IV that is derived with the keys: the nonce, the part of it that records do not carry (RFC 5288,
    /// section 3), or the first IV of a chain.
    pub(super) fn iv_bytes(self) -> usize {
        match self.cipher {
            Cipher::ChaCha20Poly1305 => 12,
            Cipher::Gcm(_) | Cipher::Ccm(_) | Cipher::Ccm8(_) => {
                if self.is_tls13() {
                    12
                } else {
                    4
                }
            }
            Cipher::Cbc(block, _) if self.is_chained() => block.bytes(),
            Cipher::Cbc(..) | Cipher::Null(_) => 0,
        }
    }
}

/// The cipher and the hash that `protection`, the part of a name behind `WITH_`, stands for.
fn read(protection: &str) -> Option<(Cipher, Hash)> {
    CIPHERS.iter().find_map(|(prefix, cipher)| {
        let rest = protection.strip_prefix(prefix)?;
        let (short_tag, rest) = match rest.strip_prefix("_8") {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        let digest = match rest {
            "_MD5" => Some(Digest::Md5),
            "_SHA" => Some(Digest::Sha1),
            "_SHA256" => Some(Digest::Sha256),
            "_SHA384" => Some(Digest::Sha384),
            "" => None,
            _ => return None,
        };
        let cipher = match (cipher(digest.unwrap_or(Digest::Sha256)), short_tag) {
            (Cipher::Ccm(block), true) => Cipher::Ccm8(block),
            (_, true) => return None,
            (cipher, false) if digest.is_some() || matches!(cipher, Cipher::Ccm(_)) => cipher,
            _ => return None,
        };
        Some((cipher, if digest == Some(Digest::Sha384) { Hash::Sha384 } else { Hash::Sha256 }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cipher_of(code: u16, version: u16) -> Option<(Cipher, Hash)> {
        Suite::of(code, version).map(|suite| (suite.cipher(), suite.hash()))
    }

    #[test]
    fn names_tell_the_protection() {
        let of = |code| cipher_of(code, 0x0303);
        assert_eq!(of(0x0001), Some((Cipher::Null(Digest::Md5), Hash::Sha256)));
        assert_eq!(of(0x00b1), Some((Cipher::Null(Digest::Sha384), Hash::Sha384)));
        assert_eq!(of(0x000a), Some((Cipher::Cbc(Block::TripleDes, Digest::Sha1), Hash::Sha256)));
        assert_eq!(of(0xc028), Some((Cipher::Cbc(Block::Aes256, Digest::Sha384), Hash::Sha384)));
        assert_eq!(of(0xc030), Some((Cipher::Gcm(Block::Aes256), Hash::Sha384)));
        assert_eq!(of(0xc07a), Some((Cipher::Gcm(Block::Camellia128), Hash::Sha256)));
        assert_eq!(of(0xc0ad), Some((Cipher::Ccm(Block::Aes256), Hash::Sha256)));
        assert_eq!(of(0xc0a0), Some((Cipher::Ccm8(Block::Aes128), Hash::Sha256)));
        assert_eq!(of(0xd003), Some((Cipher::Ccm8(Block::Aes128), Hash::Sha256)));
        assert_eq!(of(0xcca8), Some((Cipher::ChaCha20Poly1305, Hash::Sha256)));
        assert_eq!(cipher_of(0x1302, 0x0304), Some((Cipher::Gcm(Block::Aes256), Hash::Sha384)));
        assert_eq!(cipher_of(0x1305, 0x7f1c), Some((Cipher::Ccm8(Block::Aes128), Hash::Sha256)));
    }

    #[test]
    fn a_suite_belongs_to_its_versions() {
        for version in [0x0301, 0x0302, 0x0303] {
            assert_eq!(Suite::of(0x1301, version), None);
            assert!(Suite::of(0x002f, version).is_some_and(|suite| suite.is_cbc() && suite.is_rsa_key_exchange()));
            assert_eq!(Suite::of(0xc02f, version).is_some(), version == 0x0303);
        }
        for version in [0x0304, 0x7f12, 0x7fff] {
            assert!(Suite::of(0x1301, version).is_some_and(|suite| !suite.is_cbc() && !suite.is_rsa_key_exchange()));
            assert_eq!(Suite::of(0xc02f, version), None);
        }
        for version in [0, 0x0002, 0x0300, 0x0305, 0x7f11, 0x8000, 0xfeff] {
            assert_eq!(Suite::of(0x002f, version), None);
            assert_eq!(Suite::of(0x1301, version), None);
        }
    }

    #[test]
    fn other_ciphers_are_not_supported() {
        // RC4, export DES, IDEA, DES, SEED, SM4, ARIA, a name that is not in the table, and one that is of no suite.
        for code in [0x0004, 0x0008, 0x0007, 0x0009, 0x0096, 0x00c6, 0xc050, 0xc03c, 0xabcd, 0x00ff] {
            for version in [0x0301, 0x0303, 0x0304] {
                assert_eq!(Suite::of(code, version), None, "{code:#06x}");
            }
        }
    }
}
