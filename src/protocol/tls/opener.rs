/*!
One direction's keys: opens the records that one side protected with them.

The forms of a protected record: a MAC alone and CBC (RFC 5246, sections 6.2.3.1 and 6.2.3.2; RFC 7366 where the MAC is
of what was encrypted), and AEAD (RFC 5246, section 6.2.3.3; RFC 8446, section 5.2). What a record holds is shown only
after its MAC or tag was found to be right.
*/

use super::suite::{Block, Cipher, Digest, Suite};
use crate::limits::heap;
use aes::{Aes128Dec, Aes128Enc, Aes256Dec, Aes256Enc};
use aes_gcm::AesGcm;
use aes_gcm::aead::consts::{U8, U12, U16};
use aes_gcm::aead::{AeadInOut, KeyInit, Nonce, Tag};
use camellia::{Camellia128, Camellia256};
use cbc::Decryptor;
use cbc::cipher::{Array, BlockCipherDecrypt, BlockModeDecrypt, InnerIvInit};
use ccm::Ccm;
use chacha20poly1305::ChaCha20Poly1305;
use des::TdesEde3;
use hmac::{Hmac, Mac};
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};

/// Bytes of a nonce that records of TLS 1.2 carry in AES-GCM and CCM (RFC 5288, section 3; RFC 6655, section 3).
const EXPLICIT_NONCE_BYTES: usize = 8;

/// Bytes of a nonce of every AEAD here.
const NONCE_BYTES: usize = 12;

/// The largest block of a cipher, in bytes.
const BLOCK_BYTES: usize = 16;

/// From this draft of TLS 1.3 on the record's header is authenticated: additional data were empty before.
const DRAFT_WITH_HEADER: u16 = 0x7f19;

/// The keys of one direction, as they were derived: of the lengths that the suite asks for.
pub struct Material<'a> {
    /// Of the MAC.
    pub mac_key: &'a [u8],
    /// Of the cipher.
    pub key: &'a [u8],
    /// The nonce or the part of it that records do not carry, or the first IV of a chain.
    pub iv: &'a [u8],
}

/// Opens one direction's records.
pub struct Opener(Protection);

/// Shows no key.
impl fmt::Debug for Opener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match &self.0 {
            Protection::Null(_) => "null",
            Protection::Cbc { encrypt_then_mac: true, .. } => "CBC, encrypt-then-MAC",
            Protection::Cbc { .. } => "CBC",
            Protection::Aead { .. } => "AEAD",
        };
        write!(f, "Opener({name})")
    }
}

enum Protection {
    /// Content, and its MAC.
    Null(Box<dyn Authenticator>),
    /// Encrypted blocks.
    Cbc { blocks: Box<dyn Blocks>, mac: Box<dyn Authenticator>, encrypt_then_mac: bool, iv: Iv },
    /// `iv` begins with what was derived; the rest is zero.
    Aead { aead: Box<dyn Aead>, iv: [u8; NONCE_BYTES], form: Form },
}

/// The IV of a record in CBC mode.
enum Iv {
    /// The record begins with it (RFC 4346, section 6.2.3.2).
    Explicit,
    /// The last block of the record before (RFC 2246, section 6.2.3.2).
    Chained {
        /// The number of a record, and its IV: the first one, or the one behind the last record that was opened.
        known: (u64, [u8; BLOCK_BYTES]),
        /// The end of what went by last, where it was not opened: a MAC inside the ciphertext proves it or not.
        guessed: Option<[u8; BLOCK_BYTES]>,
    },
}

/// How the nonce and the additional data of an AEAD come about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// TLS 1.2, with eight bytes of the nonce in the record.
    ExplicitNonce,
    /// TLS 1.2; the sequence number makes the nonce (RFC 7905, section 2).
    Sequence,
    /// TLS 1.3.
    Inner,
    /// A draft of TLS 1.3 without additional data.
    InnerAlone,
}

impl Opener {
    /// Sets up the ciphers of `suite`. `None` where a key has not the length that the suite asks for.
    pub fn new(suite: Suite, encrypt_then_mac: bool, material: &Material<'_>) -> Option<Self> {
        let &Material { mac_key, key, iv } = material;
        if iv.len() != suite.iv_bytes() {
            return None;
        }
        let protection = match suite.cipher() {
            Cipher::Null(digest) => Protection::Null(authenticator(digest, mac_key)?),
            Cipher::Cbc(block, digest) => Protection::Cbc {
                blocks: blocks(block, key)?,
                mac: authenticator(digest, mac_key)?,
                encrypt_then_mac,
                iv: if suite.is_chained() {
                    Iv::Chained { known: (0, padded(iv)?), guessed: None }
                } else {
                    Iv::Explicit
                },
            },
            sealed => Protection::Aead {
                aead: aead(sealed, key)?,
                iv: padded(iv)?,
                form: match sealed {
                    _ if (0x7f00..DRAFT_WITH_HEADER).contains(&suite.version()) => Form::InnerAlone,
                    _ if suite.is_tls13() => Form::Inner,
                    Cipher::ChaCha20Poly1305 => Form::Sequence,
                    _ => Form::ExplicitNonce,
                },
            },
        };
        Some(Self(protection))
    }

    /// Bytes of a record's body before its ciphertext: the explicit nonce, or the IV. Byte `prefix + i` of the body is
    /// byte `i` of the plaintext, encrypted.
    pub fn prefix(&self) -> usize {
        match &self.0 {
            Protection::Cbc { blocks, iv: Iv::Explicit, .. } => blocks.block_bytes(),
            Protection::Aead { form: Form::ExplicitNonce, .. } => EXPLICIT_NONCE_BYTES,
            Protection::Null(_) | Protection::Cbc { .. } | Protection::Aead { .. } => 0,
        }
    }

    /// Bytes by which a body is longer than its content, at least: without the padding that may be added.
    pub fn overhead(&self) -> usize {
        self.prefix()
            + match &self.0 {
                Protection::Null(mac) => mac.bytes(),
                Protection::Cbc { mac, .. } => mac.bytes() + 1,
                Protection::Aead { aead, form: Form::Inner | Form::InnerAlone, .. } => aead.tag_bytes() + 1,
                Protection::Aead { aead, .. } => aead.tag_bytes(),
            }
    }

    /// Bytes that it holds.
    pub fn held(&self) -> usize {
        match &self.0 {
            Protection::Null(mac) => heap(size_of_val(&**mac)),
            Protection::Cbc { blocks, mac, .. } => heap(size_of_val(&**blocks)) + heap(size_of_val(&**mac)),
            Protection::Aead { aead, .. } => heap(size_of_val(&**aead)),
        }
    }

    /// Opens the record number `sequence` of this direction since its keys came into use, whose header says `kind` and
    /// `version` (`TLSCiphertext.type` and `.version`; RFC 5246, section 6.2.3), and whose body is `body`.
    ///
    /// `plain` is replaced with the content, without MAC, padding and inner type. Returns its content type: the inner one
    /// in TLS 1.3, `kind` otherwise. A record that [is blind](Self::is_blind) opens without its content. `None`, and an
    /// empty `plain`, where the record does not open.
    pub fn open(&self, sequence: u64, kind: u8, version: u16, body: &[u8], plain: &mut Vec<u8>) -> Option<u8> {
        plain.clear();
        let header = Header { sequence, kind, version };
        let content_type = match &self.0 {
            Protection::Null(mac) => without_cipher(&**mac, header, body, plain),
            Protection::Cbc { blocks, mac, encrypt_then_mac, iv } => {
                let iv = match iv {
                    Iv::Explicit => None,
                    Iv::Chained { known: (number, iv), .. } if *number == sequence => Some(iv),
                    Iv::Chained { .. } if *encrypt_then_mac => return mac_is_right(&**mac, header, body).map(|_| kind),
                    Iv::Chained { guessed, .. } => Some(guessed.as_ref()?),
                };
                let chained = match iv {
                    Some(iv) => Some(iv.get(..blocks.block_bytes())?),
                    None => None,
                };
                let opens = if *encrypt_then_mac { encrypted_then_mac } else { mac_then_encrypted };
                opens(&**blocks, &**mac, header, chained, body, plain)
            }
            Protection::Aead { aead, iv, form } => sealed(&**aead, iv, *form, header, body, plain),
        };
        if content_type.is_none() {
            plain.clear();
        }
        content_type
    }

    /// Whether record number `sequence` tells its number alone. In TLS 1.0 with encrypt-then-MAC the MAC does not prove the
    /// IV (RFC 7366, section 3), which was in the record before: where that was not opened, neither the first block is
    /// known nor how much padding there is.
    pub fn is_blind(&self, sequence: u64) -> bool {
        match &self.0 {
            Protection::Cbc { encrypt_then_mac: true, iv: Iv::Chained { known: (number, _), .. }, .. } => {
                *number != sequence
            }
            _ => false,
        }
    }

    /// Record number `sequence` has opened: TLS 1.0 takes the last block of its `body` for the next IV.
    pub fn passed(&mut self, sequence: u64, body: &[u8]) {
        let last = self.last_block(body);
        if let Protection::Cbc { iv: Iv::Chained { known, guessed }, .. } = &mut self.0
            && let Some(last) = last
        {
            (*known, *guessed) = ((sequence.saturating_add(1), last), None);
        }
    }

    /// A record has gone by that did not open, or bytes before one: `body` is their end, empty where it is not known.
    pub fn passed_unopened(&mut self, body: &[u8]) {
        let last = self.last_block(body);
        if let Protection::Cbc { iv: Iv::Chained { guessed, .. }, .. } = &mut self.0 {
            *guessed = last;
        }
    }

    /// The last block of the ciphertext of a record that ends as `body` does.
    fn last_block(&self, body: &[u8]) -> Option<[u8; BLOCK_BYTES]> {
        let Protection::Cbc { blocks, mac, encrypt_then_mac, .. } = &self.0 else { return None };
        let outside = if *encrypt_then_mac { mac.bytes() } else { 0 };
        let ciphertext = body.get(..body.len().checked_sub(outside)?)?;
        padded(ciphertext.rchunks_exact(blocks.block_bytes()).next()?)
    }
}

/// What is authenticated beside the content.
#[derive(Clone, Copy)]
struct Header {
    sequence: u64,
    kind: u8,
    version: u16,
}

impl Header {
    /// The sequence number and a header for `length` bytes (RFC 5246, sections 6.2.3.1 and 6.2.3.3).
    fn numbered(self, length: usize) -> Option<[u8; 13]> {
        let mut bytes = [0; 13];
        let (number, header) = bytes.split_at_mut(8);
        number.copy_from_slice(&self.sequence.to_be_bytes());
        header.copy_from_slice(&self.of_record(length)?);
        Some(bytes)
    }

    /// The header of a record whose body has `length` bytes. `None` where no record can be so long.
    fn of_record(self, length: usize) -> Option<[u8; 5]> {
        let [major, minor] = self.version.to_be_bytes();
        let [high, low] = u16::try_from(length).ok()?.to_be_bytes();
        Some([self.kind, major, minor, high, low])
    }
}

/// `GenericStreamCipher` with the cipher NULL (RFC 5246, section 6.2.3.1).
fn without_cipher(mac: &dyn Authenticator, header: Header, body: &[u8], plain: &mut Vec<u8>) -> Option<u8> {
    plain.extend_from_slice(mac_is_right(mac, header, body)?);
    Some(header.kind)
}

/// `GenericBlockCipher`: content, MAC and padding are encrypted (RFC 5246, section 6.2.3.2). The IV is `chained`, or the
/// first block.
fn mac_then_encrypted(
    blocks: &dyn Blocks,
    mac: &dyn Authenticator,
    header: Header,
    chained: Option<&[u8]>,
    body: &[u8],
    plain: &mut Vec<u8>,
) -> Option<u8> {
    decrypt(blocks, chained, body, plain)?;
    let end = plain.len().checked_sub(mac.bytes())?;
    let (content, tag) = plain.split_at_checked(end)?;
    if !mac.is_right(&header.numbered(content.len())?, content, tag) {
        return None;
    }
    plain.truncate(end);
    Some(header.kind)
}

/// Content and padding are encrypted, the MAC is of the IV and the ciphertext (RFC 7366, section 3).
fn encrypted_then_mac(
    blocks: &dyn Blocks,
    mac: &dyn Authenticator,
    header: Header,
    chained: Option<&[u8]>,
    body: &[u8],
    plain: &mut Vec<u8>,
) -> Option<u8> {
    let encrypted = mac_is_right(mac, header, body)?;
    decrypt(blocks, chained, encrypted, plain)?;
    Some(header.kind)
}

/// What is before the MAC at the end of `body`, if that is its MAC.
fn mac_is_right<'a>(mac: &dyn Authenticator, header: Header, body: &'a [u8]) -> Option<&'a [u8]> {
    let (text, tag) = body.split_at_checked(body.len().checked_sub(mac.bytes())?)?;
    mac.is_right(&header.numbered(text.len())?, text, tag).then_some(text)
}

/// Decrypts CBC and takes the padding off: as many bytes as the last one says, all of its value, and the last one.
fn decrypt(blocks: &dyn Blocks, chained: Option<&[u8]>, body: &[u8], plain: &mut Vec<u8>) -> Option<()> {
    let (iv, ciphertext) = match chained {
        Some(iv) => (iv, body),
        None => body.split_at_checked(blocks.block_bytes())?,
    };
    plain.extend_from_slice(ciphertext);
    if !blocks.decrypt(iv, plain) {
        return None;
    }
    let &padding_length = plain.last()?;
    let end = plain.len().checked_sub(usize::from(padding_length) + 1)?;
    if plain.get(end..)?.iter().any(|byte| *byte != padding_length) {
        return None;
    }
    plain.truncate(end);
    Some(())
}

/// `GenericAEADCipher` (RFC 5246, section 6.2.3.3), and `TLSInnerPlaintext` (RFC 8446, section 5.2).
fn sealed(
    aead: &dyn Aead,
    iv: &[u8; NONCE_BYTES],
    form: Form,
    header: Header,
    body: &[u8],
    plain: &mut Vec<u8>,
) -> Option<u8> {
    let mut nonce = *iv;
    let rest = if form == Form::ExplicitNonce {
        let (explicit, rest) = body.split_at_checked(EXPLICIT_NONCE_BYTES)?;
        *nonce.last_chunk_mut()? = *explicit.first_chunk::<EXPLICIT_NONCE_BYTES>()?;
        rest
    } else {
        let number: &mut [u8; 8] = nonce.last_chunk_mut()?;
        *number = (u64::from_be_bytes(*number) ^ header.sequence).to_be_bytes();
        body
    };
    let (ciphertext, tag) = rest.split_at_checked(rest.len().checked_sub(aead.tag_bytes())?)?;
    plain.extend_from_slice(ciphertext);
    let opens = match form {
        Form::ExplicitNonce | Form::Sequence => aead.open(&nonce, &header.numbered(ciphertext.len())?, plain, tag),
        Form::Inner => aead.open(&nonce, &header.of_record(body.len())?, plain, tag),
        Form::InnerAlone => aead.open(&nonce, b"", plain, tag),
    };
    if !opens {
        return None;
    }
    if matches!(form, Form::ExplicitNonce | Form::Sequence) {
        return Some(header.kind);
    }
    let end = plain.iter().rposition(|byte| *byte != 0)?;
    let content_type = plain.get(end).copied();
    plain.truncate(end);
    content_type
}

/// `bytes`, and zeros behind them. `None` where they are too many.
fn padded<const N: usize>(bytes: &[u8]) -> Option<[u8; N]> {
    let mut array = [0; N];
    array.get_mut(..bytes.len())?.copy_from_slice(bytes);
    Some(array)
}

/// An AEAD with its key.
trait Aead: Send + Sync + UnwindSafe + RefUnwindSafe {
    fn tag_bytes(&self) -> usize;
    /// Decrypts `text` in place. `false` where it is not authentic: `text` is of no use then.
    fn open(&self, nonce: &[u8; NONCE_BYTES], additional: &[u8], text: &mut [u8], tag: &[u8]) -> bool;
}

impl<A: AeadInOut<NonceSize = U12> + Send + Sync + UnwindSafe + RefUnwindSafe> Aead for A {
    fn tag_bytes(&self) -> usize {
        size_of::<Tag<A>>()
    }

    fn open(&self, nonce: &[u8; NONCE_BYTES], additional: &[u8], text: &mut [u8], tag: &[u8]) -> bool {
        let nonce = Nonce::<A>::from(*nonce);
        Tag::<A>::try_from(tag)
            .is_ok_and(|tag| self.decrypt_inout_detached(&nonce, additional, text.into(), &tag).is_ok())
    }
}

/// A block cipher with its key.
trait Blocks: Send + Sync + UnwindSafe + RefUnwindSafe {
    fn block_bytes(&self) -> usize;
    /// Decrypts `text` in place in CBC mode. `false` where it is not of whole blocks, or `iv` not one.
    fn decrypt(&self, iv: &[u8], text: &mut [u8]) -> bool;
}

impl<C: BlockCipherDecrypt + Send + Sync + UnwindSafe + RefUnwindSafe> Blocks for C {
    fn block_bytes(&self) -> usize {
        C::block_size()
    }

    fn decrypt(&self, iv: &[u8], text: &mut [u8]) -> bool {
        let (chunks, rest) = Array::slice_as_chunks_mut(text);
        match Decryptor::<&C>::inner_iv_slice_init(self, iv) {
            Ok(mut chain) if rest.is_empty() => {
                chain.decrypt_blocks(chunks);
                true
            }
            _ => false,
        }
    }
}

/// A MAC with its key.
trait Authenticator: Send + Sync + UnwindSafe + RefUnwindSafe {
    fn bytes(&self) -> usize;
    /// Whether `tag` is the MAC of `header` and `text`.
    fn is_right(&self, header: &[u8], text: &[u8], tag: &[u8]) -> bool;
}

impl<M: Mac + Clone + Send + Sync + UnwindSafe + RefUnwindSafe> Authenticator for M {
    fn bytes(&self) -> usize {
        M::output_size()
    }

    fn is_right(&self, header: &[u8], text: &[u8], tag: &[u8]) -> bool {
        self.clone().chain_update(header).chain_update(text).verify_slice(tag).is_ok()
    }
}

/// The AEAD `sealed` with `key`; `None` for a key of another length, and for what is no AEAD.
fn aead(sealed: Cipher, key: &[u8]) -> Option<Box<dyn Aead>> {
    fn with<A: Aead + KeyInit + 'static>(key: &[u8]) -> Option<Box<dyn Aead>> {
        Some(Box::new(A::new_from_slice(key).ok()?))
    }
    match sealed {
        Cipher::Gcm(Block::Aes128) => with::<AesGcm<Aes128Enc, U12>>(key),
        Cipher::Gcm(Block::Aes256) => with::<AesGcm<Aes256Enc, U12>>(key),
        Cipher::Gcm(Block::Camellia128) => with::<AesGcm<Camellia128, U12>>(key),
        Cipher::Gcm(Block::Camellia256) => with::<AesGcm<Camellia256, U12>>(key),
        Cipher::Ccm(Block::Aes128) => with::<Ccm<Aes128Enc, U16, U12>>(key),
        Cipher::Ccm(Block::Aes256) => with::<Ccm<Aes256Enc, U16, U12>>(key),
        Cipher::Ccm8(Block::Aes128) => with::<Ccm<Aes128Enc, U8, U12>>(key),
        Cipher::Ccm8(Block::Aes256) => with::<Ccm<Aes256Enc, U8, U12>>(key),
        Cipher::ChaCha20Poly1305 => with::<ChaCha20Poly1305>(key),
        Cipher::Gcm(Block::TripleDes) | Cipher::Ccm(_) | Cipher::Ccm8(_) | Cipher::Null(_) | Cipher::Cbc(..) => None,
    }
}

/// The cipher `block` with `key`; `None` for a key of another length.
fn blocks(block: Block, key: &[u8]) -> Option<Box<dyn Blocks>> {
    fn with<C: Blocks + KeyInit + 'static>(key: &[u8]) -> Option<Box<dyn Blocks>> {
        Some(Box::new(C::new_from_slice(key).ok()?))
    }
    match block {
        Block::Aes128 => with::<Aes128Dec>(key),
        Block::Aes256 => with::<Aes256Dec>(key),
        Block::Camellia128 => with::<Camellia128>(key),
        Block::Camellia256 => with::<Camellia256>(key),
        Block::TripleDes => with::<TdesEde3>(key),
    }
}

/// HMAC of `digest` with `key` (RFC 2104).
fn authenticator(digest: Digest, key: &[u8]) -> Option<Box<dyn Authenticator>> {
    fn with<M: Authenticator + KeyInit + 'static>(key: &[u8]) -> Option<Box<dyn Authenticator>> {
        Some(Box::new(<M as KeyInit>::new_from_slice(key).ok()?))
    }
    match digest {
        Digest::Md5 => with::<Hmac<md5::Md5>>(key),
        Digest::Sha1 => with::<Hmac<sha1::Sha1>>(key),
        Digest::Sha256 => with::<Hmac<sha2::Sha256>>(key),
        Digest::Sha384 => with::<Hmac<sha2::Sha384>>(key),
    }
}

#[cfg(test)]
mod tests;
