/*!
Files that are open only while they are read from.

Where more files overlap in time than a process may have open, each is opened for one read, at the place where the last one
ended, and closed again. That costs some microseconds for each piece of a file.
*/

use std::fs::{File, Metadata};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

/// Reads a regular file that is closed in between.
pub(super) struct ByTurns {
    path: PathBuf,
    /// Device and inode.
    identity: (u64, u64),
    /// Bytes read.
    offset: u64,
}

impl ByTurns {
    /// Reads what has the name `path` now; None where that can be read only once.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let metadata = path.metadata().ok().filter(Metadata::is_file)?;
        Some(Self { path: path.to_owned(), identity: identity(&metadata), offset: 0 })
    }
}

fn identity(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}

impl Read for ByTurns {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let file = File::open(&self.path)?;
        if identity(&file.metadata()?) != self.identity {
            return Err(io::Error::new(ErrorKind::NotFound, "another file has its name now"));
        }
        let read = file.read_at(buffer, self.offset)?;
        self.offset += read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::ByTurns;
    use std::io::Read;

    #[test]
    fn each_read_goes_on_where_the_last_one_ended() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let bytes: Vec<u8> = (0..100_000_u32).map(|number| (number % 251) as u8).collect();
        std::fs::write(&path, &bytes).unwrap();
        let (mut file, mut all, mut buffer) = (ByTurns::of(&path).unwrap(), Vec::new(), [0; 7_000]);
        while let count @ 1.. = file.read(&mut buffer).unwrap() {
            all.extend_from_slice(&buffer[..count]);
        }
        assert!(all == bytes);
    }

    #[test]
    fn another_file_of_the_name_is_not_read_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, [1; 100]).unwrap();
        let mut file = ByTurns::of(&path).unwrap();
        assert_eq!(file.read(&mut [0; 10]).unwrap(), 10);
        std::fs::write(folder.path().join("new"), [2; 100]).unwrap();
        std::fs::rename(folder.path().join("new"), &path).unwrap();
        assert!(file.read(&mut [0; 10]).unwrap_err().to_string().contains("another file"));
    }

    #[test]
    fn what_can_be_read_once_is_none() {
        assert!(ByTurns::of(std::path::Path::new("/dev/null")).is_none());
    }
}
