//! Opens capture files and standard input: one as it is, several as one source.

use super::by_turns::ByTurns;
use super::secrets::SecretsSink;
use super::tally::{Counted, Shareable, Tally};
use super::waiting::{SMALLEST_WINDOW, Share, Waiting, files_at_once};
use super::window::WINDOW_BYTES;
use super::{
    CaptureError, CaptureFile, Cursor, Damage, Filter, Filtered, InTurn, Merged, Reading, Reordered, Source, number,
    pipe,
};
use crate::limits::ORDER_BYTES;
use std::fs::{File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Bytes of all windows together where many files are read at once.
const WINDOWS_BYTES: usize = 64 * WINDOW_BYTES;

/// Opens the files of one call, `-` being standard input: one as it is, several merged by time. Only packets that
/// `filter` matches are delivered.
///
/// # Errors
/// If one of them cannot be opened; then none is read.
pub fn open(names: &[PathBuf], filter: Option<Filter>, damage: Damage) -> Result<Box<dyn Source>, CaptureError> {
    open_reading(names, filter, damage, Reading::Here)
}

/// As [`open`], with the thread that `reading` names.
///
/// # Errors
/// As [`open`].
pub fn open_reading(
    names: &[PathBuf],
    filter: Option<Filter>,
    damage: Damage,
    reading: Reading,
) -> Result<Box<dyn Source>, CaptureError> {
    open_until(&[names.to_vec()], filter, damage, reading, ORDER_BYTES, None)
}

/// As [`open_reading`], for files in groups: those of one group are merged by time, one group comes after the other, with
/// `order` bytes for putting packets in order. What has no known end ([`super::is_pipe`]) ends soon after `stop` is set.
///
/// # Errors
/// As [`open`].
pub fn open_until(
    groups: &[Vec<PathBuf>],
    filter: Option<Filter>,
    damage: Damage,
    reading: Reading,
    order: usize,
    stop: Option<&Arc<AtomicBool>>,
) -> Result<Box<dyn Source>, CaptureError> {
    open_counted(groups, filter, damage, reading, order, stop, None)
}

/// As [`open_until`]; the bytes that are read are counted in `tally`.
///
/// # Errors
/// As [`open`].
pub fn open_counted(
    groups: &[Vec<PathBuf>],
    filter: Option<Filter>,
    damage: Damage,
    reading: Reading,
    order: usize,
    stop: Option<&Arc<AtomicBool>>,
    tally: Option<&Arc<Tally>>,
) -> Result<Box<dyn Source>, CaptureError> {
    open_beside(groups, filter, damage, reading, order, Beside { stop, tally, ..Beside::default() })
}

/// What happens beside the reading of files.
#[derive(Clone, Copy, Default)]
pub struct Beside<'a> {
    /// Ends what has no known end ([`super::is_pipe`]) soon after it is set.
    pub stop: Option<&'a Arc<AtomicBool>>,
    /// Counts the bytes that are read.
    pub tally: Option<&'a Arc<Tally>>,
    /// Is told of the secrets in what can be read only once, pipes and standard input; those of a regular file can be had
    /// before ([`super::secrets_of`]).
    pub secrets: Option<&'a SecretsSink>,
    /// Is told why a file of several could not be opened; the others are read. Without it, that is an error.
    pub unread: Option<&'a dyn Fn(&CaptureError)>,
}

/// As [`open_until`], with what happens `beside`.
///
/// # Errors
/// As [`open`]; with [`Beside::unread`], if none can be opened.
pub fn open_beside(
    groups: &[Vec<PathBuf>],
    filter: Option<Filter>,
    damage: Damage,
    reading: Reading,
    order: usize,
    beside: Beside<'_>,
) -> Result<Box<dyn Source>, CaptureError> {
    let Beside { stop, tally, secrets, unread } = beside;
    let count = groups.iter().map(Vec::len).sum::<usize>();
    if let ([names], 1) = (groups.iter().filter(|names| !names.is_empty()).collect::<Vec<_>>().as_slice(), count)
        && let Some(name) = names.first()
    {
        let mut file = named(name, WINDOW_BYTES, reading, stop, tally)?.on_damage(damage);
        file.tell_secrets(secrets.filter(|_| comes_once(name)), 0);
        return Ok(ordered(file, filter, order));
    }
    let at_once = files_at_once(count);
    // Those that are closed until their turn share others.
    let window = (WINDOWS_BYTES / count.max(1)).clamp(SMALLEST_WINDOW, WINDOW_BYTES);
    let share = Share::default();
    let mut opened = Vec::with_capacity(groups.len());
    let mut failed = Vec::new();
    let mut index = 0;
    for names in groups {
        let mut files = Vec::with_capacity(names.len());
        for name in names {
            let (path, stop, tally) = (name.clone(), stop.cloned(), tally.cloned());
            let many = count > at_once;
            let secrets = secrets.filter(|_| comes_once(name)).cloned();
            let before_first = number::packed(index, 0);
            index += 1;
            let open = move |window| {
                let by_turns = if many { ByTurns::of(&path) } else { None };
                let file = match by_turns {
                    Some(file) => {
                        let window = path.metadata().map_or(window, |about| fitting(window, &about));
                        let reader = Counted::boxed(file, tally.as_ref());
                        CaptureFile::open(path.to_string_lossy().into_owned(), reader, window)?
                    }
                    None => named(&path, window, Reading::Here, stop.as_ref(), tally.as_ref())?,
                };
                let mut file = file.on_damage(damage);
                file.tell_secrets(secrets.as_ref(), before_first);
                Ok(file)
            };
            let file = if many { Waiting::closed(name, &share, open) } else { open(window).map(Waiting::open) };
            match file {
                Ok(file) => files.push(file),
                Err(error) if unread.is_some() => {
                    files.push(Waiting::unread(name, &error));
                    failed.push(error);
                }
                Err(error) => return Err(error),
            }
        }
        opened.push(files);
    }
    if failed.len() == count
        && let Some(first) = failed.drain(..).next()
    {
        return Err(first);
    }
    if let Some(tell) = unread {
        failed.iter().for_each(tell);
    }
    Ok(match opened.len() {
        0 | 1 => ordered(Merged::new(opened.pop().unwrap_or_default()), filter, order),
        _ => {
            let mut first = 0;
            let merged = opened.into_iter().map(|files| {
                let count = files.len();
                let merged = Merged::beginning_with(first, files);
                first += count;
                merged
            });
            ordered(InTurn::new(merged.collect()), filter, order)
        }
    })
}

/// Whether what has that name can be read but once: standard input (`-`), and all but regular files.
pub fn comes_once(name: &Path) -> bool {
    name.as_os_str() == "-" || name.metadata().is_ok_and(|about| !about.is_file())
}

/// Opens the file of that name, `-` being standard input.
pub(super) fn named(
    name: &Path,
    window: usize,
    reading: Reading,
    stop: Option<&Arc<AtomicBool>>,
    tally: Option<&Arc<Tally>>,
) -> Result<CaptureFile, CaptureError> {
    match name.as_os_str() == "-" {
        true => stdin(window, reading, stop, tally),
        false => file(name, window, reading, stop, tally),
    }
}

/// The packets of `cursor` that `filter` matches, with `order` bytes for putting them in order.
pub(super) fn ordered<C: Cursor + 'static>(cursor: C, filter: Option<Filter>, order: usize) -> Box<dyn Source> {
    match filter {
        None => Box::new(Reordered::new(cursor).within(order)),
        Some(filter) => Box::new(Reordered::new(Filtered::new(cursor, filter)).within(order)),
    }
}

/// Opens standard input, which ends soon after `stop` is set.
fn stdin(
    window: usize,
    reading: Reading,
    stop: Option<&Arc<AtomicBool>>,
    tally: Option<&Arc<Tally>>,
) -> Result<CaptureFile, CaptureError> {
    let name = "-".to_owned();
    let file = pipe::stdin().map_err(|error| CaptureError::Read { name: name.clone(), packet: 0, offset: 0, error })?;
    let stdin =
        CaptureFile::open_reading(name, Counted::boxed(pipe::reader(file, stop), tally), None, window, reading)?;
    Ok(stdin.until(stop))
}

/// The bytes of a window for a file: no more than `most`, nor than a small file can fill, compressed or not. To clear a large
/// one takes longer than to read the file.
fn fitting(most: usize, file: &Metadata) -> usize {
    let content = usize::try_from(file.len()).unwrap_or(usize::MAX).saturating_mul(8);
    most.min(content.max(SMALLEST_WINDOW))
}

/// Opens a file.
///
/// # Errors
/// Where it is not there or cannot be read.
pub(super) fn opened(path: &Path) -> Result<(File, Metadata), CaptureError> {
    let name = path.to_string_lossy().into_owned();
    let failed = |error: io::Error| {
        let name = name.clone();
        match error.kind() {
            io::ErrorKind::NotFound => CaptureError::Missing { name },
            io::ErrorKind::PermissionDenied => CaptureError::NoPermission { name },
            _ => CaptureError::Read { name, packet: 0, offset: 0, error },
        }
    };
    let file = File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if metadata.is_dir() {
        return Err(CaptureError::Directory { name });
    }
    Ok((file, metadata))
}

/// Opens a capture file; one without an end that is known beforehand ends soon after `stop` is set.
///
/// # Errors
/// Where it is not there, cannot be read, or is no capture.
pub(super) fn file(
    path: &Path,
    window: usize,
    reading: Reading,
    stop: Option<&Arc<AtomicBool>>,
    tally: Option<&Arc<Tally>>,
) -> Result<CaptureFile, CaptureError> {
    let name = path.to_string_lossy().into_owned();
    let (file, metadata) = opened(path)?;
    // A named pipe can be read only once.
    let again = if metadata.is_file() { file.try_clone().ok() } else { None };
    let stop = stop.filter(|_| again.is_none());
    let window = if reading == Reading::Here && again.is_some() { fitting(window, &metadata) } else { window };
    let reader = Counted::boxed(pipe::reader(file, stop), tally);
    let again = again.map(|file| Shareable::new(file, tally));
    let file = CaptureFile::open_reading(name, reader, again, window, reading)?;
    Ok(file.until(stop))
}
