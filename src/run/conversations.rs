/*!
Keeps whole conversations until it is known which of them is asked for: a session has its number only when it is over.

They are in one file without a name, which the system removes with the process, however that ends.
*/

use crate::limits::EXTRACT_MIB;
use crate::session::content_store::{ContentStore, StoredContent};
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Bytes of a conversation that are written at once.
const PIECE: usize = 64 << 10;
/// Bytes of all conversations that are not written yet.
const BUFFERED: usize = 16 << 20;

/// Conversations, by their numbers.
#[derive(Debug)]
pub struct Conversations {
    kept: Mutex<Kept>,
}

#[derive(Debug)]
struct Kept {
    file: File,
    /// Where the next piece is written.
    end: u64,
    next: u64,
    contents: HashMap<u64, Content>,
    buffered: usize,
    trouble: Option<io::Error>,
}

#[derive(Debug, Default)]
struct Content {
    /// Offset and length of its pieces in the file.
    pieces: Vec<(u64, usize)>,
    /// What follows them.
    buffer: Vec<u8>,
}

impl Conversations {
    /// Keeps them in `TMPDIR`.
    ///
    /// # Errors
    /// If no file can be made there.
    pub fn new() -> io::Result<Self> {
        let file = tempfile::tempfile()?;
        let kept = Kept { file, end: 0, next: 0, contents: HashMap::new(), buffered: 0, trouble: None };
        Ok(Self { kept: Mutex::new(kept) })
    }

    /// Writes the conversation `stored` to `out`.
    ///
    /// # Errors
    /// If it could not be kept, or cannot be written.
    pub fn copy(&self, stored: &StoredContent, out: &mut dyn Write) -> io::Result<()> {
        self.check()?;
        let kept = self.kept();
        let Some(content) = kept.contents.get(&stored.number()) else { return Ok(()) };
        let mut buffer = vec![0; PIECE];
        for &(mut offset, mut length) in &content.pieces {
            while length > 0 {
                let part = length.min(PIECE);
                let part = buffer.get_mut(..part).unwrap_or_default();
                kept.file.read_exact_at(part, offset)?;
                out.write_all(part)?;
                (offset, length) = (offset + part.len() as u64, length - part.len());
            }
        }
        out.write_all(&content.buffer)
    }

    /// Reports that a conversation could not be kept.
    ///
    /// # Errors
    /// The first reason.
    pub fn check(&self) -> io::Result<()> {
        self.kept().trouble.take().map_or(Ok(()), |error| {
            let place = std::env::temp_dir();
            Err(io::Error::new(
                error.kind(),
                format!("{}: a conversation cannot be kept there: {error}", place.display()),
            ))
        })
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// Writes what is buffered of content `number` to the file.
    fn write(&mut self, number: u64) {
        let Some(content) = self.contents.get_mut(&number) else { return };
        let length = content.buffer.len();
        if length == 0 || self.trouble.is_some() {
            return;
        }
        let limit = (EXTRACT_MIB as u64) << 20;
        let written = match self.end.saturating_add(length as u64) > limit {
            false => self.file.write_all_at(&content.buffer, self.end),
            true => Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                format!("all together take more than {EXTRACT_MIB} MiB; read fewer by --filter"),
            )),
        };
        match written {
            Ok(()) => match content.pieces.last_mut() {
                Some((offset, so_far)) if *offset + *so_far as u64 == self.end => *so_far += length,
                _ => content.pieces.push((self.end, length)),
            },
            Err(error) => self.trouble = Some(error),
        }
        self.end += length as u64;
        self.buffered -= length;
        content.buffer = Vec::new();
    }
}

impl ContentStore for Conversations {
    fn begin(&self) -> u64 {
        let mut kept = self.kept();
        kept.next += 1;
        let number = kept.next;
        kept.contents.insert(number, Content::default());
        number
    }

    fn append(&self, number: u64, bytes: &[u8]) {
        let mut kept = self.kept();
        if kept.trouble.is_some() {
            return;
        }
        let Some(content) = kept.contents.get_mut(&number) else { return };
        content.buffer.extend_from_slice(bytes);
        let is_piece = content.buffer.len() >= PIECE;
        kept.buffered += bytes.len();
        if is_piece {
            kept.write(number);
        } else if kept.buffered > BUFFERED {
            let all: Vec<u64> = kept.contents.keys().copied().collect();
            all.into_iter().for_each(|number| kept.write(number));
        }
    }

    fn end(&self, _: u64) {}

    fn discard(&self, number: u64) {
        let mut kept = self.kept();
        let buffered = kept.contents.remove(&number).map_or(0, |content| content.buffer.len());
        kept.buffered -= buffered;
        if kept.contents.is_empty() {
            // Nothing in the file is needed any more.
            kept.end = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn conversations_that_cross_come_out_whole() {
        let conversations = Arc::new(Conversations::new().unwrap());
        let store: Arc<dyn ContentStore> = conversations.clone();
        let contents: Vec<StoredContent> = (0..40).map(|_| StoredContent::begin(&store)).collect();
        let mut expected = vec![Vec::new(); contents.len()];
        for round in 0..60_usize {
            for (n, content) in contents.iter().enumerate() {
                let piece = vec![(round * 7 + n) as u8; 97 * (n + 1) * 3];
                content.append(&piece);
                expected[n].extend(piece);
            }
        }
        for (content, expected) in contents.iter().zip(&expected) {
            let mut out = Vec::new();
            conversations.copy(content, &mut out).unwrap();
            assert!(out == *expected);
        }
        drop(contents);
        let kept = conversations.kept();
        assert_eq!((kept.end, kept.buffered, kept.contents.len()), (0, 0, 0), "nothing is left");
    }
}
