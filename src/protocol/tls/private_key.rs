/*!
The private keys of servers, by which the premaster secrets of RSA key exchanges are decrypted (RFC 5246, section
7.4.7.1).

They are read from PEM (RFC 7468): `RSA PRIVATE KEY` (PKCS#1, RFC 8017, appendix A.1.2) and `PRIVATE KEY` (PKCS#8, RFC
5958), as many as there are. A key with which the server only signs cannot decrypt anything: with (EC)DHE, and so in TLS 1.3,
it takes a key log.
*/

use crate::protocol::secret::Secret;
use data_encoding::BASE64;
use rsa::pkcs1::DecodeRsaPrivateKey;
use rsa::pkcs8::{DecodePrivateKey, PrivateKeyInfoRef};
use rsa::traits::PublicKeyParts;
use rsa::{Pkcs1v15Encrypt, PrivateKey};
use std::fmt;

/// PreMasterSecret: the version that the client offered, and 46 random bytes.
const PREMASTER_BYTES: usize = 48;

/// Why a file has no private key that is of use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadKey {
    /// There is no PEM in it.
    #[error("holds no PEM: name a file with a line `-----BEGIN PRIVATE KEY-----`")]
    NoPem,
    /// A certificate, or what else is no secret.
    #[error("holds no private key, only what is public (a certificate): name the file with the server's private key")]
    PublicOnly,
    /// The key is encrypted.
    #[error("the private key is encrypted: decrypt it first, for example with openssl pkey -in FILE -out PLAIN")]
    Encrypted,
    /// A key of another algorithm.
    #[error("the private key is none of RSA, and no other can decrypt what was captured: use --keylog")]
    NotRsa,
    /// A key that makes no sense.
    #[error("the private key cannot be read: it is damaged, or of a kind that is not known here")]
    Malformed,
}

/// Private keys.
#[derive(Default)]
pub struct PrivateKeys(Vec<PrivateKey>);

/// How many there are.
impl fmt::Debug for PrivateKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} private keys", self.0.len())
    }
}

impl PrivateKeys {
    /// Adds the RSA keys of `pem`. What else it holds is passed over.
    ///
    /// # Errors
    /// Where it holds none, or one that is encrypted or damaged; none is added then.
    pub fn add(&mut self, pem: &[u8]) -> Result<(), BadKey> {
        let mut found = Vec::new();
        let (mut any, mut other) = (false, false);
        for block in blocks(pem) {
            any = true;
            match block.label {
                b"ENCRYPTED PRIVATE KEY" => return Err(BadKey::Encrypted),
                b"RSA PRIVATE KEY" if block.is_encrypted() => return Err(BadKey::Encrypted),
                b"RSA PRIVATE KEY" => {
                    let der = block.content().ok_or(BadKey::Malformed)?;
                    found.push(PrivateKey::from_pkcs1_der(&der).map_err(|_| BadKey::Malformed)?);
                }
                b"PRIVATE KEY" => {
                    let der = block.content().ok_or(BadKey::Malformed)?;
                    let info = PrivateKeyInfoRef::try_from(der.as_slice()).map_err(|_| BadKey::Malformed)?;
                    if info.algorithm.oid == rsa::pkcs1::ALGORITHM_OID {
                        found.push(PrivateKey::from_pkcs8_der(&der).map_err(|_| BadKey::Malformed)?);
                    } else {
                        other = true;
                    }
                }
                label => other |= label.ends_with(b" PRIVATE KEY"),
            }
        }
        match (found.is_empty(), other, any) {
            (false, ..) => self.0.append(&mut found),
            (true, true, _) => return Err(BadKey::NotRsa),
            (true, false, true) => return Err(BadKey::PublicOnly),
            (true, false, false) => return Err(BadKey::NoPem),
        }
        Ok(())
    }

    /// True where there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The premaster secret (48 bytes) that `encrypted` was made of; None where none of the keys is the one.
    pub fn premaster(&self, encrypted: &[u8]) -> Option<Secret<Vec<u8>>> {
        let keys = self.0.iter().filter(|key| key.size() == encrypted.len());
        // With a key that is not the one, what comes out is made up, and so is its length (implicit rejection).
        let secrets = keys.filter_map(|key| key.decrypt(Pkcs1v15Encrypt, encrypted).ok());
        let is_one = |secret: &Vec<u8>| secret.len() == PREMASTER_BYTES && matches!(secret.as_slice(), [3, 0..=4, ..]);
        secrets.filter(is_one).map(Secret::new).next()
    }
}

/// A block of PEM.
struct Block<'a> {
    label: &'a [u8],
    lines: Vec<&'a [u8]>,
}

impl Block<'_> {
    /// By its headers (RFC 1421, section 4.6.1.1).
    fn is_encrypted(&self) -> bool {
        self.lines.iter().any(|line| line.starts_with(b"Proc-Type:") && line.ends_with(b"ENCRYPTED"))
    }

    fn content(&self) -> Option<Vec<u8>> {
        BASE64.decode(&self.lines.concat()).ok()
    }
}

/// The blocks of `pem` that have an end. What stands between them is explanation.
fn blocks(pem: &[u8]) -> Vec<Block<'_>> {
    let (mut blocks, mut open): (Vec<Block<'_>>, Option<Block<'_>>) = (Vec::new(), None);
    for line in pem.split(|byte| matches!(byte, b'\n' | b'\r')).map(<[u8]>::trim_ascii) {
        let edge = |word: &[u8]| line.strip_prefix(word).and_then(|rest| rest.strip_suffix(b"-----"));
        if let Some(label) = edge(b"-----BEGIN ") {
            open = Some(Block { label, lines: Vec::new() });
        } else if let Some(label) = edge(b"-----END ") {
            blocks.extend(open.take().filter(|block| block.label == label));
        } else if let Some(block) = &mut open {
            block.lines.push(line);
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made for this test alone, as are the others.
    const PKCS1: &str = "\
-----BEGIN RSA PRIVATE KEY-----
MIICXQIBAAKBgQC88OnjOdhObq5huKrOcl7WxgLcqL6tRc9sNMCWoJ61QQHMcOvd
2dyXzff5+yMvpii7qGpN4cDeCPC0IFKCwOyDeeNloOLy0voz1+0fWfGOfzLZh4Za
F1Q8AF5m/TWUd2+XQpVE3jn7obISNC2DFroSqDQg59KWYSt1e9Goa30RJQIDAQAB
AoGAZSnQ8Tr9mDEm6WfI/LS8Ft76lU88mOXyA4vTOlNR5tahseccQzLtK9K6XXyc
AF1FHgU0tfKUI85BoxBTXXMSrv9AdBhttc3hc5bFkOPxErjLCbu4X0moTvRYNn/i
73KUB7DAHBysFOsWYAKTKfVJ5Xz5t1nP7ZPqdfZBwFEAuRkCQQDfHjfHMKpL36zM
voezwF+bkuzw+NOi5GpMhmPI9j+8ZvE8cv1nmRvuZJAey+x4TqZqtk+TdBCp3trT
oa5FkgUnAkEA2MlE9MdhWaD1cB1N8FRbevq8K2F7aMCXOz2AcDiB2YSvYr6o5ZAR
Y5UZMjRd5m1x/09qb9l01daIw1uol93e0wJAKEEbbySolOfWFVqKwTOEDF2FwjQi
etEbHJNijW9gMG2iOHXGolpNX8Vk+ylvkIUgIUCjOsdF+l/quyQAfSzLIQJBAMsG
jBb2lzx6mwIZ38FBL7+YDRxPmmU7YSbw7VWsBifxtNO0nbcI2tA5dbRoCLziKQ4j
kRoZPOt7lO/o6pb4ClMCQQCwekcGySwAlR3z8pdWUGSPo5XK1zY+eG9Usv0eV4Br
k/khO/07hiOE2aRC6AJAHrsVc+emeyVj3Mo8D4olIKEe
-----END RSA PRIVATE KEY-----
";
    /// The same in PKCS#8.
    const PKCS8: &str = "\
-----BEGIN PRIVATE KEY-----
MIICdwIBADANBgkqhkiG9w0BAQEFAASCAmEwggJdAgEAAoGBALzw6eM52E5urmG4
qs5yXtbGAtyovq1Fz2w0wJagnrVBAcxw693Z3JfN9/n7Iy+mKLuoak3hwN4I8LQg
UoLA7IN542Wg4vLS+jPX7R9Z8Y5/MtmHhloXVDwAXmb9NZR3b5dClUTeOfuhshI0
LYMWuhKoNCDn0pZhK3V70ahrfRElAgMBAAECgYBlKdDxOv2YMSbpZ8j8tLwW3vqV
TzyY5fIDi9M6U1Hm1qGx5xxDMu0r0rpdfJwAXUUeBTS18pQjzkGjEFNdcxKu/0B0
GG21zeFzlsWQ4/ESuMsJu7hfSahO9Fg2f+LvcpQHsMAcHKwU6xZgApMp9UnlfPm3
Wc/tk+p19kHAUQC5GQJBAN8eN8cwqkvfrMy+h7PAX5uS7PD406LkakyGY8j2P7xm
8Txy/WeZG+5kkB7L7HhOpmq2T5N0EKne2tOhrkWSBScCQQDYyUT0x2FZoPVwHU3w
VFt6+rwrYXtowJc7PYBwOIHZhK9ivqjlkBFjlRkyNF3mbXH/T2pv2XTV1ojDW6iX
3d7TAkAoQRtvJKiU59YVWorBM4QMXYXCNCJ60Rsck2KNb2AwbaI4dcaiWk1fxWT7
KW+QhSAhQKM6x0X6X+q7JAB9LMshAkEAywaMFvaXPHqbAhnfwUEvv5gNHE+aZTth
JvDtVawGJ/G007Sdtwja0Dl1tGgIvOIpDiORGhk863uU7+jqlvgKUwJBALB6RwbJ
LACVHfPyl1ZQZI+jlcrXNj54b1Sy/R5XgGuT+SE7/TuGI4TZpELoAkAeuxVz56Z7
JWPcyjwPiiUgoR4=
-----END PRIVATE KEY-----
";
    const ANOTHER: &str = "\
-----BEGIN PRIVATE KEY-----
MIICdgIBADANBgkqhkiG9w0BAQEFAASCAmAwggJcAgEAAoGBANB+3T+ilKfByZSN
SkoEpGTv41DQ1l0c0aVA/w1aG0NObFUX7ywb43Kp7EMVzQaZpPE6upeijvOGgA/R
Bi51PwByBBQF7TTwXA+ZuggM8Q1HkxrIzXY3iJSbdzmzXl3HdsxOEiBf+tMcvGEo
pgfpXIIHbyvaBFZSKPVBjy8AYe8TAgMBAAECgYAdrcFu2oTQsHwyYj5t9OU13RP9
oAyzqnOJU4w66VWyKgqvvj10iO/Clb+k+Qh7ZQmesR54kVJKBh5aogWAPX5fHxUW
/UP7x82m7Panzc5UG9CDBhTcqyIMWxEE4hayrEXX67eAfCV35LRoOplCzplnLF2u
bqL851F1sumtXq5acQJBAOjxl6x/v3uSg84temMr8ltW37OyBRH+oWKUw53YnVK7
uZsj3DgX05DxcsFbF+bxlFDCbi0R8kr5kkJqCtBswUsCQQDlIcvIPICTZmFvr+Bw
4WZF0GsWpaSuepHNagXRltqw0CSFOrZSQeOiLTNO914bmmF+q8k4Ojeen60T9nS3
vrRZAkEA4FXCl1rUAuLgUtBTfGyXU8W/XGRGI8VQkQrptPsmz8WAg1suu0qe8ojE
1levFjdzea81wev1pqThaVqMnZsPLwJAJrTp1t6ZnczawuJEGO2KuFp37LB4vFzK
SpgReZFxShMvSC5d5FFrIdde5oUVKbaPp7VfXZdAFBTHSSsGFpApqQJAXOwpBRak
pWrdKSXGFQwMyJHbFNXNcq3+gTtHBvl7864y9GT2VlSg1nW156FErvDROhyaTVo0
EwaXk/seE+rNfQ==
-----END PRIVATE KEY-----
";
    const ED25519: &str = "\
-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIDYFBdiNAJ1yZAOe5xwVdVb1hmPJdJOX65zi2DtCDN9q
-----END PRIVATE KEY-----
";
    /// What `openssl pkeyutl -encrypt` made with the first key of 3, 3 and 46 letters and digits.
    const ENCRYPTED: &str = "\
9612403f7a05f5ce092e5512c156dd1a3e365c50f09a8aa4a9a40e03cb6921eb3fc9d92fab20129c6651d305fadc988be0c48fac145cee7964a0676b01e0d9c0942e608b7642d235fc84dc25e7a0d539f9b6386fa36c21f6d7cc27048f8ed978f01c6fe96a8be595a269d6e541d6dbac66d8e05f9344b1e3e9dd07c94d34cfde";
    const PREMASTER: &[u8] = b"\x03\x03abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJ";

    fn keys(pem: &str) -> PrivateKeys {
        let mut keys = PrivateKeys::default();
        keys.add(pem.as_bytes()).unwrap();
        keys
    }

    fn refused(pem: &str) -> Option<BadKey> {
        let mut keys = PrivateKeys::default();
        let refused = keys.add(pem.as_bytes()).err();
        assert!(keys.is_empty() || refused.is_none());
        refused
    }

    #[test]
    fn a_premaster_secret_is_decrypted_by_its_key_alone() {
        let encrypted = data_encoding::HEXLOWER.decode(ENCRYPTED.as_bytes()).unwrap();
        for pem in [PKCS1.to_owned(), PKCS8.replace('\n', "\r\n"), format!("{ANOTHER}{ED25519}words\n{PKCS1}")] {
            let found = keys(&pem).premaster(&encrypted);
            assert_eq!(found.as_ref().map(|secret| secret.reveal()), Some(PREMASTER), "{pem}");
        }
        assert!(keys(ANOTHER).premaster(&encrypted).is_none(), "another key");
        let key = keys(PKCS1);
        for length in [0, 1, 127, 129, 4_096] {
            assert!(key.premaster(&vec![0; length]).is_none());
        }
        for byte in [0, 1, 0xff] {
            assert!(key.premaster(&[byte; 128]).is_none(), "no ciphertext at all");
        }
        let mut changed = encrypted;
        changed[60] ^= 1;
        assert!(key.premaster(&changed).is_none());
    }

    #[test]
    fn what_is_no_private_key_of_rsa_is_refused_in_words() {
        let encrypted = PKCS1.replacen('\n', "\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n", 1);
        let certificate = PKCS1.replace("RSA PRIVATE KEY", "CERTIFICATE");
        for (pem, why) in [
            (String::new(), BadKey::NoPem),
            ("-----BEGIN PRIVATE KEY-----\nMC4C".to_owned(), BadKey::NoPem),
            (certificate.clone(), BadKey::PublicOnly),
            (PKCS8.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY"), BadKey::Encrypted),
            (encrypted, BadKey::Encrypted),
            (ED25519.to_owned(), BadKey::NotRsa),
            (ED25519.replace("PRIVATE KEY", "EC PRIVATE KEY"), BadKey::NotRsa),
            (PKCS1.replace("MIIC", "MIIZ"), BadKey::Malformed),
            (PKCS8.replace("MIIC", "%%%%"), BadKey::Malformed),
            (format!("{PKCS1}{}", PKCS8.replace("MIIC", "MIIZ")), BadKey::Malformed),
        ] {
            assert_eq!(refused(&pem), Some(why), "{pem}");
        }
        assert_eq!(refused(&(certificate + PKCS8)), None, "a certificate beside its key is usual");
        assert_eq!(format!("{:?}", keys(PKCS1)), "1 private keys");
    }

    #[test]
    fn a_key_that_was_cut_or_changed_anywhere_is_no_panic() {
        for at in (0..PKCS1.len()).step_by(7) {
            refused(&PKCS1[..at]);
            let mut changed = PKCS8.as_bytes().to_vec();
            if let Some(byte) = changed.get_mut(at) {
                *byte = if *byte == b'A' { b'B' } else { b'A' };
            }
            let _ = PrivateKeys::default().add(&changed);
        }
    }
}
