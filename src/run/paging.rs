/*!
Standard output, by way of a pager where one is wanted.

The pager is started with the first byte, so that nothing hides the progress, or an error that comes instead of a result.
Ctrl-C is the pager's while it runs. Where it is left early, writing fails as it does for any reader that has seen enough.
*/

use super::patient::Patient;
use super::progress::Ender;
use super::{say, words};
use crate::cli::Pager;
use crate::view::Lang;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, Uid};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::FileTypeExt;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

/// Characters for which a shell is needed. Blanks alone part words without one, so that it is known whether the program is
/// there.
const OF_A_SHELL: &str = "|&;<>()$`\\\"'\n*?[#~=%{!";
/// How long a pager is waited for that was told to end.
const GRACE: Duration = Duration::from_millis(200);

/// Where a result goes that is written to standard output.
pub(super) struct Paged {
    pager: Option<Pager>,
    progress: Ender,
    lang: Lang,
    state: State,
}

enum State {
    /// Nothing was written.
    Before,
    /// Written to standard output.
    Straight(Patient),
    /// Written to the pager.
    Paging(Child),
}

impl Paged {
    /// To standard output, through `pager` if there is one. What would be in the way of `progress` ends it.
    pub(super) fn new(pager: Option<&Pager>, progress: Ender, lang: Lang) -> Self {
        Self { pager: pager.cloned(), progress, lang, state: State::Before }
    }

    fn begin(&mut self) -> io::Result<()> {
        let pager = self.pager.take().and_then(|pager| begun(&pager));
        self.state = match pager {
            Some(child) => {
                self.progress.clear();
                heed(&child)?;
                State::Paging(child)
            }
            None => {
                // What reads a pipe may write to the same terminal.
                if !is_file() {
                    self.progress.end();
                }
                State::Straight(Patient::stdout())
            }
        };
        Ok(())
    }
}

impl Write for Paged {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if matches!(self.state, State::Before) && !bytes.is_empty() {
            self.begin()?;
        }
        match &mut self.state {
            State::Before => Ok(0),
            State::Straight(out) => out.write(bytes),
            State::Paging(child) => match &mut child.stdin {
                Some(to) => to.write(bytes),
                None => Err(io::ErrorKind::BrokenPipe.into()),
            },
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.state {
            State::Straight(out) => out.flush(),
            State::Before | State::Paging(_) => Ok(()),
        }
    }
}

impl Drop for Paged {
    fn drop(&mut self) {
        if let State::Paging(child) = &mut self.state {
            drop(child.stdin.take());
            // What a shell answers that cannot run what it is told to.
            if let Ok(Some(code @ (126 | 127))) = child.wait().map(|status| status.code()) {
                say::line(&words::no_pager(self.lang, code));
            }
        }
    }
}

/// Writes to `out`, which ends the progress first.
pub(super) struct Clearing<W> {
    pub(super) out: W,
    pub(super) progress: Ender,
}

impl<W: Write> Write for Clearing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.progress.end();
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// The pager, once it runs. None where it is not there: what was to be paged is then written straight.
fn begun(pager: &Pager) -> Option<Child> {
    // A program that has more rights than its user runs nothing that the user names.
    if Uid::current() != Uid::effective() {
        return None;
    }
    let mut words = pager.command.split_whitespace();
    let mut command = if pager.command.contains(|found| OF_A_SHELL.contains(found)) {
        let mut shell = Command::new("sh");
        shell.args(["-c", &pager.command]);
        shell
    } else {
        let mut program = Command::new(words.next()?);
        program.args(words);
        program
    };
    command.stdin(Stdio::piped()).envs(pager.variables.iter().copied());
    match command.spawn() {
        Ok(child) => Some(child),
        Err(error) => {
            log::info!("{}: {error}", pager.command);
            None
        }
    }
}

/// Signals, while a pager runs: Ctrl-C is its own; what ends this process ends it first, so that it gives the terminal back.
fn heed(child: &Child) -> io::Result<()> {
    signal_hook::flag::register(SIGINT, Arc::default())?;
    let pager = i32::try_from(child.id()).map(Pid::from_raw).map_err(io::Error::other)?;
    let mut signals = Signals::new([SIGHUP, SIGQUIT, SIGTERM])?;
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        if let Some(signal) = signals.forever().next() {
            let _ = kill(pager, Signal::SIGTERM);
            std::thread::sleep(GRACE);
            let _ = signal_hook::low_level::emulate_default_handler(signal);
        }
    })?;
    Ok(())
}

/// Whether standard output is a regular file, or a device that shows nothing.
fn is_file() -> bool {
    let stdout = io::stdout();
    let about = stdout.as_fd().try_clone_to_owned().and_then(|file| std::fs::File::from(file).metadata());
    !stdout.is_terminal() && about.is_ok_and(|about| about.is_file() || about.file_type().is_char_device())
}
