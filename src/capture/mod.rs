/*!
Where packets come from: capture files, standard input, a live interface. Nothing here knows what is in a packet.

A [`Source`] lends one [`Packet`] after the other and can say at any time what it has read so far ([`SourceInfo`]).

```text
file, standard input ─▶ compressed ─▶ window ─▶ pcap | pcapng ─▶ file ─▶ merge ─▶ filter ─▶ reorder ─▶ Source
interface ─▶ live ─▶ Source
```

A thread of its own may read and decompress what comes before the window ([`Reading::Ahead`]).

[`find()`] tells which files folders and patterns are. [`open()`] puts the first row together, [`Live::open`] the second. [`follow()`] puts the files that one name leads to, one after
the other, in the place of the merge.
*/

mod block_clock;
mod by_turns;
mod clock;
mod compressed;
mod cursor;
mod error;
mod file;
mod files_read;
mod filter;
mod follow;
mod foreign;
mod found;
mod growing;
mod in_turn;
mod link;
mod live;
mod lost;
mod merge;
mod names;
pub mod number;
mod open;
mod outlet;
mod page;
mod pcap;
mod pcap_chain;
mod pcap_header;
mod pcapng;
mod pcapng_chain;
mod pipe;
mod read_ahead;
mod record;
mod records;
mod reorder;
mod save;
mod secrets;
mod section;
mod skips;
mod source_stats;
mod stride;
mod tally;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod time;
mod waiting;
mod walk;
mod window;

pub use clock::STEP_NANOSECONDS;
pub use cursor::{Cursor, Moved};
pub use error::{CaptureError, Fault};
pub use file::CaptureFile;
pub use filter::{Filter, Filtered};
pub use follow::follow;
pub use found::{Found, find, first_time};
pub use in_turn::InTurn;
pub use link::LinkType;
pub use live::{Interface, Live, LiveOptions, Report, interfaces};
pub use merge::Merged;
pub use names::{FileSet, in_sets, natural};
pub use open::{Beside, comes_once, open, open_beside, open_counted, open_reading, open_until};
pub use outlet::{Created, Outlet, create, is_heard};
pub use pipe::is_pipe;
pub use read_ahead::Reading;
pub use record::Damage;
pub use reorder::Reordered;
pub use secrets::{SecretsSink, secrets_of};
pub use tally::Tally;
pub use time::{Room, Time};
pub use walk::{Glance, Skimmer, Walk};

use crate::limits::LimitsHit;

/// One captured packet, lent by its [`Source`] until the next is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Packet<'a> {
    /// Which packet it is: its number in its own file, from 1, and which file that is ([`number`]).
    pub number: u64,
    /// When it was captured.
    pub time: Time,
    /// The link layer that `data` begins with.
    pub link: LinkType,
    /// The captured bytes.
    pub data: &'a [u8],
    /// Bytes that the packet had on the wire: more than `data` has if the snap length truncated it.
    pub wire_len: u32,
}

/// A supply of packets.
pub trait Source: Send {
    /// The next packet, or [`Read::End`]. A live source, a file that is followed, and a pipe that is read
    /// as it comes also return [`Read::Idle`] now and then, so that the caller can do other things while no packet comes.
    ///
    /// # Errors
    /// If reading cannot go on. What was read before remains true, and [`Source::info`] then holds the problem.
    fn next_packet(&mut self) -> Result<Read<'_>, CaptureError>;

    /// Lends `skimmer` packets that follow the last one, if they can be walked over in place; others come by
    /// [`Self::next_packet`]. Those that it passes over have been read then.
    fn skim(&mut self, skimmer: &mut dyn Skimmer) {
        let _ = skimmer;
    }

    /// What has been read so far: one entry per file or interface.
    fn info(&self) -> Vec<SourceInfo>;

    /// Bounds that were hit.
    fn limits(&self) -> LimitsHit {
        LimitsHit::default()
    }

    /// What the system counted, of an interface.
    fn heard(&self) -> Option<Heard> {
        None
    }

    /// Whether packets come as they are captured, so that the wall clock tells how long none has come.
    fn is_live(&self) -> bool {
        false
    }
}

/// What the system counted of an interface since it is listened on, as libpcap tells it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Heard {
    /// Packets that the filter let pass, those that were dropped among them on some systems.
    pub received: u64,
    /// Packets that were dropped since they were not read in time.
    pub kernel: u64,
    /// Packets that the interface or its driver dropped.
    pub interface: u64,
}

/// What [`Source::next_packet`] returns.
#[derive(Debug)]
pub enum Read<'a> {
    /// A packet.
    Packet(Packet<'a>),
    /// No packet came for a while, live, in a file that is followed, or from a pipe ([`Reading::AsItComes`]).
    Idle(Quiet),
    /// No more packets will come.
    End,
}

/// What happens to a file while it is followed.
#[derive(Debug)]
pub enum Told<'a> {
    /// To its name.
    Name {
        /// The file, as it was given.
        name: &'a str,
        /// What: words that follow the name.
        what: &'a str,
    },
    /// A file could not be read to its end.
    Failed(&'a CaptureError),
}

/// Is told what happens to a file while it is followed.
pub type Tell = Box<dyn FnMut(Told<'_>) + Send>;

/// Why no packet comes, and what that tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quiet {
    /// Packets come as they are captured: up to now, by the wall clock, none has been.
    Live,
    /// A file is followed, or a pipe read. Its clock may be another, and its writer may hold back what it has captured.
    Followed {
        /// What has been written ends in the middle of a record: its writer does hold back the rest.
        amid_record: bool,
    },
}

/// What one file or interface gave (`capture.sources[]` of the JSON).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceInfo {
    /// As given on the command line; `-` is standard input.
    pub name: String,
    /// How the packets were stored.
    pub format: Format,
    /// How the file was compressed.
    pub compression: Option<Compression>,
    /// Link types met, in the order met.
    pub link_types: Vec<LinkType>,
    /// Packets read.
    pub packets: u64,
    /// Captured bytes read.
    pub bytes: u64,
    /// Time of the first packet.
    pub first: Option<Time>,
    /// Time of the last packet.
    pub last: Option<Time>,
    /// Packets that the kernel or the interface dropped: counted live, or by the statistics in a pcapng file.
    pub dropped: Option<u64>,
    /// Why reading stopped early or what was skipped.
    pub problem: Option<String>,
    /// Where the clock of the capture went back by more than a second.
    pub clock_steps: Vec<ClockStep>,
}

/// A place where the clock of a capture went back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockStep {
    /// The first packet after it, by its number in the file or on the interface.
    pub packet: u64,
    /// By how much that packet is earlier than the latest before it.
    pub nanoseconds: i64,
}

/// How packets were stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A classic libpcap file.
    Pcap,
    /// A pcapng file.
    Pcapng,
    /// A live interface.
    Live,
    /// A file that could not be opened, or not be recognised.
    Unknown,
}

impl Format {
    /// The name in the JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pcap => "pcap",
            Self::Pcapng => "pcapng",
            Self::Live => "live",
            Self::Unknown => "unknown",
        }
    }
}

/// How a capture file was compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// RFC 1952.
    Gzip,
    /// RFC 8878.
    Zstd,
    /// The LZ4 frame format.
    Lz4,
}

impl Compression {
    /// The name in the JSON, and of the program that packs and unpacks it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Lz4 => "lz4",
        }
    }
}

/// Why a decoder refuses what is intact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// A zstd frame asks for a window larger than 128 MiB, as `zstd --long=28` and more make them of a pipe.
    Window,
    /// It was compressed with a dictionary, which is not at hand.
    Dictionary,
}

impl Refused {
    /// What the data asks for.
    fn told(self) -> &'static str {
        match self {
            Self::Window => "asks for a window larger than 128 MiB, which is not allowed here",
            Self::Dictionary => "asks for the dictionary that it was compressed with",
        }
    }

    /// The options with which the compressor's own program unpacks it.
    pub(crate) fn options(self) -> &'static str {
        match self {
            Self::Window => "-d --long=31",
            Self::Dictionary => "-d -D DICTIONARY",
        }
    }
}
