//! Standard input and named pipes, read until their writer closes them or reading is to stop.

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::fs::{File, FileType};
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Milliseconds to wait for bytes before looking again whether reading is to stop.
const PAUSE_MILLISECONDS: u16 = 100;
/// How long the writer has to write what it still holds, once reading is to stop: Ctrl-C tells both at the same time.
const GRACE: Duration = Duration::from_secs(1);

/// A pipe that ends when its writer closes it, or soon after `stop` is set.
pub(super) struct Pipe {
    file: File,
    stop: Arc<AtomicBool>,
    /// Since when reading is to stop.
    stopped: Option<Instant>,
}

/// True where `name` has no end that is known beforehand: standard input (`-`) from another program or a terminal, or
/// a named pipe.
pub fn is_pipe(name: &Path) -> bool {
    let metadata = if name.as_os_str() == "-" { stdin().and_then(|file| file.metadata()) } else { name.metadata() };
    metadata.is_ok_and(|metadata| is_endless(metadata.file_type()))
}

/// True for what has no end that is known beforehand: a pipe, a socket, a terminal.
pub(super) fn is_endless(kind: FileType) -> bool {
    kind.is_fifo() || kind.is_socket() || kind.is_char_device()
}

/// Standard input, without the standard library's buffer: bytes in it would be hidden from poll(2).
pub(super) fn stdin() -> io::Result<File> {
    Ok(File::from(io::stdin().as_fd().try_clone_to_owned()?))
}

/// A pipe that another process may have made non-blocking, as all do who share it: bytes that are not there yet are waited
/// for.
struct Patient(File);

impl Read for Patient {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.0.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    let mut polled = [PollFd::new(self.0.as_fd(), PollFlags::POLLIN)];
                    match poll(&mut polled, PollTimeout::NONE) {
                        Ok(_) | Err(nix::errno::Errno::EINTR) => {}
                        Err(error) => return Err(error.into()),
                    }
                }
                read => return read,
            }
        }
    }
}

/// `file`, read until `stop` is set where it has no end that is known beforehand.
pub(super) fn reader(file: File, stop: Option<&Arc<AtomicBool>>) -> Box<dyn Read + Send> {
    match stop {
        Some(stop) if file.metadata().is_ok_and(|metadata| is_endless(metadata.file_type())) => {
            Box::new(Pipe { file, stop: Arc::clone(stop), stopped: None })
        }
        _ => Box::new(Patient(file)),
    }
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.stop.load(Ordering::Relaxed) && self.stopped.get_or_insert_with(Instant::now).elapsed() > GRACE {
                return Ok(0);
            }
            let mut polled = [PollFd::new(self.file.as_fd(), PollFlags::POLLIN)];
            match poll(&mut polled, PollTimeout::from(PAUSE_MILLISECONDS)) {
                Ok(0) | Err(nix::errno::Errno::EINTR) => {}
                // Bytes, the end, or an error: reading says which.
                Ok(_) => match self.file.read(buffer) {
                    // Another process that shares the pipe has read them first.
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    read => return read,
                },
                Err(error) => return Err(error.into()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::reader;
    use std::fs::File;
    use std::io::{self, Read, Write};
    use std::os::fd::OwnedFd;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    #[test]
    fn a_pipe_ends_when_it_is_closed_or_when_told_to() {
        for closed in [true, false] {
            let (from, mut to) = io::pipe().unwrap();
            let stop = Arc::new(AtomicBool::new(false));
            let mut pipe = reader(File::from(OwnedFd::from(from)), Some(&stop));
            to.write_all(b"before").unwrap();
            let mut bytes = [0; 6];
            pipe.read_exact(&mut bytes).unwrap();
            stop.store(true, Ordering::Relaxed);
            to.write_all(b"held").unwrap();
            let held = if closed {
                drop(to);
                None
            } else {
                Some(to)
            };
            let mut rest = Vec::new();
            pipe.read_to_end(&mut rest).unwrap();
            assert_eq!((&bytes, rest.as_slice()), (b"before", &b"held"[..]));
            drop(held);
        }
    }
}
