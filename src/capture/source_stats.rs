//! What a source has given so far.

use super::clock::Clock;
use super::{Compression, Format, LinkType, SourceInfo, Time};
use crate::limits::LimitsHit;
use std::collections::BTreeSet;

/// Keeps a [`SourceInfo`] up to date.
pub(super) struct SourceStats {
    info: SourceInfo,
    last_link: Option<LinkType>,
    links: BTreeSet<LinkType>,
    clock: Clock,
}

impl SourceStats {
    pub(super) fn new(name: String, format: Format, compression: Option<Compression>) -> Self {
        let info = SourceInfo {
            name,
            format,
            compression,
            link_types: Vec::new(),
            packets: 0,
            bytes: 0,
            first: None,
            last: None,
            dropped: None,
            problem: None,
            clock_steps: Vec::new(),
        };
        Self { info, last_link: None, links: BTreeSet::new(), clock: Clock::default() }
    }

    /// Counts a packet of `bytes` captured bytes, from the interface with this number.
    pub(super) fn packet(&mut self, time: Time, link: LinkType, bytes: usize, interface: u32) {
        self.link(link);
        self.info.packets += 1;
        self.info.bytes += bytes as u64;
        self.clock.packet(self.info.packets, interface, time);
        if let Some(time) = time.known() {
            self.info.first.get_or_insert(time);
            self.info.last = Some(time);
        }
    }

    /// The latest time of the interface with this number since the clock was set, if its packet is the last one.
    pub(super) fn latest(&self, interface: u32) -> Option<Time> {
        self.clock.latest(interface)
    }

    /// Counts packets that follow in the order of time, the last of them at `last`, of the interface that the packet before had, too.
    pub(super) fn passed(&mut self, packets: u64, bytes: u64, last: Time, interface: u32) {
        self.info.packets += packets;
        self.info.bytes += bytes;
        self.clock.packet(self.info.packets, interface, last);
        self.info.last = Some(last);
    }

    /// Notes that `link` was met.
    pub(super) fn link(&mut self, link: LinkType) {
        if self.last_link != Some(link) {
            self.last_link = Some(link);
            if self.links.insert(link) {
                self.info.link_types.push(link);
            }
        }
    }

    pub(super) fn name(&self) -> String {
        self.info.name.clone()
    }

    pub(super) fn packets(&self) -> u64 {
        self.info.packets
    }

    pub(super) fn dropped(&mut self, dropped: Option<u64>) {
        self.info.dropped = dropped;
    }

    /// Adds `problem` to the problems of this source.
    pub(super) fn problem(&mut self, problem: &str) {
        match &mut self.info.problem {
            Some(known) => {
                known.push_str("; ");
                known.push_str(problem);
            }
            none => *none = Some(problem.to_owned()),
        }
    }

    pub(super) fn info(&self) -> SourceInfo {
        SourceInfo { clock_steps: self.clock.steps(), ..self.info.clone() }
    }

    /// How often the clock went back.
    pub(super) fn clock_steps(&self) -> u64 {
        self.clock.count()
    }

    /// Bounds that were hit.
    pub(super) fn limits(&self) -> LimitsHit {
        self.clock.limits()
    }
}
