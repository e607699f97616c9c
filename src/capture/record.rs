//! A record in the window, and what keeps one from being read.

use super::window::Window;
use super::{LinkType, Time};
use std::io;
use std::ops::Range;

/// A record in the window.
pub(super) struct Record {
    pub(super) time: Time,
    pub(super) link: LinkType,
    /// Where in the window the captured bytes are.
    pub(super) data: Range<usize>,
    pub(super) wire_len: u32,
    /// The interface that it came from: a number of its own for each in the file.
    pub(super) interface: u32,
    /// Bytes of the window that the record takes.
    pub(super) total: usize,
}

/// What keeps a record from being read.
pub(super) enum Defect {
    /// The stream ends in it.
    CutShort,
    /// Its framing makes no sense: where the next begins is unknown.
    Corrupt(&'static str),
    /// Its framing is right, its content makes no sense; it has been skipped.
    Skipped { what: &'static str, bytes: usize },
    /// Another file was appended, and its header stands here.
    AnotherFile,
    /// A version or variant that is not known here.
    Unsupported(String),
    /// It has not been written yet, or not to its end (files that are followed, pipes that pause).
    Unwritten {
        /// Its beginning has been written.
        begun: bool,
    },
    /// Reading failed.
    Io(io::Error),
}

/// What to do where a record makes no sense and it is unknown where the next begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Damage {
    /// Go on at the next bytes that read as records; report the skipped bytes in [`super::SourceInfo::problem`].
    #[default]
    StepOver,
    /// Stop with [`super::CaptureError::Corrupt`], as libpcap does.
    Stop,
}

/// How careful a reader is, and what it may wait for.
#[derive(Clone, Copy)]
pub(super) struct Care {
    /// Steps over what makes no sense ([`Damage::StepOver`]).
    pub(super) steps_over: bool,
    /// A record may be held back until the header behind it is there: its writer does not write it just now.
    pub(super) waits: bool,
    /// The file is followed: zeros may stand where nothing has been written yet.
    pub(super) followed: bool,
    /// It still is: the end of the stream is not the end of the file, and damage waits until something readable follows.
    pub(super) grows: bool,
}

/// Brings at least `wanted` bytes into view; false where the stream ends before.
pub(super) fn ensure(window: &mut Window, wanted: usize) -> Result<bool, Defect> {
    match window.ensure_soon(wanted)? {
        Some(enough) => Ok(enough),
        None => Err(Defect::Unwritten { begun: !window.data().is_empty() }),
    }
}

impl From<io::Error> for Defect {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
