//! A file that has its name only once it is whole.

use crate::view::extract;
use std::ffi::OsStr;
use std::fs::{File, Permissions};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// The end of the names of files that are not whole. They begin with a point, so that they are hidden.
const UNFINISHED: &str = ".part";

/// A file that is written under another name in the same folder, `.steps.parquet.ab12cd.part`, and is removed unless it gets its own.
/// Where the process is killed, it is left there. Errors name the file as it would be called.
pub struct Part {
    path: PathBuf,
    /// Until it has its name.
    file: Option<NamedTempFile>,
}

impl Part {
    /// Begins a file that is to be called `path`, which only its owner can read if it is `private`.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn begin(path: PathBuf, private: bool) -> io::Result<Self> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let file = tempfile::Builder::new()
            .prefix(&format!(".{name}."))
            .suffix(UNFINISHED)
            .permissions(Permissions::from_mode(if private { 0o600 } else { 0o666 }))
            .tempfile_in(folder);
        match file {
            Ok(file) => Ok(Self { path, file: Some(file) }),
            // `tempfile` names the file by which it is called meanwhile.
            Err(error) => Err(extract::named(&path, &bare(&error))),
        }
    }

    /// Waits until the disk has what was written.
    ///
    /// # Errors
    /// If it cannot take it.
    pub fn close(&mut self) -> io::Result<()> {
        self.on_file(|file| file.sync_all())
    }

    /// Gives the file its name.
    ///
    /// # Errors
    /// If it cannot be renamed.
    pub fn give_name(&mut self) -> io::Result<()> {
        match self.file.take().map(|file| file.persist(&self.path)) {
            None | Some(Ok(_)) => Ok(()),
            Some(Err(error)) => Err(extract::named(&self.path, &error.error)),
        }
    }

    /// Waits until the disk has the names in the folder.
    ///
    /// # Errors
    /// If it cannot take them.
    pub fn settle(&mut self) -> io::Result<()> {
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        match File::open(folder).and_then(|folder| folder.sync_all()) {
            Ok(()) => Ok(()),
            // Not every file system has this for folders.
            Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::PermissionDenied) => {
                Ok(())
            }
            Err(error) => Err(extract::named(folder, &error)),
        }
    }

    fn on_file<T>(&mut self, act: impl FnOnce(&mut File) -> io::Result<T>) -> io::Result<T> {
        let Some(file) = &mut self.file else { return Err(io::ErrorKind::NotFound.into()) };
        act(file.as_file_mut()).map_err(|error| match error.kind() {
            // The caller tries again.
            io::ErrorKind::Interrupted => error,
            _ => extract::named(&self.path, &error),
        })
    }
}

/// The error of the system itself.
fn bare(error: &io::Error) -> io::Error {
    let inner = error.get_ref().and_then(|inner| inner.source()).and_then(|inner| inner.downcast_ref::<io::Error>());
    match inner.unwrap_or(error).raw_os_error() {
        Some(number) => io::Error::from_raw_os_error(number),
        None => error.kind().into(),
    }
}

impl Write for Part {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.on_file(|file| file.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.on_file(Write::flush)
    }
}

/// Whether `name` is that of a file that a killed run left, or another run writes.
pub fn is_part(name: &OsStr) -> bool {
    name.as_bytes().starts_with(b".") && name.as_bytes().ends_with(UNFINISHED.as_bytes())
}
