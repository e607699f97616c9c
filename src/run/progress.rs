/*!
Progress on standard error: a line that is drawn again a few times a second, for what takes longer than a second.

It is drawn by a thread of its own, which looks at the run's [`Tally`]. It is gone before anything else is written to the
terminal: before the first byte of a result that goes to standard output, unless that is a file; before errors; and at
Ctrl-C. No name of a file is in it.
*/

use super::words::{self, Come};
use crate::capture::Tally;
use crate::cli::Around;
use crate::view::Lang;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use signal_hook::consts::{SIGINT, SIGTERM};
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// What takes no longer has no progress.
const SHORT: Duration = Duration::from_secs(1);
/// How often it is drawn.
const EVERY: Duration = Duration::from_millis(200);
/// Over how long the rate is measured.
const MEASURED_SECONDS: f64 = 3.0;

/// The progress of a run; gone when it is dropped.
pub(super) struct Progress(Option<Arc<Bar>>);

/// Ends a progress early.
#[derive(Clone)]
pub(super) struct Ender(Option<Arc<Bar>>);

struct Bar {
    tally: Arc<Tally>,
    /// It is to go.
    over: Mutex<bool>,
    wake: Condvar,
    thread: Mutex<Option<JoinHandle<()>>>,
    /// Signals do what they do by default.
    by_default: Arc<AtomicBool>,
}

impl Progress {
    /// The progress of reading `files`. With `endless` ones, what a signal does is not touched.
    pub(super) fn begin(around: &Around, lang: Lang, files: &[PathBuf], endless: bool) -> Self {
        if !around.progress || around.quiet {
            return Self(None);
        }
        let bar = Arc::new(Bar {
            tally: Arc::default(),
            over: Mutex::new(false),
            wake: Condvar::new(),
            thread: Mutex::new(None),
            by_default: Arc::new(AtomicBool::new(false)),
        });
        let signals = if endless { Vec::new() } else { caught(&bar.by_default) };
        let total = files.iter().map(|file| length(file)).sum::<Option<u64>>().filter(|&total| total > 0);
        let drawn = Arc::clone(&bar);
        let begun = thread::Builder::new().name("progress".to_owned()).spawn(move || drawn.draw(lang, total, &signals));
        match begun {
            Ok(thread) => *bar.thread.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread),
            Err(error) => {
                log::warn!("no thread can be started to show progress: {error}");
                bar.by_default.store(true, Ordering::Relaxed);
                return Self(None);
            }
        }
        Self(Some(bar))
    }

    /// None.
    pub(super) fn none() -> Self {
        Self(None)
    }

    /// What is counted for it.
    pub(super) fn tally(&self) -> Option<Arc<Tally>> {
        self.0.as_ref().map(|bar| Arc::clone(&bar.tally))
    }

    /// What ends it.
    pub(super) fn ender(&self) -> Ender {
        Ender(self.0.clone())
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.ender().end();
    }
}

impl Ender {
    /// Takes the line away, for good.
    pub(super) fn end(&self) {
        self.clear();
        if let Some(bar) = &self.0 {
            bar.by_default.store(true, Ordering::Relaxed);
        }
    }

    /// The same, where Ctrl-C goes to another program from now on.
    pub(super) fn clear(&self) {
        let Some(bar) = &self.0 else { return };
        *bar.over.lock().unwrap_or_else(PoisonError::into_inner) = true;
        bar.wake.notify_all();
        if let Some(thread) = bar.thread.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // It draws nothing any more, whatever has become of it.
            let _ = thread.join();
        }
    }
}

/// A signal, and whether it came.
type Caught = (i32, Arc<AtomicBool>);

/// Signals that end the process: the line is taken away first.
fn caught(by_default: &Arc<AtomicBool>) -> Vec<Caught> {
    let mut caught = Vec::new();
    for signal in [SIGINT, SIGTERM] {
        let came = Arc::new(AtomicBool::new(false));
        // The second only where the first is there: without it, nothing would end the process after the progress.
        let both = signal_hook::flag::register_conditional_default(signal, Arc::clone(by_default))
            .and_then(|_| signal_hook::flag::register(signal, Arc::clone(&came)));
        if both.is_ok() {
            caught.push((signal, came));
        }
    }
    caught
}

impl Bar {
    /// Waits; true where it is to go.
    fn wait(&self, time: Duration) -> bool {
        let over = self.over.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.wake.wait_timeout_while(over, time, |over| !*over);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn draw(&self, lang: Lang, total: Option<u64>, signals: &[Caught]) {
        let begun = Instant::now();
        let (mut measured, mut bytes, mut rate) = (begun, 0, None);
        let mut line: Option<ProgressBar> = None;
        while !self.wait(EVERY) {
            if let Some((signal, _)) = signals.iter().find(|(_, came)| came.load(Ordering::Relaxed)) {
                if let Some(line) = line.take() {
                    line.finish_and_clear();
                }
                self.by_default.store(true, Ordering::Relaxed);
                let _ = signal_hook::low_level::emulate_default_handler(*signal);
                return;
            }
            let (now, read) = (Instant::now(), self.tally.bytes());
            let seconds = now.duration_since(measured).as_secs_f64().max(0.001);
            let lately = read.saturating_sub(bytes) as f64 / seconds;
            let weight = (seconds / MEASURED_SECONDS).min(1.0);
            let smooth = rate.map_or(lately, |rate: f64| rate + (lately - rate) * weight);
            (measured, bytes, rate) = (now, read, Some(smooth));
            if begun.elapsed() < SHORT {
                continue;
            }
            let left = total.and_then(|total| total.checked_sub(read)).filter(|&left| left > 0 && smooth >= 1.0);
            let come = Come {
                bytes: read,
                total,
                packets: self.tally.packets(),
                sessions: self.tally.sessions(),
                rate: smooth as u64,
                left: left.map(|left| Duration::from_secs((left as f64 / smooth).min(1e9) as u64)),
            };
            let line = line.get_or_insert_with(|| new_line(total));
            // Drawn once, by the last of these.
            line.update(|state| state.set_pos(read.min(total.unwrap_or(u64::MAX))));
            line.set_message(words::progress(lang, &come));
        }
        if let Some(line) = line {
            line.finish_and_clear();
        }
    }
}

fn new_line(total: Option<u64>) -> ProgressBar {
    let line = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr());
    let template = if total.is_some() { "{percent:>3}% [{bar:10}] {wide_msg}" } else { "{spinner} {wide_msg}" };
    match ProgressStyle::with_template(template) {
        Ok(style) => line.with_style(style.progress_chars("=> ")),
        Err(_) => line,
    }
}

/// The length of a regular file, or of standard input where it is one.
fn length(path: &Path) -> Option<u64> {
    let about = match path.as_os_str() == "-" {
        true => File::from(io::stdin().as_fd().try_clone_to_owned().ok()?).metadata().ok()?,
        false => path.metadata().ok()?,
    };
    about.is_file().then_some(about.len())
}
