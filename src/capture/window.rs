/*!
A window that slides over a stream: large reads, and a contiguous view of the record at its beginning.

pcap-parser's own readers give no access to their buffer. But this crate needs it: to look for the next good record
after a corrupt one, to tell a false length from the end of the stream, and to report the system's error. pcap-parser's
parsers work on slices, so they can read from this window.
*/

use super::page::{self, PAGE_BYTES};
use super::read_ahead::{Ahead, Block, Thread};
use super::tally::Shareable;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::time::Duration;

/// Bytes that a window has, and reads at a time, by default.
pub(super) const WINDOW_BYTES: usize = 1024 * 1024;
/// How long a stream that pauses is waited for before that is told.
const PAUSE: Duration = Duration::from_millis(100);

/// The window.
pub(super) struct Window {
    supply: Supply,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Offset in the stream of `buffer[start]`.
    offset: u64,
    ended: bool,
    /// It is told where nothing comes for a while.
    pauses: bool,
    /// An error that a look ahead met, until the bytes before it do not suffice.
    failed: Option<io::Error>,
}

/// Where bytes come from.
enum Supply {
    /// Read when they are needed.
    Here(Box<dyn Read + Send>),
    /// Read by another thread.
    Ahead(Ahead),
}

impl Window {
    /// A window over `reader` that another thread reads, or over `file` where that can be read instead, at any offset.
    /// Where no thread can be started, it is as [`Self::new`].
    pub(super) fn ahead(reader: Box<dyn Read + Send>, file: Option<Shareable>, capacity: usize) -> Self {
        let ahead = match (Thread::start(), file) {
            (None, _) => return Self::new(reader, capacity),
            (Some(thread), Some(file)) => thread.file(file),
            (Some(thread), None) => thread.stream(reader),
        };
        Self {
            supply: Supply::Ahead(ahead),
            buffer: Vec::new(),
            start: 0,
            end: 0,
            offset: 0,
            ended: false,
            pauses: false,
            failed: None,
        }
    }

    /// A window over `reader` of `capacity` bytes to begin with.
    pub(super) fn new(reader: Box<dyn Read + Send>, capacity: usize) -> Self {
        let buffer = vec![0; capacity + PAGE_BYTES];
        Self {
            supply: Supply::Here(reader),
            buffer,
            start: 0,
            end: 0,
            offset: 0,
            ended: false,
            pauses: false,
            failed: None,
        }
    }

    /// The same, where [`Self::ensure_soon`] does not wait for long, if another thread reads.
    pub(super) fn pausing(self) -> Self {
        Self { pauses: true, ..self }
    }

    /// The bytes in view.
    pub(super) fn data(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// Offset in the stream of the first byte in view.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Nothing follows the bytes in view.
    pub(super) fn has_ended(&self) -> bool {
        self.ended
    }

    /// Moves on by `count` bytes of those in view.
    pub(super) fn consume(&mut self, count: usize) {
        let count = count.min(self.end - self.start);
        self.start += count;
        self.offset += count as u64;
    }

    /// Brings at least `wanted` bytes into view; false where the stream ends before. The window grows to `wanted`, so
    /// the caller has to bound it.
    ///
    /// # Errors
    /// The reader's error, once the bytes before it do not suffice. What is in view stays.
    #[inline]
    pub(super) fn ensure(&mut self, wanted: usize) -> io::Result<bool> {
        if self.end - self.start >= wanted {
            return Ok(true);
        }
        self.refill(wanted)
    }

    /// As [`Self::ensure`]; None where nothing comes for a while, and that is to be told.
    ///
    /// # Errors
    /// As [`Self::ensure`].
    #[inline]
    pub(super) fn ensure_soon(&mut self, wanted: usize) -> io::Result<Option<bool>> {
        if self.comes(wanted) { self.ensure(wanted).map(Some) } else { Ok(None) }
    }

    /// As [`Self::look`]; None where nothing comes for a while, and that is to be told.
    pub(super) fn look_soon(&mut self, wanted: usize) -> Option<bool> {
        if self.comes(wanted) { Some(self.look(wanted)) } else { None }
    }

    /// False where so many bytes are not in view, and nothing comes for a while.
    #[inline]
    fn comes(&mut self, wanted: usize) -> bool {
        while self.pauses && self.end - self.start < wanted && !self.ended && self.failed.is_none() {
            match &self.supply {
                Supply::Ahead(ahead) if !ahead.comes_within(PAUSE) => return false,
                Supply::Ahead(_) => drop(self.look(self.end - self.start + 1)),
                Supply::Here(_) => break,
            }
        }
        true
    }

    /// As [`Self::ensure`], ahead of the bytes that are needed: an error is kept for the call that needs them, and they
    /// do not come into view.
    pub(super) fn look(&mut self, wanted: usize) -> bool {
        self.ensure(wanted).unwrap_or_else(|error| {
            self.failed = Some(error);
            false
        })
    }

    /// Moves to the next position at which the bytes in view satisfy `wanted`, which is given at least `view` of them
    /// (fewer only at the end of the stream), and whether that is the end; false, and at the end, if there is none. Where
    /// more of the stream is to come (`to_come`), its end is none, and the last `view` bytes stay, to be judged again with
    /// what comes.
    ///
    /// More is read only once less than `view` is left to examine, and then twice as much: each read moves the bytes in
    /// view to the front of the buffer, and a file may well be damaged every few bytes.
    pub(super) fn find(
        &mut self,
        view: usize,
        to_come: bool,
        wanted: impl Fn(&[u8], bool) -> bool,
    ) -> io::Result<bool> {
        loop {
            let data = self.data();
            let judged = if self.ended { data.len() } else { data.len().saturating_sub(view) };
            let ended = self.ended && !to_come;
            if let Some(found) = (0..judged).find(|&at| wanted(data.get(at..).unwrap_or_default(), ended)) {
                self.consume(found);
                return Ok(true);
            }
            self.consume(if to_come { data.len().saturating_sub(view) } else { judged });
            if self.ended {
                return Ok(false);
            }
            self.ensure(2 * view)?;
        }
    }

    /// Nothing is in view any more: it is read again, with what has been written since. `file` is what the reader reads.
    ///
    /// # Errors
    /// Where its position cannot be set.
    pub(super) fn read_again(&mut self, file: &mut File) -> io::Result<()> {
        file.seek(SeekFrom::Start(self.offset))?;
        (self.end, self.ended, self.failed) = (self.start, false, None);
        Ok(())
    }

    fn refill(&mut self, wanted: usize) -> io::Result<bool> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        let reader = match &mut self.supply {
            Supply::Here(reader) => reader,
            Supply::Ahead(ahead) => {
                while self.end - self.start < wanted && !self.ended {
                    match ahead.next()? {
                        Some(block) => {
                            let spent = append(&mut self.buffer, &mut self.start, &mut self.end, block);
                            ahead.take_back(spent);
                        }
                        None => self.ended = true,
                    }
                }
                return Ok(self.end - self.start >= wanted);
            }
        };
        // The window grows only once it is full: the stream may end before.
        let mut target = wanted.min(self.buffer.len().saturating_sub(PAGE_BYTES));
        loop {
            if self.buffer.len() < target + PAGE_BYTES {
                self.buffer.resize(target.next_multiple_of(WINDOW_BYTES) + PAGE_BYTES, 0);
            }
            // The leftover moves to where the bytes read behind it are as far into a page as they are in the stream.
            let first = page::place(&self.buffer, 0, self.offset);
            self.buffer.copy_within(self.start..self.end, first);
            self.end = first + (self.end - self.start);
            self.start = first;
            let limit = first + view(self.offset, self.buffer.len() - PAGE_BYTES, target);
            while self.end - first < target && !self.ended {
                let Some(space) = self.buffer.get_mut(self.end..limit) else { break };
                match reader.read(space) {
                    Ok(0) => self.ended = true,
                    Ok(count) => self.end += count.min(space.len()),
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
            if self.ended || target == wanted {
                return Ok(self.end - first >= wanted);
            }
            target = wanted;
        }
    }
}

/// Bytes from `offset` of the stream on that are read into a window of `capacity`: to the end of a page, so that the
/// next read begins with a page, unless that is fewer than `wanted`.
fn view(offset: u64, capacity: usize, wanted: usize) -> usize {
    let beyond = page::within_page(offset + capacity as u64);
    if wanted + beyond <= capacity { capacity - beyond } else { capacity }
}

/// Puts `block` behind the bytes `start..end` of `buffer`: these move in front of the block, where there is room for
/// them. Returns the buffer that is not needed any more.
fn append(buffer: &mut Vec<u8>, start: &mut usize, end: &mut usize, mut block: Block) -> Vec<u8> {
    let kept = buffer.get(*start..*end).unwrap_or_default();
    let room =
        block.start.checked_sub(kept.len()).and_then(|from| Some((from, block.buffer.get_mut(from..block.start)?)));
    if let Some((from, room)) = room {
        room.copy_from_slice(kept);
        (*start, *end) = (from, block.end);
        return std::mem::replace(buffer, block.buffer);
    }
    // More bytes than there is room for: a very long record, or the search for the next one after corrupt bytes.
    let bytes = block.buffer.get(block.start..block.end).unwrap_or_default();
    buffer.truncate(*end);
    buffer.drain(..*start);
    buffer.extend_from_slice(bytes);
    (*start, *end) = (0, buffer.len());
    block.buffer
}

#[cfg(test)]
mod tests {
    use super::super::page::testing::{Paged, stream};
    use super::{PAGE_BYTES, Window};
    use proptest::prelude::*;
    use std::io::{self, Read};

    /// Gives one byte a read, and an error at the end.
    struct Trickle(u8);

    impl Read for Trickle {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.0 == 5 {
                return Err(io::Error::other("the cable was pulled"));
            }
            buffer[0] = self.0;
            self.0 += 1;
            Ok(1)
        }
    }

    #[test]
    fn a_trickle_is_gathered_and_its_error_waits_for_its_turn() {
        let mut window = Window::new(Box::new(Trickle(0)), 3);
        assert!(window.ensure(2).unwrap());
        window.consume(1);
        assert_eq!((window.data(), window.offset()), (&[1u8][..], 1));
        assert!(window.ensure(4).unwrap(), "grows over its three bytes");
        assert_eq!(window.data(), [1, 2, 3, 4]);
        assert!(window.ensure(5).is_err());
        assert_eq!(window.data(), [1, 2, 3, 4], "what is in view stays");
    }

    #[test]
    fn a_stream_read_ahead_is_the_same_stream() {
        let stream: Vec<u8> = (0..3_000_000_u32).map(|number| (number % 251) as u8).collect();
        let mut window = Window::ahead(Box::new(std::io::Cursor::new(stream.clone())), None, 64);
        let mut at = 0;
        // Records of all sizes, some of them too long for the room in front of a block.
        for size in
            (1..).map(|number: usize| number * 7_919 % 90_000 + if number.is_multiple_of(9) { 700_000 } else { 0 })
        {
            let whole = window.ensure(size).unwrap();
            assert_eq!(window.offset(), at as u64);
            assert_eq!(window.data(), &stream[at..at + window.data().len()]);
            if !whole {
                assert_eq!(window.data().len(), stream.len() - at);
                break;
            }
            window.consume(size);
            at += size;
        }
    }

    #[test]
    fn an_error_read_ahead_waits_for_its_turn() {
        let mut window = Window::ahead(Box::new(Trickle(0)), None, 64);
        assert!(window.ensure(4).unwrap());
        assert!(window.ensure(6).is_err());
        assert_eq!(window.data(), [0, 1, 2, 3, 4], "what is in view stays");
    }

    #[test]
    fn each_read_begins_at_a_page_whatever_is_left_over() {
        // What is left over is the beginning of a record.
        for left in [0, 1, 15, 16, 17, 1_000, 4_095, 4_096, 4_097, 65_000] {
            let mut window = Window::new(Box::new(paged(1_000_000, vec![usize::MAX])), 128 * 1024);
            let mut reads = 0;
            while window.ensure(left + 1).unwrap() {
                assert!(window.data().as_ptr().addr() % PAGE_BYTES == window.offset() as usize % PAGE_BYTES);
                let end = window.offset() as usize + window.data().len();
                assert!(end.is_multiple_of(PAGE_BYTES) || end == 1_000_000, "{left} left over: ends at {end}");
                window.consume(window.data().len() - left);
                reads += 1;
            }
            assert!(reads > 7);
        }
    }

    fn paged(len: usize, sizes: Vec<usize>) -> Paged {
        Paged { stream: stream(len), at: 0, sizes: sizes.into_iter().cycle() }
    }

    proptest! {
        /// Reads of any size, records of any size: the content is that of the stream, and each read puts it where it is
        /// in a page of the stream ([`Paged`] checks that).
        #[test]
        fn a_window_shows_the_stream(
            capacity in prop_oneof![0..100_usize, 4_000..9_000_usize, Just(64 * 1024)],
            reads in proptest::collection::vec(prop_oneof![1..20_usize, 1..9_000_usize, Just(usize::MAX)], 1..6),
            records in proptest::collection::vec(prop_oneof![1..100_usize, 1..9_000_usize, 60_000..90_000_usize], 1..6),
            here: bool,
        ) {
            let whole = stream(300_000);
            let reader = Box::new(paged(whole.len(), reads));
            let mut window = if here { Window::new(reader, capacity) } else { Window::ahead(reader, None, capacity) };
            let mut at = 0;
            for record in records.into_iter().cycle() {
                let enough = window.ensure(record).unwrap();
                prop_assert_eq!(window.offset(), at as u64);
                let data = window.data();
                prop_assert!(data == &whole[at..at + data.len()]);
                prop_assert_eq!(enough, record <= whole.len() - at);
                if !enough {
                    prop_assert_eq!(data.len(), whole.len() - at);
                    break;
                }
                window.consume(record);
                at += record;
            }
        }
    }

    #[test]
    fn the_end_is_no_error() {
        let mut window = Window::new(Box::new(&b"abc"[..]), 16);
        assert!(!window.ensure(4).unwrap());
        assert_eq!(window.data(), b"abc");
        window.consume(99);
        assert_eq!((window.data(), window.offset()), (&b""[..], 3));
    }
}
