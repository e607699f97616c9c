//! The records of a file of either format.

use super::Time;
use super::pcap::Pcap;
use super::pcapng::Pcapng;
use super::record::Record;
use super::walk::Way;

/// The records of either format.
pub(super) enum Records {
    Pcap(Pcap),
    Pcapng(Pcapng),
}

impl Records {
    /// How to walk over the records behind `read`, which `data` begins with and which was handed out last: those from the
    /// `latest` time so far on, before `before`. None where that is not known, or they have to be read one by one.
    pub(super) fn way(&self, read: &Record, data: &[u8], latest: Option<Time>, before: Option<Time>) -> Option<Way> {
        let (latest, behind) = (latest?, data.get(read.total..)?);
        match self {
            Self::Pcap(pcap) => pcap.way(behind, latest, before),
            Self::Pcapng(pcapng) => pcapng.way(read, behind, latest, before),
        }
    }

    /// Records were passed over, the last one at that time.
    pub(super) fn walked(&mut self, last: Time) {
        match self {
            Self::Pcap(pcap) => pcap.walked(last),
            Self::Pcapng(pcapng) => pcapng.walked(last),
        }
    }
}
