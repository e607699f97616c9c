/*!
Files that wait for their turn, closed.

Files given together are merged by time, and for that the time of the first packet of each must be known; more is not. Where
there are more files than a process may have open, each is opened to look at its first packet, closed, and opened again when
the others have come to that time. At its end it is closed at once. Those that overlap in time take turns in being open
([`super::by_turns`]).
*/

use super::file::CaptureFile;
use super::window::WINDOW_BYTES;
use super::{CaptureError, Cursor, Format, LinkType, Moved, Packet, Skimmer, SourceInfo, Time};
use crate::limits::LimitsHit;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Descriptors that are left for all else: standard streams, output, what is extracted, threads.
const OTHER_DESCRIPTORS: u64 = 32;
/// Files that are kept open at once, however many the system allows: more are opened when their time has come. Each that is
/// open has a window, and a decompressor where it is compressed.
const OPEN_FILES: usize = 256;
/// Bytes that windows are cut from. Together they take a few times as much: each is cut by how many are open when its file is.
const SHARED_BYTES: usize = 16 * WINDOW_BYTES;
/// The smallest window.
pub(super) const SMALLEST_WINDOW: usize = 16 * 1024;

/// How many files may be open at once, where `wanted` are to be: [`OPEN_FILES`] at most, and the soft limit is raised as far
/// as the hard one allows.
pub(super) fn files_at_once(wanted: usize) -> usize {
    let wanted = wanted.min(OPEN_FILES);
    let needed = u64::try_from(wanted).unwrap_or(u64::MAX).saturating_add(OTHER_DESCRIPTORS);
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return wanted };
    let raised = needed.min(hard);
    let now = if soft < raised && setrlimit(Resource::RLIMIT_NOFILE, raised, hard).is_ok() { raised } else { soft };
    // Where even these few are not left, it is tried all the same.
    usize::try_from(now.saturating_sub(OTHER_DESCRIPTORS)).unwrap_or(usize::MAX).clamp(1, OPEN_FILES)
}

/// What the files that are open at a time share: the bytes of their windows.
#[derive(Clone, Default)]
pub(super) struct Share(Arc<AtomicUsize>);

impl Share {
    /// One more is open; the bytes of its window. The first ones have large windows; where thousands overlap in time, each
    /// of them has a small one.
    fn more(&self) -> usize {
        let open = self.0.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        (SHARED_BYTES / open).clamp(SMALLEST_WINDOW, WINDOW_BYTES)
    }

    fn less(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A file of several.
pub(super) enum Waiting {
    /// Open until its end, with the path where it is to be closed then.
    Open {
        /// The file.
        file: Box<CaptureFile>,
        /// What it gives back as it is closed at its end; None where it is not.
        closes: Option<Share>,
    },
    /// Closed, its first packet known.
    Closed(Box<Closed>),
    /// One that could not be opened, with the problem: no packet comes from it.
    Unread(Box<SourceInfo>),
}

/// A closed file.
pub(super) struct Closed {
    opener: Opener,
    share: Share,
    identity: Identity,
    first: Time,
    info: Vec<SourceInfo>,
    begun: bool,
}

/// Opens the file with a window of so many bytes.
type Opener = Box<dyn Fn(usize) -> Result<CaptureFile, CaptureError> + Send>;

/// Which file it is that has a name.
#[derive(PartialEq, Eq, Clone, Copy)]
struct Identity {
    device: u64,
    inode: u64,
    bytes: u64,
}

impl Identity {
    fn of(path: &Path) -> Option<Self> {
        if path.as_os_str() == "-" {
            return None;
        }
        let metadata = path.metadata().ok().filter(Metadata::is_file)?;
        Some(Self { device: metadata.dev(), inode: metadata.ino(), bytes: metadata.len() })
    }

    /// The same file, which may have grown.
    fn is_still(self, now: Self) -> bool {
        (self.device, self.inode) == (now.device, now.inode) && self.bytes <= now.bytes
    }
}

impl Waiting {
    /// A file that stays open until its turn.
    pub(super) fn open(file: CaptureFile) -> Self {
        Self::Open { file: Box::new(file), closes: None }
    }

    /// A file `name` that cannot be opened.
    pub(super) fn unread(name: &Path, error: &CaptureError) -> Self {
        Self::Unread(Box::new(SourceInfo {
            name: name.to_string_lossy().into_owned(),
            format: Format::Unknown,
            compression: None,
            link_types: Vec::new(),
            packets: 0,
            bytes: 0,
            first: None,
            last: None,
            dropped: None,
            problem: Some(error.problem()),
            clock_steps: Vec::new(),
        }))
    }

    /// The file `path` that `opener` opens with a window of its `share`: closed until its turn, if it can be read twice.
    ///
    /// # Errors
    /// Where it cannot be opened.
    pub(super) fn closed(
        path: &Path,
        share: &Share,
        opener: impl Fn(usize) -> Result<CaptureFile, CaptureError> + Send + 'static,
    ) -> Result<Self, CaptureError> {
        let identity = Identity::of(path);
        let mut file = opener(SMALLEST_WINDOW)?;
        let Some(identity) = identity else { return Ok(Self::open(file)) };
        let mut info = file.info();
        let first = match file.advance() {
            Ok(Moved::Packet) => file.time(),
            // Nothing to wait for: it is read again at once, and closed.
            _ => Time::from_nanoseconds(i64::MIN),
        };
        info.truncate(1);
        let opener: Opener = Box::new(opener);
        Ok(Self::Closed(Box::new(Closed { opener, share: share.clone(), identity, first, info, begun: false })))
    }

    fn close(&mut self) {
        if let Self::Open { file, closes } = self
            && let Some(share) = closes.take()
        {
            file.close();
            share.less();
        }
    }

    fn name(&self) -> String {
        Cursor::info(self).into_iter().next().map(|info| info.name).unwrap_or_default()
    }
}

impl Closed {
    fn reopen(&self, name: String) -> Result<CaptureFile, CaptureError> {
        let is_it = Identity::of(Path::new(&name)).is_some_and(|now| self.identity.is_still(now));
        if !is_it {
            return Err(CaptureError::Gone { name });
        }
        (self.opener)(self.share.more()).inspect_err(|_| self.share.less())
    }
}

impl Cursor for Waiting {
    fn advance(&mut self) -> Result<Moved, CaptureError> {
        match self {
            Self::Open { file, .. } => {
                let moved = file.advance();
                if !matches!(moved, Ok(Moved::Packet | Moved::Idle(_))) {
                    self.close();
                }
                moved
            }
            // Once it stands at its first packet; once more where it could not be opened again.
            Self::Closed(closed) => {
                let begun = std::mem::replace(&mut closed.begun, true);
                Ok(if begun { Moved::End } else { Moved::Packet })
            }
            Self::Unread(_) => Ok(Moved::End),
        }
    }

    fn begin(&mut self) -> Result<Moved, CaptureError> {
        let name = self.name();
        let Self::Closed(closed) = self else { return Ok(Moved::Packet) };
        let file = closed.reopen(name.clone()).map_err(|error| match error {
            CaptureError::Read { error, .. } if error.raw_os_error() == Some(nix::errno::Errno::EMFILE as i32) => {
                let limit = getrlimit(Resource::RLIMIT_NOFILE).map_or(0, |(soft, _)| soft);
                CaptureError::TooManyOpen { name, limit }
            }
            other => other,
        });
        match file {
            Ok(file) => {
                *self = Self::Open { file: Box::new(file), closes: Some(closed.share.clone()) };
                self.advance()
            }
            Err(error) => {
                if let Some(info) = closed.info.first_mut() {
                    info.problem = Some(error.problem());
                }
                Err(error)
            }
        }
    }

    fn skim(&mut self, before: Option<Time>, skimmer: &mut dyn Skimmer) -> bool {
        match self {
            Self::Open { file, .. } => file.skim(before, skimmer),
            Self::Closed(_) | Self::Unread(_) => false,
        }
    }

    fn packet(&self) -> Packet<'_> {
        match self {
            Self::Open { file, .. } => file.packet(),
            Self::Closed(closed) => {
                Packet { number: 0, time: closed.first, link: LinkType::NULL, data: &[], wire_len: 0 }
            }
            Self::Unread(_) => {
                Packet { number: 0, time: Time::default(), link: LinkType::NULL, data: &[], wire_len: 0 }
            }
        }
    }

    fn time(&self) -> Time {
        match self {
            Self::Open { file, .. } => file.time(),
            Self::Closed(closed) => closed.first,
            Self::Unread(_) => Time::default(),
        }
    }

    fn info(&self) -> Vec<SourceInfo> {
        match self {
            Self::Open { file, .. } => Cursor::info(&**file),
            Self::Closed(closed) => closed.info.clone(),
            Self::Unread(info) => vec![(**info).clone()],
        }
    }

    fn may_step_back(&self) -> bool {
        matches!(self, Self::Open { file, .. } if file.may_step_back())
    }

    fn clock_steps(&self) -> u64 {
        match self {
            Self::Open { file, .. } => file.clock_steps(),
            Self::Closed(_) | Self::Unread(_) => 0,
        }
    }

    fn limits(&self) -> LimitsHit {
        match self {
            Self::Open { file, .. } => Cursor::limits(&**file),
            Self::Closed(_) | Self::Unread(_) => LimitsHit::default(),
        }
    }
}
