/*!
Reading, and decompressing, on a thread of its own: while one block is cut into packets the next ones are read.

Blocks are handed over and not copied. In front of each is room for the bytes of a record that begins in the block before.
*/

use crossbeam_channel::{Receiver, Sender, bounded};
use std::io::{self, Read};
use std::thread;

/// Bytes read at a time: so few that they are still in the processor's cache when they are looked at.
const BLOCK_BYTES: usize = 256 * 1024;
/// Room in front of a block: the largest IP packet with the headers around it, and then some.
const ROOM_BYTES: usize = 68 * 1024;
/// Blocks under way at once, the one that is looked at included.
const BLOCKS: usize = 4;

/// What a thread reads.
pub(super) struct Ahead {
    blocks: Receiver<Told>,
    spent: Sender<Vec<u8>>,
}

/// A buffer with bytes of the stream in the middle of it.
pub(super) struct Block {
    pub(super) buffer: Vec<u8>,
    /// Where they begin; what is before it is free.
    pub(super) start: usize,
    /// Where they end.
    pub(super) end: usize,
}

/// What the thread tells.
enum Told {
    Block(Block),
    Failed(io::Error),
    End,
}

impl Ahead {
    /// Begins to read.
    ///
    /// # Errors
    /// Where there can be no further thread.
    pub(super) fn new(mut reader: Box<dyn Read + Send>) -> io::Result<Self> {
        let (tell, blocks) = bounded(BLOCKS);
        let (spent, free) = bounded(BLOCKS);
        for _ in 0..BLOCKS {
            // There is room for all of them.
            let _ = spent.try_send(Vec::new());
        }
        thread::Builder::new().name("reading".to_owned()).spawn(move || {
            // Ends where nobody listens any more.
            while let Ok(buffer) = free.recv() {
                let told = read_block(&mut *reader, buffer);
                let last = !matches!(told, Told::Block(_));
                if tell.send(told).is_err() || last {
                    return;
                }
            }
        })?;
        Ok(Self { blocks, spent })
    }

    /// The next block; none at the end of the stream.
    ///
    /// # Errors
    /// Those of the reader, and where its thread is gone before it told of an end.
    pub(super) fn next(&mut self) -> io::Result<Option<Block>> {
        match self.blocks.recv() {
            Ok(Told::Block(block)) => Ok(Some(block)),
            Ok(Told::Failed(error)) => Err(error),
            Ok(Told::End) => Ok(None),
            Err(_) => Err(io::Error::other("reading has broken off")),
        }
    }

    /// Takes back a buffer that is done with.
    pub(super) fn take_back(&self, buffer: Vec<u8>) {
        // One too many is let go.
        let _ = self.spent.try_send(buffer);
    }
}

fn read_block(reader: &mut (dyn Read + Send), mut buffer: Vec<u8>) -> Told {
    buffer.resize(ROOM_BYTES + BLOCK_BYTES, 0);
    let space = buffer.get_mut(ROOM_BYTES..).unwrap_or_default();
    loop {
        match reader.read(space) {
            Ok(0) => return Told::End,
            Ok(count) => {
                let end = ROOM_BYTES + count.min(space.len());
                return Told::Block(Block { buffer, start: ROOM_BYTES, end });
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Told::Failed(error),
        }
    }
}
