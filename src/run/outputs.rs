//! Opens what the result is written to: files, folders, a terminal, a pager.

use super::board::{self, Below};
use super::named::Named;
use super::paging::{Clearing, Paged};
use super::progress::Ender;
use super::running::Running;
use super::whole_lines::{Buffered, buffered, in_lines};
use super::{identity, private, tables};
use crate::capture::{Outlet, Source};
use crate::cli::{Analysis, Around, Format, Pager};
use crate::view::Lang;
use crate::view::extract;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Where a view writes.
pub(super) struct Outputs {
    pub(super) out: Box<dyn Write>,
    /// A file for each table.
    pub(super) files: Vec<tables::Written>,
    /// The names of what is read, in the order in which packets count them.
    pub(super) sources: Arc<[String]>,
    /// The terminal that the list of sessions is drawn on as they happen.
    pub(super) shown_on: Option<board::Shared>,
}

/// Opens all that `analysis` writes to of `source`, while there are privileges for it.
///
/// # Errors
/// Where something of it cannot be made, or would overwrite what is read.
pub(super) fn open(analysis: &mut Analysis, running: &Running, source: &dyn Source) -> anyhow::Result<Outputs> {
    if let Some(directory) = &analysis.output.extract
        && extract::make(directory)?
        && let Some(privileges) = &running.privileges
    {
        privileges.give_folder(directory)?;
    }
    let files = tables::created(analysis, running.privileges.as_ref(), &running.stop)?;
    let mut shown_on = None;
    let out: Box<dyn Write> = match &analysis.output.file {
        None if analysis.output.tables.folder.is_some() => Box::new(io::sink()),
        Some(file) => named(file, analysis, running)?,
        None if running.endless => {
            let stdout = Named::stdout();
            let out = Named { out: Outlet::stdout(Arc::clone(&running.stop))?, name: stdout.name };
            match board::is_wanted(analysis) {
                true => {
                    // Sessions that are open are known by their steps.
                    analysis.options.steps = true;
                    let screen = board::screen(Box::new(out), analysis.output.lang, analysis.output.colour);
                    Box::new(Below(Arc::clone(shown_on.insert(screen))))
                }
                false => Box::new(Clearing { out, progress: running.progress.ender() }),
            }
        }
        None => paged(analysis.around.pager.as_ref(), running.progress.ender(), analysis.output.lang),
    };
    let sources = source.info().into_iter().map(|info| info.name).collect();
    Ok(Outputs { out: Box::new(buffered(out)), files, sources, shown_on })
}

/// The file that the result is written to. The capture is not overwritten, by whatever name it is called.
fn named(file: &Path, analysis: &Analysis, running: &Running) -> anyhow::Result<Box<dyn Write>> {
    identity::check(analysis)?;
    let created = private::created(file, analysis.output.redact.is_none(), &running.stop)?;
    if let Some(privileges) = running.privileges.as_ref().filter(|_| created.is_new) {
        privileges.give(&created.file, file)?;
    }
    Ok(in_lines(file, Outlet::new(created.file, Arc::clone(&running.stop)), analysis.output.format))
}

/// Where a result goes that is written once all is read: to `file`, for its owner alone where it is `private`, or to
/// standard output, through the pager if there is one.
///
/// # Errors
/// Where the file cannot be created.
pub(super) fn at_once(
    file: Option<&Path>,
    private: bool,
    around: &Around,
    progress: Ender,
    lang: Lang,
) -> anyhow::Result<Buffered> {
    let Some(file) = file else { return Ok(buffered(paged(around.pager.as_ref(), progress, lang))) };
    let stop = Arc::new(AtomicBool::new(false));
    let created = private::created(file, private, &stop)?;
    Ok(buffered(in_lines(file, Outlet::new(created.file, stop), Format::Table)))
}

fn paged(pager: Option<&Pager>, progress: Ender, lang: Lang) -> Box<dyn Write> {
    Box::new(Named { out: Paged::new(pager, progress, lang), name: Named::stdout().name })
}
