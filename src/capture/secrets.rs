/*!
Decryption Secrets Blocks (draft-ietf-opsawg-pcapng, section 4.7): the secrets of TLS connections that a pcapng file brings
along, as the text of a key log. Nothing here knows what it says.

Of a regular file they are read before its first packet ([`secrets_of`]), wherever they stand: a walk from block to block,
which reads no packet. Of what comes but once, a [`SecretsSink`] is told of them as they are read.
*/

use super::compressed::{announced, decompress};
use super::section;
use crate::limits::{Limit, LimitsHit, RECORD_BYTES, SECRETS_BYTES};
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;
use std::sync::Arc;

/// Type, length, and length once more.
const FRAMING_BYTES: usize = 12;
/// The type of the block.
pub(super) const SECRETS: u32 = 0x0000_000a;
/// Secrets of TLS, in the format of key logs: "TLSK".
const TLS_KEY_LOG: u32 = 0x544c_534b;
/// Bytes of the block before the secrets: its type and length, their type and length.
const HEADER_BYTES: usize = 16;
/// Bytes that are read at a time: a larger block is seeked over.
const BUFFER_BYTES: usize = 32 * 1024;
/// Bytes of a compressed file that are decompressed to look for secrets.
const COMPRESSED_BYTES: u64 = 64 * 1024 * 1024;
/// The same once they are decompressed.
const DECOMPRESSED_BYTES: u64 = 1024 * 1024 * 1024;

/// Is told the text of a Decryption Secrets Block, and the number of the packet that it stands before, as
/// [`super::Packet::number`] counts; returns how many of the secrets in it were left out.
pub type SecretsSink = Arc<dyn Fn(&[u8], u64) -> u64 + Send + Sync>;

/// Tells a sink of the blocks of one file.
pub(super) struct Teller {
    sink: SecretsSink,
    /// The number of the packet before the first one of the file.
    number: u64,
    room: usize,
    limits: LimitsHit,
}

impl Teller {
    /// Tells `sink` of a file whose first packet comes after the one of that `number`.
    pub(super) fn new(sink: SecretsSink, number: u64) -> Self {
        Self { sink, number, room: SECRETS_BYTES, limits: LimitsHit::default() }
    }

    /// `block` is a Decryption Secrets Block that stands behind so many packets of the file.
    pub(super) fn tell(&mut self, block: &[u8], big_endian: bool, packets: u64) {
        let Some(text) = text(block, big_endian) else { return };
        let left_out = match self.room.checked_sub(text.len()) {
            Some(room) => {
                self.room = room;
                (self.sink)(text, self.number.saturating_add(packets).saturating_add(1))
            }
            None => 1,
        };
        self.limits.hit_times(Limit::DecryptionSecrets, left_out);
    }

    /// Bounds that were hit.
    pub(super) fn limits(&self) -> &LimitsHit {
        &self.limits
    }
}

/// Hands the text of each Decryption Secrets Block with secrets of TLS in the file at `path` to `each`, and returns how many
/// were left out, as they would be more than [`SECRETS_BYTES`] together.
///
/// Only regular pcapng files have any; what cannot be opened has none: whoever reads the packets says so. A damaged file
/// gives what stands before the damage. Of a compressed file, only the first 64 MiB are looked at, and of what they are
/// decompressed to, the first GiB.
pub fn secrets_of(path: &Path, each: &mut dyn FnMut(&[u8])) -> u64 {
    let Ok(about) = path.metadata() else { return 0 };
    // A named pipe can be read only once.
    if !about.is_file() {
        return 0;
    }
    let Ok(mut file) = File::open(path) else { return 0 };
    let mut left_out = 0;
    // An error of reading is damage, too.
    let _ = beginning(&mut file).and_then(|beginning| {
        let mut reader = BufReader::with_capacity(BUFFER_BYTES, file);
        reader.seek_relative(0)?;
        match announced(&beginning) {
            None => walk(&mut reader, each, &mut left_out),
            Some(compression) => {
                let content = decompress(compression, Box::new(reader.take(COMPRESSED_BYTES)))?;
                let content = BufReader::with_capacity(BUFFER_BYTES, content.take(DECOMPRESSED_BYTES));
                walk(&mut Stream(content), each, &mut left_out)
            }
        }
    });
    left_out
}

/// The first bytes of `file`, which is at its beginning again then.
fn beginning(file: &mut File) -> io::Result<[u8; 4]> {
    let mut beginning = [0; 4];
    file.read_exact(&mut beginning)?;
    io::Seek::rewind(file)?;
    Ok(beginning)
}

/// What can be read, and passed over.
trait Forward: Read {
    fn pass(&mut self, bytes: usize) -> io::Result<()>;

    /// The next bytes.
    fn next<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

impl Forward for BufReader<File> {
    /// Beyond the end of the file, too, where the next bytes are not there.
    fn pass(&mut self, bytes: usize) -> io::Result<()> {
        self.seek_relative(i64::try_from(bytes).map_err(io::Error::other)?)
    }
}

/// What cannot be seeked in.
struct Stream<R>(R);

impl<R: Read> Read for Stream<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl<R: Read> Forward for Stream<R> {
    fn pass(&mut self, bytes: usize) -> io::Result<()> {
        let bytes = bytes as u64;
        match io::copy(&mut self.0.by_ref().take(bytes), &mut io::sink())? {
            passed if passed == bytes => Ok(()),
            _ => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

/// Walks from block to block until the end, or to where no block can be.
fn walk(reader: &mut impl Forward, each: &mut dyn FnMut(&[u8]), left_out: &mut u64) -> io::Result<()> {
    let damaged = || io::Error::from(io::ErrorKind::InvalidData);
    let (mut big_endian, mut room) = (false, SECRETS_BYTES);
    let mut header: [u8; 8] = reader.next()?;
    if !section::begins(&header) {
        return Ok(());
    }
    loop {
        let [k0, k1, k2, k3, length @ ..] = header;
        let mut read = header.len();
        if section::begins(&header) {
            big_endian = match reader.next()? {
                [0x1a, 0x2b, 0x3c, 0x4d] => true,
                [0x4d, 0x3c, 0x2b, 0x1a] => false,
                _ => return Err(damaged()),
            };
            read += 4;
        }
        let number = |bytes| if big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) };
        let total = usize::try_from(number(length)).ok().filter(|total| (FRAMING_BYTES..=RECORD_BYTES).contains(total));
        let total = total.filter(|total| total - 4 >= read).ok_or_else(damaged)?;
        let kind = number([k0, k1, k2, k3]);
        if kind == SECRETS {
            let mut block = header.to_vec();
            let most = total - 4 - read;
            if reader.by_ref().take(most as u64).read_to_end(&mut block)? < most {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            match text(&block, big_endian) {
                Some(text) if text.len() > room => *left_out += 1,
                Some(text) => {
                    room -= text.len();
                    each(text);
                }
                None => {}
            }
        } else {
            reader.pass(total - 4 - read)?;
        }
        let closing: [u8; 4] = reader.next()?;
        header = if closing == length { next_header(reader, None)? } else { odd(reader, total, length, closing)? };
    }
}

/// The header of the block that follows, which begins with `begun`.
fn next_header(reader: &mut impl Forward, begun: Option<&[u8]>) -> io::Result<[u8; 8]> {
    let begun = begun.unwrap_or_default();
    let mut header = [0; 8];
    let (known, rest) = header.split_at_mut_checked(begun.len()).ok_or(io::ErrorKind::InvalidData)?;
    known.copy_from_slice(begun);
    reader.read_exact(rest)?;
    Ok(header)
}

/// As [`next_header`], where a block of `total` bytes does not end with its `length`, but for the four bytes `closing`: some
/// writers pad a block without counting that.
fn odd(reader: &mut impl Forward, total: usize, length: [u8; 4], closing: [u8; 4]) -> io::Result<[u8; 8]> {
    let padding = total.next_multiple_of(4) - total;
    let mut ends = [0; 7];
    let ends = ends.get_mut(..4 + padding).ok_or(io::ErrorKind::InvalidData)?;
    let (first, rest) = ends.split_at_mut(4);
    first.copy_from_slice(&closing);
    reader.read_exact(rest)?;
    match padding > 0 && ends.ends_with(&length) {
        true => next_header(reader, None),
        false => Err(io::ErrorKind::InvalidData.into()),
    }
}

/// The text in `block`, a Decryption Secrets Block with or without its closing length; None where it holds other secrets, or
/// its inner length reaches beyond it.
fn text(block: &[u8], big_endian: bool) -> Option<&[u8]> {
    let number = |at: usize| {
        let bytes = *block.get(at..)?.first_chunk::<4>()?;
        Some(if big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    };
    let (total, kind, length) = (number(4)?, number(8)?, number(12)?);
    let end = HEADER_BYTES.checked_add(usize::try_from(length).ok()?)?;
    let fits = end <= usize::try_from(total).ok()?.saturating_sub(4);
    (kind == TLS_KEY_LOG && fits).then(|| block.get(HEADER_BYTES..end)).flatten()
}

#[cfg(test)]
mod tests;
