/*!
Capture files by the names that are given: files, folders with all captures beneath, patterns that no shell has expanded.

Each file of a folder or a pattern is opened to see whether it is a capture, and when its first packet came, and closed
again: one at a time. Of each, its name, its identity and that time are kept until all are found: some 200 bytes and
the name.
*/

use super::open::file;
use super::waiting::SMALLEST_WINDOW;
use super::{CaptureError, Cursor, Damage, Moved, Reading, Time, natural};
use glob::{MatchOptions, Pattern, glob_with};
use std::collections::HashSet;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The most files: so many have numbers of their own ([`super::number`]).
const MOST_FILES: usize = 1 << 20;
/// How patterns match: hidden files only where the pattern names the dot, and `*` within one folder.
const MATCHES: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };

/// What names have led to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The files. Those that were named are in the order given. Those of folders and patterns are in the order of their first
    /// packets, and of their names where these are equal; those without a packet, or that cannot be read, come last of them.
    pub files: Vec<PathBuf>,
    /// Files in folders that are no captures.
    pub others: u64,
}

/// The files that `names` lead to. What is no folder and no pattern is taken as it is, whatever it is (`-` is standard
/// input); a file that has a pattern as its name, too. A file that several folders, patterns or links lead to is taken once,
/// and hidden files of folders are left out.
///
/// # Errors
/// Where a pattern matches nothing, nothing in a folder is a capture, or files are too many.
pub fn find(names: &[PathBuf]) -> Result<Found, CaptureError> {
    let mut search = Search::default();
    // Where the files of folders and patterns come among those that were named.
    let mut place = None;
    let mut named = Vec::new();
    for name in names {
        match Kind::of(name) {
            Kind::File => {
                if let Ok(about) = name.metadata()
                    && about.is_file()
                {
                    search.known.insert(identity(&about));
                }
                named.push(name.clone());
            }
            Kind::Folder | Kind::Pattern => {
                place.get_or_insert(named.len());
            }
        }
    }
    let Some(place) = place else { return Ok(Found { files: named, others: 0 }) };
    for name in names {
        let (before, others) = (search.reached, search.others);
        let shown = || name.to_string_lossy().into_owned();
        match Kind::of(name) {
            Kind::File => {}
            Kind::Folder => {
                search.folder(name.clone())?;
                if search.reached == before {
                    return Err(CaptureError::NoCaptures { name: shown(), others: search.others - others });
                }
            }
            Kind::Pattern => {
                let matched = search.pattern(&shown())?;
                if matched == 0 {
                    return Err(CaptureError::NoMatch { name: shown() });
                }
                if search.reached == before {
                    return Err(CaptureError::NoCaptures { name: shown(), others: search.others - others });
                }
            }
        }
    }
    let mut found = search.files;
    found.sort_by(|one, other| {
        let times = (one.first.is_none(), one.first).cmp(&(other.first.is_none(), other.first));
        times.then_with(|| natural(&one.path.to_string_lossy(), &other.path.to_string_lossy()))
    });
    let behind = named.split_off(place.min(named.len()));
    named.extend(found.into_iter().map(|file| file.path));
    named.extend(behind);
    Ok(Found { files: named, others: search.others })
}

/// What a name is taken as.
enum Kind {
    File,
    Folder,
    Pattern,
}

impl Kind {
    fn of(name: &Path) -> Self {
        match name.metadata() {
            _ if name.as_os_str() == "-" => Self::File,
            Ok(about) if about.is_dir() => Self::Folder,
            // A link that leads nowhere has that name as well.
            Err(_) if name.symlink_metadata().is_err() && is_pattern(name) => Self::Pattern,
            _ => Self::File,
        }
    }
}

/// Whether a name has what stands for other characters in a pattern, and can be one.
fn is_pattern(name: &Path) -> bool {
    name.to_str().is_some_and(|name| name.contains(['*', '?', '[']) && Pattern::new(name).is_ok())
}

/// Device and inode.
type Identity = (u64, u64);

fn identity(about: &Metadata) -> Identity {
    (about.dev(), about.ino())
}

/// A file that was found.
struct File {
    path: PathBuf,
    /// The time of its first packet.
    first: Option<Time>,
}

/// A search in folders, and by patterns.
#[derive(Default)]
struct Search {
    files: Vec<File>,
    others: u64,
    /// Files that were taken or left out, and folders that were looked into.
    known: HashSet<Identity>,
    /// Captures that names have led to, those among them that were known before.
    reached: u64,
}

impl Search {
    /// Looks at all files in a folder and those below it. Links come last, so that a file has its own name if it has one there.
    fn folder(&mut self, folder: PathBuf) -> Result<(), CaptureError> {
        let (mut folders, mut links) = (vec![folder], Vec::new());
        loop {
            if let Some(folder) = folders.pop() {
                // A circle of links, or a folder within another that was named.
                if folder.metadata().is_ok_and(|about| !self.known.insert(identity(&about))) {
                    self.reached += 1;
                    continue;
                }
                let entries = match fs::read_dir(&folder) {
                    Ok(entries) => entries,
                    // It is told as a file that cannot be read.
                    Err(_) => {
                        self.take(folder, None)?;
                        continue;
                    }
                };
                for entry in entries.flatten() {
                    if entry.file_name().as_encoded_bytes().starts_with(b".") {
                        continue;
                    }
                    match entry.file_type() {
                        Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                        Ok(kind) if kind.is_file() => self.look(entry.path())?,
                        Ok(kind) if kind.is_symlink() => links.push(entry.path()),
                        // Pipes, sockets, devices.
                        _ => {}
                    }
                }
            } else if let Some(link) = links.pop() {
                match link.metadata() {
                    Ok(about) if about.is_dir() => folders.push(link),
                    Ok(about) if about.is_file() => self.look(link)?,
                    Ok(_) => {}
                    Err(error) if is_circle(&error) => {}
                    Err(_) => self.take(link, None)?,
                }
            } else {
                return Ok(());
            }
        }
    }

    /// Takes what a pattern matches, and returns how much that is.
    fn pattern(&mut self, pattern: &str) -> Result<u64, CaptureError> {
        let mut matched = 0;
        let Ok(paths) = glob_with(pattern, MATCHES) else { return Ok(0) };
        for path in paths {
            matched += 1;
            match path {
                Ok(path) if path.is_dir() => self.folder(path)?,
                // As if the shell had expanded it: what is no capture is told.
                Ok(path) => {
                    let known = path.metadata().is_ok_and(|about| !self.known.insert(identity(&about)));
                    if known {
                        self.reached += 1;
                    } else {
                        let first = first_time(&path).unwrap_or_default();
                        self.take(path, first)?;
                    }
                }
                Err(error) => self.take(error.path().to_owned(), None)?,
            }
        }
        Ok(matched)
    }

    /// Takes a file of a folder if it is a capture.
    fn look(&mut self, path: PathBuf) -> Result<(), CaptureError> {
        if path.metadata().is_ok_and(|about| !self.known.insert(identity(&about))) {
            self.reached += 1;
            return Ok(());
        }
        match first_time(&path) {
            Ok(first) => self.take(path, first),
            Err(CaptureError::NotACapture { .. } | CaptureError::Empty { .. }) => {
                self.others += 1;
                Ok(())
            }
            // It is told when it is to be read.
            Err(_) => self.take(path, None),
        }
    }

    fn take(&mut self, path: PathBuf, first: Option<Time>) -> Result<(), CaptureError> {
        if self.files.len() >= MOST_FILES {
            return Err(CaptureError::TooManyFiles { name: path.to_string_lossy().into_owned(), most: MOST_FILES });
        }
        self.reached += 1;
        self.files.push(File { path, first });
        Ok(())
    }
}

fn is_circle(error: &io::Error) -> bool {
    error.raw_os_error() == Some(nix::errno::Errno::ELOOP as i32)
}

/// When the first packet of a file came; None where it has none, what comes first is damaged, or it can be read only once.
///
/// # Errors
/// If it cannot be opened, or is no capture.
pub fn first_time(path: &Path) -> Result<Option<Time>, CaptureError> {
    // A pipe is read once: when its packets are wanted.
    if !path.metadata().is_ok_and(|about| about.is_file()) {
        return Ok(None);
    }
    let mut file = file(path, SMALLEST_WINDOW, Reading::Here, None, None)?.on_damage(Damage::Stop);
    Ok(match file.advance() {
        Ok(Moved::Packet) => file.time().known(),
        _ => None,
    })
}

#[cfg(test)]
mod tests;
