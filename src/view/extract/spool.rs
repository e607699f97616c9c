/*!
Files for content that is still streaming: one for each message and each attachment, with a temporary name until its
session has a number.

Several threads follow connections, and a session may get its number only when it is over. So the files have arbitrary
numbers, in a directory of their own, and are renamed when the session is written. Of thousands of unfinished files only
a few are open; the others are opened again when more content comes.
*/

use crate::session::content_store::{ContentStore, StoredContent};
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

/// Open files with their numbers, the most recently used last.
type Pool = Vec<(u64, BufWriter<File>)>;

/// Keeps content in files.
#[derive(Debug)]
pub struct Spool {
    directory: PathBuf,
    next: AtomicU64,
    pools: [Mutex<Pool>; POOLS],
    trouble: Mutex<Option<io::Error>>,
    /// Set when no more content can be stored: reading on is pointless.
    stop: Arc<AtomicBool>,
}

impl Spool {
    /// Writes to `directory`, which it creates. Sets `stop` when a file cannot be written.
    ///
    /// # Errors
    /// If the directory cannot be created.
    pub fn new(directory: PathBuf, stop: Arc<AtomicBool>) -> io::Result<Self> {
        make_directory(&directory)?;
        let (next, pools, trouble) = (AtomicU64::new(0), Default::default(), Mutex::new(None));
        Ok(Self { directory, next, pools, trouble, stop })
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

    /// Renames the file of `stored` to `name`, which must not exist.
    ///
    /// # Errors
    /// If `name` exists, or the file cannot be written or renamed.
    pub fn claim(&self, stored: &StoredContent, name: &Path) -> io::Result<()> {
        self.end(stored.number());
        self.check()?;
        if fs::symlink_metadata(name).is_ok() {
            return Err(named(name, &io::Error::from(io::ErrorKind::AlreadyExists)));
        }
        fs::rename(self.path(stored.number()), name).map_err(|error| named(name, &error))
    }

    /// Removes the directory, with the files that were never claimed. No more content may come.
    ///
    /// # Errors
    /// If the directory cannot be removed.
    pub fn remove(&self) -> io::Result<()> {
        self.pools.iter().for_each(|pool| lock(pool).drain(..).for_each(|(_, file)| drop(file.into_parts())));
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

    /// Opens a file. Closes another first if too many are open.
    fn open(&self, pool: &mut Pool, number: u64, options: &mut OpenOptions) -> io::Result<()> {
        if pool.len() >= OPEN_FILES {
            // The least recently used.
            let (oldest, file) = pool.remove(0);
            self.attempt(oldest, close(file));
        }
        let file = options.append(true).open(self.path(number))?;
        pool.push((number, BufWriter::with_capacity(BUFFER_BYTES, file)));
        Ok(())
    }
}

impl ContentStore for Spool {
    fn begin(&self) -> u64 {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let mut pool = self.pool(number);
        let opened = self.open(&mut pool, number, OpenOptions::new().create_new(true).mode(FILE_MODE));
        self.attempt(number, opened);
        number
    }

    fn append(&self, number: u64, bytes: &[u8]) {
        let mut pool = self.pool(number);
        let opened = match pool.iter().position(|(open, _)| *open == number) {
            Some(at) => {
                // Moves the file to the end: it is now the most recently used.
                if let Some(tail) = pool.get_mut(at..) {
                    tail.rotate_left(1);
                }
                Ok(())
            }
            None => self.open(&mut pool, number, &mut OpenOptions::new()),
        };
        let written = opened.and_then(|()| pool.last_mut().map_or(Ok(()), |(_, file)| file.write_all(bytes)));
        self.attempt(number, written);
    }

    fn end(&self, number: u64) {
        let mut pool = self.pool(number);
        if let Some(at) = pool.iter().position(|(open, _)| *open == number) {
            let (_, file) = pool.remove(at);
            self.attempt(number, close(file));
        }
    }

    fn discard(&self, number: u64) {
        let mut pool = self.pool(number);
        if let Some(at) = pool.iter().position(|(open, _)| *open == number) {
            // Without writing what is buffered.
            drop(pool.remove(at).1.into_parts());
        }
        drop(pool);
        // Fails if the file was claimed: it has another name then.
        _ = fs::remove_file(self.path(number));
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

/// `error`, with `path` in its message.
pub fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
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
        Arc::new(Spool::new(place.join("under way"), Arc::default()).unwrap())
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
            assert!(spool.pools.iter().all(|pool| lock(pool).len() <= OPEN_FILES));
        }
        for stored in &all {
            let name = place.path().join(format!("{}.eml", stored.number()));
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
