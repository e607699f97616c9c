/*!
Files that wait for their turn, closed.

Files given together are merged by time, and for that the time of the first packet of each must be known; more is not. Where
there are more files than a process may have open, each is opened to look at its first packet, closed, and opened again when
the others have come to that time. At its end it is closed at once. Those that overlap in time take turns in being open
([`super::by_turns`]).
*/

use super::file::CaptureFile;
use super::{CaptureError, Cursor, LinkType, Moved, Packet, Skimmer, SourceInfo, Time};
use crate::limits::LimitsHit;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Descriptors that are left for all else: standard streams, output, what is extracted, threads.
const OTHER_DESCRIPTORS: u64 = 32;

/// How many files may be open at once, where `wanted` are to be: the soft limit is raised as far as the hard one allows.
pub(super) fn files_at_once(wanted: usize) -> usize {
    let needed = u64::try_from(wanted).unwrap_or(u64::MAX).saturating_add(OTHER_DESCRIPTORS);
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return wanted };
    let raised = needed.min(hard);
    let now = if soft < raised && setrlimit(Resource::RLIMIT_NOFILE, raised, hard).is_ok() { raised } else { soft };
    // Where even these few are not left, it is tried all the same.
    usize::try_from(now.saturating_sub(OTHER_DESCRIPTORS)).unwrap_or(usize::MAX).max(1)
}

/// A file of several.
pub(super) enum Waiting {
    /// Open until its end, with the path where it is to be closed then.
    Open {
        /// The file.
        file: Box<CaptureFile>,
        /// Whether it is closed at its end.
        closes: bool,
    },
    /// Closed, its first packet known.
    Closed(Box<Closed>),
}

/// A closed file.
pub(super) struct Closed {
    opener: Opener,
    identity: Identity,
    first: Time,
    info: Vec<SourceInfo>,
    begun: bool,
}

/// Opens the file of that name.
type Opener = Box<dyn Fn() -> Result<CaptureFile, CaptureError> + Send>;

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
        Self::Open { file: Box::new(file), closes: false }
    }

    /// The file `path` that `opener` opens: closed until its turn, if it can be read twice.
    ///
    /// # Errors
    /// Where it cannot be opened.
    pub(super) fn closed(
        path: &Path,
        opener: impl Fn() -> Result<CaptureFile, CaptureError> + Send + 'static,
    ) -> Result<Self, CaptureError> {
        let identity = Identity::of(path);
        let mut file = opener()?;
        let Some(identity) = identity else { return Ok(Self::open(file)) };
        let mut info = file.info();
        let first = match file.advance() {
            Ok(Moved::Packet) => file.time(),
            // Nothing to wait for: it is read again at once, and closed.
            _ => Time::from_nanoseconds(i64::MIN),
        };
        info.truncate(1);
        let opener: Opener = Box::new(opener);
        Ok(Self::Closed(Box::new(Closed { opener, identity, first, info, begun: false })))
    }

    fn close(&mut self) {
        if let Self::Open { file, closes: true } = self {
            file.close();
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
        (self.opener)()
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
                *self = Self::Open { file: Box::new(file), closes: true };
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
            Self::Closed(_) => false,
        }
    }

    fn packet(&self) -> Packet<'_> {
        match self {
            Self::Open { file, .. } => file.packet(),
            Self::Closed(closed) => {
                Packet { number: 0, time: closed.first, link: LinkType::NULL, data: &[], wire_len: 0 }
            }
        }
    }

    fn time(&self) -> Time {
        match self {
            Self::Open { file, .. } => file.time(),
            Self::Closed(closed) => closed.first,
        }
    }

    fn info(&self) -> Vec<SourceInfo> {
        match self {
            Self::Open { file, .. } => Cursor::info(&**file),
            Self::Closed(closed) => closed.info.clone(),
        }
    }

    fn may_step_back(&self) -> bool {
        matches!(self, Self::Open { file, .. } if file.may_step_back())
    }

    fn clock_steps(&self) -> u64 {
        match self {
            Self::Open { file, .. } => file.clock_steps(),
            Self::Closed(_) => 0,
        }
    }

    fn limits(&self) -> LimitsHit {
        match self {
            Self::Open { file, .. } => Cursor::limits(&**file),
            Self::Closed(_) => LimitsHit::default(),
        }
    }
}
