/*!
Whether what is written is what is read: compared by device and inode, so that a file is known by whatever name it has (a
link, a bind mount, `/dev/stdin`, a descriptor that the shell opened). Only regular files are compared: what is written to
a pipe or a terminal overwrites nothing.
*/

use crate::cli::{Analysis, Input, KeyFiles};
use std::fs::{self, File, Metadata};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Most symbolic links that are followed to a file that is not there, as Linux has it.
const LINKS: usize = 40;

/// Which file it is.
#[derive(Debug, PartialEq, Eq)]
enum Identity {
    /// A regular file: its device and its inode.
    File(u64, u64),
    /// A file that is not there yet: where it will be.
    Place(PathBuf),
}

/// A file, and what it is called in a message.
struct Named {
    name: String,
    identity: Identity,
}

impl Named {
    fn path(path: &Path) -> Option<Self> {
        Some(Self { name: path.display().to_string(), identity: of_path(path)? })
    }

    /// What a descriptor stands for that the process was started with.
    fn descriptor(name: &str, descriptor: impl AsFd) -> Option<Self> {
        let about = descriptor.as_fd().try_clone_to_owned().and_then(|file| File::from(file).metadata()).ok()?;
        Some(Self { name: name.to_owned(), identity: of(&about)? })
    }
}

/// Why nothing is written.
#[derive(Debug, thiserror::Error)]
pub enum Harm {
    /// Writing would overwrite what is read.
    #[error("{written}: cannot be written: it is the capture itself")]
    Capture {
        /// What would be written.
        written: String,
    },
    /// Writing would overwrite the keys that are read.
    #[error("{written}: cannot be written: keys are read from it")]
    Keys {
        /// What would be written.
        written: String,
    },
    /// Two results would overwrite each other.
    #[error("{written}: cannot be written: {other} is the same file")]
    Twice {
        /// What would be written.
        written: String,
        /// What else would be written to it.
        other: String,
    },
    /// Messages would be written into what is read. To say so would do it.
    #[error("standard error is the capture itself")]
    Messages,
}

/// Refuses to write over what is read, or to write two results to one file. To be called before anything is created,
/// and again when a file has been: two names may turn out to be one.
///
/// # Errors
/// If `analysis` asks for that.
pub fn check(analysis: &Analysis) -> Result<(), Harm> {
    let (read, saved): (&[PathBuf], _) = match &analysis.input {
        Input::Files(files) | Input::Followed(files) => (files, None),
        Input::Live(options) => (&[], options.write.as_deref()),
    };
    check_files(read, &analysis.keys, analysis.output.file.as_deref(), saved)
}

/// As [`check`]: `read` is what is read and `keys` beside it, `shown` where the result goes, `saved` where the packets do.
///
/// # Errors
/// As [`check`].
pub fn check_files(read: &[PathBuf], keys: &KeyFiles, shown: Option<&Path>, saved: Option<&Path>) -> Result<(), Harm> {
    let read: Vec<Named> = read.iter().filter_map(|file| input(file)).collect();
    let is_read = |written: &Named| read.iter().any(|read| read.identity == written.identity);
    if Named::descriptor("standard error", io::stderr()).is_some_and(|messages| is_read(&messages)) {
        return Err(Harm::Messages);
    }
    let shown = match shown {
        Some(file) => Named::path(file),
        None => Named::descriptor("standard output", io::stdout()),
    };
    let saved = saved.and_then(Named::path);
    if let (Some(shown), Some(saved)) = (&shown, &saved)
        && shown.identity == saved.identity
    {
        let other = format!("--write {}", saved.name);
        return Err(Harm::Twice { written: shown.name.clone(), other });
    }
    let keys: Vec<Named> = keys.all().filter_map(|file| Named::path(file)).collect();
    for written in shown.into_iter().chain(saved) {
        if is_read(&written) {
            return Err(Harm::Capture { written: written.name });
        }
        if keys.iter().any(|keys| keys.identity == written.identity) {
            return Err(Harm::Keys { written: written.name });
        }
    }
    Ok(())
}

fn input(file: &Path) -> Option<Named> {
    if file.as_os_str() == "-" { Named::descriptor("-", io::stdin()) } else { Named::path(file) }
}

fn of(about: &Metadata) -> Option<Identity> {
    about.is_file().then(|| Identity::File(about.dev(), about.ino()))
}

fn of_path(path: &Path) -> Option<Identity> {
    match path.metadata() {
        Ok(about) => of(&about),
        Err(error) if error.kind() == io::ErrorKind::NotFound => place(path).map(Identity::Place),
        Err(_) => None,
    }
}

/// Where a file will be that is not there: its directory, without links, and its name there.
fn place(path: &Path) -> Option<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..LINKS {
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let directory = fs::canonicalize(directory).ok()?;
        let place = directory.join(path.file_name()?);
        match fs::read_link(&place) {
            Ok(target) => path = directory.join(target),
            Err(_) => return Some(place),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::of_path;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_file_has_one_identity_whatever_it_is_called() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("a"), "a").unwrap();
        fs::write(at("copy"), "a").unwrap();
        symlink("a", at("link")).unwrap();
        fs::hard_link(at("a"), at("hard")).unwrap();
        let identity = |name: &str| of_path(&at(name)).unwrap();
        for name in ["link", "hard", "./a"] {
            assert_eq!(identity(name), identity("a"), "{name}");
        }
        assert_ne!(identity("copy"), identity("a"));
        assert_eq!(of_path("/dev/null".as_ref()), None);
        assert_eq!(of_path(folder.path()), None);
    }

    #[test]
    fn a_file_that_is_not_there_is_known_by_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("d")).unwrap();
        symlink("d", at("e")).unwrap();
        symlink("d/new", at("link")).unwrap();
        symlink("circle", at("circle")).unwrap();
        let identity = |name: &str| of_path(&at(name));
        assert!(identity("d/new").is_some());
        for name in ["e/new", "link", "d/../d/new"] {
            assert_eq!(identity(name), identity("d/new"), "{name}");
        }
        assert_ne!(identity("d/other"), identity("d/new"));
        assert_eq!(identity("circle"), None);
        assert_eq!(identity("nowhere/new"), None);
    }
}
