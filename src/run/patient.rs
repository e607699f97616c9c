/*!
Standard output that may be non-blocking: whoever shares a pipe or a terminal may have made it so for all. Where it takes no
more for now, that is waited for.
*/

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::io::{self, Stdout, Write};
use std::os::fd::AsFd;

/// Standard output.
pub struct Patient(Stdout);

impl Patient {
    /// The process's.
    pub fn stdout() -> Self {
        Self(io::stdout())
    }

    /// Tries until it is not put off. Nothing of what was to be written has been taken where it is.
    fn until_done<T>(&mut self, attempt: impl Fn(&mut Stdout) -> io::Result<T>) -> io::Result<T> {
        loop {
            match attempt(&mut self.0) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    let mut polled = [PollFd::new(self.0.as_fd(), PollFlags::POLLOUT)];
                    match poll(&mut polled, PollTimeout::NONE) {
                        Ok(_) | Err(Errno::EINTR) => {}
                        Err(error) => return Err(error.into()),
                    }
                }
                done => return done,
            }
        }
    }
}

impl Write for Patient {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.until_done(|out| out.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.until_done(Write::flush)
    }
}
