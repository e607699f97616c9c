/*!
Standard output, by way of a pager where one is wanted.

The pager is started with the first byte, so that nothing hides the progress, or an error that comes instead of a result.
Ctrl-C is the pager's while it runs. Where it is left early, writing fails as it does for any reader that has seen enough.
Where it cannot be run, the result is written straight. A shell knows that only when it runs it: it is asked before, and what
it was sent is held until it has taken more than pipes do.
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
/// Bytes that are held for the case that the shell could not run the pager: many times as many as a pipe takes.
const HELD: usize = 1 << 20;
/// How long a pager is waited for that was told to end.
const GRACE: Duration = Duration::from_millis(200);

/// Where a result goes that is written to standard output.
pub(super) struct Paged {
    pager: Option<Pager>,
    progress: Ender,
    lang: Lang,
    state: State,
    /// The pager that the user has named and that could not be run, and whether the result is lost with it.
    missing: Option<(String, bool)>,
}

enum State {
    /// Nothing was written.
    Before,
    /// Written to standard output.
    Straight(Patient),
    /// Written to the pager.
    Paging(Paging),
}

struct Paging {
    child: Child,
    command: String,
    /// What was written to it, where a shell runs it, and it has not been too much.
    held: Option<Vec<u8>>,
}

impl Paged {
    /// To standard output, through `pager` if there is one. What would be in the way of `progress` ends it.
    pub(super) fn new(pager: Option<&Pager>, progress: Ender, lang: Lang) -> Self {
        Self { pager: pager.cloned(), progress, lang, state: State::Before, missing: None }
    }

    fn begin(&mut self) -> io::Result<()> {
        let pager = self.pager.take();
        let begun = pager.as_ref().and_then(begun);
        self.state = match (pager, begun) {
            (Some(pager), Some(child)) => {
                self.progress.clear();
                heed(&child)?;
                let held = needs_shell(&pager.command).then(Vec::new);
                State::Paging(Paging { child, command: pager.command, held })
            }
            (pager, _) => {
                self.missing = pager.filter(|pager| pager.is_named).map(|pager| (pager.command, false));
                self.straight()
            }
        };
        Ok(())
    }

    fn straight(&self) -> State {
        // What reads a pipe may write to the same terminal.
        if !is_file() {
            self.progress.end();
        }
        State::Straight(Patient::stdout())
    }

    /// The pager reads no more: where the shell could not run it, what it was sent is written straight.
    fn resume(&mut self) -> io::Result<bool> {
        let State::Paging(paging) = &mut self.state else { return Ok(false) };
        drop(paging.child.stdin.take());
        // What a shell answers that cannot run what it is told to.
        if !matches!(paging.child.wait()?.code(), Some(126 | 127)) {
            return Ok(false);
        }
        let held = paging.held.take();
        self.missing = Some((paging.command.clone(), held.is_none()));
        let Some(held) = held else { return Ok(false) };
        self.state = self.straight();
        self.write_all(&held)?;
        Ok(true)
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
            State::Paging(paging) => {
                let written = match &mut paging.child.stdin {
                    Some(to) => to.write(bytes),
                    None => Err(io::ErrorKind::BrokenPipe.into()),
                };
                match written {
                    Ok(count) => {
                        paging.held = paging.held.take().filter(|held| held.len() + count <= HELD);
                        if let (Some(held), Some(taken)) = (&mut paging.held, bytes.get(..count)) {
                            held.extend_from_slice(taken);
                        }
                        Ok(count)
                    }
                    Err(error) if error.kind() == io::ErrorKind::BrokenPipe && self.resume()? => self.write(bytes),
                    Err(error) => Err(error),
                }
            }
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
        // The result was whole before: who holds it has flushed it. Where it cannot be written now, that is told.
        let done = self.resume().and_then(|_| self.flush());
        if let Some((command, lost)) = self.missing.take() {
            say::line(&words::no_pager(self.lang, &command, lost || done.is_err()));
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
    let mut command = if needs_shell(&pager.command) {
        if let Some(missing) = programs(&pager.command).into_iter().find(|program| !is_there(program)) {
            log::info!("{}: there is no {missing}", pager.command);
            return None;
        }
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

fn needs_shell(command: &str) -> bool {
    command.contains(|found| OF_A_SHELL.contains(found))
}

/// The programs of a pipeline as a shell reads it, as far as they are plain words: a pipeline ends as its last program does,
/// so that nothing else tells that its first is not there. What is not of the form `A | B | C` is left to the shell.
fn programs(command: &str) -> Vec<&str> {
    let mut programs = Vec::new();
    let mut quote = None;
    let mut begin = 0;
    let mut letters = command.char_indices().peekable();
    while let Some((at, found)) = letters.next() {
        match (quote, found) {
            (Some('\''), '\'') | (Some('"'), '"') => quote = None,
            (Some('\''), _) => {}
            (_, '\\') => drop(letters.next()),
            // What it expands to has words of its own.
            (_, '`' | '$') => return Vec::new(),
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(found),
            (None, '|') if letters.peek().is_some_and(|(_, next)| *next != '|') => {
                programs.extend(command.get(begin..at).and_then(program));
                begin = at + found.len_utf8();
            }
            (None, '|' | '&' | ';' | '(' | ')' | '{' | '}' | '\n' | '#' | '<' | '>') => return Vec::new(),
            (None, _) => {}
        }
    }
    programs.extend(command.get(begin..).and_then(program));
    programs
}

/// The program that a command runs, behind the variables that it sets; None where it is no plain word.
fn program(command: &str) -> Option<&str> {
    let is_plain = |c: char| c.is_alphanumeric() || "/._+-".contains(c);
    let is_set = |word: &&str| {
        word.split_once('=').is_some_and(|(name, value)| {
            name.chars().all(|c| c.is_alphanumeric() || c == '_') && value.chars().all(is_plain)
        })
    };
    let word = command.split_whitespace().find(|word| !is_set(word))?;
    word.chars().all(is_plain).then_some(word)
}

/// Whether a shell knows `program`: as a file, or of its own. Where no shell can be asked, it will tell.
fn is_there(program: &str) -> bool {
    let mut shell = Command::new("sh");
    shell.args(["-c", "command -v -- \"$1\"", "sh", program]);
    let asked = shell.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    asked.map_or(true, |status| status.success())
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

#[cfg(test)]
mod tests {
    use super::{is_there, programs};

    #[test]
    fn the_programs_of_a_pipeline_are_known() {
        for (command, expected) in [
            ("less -R | cat", &["less", "cat"][..]),
            ("LESS=R less '-R' | /bin/cat", &["less", "/bin/cat"]),
            ("sed 's/|/no | such/' | less", &["sed", "less"]),
            ("grep -v \"x | no\" | less", &["grep", "less"]),
            ("sed s/a\\|b/c/", &["sed"]),
            ("'less' -R", &[]),
            ("a || b", &[]),
            ("a; b", &[]),
            ("a $(b | c)", &[]),
            ("$LESS | cat", &[]),
            ("if a; then b; fi", &[]),
            ("less > /dev/null", &[]),
            ("LESS=\"-R -X\" less", &[]),
            ("", &[]),
        ] {
            assert_eq!(programs(command), expected, "{command}");
        }
        assert!(is_there("cat") && is_there("read") && is_there("/bin/sh"));
        assert!(!is_there("no-such-pager") && !is_there("/no/such/pager"));
    }
}
