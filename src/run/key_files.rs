/*!
The files that secrets of TLS are read from, and the ring that they come into. While a capture is written, so are key logs:
what is appended to them is read where a secret is missing.
*/

use super::{say, words};
use crate::capture::{self, CaptureError, SecretsSink};
use crate::cli::KeyFiles;
use crate::limits::{Limit, LimitsHit};
use crate::protocol::tls::key_log::{Entry, KeyLog};
use crate::protocol::tls::key_ring::{Grow, KeyRing};
use crate::protocol::tls::keys::{KeySource, Keys};
use crate::protocol::tls::private_key::{BadKey, PrivateKeys};
use crate::view::Lang;
use nix::fcntl::OFlag;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes of a key log that are read at a time.
const PIECE_BYTES: usize = 64 * 1024;
/// The longest file with private keys that is read.
const PEM_BYTES: u64 = 16 * 1024 * 1024;

/// A file that is no private key.
#[derive(Debug, thiserror::Error)]
#[error("{name}: {why}")]
pub(super) struct NoKey {
    pub(super) name: String,
    pub(super) why: BadKey,
}

/// Where packets come from, as far as secrets are concerned.
#[derive(Clone, Copy)]
pub(super) enum Packets<'a> {
    /// Files that are there, pipes among them.
    Files(&'a [PathBuf]),
    /// A file that is still being written.
    Followed,
    /// An interface.
    Live,
}

/// The secrets of a run.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    /// None where there are no secrets, and none can come.
    ring: Option<Arc<KeyRing>>,
    /// Bounds that were hit.
    pub(super) limits: LimitsHit,
    /// Key logs, in the order of their numbers.
    pub(super) logs: Vec<PathBuf>,
    /// Those that are not there yet.
    awaited: Vec<PathBuf>,
}

impl Gathered {
    /// For those who read on inside TLS.
    pub(super) fn keys(&self) -> Option<Arc<dyn Keys>> {
        self.ring.clone().map(|ring| -> Arc<dyn Keys> { ring })
    }

    /// For secrets in what is read but once.
    pub(super) fn sink(&self) -> Option<SecretsSink> {
        let ring = Arc::clone(self.ring.as_ref()?);
        Some(Arc::new(move |text: &[u8], packet| ring.add(text, KeySource::SecretsBlock, packet)))
    }

    /// Key logs of which no secret was asked for: they are of other connections.
    pub(super) fn useless_logs(&self) -> impl Iterator<Item = &Path> {
        let logs = self.ring.iter().flat_map(|ring| self.logs.iter().enumerate().map(move |log| (ring, log)));
        logs.filter(|(ring, (number, _))| !ring.has_fitted(*number)).map(|(_, (_, path))| path.as_path())
    }

    /// Says which key logs are waited for.
    pub(super) fn say_awaited(&self, lang: Lang) {
        for path in &self.awaited {
            say::line(&words::awaited(lang, &path.to_string_lossy()));
        }
    }
}

/// Reads what `files` and the captures themselves have of secrets.
///
/// # Errors
/// Where a file cannot be read, or is no private key.
pub(super) fn gather(files: &KeyFiles, packets: Packets<'_>) -> anyhow::Result<Gathered> {
    let mut private = PrivateKeys::default();
    for path in &files.private {
        private.add(&pem(path)?).map_err(|why| NoKey { name: named(path), why })?;
    }
    let mut ring = KeyRing::new(private);
    if !files.logs.is_empty() {
        ring = ring.with_logs();
    }
    let (mut limits, mut awaited) = (LimitsHit::default(), Vec::new());
    let (ring, comes) = match packets {
        Packets::Files(captures) => {
            for (number, path) in files.logs.iter().enumerate() {
                whole(path, number, &ring)?;
            }
            for path in captures {
                let mut secrets = 0;
                let blocks =
                    capture::secrets_of(path, &mut |text| secrets += ring.add(text, KeySource::SecretsBlock, 0));
                limits.hit_times(Limit::DecryptionSecrets, blocks + secrets);
            }
            (ring, captures.iter().any(|path| capture::comes_once(path)))
        }
        Packets::Followed | Packets::Live if files.logs.is_empty() => (ring, matches!(packets, Packets::Followed)),
        Packets::Followed | Packets::Live => {
            let mut logs = Growing(files.logs.iter().map(|path| Log::open(path)).collect::<Result<_, _>>()?);
            logs.grow(&mut |log, entry| ring.add_entry(log, entry));
            awaited.extend(logs.0.iter().filter(|log| log.file.is_none()).map(|log| log.path.clone()));
            (ring.growing(Box::new(logs)), true)
        }
    };
    let ring = (comes || !ring.is_empty()).then(|| Arc::new(ring));
    Ok(Gathered { ring, limits, logs: files.logs.clone(), awaited })
}

fn named(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// The error of a file that cannot be read.
fn unreadable(path: &Path, error: io::Error) -> CaptureError {
    let name = named(path);
    match error.kind() {
        ErrorKind::NotFound => CaptureError::Missing { name },
        ErrorKind::PermissionDenied => CaptureError::NoPermission { name },
        ErrorKind::IsADirectory => CaptureError::Directory { name },
        _ => CaptureError::Read { name, packet: 0, offset: 0, error },
    }
}

fn pem(path: &Path) -> Result<Vec<u8>, CaptureError> {
    let mut pem = Vec::new();
    let read = File::open(path).and_then(|file| file.take(PEM_BYTES).read_to_end(&mut pem));
    read.map(|_| pem).map_err(|error| unreadable(path, error))
}

/// Reads key log number `number` to its end.
fn whole(path: &Path, number: usize, ring: &KeyRing) -> Result<(), CaptureError> {
    let mut log = Log { path: path.to_owned(), file: None, position: 0, lines: KeyLog::default() };
    let mut file = File::open(path).map_err(|error| unreadable(path, error))?;
    log.take(&mut file, &mut |entry| ring.add_entry(number, entry)).map_err(|error| unreadable(path, error))?;
    log.lines.finish(&mut |entry| ring.add_entry(number, entry));
    if log.lines.malformed() > 0 {
        log::warn!("{}: {} lines make no sense", path.display(), log.lines.malformed());
    }
    Ok(())
}

/// A key log that may grow.
struct Log {
    path: PathBuf,
    /// None where it is not there yet.
    file: Option<File>,
    /// How far it has been read.
    position: u64,
    lines: KeyLog,
}

impl Log {
    fn open(path: &Path) -> Result<Self, CaptureError> {
        let file = match opened(path) {
            Ok(file) => Some(file),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(unreadable(path, error)),
        };
        Ok(Self { path: path.to_owned(), file, position: 0, lines: KeyLog::default() })
    }

    /// Hands on what has been written since the last time. What cannot be read now may be later.
    fn read_on(&mut self, each: &mut dyn FnMut(Entry)) {
        let Some(mut file) = self.file.take().or_else(|| opened(&self.path).ok()) else { return };
        // It was emptied, as one does who begins anew.
        if file.metadata().is_ok_and(|about| about.is_file() && about.len() < self.position) && file.rewind().is_ok() {
            self.lines.restart();
            self.position = 0;
        }
        self.take_what_is_there(&mut file, each);
        if let Some(next) = self.successor(&file) {
            (self.position, file) = (0, next);
            self.lines.restart();
            self.take_what_is_there(&mut file, each);
        }
        self.file = Some(file);
    }

    /// The file that has taken the name of `file`, if another has and it can be opened.
    fn successor(&self, file: &File) -> Option<File> {
        let (now, before) = (self.path.metadata().ok()?, file.metadata().ok()?);
        if (now.dev(), now.ino()) == (before.dev(), before.ino()) {
            return None;
        }
        opened(&self.path).ok()
    }

    fn take_what_is_there(&mut self, file: &mut File, each: &mut dyn FnMut(Entry)) {
        if let Err(error) = self.take(file, each) {
            log::debug!("{}: {error}", self.path.display());
        }
    }

    fn take(&mut self, file: &mut File, each: &mut dyn FnMut(Entry)) -> io::Result<()> {
        let mut piece = vec![0; PIECE_BYTES];
        loop {
            match file.read(&mut piece) {
                Ok(0) => return Ok(()),
                Ok(count) => {
                    self.position += count as u64;
                    self.lines.read(piece.get(..count).unwrap_or_default(), each);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // A pipe whose writer has nothing to say now.
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }
}

/// Opens a file that is read as far as it has been written; a named pipe without waiting for its writer.
fn opened(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().read(true).custom_flags(OFlag::O_NONBLOCK.bits()).open(path)?;
    match file.metadata()?.is_dir() {
        true => Err(ErrorKind::IsADirectory.into()),
        false => Ok(file),
    }
}

/// Key logs that may grow.
struct Growing(Vec<Log>);

impl Grow for Growing {
    fn grow(&mut self, each: &mut dyn FnMut(usize, Entry)) {
        for (number, log) in self.0.iter_mut().enumerate() {
            log.read_on(&mut |entry| each(number, entry));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::io::Write;

    fn line(random: u8) -> String {
        format!("CLIENT_RANDOM {} {}\n", format!("{random:02x}").repeat(32), "0b".repeat(48))
    }

    fn followed(logs: &[PathBuf]) -> Gathered {
        let files = KeyFiles { logs: logs.to_vec(), private: Vec::new() };
        gather(&files, Packets::Followed).unwrap()
    }

    #[test]
    fn a_key_log_is_followed_from_before_it_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.log");
        let gathered = followed(std::slice::from_ref(&path));
        let keys = gathered.keys().unwrap();
        assert_eq!(gathered.awaited, std::slice::from_ref(&path));
        let knows = |random: u8| keys.of(&[random; 32], 1).is_some();
        assert!(keys.may_come() && !knows(1));
        let text = line(1);
        let (begin, rest) = text.split_at(70);
        fs::write(&path, begin).unwrap();
        assert!(!knows(1), "half a line");
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(rest.as_bytes()).unwrap();
        assert!(knows(1) && !knows(2));
        file.write_all(line(2).trim_end().as_bytes()).unwrap();
        assert!(!knows(2), "its end has not come");
        fs::write(&path, line(3)).unwrap();
        assert!(knows(3) && !knows(2) && knows(1), "emptied, and begun anew; what was known is known");
        fs::rename(&path, folder.path().join("old")).unwrap();
        assert!(!knows(4), "nothing has the name");
        fs::write(&path, line(4)).unwrap();
        assert!(knows(4), "another file has taken the name");
    }

    #[test]
    fn what_is_whole_is_read_to_its_last_line() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("one"), line(1) + "CLIENT_RANDOM nonsense\n" + line(2).trim_end()).unwrap();
        fs::write(at("two"), line(3)).unwrap();
        let files = KeyFiles { logs: vec![at("one"), at("two")], private: Vec::new() };
        let gathered = gather(&files, Packets::Files(&[])).unwrap();
        let keys = gathered.keys().unwrap();
        assert!(keys.of(&[3; 32], 0).is_some() && gathered.useless_logs().eq([at("one")]));
        assert!((1..=3).all(|random| keys.of(&[random; 32], 0).is_some()) && !keys.may_come());
        for (name, status) in [("none", "no such file"), (".", "directory")] {
            for packets in [Packets::Files(&[]), Packets::Live] {
                let files = KeyFiles { logs: vec![at(name)], private: Vec::new() };
                let told = gather(&files, packets).err().map(|error| error.to_string());
                let waits = name == "none" && matches!(packets, Packets::Live);
                assert_eq!(told.is_some_and(|told| told.contains(status)), !waits, "{name}");
            }
        }
        let files = KeyFiles { logs: Vec::new(), private: vec![at("two")] };
        let told = gather(&files, Packets::Live).unwrap_err();
        assert!(told.is::<NoKey>() && told.to_string().contains("PEM"), "{told}");
    }

    #[test]
    fn without_secrets_there_is_no_ring() {
        let files = KeyFiles::default();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.pcapng");
        fs::write(&path, "no capture").unwrap();
        assert!(gather(&files, Packets::Files(&[path])).unwrap().keys().is_none());
        assert!(gather(&files, Packets::Live).unwrap().keys().is_none());
        // They may come out of these.
        assert!(gather(&files, Packets::Files(&["-".into()])).unwrap().sink().is_some());
        assert!(gather(&files, Packets::Followed).unwrap().sink().is_some());
    }
}
