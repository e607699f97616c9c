/*!
Reading, and decompressing, on a thread of its own: while one block is cut into packets the next ones are read.

Blocks change threads and are not copied. In front of each is room for the bytes of a record that begins in the block
before.

A file that can be read at any offset is read by both threads: while the block that the consumer wants is not there yet,
the consumer reads another one. Where little of a capture is mail, copying it out of the page cache is most of the work,
and bytes copied by one processor have to be fetched from it by another.
*/

use super::page::{self, PAGE_BYTES};
use super::tally::Shareable;
use crossbeam_channel::{Receiver, Select, Sender, TryRecvError, bounded};
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

/// Bytes read at a time: so few that they are still in the processor's cache when they are parsed.
const BLOCK_BYTES: usize = 512 * 1024;
/// Room in front of a block: the largest IP packet with the headers around it, and then some.
const ROOM_BYTES: usize = 68 * 1024;
/// Blocks under way at once, including the one that is being parsed.
const BLOCKS: usize = 6;

/// Which thread reads a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reading {
    /// The thread that asks for its packets, when it asks.
    #[default]
    Here,
    /// A thread of its own, some blocks ahead. A regular file that is not compressed is read by both threads. With
    /// several files, and where no thread can be started, each is read as with `Here`.
    Ahead,
    /// As with `Ahead`; where one pipe is read and nothing comes out of it, [`super::Read::Idle`] says so.
    AsItComes,
}

/// The consumer's end of a stream that a thread reads.
pub(super) struct Ahead {
    blocks: Receiver<BlockResult>,
    spent: Sender<Vec<u8>>,
    /// For a file that both threads read.
    shared: Option<Shared>,
}

/// A buffer with bytes of the stream in the middle of it.
pub(super) struct Block {
    pub(super) buffer: Vec<u8>,
    /// Where the bytes begin; the room before them is free.
    pub(super) start: usize,
    /// Where the bytes end.
    pub(super) end: usize,
}

impl Block {
    fn len(&self) -> usize {
        self.end - self.start
    }
}

/// What the thread sends.
enum BlockResult {
    Block(Block),
    Failed(io::Error),
    End,
}

/// What the consumer of a file's blocks needs to read some of them itself.
struct Shared {
    plan: Arc<Plan>,
    /// Number of the block that is wanted next.
    wanted: u64,
    /// A block that the consumer read while another was wanted, and its number.
    mine: Option<(u64, BlockResult)>,
    /// A buffer to read into.
    buffer: Vec<u8>,
    /// Where the first block ended that was not full: from there on the consumer reads bytes when they are wanted, up
    /// to the end of the file, to its error, or to what has been written to it since.
    rest: Option<u64>,
}

/// Which blocks of a file are taken: block `n` is the [`BLOCK_BYTES`] from offset `n * BLOCK_BYTES` on.
struct Plan {
    file: Shareable,
    /// The first block that neither thread has begun to read.
    free: AtomicU64,
}

/// A thread that waits to be told what to read.
pub(super) struct Thread {
    read: Sender<ReadBlock>,
    blocks: Receiver<BlockResult>,
    spent: Sender<Vec<u8>>,
}

/// Reads the next block into a buffer.
type ReadBlock = Box<dyn FnMut(Vec<u8>) -> BlockResult + Send>;

impl Thread {
    /// Starts a thread, before anything is given to it: where the system starts none (None), the caller still has all that
    /// it needs to read by itself.
    pub(super) fn start() -> Option<Self> {
        let (tell, blocks) = bounded(BLOCKS);
        let (spent, free) = bounded(BLOCKS);
        let (read, job) = bounded::<ReadBlock>(1);
        for _ in 0..BLOCKS {
            // The queue has room for all of them.
            let _ = spent.try_send(Vec::new());
        }
        let started = thread::Builder::new().name("reading".to_owned()).spawn(move || {
            let Ok(mut read) = job.recv() else { return };
            // Ends when the consumer is gone.
            while let Ok(buffer) = free.recv() {
                let result = read(buffer);
                let last = !matches!(result, BlockResult::Block(_));
                if tell.send(result).is_err() || last {
                    return;
                }
            }
        });
        match started {
            Ok(_) => Some(Self { read, blocks, spent }),
            Err(error) => {
                log::warn!("no thread can be started to read ahead: {error}");
                None
            }
        }
    }

    /// Reads a stream.
    pub(super) fn stream(self, mut reader: Box<dyn Read + Send>) -> Ahead {
        let mut offset = 0;
        self.begin(None, move |buffer| {
            let result = read_block(buffer, offset, |space| reader.read(space));
            if let BlockResult::Block(block) = &result {
                offset += block.len() as u64;
            }
            result
        })
    }

    /// Reads a regular file, from its first byte on, wherever its cursor stands.
    pub(super) fn file(self, file: impl Into<Shareable>) -> Ahead {
        let plan = Arc::new(Plan { file: file.into(), free: AtomicU64::new(0) });
        let shared = Shared { plan: Arc::clone(&plan), wanted: 0, mine: None, buffer: Vec::new(), rest: None };
        self.begin(Some(shared), move |buffer| plan.read(plan.claim(), buffer))
    }

    fn begin(self, shared: Option<Shared>, read: impl FnMut(Vec<u8>) -> BlockResult + Send + 'static) -> Ahead {
        // The queue has room for it, and the thread waits for it.
        let _ = self.read.try_send(Box::new(read));
        Ahead { blocks: self.blocks, spent: self.spent, shared }
    }
}

impl Ahead {
    /// The next block; None at the end of the stream.
    ///
    /// # Errors
    /// Those of the reader, or if its thread has ended without sending the end.
    pub(super) fn next(&mut self) -> io::Result<Option<Block>> {
        let result = match &mut self.shared {
            Some(shared) => shared.next(&self.blocks),
            None => self.blocks.recv().ok(),
        };
        match result {
            Some(BlockResult::Block(block)) => Ok(Some(block)),
            Some(BlockResult::Failed(error)) => Err(error),
            Some(BlockResult::End) => Ok(None),
            None => Err(io::Error::other("reading has broken off")),
        }
    }

    /// Waits for the next block of a stream, or its end; false where neither comes within `patience`.
    pub(super) fn comes_within(&self, patience: Duration) -> bool {
        let mut select = Select::new();
        select.recv(&self.blocks);
        select.ready_timeout(patience).is_ok()
    }

    /// Takes back a buffer for reuse.
    pub(super) fn take_back(&mut self, buffer: Vec<u8>) {
        match &mut self.shared {
            Some(shared) if shared.buffer.is_empty() => shared.buffer = buffer,
            // A surplus buffer is dropped.
            _ => drop(self.spent.try_send(buffer)),
        }
    }
}

impl Shared {
    fn next(&mut self, blocks: &Receiver<BlockResult>) -> Option<BlockResult> {
        if let Some(from) = self.rest {
            let buffer = std::mem::take(&mut self.buffer);
            let result = read_block(buffer, from, |space| self.plan.file.read_at(space, from));
            if let BlockResult::Block(block) = &result {
                self.rest = Some(from + block.len() as u64);
            }
            return Some(result);
        }
        let result = self.next_planned(blocks)?;
        if let BlockResult::Block(block) = &result
            && block.len() < BLOCK_BYTES
        {
            self.rest = Some(self.wanted * BLOCK_BYTES as u64 + block.len() as u64);
        }
        self.wanted += 1;
        Some(result)
    }

    /// The wanted block. The thread's blocks come in ascending order, so it is either the next of those or `mine`.
    fn next_planned(&mut self, blocks: &Receiver<BlockResult>) -> Option<BlockResult> {
        loop {
            if let Some((_, result)) = self.mine.take_if(|(number, _)| *number == self.wanted) {
                return Some(result);
            }
            match blocks.try_recv() {
                Err(TryRecvError::Empty) if self.mine.is_none() => {
                    let number = self.plan.claim();
                    self.mine = Some((number, self.plan.read(number, std::mem::take(&mut self.buffer))));
                }
                Err(TryRecvError::Empty) => return blocks.recv().ok(),
                result => return result.ok(),
            }
        }
    }
}

impl Plan {
    fn claim(&self) -> u64 {
        self.free.fetch_add(1, Ordering::Relaxed)
    }

    fn read(&self, number: u64, buffer: Vec<u8>) -> BlockResult {
        let from = number * BLOCK_BYTES as u64;
        read_block(buffer, from, |space| self.read_full(from, space))
    }

    /// Reads until `space` is full or the file ends; an error after other bytes is left to the next read.
    fn read_full(&self, from: u64, space: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while let Some(space) = space.get_mut(filled..).filter(|space| !space.is_empty()) {
            match self.file.read_at(space, from + filled as u64) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if filled == 0 => return Err(error),
                Err(_) => break,
            }
        }
        Ok(filled)
    }
}

/// Reads the block that begins at `offset` of the stream: at most [`BLOCK_BYTES`], and to the end of a page.
fn read_block(mut buffer: Vec<u8>, offset: u64, mut read: impl FnMut(&mut [u8]) -> io::Result<usize>) -> BlockResult {
    buffer.resize(ROOM_BYTES + PAGE_BYTES + BLOCK_BYTES, 0);
    let start = page::place(&buffer, ROOM_BYTES, offset);
    let most = BLOCK_BYTES - page::within_page(offset);
    let space = buffer.get_mut(start..start + most).unwrap_or_default();
    loop {
        match read(space) {
            Ok(0) => return BlockResult::End,
            Ok(count) => {
                let end = start + count.min(most);
                return BlockResult::Block(Block { buffer, start, end });
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return BlockResult::Failed(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::page::testing::{Paged, stream};
    use super::{Ahead, BLOCK_BYTES, PAGE_BYTES, Thread};
    use std::fs::File;
    use std::io::{self, Write};

    /// All bytes that `ahead` delivers, the first of which has `offset` in the stream.
    fn all(ahead: &mut Ahead, offset: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        while let Some(block) = ahead.next()? {
            let address = block.buffer[block.start..].as_ptr().addr();
            assert_eq!(address % PAGE_BYTES, (offset + bytes.len()) % PAGE_BYTES);
            bytes.extend_from_slice(&block.buffer[block.start..block.end]);
            ahead.take_back(block.buffer);
        }
        Ok(bytes)
    }

    #[test]
    fn a_file_is_the_same_whichever_thread_reads_its_blocks() {
        for len in [0, 1, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 9 * BLOCK_BYTES, 40 * BLOCK_BYTES + 17] {
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(&stream(len)).unwrap();
            // Its cursor is at its end.
            assert!(all(&mut Thread::start().unwrap().file(file), 0).unwrap() == stream(len), "{len} bytes");
        }
    }

    #[test]
    fn a_block_begins_at_a_page_or_as_far_into_one_as_the_read_before_it_ended() {
        let paged = |sizes: Vec<usize>| Paged { stream: stream(3_000_000), at: 0, sizes: sizes.into_iter().cycle() };
        let mut blocks = Thread::start().unwrap().stream(Box::new(paged(vec![usize::MAX])));
        while let Some(block) = blocks.next().unwrap() {
            assert!(block.buffer[block.start..].as_ptr().addr().is_multiple_of(PAGE_BYTES));
            blocks.take_back(block.buffer);
        }
        // The first bytes of a capture are read by themselves, to recognise a compression.
        for sizes in [vec![8, 8_184, 65_536], vec![8, usize::MAX], vec![1, 4_095, 70_000, usize::MAX]] {
            assert!(all(&mut Thread::start().unwrap().stream(Box::new(paged(sizes))), 0).unwrap() == stream(3_000_000));
        }
    }

    #[test]
    fn bytes_written_after_the_last_block_are_read() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&stream(BLOCK_BYTES + 5)).unwrap();
        let mut ahead = Thread::start().unwrap().file(file.try_clone().unwrap());
        let [first, second] = [(); 2].map(|()| ahead.next().unwrap().unwrap().len());
        assert_eq!((first, second), (BLOCK_BYTES, 5));
        file.write_all(b"and more").unwrap();
        assert_eq!(all(&mut ahead, BLOCK_BYTES + 5).unwrap(), b"and more");
    }

    #[test]
    fn an_error_is_returned() {
        let directory = tempfile::tempdir().unwrap();
        let mut ahead = Thread::start().unwrap().file(File::open(directory.path()).unwrap());
        assert_eq!(all(&mut ahead, 0).unwrap_err().kind(), io::ErrorKind::IsADirectory);
    }
}
