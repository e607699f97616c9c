//! Why a capture could not be opened, or not be read on.

use super::{Compression, LinkType, Refused};
use std::io;

/// Why a capture could not be opened, or not be read on. Each message says what, where and what to do.
///
/// `name` is the file as it was given, `-` for standard input. Packet numbers count within the file, from 1; byte
/// offsets count from its beginning (once decompressed, where it is compressed).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CaptureError {
    /// There is no such file.
    #[error("{name}: no such file: check the path")]
    Missing {
        /// The file.
        name: String,
    },
    /// A directory was given.
    #[error("{name}: is a directory: name the capture files in it")]
    Directory {
        /// The directory.
        name: String,
    },
    /// The file may not be read.
    #[error("{name}: no permission to read it: ask its owner, or copy it as one who may")]
    NoPermission {
        /// The file.
        name: String,
    },
    /// A file that was to be read later is not there any more, or has been replaced.
    #[error("{name}: has been removed or replaced since reading began, and was not read: read it by itself")]
    Gone {
        /// The file.
        name: String,
    },
    /// No file has this name, and none matches it as a pattern.
    #[error("{name}: no such file, and no file matches it as a pattern: check the path")]
    NoMatch {
        /// The pattern.
        name: String,
    },
    /// A folder in which, and in those below it, is no capture.
    #[error("{name}: no capture in this folder or below it ({others} other files): name the folder of the captures")]
    NoCaptures {
        /// The folder.
        name: String,
        /// Files in it that are no captures.
        others: u64,
    },
    /// More files were found than can be told apart.
    #[error("{name}: more than {most} capture files: read fewer in one call")]
    TooManyFiles {
        /// What was looked at last.
        name: String,
        /// The bound.
        most: usize,
    },
    /// Some of several files could not be opened; each has been told, and the others were read.
    #[error("{files} of {of} files were not read: what is shown is of the others")]
    NotRead {
        /// Those that were not read.
        files: usize,
        /// All that were to be.
        of: usize,
    },
    /// As many files are open as may be.
    #[error(
        "{name}: was not read: {limit} files may be open at once (ulimit -n), and more than that overlap in time; raise the limit, or read fewer files in one call"
    )]
    TooManyOpen {
        /// The file.
        name: String,
        /// The limit.
        limit: u64,
    },
    /// The file has no bytes.
    #[error("{name}: is empty: not even the header of a capture was written to it")]
    Empty {
        /// The file.
        name: String,
    },
    /// The file is no pcap and no pcapng.
    #[error("{name}: is not a capture: neither pcap nor pcapng, {looks_like}")]
    NotACapture {
        /// The file.
        name: String,
        /// What it seems to be, and what can be done with it.
        looks_like: String,
    },
    /// The file is a capture, but of a version or variant that is not read here.
    #[error("{name}: {what} at byte {offset} is not supported: convert the file, for example with editcap -F pcap")]
    Unsupported {
        /// The file.
        name: String,
        /// The version or variant.
        what: String,
        /// Where the file has it.
        offset: u64,
    },
    /// A file that is still being written was to be followed, and it was not the only one named.
    #[error("--follow reads one file: name the one that is still being written")]
    FollowsOne,
    /// A file that is still being written was to be followed, and it is compressed.
    #[error("{name}: is compressed, and only a plain pcap or pcapng file can be followed")]
    NotFollowed {
        /// The file.
        name: String,
    },
    /// The file ends in the middle of a packet, or of its own header (packet 0).
    #[error(
        "{name}: truncated in packet {packet} at byte {offset}: what is before it was read; copy the file again, or let its writer finish"
    )]
    CutShort {
        /// The file.
        name: String,
        /// The packet that is truncated.
        packet: u64,
        /// Where it begins.
        offset: u64,
    },
    /// A record makes no sense, and no readable record follows, or none was looked for ([`super::Damage::Stop`]).
    #[error(
        "{name}: corrupt after packet {packet} at byte {offset}: {what}, and nothing readable follows; what is before it was read"
    )]
    Corrupt {
        /// The file.
        name: String,
        /// The last packet before it.
        packet: u64,
        /// Where it begins.
        offset: u64,
        /// What is wrong with it.
        what: &'static str,
    },
    /// Decompression failed.
    #[error("{name}: {} data is damaged or cut short after packet {packet} at byte {offset} of its content ({error}): what is before it was read; test the file with {} -t", compression.name(), compression.name())]
    Compressed {
        /// The file.
        name: String,
        /// How it is compressed.
        compression: Compression,
        /// The last packet before it.
        packet: u64,
        /// Where in the decompressed content.
        offset: u64,
        /// The decompressor's message.
        error: io::Error,
    },
    /// The data is intact, but it is not decompressed here.
    #[error("{name}: {} data {} (after packet {packet} at byte {offset} of its content): unpack it with {} {}", compression.name(), refused.told(), compression.name(), refused.options())]
    Refused {
        /// The file.
        name: String,
        /// How it is compressed.
        compression: Compression,
        /// The last packet before it.
        packet: u64,
        /// Where in the decompressed content.
        offset: u64,
        /// Why.
        refused: Refused,
    },
    /// Reading failed.
    #[error("{name}: cannot be read on after packet {packet} at byte {offset}: {error}")]
    Read {
        /// The file.
        name: String,
        /// The last packet before it.
        packet: u64,
        /// How far it could be read.
        offset: u64,
        /// The system's message.
        error: io::Error,
    },
    /// The filter expression is wrong, or tests a field that packets of this link type do not have.
    #[error("filter '{expression}' does not fit {link} packets: {message}: see pcap-filter(7) for the syntax")]
    Filter {
        /// The expression.
        expression: String,
        /// The link type that it was compiled for.
        link: LinkType,
        /// libpcap's message.
        message: String,
    },
    /// There is no such interface.
    #[error("{name}: no such interface: there are {available}")]
    NoSuchInterface {
        /// The interface.
        name: String,
        /// Those that exist.
        available: String,
    },
    /// No interface was named and none can be listened on.
    #[error("no interface to listen on: {message}")]
    NoInterface {
        /// Why.
        message: String,
    },
    /// This user may not listen.
    #[error(
        "{name}: no permission to listen ({message}): run as root, or once: setcap cap_net_raw,cap_net_admin=eip {program}"
    )]
    MayNotListen {
        /// The interface.
        name: String,
        /// libpcap's message.
        message: String,
        /// The program to give the capability to.
        program: String,
    },
    /// The interface cannot be listened on, or not any longer.
    #[error("{name}: cannot be listened on: {message}")]
    Interface {
        /// The interface.
        name: String,
        /// libpcap's or the system's message.
        message: String,
    },
    /// The captured packets cannot be written.
    #[error("{path}: cannot be written: {message}")]
    Write {
        /// The file.
        path: String,
        /// libpcap's or the system's message.
        message: String,
    },
}

/// The kind of a [`CaptureError`], for the exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The command line is wrong: exit status 2.
    Usage,
    /// The input could not be read to its end: exit status 3.
    Input,
    /// What is captured could not be written: exit status 1.
    Output,
    /// No permission, or no such interface: exit status 4.
    Access,
}

impl Fault {
    /// The exit status of the program.
    pub fn exit_status(self) -> u8 {
        match self {
            Self::Output => 1,
            Self::Usage => 2,
            Self::Input => 3,
            Self::Access => 4,
        }
    }
}

impl CaptureError {
    /// Its kind, for the exit status.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Filter { .. } | Self::FollowsOne => Fault::Usage,
            Self::NoSuchInterface { .. } | Self::NoInterface { .. } | Self::MayNotListen { .. } => Fault::Access,
            Self::Write { .. } => Fault::Output,
            _ => Fault::Input,
        }
    }

    /// The `problem` of the JSON: without the name, which stands beside it there, and without advice.
    pub fn problem(&self) -> String {
        match self {
            Self::CutShort { packet, offset, .. } => format!("truncated in packet {packet} at byte {offset}"),
            Self::Corrupt { packet, offset, what, .. } => {
                format!("corrupt after packet {packet} at byte {offset}: {what}")
            }
            Self::Compressed { compression, packet, offset, error, .. } => {
                format!(
                    "{} data damaged or cut short after packet {packet} at byte {offset}: {error}",
                    compression.name()
                )
            }
            Self::Refused { compression, packet, offset, refused, .. } => {
                format!("{} data {} after packet {packet} at byte {offset}", compression.name(), refused.told())
            }
            Self::Read { packet, offset, error, .. } => {
                format!("unreadable after packet {packet} at byte {offset}: {error}")
            }
            Self::Unsupported { what, offset, .. } => format!("{what} at byte {offset} is not supported"),
            Self::Interface { message, .. } => message.clone(),
            Self::Missing { .. } => "no such file".to_owned(),
            Self::Directory { .. } => "is a directory".to_owned(),
            Self::NoPermission { .. } => "no permission to read it".to_owned(),
            Self::Empty { .. } => "is empty".to_owned(),
            Self::NotACapture { looks_like, .. } => format!("is not a capture: neither pcap nor pcapng, {looks_like}"),
            Self::Gone { .. } => "removed or replaced since reading began".to_owned(),
            Self::TooManyOpen { limit, .. } => format!("not read: {limit} files may be open at once"),
            other => other.to_string(),
        }
    }
}
