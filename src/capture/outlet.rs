/*!
What is written to a pipe, a terminal or a socket, whose reader may stop reading. A write there waits until there is room,
and nothing else would be done meanwhile: a signal to end would not be heeded. Here it is, soon.
*/

use super::pipe::is_endless;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Milliseconds to wait for room before looking again whether to stop.
const PAUSE_MILLISECONDS: u16 = 100;
/// For how long a reader may take nothing, once writing is to stop.
const GRACE: Duration = Duration::from_secs(1);
/// Bytes for which a pipe that is ready has room (`PIPE_BUF` of POSIX is 512, of Linux 4096).
const ROOM: usize = if cfg!(target_os = "linux") { 4_096 } else { 512 };

/// An output that is given up soon after `stop` is set, if its reader takes nothing. Files are written as ever.
pub struct Outlet {
    file: File,
    /// None for what a write never waits long for.
    stop: Option<Arc<AtomicBool>>,
    /// Bytes to write at once, where that is not to wait.
    room: usize,
    given_up: bool,
}

impl Outlet {
    /// Writes to `file`.
    pub fn new(file: File, stop: Arc<AtomicBool>) -> Self {
        let may_wait = file.metadata().is_ok_and(|metadata| is_endless(metadata.file_type()));
        let flags = fcntl(&file, FcntlArg::F_GETFL).map_or(OFlag::empty(), OFlag::from_bits_truncate);
        let room = if flags.contains(OFlag::O_NONBLOCK) { usize::MAX } else { ROOM };
        Self { file, stop: may_wait.then_some(stop), room, given_up: false }
    }

    /// The same for standard output.
    ///
    /// # Errors
    /// If standard output is closed.
    pub fn stdout(stop: Arc<AtomicBool>) -> io::Result<Self> {
        let file = File::from(io::stdout().as_fd().try_clone_to_owned()?);
        Ok(Self::new(file, stop))
    }

    /// Cuts a file to `length` bytes. A pipe or a terminal cannot be cut, and is left.
    ///
    /// # Errors
    /// If the file cannot be cut.
    pub fn cut(&self, length: u64) -> io::Result<()> {
        match self.file.metadata()?.is_file() {
            true => self.file.set_len(length),
            false => Ok(()),
        }
    }

    fn wait(&mut self, stop: &AtomicBool) -> io::Result<()> {
        let mut stopped = None;
        while !self.given_up {
            if stop.load(Ordering::Relaxed) && stopped.get_or_insert_with(Instant::now).elapsed() > GRACE {
                self.given_up = true;
                break;
            }
            let mut polled = [PollFd::new(self.file.as_fd(), PollFlags::POLLOUT)];
            match poll(&mut polled, PollTimeout::from(PAUSE_MILLISECONDS)) {
                Ok(0) | Err(nix::errno::Errno::EINTR) => {}
                // Room, or an error: writing says which.
                Ok(_) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
        Err(io::Error::new(ErrorKind::TimedOut, "nobody reads what is written, and a signal said to end"))
    }
}

impl Write for Outlet {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(stop) = self.stop.clone() else { return self.file.write(bytes) };
        loop {
            self.wait(&stop)?;
            match self.file.write(bytes.get(..self.room).unwrap_or(bytes)) {
                // Another process has filled it first.
                Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(Duration::from_millis(1)),
                other => return other,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Whether what is said on standard error can be written there, now or soon.
pub fn is_heard() -> bool {
    let stderr = io::stderr();
    let mut polled = [PollFd::new(stderr.as_fd(), PollFlags::POLLOUT)];
    // An error is not waited for.
    poll(&mut polled, PollTimeout::from(PAUSE_MILLISECONDS)) != Ok(0)
}

/// A file that was opened to be written to.
#[derive(Debug)]
pub struct Created {
    /// The file.
    pub file: File,
    /// It was not there before.
    pub is_new: bool,
}

/// Creates or empties the file that is to be written to. A new one can be read by its owner alone if it is `private`; an
/// existing one keeps its mode. A named pipe is waited for until somebody reads it or `stop` is set.
///
/// # Errors
/// If it cannot be opened.
pub fn create(path: &Path, private: bool, stop: &AtomicBool) -> io::Result<Created> {
    let mut options = OpenOptions::new();
    options.write(true).mode(if private { 0o600 } else { 0o666 });
    if !path.metadata().is_ok_and(|metadata| metadata.file_type().is_fifo()) {
        return match options.clone().create_new(true).open(path) {
            Ok(file) => Ok(Created { file, is_new: true }),
            // There is something; or a symbolic link to what is not there yet.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                let file = options.create(true).truncate(true).open(path)?;
                Ok(Created { file, is_new: false })
            }
            Err(error) => Err(error),
        };
    }
    // Where nobody reads yet, this fails instead of waiting.
    options.custom_flags(OFlag::O_NONBLOCK.bits());
    loop {
        match options.open(path) {
            Err(error) if error.raw_os_error() == Some(nix::errno::Errno::ENXIO as i32) => {}
            other => return other.map(|file| Created { file, is_new: false }),
        }
        if stop.load(Ordering::Relaxed) {
            return Err(io::Error::new(ErrorKind::TimedOut, "nobody reads this pipe, and a signal said to end"));
        }
        thread::sleep(Duration::from_millis(PAUSE_MILLISECONDS.into()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::OwnedFd;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_reader_that_does_not_read_is_waited_for_until_writing_is_to_stop() {
        let (from, to) = io::pipe().unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let mut outlet = Outlet::new(File::from(OwnedFd::from(to)), Arc::clone(&stop));
        let signal = thread::spawn(move || {
            thread::sleep(Duration::from_millis(300));
            stop.store(true, Ordering::Relaxed);
        });
        let begun = Instant::now();
        let error = outlet.write_all(&vec![0; 1 << 20]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        assert!((1..5).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
        // What a buffer in front of it still holds is not waited for again.
        let again = Instant::now();
        outlet.write_all(b"more").unwrap_err();
        assert!(again.elapsed() < Duration::from_millis(500));
        signal.join().unwrap();
        drop(from);
    }

    #[test]
    fn all_is_written_for_a_reader_that_reads_late() {
        let (mut from, to) = io::pipe().unwrap();
        let reader = thread::spawn(move || {
            thread::sleep(Duration::from_millis(200));
            let mut bytes = Vec::new();
            io::Read::read_to_end(&mut from, &mut bytes).map(|_| bytes.len())
        });
        let mut outlet = Outlet::new(File::from(OwnedFd::from(to)), Arc::new(AtomicBool::new(true)));
        outlet.write_all(&vec![0; 1 << 20]).unwrap();
        drop(outlet);
        assert_eq!(reader.join().unwrap().unwrap(), 1 << 20);
    }

    #[test]
    fn a_new_file_is_private_and_an_existing_one_keeps_its_mode() {
        let place = tempfile::tempdir().unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        let (new, old) = (place.path().join("new"), place.path().join("old"));
        std::fs::write(&old, "something").unwrap();
        std::fs::set_permissions(&old, std::fs::Permissions::from_mode(0o640)).unwrap();
        for path in [&new, &old] {
            create(path, true, &AtomicBool::new(false)).unwrap();
        }
        assert_eq!((mode(&new), mode(&old), old.metadata().unwrap().len()), (0o600, 0o640, 0));
    }

    #[test]
    fn a_named_pipe_without_a_reader_is_waited_for_until_writing_is_to_stop() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&path).status();
        assert!(made.unwrap().success());
        assert_eq!(create(&path, true, &AtomicBool::new(true)).unwrap_err().kind(), ErrorKind::TimedOut);
    }
}
