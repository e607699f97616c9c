/*!
Compressed captures, recognised by their magic bytes and decompressed as they are read.

Memory is bounded by the decoders: gzip's window is 32 KiB, LZ4 blocks are at most 8 MiB, and zstd refuses windows above
128 MiB (2^27 bytes, libzstd's default for untrusted data). What is refused is not damaged: see [`Refused`].
*/

use super::{Compression, Refused};
use flate2::read::MultiGzDecoder;
use lz4_flex::frame::FrameDecoder;
use std::io::{self, BufReader, Read};
use zstd::zstd_safe::zstd_sys::ZSTD_ErrorCode;

/// Compressed bytes read at a time.
const BLOCK_BYTES: usize = 128 * 1024;

/// The compression that `beginning` (4 bytes suffice) announces.
pub(super) fn announced(beginning: &[u8]) -> Option<Compression> {
    match beginning {
        // RFC 1952 section 2.3.1.
        [0x1f, 0x8b, ..] => Some(Compression::Gzip),
        // RFC 8878 section 3.1.1; a skippable frame (3.1.2) may come first, as pzstd writes it.
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Compression::Zstd),
        [0x04, 0x22, 0x4d, 0x18, ..] => Some(Compression::Lz4),
        _ => None,
    }
}

/// The content of `reader`. Several members or frames in a row are one content, as the formats' own tools treat them.
///
/// # Errors
/// Where the decoder cannot be set up.
pub(super) fn decompress(compression: Compression, reader: Box<dyn Read + Send>) -> io::Result<Box<dyn Read + Send>> {
    Ok(match compression {
        Compression::Gzip => Box::new(MultiGzDecoder::new(BufReader::with_capacity(BLOCK_BYTES, reader))),
        Compression::Zstd => Box::new(zstd::Decoder::with_buffer(BufReader::with_capacity(BLOCK_BYTES, reader))?),
        Compression::Lz4 => Box::new(Lz4Frames::new(reader)),
    })
}

/// Why the decoder that returned `error` refuses its data; None where the data is damaged, or could not be read.
pub(super) fn refused(compression: Compression, error: &io::Error) -> Option<Refused> {
    let inner = error.get_ref()?;
    match compression {
        Compression::Gzip => None,
        Compression::Zstd => {
            let error = inner.downcast_ref::<zstd::Error>()?;
            if error.is(ZSTD_ErrorCode::ZSTD_error_frameParameter_windowTooLarge) {
                Some(Refused::Window)
            } else if error.is(ZSTD_ErrorCode::ZSTD_error_dictionary_wrong) {
                Some(Refused::Dictionary)
            } else {
                None
            }
        }
        Compression::Lz4 => match inner.downcast_ref::<lz4_flex::frame::Error>()? {
            lz4_flex::frame::Error::DictionaryNotSupported => Some(Refused::Dictionary),
            _ => None,
        },
    }
}

/// LZ4 frames one after the other.
///
/// The frame decoder returns 0 bytes at the end of each frame, and also where the stream is truncated at the edge of a
/// block; only the stream below can tell these from its end.
struct Lz4Frames {
    decoder: FrameDecoder<Ending<BufReader<Box<dyn Read + Send>>>>,
    between_frames: bool,
}

impl Lz4Frames {
    fn new(reader: Box<dyn Read + Send>) -> Self {
        let reader = Ending { reader: BufReader::with_capacity(BLOCK_BYTES, reader), ended: false };
        Self { decoder: FrameDecoder::new(reader), between_frames: false }
    }
}

impl Read for Lz4Frames {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            let count = self.decoder.read(buffer)?;
            if count > 0 {
                self.between_frames = false;
                return Ok(count);
            }
            match (self.decoder.get_ref().ended, self.between_frames) {
                (false, _) => self.between_frames = true,
                (true, true) => return Ok(0),
                (true, false) => return Err(io::ErrorKind::UnexpectedEof.into()),
            }
        }
    }
}

/// Remembers that its reader has come to its end.
struct Ending<R> {
    reader: R,
    ended: bool,
}

impl<R: Read> Read for Ending<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        self.ended |= count == 0 && !buffer.is_empty();
        Ok(count)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::{announced, decompress, refused};
    use crate::capture::{Compression, Refused};
    use std::io::{Read, Write};

    pub(in crate::capture) const ALL: [Compression; 3] = [Compression::Gzip, Compression::Zstd, Compression::Lz4];

    pub(in crate::capture) fn compress(compression: Compression, content: &[u8]) -> Vec<u8> {
        match compression {
            Compression::Gzip => {
                let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                encoder.write_all(content).unwrap();
                encoder.finish().unwrap()
            }
            Compression::Zstd => zstd::encode_all(content, 1).unwrap(),
            Compression::Lz4 => {
                let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
                encoder.write_all(content).unwrap();
                encoder.finish().unwrap()
            }
        }
    }

    fn read_all(compression: Compression, compressed: Vec<u8>) -> (Vec<u8>, std::io::Result<usize>) {
        let mut content = Vec::new();
        let mut reader = decompress(compression, Box::new(std::io::Cursor::new(compressed))).unwrap();
        let result = reader.read_to_end(&mut content);
        (content, result)
    }

    #[test]
    fn members_one_after_the_other_are_one_content() {
        for compression in ALL {
            let compressed = [&b"one "[..], b"", b"two ", b"", b""].map(|part| compress(compression, part)).concat();
            assert_eq!(announced(&compressed), Some(compression));
            let (content, result) = read_all(compression, compressed);
            assert_eq!((content.as_slice(), result.unwrap()), (&b"one two "[..], 8), "{compression:?}");
        }
    }

    #[test]
    fn what_is_refused_is_not_damaged() {
        // A frame of zstd with a window of 2 GiB (RFC 8878 section 3.1.1.1.2), then one that names dictionary 7.
        let window = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 21 << 3, 0x01, 0, 0];
        let dictionary = [0x28, 0xb5, 0x2f, 0xfd, 0x01, 0x50, 0x07, 0x01, 0, 0];
        // An LZ4 frame, version 1 with a dictionary, and the checksum of its header.
        let lz4 = vec![0x04, 0x22, 0x4d, 0x18, 0x61, 0x40, 7, 0, 0, 0, 0xe3];
        for (compression, bytes, why) in [
            (Compression::Zstd, window.to_vec(), Some(Refused::Window)),
            (
                Compression::Zstd,
                [compress(Compression::Zstd, b"before"), window.to_vec()].concat(),
                Some(Refused::Window),
            ),
            (Compression::Zstd, dictionary.to_vec(), Some(Refused::Dictionary)),
            (Compression::Zstd, compress(Compression::Zstd, b"cut")[..9].to_vec(), None),
            (Compression::Lz4, lz4, Some(Refused::Dictionary)),
        ] {
            let (_, result) = read_all(compression, bytes);
            let error = result.unwrap_err();
            assert_eq!(refused(compression, &error), why, "{error}");
        }
    }

    #[test]
    fn a_truncation_anywhere_is_an_error_and_no_end() {
        let content: Vec<u8> = (0..200_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        for compression in ALL {
            let whole = compress(compression, &content);
            for cut in (5..40).chain((40..whole.len()).step_by(4_999)).chain(whole.len() - 9..whole.len()) {
                let (read, result) = read_all(compression, whole[..cut].to_vec());
                assert!(result.is_err(), "{compression:?} cut at {cut} of {}", whole.len());
                assert!(content.starts_with(&read));
            }
        }
    }
}
