//! What a run has from its beginning: what ends it, its progress, and its privileges.

use super::privileges::Privileges;
use super::progress::Progress;
use super::{say, words};
use crate::capture;
use crate::cli::{Analysis, Input};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// A run of an analysis.
pub(super) struct Running {
    /// Ends the source, after the packets that it has already received.
    pub(super) stop: Arc<AtomicBool>,
    /// Ends the reading at once, where what is read cannot be written.
    pub(super) give_up: Arc<AtomicBool>,
    /// The capture grows while it is read.
    pub(super) live: bool,
    /// The capture has no end of its own. A pipe has none either: Ctrl-C ends its writer, and what was read until then is
    /// shown.
    pub(super) endless: bool,
    /// On standard error.
    pub(super) progress: Progress,
    /// Those that listening takes; absent for what is read from files.
    pub(super) privileges: Option<Privileges>,
}

impl Running {
    /// From here on, signals end what is `endless` in good order.
    ///
    /// # Errors
    /// Where the user to go on as is not there, or a signal cannot be handled.
    pub(super) fn begin(analysis: &Analysis) -> anyhow::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let endless = match &analysis.input {
            Input::Files(files) => files.iter().any(|file| capture::is_pipe(file)),
            Input::Followed(_) | Input::Live(_) => true,
        };
        if endless {
            for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
                // A second Ctrl-C, should the first not be heeded, ends the process at once.
                signal_hook::flag::register_conditional_shutdown(signal, 130, Arc::clone(&stop))?;
                signal_hook::flag::register(signal, Arc::clone(&stop))?;
            }
        }
        let progress = match &analysis.input {
            Input::Files(files) => Progress::begin(&analysis.around, analysis.output.lang, files, endless),
            Input::Followed(_) | Input::Live(_) => Progress::none(),
        };
        let privileges = match &analysis.input {
            Input::Live(_) => Some(Privileges::of(&analysis.user)?),
            Input::Files(_) | Input::Followed(_) => None,
        };
        let live = matches!(analysis.input, Input::Live(_) | Input::Followed(_));
        Ok(Self { stop, give_up: Arc::default(), live, endless, progress, privileges })
    }

    /// Drops the privileges, once all that takes them is open, but for key logs, which may come later or be replaced, and says who listens on
    /// `interface`.
    ///
    /// # Errors
    /// Where they cannot be dropped.
    pub(super) fn drop_privileges(
        &self,
        analysis: &Analysis,
        interface: Option<&str>,
        logs: &[PathBuf],
    ) -> anyhow::Result<()> {
        let Some(privileges) = &self.privileges else { return Ok(()) };
        let output = &analysis.output;
        // What is written there is made, or renamed, after it.
        let parts = output.tables.folder.as_deref().filter(|_| output.format.is_parquet());
        let folders: Vec<&Path> = output.extract.as_deref().into_iter().chain(parts).collect();
        privileges.drop(interface, &folders, logs)?;
        if !analysis.around.quiet {
            say::line(&words::listening(analysis.output.lang, interface, privileges.user()));
        }
        Ok(())
    }
}
