/*!
A file that is still being written, followed by its name.

At the end of what has been written, the name is looked up every [`PAUSE`]: polling works on every file system, those of
networks too. Where it has become another file, the rest of the old one is read, and then the new one, as the next file
of one source: connections go on from one to the other. A file that has become shorter, or begins with other bytes, was
written anew in its place. While the name leads nowhere, or to what cannot be read, it is waited for, and what is still
written to the old file is read.

A new file counts once it has a header: until then its writer may still write to the old one.
*/

use super::files_read::FilesRead;
use super::growing::{Growing, is_blank};
use super::open::{named, opened, ordered};
use super::secrets::SecretsSink;
use super::window::WINDOW_BYTES;
use super::{
    CaptureError, CaptureFile, Cursor, Damage, Filter, Moved, Packet, Quiet, Reading, Source, SourceInfo, Tell, Time,
    Told,
};
use crate::limits::LimitsHit;
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How long to wait at the end of the file before reading on.
const PAUSE: Duration = Duration::from_millis(100);
/// Bytes of the shortest header of a capture file.
const SHORTEST_HEADER: usize = 24;
/// Bytes at the beginning of a file that may change: writers of pcapng fill in the length of the section at its end.
const MAY_CHANGE: u64 = 24;
/// Bytes behind them by which a file is recognised.
const RECOGNISED_BYTES: usize = 512;

/// Opens a file that is still being written, and reads on as it grows, and the files that take its name after it, until
/// `stop` is set, with `order` bytes for putting packets in order. Blocks with secrets are told to `secrets` as they are read. Waits for its header. Standard input and named pipes need no following: they end when their writer
/// closes them.
///
/// # Errors
/// As [`super::open()`]; also if not exactly one file is named, or it is compressed. Where a later file cannot be read,
/// `tell` is told; the error comes at the end.
pub fn follow(
    names: &[PathBuf],
    filter: Option<Filter>,
    damage: Damage,
    order: usize,
    stop: Arc<AtomicBool>,
    tell: Tell,
    secrets: Option<SecretsSink>,
) -> Result<Box<dyn Source>, CaptureError> {
    let [path] = names else { return Err(CaptureError::FollowsOne) };
    if path.as_os_str() == "-" || path.metadata().is_ok_and(|about| !about.is_file()) {
        let mut file = named(path, WINDOW_BYTES, Reading::AsItComes, Some(&stop), None)?.on_damage(damage);
        file.tell_secrets(secrets.as_ref(), 0);
        return Ok(ordered(file, filter, order));
    }
    while !has_begun(&opened(path)?.0) && !stop.load(Ordering::Relaxed) {
        std::thread::sleep(PAUSE);
    }
    let following =
        Following { name: path.to_string_lossy().into_owned(), path: path.clone(), damage, stop, tell, secrets };
    let mut file = following.open()?;
    file.capture.tell_secrets(following.secrets.as_ref(), 0);
    Ok(ordered(Followed::new(following, file), filter, order))
}

/// True where `file` has the bytes of a header. A file that was allocated before it is written has zeros there.
fn has_begun(file: &File) -> bool {
    let mut header = [0; SHORTEST_HEADER];
    file.read_exact_at(&mut header, 0).is_ok() && !is_blank(&header)
}

/// What a file is known by, whatever it is called.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    fn of(about: &Metadata) -> Self {
        Self { device: about.dev(), inode: about.ino() }
    }
}

/// What is followed, and how.
struct Following {
    path: PathBuf,
    name: String,
    damage: Damage,
    stop: Arc<AtomicBool>,
    tell: Tell,
    secrets: Option<SecretsSink>,
}

impl Following {
    fn say(&mut self, what: &str) {
        (self.tell)(Told::Name { name: &self.name, what });
    }

    fn open(&self) -> Result<Opened, CaptureError> {
        let unreadable = |error| CaptureError::Read { name: self.name.clone(), packet: 0, offset: 0, error };
        let (file, about) = opened(&self.path)?;
        let handle = file.try_clone().map_err(unreadable)?;
        let growing = file.try_clone().map_err(unreadable)?;
        let growing = Growing { file: growing, stop: Arc::clone(&self.stop), replaced: false };
        let name = self.name.clone();
        let capture = CaptureFile::open(name, Box::new(file), WINDOW_BYTES)?.on_damage(self.damage);
        if capture.compression().is_some() {
            return Err(CaptureError::NotFollowed { name: self.name.clone() });
        }
        let capture = capture.growing(growing);
        Ok(Opened { capture, handle, identity: Identity::of(&about), beginning: Vec::new(), looked_at: None })
    }
}

/// A file that is read.
struct Opened {
    capture: CaptureFile,
    handle: File,
    identity: Identity,
    /// The bytes behind the first [`MAY_CHANGE`], as far as they have been read.
    beginning: Vec<u8>,
    /// Its length and the time of its last change when its beginning was compared last.
    looked_at: Option<(u64, i64, i64)>,
}

impl Opened {
    /// Whether the bytes that were read from it are not in it any more.
    fn is_written_anew(&mut self, about: &Metadata) -> io::Result<Option<&'static str>> {
        if about.len() < self.capture.reached() {
            return Ok(Some("has become shorter; reading from its beginning"));
        }
        let state = (about.len(), about.mtime(), about.mtime_nsec());
        if self.looked_at.replace(state) == Some(state) {
            return Ok(None);
        }
        let mut now = vec![0; RECOGNISED_BYTES];
        let count = self.handle.read_at(&mut now, MAY_CHANGE)?;
        now.truncate(count);
        if !now.starts_with(&self.beginning) {
            return Ok(Some("has been written anew; reading from its beginning"));
        }
        let known = usize::try_from(self.capture.reached().saturating_sub(MAY_CHANGE)).unwrap_or(usize::MAX);
        now.truncate(known);
        self.beginning = now;
        Ok(None)
    }
}

/// What the name leads to instead of the file that is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Astray {
    /// To nothing.
    Gone,
    /// To what is no regular file.
    NoFile,
    /// To a file that may not be read, or cannot for another reason.
    Forbidden,
    Unreachable,
    /// To this file, which is no capture that can be followed. It had this length.
    Refused(Identity, u64),
}

/// A file that is followed by its name.
struct Followed {
    following: Following,
    file: Opened,
    /// The file that is read next: the name has become its name.
    next: Option<Opened>,
    /// What was told last of where the name leads.
    astray: Option<Astray>,
    /// The file that is read was written anew in its place, and that has been told.
    anew: bool,
    /// At the last end, the beginning of a record had been written.
    amid_record: bool,
    /// The end of what has been written was reached.
    waiting: bool,
    /// The name was looked up after the stop.
    last_look: bool,
    files: FilesRead,
    /// Why a file could not be read to its end; returned at the end of all.
    failed: Option<CaptureError>,
}

impl Followed {
    fn new(following: Following, file: Opened) -> Self {
        Self {
            following,
            file,
            next: None,
            astray: None,
            anew: false,
            amid_record: false,
            waiting: false,
            last_look: false,
            files: FilesRead::default(),
            failed: None,
        }
    }

    fn fail(&mut self, error: CaptureError) {
        (self.following.tell)(Told::Failed(&error));
        self.failed.get_or_insert(error);
    }

    /// Looks up the name, unless it is known already what is read next.
    fn look(&mut self) {
        if self.next.is_some() {
            return;
        }
        let about = match self.following.path.metadata() {
            Ok(about) => about,
            Err(error) => return self.goes_astray(&error),
        };
        if !about.is_file() {
            return self.say_once(Astray::NoFile, "is no file any more; waiting for one");
        }
        let identity = Identity::of(&about);
        if identity == self.file.identity && !self.anew {
            if self.astray.take().is_some() {
                self.following.say("is there again; reading on");
            }
            match self.file.is_written_anew(&about) {
                Ok(Some(what)) => {
                    self.following.say(what);
                    self.anew = true;
                    if let Some(error) = self.file.capture.abandon(self.amid_record) {
                        self.fail(error);
                    }
                }
                Ok(None) => return,
                Err(error) => return self.goes_astray(&error),
            }
        }
        if matches!(self.astray, Some(Astray::Refused(refused, len)) if refused == identity && about.len() >= len) {
            return;
        }
        match File::open(&self.following.path) {
            Ok(file) if !has_begun(&file) => return,
            Ok(_) => {}
            Err(error) => return self.goes_astray(&error),
        }
        match self.following.open() {
            Ok(next) => {
                let anew = std::mem::take(&mut self.anew) && next.identity == self.file.identity;
                match self.astray.take() {
                    Some(_) => self.following.say("is there again; reading the new one"),
                    None if anew => {}
                    None => self.following.say("has been replaced; reading the new one"),
                }
                self.next = Some(next);
                // What is left of the old one comes first.
                self.file.capture.finish();
            }
            // Its header is longer than what has been written of it.
            Err(CaptureError::CutShort { .. } | CaptureError::Empty { .. }) => {}
            Err(CaptureError::Missing { .. }) => self.goes_astray(&io::ErrorKind::NotFound.into()),
            Err(error) => {
                self.astray = Some(Astray::Refused(identity, about.len()));
                self.fail(error);
            }
        }
    }

    fn goes_astray(&mut self, error: &io::Error) {
        match error.kind() {
            io::ErrorKind::NotFound => self.say_once(Astray::Gone, "is gone; waiting for it"),
            io::ErrorKind::PermissionDenied => self.say_once(Astray::Forbidden, "may not be read; trying again"),
            _ => self.say_once(Astray::Unreachable, &format!("cannot be read ({error}); trying again")),
        }
    }

    fn say_once(&mut self, astray: Astray, what: &str) {
        if self.astray.replace(astray) != Some(astray) {
            self.following.say(what);
        }
    }

    fn is_stopped(&self) -> bool {
        self.following.stop.load(Ordering::Relaxed)
    }
}

impl Cursor for Followed {
    fn advance(&mut self) -> Result<Moved, CaptureError> {
        loop {
            if std::mem::take(&mut self.waiting) {
                if !self.is_stopped() {
                    std::thread::sleep(PAUSE);
                }
                // Before more is read: what stands there now may not be what was to come.
                self.look();
            }
            let quiet = match self.file.capture.advance() {
                Ok(Moved::Packet) => {
                    self.files.packet(self.file.capture.time());
                    return Ok(Moved::Packet);
                }
                Ok(Moved::Idle(quiet)) => Some(quiet),
                Ok(Moved::End) => None,
                Err(error) => {
                    self.fail(error);
                    None
                }
            };
            self.amid_record = matches!(quiet, Some(Quiet::Followed { amid_record: true }));
            if quiet.is_none() {
                if let Some(next) = self.next.take() {
                    let before = std::mem::replace(&mut self.file, next);
                    self.files.ended(&before.capture);
                    let before_first = self.files.number(0);
                    self.file.capture.tell_secrets(self.following.secrets.as_ref(), before_first);
                    continue;
                }
                if self.is_stopped() {
                    if std::mem::replace(&mut self.last_look, true) {
                        return self.failed.take().map_or(Ok(Moved::End), Err);
                    }
                    self.look();
                    continue;
                }
            }
            self.waiting = true;
            return Ok(Moved::Idle(Quiet::Followed { amid_record: self.amid_record }));
        }
    }

    fn packet(&self) -> Packet<'_> {
        let packet = self.file.capture.packet();
        Packet { number: self.files.number(packet.number), ..packet }
    }

    fn time(&self) -> Time {
        self.file.capture.time()
    }

    fn info(&self) -> Vec<SourceInfo> {
        self.files.info(&self.file.capture)
    }

    fn may_step_back(&self) -> bool {
        self.file.capture.may_step_back()
    }

    fn clock_steps(&self) -> u64 {
        self.files.clock_steps() + self.file.capture.clock_steps()
    }

    fn limits(&self) -> LimitsHit {
        let mut limits = self.files.limits().clone();
        limits.add(&Cursor::limits(&self.file.capture));
        limits
    }
}
