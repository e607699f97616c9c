//! Opens the files of one call.

use super::by_turns::ByTurns;
use super::file::{Damage, Reading, file, stdin};
use super::waiting::{Waiting, files_at_once};
use super::window::WINDOW_BYTES;
use super::{CaptureError, CaptureFile, Cursor, Filter, Filtered, InTurn, Merged, Reordered, Source};
use crate::limits::ORDER_BYTES;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Bytes of all windows together where many files are read at once.
const WINDOWS_BYTES: usize = 64 * WINDOW_BYTES;
/// The smallest window.
const SMALLEST_WINDOW: usize = 16 * 1024;
/// Bytes of the shortest header of a capture file.
const SHORTEST_HEADER: u64 = 24;
/// How long to wait for the header of a file that is followed.
const FOLLOW_PAUSE: Duration = Duration::from_millis(100);

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
    let count = groups.iter().map(Vec::len).sum::<usize>();
    if let ([names], 1) = (groups.iter().filter(|names| !names.is_empty()).collect::<Vec<_>>().as_slice(), count)
        && let Some(name) = names.first()
    {
        return Ok(ordered(named(name, WINDOW_BYTES, reading, stop)?.on_damage(damage), filter, order));
    }
    let at_once = files_at_once(count);
    let window = (WINDOWS_BYTES / count.max(1)).clamp(SMALLEST_WINDOW, WINDOW_BYTES);
    let mut opened = Vec::with_capacity(groups.len());
    for names in groups {
        let mut files = Vec::with_capacity(names.len());
        for name in names {
            let (path, stop) = (name.clone(), stop.cloned());
            let many = count > at_once;
            let open = move || {
                let by_turns = if many { ByTurns::of(&path) } else { None };
                let file = match by_turns {
                    Some(file) => CaptureFile::open(path.to_string_lossy().into_owned(), Box::new(file), window)?,
                    None => named(&path, window, Reading::Here, stop.as_ref())?,
                };
                Ok(file.on_damage(damage))
            };
            files.push(if many { Waiting::closed(name, open)? } else { Waiting::open(open()?) });
        }
        opened.push(files);
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

/// Opens the file of that name, `-` being standard input.
fn named(
    name: &Path,
    window: usize,
    reading: Reading,
    stop: Option<&Arc<AtomicBool>>,
) -> Result<CaptureFile, CaptureError> {
    if name.as_os_str() == "-" { stdin(window, reading, stop) } else { file(name, window, reading, stop) }
}

fn ordered<C: Cursor + 'static>(cursor: C, filter: Option<Filter>, order: usize) -> Box<dyn Source> {
    match filter {
        None => Box::new(Reordered::new(cursor).within(order)),
        Some(filter) => Box::new(Reordered::new(Filtered::new(cursor, filter)).within(order)),
    }
}

/// Opens a file that is still being written, and reads on as it grows until `stop` is set. Waits for its header.
/// Standard input needs no following: it ends when its writer closes it.
///
/// # Errors
/// As [`open`]; also if not exactly one file is named, or it is compressed.
pub fn follow(
    names: &[PathBuf],
    filter: Option<Filter>,
    damage: Damage,
    order: usize,
    stop: Arc<AtomicBool>,
) -> Result<Box<dyn Source>, CaptureError> {
    let [name] = names else { return Err(CaptureError::FollowsOne) };
    if name.as_os_str() == "-" {
        return open_until(&[names.to_vec()], filter, damage, Reading::Here, order, Some(&stop));
    }
    while std::fs::metadata(name).is_ok_and(|metadata| metadata.is_file() && metadata.len() < SHORTEST_HEADER)
        && !stop.load(Ordering::Relaxed)
    {
        std::thread::sleep(FOLLOW_PAUSE);
    }
    let file = file(name, WINDOW_BYTES, Reading::Here, Some(&stop))?.on_damage(damage);
    if file.is_compressed() {
        return Err(CaptureError::NotFollowed { name: name.to_string_lossy().into_owned() });
    }
    Ok(ordered(file.following(stop), filter, order))
}
