/*!
From secrets to keys.

Up to TLS 1.2 a PRF makes the master secret and the keys of both directions (RFC 5246, sections 5, 6.3 and 8.1; RFC 2246,
section 5, before 1.2; RFC 7627 for the extended master secret). In TLS 1.3 each direction has a traffic secret of its
own, from which HKDF makes key and IV (RFC 8446, sections 7.1 to 7.3).
*/

use super::keys::Random;
use super::opener::{Material, Opener};
use super::suite::{Hash, Suite, TLS12};
use crate::protocol::secret::Secret;
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384};

/// Bytes of a master secret (RFC 5246, section 8.1).
const MASTER_SECRET_BYTES: usize = 48;

/// The first draft of TLS 1.3 with the labels of RFC 8446.
const DRAFT_WITH_SHORT_LABELS: u16 = 0x7f14;

/// The master secret (RFC 5246, section 8.1), 48 bytes.
pub fn master_secret(
    version: u16,
    suite: Suite,
    premaster: &[u8],
    client_random: &Random,
    server_random: &Random,
) -> Secret<Vec<u8>> {
    let mut master = vec![0; MASTER_SECRET_BYTES];
    prf(version, suite, premaster, &[b"master secret", client_random, server_random], &mut master);
    Secret::new(master)
}

/// The extended master secret (RFC 7627, section 4), 48 bytes. `messages` are the handshake messages, with their headers,
/// from ClientHello up to and with ClientKeyExchange.
pub fn extended_master_secret(version: u16, suite: Suite, premaster: &[u8], messages: &[u8]) -> Secret<Vec<u8>> {
    let session_hash = match suite.hash() {
        _ if version < TLS12 => [&Md5::digest(messages)[..], &Sha1::digest(messages)[..]].concat(),
        Hash::Sha256 => Sha256::digest(messages).to_vec(),
        Hash::Sha384 => Sha384::digest(messages).to_vec(),
    };
    let mut master = vec![0; MASTER_SECRET_BYTES];
    prf(version, suite, premaster, &[b"extended master secret", &session_hash], &mut master);
    Secret::new(master)
}

/// The openers of what TLS's client and its server send, up to TLS 1.2 (RFC 5246, section 6.3). `version` is the one that
/// `suite` was made for, `master` the master secret; `None` where it is no master secret, or the version is another.
///
/// `encrypt_then_mac` says whether that was negotiated; it changes nothing where the suite is not of CBC mode.
pub fn openers(
    version: u16,
    suite: Suite,
    encrypt_then_mac: bool,
    master: &[u8],
    client_random: &Random,
    server_random: &Random,
) -> Option<[Opener; 2]> {
    if master.len() != MASTER_SECRET_BYTES || version != suite.version() || suite.is_tls13() {
        return None;
    }
    let (mac_key, key, iv) = (suite.mac_key_bytes(), suite.key_bytes(), suite.iv_bytes());
    let mut key_block = vec![0; 2 * (mac_key + key + iv)];
    prf(version, suite, master, &[b"key expansion", server_random, client_random], &mut key_block);
    let mut rest = &key_block[..];
    let mut take = |bytes: usize| rest.split_off(..bytes);
    let (client_mac_key, server_mac_key) = (take(mac_key)?, take(mac_key)?);
    let (client_key, server_key) = (take(key)?, take(key)?);
    let (client_iv, server_iv) = (take(iv)?, take(iv)?);
    let client = Material { mac_key: client_mac_key, key: client_key, iv: client_iv };
    let server = Material { mac_key: server_mac_key, key: server_key, iv: server_iv };
    Some([Opener::new(suite, encrypt_then_mac, &client)?, Opener::new(suite, encrypt_then_mac, &server)?])
}

/// The opener of what was protected with a traffic secret of TLS 1.3 (RFC 8446, section 7.3). `None` where the secret has
/// not the length of the suite's hash, or the suite is of an older version.
pub fn opener(suite: Suite, traffic_secret: &[u8]) -> Option<Opener> {
    if !suite.is_tls13() {
        return None;
    }
    let mut key = vec![0; suite.key_bytes()];
    let mut iv = vec![0; suite.iv_bytes()];
    expand_label(suite, traffic_secret, b"key", &mut key)?;
    expand_label(suite, traffic_secret, b"iv", &mut iv)?;
    Opener::new(suite, false, &Material { mac_key: b"", key: &key, iv: &iv })
}

/// The traffic secret that a KeyUpdate puts in the place of `traffic_secret` (RFC 8446, section 7.2). Empty where that has
/// not the length of the suite's hash.
pub fn next_traffic_secret(suite: Suite, traffic_secret: &[u8]) -> Secret<Vec<u8>> {
    let label: &[u8] = if has_long_labels(suite) { b"application traffic secret" } else { b"traffic upd" };
    let mut next = vec![0; suite.hash().bytes()];
    let derived = expand_label(suite, traffic_secret, label, &mut next);
    Secret::new(if derived.is_some() { next } else { Vec::new() })
}

/// Whether `suite` is of a draft of TLS 1.3 before the labels were shortened, to make HKDF faster.
fn has_long_labels(suite: Suite) -> bool {
    (0x7f00..DRAFT_WITH_SHORT_LABELS).contains(&suite.version())
}

/// `HKDF-Expand-Label(Secret, Label, "", Length)` (RFC 8446, section 7.1). `None` where `secret` has not the length of the
/// hash.
fn expand_label(suite: Suite, secret: &[u8], label: &[u8], out: &mut [u8]) -> Option<()> {
    if secret.len() != suite.hash().bytes() {
        return None;
    }
    let prefix: &[u8] = if has_long_labels(suite) { b"TLS 1.3, " } else { b"tls13 " };
    let length = u16::try_from(out.len()).ok()?.to_be_bytes();
    let label_length = u8::try_from(prefix.len() + label.len()).ok()?;
    // The context is empty: its length, zero, comes last.
    let info = [&length[..], &[label_length], prefix, label, &[0]].concat();
    match suite.hash() {
        Hash::Sha256 => Hkdf::<Sha256>::from_prk(secret).ok()?.expand(&info, out).ok(),
        Hash::Sha384 => Hkdf::<Sha384>::from_prk(secret).ok()?.expand(&info, out).ok(),
    }
}

/// `PRF(secret, label, seed)` into `out`, which is zero. `seed` is the label and the seed, in parts.
fn prf(version: u16, suite: Suite, secret: &[u8], seed: &[&[u8]], out: &mut [u8]) {
    match suite.hash() {
        // The halves share a byte where the length is odd (RFC 2246, section 5).
        _ if version < TLS12 => {
            let half = secret.len().div_ceil(2);
            xor_p_hash::<Hmac<Md5>>(secret.get(..half).unwrap_or_default(), seed, out);
            xor_p_hash::<Hmac<Sha1>>(secret.get(secret.len() - half..).unwrap_or_default(), seed, out);
        }
        Hash::Sha256 => xor_p_hash::<Hmac<Sha256>>(secret, seed, out),
        Hash::Sha384 => xor_p_hash::<Hmac<Sha384>>(secret, seed, out),
    }
}

/// XORs `P_hash(secret, seed)` into `out` (RFC 5246, section 5).
fn xor_p_hash<M: Mac + KeyInit + Clone>(secret: &[u8], seed: &[&[u8]], out: &mut [u8]) {
    // HMAC takes a key of any length.
    let Ok(hmac) = <M as KeyInit>::new_from_slice(secret) else { return };
    let of = |first: Option<&[u8]>, parts: &[&[u8]]| {
        let mut hmac = hmac.clone();
        for part in first.iter().chain(parts) {
            hmac.update(part);
        }
        hmac.finalize().into_bytes()
    };
    let mut a = of(None, seed);
    for chunk in out.chunks_mut(M::output_size()) {
        for (byte, with) in chunk.iter_mut().zip(of(Some(&a), seed)) {
            *byte ^= with;
        }
        a = of(Some(&a), &[]);
    }
}

#[cfg(test)]
mod tests;
