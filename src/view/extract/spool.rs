/*!
Files for content that is still streaming: one for each message and each attachment, with a temporary name until its
session has a number.

Several threads follow connections, and a session may get its number only when it is over. So the files have arbitrary
numbers, in a directory of their own, and are renamed when the session is written. Of thousands of unfinished files only
a few are open; the others are opened again when more content comes.

How much is written has a limit. It holds for the files that get their names, which they do in the order of sessions: so
it leaves out the same files on any number of threads. A file that is larger than the room that is left is removed while
it still grows, for that room never grows. All files without names together may take a multiple of the limit; which files
are left out by that bound of its own may depend on which thread was faster.
*/

use crate::limits::{EXTRACT_WAITING, Limit};
use crate::session::content_store::{ContentStore, StoredContent};
use nix::errno::Errno;
use std::collections::HashMap;
use std::fmt;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Number of pools that the files are distributed over, each with its own lock.
const POOLS: usize = 16;
/// Most files that one pool has open: 128 in all pools, of the 256 that the most frugal systems allow.
const OPEN_FILES: usize = 8;
/// Bytes buffered for an open file.
const BUFFER_BYTES: usize = 32 * 1024;

/// Files, by their numbers.
#[derive(Debug, Default)]
struct Pool {
    /// The open ones, the most recently used last.
    open: Vec<(u64, BufWriter<File>)>,
    /// The size of each that has not been claimed.
    sizes: HashMap<u64, Size>,
}

#[derive(Debug, Clone, Copy)]
enum Size {
    Bytes(u64),
    /// There was no room for it, by this bound: its file is gone.
    LeftOut(Limit),
}

/// Keeps content in files.
#[derive(Debug)]
pub struct Spool {
    directory: PathBuf,
    next: AtomicU64,
    pools: [Mutex<Pool>; POOLS],
    /// Most bytes of all files that have been claimed; those that have not may have [`EXTRACT_WAITING`] times as many.
    limit: u64,
    /// Bytes of the files that have not been claimed.
    waiting: AtomicU64,
    /// Bytes that were granted to files with names.
    granted: AtomicU64,
    trouble: Mutex<Option<io::Error>>,
    /// Set when no more content can be stored: reading on is pointless.
    stop: Arc<AtomicBool>,
}

impl Spool {
    /// Writes to `directory`, which it creates, at most `limit` bytes. Sets `stop` when a file cannot be written.
    ///
    /// # Errors
    /// If the directory cannot be created.
    pub fn new(directory: PathBuf, limit: u64, stop: Arc<AtomicBool>) -> io::Result<Self> {
        make_directory(&directory)?;
        let (next, waiting, granted) = Default::default();
        Ok(Self {
            directory,
            next,
            pools: Default::default(),
            limit,
            waiting,
            granted,
            trouble: Mutex::default(),
            stop,
        })
    }

    /// A file for what is not content, until it can be renamed: whatever has its final name is whole.
    pub fn draft(&self) -> PathBuf {
        self.directory.join("draft")
    }

    /// Grants room for a file of `bytes`.
    ///
    /// # Errors
    /// The bound that leaves it out, if there is not as much left.
    pub fn grant(&self, bytes: u64) -> Result<(), Limit> {
        let granted = self.granted.load(Ordering::Relaxed).saturating_add(bytes);
        if granted > self.limit {
            return Err(Limit::ExtractBytes);
        }
        self.granted.store(granted, Ordering::Relaxed);
        Ok(())
    }

    /// Grants room for the file of `stored`, which is then complete; or returns the bound that leaves it out.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn admit(&self, stored: &StoredContent) -> io::Result<Result<(), Limit>> {
        self.end(stored.number());
        self.check()?;
        let size = self.pool(stored.number()).sizes.get(&stored.number()).copied();
        Ok(match size {
            Some(Size::Bytes(bytes)) => self.grant(bytes),
            Some(Size::LeftOut(limit)) => Err(limit),
            None => Err(Limit::ExtractBytes),
        })
    }

    /// The bound that leaves out a file of `size` bytes that has not been claimed, where there are `waiting` in all such
    /// files. What has been granted only grows: a file that does not fit now will not fit when its turn comes.
    fn bound_of(&self, size: u64, waiting: u64) -> Option<Limit> {
        if size > self.limit.saturating_sub(self.granted.load(Ordering::Relaxed)) {
            Some(Limit::ExtractBytes)
        } else if waiting > self.limit.saturating_mul(EXTRACT_WAITING as u64) {
            Some(Limit::ExtractWaiting)
        } else {
            None
        }
    }

    /// Reports a failure of `ContentStore`'s methods, which return no errors.
    ///
    /// # Errors
    /// The first one since the last check.
    pub fn check(&self) -> io::Result<()> {
        match lock(&self.trouble).take() {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    /// Renames the file of `stored`, which was admitted, to `name`, which must not exist.
    ///
    /// # Errors
    /// If `name` exists, or the file cannot be renamed.
    pub fn claim(&self, stored: &StoredContent, name: &Path) -> io::Result<()> {
        let number = stored.number();
        rename_new(&self.path(number), name)?;
        let size = self.pool(number).sizes.remove(&number);
        self.no_longer_waits(size);
        Ok(())
    }

    /// Removes the directory, with the files that were never claimed. No more content may come.
    ///
    /// # Errors
    /// If the directory cannot be removed.
    pub fn remove(&self) -> io::Result<()> {
        self.pools.iter().for_each(|pool| lock(pool).open.drain(..).for_each(|(_, file)| drop(file.into_parts())));
        match fs::remove_dir_all(&self.directory) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(named(&self.directory, &error)),
            _ => Ok(()),
        }
    }

    fn path(&self, number: u64) -> PathBuf {
        self.directory.join(number.to_string())
    }

    fn pool(&self, number: u64) -> MutexGuard<'_, Pool> {
        // The remainder is below the number of pools.
        lock(&self.pools[number as usize % POOLS])
    }

    fn attempt(&self, number: u64, outcome: io::Result<()>) {
        if let Err(error) = outcome {
            let error = named(&self.path(number), &error);
            lock(&self.trouble).get_or_insert(error);
            self.stop.store(true, Ordering::Relaxed);
        }
    }

    fn no_longer_waits(&self, size: Option<Size>) {
        if let Some(Size::Bytes(bytes)) = size {
            self.waiting.fetch_sub(bytes, Ordering::Relaxed);
        }
    }

    /// Opens a file. Closes another first if too many are open, or more than the system permits.
    fn open(&self, pool: &mut Pool, number: u64, options: &mut OpenOptions) -> io::Result<()> {
        let file = loop {
            let opened = match pool.open.len() {
                OPEN_FILES.. => Err(Errno::EMFILE.into()),
                _ => options.append(true).open(self.path(number)),
            };
            match opened {
                Err(error) if is_for_too_many(&error) && !pool.open.is_empty() => {
                    // The least recently used.
                    let (oldest, file) = pool.open.remove(0);
                    self.attempt(oldest, close(file));
                }
                opened => break opened?,
            }
        };
        pool.open.push((number, BufWriter::with_capacity(BUFFER_BYTES, file)));
        Ok(())
    }

    /// Closes and removes a file, without writing what is buffered.
    fn drop_file(&self, pool: &mut Pool, number: u64) {
        if let Some(at) = pool.open.iter().position(|(open, _)| *open == number) {
            drop(pool.open.remove(at).1.into_parts());
        }
        // Fails if the file was claimed: it has another name then.
        _ = fs::remove_file(self.path(number));
    }
}

impl ContentStore for Spool {
    fn begin(&self) -> u64 {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let mut pool = self.pool(number);
        let opened = self.open(&mut pool, number, OpenOptions::new().create_new(true).mode(FILE_MODE));
        pool.sizes.insert(number, Size::Bytes(0));
        drop(pool);
        self.attempt(number, opened);
        number
    }

    fn append(&self, number: u64, bytes: &[u8]) {
        let mut pool = self.pool(number);
        let Some(Size::Bytes(size)) = pool.sizes.get(&number).copied() else { return };
        let more = bytes.len() as u64;
        let waiting = self.waiting.fetch_add(more, Ordering::Relaxed).saturating_add(more);
        if let Some(limit) = self.bound_of(size + more, waiting) {
            self.waiting.fetch_sub(size + more, Ordering::Relaxed);
            pool.sizes.insert(number, Size::LeftOut(limit));
            self.drop_file(&mut pool, number);
            return;
        }
        pool.sizes.insert(number, Size::Bytes(size + more));
        let opened = match pool.open.iter().position(|(open, _)| *open == number) {
            Some(at) => {
                // Moves the file to the end: it is now the most recently used.
                if let Some(tail) = pool.open.get_mut(at..) {
                    tail.rotate_left(1);
                }
                Ok(())
            }
            None => self.open(&mut pool, number, &mut OpenOptions::new()),
        };
        let written = opened.and_then(|()| pool.open.last_mut().map_or(Ok(()), |(_, file)| file.write_all(bytes)));
        self.attempt(number, written);
    }

    fn end(&self, number: u64) {
        let mut pool = self.pool(number);
        if let Some(at) = pool.open.iter().position(|(open, _)| *open == number) {
            let (_, file) = pool.open.remove(at);
            self.attempt(number, close(file));
        }
    }

    fn discard(&self, number: u64) {
        let mut pool = self.pool(number);
        let size = pool.sizes.remove(&number);
        self.no_longer_waits(size);
        self.drop_file(&mut pool, number);
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        _ = self.remove();
    }
}

/// Only the owner may read these files: they are mail.
const FILE_MODE: u32 = 0o600;
const DIRECTORY_MODE: u32 = 0o700;

/// Creates a directory, which must not exist.
///
/// # Errors
/// If the directory exists or cannot be created.
pub fn make_directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(DIRECTORY_MODE).create(path).map_err(|error| named(path, &error))
}

/// Creates a file. `path` must not exist, not even as a symbolic link.
///
/// # Errors
/// If `path` exists or cannot be created.
pub fn make_file(path: &Path) -> io::Result<BufWriter<File>> {
    let file = OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(path);
    file.map(|file| BufWriter::with_capacity(BUFFER_BYTES, file)).map_err(|error| named(path, &error))
}

/// Renames `draft` to `name`, which must not exist.
///
/// # Errors
/// If `name` exists, or `draft` cannot be renamed.
pub fn rename_new(draft: &Path, name: &Path) -> io::Result<()> {
    if fs::symlink_metadata(name).is_ok() {
        return Err(named(name, &io::Error::from(io::ErrorKind::AlreadyExists)));
    }
    fs::rename(draft, name).map_err(|error| named(name, &error))
}

fn is_for_too_many(error: &io::Error) -> bool {
    [Errno::EMFILE, Errno::ENFILE].map(|errno| Some(errno as i32)).contains(&error.raw_os_error())
}

/// An error at a path.
#[derive(Debug)]
pub(crate) struct AtPath {
    pub path: PathBuf,
    pub error: io::Error,
}

impl fmt::Display for AtPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.error)
    }
}

impl std::error::Error for AtPath {}

/// `error`, with `path` in its message.
pub fn named(path: &Path, error: &io::Error) -> io::Error {
    let kind = error.kind();
    let copied = match (error.raw_os_error(), error.get_ref()) {
        (Some(number), _) => io::Error::from_raw_os_error(number),
        (None, Some(words)) => io::Error::new(kind, words.to_string()),
        (None, None) => kind.into(),
    };
    io::Error::new(kind, AtPath { path: path.to_owned(), error: copied })
}

fn close(file: BufWriter<File>) -> io::Result<()> {
    // Writes what is buffered.
    file.into_inner().map(drop).map_err(|error| {
        let (error, file) = error.into_parts();
        drop(file.into_parts());
        error
    })
}

/// Ignores poisoning: a thread that panics leaves the pool usable.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spool(place: &Path) -> Arc<Spool> {
        Arc::new(Spool::new(place.join("under way"), 1 << 20, Arc::default()).unwrap())
    }

    fn stored(spool: &Arc<Spool>) -> StoredContent {
        StoredContent::begin(&(Arc::clone(spool) as Arc<dyn ContentStore>))
    }

    #[test]
    fn thousands_at_once_with_a_few_open() {
        let place = tempfile::tempdir().unwrap();
        let spool = spool(place.path());
        let all: Vec<StoredContent> = (0..2_000).map(|_| stored(&spool)).collect();
        for round in 0..3 {
            for stored in &all {
                stored.append(format!("{} {round};", stored.number()).as_bytes());
            }
            assert!(spool.pools.iter().all(|pool| lock(pool).open.len() <= OPEN_FILES));
        }
        for stored in &all {
            let name = place.path().join(format!("{}.eml", stored.number()));
            assert_eq!(spool.admit(stored).unwrap(), Ok(()));
            spool.claim(stored, &name).unwrap();
            let n = stored.number();
            assert_eq!(fs::read_to_string(name).unwrap(), format!("{n} 0;{n} 1;{n} 2;"));
        }
        drop(all);
        assert_eq!(fs::read_dir(&spool.directory).unwrap().count(), 0);
        spool.check().unwrap();
    }

    #[test]
    fn unclaimed_content_is_removed() {
        let place = tempfile::tempdir().unwrap();
        let spool = spool(place.path());
        let [one, other] = [stored(&spool), stored(&spool)];
        one.append(b"one");
        drop(one);
        assert_eq!(fs::read_dir(&spool.directory).unwrap().count(), 1);
        drop((other, spool));
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
    }

    #[test]
    fn whole_files_fit_into_the_limit_or_are_left_out() {
        let place = tempfile::tempdir().unwrap();
        let spool = Arc::new(Spool::new(place.path().join("under way"), 1_000, Arc::default()).unwrap());
        // More than all: left out while it comes, and what it took is free again.
        let large = stored(&spool);
        (0..100).for_each(|_| large.append(&[b'x'; 50]));
        assert_eq!(spool.admit(&large).unwrap(), Err(Limit::ExtractBytes));
        assert_eq!(fs::read_dir(&spool.directory).unwrap().count(), 0);
        let sized = |size: usize| {
            let stored = stored(&spool);
            stored.append(&vec![b'x'; size]);
            let admitted = spool.admit(&stored).unwrap().is_ok();
            if admitted {
                let name = place.path().join(size.to_string());
                spool.claim(&stored, &name).unwrap();
                assert_eq!(fs::metadata(name).unwrap().len(), size as u64);
            }
            admitted
        };
        // What comes after one that has no room may have it.
        assert_eq!([900, 101, 99, 2, 1, 0].map(sized), [true, false, true, false, true, true]);
        assert_eq!(spool.waiting.load(Ordering::Relaxed), 0);
        assert_eq!(fs::read_dir(&spool.directory).unwrap().count(), 0);
        spool.check().unwrap();
    }

    #[test]
    fn what_waits_has_a_bound_of_its_own() {
        let place = tempfile::tempdir().unwrap();
        let spool = Arc::new(Spool::new(place.path().join("under way"), 1_000, Arc::default()).unwrap());
        // Twice as much as the limit may wait; which of it fits is decided when its turn comes, whoever came first.
        let waiting: Vec<StoredContent> = (0..6).map(|_| stored(&spool)).collect();
        waiting.iter().rev().for_each(|stored| stored.append(&[b'x'; 390]));
        let mut room = waiting.iter().map(|stored| {
            let room = spool.admit(stored).unwrap();
            if room.is_ok() {
                spool.claim(stored, &place.path().join(stored.number().to_string())).unwrap();
            }
            room
        });
        // The last one that came is the first one here.
        assert_eq!(room.next(), Some(Err(Limit::ExtractWaiting)));
        assert_eq!(room.by_ref().take(2).collect::<Vec<_>>(), [Ok(()); 2]);
        assert!(room.all(|room| room == Err(Limit::ExtractBytes)));
        // What is larger than the room that is left does not wait.
        let before = spool.waiting.load(Ordering::Relaxed);
        let late = stored(&spool);
        late.append(&[b'x'; 221]);
        assert_eq!(spool.waiting.load(Ordering::Relaxed), before);
        assert_eq!(spool.admit(&late).unwrap(), Err(Limit::ExtractBytes));
        drop((waiting, late));
        assert_eq!(spool.waiting.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn nothing_is_overwritten() {
        let place = tempfile::tempdir().unwrap();
        let spool = spool(place.path());
        let name = place.path().join("there");
        std::os::unix::fs::symlink("nowhere", &name).unwrap();
        let stored = stored(&spool);
        assert_eq!(spool.claim(&stored, &name).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(make_file(&name).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
    }

    #[test]
    fn a_failure_names_the_file_and_sets_stop() {
        let place = tempfile::tempdir().unwrap();
        let spool = spool(place.path());
        let stored = stored(&spool);
        spool.remove().unwrap();
        stored.append(b"lost");
        assert!(spool.stop.load(Ordering::Relaxed));
        let error = spool.check().unwrap_err();
        assert!(error.to_string().contains("under way/0: "), "{error}");
    }
}
