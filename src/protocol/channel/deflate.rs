//! COMPRESS=DEFLATE (RFC 4978): each direction is one raw deflate stream from the reply to COMPRESS on.

use crate::flow::Side;
use crate::limits::{INFLATE_FREE, INFLATE_RATIO};
use crate::protocol::Sink;
use crate::protocol::event::{Kind, Step, Subject};
use crate::protocol::framing::Input;
use crate::protocol::span::Span;
use flate2::{Decompress, FlushDecompress, Status};

/// Bytes inflated at a time: they are read at once, and the whole is never kept.
const BUFFER: usize = 16 * 1024;

/// What one stream holds: its window of 32 KiB (RFC 1951, section 3.2), its Huffman tables, and a little more.
const INFLATER_BYTES: usize = 44 * 1024;

/// One direction's stream.
#[derive(Debug, Default)]
pub(super) struct Inflater {
    stream: Stream,
    /// The bytes that could not be inflated.
    opaque: Span,
}

#[derive(Debug, Default)]
enum Stream {
    /// Nothing of it has come: many a client agrees upon compression and says little in both directions.
    #[default]
    NotBegun,
    Open(Decompress),
    /// From the first fault on: nothing after it can be inflated.
    Over,
}

/// Whether the bound on what is inflated has ended a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bound {
    /// No.
    Kept,
    /// With these bytes; said once.
    Reached,
}

impl Inflater {
    /// Inflates all of `input`, and hands it to `read` in pieces. More than [`INFLATE_RATIO`] bytes for each that came
    /// is no dialogue, but made to fill memory: after [`INFLATE_FREE`] bytes that are free, the rest counts as not
    /// understood.
    pub fn inflate(&mut self, input: &mut Input<'_>, mut read: impl FnMut(&[u8])) -> Bound {
        let mut bound = Bound::Kept;
        if matches!(self.stream, Stream::NotBegun) && !input.is_empty() {
            self.stream = Stream::Open(Decompress::new(false));
        }
        let mut buffer = [0; BUFFER];
        while let Stream::Open(stream) = &mut self.stream {
            let (before_in, before_out) = (stream.total_in(), stream.total_out());
            let result = stream.decompress(input.rest(), &mut buffer, FlushDecompress::Sync);
            let taken = stream.total_in() - before_in;
            let given = usize::try_from(stream.total_out() - before_out).unwrap_or(usize::MAX).min(BUFFER);
            let left = most(stream.total_in()).saturating_sub(before_out);
            input.take(usize::try_from(taken).unwrap_or(usize::MAX));
            if given as u64 > left {
                read(&buffer[..usize::try_from(left).unwrap_or(usize::MAX).min(given)]);
                self.desynchronise();
                self.opaque.add(taken, input.at);
                bound = Bound::Reached;
                break;
            }
            read(&buffer[..given]);
            match result {
                Ok(Status::StreamEnd) | Err(_) => self.desynchronise(),
                // A buffer that is not full holds all that this input could give.
                Ok(_) if input.is_empty() && given < BUFFER => return bound,
                Ok(_) if taken == 0 && given == 0 => self.desynchronise(),
                Ok(_) => {}
            }
        }
        let (at, rest) = (input.at, input.take(usize::MAX));
        if !rest.is_empty() {
            self.opaque.add(rest.len() as u64, at);
        }
        bound
    }

    /// Bytes are missing: the rest cannot be inflated.
    pub fn desynchronise(&mut self) {
        self.stream = Stream::Over;
    }

    /// Reports the bytes that could not be inflated.
    pub fn tell(&mut self, from: Side, out: &mut dyn Sink) {
        let opaque = std::mem::take(&mut self.opaque);
        if !opaque.is_empty() {
            out.step(Step::of(from, Kind::Unknown, Subject::Unknown, opaque));
        }
    }

    /// Bytes that were inflated; 0 once the stream is over.
    pub fn inflated(&self) -> u64 {
        match &self.stream {
            Stream::Open(stream) => stream.total_out(),
            Stream::NotBegun | Stream::Over => 0,
        }
    }

    /// Bytes that it holds.
    pub fn held(&self) -> usize {
        let stream = match self.stream {
            Stream::Open(_) => INFLATER_BYTES,
            Stream::NotBegun | Stream::Over => 0,
        };
        size_of::<Self>() + stream
    }
}

/// How much may be inflated of `taken` bytes.
fn most(taken: u64) -> u64 {
    taken.saturating_mul(INFLATE_RATIO as u64).saturating_add(INFLATE_FREE as u64)
}
