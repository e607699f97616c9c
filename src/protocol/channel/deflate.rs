//! COMPRESS=DEFLATE (RFC 4978): each direction is one raw deflate stream from the reply to COMPRESS on.

use crate::flow::Side;
use crate::limits::of_list;
use crate::protocol::Sink;
use crate::protocol::event::{Kind, Step, Subject};
use crate::protocol::framing::Input;
use crate::protocol::secret::Raw;
use crate::protocol::span::Span;
use flate2::{Decompress, FlushDecompress, Status};

/// Bytes inflated at a time: they are read at once, and the whole is never kept.
const BUFFER: usize = 16 * 1024;

/// What inflating takes: the window of RFC 1951, and the tables.
const INFLATER_BYTES: usize = 44 * 1024;

/// One direction's stream.
#[derive(Debug)]
pub(super) struct Inflater {
    /// `None` from the first fault on: nothing after it can be inflated.
    stream: Option<Decompress>,
    buffer: Raw<Vec<u8>>,
    /// The bytes that could not be inflated.
    opaque: Span,
}

impl Default for Inflater {
    fn default() -> Self {
        Self { stream: Some(Decompress::new(false)), buffer: Raw(vec![0; BUFFER]), opaque: Span::default() }
    }
}

impl Inflater {
    /// Bytes that it holds.
    pub fn held(&self) -> usize {
        size_of::<Self>() + of_list(&self.buffer) + self.stream.as_ref().map_or(0, |_| INFLATER_BYTES)
    }

    /// Inflates all of `input`, and hands it to `read` in pieces.
    pub fn inflate(&mut self, input: &mut Input<'_>, mut read: impl FnMut(&[u8])) {
        while let Some(stream) = &mut self.stream {
            let (before_in, before_out) = (stream.total_in(), stream.total_out());
            let result = stream.decompress(input.rest(), &mut self.buffer, FlushDecompress::Sync);
            let taken = stream.total_in() - before_in;
            let given = usize::try_from(stream.total_out() - before_out).unwrap_or(usize::MAX).min(BUFFER);
            input.take(usize::try_from(taken).unwrap_or(usize::MAX));
            read(&self.buffer[..given]);
            match result {
                Ok(Status::StreamEnd) | Err(_) => self.desynchronise(),
                // A buffer that is not full holds all that this input could give.
                Ok(_) if input.is_empty() && given < BUFFER => return,
                Ok(_) if taken == 0 && given == 0 => self.desynchronise(),
                Ok(_) => {}
            }
        }
        let (at, rest) = (input.at, input.take(usize::MAX));
        if !rest.is_empty() {
            self.opaque.add(rest.len() as u64, at);
        }
    }

    /// Bytes are missing: the rest cannot be inflated.
    pub fn desynchronise(&mut self) {
        self.stream = None;
    }

    /// Reports the bytes that could not be inflated.
    pub fn tell(&mut self, from: Side, out: &mut dyn Sink) {
        let opaque = std::mem::take(&mut self.opaque);
        if opaque.bytes > 0 {
            out.step(Step::of(from, Kind::Unknown, Subject::Unknown, opaque));
        }
    }
}
